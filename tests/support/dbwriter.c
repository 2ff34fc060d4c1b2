/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other side of engine/cyrus/db_*.c, written apart from it from the same facts, so that a
 * mistake in one shows. Levels above 0 of twoskip are kept for records that come in key order;
 * pointers of skiplist records are left stale, as after a crash (Cyrus rebuilds them).
 */
#include "support/dbwriter.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "support/test.h"

#define LEVELS        4
#define TWOSKIP_DUMMY 64
#define TWOSKIP_START 336 /* behind header and dummy */

struct item {
	char *key, *value;
	size_t key_len, value_len;
	size_t offset; /* in the image; 0 before it is there */
};

struct dbwriter {
	enum db_backend backend;
	struct ck_buf image;
	struct item *items; /* live ones, in key order */
	size_t nitems;
	size_t committed;    /* end of committed data */
	size_t added;        /* records ever added, for their levels */
	size_t tail[LEVELS]; /* twoskip: last record that has level n */
	bool started;        /* skiplist: the sorted part is written */
	bool open;           /* a transaction is */
	bool dots_first;     /* keys sort as with improved_mboxlist_sort */
};

static void put32(struct ck_buf *b, uint32_t n)
{
	unsigned char p[4] = {n >> 24, n >> 16, n >> 8, n};
	assert_int_equal(ck_buf_add(b, p, sizeof p), 0);
}

static void put64(struct ck_buf *b, uint64_t n)
{
	put32(b, (uint32_t)(n >> 32));
	put32(b, (uint32_t)n);
}

static void put_bytes(struct ck_buf *b, const void *p, size_t len, size_t align)
{
	static const char zeros[8];
	assert_int_equal(ck_buf_add(b, p, len), 0);
	assert_int_equal(ck_buf_add(b, zeros, (align - len % align) % align), 0);
}

static void set32(struct ck_buf *b, size_t at, uint32_t n)
{
	unsigned char p[4] = {n >> 24, n >> 16, n >> 8, n};
	memcpy(b->data + at, p, sizeof p);
}

static void set64(struct ck_buf *b, size_t at, uint64_t n)
{
	set32(b, at, (uint32_t)(n >> 32));
	set32(b, at + 4, (uint32_t)n);
}

static uint64_t get64(const struct ck_buf *b, size_t at)
{
	uint64_t n = 0;
	for (int i = 0; i < 8; i++)
		n = n << 8 | (unsigned char)b->data[at + i];
	return n;
}

static uint32_t crc(const char *p, size_t len)
{
	return (uint32_t)crc32(0, (const unsigned char *)p, (unsigned)len);
}

/* --- twoskip --- */

static void twoskip_header(struct dbwriter *w, bool dirty)
{
	struct ck_buf *b = &w->image;
	set64(b, 24, 1);
	set64(b, 40, TWOSKIP_START);
	if (!dirty) {
		set64(b, 32, w->nitems);
		set64(b, 48, w->committed);
	}
	set32(b, 56, dirty);
	set32(b, 60, crc(b->data, 60));
}

/* Append a record; @return its offset. */
static size_t twoskip_append(struct dbwriter *w, char type, int level, uint64_t next,
                             const struct item *item)
{
	struct ck_buf *b = &w->image, body = CK_BUF_INIT;
	size_t at = b->len, key_len = item ? item->key_len : 0;
	size_t value_len = item ? item->value_len : 0;
	unsigned char head[4] = {(unsigned char)type, (unsigned char)level, key_len >> 8, key_len};
	if (key_len >= 0xffff)
		head[2] = head[3] = 0xff;
	put_bytes(b, head, sizeof head, 1);
	put32(b, (uint32_t)value_len);
	if (key_len >= 0xffff)
		put64(b, key_len);
	put64(b, next);
	for (int i = 0; i < level; i++)
		put64(b, 0);
	uint32_t sum = crc(b->data + at, b->len - at);
	put32(b, sum);
	if (item) {
		put_bytes(&body, item->key, key_len, 1);
		put_bytes(&body, item->value, value_len, 1);
		put_bytes(&body, "", 0, 1);
		while (body.len % 8)
			put_bytes(&body, "", 1, 1);
	}
	put32(b, crc(body.data, body.len));
	put_bytes(b, body.data, body.len, 1);
	ck_buf_fini(&body);
	return at;
}

static size_t pointers_at(const struct dbwriter *w, size_t record)
{
	const unsigned char *p = (const unsigned char *)w->image.data + record;
	return record + (p[2] == 0xff && p[3] == 0xff ? 16 : 8);
}

static void twoskip_seal(struct dbwriter *w, size_t record)
{
	size_t head = pointers_at(w, record) - record +
	              8 * ((size_t)(unsigned char)w->image.data[record + 1] + 1);
	set32(&w->image, record + head, crc(w->image.data + record, head));
}

