/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The mailboxes of an archive as a tree: users and shared folders at the top, below a user his
 * INBOX and his folders: first what has a special use, then in natural order. Built from internal
 * names, so that domains and separators do not matter.
 */
#ifndef UI_BOXTREE_H
#define UI_BOXTREE_H

#include <cyrkeep/archive.h>

#include "widgets/tree.h"

/** Nodes are numbered in the order in which an open tree shows them, and so are the mailboxes. */
struct ui_boxnode {
	uint32_t label;       /**< External; where it begins in the tree's labels. */
	uint32_t mailbox;     /**< Index, or UI_TREE_NONE. */
	uint32_t parent, end; /**< As in struct ui_tree_ops. */
	uint32_t first;       /**< Place of the first mailbox at or below it, from 0. */
	uint32_t boxes;       /**< In the subtree, itself included: neighbours. */
	uint32_t left_out;    /**< Of those. */
	uint8_t grade;        /**< The worst of the subtree; enum ck_grade */
	bool inbox;           /**< Of a user: what his name leads to stands beside it, not below. */
	uint64_t messages, bytes; /**< In the subtree. */
};

/** Node 0 is the root and not shown. Immutable once built. */
struct ui_boxtree {
	struct ui_boxnode *nodes;
	size_t n;
	struct ck_buf labels; /**< Each terminated. */
	uint32_t *node_of;    /**< Per mailbox. */
	uint32_t *node_at;    /**< Per place of a mailbox. */
};

/** Build it; fast, but not for the drawing thread. @return 0 or CK_ENOMEM. */
int ui_boxtree_build(const struct ck_archived_mailbox *boxes, size_t n, char separator,
                     struct ui_boxtree *ret) CK_MUST_USE;
void ui_boxtree_fini(struct ui_boxtree *t);

const char *ui_boxtree_label(const struct ui_boxtree *t, uint32_t node);

/** For ui_tree_init(); its context is the struct ui_boxtree. */
extern const struct ui_tree_ops ui_boxtree_ops;

#endif
