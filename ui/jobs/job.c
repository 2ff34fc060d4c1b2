/* SPDX-License-Identifier: BSD-2-Clause */
#include "jobs/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/app.h"
#include "loop/follow.h"
#include "loop/house.h"
#include "loop/task.h"
#include "words/fmt.h"

#define RATE_EVERY_MS 1000
#define RATE_OVER     5 /* seconds that a rate in figures is the mean of */

static const char *const phase_titles[CK_PHASE_MAX_] = {
	[CK_PHASE_INSPECT] = "Look at the server",
	[CK_PHASE_SELECT] = "Choose, estimate",
	[CK_PHASE_HOLD] = "Stop Cyrus",
	[CK_PHASE_COPY] = "Copy",
	[CK_PHASE_RELEASE] = "Start Cyrus",
	[CK_PHASE_SEAL] = "Seal the archive",
	[CK_PHASE_CHECK] = "Check the archive",
	[CK_PHASE_REPORT] = "Write the report",
	[CK_PHASE_REHEARSE] = "See what is missing",
	[CK_PHASE_RESTORE] = "Put mail back",
};

const char *ui_job_phase_title(enum ck_phase phase)
{
	return (unsigned)phase < CK_PHASE_MAX_ ? phase_titles[phase] : "";
}

const enum ck_phase *ui_job_phases(enum ck_job_kind kind)
{
	static const enum ck_phase backup[] = {CK_PHASE_INSPECT, CK_PHASE_SELECT,  CK_PHASE_HOLD,
	                                       CK_PHASE_COPY,    CK_PHASE_RELEASE, CK_PHASE_SEAL,
	                                       CK_PHASE_CHECK,   CK_PHASE_REPORT,  CK_PHASE_MAX_};
	static const enum ck_phase restore[] = {CK_PHASE_REHEARSE, CK_PHASE_RESTORE,
	                                        CK_PHASE_REPORT, CK_PHASE_MAX_};
	static const enum ck_phase verify[] = {CK_PHASE_CHECK, CK_PHASE_REPORT, CK_PHASE_MAX_};
	return kind == CK_JOB_BACKUP ? backup : kind == CK_JOB_RESTORE ? restore : verify;
}

const struct ck_job *ui_job_find(const struct ui_house *h, uint32_t job)
{
	for (size_t i = 0; i < h->njobs; i++)
		if (h->jobs[i].job == job)
			return &h->jobs[i];
	return NULL;
}

const struct ui_job_entry *ui_job_finding(const struct ui_job *j, size_t i)
{
	return &j->entries[j->findings[i]];
}

int ui_job_open(struct ui_view *v, uint32_t job, struct ui_job *ret, int *ret_fd,
                struct ck_err *err)
{
	ret->job = job;
	ret->phase = -1;
	int r = ui_follow_open(v->app, job, &ret->follow, err);
	if (r < 0)
		return r;
	*ret_fd = ui_follow_fd(ret->follow);
	return ui_app_watch(v, *ret_fd) < 0 ? ck_err_set(err, CK_EBUSY, "too many jobs are watched")
	                                    : 0;
}

/** A job that is looked at no more: what it said may be very much. */
static void release(void *data)
{
	struct ui_job *j = data;
	struct ck_event last = {.report = j->report};
	ck_event_fini(&last);
	ui_texts_fini(&j->texts);
	free(j->entries);
	free(j->findings);
	free(j->restored);
	free(j);
}

void ui_job_close(struct ui_app *app, struct ui_job *j)
{
	struct ui_job *said = ck_alloc(1, sizeof *said);
	ui_follow_close(CK_STEAL(j->follow));
	if (said) { /* without memory it stays until the end */
		*said = *j;
		ui_task_discard(app, release, said);
	}
	*j = (struct ui_job){.phase = -1};
}

/* --- what it said --------------------------------------------------------------------- */

