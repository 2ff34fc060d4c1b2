/* SPDX-License-Identifier: BSD-2-Clause */
/** JLS: the jobs, running and past. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "home/home.h"
#include "jobs/job_control.h"
#include "jobs/report.h"
#include "loop/app.h"
#include "loop/house.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/list.h"
#include "words/fmt.h"

#define WIDE      120 /* from here on the job under the bar is explained beside the list */
#define PANE_PART 67  /* per cent of the width for the list then */

struct state {
	struct ui_list list;
	int64_t now; /**< Seconds, for dates and durations of the rows. */
	const struct ui_house *house;
	uint32_t asked;      /**< The job that a dialog is about. */
	struct ck_buf *text; /**< Scratch: what `/` looks into. */
};

enum { COL_JOB, COL_WHAT, COL_STATE, COL_BEGAN, COL_TOOK, COL_WHO };

static const struct ui_column columns[] = {
	[COL_JOB] = {"Job", 5, 0, true, 0, true},
	[COL_WHAT] = {"What", 0, 20, false, 0, false},
	[COL_STATE] = {"State", 26, 0, false, 0, false},
	[COL_BEGAN] = {"Began", 15, 0, false, 3, true},
	[COL_TOOK] = {"Took", 7, 0, true, 2, true},
	[COL_WHO] = {"By", 16, 0, false, 1, false},
	{0},
};

/* --- the cells ------------------------------------------------------------------------ */

static enum ui_role state_role(const struct ck_job *j)
{
	if (ui_house_is_live(j))
		return j->state == CK_JOB_RUNNING ? UI_ROLE_OK : UI_ROLE_WARN;
	return j->state == CK_JOB_DEAD ? UI_ROLE_ERROR : ui_report_role(&j->report, j->kind);
}

static void state_of_live(const struct state *s, const struct ck_job *j, char *buf, size_t size)
{
	static const char *const words[] = {[CK_JOB_STARTING] = "start",
	                                    [CK_JOB_RUNNING] = "run",
	                                    [CK_JOB_PAUSED] = "pause",
	                                    [CK_JOB_CANCELLING] = "stops"};
	const struct ui_house *h = s->house;
	int n = snprintf(buf, size, "%-5s %3d%%", words[j->state], ui_house_percent(h, j));
	if (j->state == CK_JOB_RUNNING && h->live_job == j->job && h->progress.eta_ms > 0 && n > 0)
		snprintf(buf + n, size - (size_t)n, "  ends %.5s",
		         ui_fmt_clock(s->now + h->progress.eta_ms / 1000).s);
}

static void state_of_past(const struct ck_job *j, char *buf, size_t size)
{
	const struct ck_report *r = &j->report;
	char grade = ui_worst_grade(r->grades);
	if (j->state == CK_JOB_DEAD)
		snprintf(buf, size, j->phase ? "died  in step '%s'" : "died",
		         ck_phase_name(j->phase));
	else if (j->result == CK_RESULT_FAILED)
		snprintf(buf, size, "FAIL  %s", r->error ? r->error : "");
	else if (j->result == CK_RESULT_CANCELLED && j->percent && !r->archive)
		snprintf(buf, size, "stop  cancelled at %d%%", j->percent);
	else if (j->result == CK_RESULT_CANCELLED)
		snprintf(buf, size, "stop  cancelled%s", r->archive ? ", not checked" : "");
	else if (j->kind == CK_JOB_RESTORE)
		snprintf(buf, size, "%-5s %s added%s", ui_report_word(r, j->kind),
		         ui_fmt_count(r->added).s, r->failed ? ", some failed" : "");
	else if (j->kind == CK_JOB_VERIFY)
		snprintf(buf, size, r->findings ? "FAIL  archive is damaged" : "ok    whole");
	else if (r->findings)
		snprintf(buf, size, "look  %c, %s", grade, ui_fmt_things(r->findings, "finding").s);
	else if (grade != '-')
		snprintf(buf, size, "ok    grade %c", grade);
	else
		snprintf(buf, size, "ok");
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	const struct ck_job *j = &s->house->jobs[row];
	int64_t took =
		ui_house_is_live(j) ? s->now * 1000 - j->started_ms : j->ended_ms - j->started_ms;
	ret->text = buf;
	switch (column) {
	case COL_JOB:
		snprintf(buf, size, "%u", j->job);
		break;
	case COL_WHAT:
		ret->text = j->title;
		break;
	case COL_STATE:
		ret->role = state_role(j);
		if (ui_house_is_live(j))
			state_of_live(s, j, buf, size);
		else
			state_of_past(j, buf, size);
		break;
	case COL_BEGAN:
		snprintf(buf, size, "%s", ui_fmt_day(j->started_ms / 1000, s->now).s);
		break;
	case COL_TOOK:
		snprintf(buf, size, "%s", j->state == CK_JOB_DEAD ? "-" : ui_fmt_duration(took).s);
		break;
	default:
		ret->text = j->who;
		break;
	}
}

