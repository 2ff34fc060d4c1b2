/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources by partition, all together, by domain. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/source_page.h"
#include "loop/app.h"
#include "support/fixture.h"
#include "support/memserver.h"
#include "support/wizard.h"
#include "support/world.h"

/** A user is one row, and says where his mailboxes lie. */
static void users_of_all_partitions_are_together(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down Down Down C");
	screen_expect(&w->s, 22, "Users of all partitions together");
	screen_wait(&w->s);
	screen_expect(&w->s, 5, ">[x]   ▸ anna");
	screen_expect(&w->s, 5, "on default, slow");
	screen_keys(&w->s, "Right");
	screen_golden(&w->s, "source-together-80x24");
	screen_keys(&w->s, "i");
	assert_true(screen_has(&w->s, "on default, slow"));
	screen_keys(&w->s, "Esc Space");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "below:user/anna");
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 4);
	/* This server has no domains: C goes back. The boxes are the same, his row is the cursor's.
	 */
	screen_keys(&w->s, "C");
	screen_expect(&w->s, 22, "Users of each partition; ticks made before cannot be undone");
	screen_wait(&w->s);
	screen_expect(&w->s, 6, ">[ ]     ▸ anna");
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 4);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	assert_null(wizard_of(w)->boxes.undo);
	screen_keys(&w->s, "Space");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	assert_int_equal(wizard_of(w)->est.taken_mailboxes, 7);
}

/** What was sorted or is looked for comes in the new tree as well, and so does a rule. */
static void an_order_stays_and_rules_stay(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	assert_int_equal(ck_strv_add(&wizard_of(w)->plan.exclude, "partition:slow"), 0);
	ui_wizard_rules_changed(wizard_of(w));
	screen_wait(&w->s);
	screen_keys(&w->s, "s s s");
	screen_wait(&w->s);
	screen_click(&w->s, 2, 50); /* the smallest first */
	screen_wait(&w->s);
	screen_keys(&w->s, "C");
	screen_wait(&w->s);
	screen_expect(&w->s, 5, "李雷");
	screen_expect(&w->s, 6, "bob");
	screen_expect(&w->s, 7, "[~]   ▸ anna");
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "partition:slow");
	screen_keys(&w->s, "Down Down Down Space"); /* bob */
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 2);
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "partition:slow");
	assert_string_equal(wizard_of(w)->plan.exclude.items[1], "below:user/bob");
	screen_keys(&w->s, "C /");
	screen_keys(&w->s, "'sent' Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "partition default");
	screen_expect(&w->s, 5, "bob");
}

/** The choice holds while the console runs: for the page that is opened next, and for a server
 * that is read again. */
static void the_grouping_is_kept(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "C");
	screen_wait(&w->s);
	screen_expect(&w->s, 4, "] ▾ users");
	screen_keys(&w->s, "r");
	screen_wait(&w->s);
	screen_expect(&w->s, 4, "] ▾ users");
	screen_keys(&w->s, "q");
	screen_expect(&w->s, 0, "[1 Home]");
	screen_keys(&w->s, "F5");
	screen_wait(&w->s);
	screen_expect(&w->s, 4, "] ▾ users");
	screen_keys(&w->s, "Esc"); /* there is no file of settings here */
	/* Who comes for a partition finds it. */
	struct ui_view *page = ui_app_top(w->s.app);
	page->ops->seek(page, "slow");
	screen_wait(&w->s);
	screen_expect(&w->s, 10, ">[x] ▾ partition slow");
	/* faster than trees are built */
	screen_keys(&w->s, "C C C C");
	screen_wait(&w->s);
	screen_expect(&w->s, 4, "partition default");
}

/** The boxes can be turned, but what the draft takes is not counted yet. */
static void wait_for_boxes(struct world *w, const struct ck_tree *old)
{
	while (!ui_wizard_may_tick(wizard_of(w)) || wizard_of(w)->tree == old)
		assert_true(ui_app_step(w->s.app, 10) >= 0);
	assert_false(wizard_of(w)->est_known);
}

