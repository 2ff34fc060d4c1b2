/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * One job as a screen sees it: everything it ever said, and what that comes to.
 *
 * Whoever looks attaches and gets every event from the first, so a late look is as good as an early
 * one. The job is not touched by being looked at.
 */
#ifndef UI_JOB_H
#define UI_JOB_H

#include <cyrkeep/job.h>

#include "jobs/texts.h"

struct ui_app;
struct ui_follow;
struct ui_view;

#define UI_JOB_RATES 60  /**< Seconds of the past whose rates are kept. */
#define UI_JOB_BATCH 400 /**< Events taken at a time: then keys get their turn. */

/** One thing that it said: a line of its log. Texts are foreign, as they came. */
struct ui_job_entry {
	int64_t time_ms;           /**< Wall clock. */
	enum ck_event_kind kind;   /**< Never CK_EV_PROGRESS, CK_EV_RESTORED. */
	const char *line;          /**< Of a finding with its mailbox. */
	const char *text;          /**< Into @line: without the mailbox. */
	const char *mailbox;       /**< Of a finding; NULL when it is about none. */
	const char *code, *remedy; /**< Of a finding. */
};

/** When a phase began and ended, wall clock; 0: not yet. */
struct ui_job_phase {
	int64_t began_ms, ended_ms;
};

struct ui_job {
	uint32_t job;
	struct ui_follow *follow; /**< NULL after the end. */

	struct ui_job_entry *entries; /**< Oldest first. */
	size_t n, cap;
	struct ui_texts texts; /**< Theirs. */
	uint32_t *findings;    /**< Which of them are findings. */
	size_t nfindings, findings_cap;
	bool short_of_memory; /**< Some of it could not be kept. */

	struct ck_restored *restored; /**< What came of mailboxes; their names are kept in texts. */
	size_t nrestored, restored_cap;

	struct ui_job_phase phases[CK_PHASE_MAX_];
	int phase; /**< The one that began last, or -1. */

	bool has_progress;
	struct ck_progress progress; /**< The latest. */
	int64_t progress_ms;         /**< When it came, by the clock of the caller. */
	int64_t down_ms;             /**< The longest that Cyrus was seen down. */
	uint64_t read_rates[UI_JOB_RATES], write_rates[UI_JOB_RATES]; /**< Bytes a second. */
	size_t nrates;
	struct ck_progress sampled; /**< Figures at the last rate. */

	bool paused, cancelling;
	bool caught_up;             /**< The past has been read: what comes now is news. */
	bool ended;                 /**< With a report. */
	bool died;                  /**< Without one: why says so. */
	bool refused;               /**< It could not be looked at: why says so. */
	int64_t began_ms, ended_ms; /**< Wall clock of the first event and of the report. */
	struct ck_report report;
	struct ck_err why;
};

/** Follow @job, and let @v hear of it. @ret must be zeroed.
 * @ret_fd  What ready() is called for; the job's. */
int ui_job_open(struct ui_view *v, uint32_t job, struct ui_job *ret, int *ret_fd,
                struct ck_err *err);
void ui_job_close(struct ui_app *app, struct ui_job *j);

/**
 * Take what is there, UI_JOB_BATCH events at most. After the end the descriptor is closed; see
 * ended, died and refused.
 * @clock_ms  By the clock that progress_ms is to be of.
 * @return the first note of somebody's deed that is news (of the entries), or NULL: a deed is said
 * before what follows from it.
 */
const struct ui_job_entry *ui_job_take(struct ui_job *j, int64_t clock_ms);

/** Bytes a second over the last seconds; false while there is nothing to go by. */
bool ui_job_rate(const uint64_t rates[UI_JOB_RATES], size_t n, uint64_t *ret);

/** How long Cyrus is down now, 0 when it is not (or the job is over). */
int64_t ui_job_down_ms(const struct ui_job *j, int64_t clock_ms);

/** "Copy", "Stop Cyrus" */
const char *ui_job_phase_title(enum ck_phase phase);

/** The phases of a job of @kind, in order; ends with CK_PHASE_MAX_. */
const enum ck_phase *ui_job_phases(enum ck_job_kind kind);

/** Finding @i of those it made, from 0. */
const struct ui_job_entry *ui_job_finding(const struct ui_job *j, size_t i);

/** The job in the house's list, or NULL while it is not known. */
struct ui_house;
const struct ck_job *ui_job_find(const struct ui_house *h, uint32_t job);

#endif
