/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/select.h>

#include "select/extname.h"
#include "select/tree.h"

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

/* Users are sorted, and what lies below one follows him: the middle leads to a user, too. */
uint32_t ck_tree_user_on(const struct ck_tree *tree, uint32_t user, uint32_t partition)
{
	const struct ck_node *nodes = tree->nodes;
	uint32_t users = ck_tree_child(tree, partition);
	if (users == CK_NODE_NONE || nodes[users].kind != CK_NODE_USERS)
		return CK_NODE_NONE;
	uint32_t lo = users + 1, hi = nodes[users].end;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		while (nodes[nodes[mid].parent].kind != CK_NODE_USERS)
			mid = nodes[mid].parent;
		int order = ck_natural_compare(nodes[user].label, nodes[mid].label);
		if (order == 0)
			return mid;
		if (order < 0)
			hi = mid;
		else
			lo = nodes[mid].end;
	}
	return CK_NODE_NONE;
}

const char *ck_mailbox_domain(const struct ck_mailbox *mailbox)
{
	const char *end = mailbox->name + extname_local_len(mailbox);
	return *end ? end + 1 : end;
}

struct ck_sum ck_tree_sum(const struct ck_tree *tree, uint32_t node)
{
	const struct ck_node *n = &tree->nodes[node];
	const struct ck_sum *from = &tree->before[n->first];
	const struct ck_sum *to = &tree->before[n->first + n->mailboxes];
	return (struct ck_sum){to->mailboxes - from->mailboxes, to->messages - from->messages,
	                       to->bytes - from->bytes};
}
