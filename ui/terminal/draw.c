/* SPDX-License-Identifier: BSD-2-Clause */
#include "terminal/draw.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct ui_spot blank = {.ch = {' '}, .n = 1, .width = 1};

int ui_grid_resize(struct ui_grid *g, int rows, int cols)
{
	if (rows < 1 || cols < 1 || rows > 4096 || cols > 4096)
		return CK_EUSAGE;
	struct ui_spot *spots = ck_alloc((size_t)rows * (size_t)cols, sizeof *spots);
	if (!spots)
		return CK_ENOMEM;
	free(g->spots);
	g->spots = spots;
	g->rows = rows;
	g->cols = cols;
	ui_grid_erase(g);
	return CK_OK;
}

void ui_grid_fini(struct ui_grid *g)
{
	free(g->spots);
	memset(g, 0, sizeof *g);
}

void ui_grid_erase(struct ui_grid *g)
{
	for (int i = 0; i < g->rows * g->cols; i++)
		g->spots[i] = blank;
	g->cursor_y = g->rows - 1;
	g->cursor_x = 0;
}

struct ui_canvas ui_canvas_all(struct ui_grid *g)
{
	return (struct ui_canvas){.grid = g, .at = {.h = g->rows, .w = g->cols}, .ascii = g->ascii};
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

struct ui_canvas ui_canvas_part(const struct ui_canvas *c, struct ui_rect r)
{
	struct ui_canvas part = *c;
	int y = r.y < 0 ? 0 : r.y, x = r.x < 0 ? 0 : r.x;
	int h = least(r.y + r.h, c->at.h) - y, w = least(r.x + r.w, c->at.w) - x;
	part.at = (struct ui_rect){c->at.y + y, c->at.x + x, h < 0 ? 0 : h, w < 0 ? 0 : w};
	return part;
}

static struct ui_spot *spot_at(const struct ui_canvas *c, int y, int x)
{
	if (y < 0 || x < 0 || y >= c->at.h || x >= c->at.w)
		return NULL;
	int gy = c->at.y + y, gx = c->at.x + x;
	if (gy >= c->grid->rows || gx >= c->grid->cols)
		return NULL;
	return &c->grid->spots[(size_t)gy * (size_t)c->grid->cols + (size_t)gx];
}

/** Before a cell is overwritten: the other half of a wide glyph becomes a blank. */
static void heal(const struct ui_canvas *c, int y, int x)
{
	struct ui_spot *s = spot_at(c, y, x);
	if (!s)
		return;
	int gx = c->at.x + x;
	if (s->width == 0 && gx > 0)
		s[-1].ch[0] = ' ', s[-1].n = 1, s[-1].width = 1;
	if (s->width == 2 && gx + 1 < c->grid->cols)
		s[1].ch[0] = ' ', s[1].n = 1, s[1].width = 1;
}

static void set_spot(struct ui_canvas *c, int y, int x, const struct ui_glyph *g, enum ui_role role)
{
	struct ui_spot *s = spot_at(c, y, x);
	if (!s)
		return;
	heal(c, y, x);
	if (g->width == 2) {
		heal(c, y, x + 1);
		struct ui_spot *right = spot_at(c, y, x + 1);
		if (!right) { /* never half a character */
			*s = blank;
			s->role = (uint8_t)role;
			return;
		}
		*right = (struct ui_spot){.role = (uint8_t)role};
	}
	*s = (struct ui_spot){
		.n = g->n, .width = g->width, .role = (uint8_t)(g->unsafe ? UI_ROLE_UNSAFE : role)};
	memcpy(s->ch, g->ch, sizeof s->ch);
}

void ui_fill(struct ui_canvas *c, struct ui_rect r, enum ui_role role)
{
	struct ui_glyph space = {.ch = {' '}, .n = 1, .width = 1};
	for (int y = r.y < 0 ? 0 : r.y; y < r.y + r.h && y < c->at.h; y++)
		for (int x = r.x < 0 ? 0 : r.x; x < r.x + r.w && x < c->at.w; x++)
			set_spot(c, y, x, &space, role);
}

int ui_put_from(struct ui_canvas *c, int y, int x, int w, enum ui_role role, unsigned flags,
                const char *text, size_t len, int skip)
{
	static const struct ui_glyph space = {.ch = {' '}, .n = 1, .width = 1};
	struct ui_text_iter it;
	struct ui_glyph g;
	int at = 0;
	ui_text_begin(&it, text, len, flags | (c->ascii ? UI_ASCII : 0));
	while (at < w && ui_text_next(&it, &g)) {
		if (skip > 0 && (skip -= g.width) >= 0)
			continue;
		if (skip < 0) { /* the right half of a wide glyph is a blank */
			g = space;
			skip = 0;
		}
		if (at + g.width > w)
			break;
		set_spot(c, y, x + at, &g, role);
		at += g.width;
	}
	return at;
}

/** Cells of @text, but no more than @limit + 1 are counted: long texts cost little. */
static int width_up_to(const char *text, unsigned flags, int limit)
{
	struct ui_text_iter it;
	struct ui_glyph g;
	int width = 0;
	for (ui_text_begin(&it, text, SIZE_MAX, flags); width <= limit && ui_text_next(&it, &g);)
		width += g.width;
	return width;
}

int ui_put(struct ui_canvas *c, int y, int x, int w, enum ui_role role, unsigned flags,
           const char *text)
{
	if (w <= 0 || y < 0 || y >= c->at.h)
		return 0;
	flags |= c->ascii ? UI_ASCII : 0;
	if (width_up_to(text, flags, w) <= w)
		return ui_put_from(c, y, x, w, role, flags, text, SIZE_MAX, 0);
	const char *more = ui_mark(c, UI_MARK_MORE);
	int dots = ui_text_width(more, UI_TEXT);
	if (w <= dots)
		return ui_put_from(c, y, x, w, role, flags, text, SIZE_MAX, 0);
	int head = flags & UI_CUT_MIDDLE ? (w - dots + 1) / 2 : w - dots;
	int tail = w - dots - head;
	int at = ui_put_from(c, y, x, head, role, flags, text, SIZE_MAX, 0);
	at += ui_put_from(c, y, x + at, dots, role, UI_TEXT, more, SIZE_MAX, 0);
	if (tail > 0)
		at += ui_put_from(c, y, x + at, tail, role, flags, text, SIZE_MAX,
		                  ui_text_width(text, flags) - tail);
	return at;
}

int ui_put_right(struct ui_canvas *c, int y, int x, int w, enum ui_role role, unsigned flags,
                 const char *text)
{
	int width = width_up_to(text, flags | (c->ascii ? UI_ASCII : 0), w);
	return ui_put(c, y, x + (width < w ? w - width : 0), w, role, flags, text);
}

int ui_putf(struct ui_canvas *c, int y, int x, int w, enum ui_role role, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return ui_put(c, y, x, w, role, UI_TEXT, text);
}

void ui_over(struct ui_canvas *c, int y, int x, int w, enum ui_role role)
{
	for (int i = 0; i < w; i++) {
		struct ui_spot *s = spot_at(c, y, x + i);
		if (s)
			s->over = (uint8_t)role;
	}
}

void ui_cursor(struct ui_canvas *c, int y, int x)
{
	if (c->quiet || y < 0 || x < 0 || y >= c->at.h || x >= c->at.w)
		return;
	c->grid->cursor_y = c->at.y + y;
	c->grid->cursor_x = c->at.x + x;
}

const char *ui_mark(const struct ui_canvas *c, enum ui_mark mark)
{
	static const char *const marks[UI_MARK_MAX_][2] = {
		[UI_MARK_HLINE] = {"─", "-"},  [UI_MARK_VLINE] = {"│", "|"},
		[UI_MARK_OPEN] = {"▾", "-"},   [UI_MARK_CLOSED] = {"▸", "+"},
		[UI_MARK_MORE] = {"…", ".."},  [UI_MARK_DOT] = {"·", "."},
		[UI_MARK_FULL] = {"█", "#"},   [UI_MARK_EMPTY] = {"░", "."},
		[UI_MARK_DHLINE] = {"═", "="}, [UI_MARK_DVLINE] = {"║", "|"},
		[UI_MARK_TL] = {"╔", "+"},     [UI_MARK_TR] = {"╗", "+"},
		[UI_MARK_BL] = {"╚", "+"},     [UI_MARK_BR] = {"╝", "+"},
		[UI_MARK_RADIO] = {"•", "*"},
	};
	return marks[mark][c->ascii];
}

static void put_line(struct ui_canvas *c, int y, int x, int w, const char *mark, enum ui_role role)
{
	for (int i = 0; i < w; i++)
		ui_put_from(c, y, x + i, 1, role, UI_TEXT, mark, SIZE_MAX, 0);
}

void ui_title(struct ui_canvas *c, int y, const char *title, bool focus)
{
	put_line(c, y, 0, c->at.w, ui_mark(c, UI_MARK_HLINE), UI_ROLE_DIM);
	if (!*title || c->at.w < 6)
		return;
	enum ui_role role = focus ? UI_ROLE_TITLE_FOCUS : UI_ROLE_TITLE;
	ui_put(c, y, 2, 1, role, UI_TEXT, " ");
	int used = ui_put(c, y, 3, c->at.w - 5, role, UI_TEXT, title);
	ui_put(c, y, 3 + used, 1, role, UI_TEXT, " ");
}

void ui_title_right(struct ui_canvas *c, int y, int right, const char *word)
{
	int w = ui_text_width(word, c->ascii ? UI_ASCII : UI_TEXT);
	if (right - w - 2 < 0)
		return;
	ui_put(c, y, right - w - 1, 1, UI_ROLE_TITLE, UI_TEXT, " ");
	ui_put(c, y, right - w, w, UI_ROLE_TITLE, UI_TEXT, word);
	ui_put(c, y, right, 1, UI_ROLE_TITLE, UI_TEXT, " ");
}

void ui_vrule(struct ui_canvas *c, int y, int x, int h)
{
	for (int i = 0; i < h; i++)
		ui_put(c, y + i, x, 1, UI_ROLE_DIM, UI_TEXT, ui_mark(c, UI_MARK_VLINE));
}

struct ui_canvas ui_pane_beside(struct ui_canvas *c, int x)
{
	ui_vrule(c, 0, x, c->at.h);
	return ui_canvas_part(c, (struct ui_rect){0, x + 1, c->at.h, c->at.w - x - 1});
}

void ui_bar(struct ui_canvas *c, int y, int x, int w, uint64_t part, uint64_t whole)
{
	int cells = w - 2;
	if (cells < 1)
		return;
	int full = 0;
	if (whole)
		full = (int)((double)(part < whole ? part : whole) / (double)whole * cells + 0.5);
	if (full == cells && part < whole)
		full = cells - 1; /* full means done */
	ui_put(c, y, x, 1, UI_ROLE_NORMAL, UI_TEXT, "[");
	put_line(c, y, x + 1, full, ui_mark(c, UI_MARK_FULL), UI_ROLE_BAR_FULL);
	put_line(c, y, x + 1 + full, cells - full, ui_mark(c, UI_MARK_EMPTY), UI_ROLE_BAR_EMPTY);
	ui_put(c, y, x + w - 1, 1, UI_ROLE_NORMAL, UI_TEXT, "]");
}

void ui_spark(struct ui_canvas *c, int y, int x, int w, const uint64_t *values, size_t n)
{
	static const char *const unicode[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {".", "_", "-", "=", "#"};
	const char *const *steps = c->ascii ? ascii : unicode;
	unsigned nsteps = c->ascii ? CK_COUNT(ascii) : CK_COUNT(unicode);
	if (w <= 0)
		return;
	if (n > (size_t)w) {
		values += n - (size_t)w;
		n = (size_t)w;
	}
	uint64_t top = 0;
	for (size_t i = 0; i < n; i++)
		top = values[i] > top ? values[i] : top;
	for (size_t i = 0; i < n; i++) {
		unsigned step =
			top ? (unsigned)((double)values[i] / (double)top * (nsteps - 1) + 0.5) : 0;
		ui_put(c, y, x + (int)i, 1, UI_ROLE_SPARK, UI_TEXT, steps[step]);
	}
}

/** The upper or lower side of a frame, with its corners. */
static void put_edge(struct ui_canvas *c, int y, enum ui_mark left, enum ui_mark right,
                     enum ui_role role)
{
	int w = c->at.w;
	put_line(c, y, 1, w - 2, ui_mark(c, UI_MARK_DHLINE), role);
	ui_put(c, y, 0, 1, role, UI_TEXT, ui_mark(c, left));
	ui_put(c, y, w - 1, 1, role, UI_TEXT, ui_mark(c, right));
}

struct ui_canvas ui_box(struct ui_canvas *c, struct ui_rect r, const char *title, enum ui_role role)
{
	struct ui_canvas box = ui_canvas_part(c, r);
	int h = box.at.h, w = box.at.w;
	ui_fill(&box, (struct ui_rect){0, 0, h, w}, UI_ROLE_NORMAL);
	put_edge(&box, 0, UI_MARK_TL, UI_MARK_TR, role);
	for (int y = 1; y < h - 1; y++) {
		ui_put(&box, y, 0, 1, role, UI_TEXT, ui_mark(c, UI_MARK_DVLINE));
		ui_put(&box, y, w - 1, 1, role, UI_TEXT, ui_mark(c, UI_MARK_DVLINE));
	}
	if (h > 1)
		put_edge(&box, h - 1, UI_MARK_BL, UI_MARK_BR, role);
	if (*title && w > 8) {
		ui_put(&box, 0, 3, 1, role, UI_TEXT, " ");
		int used = ui_put(&box, 0, 4, w - 7, role, UI_TEXT, title);
		ui_put(&box, 0, 4 + used, 1, role, UI_TEXT, " ");
	}
	return ui_canvas_part(&box, (struct ui_rect){1, 2, h - 2, w - 4});
}

struct ui_rect ui_centred(const struct ui_canvas *c, int h, int w)
{
	h = least(h, c->at.h);
	w = least(w, c->at.w);
	return (struct ui_rect){(c->at.h - h) / 2, (c->at.w - w) / 2, h, w};
}
