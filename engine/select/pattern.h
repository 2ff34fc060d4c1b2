/* SPDX-License-Identifier: BSD-2-Clause */
/** Patterns over external mailbox names, and names written so that a pattern takes them literally.
 */
#ifndef SELECT_PATTERN_H
#define SELECT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include <cyrkeep/buf.h>

/** As ck_pattern_match(), for a name of @len bytes. */
bool pattern_match(const char *pattern, const char *name, size_t len, char sep);

/** Does a backslash before @c take it literally? True for `,` `*` `%` and the backslash itself. */
bool pattern_is_special(char c);

/** Append @name with every special character escaped: as a pattern it matches only itself. */
void pattern_escape(const char *name, struct ck_buf *ret);

/** An owned copy of @len bytes without their escapes, or NULL when memory is out. */
char *pattern_unescape(const char *text, size_t len) CK_MUST_USE;

#endif
