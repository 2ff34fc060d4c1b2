/* SPDX-License-Identifier: BSD-2-Clause */
/** Restore, second page: what would be done, compared with the server just now. */
#include <stdlib.h>
#include <string.h>

#include <cyrkeep/job.h>

#include "archives/browse.h"
#include "archives/rehearsed.h"
#include "loop/app.h"
#include "loop/house.h"
#include "loop/places.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/list.h"
#include "words/fmt.h"

#define WIDE      120 /* from here on the row is explained beside the list */
#define PANE_PART 67  /* per cent of the width for the list then */

struct state {
	struct ui_app *app;
	struct ck_restore_request request;
	struct ck_watch *watch; /**< While it is being worked out. */
	bool known, starting;
	struct ck_err failed;
	struct ck_rehearsal plan;
	size_t nrefused, nwork;
	struct ui_list list;
	char *words;
	struct ui_lines lines;
	char *about; /**< The row under the bar, where there is room beside the list. */
};

static const struct ck_rehearsal_mailbox *mailbox_at(const void *ctx, size_t row)
{
	return &((const struct state *)ctx)->plan.mailboxes[row];
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	ui_rehearsed_value(mailbox_at(ctx, row), (enum ui_rehearsed_column)column, buf, size, ret);
}

static void sort_by(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	ui_rehearsed_sort(mailbox_at(ctx, row), (enum ui_rehearsed_column)column, ret);
}

static const struct ui_list_ops list_ops = {.value = value, .sort = sort_by};

/* --- working it out ----------------------------------------------------------------------- */

struct rehearse {
	const struct ck_settings *settings;
	struct ck_restore_request request;
	struct ck_rehearsal plan;
	uint32_t job;
};

static int rehearse(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct rehearse *t = data;
	return ck_restore_rehearse(t->settings, &t->request, watch, &t->plan, err);
}

static void task_free(void *data)
{
	struct rehearse *t = data;
	ck_restore_request_fini(&t->request);
	ck_rehearsal_fini(&t->plan);
	free(t);
}

static void layout(struct ui_view *v, int rows, int cols);

static void rehearsed(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct rehearse *t = data;
	s->watch = NULL;
	if (r < 0) {
		s->failed = *err;
		return;
	}
	s->plan = t->plan;
	t->plan = (struct ck_rehearsal){0};
	s->known = true;
	for (size_t i = 0; i < s->plan.n; i++) {
		enum ck_restore_action a = s->plan.mailboxes[i].action;
		s->nrefused += a == CK_RESTORE_REFUSE;
		s->nwork += a == CK_RESTORE_RECREATE || a == CK_RESTORE_CREATE ||
		            (a == CK_RESTORE_ADD && s->plan.mailboxes[i].missing);
	}
	ui_list_set(&s->list, s, s->plan.n);
	layout(v, v->rows, v->cols);
}

static const struct ui_task_kind rehearse_kind = {rehearse, rehearsed, task_free};

/** A task that has the request. @return NULL without memory. */
static struct rehearse *new_task(const struct ui_view *v)
{
	const struct state *s = v->state;
	struct rehearse *t = ck_alloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->settings = ui_app_settings(v->app);
	if (ck_restore_request_copy(&s->request, &t->request) == 0)
		return t;
	free(t);
	return NULL;
}

static void start_rehearsal(struct ui_view *v)
{
	struct state *s = v->state;
	struct rehearse *t = new_task(v);
	s->failed = (struct ck_err)CK_ERR_INIT;
	ck_rehearsal_fini(&s->plan);
	s->plan = (struct ck_rehearsal){0};
	s->known = false;
	s->nrefused = s->nwork = 0;
	ui_list_set(&s->list, s, 0);
	if (!t)
		(void)ck_err_nomem(&s->failed);
	else
		(void)ui_task_start(v->app, &rehearse_kind, v, t, &s->watch, &s->failed);
}

