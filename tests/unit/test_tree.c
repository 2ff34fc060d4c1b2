/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/memserver.h"
#include "support/random.h"
#include <cyrkeep/select.h>

static void names_are_ordered_as_people_count(void **state)
{
	(void)state;
	static const char *const sorted[] = {"",
	                                     "2",
	                                     "10",
	                                     "A",
	                                     "a",
	                                     "b1",
	                                     "b01",
	                                     "b2",
	                                     "b10",
	                                     "b10a",
	                                     "b10b2",
	                                     "b10b10",
	                                     "F2",
	                                     "f3",
	                                     "f10",
	                                     "f99999999999999999999",
	                                     "f100000000000000000000",
	                                     "\xc3\xa9"};
	for (size_t i = 0; i < CK_COUNT(sorted); i++)
		for (size_t k = 0; k < CK_COUNT(sorted); k++) {
			int order = ck_natural_compare(sorted[i], sorted[k]);
			if (strcmp(sorted[i], "b1") == 0 && strcmp(sorted[k], "b01") == 0)
				continue; /* equal numbers: any order, but a fixed one */
			if (strcmp(sorted[k], "b1") == 0 && strcmp(sorted[i], "b01") == 0)
				continue;
			if ((order > 0) - (order < 0) != (i > k) - (i < k))
				fail_msg("'%s' against '%s' is %d", sorted[i], sorted[k], order);
		}
	assert_true(ck_natural_compare("b1", "b01") * ck_natural_compare("b01", "b1") < 0);
}

static int compare_keys(const char *a, const char *b)
{
	for (uint32_t part = 0;; part++) {
		uint64_t x[2], y[2];
		bool more = ck_natural_key(a, part, x), other = ck_natural_key(b, part, y);
		for (int i = 0; i < 2; i++)
			if (x[i] != y[i])
				return x[i] < y[i] ? -1 : 1;
		assert_int_equal(more, other);
		if (!more)
			return 0;
	}
}

static void keys_have_the_natural_order(void **state)
{
	(void)state;
	struct random rng = random_of(5, 3, 1);
	enum { N = 300 };
	char texts[N][600] = {"", "0", "00", "a", "a0", "a00b", "a0b00"};
	for (int i = 7; i < N; i++) {
		size_t len = random_below(&rng, i % 20 ? 12 : 590);
		unsigned few = 1 + random_below(&rng, 12);
		for (size_t k = 0; k < len; k++)
			texts[i][k] = "0010129aAb \xc3"[random_below(&rng, few)];
	}
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++) {
			int order = ck_natural_compare(texts[i], texts[k]);
			if ((order > 0) - (order < 0) != compare_keys(texts[i], texts[k]))
				fail_msg("'%s' against '%s' is %d", texts[i], texts[k], order);
		}
}

static void the_tree_has_partitions_classes_and_names(void **state)
{
	(void)state;
	struct memserver w;
	memserver_small(&w);
	struct ck_tree *t = tree_of(&w);
	struct ck_boxes b = boxes_of(t);
	assert_sound(t);
	assert_children(t, "", "configuration|default|slow");
	assert_children(t, "default", "users|shared|deleted");
	assert_children(t, "slow", "users");
	assert_children(t, "default|users", "anne|anne-marie|u2|u10");
	/* His INBOX, what has a special use, the rest; among them a folder called INBOX. */
	assert_children(t, "default|users|anne", "INBOX|Drafts|abc|INBOX|Zed|\xc3\x84rger");
	assert_children(t, "default|users|u2", "INBOX");
	assert_children(t, "slow|users|anne", "Archive");
	assert_children(t, "default|users|anne|Zed", "f2|f10");
	assert_children(t, "slow|users", "anne");
	assert_children(t, "default|shared|public", "quarantine");
	assert_children(t, "default|deleted", "user");

	assert_int_equal(t->nodes[0].kind, CK_NODE_ROOT);
	assert_string_equal(t->nodes[0].label, "mx");
	assert_int_equal(t->nodes[0].mailboxes, 15);
	assert_int_equal(ck_tree_sum(t, 0).bytes, 1500);
	uint32_t zed = tree_find(t, "default|users|anne|Zed"),
		 anne = tree_find(t, "default|users|anne");
	assert_int_equal(t->nodes[zed].mailbox, CK_NODE_NONE);
	assert_int_equal(t->nodes[zed].mailboxes, 2);
	uint32_t inbox = ck_tree_child(t, anne);
	assert_int_equal(t->nodes[anne].mailbox, CK_NODE_NONE);
	assert_int_equal(t->nodes[anne].mailboxes, 7);
	assert_int_equal(t->nodes[inbox].kind, CK_NODE_INBOX);
	assert_int_equal(t->nodes[inbox].mailboxes, 1);
	assert_string_equal(w.server.mailboxes[t->nodes[inbox].mailbox].name, "user/anne");
	assert_int_equal(ck_tree_child(t, inbox), CK_NODE_NONE);
	assert_int_equal(t->nodes[tree_find(t, "slow|users|anne")].mailbox, CK_NODE_NONE);
	assert_int_equal(t->nodes[tree_find(t, "configuration")].kind, CK_NODE_CONFIG);
	assert_int_equal(t->nodes[anne].depth, 3);
	ck_boxes_fini(&b);
	ck_tree_free(t);
	memserver_fini(&w);
}

