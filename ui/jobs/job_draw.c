/* SPDX-License-Identifier: BSD-2-Clause */
#include "jobs/job_draw.h"

#include <stdio.h>
#include <string.h>

#include "terminal/wrap.h"
#include "words/fmt.h"

#define BANNER_ROWS   4
#define BY_HAND       ", or now by F6"
#define BY_HAND_WIDTH ((int)sizeof BY_HAND - 1)
#define LABEL         8 /* "written " */
#define BAR_MAX       66
#define CLOCK_WIDE    60 /* with less room the log shows minutes */

void ui_job_draw_refused(const struct ui_job *j, struct ui_canvas *c)
{
	ui_put_failure(c, 1, "The job cannot be looked at:", &j->why, "q goes back");
}

/* --- the banner ----------------------------------------------------------------------- */

int ui_job_banner_rows(const struct ui_job_look *m)
{
	return m->job->died || ui_job_down_ms(m->job, m->clock_ms) > 0 ? BANNER_ROWS : 0;
}

static void draw_death(const struct ui_job *j, struct ui_canvas *in)
{
	ui_put(in, 0, 1, in->at.w - 2, UI_ROLE_ERROR, UI_TEXT, j->why.msg);
	ui_put(in, 1, 1, in->at.w - 2, UI_ROLE_NORMAL, UI_TEXT, j->why.remedy);
}

/** "at most 0:10:00", the bar that goes there, and what was foreseen. */
static void draw_meter(const struct ui_job_look *m, struct ui_canvas *in)
{
	const struct ck_progress *p = &m->job->progress;
	int64_t down = ui_job_down_ms(m->job, m->clock_ms), left = p->down_limit_ms - down;
	int x = 1 + ui_putf(in, 0, 1, in->at.w - 2, UI_ROLE_ALARM, "CYRUS IS STOPPED   %s",
	                    ui_fmt_duration(down).s);
	if (p->down_limit_ms <= 0)
		return;
	x += ui_putf(in, 0, x, in->at.w - x, UI_ROLE_NORMAL, " of at most %s    ",
	             ui_fmt_duration(p->down_limit_ms).s);
	uint64_t part = (uint64_t)(left > 0 ? down : p->down_limit_ms);
	uint64_t whole = (uint64_t)p->down_limit_ms;
	if (x + 16 < in->at.w) {
		ui_bar(in, 0, x, in->at.w - x - 6, part, whole);
		ui_put_right(in, 0, in->at.w - 6, 5, UI_ROLE_NORMAL, UI_TEXT,
		             ui_fmt_percent(part, whole).s);
	}
	x = 1;
	if (p->down_predicted_ms >= 0)
		x += ui_putf(in, 1, x, in->at.w - 1, UI_ROLE_NORMAL, "about %s foreseen; ",
		             ui_fmt_span(p->down_predicted_ms).s);
	x += ui_putf(in, 1, x, in->at.w - x - 1, UI_ROLE_NORMAL,
	             "started again at %s at the latest",
	             ui_fmt_clock((m->now_ms + (left > 0 ? left : 0)) / 1000).s);
	if (x + BY_HAND_WIDTH < in->at.w && !m->job->cancelling)
		ui_put(in, 1, x, BY_HAND_WIDTH, UI_ROLE_NORMAL, UI_TEXT, BY_HAND);
}

void ui_job_draw_banner(const struct ui_job_look *m, struct ui_canvas *c)
{
	const struct ui_job *j = m->job;
	char title[48];
	snprintf(title, sizeof title, j->died ? "Job %u died" : "Downtime", j->job);
	struct ui_canvas in = ui_box(c, (struct ui_rect){0, 0, BANNER_ROWS, c->at.w}, title,
	                             UI_ROLE_DIALOG_DANGER);
	if (j->died)
		draw_death(j, &in);
	else
		draw_meter(m, &in);
}

/* --- the phases ----------------------------------------------------------------------- */

static const enum ck_phase *phases_of(const struct ui_job_look *m)
{
	static const enum ck_phase none[] = {CK_PHASE_MAX_};
	return m->listed ? ui_job_phases(m->listed->kind) : none;
}

int ui_job_steps_rows(const struct ui_job_look *m)
{
	int n = 1;
	for (const enum ck_phase *p = phases_of(m); *p != CK_PHASE_MAX_; p++)
		n++;
	return n;
}

