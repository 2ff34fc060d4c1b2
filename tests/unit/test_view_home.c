/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "home/home.h"
#include "support/fixture.h"
#include "support/world.h"

#define DAY 86400
#define TWO (SCREEN_NOW - 31320) /* 02:00 of the same day */

static void add_jobs(struct world *w)
{
	const struct fixture_job jobs[] = {
		{409,
	         TWO - 3 * DAY,
	         25960000,
	         NULL,
	         {.archive = 409,
	          .kind = "full",
	          .method = "stop",
	          .result = CK_RESULT_OK,
	          .mailboxes = 8,
	          .messages = 62026,
	          .bytes_read = 19800000000u,
	          .bytes_written = 15200000000u,
	          .downtime_ms = 6000,
	          .grades = {8}}},
		{410,
	         TWO - 2 * DAY,
	         4000,
	         NULL,
	         {.kind = "incr",
	          .method = "stop",
	          .result = CK_RESULT_FAILED,
	          .error = (char *)(uintptr_t) "cannot write to '/srv/backup': not mounted"}},
		{411,
	         TWO - DAY,
	         410000,
	         NULL,
	         {.archive = 411,
	          .kind = "incr",
	          .method = "stop",
	          .result = CK_RESULT_FINDINGS,
	          .bytes_written = 11200000000u,
	          .downtime_ms = 3000,
	          .findings = 2,
	          .grades = {7, 0, 1}}},
		{412,
	         TWO,
	         372000,
	         NULL,
	         {.archive = 412,
	          .kind = "incr",
	          .method = "stop",
	          .result = CK_RESULT_OK,
	          .bytes_written = 9800000000u,
	          .downtime_ms = 0,
	          .grades = {8}}},
	};
	for (size_t i = 0; i < CK_COUNT(jobs); i++)
		fixture_job(&w->settings, &jobs[i]);
}

/** The archive that job 412 made, as the catalogue would list it. */
static void add_archive(struct world *w)
{
	struct ui_house *h = ui_app_house(w->s.app);
	ck_archives_free(h->archives, h->narchives);
	h->archives = ck_alloc(1, sizeof *h->archives);
	assert_non_null(h->archives);
	h->narchives = 1;
	h->archives[0] = (struct ck_archive_info){.number = 412,
	                                          .path = strdup("/var/backups/cyrkeep/a.tar.zst"),
	                                          .kind = "incr",
	                                          .started = TWO,
	                                          .result = CK_RESULT_OK,
	                                          .bytes = 9800000000u,
	                                          .grades = {8},
	                                          .present = true};
}

static void pin_paths(struct world *w)
{
	free(w->settings.destinations[0].path);
	w->settings.destinations[0].path = strdup("/var/backups/cyrkeep");
	free(w->settings.imapd_conf);
	w->settings.imapd_conf = strdup("/etc/imapd.conf");
}

static void open_filled(struct world *w, int rows, int cols, enum screen_charset charset)
{
	fixture_server(w->dir);
	add_jobs(w);
	screen_open(&w->s, &w->settings, NULL, NULL, rows, cols, charset);
	screen_read_house(&w->s);
	pin_paths(w);
	add_archive(w);
	fixture_pin_server(&w->s);
}

static void before_anything_is_known_it_says_so(void **state)
{
	struct world *w = *state;
	pin_paths(w);
	screen_open(&w->s, &w->settings, NULL, NULL, 24, 80, SCREEN_UTF8);
	screen_golden(&w->s, "home-loading-80x24");
}

static void a_filled_house_at_80x24(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_UTF8);
	screen_golden(&w->s, "home-80x24");
}

/* Its own report says ok, and a later check of it does not. */
static void a_backup_that_was_found_damaged_since_says_so(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 8, "412  incr    A     ok ");
	struct ui_house *h = ui_app_house(w->s.app);
	struct ck_job *jobs = reallocarray(h->jobs, h->njobs + 1, sizeof *jobs);
	assert_non_null(jobs);
	h->jobs = jobs;
	jobs[h->njobs++] = (struct ck_job){.job = 413,
	                                   .kind = CK_JOB_VERIFY,
	                                   .state = CK_JOB_DONE,
	                                   .result = CK_RESULT_FINDINGS,
	                                   .report = {.archive = 412, .findings = 5}};
	ui_app_news(w->s.app);
	screen_expect(&w->s, 9, "412  incr    A     DAMAGED since"); /* Health has a line more */
}

