/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pause, resume, cancel: both ends of the socket of a job.
 *
 * One connection carries one command ("pause\n") and one answer ("ok\n", or "no SENTENCE\n"). The
 * socket is reached through its directory's descriptor, since a state directory may have a longer
 * path than a socket address can hold. Who asks is told by the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "job/dir.h"
#include "job/who.h"
#include "job/worker.h"

#define SOCKET_NAME "socket"
#define PATIENCE_S  5
#define RETRY_MS    20
#define CLIENTS_MAX 16

static const char *const command_names[] = {
	[CK_JOB_PAUSE] = "pause",
	[CK_JOB_RESUME] = "resume",
	[CK_JOB_CANCEL] = "cancel",
};

/* Make a socket and the address of the job's own. @ret_dir must stay open while it is used. */
static int make_socket(const struct ck_settings *settings, uint32_t job, int *ret_dir,
                       struct sockaddr_un *ret, struct ck_err *err)
{
	CK_FREE char *path = dir_path(settings, job);
	if (!path)
		return ck_err_nomem(err);
	CK_CLOSE int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT)
		return dir_refuse_missing(job, err);
	if (dir < 0)
		return ck_err_sys(err, "cannot open '%s'", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ck_err_sys(err, "cannot make a socket");
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(ret->sun_path, sizeof ret->sun_path, "/proc/self/fd/%d/" SOCKET_NAME, dir);
	*ret_dir = CK_STEAL_FD(dir);
	return fd;
}

/* -- the worker's end ------------------------------------------------------------------------- */

int control_open(const struct ck_settings *settings, uint32_t job, struct ck_err *err)
{
	struct sockaddr_un address;
	CK_CLOSE int dir = -1;
	CK_CLOSE int fd = make_socket(settings, job, &dir, &address, err);
	if (fd < 0)
		return fd;
	(void)unlinkat(dir, SOCKET_NAME, 0);
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 8) < 0)
		return ck_err_sys(err, "cannot listen on the socket of job %u", job);
	return CK_STEAL_FD(fd);
}

static const char *answer(struct worker *w, int fd, const char *line)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return "who asks cannot be told";
	if (peer.uid != 0 && peer.uid != geteuid())
		return "only root and the user of the job may do that";
	for (size_t i = 0; i < CK_COUNT(command_names); i++) {
		if (strcmp(line, command_names[i]) != 0)
			continue;
		CK_FREE char *who = who_is(peer.pid, peer.uid);
		return worker_command(w, (enum ck_job_command)i, who ? who : "somebody");
	}
	return "there is no such command";
}

/* Who has connected, and what it has said of its line. */
struct client {
	int fd;
	int64_t until_ms; /* Then it has had its time. */
	size_t n;
	char line[32];
};

/* Hear what there is. @return whether it may say more. */
static bool hear(struct worker *w, struct client *c)
{
	ssize_t n = recv(c->fd, c->line + c->n, sizeof c->line - c->n, MSG_DONTWAIT);
	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	c->n += (size_t)n;
	char *end = memchr(c->line, '\n', c->n);
	if (!end)
		return c->n < sizeof c->line;
	*end = '\0';
	char reply[400];
	const char *no = answer(w, c->fd, c->line);
	int len = snprintf(reply, sizeof reply, "%s%s\n", no ? "no " : "ok", no ? no : "");
	(void)send(c->fd, reply, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
	return false;
}

/* Clients, oldest first. */
struct clients {
	struct client items[CLIENTS_MAX];
	size_t n;
};

static void dismiss(struct clients *all, size_t i)
{
	(void)close(all->items[i].fd);
	all->n--;
	memmove(&all->items[i], &all->items[i + 1], (all->n - i) * sizeof *all->items);
}

/* When there are too many, the oldest has waited in vain. */
static void admit(struct clients *all, int listen_fd)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (all->n == CLIENTS_MAX)
		dismiss(all, 0);
	all->items[all->n++] =
		(struct client){.fd = fd, .until_ms = time_mono_ms() + PATIENCE_S * 1000};
}

