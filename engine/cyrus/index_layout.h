/* SPDX-License-Identifier: BSD-2-Clause */
/** Where each field of cyrus.index lies, per version; used by index.c only. */
#ifndef CYRUS_INDEX_LAYOUT_H
#define CYRUS_INDEX_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/** Fields of the header, then those of a record. */
enum index_field {
	INDEX_H_LAST_APPENDDATE,
	INDEX_H_LAST_UID,
	INDEX_H_QUOTA_BYTES,
	INDEX_H_POP3_LAST_LOGIN,
	INDEX_H_UIDVALIDITY,
	INDEX_H_DELETED,
	INDEX_H_ANSWERED,
	INDEX_H_FLAGGED,
	INDEX_H_OPTIONS,
	INDEX_H_HIGHESTMODSEQ,
	INDEX_H_DELETEDMODSEQ,
	INDEX_H_EXISTS,
	INDEX_H_SYNC_CRC,
	INDEX_H_RECENT_UID,
	INDEX_H_RECENT_TIME,
	INDEX_H_UNSEEN,
	INDEX_H_CRC,

	INDEX_R_UID,
	INDEX_R_INTERNALDATE,
	INDEX_R_SENTDATE,
	INDEX_R_SIZE,
	INDEX_R_HEADER_SIZE,
	INDEX_R_GMTIME,
	INDEX_R_CACHE_OFFSET,
	INDEX_R_LAST_UPDATED,
	INDEX_R_SYSTEM_FLAGS,
	INDEX_R_USER_FLAGS, /**< The first of four words. */
	INDEX_R_CONTENT_LINES,
	INDEX_R_SAVEDATE,
	INDEX_R_CACHE_OFFSET_HIGH,
	INDEX_R_GUID,
	INDEX_R_MODSEQ,
	INDEX_R_CID,
	INDEX_R_CREATEDMODSEQ,
	INDEX_R_CACHE_CRC,
	INDEX_R_CRC,

	INDEX_FIELD_MAX_
};

/** How a field is written. All are big-endian. */
enum index_form {
	INDEX_ABSENT, /**< Not in this version; reads as 0. */
	INDEX_U16,
	INDEX_U32,
	INDEX_U64,
	INDEX_NANOS, /**< 64 bits, nanoseconds since 1970; reads as seconds. */
	INDEX_BYTES, /**< Not a number. */
};

/** Where a field lies, counted from the start of the header or of its record. */
struct index_place {
	uint8_t at;   /**< Bytes. */
	uint8_t form; /**< enum index_form */
};

struct index_layout {
	uint32_t header_size, record_size; /**< The least that the version has. */
	struct index_place places[INDEX_FIELD_MAX_];
};

/** The layout of @version. @return false, with @ret untouched, when no release wrote it. */
bool index_layout_get(uint32_t version, struct index_layout *ret);

static inline bool index_layout_has(const struct index_layout *l, enum index_field field)
{
	return l->places[field].form != INDEX_ABSENT;
}

#endif
