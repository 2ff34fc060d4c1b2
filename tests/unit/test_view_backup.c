/* SPDX-License-Identifier: BSD-2-Clause */
/* The pages of Back up behind Sources and rules: method, destination, review, start. */
#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "loop/house.h"
#include "support/fixture.h"
#include "support/wizard.h"

/** As if these clients were connected; the page asks again when some seconds have passed. */
static void connect_clients(struct world *w, const char *const *users, size_t n)
{
	screen_wait(&w->s);
	struct ui_connected *c = &wizard_of(w)->connected;
	struct ck_session *items = calloc(n, sizeof *items);
	struct ck_session_user *names = calloc(n, sizeof *names);
	assert_true(items && names && !c->asking);
	ck_sessions_fini(&c->now);
	c->now = (struct ck_sessions){.items = items, .n = n, .users = names};
	for (size_t i = 0; i < n; i++) {
		items[i].user = strdup(users[i]);
		items[i].command = strdup(i % 3 ? "" : "Idle");
		assert_true(items[i].user && items[i].command);
		if (i && strcmp(users[i], users[i - 1]) == 0)
			names[c->now.nusers - 1].sessions++;
		else if (*users[i])
			names[c->now.nusers++] = (struct ck_session_user){items[i].user, 1};
	}
	wizard_cyrus_is(w, 1);
}

static const char *const clients[] = {
	"anna",     "anna",  "anna",   "bob", "\346\235\216\351\233\267",
	"\033[2Jx", "carol", "dmitri", ""};

/* --- method and destination ----------------------------------------------------------- */

static void methods_say_what_they_cost(void **state)
{
	struct world *w = *state;
	replace(&w->settings.master.pidfile, "/nonexistent/master.pid");
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "F5");
	assert_true(screen_has(&w->s, "..."));
	screen_wait(&w->s);
	wizard_settle(w);
	assert_true(screen_has(&w->s, "Cut off now: no session."));
	connect_clients(w, clients, CK_COUNT(clients));
	screen_golden(&w->s, "method-80x24");
	screen_resize(&w->s, 40, 120);
	screen_golden(&w->s, "method-120x40");
	screen_keys(&w->s, "<");
	screen_expect(&w->s, 1, "[1 Sources]");
}

static void a_method_that_is_not_possible_cannot_be_used(void **state)
{
	struct world *w = *state;
	replace(&w->settings.master.recipe, "/nonexistent.conf");
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "F5");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "Not possible here"));
	screen_keys(&w->s, "F5");
	screen_expect(&w->s, 22, "not possible here");
	screen_expect(&w->s, 1, "[2 Method]");
}

/* It took 400 s, of which Cyrus was down for 300. */
static const struct fixture_job earlier_backup = {7,
                                                  SCREEN_NOW - 86400,
                                                  400000,
                                                  NULL,
                                                  {.archive = 7,
                                                   .kind = "full",
                                                   .method = "stop",
                                                   .result = CK_RESULT_OK,
                                                   .mailboxes = 8,
                                                   .messages = 62026,
                                                   .bytes_read = 19883098314u,
                                                   .downtime_ms = 300000}};

static void an_earlier_backup_gives_the_forecast(void **state)
{
	struct world *w = *state;
	fixture_job(&w->settings, &earlier_backup);
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "F5");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "about ");
	screen_expect(&w->s, 3, " min");
	assert_true(screen_has(&w->s, "The forecast is for 18.5G"));
}

static void destinations_are_looked_at(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "F5");
	screen_wait(&w->s);
	screen_keys(&w->s, "F5");
	assert_true(screen_has(&w->s, "asking"));
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "will be made by the first backup"));
	assert_int_equal(mkdir(w->settings.destinations[0].path, 0700), 0);
	screen_keys(&w->s, "T");
	screen_wait(&w->s);
	screen_expect(&w->s, 22, "A test file of 1.0M was written in ");
	assert_true(screen_has(&w->s, "is there, and its mode lets us write"));
	assert_int_equal(rmdir(w->settings.destinations[0].path), 0); /* nothing was left */
}

static void a_destination_that_cannot_be_used_stops_here(void **state)
{
	struct world *w = *state;
	replace(&w->settings.destinations[0].path, "/dev/null/archives");
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "F5");
	screen_wait(&w->s);
	screen_keys(&w->s, "F5");
	screen_wait(&w->s);
	wizard_settle(w);
	screen_golden(&w->s, "destination-fail-80x24");
	screen_keys(&w->s, "T");
	screen_wait(&w->s);
	screen_expect(&w->s, 22, "No test file: ");
	screen_keys(&w->s, "F5");
	screen_expect(&w->s, 22, "cannot be used");
	screen_expect(&w->s, 1, "[3 Destination]");
	screen_keys(&w->s, "F7 C-u '/dev/null' Enter");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "this time"));
	assert_string_equal(wizard_of(w)->plan.destination, "/dev/null");
	assert_true(screen_has(&w->s, "is not a directory"));
	screen_keys(&w->s, "F7 C-u '/dev/null' Enter"); /* the same once more */
	screen_expect(&w->s, 4, "this time");
	CK_FREE char *below = screen_row(&w->s, 5);
	assert_null(strstr(below, "this time"));
}

