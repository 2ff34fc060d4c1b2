/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop/dialog.h"

#include <stdlib.h>
#include <string.h>

#include "loop/app.h"
#include "terminal/wrap.h"

#define DEAF_MS        300 /* Enter on a fresh dialog */
#define SILENCE_MS     500
#define BUTTONS_MAX    8
#define WIDTH_MAX      76
#define FOCUS_ON_FIELD (-1)

/** What open_dialog() gets. */
struct opening {
	const struct ui_dialog *dialog;
	struct ui_view *owner;
};

struct state {
	struct ui_view *owner; /**< Below us, so it cannot go before us. */
	char *title, *text, *word;
	struct ck_strv buttons;
	bool danger, deaf;
	int safe, focus;
	void (*done)(struct ui_view *owner, int button);
	struct ui_field field;
	struct ui_lines lines;
	int width, top; /**< Of the text; first line shown. */
	int64_t opened_ms, last_key_ms;
	int rows;
	struct ui_rect box; /**< With its frame, in the area. */
};

static int open_dialog(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct opening *o = arg;
	const struct ui_dialog *d = o->dialog;
	struct state *s = v->state;
	s->owner = o->owner;
	ui_field_init(&s->field);
	s->field.no_paste = true;
	s->title = strdup(d->title);
	s->text = strdup(d->text);
	s->word = d->word ? strdup(d->word) : NULL;
	for (const char *const *b = d->buttons; *b && s->buttons.n < BUTTONS_MAX; b++)
		if (ck_strv_add(&s->buttons, *b) < 0)
			return ck_err_nomem(err);
	if (!s->title || !s->text || (d->word && !s->word))
		return ck_err_nomem(err);
	s->danger = d->danger || d->word;
	s->safe = d->safe;
	s->done = d->done;
	s->deaf = d->uncalled;
	s->opened_ms = s->last_key_ms = ui_app_clock_ms(v->app);
	return CK_OK;
}

static void close_dialog(struct ui_view *v)
{
	struct state *s = v->state;
	free(s->title);
	free(s->text);
	free(s->word);
	ck_strv_fini(&s->buttons);
	ui_field_fini(&s->field);
	ui_lines_fini(&s->lines);
}

/** Close first, then answer: the answer may open other screens. */
static enum ui_reply answer(struct ui_view *v, int button)
{
	struct state *s = v->state;
	struct ui_view *owner = s->owner;
	void (*done)(struct ui_view *, int) = s->done;
	ui_app_close(v->app, v);
	if (done)
		done(owner, button);
	return UI_DONE;
}

static enum ui_reply move_focus(struct state *s, int step)
{
	int n = (int)s->buttons.n, first = s->word ? FOCUS_ON_FIELD : 0;
	s->focus += step;
	if (s->focus >= n)
		s->focus = first;
	if (s->focus < first)
		s->focus = n - 1;
	return UI_REPAINT;
}

static bool is_deaf(struct ui_view *v)
{
	struct state *s = v->state;
	int64_t now = ui_app_clock_ms(v->app), silence = now - s->last_key_ms;
	s->last_key_ms = now;
	if (s->deaf && silence < SILENCE_MS)
		return true;
	s->deaf = false;
	return false;
}

/** A click on a button presses it, one outside of the box is the harmless way out. */
static enum ui_reply click(struct ui_view *v, int y, int x)
{
	struct state *s = v->state;
	const struct ui_rect *box = &s->box;
	if (ui_app_clock_ms(v->app) - s->opened_ms < DEAF_MS)
		return UI_DONE;
	if (y < box->y || y >= box->y + box->h || x < box->x || x >= box->x + box->w)
		return answer(v, s->safe);
	int at = box->x + 2;
	for (size_t i = 0; i < s->buttons.n; i++) {
		int w = ui_text_width(s->buttons.items[i], UI_TEXT) + 4;
		if (y == box->y + box->h - 2 && x >= at && x < at + w)
			return answer(v, (int)i);
		at += w + 2;
	}
	return UI_DONE;
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	if (is_deaf(v))
		return UI_DONE;
	if (k->code == UI_KEY_CLICK)
		return click(v, k->y, k->x);
	bool letter =
		k->code > UI_KEY_SPACE && k->code < UI_KEY_FIRST_ && k->code != UI_KEY_BACKSPACE;
	if (k->code == UI_KEY_ENTER) {
		if (ui_app_clock_ms(v->app) - s->opened_ms < DEAF_MS)
			return UI_DONE;
		if (s->focus != FOCUS_ON_FIELD)
			return answer(v, s->focus);
		if (strcmp(s->field.text.data, s->word) == 0)
			return answer(v, UI_DIALOG_TYPED);
		ui_app_say(v->app, UI_SAY_INFO, "Type  %s  to go on, or Esc", s->word);
		return UI_REPAINT;
	}
	if (s->word && (s->focus == FOCUS_ON_FIELD || letter)) {
		if (letter)
			s->focus = FOCUS_ON_FIELD;
		enum ui_reply r = ui_field_key(&s->field, k);
		if (r != UI_IGNORED)
			return r;
	}
	return k->code == UI_KEY_PASTE ? UI_DONE : UI_IGNORED;
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	switch (a) {
	case UI_ACT_NEXT:
	case UI_ACT_RIGHT:
		return move_focus(s, 1);
	case UI_ACT_PREV:
	case UI_ACT_LEFT:
		return move_focus(s, -1);
	case UI_ACT_ESCAPE:
	case UI_ACT_BACK:
	case UI_ACT_INTERRUPT:
		return answer(v, s->safe);
	case UI_ACT_DOWN:
	case UI_ACT_PAGE_DOWN:
		s->top += s->top + s->rows < (int)s->lines.n;
		return UI_REPAINT;
	case UI_ACT_UP:
	case UI_ACT_PAGE_UP:
		s->top -= s->top > 0;
		return UI_REPAINT;
	default:
		return UI_IGNORED;
	}
}

