/* SPDX-License-Identifier: BSD-2-Clause */
/** Help for a screen: what it is for, its keys, the keys that work everywhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/app.h"
#include "loop/places.h"
#include "loop/views.h"
#include "widgets/textview.h"

#define WIDTH_MAX 76

struct state {
	char *title;
	struct ui_textview text;
	struct ui_rect box; /**< With its frame. */
};

/** "F5 >" becomes "F5, >". */
static void add_keys(struct ck_buf *out, enum ui_action a)
{
	if (a == UI_ACT_PLACE) {
		const struct ui_place *last = ui_places();
		while (last[1].number)
			last++;
		(void)ck_buf_addf(out, "1 to %d", last->number);
		return;
	}
	for (const char *k = ui_action_info(a)->keys; *k; k++)
		if (*k == ' ')
			(void)ck_buf_adds(out, ", ");
		else
			(void)ck_buf_addc(out, *k);
}

static void add_action(struct ck_buf *out, enum ui_action a, const char *help)
{
	size_t start = out->len;
	add_keys(out, a);
	do
		(void)ck_buf_addc(out, ' ');
	while (out->len - start < 16 && !out->failed);
	(void)ck_buf_addf(out, "%s\n", help ? help : ui_action_info(a)->help);
}

static void add_all(struct ck_buf *out, const struct ui_view *of)
{
	if (of->ops->help)
		(void)ck_buf_addf(out, "%s\n\n", of->ops->help);
	for (const struct ui_binding *b = of->ops->bindings; b && b->action != UI_ACT_NONE; b++)
		if (ui_view_offers(of, b->action))
			add_action(out, b->action, b->help);
	(void)ck_buf_adds(out, "\nEverywhere\n");
	for (const enum ui_action *a = ui_global_actions(); *a != UI_ACT_NONE; a++)
		add_action(out, *a, NULL);
	(void)ck_buf_adds(out, "\nIn lists and texts\n");
	for (int a = UI_ACT_UP; a <= UI_ACT_LEFT; a++)
		add_action(out, (enum ui_action)a, NULL);
	(void)ck_buf_adds(out, "\nNo F-keys? Alt-1 to Alt-9 and Alt-0 are F1 to F10.\n");
}

static int open_help(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct ui_view *of = arg;
	struct state *s = v->state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	ui_textview_init(&s->text, UI_TEXT);
	add_all(&text, of);
	if (asprintf(&s->title, "Help: %s", of->ops->title) < 0)
		s->title = NULL;
	if (!s->title || text.failed || ui_textview_set(&s->text, text.data, text.len, false) < 0)
		return ck_err_nomem(err);
	return CK_OK;
}

static void close_help(struct ui_view *v)
{
	struct state *s = v->state;
	free(s->title);
	ui_textview_fini(&s->text);
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	const struct ui_canvas area = {.at = {0, 0, rows, cols}};
	int w = cols - 12 < WIDTH_MAX ? cols - 12 : WIDTH_MAX;
	ui_textview_layout(&s->text, (struct ui_rect){0, 0, rows, w});
	s->box = ui_centred(&area, (int)s->text.lines.n + 2, w + 4);
	ui_textview_layout(&s->text, (struct ui_rect){s->box.y + 1, s->box.x + 2, s->box.h - 2, w});
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	return a == UI_ACT_HELP || a == UI_ACT_OPEN ? UI_CLOSE : ui_textview_act(&s->text, a);
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	return k->code == UI_KEY_CLICK ? UI_CLOSE : ui_textview_key(&s->text, k);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	(void)ui_box(c, s->box, s->title, UI_ROLE_DIALOG);
	ui_textview_draw(&s->text, c, true);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct ui_textview *t = &((const struct state *)v->state)->text;
	size_t rows = (size_t)t->at.h;
	if (t->lines.n > rows)
		(void)ck_buf_addf(ret, "Lines %zu to %zu of %zu; PgDn shows more", t->top + 1,
		                  t->top + rows, t->lines.n);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_PAGE_DOWN, "More", NULL},
	{UI_ACT_ESCAPE, "Close", NULL},
	{0},
};

const struct ui_view_ops ui_view_help = {
	.name = "help",
	.title = "Help",
	.state_size = sizeof(struct state),
	.overlay = true,
	.bindings = bindings,
	.open = open_help,
	.close = close_help,
	.act = act,
	.key = key,
	.layout = layout,
	.draw = draw,
	.hint = hint,
};
