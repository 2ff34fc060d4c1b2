/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/rehearsing.h"

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/job.h>

#include "loop/app.h"

struct ui_rehearsing *ui_rehearsing_new(struct ui_app *app,
                                        const struct ck_restore_request *request, const char *path)
{
	struct ui_rehearsing *t = ck_alloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->app = app;
	t->settings = ui_app_settings(app);
	if (ck_restore_request_copy(request, &t->request) < 0) {
		free(t);
		return NULL;
	}
	if (path) {
		free(t->request.archive);
		t->request.archive = strdup(path);
	}
	if (t->request.archive)
		return t;
	ui_rehearsing_free(t);
	return NULL;
}

void ui_rehearsing_free(void *task)
{
	struct ui_rehearsing *t = task;
	ck_restore_request_fini(&t->request);
	ui_task_discard(t->app, ui_rehearsed_free, t->found);
	free(t);
}

int ui_rehearse(void *task, struct ck_watch *watch, struct ck_err *err)
{
	struct ui_rehearsing *t = task;
	t->found = ck_alloc(1, sizeof *t->found);
	if (!t->found)
		return ck_err_nomem(err);
	int r = ck_restore_rehearse(t->settings, &t->request, watch, &t->found->plan, err);
	return r < 0 ? r : ui_rehearsed_arrange(t->found) < 0 ? ck_err_nomem(err) : CK_OK;
}

int ui_restore_start(void *task, struct ck_watch *watch, struct ck_err *err)
{
	struct ui_rehearsing *t = task;
	struct ck_job_spec spec = {.kind = CK_JOB_RESTORE, .restore = &t->request};
	(void)watch;
	return ck_job_start(t->settings, &spec, &t->job, err);
}
