/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/job.h"
#include "loop/app_private.h"
#include "loop/house.h"
#include "support/fixture.h"
#include "support/world.h"

#define STARTED (SCREEN_NOW - 17) /* when the recorded job began */
#define TITLE   "backup of everything by stop to main"

static char *recorded; /* the log of a real backup of a server with three damaged messages */

static int read_recorded(void **state)
{
	(void)state;
	struct ck_buf out = CK_BUF_INIT;
	char block[4096];
	size_t n;
	FILE *f = fopen("tests/screens/job-413.events", "r");
	assert_non_null(f);
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		assert_int_equal(ck_buf_add(&out, block, n), 0);
	fclose(f);
	recorded = ck_buf_take(&out);
	return 0;
}

static int free_recorded(void **state)
{
	(void)state;
	free(recorded);
	return 0;
}

static int setup(void **state)
{
	world_setup(state);
	struct world *w = *state;
	fixture_server(w->dir);
	return 0;
}

/* Say the recorded lines up to the one that contains @last. */
static void say_until(struct world *w, const char *last)
{
	const char *hit = strstr(recorded, last);
	assert_non_null(hit);
	const char *end = strchr(hit, '\n');
	assert_non_null(end);
	char *part = strndup(recorded, (size_t)(end + 1 - recorded));
	assert_non_null(part);
	joblog_say(&w->job, part);
	free(part);
}

/* Let what is readable be read. */
static void settle(struct world *w)
{
	for (int i = 0; i < 40; i++)
		assert_int_equal(ui_app_step(w->s.app, 10), 0);
	screen_wait(&w->s);
}

static void start(struct world *w)
{
	joblog_start(&w->job, &w->settings, 413, CK_JOB_BACKUP, TITLE, STARTED);
}

/* No Cyrus belongs to this fixture; whenever the house has looked, it must be told so. */
static void pin_up(struct world *w)
{
	ui_app_house(w->s.app)->up = 1;
	ui_app_news(w->s.app);
}

static void look(struct world *w, int rows, int cols, enum screen_charset charset)
{
	uint32_t job = 413;
	screen_open(&w->s, &w->settings, &ui_view_job, &job, rows, cols, charset);
	screen_read_house(&w->s);
	fixture_pin_server(&w->s);
	settle(w);
	pin_up(w);
}

static const struct ck_progress copying = {.messages_done = 151,
                                           .messages_total = 254,
                                           .bytes_done = 238026752,
                                           .bytes_total = 407586064,
                                           .mailboxes_done = 25,
                                           .mailboxes_total = 40,
                                           .bytes_written = 165675008,
                                           .elapsed_ms = 17000,
                                           .eta_ms = 12000,
                                           .down_ms = 16300,
                                           .down_limit_ms = 600000,
                                           .down_predicted_ms = 8000,
                                           .mailbox = "user/bob/Archive/2024"};

/* Copying, Cyrus stopped, at 10:42:00. */
static void play_copying(struct world *w)
{
	start(w);
	say_until(w, "\"phase\":\"copy\",\"state\":\"begin\"");
	joblog_figures(&w->job, CK_JOB_RUNNING, 58, CK_PHASE_COPY, SCREEN_NOW * INT64_C(1000),
	               &copying);
}

/* Behind the copy, three findings, Cyrus up again. */
static void play_check(struct world *w)
{
	struct ck_progress p = copying;
	p.bytes_done = 407585761;
	p.messages_done = 253;
	p.mailboxes_done = 40;
	p.bytes_written = 306966550;
	p.findings = 3;
	p.down_ms = 0;
	p.eta_ms = -1;
	start(w);
	say_until(w, "\"phase\":\"check\",\"state\":\"begin\"");
	joblog_figures(&w->job, CK_JOB_RUNNING, 99, CK_PHASE_CHECK, SCREEN_NOW * INT64_C(1000), &p);
}

/* --- a job under way ------------------------------------------------------------------ */

