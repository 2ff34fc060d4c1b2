/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Work in the background.
 *
 * The drawing thread never waits: whatever touches a disk, a network or a child process runs as a
 * task in a thread of its own and hands its result over. Only `work` runs there; `done` and `free`
 * run in the drawing thread, `done` only while the owner still wants it.
 */
#ifndef UI_TASK_H
#define UI_TASK_H

#include <stdbool.h>
#include <stddef.h>

#include <cyrkeep/err.h>
#include <cyrkeep/watch.h>

struct ui_tasks;
struct ui_app;

/** A kind of background work; one const table per kind. */
struct ui_task_kind {
	/** In a thread: may block. Touches @arg only. @return 0 or a negative code with @err. */
	int (*work)(void *arg, struct ck_watch *watch, struct ck_err *err);
	/** In the drawing thread, unless the owner was dropped; @owner as given. The screen is
	 * drawn anew afterwards. May take results out of @arg. */
	void (*done)(void *owner, void *arg, int r, const struct ck_err *err);
	/** In the drawing thread, always, last: free @arg with what is still in it. May be NULL. */
	void (*free)(void *arg);
};

/**
 * Start a task. @owner is a view or another long-lived thing: ui_task_drop() names it.
 * @arg belongs to the task from here on, also on failure.
 * @ret_watch  When not NULL: the task's watch, valid until done or drop; set cancel to give it up,
 *             read done and total for progress.
 * @return 0, CK_ENOMEM, CK_EFAIL when no thread can be had.
 */
int ui_task_start(struct ui_app *app, const struct ui_task_kind *kind, void *owner, void *arg,
                  struct ck_watch **ret_watch, struct ck_err *err);

/** Cancel all tasks of @owner; their done() will not be called. */
void ui_task_drop(struct ui_app *app, const void *owner);

/** The tasks of @owner go on, but nobody waits for their end any more: ui_tasks_pending() does not
 * count them. */
void ui_task_let_go(struct ui_app *app, const void *owner);

/** Call @release(@data) in a thread: freeing what is as large as a server's mailboxes takes longer
 * than a key may wait. */
void ui_task_discard(struct ui_app *app, void (*release)(void *data), void *data);

/* For the loop only. */
int ui_tasks_open(struct ui_tasks **ret, struct ck_err *err);
/** Cancel everything and wait up to @ms. @return how many threads are still at work. */
size_t ui_tasks_close(struct ui_tasks *t, int ms);
int ui_tasks_fd(const struct ui_tasks *t);
/** Call done and free of those that have ended. @return whether there were any. */
bool ui_tasks_collect(struct ui_tasks *t);
/** Tasks that are wanted, waited for, and not yet collected. */
size_t ui_tasks_pending(const struct ui_tasks *t);

#endif
