/* SPDX-License-Identifier: BSD-2-Clause */
/** Carry out a restore in two steps: rehearse, then put back what is missing. */
#ifndef RESTORE_RESTORE_H
#define RESTORE_RESTORE_H

#include "base/run.h"
#include <cyrkeep/restore.h>

struct restore;

/**
 * Understand @request, reach the server and compare: sets the totals of @run, and in @ret how much
 * is there already. Changes nothing.
 *
 * @ret  Filled on failure too; release its strings.
 * @return 0, CK_ECANCEL, or as restore_open().
 */
int restore_begin(const struct ck_settings *settings, const struct ck_restore_request *request,
                  struct run *run, struct restore **ret_restore, struct ck_report *ret,
                  struct ck_err *err) CK_MUST_USE;

/**
 * Put back what is missing.
 *
 * @report  From restore_begin(); what was done is added, after a failure or a cancellation too.
 * @return 0 (added, present, failed in @report; failures are findings), CK_ECANCEL, or why nothing
 * could be done.
 */
int restore_carry_out(struct restore *r, struct run *run, struct ck_report *report,
                      struct ck_err *err) CK_MUST_USE;

void restore_close(struct restore *r);
void restore_closep(struct restore **r);

#endif
