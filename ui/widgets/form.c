/* SPDX-License-Identifier: BSD-2-Clause */
#include "widgets/form.h"

#include <stdlib.h>
#include <string.h>

int ui_form_init(struct ui_form *f, const struct ui_form_item *items, size_t n)
{
	*f = (struct ui_form){.items = items, .n = n};
	f->fields = ck_alloc(n + 1, sizeof *f->fields);
	if (!f->fields)
		return CK_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		ui_field_init(&f->fields[i]);
		int w = ui_text_width(items[i].label, UI_TEXT);
		f->label_width = w > f->label_width ? w : f->label_width;
	}
	return CK_OK;
}

void ui_form_fini(struct ui_form *f)
{
	for (size_t i = 0; f->fields && i < f->n; i++)
		ui_field_fini(&f->fields[i]);
	free(f->fields);
	memset(f, 0, sizeof *f);
}

void ui_form_set_text(struct ui_form *f, size_t i, const char *text)
{
	ui_field_set(&f->fields[i], text);
}

const char *ui_form_text(const struct ui_form *f, size_t i)
{
	return f->fields[i].text.data;
}

void ui_form_layout(struct ui_form *f, struct ui_rect at)
{
	f->at = at;
}

static enum ui_reply go(struct ui_form *f, size_t to)
{
	if (to >= f->n)
		return UI_IGNORED;
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

enum ui_reply ui_form_key(struct ui_form *f, const struct ui_key *key)
{
	int y = key->y - f->at.y, x = key->x - f->at.x;
	if (key->code != UI_KEY_CLICK)
		return ui_field_key(&f->fields[f->focus], key);
	return y < 0 || x < 0 || y >= f->at.h || x >= f->at.w ? UI_IGNORED : go(f, (size_t)y);
}

static void draw_item(const struct ui_form *f, size_t i, struct ui_canvas *c, int y)
{
	const struct ui_form_item *item = &f->items[i];
	bool on = i == f->focus;
	int x = f->label_width + 3, room = c->at.w - x - 2;
	int w = item->width && item->width < room ? item->width : room;
	if (on)
		ui_put(c, y, 0, 1, UI_ROLE_NORMAL, UI_TEXT, ">");
	ui_put(c, y, 1, f->label_width, UI_ROLE_NORMAL, UI_TEXT, item->label);
	ui_put(c, y, x, 1, UI_ROLE_NORMAL, UI_TEXT, "[");
	ui_field_draw(&f->fields[i], c, y, x + 1, w, on);
	ui_put(c, y, x + 1 + w, 1, UI_ROLE_NORMAL, UI_TEXT, "]");
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