/** A line of the log for @ev; owned. @ret_text is where it goes on behind the mailbox. */
static char *line_of(const struct ui_job *j, const struct ck_event *ev, size_t *ret_text)
{
	char *line = NULL;
	int len = 0, mailbox = 0;
	const struct ck_finding *f = &ev->finding;
	switch (ev->kind) {
	case CK_EV_PHASE:
		if (ev->begins)
			len = asprintf(&line, "%s", ui_job_phase_title(ev->phase));
		else
			len = asprintf(&line, "%s: done, %s", ui_job_phase_title(ev->phase),
			               ui_fmt_span(ev->time_ms - j->phases[ev->phase].began_ms).s);
		break;
	case CK_EV_FINDING:
		if (f->mailbox)
			mailbox = (int)strlen(f->mailbox) + 2;
		if (f->uid)
			len = asprintf(&line, "%s%smessage %u: %s", f->mailbox ? f->mailbox : "",
			               f->mailbox ? "  " : "", f->uid, f->text);
		else
			len = asprintf(&line, "%s%s%s", f->mailbox ? f->mailbox : "",
			               f->mailbox ? "  " : "", f->text);
		break;
	case CK_EV_REPORT:
		len = asprintf(&line, "ended: %s%s%s", ck_result_name(ev->report.result),
		               ev->report.error ? ": " : "",
		               ev->report.error ? ev->report.error : "");
		break;
	default:
		len = asprintf(&line, "%s", ev->text ? ev->text : "");
		break;
	}
	*ret_text = (size_t)mailbox;
	return len < 0 ? NULL : line;
}

static bool grow(struct ui_job *j)
{
	if (j->n == j->cap) {
		size_t cap = j->cap ? j->cap * 2 : 64;
		void *more = reallocarray(j->entries, cap, sizeof *j->entries);
		if (!more)
			return false;
		j->entries = more;
		j->cap = cap;
	}
	if (j->nfindings == j->findings_cap) {
		size_t cap = j->findings_cap ? j->findings_cap * 2 : 64;
		void *more = reallocarray(j->findings, cap, sizeof *j->findings);
		if (!more)
			return false;
		j->findings = more;
		j->findings_cap = cap;
	}
	return true;
}

/** @text as part of what the job said; NULL stays NULL. */
static const char *keep_words(struct ui_job *j, const char *text)
{
	const char *kept = text ? ui_texts_keep(&j->texts, text) : NULL;
	j->short_of_memory |= text && !kept;
	return kept;
}

static void keep(struct ui_job *j, const struct ck_event *ev)
{
	size_t text = 0;
	CK_FREE char *words = j->n < UINT32_MAX && grow(j) ? line_of(j, ev, &text) : NULL;
	const char *line = words ? keep_words(j, words) : NULL;
	if (!line) {
		j->short_of_memory = true;
		return;
	}
	struct ui_job_entry *e = &j->entries[j->n];
	*e = (struct ui_job_entry){
		.time_ms = ev->time_ms, .kind = ev->kind, .line = line, .text = line + text};
	if (ev->kind == CK_EV_FINDING) {
		e->mailbox = keep_words(j, ev->finding.mailbox);
		e->code = keep_words(j, ev->finding.code);
		e->remedy = keep_words(j, ev->finding.remedy);
		j->findings[j->nfindings++] = (uint32_t)j->n;
	}
	j->n++;
}

static bool grow_restored(struct ui_job *j)
{
	if (j->nrestored < j->restored_cap)
		return true;
	size_t cap = j->restored_cap ? j->restored_cap * 2 : 64;
	void *more = reallocarray(j->restored, cap, sizeof *j->restored);
	if (!more)
		return false;
	j->restored = more;
	j->restored_cap = cap;
	return true;
}

/** The name outlives the event. */
static void keep_restored(struct ui_job *j, const struct ck_restored *r)
{
	char *name = grow_restored(j) ? ui_texts_keep(&j->texts, r->mailbox) : NULL;
	if (!name) {
		j->short_of_memory = true;
		return;
	}
	j->restored[j->nrestored] = *r;
	j->restored[j->nrestored++].mailbox = name;
}

/* --- what it comes to ----------------------------------------------------------------- */

static void push_rate(uint64_t rates[UI_JOB_RATES], size_t n, uint64_t rate)
{
	if (n == UI_JOB_RATES) {
		memmove(rates, rates + 1, (UI_JOB_RATES - 1) * sizeof *rates);
		n--;
	}
	rates[n] = rate;
}

static uint64_t rate_of(uint64_t before, uint64_t after, int64_t ms)
{
	return after > before ? (uint64_t)((double)(after - before) * 1000 / (double)ms) : 0;
}

