/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Writes messages that a compressor finds as hard as real mail: trace headers and signatures that
 * no two messages share, prose in words of natural frequency, HTML that repeats itself, base64 that
 * does not. A message is a function of seed, id, size and receiver alone. Out of memory aborts.
 */
#ifndef TESTS_MAILWRITER_H
#define TESTS_MAILWRITER_H

#include <stddef.h>
#include <stdint.h>

#include "support/indexwriter.h"
#include <cyrkeep/buf.h>

struct mailwriter;

struct mailwriter *mailwriter_new(uint64_t seed);
void mailwriter_free(struct mailwriter *w);

/** Word @n of the language, the frequent ones first; lower case ASCII, borrowed. */
const char *mailwriter_word(const struct mailwriter *w, uint32_t n);

/** A message as it lies in the spool, and what cyrus.cache and cyrus.index tell of it. */
struct mail {
	struct ck_buf text;                   /**< CRLF. Reused from one message to the next. */
	size_t header_size;                   /**< Bytes with the empty line. */
	uint32_t lines;                       /**< Of the body. */
	struct indexwriter_envelope envelope; /**< Points into the fields below. */
	struct ck_buf date, subject, from, from_domain, message_id;
};
#define MAIL_INIT                                                                          \
	{                                                                                  \
		.text = CK_BUF_INIT, .date = CK_BUF_INIT, .subject = CK_BUF_INIT,          \
		.from = CK_BUF_INIT, .from_domain = CK_BUF_INIT, .message_id = CK_BUF_INIT \
	}
void mail_fini(struct mail *mail);

/**
 * Write message @id of about @size bytes (at least its headers) for @to ("anne") at example.org.
 * @date  Of sending, seconds since 1970.
 */
void mailwriter_write(struct mailwriter *w, uint64_t id, int64_t date, const char *to, size_t size,
                      struct mail *ret);

#endif
