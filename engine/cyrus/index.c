/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/fs.h"
#include "base/number.h"

/* Fields that lie at the same place in every version. */
enum {
	AT_GENERATION = 0,
	AT_FORMAT = 4,
	AT_VERSION = 8,
	AT_HEADER_SIZE = 12,
	AT_RECORD_SIZE = 16,
	AT_NUM_RECORDS = 20,
	COMMON_SIZE = 24,
};

/* A header or record larger than this was not written by any Cyrus. */
#define SIZE_LIMIT INDEX_HEADER_MAX

/* Above this the word at the place of the version is no version at all. */
#define PLAUSIBLE_VERSION 99

/* 29 million records of version 20. */
#define FILE_LIMIT ((size_t)4 << 30)

static uint64_t get(const struct index_layout *layout, const uint8_t *base, enum index_field field)
{
	struct index_place place = layout->places[field];
	switch (place.form) {
	case INDEX_U16:
		return be16(base + place.at);
	case INDEX_U32:
		return be32(base + place.at);
	case INDEX_U64:
		return be64(base + place.at);
	case INDEX_NANOS:
		return be64(base + place.at) / 1000000000u;
	default:
		return 0;
	}
}

static uint32_t get32(const struct index_layout *layout, const uint8_t *base,
                      enum index_field field)
{
	return (uint32_t)get(layout, base, field);
}

static int64_t get_time(const struct index_layout *layout, const uint8_t *base,
                        enum index_field field)
{
	return (int64_t)get(layout, base, field);
}

/* The CRC at @field covers all bytes before it. */
static bool crc_is_right(const struct index_layout *layout, const uint8_t *base,
                         enum index_field field)
{
	if (!index_layout_has(layout, field))
		return true;
	return crc32(0, base, layout->places[field].at) == get32(layout, base, field);
}

static int refuse_version(uint32_t version, struct ck_err *err)
{
	if (version == 0 || version > PLAUSIBLE_VERSION)
		return ck_err_set(err, CK_ECORRUPT, "not an index: its version field says %u",
		                  version);
	ck_err_set(err, CK_EUNSUPPORTED, "index version %u is not one of %d to %d", version,
	           INDEX_MIN_VERSION, INDEX_MAX_VERSION);
	if (version > INDEX_MAX_VERSION)
		return ck_err_remedy(err,
		                     "update cyrkeep, or convert the mailbox with "
		                     "'reconstruct -V %d'",
		                     INDEX_MAX_VERSION);
	return ck_err_remedy(err, "open the mailbox once with a later Cyrus, which converts it");
}

static int check_size(const char *what, uint32_t size, uint32_t least, uint32_t version,
                      struct ck_err *err)
{
	if (size >= least && size <= SIZE_LIMIT)
		return 0;
	return ck_err_set(err, CK_ECORRUPT, "the index says its %s has %u bytes; version %u has %u",
	                  what, size, version, least);
}

/* Parse the header and find the layout that goes with it. */
static int parse_header(const uint8_t *data, size_t len, struct index_header *ret,
                        struct index_layout *ret_layout, struct ck_err *err)
{
	if (len < COMMON_SIZE)
		return ck_err_set(err, CK_ECORRUPT,
		                  "the index ends inside its header, after %zu bytes", len);
	struct index_header h = {
		.generation = be32(data + AT_GENERATION),
		.format = be32(data + AT_FORMAT),
		.version = be32(data + AT_VERSION),
		.header_size = be32(data + AT_HEADER_SIZE),
		.record_size = be32(data + AT_RECORD_SIZE),
		.num_records = be32(data + AT_NUM_RECORDS),
	};
	struct index_layout layout;
	if (!index_layout_get(h.version, &layout))
		return refuse_version(h.version, err);
	int r = check_size("header", h.header_size, layout.header_size, h.version, err);
	if (r == 0)
		r = check_size("record", h.record_size, layout.record_size, h.version, err);
	if (r < 0)
		return r;
	if (len < h.header_size)
		return ck_err_set(err, CK_ECORRUPT,
		                  "the index ends inside its header, after %zu of %u bytes", len,
		                  h.header_size);

	h.last_uid = get32(&layout, data, INDEX_H_LAST_UID);
	h.uidvalidity = get32(&layout, data, INDEX_H_UIDVALIDITY);
	h.options = get32(&layout, data, INDEX_H_OPTIONS);
	h.last_appenddate = get_time(&layout, data, INDEX_H_LAST_APPENDDATE);
	h.pop3_last_login = get_time(&layout, data, INDEX_H_POP3_LAST_LOGIN);
	h.recent_time = get_time(&layout, data, INDEX_H_RECENT_TIME);
	h.quota_bytes = get(&layout, data, INDEX_H_QUOTA_BYTES);
	h.highestmodseq = get(&layout, data, INDEX_H_HIGHESTMODSEQ);
	h.deletedmodseq = get(&layout, data, INDEX_H_DELETEDMODSEQ);
	h.deleted = get32(&layout, data, INDEX_H_DELETED);
	h.answered = get32(&layout, data, INDEX_H_ANSWERED);
	h.flagged = get32(&layout, data, INDEX_H_FLAGGED);
	h.unseen = get32(&layout, data, INDEX_H_UNSEEN);
	h.sync_crc = get32(&layout, data, INDEX_H_SYNC_CRC);
	h.recent_uid = get32(&layout, data, INDEX_H_RECENT_UID);
	/* Before version 12 an expunged message has no record in this file. */
	h.exists = index_layout_has(&layout, INDEX_H_EXISTS) ? get32(&layout, data, INDEX_H_EXISTS)
	                                                     : h.num_records;
	h.has_crc = index_layout_has(&layout, INDEX_H_CRC);
	h.crc_ok = crc_is_right(&layout, data, INDEX_H_CRC);
	h.has_guid = index_layout_has(&layout, INDEX_R_GUID);

