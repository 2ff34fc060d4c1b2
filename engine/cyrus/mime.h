/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Header text of messages, decoded to UTF-8 by GMime.
 *
 * GLib keeps locks of its own that fork() does not reset, and a child that needs one which another
 * thread held would wait for ever. So every use of GMime in this process stands between mime_lock()
 * and mime_unlock(), and mime_fork() waits until nobody is inside.
 */
#ifndef CYRUS_MIME_H
#define CYRUS_MIME_H

#include <sys/types.h>

#include <cyrkeep/buf.h>

/** Enter and leave GMime; the first time initialises it. Pairs nest; many threads may be inside. */
void mime_lock(void);
void mime_unlock(void);

/** fork() while no thread is inside GMime; the caller must not be either. The child may use it. */
pid_t mime_fork(void);

/**
 * Decode an unstructured header (Subject), or a display name: RFC 2047 words, and raw 8-bit bytes
 * as UTF-8 or else Windows-1252. The result is one line of valid UTF-8: line ends, TABs and NULs
 * become blanks, other control characters stay.
 * @return owned, or NULL when out of memory.
 */
char *mime_decode_text(const char *text, size_t len) CK_MUST_USE;
char *mime_decode_phrase(const char *text, size_t len) CK_MUST_USE;

/** One line of valid UTF-8 from any bytes, nothing decoded. @return owned, or NULL. */
char *mime_plain_line(const char *text, size_t len) CK_MUST_USE;

/** Valid UTF-8 from any bytes, lines kept; NULs become blanks. @return owned, or NULL. */
char *mime_utf8(const char *text, size_t len) CK_MUST_USE;

#endif
