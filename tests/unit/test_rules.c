/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "backup/boxes.h"
#include "support/memserver.h"
#include "support/random.h"
#include "words/rules.h"

#define NOW 1795430520 /* Mon 23 Nov 2026 10:42 UTC */

static void assert_words(const char *text, const char *what, const char *where)
{
	struct ck_rule rule;
	struct ck_err err = CK_ERR_INIT;
	struct ck_buf a = CK_BUF_INIT, b = CK_BUF_INIT;
	assert_ok(ck_rule_parse(text, &rule, &err), &err);
	ui_rule_what(&rule, &a);
	ui_rule_where(&rule, &b);
	assert_string_equal(a.data, what);
	assert_string_equal(b.data, where);
	ck_buf_fini(&a);
	ck_buf_fini(&b);
	ck_rule_fini(&rule);
}

static void rules_are_put_into_columns(void **state)
{
	(void)state;
	assert_words("special:\\Junk", "role \\Junk", "everywhere");
	assert_words("larger:1M,older:7d", "larger 1M and older 7 d", "everywhere");
	assert_words("larger:1500", "larger 1 500", "everywhere");
	assert_words("older:2w,below:user/anne", "older 14 d", "user/anne and below");
	assert_words("below:user/anne,partition:slow", "name user/anne",
	             "and below, partition slow");
	assert_words("leaf:Trash", "called Trash", "at any depth");
	assert_words("name:user/%/Sent", "name user/%/Sent", "");
	assert_words("name:user/anne", "name user/anne", "this mailbox only");
	assert_words("name:user/a\\*b,partition:slow", "name user/a\\*b",
	             "this mailbox only, partition slow");
	assert_words("name:user/anne,larger:1M", "larger 1M", "user/anne");
	assert_words("partition:slow", "everything", "partition slow");
	assert_words("special:\\Sent,larger:2G", "larger 2G", "role \\Sent");
}

static void the_sentence_states_the_boundaries(void **state)
{
	(void)state;
	struct ck_rule rule;
	struct ck_buf out = CK_BUF_INIT;
	setenv("TZ", "UTC", 1);
	assert_int_equal(ck_rule_parse("larger:1M,older:7d,leaf:Sent", &rule, NULL), 0);
	ui_rule_sentence(&rule, NOW, &out);
	assert_string_equal(out.data, "In every mailbox called exactly Sent, leaves out messages "
	                              "above 1 048 576 bytes that arrived at 16 Nov 10:42 or "
	                              "before.");
	ck_rule_fini(&rule);
	ck_buf_reset(&out);
	assert_int_equal(ck_rule_parse("name:user/anne", &rule, NULL), 0);
	ui_rule_sentence(&rule, NOW, &out);
	assert_string_equal(out.data, "Leaves out the mailbox user/anne alone, whole.");
	ck_buf_fini(&out);
	ck_rule_fini(&rule);
}

/** What is typed into a field means itself, whatever it is. */
static void field_texts_come_back_from_the_rule(void **state)
{
	(void)state;
	static const char *const texts[] = {"Trash", "a,b",   "100%", "a*b",    "back\\slash",
	                                    "end\\", "\\,",   "\\\\", "\\Junk", ",",
	                                    "it's",  "\\*\\", "x:y",  "Größe",  "a\\%b"};
	for (size_t i = 0; i < CK_COUNT(texts); i++) {
		struct ck_buf out = CK_BUF_INIT;
		struct ck_rule rule;
		struct ck_err err = CK_ERR_INIT;
		ui_rule_add_text(&out, "leaf", texts[i]);
		ui_rule_add_pattern(&out, "older", "3d");
		assert_ok(ck_rule_parse(out.data, &rule, &err), &err);
		assert_string_equal(rule.leaf, texts[i]);
		assert_int_equal(rule.older_days, 3);
		ck_rule_fini(&rule);
		ck_buf_fini(&out);
	}
}

static void patterns_keep_their_wildcards(void **state)
{
	(void)state;
	struct ck_buf out = CK_BUF_INIT;
	struct ck_rule rule;
	ui_rule_add_pattern(&out, "name", "user/%/a,b\\*c*");
	assert_string_equal(out.data, "name:user/%/a\\,b\\*c*");
	assert_int_equal(ck_rule_parse(out.data, &rule, NULL), 0);
	assert_true(ck_pattern_match(rule.name, "user/anne/a,b*cd", '/'));
	assert_false(ck_pattern_match(rule.name, "user/anne/a,bxcd", '/'));
	ck_rule_fini(&rule);
	ck_buf_fini(&out);
}

