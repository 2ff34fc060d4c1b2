/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "support/memserver.h"

/* The rules of a plan made from the boxes, separated by a blank. */
static void assert_rules(const struct ck_boxes *t, struct ck_plan *plan, const char *want)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_buf got = CK_BUF_INIT;
	assert_ok(ck_boxes_to_plan(t, plan, &err), &err);
	for (size_t i = 0; i < plan->exclude.n; i++)
		ck_buf_addf(&got, "%s%s", i ? " " : "", plan->exclude.items[i]);
	assert_string_equal(got.data, want);
	assert_int_equal(plan->select.n, 1);
	assert_string_equal(plan->select.items[0], "*");
	ck_buf_fini(&got);
}

static void boxes_become_the_shortest_rules(void **state)
{
	(void)state;
	static const struct {
		const char *node, *rules;
	} cases[] = {
		{"default|users|anne|INBOX", "name:user/anne"},
		{"default|users|anne|Drafts", "name:user/anne/Drafts"},
		{"default|users|u2", "name:user/u2"},
		{"default|users|u2|INBOX", "name:user/u2"},
		{"default|users|anne|Zed", "below:user/anne/Zed,partition:default"},
		{"default|users|anne", "below:user/anne,partition:default"},
		{"slow|users|anne", "partition:slow"}, /* all there is on it */
		{"default|shared|public|quarantine", "below:public/quarantine,partition:default"},
		{"default|shared", "below:public,partition:default"},
		{"default|users", "name:user/*,partition:default"},
		{"default|deleted", "name:DELETED/*,partition:default"},
		{"default", "partition:default"},
		{"slow", "partition:slow"},
	};
	struct memserver w;
	memserver_small(&w);
	struct ck_tree *t = tree_of(&w);
	struct ck_boxes b = boxes_of(t);
	struct ck_plan plan = {0};
	assert_rules(&b, &plan, "");
	for (size_t i = 0; i < CK_COUNT(cases); i++) {
		tick(&b, 0, true);
		tick(&b, tree_find(t, cases[i].node), false);
		assert_rules(&b, &plan, cases[i].rules);
		assert_false(plan.without_config);
	}
	tick(&b, 0, false);
	assert_rules(&b, &plan, "name:*");
	assert_true(plan.without_config);
	/* All but the INBOX. */
	tick(&b, 0, true);
	tick(&b, tree_find(t, "default|users|anne"), false);
	tick(&b, tree_find(t, "default|users|anne|INBOX"), true);
	assert_rules(&b, &plan,
	             "name:user/anne/Drafts name:user/anne/abc name:user/anne/INBOX "
	             "below:user/anne/Zed,partition:default name:user/anne/\xc3\x84rger");
	ck_plan_fini(&plan);
	ck_boxes_fini(&b);
	ck_tree_free(t);
	memserver_fini(&w);
}

