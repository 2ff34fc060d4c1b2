/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The catalogue (SQLite): which mailboxes and messages an archive holds, and in which frame each
 * lies. One is stored as the last member of each archive; STATE/catalog.db unites the headlines of
 * all of them and can be rebuilt. The schema is in catalog.c, the only file that knows SQL.
 */
#ifndef ARCHIVE_CATALOG_H
#define ARCHIVE_CATALOG_H

#include <cyrkeep/archive.h>

struct catalog;

/** Open or create the catalogue of one archive at @path. */
int catalog_open(const char *path, bool writable, struct catalog **ret,
                 struct ck_err *err) CK_MUST_USE;
void catalog_close(struct catalog *c);
void catalog_closep(struct catalog **c);

#endif
