/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job/dir.h"
#include "support/joblog.h"
#include "support/screen.h"

#define LINES 2000 /* more than one block of the file */

struct world {
	char *dir;
	struct ck_settings settings;
	struct joblog job;
	struct ck_attach *attach;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	w->dir = test_tmpdir();
	screen_settings(w->dir, &w->settings);
	joblog_start(&w->job, &w->settings, 7, CK_JOB_BACKUP, "backup", SCREEN_NOW);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	ck_attach_close(w->attach);
	joblog_end(&w->job);
	ck_settings_fini(&w->settings);
	test_rmtree(w->dir);
	free(w->dir);
	free(w);
	return 0;
}

static void attach(struct world *w)
{
	struct ck_err err = CK_ERR_INIT;
	int r = ck_attach_open(&w->settings, 7, &w->attach, &err);
	assert_ok(r, &err);
}

static bool is_readable(struct world *w)
{
	struct pollfd p = {.fd = ck_attach_fd(w->attach), .events = POLLIN};
	return poll(&p, 1, 0) == 1;
}

static void say_notes(struct world *w, int n)
{
	struct ck_buf lines = CK_BUF_INIT;
	for (int i = 0; i < n; i++)
		assert_int_equal(
			ck_buf_addf(&lines,
		                    "{\"event\":\"note\",\"time\":\"2026-11-23T10:42:00.000Z\","
		                    "\"text\":\"note %d of a job that has much to say\"}\n",
		                    i),
			0);
	joblog_say(&w->job, lines.data);
	ck_buf_fini(&lines);
}

static void whoever_takes_one_event_is_called_for_the_next(void **state)
{
	struct world *w = *state;
	say_notes(w, LINES);
	attach(w);
	for (int i = 0; i < LINES; i++) {
		struct ck_event ev = {0};
		char text[64];
		assert_true(is_readable(w)); /* at once, not at the next beat of a clock */
		assert_int_equal(ck_attach_next(w->attach, &ev, NULL), 1);
		snprintf(text, sizeof text, "note %d of a job that has much to say", i);
		assert_string_equal(ev.text, text);
		ck_event_fini(&ev);
	}
}

static void whoever_took_all_is_left_alone(void **state)
{
	struct world *w = *state;
	struct ck_event ev = {0};
	say_notes(w, 1);
	attach(w);
	assert_int_equal(ck_attach_next(w->attach, &ev, NULL), 1);
	ck_event_fini(&ev);
	assert_int_equal(ck_attach_next(w->attach, &ev, NULL), 0);
	assert_false(is_readable(w));
	say_notes(w, 1);
	assert_true(is_readable(w));
}

static void half_a_line_does_not_keep_it_called(void **state)
{
	struct world *w = *state;
	struct ck_event ev = {0};
	joblog_say(&w->job, "{\"event\":\"note\",\"time\":\"2026-11-23T10:42:00.000Z\",");
	attach(w);
	assert_int_equal(ck_attach_next(w->attach, &ev, NULL), 0);
	assert_int_equal(ck_attach_next(w->attach, &ev, NULL), 0);
	assert_false(is_readable(w));
	joblog_say(&w->job, "\"text\":\"whole\"}\n");
	assert_true(is_readable(w));
	assert_int_equal(ck_attach_next(w->attach, &ev, NULL), 1);
	assert_string_equal(ev.text, "whole");
	ck_event_fini(&ev);
}

static long resident_kib(void)
{
	struct rusage usage;
	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* What a crash of the file system may leave: a stretch without any line end. */
static void a_stretch_of_garbage_is_passed_over_in_bounded_memory(void **state)
{
	struct world *w = *state;
	CK_FREE char *path = dir_file(&w->settings, 7, "events");
	say_notes(w, 1);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size + (128 << 20)), 0);
	joblog_say(&w->job, "\n");
	say_notes(w, 2);
	attach(w);
	long before = resident_kib();
	for (int i = 0; i < 3; i++) {
		struct ck_event ev = {0};
		assert_int_equal(ck_attach_next(w->attach, &ev, NULL), 1);
		assert_string_equal(ev.text, i < 2 ? "note 0 of a job that has much to say"
		                                   : "note 1 of a job that has much to say");
		ck_event_fini(&ev);
	}
	/* A sanitizer holds on to what was freed. */
	assert_true(resident_kib() - before < 16 << 10 || test_slowness() > 1);
}

