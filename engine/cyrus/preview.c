/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/archive.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"
#include "cyrus/mime.h"
#include "cyrus/preview_text.h"

/*
 * The child is forked, not executed: it needs no copy of the message and no way back into our own
 * program. That is safe in a process with threads because the child uses, of all that another
 * thread may have been in the middle of, only malloc, whose locks glibc takes over fork(), and
 * GMime, which mime_fork() keeps everybody out of. Should it hang all the same, its time is
 * limited.
 */

#define TIME_LIMIT_MS 10000
#define CPU_LIMIT     5 /* seconds */
#define MEMORY        ((rlim_t)256 << 20)
#define FILES         16 /* tables of charsets are files */
#define CHILD_FD      3

/* The user that Linux itself takes for nobody in particular. */
#define NOBODY 65534

enum child_end {
	CHILD_DONE,
	CHILD_NOT_CONFINED,
	CHILD_NO_MEMORY,
};

/* Lower a limit; one that is lower already stays. */
static int limit(__rlimit_resource_t what, rlim_t value)
{
	struct rlimit limit;
	if (getrlimit(what, &limit) < 0)
		return -1;
	if (limit.rlim_max > value) /* RLIM_INFINITY is the highest */
		limit.rlim_max = value;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return setrlimit(what, &limit);
}

/* A second between soft and hard limit makes SIGXCPU the end, which tells what it was. */
static int limit_cpu(void)
{
	struct rlimit limit = {CPU_LIMIT, CPU_LIMIT + 1};
	return setrlimit(RLIMIT_CPU, &limit);
}

/* Address space that we have already, in bytes: a sanitizer's shadow is terabytes. */
static rlim_t address_space(void)
{
	unsigned long long pages = 0;
	CK_CLOSE int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	pages = strtoull(text, NULL, 10);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* Valgrind refuses to lower the hard limit, of which it takes descriptors of its own. */
static int limit_files(void)
{
	struct rlimit files;
	if (limit(RLIMIT_NOFILE, FILES) == 0)
		return 0;
	if (errno != EPERM || getrlimit(RLIMIT_NOFILE, &files) < 0)
		return -1;
	files.rlim_cur = FILES;
	return setrlimit(RLIMIT_NOFILE, &files);
}

static int set_limits(size_t len)
{
	rlim_t memory = address_space() + MEMORY + 4 * (rlim_t)len;
	if (limit(RLIMIT_AS, memory) < 0 || limit_cpu() < 0 || limit(RLIMIT_FSIZE, 0) < 0 ||
	    limit(RLIMIT_CORE, 0) < 0 || limit_files() < 0 || limit(RLIMIT_NPROC, 0) < 0)
		return -1;
	return 0;
}

/* Keep nothing open but the way to the parent, as CHILD_FD. */
static int leave_descriptors(int out)
{
	if (out != CHILD_FD && dup2(out, CHILD_FD) < 0)
		return -1;
	if (fs_close_range(CHILD_FD + 1, ~0u) < 0)
		return -1;
	int null = open("/dev/null", O_RDWR);
	if (null < 0)
		return -1;
	for (int fd = 0; fd < CHILD_FD; fd++) {
		if (dup2(null, fd) < 0)
			return -1;
	}
	return close(null);
}

static int leave_privileges(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	                       setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -1;
	/* Last: a change of user clears it. */
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

/* A console's handlers would mend its terminal when we die of a message. */
static void leave_signals(void)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &dfl, NULL); /* KILL, STOP and gaps cannot be set */
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void run_child(int out, const void *raw, size_t len)
{
	leave_signals();
	if (leave_descriptors(out) < 0 || set_limits(len) < 0 || leave_privileges() < 0)
		_exit(CHILD_NOT_CONFINED);
	struct ck_buf text = CK_BUF_INIT;
	if (preview_text(raw, len, &text) < 0)
		_exit(CHILD_NO_MEMORY);
	_exit(fs_write_all(CHILD_FD, text.data, text.len) < 0 ? CHILD_NOT_CONFINED : CHILD_DONE);
}

/* Signals wait until the child has let go of our handlers. */
static pid_t fork_child(int out, const void *raw, size_t len)
{
	sigset_t all, old;
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	pid_t pid = mime_fork();
	if (pid == 0)
		run_child(out, raw, len);
	int saved = errno;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = saved;
	return pid;
}

/* Read until the child closes its end. */
static int collect(int fd, struct ck_buf *ret, struct ck_err *err)
{
	int64_t deadline = time_mono_ms() + TIME_LIMIT_MS;
	for (;;) {
		int64_t left = deadline - time_mono_ms();
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		int ready = left > 0 ? poll(&pfd, 1, (int)left) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0)
			return ck_err_sys(err, "cannot wait for the preview");
		if (ready == 0)
			return ck_err_set(err, CK_ETIMEOUT,
			                  "the message was not read within %d seconds",
			                  TIME_LIMIT_MS / 1000);
		char block[16384];
		ssize_t n = read(fd, block, sizeof block);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ck_err_sys(err, "cannot read the preview");
		if (n == 0)
			return 0;
		if (ret->len + (size_t)n > PREVIEW_LIMIT)
			return ck_err_set(err, CK_ECORRUPT, "the preview has no end");
		if (ck_buf_add(ret, block, (size_t)n) < 0)
			return ck_err_nomem(err);
	}
}

/* What the end of the child says. */
static int judge(int status, struct ck_err *err)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return ck_err_set(err, CK_ETIMEOUT,
		                  "the message was not read within %d seconds of processor time",
		                  CPU_LIMIT);
	if (WIFSIGNALED(status))
		return ck_err_set(err, CK_ECORRUPT,
		                  "the message cannot be shown: reading it ended with signal %d",
		                  WTERMSIG(status));
	if (WEXITSTATUS(status) == CHILD_NO_MEMORY)
		return ck_err_set(err, CK_ENOMEM, "the message needs too much memory to be shown");
	if (WEXITSTATUS(status) != CHILD_DONE)
		return ck_err_set(err, CK_EIO, "cannot confine the process that reads the message");
	return 0;
}

int ck_message_preview(const void *raw, size_t len, struct ck_buf *ret, struct ck_err *err)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return ck_err_sys(err, "cannot make a pipe");
	CK_CLOSE int in = fds[0];
	CK_CLOSE int out = fds[1];
	pid_t pid = fork_child(out, raw, len);
	if (pid < 0)
		return ck_err_sys(err, "cannot start a process that reads the message");
	(void)close(CK_STEAL_FD(out));

	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	int status = 0, r = collect(in, &text, err);
	if (r < 0)
		(void)kill(pid, SIGKILL); /* ours until it is waited for */
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return ck_err_sys(err,
			                  "cannot wait for the process that reads the message");
	}
	if (r == 0)
		r = judge(status, err);
	if (r == 0 && ck_buf_add(ret, text.data, text.len) < 0)
		r = ck_err_nomem(err);
	return r;
}
