/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the tree in two steps. First drafts: nodes in the order in which the mailboxes name them,
 * found again by a hash over (parent, label), because the order of mailboxes.db does not always
 * keep a subtree together. Then the final nodes: children sorted, numbered in preorder, so that a
 * subtree is one run of the array and ticking it is one pass over it.
 */
#include <cyrkeep/select.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cyrus/conf.h"
#include "select/extname.h"
#include "select/pattern.h"
#include "select/tree.h"

struct draft {
	const char *label;
	uint32_t label_len;
	uint32_t parent;
	uint32_t mailbox;
	uint8_t kind; /* enum ck_node_kind */
	bool special; /* Has a special use: comes before siblings that have none. */
	uint16_t depth;
};

struct builder {
	const struct ck_server *server;
	struct arena *arena;
	struct draft *drafts;
	size_t n, cap;
	uint32_t *table; /* Open addressing: draft + 1, 0 is free. */
	size_t slots;
	uint32_t *partitions; /* Draft of each partition of the server; one more for unknown. */
	uint32_t (*classes)[TREE_CLASSES]; /* Drafts of users, shared, deleted, per partition. */
	uint32_t path[TREE_DEPTH_MAX + 1]; /* Drafts of the last name. */
	size_t path_len;
	struct ck_buf scratch;
};

static void builder_fini(struct builder *b)
{
	arena_free(b->arena);
	free(b->drafts);
	free(b->table);
	free(b->partitions);
	free(b->classes);
	ck_buf_fini(&b->scratch);
}

static uint32_t add_draft(struct builder *b, enum ck_node_kind kind, uint32_t parent,
                          const char *label, size_t len)
{
	if (b->n == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 1024;
		struct draft *more =
			cap < CK_NODE_NONE ? reallocarray(b->drafts, cap, sizeof(*more)) : NULL;
		if (!more)
			return CK_NODE_NONE;
		b->drafts = more;
		b->cap = cap;
	}
	b->drafts[b->n] = (struct draft){
		.label = label,
		.label_len = (uint32_t)len,
		.parent = parent,
		.mailbox = CK_NODE_NONE,
		.kind = (uint8_t)kind,
		.depth = parent == CK_NODE_NONE ? 0 : (uint16_t)(b->drafts[parent].depth + 1),
	};
	return (uint32_t)b->n++;
}

static size_t hash_of(uint32_t parent, const char *label, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u ^ parent * 0x9e3779b97f4a7c15u;
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)label[i]) * 0x100000001b3u;
	return (size_t)(h ^ h >> 29);
}

static bool is_draft(const struct draft *d, uint32_t parent, const char *label, size_t len)
{
	return d->parent == parent && d->label_len == len && memcmp(d->label, label, len) == 0;
}

/* The slot that holds this draft, or the free one where it belongs. */
static uint32_t *find_slot(const struct builder *b, uint32_t parent, const char *label, size_t len)
{
	size_t at = hash_of(parent, label, len) & (b->slots - 1);
	while (b->table[at] && !is_draft(&b->drafts[b->table[at] - 1], parent, label, len))
		at = (at + 1) & (b->slots - 1);
	return &b->table[at];
}

static int grow_table(struct builder *b)
{
	if (b->slots > b->n * 2)
		return 0;
	size_t slots = b->slots ? b->slots * 2 : 4096;
	uint32_t *table = ck_alloc(slots, sizeof(*table));
	if (!table)
		return CK_ENOMEM;
	free(b->table);
	b->table = table;
	b->slots = slots;
	for (uint32_t i = 0; i < b->n; i++) {
		const struct draft *d = &b->drafts[i];
		if (d->kind == CK_NODE_MAILBOX)
			*find_slot(b, d->parent, d->label, d->label_len) = i + 1;
	}
	return 0;
}

/*
 * The child of @parent called @label, made where it is missing. @borrow: the label is the
 * terminated end of a mailbox name and need not be copied.
 */
