/* SPDX-License-Identifier: BSD-2-Clause */
/* A job is refused or started here; from the exec on, worker.c has it. What it is to do is made out
 * in order.c. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cyrkeep/archive.h>
#include <cyrkeep/job.h>

#include "base/fs.h"
#include "job/dir.h"
#include "job/eventlog.h"
#include "job/history.h"
#include "job/order.h"
#include "job/spec.h"
#include "job/unwind.h"
#include "job/worker.h"

#define NUMBER_MAX 1000000000 /* what a foreign archive says beyond is no count of jobs */

#define RETRY_MS  20
#define ENDING_MS 5000 /* from a report to the end of its process */
#define GUARD_MS  500
#define START_MS  20000 /* that another start may take: it may wait for an end itself */

/* -- busy? ------------------------------------------------------------------------------------ */

static void wait_a_little(void)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
	(void)nanosleep(&pause, NULL);
}

/* Has the job written its report? Then its process is about to end, and is waited for. */
static bool is_ending(const struct ck_settings *settings, uint32_t job)
{
	CK_CLEANUP(ck_event_fini) struct ck_event report = {0};
	if (!history_report(settings, job, &report))
		return false;
	for (int left_ms = ENDING_MS; left_ms > 0 && dir_is_alive(settings, job);
	     left_ms -= RETRY_MS)
		wait_a_little();
	return !dir_is_alive(settings, job);
}

static int refuse_busy(const struct ck_settings *settings, struct ck_err *err)
{
	CK_CLEANUP(identity_fini) struct identity server = {0};
	CK_FREE uint32_t *jobs = NULL;
	size_t n = 0;
	int r = identity_read(settings, &server, err);
	if (r == 0)
		r = dir_list(settings, &jobs, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		CK_CLEANUP(spec_fini) struct spec s = {0};
		if (!dir_is_alive(settings, jobs[i]) ||
		    spec_read(settings, jobs[i], &s, NULL) < 0 || s.kind == CK_JOB_VERIFY ||
		    !spec_is_of(&s, &server) || is_ending(settings, jobs[i]))
			continue;
		(void)ck_err_set(err, CK_EBUSY, "job %u works on this server: %s, started by %s",
		                 jobs[i], s.title, s.who);
		return ck_err_remedy(err, "wait for it, or 'cyrkeep cancel %u'", jobs[i]);
	}
	return r;
}

/* The first that keeps Cyrus down, in words; @ret_guarded: its guard is at it. Where Cyrus serves
 * again the record of a stop is closed: an unwind would start it in the middle of the next one. */
static int find_urgent(const struct ck_settings *settings, bool *ret_guarded, struct ck_err *err)
{
	struct ck_leftover *list = NULL;
	size_t n = 0, undone = 0;
	int r = unwind_list_own(settings, &list, &n, err);
	if (r < 0 || !n || !list[0].urgent)
		goto out;
	if (unwind_is_served(settings)) {
		r = unwind_own(settings, &undone, err);
	} else {
		*ret_guarded = list[0].guarded;
		(void)ck_err_set(err, CK_EBUSY, "%s and was not given back", list[0].what);
		r = ck_err_remedy(err, "'cyrkeep unwind' starts Cyrus again");
	}
out:
	ck_leftovers_free(list, n);
	return r;
}

/* A Cyrus that a dead job left stopped is given back first, by somebody who knows of it; or by its
 * guard, which may have done so in a moment. */
static int refuse_leftover(const struct ck_settings *settings, struct ck_err *err)
{
	for (int left_ms = ENDING_MS;; left_ms -= RETRY_MS) {
		struct ck_err why = CK_ERR_INIT;
		bool guarded = false;
		int r = find_urgent(settings, &guarded, &why);
		if (r == CK_EBUSY && guarded && left_ms > 0) {
			wait_a_little();
			continue;
		}
		if (r < 0 && err)
			*err = why;
		return r;
	}
}

/* One at a time for a server, whatever the state directory: a lock on its imapd.conf, which Cyrus
 * itself never locks. */