static void a_destination_with_little_room_stands_out(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_UTF8);
	screen_expect_role(&w->s, 13, 70, UI_ROLE_NORMAL);
	struct ui_house_destination *d = ui_app_house(w->s.app)->destinations;
	d->free_bytes = d->size_bytes / 20 - 1;
	ui_app_news(w->s.app);
	screen_expect_role(&w->s, 14, 70, UI_ROLE_WARN); /* Health has a line more */
	d->err.code = CK_EDENIED;
	ui_app_news(w->s.app);
	screen_expect(&w->s, 15, "cannot be used");
	screen_expect_role(&w->s, 15, 70, UI_ROLE_ERROR);
}

static void a_filled_house_at_120x40_explains_the_row(void **state)
{
	struct world *w = *state;
	open_filled(w, 40, 120, SCREEN_UTF8);
	screen_keys(&w->s, "Tab");
	screen_golden(&w->s, "home-120x40");
	screen_keys(&w->s, "Tab");
	assert_true(screen_has(&w->s, "Cyrus was down for 0 s"));
}

/* The row under the bar of the screen on top. */
static void expect_bar_on(struct world *w, const char *words)
{
	int y = ui_app_draw(w->s.app)->cursor_y;
	screen_expect(&w->s, y, words);
}

static void a_partition_leads_to_itself_in_sources(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Tab Down");
	expect_bar_on(w, "slow");
	screen_keys(&w->s, "Enter"); /* the tree is not there yet */
	screen_wait(&w->s);
	screen_expect(&w->s, 1, "[1 Sources]");
	expect_bar_on(w, "partition slow");
	screen_keys(&w->s, "1 Up Enter"); /* and it comes back as it was, but for the bar */
	expect_bar_on(w, "partition default");
	screen_keys(&w->s, "End 1 2"); /* who comes for nothing finds it where he left it */
	expect_bar_on(w, "李雷");
	screen_keys(&w->s, "F5 1 Enter"); /* at a later page that page comes back */
	screen_expect(&w->s, 1, "[2 Method]");
}

static void a_long_name_of_imapd_conf_gives_way_to_the_figures(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_UTF8);
	free(w->settings.imapd_conf);
	w->settings.imapd_conf = strdup("/usr/local/etc/imap/frontend/imapd.conf");
	(void)ui_app_draw(w->s.app);
	screen_expect(&w->s, 4, "── Partitions ────");
	screen_resize(&w->s, 24, 110);
	screen_expect(&w->s, 4, "── Partitions of /usr/local/etc/imap/frontend/imapd.conf ──");
}

/** Said before the night in which it was to run. */
static void a_saved_plan_that_cannot_run_is_a_line_of_health(void **state)
{
	static const char text[] = "name = \"nightly\";\nexclude = [\"size:1M\"];\n";
	struct world *w = *state;
	CK_FREE char *path = NULL;
	assert_true(asprintf(&path, "%s/plans/nightly.conf", w->settings.state) > 0);
	test_write(path, text, strlen(text));
	fixture_server(w->dir); /* read twice, so its paths stay its own */
	screen_open(&w->s, &w->settings, NULL, NULL, 24, 80, SCREEN_UTF8);
	screen_read_house(&w->s);
	assert_true(screen_has(&w->s, " warn  plan 'nightly' cannot run: rule 1: rule 'size:1M'"));
	assert_int_equal(remove(path), 0); /* and read again, it is gone */
	screen_keys(&w->s, "r");
	screen_wait(&w->s);
	assert_false(screen_has(&w->s, "nightly"));
}

static void a_filled_house_in_ascii(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_ASCII);
	screen_golden(&w->s, "home-80x24-ascii");
}

