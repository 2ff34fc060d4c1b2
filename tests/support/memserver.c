/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/memserver.h"

#include <stdlib.h>
#include <string.h>

#include "support/test.h"

static char default_name[] = "default", slow_name[] = "slow", meta_name[] = "meta",
	    host_name[] = "mx", path_name[] = "/var/spool/none", fstype_name[] = "none";

void memserver_init(struct memserver *w, size_t mailboxes)
{
	*w = (struct memserver){.arena = arena_new()};
	w->partitions[0] = (struct ck_partition){.name = default_name,
	                                         .path = path_name,
	                                         .fstype = fstype_name,
	                                         .kind = CK_PARTITION_DATA};
	w->partitions[1] = (struct ck_partition){.name = meta_name,
	                                         .path = path_name,
	                                         .fstype = fstype_name,
	                                         .kind = CK_PARTITION_META};
	w->partitions[2] = (struct ck_partition){.name = slow_name,
	                                         .path = path_name,
	                                         .fstype = fstype_name,
	                                         .kind = CK_PARTITION_DATA};
	w->server = (struct ck_server){.host = host_name,
	                               .separator = '/',
	                               .partitions = w->partitions,
	                               .npartitions = 3,
	                               .mailboxes = ck_alloc(mailboxes, sizeof(struct ck_mailbox))};
	assert_non_null(w->server.mailboxes);
}

void memserver_fini(struct memserver *w)
{
	free(w->server.mailboxes);
	arena_free(w->arena);
}

struct ck_mailbox *memserver_add(struct memserver *w, const char *name, uint32_t partition)
{
	struct ck_mailbox *m = &w->server.mailboxes[w->server.nmailboxes++];
	const char *kept = arena_str(w->arena, name);
	*m = (struct ck_mailbox){.name = kept,
	                         .intname = kept,
	                         .uniqueid = "",
	                         .acl = "",
	                         .special = "",
	                         .partition = partition,
	                         .messages = 1,
	                         .bytes = 100,
	                         .head = CK_HEAD_OK};
	if (strncmp(name, "user/", 5) == 0)
		m->user = kept + 5;
	if (strncmp(name, "DELETED/", 8) == 0)
		m->flags = CK_MBOX_DELAYED;
	return m;
}

struct ck_tree *tree_grouped(struct memserver *w, enum ck_grouping grouping)
{
	struct ck_tree *tree = NULL;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_tree_build(&w->server, grouping, &tree, &err), &err);
	return tree;
}

struct ck_tree *tree_of(struct memserver *w)
{
	return tree_grouped(w, CK_GROUP_BY_PARTITION);
}

uint32_t tree_find(const struct ck_tree *tree, const char *path)
{
	uint32_t node = 0;
	while (*path) {
		size_t len = strcspn(path, "|");
		for (node = ck_tree_child(tree, node); node != CK_NODE_NONE;
		     node = ck_tree_sibling(tree, node))
			if (strlen(tree->nodes[node].label) == len &&
			    strncmp(tree->nodes[node].label, path, len) == 0)
				break;
		if (node == CK_NODE_NONE)
			fail_msg("no node at '%s'", path);
		path += len + (path[len] == '|');
	}
	return node;
}

void assert_children(const struct ck_tree *tree, const char *path, const char *want)
{
	struct ck_buf got = CK_BUF_INIT;
	for (uint32_t i = ck_tree_child(tree, tree_find(tree, path)); i != CK_NODE_NONE;
	     i = ck_tree_sibling(tree, i))
		ck_buf_addf(&got, "%s%s", got.len ? "|" : "", tree->nodes[i].label);
	assert_string_equal(got.data, want);
	ck_buf_fini(&got);
}

static void add(struct ck_sum *to, struct ck_sum sum)
{
	to->mailboxes += sum.mailboxes;
	to->messages += sum.messages;
	to->bytes += sum.bytes;
}

static struct ck_sum own_sum(const struct ck_tree *tree, const struct ck_node *n)
{
	if (n->mailbox == CK_NODE_NONE)
		return (struct ck_sum){0};
	const struct ck_mailbox *m = &tree->server->mailboxes[n->mailbox];
	return (struct ck_sum){1, m->messages, m->bytes};
}

static bool is_same(struct ck_sum a, struct ck_sum b)
{
	return a.mailboxes == b.mailboxes && a.messages == b.messages && a.bytes == b.bytes;
}

/** Do mailboxes of several partitions lie at or below it? All that are in none are in one. */
static bool is_split(const struct ck_tree *tree, uint32_t node)
{
	const struct ck_server *s = tree->server;
	size_t first = SIZE_MAX;
	for (uint32_t i = node; i < tree->nodes[node].end; i++) {
		if (tree->nodes[i].mailbox == CK_NODE_NONE)
			continue;
		size_t p = s->mailboxes[tree->nodes[i].mailbox].partition;
		p = p < s->npartitions ? p : s->npartitions;
		if (first != SIZE_MAX && p != first)
			return true;
		first = p;
	}
	return false;
}