/* --- starting the job ---------------------------------------------------------------------- */

static int start_job(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct rehearse *t = data;
	struct ck_job_spec spec = {.kind = CK_JOB_RESTORE, .restore = &t->request};
	(void)watch;
	return ck_job_start(t->settings, &spec, &t->job, err);
}

static void job_started(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	const struct rehearse *t = data;
	struct ui_app *app = v->app;
	bool here = ui_app_is_shown(app, v);
	uint32_t job = t->job;
	s->starting = false;
	if (r < 0) {
		ui_app_fail(app, "The restore was not started", err);
		return;
	}
	/* Both pages have done their work: back from the job is where it was asked for. */
	ui_app_close(app, v->below && v->below->ops == &ui_view_restore ? v->below : v);
	ui_show_job(app, job, here);
}

static const struct ui_task_kind start_kind = {start_job, job_started, task_free};

/** The archive that the rehearsal looked at, whatever its name would mean by now. */
static int take_rehearsed(struct rehearse *t, const struct state *s, struct ck_err *err)
{
	free(t->request.archive);
	t->request.archive = strdup(s->plan.path);
	return t->request.archive ? 0 : ck_err_nomem(err);
}

static enum ui_reply forward(struct ui_view *v)
{
	struct state *s = v->state;
	struct ck_err err = CK_ERR_INIT;
	struct rehearse *t = new_task(v);
	int r = t ? take_rehearsed(t, s, &err) : ck_err_nomem(&err);
	if (r == 0)
		r = ui_task_start(v->app, &start_kind, v, t, NULL, &err);
	else if (t)
		task_free(t);
	s->starting = r == 0;
	if (r < 0)
		ui_app_fail(v->app, "The restore was not started", &err);
	return UI_REPAINT;
}

/* --- drawing ------------------------------------------------------------------------------- */

static void say(const struct state *s, struct ck_buf *out)
{
	const struct ck_rehearsal *p = &s->plan;
	(void)ck_buf_addf(out,
	                  "%s message%s, %s, would be added; %s %s there already. Nothing that is "
	                  "there is changed or removed.\n",
	                  ui_fmt_count(p->missing).s, p->missing == 1 ? "" : "s",
	                  ui_fmt_size(p->missing_bytes).s, ui_fmt_count(p->present).s,
	                  p->present == 1 ? "is" : "are");
	if (p->damaged)
		(void)ck_buf_addf(
			out,
			"%s message%s damaged in the archive and would stay missing: look "
			"for %s in an older one.\n",
			ui_fmt_count(p->damaged).s, p->damaged == 1 ? " is" : "s are",
			p->damaged == 1 ? "it" : "them");
	if (s->nrefused)
		(void)ck_buf_addf(out,
		                  "%zu mailbox%s cannot be put back like this; see the note.\n",
		                  s->nrefused, s->nrefused == 1 ? "" : "es");
	for (size_t i = 0; i < p->remarks.n; i++)
		(void)ck_buf_addf(out, "note  %s\n", p->remarks.items[i]);
	(void)ck_buf_adds(out, "runs  ");
	ui_restore_command(ui_app_settings(s->app), &s->request, out);
}

static int list_width(const struct ui_view *v)
{
	return v->cols >= WIDE ? v->cols * PANE_PART / 100 : v->cols;
}

static void explain(struct ui_view *v)
{
	struct state *s = v->state;
	struct ck_buf out = CK_BUF_INIT;
	size_t row = s->known ? ui_list_row(&s->list) : UI_LIST_NONE;
	if (v->cols < WIDE || row == UI_LIST_NONE)
		return;
	ui_rehearsed_explain(mailbox_at(s, row), &out);
	free(s->about);
	s->about = ck_buf_take(&out);
}

/** Rows of the words below the list. */
static int words_height(const struct ui_view *v)
{
	const struct state *s = v->state;
	int most = v->rows / 2, n = (int)s->lines.n + 1;
	return n < most ? n : most;
}

