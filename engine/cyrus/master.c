/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Master stopped and started. master_start() and all it calls run in the guard too: they allocate
 * nothing, and the program they start gets default signals and a session of its own (master sends
 * SIGTERM to its process group when it ends).
 */
#include "cyrus/master.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"
#include "base/spawn.h"
#include "cyrus/master_proof.h"

#define STEP_MS       50
#define SERVE_STEP_MS 1000 /* between two looks whether master lives */
#define SETTLE_MS     300  /* a master that cannot bind its ports ends well before */

static void sleep_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

int master_is_alive(const struct master_control *c, pid_t *ret_pid, struct ck_err *err)
{
	if (ret_pid)
		*ret_pid = 0;
	CK_CLOSE int fd = open(c->pidfile, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return ck_err_sys(err, "cannot open Cyrus's pid file '%s'", c->pidfile);
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	if (fcntl(fd, F_GETLK, &lock) < 0)
		return ck_err_sys(err, "cannot test the lock on Cyrus's pid file '%s'", c->pidfile);
	if (lock.l_type == F_UNLCK)
		return 0;
	if (ret_pid)
		*ret_pid = lock.l_pid > 0 ? lock.l_pid : 0;
	return 1;
}

/* -- stopping ---------------------------------------------------------------------------------- */

static int ask_to_stop(const struct master_control *c, pid_t pid, struct ck_err *err)
{
	if (c->stop.n == 0) {
		if (pid <= 1)
			return ck_err_set(err, CK_EFAIL,
			                  "cannot tell which process holds Cyrus's pid file '%s'",
			                  c->pidfile);
		if (kill(pid, SIGQUIT) < 0 && errno != ESRCH)
			return ck_err_sys(err, "cannot stop Cyrus's master (pid %d)", (int)pid);
		return 0;
	}
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	int status;
	int r = spawn_run((const char *const *)c->stop.items, c->timeout_s * 1000, &out, &status,
	                  err);
	if (r < 0)
		return ck_err_prefix(err, "cannot stop Cyrus");
	if (status != 0)
		return ck_err_set(err, CK_EFAIL,
		                  "cannot stop Cyrus: '%s' ended with status %d: %.200s",
		                  c->stop.items[0], status, out.data);
	return 0;
}

static int say_left(const struct master_control *c, bool alive, const struct ck_strv *left,
                    struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf names = CK_BUF_INIT;
	for (size_t i = 0; i < left->n; i++)
		(void)ck_buf_addf(&names, "%s%s", i ? ", " : "", left->items[i]);
	if (alive)
		(void)ck_err_set(err, CK_ETIMEOUT, "Cyrus's master did not stop within %d s",
		                 c->timeout_s);
	else
		(void)ck_err_set(err, CK_ETIMEOUT,
		                 "Cyrus is not proven stopped: still there %s: %s",
		                 left->n == 1 ? "is" : "are", names.data);
	return ck_err_remedy(err, "end what is named, or raise master.timeout, and start again");
}

int master_stop(const struct master_control *c, struct ck_err *err)
{
	CK_CLEANUP(proof_fini) struct master_proof proof = {0};
	pid_t pid;
	int alive = master_is_alive(c, &pid, err);
	if (alive < 0)
		return alive;
	if (alive) {
		int r = proof_note(&proof, pid, err);
		if (r == 0)
			r = ask_to_stop(c, pid, err);
		if (r < 0)
			return r;
	}
	for (int64_t end = time_mono_ms() + c->timeout_s * 1000;; sleep_ms(STEP_MS)) {
		CK_CLEANUP(ck_strv_fini) struct ck_strv left = {0};
		alive = master_is_alive(c, &pid, err);
		int r = alive < 0 ? alive
		        : alive   ? proof_note(&proof, pid, err)
		                  : proof_look(&proof, c, &left, err);
		if (r < 0)
			return r;
		if (!alive && left.n == 0)
			return 0;
		if (time_mono_ms() >= end)
			return say_left(c, alive, &left, err);
	}
}

/* -- starting: nothing below allocates ----------------------------------------------------------
 */

/* strerror() may wait for a lock that another thread held at the fork. */
static const char *why_not(int error)
{
#if __GLIBC_PREREQ(2, 32)
	return strerrordesc_np(error);
#else
	return error == ENOENT ? "No such file or directory" : "it cannot be executed";
#endif
}

/* In the child: forget who we were, become the program. */
static void become(const struct master_control *c, int out)
{
	struct sigaction normal = {.sa_handler = SIG_DFL};
	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &normal, NULL);
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	(void)umask(022);
	int null = open("/dev/null", O_RDWR);
	(void)dup2(null, 0);
	(void)dup2(out, 1);
	(void)dup2(out, 2);
	(void)fs_close_range(3, ~0U);
	execvp(c->start.items[0], c->start.items);
	const char *why = why_not(errno);
	(void)!write(2, why, strlen(why));
	_exit(127);
}

