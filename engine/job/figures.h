/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The file `figures` of a job: its state and latest progress, rewritten in place four times a
 * second, so that the event log keeps only what happened. One block with a check sum: a reader that
 * catches half a write sees it and looks again.
 */
#ifndef JOB_FIGURES_H
#define JOB_FIGURES_H

#include <cyrkeep/buf.h>
#include <cyrkeep/job.h>

#define FIGURES_NAME "figures"
#define FIGURES_SIZE 4096

struct figures {
	uint64_t seq; /**< Counted up from 1: a greater one is newer, whatever the clocks say. */
	enum ck_job_state state;
	int percent;           /**< 0 to 100. */
	struct ck_event event; /**< CK_EV_PROGRESS; released by ck_event_fini(). */
};

/** @return 0, CK_ENOMEM, or -1 with errno. */
int figures_write(int fd, const struct figures *f) CK_MUST_USE;

/** @return 0; CK_ENOTFOUND: nothing there yet; CK_ECORRUPT: caught half a write, look again. */
int figures_read(int fd, struct figures *ret) CK_MUST_USE;

#endif
