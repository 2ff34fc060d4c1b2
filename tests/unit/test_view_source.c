/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backup/wizard.h"
#include "support/fixture.h"
#include "support/world.h"

static void open_sources(struct world *w, int rows, int cols, enum screen_charset charset)
{
	fixture_server(w->dir);
	screen_open(&w->s, &w->settings, &ui_view_source, NULL, rows, cols, charset);
	screen_read_house(&w->s);
	fixture_pin_server(&w->s);
	screen_wait(&w->s);
}

static struct ui_wizard *wizard_of(struct world *w)
{
	return ui_wizard_of(ui_app_top(w->s.app));
}

static char *draft_path(const struct world *w)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/state/draft.conf", w->dir) > 0);
	return path;
}

/** A tree is drawn with its boxes, sizes and reasons. */
static void sources_look_as_drawn(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down Down Down Right Down Down Down Space");
	screen_pass(&w->s, 4000);
	screen_wait(&w->s);
	screen_golden(&w->s, "source-80x24");
}

static void a_wide_terminal_explains_the_row(void **state)
{
	struct world *w = *state;
	open_sources(w, 40, 120, SCREEN_UTF8);
	screen_keys(&w->s, "Down Down Down Right Down Down Down Space");
	screen_pass(&w->s, 4000);
	screen_wait(&w->s);
	screen_golden(&w->s, "source-120x40");
}

static void ascii_terminals_lose_nothing(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_ASCII);
	screen_keys(&w->s, "Down Down Space");
	screen_pass(&w->s, 4000);
	screen_wait(&w->s);
	screen_golden(&w->s, "source-80x24-ascii");
}

static void before_the_server_is_read_it_waits(void **state)
{
	struct world *w = *state;
	screen_open(&w->s, &w->settings, &ui_view_source, NULL, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "...");
	screen_keys(&w->s, "F5");
	screen_expect(&w->s, 22, "not known yet");
}

static void a_server_that_cannot_be_read_is_explained(void **state)
{
	struct world *w = *state;
	screen_open(&w->s, &w->settings, &ui_view_source, NULL, 24, 80, SCREEN_UTF8);
	screen_read_house(&w->s);
	screen_expect(&w->s, 3, "The mail store cannot be read");
	assert_true(screen_has(&w->s, "imapd.conf"));
	assert_true(screen_has(&w->s, "r reads it again"));
	fixture_server(w->dir);
	screen_keys(&w->s, "r");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "partition default"));
}

static void a_server_without_mailboxes_says_so(void **state)
{
	struct world *w = *state;
	char *path = NULL;
	fixture_server(w->dir);
	assert_true(asprintf(&path, "%s/conf/mailboxes.db", w->dir) > 0);
	unlink(path);
	free(path);
	screen_open(&w->s, &w->settings, &ui_view_source, NULL, 24, 80, SCREEN_UTF8);
	screen_read_house(&w->s);
	screen_expect(&w->s, 3, "The mail store cannot be read");
}

static void a_tick_becomes_a_rule_with_its_figures(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down Down Down Space");
	screen_wait(&w->s);
	const struct ui_wizard *wiz = wizard_of(w);
	assert_true(ui_wizard_is_settled(wiz));
	assert_int_equal(wiz->plan.exclude.n, 1);
	assert_string_equal(wiz->plan.exclude.items[0], "below:user/anna,partition:default");
	assert_int_equal(wiz->est.taken_mailboxes, 5);
	assert_int_equal(wiz->est.rules[0].mailboxes, 3);
	screen_expect(&w->s, 6, "[ ]");
	screen_expect(&w->s, 6, "left out by you");
	screen_keys(&w->s, "u");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 0);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 8);
	screen_keys(&w->s, "U");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 5);
}

static void a_rule_and_a_box_are_told_apart(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	struct ui_wizard *wiz = wizard_of(w);
	assert_int_equal(ck_strv_add(&wiz->plan.exclude, "leaf:Trash"), 0);
	assert_int_equal(ck_strv_add(&wiz->plan.exclude, "below:user/bob"), 0);
	ui_wizard_rules_changed(wiz);
	screen_wait(&w->s);
	screen_keys(&w->s, "Down Down Down Right");
	assert_true(screen_has(&w->s, "rule 1  leaf:Trash"));
	assert_true(screen_has(&w->s, "[-]"));
	screen_expect(&w->s, 10, "[ ]");
	screen_expect(&w->s, 10, "left out by you");
}

static void patterns_tick_and_untick(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "- 'user/*/Sent' Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 22, "2 mailboxes match: out");
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 6);
	screen_keys(&w->s, "- 'user/*/Sent' Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 22, "No mailbox that is in is like");
	screen_keys(&w->s, "+ 'user/anna*' Enter");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 7);
}

