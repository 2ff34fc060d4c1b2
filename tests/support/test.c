/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include <cyrkeep/defs.h>

int test_contains(const char *text, const char *words)
{
	return text && strstr(text, words) != NULL;
}

bool test_in_valgrind(void)
{
	return RUNNING_ON_VALGRIND;
}

/* A fork takes one thread along. What only a register of another one points to looks lost in the
 * child: leaks are looked for in parents. */
static void forked(void)
{
	VALGRIND_CLO_CHANGE("--leak-check=no");
}

__attribute__((constructor)) static void prepare_forks(void)
{
	if (test_in_valgrind())
		(void)pthread_atfork(NULL, NULL, forked);
}

#if defined(__has_feature)
#define IS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

int test_slowness(void)
{
	return test_in_valgrind() ? 50 : IS_SANITIZED ? 5 : 1;
}

bool test_take_away(int number, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {.len = CK_COUNT(code), .filter = code};
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

bool test_is_slowed(void)
{
	return test_slowness() > 1;
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
