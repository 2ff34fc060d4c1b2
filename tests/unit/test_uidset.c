/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of uids as they are typed. */
#include "support/test.h"

#include "restore/uidset.h"

static void reads_numbers_ranges_and_the_star(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct uidset set;
	assert_ok(uidset_parse("1:5,9,12:*,4294967295", &set, &err), &err);
	assert_int_equal(set.n, 4);
	assert_true(uidset_has(&set, 1, 20));
	assert_true(uidset_has(&set, 5, 20));
	assert_false(uidset_has(&set, 6, 20));
	assert_true(uidset_has(&set, 9, 20));
	assert_false(uidset_has(&set, 11, 20));
	assert_true(uidset_has(&set, 20, 20));
	assert_true(uidset_has(&set, UINT32_MAX, UINT32_MAX));
	uidset_fini(&set);
}

static void takes_ranges_in_either_direction(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct uidset set;
	/* RFC 3501: 9:* with a largest uid of 7 is 7:9 */
	assert_ok(uidset_parse("5:3,9:*", &set, &err), &err);
	assert_true(uidset_has(&set, 4, 7));
	assert_true(uidset_has(&set, 7, 7));
	assert_false(uidset_has(&set, 6, 7));
	uidset_fini(&set);
	assert_ok(uidset_parse("*", &set, &err), &err);
	assert_true(uidset_has(&set, 7, 7));
	assert_false(uidset_has(&set, 6, 7));
	uidset_fini(&set);
}

static void refuses_what_is_no_set(void **state)
{
	(void)state;
	static const char *const bad[] = {"",      "0",   "1,",  ",1",         "1:",  ":1",
	                                  "1:2:3", "a",   " 1",  "4294967296", "-1",  "+1",
	                                  "**",    "1;2", "1:0", "1, 2",       "0x10"};
	for (size_t i = 0; i < CK_COUNT(bad); i++) {
		struct ck_err err = CK_ERR_INIT;
		struct uidset set;
		int r = uidset_parse(bad[i], &set, &err);
		assert_err(r, &err, CK_EUSAGE, "is no range");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers_ranges_and_the_star),
		cmocka_unit_test(takes_ranges_in_either_direction),
		cmocka_unit_test(refuses_what_is_no_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