/* The same, of the server grouped otherwise; with a domain and without it. */
static void groups_become_the_shortest_rules(void **state)
{
	(void)state;
	static const struct {
		enum ck_grouping grouping;
		const char *node, *rules;
	} cases[] = {
		{CK_GROUP_BY_NOTHING, "users|anne", "below:user/anne"},
		{CK_GROUP_BY_NOTHING, "users|anne|Archive", "name:user/anne/Archive"},
		{CK_GROUP_BY_NOTHING, "users", "name:user/*"},
		{CK_GROUP_BY_NOTHING, "deleted", "name:DELETED/*"},
		{CK_GROUP_BY_NOTHING, "users|eve@x.org", "below:user/eve@x.org"},
		{CK_GROUP_BY_DOMAIN, "x.org", "name:*@x.org"},
		{CK_GROUP_BY_DOMAIN, "x.org|users", "name:user/*@x.org"},
		{CK_GROUP_BY_DOMAIN, "x.org|users|eve", "below:user/eve@x.org"},
		{CK_GROUP_BY_DOMAIN, "x.org|users|eve|Sent", "name:user/eve/Sent@x.org"},
		{CK_GROUP_BY_DOMAIN, "x.org|shared", "name:team@x.org"},
		{CK_GROUP_BY_DOMAIN, "|shared", "below:public"},
		{CK_GROUP_BY_DOMAIN, "|users|anne", "below:user/anne"},
	};
	struct memserver w;
	struct ck_plan plan = {0};
	memserver_small(&w);
	memserver_add(&w, "user/eve@x.org", 0)->intname = "x.org!user.eve";
	memserver_add(&w, "user/eve/Sent@x.org", 2)->intname = "x.org!user.eve.Sent";
	memserver_add(&w, "user/zoe@x.org", 2)->intname = "x.org!user.zoe";
	memserver_add(&w, "team@x.org", 2)->intname = "x.org!team";
	for (size_t i = 0; i < CK_COUNT(cases); i++) {
		struct ck_tree *t = tree_grouped(&w, cases[i].grouping);
		struct ck_boxes b = boxes_of(t);
		assert_sound(t);
		tick(&b, tree_find(t, cases[i].node), false);
		assert_rules(&b, &plan, cases[i].rules);
		ck_boxes_fini(&b);
		ck_tree_free(t);
		ck_plan_fini(&plan);
		plan = (struct ck_plan){0};
	}
	/* A name without a domain that looks like it: then no one rule says the domain. */
	memserver_add(&w, "odd@x.org", 0);
	struct ck_tree *t = tree_grouped(&w, CK_GROUP_BY_DOMAIN);
	struct ck_boxes b = boxes_of(t);
	tick(&b, tree_find(t, "x.org"), false);
	assert_rules(&b, &plan, "below:user/eve@x.org name:user/zoe@x.org name:team@x.org");
	ck_boxes_fini(&b);
	ck_tree_free(t);
	ck_plan_fini(&plan);
	memserver_fini(&w);
}

static void add_rule(struct ck_plan *plan, const char *rule)
{
	assert_int_equal(ck_strv_add(&plan->exclude, rule), 0);
}

static void rules_that_boxes_cannot_say_are_kept_first(void **state)
{
	(void)state;
	struct memserver w;
	memserver_small(&w);
	struct ck_tree *t = tree_of(&w);
	struct ck_boxes b = boxes_of(t);
	struct ck_plan plan = {0};
	struct ck_err err = CK_ERR_INIT;
	add_rule(&plan, "name:user/u2");
	add_rule(&plan, "leaf:Sent,larger:1M,older:7d");
	add_rule(&plan, "special:\\Drafts");
	add_rule(&plan, "name:*quarantine*");
	assert_ok(ck_boxes_from_plan(&b, &plan, &err), &err);
	assert_boxes_sound(&b);
	assert_int_equal(ck_boxes_state(&b, tree_find(t, "default|users|u2")), CK_TICK_OFF);
	assert_int_equal(ck_boxes_state(&b, tree_find(t, "default|users|anne|Drafts")),
	                 CK_TICK_OFF);
	assert_int_equal(ck_boxes_sum(&b, 0).mailboxes, 15 - 4);
	tick(&b, tree_find(t, "default|users|u10"), false);
	assert_rules(&b, &plan,
	             "leaf:Sent,larger:1M,older:7d special:\\Drafts name:*quarantine* "
	             "name:user/u2 name:user/u10");
	/* A box that is ticked again wins over the rule that left it out. */
	tick(&b, tree_find(t, "default|users|anne|Drafts"), true);
	tick(&b, tree_find(t, "default|shared|public|quarantine|a"), true);
	assert_rules(&b, &plan,
	             "leaf:Sent,larger:1M,older:7d name:user/u2 name:user/u10 "
	             "name:public/quarantine");
	ck_plan_fini(&plan);
	ck_boxes_fini(&b);
	ck_tree_free(t);
	memserver_fini(&w);
}

