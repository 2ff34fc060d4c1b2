/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cyrkeep/defs.h>

#include "words/fmt.h"
#include "words/forecast.h"

#define NOW 1795430520 /* Mon 23 Nov 2026 10:42 UTC */
#define DAY 86400

static void sizes_have_at_most_four_places(void **state)
{
	(void)state;
	static const struct {
		uint64_t bytes;
		const char *want;
	} table[] = {
		{0, "0"},
		{812, "812"},
		{1023, "1023"},
		{1024, "1.0K"},
		{12390, "12.1K"},
		{220u << 20, "220M"},
		{1023u << 20, "1023M"},
		{(1024u << 20) - 1, "1.0G"},
		{4695000000000, "4.27T"},
		{12ull << 40, "12.0T"},
		{UINT64_MAX, "16.0E"},
	};
	for (size_t i = 0; i < CK_COUNT(table); i++)
		assert_string_equal(ui_fmt_size(table[i].bytes).s, table[i].want);
}

static void counts_have_blanks_between_thousands(void **state)
{
	(void)state;
	assert_string_equal(ui_fmt_count(0).s, "0");
	assert_string_equal(ui_fmt_count(999).s, "999");
	assert_string_equal(ui_fmt_count(1000).s, "1 000");
	assert_string_equal(ui_fmt_count(13204118).s, "13 204 118");
	assert_string_equal(ui_fmt_count(UINT64_MAX).s, "18 446 744 073 709 551 615");
	assert_string_equal(ui_fmt_count_short(999999).s, "999 999");
	assert_string_equal(ui_fmt_count_short(13204118).s, "13.2 M");
}

static void one_is_not_said_as_many(void **state)
{
	(void)state;
	assert_string_equal(ui_fmt_things(0, "message").s, "0 messages");
	assert_string_equal(ui_fmt_things(1, "message").s, "1 message");
	assert_string_equal(ui_fmt_things(1, "mailbox").s, "1 mailbox");
	assert_string_equal(ui_fmt_things(13204118, "mailbox").s, "13 204 118 mailboxes");
	assert_true(strlen(ui_fmt_things(UINT64_MAX, "mailbox").s) > 20);
}

static void durations_name_their_unit_or_have_three_parts(void **state)
{
	(void)state;
	assert_string_equal(ui_fmt_duration(372000).s, "0:06:12");
	assert_string_equal(ui_fmt_duration(25960000).s, "7:12:40");
	assert_string_equal(ui_fmt_duration(-5).s, "0:00:00");
	assert_string_equal(ui_fmt_span(6000).s, "6 s");
	assert_string_equal(ui_fmt_span(45 * 60000).s, "45 min");
	assert_string_equal(ui_fmt_span(7 * 3600000).s, "7 h");
	assert_string_equal(ui_fmt_span(7 * 3600000 + 600000).s, "7 h 10 min");
	assert_string_equal(ui_fmt_span(59999).s, "59 s");
	assert_string_equal(ui_fmt_took(0).s, "0 s");
	assert_string_equal(ui_fmt_took(3).s, "0.1 s"); /* not nothing */
	assert_string_equal(ui_fmt_took(550).s, "0.6 s");
	assert_string_equal(ui_fmt_took(9949).s, "9.9 s");
	assert_string_equal(ui_fmt_took(9999).s, "9.9 s");
	assert_string_equal(ui_fmt_took(10000).s, "10 s");
	assert_string_equal(ui_fmt_span(60000).s, "1 min");
	assert_string_equal(ui_fmt_span(86400000 - 1).s, "23 h 59 min");
	assert_string_equal(ui_fmt_span(86400000 + 600000).s,
	                    "24 h"); /* a day could be half or one and a half */
	assert_string_equal(ui_fmt_span(2 * 86400000 - 1).s, "47 h");
	assert_string_equal(ui_fmt_span(2 * 86400000).s, "2 d");
	assert_string_equal(ui_fmt_span(9 * 86400000ll).s, "9 d");
}

