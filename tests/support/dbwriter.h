/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Writes Cyrus databases for tests, transaction by transaction, as a server would: twoskip and
 * skiplist with a log, deletions and, if nobody commits, an uncommitted tail; flat as a whole.
 * Every failure fails the test.
 */
#ifndef TESTS_DBWRITER_H
#define TESTS_DBWRITER_H

#include <stddef.h>

#include <cyrkeep/buf.h>

#include "cyrus/db.h"

struct dbwriter;

/** An empty database of DB_TWOSKIP, DB_SKIPLIST or DB_FLAT. */
struct dbwriter *dbwriter_new(enum db_backend backend);
void dbwriter_free(struct dbwriter *w);

/** Before the first record: sort keys as Cyrus does with improved_mboxlist_sort. */
void dbwriter_sort_dots_first(struct dbwriter *w);

/** Store or replace a record; keys in any order. The string form takes terminated text. */
void dbwriter_put(struct dbwriter *w, const char *key, size_t key_len, const char *value,
                  size_t value_len);
void dbwriter_puts(struct dbwriter *w, const char *key, const char *value);

/** Delete a record, which must be there. */
void dbwriter_delete(struct dbwriter *w, const char *key, size_t key_len);

/** End the transaction. The first one of a skiplist file becomes its sorted part. */
void dbwriter_commit(struct dbwriter *w);

/** The file as it stands, with what is not committed at its end; owned by the writer, valid until
 * the next call. */
const struct ck_buf *dbwriter_image(struct dbwriter *w);

/** Write the image to @path, making its directories. */
void dbwriter_save(struct dbwriter *w, const char *path);

#endif
