/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/db.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"
#include "cyrus/db_backend.h"

#define DB_SIZE_MAX  (8ull << 30) /* larger than any mailboxes.db; guards against sparse files */
#define PREREAD_SIZE (1u << 20)
#define HEAD_SIZE    64

static const struct {
	const char *name;
	const struct db_ops *ops;
} backends[] = {
	[DB_TWOSKIP] = {"twoskip", &db_twoskip_ops},
	[DB_SKIPLIST] = {"skiplist", &db_skiplist_ops},
	[DB_FLAT] = {"flat", &db_flat_ops},
	[DB_QUOTALEGACY] = {"quotalegacy", &db_quotalegacy_ops},
	[DB_BERKELEY] = {"berkeley", NULL},
	[DB_SQL] = {"sql", NULL},
	[DB_TWOM] = {"twom", NULL},
	[DB_UNKNOWN] = {"unknown", NULL},
};

const char *db_backend_name(enum db_backend backend)
{
	return backends[backend].name;
}

/* Text as flat files and quotalegacy files begin: no control bytes before the first TAB or line
 * end, but for the separators that names hold in 3.6+ (0x1D to 0x1F) and NUL inside old keys. */
static bool looks_like_text(const uint8_t *head, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t c = head[i];
		if (i > 0 && (c == '\t' || c == '\n' || c == '\r'))
			return true;
		if (c == 0x7f || (c < ' ' && (c < 0x1d) && (c != 0 || i == 0)))
			return false;
	}
	return true;
}

/* One quota: a number on a line of its own, or from 2.5 on a dlist; no line of a flat file is. */
static bool looks_like_quota(const uint8_t *head, size_t len)
{
	size_t i = len > 0 && head[0] == '-';
	if (len >= 2 && head[0] == '%' && head[1] == '(')
		return !memchr(head, '\t', len);
	while (i < len && head[i] >= '0' && head[i] <= '9')
		i++;
	return i > 0 && i < len && head[i] == '\n';
}

enum db_backend db_detect(const uint8_t *head, size_t len)
{
	static const struct {
		enum db_backend kind;
		unsigned char offset, len;
		const char *bytes;
	} magics[] = {
		{DB_TWOSKIP, 0, 20, "\xa1\x02\x8b\x0dtwoskip file\0\0\0\0"},
		{DB_SKIPLIST, 0, 20, "\xa1\x02\x8b\x0dskiplist file\0\0\0"},
		{DB_TWOM, 0, 16, "\xa1\x02\x8b\x0dtwomfile\0\0\0\0"},
		{DB_SQL, 0, 15, "SQLite format 3"},
		{DB_BERKELEY, 12, 4, "\x00\x05\x31\x62"},
		{DB_BERKELEY, 12, 4, "\x62\x31\x05\x00"},
		{DB_BERKELEY, 12, 4, "\x00\x06\x15\x61"}, /* berkeley-hash */
		{DB_BERKELEY, 12, 4, "\x61\x15\x06\x00"},
	};
	if (len > HEAD_SIZE)
		len = HEAD_SIZE;
	for (size_t i = 0; i < CK_COUNT(magics); i++)
		if (len >= (size_t)magics[i].offset + magics[i].len &&
		    memcmp(head + magics[i].offset, magics[i].bytes, magics[i].len) == 0)
			return magics[i].kind;
	if (looks_like_quota(head, len))
		return DB_QUOTALEGACY;
	return looks_like_text(head, len) ? DB_FLAT : DB_UNKNOWN;
}

int db_key_compare(const char *a, uint64_t a_len, const char *b, uint64_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	if (order != 0 || a_len == b_len)
		return order;
	return a_len < b_len ? -1 : 1;
}

int db_tear(struct db *db, uint64_t offset, const char *why, struct ck_err *err)
{
	db->torn = true;
	db->torn_offset = offset;
	db->torn_why = why;
	return ck_err_set(err, CK_ECORRUPT, "%s database '%s' is damaged at offset %" PRIu64 ": %s",
	                  db_backend_name(db->kind), db->name, offset, why);
}

static struct db *db_new(const char *name)
{
	struct db *db = ck_alloc(1, sizeof *db);
	if (!db)
		return NULL;
	db->scratch = (struct ck_buf)CK_BUF_INIT;
	db->name = strdup(name);
	if (!db->name) {
		db_close(db);
		return NULL;
	}
	return db;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	free(db->entries);
	ck_buf_fini(&db->scratch);
	free(db->owned);
	free(db->name);
	free(db);
}

void db_closep(struct db **db)
{
	db_close(*db);
}

/* Knows data and len; finds out the rest. */
static int db_start(struct db *db, struct ck_err *err)
{
	db->kind = db_detect(db->data, db->len);
	db->ops = backends[db->kind].ops;
	if (db->ops)
		return db->ops->open(db, err);
	if (db->kind == DB_UNKNOWN)
		return ck_err_set(err, CK_ECORRUPT, "'%s' is not a Cyrus database", db->name);
	(void)ck_err_set(err, CK_EUNSUPPORTED, "database '%s' has backend %s, which is not read",
	                 db->name, db_backend_name(db->kind));
	return ck_err_remedy(err, "convert it with cvt_cyrusdb to twoskip, skiplist or flat");
}

