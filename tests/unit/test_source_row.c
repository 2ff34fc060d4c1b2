/* SPDX-License-Identifier: BSD-2-Clause */
/* What Sources makes of a row, and says beside the tree: a rule, a size, a forecast. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/config_size.h"
#include "backup/source.h"
#include "support/fixture.h"
#include "support/wizard.h"
#include "support/world.h"

/** The forecast follows what is ticked, and nobody asks for it where it is not shown. */
static void a_wide_terminal_says_what_to_expect(void **state)
{
	struct world *w = *state;
	wizard_open(w, 40, 120, SCREEN_UTF8);
	screen_expect(&w->s, 36, "── Expected ──");
	screen_expect(&w->s, 37, "full: read 18.5G, down perhaps ");
	screen_keys(&w->s, "Down Space");
	screen_expect(&w->s, 37, "...");
	screen_wait(&w->s);
	screen_expect(&w->s, 37, "full: read 4.8G, down perhaps ");
	ui_app_house(w->s.app)->up = 0;
	ui_app_news(w->s.app);
	screen_wait(&w->s);
	screen_expect(&w->s, 37, "full: read 4.8G, perhaps ");
	screen_resize(&w->s, 24, 80);
	screen_wait(&w->s);
	assert_false(screen_has(&w->s, "Expected"));
}

static void grow(const struct world *w, const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/conf/%s", w->dir, name) > 0);
	test_write(path, "", 0);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(ftruncate(fileno(f), 5 << 20), 0);
	assert_int_equal(fclose(f), 0);
	free(path);
}

/** Of what would be in the archive, as the rules page has it. */
static void the_configuration_has_a_size(void **state)
{
	struct world *w = *state;
	fixture_server(w->dir);
	grow(w, "quotas.db");
	grow(w, "deliver.db");
	wizard_open(w, 24, 80, SCREEN_UTF8);
	const struct ck_tree *t = wizard_of(w)->tree;
	assert_string_equal(ui_config_size(&(struct ui_config_size){0}, t, 1).s, "...");
	assert_string_equal(ui_config_size(&(struct ui_config_size){.failed = true}, t, 1).s, "?");
	screen_expect(&w->s, 3, "configuration and databases            -    5.0M");
	assert_int_equal(ck_strv_add(&wizard_of(w)->plan.keep, "deliver.db"), 0);
	ui_wizard_defaults_changed(wizard_of(w));
	ui_app_news(w->s.app);
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "configuration and databases            -   10.0M");
	grow(w, "dav.db");
	screen_keys(&w->s, "r");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "configuration and databases            -   15.0M");
}

/** It opens to what it is made of, which is told and has no box. */
static void the_configuration_opens_to_its_kinds(void **state)
{
	struct world *w = *state;
	fixture_server(w->dir);
	grow(w, "quotas.db");
	grow(w, "user/a/anna.seen");
	grow(w, "user/b/bob.seen");
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 3, "[x] ▸ configuration and databases");
	screen_keys(&w->s, "Right");
	screen_expect(&w->s, 3, "[x] ▾ configuration and databases");
	screen_expect(&w->s, 3, "15.0M");
	screen_expect(&w->s, 4, "       mailboxes.db ");
	screen_expect(&w->s, 4, "1 file");
	screen_expect(&w->s, 6, "       quotas ");
	screen_expect(&w->s, 6, "-    5.0M 1 file");
	screen_expect(&w->s, 8, "       seen ");
	screen_expect(&w->s, 8, "-   10.0M 2 files");
	screen_expect(&w->s, 11, "       DAV ");
	screen_expect(&w->s, 11, "-       0 0 files");
	screen_expect(&w->s, 13, "partition default");
	screen_golden(&w->s, "source-kinds-80x24");
	screen_keys(&w->s, "Down Space");
	screen_expect(&w->s, 22, "taken or left out with the whole configuration");
	screen_keys(&w->s, "Insert");
	assert_true(wizard_of(w)->boxes.now.config_on);
	screen_click(&w->s, 4, 2);
	assert_true(wizard_of(w)->boxes.now.config_on);
	screen_keys(&w->s, "g Down i");
	assert_true(screen_has(&w->s, "Taken with the whole configuration."));
	screen_keys(&w->s, "Esc Up Space Down i");
	assert_true(screen_has(&w->s, "LEFT OUT with the whole configuration."));
}

static void a_row_becomes_a_rule(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down Down Down Right Down Down Space"); /* Sent */
	screen_wait(&w->s);
	screen_keys(&w->s, "u");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 0);
	screen_keys(&w->s, "F7");
	screen_wait(&w->s);
	screen_expect(&w->s, 1, "New rule");
	assert_true(screen_has(&w->s, "user/anna/Sent"));
	screen_golden(&w->s, "source-new-rule-80x24");
	screen_keys(&w->s, "Esc");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 0);
	screen_keys(&w->s, "F7 F5");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 1);
	assert_string_equal(wizard_of(w)->plan.exclude.items[0], "name:user/anna/Sent");
	screen_expect(&w->s, 8, ">[ ]         Sent");
	screen_keys(&w->s, "u");
	screen_wait(&w->s);
	assert_int_equal(wizard_of(w)->plan.exclude.n, 0);
	screen_expect(&w->s, 8, ">[x]         Sent");
}

/** "" where the node suggests nothing. */
static char *suggested(struct world *w, uint32_t node)
{
	struct ck_buf text = CK_BUF_INIT;
	bool has = ui_source_rule(wizard_of(w), node, &text);
	assert_int_equal(has, text.len > 0);
	return ck_buf_take(&text);
}

/** Each row suggests what it stands for, and the rule catches what lies there. */
static void each_row_suggests_its_own_rule(void **state)
{
	struct world *w = *state;
	wizard_open(w, 24, 80, SCREEN_UTF8);
	const struct ck_tree *t = wizard_of(w)->tree;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct ck_node *n = &t->nodes[i];
		char *text = suggested(w, i);
		struct ck_rule rule;
		uint64_t fit = 0;
		bool part = n->kind == CK_NODE_PARTITION;
		bool name = n->kind == CK_NODE_MAILBOX || n->kind == CK_NODE_INBOX;
		assert_int_equal(text && *text, part || name);
		if (text && *text) {
			assert_int_equal(ck_rule_parse(text, &rule, NULL), 0);
			assert_true(part             ? rule.partition
			            : n->end > i + 1 ? rule.below
			                             : rule.name);
			for (size_t m = 0; m < t->server->nmailboxes; m++)
				fit += ck_rule_matches_mailbox(&rule, t->server,
				                               &t->server->mailboxes[m]);
			assert_true(fit >= n->mailboxes);
			ck_rule_fini(&rule);
		}
		free(text);
	}
	/* a role is worth more than a name */
	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t m = t->nodes[i].mailbox;
		if (m == CK_NODE_NONE ||
		    strcmp(t->server->mailboxes[m].name, "user/anna/Sent") != 0)
			continue;
		t->server->mailboxes[m].special = "\\Sent \\Important";
		char *text = suggested(w, i);
		assert_string_equal(text, "special:\\Sent");
		free(text);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(a_wide_terminal_says_what_to_expect),  T(the_configuration_has_a_size),
		T(the_configuration_opens_to_its_kinds), T(a_row_becomes_a_rule),
		T(each_row_suggests_its_own_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
