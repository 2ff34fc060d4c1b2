/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/seektable.h"

#include <inttypes.h>
#include <stdlib.h>

#include "archive/frame.h"

#define SKIPPABLE 0x184D2A5Eu
#define SEEKABLE  0x8F92EAB1u
#define HEADER    8u

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static int put_le32(struct ck_buf *buf, uint32_t v)
{
	uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
	return ck_buf_add(buf, bytes, sizeof bytes);
}

void seektable_fini(struct seektable *t)
{
	free(t->frames);
	*t = (struct seektable){0};
}

int seektable_add(struct seektable *t, uint32_t packed, uint32_t size)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 256;
		struct seekframe *more = reallocarray(t->frames, cap, sizeof *more);
		if (!more)
			return CK_ENOMEM;
		t->frames = more;
		t->cap = cap;
	}
	t->frames[t->n++] = (struct seekframe){.offset = t->end, .packed = packed, .size = size};
	t->end += packed;
	return 0;
}

int seektable_put(const struct seektable *t, struct ck_buf *ret)
{
	(void)put_le32(ret, SKIPPABLE);
	(void)put_le32(ret, (uint32_t)(t->n * 8 + SEEKTABLE_FOOTER));
	for (size_t i = 0; i < t->n; i++) {
		(void)put_le32(ret, t->frames[i].packed);
		(void)put_le32(ret, t->frames[i].size);
	}
	(void)put_le32(ret, (uint32_t)t->n);
	(void)ck_buf_addc(ret, 0);
	(void)put_le32(ret, SEEKABLE);
	return ret->failed ? CK_ENOMEM : 0;
}

int seektable_length(const uint8_t footer[SEEKTABLE_FOOTER], uint64_t file_size, uint64_t *ret,
                     struct ck_err *err)
{
	if (le32(footer + 5) != SEEKABLE)
		return ck_err_set(err, CK_ECORRUPT,
		                  "no seek table at its end (byte %" PRIu64
		                  "): it is cut, or was never finished",
		                  file_size);
	uint32_t frames = le32(footer);
	uint32_t entry = footer[4] & 0x80 ? 12 : 8; /* with checksums or without */
	if (footer[4] & 0x7f)
		return ck_err_set(err, CK_ECORRUPT,
		                  "seek table at byte %" PRIu64 " has reserved bits set",
		                  file_size - SEEKTABLE_FOOTER);
	uint64_t len = HEADER + (uint64_t)frames * entry + SEEKTABLE_FOOTER;
	if (!frames || frames > SEEKTABLE_FRAMES_MAX || len > file_size)
		return ck_err_set(err, CK_ECORRUPT,
		                  "seek table claims %" PRIu32 " frames in a file of %" PRIu64
		                  " bytes",
		                  frames, file_size);
	*ret = len;
	return 0;
}

int seektable_parse(const uint8_t *data, size_t len, uint64_t file_size, struct seektable *ret,
                    struct ck_err *err)
{
	uint64_t want = 0;
	if (len < HEADER + SEEKTABLE_FOOTER)
		return ck_err_set(err, CK_ECORRUPT, "seek table of only %zu bytes", len);
	const uint8_t *footer = data + len - SEEKTABLE_FOOTER;
	int r = seektable_length(footer, file_size, &want, err);
	if (r < 0)
		return r;
	uint64_t at = file_size - len;
	if (want != len || le32(data) != SKIPPABLE || le32(data + 4) != len - HEADER)
		return ck_err_set(err, CK_ECORRUPT, "seek table at byte %" PRIu64 " is damaged",
		                  at);
	CK_CLEANUP(seektable_fini) struct seektable t = {0};
	uint32_t frames = le32(footer), entry = footer[4] & 0x80 ? 12 : 8;
	for (uint32_t i = 0; i < frames; i++) {
		const uint8_t *p = data + HEADER + (size_t)i * entry;
		uint32_t packed = le32(p), size = le32(p + 4);
		if (!packed || packed > at - t.end || packed > FRAME_PACKED_LIMIT ||
		    size > FRAME_LIMIT)
			return ck_err_set(err, CK_ECORRUPT,
			                  "seek table: frame %" PRIu32 " claims %" PRIu32
			                  " bytes at %" PRIu64,
			                  i, packed, t.end);
		if (seektable_add(&t, packed, size) < 0)
			return ck_err_nomem(err);
	}
	if (t.end != at)
		return ck_err_set(err, CK_ECORRUPT,
		                  "seek table ends at byte %" PRIu64 ", but lies at %" PRIu64,
		                  t.end, at);
	*ret = t;
	t = (struct seektable){0};
	return 0;
}
