/* SPDX-License-Identifier: BSD-2-Clause */
#include "words/sessions.h"

#include <locale.h>

#include "support/test.h"

static const struct ck_session_user users[] = {
	{"anne", 3}, {"bob", 2}, {"Jörg", 1}, {"eve@virt.test", 1}, {"\033[2Jx", 1},
};

static void expect_names(size_t nusers, int width, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	struct ck_session_user copy[CK_COUNT(users)];
	for (size_t i = 0; i < nusers; i++)
		copy[i] = users[i];
	const struct ck_sessions s = {.n = 9, .users = copy, .nusers = nusers};
	ui_sessions_names(&s, width, &got);
	assert_string_equal(got.data, want);
}

static void names_are_cut_between_users(void **state)
{
	(void)state;
	expect_names(0, 40, "");
	expect_names(1, 40, "anne (3)");
	expect_names(4, 40, "anne (3), bob (2), Jörg, eve@virt.test");
	expect_names(4, 38, "anne (3), bob (2), Jörg, eve@virt.test");
	expect_names(4, 37, "anne (3), bob (2), Jörg and 1 more");
	expect_names(4, 30, "anne (3), bob (2) and 2 more");
	expect_names(4, 20, "anne (3) and 3 more");
	expect_names(4, 18, "4 users");
	expect_names(1, 3, "1 user");
}

static void names_are_harmless(void **state)
{
	(void)state;
	expect_names(5, 80, "anne (3), bob (2), Jörg, eve@virt.test, <1B>[2Jx");
}

static void counts_agree_with_their_words(void **state)
{
	(void)state;
	static const struct {
		size_t n, nusers;
		const char *want;
	} rows[] = {
		{0, 0, "no session"},
		{1, 0, "1 session, not logged in"},
		{2, 0, "2 sessions, not logged in"},
		{1, 1, "1 session of 1 user"},
		{2, 1, "2 sessions of 1 user"},
		{1061, 1048, "1 061 sessions of 1 048 users"},
	};
	for (size_t i = 0; i < CK_COUNT(rows); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
		const struct ck_sessions s = {.n = rows[i].n, .nusers = rows[i].nusers};
		ui_sessions_count(&s, &got);
		assert_string_equal(got.data, rows[i].want);
	}
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_cut_between_users),
		cmocka_unit_test(names_are_harmless),
		cmocka_unit_test(counts_agree_with_their_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