static uint64_t id(const void *ctx, size_t row)
{
	return ((const struct state *)ctx)->house->jobs[row].job;
}

static int64_t took_of(const struct ck_job *j)
{
	return j->ended_ms ? j->ended_ms - j->started_ms : 0;
}

static void sort_by(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	const struct ck_job *j = &((const struct state *)ctx)->house->jobs[row];
	ret->number = ui_sort_signed(column == COL_TOOK    ? took_of(j)
	                             : column == COL_BEGAN ? j->started_ms
	                                                   : j->job);
}

/** Title, who, result and error. */
static const char *text_of(const void *ctx, size_t row)
{
	const struct state *s = ctx;
	const struct ck_job *j = &s->house->jobs[row];
	ck_buf_reset(s->text);
	(void)ck_buf_addf(s->text, "%u %s %s %s %s %s", j->job, j->title, j->who,
	                  ck_job_state_word(j), ck_result_name(j->result),
	                  j->report.error ? j->report.error : "");
	return s->text->data;
}

static const struct ui_list_ops list_ops = {
	.value = value, .id = id, .sort = sort_by, .text = text_of};

/* --- data ----------------------------------------------------------------------------- */

static enum ui_reply news(struct ui_view *v)
{
	struct state *s = v->state;
	s->now = ui_app_now(v->app);
	ui_list_set(&s->list, s, s->house->njobs);
	return UI_REPAINT;
}

static enum ui_reply tick(struct ui_view *v)
{
	struct state *s = v->state;
	s->now = ui_app_now(v->app);
	return UI_REPAINT;
}

/* --- acting --------------------------------------------------------------------------- */

static const struct ck_job *chosen(const struct state *s)
{
	size_t row = ui_list_row(&s->list);
	return row < s->house->njobs ? &s->house->jobs[row] : NULL;
}

static enum ui_reply open_row(struct ui_view *v, const struct ck_job *j)
{
	(void)ui_app_push(v->app, j->state == CK_JOB_DONE ? &ui_view_report : &ui_view_job,
	                  &j->job);
	return UI_REPAINT;
}

static void cancel_answered(struct ui_view *v, int button)
{
	struct state *s = v->state;
	if (button == UI_JOB_DO_IT)
		ui_job_tell(v, s->asked, CK_JOB_CANCEL);
	else if (button == UI_JOB_PAUSE_INSTEAD)
		ui_job_tell(v, s->asked, CK_JOB_PAUSE);
}

static void pause_answered(struct ui_view *v, int button)
{
	struct state *s = v->state;
	if (button == UI_JOB_DO_IT)
		ui_job_tell(v, s->asked, CK_JOB_PAUSE);
}

static enum ui_reply pause_or_go_on(struct ui_view *v, const struct ck_job *j)
{
	struct state *s = v->state;
	const struct ui_house *h = s->house;
	if (j->state == CK_JOB_PAUSED)
		ui_job_tell(v, j->job, CK_JOB_RESUME);
	else if (h->live_job == j->job && h->progress.down_ms > 0)
		ui_job_ask_pause(v, j->job, &h->progress, pause_answered);
	else
		ui_job_tell(v, j->job, CK_JOB_PAUSE);
	return UI_REPAINT;
}

