/* SPDX-License-Identifier: BSD-2-Clause */
/** What db.c and the three readers behind it share; nobody else includes this. */
#ifndef CYRUS_DB_BACKEND_H
#define CYRUS_DB_BACKEND_H

#include "cyrus/db.h"

/** A record of a skiplist file, by the offset at which it stands. */
struct skip_entry {
	uint64_t offset;
	struct db_record record;
	bool live; /**< Committed, and not deleted since. */
};

/** One open database. The bytes never change while it is open. */
struct db {
	char *name; /**< For messages. */
	enum db_backend kind;
	const struct db_ops *ops;
	const uint8_t *data;
	uint64_t len;
	uint8_t *owned; /**< data, when it is ours. */

	uint64_t at;          /**< twoskip: offset of the next record; text: of the next line. */
	bool torn;            /**< The walk ended at damage. */
	uint64_t torn_offset; /**< Where, */
	const char *torn_why; /**< and what is wrong there. */

	/* twoskip */
	uint64_t committed; /**< End of committed data. */
	uint64_t promised;  /**< Live records as the header counts them. */
	uint64_t seen;      /**< Live records met so far. */
	uint64_t hops;      /**< Records met so far, deleted ones too: bounds the walk. */
	const char *last_key;
	uint64_t last_key_len;
	bool by_bytes, by_dots; /**< Orders that all keys so far are in. */

	/* skiplist: live entries in key order */
	struct skip_entry *entries;
	size_t nentries, cursor;

	/* flat: unescaped text of the record at hand */
	struct ck_buf scratch;
};

struct db_ops {
	/** Check the header; load what must be loaded. */
	int (*open)(struct db *db, struct ck_err *err);
	/** As db_next(); damage is told with db_tear(). */
	int (*next)(struct db *db, struct db_record *ret, struct ck_err *err);
	void (*rewind)(struct db *db);
};

extern const struct db_ops db_twoskip_ops, db_skiplist_ops, db_flat_ops, db_quotalegacy_ops;

/** Remember that the walk ends at @offset because of @why (a constant), and say so. */
int db_tear(struct db *db, uint64_t offset, const char *why, struct ck_err *err);

/** memcmp order, a prefix first: mostly that of keys in twoskip, and ours in what we sort. */
int db_key_compare(const char *a, uint64_t a_len, const char *b, uint64_t b_len);

#endif
