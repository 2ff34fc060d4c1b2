/* SPDX-License-Identifier: BSD-2-Clause */
/** REP: what came of an ended job. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archives/browse.h"
#include "home/home.h"
#include "jobs/job_control.h"
#include "jobs/job_draw.h"
#include "jobs/report.h"
#include "jobs/restored.h"
#include "loop/app.h"
#include "loop/house.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/list.h"
#include "words/fmt.h"

#define LABEL          12
#define VERDICT_MAX    4 /* rows */
#define FINDINGS_LEAST 3
#define TABLE_LEAST    2
#define WIDE           120
#define PANE_PART      66 /* per cent of the width for the list then */

struct state {
	struct ui_job job;
	enum ck_job_kind kind;
	int fd;        /**< Watched, or -1. */
	char *command; /**< That starts it again; NULL while not known. */
	char *verdict;
	struct ui_lines verdict_lines;
	struct ui_fact facts[UI_REPORT_FACTS];
	size_t nfacts;
	struct ui_list findings;
	char *detail; /**< The finding under the bar, for the pane beside; NULL: no pane. */
	struct ui_lines detail_lines;
	struct ui_list restored; /**< Mailboxes of a restore. */
	bool in_restored;        /**< That list has the keys. */
	int facts_y, findings_y; /**< First rows; findings -1 where there are none. */
	int width;
};

static const struct ui_column columns[] = {
	{"Mailbox", 24, 0, false, 1, false},
	{"Finding", 0, 20, false, 0, false},
	{0},
};

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct ui_job_entry *e = ui_job_finding(ctx, row);
	(void)buf, (void)size;
	ret->text = column == 1 ? e->text : e->mailbox ? e->mailbox : "";
	ret->flags = column == 1 ? UI_TEXT : UI_NAME | UI_CUT_MIDDLE;
}

static const char *text_of(const void *ctx, size_t row)
{
	return ui_job_finding(ctx, row)->line;
}

static const struct ui_list_ops finding_ops = {.value = value, .text = text_of};

static const struct ck_job *listed(const struct ui_view *v)
{
	const struct state *s = v->state;
	return ui_job_find(ui_app_house(v->app), s->job.job);
}

/* --- the page ------------------------------------------------------------------------- */

static int list_width(const struct ui_view *v)
{
	return v->cols >= WIDE ? v->cols * PANE_PART / 100 : v->cols;
}

/** Rows of the table of mailboxes, which begins at row @y: what is left by the others; 0: none. */
static int table_rows(const struct ui_view *v, int y)
{
	const struct state *s = v->state;
	size_t n = s->job.nfindings < FINDINGS_LEAST ? s->job.nfindings : FINDINGS_LEAST;
	int least = n ? (int)n + 2 : 0;
	int room = v->rows - y - 1 - (int)s->nfacts - least;
	if (!s->job.ended || !s->job.nrestored || room < TABLE_LEAST)
		return 0;
	return (size_t)room > s->job.nrestored ? (int)s->job.nrestored + 1 : room;
}

static void place_blocks(struct ui_view *v)
{
	struct state *s = v->state;
	int rows = (int)(s->verdict_lines.n < VERDICT_MAX ? s->verdict_lines.n : VERDICT_MAX);
	int table = table_rows(v, rows + (v->rows >= 18));
	ui_list_layout(&s->restored, (struct ui_rect){rows + (v->rows >= 18), 0, table, v->cols});
	s->facts_y = rows + (v->rows >= 18) + (table ? table + 1 : 0);
	int y = s->facts_y + (int)s->nfacts + (v->rows >= 18);
	if (y > v->rows - FINDINGS_LEAST)
		y = v->rows - FINDINGS_LEAST; /* the last figures give way */
	s->findings_y = s->job.nfindings ? y : -1;
	ui_list_layout(&s->findings, (struct ui_rect){y + 1, 0, v->rows - y - 1, list_width(v)});
}

/** Words about the finding under the bar, for the pane. */
static void explain(struct ui_view *v)
{
	struct state *s = v->state;
	struct ck_buf out = CK_BUF_INIT;
	size_t row = ui_list_row(&s->findings);
	free(s->detail);
	s->detail = NULL;
	s->detail_lines.n = 0;
	if (v->cols < WIDE || row == UI_LIST_NONE)
		return;
	ui_job_entry_words(v, ui_job_finding(&s->job, row), &out);
	s->detail = ck_buf_take(&out);
	if (s->detail)
		(void)ui_wrap(&s->detail_lines, s->detail, strlen(s->detail),
		              v->cols - list_width(v) - 3, UI_NAME);
}