static void the_smallest_window_and_a_smaller_one(void **state)
{
	struct world *w = *state;
	open_filled(w, 16, 60, SCREEN_UTF8);
	screen_golden(&w->s, "home-60x16");
	screen_resize(&w->s, 14, 52);
	screen_golden(&w->s, "small-52x14");
	struct ui_house *h = ui_app_house(w->s.app);
	h->live_job = 413;
	h->progress.bytes_total = 1000;
	h->progress.bytes_done = 420;
	(void)ui_app_draw(w->s.app);
	assert_true(screen_has(&w->s, "Job 413  [████░░░░░░]  42%"));
	assert_true(screen_has(&w->s, "Nothing stops: the job goes on."));
	h->live_job = 0;
	screen_resize(&w->s, 1, 1);
	(void)ui_app_draw(w->s.app);
	screen_resize(&w->s, 16, 60);
	screen_golden(&w->s, "home-60x16"); /* as it was */
}

static void pages_and_ends_are_reached_at_home(void **state)
{
	struct world *w = *state;
	open_filled(w, 16, 60, SCREEN_UTF8);
	screen_keys(&w->s, "PgDn");
	screen_expect(&w->s, 13, ">main");
	screen_keys(&w->s, "PgUp");
	screen_expect(&w->s, 3, ">ok");
	screen_keys(&w->s, "End");
	screen_expect(&w->s, 13, ">main");
	screen_keys(&w->s, "Home");
	screen_golden(&w->s, "home-60x16");
}

static void a_server_that_cannot_be_read_is_the_first_line(void **state)
{
	struct world *w = *state;
	screen_open(&w->s, &w->settings, NULL, NULL, 24, 80, SCREEN_UTF8);
	screen_read_house(&w->s);
	screen_expect(&w->s, 3, "FAIL");
	assert_true(screen_has(&w->s, "The mail store cannot be read"));
	assert_true(screen_has(&w->s, "No backup has been made"));
}

static void help_names_only_what_there_is(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "?");
	assert_true(screen_has(&w->s, "Help: Home"));
	assert_true(screen_has(&w->s, "Read server, jobs and archives again"));
	screen_keys(&w->s, "?");
	assert_false(screen_has(&w->s, "Help: Home"));
	screen_keys(&w->s, "m Esc");
	assert_false(screen_has(&w->s, "╔"));
}

static void escape_at_home_says_how_to_leave(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Esc");
	screen_expect(&w->s, 22, "F10 or q leaves the console");
	assert_int_equal(ui_app_step(w->s.app, 0), 0);
	screen_keys(&w->s, "q");
	assert_int_equal(ui_app_step(w->s.app, 0), 1);
}

static void keys_in_a_prompt_do_not_act(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, ": 'Qq1'");
	screen_expect(&w->s, 22, ":");
	screen_expect(&w->s, 22, "Qq1");
	screen_keys(&w->s, "Esc : 'q'");
	screen_expect(&w->s, 22, "leave the console");
	screen_keys(&w->s, "Enter");
	assert_int_equal(ui_app_step(w->s.app, 0), 1);
}

static void a_jump_says_where_it_leads_while_it_is_typed(void **state)
{
	struct world *w = *state;
	screen_open(&w->s, &w->settings, NULL, NULL, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, ":");
	screen_expect(&w->s, 22, "a screen, a job's number, a mailbox");
	screen_keys(&w->s, "'arch'");
	screen_expect(&w->s, 22, "Archives");
	screen_expect(&w->s, 23, "Tab Complete");
	screen_keys(&w->s, "Tab");
	screen_expect(&w->s, 22, ": Archives");
	assert_false(screen_has(&w->s, "Tab Complete"));
	screen_keys(&w->s, "Enter");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_archives);
	screen_keys(&w->s, ": 'backup' Enter");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_source);
	screen_keys(&w->s, ": 'clean'");
	screen_expect(&w->s, 22, "Clean-up");
	screen_keys(&w->s, "Esc : '413'");
	screen_expect(&w->s, 22, "job 413");
	screen_keys(&w->s, "Esc : 'Qq1'");
	screen_expect(&w->s, 22, "nothing is called so"); /* there is no archive to look in */
	screen_keys(&w->s, "Enter");
	screen_expect(&w->s, 22, "There is no screen or job 'Qq1'");
}

