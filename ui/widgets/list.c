/* SPDX-License-Identifier: BSD-2-Clause */
#include "widgets/list.h"

#include <stdlib.h>
#include <string.h>

#include "words/fmt.h"

#define COLUMNS_MAX 16
#define WHEEL_ROWS  3

static void sort_row(const void *arg, uint32_t row, struct ui_sort *ret)
{
	const struct ui_list *l = arg;
	l->ops->sort(l->ctx, row, l->sort, ret);
}

static bool match_row(const void *arg, uint32_t row)
{
	const struct ui_list *l = arg;
	return ui_filter_match(&l->filter, l->ops->text(l->ctx, row));
}

static const struct ui_order_ops order_ops = {sort_row, match_row};

void ui_list_init(struct ui_list *l, const struct ui_list_ops *ops, const void *ctx,
                  const struct ui_column *columns)
{
	*l = (struct ui_list){.ops = ops, .ctx = ctx, .columns = columns, .sort = -1};
}

void ui_list_fini(struct ui_list *l)
{
	ui_order_fini(&l->order);
	ui_filter_fini(&l->filter);
	memset(l, 0, sizeof *l);
}

static uint64_t id_of(const struct ui_list *l, size_t row)
{
	return l->ops->id ? l->ops->id(l->ctx, row) : row + 1;
}

size_t ui_list_shown(const struct ui_list *l, size_t i)
{
	return l->ops->step ? i : ui_order_row(&l->order, i);
}

size_t ui_list_row(const struct ui_list *l)
{
	return l->cursor < l->nshown ? ui_list_shown(l, l->cursor) : UI_LIST_NONE;
}

/** Rows of data that are visible. */
static size_t page(const struct ui_list *l)
{
	int rows = l->at.h - !l->no_titles;
	return rows > 1 ? (size_t)rows : 1;
}

/** The position behind @at; UI_LIST_NONE at the end. */
static size_t next(const struct ui_list *l, size_t at)
{
	if (l->ops->step)
		return l->ops->step(l->ctx, at, true);
	return at + 1 < l->nshown ? at + 1 : UI_LIST_NONE;
}

/** The first position, or the last. Not of an empty list. */
static size_t edge(const struct ui_list *l, bool last)
{
	if (l->ops->step)
		return l->ops->step(l->ctx, UI_LIST_NONE, !last);
	return last ? l->nshown - 1 : 0;
}

/** The position @n rows further down or up, as far as there are rows. */
static size_t walk(const struct ui_list *l, size_t at, size_t n, bool down)
{
	if (!l->ops->step) {
		size_t room = down ? l->nshown - 1 - at : at;
		n = n < room ? n : room;
		return down ? at + n : at - n;
	}
	for (size_t to; n > 0; n--, at = to)
		if ((to = l->ops->step(l->ctx, at, down)) == UI_LIST_NONE)
			break;
	return at;
}

/** The position that stands for @at, which may have gone: itself, or the nearest before it. */
static size_t nearest(const struct ui_list *l, size_t at)
{
	if (!l->ops->step)
		return at < l->nshown ? at : l->nshown - 1;
	size_t to = l->ops->step(l->ctx, at + 1, false);
	return to == UI_LIST_NONE ? edge(l, false) : to;
}

static void scroll_to_cursor(struct ui_list *l)
{
	if (!l->nshown) {
		l->top = 0;
		return;
	}
	size_t rows = page(l);
	size_t least = walk(l, l->cursor, rows - 1, false);
	size_t most = walk(l, edge(l, true), rows - 1, false);
	if (l->top > l->cursor)
		l->top = l->cursor;
	if (l->top < least)
		l->top = least;
	if (l->top > most)
		l->top = most;
}

static void put_cursor(struct ui_list *l, size_t at)
{
	l->cursor = at;
	l->seeks = false;
	size_t row = ui_list_row(l);
	l->cursor_set = row != UI_LIST_NONE;
	if (l->cursor_set) {
		l->cursor_id = id_of(l, row);
		l->order.follow = (uint32_t)row;
	}
	scroll_to_cursor(l);
}

/** The row with @id, or UI_LIST_NONE. */
static size_t row_with(const struct ui_list *l, uint64_t id)
{
	size_t row = l->ops->id ? l->order.follow : (size_t)(id - 1); /* mostly it has not moved */
	if (row < l->n && id_of(l, row) == id)
		return row;
	for (row = 0; l->ops->id && row < l->n; row++)
		if (id_of(l, row) == id)
			return row;
	return UI_LIST_NONE;
}