/** All words anew: the report has come, or something about it is known now. */
static void build(struct ui_view *v)
{
	struct state *s = v->state;
	const struct ck_job *l = listed(v);
	CK_CLEANUP(ck_buf_fini) struct ck_buf verdict = CK_BUF_INIT;
	ui_report_free(s->facts, s->nfacts);
	s->nfacts = 0;
	s->verdict_lines.n = 0;
	if (s->job.ended && l) {
		s->kind = l->kind;
		ui_report_verdict(&s->job, l->kind, ui_app_house(v->app)->up, &verdict);
		s->nfacts = ui_report_facts(&s->job, l, s->command, ui_app_now(v->app) * 1000,
		                            s->facts);
	}
	free(s->verdict);
	s->verdict = ck_buf_take(&verdict);
	if (s->verdict && *s->verdict && v->cols > 12)
		(void)ui_wrap(&s->verdict_lines, s->verdict, strlen(s->verdict), v->cols - 9,
		              UI_TEXT);
	ui_list_grow(&s->findings, s->job.nfindings);
	ui_list_grow(&s->restored, s->job.nrestored);
	place_blocks(v);
	explain(v);
}

/** The bar may be on another finding. */
static enum ui_reply moved(struct ui_view *v, enum ui_reply r)
{
	if (r == UI_REPAINT)
		explain(v);
	return r;
}

static enum ui_reply work(struct ui_view *v)
{
	struct state *s = v->state;
	enum ui_reply r = moved(v, ui_list_work(&s->findings));
	return r == UI_IGNORED ? ui_list_work(&s->restored) : r;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	(void)rows, (void)cols;
	build(v);
}

static enum ui_reply news(struct ui_view *v)
{
	build(v);
	return UI_REPAINT;
}

/* --- the command line ----------------------------------------------------------------- */

struct question {
	const struct ck_settings *settings;
	uint32_t job;
	struct ck_buf answer;
};

static int ask(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct question *q = data;
	(void)watch;
	return ck_job_command_line(q->settings, q->job, &q->answer, err);
}

static void answered(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct question *q = data;
	(void)err; /* then the line is not shown */
	if (r == 0)
		s->command = ck_buf_take(&q->answer);
	build(v);
}

static void question_free(void *data)
{
	struct question *q = data;
	ck_buf_fini(&q->answer);
	free(q);
}

static void ask_command(struct ui_view *v)
{
	static const struct ui_task_kind kind = {ask, answered, question_free};
	struct state *s = v->state;
	struct question *q = ck_alloc(1, sizeof *q);
	if (!q)
		return;
	*q = (struct question){ui_app_settings(v->app), s->job.job, CK_BUF_INIT};
	(void)ui_task_start(v->app, &kind, v, q, NULL, NULL);
}

/* --- acting --------------------------------------------------------------------------- */

static enum ui_reply ready(struct ui_view *v, int fd)
{
	struct state *s = v->state;
	(void)ui_job_take(&s->job, ui_app_clock_ms(v->app));
	if (!s->job.follow || s->job.ended) {
		ui_app_unwatch(v, fd);
		s->fd = -1;
	}
	build(v);
	return UI_REPAINT;
}

static enum ui_reply show_finding(struct ui_view *v)
{
	const struct state *s = v->state;
	size_t row = ui_list_row(&s->findings);
	if (row == UI_LIST_NONE)
		return UI_IGNORED;
	ui_job_show_finding(v, &s->job, row);
	return UI_REPAINT;
}

/** Is the archive known at @path, and there? As long as nobody knows, yes. */
static bool is_there(const struct ui_house *h, const char *path)
{
	for (size_t i = 0; i < h->narchives; i++)
		if (h->archives[i].present && strcmp(h->archives[i].path, path) == 0)
			return true;
	return !h->archives_known;
}

/** Look into the archive, or have it verified: the one that the report names, not another with its
 * number. One that was made here and moved since is found by its number, though. */