static void ctrl_c_twice_leaves(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "C-c");
	screen_pass(&w->s, 1500);
	screen_keys(&w->s, "C-c");
	assert_int_equal(ui_app_step(w->s.app, 0), 0);
	screen_pass(&w->s, 500);
	screen_keys(&w->s, "C-c");
	assert_int_equal(ui_app_step(w->s.app, 0), 1);
}

/* --- health ---------------------------------------------------------------------------- */

static void expect_health(const struct ui_house *h, int64_t now, size_t line, enum ui_role role,
                          const char *words)
{
	struct ui_health lines[UI_HEALTH_MAX];
	size_t n = ui_health_judge(h, NULL, now, lines);
	assert_true(line < n);
	if (lines[line].role != role || !strstr(lines[line].text, words))
		fail_msg("line %zu is %s '%s'", line, lines[line].word, lines[line].text);
	ui_health_free(lines, n);
}

static void the_age_of_the_last_good_backup_decides(void **state)
{
	(void)state;
	struct ck_archive_info archives[] = {
		{.number = 413, .started = SCREEN_NOW, .result = CK_RESULT_FAILED, .present = true},
		{.number = 412, .started = SCREEN_NOW, .result = CK_RESULT_OK, .present = false},
		{.number = 411,
	         .started = SCREEN_NOW - 3600,
	         .result = CK_RESULT_OK,
	         .grades = {5, 2},
	         .present = true},
	};
	struct ui_house h = {.up = 1,
	                     .jobs_known = true,
	                     .archives_known = true,
	                     .archives = archives,
	                     .narchives = 3};
	expect_health(&h, SCREEN_NOW, 0, UI_ROLE_OK, "Last good backup 1 h ago: 411, grade B");
	expect_health(&h, SCREEN_NOW + 40 * 3600, 0, UI_ROLE_WARN, "41 h ago");
	expect_health(&h, SCREEN_NOW + 4 * DAY, 0, UI_ROLE_ERROR, "4 d ago");
	archives[2].foreign = true; /* another server's is no backup of this one */
	expect_health(&h, SCREEN_NOW, 0, UI_ROLE_ERROR, "No archive can be relied on: 3");
	archives[2].foreign = false;
	h.narchives = 2;
	expect_health(&h, SCREEN_NOW, 0, UI_ROLE_ERROR, "No archive can be relied on: 2");
	h.narchives = 0;
	expect_health(&h, SCREEN_NOW, 0, UI_ROLE_WARN, "No backup has been made");
}

static void a_damaged_archive_is_no_good_backup(void **state)
{
	(void)state;
	char old_path[] = "/b/411", new_path[] = "/b/412";
	struct ck_archive_info archives[] = {{.number = 412,
	                                      .path = new_path,
	                                      .started = SCREEN_NOW - 60,
	                                      .result = CK_RESULT_OK,
	                                      .present = true},
	                                     {.number = 411,
	                                      .path = old_path,
	                                      .started = SCREEN_NOW - 3600,
	                                      .result = CK_RESULT_OK,
	                                      .present = true}};
	struct ck_job jobs[] = {{.job = 413,
	                         .kind = CK_JOB_VERIFY,
	                         .state = CK_JOB_DONE,
	                         .result = CK_RESULT_FINDINGS,
	                         .report = {.archive = 412, .findings = 5}}};
	struct ui_house h = {.up = 1,
	                     .jobs_known = true,
	                     .jobs = jobs,
	                     .njobs = 1,
	                     .archives_known = true,
	                     .archives = archives,
	                     .narchives = 2};
	expect_health(&h, SCREEN_NOW, 0, UI_ROLE_ERROR, "Archive 412 is damaged");
	expect_health(&h, SCREEN_NOW, 1, UI_ROLE_OK, "Last good backup 1 h ago: 411");
	jobs[0].report.archive = 411; /* an older one: less bad */
	expect_health(&h, SCREEN_NOW, 0, UI_ROLE_OK, "Last good backup 1 min ago: 412");
	expect_health(&h, SCREEN_NOW, 1, UI_ROLE_WARN, "Archive 411 is damaged");
	jobs[0].result = CK_RESULT_OK; /* verified again, from a mended disk */
	expect_health(&h, SCREEN_NOW, 0, UI_ROLE_OK, "Last good backup 1 min ago: 412");
	archives[0].damaged = true; /* nobody had to verify it to see that */
	expect_health(&h, SCREEN_NOW, 0, UI_ROLE_ERROR, "Archive 412 cannot be opened: ");
	expect_health(&h, SCREEN_NOW, 1, UI_ROLE_OK, "Last good backup 1 h ago: 411");
	archives[0].foreign = true; /* of another server: none of our business */
	expect_health(&h, SCREEN_NOW, 0, UI_ROLE_OK, "Last good backup 1 h ago: 411");
}

