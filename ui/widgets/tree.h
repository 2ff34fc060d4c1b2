/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A tree of which some branches are open, for a list to show.
 *
 * Nodes are numbered from the root, 0, so that a branch is a run of numbers. As long as siblings
 * are not sorted by the user an open tree shows them in that order: rows are the nodes. In another
 * arrangement rows have numbers of their own, by which a branch is a run, too. Which rows are shown
 * is never written down: a list asks for the next one, and only that costs time. Opening everything
 * below a node of a million is one step.
 */
#ifndef UI_TREE_H
#define UI_TREE_H

#include <cyrkeep/runs.h>

#include "widgets/arrange.h"
#include "widgets/list.h"

#define UI_TREE_NONE CK_RUNS_NONE

struct ui_tree_ops {
	uint32_t (*parent)(const void *ctx, uint32_t node); /**< Not of the root. */
	uint32_t (*end)(const void *ctx, uint32_t node);    /**< Behind the last below it. */
};

/** Zeroed: without nodes. */
struct ui_tree {
	const struct ui_tree_ops *ops;
	const void *ctx;
	uint32_t nnodes;
	struct ui_arrangement *arranged; /**< Held, or NULL. */
	struct ck_runs open;             /**< Nodes; of leaves it says nothing. */
	bool filtered;
	struct ck_runs shown; /**< Then: rows of hits, and of what leads to them. */
	struct ck_runs open_before;
};

/** All branches closed. The root is not shown itself. */
void ui_tree_init(struct ui_tree *t, const struct ui_tree_ops *ops, const void *ctx,
                  uint32_t nnodes);
void ui_tree_fini(struct ui_tree *t);

/** Between the rows of a list and the nodes. */
uint32_t ui_tree_node(const struct ui_tree *t, size_t row);
size_t ui_tree_row(const struct ui_tree *t, uint32_t node);

/** Of the nodes that are shown. */
bool ui_tree_is_branch(const struct ui_tree *t, uint32_t node);
bool ui_tree_is_open(const struct ui_tree *t, uint32_t node);
unsigned ui_tree_depth(const struct ui_tree *t, uint32_t node); /**< 0 for the root's children. */

/** Open or close one branch, or with @all everything below it too. @return 0 or CK_ENOMEM. */
int ui_tree_set_open(struct ui_tree *t, uint32_t node, bool open, bool all);

/** Open all parents of @node. @return 0 or CK_ENOMEM. */
int ui_tree_reveal(struct ui_tree *t, uint32_t node);

/** Show only the rows @shown, which are taken over and hold the parents of each member too; all
 * branches are open then. Until ui_tree_unfilter(), which brings back what was open. */
void ui_tree_filter(struct ui_tree *t, struct ck_runs *shown);
void ui_tree_unfilter(struct ui_tree *t);

/** Rows are numbered as @a says, which is held from now on; what is open stays open. @shown: of a
 * filtered tree, its rows by the new numbers; taken over. */
void ui_tree_arrange(struct ui_tree *t, struct ui_arrangement *a, struct ck_runs *shown);

/** The step of a list (list.h) whose rows are the tree's. */
size_t ui_tree_step(const struct ui_tree *t, size_t row, bool down);

/**
 * Right, Left, Enter on a branch, ] and [ for the node under the cursor of @l, whose rows must be
 * the tree's. Keeps the list up to date. @return UI_IGNORED for other actions, and for Enter on a
 * leaf.
 */
enum ui_reply ui_tree_act(struct ui_tree *t, struct ui_list *l, enum ui_action a);

/** Indent and branch sign, for the cell that holds the label. */
void ui_tree_decorate(const struct ui_tree *t, uint32_t node, struct ui_value *ret);

#endif
