/* SPDX-License-Identifier: BSD-2-Clause */
#include "boxtree.h"

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/server.h>

#define LEVELS_MAX 64

/** Nodes by their internal name: open addressing, a power of two. */
struct index {
	uint32_t *slots; /**< Node + 1; 0: empty. */
	uint64_t *hashes;
	size_t size, used;
};

/** A name cut into levels: bytes of the internal name, and the label of each. */
struct levels {
	size_t n;
	size_t end[LEVELS_MAX]; /**< Of the internal name: where the prefix ends. */
	const char *label[LEVELS_MAX];
	size_t label_len[LEVELS_MAX];
	const char *domain; /**< "@example.org" or "". */
};

static uint64_t hash_of(const char *text, size_t len)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
	return hash ^ hash >> 29;
}

static int index_grow(struct index *x)
{
	struct index more = {.size = x->size ? x->size * 2 : 256};
	more.slots = ck_alloc(more.size, sizeof *more.slots);
	more.hashes = ck_alloc(more.size, sizeof *more.hashes);
	if (!more.slots || !more.hashes) {
		free(more.slots);
		free(more.hashes);
		return CK_ENOMEM;
	}
	for (size_t i = 0; i < x->size; i++) {
		size_t at = x->hashes[i] & (more.size - 1);
		if (!x->slots[i])
			continue;
		while (more.slots[at])
			at = (at + 1) & (more.size - 1);
		more.slots[at] = x->slots[i];
		more.hashes[at] = x->hashes[i];
	}
	more.used = x->used;
	free(x->slots);
	free(x->hashes);
	*x = more;
	return CK_OK;
}

/** The slot of @hash: filled, or the empty one where it belongs. 64 bits do not collide by
 * chance; a made collision would put a row under a wrong parent, no more. */
static uint32_t *index_slot(struct index *x, uint64_t hash)
{
	size_t at = hash & (x->size - 1);
	while (x->slots[at] && x->hashes[at] != hash)
		at = (at + 1) & (x->size - 1);
	x->hashes[at] = hash;
	return &x->slots[at];
}

/** Hang @node below @parent, as its last child or as its first. */
static void hang(struct ui_boxtree *t, uint32_t parent, uint32_t node, bool first)
{
	struct ui_boxnode *p = &t->nodes[parent];
	if (p->first == UI_TREE_NONE) {
		p->first = p->last = node;
	} else if (first) {
		t->nodes[node].next = p->first;
		p->first = node;
	} else {
		t->nodes[p->last].next = node;
		p->last = node;
	}
}

static int add_node(struct ui_boxtree *t, uint32_t parent, const char *label, size_t len,
                    const char *domain)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 128;
		struct ui_boxnode *more = reallocarray(t->nodes, cap, sizeof *more);
		if (!more)
			return CK_ENOMEM;
		t->nodes = more;
		t->cap = cap;
	}
	struct ck_buf text = CK_BUF_INIT;
	(void)ck_buf_add(&text, label, len);
	(void)ck_buf_adds(&text, domain);
	uint32_t node = (uint32_t)t->n;
	t->nodes[node] = (struct ui_boxnode){.label = ck_buf_take(&text),
	                                     .mailbox = UI_TREE_NONE,
	                                     .parent = parent,
	                                     .first = UI_TREE_NONE,
	                                     .last = UI_TREE_NONE,
	                                     .next = UI_TREE_NONE};
	if (!t->nodes[node].label)
		return CK_ENOMEM;
	t->n++;
	return CK_OK;
}

/** Cut "example.org!user.anne.Sent" and "user/anne/Sent@example.org" side by side. */
static void cut(const struct ck_archived_mailbox *m, char sep, struct levels *ret)
{
	const char *bang = strchr(m->intname, '!');
	const char *local = bang ? bang + 1 : m->intname, *ext = m->name;
	const char *at = bang ? strrchr(m->name, '@') : NULL;
	const char *end = at ? at : m->name + strlen(m->name);
	ret->n = 0;
	ret->domain = at ? at : "";
	for (const char *p = local; ret->n < LEVELS_MAX;) {
		size_t len = strcspn(p, ".");
		const char *stop = memchr(ext, sep, (size_t)(end - ext));
		bool last = !p[len] || ret->n + 1 == LEVELS_MAX;
		stop = !stop || last ? end : stop;
		ret->end[ret->n] = last ? strlen(m->intname) : (size_t)(p + len - m->intname);
		ret->label[ret->n] = ext;
		ret->label_len[ret->n] = (size_t)(stop - ext);
		ret->n++;
		if (last)
			return;
		p += len + 1;
		ext = stop < end ? stop + 1 : end;
	}
}

