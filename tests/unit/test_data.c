/* SPDX-License-Identifier: BSD-2-Clause */
/* Recipes and themes are found from every place that the program may lie in. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cyrkeep/data.h>

struct tree {
	char *dir;
	struct ck_buf path;
};

static const char *below(struct tree *t, const char *name)
{
	ck_buf_reset(&t->path);
	assert_int_equal(ck_buf_addf(&t->path, "%s/%s", t->dir, name), 0);
	return t->path.data;
}

static int tree_open(void **state)
{
	struct tree *t = calloc(1, sizeof *t);
	t->path = (struct ck_buf)CK_BUF_INIT;
	t->dir = test_tmpdir();
	*state = t;
	return 0;
}

static int tree_close(void **state)
{
	struct tree *t = *state;
	test_rmtree(t->dir);
	ck_buf_fini(&t->path);
	free(t->dir);
	free(t);
	return 0;
}

/* The program at @program finds @want (below the tree), or nothing when it is NULL. */
static void finds(struct tree *t, const char *program, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	test_write(below(t, program), "", 0);
	CK_FREE char *at = strdup(t->path.data);
	int r = ck_data_find(at, "engine/recipes", "test-only.conf", &got);
	assert_int_equal(r, want ? 0 : CK_ENOTFOUND);
	assert_string_equal(got.data, want ? below(t, want) : CK_DATADIR "/recipes/test-only.conf");
}

static void a_built_program_finds_them_beside_its_source(void **state)
{
	struct tree *t = *state;
	test_write(below(t, "engine/recipes/test-only.conf"), "", 0);
	finds(t, "build/cyrkeep", "engine/recipes/test-only.conf");
	finds(t, "build/asan/cyrkeep", "engine/recipes/test-only.conf");
}

static void an_installed_program_finds_them_below_its_prefix(void **state)
{
	struct tree *t = *state;
	test_write(below(t, "usr/share/cyrkeep/recipes/test-only.conf"), "", 0);
	finds(t, "usr/bin/cyrkeep", "usr/share/cyrkeep/recipes/test-only.conf");
	finds(t, "bin/cyrkeep", NULL);
}

static void what_is_missing_should_be_in_the_configured_place(void **state)
{
	finds(*state, "bin/cyrkeep", NULL);
	finds(*state, "cyrkeep", NULL);
}

static void a_file_of_another_user_above_the_program_is_passed_over(void **state)
{
	struct tree *t = *state;
	if (getuid() != 0)
		test_skip("only root can give files away");
	test_write(below(t, "engine/recipes/test-only.conf"), "", 0);
	assert_int_equal(chown(t->path.data, 65534, 65534), 0);
	finds(t, "build/cyrkeep", NULL);
	assert_int_equal(chown(below(t, "build/cyrkeep"), 65534, 65534), 0);
	finds(t, "build/cyrkeep", "engine/recipes/test-only.conf");
}

static void a_directory_is_no_data_file(void **state)
{
	struct tree *t = *state;
	test_write(below(t, "engine/recipes/test-only.conf/x"), "", 0);
	finds(t, "build/cyrkeep", NULL);
}

static void the_running_program_is_meant_by_default(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	assert_int_equal(ck_data_find(NULL, "engine/recipes", "master-process.conf", &got), 0);
	assert_int_equal(access(got.data, R_OK), 0);
	assert_int_equal(ck_data_find(NULL, "themes", "light.conf", &got), 0);
	assert_int_equal(access(got.data, R_OK), 0);
}

int main(void)
{
#define IN_TREE(fn) cmocka_unit_test_setup_teardown(fn, tree_open, tree_close)
	const struct CMUnitTest tests[] = {
		IN_TREE(a_built_program_finds_them_beside_its_source),
		IN_TREE(an_installed_program_finds_them_below_its_prefix),
		IN_TREE(what_is_missing_should_be_in_the_configured_place),
		IN_TREE(a_file_of_another_user_above_the_program_is_passed_over),
		IN_TREE(a_directory_is_no_data_file),
		cmocka_unit_test(the_running_program_is_meant_by_default),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
