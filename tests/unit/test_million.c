/* SPDX-License-Identifier: BSD-2-Clause */
/* A key is answered at once, however much there is: each screen with as much as there may be. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "house.h"
#include "support/fixture.h"
#include "support/keytime.h"
#include "support/memserver.h"
#include "wizard.h"

#define FOLDERS 20 /* of each user, INBOX included */

#define MOVING "Down PgDn C-d Up C-u PgUp G Up g Down End Home j k "

struct world {
	char *dir;
	struct ck_settings settings;
	struct screen s;
	size_t users; /**< Valgrind gets fewer. */
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	w->dir = test_tmpdir();
	w->users = test_in_valgrind() ? 500 : 50000;
	screen_settings(w->dir, &w->settings);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	if (w->s.app)
		screen_close(&w->s);
	ck_settings_fini(&w->settings);
	test_rmtree(w->dir);
	free(w->dir);
	free(w);
	return 0;
}

/* --- sources -------------------------------------------------------------------------- */

static void fill(struct memserver *m, size_t users)
{
	char name[64];
	memserver_init(m, users * FOLDERS);
	for (size_t u = 0; u < users; u++) {
		snprintf(name, sizeof name, "user/u%05zu", u);
		memserver_add(m, name, u % 2 ? 0 : 2)->flags = CK_MBOX_INBOX;
		for (int f = 1; f < FOLDERS; f++) {
			snprintf(name, sizeof name, "user/u%05zu/folder %d", u, f);
			memserver_add(m, name, u % 2 ? 0 : 2);
		}
	}
}

static void press_sources(struct world *w)
{
	struct screen *s = &w->s;
	const struct ui_wizard *wizard = ui_wizard_of(ui_app_top(s->app));
	keytime(s, "sources: moving", MOVING MOVING);
	keytime(s, "sources: opening and closing",
	        "g Down Down Right Down Right Left Left Enter Enter G Left G Right ] G [ g ] G g "
	        "[");
	keytime(s, "sources: everything open", "g ] Down Down ] G PgUp Left Left G Left g [ ] G");
	keytime(s, "sources: moving, everything open", MOVING MOVING);
	keytime(s, "sources: ticking users and folders",
	        "g Down Down Down Down Space Down Space u U u Insert Insert Insert u u u");
	keytime_wait(s, "sources: until settled");
	assert_boxes_sound(&wizard->boxes.now);
	keytime(s, "sources: ticking half of it at once",
	        "g Down Space Space Space u u U u u Space u Insert u");
	keytime_calm(s, "sources: the same, each when all is settled",
	             "Space Space Space u u U u u Space u Insert u");
	assert_boxes_sound(&wizard->boxes.now);
	keytime(s, "sources: finding", "/ 'u499/folder 7'");
	keytime_wait(s, "sources: until all is found");
	keytime(s, "sources: with what was found", "Enter " MOVING " Space u Space u Esc");
	keytime(s, "sources: finding everything", "/ 'user' BackTab");
	keytime_wait(s, "sources: until everything is found");
	keytime(s, "sources: with everything found", "Enter " MOVING " Space u Space u Esc");
	keytime_wait(s, "sources: until settled");

	/* a pattern becomes one rule, not 50 000 */
	size_t rules = wizard->plan.exclude.n;
	uint64_t taken = wizard->est.taken_mailboxes;
	keytime(s, "sources: unticking by pattern", "- 'user/%/folder 7' Enter");
	keytime_wait(s, "sources: until it is a rule");
	assert_true(ui_wizard_is_settled(wizard));
	assert_int_equal(wizard->plan.exclude.n, rules + 1);
	assert_string_equal(wizard->plan.exclude.items[rules], "name:user/%/folder 7");
	assert_int_equal(taken - wizard->est.taken_mailboxes, w->users);
	keytime(s, "sources: ticking between what rules take",
	        "g Down Space Space Space u u U u u Space u Insert u");
	keytime_wait(s, "sources: until settled");
	keytime(s, "rules", "R " MOVING " K J u U F8 u q");
	keytime_wait(s, "sources: until settled");
	for (int page = 0; page < 3; page++) {
		keytime(s, "the next page", "F5");
		keytime_wait(s, "the next page");
	}
	screen_expect(s, 1, "[4 Review]");
	keytime(s, "review", "Up Down = Esc r");
	keytime(s, "back to sources", "q q q");
	keytime_wait(s, "sources: until settled");
}

static void sources(void **state)
{
	struct world *w = *state;
	struct memserver m;
	fill(&m, w->users);
	struct ck_tree *tree = tree_of(&m);
	struct ui_partition_use use[3] = {{0}};
	/* one reference is ours, so that nobody closes what was never opened */
	struct ui_server server = {.server = &m.server,
	                           .tree = tree,
	                           .mailboxes = w->users * FOLDERS,
	                           .partitions = use,
	                           .refs = 2};
	screen_open(&w->s, &w->settings, &ui_view_source, NULL, 60, 200, SCREEN_UTF8);
	screen_wait(&w->s);
	fixture_server(w->dir);
	ui_app_house(w->s.app)->server = &server;
	ui_app_house(w->s.app)->server_known = true;
	ui_app_news(w->s.app);
	keytime_wait(&w->s, "sources: opening");
	assert_true(ui_wizard_is_settled(ui_wizard_of(ui_app_top(w->s.app))));
	press_sources(w);
	screen_close(&w->s);
	assert_int_equal(server.refs, 1);
	ck_tree_free(tree);
	memserver_fini(&m);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(sources),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
