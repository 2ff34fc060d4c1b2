/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/prose.h"

#include <stdlib.h>
#include <string.h>

#define WHEEL 3

void ui_prose_fini(struct ui_prose *p)
{
	for (int i = 0; i < UI_PROSE_BLOCKS; i++) {
		free(p->blocks[i].text);
		ui_lines_fini(&p->blocks[i].lines);
	}
	*p = (struct ui_prose){0};
}

void ui_prose_set(struct ui_prose *p, int i, const char *title, struct ck_buf *text, int width)
{
	struct ui_prose_block *b = &p->blocks[i];
	free(b->text);
	b->title = title;
	b->text = ck_buf_take(text);
	b->lines.n = 0;
	if (b->text && *b->text && width > 0)
		(void)ui_wrap(&b->lines, b->text, strlen(b->text), width, UI_NAME);
}

int ui_prose_rows(const struct ui_prose *p)
{
	int rows = 0;
	for (int i = 0; i < UI_PROSE_BLOCKS; i++)
		rows += p->blocks[i].title ? 1 + (int)p->blocks[i].lines.n : 0;
	return rows;
}

/** Rows that texts have: where not all fit, the last one says that there is more. */
static int room(const struct ui_prose *p)
{
	return ui_prose_rows(p) > p->at.h ? p->at.h - 1 : p->at.h;
}

static int most(const struct ui_prose *p)
{
	int rows = ui_prose_rows(p) - room(p);
	return rows > 0 ? rows : 0;
}

static enum ui_reply go(struct ui_prose *p, int top)
{
	p->top = top < 0 ? 0 : top < most(p) ? top : most(p);
	return UI_REPAINT;
}

void ui_prose_layout(struct ui_prose *p, struct ui_rect at)
{
	p->at = at;
	(void)go(p, p->top);
}

enum ui_reply ui_prose_act(struct ui_prose *p, enum ui_action a)
{
	int page = room(p) > 2 ? room(p) - 1 : 1;
	switch (a) {
	case UI_ACT_UP:
		return go(p, p->top - 1);
	case UI_ACT_DOWN:
		return go(p, p->top + 1);
	case UI_ACT_PAGE_UP:
		return go(p, p->top - page);
	case UI_ACT_PAGE_DOWN:
		return go(p, p->top + page);
	case UI_ACT_HALF_UP:
		return go(p, p->top - (page + 1) / 2);
	case UI_ACT_HALF_DOWN:
		return go(p, p->top + (page + 1) / 2);
	case UI_ACT_FIRST:
		return go(p, 0);
	case UI_ACT_LAST:
		return go(p, most(p));
	default:
		return UI_IGNORED;
	}
}

enum ui_reply ui_prose_key(struct ui_prose *p, const struct ui_key *k)
{
	if ((k->code != UI_KEY_WHEEL_UP && k->code != UI_KEY_WHEEL_DOWN) || k->y < p->at.y ||
	    k->y >= p->at.y + p->at.h)
		return UI_IGNORED;
	return go(p, p->top + (k->code == UI_KEY_WHEEL_UP ? -WHEEL : WHEEL));
}

/** A line that begins with "warn" is one. */
static enum ui_role role_of(const char *line, size_t len)
{
	return len > 5 && memcmp(line, "warn ", 5) == 0 ? UI_ROLE_WARN : UI_ROLE_NORMAL;
}

void ui_prose_draw(const struct ui_prose *p, struct ui_canvas *c, bool focus)
{
	int y = -p->top;
	struct ui_canvas part =
		ui_canvas_part(c, (struct ui_rect){p->at.y, p->at.x, room(p), p->at.w});
	bool first = true;
	for (int i = 0; i < UI_PROSE_BLOCKS; i++) {
		const struct ui_prose_block *b = &p->blocks[i];
		if (!b->title)
			continue;
		int rows = 1 + (int)b->lines.n;
		bool seen = y + rows > 0 && y < part.at.h;
		if (seen && y >= 0)
			ui_title(&part, y, b->title, focus && first);
		first = first && !seen;
		for (size_t n = 0; n < b->lines.n; n++) {
			const struct ui_line *l = &b->lines.items[n];
			int at = y + 1 + (int)n;
			if (at >= 0 && at < part.at.h)
				ui_put_from(&part, at, 1 + l->indent, part.at.w - 1 - l->indent,
				            role_of(b->text + l->at, l->len), UI_NAME,
				            b->text + l->at, l->len, 0);
		}
		y += rows;
	}
	if (room(p) < p->at.h)
		ui_title(c, p->at.y + room(p), most(p) > p->top ? "more below" : "more above",
		         false);
}
