/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hold/journal.h"
#include "job/dir.h"
#include "loop/house.h"
#include "support/fixture.h"
#include "support/joblog.h"
#include "support/statedir.h"
#include "support/world.h"

static int setup(void **state)
{
	world_setup(state);
	struct world *w = *state;
	fixture_server(w->dir);
	return 0;
}

/* The journal that dead job @job left: @files were being made, and Cyrus may be stopped. */
static void leave(struct world *w, uint32_t job, const char *file, bool stopped)
{
	struct ck_err err = CK_ERR_INIT;
	struct joblog log;
	int fd = -1;
	joblog_start(&log, &w->settings, job, CK_JOB_BACKUP, "backup of everything by stop to main",
	             SCREEN_NOW - 3600);
	joblog_end(&log);
	CK_FREE char *dir = dir_path(&w->settings, job);
	assert_non_null(dir);
	int r = journal_open(dir, JOURNAL_CREATE, &fd, &err);
	assert_ok(r, &err);
	const char *files[] = {file};
	r = journal_append(fd, 1, JOURNAL_FILES, files, 1, &err);
	assert_ok(r, &err);
	/* No such recipe: starting it again fails, as it does on a machine that is broken. */
	const char *master[] = {"/nowhere/recipe.conf",
	                        "/nowhere/pid",
	                        "1",
	                        "127.0.0.1",
	                        "1",
	                        "/usr/lib/cyrus/bin/master",
	                        "-d"};
	if (stopped) {
		r = journal_append(fd, 2, JOURNAL_MASTER, master, CK_COUNT(master), &err);
		assert_ok(r, &err);
	}
	close(fd);
}

static void look(struct world *w, int rows, int cols, enum screen_charset charset)
{
	screen_open(&w->s, &w->settings, &ui_view_unwind, NULL, rows, cols, charset);
	screen_read_house(&w->s);
	fixture_pin_server(&w->s);
	struct ui_house *h = ui_app_house(w->s.app);
	for (size_t i = 0; i < h->nleftovers; i++) {
		h->leftovers[i].since_ms = (SCREEN_NOW - 9 * 3600) * (int64_t)1000;
		h->up = h->leftovers[i].urgent ? 0 : h->up;
	}
	ui_app_news(w->s.app);
}

/* Leftovers whose words do not depend on the machine. */
static void pin_words(struct world *w, int up)
{
	struct ui_house *h = ui_app_house(w->s.app);
	for (size_t i = 0; i < h->nleftovers; i++) {
		struct ck_leftover *l = &h->leftovers[i];
		free(l->what);
		free(l->by_hand);
		l->what = strdup(l->urgent ? "Cyrus was stopped by job 414 at 2026-11-23T02:14:33Z"
		                           : "unfinished archive of job 414: "
		                             "'/srv/backup/mail1-20261123T021433Z-full.tar.zst."
		                             "partial'");
		l->by_hand = strdup(l->urgent ? "systemctl start cyrus-imapd"
		                              : "rm -f /srv/backup/mail1.partial");
		assert_true(l->what && l->by_hand);
	}
	h->up = up;
	ui_app_news(w->s.app);
}

static void cyrus_down_is_the_first_line_and_the_first_button(void **state)
{
	struct world *w = *state;
	leave(w, 414, "/srv/backup/x.partial", true);
	look(w, 24, 80, SCREEN_UTF8);
	assert_int_equal(ui_app_house(w->s.app)->nleftovers, 2);
	assert_true(ui_app_house(w->s.app)->leftovers[0].urgent);
	pin_words(w, 0);
	screen_golden(&w->s, "unwind-80x24");
	screen_keys(&w->s, "=");
	assert_true(screen_has(&w->s, "systemctl start cyrus-imapd"));
	screen_keys(&w->s, "Esc");
	screen_resize(&w->s, 40, 120);
	screen_golden(&w->s, "unwind-120x40");
}

static void in_ascii(void **state)
{
	struct world *w = *state;
	leave(w, 414, "/srv/backup/x.partial", true);
	look(w, 24, 80, SCREEN_ASCII);
	pin_words(w, 0);
	screen_golden(&w->s, "unwind-80x24-ascii");
	screen_resize(&w->s, 16, 60);
	assert_true(screen_has(&w->s, "[>Start Cyrus, undo all<]"));
}

