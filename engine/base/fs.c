/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One part of the path after the other, each without following a link. */
static int open_by_parts(int dirfd, const char *path, int flags, mode_t mode)
{
	CK_CLOSE int dir = -1;
	if (*path == '/') {
		errno = EXDEV; /* as openat2() says */
		return -1;
	}
	for (;;) {
		size_t len = strcspn(path, "/");
		size_t slashes = strspn(path + len, "/");
		CK_FREE char *part = strndup(path, len);
		if (!part)
			return -1;
		if (strcmp(part, "..") == 0) {
			errno = EXDEV;
			return -1;
		}
		int at = dir < 0 ? dirfd : dir;
		path += len + slashes;
		if (!*path)
			return openat(at, part,
			              flags | O_NOFOLLOW | O_CLOEXEC | (slashes ? O_DIRECTORY : 0),
			              mode);
		int next = openat(at, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -1;
		if (dir >= 0)
			(void)close(dir);
		dir = next;
	}
}

int fs_open_beneath(int dirfd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(__NR_openat2, dirfd, path, &how, sizeof how);
	/* Linux before 5.6 does not have it; filters of containers refuse what they do not know. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return open_by_parts(dirfd, path, flags, mode);
	return fd;
}

int fs_close_range(unsigned first, unsigned last)
{
	if (syscall(__NR_close_range, first, last, 0) == 0)
		return 0;
	/* Linux before 5.9: one by one. None can be above the hard limit, or above nr_open. */
	const unsigned most = 1u << 20;
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -1;
	unsigned end = limit.rlim_max < most ? (unsigned)limit.rlim_max : most;
	for (unsigned fd = first; fd <= last && fd < end; fd++)
		(void)close((int)fd);
	return 0;
}

int fs_open_foreign(int dirfd, const char *path)
{
	int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
	CK_CLOSE int fd =
		dirfd == AT_FDCWD ? open(path, flags) : fs_open_beneath(dirfd, path, flags, 0);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return CK_STEAL_FD(fd);
}

int fs_read_fd(int fd, size_t limit, struct ck_buf *ret, struct ck_err *err)
{
	struct stat st;
	size_t want = 65536;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    (uint64_t)st.st_size < limit)
		want = (size_t)st.st_size + 1;
	size_t got = 0;
	for (;;) {
		if (ck_buf_reserve(ret, want) < 0)
			return ck_err_nomem(err);
		ssize_t n = read(fd, ret->data + ret->len, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ck_err_sys(err, "cannot read");
		if (n == 0)
			break;
		ret->len += (size_t)n;
		got += (size_t)n;
		if (got > limit)
			return ck_err_set(err, CK_ECORRUPT, "larger than %zu bytes", limit);
		want = 65536;
	}
	ret->data[ret->len] = '\0';
	return 0;
}

int fs_read_file(int dirfd, const char *path, size_t limit, struct ck_buf *ret, struct ck_err *err)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (dirfd == AT_FDCWD ? 0 : O_NOFOLLOW);
	CK_CLOSE int fd = openat(dirfd, path, flags);
	if (fd < 0)
		return ck_err_sys(err, "cannot open '%s'", path);
	struct stat st;
	if (fstat(fd, &st) < 0)
		return ck_err_sys(err, "cannot stat '%s'", path);
	if (!S_ISREG(st.st_mode))
		return ck_err_set(err, CK_EUSAGE, "'%s' is not a regular file", path);
	int r = fs_read_fd(fd, limit, ret, err);
	return r < 0 ? ck_err_prefix(err, "'%s'", path) : 0;
}

int64_t fs_mtime_ns(const struct stat *st)
{
	uint64_t ns = (uint64_t)st->st_mtim.tv_sec * 1000000000 + (uint64_t)st->st_mtim.tv_nsec;
	return (int64_t)ns;
}

int64_t fs_pread(int fd, void *buf, size_t len, uint64_t offset)
{
	char *p = buf;
	size_t got = 0;
	while (got < len) {
		ssize_t n = pread(fd, p + got, len - got, (off_t)(offset + got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (int64_t)got;
}

int fs_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* fsync of the directory that holds path. */
static int sync_parent(int dirfd, const char *path)
{
	const char *slash = strrchr(path, '/');
	CK_FREE char *parent =
		slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	if (!parent) {
		errno = ENOMEM;
		return -1;
	}
	CK_CLOSE int fd = openat(dirfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -1 : fsync(fd);
}

static int write_synced(int dirfd, const char *path, const void *data, size_t len, mode_t mode)
{
	CK_CLOSE int fd =
		openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -1;
	if (fchmod(fd, mode) < 0 || fs_write_all(fd, data, len) < 0)
		return -1;
	return fsync(fd);
}

int fs_replace(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
               struct ck_err *err)
{
	CK_FREE char *tmp = NULL;
	if (asprintf(&tmp, "%s.%ld.tmp", path, (long)getpid()) < 0) {
		tmp = NULL;
		return ck_err_nomem(err);
	}
	(void)unlinkat(dirfd, tmp, 0); /* a leftover of an earlier process with our number */
	if (write_synced(dirfd, tmp, data, len, mode) < 0 ||
	    renameat(dirfd, tmp, dirfd, path) < 0) {
		int r = ck_err_sys(err, "cannot write '%s'", path);
		(void)unlinkat(dirfd, tmp, 0); /* the failure is already told */
		return r;
	}
	if (sync_parent(dirfd, path) < 0)
		return ck_err_sys(err, "cannot sync the directory of '%s'", path);
	return 0;
}

int fs_mkdirs(const char *path, mode_t mode, struct ck_err *err)
{
	CK_FREE char *part = strdup(path);
	if (!part)
		return ck_err_nomem(err);
	for (char *p = part;;) {
		char *slash = strchr(p + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return ck_err_sys(err, "cannot make directory '%s'", part);
		if (!slash)
			break;
		*slash = '/';
		p = slash;
	}
	struct stat st;
	if (stat(path, &st) < 0)
		return ck_err_sys(err, "cannot stat '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return ck_err_set(err, CK_EUSAGE, "'%s' is not a directory", path);
	return 0;
}

int fs_sync_dir(const char *path, struct ck_err *err)
{
	CK_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return ck_err_sys(err, "cannot sync directory '%s'", path);
	return 0;
}

void fs_tidy(char *path)
{
	char *to = path;
	for (const char *p = path; *p; p++) {
		bool last = to > path; /* a slash at the end may go */
		if (p[0] == '/' && (p[1] == '/' || (p[1] == '\0' && last)))
			continue;
		if (p[0] == '/' && p[1] == '.' && (p[2] == '/' || (p[2] == '\0' && last)))
			p++;
		else
			*to++ = *p;
	}
	*to = '\0';
}