static enum ui_reply work(struct ui_view *v)
{
	struct state *s = v->state;
	enum ui_reply r = ui_list_work(&s->list);
	if (r == UI_REPAINT)
		explain(v);
	return r;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	struct ck_buf out = CK_BUF_INIT;
	say(s, &out);
	free(s->words);
	s->words = ck_buf_take(&out);
	s->lines.n = 0;
	if (s->words)
		(void)ui_wrap(&s->lines, s->words, strlen(s->words), cols - 2, UI_NAME);
	ui_list_layout(&s->list, (struct ui_rect){0, 0, rows - words_height(v), list_width(v)});
	explain(v);
}

static void draw_pane(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	struct ui_canvas above =
		ui_canvas_part(c, (struct ui_rect){0, 0, c->at.h - words_height(v), c->at.w});
	struct ui_canvas pane = ui_pane_beside(&above, list_width(v));
	ui_title(&pane, 0, "Under the bar", false);
	if (s->about)
		(void)ui_put_wrapped(&pane, (struct ui_rect){1, 1, pane.at.h - 1, pane.at.w - 2},
		                     UI_ROLE_NORMAL, UI_NAME, s->about);
}

static void draw_waiting(const struct state *s, struct ui_canvas *c)
{
	uint64_t done = s->watch ? atomic_load(&s->watch->done) : 0;
	uint64_t total = s->watch ? atomic_load(&s->watch->total) : 0;
	ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_NORMAL, UI_TEXT,
	       "Comparing the archive with the server ...");
	if (total) {
		ui_bar(c, 3, 1, c->at.w < 62 ? c->at.w - 2 : 60, done, total);
		ui_putf(c, 4, 1, c->at.w - 1, UI_ROLE_NORMAL, "%s of %s mailboxes",
		        ui_fmt_count(done).s, ui_fmt_count(total).s);
	}
	ui_put(c, 6, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "q gives it up. Nothing is changed.");
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	if (s->watch) {
		draw_waiting(s, c);
		return;
	}
	if (s->failed.code) {
		ui_put_failure(c, 1, "The preview cannot be made:", &s->failed,
		               "r tries it again, < goes back");
		return;
	}
	if (s->plan.n == 0)
		ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_NORMAL, UI_TEXT,
		       "Nothing of that can be put back; see below.");
	else
		ui_list_draw(&s->list, c);
	if (s->plan.n && v->cols >= WIDE)
		draw_pane(v, c);
	int y = c->at.h - words_height(v);
	ui_title(c, y++, "In words", false);
	for (size_t i = 0; i < s->lines.n && y < c->at.h; i++, y++) {
		const struct ui_line *l = &s->lines.items[i];
		ui_put_from(c, y, 1 + l->indent, c->at.w - 1 - l->indent, UI_ROLE_NORMAL, UI_NAME,
		            s->words + l->at, l->len, 0);
	}
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	(void)ck_buf_adds(left, "Restore: 1 What and where > [2 Preview] > 3 Run");
	(void)ck_buf_addf(right, "from archive %s", s->request.archive);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	size_t row = s->known ? ui_list_row(&s->list) : UI_LIST_NONE;
	if (s->starting) {
		(void)ck_buf_adds(ret, "The job is being started ...");
		return;
	}
	if (row == UI_LIST_NONE)
		return;
	const struct ck_rehearsal_mailbox *m = &s->plan.mailboxes[row];
	if (m->reason && *m->reason)
		(void)ck_buf_addf(ret, "%s%s", m->action == CK_RESTORE_REFUSE ? "Refused: " : "",
		                  m->reason);
	else if (ui_rehearsed_is_moved(m))
		(void)ck_buf_addf(ret, "%s, from %s",
		                  m->action == CK_RESTORE_CREATE ? "new mailbox" : "added",
		                  m->source);
	else
		(void)ck_buf_adds(ret, "A rehearsal: nothing has been changed. F5 runs it as a "
		                       "job.");
}

