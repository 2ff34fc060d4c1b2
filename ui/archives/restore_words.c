/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/restore_words.h"

void ui_restore_words(enum ui_restore_item where, enum ui_restore_item via, const char *beside,
                      struct ck_buf *ret)
{
	if (where == UI_RESTORE_SAME)
		(void)ck_buf_adds(
			ret, "What is missing goes back to where it was; compared by GUID. "
			     "Mail that is there is left alone: nothing is removed, "
			     "overwritten or doubled. A mailbox that is gone is made again.\n");
	else if (where == UI_RESTORE_BESIDE)
		(void)ck_buf_addf(
			ret,
			"All of it goes into new folders below %s of the same user. "
			"Nothing that is there now is changed. It counts for his quota.\n",
			beside);
	else
		(void)ck_buf_adds(ret, "It goes to the mailbox that you name; several keep their "
		                       "places below it. What is there already is not doubled; "
		                       "nothing is removed.\n");
	(void)ck_buf_adds(ret, via == UI_RESTORE_SYNC
	                               ? "Flags and dates are kept; uids too where the mailbox "
	                                 "has to be made.\n"
	                               : "Messages are appended in the owner's name: flags and "
	                                 "dates are kept, uids are new.\n");
	(void)ck_buf_adds(ret, "Nothing has been changed so far.");
}

const char *ui_restore_meaning(enum ui_restore_item it)
{
	static const char *const meanings[] = {
		[UI_RESTORE_ARCHIVE] =
			"Where the mail comes from: the number of an archive, as 4 Archives "
			"shows it; latest, the newest that can be used; or the path of one "
			"that lies elsewhere.",
		[UI_RESTORE_PATTERNS] =
			"Mailboxes by their names in the archive, as an administrator sees "
			"them, with commas between several.\n\n* stands for anything, % for "
			"anything within one level: user/anne/* is all below anne. A "
			"backslash before such a sign takes it as it is.",
		[UI_RESTORE_UIDS] =
			"Only these messages, of one mailbox: 4711, or 1:5,9, or 12:* for "
			"all from 12 on. Empty: all that is in the archive.\n\nIn 4 Archives "
			"they can be seen and ticked instead.",
		[UI_RESTORE_SAME] =
			"For mail that was lost. Every mailbox under the name that it had, "
			"every message in its folder.\n\nCompared by GUID: what is there, "
			"read or unread, stays as it is and is not added again. A mailbox "
			"that is gone is made again as it was, with its uids, so that "
			"clients need not load it anew.",
		[UI_RESTORE_BESIDE] =
			"For looking first. The folder of today lies in the user's own tree: "
			"he sees it at once, takes what he needs, and deletes the rest.\n\nA "
			"second restore on the same day adds only what is missing there. "
			"Shared mailboxes get such a folder at the top.",
		[UI_RESTORE_OTHER] =
			"For another name, or another user. Named as an administrator sees "
			"it on this server; it is made where it is not there.\n\nOne mailbox "
			"goes to exactly this name, several to places below it. A new "
			"mailbox has the rights of the one above it where the owner is "
			"another.",
		[UI_RESTORE_SYNC] =
			"Cyrus's own commands for copying between servers, spoken by the "
			"administrator: flags, dates, annotations, and of a mailbox that is "
			"made again its uids, rights and options.\n\nFor Cyrus 3.0 and later.",
		[UI_RESTORE_IMAP] =
			"The way of every mail client, for a server that does not take the "
			"replication commands. The administrator acts in the owner's name, "
			"who must be allowed to write there.\n\nClients load what is added "
			"as new mail.",
	};
	return meanings[it];
}
