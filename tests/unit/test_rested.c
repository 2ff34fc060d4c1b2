/* SPDX-License-Identifier: BSD-2-Clause */
/* What the pane of Sources says of the row where the bar rests, and of partitions in no plan. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/source_page.h"
#include "support/backup.h"
#include "support/wizard.h"
#include "support/world.h"

static void open_sources(struct world *w, int rows, int cols)
{
	screen_open(&w->s, &w->spool->settings, &ui_view_source, NULL, rows, cols, SCREEN_UTF8);
	screen_read_house(&w->s);
	screen_wait(&w->s);
}

static void rest(struct world *w)
{
	screen_pass(&w->s, 1000);
	screen_wait(&w->s); /* a second is over, */
	screen_wait(&w->s); /* and what was asked then is answered */
}

static struct ui_source_page *page_of(struct world *w)
{
	return ui_app_top(w->s.app)->state;
}

static void back_up(struct world *w, const char *rule)
{
	struct backup b;
	backup_run(&b, w->spool, rule, false);
	assert_ok(b.r, &b.err);
	backup_fini(&b);
}

static void add_rule(struct world *w, const char *text)
{
	assert_int_equal(ck_strv_add(&wizard_of(w)->plan.exclude, text), 0);
	ui_wizard_rules_changed(wizard_of(w));
	screen_wait(&w->s);
}

/** Nothing is asked while the bar moves; where it rests the archive and the largest are told. */
static void where_the_bar_rests_more_is_told(void **state)
{
	struct world *w = *state;
	back_up(w, "name:user/anne,larger:1M");
	open_sources(w, 40, 120);
	add_rule(w, "larger:2500");
	screen_keys(&w->s, "Down Down Down Right Down");
	screen_expect(&w->s, 7, ">[~]         INBOX");
	assert_true(screen_has(&w->s, "Last in: ..."));
	assert_true(screen_has(&w->s, "Largest left out here"));
	assert_false(page_of(w)->rested.last_asking);
	assert_null(page_of(w)->rested.largest.server);
	rest(w);
	assert_true(screen_has(&w->s, "Last in: job 7 (21 Sep 14:13), 4 of 5"));
	assert_true(screen_has(&w->s, " 11.0M  2020-09-13  of several"));
	assert_true(screen_has(&w->s, "  3.0K  2020-09-13  shared with"));
	screen_golden(&w->s, "source-rested-120x40");
	screen_keys(&w->s, "Down");
	screen_expect(&w->s, 8, ">[~]         Sent");
	assert_true(screen_has(&w->s, "Last in: ..."));
	rest(w);
	assert_true(screen_has(&w->s, "Last in: job 7 (21 Sep 14:13), all 2"));
	assert_false(screen_has(&w->s, "of several"));
	assert_true(screen_has(&w->s, "  3.0K  2020-09-13  shared with"));
	/* of a row that is no mailbox: what is large; and of the configuration neither */
	screen_keys(&w->s, "Up Up");
	rest(w);
	assert_false(screen_has(&w->s, "Last in"));
	assert_true(screen_has(&w->s, " 11.0M  2020-09-13  of several"));
	screen_keys(&w->s, "g");
	rest(w);
	assert_false(screen_has(&w->s, "Last in"));
	assert_false(screen_has(&w->s, "Largest left out"));
}

/** The block follows the boxes; where nothing is left out there is none. */
static void what_is_left_out_follows_the_boxes(void **state)
{
	struct world *w = *state;
	open_sources(w, 40, 120);
	screen_keys(&w->s, "Down Down Down Right Down");
	rest(w);
	assert_true(screen_has(&w->s, "Never in an archive"));
	assert_false(screen_has(&w->s, "Largest left out"));
	screen_keys(&w->s, "Space");
	rest(w);
	assert_true(screen_has(&w->s, " 11.0M  2020-09-13  of several"));
	screen_keys(&w->s, "Space");
	rest(w);
	assert_false(screen_has(&w->s, "Largest left out"));
}

static void archives_that_come_and_go_are_asked_anew(void **state)
{
	struct world *w = *state;
	open_sources(w, 40, 120);
	screen_keys(&w->s, "Down Down Down Right Down");
	rest(w);
	assert_true(screen_has(&w->s, "Never in an archive"));
	back_up(w, NULL);
	ui_house_read_jobs(w->s.app);
	screen_wait(&w->s);
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "all 5"));
	screen_resize(&w->s, 24, 120);
	assert_true(screen_has(&w->s, "all 5"));
	screen_resize(&w->s, 24, 80);
	assert_null(page_of(w)->rested.tree);
	rest(w);
	assert_false(screen_has(&w->s, "Last in"));
}

/** "Never" would be more than is known when one cannot be read. */
static void archives_that_cannot_be_read_are_told(void **state)
{
	struct world *w = *state;
	struct backup b;
	backup_run(&b, w->spool, NULL, false);
	assert_ok(b.r, &b.err);
	test_write(b.report.path, "cut", 3);
	open_sources(w, 40, 120);
	screen_keys(&w->s, "Down Down Down Right Down");
	rest(w);
	assert_true(screen_has(&w->s, "Last in: none; 1 archive cannot be"));
	backup_fini(&b);
}

/** A partition that none of the saved plans takes anything of says so. */
static void a_partition_in_no_plan_says_so(void **state)
{
	struct world *w = *state;
	open_sources(w, 40, 120);
	screen_expect(&w->s, 7, "[x] ▾ partition two");
	assert_false(screen_has(&w->s, "in no plan"));
	screen_keys(&w->s, "G k k"); /* partition two */
	screen_expect(&w->s, 7, ">[x]");
	screen_keys(&w->s, "Space");
	screen_wait(&w->s);
	screen_expect(&w->s, 7, "left out by you");
	screen_keys(&w->s, "w 'nightly' Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 7, "in no plan");
	assert_true(screen_has(&w->s, "No saved plan takes any of it."));
	screen_keys(&w->s, "Space");
	screen_wait(&w->s);
	screen_expect(&w->s, 7, "[x] ▾ partition two");
	screen_expect(&w->s, 7, "in no plan");
	screen_keys(&w->s, "w '-all' Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 22 + 16, "Plan nightly-all is saved");
	assert_false(screen_has(&w->s, "in no plan"));
}

/** What a plan with a wrong rule takes nobody knows. */
static void a_wrong_plan_says_nothing(void **state)
{
	struct world *w = *state;
	CK_FREE char *path = spool_path(w->spool, "state/plans/odd.conf");
	static const char text[] = "name = \"odd\";\nexclude = [\"size:1M\", \"partition:two\"];\n";
	test_write(path, text, sizeof text - 1);
	open_sources(w, 40, 120);
	assert_int_equal(wizard_of(w)->saved.nplans, 1);
	assert_false(screen_has(&w->s, "in no plan"));
	screen_keys(&w->s, "R F8 F8 q");
	screen_wait(&w->s);
	screen_expect(&w->s, 7, "[x] ▾ partition two");
	assert_false(screen_has(&w->s, "in no plan"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup_spool, world_teardown)
	const struct CMUnitTest tests[] = {
		T(where_the_bar_rests_more_is_told),
		T(what_is_left_out_follows_the_boxes),
		T(archives_that_come_and_go_are_asked_anew),
		T(archives_that_cannot_be_read_are_told),
		T(a_partition_in_no_plan_says_so),
		T(a_wrong_plan_says_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
