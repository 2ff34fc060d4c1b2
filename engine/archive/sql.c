/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/sql.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#define BUSY_MS    1000       /* what is shared can be done without */
#define VALUE_MOST (64 << 20) /* bytes of one text that somebody else has written */

/* A file system of one file, for sql_open_source(). */
struct source_vfs {
	sqlite3_vfs vfs;
	char name[32];
	struct sql_source source;
	struct ck_err why; /* what the source said last, when it failed */
};

struct source_file {
	sqlite3_file file;
	struct source_vfs *of;
};

struct sql {
	sqlite3 *db;
	struct source_vfs *vfs; /* or NULL */
};

struct sql_stmt {
	const struct sql *db;
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

static int sql_failed(const struct sql *sql, struct ck_err *err)
{
	sqlite3 *db = sql->db;
	const struct source_vfs *v = sql->vfs;
	int code = db ? sqlite3_errcode(db) : SQLITE_NOMEM;
	const char *file = v ? v->source.name : db ? sqlite3_db_filename(db, "main") : NULL;
	if ((code & 0xff) == SQLITE_NOMEM)
		return ck_err_nomem(err);
	if (v && v->why.code && (code & 0xff) == SQLITE_IOERR) { /* it knows better */
		if (err)
			*err = v->why;
		return (int)v->why.code;
	}
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
		int extra = mode == SQL_BUILD ? O_NOFOLLOW : 0;
		CK_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | extra, 0600);
		if (fd < 0)
			return ck_err_sys(err, "cannot create catalogue '%s'", path);
	} else if (access(path, R_OK) < 0) {
		return ck_err_sys(err, "cannot open catalogue '%s'", path);
	}
	int flags = mode == SQL_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	/* It is built in a directory where others may have put a link in its place. */
	if (mode == SQL_BUILD)
		flags |= SQLITE_OPEN_NOFOLLOW;
	if (sqlite3_open_v2(path, &db->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return sql_failed(db, err);
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

/* -- a database that lies elsewhere -------------------------------------------------------------
 *
 * SQLite reads it page by page through a file system of ours that has one file and never writes.
 * As the file is called immutable, SQLite neither locks it nor looks for a journal.
 */

static int source_read(sqlite3_file *file, void *ret, int len, sqlite3_int64 offset)
{
	struct source_vfs *v = ((struct source_file *)file)->of;
	uint64_t at = (uint64_t)offset, size = v->source.size;
	size_t want = (size_t)len, there = at < size ? (size_t)(size - at) : 0;
	if (there > want)
		there = want;
	if (there && v->source.read(v->source.arg, at, ret, there, &v->why) < 0)
		return v->why.code == CK_ENOMEM ? SQLITE_IOERR_NOMEM : SQLITE_IOERR_READ;
	if (there == want)
		return SQLITE_OK;
	memset((char *)ret + there, 0, want - there);
	return SQLITE_IOERR_SHORT_READ;
}

static int source_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	*ret = (sqlite3_int64)((struct source_file *)file)->of->source.size;
	return SQLITE_OK;
}

static int source_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	(void)file, (void)data, (void)len, (void)offset;
	return SQLITE_READONLY;
}

static int source_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	(void)file, (void)size;
	return SQLITE_READONLY;
}

static int source_close(sqlite3_file *file)
{
	(void)file;
	return SQLITE_OK;
}

static int source_flag(sqlite3_file *file, int flag) /* lock, unlock, sync */
{
	(void)file, (void)flag;
	return SQLITE_OK;
}

static int source_reserved(sqlite3_file *file, int *ret)
{
	(void)file;
	*ret = 0;
	return SQLITE_OK;
}

static int source_control(sqlite3_file *file, int what, void *arg)
{
	(void)file, (void)what, (void)arg;
	return SQLITE_NOTFOUND;
}

static int source_sector(sqlite3_file *file)
{
	(void)file;
	return 4096;
}

static int source_traits(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_IMMUTABLE;
}

