/* SPDX-License-Identifier: BSD-2-Clause */
/** The messages of an archived mailbox, newest first, and what the one under the bar says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archives/browse.h"
#include "archives/letters.h"
#include "archives/peek.h"
#include "loop/app.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/list.h"
#include "widgets/textview.h"
#include "words/fmt.h"

#define WIDE      120
#define PANE_PART 66          /* per cent of the width for the list then */
#define PEEK_MAX  (32u << 20) /* larger messages are read only when asked for */

enum column {
	COL_TICK,
	COL_DATE,
	COL_FLAGS,
	COL_FROM,
	COL_SUBJECT,
	COL_SIZE,
	COL_UID,
};

static const struct ui_column columns[] = {
	{"", 3, 0, false, 0, false},        {"Date", 12, 0, false, 4, true},
	{"Flag", 4, 0, false, 3, false},    {"From", 18, 0, false, 0, true},
	{"Subject", 0, 12, false, 0, true}, {"Size", 6, 0, true, 2, true},
	{"Uid", 7, 0, true, 1, true},       {0},
};

static const enum ui_letter_part parts[] = {
	[COL_DATE] = UI_LETTER_DATE, [COL_FROM] = UI_LETTER_FROM, [COL_SUBJECT] = UI_LETTER_SUBJECT,
	[COL_SIZE] = UI_LETTER_SIZE, [COL_UID] = UI_LETTER_UID,
};

struct state {
	struct ui_app *app;
	struct ui_opened *opened;
	size_t mailbox;
	bool loading;
	struct ck_err failed;
	struct ui_letters *letters; /**< NULL until read. */
	size_t n;
	struct ui_list list;
	struct ui_textview preview;
	uint32_t wanted, shown; /**< Uids: of the task under way, and of the text; 0 none. */
	bool zoom;              /**< The list alone. */
};

/* --- the rows -------------------------------------------------------------------------- */

static const struct ck_archived_message *message_at(const struct state *s, size_t row)
{
	return s->letters->items[row].m;
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	const struct ck_archived_message *m = message_at(s, row);
	bool in = ui_basket_has_message(s->opened, s->mailbox, m->uid);
	bool lacks = ui_letter_lack(m) != NULL;
	buf[0] = '\0';
	ret->text = buf;
	ret->role = lacks ? UI_ROLE_DIM : UI_ROLE_NORMAL;
	switch ((enum column)column) {
	case COL_TICK:
		ret->text = m->bad ? "[!]" : lacks ? "[-]" : in ? "[x]" : "[ ]";
		ret->role = m->bad  ? UI_ROLE_ERROR
		            : lacks ? UI_ROLE_TICK_RULE
		            : in    ? UI_ROLE_TICK_IN
		                    : UI_ROLE_TICK_OUT;
		break;
	case COL_FLAGS:
		ui_letter_flags(m, buf);
		break;
	default:
		ret->text = ui_letter_cell(m, parts[column], ui_app_now(s->app), buf, size);
		break;
	}
}

static uint64_t id(const void *ctx, size_t row)
{
	return message_at(ctx, row)->uid;
}

static void sort_by(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	ui_letter_sort(message_at(ctx, row), parts[column], ret);
}

static const char *text(const void *ctx, size_t row)
{
	return ((const struct state *)ctx)->letters->items[row].text;
}

static const struct ui_list_ops list_ops = {
	.value = value, .id = id, .sort = sort_by, .text = text};

/* --- loading --------------------------------------------------------------------------- */

struct load {
	struct ui_opened *opened;
	size_t mailbox;
	struct ui_app *app;
	struct ui_letters *letters;
};

static int load(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct load *t = data;
	(void)watch;
	return ui_letters_read(t->opened, t->mailbox, &t->letters, err);
}

static void load_free(void *data)
{
	struct load *t = data;
	ui_opened_unref(t->opened);
	ui_task_discard(t->app, ui_letters_free, t->letters);
	free(t);
}

static void look(struct ui_view *v);

static void loaded(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct load *t = data;
	s->loading = false;
	if (r < 0) {
		s->failed = *err;
		return;
	}
	s->letters = CK_STEAL(t->letters);
	s->n = s->letters->n;
	ui_list_set(&s->list, s, s->n);
	look(v);
}

static const struct ui_task_kind load_kind = {load, loaded, load_free};

