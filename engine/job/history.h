/* SPDX-License-Identifier: BSD-2-Clause */
/** What earlier jobs of this state directory say: their reports, and what the next may expect. */
#ifndef JOB_HISTORY_H
#define JOB_HISTORY_H

#include <cyrkeep/job.h>

/** The report event of @job; false when there is none (yet). Release with ck_event_fini(). */
bool history_report(const struct ck_settings *settings, uint32_t job, struct ck_event *ret);

/** The last backup of this server that was successful. */
struct history_last {
	uint32_t job; /**< 0: there is none. */
	uint64_t mailboxes, messages;
	uint64_t bytes_read, bytes_written;
	uint64_t subscriptions, seen, sieve, quotas; /**< As in struct ck_report. */
	int64_t downtime_ms;
	bool cut; /**< It did not come to its end: only the rate can be used. */
};

/** The last successful backup by @method, whatever it selected. */
int history_by_method(const struct ck_settings *settings, const char *method,
                      struct history_last *ret, struct ck_err *err) CK_MUST_USE;

/** The last successful backup with the patterns and rules of @plan: for the sanity gate. */
int history_by_plan(const struct ck_settings *settings, const struct ck_plan *plan,
                    struct history_last *ret, struct ck_err *err) CK_MUST_USE;

/** The last backup by @method that measured a downtime; one that failed counts when it had read
 * enough to tell how fast. */
int history_measured(const struct ck_settings *settings, const char *method,
                     struct history_last *ret, struct ck_err *err);

/** The downtime for @bytes, by what was measured or, without it, by a cautious rate. */
void history_forecast(const struct history_last *last, uint64_t bytes, struct ck_forecast *ret);

#endif