static int lock_server(const struct ck_settings *settings, int *ret_fd, struct ck_err *err)
{
	CK_CLOSE int fd = fs_open_foreign(AT_FDCWD, settings->imapd_conf);
	if (fd < 0 && errno == EINVAL)
		return ck_err_set(err, CK_EUSAGE, "'%s' is not a regular file",
		                  settings->imapd_conf);
	if (fd < 0)
		return ck_err_sys(err, "cannot open '%s'", settings->imapd_conf);
	int r = flock(fd, LOCK_EX | LOCK_NB);
	/* A guard may outlive its job's report by a moment. */
	for (int left_ms = GUARD_MS; r < 0 && errno == EWOULDBLOCK && left_ms > 0;
	     left_ms -= RETRY_MS) {
		wait_a_little();
		r = flock(fd, LOCK_EX | LOCK_NB);
	}
	if (r < 0 && errno == EWOULDBLOCK)
		return ck_err_set(err, CK_EBUSY,
		                  "a job of another state directory works on this server ('%s' is "
		                  "locked)",
		                  settings->imapd_conf);
	*ret_fd = CK_STEAL_FD(fd);
	return 0;
}

/* @ret_server  The lock, to be handed on to the worker. */
static int refuse_if_taken(const struct ck_settings *settings, int *ret_server, struct ck_err *err)
{
	int r = refuse_busy(settings, err);
	if (r == 0)
		r = refuse_leftover(settings, err);
	return r < 0 ? r : lock_server(settings, ret_server, err);
}

int ck_job_busy(const struct ck_settings *settings, struct ck_err *err)
{
	CK_CLOSE int server = -1;
	return refuse_if_taken(settings, &server, err);
}

/*
 * The highest number that an archive bears, there or in any destination: the state directory may
 * have been lost, and several may share a destination.
 */
static int highest_archive(const struct ck_settings *settings, char *destination, uint32_t *ret,
                           struct ck_err *err)
{
	size_t n = settings->ndestinations, narchives = 0;
	struct ck_archive_info *archives = NULL;
	CK_FREE struct ck_destination *all = ck_alloc(n + 1, sizeof *all);
	if (!all)
		return ck_err_nomem(err);
	if (n)
		memcpy(all, settings->destinations, n * sizeof *all);
	all[n].path = destination;
	struct ck_settings view = *settings;
	view.destinations = all;
	view.ndestinations = n + 1;
	int r = ck_archives_list(&view, &archives, &narchives, err);
	*ret = 0;
	for (size_t i = 0; r == 0 && i < narchives; i++)
		if (archives[i].number > *ret && archives[i].number < NUMBER_MAX)
			*ret = archives[i].number;
	ck_archives_free(archives, narchives);
	return r == CK_ENOMEM ? r : 0; /* what cannot be read bears no number that we would take */
}

/* -- the worker ------------------------------------------------------------------------------- */

/* All that the child needs, made before the fork: a console has threads. */
struct launch {
	char *argv[12];
	int log, lock, server, report;
};

static void launch_fini(struct launch *l)
{
	for (size_t i = 0; i < CK_COUNT(l->argv); i++)
		free(l->argv[i]);
	ck_closep(&l->log);
	ck_closep(&l->report);
}

static char *absolute(const char *path)
{
	char *full = realpath(path, NULL);
	return full ? full : strdup(path);
}

static int fill_argv(const struct ck_settings *settings, uint32_t job, struct launch *l,
                     struct ck_err *err)
{
	size_t n = 0;
	bool failed = false;
	char number[16];
	(void)snprintf(number, sizeof number, "%u", job);
	l->argv[n++] = strdup("cyrkeep");
	if (settings->file) {
		l->argv[n++] = strdup("-c");
		l->argv[n++] = absolute(settings->file);
	}
	l->argv[n++] = strdup("-C");
	l->argv[n++] = absolute(settings->imapd_conf);
	l->argv[n++] = strdup("--state");
	l->argv[n++] = absolute(settings->state);
	l->argv[n++] = strdup("worker");
	l->argv[n++] = strdup(number);
	for (size_t i = 0; i < n; i++)
		failed |= !l->argv[i];
	return failed ? ck_err_nomem(err) : 0;
}

