/* SPDX-License-Identifier: BSD-2-Clause */
/* The index of exact names finds what asking every rule finds, and finds it fast. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "select/ruleset.h"
#include "support/memserver.h"

static const char *const texts[] = {
	"name:user/anne",
	"below:user/anne",
	"below:user/anne,special:\\Junk",
	"name:user/anne/Sent",
	"name:user/anne/Sent,larger:1M",
	"below:user",
	"below:use",
	"name:user/*/Sent",
	"below:user/%",
	"leaf:Sent",
	"special:\\Junk",
	"partition:default",
	"partition:nowhere,name:user/anne",
	"name:user/anne", /* twice */
	"name:user/b\\*b",
	"name:user/b\\\\*",
	"below:user/eve@example.org",
	"below:user/eve",
	"name:user/eve/Sent@example.org",
	"name:user/anne/,older:3d",
	"name:shared,below:sha*",
	"name:user/a\\,b",
	"older:7d",
};

static void the_index_changes_no_answer(void **state)
{
	(void)state;
	static const char *const names[] = {
		"user/anne",
		"user/anne/Sent",
		"user/anne/Sent/2025",
		"user/annex",
		"user/b*b",
		"user/bxb",
		"user/b\\x",
		"user/a,b",
		"shared",
		"shared/Sent",
		"user",
		"use/x",
		"user/anne//odd",
		"user/anne/Sent@home",
	};
	struct memserver w;
	CK_CLEANUP(ck_strv_fini) struct ck_strv rules = {0};
	struct ruleset set;
	memserver_small(&w);
	for (size_t i = 0; i < CK_COUNT(names); i++)
		memserver_add(&w, names[i], 0);
	for (size_t i = 0; i < CK_COUNT(texts); i++)
		assert_int_equal(ck_strv_add(&rules, texts[i]), 0);
	assert_int_equal(ruleset_open(&rules, &set, NULL), 0);
	for (size_t k = 0; k < w.server.nmailboxes; k++) {
		const struct ck_mailbox *m = &w.server.mailboxes[k];
		const uint32_t *hits;
		size_t n = ruleset_match(&set, &w.server, m, &hits), found = 0;
		for (uint32_t i = 0; i < set.n; i++) {
			if (!ck_rule_matches_mailbox(&set.rules[i], &w.server, m))
				continue;
			if (found >= n || hits[found++] != i)
				fail_msg("'%s' is not caught by '%s'", m->name, texts[i]);
		}
		assert_int_equal(found, n);
	}
	ruleset_fini(&set);
	memserver_fini(&w);
}

/* As many boxes unticked one by one: asking each rule of each mailbox would take minutes. */
static void many_single_boxes_are_estimated_at_once(void **state)
{
	(void)state;
	size_t mailboxes = test_in_valgrind() ? 1000 : 100000;
	struct memserver w;
	struct ck_plan plan = {0};
	struct ck_estimate est;
	struct ck_err err = CK_ERR_INIT;
	memserver_init(&w, mailboxes);
	for (size_t i = 0; i < mailboxes; i++) {
		char name[64];
		snprintf(name, sizeof name, "user/u%zu/box%zu", i / 20, i % 20);
		memserver_add(&w, name, 0)->head = CK_HEAD_OK;
		if (i % 2 == 0)
			continue;
		snprintf(name, sizeof name, "name:user/u%zu/box%zu", i / 20, i % 20);
		assert_int_equal(ck_strv_add(&plan.exclude, name), 0);
	}
	assert_ok(ck_estimate(&w.server, &plan, 1790000000, NULL, &est, &err), &err);
	assert_int_equal(est.taken_mailboxes, mailboxes / 2);
	for (size_t i = 0; i < est.nrules; i++)
		assert_int_equal(est.rules[i].mailboxes, 1);
	for (size_t i = 0; i < est.nmailboxes; i++)
		assert_int_equal(est.mailboxes[i].left_out, i % 2 ? (int)(i / 2 + 1) : 0);
	ck_estimate_fini(&est);

	struct ck_tree *tree = tree_of(&w);
	struct ck_boxes boxes = boxes_of(tree);
	assert_ok(ck_boxes_from_plan(&boxes, &plan, &err), &err);
	assert_int_equal(ck_boxes_sum(&boxes, 0).mailboxes, mailboxes / 2);
	assert_ok(ck_boxes_to_plan(&boxes, &plan, &err), &err);
	assert_int_equal(plan.exclude.n, mailboxes / 2);
	ck_boxes_fini(&boxes);
	ck_tree_free(tree);
	ck_plan_fini(&plan);
	memserver_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_index_changes_no_answer),
		cmocka_unit_test(many_single_boxes_are_estimated_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
