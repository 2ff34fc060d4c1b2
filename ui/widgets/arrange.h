/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The nodes of a tree in the order in which they are shown when siblings are sorted.
 *
 * Nodes keep their numbers; the rows are numbered anew, so that what lies below a node follows it
 * again and a branch is a run of rows. Both ways cost one look.
 */
#ifndef UI_ARRANGE_H
#define UI_ARRANGE_H

#include "widgets/order.h"

struct ui_tree_ops;

/** Constant once made: any thread may read it that holds it. */
struct ui_arrangement {
	uint32_t n;
	uint32_t *node; /**< By row. */
	uint32_t *row;  /**< By node. */
	unsigned refs;  /**< Of the drawing thread. */
};

/** Siblings come as they do in @order, whose rows are the @n nodes and which is neither filtered
 * nor being sorted. Not for the drawing thread. @return 0 or CK_ENOMEM. */
int ui_arrangement_make(const struct ui_tree_ops *ops, const void *ctx, uint32_t n,
                        const struct ui_order *order, struct ui_arrangement **ret);

/** NULL is one, too: rows are as the nodes are numbered. */
struct ui_arrangement *ui_arrangement_ref(struct ui_arrangement *a);
void ui_arrangement_unref(struct ui_arrangement *a);

static inline uint32_t ui_arrangement_node(const struct ui_arrangement *a, uint32_t row)
{
	return a ? a->node[row] : row;
}

static inline uint32_t ui_arrangement_row(const struct ui_arrangement *a, uint32_t node)
{
	return a ? a->row[node] : node;
}

#endif
