/* SPDX-License-Identifier: BSD-2-Clause */
/** The messages of a mailbox that is rehearsed, and what becomes of each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archives/browse.h"
#include "archives/letters.h"
#include "archives/rehearsed.h"
#include "loop/app.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/list.h"
#include "words/fmt.h"

/* The other columns are enum ui_letter_part. */
#define COL_WHY (UI_LETTER_UID + 1)

static const struct ui_column columns[] = {
	{"Date", 12, 0, false, 4, true},
	{"From", 16, 0, false, 2, true},
	{"Subject", 0, 12, false, 0, true},
	{"Size", 6, 0, true, 3, true},
	{"Uid", 7, 0, true, 1, true},
	{"What becomes of it", 26, 0, false, 0, true},
	{0},
};

struct state {
	struct ui_app *app;
	struct ck_restore_request request;
	char *source, *target, *owner, *reason;
	bool loading;
	struct ck_err failed;
	struct ck_decisions *found; /**< NULL until read. */
	struct ui_list list;
};

/* --- the rows ------------------------------------------------------------------------------- */

static const struct ck_archived_message *message_at(const struct state *s, size_t row)
{
	return &s->found->messages[s->found->items[row].message];
}

static enum ui_role role_of(enum ck_decision_kind kind)
{
	return kind == CK_DECIDE_ADD                                       ? UI_ROLE_NEW
	       : kind == CK_DECIDE_DAMAGED || kind == CK_DECIDE_NOT_STORED ? UI_ROLE_ERROR
	       : kind == CK_DECIDE_REFUSED                                 ? UI_ROLE_WARN
	                                                                   : UI_ROLE_DIM;
}

/** In the cell. */
static void decided(const struct state *s, const struct ck_decision *d, char *buf, size_t size)
{
	static const char *const words[] = {
		[CK_DECIDE_ADD] = "add: missing",
		[CK_DECIDE_SAME] = "same: there already",
		[CK_DECIDE_LEAVE] = "left: in",
		[CK_DECIDE_DAMAGED] = "! damaged in the archive",
		[CK_DECIDE_NOT_STORED] = "! not in the archive",
		[CK_DECIDE_REFUSED] = "! refused",
	};
	(void)snprintf(buf, size, "%s%s%s", words[d->kind],
	               !d->where                    ? ""
	               : d->kind == CK_DECIDE_LEAVE ? " "
	                                            : ", in ",
	               d->where ? ui_rehearsed_called(d->where, s->owner) : "");
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	const struct ck_archived_message *m = message_at(s, row);
	if (column != COL_WHY) {
		ret->text = ui_letter_cell(m, (enum ui_letter_part)column, ui_app_now(s->app), buf,
		                           size);
		return;
	}
	decided(s, &s->found->items[row], buf, size);
	ret->text = buf;
	ret->role = role_of(s->found->items[row].kind);
	ret->flags = UI_NAME;
}

static uint64_t id(const void *ctx, size_t row)
{
	return message_at(ctx, row)->uid;
}

static void sort_by(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	const struct state *s = ctx;
	if (column == COL_WHY)
		ret->number = (uint64_t)s->found->items[row].kind;
	else
		ui_letter_sort(message_at(s, row), (enum ui_letter_part)column, ret);
}

static const char *text(const void *ctx, size_t row)
{
	return message_at(ctx, row)->subject;
}

static const struct ui_list_ops list_ops = {
	.value = value, .id = id, .sort = sort_by, .text = text};

/* --- loading -------------------------------------------------------------------------------- */

struct load {
	struct ui_app *app;
	const struct ck_settings *settings;
	struct ck_restore_request request;
	char *source;
	struct ck_decisions *found;
};

static void decisions_free(void *data)
{
	struct ck_decisions *d = data;
	if (d)
		ck_decisions_fini(d);
	free(d);
}

static int load(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct load *t = data;
	(void)watch;
	t->found = ck_alloc(1, sizeof *t->found);
	if (!t->found)
		return ck_err_nomem(err);
	return ck_restore_decide(t->settings, &t->request, t->source, t->found, err);
}

static void load_free(void *data)
{
	struct load *t = data;
	ck_restore_request_fini(&t->request);
	ui_task_discard(t->app, decisions_free, t->found);
	free(t->source);
	free(t);
}

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
	s->found = CK_STEAL(t->found);
	ui_list_set(&s->list, s, s->found->n);
}

static void start_loading(struct ui_view *v)
{
	static const struct ui_task_kind kind = {load, loaded, load_free};
	struct state *s = v->state;
	struct load *t = ck_alloc(1, sizeof *t);
	s->failed = (struct ck_err)CK_ERR_INIT;
	ui_list_set(&s->list, s, 0);
	ui_task_discard(v->app, decisions_free, CK_STEAL(s->found));
	if (!t) {
		(void)ck_err_nomem(&s->failed);
		return;
	}
	t->app = v->app;
	t->settings = ui_app_settings(v->app);
	t->source = strdup(s->source);
	if (!t->source || ck_restore_request_copy(&s->request, &t->request) < 0) {
		load_free(t);
		(void)ck_err_nomem(&s->failed);
		return;
	}
	s->loading = ui_task_start(v->app, &kind, v, t, NULL, &s->failed) == 0;
}

