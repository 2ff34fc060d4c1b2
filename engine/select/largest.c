/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The largest messages: a heap of as many as are wanted, the smallest of them on top. Mailboxes
 * with the most bytes come first, and one that has fewer bytes than that smallest message is not
 * opened: on a large server most are not.
 */
#include <cyrkeep/largest.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "cyrus/cache.h"
#include "cyrus/paths.h"
#include "select/records.h"
#include "select/ruleset.h"

#define TEXT_MAX 1000 /* bytes that are kept of a sender, of a subject */

/* Pieces of a cache that are tried: a record has the structure of the message in it, and some of
 * its headers. */
#define PIECE_FIRST (16u << 10)
#define PIECE_MOST  (4u << 20)

#define GENERATION_SIZE 4

/* A message of the heap, and what finds its envelope. */
struct found {
	struct ck_large_message m;
	struct index_record record;
	struct index_header header;
};

struct work {
	const struct ck_largest_query *query;
	const struct ck_server *server;
	struct ruleset rules;
	const uint32_t *hits; /* rules whose mailbox terms hold for the mailbox at hand */
	size_t nhits;
	uint32_t whole;      /* what leaves all of it out, as ck_large_message.left_out */
	uint32_t *nodes;     /* of mailboxes, those with the most bytes first */
	struct found *found; /* a heap: none is larger than those at 2i + 1 and 2i + 2 */
	size_t n;
	uint64_t unreadable;
};

static void work_fini(struct work *w)
{
	ruleset_fini(&w->rules);
	free(w->nodes);
	free(w->found);
}

static const struct ck_mailbox *mailbox_at(const struct work *w, uint32_t node)
{
	return &w->server->mailboxes[w->query->tree->nodes[node].mailbox];
}

/* -- the heap --------------------------------------------------------------------------------- */

/* Negative when @a comes before @b in the answer: larger, or above it in the tree. */
static int compare(const struct ck_large_message *a, const struct ck_large_message *b)
{
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	return (a->uid > b->uid) - (a->uid < b->uid);
}

static int by_answer(const void *a, const void *b)
{
	return compare(&((const struct found *)a)->m, &((const struct found *)b)->m);
}

static void swap(struct found *a, struct found *b)
{
	struct found c = *a;
	*a = *b;
	*b = c;
}

static void sink(struct found *heap, size_t n)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && compare(&heap[child + 1].m, &heap[child].m) > 0)
			child++;
		if (compare(&heap[child].m, &heap[i].m) <= 0)
			break;
		swap(&heap[i], &heap[child]);
	}
}

static void rise(struct found *heap, size_t i)
{
	for (size_t up; i > 0; i = up) {
		up = (i - 1) / 2;
		if (compare(&heap[i].m, &heap[up].m) <= 0)
			break;
		swap(&heap[i], &heap[up]);
	}
}

static void keep(struct work *w, const struct found *f)
{
	if (w->n < w->query->most) {
		w->found[w->n] = *f;
		rise(w->found, w->n++);
	} else if (compare(&f->m, &w->found[0].m) < 0) {
		w->found[0] = *f;
		sink(w->found, w->n);
	}
}

/* -- looking ---------------------------------------------------------------------------------- */

static bool is_selected(const struct work *w, const struct ck_mailbox *m)
{
	const struct ck_strv *patterns = &w->query->plan->select;
	for (size_t i = 0; i < patterns->n; i++)
		if (ck_pattern_match(patterns->items[i], m->name, w->server->separator))
			return true;
	return patterns->n == 0;
}

/* A rule that leaves the mailbox out whole comes before those of its messages, as in the archive.
 */
static uint32_t whole_of(const struct work *w, const struct ck_mailbox *m)
{
	if (!is_selected(w, m))
		return CK_LARGE_NOT_SELECTED;
	for (size_t k = 0; k < w->nhits; k++)
		if (ck_rule_is_whole(&w->rules.rules[w->hits[k]]))
			return w->hits[k] + 1;
	return 0;
}

