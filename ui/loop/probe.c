/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <cyrkeep/buf.h>

#define TEST_BYTES (1u << 20)

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/** Cut the last element off. @return false at the root. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');
	if (!slash || !path[1])
		return false;
	slash[slash == path] = '\0';
	return true;
}

static int write_file(int fd, const char *dir, struct ck_err *err)
{
	static const char block[65536];
	for (size_t done = 0; done < TEST_BYTES;) {
		ssize_t n = write(fd, block, sizeof block);
		if (n < 0 && errno != EINTR)
			return ck_err_sys(err, "cannot write a test file into '%s'", dir);
		done += n > 0 ? (size_t)n : 0; /* less than asked for: the next says why */
	}
	if (fsync(fd) < 0)
		return ck_err_sys(err, "cannot sync a test file in '%s'", dir);
	return CK_OK;
}

static int try_writing(const char *dir, struct ui_probe *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	if (ck_buf_addf(&name, "%s/.cyrkeep-test-XXXXXX", dir) < 0)
		return ck_err_nomem(err);
	int64_t start = now_ms();
	CK_CLOSE int fd = mkostemp(name.data, O_CLOEXEC);
	if (fd < 0)
		return ck_err_sys(err, "cannot make a test file in '%s'", dir);
	int r = write_file(fd, dir, err);
	if (unlink(name.data) < 0 && r == 0)
		r = ck_err_sys(err, "cannot remove the test file '%s'", name.data);
	ret->tried = r == 0;
	ret->tried_ms = now_ms() - start;
	return r;
}

int ui_probe(const char *path, bool try_it, struct ui_probe *ret, struct ck_err *err)
{
	CK_FREE char *dir = strdup(path);
	struct stat st;
	struct statvfs fs;
	if (!dir)
		return ck_err_nomem(err);
	*ret = (struct ui_probe){.exists = true};
	while (stat(dir, &st) < 0) {
		if (errno != ENOENT || !go_up(dir))
			return ck_err_sys(err, "cannot look at '%s'", path);
		ret->exists = false;
	}
	if (!S_ISDIR(st.st_mode))
		return ck_err_set(err, CK_EUSAGE, "'%s' is not a directory", dir);
	if (statvfs(dir, &fs) < 0)
		return ck_err_sys(err, "cannot ask for the free space of '%s'", dir);
	ret->device = st.st_dev;
	ret->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	ret->size_bytes = (uint64_t)fs.f_blocks * fs.f_frsize;
	ret->writable = access(dir, W_OK | X_OK) == 0;
	if (!ret->writable)
		return ck_err_sys(err, "cannot write into '%s'", dir);
	return try_it ? try_writing(dir, ret, err) : CK_OK;
}
