/* SPDX-License-Identifier: BSD-2-Clause */
/** What a dead job left, beside the contract in <cyrkeep/job.h>. */
#ifndef JOB_UNWIND_H
#define JOB_UNWIND_H

#include <stdbool.h>

#include <cyrkeep/job.h>

/**
 * Does Cyrus serve again, whoever started it? Then what a journal says of a stop is only a record.
 * A master that is about to end does not serve. Takes some seconds at most.
 */
bool unwind_is_served(const struct ck_settings *settings);

/** ck_unwind_list() and ck_unwind(), but only of jobs for the server of @settings: whatever others
 * of the same state directory have left is no business of a job that starts. */
int unwind_list_own(const struct ck_settings *settings, struct ck_leftover **ret, size_t *ret_n,
                    struct ck_err *err) CK_MUST_USE;
int unwind_own(const struct ck_settings *settings, size_t *ret_undone,
               struct ck_err *err) CK_MUST_USE;

#endif