	*ret = h;
	*ret_layout = layout;
	return 0;
}

int index_header_parse(const uint8_t *data, size_t len, struct index_header *ret,
                       struct ck_err *err)
{
	struct index_layout layout;
	return parse_header(data, len, ret, &layout, err);
}

int index_header_read(int dirfd, const char *path, struct index_header *ret, struct ck_err *err)
{
	CK_CLOSE int fd = fs_open_foreign(dirfd, path);
	if (fd < 0)
		return ck_err_sys(err, "cannot open '%s'", path);
	uint8_t head[INDEX_HEADER_MAX];
	int64_t got = fs_pread(fd, head, sizeof head, 0);
	if (got < 0)
		return ck_err_sys(err, "cannot read '%s'", path);
	int r = index_header_parse(head, (size_t)got, ret, err);
	return r < 0 ? ck_err_prefix(err, "cannot read '%s'", path) : 0;
}

int index_take(uint8_t *data, size_t len, struct index *ret, struct ck_err *err)
{
	struct index index = {.data = data, .len = len};
	int r = parse_header(data, len, &index.header, &index.layout, err);
	if (r < 0) {
		free(data);
		return r;
	}
	size_t there = (len - index.header.header_size) / index.header.record_size;
	index.torn = there < index.header.num_records;
	/* Records behind the last belong to an append that was not committed. */
	index.nrecords = index.torn ? there : index.header.num_records;
	*ret = index;
	return 0;
}

int index_read(int dirfd, const char *path, struct index *ret, struct ck_err *err)
{
	CK_CLOSE int fd = fs_open_foreign(dirfd, path);
	if (fd < 0)
		return ck_err_sys(err, "cannot open '%s'", path);
	CK_CLEANUP(ck_buf_fini) struct ck_buf file = CK_BUF_INIT;
	int r = fs_read_fd(fd, FILE_LIMIT, &file, err);
	if (r < 0)
		return ck_err_prefix(err, "'%s'", path);
	size_t len = file.len;
	uint8_t *data = (uint8_t *)ck_buf_take(&file);
	if (!data)
		return ck_err_nomem(err);
	r = index_take(data, len, ret, err);
	return r < 0 ? ck_err_prefix(err, "cannot read '%s'", path) : 0;
}

void index_fini(struct index *index)
{
	free(index->data);
	*index = (struct index){0};
}

void index_record(const struct index *index, size_t i, struct index_record *ret)
{
	assert(i < index->nrecords);
	const struct index_layout *layout = &index->layout;
	const uint8_t *base =
		index->data + index->header.header_size + i * index->header.record_size;

	struct index_record r = {
		.uid = get32(layout, base, INDEX_R_UID),
		.internaldate = get_time(layout, base, INDEX_R_INTERNALDATE),
		.sentdate = get_time(layout, base, INDEX_R_SENTDATE),
		.gmtime = get_time(layout, base, INDEX_R_GMTIME),
		.last_updated = get_time(layout, base, INDEX_R_LAST_UPDATED),
		.savedate = get_time(layout, base, INDEX_R_SAVEDATE),
		.size = get(layout, base, INDEX_R_SIZE),
		.header_size = get32(layout, base, INDEX_R_HEADER_SIZE),
		.cache_offset = get(layout, base, INDEX_R_CACHE_OFFSET) |
	                        get(layout, base, INDEX_R_CACHE_OFFSET_HIGH) << 32,
		.cache_crc = get32(layout, base, INDEX_R_CACHE_CRC),
		.content_lines = get32(layout, base, INDEX_R_CONTENT_LINES),
		.system_flags = get32(layout, base, INDEX_R_SYSTEM_FLAGS),
		.modseq = get(layout, base, INDEX_R_MODSEQ),
		.createdmodseq = get(layout, base, INDEX_R_CREATEDMODSEQ),
		.cid = get(layout, base, INDEX_R_CID),
		.crc_ok = crc_is_right(layout, base, INDEX_R_CRC),
	};
	for (size_t word = 0; word < CK_COUNT(r.user_flags); word++)
		r.user_flags[word] = be32(base + layout->places[INDEX_R_USER_FLAGS].at + 4 * word);
	if (index->header.has_guid)
		memcpy(r.guid, base + layout->places[INDEX_R_GUID].at, GUID_SIZE);
	*ret = r;
}
