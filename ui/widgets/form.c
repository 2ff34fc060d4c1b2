/* SPDX-License-Identifier: BSD-2-Clause */
#include "widgets/form.h"

#include <stdlib.h>
#include <string.h>

int ui_form_init(struct ui_form *f, const struct ui_form_item *items, size_t n)
{
	*f = (struct ui_form){.items = items, .n = n};
	f->values = ck_alloc(n + 1, sizeof *f->values);
	if (!f->values)
		return CK_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		ui_field_init(&f->values[i].field);
		f->values[i].field.secret = items[i].kind == UI_FORM_SECRET;
		int w = ui_text_width(items[i].label, UI_TEXT);
		f->label_width = w > f->label_width ? w : f->label_width;
	}
	return CK_OK;
}

void ui_form_fini(struct ui_form *f)
{
	for (size_t i = 0; f->values && i < f->n; i++)
		ui_field_fini(&f->values[i].field);
	free(f->values);
	memset(f, 0, sizeof *f);
}

void ui_form_set_text(struct ui_form *f, size_t i, const char *text)
{
	ui_field_set(&f->values[i].field, text);
}

const char *ui_form_text(const struct ui_form *f, size_t i)
{
	return f->values[i].field.text.data;
}

void ui_form_set_choice(struct ui_form *f, size_t i, int choice)
{
	f->values[i].choice = choice;
}

int ui_form_choice(const struct ui_form *f, size_t i)
{
	return f->values[i].choice;
}

static bool is_text(const struct ui_form *f, size_t i)
{
	return f->items[i].kind == UI_FORM_TEXT || f->items[i].kind == UI_FORM_SECRET;
}

static void check(struct ui_form *f, size_t i)
{
	f->values[i].fault =
		is_text(f, i) && f->items[i].check ? f->items[i].check(ui_form_text(f, i)) : NULL;
}

bool ui_form_check(struct ui_form *f)
{
	size_t first = f->n;
	for (size_t i = f->n; i-- > 0;) {
		check(f, i);
		if (f->values[i].fault)
			first = i;
	}
	if (first < f->n)
		f->focus = first;
	return first == f->n;
}

void ui_form_layout(struct ui_form *f, struct ui_rect at)
{
	f->at = at;
}

static enum ui_reply go(struct ui_form *f, size_t to)
{
	if (to >= f->n)
		return UI_IGNORED; /* past the ends: the screen's next block */
	check(f, f->focus);
	f->focus = to;
	return UI_REPAINT;
}

enum ui_reply ui_form_act(struct ui_form *f, enum ui_action a)
{
	switch (a) {
	case UI_ACT_DOWN:
	case UI_ACT_NEXT:
	case UI_ACT_OPEN:
		return go(f, f->focus + 1);
	case UI_ACT_UP:
	case UI_ACT_PREV:
		return go(f, f->focus - 1);
	default:
		return UI_IGNORED;
	}
}

static int count_choices(const struct ui_form_item *item)
{
	int n = 0;
	while (item->kind == UI_FORM_CHOICE && item->choices[n])
		n++;
	return n;
}

static enum ui_reply choose(struct ui_form *f, uint32_t code)
{
	const struct ui_form_item *item = &f->items[f->focus];
	struct ui_form_value *v = &f->values[f->focus];
	int n = count_choices(item);
	if (item->kind == UI_FORM_TICK && code == UI_KEY_SPACE)
		v->choice = !v->choice;
	else if (n && (code == UI_KEY_SPACE || code == UI_KEY_RIGHT))
		v->choice = (v->choice + 1) % n;
	else if (n && code == UI_KEY_LEFT)
		v->choice = (v->choice + n - 1) % n;
	else
		return UI_IGNORED;
	return UI_REPAINT;
}

static enum ui_reply click(struct ui_form *f, const struct ui_key *key)
{
	int y = key->y - f->at.y, x = key->x - f->at.x;
	if (y < 0 || x < 0 || y >= f->at.h || x >= f->at.w || (size_t)y >= f->n)
		return UI_IGNORED;
	bool again = f->focus == (size_t)y;
	(void)go(f, (size_t)y);
	if (again || f->items[y].kind == UI_FORM_TICK)
		(void)choose(f, UI_KEY_SPACE);
	return UI_REPAINT;
}