/* The last words of the program, one line of them, into @ret. */
static void last_words(int out, char *ret, size_t size)
{
	int64_t n = fs_pread(out, ret, size - 1, 0);
	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\r\n")] = '\0';
}

/* Alive now and still after a moment? */
static int is_settled(const struct master_control *c, struct ck_err *err)
{
	int r = master_is_alive(c, NULL, err);
	if (r != 1)
		return r;
	sleep_ms(SETTLE_MS);
	return master_is_alive(c, NULL, err);
}

/* Wait for the lock; a child that failed ends the wait early. */
static int wait_started(const struct master_control *c, pid_t child, int out, struct ck_err *err)
{
	char words[200];
	for (int64_t end = time_mono_ms() + c->timeout_s * 1000;; sleep_ms(STEP_MS)) {
		int status = 0;
		bool ended = child > 0 && waitpid(child, &status, WNOHANG) == child;
		int alive = is_settled(c, err);
		if (alive != 0)
			return alive < 0 ? alive : 0;
		if (ended) {
			child = -1;
			int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			last_words(out, words, sizeof words);
			if (code != 0)
				return ck_err_set(
					err, CK_EFAIL,
					"cannot start Cyrus: '%s' ended with status %d%s%s",
					c->start.items[0], code, *words ? ": " : "", words);
		}
		if (time_mono_ms() >= end)
			return ck_err_set(
				err, CK_ETIMEOUT,
				"Cyrus's master did not lock '%s' within %d s of its start",
				c->pidfile, c->timeout_s);
	}
}

int master_start(const struct master_control *c, struct ck_err *err)
{
	int r = is_settled(c, err);
	if (r != 0)
		return r < 0 ? r : 0;
	/* Output goes to a file in memory, which a daemon may keep without holding anything up. */
	CK_CLOSE int out = memfd_create("start", MFD_CLOEXEC);
	if (out < 0)
		return ck_err_sys(err, "cannot catch the output of '%s'", c->start.items[0]);
	pid_t child = fork();
	if (child < 0)
		return ck_err_sys(err, "cannot start Cyrus");
	if (child == 0)
		become(c, out);
	r = wait_started(c, child, out, err);
	if (r < 0)
		(void)ck_err_remedy(err, "look into the system log; to start it by hand run '%s'",
		                    c->start.items[0]);
	return r;
}

/* -- greeting -----------------------------------------------------------------------------------
 */

static bool fill_address(const char *host, uint16_t port, struct sockaddr_storage *ret,
                         socklen_t *ret_len)
{
	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		memcpy(ret, &v4, sizeof v4);
		*ret_len = sizeof v4;
		return true;
	}
	if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		memcpy(ret, &v6, sizeof v6);
		*ret_len = sizeof v6;
		return true;
	}
	return false;
}

/* One attempt: connected and, before the end, "* " read. */
static bool is_greeted(const struct sockaddr_storage *to, socklen_t len, int64_t end)
{
	CK_CLOSE int fd = socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	if (connect(fd, (const struct sockaddr *)to, len) < 0 && errno != EINPROGRESS)
		return false;
	int64_t left = end - time_mono_ms();
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char hello[2];
	return left > 0 && poll(&p, 1, (int)left) == 1 &&
	       recv(fd, hello, sizeof hello, 0) == sizeof hello && memcmp(hello, "* ", 2) == 0;
}

int master_greets(const char *host, uint16_t port, int timeout_ms, struct ck_err *err)
{
	struct sockaddr_storage to = {0};
	socklen_t len;
	if (!fill_address(host, port, &to, &len))
		return ck_err_set(err, CK_EUSAGE, "'%s' is not a numeric address", host);
	for (int64_t end = time_mono_ms() + timeout_ms;; sleep_ms(STEP_MS)) {
		if (is_greeted(&to, len, end))
			return 0;
		if (time_mono_ms() >= end)
			return ck_err_set(err, CK_ETIMEOUT,
			                  "port %u of %s did not greet within %d s", port, host,
			                  timeout_ms / 1000);
	}
}

int master_serves(const struct master_control *c, const char *host, uint16_t port, int timeout_ms,
                  struct ck_err *err)
{
	for (int64_t end = time_mono_ms() + timeout_ms;;) {
		int64_t left = end - time_mono_ms();
		int slice = left < SERVE_STEP_MS ? (int)left : SERVE_STEP_MS;
		int r = port && left > 0 ? master_greets(host, port, slice, NULL) : CK_ETIMEOUT;
		if (r == 0)
			return 1;
		int alive = master_is_alive(c, NULL, err);
		if (alive < 0)
			return alive;
		if (!alive) {
			(void)ck_err_set(err, CK_EFAIL,
			                 "Cyrus's master was started and ended again");
			return ck_err_remedy(err, "look into the system log for the reason");
		}
		if (!port || r != CK_ETIMEOUT || time_mono_ms() >= end)
			return 0;
	}
}
