/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A screen: state, and what it does with actions, news and time.
 *
 * Screens lie on a stack; opening one pushes it, UI_CLOSE pops it, and the one below is where it
 * was. A screen is a const table of functions. None of them may wait, read a file, or call an
 * engine function that blocks: that is what tasks are for (task.h).
 */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include <cyrkeep/err.h>

#include "terminal/draw.h"
#include "terminal/keys.h"

struct ui_app;
struct ui_view;

/** What a screen answers. */
enum ui_reply {
	UI_IGNORED, /**< Not mine: the global table is asked. */
	UI_DONE,    /**< Handled, nothing to repaint. */
	UI_REPAINT, /**< Handled, my cells changed. */
	UI_CLOSE,   /**< Take me off the stack. */
};

/** A kind of screen. One const table per view_*.c; members that are not needed stay NULL. */
struct ui_view_ops {
	const char *name;  /**< "home": for `:`, the start screen, golden files. */
	const char *title; /**< "Home": in the help and in dialogs. */
	int place;         /**< Number of its place in row 0, or 0: that of the screen below. */
	size_t state_size; /**< Zeroed memory at v->state before open(). */
	bool overlay; /**< A dialog: the screen below stays visible. draw() gets its whole area. */
	bool gives_way; /**< Going to its own place closes it: that place begins with another. */
	/** What it answers, most useful first: the key bar. Ends with {0}. Moving within lists need
	 * not be listed. */
	const struct ui_binding *bindings;
	const char *help; /**< What the screen is for and what its signs mean; lines with '\n'. */

	/** @arg is what ui_app_push() got; it need not outlive the call. */
	int (*open)(struct ui_view *v, const void *arg, struct ck_err *err);
	/** Also after a failed open. Tasks and descriptors of the view are already dropped. */
	void (*close)(struct ui_view *v);
	/** An action of the table. */
	enum ui_reply (*act)(struct ui_view *v, enum ui_action a);
	/** Raw keys, before they become actions: for text fields; the mouse's y, x in the area. */
	enum ui_reply (*key)(struct ui_view *v, const struct ui_key *key);
	/** A descriptor given to ui_app_watch() is readable. */
	enum ui_reply (*ready)(struct ui_view *v, int fd);
	/** The house (house.h) has news: server, jobs, archives. All views are told. */
	enum ui_reply (*news)(struct ui_view *v);
	/** About once a second, top view only: for clocks and durations. */
	enum ui_reply (*tick)(struct ui_view *v);
	/** A few milliseconds of what was put off, as long as it takes; asked between keys while
	 * the view is on the stack. @return UI_IGNORED when there is nothing. */
	enum ui_reply (*work)(struct ui_view *v);
	/** The size of the area changed, or the view was opened. */
	void (*layout)(struct ui_view *v, int rows, int cols);
	/** State to cells; no effects, no allocation. The canvas is the area, already blank. */
	void (*draw)(const struct ui_view *v, struct ui_canvas *c);
	/** Words for row 1: where we are; at the right what is worked on. */
	void (*head)(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right);
	/** What the row under the cursor means, for the message line; may add nothing. */
	void (*hint)(const struct ui_view *v, struct ck_buf *ret);
	/** May the action be done now? False with a reason: not now; without one: it does not exist
	 * here. NULL: all of bindings may. */
	bool (*can)(const struct ui_view *v, enum ui_action a, const char **ret_reason);
	/** What @a would do now, for the key bar, where that is not always the same: "Go on" of a
	 * paused job. NULL: the word of bindings. */
	const char *(*word)(const struct ui_view *v, enum ui_action a);
	/** Somebody came here for @what, a name of the server's: put the cursor on it, now or once
	 * it is known. */
	void (*seek)(struct ui_view *v, const char *what);
	/** Do letters go into a text field now? Then the key bar shows only keys that do not. */
	bool (*types)(const struct ui_view *v);
};

/** Row 1, in the coordinates of the area: a click there comes to key(), too. */
#define UI_HEAD_ROW (-1)

struct ui_view {
	const struct ui_view_ops *ops;
	struct ui_app *app;
	void *state;           /**< ops->state_size bytes, owned. */
	struct ui_view *below; /**< The one that opened it, or NULL. */
	int rows, cols;        /**< Of its area. */
	bool laid_out;
};

/** Is @a something that this screen has at all: done now, or with a reason why not now? */
bool ui_view_offers(const struct ui_view *v, enum ui_action a);

/** Does the screen answer @a now? */
bool ui_view_can(const struct ui_view *v, enum ui_action a, const char **ret_reason);

/** The word of @a in the key bar now. */
const char *ui_view_word(const struct ui_view *v, enum ui_action a);

/** The binding of @a, or NULL. */
const struct ui_binding *ui_view_binding(const struct ui_view *v, enum ui_action a);

#endif
