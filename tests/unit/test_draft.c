/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cyrkeep/settings.h>

static char *dir;
static struct ck_settings settings;

static int make(void **state)
{
	(void)state;
	dir = test_tmpdir();
	settings = (struct ck_settings){0};
	return asprintf(&settings.state, "%s/state", dir) < 0;
}

static int clear(void **state)
{
	(void)state;
	free(settings.state);
	test_rmtree(dir);
	free(dir);
	return 0;
}

static char *path_of_draft(void)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/draft.conf", settings.state) > 0);
	return path;
}

static void a_draft_comes_back_as_it_was(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_plan plan = {.without_config = true}, back = {0};
	int64_t saved = 0;
	plan.method = strdup("stop");
	assert_int_equal(ck_strv_add(&plan.select, "*"), 0);
	assert_int_equal(ck_strv_add(&plan.exclude, "below:user/\"odd\\\\,\x01 name"), 0);
	assert_int_equal(ck_strv_add(&plan.exclude, "off,leaf:Junk"), 0);
	assert_ok(ck_draft_save(&settings, &plan, &err), &err);
	assert_ok(ck_draft_load(&settings, &back, &saved, &err), &err);
	assert_null(back.name);
	assert_string_equal(back.method, "stop");
	assert_int_equal(back.exclude.n, 2);
	assert_string_equal(back.exclude.items[0], plan.exclude.items[0]);
	assert_string_equal(back.exclude.items[1], "off,leaf:Junk");
	assert_true(back.without_config);
	assert_true(saved > 0);

	char *path = path_of_draft();
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(path);
	ck_plan_fini(&plan);
	ck_plan_fini(&back);
}

static void a_draft_keeps_the_name_of_its_plan(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_plan plan = {.name = strdup("nightly")}, back = {0};
	int64_t saved;
	assert_ok(ck_draft_save(&settings, &plan, &err), &err);
	assert_ok(ck_draft_load(&settings, &back, &saved, &err), &err);
	assert_string_equal(back.name, "nightly");
	ck_plan_fini(&plan);
	ck_plan_fini(&back);
}

static void a_removed_draft_is_gone_and_stays_so(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_plan plan = {0}, back = {0};
	int64_t saved;
	assert_err(ck_draft_load(&settings, &back, &saved, &err), &err, CK_ENOTFOUND, "draft.conf");
	assert_ok(ck_draft_remove(&settings, &err), &err);
	assert_ok(ck_draft_save(&settings, &plan, &err), &err);
	assert_ok(ck_draft_remove(&settings, &err), &err);
	assert_int_equal(ck_draft_load(&settings, &back, &saved, &err), CK_ENOTFOUND);
}

static void a_damaged_draft_is_refused_with_its_line(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_plan back = {0};
	int64_t saved;
	char *path = path_of_draft();
	const char text[] = "name = \"x\";\nmethods = \"stop\";\n";
	test_write(path, text, strlen(text));
	assert_err(ck_draft_load(&settings, &back, &saved, &err), &err, CK_EUSAGE, "line 2");
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_draft_comes_back_as_it_was, make, clear),
		cmocka_unit_test_setup_teardown(a_draft_keeps_the_name_of_its_plan, make, clear),
		cmocka_unit_test_setup_teardown(a_removed_draft_is_gone_and_stays_so, make, clear),
		cmocka_unit_test_setup_teardown(a_damaged_draft_is_refused_with_its_line, make,
	                                        clear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