static void changes_of_rules_are_undone_and_redone(void **state)
{
	(void)state;
	struct ui_rules_history h = {0};
	struct ck_plan plan = {0};
	assert_false(ui_rules_undo(&h, &plan));
	for (int i = 0; i < 150; i++) {
		char text[] = "leaf:a";
		text[5] = (char)('a' + i % 26);
		assert_int_equal(ui_rules_remember(&h, &plan), 0);
		assert_int_equal(ck_strv_add(&plan.exclude, text), 0);
	}
	assert_true(ui_rules_undo(&h, &plan));
	assert_int_equal(plan.exclude.n, 149);
	assert_true(ui_rules_redo(&h, &plan));
	assert_int_equal(plan.exclude.n, 150);
	assert_false(ui_rules_redo(&h, &plan));
	int steps = 0;
	while (ui_rules_undo(&h, &plan))
		steps++;
	assert_int_equal(steps, 100);
	assert_int_equal(plan.exclude.n, 50);
	ui_rules_history_fini(&h);
	ck_plan_fini(&plan);
}

static void assert_ticks(const struct ck_boxes *boxes, const uint8_t *want)
{
	uint8_t *is = ticks_of(boxes);
	assert_memory_equal(is, want, boxes->tree->server->nmailboxes);
	assert_boxes_sound(boxes);
	free(is);
}

/** Whatever is ticked in whatever order: undoing all of it brings back what was. */
static void ticks_are_undone_exactly(void **state)
{
	(void)state;
	struct memserver w;
	memserver_small(&w);
	struct ck_tree *tree = tree_of(&w);
	struct ck_boxes all = boxes_of(tree);
	struct ui_boxes boxes = {0};
	ui_boxes_take(&boxes, &all);
	struct random rng = random_of(7, 0, 0);
	uint8_t *was[61] = {ticks_of(&boxes.now)};
	bool config[61] = {true};
	for (int i = 1; i <= 60; i++) {
		struct ck_runs hits = {0};
		for (uint32_t at = 0; at < tree->mailboxes; at++)
			if (random_below(&rng, 3) == 0)
				assert_int_equal(ck_runs_add(&hits, at), 0);
		uint32_t node = random_below(&rng, (uint32_t)tree->n);
		bool on = random_below(&rng, 2), by_hits = random_below(&rng, 2);
		assert_int_equal(ui_boxes_set(&boxes, node, on, by_hits ? &hits : NULL), 0);
		was[i] = ticks_of(&boxes.now);
		config[i] = boxes.now.config_on;
		const struct ck_node *n = &tree->nodes[node];
		for (size_t k = 0; k < tree->n; k++) {
			const struct ck_node *box = &tree->nodes[k];
			if (box->mailbox == CK_NODE_NONE)
				continue;
			bool within = k >= node && k < n->end &&
			              (!by_hits || ck_runs_has(&hits, box->first));
			assert_int_equal(was[i][box->mailbox],
			                 within ? on : was[i - 1][box->mailbox]);
		}
		ck_runs_fini(&hits);
	}
	for (int i = 59; i >= 0; i--) {
		assert_true(ui_boxes_undo(&boxes));
		assert_ticks(&boxes.now, was[i]);
		assert_int_equal(boxes.now.config_on, config[i]);
	}
	assert_false(ui_boxes_undo(&boxes));
	for (int i = 1; i <= 60; i++) {
		assert_true(ui_boxes_redo(&boxes));
		assert_ticks(&boxes.now, was[i]);
		assert_int_equal(boxes.now.config_on, config[i]);
	}
	assert_false(ui_boxes_redo(&boxes));
	for (int i = 0; i <= 60; i++)
		free(was[i]);
	ui_boxes_fini(&boxes);
	ck_tree_free(tree);
	memserver_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_put_into_columns),
		cmocka_unit_test(the_sentence_states_the_boundaries),
		cmocka_unit_test(field_texts_come_back_from_the_rule),
		cmocka_unit_test(patterns_keep_their_wildcards),
		cmocka_unit_test(changes_of_rules_are_undone_and_redone),
		cmocka_unit_test(ticks_are_undone_exactly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