static void what_cannot_be_read_is_not_called_nothing(void **state)
{
	(void)state;
	struct ui_house h = {.up = 1, .jobs_known = true, .archives_known = true};
	(void)ck_err_set(&h.archives_err, CK_EDENIED, "cannot open archive '/b/411'");
	expect_health(&h, SCREEN_NOW, 0, UI_ROLE_ERROR,
	              "The archives cannot be read: cannot open archive '/b/411'");
}

static void enter_on_a_line_of_health_helps(void **state)
{
	struct world *w = *state;
	screen_open(&w->s, &w->settings, NULL, NULL, 24, 80, SCREEN_UTF8);
	screen_read_house(&w->s);
	screen_expect(&w->s, 3, "The mail store cannot be read"); /* before all that hangs on it */
	screen_keys(&w->s, "Home Enter");                         /* cut there, whole here */
	assert_true(screen_has(&w->s, "Remedy"));
	assert_true(screen_has(&w->s, "imapd_conf"));
	screen_pass(&w->s, 400);
	screen_keys(&w->s, "Enter");
	for (int i = 0; i < 6 && !screen_has(&w->s, ">warn  No backup"); i++)
		screen_keys(&w->s, "Down");
	screen_keys(&w->s, "Enter");
	screen_expect(&w->s, 0, "[2 Back up]");
}

static void what_hurts_most_comes_first(void **state)
{
	(void)state;
	char what[] = "Cyrus is stopped by job 7 since 02:14", remedy[] = "cyrkeep unwind";
	char mount[] = "a mount";
	struct ck_leftover left[] = {{.job = 6, .what = mount, .remedy = remedy},
	                             {.job = 7, .what = what, .remedy = remedy, .urgent = true}};
	struct ck_job dead[] = {{.job = 7, .kind = CK_JOB_BACKUP, .state = CK_JOB_DEAD}};
	struct ui_house h = {.up = 0,
	                     .jobs_known = true,
	                     .archives_known = true,
	                     .leftovers = left,
	                     .nleftovers = 2,
	                     .jobs = dead,
	                     .njobs = 1};
	expect_health(&h, SCREEN_NOW, 0, UI_ROLE_ERROR, "Cyrus is stopped by job 7");
	expect_health(&h, SCREEN_NOW, 1, UI_ROLE_ERROR, "Job 7 came to no end");
	expect_health(&h, SCREEN_NOW, 2, UI_ROLE_WARN, "Left over from job 6: a mount");
	h.leftovers = &left[0];
	h.nleftovers = 1;
	expect_health(&h, SCREEN_NOW, 0, UI_ROLE_ERROR, "Cyrus is down, and not by us");
}

static void expect_status(const struct ui_house *h, int64_t clock, const char *text,
                          enum ui_role role)
{
	struct ui_status s = ui_house_status(h, clock, SCREEN_NOW);
	assert_string_equal(s.text, text);
	assert_int_equal(s.role, role);
	assert_in_range(strlen(s.text), 1, 15);
}