/* --- review and start ----------------------------------------------------------------- */

static void review_says_everything_on_one_page(void **state)
{
	struct world *w = *state;
	replace(&w->settings.master.pidfile, "/nonexistent/master.pid");
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_add_rule(w, "leaf:Trash");
	wizard_review(w);
	screen_expect(&w->s, 3, "18.3G in 7 mailboxes of 3 users, configuration");
	screen_expect(&w->s, 4, "left out 190M: 1 rule");
	assert_true(screen_has(&w->s, "cyrkeep backup --method stop --exclude leaf:Trash"));
	assert_true(screen_has(&w->s, "nothing else is running, nothing is left over"));
	screen_expect(&w->s, 22, "Nothing has been changed");
	screen_resize(&w->s, 16, 60); /* the least there is: Start and the checks stay visible */
	screen_expect(&w->s, 1, "step 4 of 4, Review");
	screen_expect(&w->s, 15, "F5 Start");
	assert_true(screen_has(&w->s, "Checks"));
	assert_true(screen_has(&w->s, "Cyrus is controlled by"));
	screen_keys(&w->s, "Down Enter");
	screen_expect(&w->s, 1, "step 2 of 4, Method");
	screen_expect(&w->s, 15, "F5 Next");
}

static void review_names_what_prevents_the_start(void **state)
{
	struct world *w = *state;
	replace(&w->settings.master.pidfile, "/nonexistent/master.pid");
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_add_rule(w, "leaf:Trash");
	replace(&w->settings.destinations[0].path, "/dev/null/archives");
	screen_keys(&w->s, "F5");
	screen_wait(&w->s);
	screen_keys(&w->s, "F5");
	screen_keys(&w->s, "F5"); /* before the destination has answered */
	screen_wait(&w->s);
	wizard_settle(w);
	wizard_cyrus_is(w, 1);
	screen_golden(&w->s, "review-fail-80x24");
	screen_keys(&w->s, "F5");
	screen_expect(&w->s, 22, "cannot look at");
	assert_false(screen_has(&w->s, "Type"));
	screen_resize(&w->s, 40, 120);
	wizard_cyrus_is(w, 1);
	screen_golden(&w->s, "review-fail-120x40");
}

/* What the last backup took, and a limit that is shorter. */
static void a_downtime_beyond_the_limit_is_told_before(void **state)
{
	struct world *w = *state;
	fixture_job(&w->settings, &earlier_backup);
	w->settings.max_downtime_s = 120;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_review(w);
	assert_true(screen_has(&w->s, "the downtime is expected to pass the limit of 2 min"));
	screen_expect(&w->s, 23, "F5 Start"); /* it may: the limit is kept */
}

/* It only reads an archive; a backup or a restore would be in the way. */
static void a_verify_beside_it_does_not_keep_it_from_starting(void **state)
{
	struct world *w = *state;
	joblog_start(&w->job, &w->settings, 413, CK_JOB_VERIFY, "verify archive 409", SCREEN_NOW);
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_review(w);
	assert_true(screen_has(&w->s, "nothing else is running, nothing is left over"));
	joblog_end(&w->job);
	joblog_start(&w->job, &w->settings, 414, CK_JOB_RESTORE, "restore of user/bob", SCREEN_NOW);
	screen_read_house(&w->s);
	assert_true(screen_has(&w->s, "job 414 works on this server: restore of user/bob"));
	screen_keys(&w->s, "F5");
	assert_false(screen_has(&w->s, "Type"));
}

static void save_plan(const struct world *w, const char *name, const char *more)
{
	CK_FREE char *path = NULL, *text = NULL;
	assert_true(asprintf(&path, "%s/plans/%s.conf", w->settings.state, name) > 0);
	assert_true(asprintf(&text, "name = \"%s\";\n%s", name, more) > 0);
	test_write(path, text, strlen(text));
}

/** What speaks against another plan stands on Home, not here. */
static void review_judges_this_backup_alone(void **state)
{
	struct world *w = *state;
	save_plan(w, "good", "exclude = [\"off,leaf:Trash\"];\n");
	save_plan(w, "wrong", "exclude = [\"size:1M\"];\n");
	wizard_open(w, 24, 80, SCREEN_UTF8);
	const struct ui_server *server = ui_app_house(w->s.app)->server;
	assert_int_equal(server->server->nproblems, 1);
	assert_string_equal(server->server->problems[0].code, CK_PROBLEM_PLAN);
	wizard_review(w);
	screen_expect(&w->s, 1, "plan good");
	screen_expect(&w->s, 4, "no mail is left out");
	assert_false(screen_has(&w->s, "wrong"));
}

