/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/wizard.h"

#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "loop/house.h"
#include "support/fixture.h"

void replace(char **text, const char *with)
{
	free(*text);
	*text = strdup(with);
	assert_non_null(*text);
}

void wizard_open(struct world *w, int rows, int cols, enum screen_charset charset)
{
	fixture_server(w->dir);
	screen_open(&w->s, &w->settings, &ui_view_source, NULL, rows, cols, charset);
	screen_read_house(&w->s);
	fixture_pin_server(&w->s);
	screen_wait(&w->s);
	replace(&w->settings.file, CK_SETTINGS_FILE);
}

struct ui_wizard *wizard_of(struct world *w)
{
	return ui_wizard_of(ui_app_top(w->s.app));
}

void wizard_add_rule(struct world *w, const char *text)
{
	struct ui_wizard *wiz = wizard_of(w);
	assert_int_equal(ck_strv_add(&wiz->plan.exclude, text), 0);
	ui_wizard_rules_changed(wiz);
	screen_wait(&w->s);
}

void wizard_settle(struct world *w)
{
	screen_pass(&w->s, 6000);
	screen_wait(&w->s);
}

void wizard_cyrus_is(struct world *w, int up)
{
	ui_app_house(w->s.app)->up = up;
	ui_app_news(w->s.app);
}

void wizard_review(struct world *w)
{
	for (int i = 0; i < 3; i++) {
		screen_keys(&w->s, "F5");
		screen_wait(&w->s);
	}
	screen_expect(&w->s, 1, "[4 Review]");
	wizard_cyrus_is(w, 1);
}