bool ui_list_go(struct ui_list *l, uint64_t id)
{
	size_t row = row_with(l, id), at = UI_LIST_NONE;
	if (row != UI_LIST_NONE && l->nshown)
		at = !l->ops->step            ? ui_order_find(&l->order, (uint32_t)row)
		     : nearest(l, row) == row ? row
		                              : UI_LIST_NONE;
	if (at == UI_LIST_NONE)
		return false;
	put_cursor(l, at);
	return true;
}

/** The rows that are shown have changed: the cursor goes to the user's row, or to the next that is
 * shown. As long as neither was found it stands on the first. */
static void settle(struct ui_list *l)
{
	const struct ui_order *o = &l->order;
	l->nshown = ui_order_count(o);
	if (!l->seeks) {
		scroll_to_cursor(l);
		return;
	}
	size_t at = o->filters ? o->reached : l->n ? ui_order_find(o, o->follow) : UI_LIST_NONE;
	if (at != UI_LIST_NONE)
		put_cursor(l, at);
	else if (ui_order_is_searching(o) || !l->nshown)
		l->cursor = l->top = 0; /* the user's row comes back when the filter goes */
	else
		put_cursor(l, l->nshown - 1);
}

/** Begin what was asked for, and end it if that is soon done. */
static void rearrange(struct ui_list *l)
{
	l->seeks = true;
	(void)ui_list_work(l);
	settle(l);
}

enum ui_reply ui_list_work(struct ui_list *l)
{
	bool sorting = ui_order_is_sorting(&l->order);
	if (!ui_order_is_busy(&l->order))
		return UI_IGNORED;
	(void)ui_order_work(&l->order, &order_ops, l);
	if (sorting && !ui_order_is_sorting(&l->order))
		l->seeks = true;
	settle(l);
	return UI_REPAINT;
}

/** Rows that a tree says. */
static void set_steps(struct ui_list *l)
{
	l->nshown = l->n && edge(l, false) != UI_LIST_NONE ? l->n : 0;
	l->top = l->nshown ? nearest(l, l->top) : 0;
	put_cursor(l, l->nshown ? nearest(l, l->cursor) : 0);
}

void ui_list_set(struct ui_list *l, const void *ctx, size_t n)
{
	l->ctx = ctx;
	l->n = n;
	if (l->ops->step) {
		set_steps(l);
		return;
	}
	size_t row = l->cursor_set ? row_with(l, l->cursor_id) : 0;
	if (row != UI_LIST_NONE)
		l->order.follow = (uint32_t)row;
	else if (l->order.follow >= n)
		l->order.follow = n ? (uint32_t)(n - 1) : 0;
	(void)ui_order_set(&l->order, n); /* without memory: all rows, as they lie */
	rearrange(l);
}

void ui_list_grow(struct ui_list *l, size_t n)
{
	l->n = n;
	if (ui_order_grow(&l->order, n) < 0 || l->order.sorts)
		l->seeks = true;
	(void)ui_list_work(l);
	settle(l);
}

int ui_list_sort(struct ui_list *l, int column, bool descending)
{
	l->sort = column;
	l->descending = descending;
	if (l->ops->step) {
		l->unsorted = l->ops->steps_sorted;
		return CK_OK;
	}
	int r = ui_order_sort(&l->order, column >= 0 && l->ops->sort, descending);
	rearrange(l);
	return r;
}

void ui_list_sorted(struct ui_list *l, size_t row)
{
	l->unsorted = false;
	set_steps(l);
	if (l->nshown && row < l->n)
		put_cursor(l, nearest(l, row));
}

int ui_list_filter(struct ui_list *l, const char *text)
{
	bool narrow = ui_filter_narrows(&l->filter, text);
	int r = ui_filter_set(&l->filter, text);
	if (ui_order_filter(&l->order, ui_filter_on(&l->filter) && l->ops->text, narrow) < 0)
		r = CK_ENOMEM;
	rearrange(l);
	return r;
}

void ui_list_layout(struct ui_list *l, struct ui_rect at)
{
	l->at = at;
	scroll_to_cursor(l);
}

static bool can_sort(const struct ui_list *l)
{
	return l->ops->sort || l->ops->steps_sorted;
}

/** Does the column begin with the largest? */
static bool falls(const struct ui_column *c)
{
	return c->right || c->most;
}

