/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/app_private.h"
#include "loop/house.h"
#include "support/fixture.h"
#include "support/world.h"

#define DAY 86400
#define TWO (SCREEN_NOW - 31320) /* 02:00 of the same day */

static int setup(void **state)
{
	world_setup(state);
	struct world *w = *state;
	fixture_server(w->dir);
	return 0;
}

static char *foreign(const char *text)
{
	return (char *)(uintptr_t)text;
}

static void add_record(struct world *w)
{
	const struct fixture_job jobs[] = {
		{407, TWO - 4 * DAY, 0, NULL, {0}}, /* its worker was killed */
		{408,
	         TWO - 3 * DAY,
	         25960000,
	         NULL,
	         {.archive = 408, .result = CK_RESULT_OK, .downtime_ms = 6000, .grades = {8}}},
		{409,
	         TWO - 2 * DAY,
	         4000,
	         NULL,
	         {.result = CK_RESULT_FAILED,
	          .error = foreign("cannot write to '/srv/backup': not mounted")}},
		{410,
	         TWO - DAY,
	         410000,
	         NULL,
	         {.archive = 410,
	          .result = CK_RESULT_FINDINGS,
	          .findings = 2,
	          .grades = {7, 0, 1}}},
		{411, TWO, 372000, NULL, {.result = CK_RESULT_CANCELLED}},
		{412,
	         TWO + 600,
	         372000,
	         NULL,
	         {.archive = 412, .result = CK_RESULT_OK, .grades = {8}}},
	};
	for (size_t i = 0; i < CK_COUNT(jobs); i++)
		fixture_job(&w->settings, &jobs[i]);
}

static void add_live(struct world *w)
{
	const struct ck_progress p = {.bytes_done = 42,
	                              .bytes_total = 100,
	                              .elapsed_ms = 600000,
	                              .eta_ms = 900000,
	                              .down_predicted_ms = -1};
	joblog_start(&w->job, &w->settings, 413, CK_JOB_VERIFY, "verify archive 409",
	             SCREEN_NOW - 600);
	joblog_say(&w->job, "{\"event\":\"state\",\"time\":\"2026-11-23T10:32:00.000Z\","
	                    "\"state\":\"running\"}\n");
	joblog_figures(&w->job, CK_JOB_RUNNING, 42, CK_PHASE_CHECK, SCREEN_NOW * INT64_C(1000), &p);
}

static void look(struct world *w, int rows, int cols, enum screen_charset charset)
{
	screen_open(&w->s, &w->settings, &ui_view_jobs, NULL, rows, cols, charset);
	screen_read_house(&w->s);
	for (int i = 0; i < 10; i++)
		assert_int_equal(ui_app_step(w->s.app, 10), 0);
	screen_wait(&w->s);
	fixture_pin_server(&w->s);
}

static void before_the_record_is_read(void **state)
{
	struct world *w = *state;
	screen_open(&w->s, &w->settings, &ui_view_jobs, NULL, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 3, "...");
	assert_false(screen_has(&w->s, "running, "));
}

static void without_any_job_it_says_what_to_do(void **state)
{
	struct world *w = *state;
	look(w, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 3, "There was no job yet");
	screen_expect(&w->s, 23, "F1 Help  r Read again  : Command");
	screen_keys(&w->s, "Enter F8 p o Down");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_jobs);
	screen_expect(&w->s, 22, "Log: not on this screen"); /* no key is silent */
}

static void a_record_that_cannot_be_read_says_why(void **state)
{
	struct world *w = *state;
	char *path = NULL;
	assert_true(asprintf(&path, "%s/jobs", w->settings.state) > 0);
	test_write(path, "x", 1); /* a file where the directory should be */
	free(path);
	look(w, 24, 80, SCREEN_UTF8);
	assert_true(ui_app_house(w->s.app)->jobs_err.code < 0);
	screen_expect(&w->s, 3, "cannot");
	assert_false(screen_has(&w->s, "0 in the record")); /* nobody knows */
	screen_keys(&w->s, "1");
	assert_false(screen_has(&w->s, "none yet"));
}

static void running_and_past(void **state)
{
	struct world *w = *state;
	add_record(w);
	add_live(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_golden(&w->s, "jobs-80x24");
	screen_resize(&w->s, 40, 120);
	screen_golden(&w->s, "jobs-120x40");
	screen_keys(&w->s, "Down Down Down Down"); /* what the row has no room for */
	screen_expect(&w->s, 2, "Under the bar: 409");
	screen_expect(&w->s, 3, "│ backup of everything by stop to main");
	screen_expect(&w->s, 6, "│ FAIL");
	screen_expect(&w->s, 7, "│ cannot write to '/srv/backup': not");
	screen_expect(&w->s, 8, "│ mounted");
	screen_keys(&w->s, "Down");
	screen_expect(&w->s, 6, "│ ok    grade A");
	screen_expect(&w->s, 8, "│ Cyrus down for 6.0 s");
	screen_resize(&w->s, 16, 60);
	screen_expect(&w->s, 3, "413 verify archive 409");
	screen_expect(&w->s, 3, "run    42%");
}

static void a_cancelled_job_says_how_far_it_came(void **state)
{
	struct world *w = *state;
	const struct fixture_job j = {
		411, TWO, 372000, NULL, {.result = CK_RESULT_CANCELLED}, .percent = 99};
	fixture_job(&w->settings, &j);
	look(w, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 3, "stop  cancelled at 99%");
}

static void in_ascii(void **state)
{
	struct world *w = *state;
	add_record(w);
	look(w, 24, 80, SCREEN_ASCII);
	screen_golden(&w->s, "jobs-80x24-ascii");
}

static void a_running_job_is_watched_and_an_ended_one_reported(void **state)
{
	struct world *w = *state;
	add_record(w);
	add_live(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Enter");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_job);
	screen_keys(&w->s, "q Down Enter");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_report);
	screen_keys(&w->s, "3"); /* from there, the list again */
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_jobs);
	screen_keys(&w->s, "q");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_home);
}

