/* SPDX-License-Identifier: BSD-2-Clause */
/** Who a process is, in the words of the job list. */
#ifndef JOB_WHO_H
#define JOB_WHO_H

#include <sys/types.h>

/** "root on pts/1", or "root" for a process without a terminal; owned, NULL without memory. */
char *who_is(pid_t pid, uid_t uid) __attribute__((warn_unused_result));

#endif