static void a_job_that_has_not_spoken_yet(void **state)
{
	struct world *w = *state;
	start(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_golden(&w->s, "job-silent-80x24");
}

static void the_downtime_meter_is_the_largest_thing(void **state)
{
	struct world *w = *state;
	play_copying(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 0, "DOWN 0:00:16");
	screen_expect(&w->s, 3, "CYRUS IS STOPPED   0:00:16 of at most 0:10:00");
	screen_golden(&w->s, "job-stop-80x24");
	screen_pass(&w->s, 5000); /* it counts without news, here and in the cell */
	screen_expect(&w->s, 0, "DOWN 0:00:21");
	screen_expect(&w->s, 3, "CYRUS IS STOPPED   0:00:21");
	screen_keys(&w->s, "1");
	screen_expect(&w->s, 0, "DOWN 0:00:21"); /* on every other screen too */
}

static void down_ends_with_the_step_that_starts_cyrus(void **state)
{
	struct world *w = *state;
	play_copying(w);
	look(w, 24, 80, SCREEN_UTF8);
	joblog_say(&w->job, strstr(recorded, "{\"event\":\"finding\""));
	settle(w);
	assert_false(screen_has(&w->s, "CYRUS IS STOPPED"));
	assert_false(screen_has(&w->s, "DOWN"));
}

static void findings_beside_the_log(void **state)
{
	struct world *w = *state;
	play_check(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_golden(&w->s, "job-80x24");
	screen_keys(&w->s, "Down Enter");
	screen_golden(&w->s, "job-finding-80x24");
	screen_keys(&w->s, "Esc");
	screen_resize(&w->s, 40, 120);
	screen_golden(&w->s, "job-120x40");
	screen_resize(&w->s, 16, 60);
	screen_golden(&w->s, "job-60x16");
	for (int rows = 1; rows < 24; rows++) {
		screen_resize(&w->s, rows, 61 + rows);
		(void)ui_app_draw(w->s.app);
	}
}

static void without_colour_and_unicode(void **state)
{
	struct world *w = *state;
	play_copying(w);
	look(w, 24, 80, SCREEN_ASCII);
	screen_golden(&w->s, "job-stop-80x24-ascii");
}

static void a_late_look_shows_the_same_as_an_early_one(void **state)
{
	struct world *w = *state;
	start(w);
	look(w, 24, 80, SCREEN_UTF8);
	say_until(w, "\"phase\":\"copy\",\"state\":\"begin\"");
	joblog_figures(&w->job, CK_JOB_RUNNING, 58, CK_PHASE_COPY, SCREEN_NOW * INT64_C(1000),
	               &copying);
	settle(w);
	screen_read_house(&w->s);
	settle(w);
	fixture_pin_server(&w->s);
	screen_pass(&w->s, 6000); /* the last note was news: let it go */
	screen_keys(&w->s, "Home");
	screen_pass(&w->s, -6000);
	screen_golden(&w->s, "job-stop-80x24");
}

static void what_another_console_did_is_said(void **state)
{
	struct world *w = *state;
	play_copying(w);
	look(w, 24, 80, SCREEN_UTF8);
	joblog_say(&w->job, "{\"event\":\"state\",\"time\":\"2026-11-23T10:42:00.100Z\","
	                    "\"state\":\"paused\"}\n"
	                    "{\"event\":\"note\",\"time\":\"2026-11-23T10:42:00.100Z\","
	                    "\"text\":\"paused by root on pts/4\"}\n");
	settle(w);
	screen_expect(&w->s, 22, "paused by root on pts/4");
	screen_expect(&w->s, 6, "paused");
	assert_false(screen_has(&w->s, "left    about")); /* no forecast while it rests */
}

static void pausing_while_cyrus_is_stopped_is_asked_first(void **state)
{
	struct world *w = *state;
	play_copying(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "p");
	assert_true(screen_has(&w->s, "Pause job 413 while Cyrus is stopped?"));
	screen_keys(&w->s, "Esc");
	assert_false(screen_has(&w->s, "Pause job 413"));
}

static void cancelling_is_asked_and_a_worker_that_is_deaf_is_told_of(void **state)
{
	struct world *w = *state;
	play_copying(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "F8");
	screen_golden(&w->s, "job-cancel-80x24");
	screen_pass(&w->s, 400);
	screen_keys(&w->s, "Enter"); /* the first button is the harmless one */
	assert_int_equal(ui_tasks_pending(w->s.app->tasks), 0);
	screen_keys(&w->s, "F8");
	screen_pass(&w->s, 400);
	screen_keys(&w->s, "Tab Enter");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "The job was not cancelled"));
	assert_true(screen_has(&w->s, "does not listen"));
}

static void cyrus_can_be_started_at_once(void **state)
{
	struct world *w = *state;
	play_copying(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 4, "started again at 10:51:43 at the latest, or now by F6");
	screen_keys(&w->s, "F6");
	assert_true(screen_has(&w->s, "Start Cyrus now?"));
	assert_true(screen_has(&w->s, "The job is cancelled for it. Cyrus is started at once"));
	screen_pass(&w->s, 400);
	screen_keys(&w->s, "Enter"); /* the harmless button */
	assert_int_equal(ui_tasks_pending(w->s.app->tasks), 0);
	screen_keys(&w->s, "F6");
	screen_pass(&w->s, 400);
	screen_keys(&w->s, "Tab Enter");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "The job was not cancelled")); /* nobody listens here */
}

/* --- its end -------------------------------------------------------------------------- */

static void the_report_takes_the_place_of_the_job(void **state)
{
	struct world *w = *state;
	play_check(w);
	look(w, 24, 80, SCREEN_UTF8);
	const char *rest = strstr(recorded, "\"phase\":\"check\",\"state\":\"end\"");
	while (rest[-1] != '\n')
		rest--;
	joblog_say(&w->job, rest);
	joblog_end(&w->job);
	settle(w);
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_report);
	screen_keys(&w->s, "q");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_home);
}

