/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/select.h>

uint32_t ck_tree_child(const struct ck_tree *tree, uint32_t node)
{
	return tree->nodes[node].end > node + 1 ? node + 1 : CK_NODE_NONE;
}

uint32_t ck_tree_sibling(const struct ck_tree *tree, uint32_t node)
{
	const struct ck_node *n = &tree->nodes[node];
	bool last = n->parent == CK_NODE_NONE || n->end == tree->nodes[n->parent].end;
	return last ? CK_NODE_NONE : n->end;
}

struct ck_sum ck_tree_sum(const struct ck_tree *tree, uint32_t node)
{
	const struct ck_node *n = &tree->nodes[node];
	const struct ck_sum *from = &tree->before[n->first];
	const struct ck_sum *to = &tree->before[n->first + n->mailboxes];
	return (struct ck_sum){to->mailboxes - from->mailboxes, to->messages - from->messages,
	                       to->bytes - from->bytes};
}
