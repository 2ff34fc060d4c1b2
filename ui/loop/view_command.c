/* SPDX-License-Identifier: BSD-2-Clause */
/** A command line in full width, without a frame: to be selected with the mouse. */
#include <string.h>

#include "loop/app.h"
#include "loop/views.h"
#include "widgets/textview.h"

struct state {
	struct ui_textview text;
};

static int open_command(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	const char *command = arg;
	ui_textview_init(&s->text, UI_NAME);
	if (ui_textview_set(&s->text, command, strlen(command), false) < 0)
		return ck_err_nomem(err);
	return CK_OK;
}

static void close_command(struct ui_view *v)
{
	struct state *s = v->state;
	ui_textview_fini(&s->text);
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	if (a == UI_ACT_COMMAND)
		return UI_CLOSE;
	return ui_textview_act(&s->text, a);
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	return ui_textview_key(&s->text, k);
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	ui_textview_layout(&s->text, (struct ui_rect){1, 0, rows - 1, cols});
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	ui_textview_draw(&s->text, c, true);
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	(void)v, (void)right;
	(void)ck_buf_adds(left, "The same without the console");
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	(void)v;
	(void)ck_buf_adds(ret, "One line for the shell. Shift-drag selects it; M frees the mouse.");
}

const struct ui_view_ops ui_view_command = {
	.name = "command",
	.title = "Command line",
	.state_size = sizeof(struct state),
	.help = "What was put together here, as a command line that does the same. It can be "
		"selected with the mouse, kept in a script, or given to a colleague.",
	.open = open_command,
	.close = close_command,
	.act = act,
	.key = key,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
