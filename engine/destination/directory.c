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
	char *scratch;          /* path */
};

static bool ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);
	return n > m && strcmp(name + n - m, suffix) == 0;
}

/* Is it one that we name so? Nothing else is ever removed. */
static bool is_ours(const char *name)
{
	return ends_in(name, SUFFIX PARTIAL) || ends_in(name, SUFFIX SCRATCH) ||
	       ends_in(name, SUFFIX SCRATCH ROLLBACK);
}

/* Host names go into file names: letters, digits, dots and dashes only. */
static char *file_name(const char *host, int64_t now)
{
	char stamp[32], *name = NULL;
	CK_CLEANUP(ck_buf_fini) struct ck_buf safe = CK_BUF_INIT;
	for (const char *p = host ? host : ""; *p; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		             (*p >= '0' && *p <= '9') || *p == '-' || (*p == '.' && p != host);
		(void)ck_buf_addc(&safe, plain ? *p : '_');
	}
	time_compact(now, stamp);
	if (safe.failed ||
	    asprintf(&name, "%s-%s" SUFFIX, safe.len ? safe.data : "cyrus", stamp) < 0)
		return NULL;
	return name;
}

/* Try to begin the archive of this second. @return 1, 0 when the name is taken, or a failure. */
static int try_name(struct partial *p, const char *host, int64_t now, struct ck_err *err)
{
	CK_FREE char *name = file_name(host, now);
	CK_FREE char *temporary = NULL;
	struct stat st;
	if (!name || asprintf(&temporary, "%s" PARTIAL, name) < 0)
		return ck_err_nomem(err);
	if (fstatat(p->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	p->fd = openat(p->dirfd, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	               0600);
	if (p->fd < 0 && errno == EEXIST)
		return 0;
	if (p->fd < 0) {
		(void)ck_err_sys(err, "cannot create an archive in '%s'", p->directory);
		return ck_err_remedy(err, "give a destination that you may write to");
	}
	/* A sweep that came between took it for dead: then the next second does. */
	if (flock(p->fd, LOCK_EX) < 0 || fstat(p->fd, &st) < 0 || !st.st_nlink) {
		ck_closep(&p->fd);
		p->fd = -1;
		return 0;
	}
	p->temporary = CK_STEAL(temporary);
	p->name = CK_STEAL(name);
	return 1;
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
	int r = fs_mkdirs(directory, 0700, err);
	if (r < 0)
		return ck_err_prefix(err, "destination");
	(void)directory_sweep(directory, NULL);
	p->directory = strdup(directory);
	if (!p->directory)
		return ck_err_nomem(err);
	p->dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dirfd < 0)
		return ck_err_sys(err, "cannot open destination '%s'", directory);
	for (int i = 0; i < TRIES && !r; i++)
		r = try_name(p, host, now + i, err);
	if (r < 0)
		return r;
	if (!r)
		return ck_err_set(err, CK_EBUSY, "every archive name in '%s' is taken", directory);
	if (asprintf(&p->path, "%s/%s", directory, p->name) < 0 ||
	    asprintf(&p->growing, "%s/%s", directory, p->temporary) < 0 ||
	    asprintf(&p->scratch, "%s/%s" SCRATCH, directory, p->name) < 0)
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

int partial_finish(struct partial *p, struct ck_err *err)
{
	if (renameat2(p->dirfd, p->temporary, p->dirfd, p->name, RENAME_NOREPLACE) < 0) {
		/* Some file systems cannot refuse to replace; there the name is free, or was
		 * when we began. */
		struct stat st;
		if (errno != EINVAL || fstatat(p->dirfd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
		    renameat(p->dirfd, p->temporary, p->dirfd, p->name) < 0)
			return ck_err_sys(err, "cannot put archive '%s' in place", p->path);
	}
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
	if (rename(p->growing, p->apart) < 0)
		return NULL;
	free(p->temporary);
	p->temporary = NULL;
	return p->apart;
}

void partial_close(struct partial *p)
{
	if (!p)
		return;
	if (p->temporary)
		(void)unlinkat(p->dirfd, p->temporary, 0);
	if (p->scratch)
		(void)unlink(p->scratch);
	ck_closep(&p->fd);
	ck_closep(&p->dirfd);
	free(p->directory);
	free(p->name);
	free(p->path);
	free(p->temporary);
	free(p->growing);
	free(p->apart);
	free(p->scratch);
	free(p);
}

/* Is the archive that this scratch file belongs to still being written? */
static bool is_alive(int dirfd, const char *name)
{
	CK_FREE char *owner = strdup(name);
	if (!owner)
		return true;
	const char *scratch = strstr(name, SUFFIX SCRATCH);
	if (scratch) {
		size_t stem = (size_t)(scratch - name) + strlen(SUFFIX);
		(void)snprintf(owner + stem, strlen(PARTIAL) + 1, PARTIAL);
	}
	CK_CLOSE int fd = openat(dirfd, owner, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno != ENOENT;
	return flock(fd, LOCK_EX | LOCK_NB) < 0;
}

static DIR *open_listing(const char *directory, struct ck_err *err)
{
	DIR *dir = opendir(directory);
	if (!dir)
		(void)ck_err_sys(err, "cannot read destination '%s'", directory);
	return dir;
}

static void closedirp(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

int directory_sweep(const char *directory, struct ck_err *err)
{
	CK_CLEANUP(closedirp) DIR *dir = open_listing(directory, err);
	if (!dir)
		return ck_code_of_errno(errno);
	int swept = 0;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (is_ours(e->d_name) && !is_alive(dirfd(dir), e->d_name) &&
		    unlinkat(dirfd(dir), e->d_name, 0) == 0)
			swept++;
	}
	return swept;
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
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (ends_in(e->d_name, ".tar.zst") && ck_strv_add(ret, e->d_name) < 0)
			return ck_err_nomem(err);
	}
	if (ret->n - before > 1)
		qsort(ret->items + before, ret->n - before, sizeof *ret->items, by_name);
	return 0;
}
