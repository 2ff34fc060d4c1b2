/* SPDX-License-Identifier: BSD-2-Clause */
/** The inside of the app: for app.c, dispatch.c, the menu, which acts for its screen, and the clock
 * of tests. */
#ifndef UI_APP_PRIVATE_H
#define UI_APP_PRIVATE_H

#include "loop/app.h"
#include "loop/views.h"

#define UI_APP_WATCHED_MAX 16
#define UI_APP_PLACES      8 /* by number */

struct ui_app_watched {
	struct ui_view *view;
	int fd;
};

struct ui_app {
	struct ui_app_options options;
	struct ui_theme theme;
	struct ck_err theme_err;
	struct ui_grid grid;
	struct ui_view *top; /**< The stack, linked by below; Home lies at its bottom. */
	/** Stacks of the other places, each down to the same Home; they come back as they were. */
	struct ui_view *parked[UI_APP_PLACES];
	struct ui_tasks *tasks;
	struct ui_house *house;
	struct ui_app_message message;
	struct ui_app_prompt_state prompt;
	struct ui_app_watched watched[UI_APP_WATCHED_MAX];
	size_t nwatched;
	int64_t ticked_ms, interrupted_ms;
	int64_t advanced_ms; /**< Of the fixed clock. */
	bool dirty, quit;
	bool working; /**< Screens may have put something off. */
	bool painted; /**< And idle_fd was not told since. */
};

/** Ask where to go: `:`. */
void ui_jump_ask(struct ui_app *app);

/** Act on @a; @place is the number for UI_ACT_PLACE. */
void ui_app_act(struct ui_app *app, enum ui_action a, int place);

void ui_app_take_reply(struct ui_app *app, struct ui_view *v, enum ui_reply reply);
void ui_app_end_prompt(struct ui_app *app);
bool ui_app_is_small(const struct ui_app *app);

/** A slice of what each screen has put off. @return whether there was anything. */
bool ui_app_work(struct ui_app *app);

/** Move the fixed clock of a test on. */
void ui_app_advance(struct ui_app *app, int64_t ms);

#endif
