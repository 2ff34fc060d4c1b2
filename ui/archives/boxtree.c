/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/boxtree.h"

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/select.h>

#define LEVELS_MAX 64

enum rank {
	RANK_INBOX,
	RANK_SPECIAL,
	RANK_OTHER,
};

/** A node while others are still hung below it, in any order. */
struct draft {
	uint32_t label, mailbox, parent;
	uint32_t first, last, next; /**< Children and sibling; UI_TREE_NONE for none. */
	uint8_t turn, rank;         /**< What comes first among siblings, whatever its label. */
	bool inbox;
};

struct builder {
	struct draft *drafts;
	size_t n, cap;
	uint8_t turn; /**< That is under way: of users, of shared mailboxes, of deleted ones. */
	struct ck_buf labels;
};

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

/** Hang @node below @parent, as its last child. */
static void hang(struct builder *b, uint32_t parent, uint32_t node)
{
	struct draft *p = &b->drafts[parent];
	if (p->first == UI_TREE_NONE) {
		p->first = p->last = node;
	} else {
		b->drafts[p->last].next = node;
		p->last = node;
	}
}

static int add_draft(struct builder *b, uint32_t parent, const char *label, size_t len,
                     const char *domain)
{
	if (b->n == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 128;
		struct draft *more = reallocarray(b->drafts, cap, sizeof *more);
		if (!more)
			return CK_ENOMEM;
		b->drafts = more;
		b->cap = cap;
	}
	b->drafts[b->n++] = (struct draft){.label = (uint32_t)b->labels.len,
	                                   .mailbox = UI_TREE_NONE,
	                                   .parent = parent,
	                                   .turn = b->turn,
	                                   .rank = RANK_OTHER,
	                                   .first = UI_TREE_NONE,
	                                   .last = UI_TREE_NONE,
	                                   .next = UI_TREE_NONE};
	(void)ck_buf_add(&b->labels, label, len);
	(void)ck_buf_adds(&b->labels, domain);
	(void)ck_buf_addc(&b->labels, '\0');
	return b->labels.failed || b->labels.len > UINT32_MAX ? CK_ENOMEM : CK_OK;
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
static int find_node(struct builder *b, struct index *x, const char *name, size_t len,
                     uint32_t parent, const struct levels *l, size_t level, uint32_t *ret)
{
	if (x->used * 2 >= x->size && index_grow(x) < 0)
		return CK_ENOMEM;
	uint32_t *slot = index_slot(x, hash_of(name, len));
	if (!*slot) {
		if (add_draft(b, parent, l->label[level], l->label_len[level],
		              parent == 0 ? l->domain : "") < 0)
			return CK_ENOMEM;
		hang(b, parent, (uint32_t)b->n - 1);
		*slot = (uint32_t)b->n;
		x->used++;
	}
	*ret = *slot - 1;
	return CK_OK;
}

static int place(struct builder *b, struct index *x, const struct ck_archived_mailbox *m, char sep,
                 uint32_t *ret)
{
	struct levels l;
	cut(m, sep, &l);
	const char *local = strchr(m->intname, '!');
	local = local ? local + 1 : m->intname;
	bool user = l.n > 1 && strncmp(local, "user.", 5) == 0;
	uint32_t node = 0;
	for (size_t i = user; i < l.n; i++)
		if (find_node(b, x, m->intname, l.end[i], node, &l, i, &node) < 0)
			return CK_ENOMEM;
	if (user && l.n == 2) { /* a row of its own: above stands the sum */
		if (add_draft(b, node, "INBOX", 5, "") < 0)
			return CK_ENOMEM;
		hang(b, node, (uint32_t)b->n - 1);
		node = (uint32_t)b->n - 1;
		b->drafts[node].inbox = true;
		b->drafts[node].rank = RANK_INBOX;
	} else if (*m->special && b->drafts[node].parent != 0) {
		b->drafts[node].rank = RANK_SPECIAL;
	}
	*ret = node;
	return CK_OK;
}

static int by_order(const void *x, const void *y, void *arg)
{
	const struct builder *b = arg;
	const struct draft *p = &b->drafts[*(const uint32_t *)x],
			   *q = &b->drafts[*(const uint32_t *)y];
	if (p->turn != q->turn)
		return p->turn - q->turn;
	if (p->rank != q->rank)
		return p->rank - q->rank;
	int order = ck_natural_compare(b->labels.data + p->label, b->labels.data + q->label);
	return order ? order : (p > q) - (p < q);
}

/** Sort the children of @parent; @room is for all drafts. */
static void sort_children(struct builder *b, uint32_t parent, uint32_t *room)
{
	struct draft *p = &b->drafts[parent];
	size_t n = 0;
	bool sorted = true;
	for (uint32_t child = p->first; child != UI_TREE_NONE; child = b->drafts[child].next) {
		room[n++] = child;
		sorted = sorted && (n < 2 || by_order(&room[n - 2], &room[n - 1], b) < 0);
	}
	if (sorted) /* as names mostly lie */
		return;
	qsort_r(room, n, sizeof *room, by_order, b);
	p->first = room[0];
	p->last = room[n - 1];
	for (size_t i = 0; i < n; i++)
		b->drafts[room[i]].next = i + 1 < n ? room[i + 1] : UI_TREE_NONE;
}

static int sort_all(struct builder *b)
{
	uint32_t *room = ck_alloc(b->n, sizeof *room);
	if (!room)
		return CK_ENOMEM;
	for (size_t i = 0; i < b->n; i++)
		sort_children(b, (uint32_t)i, room);
	free(room);
	return CK_OK;
}

/** Number the drafts anew, each before what hangs below it. */
static void number(const struct builder *b, struct ui_boxtree *t)
{
	uint32_t draft = 0, node = UI_TREE_NONE, place = 0;
	for (;;) {
		const struct draft *d = &b->drafts[draft];
		t->nodes[t->n] = (struct ui_boxnode){.label = d->label,
		                                     .mailbox = d->mailbox,
		                                     .parent = node == UI_TREE_NONE ? 0 : node,
		                                     .first = place,
		                                     .inbox = d->inbox};
		node = (uint32_t)t->n++;
		if (d->mailbox != UI_TREE_NONE) {
			t->node_of[d->mailbox] = node;
			t->node_at[place++] = node;
		}
		uint32_t next = d->first;
		while (next ==
		       UI_TREE_NONE) { /* complete: go on beside it, or beside what is above */
			t->nodes[node].end = (uint32_t)t->n;
			t->nodes[node].boxes = place - t->nodes[node].first;
			if (draft == 0)
				return;
			next = b->drafts[draft].next;
			draft = b->drafts[draft].parent;
			node = t->nodes[node].parent;
		}
		draft = next;
	}
}

/** Children come behind their parents: one way up adds everything. */
static void add_up(struct ui_boxtree *t, const struct ck_archived_mailbox *boxes)
{
	for (size_t i = t->n; i-- > 1;) {
		struct ui_boxnode *node = &t->nodes[i], *up = &t->nodes[node->parent];
		if (node->mailbox != UI_TREE_NONE) {
			const struct ck_archived_mailbox *m = &boxes[node->mailbox];
			node->left_out += m->left_out_by != NULL;
			if (!m->left_out_by) {
				node->messages += m->messages;
				node->bytes += m->bytes;
				node->grade =
					m->grade > node->grade ? (uint8_t)m->grade : node->grade;
			}
		}
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

/** The drafts of all mailboxes. */
static int draft_all(struct builder *b, const struct ck_archived_mailbox *boxes, size_t n,
                     char separator)
{
	struct index x = {0};
	int r = index_grow(&x);
	r = r < 0 ? r : add_draft(b, UI_TREE_NONE, "", 0, "");
	for (b->turn = 0; b->turn < 3; b->turn++) { /* users, shared, already deleted */
		for (size_t i = 0; r == 0 && i < n; i++) {
			uint32_t draft;
			if (turn_of(&boxes[i]) != b->turn)
				continue;
			r = place(b, &x, &boxes[i], separator, &draft);
			if (r == 0)
				b->drafts[draft].mailbox = (uint32_t)i;
		}
	}
	free(x.slots);
	free(x.hashes);
	return r < 0 ? r : sort_all(b);
}

int ui_boxtree_build(const struct ck_archived_mailbox *boxes, size_t n, char separator,
                     struct ui_boxtree *ret)
{
	struct builder b = {.labels = CK_BUF_INIT};
	struct ui_boxtree t = {.labels = CK_BUF_INIT};
	int r = n < UI_TREE_NONE ? draft_all(&b, boxes, n, separator) : CK_ENOMEM;
	if (r == 0) {
		t.nodes = ck_alloc(b.n, sizeof *t.nodes);
		t.node_of = ck_alloc(n + 1, sizeof *t.node_of);
		t.node_at = ck_alloc(n + 1, sizeof *t.node_at);
		r = t.nodes && t.node_of && t.node_at ? 0 : CK_ENOMEM;
	}
	if (r == 0) {
		number(&b, &t);
		add_up(&t, boxes);
		t.labels = b.labels;
		b.labels = (struct ck_buf)CK_BUF_INIT;
		*ret = t;
	} else {
		ui_boxtree_fini(&t);
	}
	free(b.drafts);
	ck_buf_fini(&b.labels);
	return r;
}

void ui_boxtree_fini(struct ui_boxtree *t)
{
	free(t->nodes);
	free(t->node_of);
	free(t->node_at);
	if (t->labels.data)
		ck_buf_fini(&t->labels);
	memset(t, 0, sizeof *t);
}

const char *ui_boxtree_label(const struct ui_boxtree *t, uint32_t node)
{
	return t->labels.data + t->nodes[node].label;
}

static uint32_t parent(const void *ctx, uint32_t node)
{
	return ((const struct ui_boxtree *)ctx)->nodes[node].parent;
}

static uint32_t end(const void *ctx, uint32_t node)
{
	return ((const struct ui_boxtree *)ctx)->nodes[node].end;
}

const struct ui_tree_ops ui_boxtree_ops = {parent, end};
