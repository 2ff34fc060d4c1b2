/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/sessions.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

/* --- one file --- */

/* The five fields joined by '|', or "corrupt". */
static void expect(const char *text, size_t len, const char *want)
{
	struct ck_session s;
	char got[400] = "corrupt";
	if (session_parse(text, len, &s) == 0)
		(void)snprintf(got, sizeof got, "%s|%s|%s|%s|%s", s.service, s.host, s.user,
		               s.mailbox, s.command);
	session_fini(&s);
	assert_string_equal(got, want);
}

static void a_file_is_read_in_both_forms(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"imap\tlocalhost [127.0.0.1]\teve@virt.test\tvirt.test!user.eve\tIdle\n",
	         "imap|localhost [127.0.0.1]|eve@virt.test|virt.test!user.eve|Idle"},
		{"imaps\th [::1]\tanne\t\t\n", "imaps|h [::1]|anne||"},
		{"imap\th\t\t\t\n", "imap|h|||"},
		{"pop3\th\tanne\tuser.anne\n", "pop3|h|anne|user.anne|"},
		{"h [192.0.2.7]\tanne\tuser.anne\n", "|h [192.0.2.7]|anne|user.anne|"},
		{"h [192.0.2.7]\tanne\n", "|h [192.0.2.7]|anne||"},
		{"h [192.0.2.7]\n", "|h [192.0.2.7]|||"},
		{"\n", "||||"},
		{"", "||||"},
		{"h\tanne\nrest of a longer line before\n", "|h|anne||"},
		{"a\tb\tc\td\te\tf\tg\n", "a|b|c|d|e"},
	};
	for (size_t i = 0; i < CK_COUNT(rows); i++)
		expect(rows[i].text, strlen(rows[i].text), rows[i].want);
}

static void what_cyrus_did_not_write_is_refused(void **state)
{
	(void)state;
	static const char nul[] = "imap\th\0\tanne\t\t\n";
	expect(nul, sizeof nul - 1, "corrupt");
	char *large = malloc(20000);
	assert_non_null(large);
	memset(large, 'x', 20000);
	large[19999] = '\n';
	expect(large, 20000, "corrupt");
	free(large);
}

static void a_file_cut_at_any_byte_tells_nothing_false(void **state)
{
	(void)state;
	static const char full[] = "imap\th [::1]\tanne\tuser.anne\tFetch\n";
	for (size_t len = 0; len < sizeof full - 1; len++)
		expect(full, len, "||||");
	expect(full, sizeof full - 1, "imap|h [::1]|anne|user.anne|Fetch");
}

/* --- all of them --- */

static void users_come_by_sessions_then_by_name(void **state)
{
	(void)state;
	static char names[][5] = {"bob", "", "anne", "bob", "zoe", "zoe", "bob", ""};
	struct ck_session items[CK_COUNT(names)];
	struct ck_sessions s = {.items = items, .n = CK_COUNT(names)};
	for (size_t i = 0; i < s.n; i++)
		items[i] = (struct ck_session){.user = names[i]};
	assert_int_equal(sessions_count(&s), 0);
	assert_int_equal(s.nusers, 3);
	assert_string_equal(s.users[0].user, "bob");
	assert_int_equal(s.users[0].sessions, 3);
	assert_string_equal(s.users[1].user, "zoe");
	assert_string_equal(s.users[2].user, "anne");
	free(s.users);
}

/* A process that locks the pid file as master does, and its children that wait. */
struct family {
	char *dir, *pidfile, *conf;
	pid_t master;
	pid_t children[3];
	int pipe; /* closed: they end */
};

static void live(int pipe)
{
	char c;
	(void)!read(pipe, &c, 1);
	_exit(0);
}

static void be_master(const struct family *f, int pipe, int report)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	pid_t pids[3];
	int fd = open(f->pidfile, O_RDWR | O_CREAT, 0644);
	if (fd < 0 || fcntl(fd, F_SETLK, &lock) < 0)
		_exit(1);
	for (size_t i = 0; i < CK_COUNT(pids); i++)
		if ((pids[i] = fork()) == 0)
			live(pipe);
	siginfo_t info;
	(void)kill(pids[2], SIGKILL); /* stays a zombie: nobody asks for it */
	(void)waitid(P_PID, (id_t)pids[2], &info, WEXITED | WNOWAIT);
	(void)!write(report, pids, sizeof pids);
	live(pipe);
}

static void write_session(const struct family *f, const char *name, const char *text)
{
	char path[300];
	(void)snprintf(path, sizeof path, "%s/conf/proc/%s", f->dir, name);
	test_write(path, text, strlen(text));
}

static void write_session_of(const struct family *f, pid_t pid, const char *text)
{
	char name[20];
	(void)snprintf(name, sizeof name, "%d", (int)pid);
	write_session(f, name, text);
}