static enum ui_reply to_archive(struct ui_view *v, bool look)
{
	const struct state *s = v->state;
	char number[16];
	const char *archive = s->job.report.path;
	if (!archive || (s->kind == CK_JOB_BACKUP && !is_there(ui_app_house(v->app), archive))) {
		snprintf(number, sizeof number, "%u", s->job.report.archive);
		archive = number;
	}
	if (look)
		(void)ui_app_push(v->app, &ui_view_browse,
		                  &(struct ui_browse_arg){.which = archive});
	else
		ui_verify(v, archive);
	return UI_REPAINT;
}

static void narrowed(struct ui_view *v, const char *text)
{
	struct state *s = v->state;
	(void)ui_list_filter(&s->findings, text ? text : "");
	explain(v);
	ui_app_dirty(v->app);
}

/** Keys go to the table of mailboxes, or to the findings. */
static bool in_table(const struct state *s)
{
	return s->restored.at.h > 0 && (s->in_restored || !s->job.nfindings);
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	if (a == UI_ACT_NEXT || a == UI_ACT_PREV) {
		s->in_restored = !s->in_restored;
		return UI_REPAINT;
	}
	if (in_table(s) && (ui_action_moves(a) || a == UI_ACT_SORT))
		return ui_list_act(&s->restored, a);
	switch (a) {
	case UI_ACT_OPEN:
	case UI_ACT_WHY:
		return show_finding(v);
	case UI_ACT_LOG:
		(void)ui_app_push(v->app, &ui_view_joblog, &s->job.job);
		return UI_REPAINT;
	case UI_ACT_COMMAND:
		if (s->command)
			(void)ui_app_push(v->app, &ui_view_command, s->command);
		return UI_REPAINT;
	case UI_ACT_BROWSE:
	case UI_ACT_VERIFY:
		return to_archive(v, a == UI_ACT_BROWSE);
	case UI_ACT_ESCAPE:
	case UI_ACT_FIND:
		return ui_app_narrow(v, &s->findings, a, narrowed);
	default:
		return moved(v, ui_list_act(&s->findings, a));
	}
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	const struct ck_job *l = listed(v);
	switch (a) {
	case UI_ACT_OPEN:
	case UI_ACT_FIND:
		return s->job.nfindings > 0;
	case UI_ACT_NEXT:
		return s->restored.at.h > 0 && s->job.nfindings > 0;
	case UI_ACT_SORT:
		return in_table(s) && s->job.nrestored > 1;
	case UI_ACT_COMMAND:
		return s->command != NULL;
	case UI_ACT_BROWSE:
		return s->job.report.archive > 0;
	case UI_ACT_VERIFY:
		if (!l || l->kind != CK_JOB_BACKUP || !s->job.report.archive)
			return false;
		if (ui_app_house(v->app)->nrunning > 0)
			*ret_reason = "Another job is running";
		return ui_app_house(v->app)->nrunning == 0;
	default:
		return true;
	}
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	enum ui_reply r = s->restored.at.h > 0 ? ui_list_key(&s->restored, k) : UI_IGNORED;
	if (r == UI_IGNORED)
		return moved(v, ui_list_key(&s->findings, k));
	s->in_restored = true;
	return r;
}

/* --- drawing -------------------------------------------------------------------------- */

static void draw_verdict(const struct state *s, struct ui_canvas *c)
{
	if (s->job.refused) {
		ui_job_draw_refused(&s->job, c);
		return;
	}
	if (!s->verdict_lines.n) {
		ui_put(c, 0, 1, c->at.w - 1, s->job.died ? UI_ROLE_ERROR : UI_ROLE_DIM, UI_TEXT,
		       s->job.died ? s->job.why.msg : "...");
		return;
	}
	ui_put(c, 0, 1, 5, ui_report_role(&s->job.report, s->kind), UI_TEXT,
	       ui_report_word(&s->job.report, s->kind));
	ui_put_lines(c, (struct ui_rect){0, 8, VERDICT_MAX, c->at.w - 9}, UI_ROLE_NORMAL, UI_TEXT,
	             &s->verdict_lines, s->verdict);
}