static void a_user_is_found_in_every_partition(void **state)
{
	(void)state;
	struct memserver w;
	memserver_init(&w, 3000);
	char name[64];
	for (int u = 0; u < 500; u++) {
		(void)snprintf(name, sizeof name, "user/u%d", u * 7 % 500);
		memserver_add(&w, name, u % 3 ? 2 : 0);
		if (u % 5)
			continue;
		(void)snprintf(name, sizeof name, "user/u%d/far/away", u * 7 % 500);
		memserver_add(&w, name, u % 3 ? 0 : 2);
	}
	struct ck_tree *t = tree_of(&w);
	uint32_t partitions[] = {tree_find(t, "default"), tree_find(t, "slow")};
	int also = 0;
	for (int p = 0; p < 2; p++) {
		uint32_t users = ck_tree_child(t, partitions[p]);
		for (uint32_t u = ck_tree_child(t, users); u != CK_NODE_NONE;
		     u = ck_tree_sibling(t, u)) {
			uint32_t there = ck_tree_user_on(t, u, partitions[!p]);
			assert_int_equal(ck_tree_user_on(t, u, partitions[p]), u);
			also += there != CK_NODE_NONE;
			if (there != CK_NODE_NONE)
				assert_string_equal(t->nodes[there].label, t->nodes[u].label);
		}
	}
	assert_int_equal(also, 2 * 100);
	ck_tree_free(t);
	memserver_fini(&w);
}

static void domains_make_users_of_their_own(void **state)
{
	(void)state;
	struct memserver w;
	memserver_init(&w, 4);
	memserver_add(&w, "user/anne@a.org", 0)->intname = "a.org!user.anne";
	memserver_add(&w, "user/anne/Sent@a.org", 0)->intname = "a.org!user.anne.Sent";
	memserver_add(&w, "user/anne/Sent@b.org", 0)->intname = "b.org!user.anne.Sent";
	struct ck_tree *t = tree_of(&w);
	struct ck_boxes b = boxes_of(t);
	assert_sound(t);
	assert_children(t, "default|users", "anne@a.org|anne@b.org");
	assert_children(t, "default|users|anne@a.org", "INBOX|Sent");
	assert_children(t, "default|users|anne@b.org", "Sent");
	assert_int_equal(t->nodes[tree_find(t, "default|users|anne@a.org|INBOX")].mailbox, 0);

	struct ck_plan plan = {0};
	struct ck_err err = CK_ERR_INIT;
	tick(&b, tree_find(t, "default|users|anne@a.org"), false);
	assert_ok(ck_boxes_to_plan(&b, &plan, &err), &err);
	assert_int_equal(plan.exclude.n, 1);
	assert_string_equal(plan.exclude.items[0], "below:user/anne@a.org");
	tick(&b, 0, true);
	tick(&b, tree_find(t, "default|users|anne@a.org|INBOX"), false);
	assert_ok(ck_boxes_to_plan(&b, &plan, &err), &err);
	assert_int_equal(plan.exclude.n, 1);
	assert_string_equal(plan.exclude.items[0], "name:user/anne@a.org");
	tick(&b, 0, true);
	tick(&b, tree_find(t, "default|users|anne@b.org"), false);
	assert_ok(ck_boxes_to_plan(&b, &plan, &err), &err);
	assert_string_equal(plan.exclude.items[0], "below:user/anne@b.org");
	ck_plan_fini(&plan);
	ck_boxes_fini(&b);
	ck_tree_free(t);
	memserver_fini(&w);
}