/* They stay what they are, whatever the boxes say; the boxes are as if they were not there. */
static void rules_that_are_off_are_kept_and_untick_nothing(void **state)
{
	(void)state;
	struct memserver w;
	memserver_small(&w);
	struct ck_tree *t = tree_of(&w);
	struct ck_boxes b = boxes_of(t);
	struct ck_plan plan = {0};
	struct ck_err err = CK_ERR_INIT;
	add_rule(&plan, "name:user/u2");
	add_rule(&plan, "off,below:user/anne");
	add_rule(&plan, "off,special:\\Drafts");
	assert_ok(ck_boxes_from_plan(&b, &plan, &err), &err);
	assert_int_equal(ck_boxes_sum(&b, 0).mailboxes, 15 - 1);
	tick(&b, tree_find(t, "default|users|anne|Drafts"), false);
	assert_rules(&b, &plan,
	             "off,below:user/anne off,special:\\Drafts name:user/anne/Drafts "
	             "name:user/u2");
	tick(&b, 0, true);
	assert_rules(&b, &plan, "off,below:user/anne off,special:\\Drafts");
	ck_plan_fini(&plan);
	ck_boxes_fini(&b);
	ck_tree_free(t);
	memserver_fini(&w);
}

static void patterns_of_a_plan_tick_only_what_they_select(void **state)
{
	(void)state;
	struct memserver w;
	memserver_small(&w);
	struct ck_tree *t = tree_of(&w);
	struct ck_boxes b = boxes_of(t);
	struct ck_plan plan = {.without_config = true};
	struct ck_err err = CK_ERR_INIT;
	assert_int_equal(ck_strv_add(&plan.select, "user/anne/*"), 0);
	assert_ok(ck_boxes_from_plan(&b, &plan, &err), &err);
	assert_boxes_sound(&b);
	assert_int_equal(ck_boxes_sum(&b, 0).mailboxes, 7);
	assert_false(b.config_on);
	add_rule(&plan, "nonsense");
	assert_err(ck_boxes_from_plan(&b, &plan, &err), &err, CK_EUSAGE, "nonsense");
	assert_int_equal(ck_boxes_sum(&b, 0).mailboxes, 7);
	ck_plan_fini(&plan);
	ck_boxes_fini(&b);
	ck_tree_free(t);
	memserver_fini(&w);
}

/* Names of few letters, so that prefixes, wildcards and partitions meet in every way. */
static void random_world(struct memserver *w, unsigned *seed)
{
	static const struct {
		const char *end, *intname;
	} domains[] = {{"", NULL}, {"", NULL}, {"@x.org", "x.org!n"}, {"@%y", "%y!n"}};
	static const char *const parts[] = {"a", "b", "a*", "b%", "c,d", "e\\", "INBOX", "a b"};
	static const char *const roots[] = {"user/", "", "DELETED/user/"};
	memserver_init(w, 60);
	size_t n = 1 + (size_t)rand_r(seed) % 59;
	for (size_t i = 0; i < n; i++) {
		struct ck_buf name = CK_BUF_INIT;
		ck_buf_adds(&name, roots[rand_r(seed) % 3]);
		for (int k = rand_r(seed) % 4; k >= 0; k--)
			ck_buf_addf(&name, "%s%s", parts[rand_r(seed) % 8], k ? "/" : "");
		size_t domain = (size_t)rand_r(seed) % CK_COUNT(domains);
		ck_buf_adds(&name, domains[domain].end);
		bool again = false;
		for (size_t m = 0; m < w->server.nmailboxes; m++)
			again |= strcmp(w->server.mailboxes[m].name, name.data) == 0;
		static const uint32_t places[] = {0, 0, 0, 2, UINT32_MAX};
		if (!again) {
			struct ck_mailbox *m =
				memserver_add(w, name.data, places[rand_r(seed) % 5]);
			m->special = rand_r(seed) % 4 ? "" : "\\Junk";
			m->intname = domains[domain].intname ? domains[domain].intname : m->intname;
		}
		ck_buf_fini(&name);
	}
}

