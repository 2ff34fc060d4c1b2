/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop/task.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loop/app.h"

struct task {
	const struct ui_task_kind *kind;
	void *owner;  /**< NULL once nobody wants the result. */
	bool awaited; /**< Its end is. */
	void *arg;
	struct ck_watch watch;
	int result;
	struct ck_err err;
	struct ui_tasks *tasks;
	struct task *next;
};

struct ui_tasks {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	struct task *ready; /**< Ended, newest first; under the lock. */
	size_t nrunning;    /**< Threads at work; under the lock. */
	int wake[2];
	struct task **all; /**< All that were not collected; the drawing thread's. */
	size_t nall, cap;
	bool closing; /**< No more threads. */
};

int ui_tasks_open(struct ui_tasks **ret, struct ck_err *err)
{
	struct ui_tasks *t = ck_alloc(1, sizeof *t);
	if (!t)
		return ck_err_nomem(err);
	if (pipe2(t->wake, O_CLOEXEC | O_NONBLOCK) < 0) {
		int r = ck_err_sys(err, "cannot make a pipe");
		free(t);
		return r;
	}
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->ended, &attr);
	pthread_condattr_destroy(&attr);
	*ret = t;
	return CK_OK;
}

int ui_tasks_fd(const struct ui_tasks *t)
{
	return t->wake[0];
}

static void *run(void *data)
{
	struct task *task = data;
	struct ui_tasks *t = task->tasks;
	task->result = task->kind->work(task->arg, &task->watch, &task->err);
	pthread_mutex_lock(&t->lock);
	task->next = t->ready;
	t->ready = task;
	t->nrunning--;
	(void)!write(t->wake[1], "x", 1); /* a full pipe has woken the reader already */
	pthread_cond_signal(&t->ended);
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

static void free_task(struct task *task)
{
	if (task->kind->free)
		task->kind->free(task->arg);
	free(task);
}

static int start_thread(struct task *task)
{
	sigset_t all, old;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals belong to the drawing thread */
	int e = pthread_create(&thread, NULL, run, task);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (e == 0)
		pthread_detach(thread);
	return e;
}

int ui_task_start(struct ui_app *app, const struct ui_task_kind *kind, void *owner, void *arg,
                  struct ck_watch **ret_watch, struct ck_err *err)
{
	struct ui_tasks *t = ui_app_tasks(app);
	struct task *task = ck_alloc(1, sizeof *task);
	if (task && t->nall == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 8;
		struct task **more = reallocarray(t->all, cap, sizeof *more);
		if (more) {
			t->all = more;
			t->cap = cap;
		}
	}
	if (!task || t->nall == t->cap) {
		free(task);
		if (kind->free)
			kind->free(arg);
		return ck_err_nomem(err);
	}
	task->kind = kind;
	task->owner = owner;
	task->awaited = true;
	task->arg = arg;
	task->tasks = t;
	t->all[t->nall++] = task;
	pthread_mutex_lock(&t->lock);
	t->nrunning++;
	pthread_mutex_unlock(&t->lock);
	int e = start_thread(task);
	if (e != 0) {
		pthread_mutex_lock(&t->lock);
		t->nrunning--;
		pthread_mutex_unlock(&t->lock);
		t->nall--;
		free_task(task);
		return ck_err_set(err, CK_EFAIL, "cannot start a thread: %s", strerror(e));
	}
	if (ret_watch)
		*ret_watch = &task->watch;
	return CK_OK;
}

struct discarded {
	void (*release)(void *data);
	void *data;
};

static int discard(void *arg, struct ck_watch *watch, struct ck_err *err)
{
	struct discarded *d = arg;
	(void)watch, (void)err;
	d->release(d->data);
	return CK_OK;
}

void ui_task_discard(struct ui_app *app, void (*release)(void *data), void *data)
{
	static const struct ui_task_kind kind = {discard, NULL, free};
	struct discarded *d = NULL;
	if (!data)
		return;
	if (!ui_app_tasks(app)->closing)
		d = ck_alloc(1, sizeof *d);
	if (d)
		*d = (struct discarded){release, data};
	if (!d || ui_task_start(app, &kind, NULL, d, NULL, NULL) < 0)
		release(data);
}

void ui_task_drop(struct ui_app *app, const void *owner)
{
	struct ui_tasks *t = ui_app_tasks(app);
	for (size_t i = 0; i < t->nall; i++) {
		if (t->all[i]->owner == owner) {
			t->all[i]->owner = NULL;
			atomic_store(&t->all[i]->watch.cancel, true);
		}
	}
}

void ui_task_let_go(struct ui_app *app, const void *owner)
{
	struct ui_tasks *t = ui_app_tasks(app);
	for (size_t i = 0; i < t->nall; i++)
		if (t->all[i]->owner == owner)
			t->all[i]->awaited = false;
}

size_t ui_tasks_pending(const struct ui_tasks *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->nall; i++)
		n += t->all[i]->owner && t->all[i]->awaited;
	return n;
}

static void forget(struct ui_tasks *t, const struct task *task)
{
	for (size_t i = 0; i < t->nall; i++) {
		if (t->all[i] == task) {
			t->all[i] = t->all[--t->nall];
			return;
		}
	}
}

bool ui_tasks_collect(struct ui_tasks *t)
{
	char sink[64];
	while (read(t->wake[0], sink, sizeof sink) > 0)
		continue;
	pthread_mutex_lock(&t->lock);
	struct task *list = CK_STEAL(t->ready);
	pthread_mutex_unlock(&t->lock);
	struct task *first = NULL; /* in the order they ended */
	for (struct task *next; list; list = next) {
		next = list->next;
		list->next = first;
		first = list;
	}
	bool any = first != NULL;
	for (struct task *next; first; first = next) {
		next = first->next;
		forget(t, first);
		if (first->owner && first->kind->done)
			first->kind->done(first->owner, first->arg, first->result, &first->err);
		free_task(first);
	}
	return any;
}

size_t ui_tasks_close(struct ui_tasks *t, int ms)
{
	if (!t)
		return 0;
	t->closing = true;
	for (size_t i = 0; i < t->nall; i++) {
		t->all[i]->owner = NULL;
		atomic_store(&t->all[i]->watch.cancel, true);
	}
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_mutex_lock(&t->lock);
	while (t->nrunning && pthread_cond_timedwait(&t->ended, &t->lock, &until) == 0)
		continue;
	size_t left = t->nrunning;
	pthread_mutex_unlock(&t->lock);
	(void)ui_tasks_collect(t);
	if (left)
		return left; /* those threads still use it */
	close(t->wake[0]);
	close(t->wake[1]);
	pthread_cond_destroy(&t->ended);
	pthread_mutex_destroy(&t->lock);
	free(t->all);
	free(t);
	return 0;
}
