/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The visible rows of a tree, for a list to show.
 *
 * Nodes are numbers below nnodes with a parent, a first child and a next sibling; which are open
 * is kept here, by node, so it survives new figures in the nodes. Only visible nodes cost time.
 */
#ifndef UI_TREE_H
#define UI_TREE_H

#include "list.h"

#define UI_TREE_NONE UINT32_MAX

struct ui_tree_ops {
	uint32_t (*first_child)(const void *ctx, uint32_t node);
	uint32_t (*next_sibling)(const void *ctx, uint32_t node);
	uint32_t (*parent)(const void *ctx, uint32_t node);
};

struct ui_tree_row {
	uint32_t node;
	uint16_t depth; /**< 0 for the children of the root. */
};

struct ui_tree {
	const struct ui_tree_ops *ops;
	const void *ctx;
	uint32_t root; /**< Not shown itself. */
	uint32_t nnodes;
	uint8_t *open; /**< One byte per node. */
	struct ui_tree_row *rows;
	size_t n, cap;
};

/** All branches closed. @return 0 or CK_ENOMEM. */
int ui_tree_init(struct ui_tree *t, const struct ui_tree_ops *ops, const void *ctx, uint32_t root,
                 uint32_t nnodes);
void ui_tree_fini(struct ui_tree *t);

bool ui_tree_is_open(const struct ui_tree *t, uint32_t node);
bool ui_tree_is_branch(const struct ui_tree *t, uint32_t node);

/** Open or close one branch, or with @all everything below it too. Rebuilds the rows.
 * @return 0 or CK_ENOMEM. */
int ui_tree_set_open(struct ui_tree *t, uint32_t node, bool open, bool all);

/** Open all parents of @node. @return 0 or CK_ENOMEM. */
int ui_tree_reveal(struct ui_tree *t, uint32_t node);

/** The row of a visible node, or UI_LIST_NONE. */
size_t ui_tree_row_of(const struct ui_tree *t, uint32_t node);

/**
 * Right, Left, Enter on a branch, ] and [ for the row under the cursor of @l, whose data rows must
 * be t->rows and whose id() must be node + 1. Keeps the list up to date.
 * @return UI_IGNORED for other actions, and for Enter on a leaf.
 */
enum ui_reply ui_tree_act(struct ui_tree *t, struct ui_list *l, enum ui_action a);

/** Indent and branch sign of row @row, for the cell that holds the label. */
void ui_tree_decorate(const struct ui_tree *t, size_t row, struct ui_value *ret);

#endif
