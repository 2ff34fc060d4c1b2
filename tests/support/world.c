/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/world.h"

#include <stdlib.h>

#include "support/test.h"

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	w->job.lock = -1;
	return w;
}

int world_setup(void **state)
{
	struct world *w = world_new();
	w->dir = test_tmpdir();
	screen_settings(w->dir, &w->settings);
	*state = w;
	return 0;
}

int world_setup_spool(void **state)
{
	struct world *w = world_new();
	w->spool = spool_new();
	*state = w;
	return 0;
}

void world_use_usual_settings(struct world *w)
{
	struct ck_settings *settings = w->spool ? &w->spool->settings : &w->settings;
	free(settings->file);
	free(settings->given);
	settings->file = settings->given = NULL;
}

int world_teardown(void **state)
{
	struct world *w = *state;
	if (w->s.app)
		screen_close(&w->s);
	joblog_end(&w->job);
	if (w->spool)
		spool_free(w->spool);
	if (w->dir) {
		ck_settings_fini(&w->settings);
		test_rmtree(w->dir);
	}
	free(w->dir);
	free(w);
	return 0;
}
