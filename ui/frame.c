/* SPDX-License-Identifier: BSD-2-Clause */
#include "frame.h"

#include <stdio.h>
#include <string.h>

#include "fmt.h"
#include "house.h"
#include "places.h"

#define BAR_MAX 24

/** One entry of the key bar, laid out. */
struct entry {
	enum ui_action action;
	char key[16];
	const char *word;
	int x, w;
};

static void first_key(enum ui_action a, char *ret, size_t size)
{
	const char *keys = ui_action_info(a)->keys;
	snprintf(ret, size, "%.*s", (int)strcspn(keys, " "), keys);
}

static bool add_entry(struct entry *bar, int *n, int *used, int room, enum ui_action a,
                      const char *word)
{
	struct entry e = {.action = a, .word = word ? word : ui_action_info(a)->word};
	first_key(a, e.key, sizeof e.key);
	e.w = ui_text_width(e.key, UI_TEXT) + 1 + ui_text_width(e.word, UI_TEXT);
	if (*n == BAR_MAX || *used + e.w > room)
		return false;
	e.x = *used;
	bar[(*n)++] = e;
	*used += e.w + 2;
	return true;
}

/** What works here now, whole entries only; the way out always stands at the right end. */
static int lay_out_bar(const struct ui_view *v, int cols, struct entry *bar)
{
	bool home = !v->below;
	enum ui_action out = home ? UI_ACT_QUIT : v->ops->overlay ? UI_ACT_ESCAPE : UI_ACT_BACK;
	const struct ui_binding *b = ui_view_binding(v, out);
	struct entry last[1];
	int n = 0, used = 0, nlast = 0, last_used = 0;
	if (add_entry(last, &nlast, &last_used, cols, out, b ? b->word : NULL))
		last[0].x = cols - last[0].w;
	int room = cols - (nlast ? last[0].w + 2 : 0);
	if (!v->ops->overlay)
		add_entry(bar, &n, &used, room, UI_ACT_HELP, NULL);
	for (b = v->ops->bindings; b && b->action != UI_ACT_NONE; b++) {
		const char *reason;
		if (b->action == out || !ui_view_can(v, b->action, &reason))
			continue;
		add_entry(bar, &n, &used, room, b->action, b->word);
	}
	if (!v->ops->overlay)
		add_entry(bar, &n, &used, room, UI_ACT_JUMP, NULL);
	if (nlast && n < BAR_MAX)
		bar[n++] = last[0];
	return n;
}

static void draw_bar(const struct ui_view *top, struct ui_canvas *c, int y)
{
	struct entry bar[BAR_MAX];
	int n = lay_out_bar(top, c->at.w, bar);
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
		ui_field_draw(&p->field, c, y, used + 1, c->at.w - used - 2, true);
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
	struct ui_status s = ui_house_status(ui_app_house(app), ui_app_clock_ms(app));
	ui_put_right(c, 0, c->at.w - 15, 15, (enum ui_role)s.role, UI_TEXT, s.text);
	draw_head(base, c);
	draw_message(app, top, c, c->at.h - 2);
	draw_bar(top, c, c->at.h - 1);
}

void ui_frame_draw_small(struct ui_app *app, struct ui_canvas *c)
{
	const struct ui_house *h = ui_app_house(app);
	struct ui_status s = ui_house_status(h, ui_app_clock_ms(app));
	int w = c->at.w, y = c->at.h >= 8 ? 1 : 0;
	ui_putf(c, y++, 1, w - 1, UI_ROLE_NORMAL, "This window is %d x %d.", w, c->at.h);
	ui_putf(c, y++, 1, w - 1, UI_ROLE_NORMAL, "The console needs %d x %d.", UI_MIN_COLS,
	        UI_MIN_ROWS);
	ui_put(c, y++, 1, w - 1, (enum ui_role)s.role, UI_TEXT, s.text);
	if (h->live_job)
		ui_putf(c, y++, 1, w - 1, UI_ROLE_NORMAL, "Job %u runs; nothing stops.",
		        h->live_job);
	ui_put(c, y++, 1, w - 1, UI_ROLE_NORMAL, UI_TEXT, "Make it larger. q leaves.");
}

enum ui_action ui_frame_click(struct ui_app *app, const struct ui_view *top, int rows, int cols,
                              int y, int x, int *ret_place)
{
	(void)app;
	if (y == 0) {
		*ret_place = places_row(NULL, cols, place_of(top), x);
		return *ret_place ? UI_ACT_PLACE : UI_ACT_NONE;
	}
	if (y != rows - 1)
		return UI_ACT_NONE;
	struct entry bar[BAR_MAX];
	int n = lay_out_bar(top, cols, bar);
	for (int i = 0; i < n; i++)
		if (x >= bar[i].x && x < bar[i].x + bar[i].w)
			return bar[i].action;
	return UI_ACT_NONE;
}