static uint32_t rule_of(const struct work *w, const struct index_record *record)
{
	for (size_t k = 0; k < w->nhits && !w->whole; k++)
		if (ck_rule_matches_message(&w->rules.rules[w->hits[k]], record->size,
		                            record->internaldate, w->query->now))
			return w->hits[k] + 1;
	return w->whole;
}

static void look_at(struct work *w, uint32_t node, const struct index *index)
{
	bool torn = index->torn;
	struct found f = {.m.node = node, .header = index->header};
	for (size_t i = 0; i < index->nrecords; i++) {
		index_record(index, i, &f.record);
		torn |= !f.record.crc_ok;
		if (!f.record.crc_ok || !index_record_is_live(&f.record))
			continue;
		f.m.size = f.record.size;
		f.m.internaldate = f.record.internaldate;
		f.m.uid = f.record.uid;
		f.m.left_out = rule_of(w, &f.record);
		if (f.m.left_out || !w->query->left_out)
			keep(w, &f);
	}
	w->unreadable += torn;
}

/* May it have one that is among the largest? Of an index that was not read well nothing is known.
 */
static bool is_worth_it(const struct work *w, const struct ck_mailbox *m)
{
	if (m->head == CK_HEAD_MISSING || (m->head == CK_HEAD_OK && m->messages == 0))
		return false;
	if (w->query->left_out && !w->whole && w->nhits == 0)
		return false;
	return m->head != CK_HEAD_OK || w->n < w->query->most || m->bytes >= w->found[0].m.size;
}

static int look_into(struct work *w, uint32_t node)
{
	CK_CLEANUP(index_fini) struct index index = {0};
	const struct ck_mailbox *m = mailbox_at(w, node);
	w->nhits = ruleset_match(&w->rules, w->server, m, &w->hits);
	w->whole = whole_of(w, m);
	if (!is_worth_it(w, m))
		return 0;
	int r = records_read(w->server, m, &index);
	if (r == 0)
		look_at(w, node, &index);
	else
		w->unreadable++;
	return r == CK_ENOMEM ? r : 0;
}

static int by_bytes(const void *a, const void *b, void *arg)
{
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const struct ck_mailbox *x = mailbox_at(arg, i), *y = mailbox_at(arg, k);
	bool known = x->head == CK_HEAD_OK;
	if (known != (y->head == CK_HEAD_OK))
		return known ? 1 : -1;
	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return i < k ? -1 : 1;
}

static int prepare(struct work *w, size_t *ret_n, struct ck_err *err)
{
	const struct ck_largest_query *q = w->query;
	const struct ck_node *top = &q->tree->nodes[q->node];
	w->nodes = ck_alloc((size_t)top->mailboxes + 1, sizeof *w->nodes);
	w->found = ck_alloc(q->most + 1, sizeof *w->found);
	if (!w->nodes || !w->found)
		return ck_err_nomem(err);
	size_t n = 0;
	for (uint32_t i = q->node; i < top->end; i++)
		if (q->tree->nodes[i].mailbox != CK_NODE_NONE)
			w->nodes[n++] = i;
	qsort_r(w->nodes, n, sizeof *w->nodes, by_bytes, w);
	*ret_n = n;
	return ruleset_open(&q->plan->exclude, &w->rules, err);
}

/* -- what the cache says ---------------------------------------------------------------------- */