static void the_place_can_be_clicked_as_well(void **state)
{
	struct world *w = *state;
	add_record(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Enter");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_report);
	CK_FREE char *row = screen_row(&w->s, 0);
	const char *place = strstr(row, "[3 Jobs]");
	assert_non_null(place);
	screen_click(&w->s, 0, (int)(place - row) + 1);
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_jobs);
}

static void only_a_running_job_can_be_cancelled(void **state)
{
	struct world *w = *state;
	add_record(w);
	add_live(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "F8");
	assert_true(screen_has(&w->s, "Cancel job 413?"));
	assert_true(screen_has(&w->s, "It is at 42% after 10 min; about 15 min are left."));
	screen_keys(&w->s, "Esc Down F8");
	assert_false(screen_has(&w->s, "Cancel job"));
	screen_expect(&w->s, 22, "That job has ended");
}

static void found_by_words_of_who_what_and_why(void **state)
{
	struct world *w = *state;
	add_record(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "/ 'mounted' Enter");
	screen_expect(&w->s, 3, "409");
	assert_false(screen_has(&w->s, "412"));
	screen_keys(&w->s, "/ Esc");
	assert_true(screen_has(&w->s, "412"));
	screen_keys(&w->s, "/ 'mounted' Enter");
	assert_false(screen_has(&w->s, "412"));
	screen_keys(&w->s, "Esc");
	assert_true(screen_has(&w->s, "412"));
}

static void news_leave_the_cursor_on_its_job(void **state)
{
	struct world *w = *state;
	add_record(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down Down");
	screen_expect(&w->s, 5, ">  410");
	add_live(w);
	ui_house_read_jobs(w->s.app);
	screen_wait(&w->s);
	screen_expect(&w->s, 6, ">  410");
}

/* Step until the status cell says @text: what a job says is seen four times a second. */
static void wait_for_status(struct world *w, const char *text)
{
	struct ui_status s = {.text = ""};
	for (int i = 0; i < 1000 && strcmp(s.text, text) != 0; i++) {
		assert_int_equal(ui_app_step(w->s.app, 10), 0);
		ui_app_house(w->s.app)->up = 1; /* nothing of this machine */
		s = ui_house_status(ui_app_house(w->s.app), ui_app_clock_ms(w->s.app), SCREEN_NOW);
	}
	assert_string_equal(s.text, text);
}

static void the_status_cell_follows_what_a_job_says(void **state)
{
	struct world *w = *state;
	const struct ck_progress p = {.bytes_total = 100, .bytes_done = 42, .eta_ms = -1};
	add_live(w);
	look(w, 24, 80, SCREEN_UTF8);
	wait_for_status(w, "Cyrus up  42%");
	joblog_figures(&w->job, CK_JOB_PAUSED, 42, CK_PHASE_CHECK, SCREEN_NOW * INT64_C(1000), &p);
	joblog_say(&w->job, "{\"event\":\"state\",\"time\":\"2026-11-23T10:33:00.000Z\","
	                    "\"state\":\"paused\"}\n");
	wait_for_status(w, "up paused 42%");
}

static void figures_say_that_a_job_has_begun(void **state)
{
	struct world *w = *state;
	const struct ck_progress p = {.eta_ms = -1};
	joblog_start(&w->job, &w->settings, 413, CK_JOB_VERIFY, "verify archive 409", SCREEN_NOW);
	look(w, 24, 80, SCREEN_UTF8);
	const struct ck_job *j = ui_app_house(w->s.app)->jobs;
	assert_int_equal(j->state, CK_JOB_STARTING);
	joblog_figures(&w->job, CK_JOB_RUNNING, 1, CK_PHASE_CHECK, SCREEN_NOW * INT64_C(1000), &p);
	for (int i = 0; i < 1000 && j->state == CK_JOB_STARTING; i++)
		assert_int_equal(ui_app_step(w->s.app, 10), 0);
	assert_ptr_equal(ui_app_house(w->s.app)->jobs, j); /* the list was not read again */
	assert_int_equal(j->state, CK_JOB_RUNNING);
	assert_int_equal(j->phase, CK_PHASE_CHECK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(before_the_record_is_read),
		T(without_any_job_it_says_what_to_do),
		T(a_record_that_cannot_be_read_says_why),
		T(running_and_past),
		T(a_cancelled_job_says_how_far_it_came),
		T(in_ascii),
		T(a_running_job_is_watched_and_an_ended_one_reported),
		T(the_place_can_be_clicked_as_well),
		T(only_a_running_job_can_be_cancelled),
		T(found_by_words_of_who_what_and_why),
		T(news_leave_the_cursor_on_its_job),
		T(the_status_cell_follows_what_a_job_says),
		T(figures_say_that_a_job_has_begun),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