void *control_main(void *worker)
{
	struct worker *w = worker;
	struct clients all = {.n = 0};
	while (!atomic_load(&w->quit)) {
		struct pollfd waits[CLIENTS_MAX + 2];
		for (size_t i = 0; i < all.n; i++)
			waits[i] = (struct pollfd){.fd = all.items[i].fd, .events = POLLIN};
		struct pollfd *door = &waits[all.n];
		door[0] = (struct pollfd){.fd = w->listen_fd, .events = POLLIN};
		door[1] = (struct pollfd){.fd = w->wake[0], .events = POLLIN};
		if (poll(waits, all.n + 2, all.n ? PATIENCE_S * 1000 : -1) < 0)
			continue;
		int64_t now = time_mono_ms();
		for (size_t i = all.n; i-- > 0;)
			if (now >= all.items[i].until_ms ||
			    (waits[i].revents && !hear(w, &all.items[i])))
				dismiss(&all, i);
		if (door[0].revents & POLLIN)
			admit(&all, w->listen_fd);
	}
	while (all.n)
		dismiss(&all, all.n - 1);
	return NULL;
}

/* -- the other end ---------------------------------------------------------------------------- */

/* A worker that does not answer keeps nobody waiting for ever. */
static void limit_time(int fd)
{
	const struct timeval limit = {.tv_sec = PATIENCE_S};
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/* One line without its newline. @return false when the other end goes, stalls or babbles. */
static bool read_line(int fd, char *ret, size_t size)
{
	for (size_t n = 0; n < size; n++) {
		if (recv(fd, ret + n, 1, 0) != 1)
			return false;
		if (ret[n] == '\n') {
			ret[n] = '\0';
			return true;
		}
	}
	return false;
}

/* Connect, for as long as a worker lives that may not listen yet. */
static int connect_job(const struct ck_settings *settings, uint32_t job, int fd,
                       const struct sockaddr_un *address)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
	for (int left_ms = PATIENCE_S * 1000;; left_ms -= RETRY_MS) {
		bool alive = dir_is_alive(settings, job);
		if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
			return 0;
		if ((errno != ENOENT && errno != ECONNREFUSED) || !alive || left_ms <= 0)
			return -1;
		(void)nanosleep(&pause, NULL);
	}
}

static int refuse_ended(const struct ck_settings *settings, uint32_t job, struct ck_err *err)
{
	if (dir_is_alive(settings, job))
		return ck_err_set(err, CK_EBUSY, "job %u does not listen yet", job);
	CK_CLOSE int spec = dir_open(settings, job, "spec");
	if (spec < 0 && errno == ENOENT)
		return dir_refuse_missing(job, err);
	return ck_err_set(err, CK_EFAIL, "job %u has ended", job);
}

int ck_job_command(const struct ck_settings *settings, uint32_t job, enum ck_job_command command,
                   struct ck_err *err)
{
	struct sockaddr_un address;
	CK_CLOSE int dir = -1;
	CK_CLOSE int fd = make_socket(settings, job, &dir, &address, err);
	if (fd < 0)
		return fd;
	if (connect_job(settings, job, fd, &address) < 0)
		return errno == ENOENT || errno == ECONNREFUSED
		               ? refuse_ended(settings, job, err)
		               : ck_err_sys(err, "cannot reach job %u", job);
	char line[400];
	int len = snprintf(line, sizeof line, "%s\n", command_names[command]);
	limit_time(fd);
	if (send(fd, line, (size_t)len, MSG_NOSIGNAL) != len || !read_line(fd, line, sizeof line))
		return dir_is_alive(settings, job)
		               ? ck_err_set(err, CK_ETIMEOUT, "job %u does not answer", job)
		               : refuse_ended(settings, job, err);
	if (strcmp(line, "ok") == 0)
		return 0;
	return ck_err_set(err, CK_EFAIL, "cannot %s job %u: %s", command_names[command], job,
	                  strncmp(line, "no ", 3) == 0 ? line + 3 : line);
}
