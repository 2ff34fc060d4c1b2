/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that the user asks for: whole under their names, or not there. */
#include "support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archives/savefile.h"

struct place {
	char *dir, *path, *part;
	struct ck_buf bytes;
};

static int make_place(void **state)
{
	struct place *p = ck_alloc(1, sizeof *p);
	assert_non_null(p);
	p->dir = test_tmpdir();
	assert_true(asprintf(&p->path, "%s/1.eml", p->dir) > 0);
	assert_true(asprintf(&p->part, "%s/1.eml.partial", p->dir) > 0);
	for (int i = 0; i < 20000; i++)
		(void)ck_buf_addf(&p->bytes, "line %d\n", i);
	*state = p;
	return 0;
}

static int leave_place(void **state)
{
	struct place *p = *state;
	test_rmtree(p->dir);
	ck_buf_fini(&p->bytes);
	free(p->dir);
	free(p->path);
	free(p->part);
	free(p);
	return 0;
}

static void a_file_is_whole_and_its_owners(void **state)
{
	struct place *p = *state;
	struct ck_err err = CK_ERR_INIT;
	struct stat st;
	assert_ok(ui_save_file(p->path, &p->bytes, &err), &err);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_size, p->bytes.len);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(access(p->part, F_OK), -1);
}

static void what_is_there_is_never_written_over(void **state)
{
	struct place *p = *state;
	struct ck_err err = CK_ERR_INIT;
	struct stat st;
	test_write(p->path, "mine", 4);
	assert_true(ui_save_file(p->path, &p->bytes, &err) < 0);
	assert_true(test_contains(err.msg, "File exists"));
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(access(p->part, F_OK), -1);
}

/* The process dies in the middle of writing: the file is not there under its name. */
static void half_of_it_never_has_its_name(void **state)
{
	struct place *p = *state;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit half = {p->bytes.len / 2, p->bytes.len / 2};
		struct ck_err err;
		(void)signal(SIGXFSZ, SIG_DFL);
		(void)setrlimit(RLIMIT_FSIZE, &half);
		_exit(ui_save_file(p->path, &p->bytes, &err) < 0 ? 1 : 0);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(access(p->path, F_OK), -1);
	assert_int_equal(access(p->part, F_OK), 0);
}

/* It fails in the middle: nothing is left. */
static void a_failure_leaves_nothing(void **state)
{
	struct place *p = *state;
	struct ck_err err = CK_ERR_INIT;
	struct rlimit was, half;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	half = was;
	half.rlim_cur = p->bytes.len / 2;
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &half), 0);
	int r = ui_save_file(p->path, &p->bytes, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	(void)signal(SIGXFSZ, handler);
	assert_true(r < 0);
	assert_true(test_contains(err.msg, p->path));
	assert_int_equal(access(p->path, F_OK), -1);
	assert_int_equal(access(p->part, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_whole_and_its_owners, make_place,
	                                        leave_place),
		cmocka_unit_test_setup_teardown(what_is_there_is_never_written_over, make_place,
	                                        leave_place),
		cmocka_unit_test_setup_teardown(half_of_it_never_has_its_name, make_place,
	                                        leave_place),
		cmocka_unit_test_setup_teardown(a_failure_leaves_nothing, make_place, leave_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