/* The grandchild: of a session of its own, orphaned, nothing open but what is handed on. */
static void become_worker(const struct launch *l, const char *program)
{
	/* Out of the way of the numbers that are given out below. */
	int log = fcntl(l->log, F_DUPFD_CLOEXEC, 10), lock = fcntl(l->lock, F_DUPFD_CLOEXEC, 10),
	    server = l->server < 0 ? -1 : fcntl(l->server, F_DUPFD_CLOEXEC, 10),
	    report = fcntl(l->report, F_DUPFD_CLOEXEC, 10);
	int null = open("/dev/null", O_RDONLY);
	(void)dup2(null, 0);
	(void)dup2(log, 1);
	(void)dup2(log, 2);
	(void)dup2(lock, WORKER_LOCK_FD);
	if (server >= 0)
		(void)dup2(server, WORKER_SERVER_FD);
	else
		(void)close(WORKER_SERVER_FD);
	(void)dup2(report, WORKER_READY_FD);
	(void)fs_close_range(WORKER_READY_FD + 1, 9);
	(void)fs_close_range(10, ~0U);
	struct sigaction normal = {.sa_handler = SIG_DFL};
	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &normal, NULL);
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)umask(077);
	(void)!chdir("/");
	(void)execv(program, l->argv);
	int sys = errno;
	(void)!write(WORKER_READY_FD, &sys, sizeof sys);
	_exit(127);
}

static int launch(struct launch *l, int report, const char *program, struct ck_err *err)
{
	pid_t child = fork();
	if (child < 0)
		return ck_err_sys(err, "cannot start a worker");
	if (child == 0) {
		(void)setsid();
		pid_t worker = fork();
		if (worker == 0)
			become_worker(l, program);
		_exit(worker < 0 ? 1 : 0);
	}
	/* Our copy of the writing end goes first: then the read ends when the worker says so. */
	ck_closep(&l->report);
	l->report = -1;
	int status, sys = 0;
	ssize_t n;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return ck_err_set(err, CK_EIO, "cannot start a worker: no process could be made");
	while ((n = read(report, &sys, sizeof sys)) < 0 && errno == EINTR)
		;
	if (n == sizeof sys) {
		errno = sys;
		return ck_err_sys(err, "cannot run '%s'", program);
	}
	return 0;
}

static int start_worker(const struct ck_settings *settings, uint32_t job, int server,
                        struct ck_err *err)
{
	CK_CLEANUP(launch_fini) struct launch l = {.log = -1, .server = server, .report = -1};
	CK_CLOSE int lock = -1, report = -1;
	CK_FREE char *log = dir_file(settings, job, "log");
	int r = log ? fill_argv(settings, job, &l, err) : ck_err_nomem(err);
	if (r == 0)
		r = dir_lock_worker(settings, job, &lock, err);
	if (r < 0)
		return r;
	l.lock = lock;
	l.log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l.log < 0)
		return ck_err_sys(err, "cannot open '%s'", log);
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return ck_err_sys(err, "cannot make a pipe");
	report = ends[0];
	l.report = ends[1];
	return launch(&l, report, settings->program, err);
}

/* A job that never ran leaves nothing behind. */
static void forget(const struct ck_settings *settings, uint32_t job)
{
	static const char *const files[] = {"spec", "lock", "log", EVENTLOG_NAME, EVENTLOG_RESERVE};
	CK_FREE char *path = dir_path(settings, job);
	for (size_t i = 0; i < CK_COUNT(files); i++) {
		CK_FREE char *file = dir_file(settings, job, files[i]);
		if (file)
			(void)unlink(file);
	}
	if (path)
		(void)rmdir(path);
}

int ck_job_start(const struct ck_settings *settings, const struct ck_job_spec *spec,
                 uint32_t *ret_job, struct ck_err *err)
{
	CK_CLEANUP(spec_fini) struct spec s = {0};
	CK_CLOSE int numbers = -1, server = -1;
	uint32_t job, above = 0;
	int r = order_fill(settings, spec, &s, err);
	/* Destinations may not answer: nobody else is to wait for them too. */
	if (r == 0 && s.kind == CK_JOB_BACKUP)
		r = refuse_busy(settings, err);
	if (r == 0 && s.kind == CK_JOB_BACKUP)
		r = highest_archive(settings, s.destination, &above, err);
	if (r == 0)
		r = dir_lock_numbers(settings, START_MS, &numbers, err);
	if (r == 0 && s.kind != CK_JOB_VERIFY)
		r = refuse_if_taken(settings, &server, err);
	if (r == 0)
		r = dir_make_next(settings, above, &job, err);
	if (r < 0)
		return r;
	r = spec_write(settings, job, &s, err);
	if (r == 0)
		r = eventlog_set_aside(settings, job, err);
	if (r == 0)
		r = start_worker(settings, job, server, err);
	if (r < 0) {
		forget(settings, job);
		return r;
	}
	*ret_job = job;
	return 0;
}
