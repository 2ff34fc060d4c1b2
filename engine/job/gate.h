/* SPDX-License-Identifier: BSD-2-Clause */
/** The sanity gate: has so much gone since the last backup that something must be wrong? */
#ifndef JOB_GATE_H
#define JOB_GATE_H

#include "job/history.h"

/** Compare with the @last run of the same selection. @return 0 or CK_EGATE. */
int gate_check(const struct history_last *last, uint64_t mailboxes, uint64_t messages,
               struct ck_err *err) CK_MUST_USE;

#endif