static void dates_say_the_year_only_when_it_is_far(void **state)
{
	(void)state;
	assert_string_equal(ui_fmt_date(NOW - 31320, NOW).s, "23 Nov 02:00");
	assert_string_equal(ui_fmt_iso_day(NOW - 31320).s, "2026-11-23");
	assert_string_equal(ui_fmt_date(NOW - 357 * DAY, NOW).s, "1 Dec 10:42");
	assert_string_equal(ui_fmt_date(NOW - 364 * DAY, NOW).s, "24 Nov 10:42");
	assert_string_equal(ui_fmt_date(NOW - 365 * DAY, NOW).s, "23 Nov 2025");
	assert_string_equal(ui_fmt_date(NOW - 366 * DAY, NOW).s, "22 Nov 2025");
	/* Of a damaged archive: years whose months do not fit into an int. */
	assert_string_equal(ui_fmt_date(67767976233529199, NOW).s, "1 Jan 1900");
	assert_string_equal(ui_fmt_date(-67768040609740800, NOW).s, "1 Jan 1900");
	assert_string_equal(ui_fmt_date(INT64_MAX, NOW).s, "1 Jan 1900");
	assert_string_equal(ui_fmt_day(NOW, NOW).s, "today     10:42");
	assert_string_equal(ui_fmt_day(NOW - DAY, NOW).s, "yesterday 10:42");
	assert_string_equal(ui_fmt_day(NOW - 2 * DAY, NOW).s, "Sat 21    10:42");
	assert_string_equal(ui_fmt_day(NOW - 30 * DAY, NOW).s, "24 Oct 10:42");
	assert_string_equal(ui_fmt_today(NOW).s, "Mon 23 Nov 10:42");
	assert_string_equal(ui_fmt_clock(NOW).s, "10:42:00");
}

static void the_hour_that_comes_twice_shows_its_offset(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	assert_string_equal(ui_fmt_date(1792888200, NOW).s, "25 Oct 02:30+02");
	assert_string_equal(ui_fmt_date(1792891800, NOW).s, "25 Oct 02:30+01");
	assert_string_equal(ui_fmt_date(1792899000, NOW).s, "25 Oct 04:30");
	setenv("TZ", "UTC", 1);
	tzset();
}

static void percent_is_hundred_only_at_the_end(void **state)
{
	(void)state;
	assert_string_equal(ui_fmt_percent(0, 0).s, "");
	assert_string_equal(ui_fmt_percent(42, 100).s, "42%");
	assert_string_equal(ui_fmt_percent(UINT64_MAX - 1, UINT64_MAX).s, "99%");
	assert_string_equal(ui_fmt_percent(7, 7).s, "100%");
}

static void a_forecast_says_how_sure_it_is(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		enum ck_forecast_source source;
		const char *text;
	} table[] = {
		{-1, CK_FORECAST_NONE, "not known yet"},
		{0, CK_FORECAST_LAST, "less than 1 s"},
		{999, CK_FORECAST_GUESS, "less than 1 s"},
		{1000, CK_FORECAST_LAST, "about 1 s"},
		{60000, CK_FORECAST_CUT, "about 1 min"},
		{60000, CK_FORECAST_GUESS, "perhaps 1 min"},
	};
	for (size_t i = 0; i < CK_COUNT(table); i++) {
		const struct ck_forecast f = {.downtime_ms = table[i].ms,
		                              .source = table[i].source};
		assert_string_equal(ui_forecast(&f).s, table[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_have_at_most_four_places),
		cmocka_unit_test(counts_have_blanks_between_thousands),
		cmocka_unit_test(one_is_not_said_as_many),
		cmocka_unit_test(durations_name_their_unit_or_have_three_parts),
		cmocka_unit_test(dates_say_the_year_only_when_it_is_far),
		cmocka_unit_test(the_hour_that_comes_twice_shows_its_offset),
		cmocka_unit_test(percent_is_hundred_only_at_the_end),
		cmocka_unit_test(a_forecast_says_how_sure_it_is),
	};
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
