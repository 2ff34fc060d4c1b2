/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

static int add_row(struct ui_tree *t, uint32_t node, unsigned depth)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		struct ui_tree_row *more = reallocarray(t->rows, cap, sizeof *more);
		if (!more)
			return CK_ENOMEM;
		t->rows = more;
		t->cap = cap;
	}
	t->rows[t->n++] = (struct ui_tree_row){node, (uint16_t)depth};
	return CK_OK;
}

/** Depth first over what is open, without recursion: the depth is the data's. */
static int rebuild(struct ui_tree *t)
{
	unsigned depth = 0;
	uint32_t node = t->ops->first_child(t->ctx, t->root);
	t->n = 0;
	while (node < t->nnodes) {
		if (add_row(t, node, depth) < 0)
			return CK_ENOMEM;
		uint32_t next = t->open[node] ? t->ops->first_child(t->ctx, node) : UI_TREE_NONE;
		if (next < t->nnodes) {
			depth++;
			node = next;
			continue;
		}
		while ((next = t->ops->next_sibling(t->ctx, node)) >= t->nnodes) {
			node = t->ops->parent(t->ctx, node);
			if (node >= t->nnodes || node == t->root)
				return CK_OK;
			depth--;
		}
		node = next;
	}
	return CK_OK;
}

int ui_tree_init(struct ui_tree *t, const struct ui_tree_ops *ops, const void *ctx, uint32_t root,
                 uint32_t nnodes)
{
	*t = (struct ui_tree){.ops = ops, .ctx = ctx, .root = root, .nnodes = nnodes};
	t->open = ck_alloc((size_t)nnodes + 1, 1);
	return t->open ? rebuild(t) : CK_ENOMEM;
}

void ui_tree_fini(struct ui_tree *t)
{
	free(t->open);
	free(t->rows);
	memset(t, 0, sizeof *t);
}

bool ui_tree_is_open(const struct ui_tree *t, uint32_t node)
{
	return node < t->nnodes && t->open[node];
}

bool ui_tree_is_branch(const struct ui_tree *t, uint32_t node)
{
	return node < t->nnodes && t->ops->first_child(t->ctx, node) < t->nnodes;
}

/** Set the flag of everything below @top. */
static void set_below(struct ui_tree *t, uint32_t top, bool open)
{
	uint32_t node = t->ops->first_child(t->ctx, top);
	while (node < t->nnodes) {
		uint32_t next = t->ops->first_child(t->ctx, node);
		t->open[node] = open && next < t->nnodes;
		if (next < t->nnodes) {
			node = next;
			continue;
		}
		while ((next = t->ops->next_sibling(t->ctx, node)) >= t->nnodes) {
			node = t->ops->parent(t->ctx, node);
			if (node >= t->nnodes || node == top)
				return;
		}
		node = next;
	}
}

int ui_tree_set_open(struct ui_tree *t, uint32_t node, bool open, bool all)
{
	if (node >= t->nnodes)
		return CK_OK;
	t->open[node] = open;
	if (all)
		set_below(t, node, open);
	return rebuild(t);
}

int ui_tree_reveal(struct ui_tree *t, uint32_t node)
{
	while (node < t->nnodes && (node = t->ops->parent(t->ctx, node)) < t->nnodes)
		t->open[node] = true;
	return rebuild(t);
}

size_t ui_tree_row_of(const struct ui_tree *t, uint32_t node)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].node == node)
			return i;
	return UI_LIST_NONE;
}

enum ui_reply ui_tree_act(struct ui_tree *t, struct ui_list *l, enum ui_action a)
{
	size_t row = ui_list_row(l);
	if (row == UI_LIST_NONE || row >= t->n)
		return UI_IGNORED;
	uint32_t node = t->rows[row].node;
	bool branch = ui_tree_is_branch(t, node), open = t->open[node];
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
		if (node >= t->nnodes || node == t->root)
			return UI_DONE;
		ui_list_go(l, (uint64_t)node + 1);
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
	ui_list_set(l, l->ctx, t->n);
	return UI_REPAINT;
}

void ui_tree_decorate(const struct ui_tree *t, size_t row, struct ui_value *ret)
{
	uint32_t node = t->rows[row].node;
	ret->indent = t->rows[row].depth * 2;
	ret->branch = !ui_tree_is_branch(t, node) ? UI_BRANCH_LEAF
	              : t->open[node]             ? UI_BRANCH_OPEN
	                                          : UI_BRANCH_CLOSED;
}