static uint64_t twoskip_next(const struct dbwriter *w, size_t record)
{
	size_t p = pointers_at(w, record);
	uint64_t a = get64(&w->image, p), b = get64(&w->image, p + 8);
	return a > b ? a : b;
}

/* Lead @record to @next, leaving the committed one of its two pointers alone. */
static void twoskip_lead(struct dbwriter *w, size_t record, uint64_t next)
{
	size_t p = pointers_at(w, record);
	uint64_t a = get64(&w->image, p), b = get64(&w->image, p + 8);
	bool first = a >= w->committed || (b < w->committed && a < b);
	set64(&w->image, first ? p : p + 8, next);
	twoskip_seal(w, record);
}

static size_t predecessor(const struct dbwriter *w, size_t i)
{
	return i > 0 ? w->items[i - 1].offset : TWOSKIP_DUMMY;
}

static void twoskip_put(struct dbwriter *w, size_t i, bool replaces)
{
	size_t before = predecessor(w, i);
	uint64_t next = twoskip_next(w, replaces ? w->items[i].offset : before);
	int level = 1;
	if (!replaces && i + 1 == w->nitems)
		while (level < LEVELS - 1 && w->added >> (level - 1) & 1)
			level++;
	size_t at = twoskip_append(w, '+', level, next, &w->items[i]);
	w->items[i].offset = at;
	twoskip_lead(w, before, at);
	for (int n = 2; n <= level; n++) {
		set64(&w->image, pointers_at(w, w->tail[n]) + 8 * (size_t)n, at);
		twoskip_seal(w, w->tail[n]);
		w->tail[n] = at;
	}
	w->added++;
}

static void twoskip_delete(struct dbwriter *w, size_t i)
{
	uint64_t next = twoskip_next(w, w->items[i].offset);
	twoskip_lead(w, predecessor(w, i), twoskip_append(w, '-', 0, next, NULL));
}

static void twoskip_start(struct dbwriter *w)
{
	put_bytes(&w->image, "\xa1\x02\x8b\x0dtwoskip file\0\0\0\0\0\0\0\1", 24, 1);
	put_bytes(&w->image, "", 1, 1);
	while (w->image.len < TWOSKIP_DUMMY)
		put_bytes(&w->image, "", 1, 1);
	(void)twoskip_append(w, '=', 31, 0, NULL);
	assert_int_equal(w->image.len, TWOSKIP_START);
	w->committed = TWOSKIP_START;
	for (int n = 0; n < LEVELS; n++)
		w->tail[n] = TWOSKIP_DUMMY;
	twoskip_header(w, false);
}

/* --- skiplist --- */

static void skiplist_append(struct dbwriter *w, uint32_t type, struct item *item)
{
	item->offset = w->image.len;
	put32(&w->image, type);
	put32(&w->image, (uint32_t)item->key_len);
	put_bytes(&w->image, item->key, item->key_len, 4);
	put32(&w->image, (uint32_t)item->value_len);
	put_bytes(&w->image, item->value, item->value_len, 4);
	put32(&w->image, 0);
	put32(&w->image, 0xffffffff);
}

static void skiplist_delete(struct dbwriter *w, size_t offset)
{
	put32(&w->image, 4);
	put32(&w->image, (uint32_t)offset);
}

static void skiplist_start(struct dbwriter *w)
{
	static const uint32_t fields[] = {1, 2, 20, 1, 0, 0, 0, 257, 0, 0};
	put_bytes(&w->image, "\xa1\x02\x8b\x0dskiplist file\0\0\0", 20, 1);
	for (size_t i = 0; i < CK_COUNT(fields); i++)
		put32(&w->image, fields[i]);
	for (int i = 0; i < 20; i++)
		put32(&w->image, 0);
	put32(&w->image, 0xffffffff);
	set32(&w->image, 40, (uint32_t)w->image.len);
}

/* The first transaction: what Cyrus writes at a checkpoint. */
static void skiplist_sorted(struct dbwriter *w)
{
	for (size_t i = 0; i < w->nitems; i++)
		skiplist_append(w, 1, &w->items[i]);
	set32(&w->image, 36, (uint32_t)w->nitems);
	set32(&w->image, 40, (uint32_t)w->image.len);
	w->started = true;
}

/* --- flat --- */

static void flat_escape(struct ck_buf *b, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];
		unsigned char pair[2] = {0xff, c | 0x80};
		if (c == 0 || c == '\t' || c == '\r' || c == '\n' || c == 0xff)
			put_bytes(b, pair, 2, 1);
		else
			put_bytes(b, &c, 1, 1);
	}
}

