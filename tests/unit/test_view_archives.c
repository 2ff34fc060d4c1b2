/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archives/browse.h"
#include "loop/app_private.h"
#include "loop/house.h"
#include "support/backup.h"
#include "support/fixture.h"
#include "support/world.h"

#define DAY 86400
#define TWO (SCREEN_NOW - 31320) /* 02:00 of the same day */

static int setup(void **state)
{
	world_setup_spool(state);
	world_use_usual_settings(*state);
	return 0;
}

static void add_jobs(struct world *w)
{
	char why[] = "cannot write to '/srv/backup': not mounted", look[] = "mount it";
	const struct fixture_job jobs[] = {
		{410,
	         TWO - 2 * DAY,
	         4000,
	         NULL,
	         {.kind = "full",
	          .method = "stop",
	          .result = CK_RESULT_FAILED,
	          .error = why,
	          .remedy = look}},
		{411,
	         TWO - DAY,
	         410000,
	         NULL,
	         {.archive = 411,
	          .kind = "full",
	          .method = "stop",
	          .result = CK_RESULT_FINDINGS,
	          .findings = 3,
	          .grades = {7, 0, 1}}},
	};
	for (size_t i = 0; i < CK_COUNT(jobs); i++)
		fixture_job(&w->spool->settings, &jobs[i]);
}

static struct ck_archive_info *add(struct ui_house *h, uint32_t number, int64_t started)
{
	struct ck_archive_info *more =
		reallocarray(h->archives, h->narchives + 1, sizeof *h->archives);
	assert_non_null(more);
	h->archives = more;
	struct ck_archive_info *a = &more[h->narchives++];
	*a = (struct ck_archive_info){.number = number,
	                              .started = started,
	                              .kind = "full",
	                              .method = "stop",
	                              .result = CK_RESULT_OK,
	                              .mailboxes = 9028,
	                              .messages = 13204118,
	                              .bytes = 2900000000000u,
	                              .bytes_mail = 4700000000000u,
	                              .downtime_ms = 6400,
	                              .grades = {9028},
	                              .present = true};
	a->host = strdup("mail1.example.org");
	a->path = strdup("/srv/backup/mail1.example.org-20261123T020000Z-full.tar.zst");
	a->path[40] = (char)('0' + number % 10); /* no two are the same */
	return a;
}

/** Archives as the catalogue would list them, of a larger server. */
static void pin_archives(struct world *w)
{
	struct ui_house *h = ui_app_house(w->s.app);
	ck_archives_free(h->archives, h->narchives);
	h->archives = NULL;
	h->narchives = 0;
	(void)add(h, 412, TWO);
	struct ck_archive_info *a = add(h, 411, TWO - DAY);
	a->result = CK_RESULT_FINDINGS;
	a->grades[CK_GRADE_C] = 1;
	add(h, 409, TWO - 9 * DAY)->present = false;
	a = add(h, 391, TWO - 40 * DAY);
	a->result = CK_RESULT_CANCELLED;
	a->messages = 120044;
	(void)add(h, 14, TWO - 400 * DAY);
	h->up = 1;
	ui_app_news(w->s.app);
}

static void open_filled(struct world *w, int rows, int cols, enum screen_charset charset)
{
	add_jobs(w);
	screen_open(&w->s, &w->spool->settings, &ui_view_archives, NULL, rows, cols, charset);
	screen_read_house(&w->s);
	pin_archives(w);
}

static void the_time_line_at_80x24(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_UTF8);
	screen_golden(&w->s, "archives-80x24");
	screen_keys(&w->s, "Down Down");
	assert_true(screen_has(&w->s, "Remedy  mount it")); /* the backup that made none */
	screen_keys(&w->s, "V");
	screen_expect(&w->s, 22, "There is no archive under the bar");
}

static void the_time_line_at_120x40(void **state)
{
	struct world *w = *state;
	open_filled(w, 40, 120, SCREEN_UTF8);
	screen_keys(&w->s, "Down");
	screen_golden(&w->s, "archives-120x40");
}

static void the_time_line_in_ascii_and_small(void **state)
{
	struct world *w = *state;
	open_filled(w, 16, 60, SCREEN_ASCII);
	screen_golden(&w->s, "archives-60x16-ascii");
}

static void what_cannot_be_relied_on_has_a_mark(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_UTF8);
	assert_true(screen_has(&w->s, "3 findings"));
	assert_true(screen_has(&w->s, "file is missing !"));
	assert_true(screen_has(&w->s, "partial, cancelled !"));
	assert_true(screen_has(&w->s, "none: cannot write"));
	ui_app_house(w->s.app)->archives[0].damaged = true;
	ui_app_news(w->s.app);
	assert_true(screen_has(&w->s, "DAMAGED, cut !"));
}

static void the_cursor_starts_on_the_newest_that_can_be_used(void **state)
{
	struct world *w = *state;
	open_filled(w, 24, 80, SCREEN_UTF8);
	ui_app_house(w->s.app)->archives[0].present = false;
	ui_app_news(w->s.app);
	screen_keys(&w->s, "=");
	assert_true(screen_has(&w->s, "cyrkeep list 411"));
}

