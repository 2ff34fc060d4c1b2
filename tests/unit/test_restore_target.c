/* SPDX-License-Identifier: BSD-2-Clause */
/* Where restored mailboxes go. */
#include "support/test.h"

#include <string.h>

#include "restore/target.h"

static void expect(const struct target *t, const char *source, size_t common, const char *want)
{
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	assert_ok(target_name(t, source, common, &name, &err), &err);
	assert_string_equal(name.data, want);
}

static void finds_the_inbox_of_a_name(void **state)
{
	(void)state;
	assert_int_equal(target_inbox("user.anne.Sent"), strlen("user.anne"));
	assert_int_equal(target_inbox("user.anne"), strlen("user.anne"));
	assert_int_equal(target_inbox("virt.test!user.eve.A.B"), strlen("virt.test!user.eve"));
	assert_int_equal(target_inbox("shared.user.x"), 0);
	assert_int_equal(target_inbox("user"), 0);
	assert_int_equal(target_inbox("user."), 0);
	assert_int_equal(target_inbox("users.anne"), 0);
}

static void original_is_where_it_was(void **state)
{
	(void)state;
	const struct target t = {.kind = TARGET_ORIGINAL};
	expect(&t, "virt.test!user.eve.v1^2", 0, "virt.test!user.eve.v1^2");
}

static void dated_goes_below_the_users_inbox(void **state)
{
	(void)state;
	const struct target t = {.kind = TARGET_DATED, .date = "2026-11-23"};
	expect(&t, "user.anne", 0, "user.anne.RESTORED.2026-11-23.INBOX");
	expect(&t, "user.anne.Sent.2025", 0, "user.anne.RESTORED.2026-11-23.Sent.2025");
	expect(&t, "v.t!user.eve.X", 0, "v.t!user.eve.RESTORED.2026-11-23.X");
	expect(&t, "shared.Team", 0, "RESTORED.2026-11-23.shared.Team");
	expect(&t, "v.t!shared.Team", 0, "v.t!RESTORED.2026-11-23.shared.Team");
}

static void one_mailbox_takes_the_name_itself(void **state)
{
	(void)state;
	const struct target t = {.kind = TARGET_NAMED, .top = "user.anne.Back"};
	const char *one[] = {"user.anne.Sent"};
	expect(&t, one[0], target_common(one, 1), "user.anne.Back");
}

static void several_keep_their_places_below_the_name(void **state)
{
	(void)state;
	const struct target t = {.kind = TARGET_NAMED, .top = "user.anne.Back"};
	const char *tree[] = {"user.anne", "user.anne.Sent", "user.anne.Sent.2025"};
	size_t common = target_common(tree, 3);
	assert_int_equal(common, strlen("user.anne"));
	expect(&t, tree[0], common, "user.anne.Back");
	expect(&t, tree[2], common, "user.anne.Back.Sent.2025");

	const char *sisters[] = {"user.anne.Work", "user.anne.Working.x"};
	common = target_common(sisters, 2);
	assert_int_equal(common, strlen("user.anne"));
	expect(&t, sisters[1], common, "user.anne.Back.Working.x");

	const char *upwards[] = {"user.anne.Sent.2025", "user.anne.Sent"};
	assert_int_equal(target_common(upwards, 2), strlen("user.anne.Sent"));
}

static void several_users_keep_their_names(void **state)
{
	(void)state;
	const struct target t = {.kind = TARGET_NAMED, .top = "shared.Back"};
	const char *users[] = {"user.anne", "user.bob.Sent"};
	size_t common = target_common(users, 2);
	assert_int_equal(common, 0);
	expect(&t, users[0], common, "shared.Back.anne");
	expect(&t, users[1], common, "shared.Back.bob.Sent");

	const char *domains[] = {"a.test!user.eve", "b.test!user.eve"};
	assert_int_equal(target_common(domains, 2), 0);
	const char *same[] = {"a.test!user.eve", "a.test!user.adam"};
	assert_int_equal(target_common(same, 2), 0);
	expect(&t, same[1], 0, "shared.Back.adam");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_inbox_of_a_name),
		cmocka_unit_test(original_is_where_it_was),
		cmocka_unit_test(dated_goes_below_the_users_inbox),
		cmocka_unit_test(one_mailbox_takes_the_name_itself),
		cmocka_unit_test(several_keep_their_places_below_the_name),
		cmocka_unit_test(several_users_keep_their_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
