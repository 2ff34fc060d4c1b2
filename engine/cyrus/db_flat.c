/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two kinds of text.
 *
 * flat: lines "key TAB value LF", sorted. From 2.5 on NUL, TAB, CR and LF inside are written as
 * 0xFF and the byte with its top bit set, and 0xFF as 0xFF 0xFF (lib/cyrusdb_flat.c). Cyrus
 * replaces the whole file by rename, so only a copy made by others can end inside a line.
 *
 * quotalegacy: a file for each quota root, which holds one value and nothing else; the key is the
 * file's name (lib/cyrusdb_quotalegacy.c).
 */
#include <string.h>

#include "cyrus/db_backend.h"

#define ESCAPE 0xff

static void flat_rewind(struct db *db)
{
	db->at = 0;
}

static int flat_open(struct db *db, struct ck_err *err)
{
	(void)err;
	flat_rewind(db);
	return 0;
}

/* Append @text unescaped. Before 2.5 nothing was escaped: 0xFF before plain ASCII is itself. */
static int unescape(struct ck_buf *buf, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c == (char)ESCAPE && i + 1 < len && (text[i + 1] & 0x80)) {
			c = text[++i];
			if (c != (char)ESCAPE)
				c &= 0x7f;
		}
		int r = ck_buf_addc(buf, c);
		if (r < 0)
			return r;
	}
	return 0;
}

static int unescape_record(struct db *db, struct db_record *record, struct ck_err *err)
{
	if (!memchr(record->key, ESCAPE, record->key_len) &&
	    !memchr(record->value, ESCAPE, record->value_len))
		return 0;
	ck_buf_reset(&db->scratch);
	int r = unescape(&db->scratch, record->key, record->key_len);
	size_t key_len = db->scratch.len;
	if (r == 0)
		r = unescape(&db->scratch, record->value, record->value_len);
	if (r < 0)
		return ck_err_nomem(err);
	record->key = db->scratch.data;
	record->key_len = key_len;
	record->value = db->scratch.data + key_len;
	record->value_len = db->scratch.len - key_len;
	return 0;
}

static int flat_next(struct db *db, struct db_record *ret, struct ck_err *err)
{
	if (db->at >= db->len)
		return 0;
	const char *line = (const char *)db->data + db->at;
	const char *end = memchr(line, '\n', db->len - db->at);
	if (!end)
		return db_tear(db, db->at, "the last line has no end", err);
	const char *tab = memchr(line, '\t', (size_t)(end - line));
	if (!tab)
		return db_tear(db, db->at, "a line without a TAB", err);
	struct db_record record = {
		.key = line,
		.key_len = (size_t)(tab - line),
		.value = tab + 1,
		.value_len = (size_t)(end - tab - 1),
	};
	int r = unescape_record(db, &record, err);
	if (r < 0)
		return r;
	db->at += (uint64_t)(end + 1 - line);
	*ret = record;
	return 1;
}

const struct db_ops db_flat_ops = {flat_open, flat_next, flat_rewind};

static int quota_next(struct db *db, struct db_record *ret, struct ck_err *err)
{
	(void)err;
	if (db->at > 0)
		return 0;
	*ret = (struct db_record){.key = "", .value = (const char *)db->data};
	ret->value_len = db->len;
	while (ret->value_len > 0 && ret->value[ret->value_len - 1] == '\n')
		ret->value_len--;
	db->at = db->len;
	return 1;
}

const struct db_ops db_quotalegacy_ops = {flat_open, quota_next, flat_rewind};
