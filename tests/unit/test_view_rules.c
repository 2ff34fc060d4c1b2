/* SPDX-License-Identifier: BSD-2-Clause */
/* Exclusion rules: the list, the editor, what is switched. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/wizard.h"

static void rules_say_what_each_catches(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_add_rule(w, "leaf:Trash");
	wizard_add_rule(w, "below:user/anna");
	wizard_add_rule(w, "leaf:Spam");
	screen_keys(&w->s, "R");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "1 mbx");
	screen_expect(&w->s, 4, "4 mbx");
	screen_expect(&w->s, 5, "NOTHING");
	screen_keys(&w->s, "Down Down");
	assert_true(screen_has(&w->s, "It catches NOTHING"));
	wizard_settle(w);
	wizard_cyrus_is(w, 1);
	screen_golden(&w->s, "rules-80x24");
	screen_resize(&w->s, 40, 120);
	screen_golden(&w->s, "rules-120x40");
}

/* As the specification draws it: one that is off, one for which an earlier one leaves nothing, one
 * that catches nothing. */
static void the_list_with_rules_of_every_kind(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_add_rule(w, "leaf:Trash");
	wizard_add_rule(w, "off,leaf:Sent");
	wizard_add_rule(w, "name:user/anna/%");
	wizard_add_rule(w, "below:user/anna/Archive");
	wizard_add_rule(w, "leaf:sent");
	screen_keys(&w->s, "R Down");
	wizard_settle(w);
	wizard_cyrus_is(w, 1);
	screen_expect(&w->s, 4, "[ ] called Sent");
	screen_expect(&w->s, 4, "2 mbx    (6.0G)");
	screen_expect(&w->s, 6, "all by rule 3         -");
	screen_expect(&w->s, 22,
	              "Rule 5 catches nothing: no mailbox is called sent. Did you mean Sent?");
	screen_golden(&w->s, "rules-off-80x24");
	screen_keys(&w->s, "Down");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "user/anna/Sent"));
	screen_keys(&w->s, "Down");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "Rule 3"));
	screen_keys(&w->s, "K"); /* moved before it */
	screen_wait(&w->s);
	screen_expect(&w->s, 5, "1 mbx      2.9G");
	screen_expect(&w->s, 6, "3 mbx      9.1G");
	screen_keys(&w->s, "Down Space"); /* rule 3 is now 4: off */
	screen_wait(&w->s);
	screen_expect(&w->s, 6, "[ ]");
}

static void without_rules_nothing_is_left_out(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_ASCII);
	screen_keys(&w->s, "R");
	wizard_settle(w);
	wizard_cyrus_is(w, 1);
	screen_golden(&w->s, "rules-empty-80x24-ascii");
}

static void put_file(struct world *w, const char *name, size_t size)
{
	CK_FREE char *path = NULL;
	CK_FREE char *bytes = calloc(1, size);
	assert_true(bytes && asprintf(&path, "%s/%s", w->dir, name) > 0);
	test_write(path, bytes, size);
}

/* Each is a box: on, switched off alone, and undone; the figures say what lies there. */
static void what_is_left_out_by_default_is_switched(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	put_file(w, "conf/deliver.db", 3000);
	put_file(w, "conf/lock/one", 0);
	wizard_add_rule(w, "leaf:Spam");
	screen_keys(&w->s, "R Down");
	wizard_settle(w);
	screen_expect(&w->s, 4, "  2 [x]");
	screen_expect(&w->s, 4, "1 file");
	screen_expect(&w->s, 5, "NOTHING");
	screen_keys(&w->s, "Space");
	screen_expect(&w->s, 4, "  2 [ ]");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "deliver.db is archived"));
	const struct ck_plan *plan = &wizard_of(w)->plan;
	assert_int_equal(plan->keep.n, 1);
	assert_string_equal(plan->keep.items[0], "deliver.db");
	assert_true(ui_wizard_is_edited(wizard_of(w)));
	screen_keys(&w->s, "F8 Enter K"); /* not removed, changed or moved */
	assert_true(screen_has(&w->s, "Space switches it on and off"));
	assert_int_equal(plan->exclude.n, 1);
	wizard_settle(w);
	wizard_cyrus_is(w, 1);
	screen_golden(&w->s, "rules-default-off-80x24");
	screen_keys(&w->s, "u");
	screen_wait(&w->s);
	assert_int_equal(plan->keep.n, 0);
	screen_expect(&w->s, 4, "  2 [x]");
}

static void command_is(struct world *w, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf is = CK_BUF_INIT;
	ui_wizard_command(wizard_of(w), &is);
	assert_string_equal(is.data, want);
}

