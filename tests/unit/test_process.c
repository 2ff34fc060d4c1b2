/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cyrus/master_proof.h"
#include "support/test.h"

static void a_process_may_have_any_name(void **state)
{
	(void)state;
	struct process p;
	const char *rest = " S 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 99 88";
	char text[300];
	static const char *const names[] = {"imapd", "a b", ") Z 1 (", "((", ""};
	for (size_t i = 0; i < CK_COUNT(names); i++) {
		(void)snprintf(text, sizeof text, "812 (%s)%s", names[i], rest);
		assert_true(process_parse(text, &p));
		assert_int_equal(p.pid, 812);
		assert_int_equal(p.parent, 7);
		assert_int_equal(p.group, 1);
		assert_int_equal(p.start, 4711);
		assert_false(process_is_dead(&p));
	}
	/* Cut inside the start time it is another number, before it none. */
	size_t len = (size_t)(strstr(text, "4711") - text);
	for (size_t n = 0; n <= len; n++) {
		char *cut = strndup(text, n);
		assert_false(process_parse(cut, &p));
		free(cut);
	}
	assert_true(process_read(getpid(), &p));
	assert_int_equal(p.parent, getppid());
}

/* --- a master that hangs --- */

/* A process with children of its own, which lives until it is killed. */
struct master {
	pid_t pid;
	pid_t child; /* that lives, or 0 */
};

static void wait_dead(pid_t pid)
{
	siginfo_t info;
	(void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
}

static pid_t fork_child(bool lives, bool own_group)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (own_group)
			(void)setpgid(0, 0);
		while (lives)
			(void)pause();
		_exit(0);
	}
	if (own_group)
		(void)setpgid(pid, pid);
	if (!lives)
		wait_dead(pid);
	return pid;
}

/* @blind: it lets no signal in, and one child is dead. */
static struct master start(bool blind, bool living, bool own_group)
{
	struct master m = {0};
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	m.pid = fork();
	if (m.pid == 0) {
		sigset_t set;
		sigemptyset(&set);
		sigaddset(&set, SIGCHLD);
		(void)setpgid(0, 0);
		(void)signal(SIGCHLD, SIG_DFL);
		if (blind)
			(void)sigprocmask(SIG_BLOCK, &set, NULL);
		pid_t child = living ? fork_child(true, own_group) : 0;
		(void)fork_child(false, false);
		(void)!write(ends[1], &child, sizeof child);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &m.child, sizeof m.child), (int)sizeof m.child);
	(void)close(ends[0]);
	return m;
}

static void end(const struct master *m)
{
	if (m->child)
		(void)kill(m->child, SIGKILL);
	(void)kill(m->pid, SIGKILL);
	assert_int_equal(waitpid(m->pid, NULL, 0), m->pid);
}

static void who_does_not_notice_dead_children_hangs(void **state)
{
	(void)state;
	struct master m = start(true, false, false);
	assert_true(process_is_hung(m.pid));
	assert_int_equal(kill(m.pid, SIGSTOP), 0); /* that is another matter */
	assert_int_equal(waitpid(m.pid, NULL, WUNTRACED), m.pid);
	assert_false(process_is_hung(m.pid));
	end(&m);
	assert_false(process_is_hung(m.pid));
}

static void who_has_a_living_child_does_not_hang(void **state)
{
	(void)state;
	struct master m = start(true, true, false);
	assert_false(process_is_hung(m.pid));
	end(&m);
}

static void children_that_are_waited_for_last_do_not_count(void **state)
{
	(void)state;
	struct master m = start(true, true, true);
	struct process p;
	assert_true(process_is_hung(m.pid));
	process_signal_children(m.pid, SIGTERM);
	for (int i = 0; i < 500 && process_read(m.child, &p) && !process_is_dead(&p); i++)
		(void)usleep(10000);
	assert_true(process_is_dead(&p));
	m.child = 0;
	end(&m);
}

static void who_lets_signals_in_does_not_hang(void **state)
{
	(void)state;
	struct master m = start(false, false, false);
	assert_false(process_is_hung(m.pid));
	end(&m);
	assert_false(process_is_hung(getpid())); /* no child at all */
}

/* Else a Cyrus that writes would count as proven stopped. */
static void half_a_process_table_proves_nothing(void **state)
{
	(void)state;
	static char user[] = "root";
	int status = 0;
	pid_t child = fork();
	if (child == 0) {
		CK_CLEANUP(ck_strv_fini) struct ck_strv left = {0};
		const struct master_control c = {.user = user};
		const struct master_proof nothing = {0};
		struct ck_err err = CK_ERR_INIT;
		if (!test_take_away(SYS_getdents64, EIO))
			_exit(1);
		_exit(proof_look(&nothing, &c, &left, &err) == CK_EIO ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_may_have_any_name),
		cmocka_unit_test(who_does_not_notice_dead_children_hangs),
		cmocka_unit_test(who_has_a_living_child_does_not_hang),
		cmocka_unit_test(children_that_are_waited_for_last_do_not_count),
		cmocka_unit_test(who_lets_signals_in_does_not_hang),
		cmocka_unit_test(half_a_process_table_proves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
