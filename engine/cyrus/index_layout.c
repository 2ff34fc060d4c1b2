/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/index_layout.h"

#include "cyrus/index.h"
#include <cyrkeep/defs.h>

/** Sizes in bytes from version @from on. */
struct size_row {
	uint8_t from, header, record;
};

/* INDEX_HEADER_SIZE and INDEX_RECORD_SIZE of imap/mailbox.h, release by release. */
static const struct size_row sizes[] = {
	{6, 76, 60},   {7, 76, 72},    {8, 92, 80},    {9, 96, 80},    {10, 96, 88},
	{12, 128, 96}, {13, 128, 104}, {14, 160, 104}, {16, 160, 112}, {20, 192, 144},
};

/** A field lies at @at in the versions @from to @to. */
struct place_row {
	uint8_t field, from, to, at, form;
};

#define LAST INDEX_MAX_VERSION

/*
 * From the OFFSET_ constants of imap/mailbox.h in 2.2 to 3.13. Fields before the version are not
 * listed: generation, format, version, sizes and number of records never moved.
 */
static const struct place_row rows[] = {
	{INDEX_H_LAST_APPENDDATE, 6, 19, 24, INDEX_U32},
	{INDEX_H_LAST_APPENDDATE, 20, LAST, 24, INDEX_NANOS},
	{INDEX_H_LAST_UID, 6, 19, 28, INDEX_U32},
	{INDEX_H_LAST_UID, 20, LAST, 88, INDEX_U32},
	{INDEX_H_QUOTA_BYTES, 6, LAST, 32, INDEX_U64},
	{INDEX_H_POP3_LAST_LOGIN, 6, 19, 40, INDEX_U32},
	{INDEX_H_POP3_LAST_LOGIN, 20, LAST, 40, INDEX_NANOS},
	{INDEX_H_UIDVALIDITY, 6, 19, 44, INDEX_U32},
	{INDEX_H_UIDVALIDITY, 20, LAST, 92, INDEX_U32},
	{INDEX_H_DELETED, 6, LAST, 48, INDEX_U32},
	{INDEX_H_ANSWERED, 6, LAST, 52, INDEX_U32},
	{INDEX_H_FLAGGED, 6, LAST, 56, INDEX_U32},
	{INDEX_H_OPTIONS, 6, 18, 60, INDEX_U32},
	{INDEX_H_OPTIONS, 19, LAST, 64, INDEX_U32},
	{INDEX_H_HIGHESTMODSEQ, 8, 18, 68, INDEX_U64},
	{INDEX_H_HIGHESTMODSEQ, 19, LAST, 72, INDEX_U64},
	{INDEX_H_DELETEDMODSEQ, 12, 18, 76, INDEX_U64},
	{INDEX_H_DELETEDMODSEQ, 19, LAST, 80, INDEX_U64},
	{INDEX_H_EXISTS, 12, 18, 84, INDEX_U32},
	{INDEX_H_EXISTS, 19, LAST, 60, INDEX_U32},
	{INDEX_H_SYNC_CRC, 12, LAST, 100, INDEX_U32},
	{INDEX_H_RECENT_UID, 12, 19, 104, INDEX_U32},
	{INDEX_H_RECENT_UID, 20, LAST, 184, INDEX_U32},
	{INDEX_H_RECENT_TIME, 12, 19, 108, INDEX_U32},
	{INDEX_H_RECENT_TIME, 20, LAST, 104, INDEX_NANOS},
	{INDEX_H_UNSEEN, 14, LAST, 124, INDEX_U32},
	{INDEX_H_CRC, 12, 13, 124, INDEX_U32},
	{INDEX_H_CRC, 14, 19, 156, INDEX_U32},
	{INDEX_H_CRC, 20, LAST, 188, INDEX_U32},

	{INDEX_R_UID, 6, LAST, 0, INDEX_U32},
	{INDEX_R_INTERNALDATE, 6, 19, 4, INDEX_U32},
	{INDEX_R_INTERNALDATE, 20, LAST, 8, INDEX_NANOS},
	{INDEX_R_SENTDATE, 6, 19, 8, INDEX_U32},
	{INDEX_R_SENTDATE, 20, LAST, 16, INDEX_NANOS},
	{INDEX_R_SIZE, 6, 19, 12, INDEX_U32},
	{INDEX_R_SIZE, 20, LAST, 24, INDEX_U64},
	{INDEX_R_HEADER_SIZE, 6, 19, 16, INDEX_U32},
	{INDEX_R_HEADER_SIZE, 20, LAST, 32, INDEX_U32},
	/* Before version 12 the slot of gmtime held the offset of the text. */
	{INDEX_R_GMTIME, 12, 19, 20, INDEX_U32},
	{INDEX_R_GMTIME, 20, LAST, 104, INDEX_NANOS},
	{INDEX_R_CACHE_OFFSET, 6, 19, 24, INDEX_U32},
	{INDEX_R_CACHE_OFFSET, 20, LAST, 4, INDEX_U32},
	{INDEX_R_LAST_UPDATED, 6, 19, 28, INDEX_U32},
	{INDEX_R_LAST_UPDATED, 20, LAST, 112, INDEX_NANOS},
	{INDEX_R_SYSTEM_FLAGS, 6, 19, 32, INDEX_U32},
	{INDEX_R_SYSTEM_FLAGS, 20, LAST, 36, INDEX_U32},
	{INDEX_R_USER_FLAGS, 6, 19, 36, INDEX_BYTES},
	{INDEX_R_USER_FLAGS, 20, LAST, 40, INDEX_BYTES},
	{INDEX_R_CONTENT_LINES, 6, 14, 52, INDEX_U32},
	{INDEX_R_SAVEDATE, 15, 19, 52, INDEX_U32},
	{INDEX_R_SAVEDATE, 20, LAST, 120, INDEX_NANOS},
	/* The upper half of the word that otherwise holds the version of the cache. */
	{INDEX_R_CACHE_OFFSET_HIGH, 13, LAST, 56, INDEX_U16},
	{INDEX_R_GUID, 10, LAST, 60, INDEX_BYTES},
	{INDEX_R_MODSEQ, 8, 9, 72, INDEX_U64},
	{INDEX_R_MODSEQ, 10, LAST, 80, INDEX_U64},
	{INDEX_R_CID, 13, LAST, 88, INDEX_U64},
	{INDEX_R_CREATEDMODSEQ, 16, LAST, 96, INDEX_U64},
	{INDEX_R_CACHE_CRC, 12, 12, 88, INDEX_U32},
	{INDEX_R_CACHE_CRC, 13, 15, 96, INDEX_U32},
	{INDEX_R_CACHE_CRC, 16, 19, 104, INDEX_U32},
	{INDEX_R_CACHE_CRC, 20, LAST, 136, INDEX_U32},
	{INDEX_R_CRC, 12, 12, 92, INDEX_U32},
	{INDEX_R_CRC, 13, 15, 100, INDEX_U32},
	{INDEX_R_CRC, 16, 19, 108, INDEX_U32},
	{INDEX_R_CRC, 20, LAST, 140, INDEX_U32},
};

bool index_layout_get(uint32_t version, struct index_layout *ret)
{
	/* 11 never left the operator who made it. */
	if (version < sizes[0].from || version > LAST || version == 11)
		return false;
	struct index_layout layout = {0};
	for (size_t i = 0; i < CK_COUNT(sizes) && sizes[i].from <= version; i++) {
		layout.header_size = sizes[i].header;
		layout.record_size = sizes[i].record;
	}
	for (size_t i = 0; i < CK_COUNT(rows); i++) {
		const struct place_row *row = &rows[i];
		if (row->from <= version && version <= row->to)
			layout.places[row->field] = (struct index_place){row->at, row->form};
	}
	*ret = layout;
	return true;
}
