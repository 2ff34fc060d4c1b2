/* SPDX-License-Identifier: BSD-2-Clause */
/** Text broken into lines of a given width. */
#ifndef UI_WRAP_H
#define UI_WRAP_H

#include <cyrkeep/err.h>

#include "terminal/draw.h"

/** One line on the screen: bytes of the text, drawn from column @indent on. */
struct ui_line {
	size_t at, len;
	int indent;
};

struct ui_lines {
	struct ui_line *items;
	size_t n, cap;
};

/**
 * Break @text at '\n' and, where a line is longer than @width cells, at blanks or within a word.
 * Continuations hang under the text: after leading blanks, or after a label ("Cause   because").
 * @text must stay where it is for as long as the lines are used.
 * @return 0 or CK_ENOMEM, then with the lines that fit into memory.
 */
int ui_wrap(struct ui_lines *ret, const char *text, size_t len, int width, unsigned flags);
void ui_lines_fini(struct ui_lines *l);

/** Put the @lines of @text into @at; those that do not fit are left out. @return rows used. */
int ui_put_lines(struct ui_canvas *c, struct ui_rect at, enum ui_role role, unsigned flags,
                 const struct ui_lines *lines, const char *text);

/** Put @text into @at, broken like that; what does not fit is cut. Allocates nothing.
 * @return rows used. */
int ui_put_wrapped(struct ui_canvas *c, struct ui_rect at, enum ui_role role, unsigned flags,
                   const char *text);

/** A failure in place of what could not be read: @what, the cause, the remedy, and how to go on.
 * @return rows used. */
int ui_put_failure(struct ui_canvas *c, int y, const char *what, const struct ck_err *err,
                   const char *next);

#endif
