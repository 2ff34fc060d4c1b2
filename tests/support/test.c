/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int test_contains(const char *text, const char *words)
{
	return text && strstr(text, words) != NULL;
}

bool test_in_valgrind(void)
{
	return test_contains(getenv("LD_PRELOAD"), "/vgpreload_");
}

#ifndef __has_feature
#define __has_feature(x) 0
#endif

bool test_is_slowed(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
	__has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
	return true;
#else
	return test_in_valgrind();
#endif
}

char *test_tmpdir(void)
{
	const char *base = getenv("TMPDIR");
	char *path = NULL;
	if (asprintf(&path, "%s/cyrkeep-test-XXXXXX", base && *base ? base : "/tmp") < 0)
		fail_msg("out of memory");
	if (!mkdtemp(path))
		fail_msg("cannot make '%s': %s", path, strerror(errno));
	return path;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void test_rmtree(const char *path)
{
	(void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void test_write(const char *path, const void *data, size_t len)
{
	char *copy = strdup(path);
	assert_non_null(copy);
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			fail_msg("cannot make '%s': %s", copy, strerror(errno));
		*slash = '/';
	}
	free(copy);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len || close(fd) < 0)
		fail_msg("cannot write '%s': %s", path, strerror(errno));
}
