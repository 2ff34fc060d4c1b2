/* SPDX-License-Identifier: BSD-2-Clause */
#include "job/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"
#include "cyrus/process.h"

#define LAST_NUMBER "last"
#define RETRY_MS    20

char *dir_path(const struct ck_settings *settings, uint32_t job)
{
	char *path;
	return asprintf(&path, "%s/jobs/%u", settings->state, job) < 0 ? NULL : path;
}

char *dir_file(const struct ck_settings *settings, uint32_t job, const char *name)
{
	char *path;
	return asprintf(&path, "%s/jobs/%u/%s", settings->state, job, name) < 0 ? NULL : path;
}

int dir_refuse_missing(uint32_t job, struct ck_err *err)
{
	(void)ck_err_set(err, CK_ENOTFOUND, "there is no job %u", job);
	(void)ck_err_remedy(err, "see which there are with: cyrkeep jobs");
	return CK_ENOTFOUND; /* without @err too */
}

int dir_open(const struct ck_settings *settings, uint32_t job, const char *name)
{
	CK_FREE char *path = dir_file(settings, job, name);
	CK_CLOSE int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return CK_STEAL_FD(fd);
}

/* Open file description locks: inherited by the worker, seen through by everybody else. */
static int set_lock(int fd, int command)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int r = fcntl(fd, command, &lock);
	return r == 0 && command == F_OFD_GETLK ? lock.l_type != F_UNLCK : r;
}

static int check_owner(const char *path, struct ck_err *err)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : ck_err_sys(err, "cannot look at '%s'", path);
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		(void)ck_err_set(err, CK_EDENIED,
		                 "the state directory '%s' belongs to another user (uid %u)", path,
		                 (unsigned)st.st_uid);
		return ck_err_remedy(err, "run cyrkeep as that user, or chown it");
	}
	if (!(st.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	(void)ck_err_set(err, CK_EDENIED, "the state directory '%s' is one that others may change",
	                 path);
	return ck_err_remedy(err, "look what they have put there, then chmod go-w");
}

int dir_check_owner(const struct ck_settings *settings, struct ck_err *err)
{
	CK_FREE char *jobs = NULL;
	if (asprintf(&jobs, "%s/jobs", settings->state) < 0)
		return ck_err_nomem(err);
	int r = check_owner(settings->state, err);
	return r < 0 ? r : check_owner(jobs, err);
}

/* The lock itself does not tell who has it. Without the number it is only harder to find out. */
static void note_holder(int fd)
{
	char text[16];
	int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) != len)
		(void)ftruncate(fd, 0);
}

/* Somebody starts a job and does not come to the end of it. */
static int refuse_held(int fd, const char *path, struct ck_err *err)
{
	char text[16] = "";
	uint64_t pid = 0;
	struct process p;
	int64_t n = fs_pread(fd, text, sizeof text - 1, 0);
	size_t len = strcspn(text, "\n");
	if (n <= 0 || !number_parse(text, len, INT32_MAX, &pid) || !process_read((pid_t)pid, &p)) {
		(void)ck_err_set(err, CK_EBUSY,
		                 "somebody else is starting a job and does not come to the end of "
		                 "it: '%s' is locked",
		                 path);
		return ck_err_remedy(err, "see who has it open, with: fuser -v '%s'", path);
	}
	bool suspended = p.state == 'T' || p.state == 't';
	(void)ck_err_set(err, CK_EBUSY,
	                 "process %u is starting a job and does not come to the end of it%s",
	                 (unsigned)pid, suspended ? ": it is suspended" : "");
	return suspended ? ck_err_remedy(err, "let it go on with 'kill -CONT %u', or end it",
	                                 (unsigned)pid)
	                 : ck_err_remedy(err, "see what it waits for, or end it");
}

/* There is no job without a state directory. */
static int tell_unusable(int code, struct ck_err *err)
{
	(void)ck_err_remedy(err, "%sname another directory with --state",
	                    code == CK_EDENIED    ? "run cyrkeep as root, or "
	                    : code == CK_ENOSPACE ? "make room there, or "
	                                          : "");
	return code;
}

int dir_lock_numbers(const struct ck_settings *settings, int patience_ms, int *ret_fd,
                     struct ck_err *err)
{
	CK_FREE char *jobs = NULL, *path = NULL;
	if (asprintf(&jobs, "%s/jobs", settings->state) < 0 ||
	    asprintf(&path, "%s/.lock", jobs) < 0)
		return ck_err_nomem(err);
	int r = fs_mkdirs(jobs, 0700, err);
	if (r < 0)
		return tell_unusable(r, err);
	r = dir_check_owner(settings, err);
	if (r < 0)
		return r;
	CK_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return tell_unusable(ck_err_sys(err, "cannot open '%s'", path), err);
	for (int left_ms = patience_ms; set_lock(fd, F_OFD_SETLK) < 0; left_ms -= RETRY_MS) {
		const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return ck_err_sys(err, "cannot lock '%s'", path);
		if (left_ms <= 0)
			return refuse_held(fd, path, err);
		(void)nanosleep(&pause, NULL);
	}
	note_holder(fd);
	*ret_fd = CK_STEAL_FD(fd);
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x < y) - (x > y);
}

