/* SPDX-License-Identifier: BSD-2-Clause */
/* STATE/catalog.db: the headlines of all archives that were made or seen from here. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/catalog.h"
#include "archive/sql.h"

struct united {
	struct sql *db;
};

int united_open(const char *path, bool writable, struct united **ret, struct ck_err *err)
{
	CK_CLEANUP(united_closep) struct united *u = ck_alloc(1, sizeof *u);
	if (!u)
		return ck_err_nomem(err);
	int r = sql_open(path, writable ? SQL_SHARED : SQL_READ, &u->db, err);
	if (r >= 0 && writable)
		r = sql_exec(u->db,
		             "CREATE TABLE IF NOT EXISTS archive (path TEXT PRIMARY KEY,"
		             " size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
		             " headline TEXT NOT NULL) WITHOUT ROWID",
		             err);
	if (r < 0)
		return r;
	*ret = CK_STEAL(u);
	return 0;
}

/* What SQLite keeps beside a database would be played into the new one. */
int united_renew(const char *path, struct united **ret, struct ck_err *err)
{
	static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
	for (size_t i = 0; i < CK_COUNT(endings); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
		if (ck_buf_addf(&name, "%s%s", path, endings[i]) < 0)
			return ck_err_nomem(err);
		if (unlink(name.data) < 0 && errno != ENOENT)
			return ck_err_sys(err, "cannot remove '%s', which is damaged", name.data);
	}
	return united_open(path, true, ret, err);
}

void united_close(struct united *u)
{
	if (!u)
		return;
	sql_close(u->db);
	free(u);
}

void united_closep(struct united **u)
{
	united_close(*u);
}

int united_put(struct united *u, const char *path, uint64_t size, int64_t mtime_ns,
               const char *headline, struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(u->db, "INSERT OR REPLACE INTO archive VALUES (?,?,?,?)", &s, err);
	if (r < 0)
		return r;
	return sql_run(s, err, "siis", path, (int64_t)size, mtime_ns, headline);
}

int united_each(struct united *u, united_fn fn, void *arg, struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(
		u->db, "SELECT path, size, mtime_ns, headline FROM archive ORDER BY path", &s, err);
	if (r < 0)
		return r;
	while ((r = sql_step(s, err)) > 0) {
		r = fn(arg, sql_text(s, 0), (uint64_t)sql_int(s, 1), sql_int(s, 2), sql_text(s, 3),
		       err);
		if (r < 0)
			return r;
	}
	return r;
}
