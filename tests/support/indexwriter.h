/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Makes the files of a mailbox as each generation of Cyrus writes them: cyrus.index, cyrus.cache
 * and cyrus.header, byte for byte, with right CRCs, from plain structs.
 *
 * It shares no offsets with the engine on purpose: what both agree on was written down twice.
 * Out of memory aborts.
 */
#ifndef TESTS_INDEXWRITER_H
#define TESTS_INDEXWRITER_H

#include "cyrus/index.h"
#include "cyrus/mboxheader.h"
#include <cyrkeep/buf.h>

/** Bytes of a header and of a record of @version; 0 for a version nobody wrote. */
size_t indexwriter_header_size(uint32_t version);
size_t indexwriter_record_size(uint32_t version);

/**
 * Append a whole cyrus.index of version header->version.
 *
 * Of @header, header_size and record_size are ignored and num_records is @n; of the rest whatever
 * the version has is written as given (fields it does not have are dropped), so that a test may lie
 * about `exists`. All CRCs come out right.
 */
void indexwriter_index(struct ck_buf *out, const struct index_header *header,
                       const struct index_record *records, size_t n);

/** One header, or one record, for tests that build a file in pieces. */
void indexwriter_index_header(struct ck_buf *out, const struct index_header *header, size_t n);
void indexwriter_index_record(struct ck_buf *out, uint32_t version,
                              const struct index_record *record);

/** An address; NULL members are NIL. */
struct indexwriter_address {
	const char *name, *local, *domain;
};

/** What the cache tells of a message; NULL members are NIL. */
struct indexwriter_envelope {
	const char *date, *subject;
	struct indexwriter_address from, to; /**< All NULL: no such list. */
	const char *message_id;
};

/**
 * Append a record to a cyrus.cache and note its place and CRC in @record. An empty @cache first
 * gets the four bytes of the generation.
 */
void indexwriter_cache(struct ck_buf *cache, uint32_t generation,
                       const struct indexwriter_envelope *envelope, struct index_record *record);

/** The same with the text of the envelope given, for odd ones. */
void indexwriter_cache_text(struct ck_buf *cache, uint32_t generation, const void *envelope,
                            size_t len, struct index_record *record);

enum indexwriter_style {
	INDEXWRITER_OLD, /**< Three lines, 2.2 to 3.4. */
	INDEXWRITER_NEW, /**< One kvlist, 3.6 and later; needs a name. */
};

/** Append a cyrus.header. */
void indexwriter_mboxheader(struct ck_buf *out, enum indexwriter_style style,
                            const struct mboxheader *header);

#endif
