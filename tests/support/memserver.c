/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/memserver.h"

#include <stdlib.h>
#include <string.h>

#include "support/test.h"

static char default_name[] = "default", slow_name[] = "slow", meta_name[] = "meta",
	    host_name[] = "mx";

void memserver_init(struct memserver *w, size_t mailboxes)
{
	*w = (struct memserver){.arena = arena_new()};
	w->partitions[0] = (struct ck_partition){.name = default_name, .kind = CK_PARTITION_DATA};
	w->partitions[1] = (struct ck_partition){.name = meta_name, .kind = CK_PARTITION_META};
	w->partitions[2] = (struct ck_partition){.name = slow_name, .kind = CK_PARTITION_DATA};
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

struct ck_tree *tree_of(struct memserver *w)
{
	struct ck_tree *tree = NULL;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_tree_build(&w->server, &tree, &err), &err);
	return tree;
}

uint32_t tree_find(const struct ck_tree *tree, const char *path)
{
	uint32_t node = 0;
	while (*path) {
		size_t len = strcspn(path, "|");
		for (node = tree->nodes[node].first_child; node != CK_NODE_NONE;
		     node = tree->nodes[node].next_sibling)
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
	for (uint32_t i = tree->nodes[tree_find(tree, path)].first_child; i != CK_NODE_NONE;
	     i = tree->nodes[i].next_sibling)
		ck_buf_addf(&got, "%s%s", got.len ? "|" : "", tree->nodes[i].label);
	assert_string_equal(got.data, want);
	ck_buf_fini(&got);
}

void assert_sound(const struct ck_tree *tree)
{
	struct sums {
		uint32_t mailboxes, ticked;
		uint64_t messages, bytes, messages_ticked, bytes_ticked;
	} *sums = ck_alloc(tree->n, sizeof(*sums));
	uint8_t *seen = ck_alloc(tree->server->nmailboxes + 1, 1);
	assert_non_null(sums);
	assert_non_null(seen);
	for (size_t i = tree->n; i-- > 0;) {
		const struct ck_node *n = &tree->nodes[i];
		struct sums *s = &sums[i];
		if (n->mailbox != CK_NODE_NONE) {
			const struct ck_mailbox *m = &tree->server->mailboxes[n->mailbox];
			bool on = tree->on[n->mailbox];
			assert_int_equal(seen[n->mailbox]++, 0);
			s->mailboxes++;
			s->ticked += on;
			s->messages += m->messages;
			s->bytes += m->bytes;
			s->messages_ticked += on ? m->messages : 0;
			s->bytes_ticked += on ? m->bytes : 0;
		}
		if (n->mailboxes != s->mailboxes || n->ticked != s->ticked ||
		    n->messages != s->messages || n->bytes != s->bytes ||
		    n->messages_ticked != s->messages_ticked || n->bytes_ticked != s->bytes_ticked)
			fail_msg("node %zu '%s' counts wrong", i, n->label);
		if (i == 0)
			break;
		assert_true(n->parent < i);
		const struct ck_node *parent = &tree->nodes[n->parent];
		assert_int_equal(n->depth, parent->depth + 1);
		assert_true(n->next_sibling == CK_NODE_NONE ||
		            tree->nodes[n->next_sibling].parent == n->parent);
		struct sums *p = &sums[n->parent];
		p->mailboxes += s->mailboxes;
		p->ticked += s->ticked;
		p->messages += s->messages;
		p->bytes += s->bytes;
		p->messages_ticked += s->messages_ticked;
		p->bytes_ticked += s->bytes_ticked;
	}
	free(sums);
	free(seen);
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