void assert_sound(const struct ck_tree *tree)
{
	struct ck_sum *sums = ck_alloc(tree->n, sizeof *sums);
	uint8_t *seen = ck_alloc(tree->server->nmailboxes + 1, 1);
	size_t places = 0;
	assert_non_null(sums);
	assert_non_null(seen);
	for (size_t i = 0; i < tree->n; i++) { /* places are counted in the order of nodes */
		const struct ck_node *n = &tree->nodes[i];
		assert_int_equal(n->first, places);
		if (n->mailbox != CK_NODE_NONE) {
			assert_int_equal(seen[n->mailbox]++, 0);
			places++;
		}
	}
	assert_int_equal(tree->mailboxes, places);
	for (size_t i = tree->n; i-- > 0;) {
		const struct ck_node *n = &tree->nodes[i];
		add(&sums[i], own_sum(tree, n));
		if (n->mailboxes != sums[i].mailboxes ||
		    !is_same(ck_tree_sum(tree, (uint32_t)i), sums[i]))
			fail_msg("node %zu '%s' counts wrong", i, n->label);
		if (n->mailboxes < 100)
			assert_int_equal(n->split, is_split(tree, (uint32_t)i));
		if (i == 0)
			break;
		assert_true(n->parent < i);
		const struct ck_node *parent = &tree->nodes[n->parent];
		assert_int_equal(n->depth, parent->depth + 1);
		assert_true(n->end > i && n->end <= parent->end);
		uint32_t next = ck_tree_sibling(tree, (uint32_t)i);
		assert_true(next == CK_NODE_NONE || tree->nodes[next].parent == n->parent);
		add(&sums[n->parent], sums[i]);
	}
	assert_int_equal(tree->nodes[0].end, tree->n);
	free(sums);
	free(seen);
}

struct ck_boxes boxes_of(const struct ck_tree *tree)
{
	struct ck_boxes boxes;
	assert_int_equal(ck_boxes_init(&boxes, tree), 0);
	return boxes;
}

void tick(struct ck_boxes *boxes, uint32_t node, bool on)
{
	assert_int_equal(ck_boxes_set(boxes, node, on), 0);
}

uint8_t *ticks_of(const struct ck_boxes *boxes)
{
	uint8_t *ticks = ck_alloc(boxes->tree->server->nmailboxes + 1, 1);
	assert_non_null(ticks);
	for (size_t i = 0; i < boxes->tree->n; i++) {
		const struct ck_node *n = &boxes->tree->nodes[i];
		if (n->mailbox != CK_NODE_NONE)
			ticks[n->mailbox] = ck_runs_has(&boxes->ticked, n->first);
	}
	return ticks;
}

void assert_boxes_sound(const struct ck_boxes *boxes)
{
	const struct ck_tree *tree = boxes->tree;
	struct ck_sum *sums = ck_alloc(tree->n, sizeof *sums);
	uint8_t *ticks = ticks_of(boxes);
	assert_non_null(sums);
	for (size_t i = tree->n; i-- > 0;) {
		const struct ck_node *n = &tree->nodes[i];
		enum ck_tick state = ck_boxes_state(boxes, (uint32_t)i);
		if (n->mailbox != CK_NODE_NONE && ticks[n->mailbox])
			add(&sums[i], own_sum(tree, n));
		if (!is_same(ck_boxes_sum(boxes, (uint32_t)i), sums[i]))
			fail_msg("node %zu '%s' counts its ticks wrong", i, n->label);
		if (n->kind > CK_NODE_CONFIG && n->mailboxes > 0)
			assert_int_equal(state, sums[i].mailboxes == n->mailboxes ? CK_TICK_ON
			                        : sums[i].mailboxes               ? CK_TICK_PART
			                                                          : CK_TICK_OFF);
		if (i > 0)
			add(&sums[n->parent], sums[i]);
	}
	free(sums);
	free(ticks);
}

void memserver_small(struct memserver *w)
{
	memserver_init(w, 32);
	memserver_add(w, "DELETED/user/anne/Old/5F00", 0);
	memserver_add(w, "public", 0);
	memserver_add(w, "public/quarantine", 0);
	memserver_add(w, "public/quarantine/a", 0);
	memserver_add(w, "user/anne", 0);
	memserver_add(w, "user/anne/Archive", 2);
	/* The plain byte order of old databases tears a subtree apart: '-' comes before '/'. */
	memserver_add(w, "user/anne-marie", 0);
	memserver_add(w, "user/anne/Drafts", 0)->special = "\\Drafts";
	memserver_add(w, "user/anne/INBOX", 0);
	memserver_add(w, "user/anne/Zed/f10", 0);
	memserver_add(w, "user/anne/Zed/f2", 0);
	memserver_add(w, "user/anne/\xc3\x84rger", 0);
	memserver_add(w, "user/anne/abc", 0);
	memserver_add(w, "user/remote", UINT32_MAX)->flags = CK_MBOX_REMOTE;
	memserver_add(w, "user/between", UINT32_MAX)->flags = CK_MBOX_INTERMEDIATE;
	memserver_add(w, "user/u10", 0);
	memserver_add(w, "user/u2", 0);
}
