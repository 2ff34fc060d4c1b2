/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/report.h"
#include "loop/house.h"
#include "support/fixture.h"
#include "support/joblog.h"
#include "support/world.h"

#define STARTED (SCREEN_NOW - 17)

static int setup(void **state)
{
	world_setup(state);
	struct world *w = *state;
	world_use_usual_settings(w);
	free(w->settings.destinations[0].path);
	w->settings.destinations[0].path = strdup("/var/backups/cyrkeep");
	fixture_server(w->dir);
	return 0;
}

/* An ended job 413 that said @lines. */
static void add(struct world *w, enum ck_job_kind kind, const char *title, const char *lines)
{
	struct joblog job;
	joblog_start(&job, &w->settings, 413, kind, title, STARTED);
	joblog_say(&job, lines);
	joblog_end(&job);
}

static void add_recorded(struct world *w)
{
	char lines[16384];
	FILE *f = fopen("tests/screens/job-413.events", "r");
	assert_non_null(f);
	size_t n = fread(lines, 1, sizeof lines - 1, f);
	fclose(f);
	assert_in_range(n, 1, sizeof lines - 2);
	lines[n] = '\0';
	add(w, CK_JOB_BACKUP, "backup of everything by stop to main", lines);
}

static void look(struct world *w, int rows, int cols, enum screen_charset charset, int up)
{
	uint32_t job = 413;
	screen_open(&w->s, &w->settings, &ui_view_report, &job, rows, cols, charset);
	screen_read_house(&w->s);
	for (int i = 0; i < 10; i++)
		assert_int_equal(ui_app_step(w->s.app, 10), 0);
	screen_wait(&w->s);
	fixture_pin_server(&w->s);
	ui_app_house(w->s.app)->up = up;
	ui_app_news(w->s.app);
}

static void a_backup_that_wants_a_look(void **state)
{
	struct world *w = *state;
	add_recorded(w);
	look(w, 24, 80, SCREEN_UTF8, 1);
	screen_golden(&w->s, "report-80x24");
	screen_keys(&w->s, "=");
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_command);
	assert_true(screen_has(&w->s, "cyrkeep backup --method stop --to /var/backups/cyrkeep"));
	screen_keys(&w->s, "Esc / 'Sent/4.' Enter");
	assert_true(screen_has(&w->s, "message 4:"));
	assert_false(screen_has(&w->s, "message 3:"));
	screen_keys(&w->s, "Enter");
	assert_true(screen_has(&w->s, "guid-mismatch"));
	screen_keys(&w->s, "q Esc");
	assert_true(screen_has(&w->s, "message 3:"));
}

#define READ(path)                                                                            \
	"{\"event\":\"report\",\"time\":\"2026-11-23T10:41:47.603Z\",\"job\":413,\"result\":" \
	"\"ok\","                                                                             \
	"\"archive\":391,\"kind\":\"full\",\"path\":\"" path "\"}\n"

/* An archive of somewhere else may have the number of one that is here. */
static void the_archive_of_the_report_is_opened_not_one_with_its_number(void **state)
{
	struct world *w = *state;
	add(w, CK_JOB_VERIFY, "verify of /mnt/old/mx-full.tar.zst",
	    READ("/mnt/old/mx-full.tar.zst"));
	look(w, 24, 80, SCREEN_UTF8, 1);
	screen_keys(&w->s, "b");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "The archive cannot be opened:");
	screen_expect(&w->s, 4, "/mnt/old/mx-full.tar.zst");
}

static void an_archive_that_was_moved_is_found_by_its_number(void **state)
{
	struct world *w = *state;
	add(w, CK_JOB_BACKUP, "backup of everything by stop to main",
	    READ("/gone/mx-full.tar.zst"));
	look(w, 24, 80, SCREEN_UTF8, 1);
	screen_keys(&w->s, "b");
	screen_wait(&w->s);
	screen_expect(&w->s, 4, "391");
	assert_false(screen_has(&w->s, "/gone/"));
}

