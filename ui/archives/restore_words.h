/* SPDX-License-Identifier: BSD-2-Clause */
/** What the form of a restore means, in words. */
#ifndef UI_RESTORE_WORDS_H
#define UI_RESTORE_WORDS_H

#include <cyrkeep/buf.h>

/** What can have the focus, in the order of the page. */
enum ui_restore_item {
	UI_RESTORE_ARCHIVE,
	UI_RESTORE_PATTERNS,
	UI_RESTORE_UIDS,
	UI_RESTORE_SAME,
	UI_RESTORE_BESIDE,
	UI_RESTORE_OTHER,
	UI_RESTORE_SYNC,
	UI_RESTORE_IMAP,
	UI_RESTORE_MAX_,
};

/** What the restore would do as it is chosen; @beside: the new folders' top. Appended. */
void ui_restore_words(enum ui_restore_item where, enum ui_restore_item via, const char *beside,
                      struct ck_buf *ret);

/** What a row of the page means. */
const char *ui_restore_meaning(enum ui_restore_item it);

#endif