static void draw_step(const struct ui_job_look *m, struct ui_canvas *c, int y, enum ck_phase phase)
{
	const struct ui_job *j = m->job;
	const struct ui_job_phase *p = &j->phases[phase];
	int w = c->at.w;
	bool over = j->ended || j->died;
	const char *word = p->ended_ms ? "done" : !p->began_ms ? "-" : over ? "FAIL" : "now";
	enum ui_role role = p->ended_ms    ? UI_ROLE_OK
	                    : !p->began_ms ? UI_ROLE_DIM
	                    : over         ? UI_ROLE_ERROR
	                                   : UI_ROLE_TITLE;
	ui_put(c, y, 1, 5, role, UI_TEXT, word);
	ui_put(c, y, 7, w - 15, p->began_ms ? UI_ROLE_NORMAL : UI_ROLE_DIM, UI_TEXT,
	       ui_job_phase_title(phase));
	if (!p->began_ms || (over && !p->ended_ms))
		return;
	int64_t end = p->ended_ms ? p->ended_ms : m->now_ms;
	ui_put_right(c, y, w - 8, 7, UI_ROLE_NORMAL, UI_TEXT,
	             ui_fmt_duration(end > p->began_ms ? end - p->began_ms : 0).s);
}

void ui_job_draw_steps(const struct ui_job_look *m, struct ui_canvas *c)
{
	int y = 1;
	ui_title(c, 0, "Steps", false);
	if (!m->listed)
		ui_put(c, y, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "...");
	for (const enum ck_phase *p = phases_of(m); *p != CK_PHASE_MAX_; p++)
		draw_step(m, c, y++, *p);
}

/* --- progress ------------------------------------------------------------------------- */

/** A label and what stands behind it, on the next row. */
static void line(struct ui_canvas *c, int *y, const char *label, const char *text)
{
	ui_put(c, *y, 1, LABEL, UI_ROLE_NORMAL, UI_TEXT, label);
	ui_put(c, (*y)++, 1 + LABEL, c->at.w - 1 - LABEL, UI_ROLE_NORMAL, UI_TEXT, text);
}

static void draw_all(const struct ui_job *j, struct ui_canvas *c, int *y)
{
	const struct ck_progress *p = &j->progress;
	int w = c->at.w - LABEL - 7;
	uint64_t part = p->bytes_done, whole = p->bytes_total;
	if (!whole) {
		part = p->messages_done;
		whole = p->messages_total;
	}
	if (!whole)
		return;
	/* the estimate may have been too low; all is only done when the report is there */
	if (!j->ended && part >= whole)
		part = whole - whole / 100 - 1;
	ui_put(c, *y, 1, LABEL, UI_ROLE_NORMAL, UI_TEXT, "all");
	ui_bar(c, *y, 1 + LABEL, w > BAR_MAX ? BAR_MAX : w, part, whole);
	ui_put_right(c, (*y)++, c->at.w - 6, 5, UI_ROLE_NORMAL, UI_TEXT,
	             ui_fmt_percent(part, whole).s);
}

static void draw_counts(const struct ui_job *j, struct ui_canvas *c, int *y)
{
	const struct ck_progress *p = &j->progress;
	char text[160];
	if (p->bytes_done || p->bytes_total) {
		snprintf(text, sizeof text, "%s%s%s", ui_fmt_size(p->bytes_done).s,
		         p->bytes_total ? " of " : "",
		         p->bytes_total ? ui_fmt_size(p->bytes_total).s : "");
		line(c, y, "bytes", text);
	}
	if (p->messages_done || p->messages_total) {
		snprintf(text, sizeof text, "%s%s%s messages",
		         ui_fmt_count_short(p->messages_done).s, p->messages_total ? " of " : "",
		         p->messages_total ? ui_fmt_count_short(p->messages_total).s : "");
		line(c, y, "", text);
	}
	if (p->mailboxes_done || p->mailboxes_total) {
		snprintf(text, sizeof text, "%s%s%s mailboxes", ui_fmt_count(p->mailboxes_done).s,
		         p->mailboxes_total ? " of " : "",
		         p->mailboxes_total ? ui_fmt_count(p->mailboxes_total).s : "");
		line(c, y, "", text);
	}
}

/** The phase that moves mail, as long as a job is in it or behind it; else NULL. */
static const struct ui_job_phase *moving(const struct ui_job *j)
{
	const struct ui_job_phase *p = &j->phases[CK_PHASE_COPY];
	if (!p->began_ms)
		p = &j->phases[CK_PHASE_RESTORE];
	if (!p->began_ms)
		p = &j->phases[CK_PHASE_CHECK]; /* of a verify job, which has no other */
	return p->began_ms ? p : NULL;
}

/** "read     1.79T   172M/s ▅▆▆▇": the mean of the last seconds, and the seconds before; when all
 * is moved, the mean of the whole. */
static void draw_rate(const struct ui_job *j, struct ui_canvas *c, int *y, const char *label,
                      uint64_t bytes, const uint64_t *rates)
{
	const struct ui_job_phase *p = moving(j);
	uint64_t rate;
	int x = 1 + LABEL;
	if (!bytes)
		return;
	ui_put(c, *y, 1, LABEL, UI_ROLE_NORMAL, UI_TEXT, label);
	x += ui_putf(c, *y, x, c->at.w - x, UI_ROLE_NORMAL, "%-7s", ui_fmt_size(bytes).s);
	if (p && p->ended_ms > p->began_ms) {
		rate = (uint64_t)((double)bytes * 1000 / (double)(p->ended_ms - p->began_ms));
		ui_putf(c, *y, x, c->at.w - x, UI_ROLE_NORMAL, " %5s/s in the mean",
		        ui_fmt_size(rate).s);
	} else if (p && ui_job_rate(rates, j->nrates, &rate)) {
		x += ui_putf(c, *y, x, c->at.w - x, UI_ROLE_NORMAL, " %5s/s ", ui_fmt_size(rate).s);
		ui_spark(c, *y, x, c->at.w - x - 1, rates, j->nrates);
	}
	(*y)++;
}

