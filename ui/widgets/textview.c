/* SPDX-License-Identifier: BSD-2-Clause */
#include "widgets/textview.h"

#include <stdlib.h>
#include <string.h>

#define WHEEL_ROWS 3

void ui_textview_init(struct ui_textview *t, unsigned flags)
{
	*t = (struct ui_textview){.flags = flags};
}

void ui_textview_fini(struct ui_textview *t)
{
	free(t->text);
	free(t->hits);
	ui_filter_fini(&t->find);
	ui_lines_fini(&t->lines);
	memset(t, 0, sizeof *t);
}

static size_t page(const struct ui_textview *t)
{
	return t->at.h > 1 ? (size_t)t->at.h : 1;
}

static size_t last_top(const struct ui_textview *t)
{
	return t->lines.n > page(t) ? t->lines.n - page(t) : 0;
}

/** Look for what is wanted in all lines, so that drawing need not. Without memory: in none. */
static void mark_hits(struct ui_textview *t)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	free(t->hits);
	t->hits = ui_filter_on(&t->find) ? ck_alloc(t->lines.n + 1, sizeof *t->hits) : NULL;
	for (size_t i = 0; t->hits && i < t->lines.n; i++) {
		const struct ui_line *l = &t->lines.items[i];
		ck_buf_reset(&line);
		t->hits[i] = ck_buf_add(&line, t->text + l->at, l->len) == 0 &&
		             ui_filter_match(&t->find, line.data);
	}
}

static int break_lines(struct ui_textview *t)
{
	int r = t->text ? ui_wrap(&t->lines, t->text, t->len, t->at.w, t->flags) : 0;
	if (t->top > last_top(t))
		t->top = last_top(t);
	mark_hits(t);
	return r;
}

int ui_textview_set(struct ui_textview *t, const char *text, size_t len, bool keep)
{
	char *copy = ck_alloc(len + 1, 1);
	if (!copy)
		return CK_ENOMEM;
	memcpy(copy, text, len);
	free(t->text);
	t->text = copy;
	t->len = len;
	t->lines.n = 0;
	if (!keep)
		t->top = 0;
	return break_lines(t);
}

void ui_textview_layout(struct ui_textview *t, struct ui_rect at)
{
	size_t first = t->top < t->lines.n ? t->lines.items[t->top].at : 0;
	t->at = at;
	(void)break_lines(t);
	for (size_t i = 0; i < t->lines.n; i++) { /* the same words stay on top */
		if (t->lines.items[i].at > first)
			break;
		t->top = i;
	}
	if (t->top > last_top(t))
		t->top = last_top(t);
}

/** To the first hit from line @at on in steps of @step, round and round. */
static bool seek(struct ui_textview *t, size_t at, int step)
{
	size_t n = t->lines.n;
	for (size_t i = 0; t->hits && i < n; i++, at = (at + n + (size_t)step) % n) {
		if (!t->hits[at])
			continue;
		t->found = at;
		t->top = at < last_top(t) ? at : last_top(t);
		return true;
	}
	return false;
}

bool ui_textview_find(struct ui_textview *t, const char *word)
{
	(void)ui_filter_set(&t->find, word ? word : "");
	mark_hits(t);
	return seek(t, t->top, 1);
}

/** To the hit behind or before the last one, as long as that is in sight: on the last page the top
 * stays where it is. */
static void find_on(struct ui_textview *t, int step)
{
	size_t n = t->lines.n;
	bool in_sight = t->found >= t->top && t->found < t->top + page(t);
	(void)seek(t, ((in_sight ? t->found : t->top) + n + (size_t)step) % n, step);
}

enum ui_reply ui_textview_act(struct ui_textview *t, enum ui_action a)
{
	size_t rows = page(t), last = last_top(t), half = (rows + 1) / 2;
	switch (a) {
	case UI_ACT_UP:
		t->top -= t->top > 0;
		break;
	case UI_ACT_DOWN:
		t->top += t->top < last;
		break;
	case UI_ACT_PAGE_UP:
		t->top = t->top > rows ? t->top - rows : 0;
		break;
	case UI_ACT_PAGE_DOWN:
		t->top = t->top + rows < last ? t->top + rows : last;
		break;
	case UI_ACT_HALF_UP:
		t->top = t->top > half ? t->top - half : 0;
		break;
	case UI_ACT_HALF_DOWN:
		t->top = t->top + half < last ? t->top + half : last;
		break;
	case UI_ACT_FIRST:
		t->top = 0;
		break;
	case UI_ACT_LAST:
		t->top = last;
		break;
	case UI_ACT_FIND_NEXT:
	case UI_ACT_FIND_PREV:
		if (!t->hits || t->lines.n == 0)
			return UI_IGNORED;
		find_on(t, a == UI_ACT_FIND_NEXT ? 1 : -1);
		break;
	default:
		return UI_IGNORED;
	}
	return UI_REPAINT;
}

enum ui_reply ui_textview_key(struct ui_textview *t, const struct ui_key *key)
{
	int y = key->y - t->at.y, x = key->x - t->at.x;
	if ((key->code != UI_KEY_WHEEL_UP && key->code != UI_KEY_WHEEL_DOWN) || y < 0 || x < 0 ||
	    y >= t->at.h || x >= t->at.w)
		return UI_IGNORED;
	for (int i = 0; i < WHEEL_ROWS; i++)
		(void)ui_textview_act(t, key->code == UI_KEY_WHEEL_UP ? UI_ACT_UP : UI_ACT_DOWN);
	return UI_REPAINT;
}

void ui_textview_draw(const struct ui_textview *t, struct ui_canvas *c, bool focus)
{
	struct ui_canvas part = ui_canvas_part(c, t->at);
	for (int y = 0; y < part.at.h && t->top + (size_t)y < t->lines.n; y++) {
		size_t i = t->top + (size_t)y;
		const struct ui_line *l = &t->lines.items[i];
		int used = ui_put_from(&part, y, l->indent, part.at.w - l->indent, UI_ROLE_NORMAL,
		                       t->flags, t->text + l->at, l->len, 0);
		if (t->hits && t->hits[i])
			ui_over(&part, y, l->indent, used, UI_ROLE_MATCH);
	}
	if (focus)
		ui_cursor(&part, 0, 0);
}
