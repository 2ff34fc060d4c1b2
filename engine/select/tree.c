/* SPDX-License-Identifier: BSD-2-Clause */
#include "select/tree.h"

#include <string.h>

uint32_t tree_end(const struct ck_tree *tree, uint32_t node)
{
	while (node != CK_NODE_NONE && tree->nodes[node].next_sibling == CK_NODE_NONE)
		node = tree->nodes[node].parent;
	return node == CK_NODE_NONE ? (uint32_t)tree->n : tree->nodes[node].next_sibling;
}

/* What the node has by itself. */
static void sum_own(const struct ck_tree *tree, struct ck_node *node)
{
	node->mailboxes = node->ticked = 0;
	node->messages = node->bytes = node->messages_ticked = node->bytes_ticked = 0;
	if (node->mailbox == CK_NODE_NONE)
		return;
	const struct ck_mailbox *m = &tree->server->mailboxes[node->mailbox];
	node->mailboxes = 1;
	node->messages = m->messages;
	node->bytes = m->bytes;
	if (tree->on[node->mailbox]) {
		node->ticked = 1;
		node->messages_ticked = m->messages;
		node->bytes_ticked = m->bytes;
	}
}

void ck_tree_refresh(struct ck_tree *tree)
{
	for (size_t i = 0; i < tree->n; i++)
		sum_own(tree, &tree->nodes[i]);
	/* Children stand behind their parents, so each is complete when it is added. */
	for (size_t i = tree->n; i-- > 1;) {
		const struct ck_node *node = &tree->nodes[i];
		struct ck_node *parent = &tree->nodes[node->parent];
		parent->mailboxes += node->mailboxes;
		parent->ticked += node->ticked;
		parent->messages += node->messages;
		parent->bytes += node->bytes;
		parent->messages_ticked += node->messages_ticked;
		parent->bytes_ticked += node->bytes_ticked;
	}
}

void ck_tree_set(struct ck_tree *tree, uint32_t node, bool on)
{
	if (node >= tree->n)
		return;
	if (tree->nodes[node].kind <= CK_NODE_CONFIG)
		tree->config_on = on;
	const struct ck_node before = tree->nodes[node];
	uint32_t end = tree_end(tree, node);
	for (uint32_t i = node; i < end; i++) {
		struct ck_node *n = &tree->nodes[i];
		n->ticked = on ? n->mailboxes : 0;
		n->messages_ticked = on ? n->messages : 0;
		n->bytes_ticked = on ? n->bytes : 0;
		if (n->mailbox != CK_NODE_NONE)
			tree->on[n->mailbox] = on;
	}
	const struct ck_node *after = &tree->nodes[node];
	for (uint32_t i = before.parent; i != CK_NODE_NONE; i = tree->nodes[i].parent) {
		tree->nodes[i].ticked += after->ticked - before.ticked;
		tree->nodes[i].messages_ticked += after->messages_ticked - before.messages_ticked;
		tree->nodes[i].bytes_ticked += after->bytes_ticked - before.bytes_ticked;
	}
}

/* A place without mailboxes has nothing that could be left out. */
enum ck_tick ck_tree_state(const struct ck_tree *tree, uint32_t node)
{
	const struct ck_node *n = &tree->nodes[node];
	if (n->kind == CK_NODE_CONFIG)
		return tree->config_on ? CK_TICK_ON : CK_TICK_OFF;
	bool all = n->ticked == n->mailboxes, none = n->ticked == 0 && n->mailboxes > 0;
	if (n->kind == CK_NODE_ROOT) {
		none = n->ticked == 0 && !tree->config_on;
		all = all && tree->config_on;
	}
	if (all)
		return CK_TICK_ON;
	return none ? CK_TICK_OFF : CK_TICK_PART;
}
