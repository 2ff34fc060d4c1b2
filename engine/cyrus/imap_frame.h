/* SPDX-License-Identifier: BSD-2-Clause */
/** Where one IMAP response ends: lines with literals in them, whatever the pieces they come in. */
#ifndef CYRUS_IMAP_FRAME_H
#define CYRUS_IMAP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/err.h>

/** No single response is longer than this: a mailbox of three million messages fits. */
#define IMAP_RESPONSE_MAX ((size_t)1 << 30)

/** How far one response has been looked at. Zero-initialise for each. */
struct imap_frame {
	size_t line;    /**< Where the present line began. */
	size_t scanned; /**< No line end before this offset. */
};

/**
 * Does @data, which begins with a response, hold all of it?
 *
 * Literals are `{n}`, `{n+}` and `~{n}` at the end of a line, and Cyrus's `%{partition guid n}`.
 * Greetings, status responses and tagged answers end in free text and have none.
 *
 * @frame    Keeps the place between calls, so that bytes are looked at once.
 * @ret_len  Bytes of the response with its final CRLF (or bare LF).
 * @return 1 when it is whole, 0 when more is needed, CK_ECORRUPT for a length that makes no sense.
 */
int imap_frame(struct imap_frame *frame, const char *data, size_t len, size_t *ret_len,
               struct ck_err *err) CK_MUST_USE;

/**
 * The length that a literal marker at the end of @line (without CRLF) announces.
 *
 * @ret_start  Offset of its '{', or of the '%' in front; may be NULL.
 * @ret_sync   The sender waits for a "+" before it goes on; may be NULL.
 * @return 1, 0 when the line does not end in a marker, CK_ECORRUPT for a number that is too large.
 */
int imap_literal(const char *line, size_t len, size_t *ret_size, size_t *ret_start, bool *ret_sync,
                 struct ck_err *err) CK_MUST_USE;

#endif