/** The node of the first @len bytes of @name below @parent; made when it is not there. */
static int find_node(struct ui_boxtree *t, struct index *x, const char *name, size_t len,
                     uint32_t parent, const struct levels *l, size_t level, uint32_t *ret)
{
	if (x->used * 2 >= x->size && index_grow(x) < 0)
		return CK_ENOMEM;
	uint32_t *slot = index_slot(x, hash_of(name, len));
	if (!*slot) {
		if (add_node(t, parent, l->label[level], l->label_len[level],
		             parent == 0 ? l->domain : "") < 0)
			return CK_ENOMEM;
		hang(t, parent, (uint32_t)t->n - 1, false);
		*slot = (uint32_t)t->n;
		x->used++;
	}
	*ret = *slot - 1;
	return CK_OK;
}

static int place(struct ui_boxtree *t, struct index *x, const struct ck_archived_mailbox *m,
                 char sep, uint32_t *ret)
{
	struct levels l;
	cut(m, sep, &l);
	const char *local = strchr(m->intname, '!');
	local = local ? local + 1 : m->intname;
	bool user = l.n > 1 && strncmp(local, "user.", 5) == 0;
	uint32_t node = 0;
	for (size_t i = user; i < l.n; i++)
		if (find_node(t, x, m->intname, l.end[i], node, &l, i, &node) < 0)
			return CK_ENOMEM;
	if (user && l.n == 2) { /* a row of its own: above stands the sum */
		if (add_node(t, node, "INBOX", 5, "") < 0)
			return CK_ENOMEM;
		hang(t, node, (uint32_t)t->n - 1, true);
		node = (uint32_t)t->n - 1;
	}
	*ret = node;
	return CK_OK;
}

/** Children come behind their parents: one way up adds everything. */
static void add_up(struct ui_boxtree *t, const struct ck_archived_mailbox *boxes)
{
	for (size_t i = t->n; i-- > 1;) {
		struct ui_boxnode *node = &t->nodes[i], *up = &t->nodes[node->parent];
		if (node->mailbox != UI_TREE_NONE) {
			const struct ck_archived_mailbox *m = &boxes[node->mailbox];
			node->boxes++;
			node->left_out += m->left_out_by != NULL;
			if (!m->left_out_by) {
				node->messages += m->messages;
				node->bytes += m->bytes;
				node->grade = m->grade > node->grade ? m->grade : node->grade;
			}
		}
		up->boxes += node->boxes;
		up->left_out += node->left_out;
		up->messages += node->messages;
		up->bytes += node->bytes;
		up->grade = node->grade > up->grade ? node->grade : up->grade;
	}
}

static int turn_of(const struct ck_archived_mailbox *m)
{
	return m->flags & CK_MBOX_DELAYED ? 2 : m->user ? 0 : 1;
}

int ui_boxtree_build(const struct ck_archived_mailbox *boxes, size_t n, char separator,
                     struct ui_boxtree *ret)
{
	struct ui_boxtree t = {.node_of = reallocarray(NULL, n + 1, sizeof *t.node_of)};
	struct index x = {0};
	int r = t.node_of && n < UI_TREE_NONE ? index_grow(&x) : CK_ENOMEM;
	r = r < 0 ? r : add_node(&t, UI_TREE_NONE, "", 0, "");
	for (int turn = 0; turn < 3; turn++) { /* users, shared, already deleted */
		for (size_t i = 0; r == 0 && i < n; i++) {
			if (turn_of(&boxes[i]) != turn)
				continue;
			r = place(&t, &x, &boxes[i], separator, &t.node_of[i]);
			if (r == 0)
				t.nodes[t.node_of[i]].mailbox = (uint32_t)i;
		}
	}
	free(x.slots);
	free(x.hashes);
	if (r < 0) {
		ui_boxtree_fini(&t);
		return r;
	}
	add_up(&t, boxes);
	*ret = t;
	return CK_OK;
}

void ui_boxtree_fini(struct ui_boxtree *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->nodes[i].label);
	free(t->nodes);
	free(t->node_of);
	memset(t, 0, sizeof *t);
}

static uint32_t first_child(const void *ctx, uint32_t node)
{
	return ((const struct ui_boxtree *)ctx)->nodes[node].first;
}

static uint32_t next_sibling(const void *ctx, uint32_t node)
{
	return ((const struct ui_boxtree *)ctx)->nodes[node].next;
}

static uint32_t parent(const void *ctx, uint32_t node)
{
	return ((const struct ui_boxtree *)ctx)->nodes[node].parent;
}

const struct ui_tree_ops ui_boxtree_ops = {first_child, next_sibling, parent};
