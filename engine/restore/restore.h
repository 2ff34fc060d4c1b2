/* SPDX-License-Identifier: BSD-2-Clause */
/** Carry out a restore: rehearse, then put back what is missing. */
#ifndef RESTORE_RESTORE_H
#define RESTORE_RESTORE_H

#include "base/run.h"
#include <cyrkeep/restore.h>

/**
 * @ret  What was done, after a failure or a cancellation too; release its strings.
 * @return 0 (added, present, failed in @ret; failures are findings), CK_ECANCEL, or why nothing
 * could be done.
 */
int restore_run(const struct ck_settings *settings, const struct ck_restore_request *request,
                struct run *run, struct ck_report *ret, struct ck_err *err) CK_MUST_USE;

#endif
