/* SPDX-License-Identifier: BSD-2-Clause */
#include "jobs/job_control.h"

#include <stdio.h>
#include <stdlib.h>

#include "loop/app.h"
#include "loop/dialog.h"
#include "loop/house.h"
#include "words/fmt.h"

/** A command on its way; the engine may wait some seconds for the worker. */
struct order {
	struct ui_app *app;
	const struct ck_settings *settings;
	uint32_t job;
	enum ck_job_command command;
};

static int give(void *data, struct ck_watch *watch, struct ck_err *err)
{
	const struct order *o = data;
	(void)watch;
	return ck_job_command(o->settings, o->job, o->command, err);
}

static void given(void *owner, void *data, int r, const struct ck_err *err)
{
	static const char *const words[] = {[CK_JOB_PAUSE] = "is paused",
	                                    [CK_JOB_RESUME] = "goes on",
	                                    [CK_JOB_CANCEL] = "is being cancelled"};
	static const char *const not_done[] = {[CK_JOB_PAUSE] = "The job was not paused",
	                                       [CK_JOB_RESUME] = "The job does not go on",
	                                       [CK_JOB_CANCEL] = "The job was not cancelled"};
	const struct order *o = data;
	(void)owner;
	if (r < 0)
		ui_app_fail(o->app, not_done[o->command], err);
	else
		ui_app_say(o->app, UI_SAY_INFO, "Job %u %s", o->job, words[o->command]);
	ui_house_read_jobs(o->app);
}

void ui_job_tell(struct ui_view *v, uint32_t job, enum ck_job_command command)
{
	static const struct ui_task_kind kind = {give, given, free};
	struct ck_err err = CK_ERR_INIT;
	struct order *o = ck_alloc(1, sizeof *o);
	int r = o ? 0 : ck_err_nomem(&err);
	if (o) {
		*o = (struct order){v->app, ui_app_settings(v->app), job, command};
		r = ui_task_start(v->app, &kind, v, o, NULL, &err);
	}
	if (r < 0)
		ui_app_fail(v->app, "The job was not told", &err);
}

#define COPY_GOES "What was copied is removed: no archive is left of it."

static const char *consequence(enum ck_job_kind kind, const struct ck_progress *p)
{
	switch (kind) {
	case CK_JOB_BACKUP:
		return !p               ? "If Cyrus is stopped, it is started at once. " COPY_GOES
		       : p->down_ms > 0 ? "Cyrus is started at once. " COPY_GOES
		                        : COPY_GOES;
	case CK_JOB_RESTORE:
		return "What was put back already stays; the same restore, started again, adds "
		       "only what is missing then.";
	default:
		return "The archive stays as it is; it is not known to be good then.";
	}
}

/** By the figures of this moment; the list of jobs is some seconds old. */
static void say_how_far(const struct ck_job *job, const struct ck_progress *p, struct ck_buf *ret)
{
	if (!p || !p->elapsed_ms)
		return;
	if (p->bytes_total)
		(void)ck_buf_addf(ret, "It is at %s",
		                  ui_fmt_percent(p->bytes_done, p->bytes_total).s);
	else
		(void)ck_buf_addf(ret, "It is at %d%%", job->percent);
	(void)ck_buf_addf(ret, " after %s", ui_fmt_span(p->elapsed_ms).s);
	if (p->eta_ms >= 0)
		(void)ck_buf_addf(ret, "; about %s are left", ui_fmt_span(p->eta_ms).s);
	(void)ck_buf_adds(ret, ".\n");
}

void ui_job_ask_start(struct ui_view *v, const struct ck_job *job, const struct ck_progress *p,
                      void (*done)(struct ui_view *owner, int button))
{
	static const char *const buttons[] = {"Let the copy go on", "Start Cyrus, cancel the job",
	                                      NULL};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	(void)ck_buf_addf(&text, "Job %u holds it down for its copy. ", job->job);
	say_how_far(job, p, &text);
	if (ck_buf_addf(&text, "\nThe job is cancelled for it. %s", consequence(job->kind, p)) < 0)
		return;
	(void)ui_dialog_open(v, &(struct ui_dialog){.title = "Start Cyrus now?",
	                                            .text = text.data,
	                                            .buttons = buttons,
	                                            .danger = true,
	                                            .done = done});
}

void ui_job_ask_cancel(struct ui_view *v, const struct ck_job *job, const struct ck_progress *p,
                       void (*done)(struct ui_view *owner, int button))
{
	static const char *const running[] = {"Do not cancel", "Cancel the job", "Pause it", NULL};
	static const char *const paused[] = {"Do not cancel", "Cancel the job", NULL};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	char title[48];
	snprintf(title, sizeof title, "Cancel job %u?", job->job);
	(void)ck_buf_addf(&text, "%s\n", job->title);
	say_how_far(job, p, &text);
	if (ck_buf_addf(&text, "\n%s\n\nEsc closes this; the job goes on.",
	                consequence(job->kind, p)) < 0)
		return;
	(void)ui_dialog_open(
		v, &(struct ui_dialog){.title = title,
	                               .text = text.data,
	                               .buttons = job->state == CK_JOB_PAUSED ? paused : running,
	                               .danger = true,
	                               .done = done});
}

void ui_job_ask_pause(struct ui_view *v, uint32_t job, const struct ck_progress *p,
                      void (*done)(struct ui_view *owner, int button))
{
	static const char *const buttons[] = {"Let it go on", "Pause it, Cyrus stays stopped",
	                                      NULL};
	char title[64], text[256];
	snprintf(title, sizeof title, "Pause job %u while Cyrus is stopped?", job);
	snprintf(text, sizeof text,
	         "Nobody gets mail meanwhile. The time goes on counting: at %s in all Cyrus is "
	         "started again, and the copy is lost.",
	         ui_fmt_duration(p->down_limit_ms).s);
	(void)ui_dialog_open(v, &(struct ui_dialog){.title = title,
	                                            .text = text,
	                                            .buttons = buttons,
	                                            .danger = true,
	                                            .done = done});
}

void ui_job_entry_words(const struct ui_view *v, const struct ui_job_entry *e, struct ck_buf *ret)
{
	(void)ck_buf_addf(ret, "%s\n", ui_fmt_date(e->time_ms / 1000, ui_app_now(v->app)).s);
	if (e->mailbox) {
		(void)ck_buf_adds(ret, "Mailbox  ");
		(void)ui_text(e->mailbox, SIZE_MAX, UI_NAME, ret);
		(void)ck_buf_addc(ret, '\n');
	}
	(void)ck_buf_addf(ret, "\n%s\n", e->text);
	if (e->remedy && *e->remedy)
		(void)ck_buf_addf(ret, "\nRemedy  %s\n", e->remedy);
	if (e->code)
		(void)ck_buf_addf(ret, "Code    %s", e->code);
}

void ui_job_show_entry(struct ui_view *v, const struct ui_job_entry *e, const char *title)
{
	static const char *const buttons[] = {"Close", NULL};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	ui_job_entry_words(v, e, &text);
	(void)ui_dialog_open(
		v, &(struct ui_dialog){.title = title, .text = text.data, .buttons = buttons});
}

void ui_job_show_finding(struct ui_view *v, const struct ui_job *j, size_t i)
{
	char title[96];
	snprintf(title, sizeof title, "Finding %s of %s", ui_fmt_count(i + 1).s,
	         ui_fmt_count(j->nfindings).s);
	ui_job_show_entry(v, ui_job_finding(j, i), title);
}