static int buttons_width(const struct state *s)
{
	int w = 0;
	for (size_t i = 0; i < s->buttons.n; i++)
		w += ui_text_width(s->buttons.items[i], UI_TEXT) + 6;
	return w;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	int width = cols - 8 < WIDTH_MAX ? cols - 8 : WIDTH_MAX;
	(void)ui_wrap(&s->lines, s->text, strlen(s->text), width, UI_TEXT);
	int longest = buttons_width(s), title = ui_text_width(s->title, UI_TEXT) + 6;
	longest = title > longest ? title : longest;
	for (size_t i = 0; i < s->lines.n; i++) {
		const struct ui_line *l = &s->lines.items[i];
		struct ui_text_iter it;
		struct ui_glyph g;
		int w = l->indent;
		for (ui_text_begin(&it, s->text + l->at, l->len, UI_TEXT); ui_text_next(&it, &g);)
			w += g.width;
		longest = w > longest ? w : longest;
	}
	s->width = longest < 40 ? 40 : longest > width ? width : longest;
	int extra = 4 + (s->word ? 2 : 0);
	s->rows = (int)s->lines.n + extra > rows ? rows - extra : (int)s->lines.n;
	s->top = 0;
	const struct ui_canvas area = {.at = {0, 0, rows, cols}};
	s->box = ui_centred(&area, s->rows + extra, s->width + 4);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	struct ui_canvas in =
		ui_box(c, s->box, s->title, s->danger ? UI_ROLE_DIALOG_DANGER : UI_ROLE_DIALOG);
	int y = 0;
	for (; y < s->rows && s->top + y < (int)s->lines.n; y++) {
		const struct ui_line *l = &s->lines.items[s->top + y];
		ui_put_from(&in, y, l->indent, in.at.w - l->indent, UI_ROLE_NORMAL, UI_TEXT,
		            s->text + l->at, l->len, 0);
	}
	if (s->word) {
		int used = ui_putf(&in, y + 1, 0, in.at.w, UI_ROLE_NORMAL,
		                   "Type  %s  to go on: ", s->word);
		int w = ui_text_width(s->word, UI_TEXT) + 4;
		ui_field_draw(&s->field, &in, y + 1, used, w, s->focus == FOCUS_ON_FIELD);
		y += 2;
	}
	y++;
	for (size_t i = 0, x = 0; i < s->buttons.n; i++) {
		bool on = (int)i == s->focus;
		int used = ui_putf(&in, y, (int)x, in.at.w - (int)x,
		                   on ? UI_ROLE_BUTTON_FOCUS : UI_ROLE_BUTTON,
		                   on ? "[>%s<]" : "[ %s ]", s->buttons.items[i]);
		if (on)
			ui_cursor(&in, y, (int)x + 2);
		x += (size_t)used + 2;
	}
}

static const struct ui_binding bindings[] = {
	{UI_ACT_NEXT, "Button", "Next button"},
	{UI_ACT_OPEN, "Press", "Press the button"},
	{UI_ACT_ESCAPE, "Cancel", "The harmless way out"},
	{0},
};

/** Without a question there is nothing to cancel. */
static const char *word(const struct ui_view *v, enum ui_action a)
{
	const struct state *s = v->state;
	return a == UI_ACT_ESCAPE && !s->word && s->buttons.n == 1 ? "Close" : NULL;
}

static const struct ui_view_ops dialog_ops = {
	.name = "dialog",
	.title = "Question",
	.state_size = sizeof(struct state),
	.overlay = true,
	.bindings = bindings,
	.open = open_dialog,
	.close = close_dialog,
	.act = act,
	.key = key,
	.word = word,
	.layout = layout,
	.draw = draw,
};

int ui_dialog_open(struct ui_view *owner, const struct ui_dialog *d)
{
	if (!ui_app_is_shown(owner->app,
	                     owner)) { /* it was put aside: no question out of nowhere */
		ui_app_say(owner->app, UI_SAY_WARN, "%s", d->title);
		return CK_EBUSY;
	}
	return ui_app_push(owner->app, &dialog_ops, &(struct opening){d, owner});
}
