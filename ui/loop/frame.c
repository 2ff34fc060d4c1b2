/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop/frame.h"

#include <stdio.h>
#include <string.h>

#include "loop/house.h"
#include "loop/places.h"
#include "words/fmt.h"

#define BAR_MAX   24
#define FIELD_MIN 20 /* cells of a prompt that its meaning leaves */

/** One entry of the key bar, laid out. */
struct entry {
	enum ui_action action;
	char key[16];
	const char *word;
	int x, w;
};

/** The first key of @a, or with @typing the first that is no letter; "" when there is none. */
static void first_key(enum ui_action a, bool typing, char *ret, size_t size)
{
	const char *keys = ui_action_info(a)->keys;
	*ret = '\0';
	for (size_t len; *keys && !*ret; keys += len + (keys[len] == ' ')) {
		len = strcspn(keys, " ");
		uint32_t code = ui_key_parse(keys, len);
		if (!typing || code < UI_KEY_SPACE || code >= UI_KEY_BACKSPACE)
			snprintf(ret, size, "%.*s", (int)len, keys);
	}
}

/** The entries while they are laid out: at most BAR_MAX, in @room cells. */
struct bar {
	struct entry *items;
	int n, used, room;
	bool typing; /**< Letters are text now. */
};

static void add_entry(struct bar *b, enum ui_action a, const char *word)
{
	struct entry e = {.action = a, .word = word};
	first_key(a, b->typing, e.key, sizeof e.key);
	e.w = ui_text_width(e.key, UI_TEXT) + 1 + ui_text_width(e.word, UI_TEXT);
	if (!*e.key || b->n == BAR_MAX || b->used + e.w > b->room)
		return;
	e.x = b->used;
	b->items[b->n++] = e;
	b->used += e.w + 2;
}

/** The way out, whole and at the right end. @return cells that it takes there. */
static int add_out(const struct ui_view *v, bool typing, int cols, struct entry *ret)
{
	enum ui_action out = !v->below                   ? UI_ACT_QUIT
	                     : v->ops->overlay || typing ? UI_ACT_ESCAPE
	                                                 : UI_ACT_BACK;
	struct bar last = {.items = ret, .room = cols, .typing = typing};
	add_entry(&last, out, ui_view_word(v, out));
	ret->x = cols - ret->w;
	return last.n ? ret->w + 2 : 0;
}

/** What works here now, whole entries only; the way out always stands at the right end. */
static int lay_out_bar(const struct ui_view *v, int cols, struct entry *bar)
{
	bool typing = v->ops->types && v->ops->types(v);
	struct entry last = {0};
	int out = add_out(v, typing, cols, &last);
	struct bar b = {.items = bar, .room = cols - out, .typing = typing};
	if (!v->ops->overlay)
		add_entry(&b, UI_ACT_HELP, ui_view_word(v, UI_ACT_HELP));
	for (const struct ui_binding *i = v->ops->bindings; i && i->action != UI_ACT_NONE; i++) {
		const char *reason;
		if (i->action != last.action && ui_view_can(v, i->action, &reason))
			add_entry(&b, i->action, ui_view_word(v, i->action));
	}
	if (!v->ops->overlay && !typing)
		add_entry(&b, UI_ACT_JUMP, ui_view_word(v, UI_ACT_JUMP));
	if (out && b.n < BAR_MAX)
		bar[b.n++] = last;
	return b.n;
}

/** While a line of text is asked for, nothing else works. */
static int lay_out_prompt_bar(int cols, bool completes, struct entry *bar)
{
	struct bar b = {.items = bar, .room = cols};
	add_entry(&b, UI_ACT_OPEN, "OK");
	if (completes)
		add_entry(&b, UI_ACT_NEXT, "Complete");
	add_entry(&b, UI_ACT_ESCAPE, "Cancel");
	bar[b.n - 1].x = cols - bar[b.n - 1].w;
	return b.n;
}

static int lay_out(struct ui_app *app, const struct ui_view *top, int cols, struct entry *bar)
{
	const struct ui_app_prompt_state *p = ui_app_prompt_state(app);
	return p->owner ? lay_out_prompt_bar(cols, *p->completion != '\0', bar)
	                : lay_out_bar(top, cols, bar);
}

static void draw_bar(struct ui_app *app, const struct ui_view *top, struct ui_canvas *c, int y)
{
	struct entry bar[BAR_MAX];
	int n = lay_out(app, top, c->at.w, bar);
	for (int i = 0; i < n; i++) {
		int used = ui_put(c, y, bar[i].x, bar[i].w, UI_ROLE_KEY, UI_TEXT, bar[i].key);
		ui_put(c, y, bar[i].x + used + 1, bar[i].w - used - 1, UI_ROLE_KEY_HINT, UI_TEXT,
		       bar[i].word);
	}
}

static int place_of(const struct ui_view *v)
{
	while (v && !v->ops->place)
		v = v->below;
	return v ? v->ops->place : 0;
}

/** Row 0. With a click at @click_x instead of drawing: the number of the place there. */
static int places_row(struct ui_canvas *c, int cols, int here, int click_x)
{
	int x = 0;
	for (const struct ui_place *p = ui_places(); p->number; p++) {
		bool on = p->number == here;
		if (cols < 80 && !on)
			continue;
		char word[48];
		snprintf(word, sizeof word, on ? "[%d %s]" : " %d %s ", p->number, p->title);
		int w = ui_text_width(word, UI_TEXT);
		if (x + w > cols - 15)
			break;
		if (click_x >= x && click_x < x + w)
			return p->number;
		if (c)
			ui_put(c, 0, x, w, on ? UI_ROLE_PLACE_ON : UI_ROLE_PLACE, UI_TEXT, word);
		x += w;
	}
	return 0;
}