static void an_empty_selection_cannot_be_started(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_review(w);
	struct ui_wizard *wiz = wizard_of(w);
	assert_int_equal(ck_strv_add(&wiz->plan.exclude, "name:*"), 0);
	ui_wizard_rules_changed(wiz); /* as another rule would, from the page below */
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "FAIL  nothing is taken: an empty backup is not started"));
	screen_keys(&w->s, "F5");
	screen_expect(&w->s, 22, "nothing is taken: an empty backup is not started");
	assert_false(screen_has(&w->s, "Type  stop"));
}

static void stopping_cyrus_needs_the_word(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_review(w);
	screen_keys(&w->s, "F5");
	assert_true(screen_has(&w->s, "Cyrus will be stopped"));
	assert_true(screen_has(&w->s, "Type  stop  to go on"));
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "Enter"); /* the button with the focus: the harmless one */
	assert_false(screen_has(&w->s, "Type  stop"));
	screen_keys(&w->s, "F5 'stpo'");
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "Enter");
	assert_true(screen_has(&w->s, "Type  stop  to go on"));
	screen_keys(&w->s, "Esc");
	struct ck_job *jobs;
	size_t n;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_jobs_list(&w->settings, &jobs, &n, &err), &err);
	assert_int_equal(n, 0);
	ck_jobs_free(jobs, n);
}

/** What will be cut off and for how long stands on the page and in the question. */
static void where_cyrus_is_down_nothing_is_said_to_be_stopped(void **state)
{
	struct world *w = *state;
	replace(&w->settings.master.pidfile, "/nonexistent/master.pid");
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_review(w);
	wizard_settle(w);
	wizard_cyrus_is(w, 0);
	screen_expect(&w->s, 6, "Cyrus        is down already, and is not started afterwards");
	assert_false(screen_has(&w->s, "Cut off"));
	assert_true(screen_has(&w->s, "the unfinished file is removed; Cyrus stays down"));
	screen_keys(&w->s, "F5");
	assert_true(screen_has(&w->s, "Cyrus is down already"));
	assert_false(screen_has(&w->s, "down for"));
}

static void the_steps_in_row_1_can_be_clicked(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_settle(w);
	screen_expect(&w->s, 1, " Back up: [1 Sources] > 2 Method > 3 Destination > 4 Review");
	screen_click(&w->s, 1, 37); /* two steps ahead: no */
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_source);
	screen_click(&w->s, 1, 24);
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_method);
	wizard_settle(w);
	screen_click(&w->s, 1, 10);
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_source);
	wizard_review(w);
	wizard_settle(w);
	screen_expect(&w->s, 1, " Back up: 1 Sources > 2 Method > 3 Destination > [4 Review]");
	screen_click(&w->s, 1, 22);
	assert_ptr_equal(ui_app_top(w->s.app)->ops, &ui_view_method);
}

/** A job that stopped Cyrus starts it again: nobody is told that it stays down. */
static void where_a_job_holds_cyrus_down_it_is_named(void **state)
{
	struct world *w = *state;
	static struct ck_leftover left = {.job = 414, .urgent = true};
	replace(&w->settings.master.pidfile, "/nonexistent/master.pid");
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_review(w);
	wizard_settle(w);
	left.since_ms = (SCREEN_NOW - 60) * (int64_t)1000;
	ui_app_house(w->s.app)->leftovers = &left;
	ui_app_house(w->s.app)->nleftovers = 1;
	wizard_cyrus_is(w, 0);
	screen_expect(&w->s, 0, "DOWN 0:01:");
	screen_expect(&w->s, 6, "Cyrus        is stopped by job 414 at present");
	assert_true(screen_has(&w->s, "Cyrus is started again, the unfinished file is removed"));
	assert_true(screen_has(&w->s, "FAIL  :unwind mends this: Cyrus is stopped by job 414"));
	ui_app_house(w->s.app)->leftovers = NULL;
	ui_app_house(w->s.app)->nleftovers = 0;
}

