/* SPDX-License-Identifier: BSD-2-Clause */
/** The log of one job: all that it said, and what it says. */
#include <stdio.h>
#include <string.h>

#include "jobs/job_control.h"
#include "jobs/job_draw.h"
#include "loop/app.h"
#include "loop/views.h"
#include "widgets/list.h"
#include "words/fmt.h"

struct state {
	struct ui_job job;
	int fd; /**< Watched, or -1. */
	struct ui_list list;
	bool left_end; /**< The user looks at the past: do not follow. */
};

static const struct ui_column columns[] = {
	{"Time", 9, 0, false, 2, false},
	{"What", 8, 0, false, 1, false},
	{"Text", 0, 20, false, 0, false},
	{0},
};

static const char *kind_name(enum ck_event_kind kind)
{
	switch (kind) {
	case CK_EV_PHASE:
		return "step";
	case CK_EV_FINDING:
		return "finding";
	case CK_EV_STATE:
		return "state";
	case CK_EV_REPORT:
		return "report";
	default:
		return "";
	}
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct ui_job_entry *e = &((const struct ui_job *)ctx)->entries[row];
	if (column == 0)
		snprintf(buf, size, "%s", ui_fmt_clock(e->time_ms / 1000).s);
	ret->text = column == 0 ? buf : column == 1 ? kind_name(e->kind) : e->line;
	ret->role = e->kind == CK_EV_FINDING ? UI_ROLE_WARN : UI_ROLE_NORMAL;
}

static const char *text_of(const void *ctx, size_t row)
{
	return ((const struct ui_job *)ctx)->entries[row].line;
}

static const struct ui_list_ops list_ops = {.value = value, .text = text_of};

static enum ui_reply ready(struct ui_view *v, int fd)
{
	struct state *s = v->state;
	size_t before = s->job.n;
	(void)ui_job_take(&s->job, ui_app_clock_ms(v->app));
	if (!s->job.follow) {
		ui_app_unwatch(v, fd);
		s->fd = -1;
	}
	if (s->job.n == before && s->fd >= 0)
		return UI_DONE;
	ui_list_grow(&s->list, s->job.n);
	if (!s->left_end)
		(void)ui_list_act(&s->list, UI_ACT_LAST);
	return UI_REPAINT;
}

static void narrowed(struct ui_view *v, const char *text)
{
	struct state *s = v->state;
	(void)ui_list_filter(&s->list, text ? text : "");
	ui_app_dirty(v->app);
}

static enum ui_reply show_entry(struct ui_view *v)
{
	struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	if (row == UI_LIST_NONE)
		return UI_DONE;
	const char *kind = kind_name(s->job.entries[row].kind);
	ui_job_show_entry(v, &s->job.entries[row], *kind ? kind : "note");
	return UI_REPAINT;
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	switch (a) {
	case UI_ACT_LOG:
		return UI_CLOSE;
	case UI_ACT_ESCAPE:
	case UI_ACT_FIND:
		return ui_app_narrow(v, &s->list, a, narrowed);
	case UI_ACT_OPEN:
	case UI_ACT_WHY:
		return show_entry(v);
	default:
		break;
	}
	enum ui_reply r = ui_list_act(&s->list, a);
	if (r == UI_REPAINT)
		s->left_end = s->list.cursor + 1 < s->list.nshown;
	return r;
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	enum ui_reply r = ui_list_key(&s->list, k);
	if (r == UI_REPAINT)
		s->left_end = s->list.cursor + 1 < s->list.nshown;
	return r;
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

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	ui_list_draw(&s->list, c);
	if (s->job.refused)
		ui_job_draw_refused(&s->job, c);
	else if (s->job.n == 0)
		ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT,
		       s->job.caught_up ? "it has said nothing" : "...");
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	(void)ck_buf_addf(left, "Log of job %u", s->job.job);
	ui_list_position(&s->list, right);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	if (s->job.died)
		(void)ck_buf_adds(ret, s->job.why.msg);
	else if (s->fd < 0 && !s->job.refused)
		(void)ck_buf_adds(ret, "The job has ended; this is all it said.");
	else if (s->fd >= 0 && s->left_end)
		(void)ck_buf_adds(ret, "The job goes on. End follows it again.");
	else if (s->fd >= 0)
		(void)ck_buf_adds(ret, "The job goes on; new lines appear at the end.");
}

static int open_log(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	s->fd = -1;
	ui_list_init(&s->list, &list_ops, &s->job, columns);
	return ui_job_open(v, *(const uint32_t *)arg, &s->job, &s->fd, err);
}

static void close_log(struct ui_view *v)
{
	struct state *s = v->state;
	ui_list_fini(&s->list);
	ui_job_close(v->app, &s->job);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_OPEN, "Whole line", "The line in full, and what to do about it"},
	{UI_ACT_FIND, "Find", "Show only lines with these words"},
	{UI_ACT_LOG, "Back", "Back to the job"},
	{0},
};

const struct ui_view_ops ui_view_joblog = {
	.name = "joblog",
	.title = "Log of a job",
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "All that the job said, oldest first: its steps, its findings, and what "
		"people told it to do. While the job runs, the end is followed unless you go "
		"up.",
	.open = open_log,
	.close = close_log,
	.act = act,
	.key = key,
	.ready = ready,
	.work = work,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
