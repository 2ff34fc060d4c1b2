/* SPDX-License-Identifier: BSD-2-Clause */
/** The blocks of the screen of a job. Each draws into a canvas of its own, from row 0. */
#ifndef UI_JOB_DRAW_H
#define UI_JOB_DRAW_H

#include "jobs/job.h"
#include "terminal/draw.h"

/** What the blocks are drawn from. */
struct ui_job_look {
	const struct ui_job *job;
	const struct ck_job *listed; /**< As the house lists it, or NULL. */
	int64_t now_ms;              /**< Wall clock. */
	int64_t clock_ms;            /**< Of the app. */
};

/** In place of all blocks: why there is nothing to show. */
void ui_job_draw_refused(const struct ui_job *j, struct ui_canvas *c);

/** Rows of the banner: Cyrus is stopped, or the job died; 0 when there is nothing to cry. */
int ui_job_banner_rows(const struct ui_job_look *m);
void ui_job_draw_banner(const struct ui_job_look *m, struct ui_canvas *c);

/** Rows of the phases, with their title. */
int ui_job_steps_rows(const struct ui_job_look *m);
void ui_job_draw_steps(const struct ui_job_look *m, struct ui_canvas *c);

/** Bar, figures, rates, time left, downtime; at most @c->at.h rows with the title. */
void ui_job_draw_progress(const struct ui_job_look *m, struct ui_canvas *c);

/** The end of the log, newest last, under its title. */
void ui_job_draw_log(const struct ui_job_look *m, struct ui_canvas *c);

#endif