/* --- acting ------------------------------------------------------------------------------ */

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	struct ck_buf out = CK_BUF_INIT;
	switch (a) {
	case UI_ACT_FORWARD:
		return forward(v);
	case UI_ACT_STEP_BACK:
		return UI_CLOSE;
	case UI_ACT_REREAD:
		start_rehearsal(v);
		return UI_REPAINT;
	case UI_ACT_COMPARE:
		(void)ui_app_push(v->app, &ui_view_settings,
		                  &(struct ui_browse_arg){.which = s->plan.path});
		return UI_DONE;
	case UI_ACT_COMMAND:
		ui_restore_command(ui_app_settings(s->app), &s->request, &out);
		(void)ui_app_push(v->app, &ui_view_command, out.data);
		ck_buf_fini(&out);
		return UI_DONE;
	default:
		break;
	}
	enum ui_reply r = s->known ? ui_list_act(&s->list, a) : UI_IGNORED;
	if (r == UI_REPAINT)
		explain(v);
	return r;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	if (a == UI_ACT_REREAD)
		return !s->watch && !s->starting;
	if (a == UI_ACT_SORT)
		return s->plan.n > 1;
	if (a == UI_ACT_COMPARE)
		return s->plan.settings > 0;
	if (a != UI_ACT_FORWARD)
		return true;
	if (s->starting)
		*ret_reason = "The job is being started";
	else if (!s->known)
		*ret_reason = s->watch ? "The comparison is still under way"
		                       : "There is no preview yet: r tries it again";
	else if (!s->nwork)
		*ret_reason = s->plan.damaged
		                      ? "What is missing on the server is damaged in the archive"
		                      : "Nothing is missing on the server: there is nothing to do";
	return !*ret_reason;
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	enum ui_reply r = s->known ? ui_list_key(&s->list, k) : UI_IGNORED;
	if (r == UI_REPAINT)
		explain(v);
	return r;
}

static enum ui_reply second(struct ui_view *v)
{
	const struct state *s = v->state;
	return s->watch ? UI_REPAINT : UI_DONE;
}

static int open_rehearsal(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct ui_restore_arg *a = arg;
	struct state *s = v->state;
	s->app = v->app;
	ui_list_init(&s->list, &list_ops, s, ui_rehearsed_columns);
	if (ck_restore_request_copy(a->request, &s->request) < 0)
		return ck_err_nomem(err);
	start_rehearsal(v);
	return CK_OK;
}

static void close_rehearsal(struct ui_view *v)
{
	struct state *s = v->state;
	ck_restore_request_fini(&s->request);
	ck_rehearsal_fini(&s->plan);
	ui_list_fini(&s->list);
	ui_lines_fini(&s->lines);
	free(s->words);
	free(s->about);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_FORWARD, "Restore", "Start the restore as a job"},
	{UI_ACT_STEP_BACK, "Back", "What and where again"},
	{UI_ACT_COMPARE, "Settings", "This server's settings that differ from the archive's"},
	{UI_ACT_COMMAND, "Command", NULL},
	{UI_ACT_SORT, "Sort", NULL},
	{UI_ACT_REREAD, "Read again", "Compare with the server again"},
	{0},
};

const struct ui_view_ops ui_view_rehearsal = {
	.name = "rehearsal",
	.title = "Restore: preview",
	.place = 5,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "A rehearsal against the running server: nothing has been changed. Mailbox: "
		"where it goes; the note says what it was in the archive. archive: messages asked "
		"for. now, after: what the mailbox holds, and would. add: missing on the server. "
		"same: there already, by GUID; left alone.\n\n"
		"If the server changes before the job runs, the job compares again.",
	.open = open_rehearsal,
	.close = close_rehearsal,
	.act = act,
	.key = key,
	.can = can,
	.tick = second,
	.work = work,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