static void draw_head(const struct ui_view *base, struct ui_canvas *c)
{
	if (!base || !base->ops->head)
		return;
	struct ck_buf left = CK_BUF_INIT, right = CK_BUF_INIT;
	base->ops->head(base, &left, &right);
	int w = c->at.w, rw = ui_text_width(right.data, c->ascii ? UI_ASCII : UI_TEXT);
	rw = rw > w / 2 ? w / 2 : rw;
	ui_put(c, 1, 1, w - 1 - (rw ? rw + 1 : 0), UI_ROLE_NORMAL, UI_TEXT, left.data);
	ui_put_right(c, 1, w - rw, rw, UI_ROLE_NORMAL, UI_TEXT, right.data);
	ck_buf_fini(&left);
	ck_buf_fini(&right);
}

static void draw_message(struct ui_app *app, const struct ui_view *top, struct ui_canvas *c, int y)
{
	const struct ui_app_prompt_state *p = ui_app_prompt_state(app);
	const struct ui_app_message *m = ui_app_message(app);
	if (p->owner) {
		int used = ui_put(c, y, 0, c->at.w / 2, UI_ROLE_KEY, UI_TEXT, p->label);
		int w = ui_text_width(p->meaning, UI_TEXT);
		w = w && used + w + FIELD_MIN < c->at.w ? w + 1 : 0;
		ui_field_draw(&p->field, c, y, used + 1, c->at.w - used - 2 - w, true);
		ui_put_right(c, y, c->at.w - w, w ? w - 1 : 0, UI_ROLE_DIM, UI_TEXT, p->meaning);
	} else if (m->shown) {
		ui_put(c, y, 1, c->at.w - 1,
		       m->level == UI_SAY_WARN ? UI_ROLE_WARN : UI_ROLE_NORMAL, UI_TEXT, m->text);
	} else if (top->ops->hint) {
		struct ck_buf hint = CK_BUF_INIT;
		top->ops->hint(top, &hint);
		ui_put(c, y, 1, c->at.w - 1, UI_ROLE_NORMAL, UI_TEXT, hint.data);
		ck_buf_fini(&hint);
	}
}

void ui_frame_draw(struct ui_app *app, const struct ui_view *base, const struct ui_view *top,
                   struct ui_canvas *c)
{
	places_row(c, c->at.w, place_of(base), -1);
	struct ui_status s =
		ui_house_status(ui_app_house(app), ui_app_clock_ms(app), ui_app_now(app));
	ui_put_right(c, 0, c->at.w - 15, 15, (enum ui_role)s.role, UI_TEXT, s.text);
	draw_head(base, c);
	draw_message(app, top, c, c->at.h - 2);
	draw_bar(app, top, c, c->at.h - 1);
}

void ui_frame_draw_small(struct ui_app *app, struct ui_canvas *c)
{
	const struct ui_house *h = ui_app_house(app);
	struct ui_status s = ui_house_status(h, ui_app_clock_ms(app), ui_app_now(app));
	int w = c->at.w, y = c->at.h >= 8 ? 1 : 0;
	ui_putf(c, y++, 1, w - 1, UI_ROLE_NORMAL, "This window is %d x %d.", w, c->at.h);
	ui_putf(c, y++, 1, w - 1, UI_ROLE_NORMAL, "The console needs %d x %d.", UI_MIN_COLS,
	        UI_MIN_ROWS);
	ui_put(c, y++, 1, w - 1, (enum ui_role)s.role, UI_TEXT, s.text);
	if (h->live_job) {
		const struct ck_progress *p = &h->progress;
		int used = ui_putf(c, y, 1, w - 1, UI_ROLE_NORMAL, "Job %u  ", h->live_job);
		ui_bar(c, y, 1 + used, 12, p->bytes_done, p->bytes_total);
		ui_put(c, y++, 15 + used, w - 15 - used, UI_ROLE_NORMAL, UI_TEXT,
		       p->bytes_total ? ui_fmt_percent(p->bytes_done, p->bytes_total).s : "...");
	}
	ui_put(c, y++, 1, w - 1, UI_ROLE_NORMAL, UI_TEXT, "Make it larger. q leaves.");
	if (h->live_job)
		ui_put(c, y++, 1, w - 1, UI_ROLE_NORMAL, UI_TEXT,
		       "Nothing stops: the job goes on.");
}

enum ui_action ui_frame_click(struct ui_app *app, const struct ui_view *top, int rows, int cols,
                              int y, int x, int *ret_place)
{
	if (y == 0) {
		*ret_place = places_row(NULL, cols, place_of(top), x);
		return *ret_place ? UI_ACT_PLACE : UI_ACT_NONE;
	}
	if (y != rows - 1)
		return UI_ACT_NONE;
	struct entry bar[BAR_MAX];
	int n = lay_out(app, top, cols, bar);
	for (int i = 0; i < n; i++)
		if (x >= bar[i].x && x < bar[i].x + bar[i].w)
			return bar[i].action;
	return UI_ACT_NONE;
}
