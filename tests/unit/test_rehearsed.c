/* SPDX-License-Identifier: BSD-2-Clause */
/* A mailbox of a rehearsal as a row and in words. */
#include "support/test.h"

#include <string.h>

#include "archives/rehearsed.h"

static char sent[] = "user/bob/Sent", dotted[] = "user.bob.Sent",
	    beside[] = "user/bob/RESTORED/2026-11-23/Sent", none[] = "",
	    why[] = "added mail gets new uids";

/* Its row, cells separated by "|". */
static void expect_row(const struct ck_rehearsal_mailbox *m, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf row = CK_BUF_INIT;
	for (int c = UI_REHEARSED_NAME; ui_rehearsed_columns[c].title; c++) {
		char buf[96];
		struct ui_value v = {0};
		ui_rehearsed_value(m, false, (enum ui_rehearsed_column)c, buf, sizeof buf, &v);
		ck_buf_addf(&row, "%s%s", c ? "|" : "", v.text);
	}
	assert_string_equal(row.data, want);
}

static void expect_words(const struct ck_rehearsal_mailbox *m, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	ui_rehearsed_explain(m, false, &text);
	assert_string_equal(text.data, want);
}

static void what_is_there_gets_what_is_missing(void **state)
{
	(void)state;
	const struct ck_rehearsal_mailbox m = {.source = sent,
	                                       .target = sent,
	                                       .action = CK_RESTORE_ADD,
	                                       .wanted = 9120,
	                                       .now = 43,
	                                       .present = 2,
	                                       .missing = 9118,
	                                       .missing_bytes = 1181116006,
	                                       .reason = why};
	expect_row(&m, "user/bob/Sent|9 120|43|9 161|9 118|2|");
	expect_words(&m, "user/bob/Sent\n"
	                 "archive  9 120 messages asked for\n"
	                 "now      43 messages\n"
	                 "after    9 161 messages\n"
	                 "add      9 118, 1.1G\n"
	                 "same     2, left alone\n"
	                 "\nWhat is missing is added; what is there stays as it is.\n"
	                 "added mail gets new uids.");
}

static void what_goes_elsewhere_says_what_it_was(void **state)
{
	(void)state;
	struct ck_rehearsal_mailbox m = {.source = sent,
	                                 .target = beside,
	                                 .action = CK_RESTORE_CREATE,
	                                 .wanted = 1,
	                                 .missing = 1,
	                                 .missing_bytes = 100,
	                                 .reason = none};
	expect_row(&m, "user/bob/RESTORED/2026-11-23/Sent|1|-|1|1|0|was user/bob/Sent");
	expect_words(&m, "user/bob/RESTORED/2026-11-23/Sent\n"
	                 "from     user/bob/Sent\n"
	                 "archive  1 message asked for\n"
	                 "now      not there\n"
	                 "after    1 message\n"
	                 "add      1, 100\n"
	                 "same     0, left alone\n"
	                 "\nA new mailbox is made for it.");
	m.target = dotted; /* another separator by now */
	assert_true(ui_rehearsed_is_moved(&m));
}

static void what_is_damaged_or_refused_stands_before_all_else(void **state)
{
	(void)state;
	struct ck_rehearsal_mailbox m = {.source = sent,
	                                 .target = dotted,
	                                 .action = CK_RESTORE_NOTHING,
	                                 .wanted = 5,
	                                 .now = 2,
	                                 .present = 2,
	                                 .damaged = 3,
	                                 .reason = none};
	expect_row(&m, "user.bob.Sent|5|2|2|0|2|! 3 damaged");
	m.damaged = 0;
	m.action = CK_RESTORE_REFUSE;
	m.reason = why;
	m.now = 0;
	expect_row(&m, "user.bob.Sent|5|-|-|0|2|! cannot be done");
	expect_words(&m, "user.bob.Sent\nfrom     user/bob/Sent\n"
	                 "archive  5 messages asked for\nnow      not there\n"
	                 "add      0, 0\nsame     2, left alone\n"
	                 "\nIt cannot be put back like this.\nadded mail gets new uids.");
	m.source = dotted;
	m.action = CK_RESTORE_RECREATE;
	expect_row(&m, "user.bob.Sent|5|-|0|0|2|gone; made again");
}

static void rows_are_sorted_by_where_they_go_and_by_figures(void **state)
{
	(void)state;
	const struct ck_rehearsal_mailbox m = {.source = sent,
	                                       .target = beside,
	                                       .wanted = 1,
	                                       .now = 2,
	                                       .present = 3,
	                                       .missing = 4};
	const uint64_t want[] = {[UI_REHEARSED_ARCHIVE] = 1,
	                         [UI_REHEARSED_NOW] = 2,
	                         [UI_REHEARSED_AFTER] = 6,
	                         [UI_REHEARSED_ADD] = 4,
	                         [UI_REHEARSED_SAME] = 3};
	struct ui_sort s = {0};
	ui_rehearsed_sort(&m, false, UI_REHEARSED_NAME, &s);
	assert_string_equal(s.text, beside);
	for (int c = UI_REHEARSED_ARCHIVE; c <= UI_REHEARSED_SAME; c++) {
		s = (struct ui_sort){0};
		ui_rehearsed_sort(&m, false, (enum ui_rehearsed_column)c, &s);
		assert_int_equal(s.number, want[c]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_gets_what_is_missing),
		cmocka_unit_test(what_goes_elsewhere_says_what_it_was),
		cmocka_unit_test(what_is_damaged_or_refused_stands_before_all_else),
		cmocka_unit_test(rows_are_sorted_by_where_they_go_and_by_figures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