static void leaving_with_cyrus_down_is_asked(void **state)
{
	struct world *w = *state;
	leave(w, 414, "/srv/backup/x.partial", true);
	look(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "q");
	assert_true(screen_has(&w->s, "Cyrus stays stopped"));
	screen_keys(&w->s, "Esc");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_unwind);
	screen_keys(&w->s, "Tab Tab Enter"); /* the button "Later" asks the same */
	screen_pass(&w->s, 400);
	screen_keys(&w->s, "Tab Enter");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_home);
	assert_true(screen_has(&w->s, "Cyrus is stopped by job 414")); /* Home keeps a line */
	screen_keys(&w->s, "Home Enter");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_unwind);
}

static void a_failure_says_why_and_stays(void **state)
{
	struct world *w = *state;
	leave(w, 414, "/srv/backup/x.partial", true);
	look(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "F6");
	assert_true(screen_has(&w->s, "At work for"));
	screen_keys(&w->s, "F6 Enter"); /* not twice */
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "Why it was not done"));
	assert_true(screen_has(&w->s, "job 414"));
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_unwind);
	assert_true(ui_app_house(w->s.app)->nleftovers > 0);
}

static void what_can_be_undone_is_undone_and_the_screen_goes(void **state)
{
	struct world *w = *state;
	char *file = NULL;
	struct stat st;
	assert_true(asprintf(&file, "%s/mail1.tar.zst.partial", w->dir) > 0);
	test_write(file, "half", 4);
	leave(w, 414, file, false);
	look(w, 24, 80, SCREEN_UTF8);
	assert_false(screen_has(&w->s, "CYRUS IS STOPPED"));
	screen_keys(&w->s, "Enter");
	screen_wait(&w->s);
	screen_wait(&w->s);
	assert_int_equal(stat(file, &st), -1);
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_home);
	screen_expect(&w->s, 22, "Nothing is left over any more");
	free(file);
}

static void later_needs_no_word_while_cyrus_is_up(void **state)
{
	struct world *w = *state;
	leave(w, 414, "/srv/backup/x.partial", false);
	look(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "q");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_home);
	assert_true(screen_has(&w->s, "Left over: unfinished archive of job 414"));
}

/* A state directory of several servers: whose Cyrus is down is said, and it is not ours. */
static void what_is_left_of_another_server_is_told_as_its(void **state)
{
	struct world *w = *state;
	leave(w, 414, "/srv/backup/x.partial", true);
	struct statedir theirs = {.settings = w->settings};
	statedir_move(&theirs, 414, "mail2", "/srv/b/config");
	look(w, 24, 80, SCREEN_UTF8);
	ui_app_house(w->s.app)->up = 1; /* ours */
	pin_words(w, 1);
	assert_false(screen_has(&w->s, "CYRUS IS STOPPED"));
	assert_false(screen_has(&w->s, "Cyrus runs again"));
	assert_false(screen_has(&w->s, "DOWN"));
	screen_golden(&w->s, "unwind-elsewhere-80x24");
	screen_keys(&w->s, "=");
	assert_true(screen_has(&w->s, "(server mail2,"));
	screen_keys(&w->s, "Esc q"); /* it is not asked whether Cyrus stays stopped */
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_home);
	assert_true(screen_has(&w->s, "Cyrus was stopped by job 414"));
	assert_true(screen_has(&w->s, "(server mail2"));
}

static void nothing_left_over_is_said(void **state)
{
	struct world *w = *state;
	screen_open(&w->s, &w->settings, &ui_view_unwind, NULL, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 2, "...");
	screen_wait(&w->s);
	screen_expect(&w->s, 2, "Nothing is left over from earlier jobs.");
	screen_keys(&w->s, "F6 = o Enter q");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_home);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(cyrus_down_is_the_first_line_and_the_first_button),
		T(in_ascii),
		T(leaving_with_cyrus_down_is_asked),
		T(a_failure_says_why_and_stays),
		T(what_can_be_undone_is_undone_and_the_screen_goes),
		T(later_needs_no_word_while_cyrus_is_up),
		T(what_is_left_of_another_server_is_told_as_its),
		T(nothing_left_over_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