/** The next column that sorts, after the last one: as the data lie. */
static enum ui_reply sort_next(struct ui_list *l)
{
	if (!can_sort(l))
		return UI_IGNORED;
	int column = l->sort + 1;
	while (l->columns[column].title && !l->columns[column].sorts)
		column++;
	bool none = !l->columns[column].title;
	(void)ui_list_sort(l, none ? -1 : column, !none && falls(&l->columns[column]));
	return UI_REPAINT;
}

enum ui_reply ui_list_act(struct ui_list *l, enum ui_action a)
{
	size_t rows = page(l);
	size_t step = a == UI_ACT_UP || a == UI_ACT_DOWN             ? 1
	              : a == UI_ACT_HALF_UP || a == UI_ACT_HALF_DOWN ? (rows + 1) / 2
	                                                             : rows;
	if (a == UI_ACT_SORT)
		return sort_next(l);
	if (!ui_action_moves(a))
		return UI_IGNORED;
	if (!l->nshown)
		return UI_REPAINT;
	switch (a) {
	case UI_ACT_FIRST:
	case UI_ACT_LAST:
		put_cursor(l, edge(l, a == UI_ACT_LAST));
		break;
	case UI_ACT_UP:
	case UI_ACT_PAGE_UP:
	case UI_ACT_HALF_UP:
		put_cursor(l, walk(l, l->cursor, step, false));
		break;
	default:
		put_cursor(l, walk(l, l->cursor, step, true));
		break;
	}
	return UI_REPAINT;
}

/** Where each column begins and how wide it is; -1 for one that is dropped. */
static void measure(const struct ui_list *l, int room, int widths[COLUMNS_MAX])
{
	int n = 0, used = 1, flexible = -1; /* column 0 holds the cursor's sign */
	for (; n < COLUMNS_MAX && l->columns[n].title; n++) {
		widths[n] = l->columns[n].width;
		if (widths[n] == 0) {
			flexible = n;
			used += l->columns[n].min + 1;
		} else {
			used += widths[n] + 1;
		}
	}
	for (int turn = 1; used - 1 > room && turn <= COLUMNS_MAX; turn++) {
		for (int i = n - 1; i >= 0 && used - 1 > room; i--) {
			if (l->columns[i].drop == turn) {
				used -= (i == flexible ? l->columns[i].min : widths[i]) + 1;
				widths[i] = -1;
			}
		}
	}
	if (flexible >= 0 && widths[flexible] == 0) {
		widths[flexible] = l->columns[flexible].min + room - (used - 1);
		if (widths[flexible] < 0)
			widths[flexible] = 0;
	}
}

/** Scroll; the cursor stays in sight. */
static void turn_wheel(struct ui_list *l, bool down)
{
	size_t rows = page(l);
	if (!l->nshown)
		return;
	l->top = walk(l, l->top, WHEEL_ROWS, down);
	size_t most = walk(l, edge(l, true), rows - 1, false);
	l->top = l->top < most ? l->top : most;
	size_t bottom = walk(l, l->top, rows - 1, true);
	put_cursor(l, l->cursor < l->top ? l->top : l->cursor > bottom ? bottom : l->cursor);
}

enum ui_reply ui_list_key(struct ui_list *l, const struct ui_key *key)
{
	int y = key->y - l->at.y, x = key->x - l->at.x;
	if (key->code < UI_KEY_CLICK || key->code > UI_KEY_WHEEL_DOWN || y < 0 || x < 0 ||
	    y >= l->at.h || x >= l->at.w)
		return UI_IGNORED;
	if (key->code == UI_KEY_WHEEL_UP || key->code == UI_KEY_WHEEL_DOWN) {
		turn_wheel(l, key->code == UI_KEY_WHEEL_DOWN);
		return UI_REPAINT;
	}
	if (!l->no_titles && y == 0) {
		int widths[COLUMNS_MAX];
		measure(l, l->at.w, widths);
		int left = 1;
		for (int i = 0; i < COLUMNS_MAX && l->columns[i].title; i++) {
			if (widths[i] < 0)
				continue;
			if (x >= left && x < left + widths[i] && l->columns[i].sorts &&
			    can_sort(l)) {
				bool again = l->sort == i;
				(void)ui_list_sort(l, i,
				                   again ? !l->descending : falls(&l->columns[i]));
				return UI_REPAINT;
			}
			left += widths[i] + 1;
		}
		return UI_DONE;
	}
	size_t at = l->nshown ? l->top : UI_LIST_NONE;
	for (y -= !l->no_titles; y > 0 && at != UI_LIST_NONE; y--)
		at = next(l, at);
	if (at == UI_LIST_NONE)
		return UI_DONE;
	put_cursor(l, at);
	return key->code == UI_KEY_DOUBLE ? UI_IGNORED : UI_REPAINT;
}

