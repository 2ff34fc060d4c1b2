/* SPDX-License-Identifier: BSD-2-Clause */
#include "widgets/tree.h"

#include <string.h>

void ui_tree_init(struct ui_tree *t, const struct ui_tree_ops *ops, const void *ctx,
                  uint32_t nnodes)
{
	*t = (struct ui_tree){.ops = ops, .ctx = ctx, .nnodes = nnodes};
}

void ui_tree_fini(struct ui_tree *t)
{
	ui_arrangement_unref(t->arranged);
	ck_runs_fini(&t->open);
	ck_runs_fini(&t->shown);
	ck_runs_fini(&t->open_before);
	memset(t, 0, sizeof *t);
}

uint32_t ui_tree_node(const struct ui_tree *t, size_t row)
{
	return ui_arrangement_node(t->arranged, (uint32_t)row);
}

size_t ui_tree_row(const struct ui_tree *t, uint32_t node)
{
	return ui_arrangement_row(t->arranged, node);
}

/** Behind the last row below @row. */
static uint32_t row_end(const struct ui_tree *t, uint32_t row)
{
	uint32_t node = ui_tree_node(t, row);
	return row + (t->ops->end(t->ctx, node) - node);
}

/** The first row from @row on that may be shown, whatever is open. */
static uint32_t next_shown(const struct ui_tree *t, uint32_t row)
{
	if (t->filtered)
		row = ck_runs_next(&t->shown, row);
	return row < t->nnodes ? row : UI_TREE_NONE;
}

/** The last one before @end. */
static uint32_t last_shown(const struct ui_tree *t, uint32_t end)
{
	return t->filtered ? ck_runs_last(&t->shown, end) : end ? end - 1 : UI_TREE_NONE;
}

bool ui_tree_is_open(const struct ui_tree *t, uint32_t node)
{
	return ck_runs_has(&t->open, node);
}

bool ui_tree_is_branch(const struct ui_tree *t, uint32_t node)
{
	if (node >= t->nnodes)
		return false;
	uint32_t row = (uint32_t)ui_tree_row(t, node), child = next_shown(t, row + 1);
	return child != UI_TREE_NONE && child < row_end(t, row);
}

unsigned ui_tree_depth(const struct ui_tree *t, uint32_t node)
{
	unsigned depth = 0;
	while ((node = t->ops->parent(t->ctx, node)) != 0)
		depth++;
	return depth;
}

int ui_tree_set_open(struct ui_tree *t, uint32_t node, bool open, bool all)
{
	if (node >= t->nnodes)
		return CK_OK;
	return ck_runs_set(&t->open, node, all ? t->ops->end(t->ctx, node) : node + 1, open);
}

int ui_tree_reveal(struct ui_tree *t, uint32_t node)
{
	int r = CK_OK;
	while (r == 0 && node != 0 && (node = t->ops->parent(t->ctx, node)) != 0)
		r = ui_tree_set_open(t, node, true, false);
	return r;
}

void ui_tree_filter(struct ui_tree *t, struct ck_runs *shown)
{
	struct ck_runs open = {0};
	if (ck_runs_set(&open, 0, t->nnodes, true) < 0)
		return; /* without memory nothing is narrowed */
	if (t->filtered)
		ck_runs_fini(&t->open);
	else
		t->open_before = t->open;
	ck_runs_fini(&t->shown);
	t->open = open;
	t->shown = *shown;
	t->filtered = true;
	*shown = (struct ck_runs){0};
}

void ui_tree_unfilter(struct ui_tree *t)
{
	if (!t->filtered)
		return;
	ck_runs_fini(&t->open);
	ck_runs_fini(&t->shown);
	t->open = t->open_before;
	t->open_before = (struct ck_runs){0};
	t->filtered = false;
}

void ui_tree_arrange(struct ui_tree *t, struct ui_arrangement *a, struct ck_runs *shown)
{
	ui_arrangement_ref(a);
	ui_arrangement_unref(t->arranged);
	t->arranged = a;
	if (!t->filtered)
		return;
	ck_runs_fini(&t->shown);
	t->shown = *shown;
	*shown = (struct ck_runs){0};
}

/** The row that is shown for @row: itself, or that of the outermost of its parents that is closed.
 */
static size_t stands_for(const struct ui_tree *t, uint32_t row)
{
	uint32_t node = ui_tree_node(t, row), top = node;
	while ((node = t->ops->parent(t->ctx, node)) != 0)
		if (!ui_tree_is_open(t, node))
			top = node;
	return ui_tree_row(t, top);
}

size_t ui_tree_step(const struct ui_tree *t, size_t row, bool down)
{
	size_t to;
	if (down) {
		bool first = row == UI_LIST_NONE;
		uint32_t from = first ? 0 : (uint32_t)row;
		if (from >= t->nnodes)
			return UI_LIST_NONE;
		bool into = first || ui_tree_is_open(t, ui_tree_node(t, from));
		to = next_shown(t, into ? from + 1 : row_end(t, from));
	} else {
		to = last_shown(t, row < t->nnodes ? (uint32_t)row : t->nnodes);
		if (to != UI_TREE_NONE && to != 0)
			to = stands_for(t, (uint32_t)to);
	}
	return to == UI_TREE_NONE || to == 0 ? UI_LIST_NONE : to;
}

enum ui_reply ui_tree_act(struct ui_tree *t, struct ui_list *l, enum ui_action a)
{
	size_t row = ui_list_row(l);
	if (row == UI_LIST_NONE || row >= t->nnodes)
		return UI_IGNORED;
	uint32_t node = ui_tree_node(t, row);
	bool branch = ui_tree_is_branch(t, node), open = ui_tree_is_open(t, node);
	switch (a) {
	case UI_ACT_RIGHT:
		if (!branch)
			return UI_DONE;
		if (open)
			return ui_list_act(l, UI_ACT_DOWN);
		(void)ui_tree_set_open(t, node, true, false);
		break;
	case UI_ACT_LEFT:
		if (branch && open) {
			(void)ui_tree_set_open(t, node, false, false);
			break;
		}
		node = t->ops->parent(t->ctx, node);
		if (node == 0)
			return UI_DONE;
		(void)ui_list_go(l, ui_tree_row(t, node) + (uint64_t)1);
		return UI_REPAINT;
	case UI_ACT_OPEN:
		if (!branch)
			return UI_IGNORED;
		(void)ui_tree_set_open(t, node, !open, false);
		break;
	case UI_ACT_OPEN_ALL:
	case UI_ACT_CLOSE_ALL:
		(void)ui_tree_set_open(t, node, a == UI_ACT_OPEN_ALL, true);
		break;
	default:
		return UI_IGNORED;
	}
	ui_list_set(l, l->ctx, l->n);
	return UI_REPAINT;
}

void ui_tree_decorate(const struct ui_tree *t, uint32_t node, struct ui_value *ret)
{
	ret->indent = (int)ui_tree_depth(t, node) * 2;
	ret->branch = !ui_tree_is_branch(t, node) ? UI_BRANCH_LEAF
	              : ui_tree_is_open(t, node)  ? UI_BRANCH_OPEN
	                                          : UI_BRANCH_CLOSED;
}
