/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Growable bytes and lists of strings.
 *
 * A buffer's data is never NULL and always terminated, even when it is empty, so that data can be
 * used as a C string at any time; it may also hold NUL bytes. Growth failures are sticky: the
 * buffer keeps what it had, remembers `failed`, and ck_buf_take() returns NULL.
 */
#ifndef CK_BUF_H
#define CK_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/defs.h>

/** Growable bytes. */
struct ck_buf {
	char *data;  /**< Never NULL after CK_BUF_INIT; data[len] is '\0'. */
	size_t len;  /**< Bytes in use. */
	size_t cap;  /**< Bytes allocated; 0 while data is the shared empty string. */
	bool failed; /**< An allocation failed; what was added since is missing. */
};

extern char ck_buf_empty[1];
#define CK_BUF_INIT                  \
	{                            \
		.data = ck_buf_empty \
	}

/** Append bytes, a string, one character, or printf text. @return 0 or CK_ENOMEM. */
int ck_buf_add(struct ck_buf *buf, const void *data, size_t len);
int ck_buf_adds(struct ck_buf *buf, const char *text);
int ck_buf_addc(struct ck_buf *buf, char c);
int ck_buf_addf(struct ck_buf *buf, const char *fmt, ...) CK_PRINTF(2, 3);

/** Append @text as one word of a shell's command line: quoted where a shell would see more than one
 * word, or something else. @return 0 or CK_ENOMEM. */
int ck_buf_add_word(struct ck_buf *buf, const char *text);

/** Make room for @more bytes behind len. @return 0 or CK_ENOMEM. */
int ck_buf_reserve(struct ck_buf *buf, size_t more);

/** Empty the buffer but keep its memory. */
void ck_buf_reset(struct ck_buf *buf);

/** The bytes as an owned, terminated string (NULL when an addition failed); the buffer is empty. */
char *ck_buf_take(struct ck_buf *buf) CK_MUST_USE;

/** Free what the buffer owns; it is usable, and empty, afterwards. */
void ck_buf_fini(struct ck_buf *buf);

/** A list of owned strings; items[n] is NULL once anything was added. */
struct ck_strv {
	char **items; /**< Owned; NULL while n is 0 and nothing was ever added. */
	size_t n;     /**< Strings in use. */
	size_t cap;   /**< Slots allocated. */
};

/** Append a copy of @s. @return 0 or CK_ENOMEM. */
int ck_strv_add(struct ck_strv *v, const char *s) CK_MUST_USE;

/** Append @s itself, which is freed on failure too. NULL is CK_ENOMEM. @return 0 or CK_ENOMEM. */
int ck_strv_addm(struct ck_strv *v, char *s) CK_MUST_USE;

/** Copy all of @from behind @v. @return 0 or CK_ENOMEM. */
int ck_strv_copy(struct ck_strv *v, const struct ck_strv *from) CK_MUST_USE;

/** Is @s an item? */
bool ck_strv_has(const struct ck_strv *v, const char *s);

/** Free every string and the list. */
void ck_strv_fini(struct ck_strv *v);

#endif
