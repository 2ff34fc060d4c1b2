/* SPDX-License-Identifier: BSD-2-Clause */
/** What a dead job left, beside the contract in <cyrkeep/job.h>. */
#ifndef JOB_UNWIND_H
#define JOB_UNWIND_H

#include <stdbool.h>

#include <cyrkeep/settings.h>

/**
 * Does Cyrus serve again, whoever started it? Then what a journal says of a stop is only a record.
 * A master that is about to end does not serve. Takes some seconds at most.
 */
bool unwind_is_served(const struct ck_settings *settings);

#endif