static void loading_then_empty_says_what_to_do(void **state)
{
	struct world *w = *state;
	screen_open(&w->s, &w->spool->settings, &ui_view_archives, NULL, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 3, "Reading the archives ...");
	screen_read_house(&w->s);
	screen_expect(&w->s, 3, "There is no archive yet.");
	screen_keys(&w->s, "Enter V Down Space");
	screen_expect(&w->s, 3, "There is no archive yet.");
}

static void a_record_that_cannot_be_read_says_why(void **state)
{
	struct world *w = *state;
	screen_open(&w->s, &w->spool->settings, &ui_view_archives, NULL, 24, 80, SCREEN_UTF8);
	struct ui_house *h = ui_app_house(w->s.app);
	h->archives_known = true;
	(void)ck_err_set(&h->archives_err, CK_EDENIED, "cannot open '/srv/backup'");
	(void)ck_err_remedy(&h->archives_err, "run it as root");
	ui_app_news(w->s.app);
	screen_expect(&w->s, 4, "cannot open '/srv/backup'");
	screen_expect(&w->s, 5, "run it as root");
	assert_false(screen_has(&w->s, ": 0, 0")); /* nobody knows */
	assert_false(screen_has(&w->s, "s Sort"));
}

static void enter_opens_a_real_archive_and_the_command_names_it(void **state)
{
	struct world *w = *state;
	struct backup b;
	backup_run(&b, w->spool, "leaf:Sent", false);
	assert_ok(b.r, &b.err);
	backup_fini(&b);
	screen_open(&w->s, &w->spool->settings, &ui_view_archives, NULL, 24, 80, SCREEN_UTF8);
	screen_read_house(&w->s);
	screen_expect(&w->s, 3, "    7 full A");
	screen_keys(&w->s, "=");
	assert_true(screen_has(&w->s, "cyrkeep list 7"));
	screen_keys(&w->s, "q Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 1, "7, 21 Sep 14:13 > 2 mailboxes, 1 left out");
}

static void the_command_names_the_archive_that_is_shown(void **state)
{
	struct world *w = *state;
	struct backup b;
	CK_CLEANUP(ck_buf_fini) struct ck_buf other = CK_BUF_INIT;
	backup_run(&b, w->spool, "leaf:Sent", false);
	assert_ok(b.r, &b.err);
	backup_fini(&b);
	screen_open(&w->s, &w->spool->settings, NULL, NULL, 24, 200, SCREEN_UTF8);
	screen_read_house(&w->s);
	const char *path = ui_app_house(w->s.app)->archives[0].path;
	assert_int_equal(ck_buf_addf(&other, "%s.copy", path), 0); /* 7 means the first */
	assert_int_equal(link(path, other.data), 0);
	const struct ui_browse_arg arg = {.which = other.data};
	assert_int_equal(ui_app_push(w->s.app, &ui_view_browse, &arg), 0);
	screen_wait(&w->s);
	screen_keys(&w->s, "=");
	assert_true(screen_has(&w->s, ".copy"));
	screen_keys(&w->s, "= Right Down Enter");
	screen_wait(&w->s);
	screen_keys(&w->s, "=");
	assert_true(screen_has(&w->s, "cat /"));
}

static void an_archive_without_the_configuration_is_incomplete(void **state)
{
	struct world *w = *state;
	struct backup b;
	backup_run(&b, w->spool, NULL, true);
	assert_ok(b.r, &b.err);
	backup_fini(&b);
	screen_open(&w->s, &w->spool->settings, &ui_view_archives, NULL, 40, 120, SCREEN_UTF8);
	screen_read_house(&w->s);
	screen_expect(&w->s, 3, "    7 full A     incomplete !");
	assert_true(screen_has(&w->s, "incomplete: no configuration directory"));
}

static void a_damaged_archive_that_nothing_remembers_is_shown(void **state)
{
	struct world *w = *state;
	struct backup b;
	backup_run(&b, w->spool, NULL, false);
	assert_ok(b.r, &b.err);
	CK_FREE char *catalog = spool_path(w->spool, "state/catalog.db");
	assert_int_equal(unlink(catalog), 0);
	assert_int_equal(truncate(b.report.path, 4000), 0);
	backup_fini(&b);
	screen_open(&w->s, &w->spool->settings, &ui_view_archives, NULL, 24, 80, SCREEN_UTF8);
	screen_read_house(&w->s);
	screen_expect(&w->s, 3, "    - full");
	screen_expect(&w->s, 3, "DAMAGED, cut !");
	assert_true(screen_has(&w->s, "nothing remembers what was in it"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(the_time_line_at_80x24),
		T(the_time_line_at_120x40),
		T(the_time_line_in_ascii_and_small),
		T(a_damaged_archive_that_nothing_remembers_is_shown),
		T(what_cannot_be_relied_on_has_a_mark),
		T(the_cursor_starts_on_the_newest_that_can_be_used),
		T(loading_then_empty_says_what_to_do),
		T(a_record_that_cannot_be_read_says_why),
		T(enter_opens_a_real_archive_and_the_command_names_it),
		T(the_command_names_the_archive_that_is_shown),
		T(an_archive_without_the_configuration_is_incomplete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