static void a_backup_that_wants_a_look_at_120x40(void **state)
{
	struct world *w = *state;
	add_recorded(w);
	look(w, 40, 120, SCREEN_UTF8, 1);
	screen_golden(&w->s, "report-120x40");
}

static void in_ascii_and_in_the_smallest_window(void **state)
{
	struct world *w = *state;
	add_recorded(w);
	look(w, 24, 80, SCREEN_ASCII, 1);
	screen_golden(&w->s, "report-80x24-ascii");
	screen_resize(&w->s, 16, 60);
	screen_expect(&w->s, 2, "look   Backup complete, grade C");
	assert_true(screen_has(&w->s, "Needs a look: 1 of 3"));
}

static void a_failure_says_whether_cyrus_is_up(void **state)
{
	struct world *w = *state;
	add(w, CK_JOB_BACKUP, "backup of everything by stop to main",
	    "{\"event\":\"state\",\"time\":\"2026-11-23T10:41:43.469Z\",\"state\":\"running\"}\n"
	    "{\"event\":\"phase\",\"time\":\"2026-11-23T10:41:43.478Z\",\"phase\":\"inspect\","
	    "\"state\":\"begin\"}\n"
	    "{\"event\":\"report\",\"time\":\"2026-11-23T10:41:47.603Z\",\"job\":413,"
	    "\"result\":\"failed\",\"failure\":\"nospace\",\"error\":\"'/var/backups/cyrkeep' has "
	    "3 MiB left; about 900 MiB are needed\",\"remedy\":\"remove old archives, or choose "
	    "another destination with --to\"}\n");
	look(w, 24, 80, SCREEN_UTF8, 1);
	screen_golden(&w->s, "report-failed-80x24");
	screen_expect(&w->s, 2, "FAIL   Cyrus is up. The backup failed: '/var/backups/cyrkeep'");
	ui_app_house(w->s.app)->up = 0;
	ui_app_news(w->s.app);
	screen_expect(&w->s, 2, "FAIL   CYRUS IS DOWN. The backup failed");
	ui_app_house(w->s.app)->up = -1; /* not known: not a word about it */
	ui_app_news(w->s.app);
	screen_expect(&w->s, 2, "FAIL   The backup failed");
}

static void a_restore_counts_what_came_back(void **state)
{
	struct world *w = *state;
	add(w, CK_JOB_RESTORE, "restore of user/bob from 409",
	    "{\"event\":\"state\",\"time\":\"2026-11-23T10:41:43.469Z\",\"state\":\"running\"}\n"
	    "{\"event\":\"phase\",\"time\":\"2026-11-23T10:41:43.478Z\",\"phase\":\"restore\","
	    "\"state\":\"begin\"}\n"
	    "{\"event\":\"phase\",\"time\":\"2026-11-23T10:41:46.478Z\",\"phase\":\"restore\","
	    "\"state\":\"end\"}\n"
	    "{\"event\":\"report\",\"time\":\"2026-11-23T10:41:47.603Z\",\"job\":413,"
	    "\"method\":\"sync\",\"result\":\"ok\",\"mailboxes\":1,\"added\":1214,\"present\":8657}"
	    "\n");
	look(w, 24, 80, SCREEN_UTF8, 1);
	screen_golden(&w->s, "report-restore-80x24");
}

#define RESTORED(name, figures)                                                             \
	"{\"event\":\"restored\",\"time\":\"2026-11-23T10:41:45.000Z\",\"mailbox\":\"" name \
	"\"," figures "}\n"

