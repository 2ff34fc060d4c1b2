/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backup/wizard.h"
#include "support/fixture.h"
#include "support/indexwriter.h"
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

/** Once, and again when the store was read again: it is not tried for ever. */
static void a_plan_that_cannot_be_applied_is_told(void **state)
{
	struct world *w = *state;
	static const char text[] = "name = \"odd\";\nexclude = [\"size:1M\"];\n";
	char *path = NULL;
	assert_true(asprintf(&path, "%s/plans/odd.conf", w->settings.state) > 0);
	test_write(path, text, sizeof text - 1);
	free(path);
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 3, "The plan cannot be applied");
	assert_true(screen_has(&w->s, "size"));
	screen_keys(&w->s, "r");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "The plan cannot be applied");
	screen_keys(&w->s, "R F8 q");
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

/** A row is left out by a rule only if nothing below it is left out by a box. */
static void a_rule_for_the_inbox_does_not_speak_for_its_user(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	struct ui_wizard *wiz = wizard_of(w);
	assert_int_equal(ck_strv_add(&wiz->plan.exclude, "name:user/%"), 0);
	assert_int_equal(ck_strv_add(&wiz->plan.exclude, "name:user/bob/Sent"), 0);
	ui_wizard_rules_changed(wiz);
	screen_wait(&w->s);
	screen_keys(&w->s, "Down Down Down Down Right");
	screen_expect(&w->s, 7, "[ ]     ▾ bob");
	screen_expect(&w->s, 7, "left out by you");
	screen_expect(&w->s, 8, "[-]         INBOX");
	screen_expect(&w->s, 9, "[ ]         Sent");
	screen_keys(&w->s, "Space");
	screen_wait(&w->s);
	screen_expect(&w->s, 7, "[~]     ▾ bob");
	screen_expect(&w->s, 8, "rule 1  name:user/%");
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "name:user/%");
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
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

/** Anna's Sent has a message that a rule takes; bob's has an index that cannot be read. */
static void fill_sent(const char *dir)
{
	const struct index_record records[] = {
		{.uid = 1, .size = 5u << 20, .internaldate = 1500000000},
		{.uid = 2, .size = 3u << 20, .internaldate = SCREEN_NOW},
	};
	const struct index_header h = {.generation = 1,
	                               .version = 17,
	                               .exists = CK_COUNT(records),
	                               .quota_bytes = 8u << 20,
	                               .uidvalidity = 1600000000,
	                               .highestmodseq = 9};
	struct ck_buf out = CK_BUF_INIT;
	char *path = NULL;
	indexwriter_index(&out, &h, records, CK_COUNT(records));
	assert_true(asprintf(&path, "%s/default/uuid/a/a/aaaa0003/cyrus.index", dir) > 0);
	test_write(path, out.data, out.len);
	free(path);
	ck_buf_fini(&out);
	assert_true(asprintf(&path, "%s/default/uuid/b/b/bbbb0002/cyrus.index", dir) > 0);
	test_write(path, "nonsense", 8);
	free(path);
}

/** What rules of size and age take, and what cannot be read, is said of what lies above, too. */
static void what_is_missing_is_told_up_to_the_top(void **state)
{
	struct world *w = *state;
	fixture_server(w->dir);
	fill_sent(w->dir);
	screen_open(&w->s, &w->settings, &ui_view_source, NULL, 40, 120, SCREEN_UTF8);
	screen_read_house(&w->s);
	screen_wait(&w->s);
	struct ui_wizard *wiz = wizard_of(w);
	assert_int_equal(ck_strv_add(&wiz->plan.exclude, "leaf:Trash"), 0);
	assert_int_equal(ck_strv_add(&wiz->plan.exclude, "leaf:Sent,larger:1M,older:7d"), 0);
	ui_wizard_rules_changed(wiz);
	screen_wait(&w->s);
	screen_keys(&w->s, "Down Down Down Down Right Up Right Down Down");
	screen_expect(&w->s, 4, "[~] ▾ partition default");
	screen_expect(&w->s, 4, "195M left out");
	screen_expect(&w->s, 6, "[~]     ▾ anna");
	screen_expect(&w->s, 6, "195M left out");
	screen_expect(&w->s, 8, "[~]         Sent");
	screen_expect(&w->s, 8, "rule 2  1, 5.0M");
	screen_expect(&w->s, 9, "[-]         Trash");
	screen_expect(&w->s, 10, "[~]     ▾ bob");
	screen_expect(&w->s, 10, "1 unreadable");
	screen_expect(&w->s, 12, "[!]         Sent");
	screen_expect(&w->s, 15, "[x] ▾ partition slow");
	screen_expect(&w->s, 17, "also on default");
	screen_expect(&w->s, 38, "(rules 195M)");
	screen_pass(&w->s, 1000);
	screen_wait(&w->s);
	screen_wait(&w->s); /* what is asked where the bar rests */
	screen_golden(&w->s, "source-missing-120x40");
	screen_keys(&w->s, "Down");
	screen_expect(&w->s, 7, "Rule 1. Leaves out every mailbox");
	screen_keys(&w->s, "Up");
	screen_keys(&w->s, "Up Up Space");
	screen_wait(&w->s);
	screen_expect(&w->s, 38, "anna: 12 906 messages, 3.1G left out");
	screen_pass(&w->s, 4000);
	screen_keys(&w->s, "Down Up");
	screen_expect(&w->s, 38, "(rules 190M, by you 3.1G)");
	screen_expect(&w->s, 4, "3.3G left out");
	/* The choice was all, and is again: what a rule leaves out is the rule's. */
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "leaf:Trash");
	screen_keys(&w->s, "Space");
	screen_expect(&w->s, 38, "anna: 12 906 messages, 3.1G come in");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 2);
	screen_expect(&w->s, 9, "[-]         Trash");
	/* Only where there is nothing else the box contradicts the rule. */
	screen_keys(&w->s, "Down Down Down Space");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	screen_expect(&w->s, 9, "[x]         Trash");
}