static void draw_titles(const struct ui_list *l, struct ui_canvas *c, const int widths[])
{
	int x = 1;
	for (int i = 0; i < COLUMNS_MAX && l->columns[i].title; i++) {
		if (widths[i] < 0)
			continue;
		bool sorted = l->sort == i && !l->unsorted && !ui_order_is_sorting(&l->order);
		enum ui_role role = sorted ? UI_ROLE_MATCH : UI_ROLE_TITLE;
		if (l->columns[i].right)
			ui_put_right(c, 0, x, widths[i], role, UI_TEXT, l->columns[i].title);
		else
			ui_put(c, 0, x, widths[i], role, UI_TEXT, l->columns[i].title);
		x += widths[i] + 1;
	}
}

static void draw_value(struct ui_canvas *c, int y, int x, int w, bool right,
                       const struct ui_value *v)
{
	if (right) {
		ui_put_right(c, y, x, w, v->role, v->flags, v->text);
		return;
	}
	int skip = v->indent < w ? v->indent : w;
	if (v->branch == UI_BRANCH_OPEN || v->branch == UI_BRANCH_CLOSED)
		ui_put(c, y, x + skip, w - skip, UI_ROLE_NORMAL, UI_TEXT,
		       ui_mark(c, v->branch == UI_BRANCH_OPEN ? UI_MARK_OPEN : UI_MARK_CLOSED));
	skip += v->branch ? 2 : 0;
	int room = v->aside ? w - ui_text_width(v->aside, UI_TEXT) : 0;
	if (room > skip + ui_text_width(v->text, v->flags) + 1) {
		ui_put(c, y, x + room, w - room, UI_ROLE_DIM, UI_TEXT, v->aside);
		w = room;
	}
	ui_put(c, y, x + skip, w - skip, v->role, v->flags, v->text);
}

static void draw_row(const struct ui_list *l, struct ui_canvas *c, int y, size_t row,
                     const int widths[])
{
	char buf[128];
	int x = 1;
	for (int i = 0; i < COLUMNS_MAX && l->columns[i].title; i++) {
		if (widths[i] < 0)
			continue;
		struct ui_value v = {.text = ""};
		l->ops->value(l->ctx, row, i, buf, sizeof buf, &v);
		draw_value(c, y, x, widths[i], l->columns[i].right, &v);
		x += widths[i] + 1;
	}
}

void ui_list_draw(const struct ui_list *l, struct ui_canvas *c)
{
	struct ui_canvas part = ui_canvas_part(c, l->at);
	int widths[COLUMNS_MAX], y = 0;
	measure(l, part.at.w, widths);
	if (!l->no_titles)
		draw_titles(l, &part, widths), y++;
	size_t at = l->nshown ? l->top : UI_LIST_NONE;
	for (; at != UI_LIST_NONE && y < part.at.h; at = next(l, at), y++) {
		draw_row(l, &part, y, ui_list_shown(l, at), widths);
		if (at != l->cursor)
			continue;
		ui_over(&part, y, 0, part.at.w,
		        l->no_focus ? UI_ROLE_CURSOR_OTHER : UI_ROLE_CURSOR);
		if (!l->no_focus) {
			ui_put(&part, y, 0, 1, UI_ROLE_NORMAL, UI_TEXT, ">");
			ui_over(&part, y, 0, 1, UI_ROLE_CURSOR);
			ui_cursor(&part, y, 1);
		}
	}
}

void ui_list_position(const struct ui_list *l, struct ck_buf *ret)
{
	if (ui_filter_on(&l->filter))
		(void)ck_buf_addf(ret, "/%s  %s of %s%s", l->filter.text, ui_fmt_count(l->nshown).s,
		                  ui_fmt_count(l->n).s,
		                  ui_order_is_searching(&l->order) ? " ..." : "");
	else if (l->n)
		(void)ck_buf_addf(ret, "row %s of %s", ui_fmt_count(l->cursor + 1).s,
		                  ui_fmt_count(l->nshown).s);
}
