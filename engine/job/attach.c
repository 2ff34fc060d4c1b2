/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watching a job: its event log from the first line, its latest figures, and the news as inotify
 * tells of them. A clock ticks beside, since a worker that is killed writes nothing more, and since
 * inotify may be used up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cyrkeep/job.h>

#include "base/fs.h"
#include "job/dir.h"
#include "job/eventlog.h"
#include "job/figures.h"
#include "job/unwind.h"

#define READ_BLOCK 65536
#define LINE_LIMIT ((size_t)1 << 20)
#define TICK_NS    250000000L

struct ck_attach {
	const struct ck_settings *settings; /* borrowed */
	uint32_t job;
	int poll, notify, clock, more; /* epoll over the other three */
	bool has_more;                 /* more is readable: not everything was taken */
	int events, figures;
	struct ck_buf pending;  /* read, not yet handed out */
	size_t used;            /* of it */
	bool endless;           /* in the middle of a line that is none */
	uint64_t figures_seq;   /* of those last handed out */
	struct ck_event report; /* kept back until the last figures are out */
	bool has_report, ended;
};

static void attach_closep(struct ck_attach **a)
{
	ck_attach_close(*a);
}

/* Whoever takes a few events at a time must find us readable until the last one is taken. */
static int set_more(struct ck_attach *a, bool more)
{
	eventfd_t value;
	if (more && !a->has_more)
		a->has_more = eventfd_write(a->more, 1) == 0;
	else if (!more && a->has_more)
		a->has_more = eventfd_read(a->more, &value) < 0;
	return more;
}

static int watch_dir(struct ck_attach *a, struct ck_err *err)
{
	const struct itimerspec tick = {{.tv_nsec = TICK_NS}, {.tv_nsec = TICK_NS}};
	struct epoll_event readable = {.events = EPOLLIN};
	CK_FREE char *path = dir_path(a->settings, a->job);
	if (!path)
		return ck_err_nomem(err);
	a->poll = epoll_create1(EPOLL_CLOEXEC);
	a->clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	a->more = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->poll < 0 || a->clock < 0 || a->more < 0 ||
	    timerfd_settime(a->clock, 0, &tick, NULL) < 0 ||
	    epoll_ctl(a->poll, EPOLL_CTL_ADD, a->clock, &readable) < 0 ||
	    epoll_ctl(a->poll, EPOLL_CTL_ADD, a->more, &readable) < 0)
		return ck_err_sys(err, "cannot watch job %u", a->job);
	/* Without inotify the clock alone does. */
	a->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (a->notify >= 0 && inotify_add_watch(a->notify, path, IN_MODIFY | IN_CREATE) >= 0)
		(void)epoll_ctl(a->poll, EPOLL_CTL_ADD, a->notify, &readable);
	return 0;
}

int ck_attach_open(const struct ck_settings *settings, uint32_t job, struct ck_attach **ret,
                   struct ck_err *err)
{
	CK_CLEANUP(attach_closep) struct ck_attach *a = ck_alloc(1, sizeof *a);
	if (!a)
		return ck_err_nomem(err);
	*a = (struct ck_attach){.settings = settings,
	                        .job = job,
	                        .poll = -1,
	                        .notify = -1,
	                        .clock = -1,
	                        .more = -1,
	                        .events = -1,
	                        .figures = -1,
	                        .pending = CK_BUF_INIT};
	CK_FREE char *spec = dir_file(settings, job, "spec");
	if (!spec)
		return ck_err_nomem(err);
	if (access(spec, R_OK) < 0)
		return errno == ENOENT ? dir_refuse_missing(job, err)
		                       : ck_err_sys(err, "cannot read '%s'", spec);
	int r = watch_dir(a, err);
	if (r < 0)
		return r;
	(void)set_more(a, true); /* the past */
	*ret = CK_STEAL(a);
	return 0;
}

void ck_attach_close(struct ck_attach *a)
{
	if (!a)
		return;
	ck_closep(&a->events);
	ck_closep(&a->figures);
	ck_closep(&a->notify);
	ck_closep(&a->clock);
	ck_closep(&a->more);
	ck_closep(&a->poll);
	ck_buf_fini(&a->pending);
	ck_event_fini(&a->report);
	free(a);
}

int ck_attach_fd(const struct ck_attach *a)
{
	return a->poll;
}

/* What made us readable is taken before the files are looked at, so that no news is missed. */
static void drain(struct ck_attach *a)
{
	char buf[4096];
	while (a->notify >= 0 && read(a->notify, buf, sizeof buf) > 0)
		;
	(void)!read(a->clock, buf, sizeof(uint64_t));
}