/* A million findings: as they are handed out, none is kept. */
static void a_million_findings_take_bounded_memory(void **state)
{
	struct world *w = *state;
	enum { BLOCK = 1000 };
	const int blocks = test_in_valgrind() ? 20 : 1000;
	struct ck_buf lines = CK_BUF_INIT;
	for (int i = 0; i < BLOCK; i++)
		assert_int_equal(
			ck_buf_addf(
				&lines,
				"{\"event\":\"finding\",\"time\":"
				"\"2026-11-23T10:42:00.000Z\",\"mailbox\":\"user/a\",\"uid\":%d,"
				"\"code\":\"missing-file\",\"text\":\"x\",\"remedy\":\"y\"}\n",
				i + 1),
			0);
	for (int i = 0; i < blocks; i++)
		joblog_say(&w->job, lines.data);
	ck_buf_fini(&lines);
	attach(w);
	long before = resident_kib();
	for (int i = 0; i < BLOCK * blocks; i++) {
		struct ck_event ev = {0};
		assert_int_equal(ck_attach_next(w->attach, &ev, NULL), 1);
		assert_int_equal(ev.finding.uid, i % BLOCK + 1);
		ck_event_fini(&ev);
	}
	/* A sanitizer holds on to what was freed. */
	assert_true(resident_kib() - before < 16 << 10 || test_slowness() > 1);
	struct ck_job *jobs;
	size_t n;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_jobs_list(&w->settings, &jobs, &n, &err), &err);
	ck_jobs_free(jobs, n);
	/* A sanitizer holds on to what was freed. */
	assert_true(resident_kib() - before < 16 << 10 || test_slowness() > 1);
}

static int64_t next_done(struct world *w)
{
	struct ck_event ev = {0};
	int r = ck_attach_next(w->attach, &ev, NULL);
	int64_t done = r == 1 && ev.kind == CK_EV_PROGRESS ? (int64_t)ev.progress.bytes_done : -1;
	ck_event_fini(&ev);
	return done;
}

static void a_clock_that_goes_back_does_not_stop_the_figures(void **state)
{
	struct world *w = *state;
	const int64_t times[] = {1795574352971, 1795574353221, 1795570000000, 1795570000000, 1};
	attach(w);
	for (uint64_t i = 0; i < CK_COUNT(times); i++) {
		const struct ck_progress p = {.bytes_done = 100 + i};
		joblog_figures(&w->job, CK_JOB_RUNNING, 1, CK_PHASE_COPY, times[i], &p);
		assert_true(is_readable(w));
		assert_int_equal(next_done(w), 100 + i);
		assert_int_equal(next_done(w), -1); /* once */
	}
}

/* The last figures of a job are out before its report, however quick it was. */
static void figures_and_report_of_one_moment_both_arrive(void **state)
{
	struct world *w = *state;
	const struct ck_progress first = {.bytes_done = 1}, last = {.bytes_done = 2};
	attach(w);
	joblog_figures(&w->job, CK_JOB_RUNNING, 1, CK_PHASE_COPY, 1795574352971, &first);
	assert_int_equal(next_done(w), 1);
	joblog_figures(&w->job, CK_JOB_DONE, 99, CK_PHASE_REPORT, 1795574352971, &last);
	joblog_say(&w->job, "{\"event\":\"report\",\"time\":\"2026-11-23T10:42:00.000Z\","
	                    "\"result\":\"ok\"}\n");
	assert_int_equal(next_done(w), 2);
	struct ck_event ev = {0};
	assert_int_equal(ck_attach_next(w->attach, &ev, NULL), 1);
	assert_int_equal(ev.kind, CK_EV_REPORT);
	ck_event_fini(&ev);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(whoever_takes_one_event_is_called_for_the_next),
		T(whoever_took_all_is_left_alone),
		T(half_a_line_does_not_keep_it_called),
		T(a_stretch_of_garbage_is_passed_over_in_bounded_memory),
		T(a_million_findings_take_bounded_memory),
		T(a_clock_that_goes_back_does_not_stop_the_figures),
		T(figures_and_report_of_one_moment_both_arrive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
