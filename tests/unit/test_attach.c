/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(whoever_takes_one_event_is_called_for_the_next),
		T(whoever_took_all_is_left_alone),
		T(half_a_line_does_not_keep_it_called),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