static uint32_t find_child(struct builder *b, uint32_t parent, const char *label, size_t len,
                           bool borrow)
{
	if (grow_table(b) < 0)
		return CK_NODE_NONE;
	uint32_t *slot = find_slot(b, parent, label, len);
	if (*slot)
		return *slot - 1;
	const char *kept = borrow ? label : arena_strn(b->arena, label, len);
	uint32_t node = kept ? add_draft(b, CK_NODE_MAILBOX, parent, kept, len) : CK_NODE_NONE;
	if (node != CK_NODE_NONE)
		*slot = node + 1;
	return node;
}

/* As find_child(), but the path of the last mailbox is asked first. */
static uint32_t step_down(struct builder *b, size_t level, uint32_t parent, const char *label,
                          size_t len, bool borrow)
{
	if (level < b->path_len && is_draft(&b->drafts[b->path[level]], parent, label, len))
		return b->path[level];
	b->path[level] = find_child(b, parent, label, len, borrow);
	b->path_len = level + 1;
	return b->path[level];
}

static enum ck_node_kind class_of(const struct ck_mailbox *m)
{
	if (m->flags & CK_MBOX_DELAYED)
		return CK_NODE_DELAYED;
	return m->user ? CK_NODE_USERS : CK_NODE_SHARED;
}

/* The "users", "shared" or "deleted" draft of the mailbox, made where it is missing. */
static uint32_t class_draft(struct builder *b, const struct ck_mailbox *m)
{
	static const char *const labels[TREE_CLASSES] = {"users", "shared", "deleted"};
	const struct ck_server *s = b->server;
	size_t p = m->partition < s->npartitions &&
	                           s->partitions[m->partition].kind == CK_PARTITION_DATA
	                   ? m->partition
	                   : s->npartitions;
	size_t class = class_of(m) - CK_NODE_USERS;
	if (b->partitions[p] == CK_NODE_NONE)
		b->partitions[p] = add_draft(b, CK_NODE_PARTITION, 0, TREE_UNKNOWN_PARTITION,
		                             strlen(TREE_UNKNOWN_PARTITION));
	uint32_t *at = &b->classes[p][class];
	if (*at == CK_NODE_NONE && b->partitions[p] != CK_NODE_NONE)
		*at = add_draft(b, class_of(m), b->partitions[p], labels[class],
		                strlen(labels[class]));
	return *at;
}

/*
 * The draft for the mailbox that the name at @node means: of a user it is his INBOX, a child that
 * no name leads to, so that it is not taken for a folder which is called INBOX.
 */
static uint32_t mailbox_draft(struct builder *b, uint32_t node)
{
	const struct draft *d = &b->drafts[node];
	if (d->depth != TREE_DEPTH_FIRST || b->drafts[d->parent].kind != CK_NODE_USERS)
		return node;
	return add_draft(b, CK_NODE_INBOX, node, TREE_INBOX, strlen(TREE_INBOX));
}

static int add_mailbox(struct builder *b, uint32_t number)
{
	const struct ck_mailbox *m = &b->server->mailboxes[number];
	char sep = b->server->separator;
	size_t local = extname_local_len(m);
	bool domain = m->name[local] != '\0';
	uint32_t node = class_draft(b, m);
	if (node == CK_NODE_NONE)
		return CK_ENOMEM;

	size_t at = 0;
	if (b->drafts[node].kind != CK_NODE_SHARED) {
		const char *first = memchr(m->name, sep, local);
		at = first ? (size_t)(first - m->name) + 1 : 0;
	}
	for (size_t level = 0;; level++) {
		const char *end =
			level < TREE_DEPTH_MAX ? memchr(m->name + at, sep, local - at) : NULL;
		size_t len = end ? (size_t)(end - m->name) - at : local - at;
		if (level == 0 && domain) {
			ck_buf_reset(&b->scratch);
			ck_buf_add(&b->scratch, m->name + at, len);
			ck_buf_adds(&b->scratch, m->name + local);
			if (b->scratch.failed)
				return CK_ENOMEM;
			node = step_down(b, level, node, b->scratch.data, b->scratch.len, false);
		} else {
			node = step_down(b, level, node, m->name + at, len, !end && !domain);
		}
		if (node == CK_NODE_NONE)
			return CK_ENOMEM;
		if (!end)
			break;
		at += len + 1;
	}
	node = mailbox_draft(b, node);
	if (node == CK_NODE_NONE)
		return CK_ENOMEM;
	b->drafts[node].mailbox = number;
	b->drafts[node].special = b->drafts[node].depth > TREE_DEPTH_FIRST && *m->special;
	return 0;
}

