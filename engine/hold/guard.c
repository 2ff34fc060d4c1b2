/* SPDX-License-Identifier: BSD-2-Clause */
#include "hold/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"
#include "hold/journal.h"

#define RETRY_MS     5000
#define RETRY_FOR_MS (15 * 60 * 1000)
#define ENDING_MS    10000 /* how much longer once we are asked to end, as at a shutdown */

enum { GUARD_IDLE, GUARD_ARMED, GUARD_BROKEN };

enum word {
	WORD_WAKE = 'w',    /* look at the shared page */
	WORD_DISMISS = 'x', /* all is given back */
};

/* One page that both processes see. */
struct shared {
	_Atomic int state;
	_Atomic int64_t armed_ms;  /* monotonic */
	_Atomic int64_t undone_ms; /* monotonic */
};

struct guard {
	struct shared *shared;
	int pipe; /* the worker's end */
	pid_t pid;
};

/* What the guard process needs, made before the fork. */
struct post {
	struct shared *shared;
	struct journal *scratch;
	int pipe, journal, log;
	int64_t limit_ms;
};

static void say(const struct post *p, const char *words, const char *more)
{
	char line[900], now[32];
	time_rfc3339(time_now_ms() / 1000, now);
	int n = snprintf(line, sizeof line, "%s guard: %s%s\n", now, words, more);
	if (n > 0)
		(void)fs_write_all(p->log, line, (size_t)n < sizeof line ? (size_t)n : sizeof line);
}

/* A pause between two attempts. @return true when SIGTERM came before its end. */
static bool wait_retry(void)
{
	const struct timespec pause = {.tv_sec = RETRY_MS / 1000};
	sigset_t term;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	return sigtimedwait(&term, NULL, &pause) == SIGTERM;
}

/*
 * Keep trying: somebody may repair what is in the way. At a shutdown nobody will, and systemd
 * refuses to start anything: then the journal stays for the next boot.
 */
static void undo(const struct post *p)
{
	for (int64_t end = time_mono_ms() + RETRY_FOR_MS;;) {
		struct ck_err err = CK_ERR_INIT;
		int r = journal_undo(p->journal, p->scratch, &err);
		if (r >= 0) {
			atomic_store(&p->shared->undone_ms, time_mono_ms());
			if (r > 0)
				say(p, "the server is given back", "");
			return;
		}
		say(p, "cannot give the server back yet: ", err.msg);
		if (time_mono_ms() > end)
			break;
		if (wait_retry() && end > time_mono_ms() + ENDING_MS)
			end = time_mono_ms() + ENDING_MS;
	}
	say(p, "gave up; run 'cyrkeep unwind'", "");
}

