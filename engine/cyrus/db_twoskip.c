/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * twoskip (Cyrus 2.5 to 3.13, lib/cyrusdb_twoskip.c): a skip list in a file, big-endian.
 *
 *   header, 64 bytes: magic 20, version u32 @20, generation u64 @24, records u64 @32,
 *                     size after repack u64 @40, end of committed data u64 @48, flags u32 @56,
 *                     CRC-32 of the first 60 bytes @60
 *   record, at multiples of 8: type u8, level u8, keylen u16, vallen u32,
 *                     [keylen u64 when 0xFFFF] [vallen u64 when 0xFFFFFFFF],
 *                     pointers u64 x (level + 1), CRC-32 of all that, CRC-32 of the rest:
 *                     key, value, zeros to a multiple of 8
 *
 * Level 0 has two pointers; the valid one is the greater of those that lie below the end of
 * committed data. A writer first marks the header, then appends and overwrites the other pointer
 * of the two, and moves the end last: so the same walk finds the last committed state of a file
 * that is being written, or whose writer has crashed. A delete record has level 0 and one pointer,
 * to what follows the record that it hides; it does not name that record, so a log-wise replay
 * would have to guess.
 */
#include <string.h>

#include <zlib.h>

#include "base/number.h"
#include "cyrus/db_backend.h"

#define HEADER_SIZE 64
#define LEVEL_MAX   31

enum { TYPE_DUMMY = '=', TYPE_LIVE = '+', TYPE_DELETE = '-' };

struct skip_record {
	uint8_t type, level;
	uint64_t key_len, value_len;
	uint64_t pointers; /* offset of the first */
	uint64_t key;      /* offset */
	uint32_t crc_tail;
};

static uint32_t crc_of(const uint8_t *p, uint64_t len)
{
	return (uint32_t)crc32_z(0, p, len);
}

/* @return what is wrong with it, or NULL. */
static const char *read_record(const struct db *db, uint64_t at, struct skip_record *ret)
{
	const uint8_t *p = db->data + at;
	if (at < HEADER_SIZE || at % 8 != 0)
		return "a pointer leads to no record";
	if (at > db->len || db->len - at < 24)
		return "the file ends inside a record";
	uint64_t left = db->len - at, head = 8;
	*ret = (struct skip_record){.type = p[0], .level = p[1]};
	ret->key_len = be16(p + 2);
	ret->value_len = be32(p + 4);
	if (ret->type != TYPE_DUMMY && ret->type != TYPE_LIVE && ret->type != TYPE_DELETE)
		return "a record of unknown type";
	if (ret->level > LEVEL_MAX)
		return "a record of impossible level";
	if (ret->key_len == 0xffff) {
		ret->key_len = be64(p + head);
		head += 8;
	}
	if (ret->value_len == 0xffffffff) {
		ret->value_len = be64(p + head);
		head += 8;
	}
	ret->pointers = at + head;
	head += 8 * ((uint64_t)ret->level + 1);
	if (head + 8 > left)
		return "the file ends inside a record";
	if (be32(p + head) != crc_of(p, head))
		return "the checksum of a record's head is wrong";
	ret->crc_tail = be32(p + head + 4);
	ret->key = at + head + 8;
	left -= head + 8;
	if (ret->key_len > left || ret->value_len > left - ret->key_len)
		return "the file ends inside a record";
	return NULL;
}

/* Where level 0 leads from here; 0 is the end of the list. */
static uint64_t next_offset(const struct db *db, const struct skip_record *record)
{
	uint64_t a = be64(db->data + record->pointers);
	if (record->level == 0)
		return a;
	uint64_t b = be64(db->data + record->pointers + 8);
	if (a >= db->committed)
		a = 0;
	if (b >= db->committed)
		b = 0;
	return a > b ? a : b;
}