static void stopping_cyrus_says_who_is_cut_off(void **state)
{
	struct world *w = *state;
	replace(&w->settings.master.pidfile, "/nonexistent/master.pid");
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_review(w);
	wizard_settle(w);
	wizard_cyrus_is(w, 1);
	assert_true(screen_has(&w->s, "Cut off      no session"));
	connect_clients(w, clients, CK_COUNT(clients));
	screen_expect(&w->s, 6, "down for perhaps 7 min; new mail waits at the MTA");
	screen_expect(&w->s, 7, "9 sessions of 6 users: anna (3), bob,");
	screen_keys(&w->s, "F5");
	screen_golden(&w->s, "review-stop-80x24");
	screen_resize(&w->s, 40, 120);
	assert_true(
		screen_has(&w->s, "anna (3), bob, \346\235\216\351\233\267, <1B>[2Jx and 2 more "));
	screen_keys(&w->s, "Esc");
	wizard_settle(w); /* some seconds later it is asked again */
	screen_wait(&w->s);
	wizard_cyrus_is(w, 1);
	assert_true(screen_has(&w->s, "Cut off      no session"));
	screen_resize(&w->s, 16, 60);
	screen_expect(&w->s, 15, "F5 Start");
	assert_true(screen_has(&w->s, "Cyrus is controlled by"));
}

static void leaving_the_configuration_out_needs_another_word(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Space"); /* the configuration is the first row */
	screen_expect(&w->s, 22, "mailbox list");
	screen_wait(&w->s);
	wizard_review(w);
	screen_keys(&w->s, "F5");
	assert_true(screen_has(&w->s, "subscriptions"));
	assert_true(screen_has(&w->s, "Type  without  to go on"));
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "'without' Enter");
	assert_true(screen_has(&w->s, "Type  stop  to go on")); /* and then the other */
	screen_keys(&w->s, "Esc F5");
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "Enter"); /* the first button takes it in */
	screen_wait(&w->s);
	assert_false(wizard_of(w)->plan.without_config);
	screen_expect(&w->s, 3, ", configuration");
}

/** The console's way past the sanity gate: not by accident, and for this run only. */
static void a_shrunken_store_needs_another_word(void **state)
{
	struct world *w = *state;
	const struct fixture_job job = {7,
	                                SCREEN_NOW - 86400,
	                                400000,
	                                NULL,
	                                {.archive = 7,
	                                 .kind = "full",
	                                 .method = "stop",
	                                 .result = CK_RESULT_OK,
	                                 .mailboxes = 8,
	                                 .messages = 262026}};
	fixture_job(&w->settings, &job);
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_review(w);
	replace(&w->settings.program, "/bin/true");
	assert_true(screen_has(&w->s, "warn  the server has "));
	assert_true(screen_has(&w->s, " messages where job 7 found 262026: mail is missing"));
	screen_keys(&w->s, "F5");
	assert_true(screen_has(&w->s, "Only if it was removed on purpose"));
	assert_true(screen_has(&w->s, "Type  shrunk  to go on"));
	screen_keys(&w->s, "Esc F5"); /* no word: it is asked again */
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "'shrunk' Enter");
	assert_true(screen_has(&w->s, "Type  stop  to go on")); /* and then the other */
	screen_keys(&w->s, "Esc F5");
	assert_true(screen_has(&w->s, "Type  shrunk  to go on"));
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "'shrunk' Enter");
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "'stop' Enter");
	screen_wait(&w->s);
	screen_read_house(&w->s);
	CK_FREE char *path = NULL;
	assert_true(asprintf(&path, "%s/jobs/8/spec", w->settings.state) > 0);
	CK_CLEANUP(ck_buf_fini) struct ck_buf spec = CK_BUF_INIT;
	assert_int_equal(fs_read_file(AT_FDCWD, path, 65536, &spec, NULL), 0);
	assert_true(test_contains(spec.data, "\"accept_shrink\":true"));
}

/** A refused start says why, and the wizard is still there. */
static void a_refused_start_says_why(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_review(w);
	replace(&w->settings.program, "/nonexistent/cyrkeep");
	screen_keys(&w->s, "F5 'stop'");
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "Enter");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "The backup was not started"));
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "Esc");
	screen_expect(&w->s, 1, "[4 Review]");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(methods_say_what_they_cost),
		T(a_method_that_is_not_possible_cannot_be_used),
		T(an_earlier_backup_gives_the_forecast),
		T(destinations_are_looked_at),
		T(a_destination_that_cannot_be_used_stops_here),
		T(review_says_everything_on_one_page),
		T(review_names_what_prevents_the_start),
		T(a_downtime_beyond_the_limit_is_told_before),
		T(a_verify_beside_it_does_not_keep_it_from_starting),
		T(review_judges_this_backup_alone),
		T(an_empty_selection_cannot_be_started),
		T(stopping_cyrus_needs_the_word),
		T(where_cyrus_is_down_nothing_is_said_to_be_stopped),
		T(where_a_job_holds_cyrus_down_it_is_named),
		T(the_steps_in_row_1_can_be_clicked),
		T(stopping_cyrus_says_who_is_cut_off),
		T(leaving_the_configuration_out_needs_another_word),
		T(a_shrunken_store_needs_another_word),
		T(a_refused_start_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
