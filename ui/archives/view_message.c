/* SPDX-License-Identifier: BSD-2-Clause */
/** One archived message: decoded, or as it came; the next and the one before. */
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

struct state {
	struct ui_opened *opened;
	size_t mailbox;
	struct ui_list *list;             /**< Of the screen below. */
	const struct ui_letters *letters; /**< Of the screen below. */
	bool raw, loading;
	struct ck_err failed;
	struct ui_textview view;
};

static const struct ck_archived_message *message_of(const struct state *s)
{
	size_t row = ui_list_row(s->list);
	return row == UI_LIST_NONE ? NULL : s->letters->items[row].m;
}

static void read_on(struct ui_view *v);

static void peeked(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct ui_peek *p = data;
	const struct ck_archived_message *m = message_of(s);
	s->loading = false;
	if (!m || p->uid != m->uid || p->raw != s->raw) {
		read_on(v); /* another one is wanted meanwhile */
		return;
	}
	s->failed = r < 0 ? *err : (struct ck_err)CK_ERR_INIT;
	(void)ui_textview_set(&s->view, p->text.data, r < 0 ? 0 : p->text.len, false);
}

static const struct ui_task_kind peek_kind = {ui_peek_work, peeked, ui_peek_free};

/** Read the message under the bar, unless one is being read. */
static void read_on(struct ui_view *v)
{
	struct state *s = v->state;
	const struct ck_archived_message *m = message_of(s);
	if (!m || s->loading)
		return;
	s->failed = (struct ck_err)CK_ERR_INIT;
	(void)ui_textview_set(&s->view, "", 0, false);
	if (!m->stored) {
		(void)ck_err_set(&s->failed, CK_ENOTFOUND, "%s", ui_letter_lack(m));
		return;
	}
	struct ui_peek *p = ui_peek_new(s->opened, s->mailbox, m->uid);
	if (!p) {
		(void)ck_err_nomem(&s->failed);
		return;
	}
	p->raw = s->raw;
	s->loading = ui_task_start(v->app, &peek_kind, v, p, NULL, &s->failed) == 0;
}

/* --- writing to a file ------------------------------------------------------------------- */

static void saved(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	const struct ui_peek *p = data;
	if (r < 0)
		ui_app_fail(v->app, "The message was not written", err);
	else
		ui_app_say(v->app, UI_SAY_INFO, "Written to %s, for you alone", p->save);
}

static const struct ui_task_kind save_kind = {ui_peek_work, saved, ui_peek_free};

static void save_to(struct ui_view *v, const char *path)
{
	struct state *s = v->state;
	const struct ck_archived_message *m = message_of(s);
	struct ck_err err = CK_ERR_INIT;
	if (!path || !*path || !m)
		return;
	struct ui_peek *p = ui_peek_new(s->opened, s->mailbox, m->uid);
	if (!p || !(p->save = strdup(path))) {
		ui_peek_free(p);
		(void)ck_err_nomem(&err);
		ui_app_fail(v->app, "The message was not written", &err);
	} else if (ui_task_start(v->app, &save_kind, v, p, NULL, &err) < 0) {
		ui_app_fail(v->app, "The message was not written", &err);
	}
}

static void ask_path(struct ui_view *v, const struct ck_archived_message *m)
{
	struct state *s = v->state;
	struct ck_buf path = CK_BUF_INIT;
	const char *home = getenv("HOME");
	(void)ck_buf_addf(&path, "%s/message-%u-%u.eml", home && *home == '/' ? home : "/root",
	                  s->opened->info->number, m->uid);
	ui_app_prompt(v, "Write to:", path.data, NULL, save_to);
	ck_buf_fini(&path);
}

/* --- drawing ------------------------------------------------------------------------------ */

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	const struct ck_archived_message *m = message_of(s);
	if (!m)
		return;
	char flags[5];
	ui_letter_flags(m, flags);
	int used =
		ui_putf(c, 0, 1, c->at.w - 1, UI_ROLE_DIM, "%s, arrived %s", ui_fmt_size(m->size).s,
	                ui_fmt_date(m->internaldate, ui_app_now(v->app)).s);
	ui_put(c, 0, used + 3, c->at.w - used - 3, UI_ROLE_DIM, UI_TEXT, m->flags);
	if (m->expunged)
		ui_put_right(c, 0, c->at.w - 10, 10, UI_ROLE_WARN, UI_TEXT, "expunged");
	ui_title(c, 1,
	         s->raw ? "As it came, hidden characters shown" : "Text, hidden characters shown",
	         true);
	if (s->loading) {
		ui_put(c, 2, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "Reading the message ...");
	} else if (s->failed.code) {
		ui_put_failure(c, 2, "The message cannot be shown:", &s->failed, "");
	} else {
		ui_textview_draw(&s->view, c, true);
	}
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	const struct ck_archived_message *m = message_of(s);
	(void)ck_buf_addf(left, "%u > ", s->opened->info->number);
	(void)ui_text(s->opened->mailboxes[s->mailbox].name, SIZE_MAX, UI_NAME, left);
	if (m)
		(void)ck_buf_addf(left, " > uid %u", m->uid);
	(void)ck_buf_addf(right, "%s of %s", ui_fmt_count(s->list->cursor + 1).s,
	                  ui_fmt_count(s->list->nshown).s);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	const struct ck_archived_message *m = message_of(s);
	if (m && ui_basket_has_message(s->opened, s->mailbox, m->uid))
		(void)ck_buf_adds(ret,
		                  "In the basket. Left and Right: the message before, the next.");
	else
		(void)ck_buf_adds(ret, "Left and Right: the message before, the next. Nothing here "
		                       "was run or fetched.");
}