static const char restored[] = RESTORED(
	"user/bob", "\"before\":2,\"added\":9118,\"now\":9120,\"archive\":9120,\"lacking\":0")
	RESTORED("user/bob/Drafts",
                 "\"before\":null,\"added\":3,\"now\":3,\"archive\":4,\"lacking\":1")
		RESTORED("user/bob/Work",
                         "\"before\":7,\"added\":1,\"now\":null,\"archive\":8,\"lacking\":"
                         "0") "{\"event\":\"finding\",\"time\":\"2026-11-23T10:41:46."
			      "000Z\",\"mailbox\":\"user/bob/Drafts\","
			      "\"uid\":null,\"code\":\"not-archived\",\"text\":\"1 "
			      "message(s) are missing and not in this "
			      "archive\",\"remedy\":\"look for them in another archive\"}\n"
			      "{\"event\":\"report\",\"time\":\"2026-11-23T10:41:47.603Z\","
			      "\"job\":413,"
			      "\"method\":\"sync\",\"result\":\"findings\",\"mailboxes\":2,"
			      "\"mailboxes_failed\":1,"
			      "\"added\":9122,\"present\":9,\"failed\":1,\"findings\":1,"
			      "\"elsewhere\":41,\"raised\":1}\n";

static void mailboxes_of_a_restore_are_compared_with_the_archive(void **state)
{
	struct world *w = *state;
	add(w, CK_JOB_RESTORE, "restore of user/bob* from 409", restored);
	look(w, 24, 80, SCREEN_UTF8, 1);
	screen_golden(&w->s, "report-restored-80x24");
	screen_keys(&w->s, "Tab Down");
	screen_expect(&w->s, 6, ">user/bob/Drafts");
	screen_keys(&w->s, "s s s"); /* the most that was added first */
	screen_wait(&w->s);
	screen_expect(&w->s, 5, "9 118");
	screen_keys(&w->s, "Tab Enter");
	assert_true(screen_has(&w->s, "look for them in another archive"));
	screen_keys(&w->s, "Esc");
	screen_click(&w->s, 6, 2);
	screen_expect(&w->s, 6, ">user/bob");
	screen_resize(&w->s, 16, 60); /* figures and findings need the rows */
	assert_false(screen_has(&w->s, "same as archive"));
	screen_resize(&w->s, 40, 120);
	screen_golden(&w->s, "report-restored-120x40");
}

static void a_cancelled_job_says_what_is_left_of_it(void **state)
{
	struct world *w = *state;
	add(w, CK_JOB_BACKUP, "backup of everything by stop to main",
	    "{\"event\":\"report\",\"time\":\"2026-11-23T10:41:47.603Z\",\"job\":413,"
	    "\"result\":\"cancelled\",\"error\":\"cancelled\",\"mailboxes\":33,\"messages\":422,"
	    "\"bytes_read\":53372518,\"bytes_written\":35651584,\"grades\":{\"A\":33}}\n");
	look(w, 24, 80, SCREEN_UTF8, 1);
	screen_expect(&w->s, 2, "stop   Cancelled; no archive is left of it");
	assert_false(screen_has(&w->s, "Verify all"));
	assert_false(screen_has(&w->s, "grade A")); /* of an archive that is not there */
	assert_false(screen_has(&w->s, "Holds"));
	assert_true(screen_has(&w->s, "50.9M: 33 mailboxes whole, 422 messages in them; removed"));
	ui_app_house(w->s.app)->up = 0;
	ui_app_news(w->s.app);
	screen_expect(&w->s, 2, "no archive is left of it. Cyrus is not running now");
}

#define BAD_FRAME                                                                          \
	"{\"event\":\"finding\",\"time\":\"2026-11-23T10:41:46.000Z\",\"mailbox\":null,"   \
	"\"uid\":null,\"code\":\"frame-damaged\",\"text\":\"frame 20 at byte 55932724 is " \
	"damaged\",\"remedy\":\"take what is damaged from another archive\"}\n"

