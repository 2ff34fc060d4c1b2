/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree of Sources in another order. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/source_page.h"
#include "support/fixture.h"
#include "support/memserver.h"
#include "support/random.h"
#include "support/wizard.h"
#include "support/world.h"

static const struct ui_source_page *page_of(struct world *w)
{
	return ui_app_top(w->s.app)->state;
}

/** Below row @y stand these, one after the other: "anna|bob". */
static void expect_rows(struct world *w, int y, const char *names)
{
	CK_FREE char *copy = strdup(names);
	assert_non_null(copy);
	char *rest = copy;
	for (char *name; (name = strsep(&rest, "|")); y++)
		screen_expect(&w->s, y, name);
}

/** By name, messages, size, what is left out, and back; the cursor stays on its mailbox. */
static void keys_and_titles_sort(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down Down Down Down Right Up Right Down Down Down"); /* anna's Trash */
	expect_rows(w, 5, "users|anna|INBOX|Sent|>[x]         Trash|bob|INBOX|Sent|shared");
	screen_keys(&w->s, "s");
	screen_wait(&w->s);
	expect_rows(w, 5, "users|anna|INBOX|Sent|>[x]         Trash|bob|INBOX|Sent|shared");
	screen_expect_role(&w->s, 2, 5, UI_ROLE_MATCH);
	screen_keys(&w->s, "s");
	screen_wait(&w->s);
	screen_expect_role(&w->s, 2, 5, UI_ROLE_TITLE);
	expect_rows(w, 5, "users|anna|INBOX|Sent|>[x]         Trash|bob|INBOX|Sent|shared");
	screen_keys(&w->s, "s");
	screen_wait(&w->s);
	expect_rows(w, 5, "users|anna|Sent|INBOX|>[x]         Trash|bob|INBOX|Sent|shared");
	screen_golden(&w->s, "source-sorted-80x24");
	screen_click(&w->s, 2, 50); /* the title Size: from the smallest up */
	screen_wait(&w->s);
	expect_rows(w, 5, "users|bob|Sent|INBOX|anna|>[x]         Trash|INBOX|Sent|shared");
	expect_rows(w, 13, "shared|[x]     ▸ shared|partition slow|users");
	screen_keys(&w->s, "s s");
	screen_wait(&w->s);
	expect_rows(w, 5, "users|anna|INBOX|Sent|>[x]         Trash|bob|INBOX|Sent|shared");
	assert_null(page_of(w)->rows.arranged);
	assert_int_equal(page_of(w)->list.sort, -1);
}

/** What is ticked is what the row says, and is undone there. */
static void ticks_are_of_the_row_that_is_shown(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "s s s");
	screen_wait(&w->s);
	screen_keys(&w->s, "Down Down Down Right Down"); /* the largest: Sent */
	screen_expect(&w->s, 7, ">[x]         Sent");
	screen_keys(&w->s, "Space");
	screen_wait(&w->s);
	screen_expect(&w->s, 7, ">[ ]         Sent");
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "name:user/anna/Sent");
	screen_click(&w->s, 8, 2);
	screen_wait(&w->s);
	screen_expect(&w->s, 8, ">[ ]         INBOX");
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "name:user/anna");
	screen_keys(&w->s, "u u");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 0);
	screen_keys(&w->s, "Up Left"); /* to the user, and closed */
	screen_expect(&w->s, 6, ">[x]     ▾ anna");
	screen_keys(&w->s, "Left");
	screen_expect(&w->s, 7, "bob");
}

/** From whom most is left out comes first; that is of the moment: a tick makes no row jump. */
static void what_is_left_out_sorts_as_it_was(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down Down Down Down Space"); /* bob */
	screen_wait(&w->s);
	assert_int_equal(ck_strv_add(&wizard_of(w)->plan.exclude, "leaf:Trash"), 0);
	ui_wizard_rules_changed(wizard_of(w));
	screen_keys(&w->s, "s s s s"); /* it waits for the figures */
	screen_wait(&w->s);
	expect_rows(w, 5, "users|>[ ]     ▸ bob|[~]     ▸ anna|shared");
	screen_expect_role(&w->s, 2, 56, UI_ROLE_MATCH);
	screen_keys(&w->s, "Down Space");
	screen_wait(&w->s);
	expect_rows(w, 5, "users|[ ]     ▸ bob|>[ ]     ▸ anna|shared");
	screen_keys(&w->s, "s s s s s");
	screen_wait(&w->s);
	expect_rows(w, 5, "users|>[ ]     ▸ anna|[ ]     ▸ bob|shared");
}

