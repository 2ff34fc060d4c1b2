/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * An archive that screens look into: opened once, shared by them, read by one task at a time; and
 * the basket of what shall be put back from it.
 *
 * All members but `lock` and `archive` belong to the drawing thread and, but for the basket, are
 * constant once the opening task has handed them over. Tasks hold a reference and the lock while
 * they read.
 */
#ifndef UI_OPENED_H
#define UI_OPENED_H

#include <pthread.h>

#include <cyrkeep/archive.h>
#include <cyrkeep/restore.h>
#include <cyrkeep/select.h>

#include "archives/boxtree.h"

struct ui_app;

/** What was ticked: whole mailboxes, or messages of one of them; a restore takes no mixture. */
struct ui_basket {
	struct ck_runs whole;     /**< Places of mailboxes. */
	struct ck_runs uids;      /**< Of messages; each less one, so that the largest has room. */
	size_t mailbox;           /**< That they belong to; meaningful while there are any. */
	uint64_t messages, bytes; /**< Of all that is in it. */
};

struct ui_opened {
	pthread_mutex_t lock; /**< Held by whoever uses `archive`. */
	struct ck_archive *archive;
	const struct ck_archive_info *info; /**< Of the archive; constant. */
	char *name; /**< Its number, or where that does not mean it alone, its path. */
	const struct ck_plan *plan;
	char separator;
	struct ck_archived_mailbox *mailboxes; /**< Sorted by name. */
	size_t n, nleft_out;
	struct ui_boxtree boxes; /**< They as a tree, which gives each its place. */
	struct ck_runs kept;     /**< Places of those that can be put back. */
	struct ck_runs usual;    /**< Of these, without those that were deleted already. */
	struct ck_sum *sums;     /**< By place, one more than there are: of those kept before it. */
	struct ui_basket basket;
	struct ui_basket before; /**< The basket before the last change by hand, if remembered. */
	bool remembered;
	struct ui_app *app; /**< Whose tasks free it. */
	int refs;           /**< Of the drawing thread. */
};

/** Open and read the list of mailboxes; blocks. @ret has one reference. */
int ui_opened_open(struct ui_app *app, const struct ck_settings *settings, const char *which,
                   struct ui_opened **ret, struct ck_err *err) CK_MUST_USE;
struct ui_opened *ui_opened_ref(struct ui_opened *o);
void ui_opened_unref(struct ui_opened *o); /**< NULL is fine. */

/** Give the mailboxes their places: part of opening. @return 0 or CK_ENOMEM. */
int ui_opened_arrange(struct ui_opened *o) CK_MUST_USE;
/** Free what that made, and the basket. */
void ui_opened_disarrange(struct ui_opened *o);

/** Can anything of this mailbox be put back? */
bool ui_opened_is_kept(const struct ui_opened *o, size_t mailbox);

/** How many mailboxes of the places from @first to @end - 1 can be put back, and how many of these
 * are in the basket. */
void ui_basket_count(const struct ui_opened *o, uint32_t first, uint32_t end, uint64_t *ret_on,
                     uint64_t *ret_all);

/** Tick or untick the mailboxes of these places. What was left out stays out.
 * @return false when the basket holds messages instead. */
bool ui_basket_set(struct ui_opened *o, uint32_t first, uint32_t end, bool on);

uint32_t ui_opened_place(const struct ui_opened *o, size_t mailbox);
bool ui_basket_has_mailbox(const struct ui_opened *o, size_t mailbox);
bool ui_basket_has_message(const struct ui_opened *o, size_t mailbox, uint32_t uid);

/** Let @uids (each less one), which are taken over, be the messages of @mailbox in the basket,
 * @bytes in all.
 * @return false when it holds mailboxes, or messages of another one. */
bool ui_basket_set_messages(struct ui_opened *o, size_t mailbox, struct ck_runs *uids,
                            uint64_t bytes);
/** The same of one. */
bool ui_basket_set_message(struct ui_opened *o, size_t mailbox, uint32_t uid, uint64_t bytes);

bool ui_basket_is_empty(const struct ui_opened *o);
void ui_basket_clear(struct ui_opened *o);

/** Remember the basket, before the user changes it. */
void ui_basket_remember(struct ui_opened *o);
/** What was remembered again; once more: what it was then. @return false when nothing was. */
bool ui_basket_undo(struct ui_opened *o);

/** "basket: 3 messages, 22.2M"; nothing when it is empty. */
void ui_basket_words(const struct ui_opened *o, struct ck_buf *ret);

/** As ui_basket_words(), in words for the form: "3 messages of user/anna". */
void ui_basket_what(const struct ui_opened *o, struct ck_buf *ret);

/** What the basket asks for: archive, patterns and uids of @ret, which is zeroed.
 * @return 0 or CK_ENOMEM. */
int ui_basket_request(const struct ui_opened *o, struct ck_restore_request *ret) CK_MUST_USE;

/** Append the pattern that matches @name alone. */
void ui_pattern_of_name(const char *name, struct ck_buf *ret);

/** "cyrkeep restore 413 'user/bob/Sent' --to dated" */
void ui_restore_command(const struct ck_settings *settings, const struct ck_restore_request *r,
                        struct ck_buf *ret);

#endif
