/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading past the page cache where a file system takes O_DIRECT and then refuses to read by it. */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "archive/direct.h"
#include <cyrkeep/buf.h>

static int stubborn = -1; /* a descriptor that refuses */
static bool switched;     /* and was switched to the page cache by somebody */

/* Ours instead of libc's: between its refusal and our look at it, another thread, refused as well,
 * has switched O_DIRECT off. */
ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
	if (fd == stubborn && !switched) {
		switched = true;
		(void)direct_set(fd, false);
		errno = EINVAL;
		return -1;
	}
	return syscall(SYS_pread64, fd, buf, len, offset);
}

static void a_refusal_of_two_threads_at_once_is_no_damage(void **state)
{
	(void)state;
	CK_FREE char *dir = test_tmpdir(), *path = NULL;
	struct ck_err err = CK_ERR_INIT;
	const char *got = NULL;
	assert_true(asprintf(&path, "%s/file", dir) > 0);
	test_write(path, "0123456789", 10);
	stubborn = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(stubborn >= 0);
	struct direct_reader d = DIRECT_READER_INIT(stubborn);
	assert_ok(direct_read(&d, 2, 5, &got, &err), &err);
	assert_true(switched);
	assert_memory_equal(got, "23456", 5);
	assert_err(direct_read(&d, 2, 50, &got, &err), &err, CK_ECORRUPT, "ends before");
	direct_reader_fini(&d);
	(void)close(stubborn);
	test_rmtree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_of_two_threads_at_once_is_no_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