static void start_loading(struct ui_view *v)
{
	struct state *s = v->state;
	struct load *t = ck_alloc(1, sizeof *t);
	s->failed = (struct ck_err)CK_ERR_INIT;
	if (!t) {
		(void)ck_err_nomem(&s->failed);
		return;
	}
	t->app = v->app;
	t->opened = ui_opened_ref(s->opened);
	t->mailbox = s->mailbox;
	s->loading = ui_task_start(v->app, &load_kind, v, t, NULL, &s->failed) == 0;
}

/* --- the preview ------------------------------------------------------------------------ */

static bool has_pane(const struct ui_view *v)
{
	const struct state *s = v->state;
	return !s->zoom && (v->cols >= WIDE || v->rows >= 14);
}

static void show_text(struct state *s, uint32_t uid, const char *words, size_t len)
{
	s->shown = uid;
	(void)ui_textview_set(&s->preview, words, len, false);
}

static void peeked(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct ui_peek *p = data;
	s->wanted = 0;
	if (r == 0) {
		show_text(s, p->uid, p->text.data, p->text.len);
	} else {
		struct ck_buf out = CK_BUF_INIT;
		(void)ck_buf_addf(&out, "No preview: %s.\n%s", err->msg, err->remedy);
		show_text(s, p->uid, out.data, out.len);
		ck_buf_fini(&out);
	}
	look(v); /* the bar may have moved on meanwhile */
}

static const struct ui_task_kind peek_kind = {ui_peek_work, peeked, ui_peek_free};

/** Fetch the text of the message under the bar, one at a time. */
static void look(struct ui_view *v)
{
	struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	if (row == UI_LIST_NONE || s->wanted || !has_pane(v) || message_at(s, row)->uid == s->shown)
		return;
	const struct ck_archived_message *m = message_at(s, row);
	const char *why = !m->stored           ? ui_letter_lack(m)
	                  : m->size > PEEK_MAX ? "Large: Enter reads it"
	                                       : NULL;
	if (why) {
		show_text(s, m->uid, why, strlen(why));
		return;
	}
	struct ui_peek *p = ui_peek_new(s->opened, s->mailbox, m->uid);
	if (p && ui_task_start(v->app, &peek_kind, v, p, NULL, NULL) == 0)
		s->wanted = m->uid;
}

/* --- drawing ---------------------------------------------------------------------------- */

static struct ui_rect pane_of(const struct ui_view *v)
{
	if (v->cols >= WIDE) {
		int x = v->cols * PANE_PART / 100;
		return (struct ui_rect){0, x, v->rows, v->cols - x};
	}
	int h = v->rows * 2 / 5;
	return (struct ui_rect){v->rows - h, 0, h, v->cols};
}

static void draw_pane(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	struct ui_rect at = pane_of(v);
	bool side = v->cols >= WIDE;
	if (side)
		ui_vrule(c, 0, at.x, at.h);
	struct ui_canvas pane =
		ui_canvas_part(c, (struct ui_rect){at.y, at.x + side, 1, at.w - side});
	ui_title(&pane, 0, "Preview", false);
	size_t row = ui_list_row(&s->list);
	if (row == UI_LIST_NONE)
		return;
	if (message_at(s, row)->uid == s->shown)
		ui_textview_draw(&s->preview, c, false);
	else
		ui_put(c, at.y + 1, at.x + 1 + side, at.w - 2, UI_ROLE_DIM, UI_TEXT, "...");
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	if (s->loading) {
		ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "Reading the messages ...");
	} else if (s->failed.code) {
		ui_put_failure(c, 1, "The messages cannot be listed:", &s->failed,
		               "r tries it again");
	} else if (s->n == 0) {
		ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_NORMAL, UI_TEXT,
		       "There is no message in this mailbox.");
	} else {
		ui_list_draw(&s->list, c);
		if (has_pane(v))
			draw_pane(v, c);
	}
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	(void)ck_buf_addf(left, "%u > ", s->opened->info->number);
	(void)ui_text(s->opened->mailboxes[s->mailbox].name, SIZE_MAX, UI_NAME, left);
	if (s->n) {
		(void)ck_buf_adds(left, "  ");
		ui_list_position(&s->list, left);
	}
	ui_basket_words(s->opened, right);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	if (row == UI_LIST_NONE) {
		if (s->n)
			(void)ck_buf_adds(ret, "Nothing matches; Esc shows all again.");
		return;
	}
	const struct ck_archived_message *m = message_at(s, row);
	const char *why = ui_letter_lack(m);
	if (m->bad)
		(void)ck_buf_adds(ret, "A finding was made about this message: see the report of "
		                       "the backup.");
	else if (why)
		(void)ck_buf_addf(ret, "%s.", why);
	else
		(void)ck_buf_adds(ret, "N unread, F flagged, A answered, D deleted, x expunged.");
}