static void take_progress(struct ui_job *j, const struct ck_event *ev, int64_t clock_ms)
{
	const struct ck_progress *p = &ev->progress;
	int64_t ms = p->elapsed_ms - j->sampled.elapsed_ms;
	if (!j->has_progress) {
		j->sampled = *p;
	} else if (ms >= RATE_EVERY_MS) {
		push_rate(j->read_rates, j->nrates,
		          rate_of(j->sampled.bytes_done, p->bytes_done, ms));
		push_rate(j->write_rates, j->nrates,
		          rate_of(j->sampled.bytes_written, p->bytes_written, ms));
		j->nrates += j->nrates < UI_JOB_RATES;
		j->sampled = *p;
	}
	j->has_progress = true;
	j->progress = *p;
	j->progress_ms = clock_ms;
	if (p->down_ms > j->down_ms)
		j->down_ms = p->down_ms;
}

static void take_phase(struct ui_job *j, const struct ck_event *ev)
{
	struct ui_job_phase *p = &j->phases[ev->phase];
	if (ev->begins) {
		*p = (struct ui_job_phase){.began_ms = ev->time_ms};
		j->phase = (int)ev->phase;
	} else {
		p->ended_ms = ev->time_ms;
	}
}

static void take_report(struct ui_job *j, struct ck_event *ev)
{
	j->ended = true;
	j->ended_ms = ev->time_ms;
	j->report = ev->report;
	ev->report = (struct ck_report){0};
}

/** @return whether it became an entry. */
static bool take(struct ui_job *j, struct ck_event *ev, int64_t clock_ms)
{
	if (!j->began_ms)
		j->began_ms = ev->time_ms;
	if (ev->kind == CK_EV_PROGRESS) {
		take_progress(j, ev, clock_ms);
		return false;
	}
	if (ev->kind == CK_EV_RESTORED) {
		keep_restored(j, &ev->restored);
		return false;
	}
	if (ev->kind == CK_EV_STATE && ev->text) {
		j->paused = strcmp(ev->text, "paused") == 0;
		j->cancelling |= strcmp(ev->text, "cancelling") == 0;
	}
	if (ev->kind == CK_EV_PHASE)
		take_phase(j, ev);
	size_t n = j->n;
	keep(j, ev);
	if (ev->kind == CK_EV_REPORT)
		take_report(j, ev);
	return j->n > n;
}

/** Does the newest entry say who paused, resumed or cancelled? Then the state stands before it. */
static bool is_deed(const struct ui_job *j)
{
	return j->n > 1 && j->entries[j->n - 2].kind == CK_EV_STATE;
}

/** There is nothing more to take, for now or for ever. */
static void stop_taking(struct ui_job *j, enum ui_follow_news news)
{
	if (news == UI_FOLLOW_READING)
		return;
	j->caught_up = true;
	if (news == UI_FOLLOW_WAITING)
		return;
	j->died = news == UI_FOLLOW_DIED;
	j->refused = news == UI_FOLLOW_REFUSED;
	ui_follow_close(CK_STEAL(j->follow));
}

const struct ui_job_entry *ui_job_take(struct ui_job *j, int64_t clock_ms)
{
	size_t news = SIZE_MAX;
	for (int left = UI_JOB_BATCH; j->follow && left > 0; left--) {
		struct ck_event ev = {0};
		enum ui_follow_news r = ui_follow_next(j->follow, &ev, &j->why);
		if (r != UI_FOLLOW_EVENT) {
			stop_taking(j, r);
			break;
		}
		if (take(j, &ev, clock_ms) && ev.kind == CK_EV_NOTE && j->caught_up &&
		    news == SIZE_MAX && is_deed(j))
			news = j->n - 1;
		ck_event_fini(&ev);
	}
	return news < j->n ? &j->entries[news] : NULL;
}

bool ui_job_rate(const uint64_t rates[UI_JOB_RATES], size_t n, uint64_t *ret)
{
	size_t over = n < RATE_OVER ? n : RATE_OVER;
	uint64_t sum = 0;
	for (size_t i = n - over; i < n; i++)
		sum += rates[i];
	*ret = over ? sum / over : 0;
	return over > 0;
}

int64_t ui_job_down_ms(const struct ui_job *j, int64_t clock_ms)
{
	/* the figures are older than the step that ended */
	if (j->ended || j->died || j->phases[CK_PHASE_RELEASE].ended_ms || !j->has_progress ||
	    j->progress.down_ms <= 0)
		return 0;
	return j->progress.down_ms + (clock_ms > j->progress_ms ? clock_ms - j->progress_ms : 0);
}
