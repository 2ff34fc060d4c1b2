/* SPDX-License-Identifier: BSD-2-Clause */
/** What earlier jobs of this state directory say: their reports, and what the next may expect. */
#ifndef JOB_HISTORY_H
#define JOB_HISTORY_H

#include <cyrkeep/job.h>

/** The report event of @job; false when there is none (yet). Release with ck_event_fini(). */
bool history_report(const struct ck_settings *settings, uint32_t job, struct ck_event *ret);

/** The last backup that was successful. */
struct history_last {
	uint32_t job; /**< 0: there is none. */
	uint64_t mailboxes, messages;
	uint64_t bytes_read, bytes_written;
	int64_t downtime_ms;
};

/** The last successful backup by @method, whatever it selected: for forecasts. */
int history_by_method(const struct ck_settings *settings, const char *method,
                      struct history_last *ret, struct ck_err *err) CK_MUST_USE;

/** The last successful backup with the patterns and rules of @plan: for the sanity gate. */
int history_by_plan(const struct ck_settings *settings, const struct ck_plan *plan,
                    struct history_last *ret, struct ck_err *err) CK_MUST_USE;

/** Forecast of the downtime for @bytes, -1 without a run to go by. */
int64_t history_downtime_ms(const struct history_last *last, uint64_t bytes);

#endif
