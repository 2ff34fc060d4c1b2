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
	enum ck_grouping grouping;
	struct arena *arena;
	struct draft *drafts;
	size_t n, cap;
	uint32_t *table; /* Open addressing: draft + 1, 0 is free. */
	size_t slots;
	uint32_t *partitions; /* Draft of each partition of the server; one more for unknown. */
	uint32_t group;       /* Of the last mailbox, */
	uint32_t classes[TREE_CLASSES];    /* with its users, shared, deleted. */
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

/* An INBOX is not: no name leads to it. */
static bool is_found_by_label(unsigned kind)
{
	return kind == CK_NODE_MAILBOX || kind == CK_NODE_DOMAIN || tree_is_class(kind);
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
		if (is_found_by_label(d->kind))
			*find_slot(b, d->parent, d->label, d->label_len) = i + 1;
	}
	return 0;
}

/*
 * The child of @parent called @label, made where it is missing. @borrow: the label is terminated
 * and outlives the tree, as the end of a mailbox name.
 */
static uint32_t find_child(struct builder *b, enum ck_node_kind kind, uint32_t parent,
                           const char *label, size_t len, bool borrow)
{
	if (grow_table(b) < 0)
		return CK_NODE_NONE;
	uint32_t *slot = find_slot(b, parent, label, len);
	if (*slot)
		return *slot - 1;
	const char *kept = borrow ? label : arena_strn(b->arena, label, len);
	uint32_t node = kept ? add_draft(b, kind, parent, kept, len) : CK_NODE_NONE;
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
	b->path[level] = find_child(b, CK_NODE_MAILBOX, parent, label, len, borrow);
	b->path_len = level + 1;
	return b->path[level];
}

static enum ck_node_kind class_of(const struct ck_mailbox *m)
{
	if (m->flags & CK_MBOX_DELAYED)
		return CK_NODE_DELAYED;
	return m->user ? CK_NODE_USERS : CK_NODE_SHARED;
}

static uint32_t partition_draft(struct builder *b, const struct ck_mailbox *m)
{
	const struct ck_server *s = b->server;
	bool known = m->partition < s->npartitions &&
	             s->partitions[m->partition].kind == CK_PARTITION_DATA;
	size_t p = known ? m->partition : s->npartitions;
	if (b->partitions[p] == CK_NODE_NONE)
		b->partitions[p] = add_draft(b, CK_NODE_PARTITION, 0, TREE_UNKNOWN_PARTITION,
		                             strlen(TREE_UNKNOWN_PARTITION));
	return b->partitions[p];
}

/* What the mailbox is shown in: a partition, a domain, or the server. */
static uint32_t group_draft(struct builder *b, const struct ck_mailbox *m)
{
	const char *domain = ck_mailbox_domain(m);
	switch (b->grouping) {
	case CK_GROUP_BY_DOMAIN:
		return find_child(b, CK_NODE_DOMAIN, 0, domain, strlen(domain), true);
	case CK_GROUP_BY_NOTHING:
		return 0;
	default:
		return partition_draft(b, m);
	}
}

/* The "users", "shared" or "deleted" draft of the mailbox, made where it is missing. */
static uint32_t class_draft(struct builder *b, const struct ck_mailbox *m)
{
	static const char *const labels[TREE_CLASSES] = {"users", "shared", "deleted"};
	enum ck_node_kind kind = class_of(m);
	size_t class = kind - CK_NODE_USERS;
	uint32_t group = group_draft(b, m);
	if (group == CK_NODE_NONE)
		return group;
	if (group != b->group)
		memset(b->classes, 0xff, sizeof(b->classes));
	b->group = group;
	if (b->classes[class] == CK_NODE_NONE)
		b->classes[class] =
			find_child(b, kind, group, labels[class], strlen(labels[class]), true);
	return b->classes[class];
}

/*
 * The draft for the mailbox that the name at @node means: of a user it is his INBOX, a child that
 * no name leads to, so that it is not taken for a folder which is called INBOX.
 */
static uint32_t mailbox_draft(struct builder *b, uint32_t node)
{
	if (b->drafts[b->drafts[node].parent].kind != CK_NODE_USERS)
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
		if (level == 0 && domain && b->grouping != CK_GROUP_BY_DOMAIN) {
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
	b->drafts[node].special =
		!tree_is_class(b->drafts[b->drafts[node].parent].kind) && *m->special;
	return 0;
}

static int add_frame(struct builder *b)
{
	const struct ck_server *s = b->server;
	b->partitions = ck_alloc(s->npartitions + 1, sizeof(*b->partitions));
	if (!b->partitions)
		return CK_ENOMEM;
	memset(b->partitions, 0xff, (s->npartitions + 1) * sizeof(*b->partitions));
	b->group = CK_NODE_NONE;

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
		if (s->partitions[i].kind != CK_PARTITION_DATA ||
		    b->grouping != CK_GROUP_BY_PARTITION)
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
	if (!order && (a->kind == CK_NODE_MAILBOX || a->kind == CK_NODE_DOMAIN))
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

/* Which nodes have mailboxes in several partitions: what lies below one follows it. */
static int find_split(struct ck_tree *tree)
{
	const struct ck_server *s = tree->server;
	CK_FREE uint32_t *in = ck_alloc(tree->n, sizeof(*in)); /* partition + 1, or 0 */
	if (!in)
		return CK_ENOMEM;
	for (size_t i = tree->n; i-- > 0;) {
		struct ck_node *node = &tree->nodes[i];
		uint32_t own = 0;
		if (node->mailbox != CK_NODE_NONE) {
			uint32_t p = s->mailboxes[node->mailbox].partition;
			own = (p < s->npartitions ? p : (uint32_t)s->npartitions) + 1;
		}
		node->split |= own && in[i] && own != in[i];
		in[i] = in[i] ? in[i] : own;
		if (i == 0)
			break;
		struct ck_node *up = &tree->nodes[node->parent];
		uint32_t *at = &in[node->parent];
		up->split |= node->split || (in[i] && *at && in[i] != *at);
		*at = *at ? *at : in[i];
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
	return place_mailboxes(tree) < 0 ? CK_ENOMEM : find_split(tree);
}

static int build(const struct ck_server *server, struct ck_tree *tree)
{
	CK_CLEANUP(builder_fini)
	struct builder b = {.server = server,
	                    .grouping = tree->grouping,
	                    .arena = arena_new(),
	                    .scratch = CK_BUF_INIT};
	if (!b.arena || add_frame(&b) < 0)
		return CK_ENOMEM;
	for (uint32_t i = 0; i < server->nmailboxes; i++)
		if (tree_shows(&server->mailboxes[i]) && add_mailbox(&b, i) < 0)
			return CK_ENOMEM;
	return finish(&b, tree);
}

int ck_tree_build(const struct ck_server *server, enum ck_grouping grouping, struct ck_tree **ret,
                  struct ck_err *err)
{
	struct ck_tree *tree = ck_alloc(1, sizeof(*tree));
	if (!tree)
		return ck_err_nomem(err);
	tree->server = server;
	tree->grouping = grouping;
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
