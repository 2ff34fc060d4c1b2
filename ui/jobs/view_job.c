/* SPDX-License-Identifier: BSD-2-Clause */
/** JOB: a job while it runs. Leaving does not touch it; coming back shows all that it said. */
#include <stdio.h>
#include <string.h>

#include "jobs/job_control.h"
#include "jobs/job_draw.h"
#include "loop/app.h"
#include "loop/house.h"
#include "loop/views.h"
#include "widgets/list.h"
#include "words/fmt.h"

#define NARROW    80 /* below: no steps */
#define WIDE      120
#define STEPS_80  36
#define STEPS_120 49
#define PROGRESS  9 /* rows with the title */
#define LOG_LEAST 4 /* rows that findings leave to the log */

struct state {
	struct ui_job job;
	int fd; /**< Watched, or -1. */
	struct ui_list findings;
	int findings_y, log_y; /**< First rows of the blocks, or -1. */
};

static const struct ui_column columns[] = {
	{"Time", 9, 0, false, 2, false},
	{"Mailbox", 24, 0, false, 1, false},
	{"Finding", 0, 20, false, 0, false},
	{0},
};

/* --- the findings --------------------------------------------------------------------- */

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct ui_job_entry *e = ui_job_finding(ctx, row);
	if (column == 0) {
		snprintf(buf, size, "%s", ui_fmt_clock(e->time_ms / 1000).s);
		ret->text = buf;
	} else if (column == 1) {
		ret->text = e->mailbox ? e->mailbox : "";
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
	} else {
		ret->text = e->text;
	}
}

static const struct ui_list_ops finding_ops = {.value = value};

/* --- where things are ----------------------------------------------------------------- */

static struct ui_job_look look_of(const struct ui_view *v)
{
	const struct state *s = v->state;
	return (struct ui_job_look){.job = &s->job,
	                            .listed = ui_job_find(ui_app_house(v->app), s->job.job),
	                            .now_ms = ui_app_now(v->app) * 1000,
	                            .clock_ms = ui_app_clock_ms(v->app)};
}

static int steps_width(const struct ui_view *v)
{
	return v->cols < NARROW ? 0 : v->cols < WIDE ? STEPS_80 : STEPS_120;
}

/** The blocks from top to bottom: banner, steps beside progress, findings, log. */
static void place_blocks(struct ui_view *v)
{
	struct state *s = v->state;
	struct ui_job_look look = look_of(v);
	int y = ui_job_banner_rows(&look), top = ui_job_steps_rows(&look);
	if (top < PROGRESS)
		top = PROGRESS;
	y += top;
	int left = v->rows - y, want = (int)(s->job.nfindings < 1000 ? s->job.nfindings : 1000) + 1;
	int rows = s->job.nfindings == 0 ? 0 : left - LOG_LEAST < want ? left - LOG_LEAST : want;
	if (s->job.nfindings && rows < 2)
		rows = left; /* findings go before the log */
	s->findings_y = rows >= 2 ? y : -1;
	s->log_y = left - rows >= 2 ? y + rows : -1;
	ui_list_layout(&s->findings, (struct ui_rect){y + 1, 0, rows >= 2 ? rows - 1 : 0, v->cols});
}

static void layout(struct ui_view *v, int rows, int cols)
{
	(void)rows, (void)cols;
	place_blocks(v);
}

/* --- drawing -------------------------------------------------------------------------- */

