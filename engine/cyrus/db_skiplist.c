/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * skiplist (Cyrus 2.2 to 3.13, lib/cyrusdb_skiplist.c): a sorted part and a log, 32 bit big-endian.
 *
 *   header, 48 bytes: magic 20, version @20, minor @24, maxlevel @28, curlevel @32, records @36,
 *                     start of the log @40, time of the last recovery @44
 *   DUMMY 257, INORDER 1, ADD 2: type, keylen, key, datalen, data (each filled up to 4),
 *                     pointers, 0xFFFFFFFF
 *   DELETE 4: type, offset of the deleted record          COMMIT 255: type
 *
 * Pointers may be stale or not yet committed, so they are not used: what stands before the log is
 * taken as it is, the log is applied transaction by transaction, and what no COMMIT follows is
 * left out. Cyrus recovers a file after a crash in the same way; like it we pass over a deletion
 * of what is not there, and let a record take the place of an earlier one with its key.
 */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cyrus/db_backend.h"

#define HEADER_SIZE   48
#define MINOR_MAX     2
#define LEVELS_MAX    20
#define LAST_POINTER  0xffffffffu
#define ENTRIES_FIRST 64

enum { INORDER = 1, ADD = 2, DELETE = 4, COMMIT = 255, DUMMY = 257, PADDING = 0 };

/* Walks through the file; the log's open transaction is what was added since. */
struct loader {
	struct db *db;
	uint64_t at;
	size_t cap;       /* of db->entries */
	size_t committed; /* entries, and deletions, up to the last COMMIT */
	uint64_t *deletions;
	size_t ndeletions, deletions_cap;
};

static bool take_word(struct loader *l, uint32_t *ret)
{
	if (l->db->len - l->at < 4)
		return false;
	*ret = be32(l->db->data + l->at);
	l->at += 4;
	return true;
}

static bool take_bytes(struct loader *l, const char **ret, size_t *ret_len)
{
	uint32_t len;
	if (!take_word(l, &len))
		return false;
	uint64_t filled = ((uint64_t)len + 3) & ~(uint64_t)3;
	if (l->db->len - l->at < filled)
		return false;
	*ret = (const char *)l->db->data + l->at;
	*ret_len = len;
	l->at += filled;
	return true;
}

enum taken { TAKEN, CUT_OFF, BROKEN };

static enum taken take_record(struct loader *l, struct db_record *ret)
{
	if (!take_bytes(l, &ret->key, &ret->key_len) ||
	    !take_bytes(l, &ret->value, &ret->value_len))
		return CUT_OFF;
	for (int level = 0; level <= LEVELS_MAX; level++) {
		uint32_t pointer;
		if (!take_word(l, &pointer))
			return CUT_OFF;
		if (pointer == LAST_POINTER)
			return TAKEN;
	}
	return BROKEN;
}

/* Make room for one more of @n items. */
static void *grow(void *items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return items;
	size_t more = *cap ? *cap * 2 : ENTRIES_FIRST;
	void *grown = reallocarray(items, more, size);
	if (grown)
		*cap = more;
	return grown;
}

static int add_entry(struct loader *l, uint64_t offset, const struct db_record *record, bool live,
                     struct ck_err *err)
{
	struct db *db = l->db;
	struct skip_entry *entries = grow(db->entries, db->nentries, &l->cap, sizeof *db->entries);
	if (!entries)
		return ck_err_nomem(err);
	db->entries = entries;
	entries[db->nentries++] =
		(struct skip_entry){.offset = offset, .record = *record, .live = live};
	return 0;
}

static int add_deletion(struct loader *l, uint64_t offset, struct ck_err *err)
{
	uint64_t *deletions =
		grow(l->deletions, l->ndeletions, &l->deletions_cap, sizeof *deletions);
	if (!deletions)
		return ck_err_nomem(err);
	l->deletions = deletions;
	deletions[l->ndeletions++] = offset;
	return 0;
}

