/* SPDX-License-Identifier: BSD-2-Clause */
/** The sanity gate: has so much gone since the last backup that something must be wrong? */
#ifndef JOB_GATE_H
#define JOB_GATE_H

#include "base/run.h"
#include "job/history.h"

/** Compare with the @last run of the same selection. @return 0 or CK_EGATE. */
int gate_check(const struct history_last *last, uint64_t mailboxes, uint64_t messages,
               struct ck_err *err) CK_MUST_USE;

/** Cyrus makes what users have besides mail anew when it is lost, and empty. Where @now, the report
 * of a copy, has much less of it than the @last run of the same selection, that is a finding. */
void gate_tell_state(const struct history_last *last, const struct ck_report *now, struct run *run);

#endif