static void narrowed(struct ui_view *v, const char *text)
{
	struct state *s = v->state;
	(void)ui_list_filter(&s->list, text ? text : "");
	ui_app_dirty(v->app);
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	const struct ck_job *j = chosen(s);
	s->asked = j ? j->job : 0;
	if (a == UI_ACT_FIND || a == UI_ACT_ESCAPE)
		return ui_app_narrow(v, &s->list, a, narrowed);
	if (a == UI_ACT_REREAD) {
		ui_house_read_jobs(v->app);
		return UI_REPAINT;
	}
	if (!j)
		return ui_list_act(&s->list, a);
	switch (a) {
	case UI_ACT_OPEN:
		return open_row(v, j);
	case UI_ACT_LOG:
		(void)ui_app_push(v->app, &ui_view_joblog, &j->job);
		return UI_REPAINT;
	case UI_ACT_PAUSE:
		return pause_or_go_on(v, j);
	case UI_ACT_REMOVE:
		ui_job_ask_cancel(v, j, s->house->live_job == j->job ? &s->house->progress : NULL,
		                  cancel_answered);
		return UI_REPAINT;
	default:
		return ui_list_act(&s->list, a);
	}
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	return ui_list_key(&s->list, k);
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct ck_job *j = chosen(v->state);
	if (a == UI_ACT_REREAD)
		return true;
	if (a == UI_ACT_FIND)
		return ((const struct state *)v->state)->house->njobs > 0;
	if (!j)
		return false;
	if (a != UI_ACT_PAUSE && a != UI_ACT_REMOVE)
		return true;
	if (!ui_house_is_live(j))
		*ret_reason = "That job has ended";
	else if (j->state == CK_JOB_CANCELLING)
		*ret_reason = "It is being cancelled already";
	return ui_house_is_live(j) && j->state != CK_JOB_CANCELLING;
}

static const char *word(const struct ui_view *v, enum ui_action a)
{
	const struct ck_job *j = chosen(v->state);
	if (j && a == UI_ACT_OPEN)
		return ui_house_is_live(j) ? "Watch" : j->state == CK_JOB_DEAD ? "Why" : "Report";
	return j && a == UI_ACT_PAUSE && j->state == CK_JOB_PAUSED ? "Go on" : NULL;
}

/* --- drawing -------------------------------------------------------------------------- */

static enum ui_reply work(struct ui_view *v)
{
	struct state *s = v->state;
	return ui_list_work(&s->list);
}

static int list_width(int cols)
{
	return cols >= WIDE ? cols * PANE_PART / 100 : cols;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	ui_list_layout(&s->list, (struct ui_rect){0, 0, rows, list_width(cols)});
}

/** @text, wrapped, from row @y on. @return the row below it. */
static int put_text(struct ui_canvas *c, int y, enum ui_role role, const char *text)
{
	int room = c->at.h - y;
	if (!text || !*text || room < 1)
		return y;
	return y +
	       ui_put_wrapped(c, (struct ui_rect){y, 1, room, c->at.w - 2}, role, UI_NAME, text);
}

static void draw_figures(const struct ck_report *r, enum ck_job_kind kind, struct ui_canvas *c,
                         int y)
{
	int w = c->at.w - 2;
	if (r->mailboxes || r->messages)
		ui_putf(c, y++, 1, w, UI_ROLE_NORMAL, "%s, %s",
		        ui_fmt_things(r->mailboxes, "mailbox").s,
		        ui_fmt_things(r->messages, "message").s);
	if (kind == CK_JOB_RESTORE)
		ui_putf(c, y++, 1, w, UI_ROLE_NORMAL, "%s added, %s there already, %s failed",
		        ui_fmt_count(r->added).s, ui_fmt_count(r->present).s,
		        ui_fmt_count(r->failed).s);
	if (r->bytes_read || r->bytes_written)
		ui_putf(c, y++, 1, w, UI_ROLE_NORMAL, "read %s, written %s",
		        ui_fmt_size(r->bytes_read).s, ui_fmt_size(r->bytes_written).s);
	if (kind == CK_JOB_BACKUP)
		ui_putf(c, y++, 1, w, UI_ROLE_NORMAL, "Cyrus down for %.1f s",
		        (double)r->downtime_ms / 1000);
	(void)put_text(c, y + 1, UI_ROLE_DIM, r->path);
}