static void flat_write(struct dbwriter *w)
{
	ck_buf_reset(&w->image);
	for (size_t i = 0; i < w->nitems; i++) {
		flat_escape(&w->image, w->items[i].key, w->items[i].key_len);
		put_bytes(&w->image, "\t", 1, 1);
		flat_escape(&w->image, w->items[i].value, w->items[i].value_len);
		put_bytes(&w->image, "\n", 1, 1);
	}
}

/* --- all --- */

struct dbwriter *dbwriter_new(enum db_backend backend)
{
	struct dbwriter *w = calloc(1, sizeof *w);
	assert_non_null(w);
	w->backend = backend;
	w->image = (struct ck_buf)CK_BUF_INIT;
	if (backend == DB_TWOSKIP)
		twoskip_start(w);
	if (backend == DB_SKIPLIST)
		skiplist_start(w);
	return w;
}

void dbwriter_free(struct dbwriter *w)
{
	for (size_t i = 0; i < w->nitems; i++) {
		free(w->items[i].key);
		free(w->items[i].value);
	}
	free(w->items);
	ck_buf_fini(&w->image);
	free(w);
}

static int rank(const struct dbwriter *w, char c)
{
	return w->dots_first && c == '.' ? 0 : (unsigned char)c;
}

static int compare(const struct dbwriter *w, const struct item *item, const char *key, size_t len)
{
	for (size_t i = 0; i < item->key_len && i < len; i++)
		if (item->key[i] != key[i])
			return rank(w, item->key[i]) - rank(w, key[i]);
	return (item->key_len > len) - (item->key_len < len);
}

void dbwriter_sort_dots_first(struct dbwriter *w)
{
	w->dots_first = true;
}

/* Where @key is or belongs. */
static size_t find(const struct dbwriter *w, const char *key, size_t key_len, bool *ret_there)
{
	size_t low = 0, high = w->nitems;
	*ret_there = false;
	while (low < high) {
		size_t i = low + (high - low) / 2;
		const struct item *item = &w->items[i];
		int order = compare(w, item, key, key_len);
		if (order == 0) {
			*ret_there = true;
			return i;
		}
		if (order < 0)
			low = i + 1;
		else
			high = i;
	}
	return low;
}

static char *copy(const char *p, size_t len)
{
	char *s = malloc(len + 1);
	assert_non_null(s);
	if (len > 0)
		memcpy(s, p, len);
	s[len] = '\0';
	return s;
}

static void begin(struct dbwriter *w)
{
	if (!w->open && w->backend == DB_TWOSKIP)
		twoskip_header(w, true);
	w->open = true;
}

void dbwriter_put(struct dbwriter *w, const char *key, size_t key_len, const char *value,
                  size_t value_len)
{
	bool there;
	size_t i = find(w, key, key_len, &there);
	begin(w);
	if (!there) {
		w->items = realloc(w->items, (w->nitems + 1) * sizeof *w->items);
		assert_non_null(w->items);
		memmove(w->items + i + 1, w->items + i, (w->nitems - i) * sizeof *w->items);
		w->items[i] = (struct item){.key = copy(key, key_len), .key_len = key_len};
		w->nitems++;
	}
	struct item *item = &w->items[i];
	free(item->value);
	item->value = copy(value, value_len);
	item->value_len = value_len;
	if (w->backend == DB_TWOSKIP)
		twoskip_put(w, i, there);
	if (w->backend == DB_SKIPLIST && w->started) {
		if (there)
			skiplist_delete(w, item->offset);
		skiplist_append(w, 2, item);
	}
}

void dbwriter_puts(struct dbwriter *w, const char *key, const char *value)
{
	dbwriter_put(w, key, strlen(key), value, strlen(value));
}

void dbwriter_delete(struct dbwriter *w, const char *key, size_t key_len)
{
	bool there;
	size_t i = find(w, key, key_len, &there);
	assert_true(there);
	begin(w);
	if (w->backend == DB_TWOSKIP)
		twoskip_delete(w, i);
	if (w->backend == DB_SKIPLIST && w->started)
		skiplist_delete(w, w->items[i].offset);
	free(w->items[i].key);
	free(w->items[i].value);
	w->nitems--;
	memmove(w->items + i, w->items + i + 1, (w->nitems - i) * sizeof *w->items);
}

void dbwriter_commit(struct dbwriter *w)
{
	switch (w->backend) {
	case DB_TWOSKIP:
		if (w->open)
			(void)twoskip_append(w, '$', 0, w->committed, NULL);
		w->committed = w->image.len;
		twoskip_header(w, false);
		break;
	case DB_SKIPLIST:
		if (!w->started)
			skiplist_sorted(w);
		else if (w->open)
			put32(&w->image, 255);
		break;
	default:
		flat_write(w);
	}
	w->open = false;
}

const struct ck_buf *dbwriter_image(struct dbwriter *w)
{
	return &w->image;
}

void dbwriter_save(struct dbwriter *w, const char *path)
{
	test_write(path, w->image.data, w->image.len);
}
