/* SPDX-License-Identifier: BSD-2-Clause */
#include "destination/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"
#include "destination/mounted.h"

#define SUFFIX   "-full.tar.zst"
#define PARTIAL  ".partial"
#define SCRATCH  ".catalog.partial"
#define ROLLBACK "-journal" /* SQLite's, beside a scratch whose writer was killed */
#define TRIES    120        /* seconds that may be taken already */

struct partial {
	int dirfd, fd;
	char *directory, *name; /* final name */
	char *path;             /* final path */
	char *temporary;        /* name while it grows; NULL: not there */
	char *growing;          /* the path of that name */
	char *apart;            /* the path under which it was set apart */
	char *scratch_name;     /* NULL: not there */
	char *scratch;          /* path, without links on the way */
};

static bool ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);
	return n > m && strcmp(name + n - m, suffix) == 0;
}

/* Host names go into file names: letters, digits, dots and dashes only. Owned. */
static char *safe_host(const char *host)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf safe = CK_BUF_INIT;
	if (!host || !*host)
		host = "cyrus";
	for (const char *p = host; *p; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		             (*p >= '0' && *p <= '9') || *p == '-' || (*p == '.' && p != host);
		(void)ck_buf_addc(&safe, plain ? *p : '_');
	}
	return ck_buf_take(&safe);
}

/* -- a new archive ---------------------------------------------------------------------------- */

static int new_file(int dirfd, const char *name)
{
	return openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* Some file systems, such as NFS without its lock daemon, have no locks. There nobody can tell a
 * partial that grows from a dead one, and so none is ever swept: nothing is lost by going on. */
static bool has_no_locks(int sys)
{
	return sys == ENOLCK || sys == EOPNOTSUPP || sys == ENOSYS || sys == EINVAL;
}

/* @return 1, 0 when a sweep that came between took it for dead, or -1 with errno. */
static int lock_new(int fd)
{
	struct stat st;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (has_no_locks(errno))
			return 1;
		if (errno != EINTR)
			return errno == EWOULDBLOCK ? 0 : -1;
	}
	return fstat(fd, &st) < 0 ? -1 : st.st_nlink > 0;
}

static int refuse_new(const struct partial *p, const char *what, struct ck_err *err)
{
	(void)ck_err_sys(err, "cannot %s an archive in '%s'", what, p->directory);
	return ck_err_remedy(err, "give a destination that you may write to");
}