/** The same mailboxes, without partitions, or in domains. */
static void a_tree_is_grouped_otherwise(void **state)
{
	(void)state;
	struct memserver w;
	memserver_small(&w);
	memserver_add(&w, "user/eve@x.org", 2)->intname = "x.org!user.eve";
	memserver_add(&w, "user/eve/Sent@x.org", 2)->intname = "x.org!user.eve.Sent";
	memserver_add(&w, "team@x.org", 2)->intname = "x.org!team";
	struct ck_tree *t = tree_grouped(&w, CK_GROUP_BY_NOTHING);
	assert_sound(t);
	assert_int_equal(t->mailboxes, 18);
	assert_children(t, "", "configuration|users|shared|deleted");
	assert_children(t, "users", "anne|anne-marie|eve@x.org|u2|u10");
	assert_children(t, "users|anne", "INBOX|Drafts|abc|Archive|INBOX|Zed|\xc3\x84rger");
	assert_true(t->nodes[tree_find(t, "users|anne")].split);
	assert_false(t->nodes[tree_find(t, "users|anne|Zed")].split);
	assert_false(t->nodes[tree_find(t, "users|eve@x.org")].split);
	assert_true(t->nodes[0].split);
	ck_tree_free(t);

	t = tree_grouped(&w, CK_GROUP_BY_DOMAIN);
	assert_sound(t);
	assert_int_equal(t->mailboxes, 18);
	assert_children(t, "", "configuration||x.org");
	assert_children(t, "x.org", "users|shared");
	assert_children(t, "x.org|users", "eve");
	assert_children(t, "x.org|users|eve", "INBOX|Sent");
	assert_children(t, "|users", "anne|anne-marie|u2|u10");
	assert_int_equal(t->nodes[tree_find(t, "x.org")].kind, CK_NODE_DOMAIN);
	assert_int_equal(t->nodes[tree_find(t, "x.org")].mailboxes, 3);
	ck_tree_free(t);

	t = tree_of(&w);
	assert_false(t->nodes[tree_find(t, "slow")].split);
	assert_true(t->nodes[0].split);
	ck_tree_free(t);
	memserver_fini(&w);
}

static void an_empty_server_has_a_tree_too(void **state)
{
	(void)state;
	struct memserver w;
	memserver_init(&w, 1);
	struct ck_tree *t = tree_of(&w);
	struct ck_boxes b = boxes_of(t);
	assert_sound(t);
	assert_children(t, "", "configuration|default|slow");
	assert_int_equal(ck_boxes_state(&b, 0), CK_TICK_ON);
	tick(&b, 0, false);
	assert_int_equal(ck_boxes_state(&b, 0), CK_TICK_OFF);
	ck_boxes_fini(&b);
	ck_tree_free(t);
	memserver_fini(&w);
}

static void boxes_have_three_states(void **state)
{
	(void)state;
	struct memserver w;
	memserver_small(&w);
	struct ck_tree *t = tree_of(&w);
	struct ck_boxes b = boxes_of(t);
	uint32_t anne = tree_find(t, "default|users|anne"),
		 zed = tree_find(t, "default|users|anne|Zed");
	uint32_t f2 = tree_find(t, "default|users|anne|Zed|f2");
	uint32_t config = tree_find(t, "configuration");
	assert_int_equal(ck_boxes_state(&b, 0), CK_TICK_ON);

	tick(&b, f2, false);
	assert_boxes_sound(&b);
	assert_int_equal(ck_boxes_state(&b, f2), CK_TICK_OFF);
	assert_int_equal(ck_boxes_state(&b, zed), CK_TICK_PART);
	assert_int_equal(ck_boxes_state(&b, anne), CK_TICK_PART);
	assert_int_equal(ck_boxes_state(&b, 0), CK_TICK_PART);
	assert_int_equal(ck_boxes_state(&b, tree_find(t, "slow")), CK_TICK_ON);
	assert_int_equal(ck_boxes_sum(&b, 0).mailboxes, 14);
	assert_int_equal(ck_boxes_sum(&b, 0).bytes, 1400);

	tick(&b, zed, false);
	assert_int_equal(ck_boxes_state(&b, zed), CK_TICK_OFF);
	tick(&b, anne, true);
	assert_boxes_sound(&b);
	assert_int_equal(ck_boxes_state(&b, 0), CK_TICK_ON);

	/* The INBOX is a box as others; the user's is of all his mailboxes. */
	uint32_t inbox = tree_find(t, "default|users|anne|INBOX");
	tick(&b, inbox, false);
	assert_boxes_sound(&b);
	assert_int_equal(ck_boxes_state(&b, inbox), CK_TICK_OFF);
	assert_int_equal(ck_boxes_state(&b, anne), CK_TICK_PART);
	assert_int_equal(ck_boxes_sum(&b, anne).mailboxes, 6);
	tick(&b, anne, false);
	tick(&b, inbox, true);
	assert_int_equal(ck_boxes_state(&b, anne), CK_TICK_PART);
	assert_int_equal(ck_boxes_sum(&b, anne).mailboxes, 1);
	uint32_t lone = tree_find(t, "default|users|u2");
	tick(&b, tree_find(t, "default|users|u2|INBOX"), false);
	assert_int_equal(ck_boxes_state(&b, lone), CK_TICK_OFF);
	tick(&b, 0, true);

	tick(&b, config, false);
	assert_int_equal(ck_boxes_state(&b, config), CK_TICK_OFF);
	assert_int_equal(ck_boxes_state(&b, 0), CK_TICK_PART);
	tick(&b, 0, false);
	assert_boxes_sound(&b);
	assert_int_equal(ck_boxes_state(&b, 0), CK_TICK_OFF);
	tick(&b, config, true);
	assert_int_equal(ck_boxes_state(&b, 0), CK_TICK_PART);
	ck_boxes_fini(&b);
	ck_tree_free(t);
	memserver_fini(&w);
}

