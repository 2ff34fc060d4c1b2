/* SPDX-License-Identifier: BSD-2-Clause */
/* What earlier jobs say about the next. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "cyrus/identity.h"
#include "job/history.h"
#include "support/statedir.h"

#define MIB ((uint64_t)1 << 20)

static struct ck_forecast forecast(const struct statedir *f, const char *method, uint64_t mib)
{
	struct ck_err err = CK_ERR_INIT;
	struct history_last last;
	struct ck_forecast got;
	assert_ok(history_measured(&f->settings, method, &last, &err), &err);
	history_forecast(&last, mib * MIB, &got);
	return got;
}

static void expect_forecast(const struct statedir *f, uint64_t mib, enum ck_forecast_source source,
                            int64_t want)
{
	struct ck_forecast got = forecast(f, "stop", mib);
	assert_int_equal(got.source, source);
	assert_int_equal(got.downtime_ms, want);
}

static void a_first_forecast_is_an_estimate(void **state)
{
	const struct statedir *f = *state;
	expect_forecast(f, 0, CK_FORECAST_GUESS, 3000);
	expect_forecast(f, 400, CK_FORECAST_GUESS, 13000);
	assert_int_equal(forecast(f, "stop", 400).bytes_per_s, 40 * MIB);
}

static void forecasts_come_from_the_last_success(void **state)
{
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct history_last last;
	assert_ok(history_by_method(&f->settings, "stop", &last, &err), &err);
	assert_int_equal(last.job, 0);
	uint32_t good = statedir_job(f);
	statedir_end(f, good,
	             (struct ck_report){
			     .result = CK_RESULT_OK, .bytes_read = 100 * MIB, .downtime_ms = 8000});
	statedir_end(f, statedir_job(f),
	             (struct ck_report){.result = CK_RESULT_FAILED, .downtime_ms = 90000});
	statedir_end(f, statedir_job(f),
	             (struct ck_report){.result = CK_RESULT_CANCELLED,
	                                .bytes_read = 100 * MIB,
	                                .downtime_ms = 90000}); /* it may have been paused */
	assert_ok(history_by_method(&f->settings, "stop", &last, &err), &err);
	assert_int_equal(last.job, good);
	expect_forecast(f, 100, CK_FORECAST_LAST, 8000);
	expect_forecast(f, 200, CK_FORECAST_LAST, 13000); /* stopping and starting is done once */
	expect_forecast(f, 0, CK_FORECAST_LAST, 3000);
	assert_int_equal(forecast(f, "snapshot", 100).source, CK_FORECAST_GUESS);
	assert_ok(history_by_method(&f->settings, "snapshot", &last, &err), &err);
	assert_int_equal(last.job, 0);
}

static void a_small_backup_tells_how_long_a_stop_takes(void **state)
{
	struct statedir *f = *state;
	statedir_end(f, statedir_job(f),
	             (struct ck_report){
			     .result = CK_RESULT_OK, .bytes_read = 2 * MIB, .downtime_ms = 2500});
	expect_forecast(f, 2, CK_FORECAST_LAST, 2500);
	expect_forecast(f, 402, CK_FORECAST_GUESS, 12500);
}

static void a_run_that_the_limit_cut_short_measured_too(void **state)
{
	struct statedir *f = *state;
	statedir_end(f, statedir_job(f),
	             (struct ck_report){
			     .result = CK_RESULT_OK, .bytes_read = 100 * MIB, .downtime_ms = 5000});
	statedir_end(f, statedir_job(f),
	             (struct ck_report){.result = CK_RESULT_FAILED,
	                                .code = CK_ETIMEOUT,
	                                .bytes_read = 600 * MIB,
	                                .downtime_ms = 603000});
	expect_forecast(f, 1200, CK_FORECAST_CUT, 1203000);
}

static void a_very_short_downtime_keeps_its_rate(void **state)
{
	struct statedir *f = *state;
	statedir_end(f, statedir_job(f),
	             (struct ck_report){.result = CK_RESULT_FINDINGS,
	                                .bytes_read = 100 * MIB,
	                                .downtime_ms = 2000});
	expect_forecast(f, 1000, CK_FORECAST_LAST, 11000);
}

static void only_the_same_selection_is_compared(void **state)
{
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct history_last last;
	uint32_t job = statedir_job(f);
	statedir_end(f, job, (struct ck_report){.result = CK_RESULT_OK, .messages = 100});
	char all[] = "*", one[] = "user/anne", rule[] = "special:\\Junk";
	char *star[] = {all, NULL}, *anne[] = {one, NULL}, *rules[] = {rule, NULL};
	struct ck_plan plan = {.select = {star, 1, 2}};
	assert_ok(history_by_plan(&f->settings, &plan, &last, &err), &err);
	assert_int_equal(last.messages, 100);
	plan.select.items = anne;
	assert_ok(history_by_plan(&f->settings, &plan, &last, &err), &err);
	assert_int_equal(last.job, 0);
	plan = (struct ck_plan){.exclude = {rules, 1, 2}};
	assert_ok(history_by_plan(&f->settings, &plan, &last, &err), &err);
	assert_int_equal(last.job, 0);
	assert_ok(ck_job_gate(&f->settings, &plan, 1, 1, &err), &err);
	/* A rule that is off takes nothing away. */
	char off[] = "off,special:\\Junk";
	rules[0] = off;
	assert_err(ck_job_gate(&f->settings, &plan, 1, 1, &err), &err, CK_EGATE, "mail is missing");
	assert_int_equal(plan.exclude.n, 1);
}

static void only_the_same_server_is_compared(void **state)
{
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct history_last last;
	const struct ck_plan plan = {0};
	CK_FREE char *host = identity_host();
	uint32_t own = statedir_job(f), other = statedir_job(f), apart = statedir_job(f);
	statedir_end(f, own, (struct ck_report){.result = CK_RESULT_OK, .messages = 100});
	statedir_end(f, other, (struct ck_report){.result = CK_RESULT_OK, .messages = 90000});
	statedir_end(f, apart, (struct ck_report){.result = CK_RESULT_OK, .messages = 80000});
	statedir_move(f, own, host, "/c");
	statedir_move(f, other, "elsewhere.example.org", "/c");
	statedir_move(f, apart, host, "/another");
	assert_ok(history_by_plan(&f->settings, &plan, &last, &err), &err);
	assert_int_equal(last.job, own);
	assert_ok(history_by_method(&f->settings, "stop", &last, &err), &err);
	assert_int_equal(last.job, own);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, statedir_setup, statedir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_first_forecast_is_an_estimate),
		TEST(forecasts_come_from_the_last_success),
		TEST(a_small_backup_tells_how_long_a_stop_takes),
		TEST(a_run_that_the_limit_cut_short_measured_too),
		TEST(a_very_short_downtime_keeps_its_rate),
		TEST(only_the_same_selection_is_compared),
		TEST(only_the_same_server_is_compared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