/* Entries stand in the order of their offsets, since the file was read from front to end. */
static struct skip_entry *find_entry(struct db *db, uint64_t offset)
{
	size_t low = 0, high = db->nentries;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (db->entries[mid].offset < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low < db->nentries && db->entries[low].offset == offset ? &db->entries[low] : NULL;
}

static void commit(struct loader *l)
{
	for (; l->committed < l->db->nentries; l->committed++)
		l->db->entries[l->committed].live = true;
	for (size_t i = 0; i < l->ndeletions; i++) {
		struct skip_entry *entry = find_entry(l->db, l->deletions[i]);
		if (entry)
			entry->live = false;
	}
	l->ndeletions = 0;
}

/* The sorted part: DUMMY, then INORDER up to @logstart. */
static int load_sorted(struct loader *l, uint64_t logstart, struct ck_err *err)
{
	while (l->at < logstart) {
		uint64_t offset = l->at;
		struct db_record record;
		uint32_t type;
		if (!take_word(l, &type))
			return db_tear(l->db, offset, "the file ends inside its sorted part", err);
		if (type != (offset == HEADER_SIZE ? DUMMY : INORDER))
			return db_tear(l->db, offset, "a record of unexpected type", err);
		enum taken taken = take_record(l, &record);
		if (taken != TAKEN || l->at > logstart)
			return db_tear(l->db, offset,
			               taken == CUT_OFF ? "the file ends inside its sorted part"
			                                : "a record without end",
			               err);
		if (type == DUMMY)
			continue;
		int r = add_entry(l, offset, &record, true, err);
		if (r < 0)
			return r;
	}
	l->committed = l->db->nentries;
	return 0;
}

/* The log. What is cut off at the end was never committed. */
static int load_log(struct loader *l, struct ck_err *err)
{
	uint64_t offset = l->at;
	uint32_t type, deleted;
	for (int r = 0; r == 0 && take_word(l, &type); offset = l->at) {
		struct db_record record;
		switch (type) {
		case PADDING:
			continue;
		case COMMIT:
			commit(l);
			break;
		case DELETE:
			if (!take_word(l, &deleted))
				return 0;
			r = add_deletion(l, deleted, err);
			break;
		case ADD:
			switch (take_record(l, &record)) {
			case CUT_OFF:
				return 0;
			case BROKEN:
				return db_tear(l->db, offset, "a record without end", err);
			case TAKEN:
				r = add_entry(l, offset, &record, false, err);
			}
			break;
		default:
			return db_tear(l->db, offset, "a record of unknown type in the log", err);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_keys(const struct skip_entry *a, const struct skip_entry *b)
{
	const struct db_record *x = &a->record, *y = &b->record;
	return db_key_compare(x->key, x->key_len, y->key, y->key_len);
}

static int compare_entries(const void *a, const void *b)
{
	const struct skip_entry *x = a, *y = b;
	int order = compare_keys(x, y);
	return order ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

/* Cyrus compares keys of some files as signed bytes, or as mailbox names; ours is one order. */
static void sort_entries(struct db *db)
{
	for (size_t i = 1; i < db->nentries; i++) {
		if (compare_entries(&db->entries[i - 1], &db->entries[i]) < 0)
			continue;
		qsort(db->entries, db->nentries, sizeof *db->entries, compare_entries);
		return;
	}
}

/* The last record of a key tells whether there is one. */
static void keep_live(struct db *db)
{
	size_t live = 0;
	sort_entries(db);
	for (size_t i = 0; i < db->nentries; i++) {
		const struct skip_entry *entry = &db->entries[i];
		bool last = i + 1 == db->nentries || compare_keys(entry, entry + 1) != 0;
		if (last && entry->live)
			db->entries[live++] = *entry;
	}
	db->nentries = live;
}

static int skiplist_open(struct db *db, struct ck_err *err)
{
	struct loader l = {.db = db, .at = HEADER_SIZE};
	if (db->len < HEADER_SIZE)
		return db_tear(db, db->len, "the file ends inside its header", err);
	uint32_t version = be32(db->data + 20), minor = be32(db->data + 24);
	uint64_t logstart = be32(db->data + 40);
	if (version != 1 || minor > MINOR_MAX)
		return ck_err_set(err, CK_EUNSUPPORTED, "skiplist database '%s' has version %u.%u",
		                  db->name, version, minor);
	if (logstart <= HEADER_SIZE || logstart > db->len)
		return db_tear(db, 40, "the log would start outside of the file", err);
	int r = load_sorted(&l, logstart, err);
	if (r == 0)
		r = load_log(&l, err);
	free(l.deletions);
	if (r < 0)
		return r;
	db->nentries = l.committed;
	keep_live(db);
	return 0;
}

static void skiplist_rewind(struct db *db)
{
	db->cursor = 0;
}

static int skiplist_next(struct db *db, struct db_record *ret, struct ck_err *err)
{
	(void)err;
	if (db->cursor == db->nentries)
		return 0;
	*ret = db->entries[db->cursor++].record;
	return 1;
}

const struct db_ops db_skiplist_ops = {skiplist_open, skiplist_next, skiplist_rewind};