enum ui_reply ui_form_key(struct ui_form *f, const struct ui_key *key)
{
	if (f->n == 0 || f->no_focus)
		return UI_IGNORED;
	if (key->code == UI_KEY_CLICK)
		return click(f, key);
	struct ui_form_value *v = &f->values[f->focus];
	if (!is_text(f, f->focus))
		return choose(f, key->code);
	if (f->items[f->focus].kind == UI_FORM_SECRET && key->code == UI_KEY_F3) {
		v->shown = !v->shown;
		v->field.secret = !v->shown;
		return UI_REPAINT;
	}
	if (v->fault)
		v->fault = NULL; /* it is being mended */
	return ui_field_key(&v->field, key);
}

static int draw_choice(const struct ui_form *f, size_t i, struct ui_canvas *c, int y, int x,
                       bool on)
{
	const struct ui_form_item *item = &f->items[i];
	int start = x;
	for (int k = 0; item->choices[k]; k++) {
		bool chosen = f->values[i].choice == k;
		ui_put(c, y, x, 1, UI_ROLE_NORMAL, UI_TEXT, "(");
		if (chosen)
			ui_put(c, y, x + 1, 1, UI_ROLE_TICK_IN, UI_TEXT, ui_mark(c, UI_MARK_RADIO));
		ui_put(c, y, x + 2, 2, UI_ROLE_NORMAL, UI_TEXT, ") ");
		if (on && chosen)
			ui_cursor(c, y, x + 1);
		x += 4 + ui_put(c, y, x + 4, c->at.w - x - 4,
		                on && chosen ? UI_ROLE_BUTTON_FOCUS : UI_ROLE_BUTTON, UI_TEXT,
		                item->choices[k]);
		x += 2;
	}
	return x - start;
}

static void draw_item(const struct ui_form *f, size_t i, struct ui_canvas *c, int y)
{
	const struct ui_form_item *item = &f->items[i];
	const struct ui_form_value *v = &f->values[i];
	bool on = i == f->focus && !f->no_focus;
	int x = f->label_width + 3, used = 0;
	if (on)
		ui_put(c, y, 0, 1, UI_ROLE_NORMAL, UI_TEXT, ">");
	ui_put(c, y, 1, f->label_width, UI_ROLE_NORMAL, UI_TEXT, item->label);
	if (item->kind == UI_FORM_CHOICE) {
		used = draw_choice(f, i, c, y, x, on);
	} else if (item->kind == UI_FORM_TICK) {
		used = ui_put(c, y, x, 3, on ? UI_ROLE_BUTTON_FOCUS : UI_ROLE_BUTTON, UI_TEXT,
		              v->choice ? "[x]" : "[ ]");
		if (on)
			ui_cursor(c, y, x + 1);
	} else {
		int room = c->at.w - x - 2 - (v->fault ? c->at.w / 3 : 0);
		used = item->width && item->width < room ? item->width : room;
		ui_put(c, y, x, 1, UI_ROLE_NORMAL, UI_TEXT, "[");
		ui_field_draw(&v->field, c, y, x + 1, used, on);
		ui_put(c, y, x + 1 + used, 1, UI_ROLE_NORMAL, UI_TEXT, "]");
		used += 2;
	}
	if (v->fault)
		ui_put(c, y, x + used + 1, c->at.w - x - used - 1, UI_ROLE_ERROR, UI_TEXT,
		       v->fault);
}

void ui_form_draw(const struct ui_form *f, struct ui_canvas *c)
{
	struct ui_canvas part = ui_canvas_part(c, f->at);
	for (size_t i = 0; i < f->n; i++)
		draw_item(f, i, &part, (int)i);
}

const char *ui_form_hint(const struct ui_form *f)
{
	const char *hint = f->focus < f->n ? f->items[f->focus].hint : NULL;
	return hint ? hint : "";
}
