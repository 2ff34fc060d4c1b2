/* SPDX-License-Identifier: BSD-2-Clause */
/** A state directory of its own for tests of jobs, and jobs in it as their workers would leave
 * them. */
#ifndef TESTS_STATEDIR_H
#define TESTS_STATEDIR_H

#include <cyrkeep/job.h>

struct statedir {
	struct ck_settings settings;
	struct ck_destination destination;
	char *dir;
};

/** For cmocka: makes and removes one, at *state. */
int statedir_setup(void **state);
int statedir_teardown(void **state);

/** A job of everything by stop, as its starter would leave it. @return its number. */
uint32_t statedir_job(struct statedir *f);

/** Its end: a phase, and the report. */
void statedir_end(struct statedir *f, uint32_t job, struct ck_report report);

/** It was of another server all the time. */
void statedir_move(struct statedir *f, uint32_t job, const char *host, const char *configdirectory);

#endif