static void draw_pane(const struct state *s, const struct ck_job *j, struct ui_canvas *c)
{
	char text[96];
	bool failed = j->state == CK_JOB_DONE && j->report.error;
	snprintf(text, sizeof text, "Under the bar: %u", j->job);
	ui_title(c, 0, text, false);
	int y = put_text(c, 1, UI_ROLE_NORMAL, j->title);
	y = put_text(c, y, UI_ROLE_NORMAL, j->who) + 1;
	if (ui_house_is_live(j))
		state_of_live(s, j, text, sizeof text);
	else if (failed)
		snprintf(text, sizeof text, "%s", ui_report_word(&j->report, j->kind));
	else
		state_of_past(j, text, sizeof text);
	y = put_text(c, y, state_role(j), text);
	if (failed)
		y = put_text(c, y, UI_ROLE_NORMAL, j->report.error);
	if (failed)
		y = put_text(c, y, UI_ROLE_NORMAL, j->report.remedy);
	if (j->state == CK_JOB_DONE)
		draw_figures(&j->report, j->kind, c, y + 1);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	const struct ui_house *h = s->house;
	int w = c->at.w - 1;
	const struct ck_job *j = chosen(s);
	int x = list_width(c->at.w);
	ui_list_draw(&s->list, c);
	if (j && x < c->at.w) {
		struct ui_canvas pane = ui_pane_beside(c, x);
		draw_pane(s, j, &pane);
	}
	if (!h->jobs_known) {
		ui_put(c, 1, 1, w, UI_ROLE_DIM, UI_TEXT, "...");
	} else if (h->jobs_err.code) {
		ui_put_failure(c, 1, "The jobs cannot be read:", &h->jobs_err,
		               "r reads them again");
	} else if (!h->njobs) {
		ui_put(c, 1, 1, w, UI_ROLE_DIM, UI_TEXT,
		       "There was no job yet. 2 Back up starts one; 'cyrkeep backup' does too.");
	}
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	const struct ui_house *h = s->house;
	(void)ck_buf_adds(left, "Jobs");
	if (s->list.filter.text)
		(void)ck_buf_addf(left, "  /%s", s->list.filter.text);
	if (h->jobs_known && s->list.nshown < h->njobs)
		ui_list_position(&s->list, right);
	else if (h->jobs_known && !h->jobs_err.code)
		(void)ck_buf_addf(right, "%zu running, %s in the record", h->nrunning,
		                  ui_fmt_count(h->njobs - h->nrunning).s);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct ck_job *j = chosen(v->state);
	if (!j)
		return;
	if (ui_house_is_live(j))
		(void)ck_buf_addf(ret, "%u was started by %s. Enter watches it here.", j->job,
		                  j->who);
	else if (j->state == CK_JOB_DEAD)
		(void)ck_buf_addf(ret, "%u came to no end: its worker is gone. Enter shows why.",
		                  j->job);
	else if (j->result == CK_RESULT_CANCELLED)
		(void)ck_buf_addf(ret, "%u was cancelled. Enter shows its report.", j->job);
	else if (j->report.error)
		(void)ck_buf_adds(ret, j->report.error);
	else
		(void)ck_buf_addf(ret, "%u was started by %s. Enter shows its report.", j->job,
		                  j->who);
}

static int open_jobs(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	(void)arg;
	s->house = ui_app_house(v->app);
	s->text = ck_alloc(1, sizeof *s->text);
	if (!s->text)
		return ck_err_nomem(err);
	*s->text = (struct ck_buf)CK_BUF_INIT;
	ui_list_init(&s->list, &list_ops, s, columns);
	(void)news(v);
	return CK_OK;
}

static void close_jobs(struct ui_view *v)
{
	struct state *s = v->state;
	ui_list_fini(&s->list);
	if (s->text)
		ck_buf_fini(s->text);
	free(s->text);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_OPEN, "Open", "Watch the running job; the report of an ended one"},
	{UI_ACT_PAUSE, "Pause", "Pause the running job, or let it go on"},
	{UI_ACT_FIND, "Find", "Show only jobs with these words: user, result, number"},
	{UI_ACT_LOG, "Log", "All that the job said"},
	{UI_ACT_REMOVE, "Cancel", "Cancel the running job; you are asked first"},
	{UI_ACT_REREAD, "Read again", "Read the list again; it is also done every few seconds"},
	{0},
};

const struct ui_view_ops ui_view_jobs = {
	.name = "jobs",
	.title = "Jobs",
	.place = 3,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "All jobs, the newest first. A running job belongs to no terminal: whoever "
		"started it, Enter watches it here.\n\n"
		"ok: done. look: done, but something wants a look. FAIL: not done. stop: "
		"cancelled. died: its worker was killed; Enter says what it left behind.",
	.open = open_jobs,
	.close = close_jobs,
	.act = act,
	.key = key,
	.can = can,
	.word = word,
	.news = news,
	.tick = tick,
	.work = work,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
