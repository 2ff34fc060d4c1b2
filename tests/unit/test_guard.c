/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guard does where it cannot do its work; what it does is seen in e2e/test_giveback. */
#include "support/test.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number.h"
#include "hold/guard.h"
#include "hold/journal.h"

#define PATIENCE_MS 10000

/* Has our only child, the guard, ended within the time? */
static bool has_ended(void)
{
	for (int64_t end = time_mono_ms() + PATIENCE_MS; time_mono_ms() < end;) {
		if (waitpid(-1, NULL, WNOHANG) > 0)
			return true;
		(void)poll(NULL, 0, 10);
	}
	return false;
}

/* In a process of its own, which may have few descriptors. @return its exit code. */
static int start_with_few(const char *dir)
{
	const struct rlimit few = {64, 64};
	struct guard *g = NULL;
	int fd = -1;
	if (journal_open(dir, JOURNAL_CREATE, &fd, NULL) < 0 ||
	    setrlimit(RLIMIT_NOFILE, &few) < 0 || guard_start(fd, 2, &g, NULL) < 0)
		return 1;
	/* It cannot keep what it needs: that shows before anything is stopped, and it goes. */
	if (!has_ended())
		return 2;
	return guard_is_alive(g) ? 3 : 0;
}

static void a_guard_without_descriptors_is_none(void **state)
{
	(void)state;
	if (test_in_valgrind())
		test_skip("Valgrind keeps descriptors of its own among the few");
	CK_FREE char *dir = test_tmpdir();
	int status = 0;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(start_with_few(dir));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	test_rmtree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guard_without_descriptors_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