#define USERS   100000
#define FOLDERS 9

static void a_million_mailboxes_are_counted_right(void **state)
{
	(void)state;
	struct memserver w;
	memserver_init(&w, (size_t)USERS * (FOLDERS + 1));
	char name[64];
	for (int u = 0; u < USERS; u++) {
		(void)snprintf(name, sizeof name, "user/u%d", u);
		memserver_add(&w, name, u % 2 ? 2 : 0);
		for (int f = 0; f < FOLDERS; f++) {
			(void)snprintf(name, sizeof name, "user/u%d/f%d", u, f + 5);
			memserver_add(&w, name, u % 2 ? 2 : 0);
		}
	}
	struct ck_tree *t = tree_of(&w);
	struct ck_boxes b = boxes_of(t);
	assert_int_equal(t->n, 1 + 1 + CK_CONFIG_KINDS + 2 + 2 + USERS * (1 + 1 + FOLDERS));
	assert_int_equal(t->nodes[0].mailboxes, 1000000);
	assert_int_equal(ck_boxes_sum(&b, 0).mailboxes, 1000000);
	assert_children(t, "default|users|u2", "INBOX|f5|f6|f7|f8|f9|f10|f11|f12|f13");
	uint32_t first = ck_tree_child(t, tree_find(t, "slow|users"));
	assert_string_equal(t->nodes[first].label, "u1");
	assert_string_equal(t->nodes[ck_tree_sibling(t, first)].label, "u3");

	tick(&b, tree_find(t, "slow|users|u99999|f10"), false);
	assert_int_equal(ck_boxes_sum(&b, 0).mailboxes, 999999);
	tick(&b, tree_find(t, "default"), false);
	assert_int_equal(ck_boxes_sum(&b, 0).mailboxes, 499999);
	assert_int_equal(ck_boxes_sum(&b, 0).bytes, 49999900);
	assert_sound(t);
	assert_boxes_sound(&b);
	struct ck_plan plan = {0};
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_boxes_to_plan(&b, &plan, &err), &err);
	assert_int_equal(plan.exclude.n, 2);
	assert_string_equal(plan.exclude.items[0], "partition:default");
	assert_string_equal(plan.exclude.items[1], "name:user/u99999/f10");
	tick(&b, 0, true);
	assert_int_equal(ck_boxes_sum(&b, 0).mailboxes, 1000000);
	ck_plan_fini(&plan);
	ck_boxes_fini(&b);
	ck_tree_free(t);
	memserver_fini(&w);
}

static void a_name_of_many_levels_is_no_danger(void **state)
{
	(void)state;
	struct memserver w;
	memserver_init(&w, 2);
	struct ck_buf name = CK_BUF_INIT;
	ck_buf_adds(&name, "user/anne");
	for (int i = 0; i < 70000; i++)
		ck_buf_adds(&name, "/a");
	memserver_add(&w, "user/anne", 0);
	memserver_add(&w, name.data, 0);
	struct ck_tree *t = tree_of(&w);
	struct ck_boxes b = boxes_of(t);
	assert_sound(t);
	assert_int_equal(t->nodes[0].mailboxes, 2);
	struct ck_plan plan = {0};
	uint32_t deep = 0;
	while (t->nodes[deep].mailbox != 1)
		deep++;
	assert_in_range(t->nodes[deep].depth, 100, 1000);
	tick(&b, deep, false);
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_boxes_to_plan(&b, &plan, &err), &err);
	assert_int_equal(plan.exclude.n, 1);
	assert_string_equal(plan.exclude.items[0], "below:user/anne/a");
	ck_plan_fini(&plan);
	ck_boxes_fini(&b);
	ck_tree_free(t);
	ck_buf_fini(&name);
	memserver_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_ordered_as_people_count),
		cmocka_unit_test(keys_have_the_natural_order),
		cmocka_unit_test(the_tree_has_partitions_classes_and_names),
		cmocka_unit_test(a_user_is_found_in_every_partition),
		cmocka_unit_test(domains_make_users_of_their_own),
		cmocka_unit_test(a_tree_is_grouped_otherwise),
		cmocka_unit_test(an_empty_server_has_a_tree_too),
		cmocka_unit_test(boxes_have_three_states),
		cmocka_unit_test(a_million_mailboxes_are_counted_right),
		cmocka_unit_test(a_name_of_many_levels_is_no_danger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
