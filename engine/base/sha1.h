/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * SHA-1, which Cyrus names messages by: the GUID of a message is that of its file.
 *
 * One object hashes any number of messages, one after the other, without asking OpenSSL for the
 * algorithm each time. Not for several threads at once.
 */
#ifndef BASE_SHA1_H
#define BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/err.h>

#define SHA1_SIZE 20

struct sha1;

int sha1_new(struct sha1 **ret, struct ck_err *err) CK_MUST_USE;
void sha1_free(struct sha1 *s);

/** A new message begins, whatever was added before. */
void sha1_begin(struct sha1 *s);
void sha1_add(struct sha1 *s, const void *bytes, size_t len);

/** The digest of what was added since sha1_begin(). Any failure since then is told here. */
int sha1_end(struct sha1 *s, uint8_t ret[SHA1_SIZE], struct ck_err *err) CK_MUST_USE;

/** All at once. */
int sha1_of(const void *bytes, size_t len, uint8_t ret[SHA1_SIZE], struct ck_err *err) CK_MUST_USE;

#endif