static void damage_is_a_failure_not_something_to_look_at(void **state)
{
	struct world *w = *state;
	add(w, CK_JOB_VERIFY, "verify of archive 409",
	    BAD_FRAME "{\"event\":\"report\",\"time\":\"2026-11-23T10:41:47.603Z\",\"job\":413,"
	              "\"archive\":409,\"result\":\"findings\",\"mailboxes\":44,\"messages\":617,"
	              "\"findings\":1,\"grades\":{\"A\":44}}\n");
	look(w, 24, 80, SCREEN_UTF8, 1);
	screen_golden(&w->s, "report-damaged-80x24");
	screen_expect(&w->s, 2, "FAIL   The archive is DAMAGED");
	assert_false(screen_has(&w->s, "grade A")); /* as it was made, not as it is */
	screen_keys(&w->s, "3");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "FAIL  archive is damaged");
}

static void a_restore_that_put_nothing_back_failed(void **state)
{
	struct world *w = *state;
	add(w, CK_JOB_RESTORE, "restore of user/bob from 409",
	    BAD_FRAME "{\"event\":\"report\",\"time\":\"2026-11-23T10:41:47.603Z\",\"job\":413,"
	              "\"method\":\"sync\",\"result\":\"findings\",\"mailboxes\":1,\"added\":0,"
	              "\"present\":0,\"failed\":1,\"mailboxes_failed\":2,\"findings\":1}\n");
	look(w, 24, 80, SCREEN_UTF8, 1);
	screen_expect(&w->s, 2, "FAIL   Nothing was put back; 1 message could not be");
	assert_true(screen_has(&w->s, "Failed     1 message; 2 mailboxes not put back whole"));
	assert_false(screen_has(&w->s, "1 messages"));
}

static void a_restore_says_where_the_mail_went(void **state)
{
	struct world *w = *state;
	add(w, CK_JOB_RESTORE, "restore of user/bob/Sent from 409 into a dated folder",
	    "{\"event\":\"report\",\"time\":\"2026-11-23T10:41:47.603Z\",\"job\":413,"
	    "\"method\":\"sync\",\"result\":\"ok\",\"mailboxes\":1,\"added\":2,\"present\":0,"
	    "\"into\":\"user/bob/RESTORED/2026-11-23/Sent\"}\n");
	look(w, 24, 80, SCREEN_UTF8, 1);
	assert_true(screen_has(&w->s, "Into       user/bob/RESTORED/2026-11-23/Sent"));
}

static void hostile_words_of_a_failure_stay_words(void **state)
{
	struct world *w = *state;
	add(w, CK_JOB_BACKUP, "\033]0;title\007\302\233[2J",
	    "{\"event\":\"report\",\"time\":\"2026-11-23T10:41:47.603Z\",\"job\":413,"
	    "\"result\":\"failed\",\"error\":\"\\u001b[2J\\u202e\\u009bno\","
	    "\"path\":\"/a/\\u001bb\",\"archive\":9}\n");
	look(w, 24, 80, SCREEN_UTF8, 1);
	const struct ui_grid *g = ui_app_draw(w->s.app);
	for (int i = 0; i < g->rows * g->cols; i++)
		for (int k = 0; g->spots[i].width && k < g->spots[i].n; k++) {
			uint32_t ch = g->spots[i].ch[k];
			assert_true(ch >= 0x20 && (ch < 0x7F || ch >= 0xA0) && ch != 0x202E);
		}
	assert_true(screen_has(&w->s, "/a/<1B>b"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(a_backup_that_wants_a_look),
		T(the_archive_of_the_report_is_opened_not_one_with_its_number),
		T(an_archive_that_was_moved_is_found_by_its_number),
		T(a_backup_that_wants_a_look_at_120x40),
		T(in_ascii_and_in_the_smallest_window),
		T(a_failure_says_whether_cyrus_is_up),
		T(a_restore_counts_what_came_back),
		T(mailboxes_of_a_restore_are_compared_with_the_archive),
		T(a_cancelled_job_says_what_is_left_of_it),
		T(damage_is_a_failure_not_something_to_look_at),
		T(a_restore_that_put_nothing_back_failed),
		T(a_restore_says_where_the_mail_went),
		T(hostile_words_of_a_failure_stay_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
