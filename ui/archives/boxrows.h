/* SPDX-License-Identifier: BSD-2-Clause */
/** Rows of the tree of an archive's mailboxes: their cells, their ticks, what they mean. */
#ifndef UI_BOXROWS_H
#define UI_BOXROWS_H

#include "archives/opened.h"

enum ui_boxcolumn {
	UI_BOX_TICK,
	UI_BOX_NAME,
	UI_BOX_GRADE,
	UI_BOX_MESSAGES,
	UI_BOX_SIZE,
	UI_BOX_REMARKS,
};
extern const struct ui_column ui_boxcolumns[];

/** A row: one node, in the tree or in the list of all mailboxes. */
struct ui_boxrow {
	const struct ui_opened *opened;
	uint32_t node;
	bool flat; /**< Stands for its mailbox alone, not for what is below. */
	bool open; /**< What is below has rows of its own. */
};

/** The mailbox of a row, or NULL for a name that only leads to others. */
const struct ck_archived_mailbox *ui_boxrow_mailbox(const struct ui_boxrow *r);

/** One cell; in the tree, the name still needs ui_tree_decorate(). */
void ui_boxrow_value(const struct ui_boxrow *r, enum ui_boxcolumn column, char *buf, size_t size,
                     struct ui_value *ret);

/** Mailboxes of the row that can be put back, and how many of them are in the basket. */
void ui_boxrow_ticks(const struct ui_boxrow *r, uint64_t *ret_on, uint64_t *ret_all);

/** Put all of the row into the basket or take it out.
 * @return false when the basket holds messages instead. */
bool ui_boxrow_tick(struct ui_opened *o, const struct ui_boxrow *r, bool on);

/** Some lines about the row, for the pane beside the list. */
void ui_boxrow_explain(const struct ui_boxrow *r, struct ck_buf *ret);

/** What the archive took and what its rules left out. */
void ui_boxrow_explain_rules(const struct ui_opened *o, struct ck_buf *ret);

/** One line about the row. */
void ui_boxrow_hint(const struct ui_boxrow *r, struct ck_buf *ret);

#endif