/** The INBOX has its user's name, and a row of its own. */
static void an_inbox_is_found_and_left_out_alone(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "/ 'anna inbox'");
	screen_wait(&w->s);
	screen_keys(&w->s, "Enter");
	screen_expect(&w->s, 1, "/anna inb");
	screen_expect(&w->s, 6, "INBOX");
	screen_keys(&w->s, "G Space Esc");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "name:user/anna");
	screen_expect(&w->s, 6, "[~]     ▾ anna");
	screen_expect(&w->s, 6, "3.1G left out");
	screen_expect(&w->s, 7, "[ ]         INBOX");
	screen_keys(&w->s, "- 'user/%' Enter");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 3);
	screen_keys(&w->s, "u u");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 8);
	screen_expect(&w->s, 6, "[x]     ▾ anna");
}

/** All boxes are turned but those that a rule leaves out; with a filter only what it finds. */
static void inverting_leaves_the_rules_alone(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	struct ui_wizard *wiz = wizard_of(w);
	assert_int_equal(ck_strv_add(&wiz->plan.exclude, "leaf:Trash"), 0);
	ui_wizard_rules_changed(wiz);
	screen_wait(&w->s);
	screen_keys(&w->s, "/ 'sent' Enter");
	screen_wait(&w->s);
	screen_keys(&w->s, "*");
	screen_expect(&w->s, 22, "Inverted, only what the filter finds");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 5);
	screen_keys(&w->s, "Esc *");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 2);
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "leaf:Trash");
	/* So does a pattern, unless nothing else is like it. */
	screen_keys(&w->s, "+ 'user/anna*' Enter");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 4);
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "leaf:Trash");
	screen_keys(&w->s, "+ 'user/anna/Tr*' Enter");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 5);
	assert_string_not_equal(wizard_of(w)->plan.exclude.items[0], "leaf:Trash");
	screen_keys(&w->s, "u u u u");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 7);
}

static void what_became_a_rule_is_undone_here_too(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	assert_int_equal(ck_strv_add(&wizard_of(w)->plan.exclude, "leaf:Sent"), 0);
	ui_wizard_rules_changed(wizard_of(w));
	screen_wait(&w->s);
	screen_keys(&w->s, "R F8 q");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 0);
	screen_expect(&w->s, 23, "u Undo");
	screen_keys(&w->s, "u");
	screen_expect(&w->s, 22, "Undone; U does it again");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	screen_keys(&w->s, "U");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 0);
}

static void patterns_tick_and_untick(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "- 'user/*/Sent' Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 22, "2 mailboxes like");
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
		T(a_plan_that_cannot_be_applied_is_told),
		T(a_server_without_mailboxes_says_so),
		T(a_tick_becomes_a_rule_with_its_figures),
		T(a_rule_for_the_inbox_does_not_speak_for_its_user),
		T(a_rule_and_a_box_are_told_apart),
		T(what_is_missing_is_told_up_to_the_top),
		T(an_inbox_is_found_and_left_out_alone),
		T(inverting_leaves_the_rules_alone),
		T(patterns_tick_and_untick),
		T(what_became_a_rule_is_undone_here_too),
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
