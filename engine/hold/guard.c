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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"
#include "hold/journal.h"

#define RETRY_MS   5000
#define SOON_MS    (15 * 60 * 1000) /* after that, nobody is at it right now */
#define LATER_MS   60000
#define ENDING_MS  10000 /* how much longer once we are asked to end, as at a shutdown */
#define SLICE_MS   500   /* between two looks at the pipe */
#define DISMISS_MS 10000

enum state {
	GUARD_IDLE,
	GUARD_ARMED,  /* something is held */
	GUARD_GIVING, /* the worker gives it back */
	GUARD_BROKEN, /* it was held too long; the guard acted */
	GUARD_TOOK,   /* giving back took too long; the guard acted */
};

enum word {
	WORD_WAKE = 'w',    /* look at the shared page */
	WORD_DISMISS = 'x', /* all is given back */
};

/* One page that both processes see. */
struct shared {
	_Atomic int state;
	_Atomic int64_t since_ms; /* of the state; monotonic */
	_Atomic int64_t limit_ms;
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
	bool dismissed; /* all is given back */
	char said[600]; /* last, about a try that failed */
};

static void say(const struct post *p, const char *words, const char *more)
{
	char line[900], now[32];
	time_rfc3339(time_now_ms() / 1000, now);
	int n = snprintf(line, sizeof line, "%s guard: %s%s\n", now, words, more);
	if (n > 0)
		(void)fs_write_all(p->log, line, (size_t)n < sizeof line ? (size_t)n : sizeof line);
}

/* The same failure every minute would fill a disk. */
static void say_failure(struct post *p, const struct ck_err *err)
{
	if (strcmp(p->said, err->msg) == 0)
		return;
	(void)snprintf(p->said, sizeof p->said, "%s", err->msg);
	say(p, "cannot give the server back yet: ", err->msg);
	if (*err->remedy)
		say(p, "remedy: ", err->remedy);
}

/* Has the worker, alive after all, given everything back by itself? */
static bool is_dismissed(struct post *p)
{
	char words[16];
	ssize_t n = recv(p->pipe, words, sizeof words, MSG_DONTWAIT);
	p->dismissed |= n > 0 && memchr(words, WORD_DISMISS, (size_t)n);
	return p->dismissed;
}

/* Is there nobody any more who could find the journal? */
static bool is_forgotten(const struct post *p)
{
	struct stat st;
	return fstat(p->journal, &st) == 0 && st.st_nlink == 0;
}

enum pause { PAUSE_OVER, PAUSE_TERMINATED, PAUSE_DISMISSED };

static enum pause wait_retry(struct post *p, int64_t ms)
{
	const struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L};
	sigset_t term;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	for (int64_t end = time_mono_ms() + ms; time_mono_ms() < end;) {
		if (sigtimedwait(&term, NULL, &slice) == SIGTERM)
			return PAUSE_TERMINATED;
		if (is_dismissed(p))
			return PAUSE_DISMISSED;
	}
	return PAUSE_OVER;
}

/*
 * Keep trying: somebody may repair what is in the way. At a shutdown nobody will, and systemd
 * refuses to start anything: then the journal stays for the next boot. @return all is undone.
 */
static bool undo(struct post *p, bool files)
{
	int64_t begin = time_mono_ms(), end = INT64_MAX;
	while (time_mono_ms() < end) {
		struct ck_err err = CK_ERR_INIT;
		int r = journal_undo(p->journal, p->scratch, files, &err);
		if (r >= 0) {
			atomic_store(&p->shared->undone_ms, time_mono_ms());
			if (r > 0)
				say(p,
				    files ? "unfinished files are removed"
				          : "the server is given back",
				    "");
			return true;
		}
		say_failure(p, &err);
		bool soon = time_mono_ms() - begin < SOON_MS;
		if (!soon && is_forgotten(p))
			break;
		enum pause pause = wait_retry(p, soon ? RETRY_MS : LATER_MS);
		if (pause == PAUSE_DISMISSED)
			return false;
		if (pause == PAUSE_TERMINATED && end == INT64_MAX)
			end = time_mono_ms() + ENDING_MS;
	}
	say(p, "gave up; 'cyrkeep unwind' gives the server back", "");
	return false;
}

