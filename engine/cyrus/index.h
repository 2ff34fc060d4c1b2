/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * cyrus.index, versions 6 to 20: header and records, normalised.
 *
 * Offsets per version are in index_layout.c, from imap/mailbox.h and mailbox.c of each release.
 */
#ifndef CYRUS_INDEX_H
#define CYRUS_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cyrus/index_layout.h"
#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

#define INDEX_MIN_VERSION 6
#define INDEX_MAX_VERSION 20
#define INDEX_HEADER_MAX  256 /**< Enough bytes for the header of any version. */
#define GUID_SIZE         20

/** Bits of index_record.system_flags, as on disk. */
enum index_flag {
	INDEX_ANSWERED = 1u << 0,
	INDEX_FLAGGED = 1u << 1,
	INDEX_DELETED = 1u << 2,
	INDEX_DRAFT = 1u << 3,
	INDEX_SEEN = 1u << 4,
	INDEX_ARCHIVED = 1u << 29, /**< File lies on the archive partition. */
	INDEX_UNLINKED = 1u << 30, /**< File is gone. */
	INDEX_EXPUNGED = 1u << 31,
};

struct index_header {
	uint32_t generation, format, version, header_size, record_size;
	uint32_t num_records; /**< Records in the file, expunged ones too. */
	uint32_t exists;      /**< Messages not expunged. */
	uint32_t last_uid, uidvalidity, options;
	int64_t last_appenddate, pop3_last_login, recent_time;
	uint64_t quota_bytes; /**< Bytes of existing messages. */
	uint64_t highestmodseq, deletedmodseq;
	uint32_t deleted, answered, flagged, unseen;
	uint32_t sync_crc, recent_uid;
	bool has_crc;  /**< Version 12 and later. */
	bool crc_ok;   /**< True where the version has no CRC. */
	bool has_guid; /**< Version 10 and later. */
};

struct index_record {
	uint32_t uid;
	int64_t internaldate, sentdate, gmtime, last_updated,
		savedate;      /**< Seconds since 1970; 0 unknown. */
	uint64_t size;         /**< Bytes of the message file. */
	uint32_t header_size;  /**< Bytes of its header. */
	uint64_t cache_offset; /**< Into cyrus.cache; 0: not cached. */
	uint32_t cache_crc, content_lines;
	uint32_t system_flags;   /**< enum index_flag */
	uint32_t user_flags[4];  /**< Bit n: flag n of cyrus.header. */
	uint8_t guid[GUID_SIZE]; /**< SHA-1 of the file; all zero where unknown. */
	uint64_t modseq, createdmodseq, cid;
	bool crc_ok; /**< True where the version has no CRC. */
};

/**
 * Parse a header from the first @len bytes of a file. A wrong CRC is no failure: see crc_ok.
 * @return 0, CK_ECORRUPT, CK_EUNSUPPORTED.
 */
int index_header_parse(const uint8_t *data, size_t len, struct index_header *ret,
                       struct ck_err *err) CK_MUST_USE;

/** Read only the header of @path (relative to @dirfd): one open, one pread. */
int index_header_read(int dirfd, const char *path, struct index_header *ret,
                      struct ck_err *err) CK_MUST_USE;

/** A whole index in memory. */
struct index {
	struct index_header header;
	uint8_t *data; /**< Owned. */
	size_t len;
	size_t nrecords;            /**< Whole records that are really there; may be less than
	                               header.num_records. */
	bool torn;                  /**< The file ends before its last record. */
	struct index_layout layout; /**< Of header.version. */
};

/** Read a whole index. CK_ECORRUPT only when the header is unusable; torn tails are told in @ret.
 */
int index_read(int dirfd, const char *path, struct index *ret, struct ck_err *err) CK_MUST_USE;

/** The same from bytes, which are taken over (freed on failure too). */
int index_take(uint8_t *data, size_t len, struct index *ret, struct ck_err *err) CK_MUST_USE;
void index_fini(struct index *index);

/** Record number @i, from 0, below nrecords. */
void index_record(const struct index *index, size_t i, struct index_record *ret);

/** Are the owner's read marks in the index? Before that release all are in the users' seen files.
 */
static inline bool index_keeps_seen(const struct index_header *h)
{
	return h->version >= 12;
}

/** Is the message visible over IMAP? */
static inline bool index_record_is_live(const struct index_record *r)
{
	return !(r->system_flags & (INDEX_EXPUNGED | INDEX_UNLINKED));
}

#endif