/* Try to begin the archive of this second. @return 1, 0 when the name is taken, or a failure. */
static int try_name(struct partial *p, const char *host, int64_t now, struct ck_err *err)
{
	char stamp[32];
	struct stat st;
	time_compact(now, stamp);
	if (asprintf(&p->name, "%s-%s" SUFFIX, host, stamp) < 0)
		p->name = NULL;
	CK_FREE char *temporary = NULL, *scratch = NULL;
	if (!p->name || asprintf(&temporary, "%s" PARTIAL, p->name) < 0 ||
	    asprintf(&scratch, "%s" SCRATCH, p->name) < 0)
		return ck_err_nomem(err);
	if (fstatat(p->dirfd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	p->fd = new_file(p->dirfd, temporary);
	if (p->fd < 0)
		return errno == EEXIST ? 0 : refuse_new(p, "create", err);
	int r = lock_new(p->fd);
	if (r == 0)
		return 0; /* whoever took it for dead removes it */
	p->temporary = CK_STEAL(temporary);
	if (r < 0)
		return refuse_new(p, "lock", err);
	CK_CLOSE int fd = new_file(p->dirfd, scratch);
	if (fd < 0)
		return errno == EEXIST ? 0 : refuse_new(p, "create", err);
	p->scratch_name = CK_STEAL(scratch);
	return 1;
}

/* What an attempt has left behind. */
static void drop(struct partial *p)
{
	if (p->temporary)
		(void)unlinkat(p->dirfd, p->temporary, 0);
	if (p->scratch_name)
		(void)unlinkat(p->dirfd, p->scratch_name, 0);
	ck_closep(&p->fd);
	p->fd = -1;
	free(p->name);
	free(p->temporary);
	free(p->scratch_name);
	p->name = p->temporary = p->scratch_name = NULL;
}

static void partial_closep(struct partial **p)
{
	partial_close(*p);
}

int partial_open(const char *directory, const char *host, int64_t now, struct partial **ret,
                 struct ck_err *err)
{
	CK_CLEANUP(partial_closep) struct partial *p = ck_alloc(1, sizeof *p);
	if (!p)
		return ck_err_nomem(err);
	p->dirfd = p->fd = -1;
	int r = directory_check(directory, err);
	if (r < 0)
		return r;
	(void)directory_sweep(directory, host, NULL);
	CK_FREE char *safe = safe_host(host), *real = realpath(directory, NULL);
	p->directory = strdup(directory);
	if (!p->directory || !safe)
		return ck_err_nomem(err);
	p->dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dirfd < 0 || !real)
		return ck_err_sys(err, "cannot open destination '%s'", directory);
	for (int i = 0; i < TRIES && !r; i++) {
		drop(p);
		r = try_name(p, safe, now + i, err);
	}
	if (r < 0)
		return r;
	if (!r)
		return ck_err_set(err, CK_EBUSY, "every archive name in '%s' is taken", directory);
	if (asprintf(&p->path, "%s/%s", directory, p->name) < 0 ||
	    asprintf(&p->growing, "%s/%s", directory, p->temporary) < 0 ||
	    asprintf(&p->scratch, "%s/%s", real, p->scratch_name) < 0)
		return ck_err_nomem(err);
	*ret = CK_STEAL(p);
	return 0;
}

int partial_fd(const struct partial *p)
{
	return p->fd;
}

const char *partial_path(const struct partial *p)
{
	return p->path;
}

const char *partial_temporary(const struct partial *p)
{
	return p->growing;
}

const char *partial_scratch(const struct partial *p)
{
	return p->scratch;
}

uint64_t partial_free_bytes(const struct partial *p)
{
	struct statvfs vfs;
	if (fstatvfs(p->fd, &vfs) < 0)
		return UINT64_MAX;
	return (uint64_t)vfs.f_bavail * vfs.f_frsize;
}

/* What was mounted there may be gone, or something else be mounted over it. */
static int check_same(const struct partial *p, struct ck_err *err)
{
	struct stat ours, theirs;
	if (fstat(p->dirfd, &ours) == 0 && stat(p->directory, &theirs) == 0 &&
	    ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
		return 0;
	(void)ck_err_set(err, CK_EIO,
	                 "destination '%s' is not the directory any more in which the archive was "
	                 "begun",
	                 p->directory);
	return ck_err_remedy(err, "see whether its disk is still mounted, and back up again");
}

int partial_finish(struct partial *p, struct ck_err *err)
{
	struct stat st;
	int r = check_same(p, err);
	if (r < 0)
		return r;
	r = renameat2(p->dirfd, p->temporary, p->dirfd, p->name, RENAME_NOREPLACE);
	/* Some file systems cannot refuse to replace; there the name is free, or was when we
	 * began. */
	if (r < 0 && (errno == EINVAL || errno == ENOSYS)) {
		errno = EEXIST;
		if (fstatat(p->dirfd, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = renameat(p->dirfd, p->temporary, p->dirfd, p->name);
	}
	if (r < 0 && errno == EEXIST)
		return ck_err_set(err, CK_EBUSY, "somebody else has made '%s' meanwhile", p->path);
	if (r < 0)
		return ck_err_sys(err, "cannot put archive '%s' in place", p->path);
	free(p->temporary);
	p->temporary = NULL;
	if (fsync(p->dirfd) < 0)
		return ck_err_sys(err, "cannot sync destination '%s'", p->directory);
	return 0;
}

const char *partial_set_apart(struct partial *p)
{
	if (asprintf(&p->apart, "%s.damaged", p->path) < 0) {
		p->apart = NULL;
		return NULL;
	}
	if (renameat(p->dirfd, p->temporary, p->dirfd, strrchr(p->apart, '/') + 1) < 0)
		return NULL;
	free(p->temporary);
	p->temporary = NULL;
	return p->apart;
}

void partial_close(struct partial *p)
{
	if (!p)
		return;
	drop(p);
	ck_closep(&p->dirfd);
	free(p->directory);
	free(p->path);
	free(p->growing);
	free(p->apart);
	free(p->scratch);
	free(p);
}

/* -- dead writers ----------------------------------------------------------------------------- */

#define STAMP_LEN 16 /* as time_compact() writes it */

static bool is_stamp(const char *s)
{
	static const char shape[] = "00000000T000000Z";
	for (size_t i = 0; i < STAMP_LEN; i++)
		if (shape[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i])
			return false;
	return true;
}

bool directory_name(const char *name, struct directory_name *ret)
{
	static const char *const kinds[] = {"full", "incr"};
	static const char rest[] = "-full.tar.zst";
	size_t len = strlen(name), behind = 1 + STAMP_LEN + strlen(rest);
	if (len <= behind || !ends_in(name, ".tar.zst"))
		return false;
	const char *dash = name + len - behind, *stamp = dash + 1, *kind = stamp + STAMP_LEN + 1;
	if (*dash != '-' || kind[-1] != '-' || !is_stamp(stamp))
		return false;
	*ret = (struct directory_name){.host = (size_t)(dash - name)};
	for (size_t i = 0; i < CK_COUNT(kinds); i++)
		if (strncmp(kind, kinds[i], strlen(kinds[i])) == 0)
			ret->kind = kinds[i];
	char time[32];
	(void)snprintf(time, sizeof time, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", stamp, stamp + 4,
	               stamp + 6, stamp + 9, stamp + 11, stamp + 13);
	return ret->kind && time_parse_rfc3339(time, &ret->started);
}

/* The length of the archive's name in that of something unfinished that @host made, or 0. */
static size_t is_unfinished(const char *name, const char *host)
{
	static const char *const endings[] = {PARTIAL, SCRATCH, SCRATCH ROLLBACK};
	size_t len = strlen(host);
	if (strncmp(name, host, len) != 0 || name[len] != '-')
		return 0;
	if (!is_stamp(name + len + 1))
		return 0;
	len += 1 + STAMP_LEN;
	if (strncmp(name + len, SUFFIX, strlen(SUFFIX)) != 0)
		return 0;
	len += strlen(SUFFIX);
	for (size_t i = 0; i < CK_COUNT(endings); i++)
		if (strcmp(name + len, endings[i]) == 0)
			return len;
	return 0;
}

/* Is it a file that we made? */
static bool is_our_file(int dirfd, const char *name)
{
	struct stat st;
	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       st.st_uid == geteuid() && st.st_nlink == 1;
}

/* Hold the lock of what grows under @name, so that nobody else does and no writer that made it just
 * now takes it for his. @return a descriptor; -1 when somebody writes, or may for all that can be
 * told; -2 when there is nothing under that name. */
static int lock_dead(int dirfd, const char *name)
{
	struct stat locked, named;
	/* Writable: NFS has no exclusive lock for others. */
	CK_CLOSE int fd = openat(dirfd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -2 : -1;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &locked) < 0 ||
	    fstatat(dirfd, name, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	    locked.st_ino != named.st_ino || locked.st_dev != named.st_dev)
		return -1;
	return CK_STEAL_FD(fd);
}

/* Remove @name, left of the archive called by its first @len bytes, if nobody writes that. */
static bool sweep(int dirfd, const char *name, size_t len)
{
	CK_FREE char *growing = NULL;
	if (asprintf(&growing, "%.*s" PARTIAL, (int)len, name) < 0) {
		growing = NULL;
		return false;
	}
	CK_CLOSE int lock = lock_dead(dirfd, growing);
	return lock != -1 && is_our_file(dirfd, name) && unlinkat(dirfd, name, 0) == 0;
}

static void closedirp(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

/* NULL at the end, with errno when it is none. */
static const struct dirent *next_entry(DIR *dir)
{
	errno = 0;
	return readdir(dir);
}

int directory_sweep(const char *directory, const char *host, struct ck_err *err)
{
	CK_CLEANUP(closedirp) DIR *dir = opendir(directory);
	CK_FREE char *safe = safe_host(host);
	if (!dir)
		return ck_err_sys(err, "cannot read destination '%s'", directory);
	if (!safe)
		return ck_err_nomem(err);
	int swept = 0;
	for (const struct dirent *e; (e = next_entry(dir));) {
		size_t len = is_unfinished(e->d_name, safe);
		swept += len && sweep(dirfd(dir), e->d_name, len);
	}
	return errno ? ck_err_sys(err, "cannot read all of destination '%s'", directory) : swept;
}

/* -- the directory ---------------------------------------------------------------------------- */

int directory_check(const char *directory, struct ck_err *err)
{
	CK_FREE char *missing = NULL;
	struct stat st;
	int r = mounted_missing(directory, "/etc/fstab", "/proc/self/mounts", &missing, err);
	if (r < 0)
		return r;
	if (missing) {
		(void)ck_err_set(err, CK_EFAIL,
		                 "destination '%s' is not there: '%s' is not mounted", directory,
		                 missing);
		return ck_err_remedy(err, "mount it, or take it out of /etc/fstab");
	}
	r = fs_mkdirs(directory, 0700, err);
	if (r < 0)
		return ck_err_prefix(err, "destination");
	if (stat(directory, &st) < 0)
		return ck_err_sys(err, "cannot look at destination '%s'", directory);
	if ((st.st_mode & (S_IWOTH | S_ISVTX)) != S_IWOTH)
		return 0;
	(void)ck_err_set(err, CK_EDENIED,
	                 "destination '%s' may be changed by everybody on this host", directory);
	return ck_err_remedy(err, "chmod o-w, or where its file system has no modes, mount it with "
	                          "umask=077");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int directory_list(const char *directory, struct ck_strv *ret, struct ck_err *err)
{
	CK_CLEANUP(closedirp) DIR *dir = opendir(directory);
	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return ck_err_sys(err, "cannot read destination '%s'", directory);
	size_t before = ret->n;
	for (const struct dirent *e; (e = next_entry(dir));) {
		if (ends_in(e->d_name, ".tar.zst") && ck_strv_add(ret, e->d_name) < 0)
			return ck_err_nomem(err);
	}
	if (errno)
		return ck_err_sys(err, "cannot read all of destination '%s'", directory);
	if (ret->n - before > 1)
		qsort(ret->items + before, ret->n - before, sizeof *ret->items, by_name);
	return 0;
}
