/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Cells, and a canvas to draw them on.
 *
 * Screens draw into a grid of cells that knows roles, not colours; term.c carries the grid to the
 * terminal, tests read it back. A canvas is a rectangle of the grid: whatever is drawn outside of
 * it is lost, so a screen cannot spoil its neighbour. Coordinates are relative to the canvas.
 * Nothing here allocates but ui_grid_resize().
 */
#ifndef UI_DRAW_H
#define UI_DRAW_H

#include <stdbool.h>

#include "terminal/theme.h"
#include "words/text.h"

struct ui_rect {
	int y, x, h, w;
};

/** One cell. The right half of a wide glyph has width 0. */
struct ui_spot {
	uint32_t ch[UI_GLYPH_MAX]; /**< Code points; ch[0] is never 0 where width is not. */
	uint8_t n;
	uint8_t width;
	uint8_t role; /**< enum ui_role */
	uint8_t over; /**< Role of a bar laid over the row, or UI_ROLE_NORMAL. */
};

struct ui_grid {
	int rows, cols;
	struct ui_spot *spots;  /**< rows * cols */
	int cursor_y, cursor_x; /**< Where the terminal's cursor stands. */
	bool ascii;             /**< Only ASCII may be drawn. */
};

int ui_grid_resize(struct ui_grid *g, int rows, int cols) CK_MUST_USE;
void ui_grid_fini(struct ui_grid *g);

/** All cells blank. */
void ui_grid_erase(struct ui_grid *g);

struct ui_canvas {
	struct ui_grid *grid;
	struct ui_rect at; /**< In the grid; h and w are what a screen lays out for. */
	bool ascii;
	bool quiet; /**< Something lies above: do not move the terminal's cursor. */
};

struct ui_canvas ui_canvas_all(struct ui_grid *g);

/** The part @r of @c, clipped to it. */
struct ui_canvas ui_canvas_part(const struct ui_canvas *c, struct ui_rect r);

/** Fill with blanks of @role. */
void ui_fill(struct ui_canvas *c, struct ui_rect r, enum ui_role role);

/**
 * Draw @text at @y, @x, at most @w cells wide; what is longer ends in an ellipsis, or with
 * UI_CUT_MIDDLE loses its middle. @flags says what the text is (enum ui_text_flags).
 * @return cells used.
 */
int ui_put(struct ui_canvas *c, int y, int x, int w, enum ui_role role, unsigned flags,
           const char *text);

/** As ui_put(), but ending at the right end of the @w cells. */
int ui_put_right(struct ui_canvas *c, int y, int x, int w, enum ui_role role, unsigned flags,
                 const char *text);

/** printf for our own words and figures; up to 511 bytes. */
int ui_putf(struct ui_canvas *c, int y, int x, int w, enum ui_role role, const char *fmt, ...)
	CK_PRINTF(6, 7);

/** As ui_put(), of @len bytes from the column @skip on: for texts that scroll sideways. */
int ui_put_from(struct ui_canvas *c, int y, int x, int w, enum ui_role role, unsigned flags,
                const char *text, size_t len, int skip);

/** Lay a bar of @role over @w cells. */
void ui_over(struct ui_canvas *c, int y, int x, int w, enum ui_role role);

/** The terminal's cursor stands on the focused item. */
void ui_cursor(struct ui_canvas *c, int y, int x);

/** Signs that exist in two character sets. */
enum ui_mark {
	UI_MARK_HLINE,
	UI_MARK_VLINE,
	UI_MARK_OPEN,   /**< A branch that is open. */
	UI_MARK_CLOSED, /**< A branch that is closed. */
	UI_MARK_MORE,   /**< The ellipsis. */
	UI_MARK_DOT,
	UI_MARK_FULL,
	UI_MARK_EMPTY,
	UI_MARK_DHLINE,
	UI_MARK_DVLINE,
	UI_MARK_TL,
	UI_MARK_TR,
	UI_MARK_BL,
	UI_MARK_BR,
	UI_MARK_RADIO,
	UI_MARK_MAX_,
};
const char *ui_mark(const struct ui_canvas *c, enum ui_mark mark);

/** "── title ─────" over the whole width; reversed when the block has the focus. */
void ui_title(struct ui_canvas *c, int y, const char *title, bool focus);

/** Another word on such a line, ending before column @right: " word " */
void ui_title_right(struct ui_canvas *c, int y, int right, const char *word);

/** A vertical rule. */
void ui_vrule(struct ui_canvas *c, int y, int x, int h);

/** A rule at column @x, over the whole height. @return the canvas of the pane right of it. */
struct ui_canvas ui_pane_beside(struct ui_canvas *c, int x);

/** "[####....]", @w cells with its brackets. */
void ui_bar(struct ui_canvas *c, int y, int x, int w, uint64_t part, uint64_t whole);

/** Small columns for @n values, newest at the right; the values stand beside it in digits. */
void ui_spark(struct ui_canvas *c, int y, int x, int w, const uint64_t *values, size_t n);

/** A double frame with a title; the inside is erased. @return the canvas of the inside. */
struct ui_canvas ui_box(struct ui_canvas *c, struct ui_rect r, const char *title,
                        enum ui_role role);

/** A rectangle of at most @h by @w in the middle of the canvas. */
struct ui_rect ui_centred(const struct ui_canvas *c, int h, int w);

#endif
