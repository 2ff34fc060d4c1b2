/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A unit of its own for a worker, where systemd is the service manager.
 *
 * systemd ends what is left in a control group together with the unit it belongs to: a service that
 * started a detached job takes its worker and its guard along when it ends, and so does a login
 * session under KillUserProcesses. In a scope of its own a job ends with itself only.
 */
#ifndef JOB_SCOPE_H
#define JOB_SCOPE_H

#include <stdint.h>

#include <cyrkeep/err.h>

/**
 * Move the calling process into the scope cyrkeep-job-JOB-PID.scope of the system's manager, by its
 * documented call StartTransientUnit. Call before anything is forked that is to come along.
 *
 * @return 1 moved; 0 nothing to do (no systemd, or we are not root); negative: why it stays where
 * it is, which is no reason not to work.
 */
int scope_enter(uint32_t job, struct ck_err *err) CK_MUST_USE;

#endif
