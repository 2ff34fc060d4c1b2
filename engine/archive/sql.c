/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/sql.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#define BUSY_MS 10000

struct sql {
	sqlite3 *db;
};

struct sql_stmt {
	sqlite3_stmt *s;
};

static enum ck_code class_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return CK_ENOSPACE;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return CK_EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:
		return CK_ECORRUPT;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return CK_EDENIED;
	default:
		return CK_EIO;
	}
}

static int sql_failed(sqlite3 *db, struct ck_err *err)
{
	int code = db ? sqlite3_errcode(db) : SQLITE_NOMEM;
	const char *file = db ? sqlite3_db_filename(db, "main") : NULL;
	if ((code & 0xff) == SQLITE_NOMEM)
		return ck_err_nomem(err);
	if (file && *file)
		return ck_err_set(err, class_of(code), "catalogue '%s': %s", file,
		                  sqlite3_errmsg(db));
	return ck_err_set(err, class_of(code), "catalogue: %s", sqlite3_errmsg(db));
}

/* What a foreign schema may do is limited to being read. */
static int harden(struct sql *db, struct ck_err *err)
{
	(void)sqlite3_db_config(db->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(db->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_db_config(db->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	(void)sqlite3_extended_result_codes(db->db, 1);
	(void)sqlite3_busy_timeout(db->db, BUSY_MS);
	return sql_exec(db, "PRAGMA cell_size_check=ON", err);
}

int sql_open(const char *path, enum sql_mode mode, struct sql **ret, struct ck_err *err)
{
	CK_CLEANUP(sql_closep) struct sql *db = ck_alloc(1, sizeof *db);
	if (!db)
		return ck_err_nomem(err);
	if (mode != SQL_READ) {
		CK_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return ck_err_sys(err, "cannot create catalogue '%s'", path);
	} else if (access(path, R_OK) < 0) {
		return ck_err_sys(err, "cannot open catalogue '%s'", path);
	}
	int flags = mode == SQL_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	if (sqlite3_open_v2(path, &db->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return sql_failed(db->db, err);
	int r = harden(db, err);
	if (r >= 0 && mode == SQL_BUILD)
		r = sql_exec(db,
		             "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
		             "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-16384",
		             err);
	if (r < 0)
		return r;
	*ret = CK_STEAL(db);
	return 0;
}

int sql_open_memory(const void *data, size_t len, struct sql **ret, struct ck_err *err)
{
	CK_CLEANUP(sql_closep) struct sql *db = ck_alloc(1, sizeof *db);
	if (!db || sqlite3_open_v2(":memory:", &db->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
	                           NULL) != SQLITE_OK)
		return ck_err_nomem(err);
	unsigned char *copy = sqlite3_malloc64(len ? len : 1);
	if (!copy)
		return ck_err_nomem(err);
	memcpy(copy, data, len);
	/* The bytes are freed by SQLite, on failure too. */
	if (sqlite3_deserialize(db->db, "main", copy, (sqlite3_int64)len, (sqlite3_int64)len,
	                        SQLITE_DESERIALIZE_READONLY | SQLITE_DESERIALIZE_FREEONCLOSE) !=
	    SQLITE_OK)
		return sql_failed(db->db, err);
	int r = harden(db, err);
	if (r < 0)
		return r;
	*ret = CK_STEAL(db);
	return 0;
}

void sql_close(struct sql *db)
{
	if (!db)
		return;
	(void)sqlite3_close_v2(db->db);
	free(db);
}

void sql_closep(struct sql **db)
{
	sql_close(*db);
}

int sql_exec(struct sql *db, const char *text, struct ck_err *err)
{
	if (sqlite3_exec(db->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return sql_failed(db->db, err);
	return 0;
}

int sql_prepare(struct sql *db, const char *text, struct sql_stmt **ret, struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = ck_alloc(1, sizeof *s);
	if (!s)
		return ck_err_nomem(err);
	if (sqlite3_prepare_v3(db->db, text, -1, SQLITE_PREPARE_PERSISTENT, &s->s, NULL) !=
	    SQLITE_OK)
		return sql_failed(db->db, err);
	*ret = CK_STEAL(s);
	return 0;
}

void sql_stmt_free(struct sql_stmt *s)
{
	if (!s)
		return;
	(void)sqlite3_finalize(s->s);
	free(s);
}

void sql_stmt_freep(struct sql_stmt **s)
{
	sql_stmt_free(*s);
}

static int bind_all(struct sql_stmt *s, struct ck_err *err, const char *types, va_list args)
{
	(void)sqlite3_reset(s->s);
	for (int i = 0; types[i]; i++) {
		int r = SQLITE_OK;
		if (types[i] == 'i') {
			r = sqlite3_bind_int64(s->s, i + 1, va_arg(args, int64_t));
		} else if (types[i] == 's') {
			r = sqlite3_bind_text(s->s, i + 1, va_arg(args, const char *), -1,
			                      SQLITE_STATIC);
		} else if (types[i] == 'b') {
			const void *p = va_arg(args, const void *);
			r = sqlite3_bind_blob64(s->s, i + 1, p, va_arg(args, size_t),
			                        SQLITE_STATIC);
		} else {
			r = sqlite3_bind_null(s->s, i + 1);
		}
		if (r != SQLITE_OK)
			return sql_failed(sqlite3_db_handle(s->s), err);
	}
	return 0;
}

int sql_bind(struct sql_stmt *s, struct ck_err *err, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	int r = bind_all(s, err, types, args);
	va_end(args);
	return r;
}

int sql_step(struct sql_stmt *s, struct ck_err *err)
{
	int r = sqlite3_step(s->s);
	if (r == SQLITE_ROW)
		return 1;
	if (r == SQLITE_DONE) {
		(void)sqlite3_reset(s->s);
		return 0;
	}
	r = sql_failed(sqlite3_db_handle(s->s), err);
	(void)sqlite3_reset(s->s);
	return r;
}

int sql_run(struct sql_stmt *s, struct ck_err *err, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	int r = bind_all(s, err, types, args);
	va_end(args);
	while (r >= 0 && (r = sql_step(s, err)) > 0)
		;
	return r;
}

int64_t sql_int(struct sql_stmt *s, int column)
{
	return sqlite3_column_int64(s->s, column);
}

bool sql_is_null(struct sql_stmt *s, int column)
{
	return sqlite3_column_type(s->s, column) == SQLITE_NULL;
}

const char *sql_text(struct sql_stmt *s, int column)
{
	const unsigned char *text = sqlite3_column_text(s->s, column);
	return text ? (const char *)text : "";
}

const void *sql_blob(struct sql_stmt *s, int column, size_t *ret_len)
{
	const void *p = sqlite3_column_blob(s->s, column);
	*ret_len = p ? (size_t)sqlite3_column_bytes(s->s, column) : 0;
	return p;
}