static int twoskip_open(struct db *db, struct ck_err *err)
{
	const uint8_t *h = db->data;
	if (db->len < HEADER_SIZE)
		return db_tear(db, db->len, "the file ends inside its header", err);
	if (be32(h + 20) != 1)
		return ck_err_set(err, CK_EUNSUPPORTED, "twoskip database '%s' has version %u",
		                  db->name, be32(h + 20));
	if (be32(h + 60) != crc_of(h, 60))
		return db_tear(db, 60, "the checksum of the header is wrong", err);
	db->promised = be64(h + 32);
	db->committed = be64(h + 48);
	struct skip_record dummy;
	const char *wrong = read_record(db, HEADER_SIZE, &dummy);
	if (!wrong && dummy.type != TYPE_DUMMY)
		wrong = "the list has no beginning";
	if (wrong)
		return db_tear(db, HEADER_SIZE, wrong, err);
	db->ops->rewind(db);
	return 0;
}

static void twoskip_rewind(struct db *db)
{
	struct skip_record dummy;
	/* Was fine when the database was opened. */
	if (read_record(db, HEADER_SIZE, &dummy) == NULL)
		db->at = next_offset(db, &dummy);
	db->seen = db->hops = 0;
	db->last_key = NULL;
	db->last_key_len = 0;
	db->by_bytes = db->by_dots = true;
}

/* As with improved_mboxlist_sort (2.3.17 to 3.4), where a dot comes before all else. */
static int compare_by_dots(const char *a, uint64_t a_len, const char *b, uint64_t b_len)
{
	uint64_t i = 0, len = a_len < b_len ? a_len : b_len;
	while (i < len && a[i] == b[i])
		i++;
	if (i < len && (a[i] == '.' || b[i] == '.'))
		return a[i] == '.' ? -1 : 1;
	return db_key_compare(a, a_len, b, b_len);
}

/* Keys ascend in one of Cyrus's two orders; which one is not written down. */
static bool ascends(struct db *db, const char *key, uint64_t len)
{
	if (!db->last_key)
		return true;
	db->by_bytes = db->by_bytes && db_key_compare(db->last_key, db->last_key_len, key, len) < 0;
	db->by_dots = db->by_dots && compare_by_dots(db->last_key, db->last_key_len, key, len) < 0;
	return db->by_bytes || db->by_dots;
}

/* @return what is wrong with the record that read_record() found fine in itself, or NULL. */
static const char *check_record(struct db *db, const struct skip_record *record)
{
	const uint8_t *key = db->data + record->key;
	uint64_t len = record->key_len + record->value_len, padding = -len & 7;
	if (padding > db->len - record->key - len)
		return "the file ends inside a record";
	if (crc_of(key, len + padding) != record->crc_tail)
		return "the checksum of a record is wrong";
	/* Ascending keys also mean that no loop of pointers can hold us. */
	if (!ascends(db, (const char *)key, record->key_len))
		return "keys are out of order";
	return NULL;
}

static int twoskip_end(struct db *db, struct ck_err *err)
{
	if (db->seen < db->promised)
		return db_tear(db, db->committed, "the list ends before the last record", err);
	return 0;
}

static int twoskip_next(struct db *db, struct db_record *ret, struct ck_err *err)
{
	struct skip_record record = {.type = TYPE_DUMMY};
	while (db->at != 0) {
		const char *wrong = NULL;
		if (db->at >= db->committed)
			wrong = "a pointer leads behind the end";
		else if (db->hops++ > db->len / 24)
			wrong = "pointers go round in a circle";
		else
			wrong = read_record(db, db->at, &record);
		if (!wrong && record.type == TYPE_DUMMY)
			wrong = "a pointer leads back to the beginning";
		if (!wrong && record.type == TYPE_LIVE)
			wrong = check_record(db, &record);
		if (wrong)
			return db_tear(db, db->at, wrong, err);
		db->at = next_offset(db, &record);
		if (record.type == TYPE_LIVE)
			break;
	}
	if (record.type != TYPE_LIVE)
		return twoskip_end(db, err);
	ret->key = db->last_key = (const char *)db->data + record.key;
	ret->key_len = db->last_key_len = record.key_len;
	ret->value = ret->key + record.key_len;
	ret->value_len = record.value_len;
	db->seen++;
	return 1;
}

const struct db_ops db_twoskip_ops = {twoskip_open, twoskip_next, twoskip_rewind};
