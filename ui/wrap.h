/* SPDX-License-Identifier: BSD-2-Clause */
/** Text broken into lines of a given width. */
#ifndef UI_WRAP_H
#define UI_WRAP_H

#include "text.h"

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

#endif
