/* SPDX-License-Identifier: BSD-2-Clause */
/** What a test of a screen has: a directory, settings that point into it, and a console in memory.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "support/joblog.h"
#include "support/screen.h"
#include "support/spool.h"

struct world {
	char *dir;                   /**< Not with a spool, which has its own. */
	struct ck_settings settings; /**< As @dir. */
	struct spool *spool;         /**< Or NULL. */
	struct joblog job;           /**< Ended with the world if the test has started it. */
	struct screen s;             /**< Closed with the world if the test has opened it. */
};

/** A world in @state, without mail. */
int world_setup(void **state);

/** A world with a spool in @state. */
int world_setup_spool(void **state);

/** The settings are those that everybody has: commands that are shown need no options for them. */
void world_use_usual_settings(struct world *w);

int world_teardown(void **state);

#endif
