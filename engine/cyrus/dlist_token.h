/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The words of a dlist, one after the other and without copies: for values that are read by the
 * million, and for the parser of trees in dlist.c.
 */
#ifndef CYRUS_DLIST_TOKEN_H
#define CYRUS_DLIST_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

/** Where a reading stands. Set text and len; at starts at 0. */
struct dlist_reader {
	const char *text; /**< Borrowed. */
	size_t len, at;
};

enum dlist_token_kind {
	DTOKEN_TEXT,   /**< Atom, quoted string or literal. */
	DTOKEN_NIL,    /**< NIL, as an atom. */
	DTOKEN_LIST,   /**< ( */
	DTOKEN_KVLIST, /**< %( */
	DTOKEN_CLOSE,  /**< ) */
	DTOKEN_FILE,   /**< %{part guid size}: text is its bytes. */
};

/** One word; points into the text. */
struct dlist_token {
	enum dlist_token_kind kind;
	bool escaped; /**< text has backslashes to be taken out: dlist_token_put() does it. */
	const char *text;
	size_t len;
	const char *part, *guid; /**< Of a file. */
	size_t part_len, guid_len;
};

/** The next word. @return 1, 0 at the end of the text, CK_ECORRUPT with the offset. */
int dlist_token_next(struct dlist_reader *r, struct dlist_token *ret,
                     struct ck_err *err) CK_MUST_USE;

/** Pass over the rest of the value that @token began. @return 0, CK_ECORRUPT. */
int dlist_token_skip(struct dlist_reader *r, const struct dlist_token *token,
                     struct ck_err *err) CK_MUST_USE;

/** Append the bytes that a text word means. @return 0, CK_ENOMEM. */
int dlist_token_put(struct ck_buf *buf, const struct dlist_token *token) CK_MUST_USE;

/** "offset N: @why", CK_ECORRUPT. */
int dlist_damaged(const struct dlist_reader *r, const char *why, struct ck_err *err);

#endif
