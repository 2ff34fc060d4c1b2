/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that are to start master and do not; with a real one: e2e/test_hold and test_giveback.
 */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cyrus/master.h"

/* Nobody may be left: a guard tries again every minute, for days if need be. */
static void a_start_that_takes_too_long_leaves_no_process(void **state)
{
	(void)state;
	CK_FREE char *dir = test_tmpdir();
	CK_FREE char *pidfile = NULL;
	CK_CLEANUP(ck_strv_fini) struct ck_strv argv = {0};
	struct ck_err err = CK_ERR_INIT;
	assert_true(asprintf(&pidfile, "%s/master.pid", dir) > 0);
	assert_int_equal(ck_strv_add(&argv, "sleep"), 0);
	assert_int_equal(ck_strv_add(&argv, "100"), 0);
	const struct master_control c = {.pidfile = pidfile, .start = argv, .timeout_s = 1};
	assert_err(master_start(&c, NULL, &err), &err, CK_ETIMEOUT, pidfile);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	test_rmtree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_that_takes_too_long_leaves_no_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
