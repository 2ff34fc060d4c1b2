/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of the largest messages of a row of Sources. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/largest.h"
#include "support/wizard.h"
#include "support/world.h"

static void open_sources(struct world *w, int rows, int cols, enum screen_charset charset)
{
	screen_open(&w->s, &w->spool->settings, &ui_view_source, NULL, rows, cols, charset);
	screen_read_house(&w->s);
	screen_wait(&w->s);
}

static void it_looks_as_drawn(void **state)
{
	struct world *w = *state;
	spool_add_hostile(w->spool);
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down v");
	screen_wait(&w->s);
	screen_expect(&w->s, 1, "Largest messages of partition default  row 1 of 11");
	screen_expect(&w->s, 3, "11.0M");
	screen_expect(&w->s, 3, "user/anne");
	screen_expect(&w->s, 3, "of several frames");
	screen_golden(&w->s, "largest-80x24");
	screen_resize(&w->s, 40, 120);
	screen_wait(&w->s);
	screen_golden(&w->s, "largest-120x40");
}

static void ascii_terminals_lose_nothing(void **state)
{
	struct world *w = *state;
	spool_add_hostile(w->spool);
	open_sources(w, 24, 80, SCREEN_ASCII);
	screen_keys(&w->s, "Down v");
	screen_wait(&w->s);
	screen_golden(&w->s, "largest-80x24-ascii");
}

/** What is told of one is all that is known of it. */
static void a_message_is_explained(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	assert_int_equal(ck_strv_add(&wizard_of(w)->plan.exclude, "larger:1M,older:7d"), 0);
	ui_wizard_rules_changed(wizard_of(w));
	screen_wait(&w->s);
	screen_keys(&w->s, "Down v");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "rule 1");
	screen_expect(&w->s, 22, "uid 4, left out: rule 1, 11 534");
	screen_keys(&w->s, "Enter");
	assert_true(screen_has(&w->s, "user/anne"));
	assert_true(screen_has(&w->s, "uid 4, 11 534"));
	assert_true(screen_has(&w->s, "Subject: of several frames"));
	assert_true(screen_has(&w->s, "Rule 1. "));
	screen_keys(&w->s, "Esc Down i");
	assert_true(screen_has(&w->s, "Taken."));
}

/** F7 makes a rule of a row, and the list says at once what it leaves out. */
static void a_row_becomes_a_rule(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down v");
	screen_wait(&w->s);
	screen_keys(&w->s, "F7");
	screen_wait(&w->s);
	screen_expect(&w->s, 1, "New rule");
	screen_keys(&w->s, "F5");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "larger:11M,name:user/anne");
	screen_expect(&w->s, 1, "Largest messages of");
	screen_expect(&w->s, 3, "rule 1");
	assert_int_equal(wizard_of(w)->est.rules[0].messages, 1);
	screen_keys(&w->s, "q");
	assert_true(screen_has(&w->s, "11.0M left out"));
}

/** Of whatever size the rule catches the message itself. */
static void the_rule_catches_its_message(void **state)
{
	struct world *w = *state;
	static const struct {
		uint64_t size;
		const char *rule;
	} sizes[] = {
		{1, "larger:0,name:user/anne"},
		{900, "larger:899,name:user/anne"},
		{1024, "larger:1023,name:user/anne"},
		{1025, "larger:1K,name:user/anne"},
		{5u << 20, "larger:4M,name:user/anne"},
		{(5u << 20) + 1, "larger:5M,name:user/anne"},
		{(uint64_t)3 << 30, "larger:2G,name:user/anne"},
	};
	open_sources(w, 24, 80, SCREEN_UTF8);
	const struct ck_tree *t = wizard_of(w)->tree;
	struct ck_large_message m = {0};
	while (t->nodes[m.node].mailbox != 0)
		m.node++;
	for (size_t i = 0; i < CK_COUNT(sizes); i++) {
		struct ck_buf text = CK_BUF_INIT;
		struct ck_rule rule;
		m.size = sizes[i].size;
		ui_largest_rule(t, &m, &text);
		assert_string_equal(text.data, sizes[i].rule);
		assert_int_equal(ck_rule_parse(text.data, &rule, NULL), 0);
		assert_true(ck_rule_matches_message(&rule, m.size, 0, SCREEN_NOW));
		assert_true(ck_rule_matches_mailbox(&rule, t->server, &t->server->mailboxes[0]));
		ck_rule_fini(&rule);
		ck_buf_fini(&text);
	}
	t->server->mailboxes[0].special = "\\Archive \\Important";
	struct ck_buf text = CK_BUF_INIT;
	ui_largest_rule(t, &m, &text);
	assert_string_equal(text.data, "larger:2G,special:\\Archive");
	ck_buf_fini(&text);
}

static void words_narrow_the_list(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down v");
	screen_wait(&w->s);
	screen_keys(&w->s, "/ 'anne/sent shared' Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 1, "/anne");
	screen_expect(&w->s, 3, "user/anne/Sent       shared with Sent");
	assert_false(screen_has(&w->s, "of several frames"));
	assert_false(screen_has(&w->s, "third"));
	screen_keys(&w->s, "Esc");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "of several frames"));
	screen_keys(&w->s, "s"); /* by date, then by size and so on: rows stay what they are */
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "of several frames"));
}

static void what_cannot_be_read_is_said(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	CK_FREE char *path = spool_path(w->spool, SPOOL_ANNE "/cyrus.index");
	CK_FREE char *cache = spool_path(w->spool, SPOOL_SENT "/cyrus.cache");
	test_write(path, "nonsense", 8);
	assert_int_equal(unlink(cache), 0);
	screen_keys(&w->s, "Down v");
	screen_wait(&w->s);
	screen_expect(&w->s, 1, "row 1 of 2");
	screen_expect(&w->s, 3, "(not cached)");
	screen_expect(&w->s, 21, "The index of 1 mailbox cannot be read to its end");
	CK_FREE char *sent = spool_path(w->spool, SPOOL_SENT "/cyrus.index");
	test_write(sent, "nonsense", 8);
	screen_keys(&w->s, "r");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "There is no message here");
	screen_expect(&w->s, 21, "The index of 2 mailboxes");
	screen_keys(&w->s, "F7 Enter i");
	screen_expect(&w->s, 22, "There is no message");
}

/** What has no mail has no largest message; what was left out is told, too. */
static void it_is_of_rows_with_mail(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "v");
	screen_expect(&w->s, 22, "There is no mail on this row");
	screen_expect(&w->s, 1, "[1 Sources]");
	screen_keys(&w->s, "Down Down Down Space");
	screen_wait(&w->s);
	screen_keys(&w->s, "v");
	screen_wait(&w->s);
	screen_expect(&w->s, 1, "Largest messages of anne");
	screen_expect(&w->s, 3, "by you");
}

/** A view that is left gives the search up; nothing of it is touched any more. */
static void leaving_gives_it_up(void **state)
{
	struct world *w = *state;
	open_sources(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down v q v r r q v");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "of several frames");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup_spool, world_teardown)
	const struct CMUnitTest tests[] = {
		T(it_looks_as_drawn),
		T(ascii_terminals_lose_nothing),
		T(a_message_is_explained),
		T(a_row_becomes_a_rule),
		T(the_rule_catches_its_message),
		T(words_narrow_the_list),
		T(what_cannot_be_read_is_said),
		T(it_is_of_rows_with_mail),
		T(leaving_gives_it_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
