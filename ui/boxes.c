/* SPDX-License-Identifier: BSD-2-Clause */
#include "boxes.h"

#include <stdlib.h>

#define STEPS_MAX 100

struct ui_boxes_step {
	struct ui_boxes_step *next;
	uint32_t first, end; /**< Nodes; the mailboxes among them are remembered. */
	bool config;
	uint8_t bits[]; /**< One per node. */
};

static void free_steps(struct ui_boxes_step **list)
{
	while (*list) {
		struct ui_boxes_step *next = (*list)->next;
		free(*list);
		*list = next;
	}
}

void ui_boxes_clear(struct ui_boxes *b)
{
	free_steps(&b->undo);
	free_steps(&b->redo);
	b->nundo = 0;
}

/** The node behind the subtree: nodes are in preorder. */
static uint32_t end_of(const struct ck_tree *tree, uint32_t node)
{
	while (node != CK_NODE_NONE && tree->nodes[node].next_sibling == CK_NODE_NONE)
		node = tree->nodes[node].parent;
	return node == CK_NODE_NONE ? (uint32_t)tree->n : tree->nodes[node].next_sibling;
}

/** The boxes as they are now. */
static struct ui_boxes_step *remember(const struct ck_tree *tree, uint32_t first, uint32_t end)
{
	struct ui_boxes_step *step = ck_alloc(1, sizeof *step + (end - first) / 8 + 1);
	if (!step)
		return NULL;
	step->first = first;
	step->end = end;
	step->config = tree->config_on;
	for (uint32_t i = first; i < end; i++) {
		uint32_t mailbox = tree->nodes[i].mailbox;
		if (mailbox != CK_NODE_NONE && tree->on[mailbox])
			step->bits[(i - first) / 8] |= (uint8_t)(1u << (i - first) % 8);
	}
	return step;
}

static void push(struct ui_boxes_step **list, struct ui_boxes_step *step)
{
	step->next = *list;
	*list = step;
}

static void drop_oldest(struct ui_boxes *b)
{
	struct ui_boxes_step **at = &b->undo;
	for (size_t i = 0; *at && i < STEPS_MAX; i++)
		at = &(*at)->next;
	free_steps(at);
	if (b->nundo > STEPS_MAX)
		b->nundo = STEPS_MAX;
}

/** @return 0 once the boxes of the subtree are kept for undo. */
static int begin(struct ui_boxes *b, const struct ck_tree *tree, uint32_t node)
{
	struct ui_boxes_step *step = remember(tree, node, end_of(tree, node));
	if (!step)
		return CK_ENOMEM;
	push(&b->undo, step);
	b->nundo++;
	drop_oldest(b);
	free_steps(&b->redo);
	return CK_OK;
}

int ui_boxes_set(struct ui_boxes *b, struct ck_tree *tree, uint32_t node, bool on,
                 const uint8_t *shown)
{
	if (begin(b, tree, node) < 0)
		return CK_ENOMEM;
	if (!shown) {
		ck_tree_set(tree, node, on);
		return CK_OK;
	}
	uint32_t end = end_of(tree, node);
	for (uint32_t i = node; i < end; i++)
		if (shown[i] == UI_HIT && tree->nodes[i].mailbox != CK_NODE_NONE)
			tree->on[tree->nodes[i].mailbox] = on;
	ck_tree_refresh(tree);
	return CK_OK;
}

uint64_t ui_boxes_count_like(const struct ck_tree *tree, const char *pattern, bool on,
                             const uint8_t *shown)
{
	const struct ck_server *s = tree->server;
	uint64_t count = 0;
	for (size_t i = 0; i < tree->n; i++) {
		uint32_t mailbox = tree->nodes[i].mailbox;
		if (mailbox != CK_NODE_NONE && (!shown || shown[i] == UI_HIT) &&
		    (tree->on[mailbox] != 0) == on &&
		    ck_pattern_match(pattern, s->mailboxes[mailbox].name, s->separator))
			count++;
	}
	return count;
}

int ui_boxes_like(struct ui_boxes *b, struct ck_tree *tree, const char *pattern, bool on,
                  const uint8_t *shown, uint64_t *ret_n)
{
	*ret_n = 0;
	if (begin(b, tree, 0) < 0)
		return CK_ENOMEM;
	const struct ck_server *s = tree->server;
	for (size_t i = 0; i < tree->n; i++) {
		uint32_t mailbox = tree->nodes[i].mailbox;
		if (mailbox == CK_NODE_NONE || (shown && shown[i] != UI_HIT) ||
		    !ck_pattern_match(pattern, s->mailboxes[mailbox].name, s->separator))
			continue;
		tree->on[mailbox] = on;
		++*ret_n;
	}
	ck_tree_refresh(tree);
	return CK_OK;
}

static bool was_on(const struct ui_boxes_step *step, uint32_t node)
{
	uint32_t at = node - step->first;
	return step->bits[at / 8] >> at % 8 & 1;
}

/** Set the boxes back. A small part is set node by node, parents first, which keeps the sums
 * right; for a large one it is cheaper to add all up anew. */
static void put_back(struct ck_tree *tree, const struct ui_boxes_step *step)
{
	bool small = step->end - step->first < tree->n / 8;
	for (uint32_t i = step->first; i < step->end; i++) {
		uint32_t mailbox = tree->nodes[i].mailbox;
		if (mailbox == CK_NODE_NONE || tree->on[mailbox] == was_on(step, i))
			continue;
		if (small)
			ck_tree_set(tree, i, was_on(step, i));
		else
			tree->on[mailbox] = was_on(step, i);
	}
	tree->config_on = step->config;
	if (!small)
		ck_tree_refresh(tree);
}

/** Put the newest step of @from back; what it replaces goes to @to. */
static bool swap(struct ck_tree *tree, struct ui_boxes_step **from, struct ui_boxes_step **to)
{
	struct ui_boxes_step *step = *from;
	struct ui_boxes_step *now = step ? remember(tree, step->first, step->end) : NULL;
	if (!now)
		return false;
	*from = step->next;
	put_back(tree, step);
	free(step);
	push(to, now);
	return true;
}

bool ui_boxes_undo(struct ui_boxes *b, struct ck_tree *tree)
{
	if (!swap(tree, &b->undo, &b->redo))
		return false;
	b->nundo--;
	return true;
}

bool ui_boxes_redo(struct ui_boxes *b, struct ck_tree *tree)
{
	if (!swap(tree, &b->redo, &b->undo))
		return false;
	b->nundo++;
	return true;
}