/* Milliseconds until the limit; -1: none counts. */
static int until_limit(const struct post *p)
{
	if (atomic_load(&p->shared->state) != GUARD_ARMED)
		return -1;
	int64_t left = atomic_load(&p->shared->armed_ms) + p->limit_ms - time_mono_ms();
	return left <= 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static void keep_watch(const struct post *p)
{
	for (;;) {
		struct pollfd pipe = {.fd = p->pipe, .events = POLLIN};
		int n = poll(&pipe, 1, until_limit(p));
		int armed = GUARD_ARMED;
		if (until_limit(p) == 0 &&
		    atomic_compare_exchange_strong(&p->shared->state, &armed, GUARD_BROKEN)) {
			say(p, "the downtime limit has passed", "");
			undo(p);
			continue;
		}
		if (n <= 0)
			continue;
		char word;
		ssize_t got = read(p->pipe, &word, 1);
		if (got == 1 && word == WORD_DISMISS)
			return;
		if (got == 0) {
			say(p, "the worker is gone", "");
			undo(p);
			return;
		}
	}
}

/* Nothing of the worker stays open but what we need: not its locks, not its sockets. */
static void keep_only(struct post *p)
{
	int pipe = fcntl(p->pipe, F_DUPFD_CLOEXEC, 100);
	int journal = fcntl(p->journal, F_DUPFD_CLOEXEC, 100);
	int log = fcntl(p->log, F_DUPFD_CLOEXEC, 100);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	(void)fs_close_range(3, 99);
	p->pipe = dup2(pipe, 3);
	p->journal = dup2(journal, 4);
	p->log = dup2(log, 5);
	(void)fs_close_range(6, ~0U);
	for (int fd = 3; fd < 6; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void become_guard(struct post p)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2, SIGTSTP};
	sigset_t term;
	(void)setsid();
	/* Blocked, not ignored: it waits until it is asked for. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &term, NULL);
	for (size_t i = 0; i < CK_COUNT(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)prctl(PR_SET_NAME, "cyrkeep-guard");
	(void)!chdir("/");
	keep_only(&p);
	/* Last in the queue of those that are killed when memory runs out; needs root, else stays.
	 */
	int oom = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (oom >= 0) {
		(void)!write(oom, "-1000", 5);
		(void)close(oom);
	}
	keep_watch(&p);
	_exit(0);
}

/* -- the worker's side --------------------------------------------------------------------------
 */

static void guard_free(struct guard *g)
{
	if (!g)
		return;
	if (g->shared && g->shared != MAP_FAILED)
		(void)munmap(g->shared, sizeof *g->shared);
	ck_closep(&g->pipe);
	free(g);
}

static void guard_freep(struct guard **g)
{
	guard_free(*g);
}

int guard_start(int journal_fd, int log_fd, int64_t limit_ms, struct guard **ret,
                struct ck_err *err)
{
	CK_CLEANUP(guard_freep) struct guard *g = ck_alloc(1, sizeof *g);
	CK_FREE struct journal *scratch = ck_alloc(1, sizeof *scratch);
	if (!g || !scratch)
		return ck_err_nomem(err);
	g->pipe = -1;
	g->shared = mmap(NULL, sizeof *g->shared, PROT_READ | PROT_WRITE,
	                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (g->shared == MAP_FAILED)
		return ck_err_sys(err, "cannot share memory with the guard");
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return ck_err_sys(err, "cannot make a pipe to the guard");
	CK_CLOSE int theirs = ends[0];
	g->pipe = ends[1];
	struct post post = {.shared = g->shared,
	                    .scratch = scratch,
	                    .pipe = theirs,
	                    .journal = journal_fd,
	                    .log = log_fd,
	                    .limit_ms = limit_ms};
	memset(scratch, 0, sizeof *scratch); /* its pages are ours before memory gets scarce */
	g->pid = fork();
	if (g->pid < 0)
		return ck_err_sys(err, "cannot start the guard");
	if (g->pid == 0)
		become_guard(post);
	*ret = CK_STEAL(g);
	return 0;
}

static void tell(struct guard *g, char word)
{
	while (send(g->pipe, &word, 1, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

void guard_arm(struct guard *g)
{
	atomic_store(&g->shared->undone_ms, 0);
	atomic_store(&g->shared->armed_ms, time_mono_ms());
	atomic_store(&g->shared->state, GUARD_ARMED);
	tell(g, WORD_WAKE);
}

bool guard_disarm(struct guard *g)
{
	int armed = GUARD_ARMED;
	return atomic_compare_exchange_strong(&g->shared->state, &armed, GUARD_IDLE) ||
	       armed == GUARD_IDLE;
}

bool guard_is_broken(const struct guard *g)
{
	return atomic_load(&g->shared->state) == GUARD_BROKEN;
}

int64_t guard_undone_ms(const struct guard *g)
{
	return atomic_load(&g->shared->undone_ms);
}

bool guard_is_alive(const struct guard *g)
{
	struct pollfd p = {.fd = g->pipe};
	return poll(&p, 1, 0) == 0;
}

void guard_abandon(struct guard *g)
{
	guard_free(g);
}

void guard_dismiss(struct guard *g)
{
	if (!g)
		return;
	tell(g, WORD_DISMISS);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
	guard_free(g);
}