static bool is_directory(int dir, const struct dirent *e)
{
	struct stat st;
	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

int dir_list(const struct ck_settings *settings, uint32_t **ret, size_t *ret_n, struct ck_err *err)
{
	CK_FREE char *path = NULL;
	CK_FREE uint32_t *jobs = NULL;
	size_t n = 0;
	if (asprintf(&path, "%s/jobs", settings->state) < 0)
		return ck_err_nomem(err);
	DIR *dir = opendir(path);
	if (!dir && errno != ENOENT)
		return ck_err_sys(err, "cannot list '%s'", path);
	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		uint64_t job;
		if (e->d_name[0] == '0' || !is_directory(dirfd(dir), e) ||
		    !number_parse(e->d_name, strlen(e->d_name), UINT32_MAX, &job))
			continue;
		uint32_t *more = n % 64 ? jobs : reallocarray(jobs, n + 64, sizeof *jobs);
		if (!more) {
			(void)closedir(dir);
			return ck_err_nomem(err);
		}
		jobs = more;
		jobs[n++] = (uint32_t)job;
	}
	if (dir)
		(void)closedir(dir);
	if (n)
		qsort(jobs, n, sizeof *jobs, newest_first);
	*ret = CK_STEAL(jobs);
	*ret_n = n;
	return 0;
}

/* The highest number ever given out: directories may have been removed since. */
static uint32_t read_last(int jobs)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	uint64_t last;
	if (fs_read_file(jobs, LAST_NUMBER, 64, &text, NULL) < 0)
		return 0;
	size_t len = strcspn(text.data, "\n");
	return number_parse(text.data, len, UINT32_MAX, &last) ? (uint32_t)last : 0;
}

/* Whatever bears the number, it is given out only once. */
static int make_number(int jobs, const char *path, uint32_t number, struct ck_err *err)
{
	char name[16];
	int len = snprintf(name, sizeof name, "%u\n", number);
	int r = fs_replace(jobs, LAST_NUMBER, name, (size_t)len, 0600, err);
	if (r < 0)
		return tell_unusable(ck_err_prefix(err, "'%s'", path), err);
	name[len - 1] = '\0';
	/* An undo journal in a directory that a power cut takes away would undo nothing. */
	if (mkdirat(jobs, name, 0700) < 0 || fsync(jobs) < 0)
		return tell_unusable(ck_err_sys(err, "cannot make '%s/%s'", path, name), err);
	return 0;
}

int dir_make_next(const struct ck_settings *settings, uint32_t above, uint32_t *ret_job,
                  struct ck_err *err)
{
	CK_FREE char *path = NULL;
	CK_FREE uint32_t *list = NULL;
	size_t n;
	int r = dir_list(settings, &list, &n, err);
	if (r < 0)
		return r;
	if (asprintf(&path, "%s/jobs", settings->state) < 0)
		return ck_err_nomem(err);
	CK_CLOSE int jobs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (jobs < 0)
		return ck_err_sys(err, "cannot open '%s'", path);
	uint32_t last = read_last(jobs);
	if (n && list[0] > last)
		last = list[0];
	if (above > last)
		last = above;
	if (last == UINT32_MAX)
		return ck_err_set(err, CK_EFAIL, "'%s' has run out of job numbers", path);
	r = make_number(jobs, path, last + 1, err);
	if (r == 0)
		*ret_job = last + 1;
	return r;
}

int dir_lock_worker(const struct ck_settings *settings, uint32_t job, int *ret_fd,
                    struct ck_err *err)
{
	CK_FREE char *path = dir_file(settings, job, "lock");
	if (!path)
		return ck_err_nomem(err);
	CK_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ck_err_sys(err, "cannot open '%s'", path);
	if (set_lock(fd, F_OFD_SETLK) < 0)
		return errno == EAGAIN || errno == EACCES
		               ? ck_err_set(err, CK_EBUSY, "job %u has a worker already", job)
		               : ck_err_sys(err, "cannot lock '%s'", path);
	*ret_fd = CK_STEAL_FD(fd);
	return 0;
}

bool dir_is_alive(const struct ck_settings *settings, uint32_t job)
{
	CK_CLOSE int fd = dir_open(settings, job, "lock");
	return fd >= 0 && set_lock(fd, F_OFD_GETLK) == 1;
}
