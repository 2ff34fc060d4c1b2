/* SPDX-License-Identifier: BSD-2-Clause */
/** A rehearsal as a tree: users with sums, their mailboxes below; and what a row says in words. */
#ifndef UI_REHEARSED_H
#define UI_REHEARSED_H

#include <cyrkeep/restore.h>

#include "widgets/list.h"
#include "widgets/tree.h"

enum ui_rehearsed_column {
	UI_REHEARSED_NAME,
	UI_REHEARSED_ARCHIVE,
	UI_REHEARSED_NOW,
	UI_REHEARSED_AFTER,
	UI_REHEARSED_ADD,
	UI_REHEARSED_SAME,
	UI_REHEARSED_NOTE,
};

extern const struct ui_column ui_rehearsed_columns[];

/** A row of the tree. */
struct ui_rehearsed_node {
	const struct ck_rehearsal_mailbox *m; /**< Of a user: the sum. Borrowed. NULL: the root. */
	const char *label;                    /**< Borrowed. */
	bool user;
	uint32_t parent, end;
};

/** A rehearsal and its rows. */
struct ui_rehearsed {
	struct ck_rehearsal plan;
	struct ui_rehearsed_node *nodes; /**< As an open tree shows them, from the root on. */
	uint32_t n;
	struct ck_rehearsal_mailbox *sums; /**< Of users. */
	size_t nsums;
	bool leave; /**< What lies elsewhere is left there: an answer. */
};

/** Make the rows of r->plan. A user of whom only one mailbox comes has no row of his own.
 * @return 0 or CK_ENOMEM. */
int ui_rehearsed_arrange(struct ui_rehearsed *r) CK_MUST_USE;

/** A struct ui_rehearsed, or NULL; takes long where it is large. */
void ui_rehearsed_free(void *rehearsed);

extern const struct ui_tree_ops ui_rehearsed_tree;

/** The mailbox @name as its user @owner (NULL: nobody) calls it: "Sent" of "user/bob/Sent". */
const char *ui_rehearsed_called(const char *name, const char *owner);

/** Does it go to another name than it had? */
bool ui_rehearsed_is_moved(const struct ck_rehearsal_mailbox *m);

/** How many messages are added, where @leave says whether what lies elsewhere stays there. */
uint64_t ui_rehearsed_added(const struct ck_rehearsal_mailbox *m, bool leave);

/** Fill one cell, as a list asks for it. */
void ui_rehearsed_value(const struct ck_rehearsal_mailbox *m, bool leave,
                        enum ui_rehearsed_column column, char *buf, size_t size,
                        struct ui_value *ret);
void ui_rehearsed_sort(const struct ck_rehearsal_mailbox *m, bool leave,
                       enum ui_rehearsed_column column, struct ui_sort *ret);

/** Lines for the pane beside the list; appended. */
void ui_rehearsed_explain(const struct ck_rehearsal_mailbox *m, bool leave, struct ck_buf *out);

#endif