static void draw_left(const struct ui_job_look *m, struct ui_canvas *c, int *y)
{
	const struct ui_job *j = m->job;
	char text[96];
	int64_t eta = j->progress.eta_ms - (m->clock_ms - j->progress_ms);
	if (j->paused || j->cancelling || j->progress.eta_ms < 0 || eta < 0)
		return;
	snprintf(text, sizeof text, "about %s, ends %.5s", ui_fmt_span(eta).s,
	         ui_fmt_clock((m->now_ms + eta) / 1000).s);
	line(c, y, "left", text);
}

/** Said while it is still to come, and when it is over; in between the banner says it. */
static void draw_downtime(const struct ui_job_look *m, struct ui_canvas *c, int *y)
{
	const struct ui_job *j = m->job;
	const struct ck_progress *p = &j->progress;
	char text[96];
	if (!m->listed || m->listed->kind != CK_JOB_BACKUP || ui_job_down_ms(j, m->clock_ms) > 0 ||
	    j->died)
		return;
	if (j->phases[CK_PHASE_RELEASE].ended_ms && j->down_ms)
		snprintf(text, sizeof text, "%s, Cyrus serves again", ui_fmt_took(j->down_ms).s);
	else if (j->phases[CK_PHASE_RELEASE].ended_ms)
		snprintf(text, sizeof text, "over, Cyrus serves again");
	else if (!j->phases[CK_PHASE_HOLD].began_ms && p->down_predicted_ms >= 0)
		snprintf(text, sizeof text, "none yet, about %s to come",
		         ui_fmt_span(p->down_predicted_ms).s);
	else
		snprintf(text, sizeof text, "none yet");
	line(c, y, "down", text);
}

static void draw_now(const struct ui_job *j, struct ui_canvas *c, int *y)
{
	bool over = j->ended || j->died || j->paused;
	const struct ui_job_phase *p = moving(j);
	if (over || !p || p->ended_ms || !j->progress.mailbox[0] || *y >= c->at.h)
		return;
	ui_put(c, *y, 1, LABEL, UI_ROLE_NORMAL, UI_TEXT, "now");
	ui_put(c, (*y)++, 1 + LABEL, c->at.w - 2 - LABEL, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE,
	       j->progress.mailbox);
}

void ui_job_draw_progress(const struct ui_job_look *m, struct ui_canvas *c)
{
	const struct ui_job *j = m->job;
	const struct ck_progress *p = &j->progress;
	const char *state = j->died         ? "died"
	                    : j->cancelling ? "cancelling"
	                    : j->paused     ? "paused"
	                                    : NULL;
	int y = 1;
	ui_title(c, 0, "Progress", false);
	if (state)
		ui_title_right(c, 0, c->at.w - 2, state);
	if (!j->has_progress) {
		ui_put(c, y, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT,
		       j->caught_up ? "nothing measured yet" : "...");
		return;
	}
	draw_all(j, c, &y);
	draw_counts(j, c, &y);
	draw_left(m, c, &y);
	draw_rate(j, c, &y, "read", p->bytes_done, j->read_rates);
	draw_rate(j, c, &y, "written", p->bytes_written, j->write_rates);
	draw_downtime(m, c, &y);
	draw_now(j, c, &y);
}

/* --- the log -------------------------------------------------------------------------- */

static enum ui_role role_of(const struct ui_job_entry *e)
{
	return e->kind == CK_EV_FINDING ? UI_ROLE_WARN
	       : e->kind == CK_EV_PHASE ? UI_ROLE_DIM
	                                : UI_ROLE_NORMAL;
}

void ui_job_draw_log(const struct ui_job_look *m, struct ui_canvas *c)
{
	const struct ui_job *j = m->job;
	size_t rows = c->at.h > 1 ? (size_t)c->at.h - 1 : 0;
	size_t first = j->n > rows ? j->n - rows : 0;
	ui_title(c, 0, "Log", false);
	for (size_t i = first; i < j->n; i++) {
		const struct ui_job_entry *e = &j->entries[i];
		int y = 1 + (int)(i - first), x = c->at.w >= CLOCK_WIDE ? 10 : 7;
		ui_putf(c, y, 1, x - 2, UI_ROLE_NORMAL, "%.*s", x - 2,
		        ui_fmt_clock(e->time_ms / 1000).s);
		ui_put(c, y, x, c->at.w - x - 1, role_of(e), UI_TEXT, e->line);
	}
}
