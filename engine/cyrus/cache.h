/* SPDX-License-Identifier: BSD-2-Clause */
/** cyrus.cache: the envelope of a message, so that listing needs no message file. */
#ifndef CYRUS_CACHE_H
#define CYRUS_CACHE_H

#include "cyrus/index.h"
#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

/** From the cache; decoded to UTF-8 (RFC 2047); not made harmless. Owned; never NULL after success.
 */
struct envelope {
	char *date, *subject, *from, *to, *message_id;
};
void envelope_fini(struct envelope *e);

/**
 * The envelope at @record->cache_offset of a cyrus.cache held in memory.
 * @return 0, CK_ENOTFOUND (offset 0 or behind the end), CK_ECORRUPT (its CRC or lengths are wrong).
 */
int cache_envelope(const uint8_t *cache, size_t len, const struct index_header *header,
                   const struct index_record *record, struct envelope *ret,
                   struct ck_err *err) CK_MUST_USE;

/** The envelope from the message itself, where the cache cannot help; any bytes have one, if an
 * empty one. Bounded in time and memory; may be called from many threads. @return 0, CK_ENOMEM. */
int message_envelope(const void *raw, size_t len, struct envelope *ret,
                     struct ck_err *err) CK_MUST_USE;

#endif
