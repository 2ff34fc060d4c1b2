/* SPDX-License-Identifier: BSD-2-Clause */
/** Telling a job what to do, and showing what it said: for the screens of jobs. */
#ifndef UI_JOB_CONTROL_H
#define UI_JOB_CONTROL_H

#include "jobs/job.h"
#include "widgets/view.h"

/** Tell @job; what came of it is said in the message line, or in a dialog when it was refused. */
void ui_job_tell(struct ui_view *v, uint32_t job, enum ck_job_command command);

/** Buttons of the dialogs below; the harmless one is the first. */
enum ui_job_answer {
	UI_JOB_LEAVE_ALONE,
	UI_JOB_DO_IT,
	UI_JOB_PAUSE_INSTEAD, /**< Of the cancel dialog, unless it is paused. */
};

/** Ask whether @job is to be cancelled. @p may be NULL. The answer goes to @done. */
void ui_job_ask_cancel(struct ui_view *v, const struct ck_job *job, const struct ck_progress *p,
                       void (*done)(struct ui_view *owner, int button));

/** Ask whether it is to be cancelled for the sake of a running Cyrus, which it holds down. */
void ui_job_ask_start(struct ui_view *v, const struct ck_job *job, const struct ck_progress *p,
                      void (*done)(struct ui_view *owner, int button));

/** Ask whether it is to be paused while Cyrus is stopped. */
void ui_job_ask_pause(struct ui_view *v, uint32_t job, const struct ck_progress *p,
                      void (*done)(struct ui_view *owner, int button));

/** What there is to say about one finding or line, in lines. */
void ui_job_entry_words(const struct ui_view *v, const struct ui_job_entry *e, struct ck_buf *ret);

/** Show finding @i, from 0, in full. */
void ui_job_show_finding(struct ui_view *v, const struct ui_job *j, size_t i);

/** Show a line of the log in full. */
void ui_job_show_entry(struct ui_view *v, const struct ui_job_entry *e, const char *title);

#endif
