/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The terminal: keys in, cells out, and left as it was found, whatever happens.
 *
 * The only file that knows curses. One terminal per process, because a crash handler must find it.
 */
#ifndef UI_TERM_H
#define UI_TERM_H

#include "terminal/draw.h"
#include "terminal/keys.h"

struct ui_term;

/** Take the terminal over. @return 0, CK_EUNSUPPORTED (not a terminal, unknown TERM), CK_ENOMEM. */
int ui_term_open(struct ui_term **ret, struct ck_err *err);
void ui_term_close(struct ui_term *t);

int ui_term_fd(const struct ui_term *t);
void ui_term_size(const struct ui_term *t, int *ret_rows, int *ret_cols);
bool ui_term_is_ascii(const struct ui_term *t);

/** Read what is there without waiting. @return false when the terminal is gone. */
bool ui_term_fill(struct ui_term *t);

/** The next key, if one is complete. */
bool ui_term_next(struct ui_term *t, struct ui_key *ret);

/** Milliseconds until ui_term_next() may give a key without more input, or -1. */
int ui_term_timeout(const struct ui_term *t);

/** Show the grid; writes only what changed. */
void ui_term_show(struct ui_term *t, const struct ui_grid *g, const struct ui_theme *theme);

/** Forget what the terminal is believed to show. */
void ui_term_redraw(struct ui_term *t);

/** The window has another size: take note of it. */
void ui_term_resize(struct ui_term *t);

/** Stop this process as Ctrl-Z does, and come back.
 * @return false if it was not stopped, because no shell could have brought it back */
bool ui_term_suspend(struct ui_term *t);

/** Set the modes of the terminal again, and draw all of it next: after somebody else had it. */
void ui_term_take(struct ui_term *t);

bool ui_term_has_mouse(const struct ui_term *t);
void ui_term_set_mouse(struct ui_term *t, bool on);

#endif