static void the_status_cell_says_whether_mail_flows(void **state)
{
	(void)state;
	struct ck_job job = {.job = 413, .percent = 42};
	struct ui_house h = {.up = -1};
	expect_status(&h, 0, "Cyrus ..", UI_ROLE_DIM);
	h.jobs_known = true;
	expect_status(&h, 0, "Cyrus ?", UI_ROLE_DIM);
	h.up = 1;
	expect_status(&h, 0, "Cyrus up", UI_ROLE_OK);
	h.jobs = &job;
	h.njobs = h.nrunning = 1;
	h.live_job = 413;
	expect_status(&h, 0, "Cyrus up  42%", UI_ROLE_OK);
	h.progress.bytes_total = 1000;
	h.progress.bytes_done = 1000;
	expect_status(&h, 0, "Cyrus up  99%", UI_ROLE_OK); /* it has not ended */
	assert_int_equal(ui_house_percent(&h, &job), 99);
	job.percent = 7; /* the list is older than the figures */
	assert_int_equal(ui_house_percent(&h, &job), 99);
	h.live_job = 412;
	assert_int_equal(ui_house_percent(&h, &job), 7);
	h.live_job = 413;
	h.progress.bytes_done = 420;
	h.paused = true;
	expect_status(&h, 0, "up paused 42%", UI_ROLE_WARN);
	h.paused = false;
	h.nrunning = 2;
	expect_status(&h, 0, "up 2 jobs 42%", UI_ROLE_OK);
	h.up = 0;
	expect_status(&h, 0, "Cyrus down", UI_ROLE_ERROR);
	h.progress.down_ms = 41000;
	h.progress_ms = 5000;
	expect_status(&h, 8000, "DOWN 0:00:44", UI_ROLE_ALARM);
	assert_int_equal(ui_house_stopper(&h), 413);
}

static void a_stop_that_outlived_its_job_is_counted_too(void **state)
{
	(void)state;
	struct ck_leftover left[] = {{.job = 414, .urgent = true}, {.job = 413, .urgent = false}};
	left[0].since_ms = (SCREEN_NOW - 9 * 3600 - 41 * 60 - 7) * (int64_t)1000;
	struct ui_house h = {.up = 0, .jobs_known = true, .leftovers = left, .nleftovers = 2};
	expect_status(&h, 0, "DOWN 9:41:07", UI_ROLE_ALARM);
	assert_int_equal(ui_house_stopper(&h), 414);
	h.up = 1; /* somebody started it by hand */
	expect_status(&h, 0, "Cyrus up", UI_ROLE_OK);
	assert_int_equal(ui_house_stopper(&h), 0);
	h.up = 0;
	h.leftovers = &left[1];
	h.nleftovers = 1;
	expect_status(&h, 0, "Cyrus down", UI_ROLE_ERROR);
	assert_int_equal(ui_house_stopper(&h), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(before_anything_is_known_it_says_so),
		T(a_filled_house_at_80x24),
		T(a_backup_that_was_found_damaged_since_says_so),
		T(a_destination_with_little_room_stands_out),
		T(a_filled_house_at_120x40_explains_the_row),
		T(a_partition_leads_to_itself_in_sources),
		T(a_long_name_of_imapd_conf_gives_way_to_the_figures),
		T(a_saved_plan_that_cannot_run_is_a_line_of_health),
		T(a_filled_house_in_ascii),
		T(the_smallest_window_and_a_smaller_one),
		T(pages_and_ends_are_reached_at_home),
		T(a_server_that_cannot_be_read_is_the_first_line),
		T(help_names_only_what_there_is),
		T(escape_at_home_says_how_to_leave),
		T(keys_in_a_prompt_do_not_act),
		T(a_jump_says_where_it_leads_while_it_is_typed),
		T(ctrl_c_twice_leaves),
		cmocka_unit_test(the_age_of_the_last_good_backup_decides),
		cmocka_unit_test(a_damaged_archive_is_no_good_backup),
		cmocka_unit_test(what_cannot_be_read_is_not_called_nothing),
		T(enter_on_a_line_of_health_helps),
		cmocka_unit_test(what_hurts_most_comes_first),
		cmocka_unit_test(the_status_cell_says_whether_mail_flows),
		cmocka_unit_test(a_stop_that_outlived_its_job_is_counted_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
