/* SPDX-License-Identifier: BSD-2-Clause */
/* What the configuration comes to: the files that copy_config() would take, looked at alone. */
#include <cyrkeep/select.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "cyrus/conf.h"
#include "cyrus/layout.h"

#define DEPTH_MAX 64

#define ROOT  (O_RDONLY | O_DIRECTORY | O_CLOEXEC) /* named by settings: a link is followed */
#define BELOW (ROOT | O_NOFOLLOW)

struct work {
	const struct ck_server *server;
	const struct ck_watch *watch;
	uint32_t kept;
	struct ck_default_effect *sums; /* By kind. */
	const char *sieve;              /* Its directory, or NULL. */
	struct ck_buf path;             /* Of what is looked at. */
};

/* What follows @dir in @path, if it lies below; else NULL. */
static const char *below(const char *dir, const char *path)
{
	size_t n = strlen(dir);
	return strncmp(dir, path, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

static bool is_database_left_out(const struct work *w)
{
	for (size_t i = 0; i < w->server->ndatabases; i++) {
		const struct ck_database *db = &w->server->databases[i];
		if (db->path && strcmp(db->path, w->path.data) == 0)
			return layout_left_out(db->name, S_IFREG, true, w->kept) != NULL;
	}
	return false;
}

/* By default, wherever settings have put it? */
static bool left_out(const struct work *w, mode_t mode)
{
	const struct conf *conf = w->server->conf;
	const char *path = w->path.data, *rest = below(conf->configdirectory, path);
	for (int at = LAYOUT_PROC; at <= LAYOUT_LOCK; at++) {
		const char *moved = layout_moved(conf, at);
		if (moved && strcmp(moved, path) == 0)
			return !(w->kept >> at & 1);
	}
	if (!S_ISDIR(mode) && is_database_left_out(w))
		return true;
	return layout_left_out(rest ? rest : strrchr(path, '/') + 1, mode, rest != NULL, w->kept);
}

/* The root of a partition is copied as that. */
static bool is_partition(const struct work *w)
{
	for (size_t i = 0; i < w->server->npartitions; i++)
		if (strcmp(w->server->partitions[i].path, w->path.data) == 0)
			return true;
	return false;
}

const char *ck_config_kind_name(enum ck_config_kind kind)
{
	static const char *const names[CK_CONFIG_KINDS] = {
		[CK_CONFIG_MAILBOXES] = "mailboxes.db",
		[CK_CONFIG_ANNOTATIONS] = "annotations",
		[CK_CONFIG_QUOTAS] = "quotas",
		[CK_CONFIG_SUBSCRIPTIONS] = "subscriptions",
		[CK_CONFIG_SEEN] = "seen",
		[CK_CONFIG_SIEVE] = "sieve",
		[CK_CONFIG_CONVERSATIONS] = "conversations",
		[CK_CONFIG_DAV] = "DAV",
		[CK_CONFIG_OTHER] = "other configuration files",
	};
	return names[kind];
}

/* By the names of databases and of users' files. */
static enum ck_config_kind kind_named(const char *name)
{
	static const struct {
		const char *name;
		enum ck_config_kind kind;
	} known[] = {
		{"mailboxes.db", CK_CONFIG_MAILBOXES},
		{"annotations.db", CK_CONFIG_ANNOTATIONS},
		{"quotas.db", CK_CONFIG_QUOTAS},
		{"quota", CK_CONFIG_QUOTAS},
		{"sub", CK_CONFIG_SUBSCRIPTIONS},
		{"seen", CK_CONFIG_SEEN},
		{"conversations", CK_CONFIG_CONVERSATIONS},
		{"dav", CK_CONFIG_DAV},
		{"caldav_alarm.sqlite3", CK_CONFIG_DAV},
	};
	for (size_t i = 0; i < CK_COUNT(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].kind;
	return CK_CONFIG_OTHER;
}

/* Some databases are directories. */
static enum ck_config_kind kind_of(const struct work *w)
{
	const char *path = w->path.data;
	if (w->sieve && below(w->sieve, path))
		return CK_CONFIG_SIEVE;
	for (size_t i = 0; i < w->server->ndatabases; i++) {
		const struct ck_database *db = &w->server->databases[i];
		if (db->path && (strcmp(db->path, path) == 0 || below(db->path, path)))
			return kind_named(db->name);
	}
	const char *rest = below(w->server->conf->configdirectory, path);
	const char *state = rest ? layout_state_kind(rest) : NULL;
	return state ? kind_named(state) : CK_CONFIG_OTHER;
}

static void count(struct work *w, const struct stat *st)
{
	if (left_out(w, st->st_mode) || (!S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode)))
		return;
	struct ck_default_effect *sum = &w->sums[kind_of(w)];
	sum->files++;
	sum->bytes += S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
}

/* Takes @dirfd over, which is w->path; a directory that cannot be read is told by the backup. */
static int walk(struct work *w, int dirfd, unsigned depth)
{
	CK_CLOSE int fd = dirfd;
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	int r = w->watch && atomic_load(&w->watch->cancel) ? CK_ECANCEL : 0;
	size_t len = w->path.len;
	if (!dir && copy >= 0)
		(void)close(copy);
	for (const struct dirent *e; dir && r == 0 && (e = readdir(dir));) {
		struct stat st;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		r = ck_buf_addf(&w->path, "/%s", e->d_name) < 0 ? CK_ENOMEM : 0;
		if (r == 0 && !S_ISDIR(st.st_mode))
			count(w, &st);
		else if (r == 0 && depth < DEPTH_MAX && !is_partition(w) &&
		         !left_out(w, st.st_mode))
			r = walk(w, openat(fd, e->d_name, BELOW), depth + 1);
		w->path.len = len;
		w->path.data[len] = '\0';
	}
	if (dir)
		(void)closedir(dir);
	return r;
}

static int walk_root(struct work *w, const char *path)
{
	ck_buf_reset(&w->path);
	return ck_buf_adds(&w->path, path) < 0 ? CK_ENOMEM : walk(w, open(path, ROOT), 0);
}

/* A database that settings have put outside of the trees that were walked. */
static int count_far(struct work *w, const char *path)
{
	struct stat st;
	ck_buf_reset(&w->path);
	if (ck_buf_adds(&w->path, path) < 0)
		return CK_ENOMEM;
	if (lstat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		count(w, &st);
	return 0;
}

static int count_all(struct work *w)
{
	const struct ck_server *s = w->server;
	const char *home = s->conf->configdirectory;
	const char *sieve = w->sieve;
	int r = walk_root(w, home);
	if (sieve && (strcmp(sieve, home) == 0 || below(home, sieve)))
		sieve = NULL;
	if (r == 0 && sieve)
		r = walk_root(w, sieve);
	for (size_t i = 0; r == 0 && i < s->ndatabases; i++) {
		const char *path = s->databases[i].path;
		if (path && *path == '/' && !below(home, path) && !(sieve && below(sieve, path)))
			r = count_far(w, path);
	}
	for (int at = LAYOUT_PROC; r == 0 && at <= LAYOUT_LOCK; at++) {
		const char *moved = layout_moved(s->conf, at);
		if (moved && w->kept >> at & 1 && !below(home, moved))
			r = walk_root(w, moved);
	}
	return r;
}

int ck_config_size(const struct ck_server *server, uint32_t kept, struct ck_watch *watch,
                   struct ck_default_effect ret[CK_CONFIG_KINDS], struct ck_err *err)
{
	struct work w = {.server = server, .watch = watch, .kept = kept, .sums = ret};
	w.path = (struct ck_buf)CK_BUF_INIT;
	memset(ret, 0, CK_CONFIG_KINDS * sizeof *ret);
	if (server->conf && !server->sieve_at_home)
		w.sieve = server->conf->sievedir;
	int r = server->conf ? count_all(&w) : 0; /* none, no directories */
	ck_buf_fini(&w.path);
	if (r == CK_ECANCEL)
		return ck_err_set(err, r, "cancelled");
	return r < 0 ? ck_err_nomem(err) : 0;
}
