/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * twoskip with checksums made right after every mutation, so that pointers, lengths and types get
 * tried and not only CRC-32. The input is a whole file; its magic is put in place.
 */
#include "fuzz/fuzz.h"

#include "cyrus/db.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/number.h"

static void seal(uint8_t *at, const uint8_t *from, size_t len)
{
	uint32_t sum = (uint32_t)crc32_z(0, from, len);
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(sum >> (24 - 8 * i));
}

/* Seal what looks like a record at @at. @return its size, or 8. */
static size_t seal_record(uint8_t *p, size_t left)
{
	size_t head = 8 + 8 * ((size_t)p[1] + 1);
	uint64_t key = be16(p + 2), value = be32(p + 4);
	if (!memchr("=+-$", p[0], 4) || p[1] > 31 || left < head + 8)
		return 8;
	if (key == 0xffff && left >= head + 16) {
		key = be64(p + 8);
		head += 8;
	}
	seal(p + head, p, head);
	left -= head + 8;
	if (key > left || value > left - key || ((key + value + 7) & ~7ull) > left)
		return head + 8;
	size_t body = (size_t)(key + value + 7) & ~(size_t)7;
	seal(p + head + 4, p + head + 8, body);
	return head + 8 + body;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct db *db = NULL;
	struct db_record record;
	size_t records = 0;
	uint8_t *copy = len >= 64 ? malloc(len) : NULL;
	if (!copy)
		return 0;
	memcpy(copy, data, len);
	memcpy(copy, "\xa1\x02\x8b\x0dtwoskip file\0\0\0\0\0\0\0\1", 24);
	seal(copy + 60, copy, 60);
	for (size_t at = 64; len - at >= 16;)
		at += seal_record(copy + at, len - at);
	if (db_open_memory("fuzz", copy, len, &db, NULL) == 0)
		while (db_next(db, &record, NULL) > 0)
			CHECK(++records <= len); /* more records than bytes: a loop */
	db_close(db);
	free(copy);
	return 0;
}
