/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Records of mailboxes.db, in every generation: text (2.2 to 2.4), dlist (2.5 to 3.4), and the
 * N, I and A records of 3.6 and later. $RUNQ, $RACL and other bookkeeping is skipped.
 */
#ifndef CYRUS_MBOXLIST_H
#define CYRUS_MBOXLIST_H

#include "cyrus/db.h"
#include <cyrkeep/buf.h>

enum mbtype {
	MBTYPE_LOCAL = 1u << 0,
	MBTYPE_REMOTE = 1u << 1, /**< murder */
	MBTYPE_INTERMEDIATE = 1u << 2,
	MBTYPE_DELETED = 1u << 3, /**< A tombstone, or a name that is gone. */
	MBTYPE_RESERVED = 1u << 4,
	MBTYPE_LEGACY_DIR = 1u << 5, /**< Directory by name. Always set before 3.6. */
	MBTYPE_DAV = 1u << 6,        /**< calendar, addressbook, collection, … */
};

/** One mailbox as mailboxes.db tells it. Strings are valid until the next mboxlist_next(). */
struct mboxlist_entry {
	const char *intname;   /**< Internal name, dots. */
	const char *partition; /**< "" for remote. */
	const char *uniqueid;  /**< "" before 2.5. */
	const char *acl;       /**< "" when empty; TAB separated. */
	uint32_t type;         /**< enum mbtype */
	uint32_t uidvalidity;  /**< 0 before 2.5. */
	uint64_t createdmodseq, foldermodseq;
};

struct mboxlist;

/** Walk an open database; borrows @db. */
int mboxlist_open(struct db *db, struct mboxlist **ret, struct ck_err *err) CK_MUST_USE;
void mboxlist_close(struct mboxlist *list);

/**
 * The next mailbox (tombstones and bookkeeping are skipped).
 * @return 1, 0 at the end, CK_ECORRUPT naming the key of a record that cannot be read: call again
 * to go on behind it, unless the database itself is torn (mboxlist_is_torn()).
 */
int mboxlist_next(struct mboxlist *list, struct mboxlist_entry *ret,
                  struct ck_err *err) CK_MUST_USE;
bool mboxlist_is_torn(const struct mboxlist *list);

#endif
