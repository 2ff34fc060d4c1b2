/* SPDX-License-Identifier: BSD-2-Clause */
/* Master alive or not, and stopped. */
#include "cyrus/master.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
#include "cyrus/master_conf.h"
#include "cyrus/master_proof.h"

#define STEP_MS 50

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

int master_stop(const struct master_control *c, bool *ret_told, struct ck_err *err)
{
	CK_CLEANUP(proof_fini) struct master_proof proof = {0};
	pid_t pid;
	int alive = master_is_alive(c, &pid, err);
	if (alive < 0)
		return alive;
	if (ret_told)
		*ret_told = alive;
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

/* Where the running master lies, and its services with it. "": none runs, or it cannot be told. */
static void find_programs(const struct master_control *c, char ret[static PATH_MAX])
{
	char link[64];
	pid_t pid;
	*ret = '\0';
	if (master_is_alive(c, &pid, NULL) != 1)
		return;
	(void)snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
	ssize_t n = readlink(link, ret, PATH_MAX - 1);
	ret[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(ret, '/');
	if (slash)
		*slash = '\0';
}

int master_can_start(const struct master_control *c, struct ck_err *err)
{
	char programs[PATH_MAX];
	if (!c->cyrus_conf || !*c->cyrus_conf)
		return 0;
	find_programs(c, programs);
	if (master_conf_check(c->cyrus_conf, *programs ? programs : NULL, err) == 0)
		return 0;
	(void)ck_err_prefix(err, "Cyrus could not be started again");
	(void)ck_err_remedy(err, "mend that first; the running Cyrus has not noticed it yet");
	return CK_EUSAGE;
}
