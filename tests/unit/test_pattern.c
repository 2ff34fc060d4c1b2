/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "select/pattern.h"
#include <cyrkeep/select.h>

static const struct {
	const char *pattern, *name;
	bool match;
} cases[] = {
	{"", "", true},
	{"", "a", false},
	{"a", "", false},
	{"*", "", true},
	{"*", "user/anne/Sent", true},
	{"%", "user", true},
	{"%", "user/anne", false},
	{"user/%", "user/anne", true},
	{"user/%", "user/anne/Sent", false},
	{"user/%", "user/", true},
	{"user/*", "user/anne/Sent", true},
	{"user/%/Sent", "user/anne/Sent", true},
	{"user/%/Sent", "user/anne/Old/Sent", false},
	{"user/*/Sent", "user/anne/Old/Sent", true},
	{"user/*/Junk", "user/anne/Junkets", false},
	{"user/*/Junk", "user/anne/Projects/Junkyard", false},
	{"user/anne", "user/anne/Sent", false},
	{"user/anne", "user/Anne", false},
	{"*Sent", "user/anne/SentSent", true},
	{"*a%b", "xaya/ab", true},
	{"*a%b", "xaya/b", false},
	{"%a%/b", "xaya/b", true},
	{"%/%x", "a/b/x", false},
	{"a*b%c*d", "aXbYb/bZc/d", true},
	{"%%", "a", true},
	{"**", "a/b", true},
	{"%*", "a/b", true},
	{"*%", "a/b", true},
	{"\\*", "*", true},
	{"\\*", "a", false},
	{"\\%", "%", true},
	{"a\\,b", "a,b", true},
	{"a,b", "a,b", true},
	{"\\\\", "\\", true},
	{"\\Junk", "\\Junk", true}, /* any other backslash is itself */
	{"a\\", "a\\", true},
	{"a\\", "a", false},
	{"user/\xc3\xa9%", "user/\xc3\xa9t\xc3\xa9", true},
};

static void patterns_match_as_in_list(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(cases); i++)
		if (ck_pattern_match(cases[i].pattern, cases[i].name, '/') != cases[i].match)
			fail_msg("'%s' on '%s' is not %d", cases[i].pattern, cases[i].name,
			         cases[i].match);
}

static void percent_stops_at_the_separator_of_this_server(void **state)
{
	(void)state;
	assert_true(ck_pattern_match("user.%", "user.anne", '.'));
	assert_false(ck_pattern_match("user.%", "user.anne.Sent", '.'));
	assert_true(ck_pattern_match("user.%", "user.a/b", '.'));
}

static void an_escaped_name_matches_itself_and_nothing_else(void **state)
{
	(void)state;
	static const char *const names[] = {"user/a*b", "user/a%b", "a,b", "a\\b",
	                                    "\\*",      "\\",       "x"};
	for (size_t i = 0; i < CK_COUNT(names); i++) {
		struct ck_buf pattern = CK_BUF_INIT;
		pattern_escape(names[i], &pattern);
		for (size_t k = 0; k < CK_COUNT(names); k++)
			assert_int_equal(ck_pattern_match(pattern.data, names[k], '/'), i == k);
		char *plain = pattern_unescape(pattern.data, pattern.len);
		assert_string_equal(plain, names[i]);
		free(plain);
		ck_buf_fini(&pattern);
	}
}

/* The definition itself, without any thought of speed. */
static bool slow_match(const char *p, const char *s)
{
	if (*p == '*' || *p == '%')
		return slow_match(p + 1, s) ||
		       (*s && (*p == '*' || *s != '/') && slow_match(p, s + 1));
	if (*p == '\\' && pattern_is_special(p[1]))
		p++;
	return *p ? *p == *s && slow_match(p + 1, s + 1) : !*s;
}

static void the_matcher_agrees_with_the_definition(void **state)
{
	(void)state;
	unsigned seed = 7, matched = 0;
	for (int round = 0; round < 200000; round++) {
		static const char in_pattern[] = "ab/*%\\", in_name[] = "ab/*";
		char pattern[9] = "", name[11] = "";
		size_t plen = (size_t)rand_r(&seed) % 9, nlen = (size_t)rand_r(&seed) % 11;
		for (size_t i = 0; i < plen; i++)
			pattern[i] = in_pattern[rand_r(&seed) % 6];
		for (size_t i = 0; i < nlen; i++)
			name[i] = in_name[rand_r(&seed) % 4];
		bool want = slow_match(pattern, name);
		matched += want;
		if (ck_pattern_match(pattern, name, '/') != want)
			fail_msg("'%s' on '%s' is not %d", pattern, name, want);
	}
	assert_true(matched > 5000);
}

static void many_stars_take_no_exponential_time(void **state)
{
	(void)state;
	char name[4001], pattern[401];
	memset(name, 'a', 4000);
	name[4000] = '\0';
	for (size_t i = 0; i < 400; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[399] = 'b';
	pattern[400] = '\0';
	assert_false(ck_pattern_match(pattern, name, '/'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_as_in_list),
		cmocka_unit_test(percent_stops_at_the_separator_of_this_server),
		cmocka_unit_test(an_escaped_name_matches_itself_and_nothing_else),
		cmocka_unit_test(the_matcher_agrees_with_the_definition),
		cmocka_unit_test(many_stars_take_no_exponential_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