/* --- acting ------------------------------------------------------------------------------ */

static enum ui_reply refuse_mixture(struct ui_view *v)
{
	ui_app_say(v->app, UI_SAY_WARN,
	           "The basket holds other mailboxes; restore them first (F6), or F8 empties it");
	return UI_REPAINT;
}

static enum ui_reply tick(struct ui_view *v, size_t row)
{
	struct state *s = v->state;
	const struct ck_archived_message *m = message_at(s, row);
	ui_basket_remember(s->opened);
	if (ui_letter_lack(m))
		ui_app_say(v->app, UI_SAY_INFO, "%s", ui_letter_lack(m));
	else if (!ui_letters_turn(s->letters, s->opened, row))
		return refuse_mixture(v);
	return UI_REPAINT;
}

/** Turn all rows that the filter shows. */
static enum ui_reply invert(struct ui_view *v)
{
	struct state *s = v->state;
	ui_basket_remember(s->opened);
	return ui_letters_turn_shown(s->letters, s->opened, &s->list) ? UI_REPAINT
	                                                              : refuse_mixture(v);
}

static void narrowed(struct ui_view *v, const char *words)
{
	struct state *s = v->state;
	(void)ui_list_filter(&s->list, words ? words : "");
	look(v);
}

static void add_words(struct ck_buf *out, const char *command, const char *a, const char *b)
{
	(void)ck_buf_adds(out, command);
	(void)ck_buf_add_word(out, a);
	(void)ck_buf_addc(out, ' ');
	(void)ck_buf_add_word(out, b);
}

static enum ui_reply show_command(struct ui_view *v, size_t row)
{
	struct state *s = v->state;
	struct ck_buf out = CK_BUF_INIT;
	ck_settings_command(ui_app_settings(v->app), &out);
	add_words(&out, " list ", s->opened->name, s->opened->mailboxes[s->mailbox].name);
	if (row != UI_LIST_NONE) {
		(void)ck_buf_addc(&out, '\n');
		ck_settings_command(ui_app_settings(v->app), &out);
		add_words(&out, " cat ", s->opened->name, s->opened->mailboxes[s->mailbox].name);
		(void)ck_buf_addf(&out, " %u", message_at(s, row)->uid);
	}
	(void)ui_app_push(v->app, &ui_view_command, out.data);
	ck_buf_fini(&out);
	return UI_DONE;
}

static enum ui_reply act_here(struct ui_view *v, enum ui_action a, size_t row)
{
	struct state *s = v->state;
	switch (a) {
	case UI_ACT_OPEN:
	case UI_ACT_VIEW:
		if (row != UI_LIST_NONE)
			(void)ui_app_push(v->app, &ui_view_message,
			                  &(struct ui_message_arg){s->opened, s->mailbox, &s->list,
			                                           s->letters});
		return UI_DONE;
	case UI_ACT_TICK:
		return row == UI_LIST_NONE ? UI_DONE : tick(v, row);
	case UI_ACT_TICK_DOWN:
		if (row != UI_LIST_NONE)
			(void)tick(v, row);
		(void)ui_list_act(&s->list, UI_ACT_DOWN);
		return UI_REPAINT;
	case UI_ACT_INVERT:
		return invert(v);
	case UI_ACT_PUT_BACK:
		ui_restore_message(v, s->opened, s->mailbox,
		                   row == UI_LIST_NONE ? NULL : message_at(s, row));
		return UI_REPAINT;
	case UI_ACT_UNDO:
	case UI_ACT_REMOVE:
		ui_basket_act(v, s->opened, a);
		return UI_REPAINT;
	case UI_ACT_FIND:
	case UI_ACT_ESCAPE:
		return ui_app_narrow(v, &s->list, a, narrowed);
	case UI_ACT_COMMAND:
		return show_command(v, row);
	default:
		return UI_IGNORED;
	}
}

