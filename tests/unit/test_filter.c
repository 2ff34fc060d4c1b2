/* SPDX-License-Identifier: BSD-2-Clause */
/* What the words of a filter let through. */
#include "support/test.h"

#include <locale.h>

#include "widgets/filter.h"

static void a_longer_word_narrows_and_other_changes_do_not(void **state)
{
	(void)state;
	static const struct {
		const char *was, *is;
		bool narrows;
	} table[] = {
		{"se", "sen", true},     {"se", "se bob", true}, {"se", "s", false},
		{"se", "bob se", false}, {"!se", "!sen", false}, {"bob", "bob !se", true},
		{"a*b", "a*bc", false},  {"a%b", "a%bc", false}, {"us", "us*", false},
		{"us", "us%", false},    {"", "a", false},
	};
	for (size_t i = 0; i < CK_COUNT(table); i++) {
		struct ui_filter f = {0};
		assert_int_equal(ui_filter_set(&f, table[i].was), 0);
		if (ui_filter_narrows(&f, table[i].is) != table[i].narrows)
			fail_msg("'%s' to '%s'", table[i].was, table[i].is);
		ui_filter_fini(&f);
	}
}

static void filter_words_mean_what_the_help_says(void **state)
{
	(void)state;
	static const struct {
		const char *filter, *text;
		bool match;
	} table[] = {
		{"bob sent", "user/bob/Sent", true},
		{"SENT bob", "user/bob/Sent", true},
		{"AZ", "user/bob/az", true},
		{"az", "user/bob/AZ", true},
		{"bob !sent", "user/bob/Sent", false},
		{"'sent", "user/bob/Sent", false},
		{"'Sent", "user/bob/Sent", true},
		{"user/*/Sent", "user/bob/Sent", true},
		{"user/%", "user/bob/Sent", false},
		{"\u00C4RGER", "user/\u00E4rger", true},
		{"", "anything", true},
		{"  ", "anything", true},
		{"!", "anything", true},
	};
	for (size_t i = 0; i < CK_COUNT(table); i++) {
		struct ui_filter f = {0};
		assert_int_equal(ui_filter_set(&f, table[i].filter), 0);
		if (ui_filter_match(&f, table[i].text) != table[i].match)
			fail_msg("'%s' on '%s'", table[i].filter, table[i].text);
		ui_filter_fini(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_longer_word_narrows_and_other_changes_do_not),
		cmocka_unit_test(filter_words_mean_what_the_help_says),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
