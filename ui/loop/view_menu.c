/* SPDX-License-Identifier: BSD-2-Clause */
/** All that can be done on a screen, with the keys; what cannot be done now is dim and says why. */
#include <stdio.h>
#include <string.h>

#include "loop/app_private.h"
#include "widgets/list.h"

#define ENTRIES_MAX 48
#define WIDTH_MIN   48
#define BESIDE_HELP 14 /* frame, cursor, key */

struct state {
	const struct ui_view *of;
	const struct ui_binding *entries[ENTRIES_MAX];
	size_t n;
	struct ui_list list;
	int width;
};

static const char *help_of(const struct ui_binding *b)
{
	return b->help ? b->help : ui_action_info(b->action)->help;
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	const struct ui_binding *b = s->entries[row];
	const char *reason;
	ret->role = ui_view_can(s->of, b->action, &reason) ? UI_ROLE_NORMAL : UI_ROLE_DIM;
	if (column == 0) {
		ret->text = help_of(b);
		return;
	}
	const char *keys = ui_action_info(b->action)->keys;
	snprintf(buf, size, "%.*s", (int)strcspn(keys, " "), keys);
	ret->text = buf;
}

static const struct ui_column columns[] = {
	{.title = "What", .min = 20},
	{.title = "Key", .width = 8, .right = true},
	{0},
};
static const struct ui_list_ops list_ops = {.value = value};

static int open_menu(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	(void)err;
	s->of = arg;
	s->width = WIDTH_MIN;
	for (const struct ui_binding *b = s->of->ops->bindings; b && b->action != UI_ACT_NONE; b++)
		if (s->n < ENTRIES_MAX && ui_view_offers(s->of, b->action)) {
			int w = ui_text_width(help_of(b), UI_TEXT) + BESIDE_HELP;
			s->width = w > s->width ? w : s->width;
			s->entries[s->n++] = b;
		}
	ui_list_init(&s->list, &list_ops, s, columns);
	s->list.no_titles = true;
	ui_list_set(&s->list, s, s->n);
	return CK_OK;
}

static void close_menu(struct ui_view *v)
{
	struct state *s = v->state;
	ui_list_fini(&s->list);
}

static struct ui_rect box_of(const struct ui_view *v, int rows, int cols)
{
	const struct state *s = v->state;
	int h = (int)s->n + 2 > rows ? rows : (int)s->n + 2;
	int w = s->width < cols ? s->width : cols;
	return (struct ui_rect){(rows - h) / 2, (cols - w) / 2, h, w};
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	struct ui_rect r = box_of(v, rows, cols);
	ui_list_layout(&s->list, (struct ui_rect){r.y + 1, r.x + 2, r.h - 2, r.w - 4});
}

/** Close, then do it on the screen below, as if its key had been pressed there. */
static enum ui_reply choose(struct ui_view *v)
{
	struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	if (row == UI_LIST_NONE)
		return UI_CLOSE;
	enum ui_action a = s->entries[row]->action;
	struct ui_app *app = v->app;
	ui_app_close(app, v);
	ui_app_act(app, a, 0);
	return UI_DONE;
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	if (a == UI_ACT_OPEN)
		return choose(v);
	if (a == UI_ACT_MENU)
		return UI_CLOSE;
	return ui_list_act(&s->list, a);
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	enum ui_reply r = ui_list_key(&s->list, k);
	if (k->code != UI_KEY_CLICK)
		return r;
	return r == UI_REPAINT ? choose(v) : UI_CLOSE; /* outside: the harmless way out */
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	(void)ui_box(c, box_of(v, v->rows, v->cols), s->of->ops->title, UI_ROLE_DIALOG);
	ui_list_draw(&s->list, c);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	const char *reason = NULL;
	if (row != UI_LIST_NONE && !ui_view_can(s->of, s->entries[row]->action, &reason) && reason)
		(void)ck_buf_adds(ret, reason);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_OPEN, "Do it", NULL},
	{UI_ACT_ESCAPE, "Close", NULL},
	{0},
};

const struct ui_view_ops ui_view_menu = {
	.name = "menu",
	.title = "Menu",
	.state_size = sizeof(struct state),
	.overlay = true,
	.bindings = bindings,
	.open = open_menu,
	.close = close_menu,
	.act = act,
	.key = key,
	.layout = layout,
	.draw = draw,
	.hint = hint,
};