static enum ui_reply work(struct ui_view *v)
{
	struct state *s = v->state;
	enum ui_reply r = ui_list_work(&s->list);
	if (r == UI_REPAINT)
		look(v);
	return r;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	struct ui_rect pane = pane_of(v);
	bool side = cols >= WIDE;
	struct ui_rect list = {0, 0, rows, cols};
	if (has_pane(v) && side)
		list.w = pane.x;
	else if (has_pane(v))
		list.h = pane.y;
	ui_list_layout(&s->list, list);
	ui_textview_layout(&s->preview, (struct ui_rect){pane.y + 1, pane.x + 1 + side, pane.h - 1,
	                                                 pane.w - 2 - side});
	look(v);
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	if (s->failed.code && !s->loading && a == UI_ACT_REREAD) {
		start_loading(v);
		return UI_REPAINT;
	}
	if (s->n == 0)
		return UI_IGNORED;
	if (a == UI_ACT_ZOOM) {
		s->zoom = !s->zoom;
		layout(v, v->rows, v->cols);
		return UI_REPAINT;
	}
	enum ui_reply r = ui_list_act(&s->list, a);
	if (r == UI_IGNORED)
		r = act_here(v, a, ui_list_row(&s->list));
	if (r == UI_REPAINT)
		look(v);
	return r;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	if (a == UI_ACT_REREAD)
		return s->failed.code && !s->loading;
	if (a == UI_ACT_UNDO)
		return s->opened->remembered;
	if (a == UI_ACT_REMOVE)
		return !ui_basket_is_empty(s->opened);
	if (s->n == 0)
		*ret_reason = s->loading ? "The messages are being read" : "There is no message";
	return s->n > 0;
}

static const char *word(const struct ui_view *v, enum ui_action a)
{
	return ui_basket_word(((const struct state *)v->state)->opened, a);
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	enum ui_reply r = ui_list_key(&s->list, k);
	size_t row = ui_list_row(&s->list);
	if (r == UI_IGNORED)
		r = ui_textview_key(&s->preview, k);
	else if (k->code == UI_KEY_CLICK && k->x >= 1 && k->x <= 3 && k->y > 0 &&
	         row != UI_LIST_NONE)
		(void)tick(v, row);
	look(v);
	return r;
}

/** A reader above may have moved the bar. */
static enum ui_reply second(struct ui_view *v)
{
	look(v);
	return UI_DONE;
}

static int open_messages(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct ui_messages_arg *a = arg;
	struct state *s = v->state;
	(void)err;
	s->app = v->app;
	s->opened = ui_opened_ref(a->opened);
	s->mailbox = a->mailbox;
	ui_list_init(&s->list, &list_ops, s, columns);
	ui_textview_init(&s->preview, UI_BODY);
	start_loading(v);
	return CK_OK;
}

static void close_messages(struct ui_view *v)
{
	struct state *s = v->state;
	ui_list_fini(&s->list);
	ui_textview_fini(&s->preview);
	ui_task_discard(v->app, ui_letters_free, s->letters);
	ui_opened_unref(s->opened);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_OPEN, "Read", "Read the message"},
	{UI_ACT_TICK, "Basket", "Put into the basket, or take out"},
	{UI_ACT_PUT_BACK, "Restore", "Restore the basket; without one, the message under the bar"},
	{UI_ACT_FIND, "Find", "Find by words of subject, sender and receiver"},
	{UI_ACT_INVERT, "Invert", "Turn the ticks of all shown messages: with / all that match"},
	{UI_ACT_SORT, "Sort", NULL},
	{UI_ACT_ZOOM, "Zoom", "The list alone"},
	{UI_ACT_REMOVE, "Empty", "Empty the basket; u brings it back"},
	{UI_ACT_UNDO, "Undo", "The basket as it was before the last change"},
	{UI_ACT_COMMAND, "Command", NULL},
	{UI_ACT_REREAD, "Try again", "Read the messages again"},
	{0},
};

const struct ui_view_ops ui_view_messages = {
	.name = "messages",
	.title = "Messages of an archived mailbox",
	.place = 4,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "Newest first. [x] in the basket, [-] cannot be restored, [!] damaged. N "
		"unread, F flagged, A answered, D deleted, x expunged.\n\n"
		"Message texts are shown as text; nothing in them is run, fetched, or sent to "
		"the terminal as it came.",
	.open = open_messages,
	.close = close_messages,
	.act = act,
	.key = key,
	.tick = second,
	.can = can,
	.word = word,
	.work = work,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