/** A tick leaves rules alone from the first moment: in another tree, and when they are new. */
static void what_rules_leave_out_is_known_with_the_boxes(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down Down Down"); /* anna */
	assert_int_equal(ck_strv_add(&wizard_of(w)->plan.exclude, "leaf:Trash"), 0);
	assert_int_equal(ck_strv_add(&wizard_of(w)->plan.exclude, "name:user/anna/Trash"), 0);
	assert_int_equal(ck_strv_add(&wizard_of(w)->plan.exclude, "leaf:Sent,larger:1G"), 0);
	ui_wizard_rules_changed(wizard_of(w));
	wait_for_boxes(w, NULL);
	screen_keys(&w->s, "Space");
	screen_wait(&w->s);
	screen_expect(&w->s, 6, ">[ ]     ▸ anna");
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "leaf:Trash");
	screen_keys(&w->s, "u");
	screen_wait(&w->s);
	screen_expect(&w->s, 6, ">[~]     ▸ anna");
	screen_keys(&w->s, "C");
	wait_for_boxes(w, wizard_of(w)->tree);
	screen_keys(&w->s, "Space");
	screen_wait(&w->s);
	screen_expect(&w->s, 5, ">[ ]   ▸ anna");
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "leaf:Trash");
}

static void domains_are_branches(void **state)
{
	struct world *w = *state;
	struct memserver m;
	memserver_init(&m, 8);
	memserver_add(&m, "user/anne", 0)->flags = CK_MBOX_INBOX;
	memserver_add(&m, "user/eve@x.org", 0)->intname = "x.org!user.eve";
	memserver_add(&m, "user/eve/Sent@x.org", 2)->intname = "x.org!user.eve.Sent";
	memserver_add(&m, "user/zoe@x.org", 2)->intname = "x.org!user.zoe";
	memserver_add(&m, "team@y.org", 2)->intname = "y.org!team";
	struct ck_tree *tree = tree_of(&m);
	struct ui_partition_use use[3] = {{0}};
	struct ui_server server = {.server = &m.server,
	                           .trees = {tree},
	                           .domains = true,
	                           .mailboxes = 5,
	                           .partitions = use,
	                           .refs = 2};
	screen_open(&w->s, &w->settings, &ui_view_source, NULL, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	fixture_server(w->dir);
	ui_app_house(w->s.app)->server = &server;
	ui_app_house(w->s.app)->server_known = true;
	ui_app_news(w->s.app);
	screen_wait(&w->s);
	screen_keys(&w->s, "C C");
	screen_expect(&w->s, 22, "Users of each domain");
	screen_wait(&w->s);
	screen_expect(&w->s, 4, "without a domain");
	screen_expect(&w->s, 7, "domain x.org");
	screen_expect(&w->s, 9, "▸ eve");
	screen_expect(&w->s, 9, "on default, slow");
	screen_expect(&w->s, 10, "▸ zoe");
	screen_expect(&w->s, 11, "domain y.org");
	screen_expect(&w->s, 13, "team");
	screen_keys(&w->s, "g Down Down Down Down Space");
	screen_expect(&w->s, 7, ">[ ] ▾ domain x.org");
	screen_wait(&w->s);
	screen_expect(&w->s, 7, "left out by you");
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "name:*@x.org");
	screen_keys(&w->s, "Space");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 0);
	screen_keys(&w->s, "F7");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "*@x.org"));
	screen_keys(&w->s, "Esc");
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "C");
	screen_wait(&w->s);
	screen_expect(&w->s, 4, "partition default");
	screen_close(&w->s);
	assert_int_equal(server.refs, 1);
	for (size_t i = 0; i < CK_GROUPINGS; i++)
		ck_tree_free(server.trees[i]);
	memserver_fini(&m);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(users_of_all_partitions_are_together),
		T(an_order_stays_and_rules_stay),
		T(the_grouping_is_kept),
		T(what_rules_leave_out_is_known_with_the_boxes),
		T(domains_are_branches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