static void the_filter_keeps_parents_and_limits_ticks(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "/ 'sent'");
	screen_wait(&w->s);
	screen_keys(&w->s, "Enter");
	screen_expect(&w->s, 1, "/sent  2");
	screen_expect(&w->s, 3, "partition default");
	screen_expect(&w->s, 5, "anna");
	screen_expect(&w->s, 6, "Sent");
	assert_false(screen_has(&w->s, "Trash"));
	screen_keys(&w->s, "g Space"); /* all visible of the partition */
	screen_expect(&w->s, 22, "only what the filter finds");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 6);
	screen_keys(&w->s, "Esc");
	assert_true(screen_has(&w->s, "shared mailboxes"));
	screen_expect(&w->s, 1, "no plan");
}

static void nothing_ticked_cannot_go_on(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "- '*' Enter");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 0);
	screen_keys(&w->s, "F5");
	screen_expect(&w->s, 22, "No mailbox is ticked");
	screen_expect(&w->s, 1, "[1 Sources]");
}

static void a_filter_without_hits_says_so(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "/ 'no such name'");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "No name fits"));
	screen_keys(&w->s, "Esc");
	assert_true(screen_has(&w->s, "anna"));
}

static void the_draft_survives_the_console(void **state)
{
	struct world *w = *state;
	char *path = draft_path(w);
	open_sources(w, 24, 80, SCREEN_UTF8);
	assert_int_equal(access(path, F_OK), -1);
	screen_keys(&w->s, "Down Down Down Space");
	screen_wait(&w->s);
	assert_int_equal(access(path, F_OK), 0);
	screen_close(&w->s);

	screen_open(&w->s, &w->settings, &ui_view_source, NULL, 24, 80, SCREEN_UTF8);
	screen_read_house(&w->s);
	screen_expect(&w->s, 22, "Draft of");
	screen_expect(&w->s, 6, "left out by you");
	screen_keys(&w->s, "F8 Right");
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "Enter");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 0);
	assert_int_equal(access(path, F_OK), -1);
	free(path);
}

/** The last tick is written even when the screen is left at once. */
static void leaving_keeps_the_last_tick(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down Down Down Space q");
	screen_wait(&w->s);
	screen_close(&w->s);
	struct ck_plan plan = {0};
	struct ck_err err = CK_ERR_INIT;
	int64_t saved;
	assert_ok(ck_draft_load(&w->settings, &plan, &saved, &err), &err);
	assert_int_equal(plan.exclude.n, 1);
	ck_plan_fini(&plan);
}

static void a_plan_is_saved_and_taken_again(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down Down Down Space");
	screen_wait(&w->s);
	screen_keys(&w->s, "w 'nightly' Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 22, "Plan nightly is saved");
	screen_expect(&w->s, 1, "plan nightly");
	assert_false(screen_has(&w->s, "nightly*"));
	screen_keys(&w->s, "Space");
	screen_wait(&w->s);
	screen_expect(&w->s, 1, "plan nightly*");
	screen_keys(&w->s, "e Enter");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	assert_false(screen_has(&w->s, "nightly*"));
}

static void the_command_line_repeats_it(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	struct ui_wizard *wiz = wizard_of(w);
	struct ck_buf text = CK_BUF_INIT;
	assert_int_equal(ck_strv_add(&wiz->plan.exclude, "leaf:it's *"), 0);
	wiz->plan.without_config = true;
	ui_wizard_rules_changed(wiz);
	screen_wait(&w->s);
	ui_wizard_command(wiz, &text);
	assert_non_null(strstr(text.data, " backup --method stop --exclude 'leaf:it'\\''s *' "
	                                  "--without-config --yes-without-config"));
	assert_non_null(strstr(text.data, "cyrkeep -c "));
	ck_buf_fini(&text);
	screen_keys(&w->s, "=");
	screen_expect(&w->s, 1, "without the console");
	assert_true(screen_has(&w->s, "--exclude"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(sources_look_as_drawn),
		T(a_wide_terminal_explains_the_row),
		T(ascii_terminals_lose_nothing),
		T(before_the_server_is_read_it_waits),
		T(a_server_that_cannot_be_read_is_explained),
		T(a_server_without_mailboxes_says_so),
		T(a_tick_becomes_a_rule_with_its_figures),
		T(a_rule_and_a_box_are_told_apart),
		T(patterns_tick_and_untick),
		T(the_filter_keeps_parents_and_limits_ticks),
		T(nothing_ticked_cannot_go_on),
		T(a_filter_without_hits_says_so),
		T(the_draft_survives_the_console),
		T(leaving_keeps_the_last_tick),
		T(a_plan_is_saved_and_taken_again),
		T(the_command_line_repeats_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
