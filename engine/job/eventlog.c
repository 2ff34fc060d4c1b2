/* SPDX-License-Identifier: BSD-2-Clause */
#include "job/eventlog.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"
#include "job/dir.h"
#include "job/event.h"

#define RESERVE_BYTES 65536

struct eventlog {
	pthread_mutex_t mutex;
	int fd;
	char *reserve; /* a file that is given up when the disk is full */
};

static void eventlog_closep(struct eventlog **log)
{
	eventlog_close(*log);
}

int eventlog_set_aside(const struct ck_settings *settings, uint32_t job, struct ck_err *err)
{
	CK_FREE char *path = dir_file(settings, job, EVENTLOG_RESERVE);
	if (!path)
		return ck_err_nomem(err);
	CK_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ck_err_sys(err, "cannot make '%s'", path);
	int sys = posix_fallocate(fd, 0, RESERVE_BYTES);
	if (sys == 0 || sys == EOPNOTSUPP || sys == EINVAL)
		return 0;
	errno = sys;
	return ck_err_sys(err, "cannot set room aside in '%s'", path);
}

int eventlog_open(const struct ck_settings *settings, uint32_t job, struct eventlog **ret,
                  struct ck_err *err)
{
	CK_CLEANUP(eventlog_closep) struct eventlog *log = ck_alloc(1, sizeof *log);
	if (!log)
		return ck_err_nomem(err);
	log->fd = -1;
	(void)pthread_mutex_init(&log->mutex, NULL);
	CK_FREE char *path = dir_file(settings, job, EVENTLOG_NAME);
	log->reserve = dir_file(settings, job, EVENTLOG_RESERVE);
	if (!path || !log->reserve)
		return ck_err_nomem(err);
	log->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log->fd < 0)
		return ck_err_sys(err, "cannot open '%s'", path);
	int r = eventlog_set_aside(settings, job, err);
	if (r < 0)
		return r;
	*ret = CK_STEAL(log);
	return 0;
}

void eventlog_close(struct eventlog *log)
{
	if (!log)
		return;
	if (log->reserve)
		(void)unlink(log->reserve);
	ck_closep(&log->fd);
	(void)pthread_mutex_destroy(&log->mutex);
	free(log->reserve);
	free(log);
}

/* One line, whole or not at all: a half-written one is cut off again. */
static int append(struct eventlog *log, const struct ck_buf *line)
{
	off_t end = lseek(log->fd, 0, SEEK_END);
	if (fs_write_all(log->fd, line->data, line->len) == 0)
		return 0;
	int sys = errno;
	(void)!ftruncate(log->fd, end);
	errno = sys;
	return ck_code_of_errno(sys);
}

int eventlog_write(struct eventlog *log, struct ck_event *ev)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	ev->time_ms = time_now_ms();
	if (event_format(ev, &line) < 0 || ck_buf_addc(&line, '\n') < 0)
		return CK_ENOMEM;
	(void)pthread_mutex_lock(&log->mutex);
	int r = append(log, &line);
	if (r == CK_ENOSPACE && unlink(log->reserve) == 0)
		r = append(log, &line);
	if (r == 0 && ev->kind == CK_EV_REPORT && fsync(log->fd) < 0)
		r = CK_EIO;
	(void)pthread_mutex_unlock(&log->mutex);
	return r;
}

void eventlog_note(struct eventlog *log, const char *fmt, ...)
{
	struct ck_event ev = {.kind = CK_EV_NOTE};
	va_list args;
	va_start(args, fmt);
	int len = vasprintf(&ev.text, fmt, args);
	va_end(args);
	if (len < 0)
		return;
	(void)eventlog_write(log, &ev);
	ck_event_fini(&ev);
}

void eventlog_phase(struct eventlog *log, enum ck_phase phase, bool begins)
{
	struct ck_event ev = {.kind = CK_EV_PHASE, .phase = phase, .begins = begins};
	(void)eventlog_write(log, &ev);
}

void eventlog_state(struct eventlog *log, const char *state)
{
	struct ck_event ev = {.kind = CK_EV_STATE};
	if (asprintf(&ev.text, "%s", state) < 0)
		return;
	(void)eventlog_write(log, &ev);
	ck_event_fini(&ev);
}
