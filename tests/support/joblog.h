/* SPDX-License-Identifier: BSD-2-Clause */
/** A job of the state directory that the test plays the worker of: spec, log, figures, lock. */
#ifndef TESTS_JOBLOG_H
#define TESTS_JOBLOG_H

#include <cyrkeep/job.h>

struct joblog {
	const struct ck_settings *settings;
	uint32_t job;
	uint64_t seq; /**< Of the figures. */
	int lock;     /**< Held while it "lives", else -1. */
};

/** Make job @job, alive, without a word said. @started: seconds since 1970. */
void joblog_start(struct joblog *j, const struct ck_settings *settings, uint32_t job,
                  enum ck_job_kind kind, const char *title, int64_t started);

/** Append lines to its event log, each with its newline. */
void joblog_say(struct joblog *j, const char *lines);

/** Its figures of now. */
void joblog_figures(struct joblog *j, enum ck_job_state state, int percent, enum ck_phase phase,
                    int64_t time_ms, const struct ck_progress *p);

/** Let go of the lock: it has ended, or is dead if it said no report. */
void joblog_end(struct joblog *j);

#endif
