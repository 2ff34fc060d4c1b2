/* SPDX-License-Identifier: BSD-2-Clause */
/** SQLite in the idiom of this program. Its only user; nothing here knows a table. */
#ifndef ARCHIVE_SQL_H
#define ARCHIVE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/err.h>

struct sql;

enum sql_mode {
	SQL_READ,   /**< Never written. */
	SQL_SHARED, /**< Written by several processes, in small transactions. */
	SQL_BUILD,  /**< Built by one, thrown away on failure: no journal, no sync. */
};

/** Open the database file @path. A new one is mode 0600. @return 0, CK_ENOTFOUND, CK_ECORRUPT, … */
int sql_open(const char *path, enum sql_mode mode, struct sql **ret,
             struct ck_err *err) CK_MUST_USE;

/** A database file whose bytes lie somewhere else than in a file of their own. */
struct sql_source {
	const char *name; /**< For messages; borrowed. */
	/** Give @len bytes at @offset, which all lie below @size. @return 0 or a failure. */
	int (*read)(void *arg, uint64_t offset, void *ret, size_t len, struct ck_err *err);
	void *arg;
	uint64_t size;
};

/** Open such a one, read-only; what is not asked for is not read. @source is copied, its arg must
 * and name must live as long as the database. */
int sql_open_source(const struct sql_source *source, struct sql **ret,
                    struct ck_err *err) CK_MUST_USE;
void sql_close(struct sql *db);
void sql_closep(struct sql **db);

/** Statements without result. */
int sql_exec(struct sql *db, const char *text, struct ck_err *err) CK_MUST_USE;

struct sql_stmt;

/** Prepare once, run often; lives until sql_stmt_free(). */
int sql_prepare(struct sql *db, const char *text, struct sql_stmt **ret,
                struct ck_err *err) CK_MUST_USE;
void sql_stmt_free(struct sql_stmt *s);
void sql_stmt_freep(struct sql_stmt **s);

/**
 * Bind anew, one letter per parameter: i int64_t, s const char * (NULL is null), b const void * and
 * size_t, n nothing (null). Bytes are borrowed until the next bind.
 */
int sql_bind(struct sql_stmt *s, struct ck_err *err, const char *types, ...) CK_MUST_USE;

/** The next row. @return 1, 0 when there is none, or a failure. */
int sql_step(struct sql_stmt *s, struct ck_err *err) CK_MUST_USE;

/** sql_bind(), and step to the end. */
int sql_run(struct sql_stmt *s, struct ck_err *err, const char *types, ...) CK_MUST_USE;

/* Columns of the present row, from 0. Texts are valid until the next step. */
int64_t sql_int(struct sql_stmt *s, int column);
bool sql_is_null(struct sql_stmt *s, int column);
const char *sql_text(struct sql_stmt *s, int column); /**< "" for null. */
const void *sql_blob(struct sql_stmt *s, int column, size_t *ret_len);

#endif