static void draw_findings(const struct state *s, struct ui_canvas *c)
{
	char title[96];
	size_t row = ui_list_row(&s->findings);
	snprintf(title, sizeof title, "Findings %s of %s",
	         ui_fmt_count(row == UI_LIST_NONE ? 0 : row + 1).s,
	         ui_fmt_count(s->job.nfindings).s);
	ui_title(c, s->findings_y, title, true);
	ui_list_draw(&s->findings, c);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	struct ui_job_look look = look_of(v);
	int w = c->at.w, y = ui_job_banner_rows(&look), x = steps_width(v);
	int below = s->findings_y >= 0 ? s->findings_y : s->log_y >= 0 ? s->log_y : c->at.h;
	struct ui_canvas part;
	if (s->job.refused) {
		ui_job_draw_refused(&s->job, c);
		return;
	}
	if (y) {
		part = ui_canvas_part(c, (struct ui_rect){0, 0, y, w});
		ui_job_draw_banner(&look, &part);
	}
	if (x) {
		part = ui_canvas_part(c, (struct ui_rect){y, 0, below - y, x});
		ui_job_draw_steps(&look, &part);
		ui_vrule(c, y, x, below - y);
		x++;
	}
	part = ui_canvas_part(c, (struct ui_rect){y, x, below - y, w - x});
	ui_job_draw_progress(&look, &part);
	if (s->findings_y >= 0)
		draw_findings(s, c);
	if (s->log_y >= 0) {
		part = ui_canvas_part(c, (struct ui_rect){s->log_y, 0, c->at.h - s->log_y, w});
		ui_job_draw_log(&look, &part);
	}
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	const struct ck_job *listed = look_of(v).listed;
	(void)ck_buf_addf(left, "Job %u  %s", s->job.job, listed ? listed->title : "...");
	if (listed)
		(void)ck_buf_addf(right, "started %.5s by %s",
		                  ui_fmt_clock(listed->started_ms / 1000).s, listed->who);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	if (s->job.died)
		(void)ck_buf_adds(ret, ui_app_house(v->app)->nleftovers
		                               ? "The job is dead. F6 shows what it left behind."
		                               : "The job is dead; nothing is left over of it.");
	else if (s->job.refused)
		return;
	else if (s->job.cancelling)
		(void)ck_buf_adds(ret, "It is being cancelled; Cyrus is given back first.");
	else
		(void)ck_buf_adds(
			ret,
			"Leaving is safe: q leaves this screen, F10 the console; the job goes on.");
}

/* --- news ----------------------------------------------------------------------------- */

static void drop_watch(struct ui_view *v)
{
	struct state *s = v->state;
	if (s->fd >= 0)
		ui_app_unwatch(v, s->fd);
	s->fd = -1;
}

/** The report takes over where the running job was watched. @v is gone then. */
static enum ui_reply become_report(struct ui_view *v)
{
	struct ui_app *app = v->app;
	uint32_t job = ((struct state *)v->state)->job.job;
	ui_app_close(app, v);
	(void)ui_app_push(app, &ui_view_report, &job);
	return UI_IGNORED;
}

static enum ui_reply ready(struct ui_view *v, int fd)
{
	struct state *s = v->state;
	(void)fd;
	const struct ui_job_entry *news = ui_job_take(&s->job, ui_app_clock_ms(v->app));
	if (!s->job.follow)
		drop_watch(v);
	ui_list_grow(&s->findings, s->job.nfindings);
	place_blocks(v);
	if (news && ui_app_top(v->app) == v)
		ui_app_say(v->app, UI_SAY_INFO, "%s", news->line);
	if (s->job.ended && ui_app_top(v->app) == v)
		return become_report(v);
	return UI_REPAINT;
}

static enum ui_reply tick(struct ui_view *v)
{
	struct state *s = v->state;
	if (s->job.ended)
		return become_report(v); /* a screen above it was closed meanwhile */
	place_blocks(v);                 /* the banner comes and goes */
	return UI_REPAINT;
}

static enum ui_reply on_news(struct ui_view *v)
{
	place_blocks(v);
	return UI_REPAINT;
}

/* --- acting --------------------------------------------------------------------------- */

static void cancel_answered(struct ui_view *v, int button)
{
	struct state *s = v->state;
	if (button == UI_JOB_DO_IT)
		ui_job_tell(v, s->job.job, CK_JOB_CANCEL);
	else if (button == UI_JOB_PAUSE_INSTEAD)
		ui_job_tell(v, s->job.job, CK_JOB_PAUSE);
}

static void pause_answered(struct ui_view *v, int button)
{
	struct state *s = v->state;
	if (button == UI_JOB_DO_IT)
		ui_job_tell(v, s->job.job, CK_JOB_PAUSE);
}

static bool is_down(const struct ui_view *v)
{
	const struct state *s = v->state;
	return ui_job_down_ms(&s->job, ui_app_clock_ms(v->app)) > 0;
}

static enum ui_reply pause_or_go_on(struct ui_view *v)
{
	struct state *s = v->state;
	if (s->job.paused)
		ui_job_tell(v, s->job.job, CK_JOB_RESUME);
	else if (is_down(v))
		ui_job_ask_pause(v, s->job.job, &s->job.progress, pause_answered);
	else
		ui_job_tell(v, s->job.job, CK_JOB_PAUSE);
	return UI_REPAINT;
}