static int add_frame(struct builder *b)
{
	const struct ck_server *s = b->server;
	b->partitions = ck_alloc(s->npartitions + 1, sizeof(*b->partitions));
	b->classes = ck_alloc(s->npartitions + 1, sizeof(*b->classes));
	if (!b->partitions || !b->classes)
		return CK_ENOMEM;
	memset(b->partitions, 0xff, (s->npartitions + 1) * sizeof(*b->partitions));
	memset(b->classes, 0xff, (s->npartitions + 1) * sizeof(*b->classes));

	const char *host = s->host ? s->host : "";
	const char *config = s->conf ? s->conf->configdirectory : "configuration";
	if (add_draft(b, CK_NODE_ROOT, CK_NODE_NONE, host, strlen(host)) == CK_NODE_NONE ||
	    add_draft(b, CK_NODE_CONFIG, 0, config, strlen(config)) == CK_NODE_NONE)
		return CK_ENOMEM;
	for (int kind = 0; kind < CK_CONFIG_KINDS; kind++) {
		const char *name = ck_config_kind_name((enum ck_config_kind)kind);
		if (add_draft(b, CK_NODE_PART, 1, name, strlen(name)) == CK_NODE_NONE)
			return CK_ENOMEM;
	}
	for (size_t i = 0; i < s->npartitions; i++) {
		if (s->partitions[i].kind != CK_PARTITION_DATA)
			continue;
		const char *name = s->partitions[i].name;
		b->partitions[i] = add_draft(b, CK_NODE_PARTITION, 0, name, strlen(name));
		if (b->partitions[i] == CK_NODE_NONE)
			return CK_ENOMEM;
	}
	return 0;
}

static int by_order(const void *x, const void *y, void *arg)
{
	const struct draft *drafts = arg;
	uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y;
	const struct draft *a = &drafts[i], *b = &drafts[k];
	int order = a->kind - b->kind;
	if (!order && a->kind == CK_NODE_MAILBOX)
		order = a->special != b->special ? b->special - a->special
		                                 : ck_natural_compare(a->label, b->label);
	return order ? order : (i > k) - (i < k);
}

/* Databases are in order of names already, which is most often the order wanted too. */
static void sort_siblings(const struct builder *b, uint32_t *siblings, size_t n)
{
	size_t i = 1;
	while (i < n && by_order(&siblings[i - 1], &siblings[i], b->drafts) < 0)
		i++;
	if (i < n)
		qsort_r(siblings, n, sizeof(*siblings), by_order, b->drafts);
}

/* Children of all drafts, sorted: those of draft d are at first[d] to first[d + 1]. */
static uint32_t *sort_children(const struct builder *b, uint32_t *first)
{
	uint32_t *children = ck_alloc(b->n, sizeof(*children));
	if (!children)
		return NULL;
	for (size_t i = 1; i < b->n; i++)
		first[b->drafts[i].parent + 1]++;
	for (size_t i = 1; i <= b->n; i++)
		first[i] += first[i - 1];
	/* Filled from behind, which moves the end of each run to its start. */
	for (size_t i = b->n; i-- > 1;)
		children[--first[b->drafts[i].parent + 1]] = (uint32_t)i;
	for (size_t i = 0; i < b->n; i++)
		first[i] = first[i + 1];
	first[b->n] = (uint32_t)b->n - 1;
	for (size_t i = 0; i < b->n; i++)
		sort_siblings(b, children + first[i], first[i + 1] - first[i]);
	return children;
}

