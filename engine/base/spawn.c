/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"

#define OUTPUT_MAX    ((size_t)1 << 20)
#define KILL_AFTER_MS 2000

extern char **environ;

/* posix_spawn, not fork: callers have threads. The child leads a process group of its own. */
static int launch(const char *const *argv, int outfd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
	                                              POSIX_SPAWN_SETSIGDEF);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&files, outfd, 1);
	(void)posix_spawn_file_actions_adddup2(&files, outfd, 2);
#if __GLIBC_PREREQ(2, 34) /* before it, only what is opened with O_CLOEXEC stays behind: all of \
                             ours */
	(void)posix_spawn_file_actions_addclosefrom_np(&files, 3);
#endif
	/* posix_spawnp does not write to argv; its type is older than const. */
	char *const *args = (char *const *)(uintptr_t)argv;
	int r = posix_spawnp(ret_pid, argv[0], &files, &attr, args, environ);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attr);
	return r;
}

/* TERM, then KILL, to the whole group; the child itself is reaped. */
static void put_down(pid_t pid)
{
	(void)kill(-pid, SIGTERM);
	for (int64_t end = time_mono_ms() + KILL_AFTER_MS; time_mono_ms() < end;) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			goto gone;
		(void)poll(NULL, 0, 20);
	}
	(void)kill(-pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return;
gone:
	(void)kill(-pid, SIGKILL); /* what it left in its group */
}

/* Wait for the child itself, by pidfd where the kernel has it, so that the wait has a limit. */
static int wait_child(pid_t pid, int timeout_ms, int *ret_status)
{
	int64_t end = time_mono_ms() + timeout_ms;
	CK_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	for (;;) {
		int status;
		pid_t got = waitpid(pid, &status, WNOHANG);
		if (got == pid) {
			*ret_status =
				WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			return 0;
		}
		if (got < 0 && errno != EINTR)
			return -1;
		int64_t left = timeout_ms ? end - time_mono_ms() : 1000;
		if (left <= 0)
			return 1;
		struct pollfd p = {.fd = pidfd, .events = POLLIN};
		(void)poll(&p, pidfd >= 0 ? 1 : 0, pidfd >= 0 ? (int)left : 20);
	}
}

/* Output goes to an unlinked file: no pipe that a daemon could hold open, no reader to block. */
int spawn_run(const char *const *argv, int timeout_ms, struct ck_buf *out, int *ret_status,
              struct ck_err *err)
{
	CK_CLOSE int fd = memfd_create("output", MFD_CLOEXEC);
	if (fd < 0)
		return ck_err_sys(err, "cannot catch the output of '%s'", argv[0]);
	pid_t pid;
	int sys = launch(argv, fd, &pid);
	if (sys != 0) {
		errno = sys;
		return ck_err_sys(err, "cannot run '%s'", argv[0]);
	}
	int waited = wait_child(pid, timeout_ms, ret_status);
	if (waited != 0)
		put_down(pid);
	if (out) {
		char block[4096];
		for (uint64_t at = 0; at < OUTPUT_MAX;) {
			int64_t n = fs_pread(fd, block, sizeof block, at);
			if (n <= 0 || ck_buf_add(out, block, (size_t)n) < 0)
				break;
			at += (uint64_t)n;
		}
	}
	if (waited < 0)
		return ck_err_sys(err, "cannot wait for '%s'", argv[0]);
	if (waited > 0)
		return ck_err_set(err, CK_ETIMEOUT, "'%s' did not end within %d s", argv[0],
		                  timeout_ms / 1000);
	return 0;
}
