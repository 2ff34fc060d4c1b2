/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The mailboxes of an archive as a tree: users and shared folders at the top, below a user his
 * INBOX and his folders. Built from internal names, so that domains and separators do not matter.
 */
#ifndef UI_BOXTREE_H
#define UI_BOXTREE_H

#include "opened.h"
#include "tree.h"

struct ui_boxnode {
	char *label;                        /**< External; owned. */
	uint32_t mailbox;                   /**< Index, or UI_TREE_NONE. */
	uint32_t parent, first, last, next; /**< Nodes; UI_TREE_NONE for none. */
	uint32_t boxes, left_out;           /**< In the subtree, itself included. */
	uint64_t messages, bytes;           /**< In the subtree. */
	enum ck_grade grade;                /**< The worst of the subtree. */
};

/** Node 0 is the root and not shown. Immutable once built. */
struct ui_boxtree {
	struct ui_boxnode *nodes;
	size_t n, cap;
	uint32_t *node_of; /**< Per mailbox. */
};

/** Build it; fast, but not for the drawing thread. @return 0 or CK_ENOMEM. */
int ui_boxtree_build(const struct ck_archived_mailbox *boxes, size_t n, char separator,
                     struct ui_boxtree *ret) CK_MUST_USE;
void ui_boxtree_fini(struct ui_boxtree *t);

/** For ui_tree_init(); its context is the struct ui_boxtree. */
extern const struct ui_tree_ops ui_boxtree_ops;

#endif
