/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * dlist: Cyrus's text notation for values in databases and for its replication commands.
 *
 *   atom  "quoted"  {5}literal  {5+}literal  NIL  (list …)  %(KEY value …)  %{partition guid
 * size}bytes
 */
#ifndef CYRUS_DLIST_H
#define CYRUS_DLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

enum dlist_kind {
	DLIST_NIL,
	DLIST_ATOM,   /**< Atom, quoted string or literal: bytes. */
	DLIST_LIST,   /**< ( … ) */
	DLIST_KVLIST, /**< %( … ) */
	DLIST_FILE,   /**< %{part guid size}: bytes in value, guid in key of its own. */
};

/** A parsed value. Strings are owned and terminated; bytes may hold NUL. */
struct dlist {
	enum dlist_kind kind;
	char *name;  /**< Key inside a kvlist, or NULL. */
	char *value; /**< Bytes of an atom or file. */
	size_t value_len;
	char *guid, *part;   /**< Of a file. */
	struct dlist *child; /**< First of a list. */
	struct dlist *next;  /**< Sibling. */
};

/**
 * Parse one value at the front of @text.
 * @ret_used  Bytes consumed.
 * @return 0, CK_ECORRUPT with the offset, CK_ENOMEM. Nesting is limited to 64.
 */
int dlist_parse(const char *text, size_t len, struct dlist **ret, size_t *ret_used,
                struct ck_err *err) CK_MUST_USE;
void dlist_free(struct dlist *dl);
void dlist_freep(struct dlist **dl);

/** The child called @name, its text, or its number; NULL or false when absent or of another kind.
 */
const struct dlist *dlist_get(const struct dlist *dl, const char *name);
const char *dlist_text(const struct dlist *dl, const char *name);
bool dlist_number(const struct dlist *dl, const char *name, uint64_t *ret);

/** Append @text in the safest spelling that Cyrus reads: atom, quoted, or literal {n+}. */
int dlist_put(struct ck_buf *buf, const char *text, size_t len);

#endif
