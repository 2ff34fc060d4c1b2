/* SPDX-License-Identifier: BSD-2-Clause */
/** Help for a screen: what it is for, its keys, the keys that work everywhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/app.h"
#include "loop/views.h"
#include "terminal/wrap.h"

struct state {
	char *title;
	struct ck_buf text;
	struct ui_lines lines;
	int top, rows;
};

/** "F5 >" becomes "F5, >". */
static void add_keys(struct ck_buf *out, enum ui_action a)
{
	if (a == UI_ACT_PLACE) {
		(void)ck_buf_adds(out, "1 to 7");
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

static int open_help(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct ui_view *of = arg;
	struct state *s = v->state;
	s->text = (struct ck_buf)CK_BUF_INIT;
	if (asprintf(&s->title, "Help: %s", of->ops->title) < 0) {
		s->title = NULL;
		return ck_err_nomem(err);
	}
	if (of->ops->help)
		(void)ck_buf_addf(&s->text, "%s\n\n", of->ops->help);
	for (const struct ui_binding *b = of->ops->bindings; b && b->action != UI_ACT_NONE; b++)
		if (ui_view_offers(of, b->action))
			add_action(&s->text, b->action, b->help ? b->help : b->word);
	(void)ck_buf_adds(&s->text, "\nEverywhere\n");
	for (const enum ui_action *a = ui_global_actions(); *a != UI_ACT_NONE; a++)
		add_action(&s->text, *a, NULL);
	(void)ck_buf_adds(&s->text, "\nIn lists and texts\n");
	for (int a = UI_ACT_UP; a <= UI_ACT_LEFT; a++)
		add_action(&s->text, (enum ui_action)a, NULL);
	(void)ck_buf_adds(&s->text, "\nNo F-keys? Alt-1 to Alt-9 and Alt-0 are F1 to F10.\n");
	return s->text.failed ? ck_err_nomem(err) : CK_OK;
}

static void close_help(struct ui_view *v)
{
	struct state *s = v->state;
	free(s->title);
	ck_buf_fini(&s->text);
	ui_lines_fini(&s->lines);
}

static int width_of(int cols)
{
	return cols - 12 < 76 ? cols - 12 : 76;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	(void)ui_wrap(&s->lines, s->text.data, s->text.len, width_of(cols), UI_TEXT);
	s->rows = (int)s->lines.n + 2 > rows ? rows - 2 : (int)s->lines.n;
	s->top = 0;
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	int last = (int)s->lines.n - s->rows, top = s->top;
	switch (a) {
	case UI_ACT_UP:
		top--;
		break;
	case UI_ACT_DOWN:
		top++;
		break;
	case UI_ACT_PAGE_UP:
	case UI_ACT_HALF_UP:
		top -= s->rows;
		break;
	case UI_ACT_PAGE_DOWN:
	case UI_ACT_HALF_DOWN:
		top += s->rows;
		break;
	case UI_ACT_FIRST:
		top = 0;
		break;
	case UI_ACT_LAST:
		top = last;
		break;
	case UI_ACT_HELP:
	case UI_ACT_OPEN:
		return UI_CLOSE;
	default:
		return UI_IGNORED;
	}
	s->top = top < 0 ? 0 : top > last ? last : top;
	return UI_REPAINT;
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	if (k->code == UI_KEY_CLICK)
		return UI_CLOSE;
	if (k->code != UI_KEY_WHEEL_UP && k->code != UI_KEY_WHEEL_DOWN)
		return UI_IGNORED;
	return act(v, k->code == UI_KEY_WHEEL_UP ? UI_ACT_UP : UI_ACT_DOWN);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	struct ui_canvas in = ui_box(c, ui_centred(c, s->rows + 2, width_of(v->cols) + 4), s->title,
	                             UI_ROLE_DIALOG);
	for (int y = 0; y < s->rows && s->top + y < (int)s->lines.n; y++) {
		const struct ui_line *l = &s->lines.items[s->top + y];
		ui_put_from(&in, y, l->indent, in.at.w - l->indent, UI_ROLE_NORMAL, UI_TEXT,
		            s->text.data + l->at, l->len, 0);
	}
	ui_cursor(&in, 0, 0);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	if ((int)s->lines.n > s->rows)
		(void)ck_buf_addf(ret, "Lines %d to %d of %zu; PgDn shows more", s->top + 1,
		                  s->top + s->rows, s->lines.n);
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