static const sqlite3_io_methods source_methods = {
	.iVersion = 1,
	.xClose = source_close,
	.xRead = source_read,
	.xWrite = source_write,
	.xTruncate = source_truncate,
	.xSync = source_flag,
	.xFileSize = source_size,
	.xLock = source_flag,
	.xUnlock = source_flag,
	.xCheckReservedLock = source_reserved,
	.xFileControl = source_control,
	.xSectorSize = source_sector,
	.xDeviceCharacteristics = source_traits,
};

static int source_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret)
{
	struct source_vfs *v = vfs->pAppData;
	if (!(flags & SQLITE_OPEN_MAIN_DB)) { /* room for a large sort */
		sqlite3_vfs *system = sqlite3_vfs_find(NULL);
		return system->xOpen(system, name, file, flags, ret);
	}
	((struct source_file *)file)->of = v;
	file->pMethods = &source_methods;
	if (ret)
		*ret = SQLITE_OPEN_READONLY;
	return SQLITE_OK;
}

static int source_exists(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
	(void)vfs, (void)name, (void)flags;
	*ret = 0;
	return SQLITE_OK;
}

static int source_path(sqlite3_vfs *vfs, const char *name, int size, char *ret)
{
	(void)vfs;
	(void)sqlite3_snprintf(size, ret, "%s", name);
	return SQLITE_OK;
}

static void source_vfs_fini(struct source_vfs *v)
{
	if (v)
		(void)sqlite3_vfs_unregister(&v->vfs);
	free(v);
}

/* The system's, but for the names and the bytes of files. Its own name tells it from all others. */
static struct source_vfs *source_vfs_new(const struct sql_source *source)
{
	const sqlite3_vfs *system =
		sqlite3_initialize() == SQLITE_OK ? sqlite3_vfs_find(NULL) : NULL;
	struct source_vfs *v = system ? ck_alloc(1, sizeof *v) : NULL;
	if (!v)
		return NULL;
	(void)snprintf(v->name, sizeof v->name, "ck-%p", (void *)v);
	v->source = *source;
	v->vfs = *system;
	v->vfs.pNext = NULL;
	v->vfs.zName = v->name;
	v->vfs.pAppData = v;
	v->vfs.xOpen = source_open;
	v->vfs.xAccess = source_exists;
	v->vfs.xFullPathname = source_path;
	if (v->vfs.szOsFile < (int)sizeof(struct source_file))
		v->vfs.szOsFile = (int)sizeof(struct source_file);
	if (sqlite3_vfs_register(&v->vfs, 0) == SQLITE_OK)
		return v;
	free(v);
	return NULL;
}

int sql_open_source(const struct sql_source *source, struct sql **ret, struct ck_err *err)
{
	CK_CLEANUP(sql_closep) struct sql *db = ck_alloc(1, sizeof *db);
	if (!db || !(db->vfs = source_vfs_new(source)))
		return ck_err_nomem(err);
	if (sqlite3_open_v2("catalogue", &db->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
	                    db->vfs->name) != SQLITE_OK)
		return sql_failed(db, err);
	(void)sqlite3_limit(db->db, SQLITE_LIMIT_LENGTH, VALUE_MOST);
	int r = harden(db, err);
	if (r >= 0)
		r = sql_exec(db, "PRAGMA cache_size=-8192", err); /* KiB */
	if (r < 0)
		return r;
	*ret = CK_STEAL(db);
	return 0;
}

/* -- statements ------------------------------------------------------------------------------- */

void sql_close(struct sql *db)
{
	if (!db)
		return;
	(void)sqlite3_close_v2(db->db);
	source_vfs_fini(db->vfs);
	free(db);
}

void sql_closep(struct sql **db)
{
	sql_close(*db);
}

int sql_exec(struct sql *db, const char *text, struct ck_err *err)
{
	if (sqlite3_exec(db->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return sql_failed(db, err);
	return 0;
}

int sql_prepare(struct sql *db, const char *text, struct sql_stmt **ret, struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = ck_alloc(1, sizeof *s);
	if (!s)
		return ck_err_nomem(err);
	s->db = db;
	if (sqlite3_prepare_v3(db->db, text, -1, SQLITE_PREPARE_PERSISTENT, &s->s, NULL) !=
	    SQLITE_OK)
		return sql_failed(db, err);
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
			return sql_failed(s->db, err);
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
	r = sql_failed(s->db, err);
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
