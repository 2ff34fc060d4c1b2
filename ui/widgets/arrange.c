/* SPDX-License-Identifier: BSD-2-Clause */
#include "widgets/arrange.h"

#include <stdlib.h>

#include <cyrkeep/err.h>

#include "widgets/tree.h"

struct ui_arrangement *ui_arrangement_ref(struct ui_arrangement *a)
{
	if (a)
		a->refs++;
	return a;
}

void ui_arrangement_unref(struct ui_arrangement *a)
{
	if (!a || --a->refs)
		return;
	free(a->node);
	free(a->row);
	free(a);
}

/** How far behind its parent each node comes, by what its siblings before it need; then where that
 * is. */
static void number_rows(struct ui_arrangement *a, const struct ui_tree_ops *ops, const void *ctx,
                        const struct ui_order *order)
{
	uint32_t *used = a->node; /* by node: rows that its children have so far */
	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t node = ui_order_row(order, i);
		if (node == 0)
			continue;
		uint32_t parent = ops->parent(ctx, node);
		a->row[node] = used[parent] + 1;
		used[parent] += ops->end(ctx, node) - node;
	}
	for (uint32_t node = 1; node < a->n; node++) /* parents have lower numbers */
		a->row[node] += a->row[ops->parent(ctx, node)];
	for (uint32_t node = 0; node < a->n; node++)
		a->node[a->row[node]] = node;
}

int ui_arrangement_make(const struct ui_tree_ops *ops, const void *ctx, uint32_t n,
                        const struct ui_order *order, struct ui_arrangement **ret)
{
	struct ui_arrangement *a = ck_alloc(1, sizeof *a);
	if (!a)
		return CK_ENOMEM;
	a->n = n;
	a->refs = 1;
	a->node = ck_alloc((size_t)n + 1, sizeof *a->node);
	a->row = ck_alloc((size_t)n + 1, sizeof *a->row);
	if (!a->node || !a->row) {
		ui_arrangement_unref(a);
		return CK_ENOMEM;
	}
	number_rows(a, ops, ctx, order);
	*ret = a;
	return CK_OK;
}