/* --- acting ------------------------------------------------------------------------------- */

static enum ui_reply tick(struct ui_view *v, const struct ck_archived_message *m)
{
	struct state *s = v->state;
	ui_basket_remember(s->opened);
	if (ui_letter_lack(m))
		ui_app_say(v->app, UI_SAY_INFO, "%s", ui_letter_lack(m));
	else if (!ui_letters_turn(s->letters, s->opened, ui_list_row(s->list)))
		ui_app_say(v->app, UI_SAY_WARN,
		           "The basket holds other mailboxes; restore them first (F6)");
	return UI_REPAINT;
}

static enum ui_reply move(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	(void)ui_list_act(s->list, a);
	read_on(v);
	return UI_REPAINT;
}

static void found(struct ui_view *v, const char *word)
{
	struct state *s = v->state;
	if (word && !ui_textview_find(&s->view, word) && *word)
		ui_app_say(v->app, UI_SAY_INFO, "'%s' is not in this text", word);
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	const struct ck_archived_message *m = message_of(s);
	if (!m)
		return UI_IGNORED;
	switch (a) {
	case UI_ACT_RIGHT:
		return move(v, UI_ACT_DOWN);
	case UI_ACT_LEFT:
		return move(v, UI_ACT_UP);
	case UI_ACT_VIEW:
		s->raw = !s->raw;
		read_on(v);
		return UI_REPAINT;
	case UI_ACT_TICK:
		return tick(v, m);
	case UI_ACT_PUT_BACK:
		ui_restore_message(v, s->opened, s->mailbox, m);
		return UI_REPAINT;
	case UI_ACT_WRITE:
		ask_path(v, m);
		return UI_REPAINT;
	case UI_ACT_FIND:
		ui_app_prompt(v, "/", "", NULL, found);
		return UI_REPAINT;
	default:
		return ui_textview_act(&s->view, a);
	}
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct ck_archived_message *m = message_of(v->state);
	const char *lack = m ? ui_letter_lack(m) : "There is no message";
	if ((a == UI_ACT_TICK || a == UI_ACT_PUT_BACK) && lack)
		*ret_reason = lack;
	else if (a == UI_ACT_WRITE && (!m || !m->stored))
		*ret_reason = lack;
	return !*ret_reason;
}

static const char *word(const struct ui_view *v, enum ui_action a)
{
	const struct state *s = v->state;
	return a == UI_ACT_VIEW && s->raw ? "Decoded" : ui_basket_word(s->opened, a);
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	return ui_textview_key(&s->view, k);
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	int width = cols - 2 < 100 ? cols - 2 : 100; /* longer lines cannot be read */
	ui_textview_layout(&s->view, (struct ui_rect){2, 1, rows - 2, width});
}

static int open_message(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct ui_message_arg *a = arg;
	struct state *s = v->state;
	(void)err;
	s->opened = ui_opened_ref(a->opened);
	s->mailbox = a->mailbox;
	s->list = a->list;
	s->letters = a->letters;
	ui_textview_init(&s->view, UI_BODY);
	read_on(v);
	return CK_OK;
}

static void close_message(struct ui_view *v)
{
	struct state *s = v->state;
	ui_textview_fini(&s->view);
	ui_opened_unref(s->opened);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_VIEW, "As it came", "All headers and parts as they came, or decoded text"},
	{UI_ACT_TICK, "Basket", "Put into the basket, or take out"},
	{UI_ACT_PUT_BACK, "Restore", "Restore the basket; without one, this message"},
	{UI_ACT_WRITE, "Write .eml", "Write the message to a file, mode 0600"},
	{UI_ACT_FIND, "Find", "Find in this text; n and N go on"},
	{UI_ACT_RIGHT, "Next", "The next message; Left: the one before"},
	{0},
};

const struct ui_view_ops ui_view_message = {
	.name = "message",
	.title = "Message",
	.place = 4,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "Only text is shown. Other parts are listed with name, type and size. Control "
		"characters are made visible.\n\n"
		"Nothing in this view was run, fetched, or sent to your terminal as it came.",
	.open = open_message,
	.close = close_message,
	.act = act,
	.key = key,
	.can = can,
	.word = word,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
