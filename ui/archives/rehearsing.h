/* SPDX-License-Identifier: BSD-2-Clause */
/** What a restore asks of the engine, as tasks. */
#ifndef UI_REHEARSING_H
#define UI_REHEARSING_H

#include "archives/rehearsed.h"
#include "loop/task.h"

/** Data of such a task. */
struct ui_rehearsing {
	struct ui_app *app;
	const struct ck_settings *settings;
	struct ck_restore_request request;
	struct ui_rehearsed *found; /**< After ui_rehearse(). */
	uint32_t job;               /**< After ui_restore_start(). */
};

/** @request is copied. @path: the archive to take, whatever its name would mean by now; or NULL.
 * @return NULL without memory. */
struct ui_rehearsing *ui_rehearsing_new(struct ui_app *app,
                                        const struct ck_restore_request *request, const char *path);
void ui_rehearsing_free(void *task);

/* In a thread: */
int ui_rehearse(void *task, struct ck_watch *watch, struct ck_err *err);
int ui_restore_start(void *task, struct ck_watch *watch, struct ck_err *err);

#endif