/* It stays in the list with what it would catch; nothing else knows of it. */
static void a_rule_is_switched_off_and_on(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_add_rule(w, "leaf:Trash");
	wizard_add_rule(w, "below:user/anna");
	wizard_add_rule(w, "leaf:Sent");
	const struct ui_wizard *wiz = wizard_of(w);
	assert_int_equal(wiz->est.taken_mailboxes, 3);
	screen_keys(&w->s, "R Down Space");
	assert_true(screen_has(&w->s, "Rule 2 is off"));
	screen_wait(&w->s);
	screen_expect(&w->s, 4, "  2 [ ]");
	screen_expect(&w->s, 4, "4 mbx   (12.2G)");
	assert_string_equal(wiz->plan.exclude.items[1], "off,below:user/anna");
	assert_int_equal(wiz->est.taken_mailboxes, 5); /* rules 1 and 3 still hold */
	assert_int_equal(ck_boxes_sum(&wiz->boxes.now, 0).mailboxes, 5);
	command_is(w, "cyrkeep backup --method stop --exclude leaf:Trash --exclude leaf:Sent");
	assert_true(screen_has(&w->s, "Switched off: nothing is left out by it."));

	screen_keys(&w->s, "J"); /* it is moved as it is */
	assert_string_equal(wiz->plan.exclude.items[2], "off,below:user/anna");
	screen_keys(&w->s, "Enter"); /* and stays off when it is changed */
	screen_expect(&w->s, 1, "Rule 3, switched off");
	screen_keys(&w->s, "Down Down Down Down End C-u 'user/bob' F5");
	screen_wait(&w->s);
	assert_string_equal(wiz->plan.exclude.items[2], "off,below:user/bob");
	screen_keys(&w->s, "u u u");
	screen_wait(&w->s);
	assert_string_equal(wiz->plan.exclude.items[1], "below:user/anna");
	assert_int_equal(wiz->est.taken_mailboxes, 3);
	screen_keys(&w->s, "U");
	assert_string_equal(wiz->plan.exclude.items[1], "off,below:user/anna");

	screen_wait(&w->s);
	screen_keys(&w->s, "Up Space"); /* and on again */
	wizard_settle(w);
	assert_string_equal(wiz->plan.exclude.items[1], "below:user/anna");
	assert_int_equal(wiz->est.taken_mailboxes, 3);
	screen_keys(&w->s, "Space Up Space Down Down Space q");
	wizard_settle(w);
	assert_int_equal(wiz->est.taken_mailboxes, 8); /* all of them are off */
	screen_expect(&w->s, 4, "[x]");
	command_is(w, "cyrkeep backup --method stop");
	screen_resize(&w->s, 40, 120);
	assert_true(screen_has(&w->s, "Totals"));
	assert_false(screen_has(&w->s, "leaf:Trash"));
	screen_resize(&w->s, 24, 80);
	wizard_review(w);
	assert_true(screen_has(&w->s, "no mail is left out"));
	assert_false(screen_has(&w->s, "nothing is taken"));
}

static void rules_are_moved_removed_and_brought_back(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_add_rule(w, "leaf:Trash");
	wizard_add_rule(w, "below:user/bob");
	screen_keys(&w->s, "R J");
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "below:user/bob");
	screen_expect(&w->s, 4, ">");
	screen_keys(&w->s, "K K");
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "leaf:Trash");
	screen_keys(&w->s, "F8");
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	screen_keys(&w->s, "F8");
	assert_int_equal(wizard_of(w)->plan.exclude.n, 0);
	screen_keys(&w->s, "u u");
	assert_int_equal(wizard_of(w)->plan.exclude.n, 2);
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 5);
	screen_keys(&w->s, "U");
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
}

static void a_new_rule_is_explained_while_it_is_typed(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "R F7 '12X'");
	assert_true(screen_has(&w->s, "needs a size"));
	screen_keys(&w->s, "F5"); /* is not saved like this */
	assert_true(screen_has(&w->s, "New rule"));
	screen_keys(&w->s, "C-u Tab Tab Tab 'Trash'");
	screen_wait(&w->s);
	wizard_settle(w);
	screen_golden(&w->s, "rule-80x24");
	screen_keys(&w->s, "F5");
	screen_wait(&w->s);
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "leaf:Trash");
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 7);

	screen_keys(&w->s, "Enter Down Down Down Home 'Old ' F5"); /* changed to "Old Trash" */
	screen_wait(&w->s);
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "leaf:Old Trash");
	screen_keys(&w->s, "Enter Down Down Down 'x' Esc");
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "leaf:Old Trash");

	screen_keys(&w->s, "F7 F2 F2"); /* the second example is of every INBOX */
	assert_true(screen_has(&w->s, "Example 2 of 5: INBOX only, above 1M, older than 30 days"));
	assert_true(screen_has(&w->s, "whose full name is like user/%"));
	screen_keys(&w->s, "Esc F7 'sent' C-u Down Down Down 'sent'");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s,
	                       "Catches NOTHING now: no mailbox is called sent. Did you mean "
	                       "Sent?"));
	screen_keys(&w->s, "Esc");

	screen_keys(&w->s, "F7 Down Down 'Junk' F5"); /* the backslash of a role may be left out */
	screen_wait(&w->s);
	assert_string_equal(wizard_of(w)->plan.exclude.items[1], "special:\\Junk");
}

static void a_broken_rule_of_a_plan_is_shown_and_can_be_removed(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	wizard_add_rule(w, "bigger:1M");
	wizard_settle(w);
	screen_expect(&w->s, 22, "is not known");
	screen_keys(&w->s, "R");
	assert_true(screen_has(&w->s, "WRONG"));
	screen_keys(&w->s, "F8 q");
	wizard_settle(w);
	screen_keys(&w->s, "Down"); /* the message has been read */
	screen_expect(&w->s, 22, "In: ");
	assert_true(ui_wizard_is_settled(wizard_of(w)));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(rules_say_what_each_catches),
		T(the_list_with_rules_of_every_kind),
		T(without_rules_nothing_is_left_out),
		T(what_is_left_out_by_default_is_switched),
		T(a_rule_is_switched_off_and_on),
		T(rules_are_moved_removed_and_brought_back),
		T(a_new_rule_is_explained_while_it_is_typed),
		T(a_broken_rule_of_a_plan_is_shown_and_can_be_removed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