/* Milliseconds until the limit; -1: none counts. */
static int until_limit(const struct post *p)
{
	int state = atomic_load(&p->shared->state);
	if (state != GUARD_ARMED && state != GUARD_GIVING)
		return -1;
	int64_t left = atomic_load(&p->shared->since_ms) + atomic_load(&p->shared->limit_ms) -
	               time_mono_ms();
	return left <= 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

/* The limit has passed: whoever changes the state first acts. */
static void act(struct post *p)
{
	int armed = GUARD_ARMED, giving = GUARD_GIVING;
	if (atomic_compare_exchange_strong(&p->shared->state, &armed, GUARD_BROKEN))
		say(p, "the downtime limit has passed", "");
	else if (atomic_compare_exchange_strong(&p->shared->state, &giving, GUARD_TOOK))
		say(p, "the worker stands still while it gives the server back", "");
	else
		return;
	(void)undo(p, false); /* the worker sees to its files */
}

static void keep_watch(struct post *p)
{
	while (!p->dismissed) {
		struct pollfd pipe = {.fd = p->pipe, .events = POLLIN};
		int n = poll(&pipe, 1, until_limit(p));
		if (until_limit(p) == 0) {
			act(p);
			continue;
		}
		if (n <= 0)
			continue;
		char word;
		ssize_t got = read(p->pipe, &word, 1);
		if (got == 1 && word == WORD_DISMISS)
			return;
		if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
			say(p, "the worker is gone", "");
			if (undo(p, false))
				(void)undo(p, true);
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
	if (pipe < 0 || journal < 0 || log < 0)
		_exit(1); /* its end of the pipe closes: nothing is stopped */
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

/* -- the worker's side ------------------------------------------------------------------------ */

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

int guard_start(int journal_fd, int log_fd, struct guard **ret, struct ck_err *err)
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
	                    .log = log_fd};
	memset(scratch, 0, sizeof *scratch); /* its pages are ours before memory gets scarce */
	g->pid = fork();
	if (g->pid < 0)
		return ck_err_sys(err, "cannot start the guard");
	if (g->pid == 0) {
		free(CK_STEAL(g)); /* the worker's side */
		become_guard(post);
	}
	*ret = CK_STEAL(g);
	return 0;
}

static void tell(struct guard *g, char word)
{
	while (send(g->pipe, &word, 1, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static void set_limit(struct guard *g, int64_t limit_ms)
{
	atomic_store(&g->shared->since_ms, time_mono_ms());
	atomic_store(&g->shared->limit_ms, limit_ms);
}

void guard_arm(struct guard *g, int64_t limit_ms)
{
	atomic_store(&g->shared->undone_ms, 0);
	set_limit(g, limit_ms);
	atomic_store(&g->shared->state, GUARD_ARMED);
	tell(g, WORD_WAKE);
}

void guard_hurry(struct guard *g)
{
	if (atomic_load(&g->shared->state) != GUARD_ARMED)
		return;
	atomic_store(&g->shared->limit_ms, 0);
	tell(g, WORD_WAKE);
}

bool guard_give(struct guard *g, int64_t limit_ms)
{
	int armed = GUARD_ARMED;
	if (atomic_load(&g->shared->state) == GUARD_ARMED)
		set_limit(g, limit_ms);
	bool ours = atomic_compare_exchange_strong(&g->shared->state, &armed, GUARD_GIVING);
	tell(g, WORD_WAKE);
	return ours || armed != GUARD_BROKEN;
}

void guard_rest(struct guard *g)
{
	int giving = GUARD_GIVING;
	(void)atomic_compare_exchange_strong(&g->shared->state, &giving, GUARD_IDLE);
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
	/* One that somebody has stopped reads it when it goes on. */
	for (int64_t end = time_mono_ms() + DISMISS_MS;
	     waitpid(g->pid, NULL, WNOHANG) == 0 && time_mono_ms() < end;)
		(void)poll(NULL, 0, 5);
	guard_free(g);
}
