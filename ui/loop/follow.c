/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop/follow.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loop/app.h"

#define BATCH 400 /* events handed over at a time */

struct batch {
	struct ck_event events[BATCH];
	size_t n, taken;
};

struct ui_follow {
	struct ui_app *app;
	const struct ck_settings *settings;
	uint32_t job;
	int news; /* eventfd: there is something to take */
	int stop; /* eventfd: the thread may go */

	struct batch batches[2];
	struct batch *reading; /* the thread's */

	pthread_mutex_t lock; /* over what follows */
	pthread_cond_t room;
	struct batch *ready; /* handed over; it may be taken in part */
	bool caught_up, closed;
	enum ui_follow_news end; /* UI_FOLLOW_WAITING while there is none */
	struct ck_err why;

	bool awaited, running; /* the drawing thread's */
};

/* --- the thread ----------------------------------------------------------------------- */

/** Read as much as may be handed over at once. @return as ck_attach_next(). */
static int read_batch(struct ck_attach *a, struct batch *b, struct ck_err *err)
{
	int r = 1;
	while (b->n < BATCH && r > 0) {
		r = ck_attach_next(a, &b->events[b->n], err);
		b->n += r > 0;
	}
	return r;
}

/** Hand over what was read, once what was read before was taken. @return whether to go on. */
static bool hand_over(struct ui_follow *f, int r, const struct ck_err *why)
{
	pthread_mutex_lock(&f->lock);
	while (f->ready->n && !f->closed)
		pthread_cond_wait(&f->room, &f->lock);
	bool goes_on = !f->closed && r >= 0;
	bool tells = f->reading->n || r < 0 || (r == 0 && !f->caught_up);
	if (!f->closed && tells) {
		struct batch *empty = f->ready;
		f->ready = f->reading;
		f->reading = empty;
		f->caught_up |= r <= 0;
		if (r < 0) {
			f->end = r == CK_ENOTFOUND ? UI_FOLLOW_ENDED : UI_FOLLOW_DIED;
			f->why = *why;
		}
		(void)eventfd_write(f->news, 1);
	}
	pthread_mutex_unlock(&f->lock);
	return goes_on;
}

static void wait_for_news(const struct ui_follow *f, const struct ck_attach *a)
{
	struct pollfd p[] = {{.fd = ck_attach_fd(a), .events = POLLIN},
	                     {.fd = f->stop, .events = POLLIN}};
	(void)poll(p, CK_COUNT(p), -1);
}

static void refuse(struct ui_follow *f, const struct ck_err *why)
{
	pthread_mutex_lock(&f->lock);
	f->end = UI_FOLLOW_REFUSED;
	f->why = *why;
	(void)eventfd_write(f->news, 1);
	pthread_mutex_unlock(&f->lock);
}

static int follow(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct ui_follow *f = data;
	struct ck_attach *a = NULL;
	struct ck_err why = CK_ERR_INIT;
	(void)watch, (void)err; /* its end is told as the others are */
	if (ck_attach_open(f->settings, f->job, &a, &why) < 0) {
		refuse(f, &why);
		return CK_OK;
	}
	bool goes_on;
	do {
		int r = read_batch(a, f->reading, &why);
		goes_on = hand_over(f, r, &why);
		if (goes_on && r == 0)
			wait_for_news(f, a);
	} while (goes_on);
	ck_attach_close(a);
	return CK_OK;
}

/* --- the drawing thread --------------------------------------------------------------- */

static void forget(struct batch *b)
{
	for (size_t i = b->taken; i < b->n; i++)
		ck_event_fini(&b->events[i]);
}

static void release(struct ui_follow *f)
{
	forget(f->reading);
	forget(f->ready);
	close(f->news);
	close(f->stop);
	pthread_cond_destroy(&f->room);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/** The thread has gone. */
static void gone(void *data)
{
	struct ui_follow *f = data;
	f->running = false;
	if (f->closed)
		release(f);
}

int ui_follow_open(struct ui_app *app, uint32_t job, struct ui_follow **ret, struct ck_err *err)
{
	static const struct ui_task_kind kind = {follow, NULL, gone};
	struct ui_follow *f = ck_alloc(1, sizeof *f);
	if (!f)
		return ck_err_nomem(err);
	f->app = app;
	f->settings = ui_app_settings(app);
	f->job = job;
	f->reading = &f->batches[0];
	f->ready = &f->batches[1];
	f->end = UI_FOLLOW_WAITING;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->room, NULL);
	f->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int r = f->news < 0 || f->stop < 0 ? ck_err_sys(err, "cannot watch job %u", job) : 0;
	if (r < 0) {
		release(f);
		return r;
	}
	f->running = f->awaited = true;
	r = ui_task_start(app, &kind, f, f, NULL, err);
	if (r < 0)
		release(f);
	else
		*ret = f;
	return r;
}

void ui_follow_close(struct ui_follow *f)
{
	if (!f)
		return;
	ui_task_drop(f->app, f);
	pthread_mutex_lock(&f->lock);
	f->closed = true;
	pthread_cond_signal(&f->room);
	pthread_mutex_unlock(&f->lock);
	(void)eventfd_write(f->stop, 1);
	if (!f->running)
		release(f);
}

int ui_follow_fd(const struct ui_follow *f)
{
	return f->news;
}

/** Nothing is left to take: what now? Under the lock. */
static enum ui_follow_news nothing(struct ui_follow *f, struct ck_err *err)
{
	eventfd_t value;
	if (f->end != UI_FOLLOW_WAITING) {
		*err = f->why;
		return f->end;
	}
	(void)eventfd_read(f->news, &value);
	return f->caught_up ? UI_FOLLOW_WAITING : UI_FOLLOW_READING;
}

enum ui_follow_news ui_follow_next(struct ui_follow *f, struct ck_event *ret, struct ck_err *err)
{
	enum ui_follow_news news = UI_FOLLOW_EVENT;
	pthread_mutex_lock(&f->lock);
	struct batch *b = f->ready;
	if (b->taken < b->n)
		*ret = b->events[b->taken++];
	else
		news = nothing(f, err);
	if (b->n && b->taken == b->n) {
		b->n = b->taken = 0;
		pthread_cond_signal(&f->room);
	}
	pthread_mutex_unlock(&f->lock);
	if (f->awaited && news != UI_FOLLOW_EVENT && news != UI_FOLLOW_READING) {
		f->awaited = false;
		ui_task_let_go(f->app, f);
	}
	return news;
}