static void a_plan_brings_the_same_boxes_back(void **state)
{
	(void)state;
	static const char *const rules[] = {"partition:default", "below:user/a,partition:slow",
	                                    "name:*@x.org", "name:user/*", "below:user/a@x.org"};
	unsigned seed = 42, off = 0;
	for (int round = 0; round < 3000; round++) {
		struct memserver w;
		struct ck_plan plan = {0}, again = {0};
		struct ck_err err = CK_ERR_INIT;
		random_world(&w, &seed);
		struct ck_tree *t = tree_grouped(&w, (enum ck_grouping)(rand_r(&seed) % 3));
		struct ck_tree *other = tree_grouped(&w, (enum ck_grouping)(rand_r(&seed) % 3));
		struct ck_boxes b = boxes_of(t), there = boxes_of(other);
		assert_sound(t);
		if (rand_r(&seed) % 2)
			add_rule(&plan, "special:\\Junk");
		if (rand_r(&seed) % 4 == 0)
			add_rule(&plan, rules[rand_r(&seed) % CK_COUNT(rules)]);
		if (rand_r(&seed) % 2)
			add_rule(&plan, "name:*a%");
		if (rand_r(&seed) % 2)
			add_rule(&plan, "off,name:*");
		assert_ok(ck_boxes_from_plan(&b, &plan, &err), &err);
		for (int k = rand_r(&seed) % 6; k > 0; k--)
			tick(&b, (uint32_t)rand_r(&seed) % (uint32_t)t->n, rand_r(&seed) % 3 == 0);
		assert_boxes_sound(&b);
		uint8_t *want = ticks_of(&b);
		bool config = b.config_on;

		assert_ok(ck_boxes_to_plan(&b, &plan, &err), &err);
		tick(&b, 0, rand_r(&seed) % 2);
		assert_ok(ck_boxes_from_plan(&b, &plan, &err), &err);
		uint8_t *is = ticks_of(&b);
		for (size_t i = 0; i < w.server.nmailboxes; i++) {
			off += !want[i];
			if (is[i] != want[i])
				fail_msg("round %d: '%s' was %d", round, w.server.mailboxes[i].name,
				         want[i]);
		}
		free(is);
		assert_int_equal(b.config_on, config);
		/* Grouped otherwise they are the same, too. */
		assert_ok(ck_boxes_from_plan(&there, &plan, &err), &err);
		is = ticks_of(&there);
		assert_memory_equal(is, want, w.server.nmailboxes);
		free(is);
		assert_boxes_sound(&there);
		assert_int_equal(ck_plan_copy(&plan, &again), 0);
		assert_ok(ck_boxes_to_plan(&there, &again, &err), &err);
		assert_ok(ck_boxes_from_plan(&b, &again, &err), &err);
		is = ticks_of(&b);
		assert_memory_equal(is, want, w.server.nmailboxes);
		free(is);
		ck_plan_fini(&again);
		again = (struct ck_plan){0};
		/* And what was written once is written the same again. */
		assert_int_equal(ck_plan_copy(&plan, &again), 0);
		assert_ok(ck_boxes_to_plan(&b, &again, &err), &err);
		assert_int_equal(again.exclude.n, plan.exclude.n);
		for (size_t i = 0; i < plan.exclude.n; i++)
			assert_string_equal(again.exclude.items[i], plan.exclude.items[i]);
		free(want);
		ck_plan_fini(&plan);
		ck_plan_fini(&again);
		ck_boxes_fini(&b);
		ck_boxes_fini(&there);
		ck_tree_free(t);
		ck_tree_free(other);
		memserver_fini(&w);
	}
	assert_true(off > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boxes_become_the_shortest_rules),
		cmocka_unit_test(groups_become_the_shortest_rules),
		cmocka_unit_test(rules_that_boxes_cannot_say_are_kept_first),
		cmocka_unit_test(rules_that_are_off_are_kept_and_untick_nothing),
		cmocka_unit_test(patterns_of_a_plan_tick_only_what_they_select),
		cmocka_unit_test(a_plan_brings_the_same_boxes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
