/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The console as a whole: the stack of screens, the frame around them, and the one loop.
 *
 * One thread owns all of this. It polls the terminal, the wake pipe of the tasks, the signals and
 * the descriptors that screens watch, and never waits for anything else.
 */
#ifndef UI_APP_H
#define UI_APP_H

#include <cyrkeep/settings.h>

#include "loop/task.h"
#include "widgets/field.h"
#include "widgets/view.h"

struct ui_term;
struct ui_house;
struct ui_list;

enum ui_say {
	UI_SAY_INFO, /**< Stays until the next key, but 3 s at least; goes with its screen. */
	UI_SAY_WARN, /**< Stays 5 s at least. */
};

/** What a prompt in the message line tells; @text is what was typed so far. */
typedef void (*ui_prompt_fn)(struct ui_view *v, const char *text);

/* For screens. */
const struct ck_settings *ui_app_settings(const struct ui_app *app);
struct ui_house *ui_app_house(struct ui_app *app);
struct ui_tasks *ui_app_tasks(struct ui_app *app);

/** Open a screen on top. A failure is shown to the user as well as returned. */
int ui_app_push(struct ui_app *app, const struct ui_view_ops *ops, const void *arg);

/**
 * Go to a place. What lies above Home is put aside, if it belongs to a place, and comes back as it
 * was when the user goes there again; with an @arg the place is opened anew.
 */
void ui_app_go(struct ui_app *app, const struct ui_view_ops *ops, const void *arg);

/** Close the screen @v and all above it. For answers of dialogs; a handler returns UI_CLOSE. */
void ui_app_close(struct ui_app *app, struct ui_view *v);

/** Is the screen on the present stack, visible or below another? A screen of a place that was put
 * aside is not; it still gets its tasks' results and news. */
bool ui_app_is_shown(const struct ui_app *app, const struct ui_view *v);

/** Leave the console. */
void ui_app_quit(struct ui_app *app);

/** Give the terminal to the shell, as Ctrl-Z does, and come back. */
void ui_app_suspend(struct ui_app *app);

/** One line at the bottom. */
void ui_app_say(struct ui_app *app, enum ui_say level, const char *fmt, ...) CK_PRINTF(3, 4);

/** A dialog about a failure; @title says what was wanted: "The plan was not saved". */
void ui_app_fail(struct ui_app *app, const char *title, const struct ck_err *err);

/**
 * Ask for a line of text in the message line. @changed is called at every change (may be NULL),
 * @done with the text at Enter, or with NULL at Esc. One prompt at a time; the screen's own goes
 * away with it.
 */
void ui_app_prompt(struct ui_view *v, const char *label, const char *initial, ui_prompt_fn changed,
                   ui_prompt_fn done);

/**
 * `/` and Esc of a screen whose list has a filter: the first asks for words and gives them to
 * @narrow as they are typed (NULL at Esc: ""), the second takes them back. @return UI_IGNORED for
 * other actions, and where there is nothing to take back.
 */
enum ui_reply ui_app_narrow(struct ui_view *v, const struct ui_list *l, enum ui_action a,
                            ui_prompt_fn narrow);

/** Call v->ops->ready() when @fd becomes readable. Dropped when the view closes. */
int ui_app_watch(struct ui_view *v, int fd) CK_MUST_USE;
void ui_app_unwatch(struct ui_view *v, int fd); /**< -1: whatever it watches. */

/** Seconds since 1970, for ages and dates; the tests set it. */
int64_t ui_app_now(const struct ui_app *app);
/** Milliseconds of a clock that only goes forward. */
int64_t ui_app_clock_ms(const struct ui_app *app);

/** The cells must be drawn anew; needed only outside of handlers. */
void ui_app_dirty(struct ui_app *app);

/** Is the terminal ASCII only? Cut names with UI_ASCII then. */
bool ui_app_is_ascii(const struct ui_app *app);

/** The screen on top, which gets the keys. */
struct ui_view *ui_app_top(const struct ui_app *app);

/* For the program and the tests. */
struct ui_app_options {
	const struct ck_settings *settings;
	struct ui_term *term; /**< NULL: no terminal; the test draws and sends keys itself. */
	int rows, cols;       /**< Without a terminal. */
	bool ascii;           /**< Without a terminal. */
	int64_t now;          /**< Fixed time, or 0. */
	int sigfd;            /**< signalfd, or -1. */
	int idle_fd;          /**< A mark is written here whenever all is painted; or -1. */
};
int ui_app_open(const struct ui_app_options *options, struct ui_app **ret, struct ck_err *err);
/** Close all. @return threads that are still at work: then the process must not go on. */
size_t ui_app_close_all(struct ui_app *app);

/** Draw if needed, wait up to @timeout_ms (-1: as long as needed), handle what came.
 * @return 0, 1 when the console was left, -1 when the terminal is gone. */
int ui_app_step(struct ui_app *app, int timeout_ms);

/** Wait up to @ms for the end of a task, once; nothing is painted yet. */
void ui_app_collect(struct ui_app *app, int ms);

/** Act on one key. */
void ui_app_key(struct ui_app *app, const struct ui_key *key);

/** Draw the whole screen; the grid stays the app's. */
const struct ui_grid *ui_app_draw(struct ui_app *app);

/** Another size. */
void ui_app_resize(struct ui_app *app, int rows, int cols);

/* For frame.c. */
struct ui_app_message {
	char text[512];
	enum ui_say level;
	int64_t until_ms; /**< Stays at least until then, as long as its screen does. */
	bool shown;
	unsigned number; /**< Counts what was said. */
};
struct ui_app_prompt_state {
	struct ui_view *owner; /**< NULL: no prompt. */
	const char *label;
	struct ui_field field;
	ui_prompt_fn changed, done;
	char meaning[64];    /**< What Enter would do now, at the right end; or "". */
	char completion[32]; /**< What Tab makes of the text; or "". */
};
const struct ui_app_message *ui_app_message(const struct ui_app *app);
const struct ui_app_prompt_state *ui_app_prompt_state(const struct ui_app *app);
bool ui_app_has_mouse(const struct ui_app *app);

#endif