static int setup(void **state)
{
	struct family *f = calloc(1, sizeof *f);
	char text[300];
	int ends[2], report[2];
	assert_non_null(f);
	f->dir = test_tmpdir();
	assert_true(asprintf(&f->pidfile, "%s/master.pid", f->dir) > 0);
	assert_true(asprintf(&f->conf, "%s/imapd.conf", f->dir) > 0);
	int n = snprintf(text, sizeof text,
	                 "configdirectory: %s/conf\npartition-default: %s/spool\n"
	                 "unixhierarchysep: yes\n",
	                 f->dir, f->dir);
	test_write(f->conf, text, (size_t)n);
	write_session(f, ".hidden", "");
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	f->master = fork();
	if (f->master == 0) {
		close(ends[1]);
		be_master(f, ends[0], report[1]);
	}
	close(ends[0]);
	close(report[1]);
	assert_int_equal(read(report[0], f->children, sizeof f->children), (int)sizeof f->children);
	close(report[0]);
	f->pipe = ends[1];
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct family *f = *state;
	ck_closep(&f->pipe);
	(void)waitpid(f->master, NULL, 0);
	test_rmtree(f->dir);
	free(f->dir);
	free(f->pidfile);
	free(f->conf);
	free(f);
	return 0;
}

static struct ck_sessions list(const struct family *f)
{
	const struct ck_settings settings = {.imapd_conf = f->conf,
	                                     .master = {.pidfile = f->pidfile}};
	struct ck_err err = CK_ERR_INIT;
	struct ck_sessions s;
	assert_ok(ck_sessions_list(&settings, &s, &err), &err);
	return s;
}

static void only_living_children_of_master_count(void **state)
{
	struct family *f = *state;
	write_session_of(f, f->children[0], "imap\th [::1]\tanne\tuser.anne.Entw&APw-rfe\tIdle\n");
	write_session_of(f, f->children[1], "imap\th\t\t\t\n");
	write_session_of(f, f->children[2], "imap\th\tzombie\t\t\n");
	write_session_of(f, getpid(), "imap\th\tnot-a-child\t\t\n");
	write_session_of(f, f->master, "imap\th\tmaster\t\t\n");
	write_session(f, "0", "imap\th\tzero\t\t\n");
	write_session(f, "4194305", "imap\th\tno-process\t\t\n"); /* beyond the kernel's limit */
	write_session(f, "-1", "imap\th\tnegative\t\t\n");
	write_session(f, "12x", "imap\th\tno-number\t\t\n");
	write_session(f, "99999999999999999999", "imap\th\ttoo-large\t\t\n");
	char name[40];
	(void)snprintf(name, sizeof name, "%d.new", (int)f->children[0]);
	write_session(f, name, "imap\th\tunfinished\t\t\n");

	struct ck_sessions s = list(f);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.nusers, 1);
	assert_string_equal(s.users[0].user, "anne");
	const struct ck_session *anne = *s.items[0].user ? &s.items[0] : &s.items[1];
	assert_int_equal(anne->pid, f->children[0]);
	assert_string_equal(anne->mailbox, "user/anne/Entw\303\274rfe");
	assert_string_equal(anne->command, "Idle");
	ck_sessions_fini(&s);
}

static void what_is_no_file_is_not_waited_for(void **state)
{
	struct family *f = *state;
	char path[300], other[300];
	(void)snprintf(path, sizeof path, "%s/conf/proc/%d", f->dir, (int)f->children[0]);
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)snprintf(path, sizeof path, "%s/conf/proc/%d", f->dir, (int)f->children[1]);
	(void)snprintf(other, sizeof other, "%s/secret", f->dir);
	static const char secret[] = "imap\th\tsecret\t\t\n";
	test_write(other, secret, sizeof secret - 1);
	assert_int_equal(symlink(other, path), 0);
	struct ck_sessions s = list(f);
	assert_int_equal(s.n, 0);
	ck_sessions_fini(&s);
}

static void the_directory_may_lie_elsewhere_or_nowhere(void **state)
{
	struct family *f = *state;
	char text[400], path[300];
	write_session_of(f, f->children[0], "imap\th\tanne\t\t\n");
	(void)snprintf(path, sizeof path, "%s/conf/proc", f->dir);
	char moved[300];
	(void)snprintf(moved, sizeof moved, "%s/elsewhere", f->dir);
	assert_int_equal(rename(path, moved), 0);
	struct ck_sessions s = list(f);
	assert_int_equal(s.n, 0);
	ck_sessions_fini(&s);
	int n = snprintf(text, sizeof text,
	                 "configdirectory: %s/conf\npartition-default: %s/spool\nproc_path: %s\n",
	                 f->dir, f->dir, moved);
	test_write(f->conf, text, (size_t)n);
	s = list(f);
	assert_int_equal(s.n, 1);
	ck_sessions_fini(&s);
}

static void without_master_nobody_is_cut_off(void **state)
{
	struct family *f = *state;
	write_session_of(f, f->children[0], "imap\th\tanne\t\t\n");
	ck_closep(&f->pipe);
	f->pipe = -1;
	assert_int_equal(waitpid(f->master, NULL, 0), f->master);
	struct ck_sessions s = list(f);
	assert_int_equal(s.n, 0);
	ck_sessions_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_in_both_forms),
		cmocka_unit_test(what_cyrus_did_not_write_is_refused),
		cmocka_unit_test(a_file_cut_at_any_byte_tells_nothing_false),
		cmocka_unit_test(users_come_by_sessions_then_by_name),
		cmocka_unit_test_setup_teardown(only_living_children_of_master_count, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(what_is_no_file_is_not_waited_for, setup, teardown),
		cmocka_unit_test_setup_teardown(the_directory_may_lie_elsewhere_or_nowhere, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(without_master_nobody_is_cut_off, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