static void the_report_waits_below_a_screen_that_is_read(void **state)
{
	struct world *w = *state;
	play_check(w);
	look(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "o");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_joblog);
	const char *rest = strstr(recorded, "\"phase\":\"check\",\"state\":\"end\"");
	while (rest[-1] != '\n')
		rest--;
	joblog_say(&w->job, rest);
	joblog_end(&w->job);
	settle(w);
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_joblog);
	assert_true(screen_has(&w->s, "ended: findings"));
	pin_up(w);
	screen_golden(&w->s, "joblog-80x24");
	screen_keys(&w->s, "o");
	screen_pass(&w->s, 1100);
	settle(w);
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_report);
}

static void a_job_that_died_says_so(void **state)
{
	struct world *w = *state;
	play_copying(w);
	look(w, 24, 80, SCREEN_UTF8);
	joblog_end(&w->job);
	settle(w);
	screen_expect(&w->s, 2, "Job 413 died");
	screen_expect(&w->s, 3, "the worker of job 413 died without a report");
	assert_false(screen_has(&w->s, "Pause")); /* not shown as if it could be */
	assert_false(screen_has(&w->s, "DOWN"));
}

static void a_job_that_is_not_there_is_refused(void **state)
{
	struct world *w = *state;
	screen_open(&w->s, &w->settings, NULL, NULL, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, ": '77' Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "The job cannot be looked at:");
	assert_false(screen_has(&w->s, "Pause"));
	assert_true(screen_has(&w->s, "there is no job 77"));
}

/* --- bad words, many words ------------------------------------------------------------- */

static void hostile_findings_do_nothing_to_the_terminal(void **state)
{
	struct world *w = *state;
	play_copying(w);
	look(w, 24, 80, SCREEN_UTF8);
	joblog_say(&w->job,
	           "{\"event\":\"finding\",\"time\":\"2026-11-23T10:42:00.000Z\","
	           "\"mailbox\":\"user/\\u001b[2J\\u202eevil\\u0007/\\u674e\\u96f7\",\"uid\":1,"
	           "\"code\":\"\\u001b]0;x\\u0007\",\"text\":\"a\\nb\\u001b[31mred\\u009b\\u200b\","
	           "\"remedy\":\"\\u001b[0m\\u202d\"}\n");
	settle(w);
	screen_golden(&w->s, "job-hostile-80x24");
	screen_keys(&w->s, "Enter");
	screen_golden(&w->s, "job-hostile-finding-80x24");
	const struct ui_grid *g = ui_app_draw(w->s.app);
	for (int i = 0; i < g->rows * g->cols; i++)
		for (int k = 0; g->spots[i].width && k < g->spots[i].n; k++) {
			uint32_t ch = g->spots[i].ch[k];
			assert_true(ch >= 0x20 && (ch < 0x7F || ch >= 0xA0));
			assert_false((ch >= 0x200B && ch <= 0x200F) ||
			             (ch >= 0x202A && ch <= 0x202E));
		}
}

static void ten_thousand_events_do_not_hold_a_key_up(void **state)
{
	struct world *w = *state;
	struct ck_buf many = CK_BUF_INIT;
	play_copying(w);
	look(w, 24, 80, SCREEN_UTF8);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(
			ck_buf_addf(&many,
		                    "{\"event\":\"finding\",\"time\":\"2026-11-23T10:42:00.000Z\","
		                    "\"mailbox\":\"user/bob\",\"uid\":%d,\"code\":\"missing-file\","
		                    "\"text\":\"there is no file\",\"remedy\":\"none\"}\n",
		                    i + 1),
			0);
	joblog_say(&w->job, many.data);
	ck_buf_fini(&many);
	/* Between two keys the loop goes round once; it must not take all of them then. */
	const struct ui_job *job = ui_app_top(w->s.app)->state; /* its first member */
	for (size_t before = 0; job->nfindings < 10000; before = job->nfindings) {
		assert_int_equal(ui_app_step(w->s.app, 1000), 0);
		assert_in_range(job->nfindings, before, before + UI_JOB_BATCH);
		screen_keys(&w->s, "Up");
	}
	assert_true(screen_has(&w->s, "Findings 1 of 10 000"));
	screen_keys(&w->s, "End");
	assert_true(screen_has(&w->s, "Findings 10 000 of 10 000"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(a_job_that_has_not_spoken_yet),
		T(the_downtime_meter_is_the_largest_thing),
		T(down_ends_with_the_step_that_starts_cyrus),
		T(findings_beside_the_log),
		T(without_colour_and_unicode),
		T(a_late_look_shows_the_same_as_an_early_one),
		T(what_another_console_did_is_said),
		T(pausing_while_cyrus_is_stopped_is_asked_first),
		T(cancelling_is_asked_and_a_worker_that_is_deaf_is_told_of),
		T(cyrus_can_be_started_at_once),
		T(the_report_takes_the_place_of_the_job),
		T(the_report_waits_below_a_screen_that_is_read),
		T(a_job_that_died_says_so),
		T(a_job_that_is_not_there_is_refused),
		T(hostile_findings_do_nothing_to_the_terminal),
		T(ten_thousand_events_do_not_hold_a_key_up),
	};
	return cmocka_run_group_tests(tests, read_recorded, free_recorded);
}
