/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop/dialog.h"

#include <stdlib.h>
#include <string.h>

#include "loop/app.h"
#include "widgets/textview.h"
#include "words/fmt.h"

#define DEAF_MS        300 /* Enter on a fresh dialog */
#define SILENCE_MS     500
#define BUTTONS_MAX    8
#define WIDTH_MIN      40
#define WIDTH_MAX      76
#define FOCUS_ON_FIELD (-1)

/** What open_dialog() gets. */
struct opening {
	const struct ui_dialog *dialog;
	struct ui_view *owner;
};

struct state {
	struct ui_view *owner; /**< Below us, so it cannot go before us. */
	char *title, *word;
	struct ui_textview text;
	struct ck_strv buttons;
	bool danger, deaf;
	int safe, focus;
	void (*done)(struct ui_view *owner, int button);
	struct ui_field field;
	int64_t opened_ms, last_key_ms;
	struct ui_rect box; /**< With its frame, in the area. */
};

static int open_dialog(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct opening *o = arg;
	const struct ui_dialog *d = o->dialog;
	struct state *s = v->state;
	s->owner = o->owner;
	ui_field_init(&s->field);
	ui_textview_init(&s->text, UI_TEXT);
	s->field.no_paste = true;
	s->title = strdup(d->title);
	s->word = d->word ? strdup(d->word) : NULL;
	for (const char *const *b = d->buttons; *b && s->buttons.n < BUTTONS_MAX; b++)
		if (ck_strv_add(&s->buttons, *b) < 0)
			return ck_err_nomem(err);
	if (!s->title || (d->word && !s->word) ||
	    ui_textview_set(&s->text, d->text, strlen(d->text), false) < 0)
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
	free(s->word);
	ck_strv_fini(&s->buttons);
	ui_field_fini(&s->field);
	ui_textview_fini(&s->text);
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

static bool is_typed(const struct state *s)
{
	return s->word && strcmp(s->field.text.data, s->word) == 0;
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

/** Enter, or a click on its entry in the key bar. */
static enum ui_reply press(struct ui_view *v)
{
	struct state *s = v->state;
	if (ui_app_clock_ms(v->app) - s->opened_ms < DEAF_MS)
		return UI_DONE;
	if (s->focus != FOCUS_ON_FIELD)
		return answer(v, s->focus);
	if (is_typed(s))
		return answer(v, UI_DIALOG_TYPED);
	ui_app_say(v->app, UI_SAY_INFO, "Type  %s  to go on, or Esc", s->word);
	return UI_REPAINT;
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
	if (k->code == UI_KEY_ENTER)
		return press(v);
	if (s->word && (s->focus == FOCUS_ON_FIELD || letter)) {
		if (letter)
			s->focus = FOCUS_ON_FIELD;
		enum ui_reply r = ui_field_key(&s->field, k);
		if (r != UI_IGNORED)
			return r;
	}
	return k->code == UI_KEY_PASTE ? UI_DONE : ui_textview_key(&s->text, k);
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
	case UI_ACT_OPEN:
		return press(v);
	case UI_ACT_ESCAPE:
	case UI_ACT_BACK:
	case UI_ACT_INTERRUPT:
		return answer(v, s->safe);
	default:
		return ui_textview_act(&s->text, a);
	}
}

/** Cells of the widest of title, text and buttons. */
static int content_width(const struct state *s)
{
	int width = ui_text_width(s->title, UI_TEXT) + 6, buttons = 0;
	for (size_t i = 0; i < s->buttons.n; i++)
		buttons += ui_text_width(s->buttons.items[i], UI_TEXT) + 6;
	width = buttons > width ? buttons : width;
	for (size_t i = 0; i < s->text.lines.n; i++) {
		const struct ui_line *l = &s->text.lines.items[i];
		int w = l->indent + ui_text_width_of(s->text.text + l->at, l->len, UI_TEXT);
		width = w > width ? w : width;
	}
	return width;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	const struct ui_canvas area = {.at = {0, 0, rows, cols}};
	int most = cols - 8 < WIDTH_MAX ? cols - 8 : WIDTH_MAX;
	ui_textview_layout(&s->text, (struct ui_rect){0, 0, rows, most});
	int w = content_width(s), h = (int)s->text.lines.n, others = 4 + (s->word ? 2 : 0);
	w = w < WIDTH_MIN ? WIDTH_MIN : w > most ? most : w;
	h = h + others > rows ? rows - others : h;
	s->box = ui_centred(&area, h + others, w + 4);
	ui_textview_layout(&s->text, (struct ui_rect){s->box.y + 1, s->box.x + 2, h, w});
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	struct ui_canvas in =
		ui_box(c, s->box, s->title, s->danger ? UI_ROLE_DIALOG_DANGER : UI_ROLE_DIALOG);
	int y = s->text.at.h, hidden = (int)s->text.lines.n - (int)s->text.top - y;
	ui_textview_draw(&s->text, c, false);
	if (hidden > 0)
		ui_putf(&in, y, 0, in.at.w, UI_ROLE_DIM, "%s below: Down",
		        ui_fmt_things((uint64_t)hidden, "line").s);
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
	{UI_ACT_ESCAPE, "Back", "The harmless way out"},
	{0},
};

/** What a key does here, in the words of the buttons: "Esc Cancel" could cancel a job. */
static const char *word(const struct ui_view *v, enum ui_action a)
{
	const struct state *s = v->state;
	if (a == UI_ACT_ESCAPE)
		return s->buttons.items[s->safe];
	return a == UI_ACT_OPEN && s->focus == FOCUS_ON_FIELD ? "Go on" : NULL;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	(void)ret_reason;
	return a != UI_ACT_OPEN || s->focus != FOCUS_ON_FIELD || is_typed(s);
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
	.can = can,
	.layout = layout,
	.draw = draw,
};

int ui_dialog_open(struct ui_view *owner, const struct ui_dialog *d)
{
	if (!ui_app_is_shown(owner->app, owner)) { /* no question out of nowhere */
		ui_app_say(owner->app, UI_SAY_WARN, "%s", d->title);
		return CK_EBUSY;
	}
	return ui_app_push(owner->app, &dialog_ops, &(struct opening){d, owner});
}