static bool has_line(const struct ck_attach *a)
{
	return a->used < a->pending.len &&
	       memchr(a->pending.data + a->used, '\n', a->pending.len - a->used);
}

/* Read what was appended. @return whether there was anything. */
static bool read_more(struct ck_attach *a)
{
	if (a->events < 0)
		a->events = dir_open(a->settings, a->job, EVENTLOG_NAME);
	if (a->events < 0)
		return false;
	if (a->used) {
		memmove(a->pending.data, a->pending.data + a->used, a->pending.len - a->used);
		a->pending.len -= a->used;
		a->used = 0;
	}
	if (ck_buf_reserve(&a->pending, READ_BLOCK) < 0)
		return false;
	ssize_t n = read(a->events, a->pending.data + a->pending.len, READ_BLOCK);
	if (n > 0)
		a->pending.len += (size_t)n;
	a->pending.data[a->pending.len] = '\0';
	return n > 0;
}

/* The next whole line that is an event; others, of a later version, are passed over. So is what
 * goes on and on without an end: nobody wrote that. */
static bool next_line(struct ck_attach *a, struct ck_event *ret)
{
	do {
		const char *line, *end;
		while (line = a->pending.data + a->used,
		       (end = memchr(line, '\n', a->pending.len - a->used))) {
			bool whole = !a->endless;
			a->endless = false;
			a->used += (size_t)(end - line) + 1;
			if (whole && ck_event_parse(line, (size_t)(end - line), ret) == 0)
				return true;
		}
		if (a->pending.len - a->used > LINE_LIMIT) {
			a->endless = true;
			a->used = a->pending.len;
		}
	} while (read_more(a));
	return false;
}

/* Figures that are newer than those handed out last. */
static bool next_figures(struct ck_attach *a, struct ck_event *ret)
{
	struct figures f;
	if (a->figures < 0)
		a->figures = dir_open(a->settings, a->job, FIGURES_NAME);
	if (a->figures < 0 || figures_read(a->figures, &f) < 0)
		return false;
	if (f.seq <= a->figures_seq) {
		ck_event_fini(&f.event);
		return false;
	}
	a->figures_seq = f.seq;
	*ret = f.event;
	return true;
}

static int end(struct ck_attach *a, struct ck_event *ret)
{
	*ret = a->report;
	a->report = (struct ck_event){0};
	a->has_report = false;
	a->ended = true;
	return 1;
}

static int say_dead(const struct ck_attach *a, struct ck_err *err)
{
	struct ck_leftover *list = NULL;
	size_t n = 0;
	bool down = false, guarded = false;
	if (ck_unwind_list(a->settings, &list, &n, NULL) == 0)
		for (size_t i = 0; i < n; i++) {
			bool stop = list[i].job == a->job && list[i].urgent;
			down |= stop;
			guarded |= stop && list[i].guarded;
		}
	ck_leftovers_free(list, n);
	down = down && !unwind_is_served(a->settings);
	(void)ck_err_set(err, CK_EFAIL, "the worker of job %u died without a report%s", a->job,
	                 down ? " and Cyrus is still stopped" : "");
	if (!down)
		return ck_err_remedy(err, "its log is '%s/jobs/%u/log'", a->settings->state,
		                     a->job);
	return ck_err_remedy(err, "%s'cyrkeep unwind' starts Cyrus again",
	                     guarded ? "its guard is about to start it; should that fail, " : "");
}

int ck_attach_next(struct ck_attach *a, struct ck_event *ret, struct ck_err *err)
{
	if (a->ended)
		return ck_err_set(err, CK_ENOTFOUND, "job %u has ended", a->job);
	if (a->has_report)
		return end(a, ret);
	if (!has_line(a))
		drain(a);
	/* Asked before the last look: what it wrote before its death is still handed out. While
	 * there is something to hand out, nobody needs to know. */
	bool asked = !has_line(a), alive = asked && dir_is_alive(a->settings, a->job);
	struct ck_event ev;
	if (next_line(a, &ev)) {
		if (ev.kind != CK_EV_REPORT) {
			*ret = ev;
			return set_more(a, true);
		}
		a->report = ev;
		a->has_report = true;
		return next_figures(a, ret) ? set_more(a, true) : end(a, ret);
	}
	if (next_figures(a, ret))
		return set_more(a, true);
	if (asked && !alive)
		return say_dead(a, err);
	(void)set_more(a, !asked);
	return 0;
}
