/* SPDX-License-Identifier: BSD-2-Clause */
/** The mailboxes of a rehearsal: a tree of users, or sorted by a column. */
#ifndef UI_REHEARSAL_TABLE_H
#define UI_REHEARSAL_TABLE_H

#include "archives/rehearsed.h"

struct ui_rehearsal_table {
	const struct ui_rehearsed *found;         /**< Borrowed; NULL: nothing yet. */
	const struct ck_restore_request *request; /**< With the answers; borrowed. */
	struct ui_tree tree;
	struct ui_list rows; /**< Of the tree. */
	struct ui_list flat; /**< The mailboxes, sorted by a column. */
	bool sorted;         /**< The flat list is shown. */
};
void ui_rehearsal_table_init(struct ui_rehearsal_table *t,
                             const struct ck_restore_request *request);
void ui_rehearsal_table_fini(struct ui_rehearsal_table *t);

/** Show another rehearsal, or NULL. */
void ui_rehearsal_table_set(struct ui_rehearsal_table *t, const struct ui_rehearsed *found);

/** A mailbox, or a user with his sums; NULL: nothing. */
const struct ck_rehearsal_mailbox *ui_rehearsal_table_under_bar(const struct ui_rehearsal_table *t);

/** Rows that it would fill, with the titles; at most @most. */
int ui_rehearsal_table_rows(const struct ui_rehearsal_table *t, int most);

void ui_rehearsal_table_layout(struct ui_rehearsal_table *t, struct ui_rect at);
void ui_rehearsal_table_focus(struct ui_rehearsal_table *t, bool focus);
enum ui_reply ui_rehearsal_table_act(struct ui_rehearsal_table *t, enum ui_action a);
enum ui_reply ui_rehearsal_table_key(struct ui_rehearsal_table *t, const struct ui_key *k);
enum ui_reply ui_rehearsal_table_work(struct ui_rehearsal_table *t);
void ui_rehearsal_table_draw(const struct ui_rehearsal_table *t, struct ui_canvas *c);

#endif