int db_open_memory(const char *name, const uint8_t *data, size_t len, struct db **ret,
                   struct ck_err *err)
{
	CK_CLEANUP(db_closep) struct db *db = db_new(name);
	if (!db)
		return ck_err_nomem(err);
	db->data = data ? data : (const uint8_t *)"";
	db->len = len;
	int r = db_start(db, err);
	if (r < 0)
		return r;
	*ret = CK_STEAL(db);
	return 0;
}

static void sleep_ms(int ms)
{
	struct timespec pause = {.tv_nsec = ms * 1000000L};
	(void)nanosleep(&pause, NULL);
}

/* An open file description lock conflicts with Cyrus's own fcntl locks, and unlike those it is not
 * lost when some other thread closes the same file. */
static int lock_shared(int fd, const char *path, int64_t deadline_ms, struct ck_err *err)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	for (int wait_ms = 1;; wait_ms = wait_ms < 16 ? wait_ms * 2 : wait_ms) {
		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return ck_err_sys(err, "cannot lock database '%s'", path);
		if (time_mono_ms() >= deadline_ms)
			return ck_err_set(err, CK_EBUSY,
			                  "database '%s' is locked by a writer of Cyrus", path);
		sleep_ms(wait_ms);
	}
}

static int unlock(int fd)
{
	struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
	return fcntl(fd, F_OFD_SETLK, &lock);
}

/* Open @path so that @ret_fd is locked and still what the name means: a checkpoint of Cyrus puts a
 * new file in its place, and whoever waited for the old one would read the past. */
static int open_locked(const char *path, int64_t deadline_ms, int *ret_fd, struct stat *ret_st,
                       struct ck_err *err)
{
	for (;;) {
		CK_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		struct stat st, named;
		if (fd < 0)
			return ck_err_sys(err, "cannot open database '%s'", path);
		int r = lock_shared(fd, path, deadline_ms, err);
		if (r < 0)
			return r;
		if (fstat(fd, &st) < 0 || stat(path, &named) < 0)
			return ck_err_sys(err, "cannot look at database '%s'", path);
		if (st.st_ino == named.st_ino && st.st_dev == named.st_dev) {
			*ret_fd = CK_STEAL_FD(fd);
			*ret_st = st;
			return 0;
		}
		if (time_mono_ms() >= deadline_ms)
			return ck_err_set(err, CK_EBUSY,
			                  "database '%s' is being replaced all the time", path);
	}
}

/* What the lock is held for is a copy within memory, not a wait for the disk. */
static void preread(const char *path, const struct stat *st)
{
	CK_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CK_FREE char *chunk = malloc(PREREAD_SIZE);
	if (fd < 0 || !chunk)
		return;
	for (uint64_t at = 0; at < (uint64_t)st->st_size; at += PREREAD_SIZE)
		if (fs_pread(fd, chunk, PREREAD_SIZE, at) <= 0)
			return;
}

static int check_file(const char *path, const struct stat *st, struct ck_err *err)
{
	if (S_ISDIR(st->st_mode))
		return ck_err_set(err, CK_EUNSUPPORTED,
		                  "database '%s' is a directory: backend zeroskip is not read",
		                  path);
	if (!S_ISREG(st->st_mode))
		return ck_err_set(err, CK_ECORRUPT, "database '%s' is not a regular file", path);
	if ((uint64_t)st->st_size > DB_SIZE_MAX)
		return ck_err_set(err, CK_EUNSUPPORTED, "database '%s' is larger than %llu GiB",
		                  path, DB_SIZE_MAX >> 30);
	return 0;
}

static int read_locked(struct db *db, const char *path, int timeout_ms, struct ck_err *err)
{
	CK_CLOSE int fd = -1;
	struct stat st;
	int r = open_locked(path, time_mono_ms() + timeout_ms, &fd, &st, err);
	if (r == 0)
		r = check_file(path, &st, err);
	if (r < 0)
		return r;
	db->owned = malloc(st.st_size > 0 ? (size_t)st.st_size : 1);
	if (!db->owned)
		return ck_err_nomem(err);
	int64_t n = fs_pread(fd, db->owned, (size_t)st.st_size, 0);
	if (n < 0)
		return ck_err_sys(err, "cannot read database '%s'", path);
	(void)unlock(fd); /* closing it would do, too; this is sooner */
	db->data = db->owned;
	db->len = (uint64_t)n;
	return 0;
}

int db_open(const char *path, int timeout_ms, struct db **ret, struct ck_err *err)
{
	CK_CLEANUP(db_closep) struct db *db = db_new(path);
	struct stat st;
	if (!db)
		return ck_err_nomem(err);
	if (stat(path, &st) < 0)
		return ck_err_sys(err, "cannot open database '%s'", path);
	int r = check_file(path, &st, err);
	if (r < 0)
		return r;
	if (st.st_size > PREREAD_SIZE)
		preread(path, &st);
	r = read_locked(db, path, timeout_ms, err);
	if (r == 0)
		r = db_start(db, err);
	if (r < 0)
		return r;
	*ret = CK_STEAL(db);
	return 0;
}

enum db_backend db_kind(const struct db *db)
{
	return db->kind;
}

bool db_is_torn(const struct db *db)
{
	return db->torn;
}

int db_next(struct db *db, struct db_record *ret, struct ck_err *err)
{
	if (db->torn)
		return db_tear(db, db->torn_offset, db->torn_why, err);
	return db->ops->next(db, ret, err);
}

void db_rewind(struct db *db)
{
	db->torn = false;
	db->ops->rewind(db);
}
