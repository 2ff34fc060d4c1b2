/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A server that exists in memory only, for whatever works on names and counts, and what its tree
 * must hold. Failures fail the test.
 */
#ifndef TESTS_MEMSERVER_H
#define TESTS_MEMSERVER_H

#include "base/arena.h"
#include <cyrkeep/select.h>

/** Partitions: 0 "default", 1 "meta" (no data), 2 "slow". */
struct memserver {
	struct ck_server server;
	struct ck_partition partitions[3];
	struct arena *arena; /**< Holds the names. */
};

/** Room for @mailboxes; separator '/'. */
void memserver_init(struct memserver *w, size_t mailboxes);
void memserver_fini(struct memserver *w);

/** Add a mailbox of one message of 100 bytes: "user/..." has an owner, "DELETED/..." is delayed. */
struct ck_mailbox *memserver_add(struct memserver *w, const char *name, uint32_t partition);

/** Fifteen mailboxes of every kind that a tree shows, and two that it does not. */
void memserver_small(struct memserver *w);

/** Its tree by partition, or grouped otherwise, which the caller frees. */
struct ck_tree *tree_of(struct memserver *w);
struct ck_tree *tree_grouped(struct memserver *w, enum ck_grouping grouping);

/** The node at "default|users|anne|Sent"; "" is the root. */
uint32_t tree_find(const struct ck_tree *tree, const char *path);

/** The labels of its children, in order, are "a|b|c". */
void assert_children(const struct ck_tree *tree, const char *path, const char *want);

/** Everything that must hold for any tree. */
void assert_sound(const struct ck_tree *tree);

/** Its boxes, all ticked; release with ck_boxes_fini(). */
struct ck_boxes boxes_of(const struct ck_tree *tree);

/** ck_boxes_set(), and it must succeed. */
void tick(struct ck_boxes *boxes, uint32_t node, bool on);

/** One byte per mailbox of the server: ticked; owned. */
uint8_t *ticks_of(const struct ck_boxes *boxes);

/** The sums and states of all nodes are those of the boxes below them. */
void assert_boxes_sound(const struct ck_boxes *boxes);

#endif
