/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Headers of a raw message, one by one.
 *
 * The lines are found here and only their text is given to GMime: GMime parses every address of a
 * message at once, and groups in groups as deep as a stranger nests them, until the stack ends.
 */
#ifndef CYRUS_MESSAGE_H
#define CYRUS_MESSAGE_H

#include <stddef.h>

#include <cyrkeep/defs.h>

/**
 * The first header called @name (no case) of @len bytes, on one line: its text decoded, its bytes
 * as they are, or its addresses. @return owned, "" where absent; NULL when out of memory.
 */
char *message_text(const void *raw, size_t len, const char *name) CK_MUST_USE;
char *message_word(const void *raw, size_t len, const char *name) CK_MUST_USE;
char *message_addresses(const void *raw, size_t len, const char *name) CK_MUST_USE;

#endif