static void draw_findings(const struct state *s, struct ui_canvas *c)
{
	char title[96];
	size_t row = ui_list_row(&s->findings);
	snprintf(title, sizeof title, "Needs a look: %s of %s",
	         ui_fmt_count(row == UI_LIST_NONE ? 0 : row + 1).s,
	         ui_fmt_count(s->job.nfindings).s);
	struct ui_list l = s->findings;
	l.no_focus = in_table(s);
	ui_title(c, s->findings_y, title, !in_table(s));
	ui_list_draw(&l, c);
	if (c->at.w < WIDE)
		return;
	int x = s->findings.at.w, y = s->findings.at.y;
	ui_vrule(c, y, x, c->at.h - y);
	ui_put_lines(c, (struct ui_rect){y, x + 2, c->at.h - y, c->at.w - x - 2}, UI_ROLE_NORMAL,
	             UI_NAME, &s->detail_lines, s->detail);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	int end = s->findings_y >= 0 ? s->findings_y : c->at.h;
	draw_verdict(s, c);
	if (s->restored.at.h > 0) {
		struct ui_list l = s->restored;
		l.no_focus = !in_table(s);
		ui_list_draw(&l, c);
	}
	for (size_t i = 0; i < s->nfacts && s->facts_y + (int)i < end; i++) {
		const struct ui_fact *f = &s->facts[i];
		int y = s->facts_y + (int)i;
		ui_put(c, y, 1, LABEL - 2, UI_ROLE_TITLE, UI_TEXT, f->label);
		ui_put(c, y, LABEL, c->at.w - LABEL - 1, f->role, f->flags, f->text);
	}
	if (s->findings_y >= 0)
		draw_findings(s, c);
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	const struct ck_job *l = listed(v);
	(void)ck_buf_addf(left, "Report of job %u  %s", s->job.job, l ? l->title : "...");
	(void)right; /* who and when stand below: the title needs the row */
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	size_t row = ui_list_row(&s->findings);
	const struct ui_job_entry *e = row == UI_LIST_NONE ? NULL : ui_job_finding(&s->job, row);
	if (e && e->remedy && *e->remedy) {
		(void)ck_buf_addf(ret, "Remedy: %s", e->remedy);
		return;
	}
	(void)ck_buf_addf(ret, "The report is in the record: cyrkeep attach %u", s->job.job);
}

static int open_report(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	s->fd = s->findings_y = -1;
	ui_list_init(&s->findings, &finding_ops, &s->job, columns);
	s->findings.no_titles = true;
	ui_list_init(&s->restored, &ui_restored_ops, &s->job, ui_restored_columns);
	int r = ui_job_open(v, *(const uint32_t *)arg, &s->job, &s->fd, err);
	if (r < 0)
		return r;
	ask_command(v);
	return CK_OK;
}

static void close_report(struct ui_view *v)
{
	struct state *s = v->state;
	ui_report_free(s->facts, s->nfacts);
	ui_lines_fini(&s->verdict_lines);
	ui_list_fini(&s->findings);
	ui_list_fini(&s->restored);
	ui_job_close(v->app, &s->job);
	free(s->verdict);
	free(s->command);
	free(s->detail);
	ui_lines_fini(&s->detail_lines);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_OPEN, "Open", "The finding in full, and what to do about it"},
	{UI_ACT_BROWSE, "Browse", "Look into the archive"},
	{UI_ACT_VERIFY, "Verify all", "Read the archive through: every frame, checksum, count"},
	{UI_ACT_LOG, "Log", "All that the job said"},
	{UI_ACT_COMMAND, "Command", "The command line that starts the same again"},
	{UI_ACT_NEXT, "Next block", NULL},
	{UI_ACT_SORT, "Sort", NULL},
	{UI_ACT_FIND, "Find", "Show only findings with these words"},
	{0},
};

const struct ui_view_ops ui_view_report = {
	.name = "report",
	.title = "Report of a job",
	.place = 3,
	.gives_way = true,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "What came of a job: the verdict in words, what it took, what it holds, and "
		"what wants a look. Of a restore: each mailbox that lacked something. before, now: "
		"what it held and holds, read back; archive: messages asked for; same: whether all "
		"of those are there, by GUID.\n\n" UI_GRADES_HELP,
	.open = open_report,
	.close = close_report,
	.act = act,
	.key = key,
	.ready = ready,
	.news = news,
	.can = can,
	.work = work,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