/* --- drawing -------------------------------------------------------------------------------- */

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	if (s->loading)
		ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_NORMAL, UI_TEXT,
		       "Comparing the messages with the server ...");
	else if (!s->found)
		ui_put_failure(c, 1, "The messages cannot be compared:", &s->failed,
		               "r tries it again");
	else if (s->found->n == 0)
		ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_NORMAL, UI_TEXT,
		       "No message of it was asked for.");
	else
		ui_list_draw(&s->list, c);
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	(void)ck_buf_adds(left, "Preview > ");
	(void)ui_text(s->target, SIZE_MAX, UI_NAME, left);
	if (s->found && s->found->n)
		ui_list_position(&s->list, right);
}

/** The whole reason of the row under the bar. */
static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	static const char *const reasons[] = {
		[CK_DECIDE_ADD] = "No message there has its GUID: it is added",
		[CK_DECIDE_SAME] = "A message with its GUID is there: it is left alone",
		[CK_DECIDE_LEAVE] = "Missing there, but it is left where it lies",
		[CK_DECIDE_DAMAGED] =
			"The archive has something else than its GUID names: never added",
		[CK_DECIDE_NOT_STORED] =
			"Missing, and its text is not in this archive: look into another",
		[CK_DECIDE_REFUSED] = "Its mailbox is refused",
	};
	const struct state *s = v->state;
	size_t row = s->found ? ui_list_row(&s->list) : UI_LIST_NONE;
	if (row == UI_LIST_NONE)
		return;
	const struct ck_decision *d = &s->found->items[row];
	(void)ck_buf_adds(ret, reasons[d->kind]);
	if (d->kind == CK_DECIDE_ADD && s->request.quota == CK_QUOTA_FIT)
		(void)ck_buf_adds(ret, " if the quota has room");
	if (d->where)
		(void)ck_buf_addf(ret, "; it lies in %s now", d->where);
	if (d->kind == CK_DECIDE_REFUSED && s->reason)
		(void)ck_buf_addf(ret, ": %s", s->reason);
}

/* --- acting --------------------------------------------------------------------------------- */

static void narrow(struct ui_view *v, const char *words)
{
	struct state *s = v->state;
	(void)ui_list_filter(&s->list, words ? words : "");
	ui_app_dirty(v->app);
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	if (a == UI_ACT_REREAD) {
		start_loading(v);
		return UI_REPAINT;
	}
	if (!s->found)
		return UI_IGNORED;
	enum ui_reply r = ui_app_narrow(v, &s->list, a, narrow);
	return r == UI_IGNORED ? ui_list_act(&s->list, a) : r;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	(void)ret_reason;
	return a == UI_ACT_REREAD ? !s->loading : s->found && s->found->n > 1;
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	return s->found ? ui_list_key(&s->list, k) : UI_IGNORED;
}

static enum ui_reply work(struct ui_view *v)
{
	struct state *s = v->state;
	return ui_list_work(&s->list);
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	ui_list_layout(&s->list, (struct ui_rect){0, 0, rows, cols});
}

static int open_decisions(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct ui_decisions_arg *a = arg;
	struct state *s = v->state;
	s->app = v->app;
	ui_list_init(&s->list, &list_ops, s, columns);
	s->source = strdup(a->source);
	s->target = strdup(a->target);
	s->owner = a->owner ? strdup(a->owner) : NULL;
	s->reason = a->reason ? strdup(a->reason) : NULL;
	if (!s->source || !s->target || ck_restore_request_copy(a->request, &s->request) < 0)
		return ck_err_nomem(err);
	free(s->request.archive);
	s->request.archive = strdup(a->path);
	if (!s->request.archive)
		return ck_err_nomem(err);
	start_loading(v);
	return CK_OK;
}

static void close_decisions(struct ui_view *v)
{
	struct state *s = v->state;
	ui_task_discard(v->app, decisions_free, CK_STEAL(s->found));
	ck_restore_request_fini(&s->request);
	ui_list_fini(&s->list);
	free(s->source);
	free(s->target);
	free(s->owner);
	free(s->reason);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_SORT, "Sort", NULL},
	{UI_ACT_FIND, "Find", "Show only messages with these words in the subject"},
	{UI_ACT_REREAD, "Read again", "Compare with the server again"},
	{0},
};

const struct ui_view_ops ui_view_decisions = {
	.name = "decisions",
	.title = "Restore: messages",
	.place = 5,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "The messages that were asked for, by uid, compared with the server just now. add: "
		"none there has its GUID. same: it is there. left: it lies in another mailbox, and "
		"the answer was to leave it there. Nothing has been changed.",
	.open = open_decisions,
	.close = close_decisions,
	.act = act,
	.key = key,
	.can = can,
	.work = work,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