/* Number the drafts in preorder; @next is the child of each draft that comes next. */
static void number_nodes(const struct builder *b, const uint32_t *first, uint32_t *next,
                         const uint32_t *children, struct ck_node *nodes)
{
	uint32_t draft = 0, node = CK_NODE_NONE, n = 0;
	memcpy(next, first, b->n * sizeof(*next));
	for (;;) {
		const struct draft *d = &b->drafts[draft];
		nodes[n] = (struct ck_node){
			.kind = d->kind,
			.label = d->label,
			.mailbox = d->mailbox,
			.parent = node,
			.depth = d->depth,
		};
		node = n++;
		while (next[draft] == first[draft + 1]) {
			nodes[node].end = n;
			if (draft == 0)
				return;
			draft = b->drafts[draft].parent;
			node = nodes[node].parent;
		}
		draft = children[next[draft]++];
	}
}

/* Give the mailboxes their places, in the order of the nodes, and add up what lies before each. */
static int place_mailboxes(struct ck_tree *tree)
{
	const struct ck_server *s = tree->server;
	struct ck_sum sum = {0};
	tree->before = ck_alloc(s->nmailboxes + 1, sizeof(*tree->before));
	if (!tree->before)
		return CK_ENOMEM;
	for (size_t i = 0; i < tree->n; i++) {
		struct ck_node *node = &tree->nodes[i];
		node->first = (uint32_t)sum.mailboxes;
		if (node->mailbox == CK_NODE_NONE)
			continue;
		const struct ck_mailbox *m = &s->mailboxes[node->mailbox];
		sum.mailboxes++;
		sum.messages += m->messages;
		sum.bytes += m->bytes;
		tree->before[sum.mailboxes] = sum;
	}
	tree->mailboxes = sum.mailboxes;
	for (size_t i = 0; i < tree->n; i++) {
		struct ck_node *node = &tree->nodes[i];
		uint32_t end = node->end < tree->n ? tree->nodes[node->end].first
		                                   : (uint32_t)sum.mailboxes;
		node->mailboxes = end - node->first;
	}
	return 0;
}

static int finish(struct builder *b, struct ck_tree *tree)
{
	CK_FREE uint32_t *first = ck_alloc(b->n + 1, sizeof(*first));
	CK_FREE uint32_t *next = ck_alloc(b->n + 1, sizeof(*next));
	CK_FREE uint32_t *children = first ? sort_children(b, first) : NULL;
	tree->nodes = ck_alloc(b->n, sizeof(*tree->nodes));
	if (!first || !next || !children || !tree->nodes)
		return CK_ENOMEM;
	number_nodes(b, first, next, children, tree->nodes);
	tree->n = b->n;
	tree->arena = CK_STEAL(b->arena);
	return place_mailboxes(tree);
}

static int build(const struct ck_server *server, struct ck_tree *tree)
{
	CK_CLEANUP(builder_fini)
	struct builder b = {.server = server, .arena = arena_new(), .scratch = CK_BUF_INIT};
	if (!b.arena || add_frame(&b) < 0)
		return CK_ENOMEM;
	for (uint32_t i = 0; i < server->nmailboxes; i++)
		if (tree_shows(&server->mailboxes[i]) && add_mailbox(&b, i) < 0)
			return CK_ENOMEM;
	return finish(&b, tree);
}

int ck_tree_build(const struct ck_server *server, struct ck_tree **ret, struct ck_err *err)
{
	struct ck_tree *tree = ck_alloc(1, sizeof(*tree));
	if (!tree)
		return ck_err_nomem(err);
	tree->server = server;
	if (build(server, tree) < 0) {
		ck_tree_free(tree);
		return ck_err_nomem(err);
	}
	*ret = tree;
	return 0;
}

void ck_tree_free(struct ck_tree *tree)
{
	if (!tree)
		return;
	free(tree->nodes);
	free(tree->before);
	arena_free(tree->arena);
	free(tree);
}