static enum ui_reply ask_cancel(struct ui_view *v)
{
	struct state *s = v->state;
	const struct ck_job *listed = look_of(v).listed;
	if (listed)
		ui_job_ask_cancel(v, listed, s->job.has_progress ? &s->job.progress : NULL,
		                  cancel_answered);
	else
		ui_app_say(v->app, UI_SAY_INFO, "The list of jobs is being read, once more please");
	return UI_REPAINT;
}

static void start_answered(struct ui_view *v, int button)
{
	const struct state *s = v->state;
	if (button == UI_JOB_DO_IT)
		ui_job_tell(v, s->job.job, CK_JOB_CANCEL);
}

/** What a dead job left behind; of a living one Cyrus, which it stopped. */
static enum ui_reply put_back(struct ui_view *v)
{
	const struct state *s = v->state;
	const struct ck_job *listed = look_of(v).listed;
	if (s->job.died)
		(void)ui_app_push(v->app, &ui_view_unwind, NULL);
	else if (listed)
		ui_job_ask_start(v, listed, &s->job.progress, start_answered);
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

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	switch (a) {
	case UI_ACT_PAUSE:
		return pause_or_go_on(v);
	case UI_ACT_REMOVE:
		return ask_cancel(v);
	case UI_ACT_LOG:
		(void)ui_app_push(v->app, &ui_view_joblog, &s->job.job);
		return UI_REPAINT;
	case UI_ACT_PUT_BACK:
		return put_back(v);
	case UI_ACT_OPEN:
	case UI_ACT_WHY:
		return show_finding(v);
	default:
		return ui_list_act(&s->findings, a);
	}
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	return ui_list_key(&s->findings, k);
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	const struct ui_job *j = &s->job;
	if (a == UI_ACT_OPEN)
		return j->nfindings > 0;
	if (a == UI_ACT_PUT_BACK && (j->died || !is_down(v)))
		return j->died && ui_app_house(v->app)->nleftovers > 0;
	if (a == UI_ACT_LOG)
		return !j->refused;
	if (a != UI_ACT_PAUSE && a != UI_ACT_REMOVE && a != UI_ACT_PUT_BACK)
		return true;
	if (j->cancelling)
		*ret_reason = "It is being cancelled already";
	else if (!j->caught_up)
		*ret_reason = "Still reading what it said so far";
	return !j->ended && !j->died && !j->refused && !j->cancelling && j->caught_up;
}

static const char *word(const struct ui_view *v, enum ui_action a)
{
	const struct state *s = v->state;
	if (a == UI_ACT_PUT_BACK && !s->job.died)
		return "Start Cyrus";
	return a == UI_ACT_PAUSE && s->job.paused ? "Go on" : NULL;
}

static int open_job(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	s->fd = -1;
	s->findings_y = s->log_y = -1;
	ui_list_init(&s->findings, &finding_ops, &s->job, columns);
	s->findings.no_titles = true;
	return ui_job_open(v, *(const uint32_t *)arg, &s->job, &s->fd, err);
}

static void close_job(struct ui_view *v)
{
	struct state *s = v->state;
	ui_list_fini(&s->findings);
	ui_job_close(v->app, &s->job);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_PAUSE, "Pause", "Pause the job, or let it go on"},
	{UI_ACT_PUT_BACK, "Clean up", "Start Cyrus now; of a dead job: what it left behind"},
	{UI_ACT_OPEN, "Finding", "The finding in full, and what to do about it"},
	{UI_ACT_LOG, "Log", "All that the job said"},
	{UI_ACT_REMOVE, "Cancel job", "Cancel the job; you are asked first"},
	{0},
};

const struct ui_view_ops ui_view_job = {
	.name = "job",
	.title = "A job",
	.place = 3,
	.gives_way = true,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "A job while it runs. It belongs to no terminal: leave, log out, lose the "
		"line, and watch it again from anywhere with  cyrkeep attach  and its number."
		"\n\n"
		"Steps: what is done, with the time it took. Progress: bytes read from the "
		"mail store and written to the archive; the time left comes from the last "
		"five minutes.\n"
		"While Cyrus is stopped a meter says for how long, and when it is started "
		"again at the latest, even if this console and the job are gone.\n"
		"Findings do not stop the job; Enter explains one.",
	.open = open_job,
	.close = close_job,
	.act = act,
	.key = key,
	.ready = ready,
	.news = on_news,
	.tick = tick,
	.can = can,
	.word = word,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
