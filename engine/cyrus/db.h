/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Cyrus databases, read-only: twoskip, skiplist, flat, and one-file-per-root quotalegacy, told
 * apart by their first bytes.
 *
 * A database is copied into memory under the lock that Cyrus's own readers take (an open file
 * description read lock, inode compared afterwards), then the lock is dropped: a running server
 * waits no longer than one copy from the page cache takes, and what we walk is one consistent
 * state. Parsers never trust a length, a pointer or a count; a loop or a torn tail is CK_ECORRUPT
 * with the offset.
 */
#ifndef CYRUS_DB_H
#define CYRUS_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

enum db_backend {
	DB_TWOSKIP,
	DB_SKIPLIST,
	DB_FLAT,
	DB_QUOTALEGACY, /**< One quota root: one record with an empty key, see quota_parse(). */
	DB_BERKELEY,    /**< Known by its magic, not read. */
	DB_SQL,         /**< sqlite: known by its magic, not read here. */
	DB_TWOM,        /**< 3.13: known by its magic, not read. */
	DB_UNKNOWN,
};

/** "twoskip", … */
const char *db_backend_name(enum db_backend backend);

/** Which backend do these first bytes (up to 64) and this size mean? Empty is DB_FLAT. */
enum db_backend db_detect(const uint8_t *head, size_t len);

struct db;

/**
 * Read database @path into memory.
 *
 * @timeout_ms  For the lock; CK_EBUSY afterwards.
 * @return 0, CK_ENOTFOUND, CK_EDENIED, CK_ECORRUPT, CK_EUNSUPPORTED (named backend), CK_EBUSY,
 * CK_ENOMEM.
 */
int db_open(const char *path, int timeout_ms, struct db **ret, struct ck_err *err) CK_MUST_USE;

/** The same over bytes in memory, borrowed until db_close(); @name is for messages. */
int db_open_memory(const char *name, const uint8_t *data, size_t len, struct db **ret,
                   struct ck_err *err) CK_MUST_USE;
void db_close(struct db *db);
void db_closep(struct db **db);

enum db_backend db_kind(const struct db *db);

/** One record; points into the database (or its scratch, valid until the next db_next()). */
struct db_record {
	const char *key;
	size_t key_len;
	const char *value;
	size_t value_len;
};

/** The next live record, in the order that the file has. @return 1, 0 at the end, or CK_ECORRUPT
 * with the offset. */
int db_next(struct db *db, struct db_record *ret, struct ck_err *err) CK_MUST_USE;

/** Start over. */
void db_rewind(struct db *db);

/** Did the walk end at damage? Then every further db_next() fails as the first one did. */
bool db_is_torn(const struct db *db);

/** Append bytes with backslash, TAB, CR, LF and other control bytes as \\ \t \r \n \xHH. */
int db_put_escaped(struct ck_buf *buf, const char *text, size_t len);

/**
 * Append the whole database as text, readable and without loss: one record a line, key TAB value,
 * both escaped as above.
 */
int db_dump(struct db *db, struct ck_buf *ret, size_t *ret_records, struct ck_err *err) CK_MUST_USE;

/**
 * The same in parts: stop once @ret has @enough bytes. What comes is the same after db_rewind().
 * @return 1 while there may be more, 0 at the end, CK_ECORRUPT, CK_ENOMEM.
 */
int db_dump_some(struct db *db, size_t enough, struct ck_buf *ret, size_t *records,
                 struct ck_err *err) CK_MUST_USE;

#endif