/* So much of @text as is kept; NULL without memory. */
static char *shorten(const char *text)
{
	size_t len = strnlen(text, TEXT_MAX + 1);
	if (len > TEXT_MAX)
		for (len = TEXT_MAX; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
	return strndup(text, len);
}

/*
 * Read the generation of the cache and one record behind it, as if there were no other. What is
 * longer than @size is told by the record's own lengths.
 */
static int read_piece(int fd, const struct found *f, size_t size, struct ck_buf *ret)
{
	ck_buf_reset(ret);
	if (ck_buf_reserve(ret, GENERATION_SIZE + size) < 0)
		return CK_ENOMEM;
	if (fs_pread(fd, ret->data, GENERATION_SIZE, 0) != GENERATION_SIZE)
		return CK_ENOTFOUND;
	int64_t n = fs_pread(fd, ret->data + GENERATION_SIZE, size, f->record.cache_offset);
	if (n <= 0)
		return CK_ENOTFOUND;
	ret->len = GENERATION_SIZE + (size_t)n;
	return (size_t)n == size;
}

static int read_envelope(int fd, const struct found *f, struct envelope *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf piece = CK_BUF_INIT;
	struct index_record record = f->record;
	record.cache_offset = GENERATION_SIZE;
	for (size_t size = PIECE_FIRST;; size *= 4) {
		int more = read_piece(fd, f, size, &piece);
		if (more < 0)
			return more;
		int r = cache_envelope((const uint8_t *)piece.data, piece.len, &f->header, &record,
		                       ret, NULL);
		if (r != CK_ECORRUPT || !more || size >= PIECE_MOST)
			return r;
	}
}

/* Where the cache does not help, sender and subject stay unknown. */
static int complete(const struct work *w, struct found *f)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	CK_CLEANUP(envelope_fini) struct envelope e = {0};
	bool archived = f->record.system_flags & INDEX_ARCHIVED;
	if (f->record.cache_offset < GENERATION_SIZE)
		return 0;
	int r = mailbox_meta_file(w->server, mailbox_at(w, f->m.node),
	                          archived ? META_ARCHIVECACHE : META_CACHE, &path, NULL);
	if (r < 0)
		return r == CK_ENOMEM ? r : 0;
	CK_CLOSE int fd = fs_open_foreign(AT_FDCWD, path.data);
	r = fd < 0 ? CK_ENOTFOUND : read_envelope(fd, f, &e);
	if (r < 0)
		return r == CK_ENOMEM ? r : 0;
	f->m.from = shorten(e.from);
	f->m.subject = shorten(e.subject);
	return f->m.from && f->m.subject ? 0 : CK_ENOMEM;
}

/* -- all of it -------------------------------------------------------------------------------- */

void ck_largest_fini(struct ck_largest *largest)
{
	for (size_t i = 0; i < largest->n; i++) {
		free(largest->items[i].from);
		free(largest->items[i].subject);
	}
	free(largest->items);
	*largest = (struct ck_largest){0};
}

static int cancelled(struct ck_err *err)
{
	return ck_err_set(err, CK_ECANCEL, "cancelled");
}

/* The heap becomes the answer. */
static int answer(struct work *w, const struct ck_watch *watch, struct ck_largest *ret,
                  struct ck_err *err)
{
	CK_CLEANUP(ck_largest_fini) struct ck_largest l = {.unreadable = w->unreadable};
	if (w->n)
		qsort(w->found, w->n, sizeof *w->found, by_answer);
	l.items = ck_alloc(w->n + 1, sizeof *l.items);
	if (!l.items)
		return ck_err_nomem(err);
	for (size_t i = 0; i < w->n; i++) {
		if (watch && watch->cancel)
			return cancelled(err);
		int r = complete(w, &w->found[i]);
		l.items[l.n++] = w->found[i].m;
		if (r < 0)
			return ck_err_nomem(err);
	}
	*ret = l;
	l = (struct ck_largest){0};
	return 0;
}

int ck_largest(const struct ck_largest_query *query, struct ck_watch *watch, struct ck_largest *ret,
               struct ck_err *err)
{
	CK_CLEANUP(work_fini)
	struct work w = {
		.query = query, .server = query->tree->server, .rules.parent = CK_BUF_INIT};
	size_t n = 0;
	int r = prepare(&w, &n, err);
	if (r < 0)
		return r;
	if (watch)
		watch->total = n;
	for (size_t i = 0; i < n; i++) {
		if (watch && watch->cancel)
			return cancelled(err);
		if (look_into(&w, w.nodes[i]) < 0)
			return ck_err_nomem(err);
		if (watch)
			watch->done = i + 1;
	}
	return answer(&w, watch, ret, err);
}