/** A filter finds in the order that is shown, whichever came first. */
static void a_filter_and_an_order_go_together(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "s");
	screen_wait(&w->s);
	screen_click(&w->s, 2, 50);
	screen_click(&w->s, 2, 50); /* the smallest first */
	screen_wait(&w->s);
	screen_keys(&w->s, "/ 'sent'");
	screen_wait(&w->s);
	screen_keys(&w->s, "Enter");
	expect_rows(w, 3, "partition default|users|bob|>[x]         Sent|anna|Sent");
	screen_keys(&w->s, "s s"); /* as it was, under the filter */
	screen_wait(&w->s);
	expect_rows(w, 3, "partition default|users|anna|Sent|bob|>[x]         Sent");
	screen_keys(&w->s, "s s s /");
	screen_keys(&w->s, "BackTab C-u 'trash' Enter"); /* both are under way */
	screen_wait(&w->s);
	expect_rows(w, 3, "partition default|users|anna|>[x]         Trash");
	screen_keys(&w->s, "Esc");
	/* the user is open whose row was the cursor's while nothing was typed */
	expect_rows(w, 5, "users|anna|Sent|INBOX|>[x]         Trash|bob|INBOX|Sent|shared");
}

/** Another picture of the server, another tree: the order is asked for again. */
static void the_order_stays_when_the_server_is_read_again(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "s s s");
	screen_wait(&w->s);
	screen_click(&w->s, 2, 50);
	screen_wait(&w->s);
	expect_rows(w, 5, "users|bob|anna|shared");
	const struct ui_server *before = page_of(w)->server;
	screen_keys(&w->s, "r");
	screen_wait(&w->s);
	assert_ptr_not_equal(page_of(w)->server, before);
	expect_rows(w, 5, "users|bob|anna|shared");
	assert_false(page_of(w)->list.unsorted);
}

/** The rows of any hits, said the long way. */
static void hits_bring_what_leads_to_them(void **state)
{
	(void)state;
	struct memserver m;
	memserver_small(&m);
	struct ck_tree *tree = tree_of(&m);
	struct random rng = random_of(9, 1, 4);
	for (int round = 0; round < 500; round++) {
		struct ck_runs hits = {0}, rows = {0};
		uint32_t first, at = 0;
		for (uint32_t place = 0; place < tree->mailboxes; place++)
			if (random_below(&rng, (uint32_t)(1 + round % 12)) == 0)
				assert_int_equal(ck_runs_add(&hits, place), 0);
		assert_int_equal(ui_source_shown(tree, NULL, &hits, &rows, &first), 0);
		for (uint32_t i = 0; i < tree->n; i++) {
			const struct ck_node *n = &tree->nodes[i];
			bool leads = ck_runs_count_in(&hits, n->first, n->first + n->mailboxes);
			assert_int_equal(ck_runs_has(&rows, i), leads);
			if (!at && n->mailbox != CK_NODE_NONE && ck_runs_has(&hits, n->first))
				at = i;
		}
		assert_int_equal(first, at ? at : CK_NODE_NONE);
		ck_runs_fini(&hits);
		ck_runs_fini(&rows);
	}
	ck_tree_free(tree);
	memserver_fini(&m);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(keys_and_titles_sort),
		T(ticks_are_of_the_row_that_is_shown),
		T(what_is_left_out_sorts_as_it_was),
		T(a_filter_and_an_order_go_together),
		T(the_order_stays_when_the_server_is_read_again),
		cmocka_unit_test(hits_bring_what_leads_to_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
