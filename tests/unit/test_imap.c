/* SPDX-License-Identifier: BSD-2-Clause */
/* The IMAP client against a scripted server at the other end of a socket pair. */
#include "support/test.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cyrus/imap.h"
#include "cyrus/imap_frame.h"
#include "cyrus/sync.h"

#define GREETING "* OK [CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN SASL-IR] ready\r\n"

/** What the server waits for and says, step by step; NULL ends. */
struct step {
	const char *expect; /**< Bytes to receive first; NULL: none. */
	const char *say;
	size_t say_len; /**< 0: strlen(say). */
};

struct script {
	int fd;
	const struct step *steps;
	size_t piece; /**< Bytes written at a time; 0: all at once. */
	bool hang_up; /**< Close after the last step; else wait for the client to close. */
	char got[4096];
	bool wrong;
};

static const struct step just_greets[] = {{NULL, GREETING}, {0}};

static bool receive(struct script *s, const char *expect)
{
	size_t want = strlen(expect), n = 0;
	while (n < want && n + 1 < sizeof s->got) {
		ssize_t r = recv(s->fd, s->got + n, want - n, 0);
		if (r <= 0)
			break;
		n += (size_t)r;
	}
	s->got[n] = '\0';
	return n == want && memcmp(s->got, expect, want) == 0;
}

static void *serve(void *arg)
{
	struct script *s = arg;
	for (const struct step *t = s->steps; t->expect || t->say; t++) {
		if (t->expect && !receive(s, t->expect)) {
			s->wrong = true;
			break;
		}
		size_t len = t->say_len ? t->say_len : t->say ? strlen(t->say) : 0;
		for (size_t i = 0; i < len;) {
			size_t n = s->piece && s->piece < len - i ? s->piece : len - i;
			if (send(s->fd, t->say + i, n, MSG_NOSIGNAL) < 0)
				break;
			i += n;
		}
	}
	char rest[256];
	while (!s->hang_up && !s->wrong && recv(s->fd, rest, sizeof rest, 0) > 0)
		;
	close(s->fd);
	return NULL;
}

/* The same for the first who comes to a listening socket, which is the caller's. */
static void *serve_door(void *arg)
{
	struct script *s = arg;
	s->fd = accept(s->fd, NULL, NULL);
	return serve(s);
}

struct session {
	struct script script;
	pthread_t thread;
	struct imap *c;
	struct ck_err err;
};

static int session_open(struct session *s, const struct step *steps, int timeout_ms)
{
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	s->script.fd = pair[1];
	s->script.steps = steps;
	assert_int_equal(pthread_create(&s->thread, NULL, serve, &s->script), 0);
	return imap_attach(pair[0], timeout_ms, &s->c, &s->err);
}

static void session_close(struct session *s)
{
	imap_close(s->c);
	pthread_join(s->thread, NULL);
	if (s->script.wrong)
		fail_msg("the server did not expect '%s'", s->script.got);
}

struct lines {
	size_t n;
	struct ck_buf last;
	int fail_with;
};

static int keep_line(void *arg, const char *line, size_t len, struct ck_err *err)
{
	struct lines *l = arg;
	l->n++;
	ck_buf_reset(&l->last);
	ck_buf_add(&l->last, line, len);
	return l->fail_with ? ck_err_set(err, l->fail_with, "enough") : 0;
}

static void reads_greeting_and_capabilities(void **state)
{
	(void)state;
	struct session s = {0};
	assert_ok(session_open(&s, just_greets, 2000), &s.err);
	assert_true(imap_has(s.c, "literal+"));
	assert_true(imap_has(s.c, "AUTH=PLAIN"));
	assert_false(imap_has(s.c, "AUTH"));
	assert_false(imap_has(s.c, "STARTTLS"));
	session_close(&s);
}

static void speaks_to_a_sync_server_in_its_own_way(void **state)
{
	(void)state;
	/* As sync_server 3.6.1 speaks. */
	static const struct step steps[] = {
		{NULL, "* SASL PLAIN LOGIN\r\n* COMPRESS DEFLATE\r\n* SIEVE-MAILBOX\r\n"
	               "* OK lab.test Cyrus sync server 3.6.1\r\n"},
		{"AUTHENTICATE PLAIN AGN5cnVzAHg=\r\n", "OK Success (no protection)\r\n"},
		{"GET MAILBOXES (a)\r\n", "* MAILBOX %(MBOXNAME a)\r\nOK success\r\n"},
		{"APPLY MESSAGE (%{a b 5}\r\nhello)\r\n", "NO IMAP_IOERROR System\r\n"},
		{"RESTART\r\n", "OK Restarting\r\n"},
		{"EXIT\r\n", "OK Finished\r\n"},
		{0}};
	struct session s = {0};
	struct lines l = {.last = CK_BUF_INIT};
	assert_ok(session_open(&s, steps, 2000), &s.err);
	assert_true(imap_has(s.c, "X-REPLICATION"));
	assert_false(imap_has(s.c, "STARTTLS"));
	assert_ok(imap_login(s.c, "cyrus", "x", NULL, &s.err), &s.err);
	static const char get[] = "SYNCGET MAILBOXES (a)";
	assert_ok(imap_command(s.c, get, sizeof get - 1, keep_line, &l, NULL, &s.err), &s.err);
	assert_int_equal(l.n, 1);
	assert_string_equal(l.last.data, "* MAILBOX %(MBOXNAME a)");
	static const char apply[] = "SYNCAPPLY MESSAGE (%{a b 5}\r\nhello)";
	assert_int_equal(imap_command(s.c, apply, sizeof apply - 1, NULL, NULL, NULL, &s.err),
	                 CK_EFAIL);
	assert_non_null(strstr(s.err.msg, "NO IMAP_IOERROR"));
	assert_ok(imap_commandf(s.c, NULL, NULL, &s.err, "SYNCRESTART"), &s.err);
	ck_buf_fini(&l.last);
	session_close(&s);
}

static void learns_that_a_sync_server_wants_tls(void **state)
{
	(void)state;
	static const struct step steps[] = {
		{NULL, "* STARTTLS\r\n* OK lab.test Cyrus sync server 3.6.1\r\n"}, {0}};
	struct session s = {0};
	assert_ok(session_open(&s, steps, 2000), &s.err);
	assert_true(imap_has(s.c, "STARTTLS"));
	assert_int_equal(imap_login(s.c, "cyrus", "x", NULL, &s.err), CK_EDENIED);
	assert_non_null(strstr(s.err.remedy, "starttls"));
	session_close(&s);
}

static void keeps_literals_whole_however_the_bytes_are_cut(void **state)
{
	(void)state;
	static const char answer[] = "* MAILBOX (a {7}\r\nx\r\nk1 O b {3+}\r\n)\r\n ~{2}\r\n\0\n "
				     "%{default aa 4}\r\n{9}\r c)\r\nk1 OK done {5}\r\n";
	for (size_t piece = 1; piece < sizeof answer; piece++) {
		struct session s = {.script.piece = piece};
		struct lines l = {.last = CK_BUF_INIT};
		struct step steps[] = {
			{NULL, GREETING}, {"k1 GET\r\n", answer, sizeof answer - 1}, {0}};
		assert_ok(session_open(&s, steps, 2000), &s.err);
		CK_CLEANUP(ck_buf_fini) struct ck_buf said = CK_BUF_INIT;
		assert_ok(imap_command(s.c, "GET", 3, keep_line, &l, &said, &s.err), &s.err);
		assert_int_equal(l.n, 1);
		assert_int_equal(l.last.len, sizeof answer - 1 - strlen("\r\nk1 OK done {5}\r\n"));
		assert_memory_equal(l.last.data, answer, l.last.len);
		assert_string_equal(l.last.data + l.last.len - 3, " c)");
		assert_string_equal(said.data, "OK done {5}");
		ck_buf_fini(&l.last);
		session_close(&s);
	}
}

static void tells_no_and_bad_in_the_servers_words(void **state)
{
	(void)state;
	struct session s = {0};
	struct step steps[] = {{NULL, GREETING},
	                       {"k1 A\r\n", "k1 NO [X] go \x01 away\r\n"},
	                       {"k2 B\r\n", "* 1 EXISTS\r\nk2 BAD what\r\n"},
	                       {"k3 C\r\n", "k3 OK fine\r\n"},
	                       {0}};
	assert_ok(session_open(&s, steps, 2000), &s.err);
	int r = imap_command(s.c, "A", 1, NULL, NULL, NULL, &s.err);
	assert_err(r, &s.err, CK_EFAIL, "'NO [X] go ? away'");
	r = imap_command(s.c, "B", 1, NULL, NULL, NULL, &s.err);
	assert_err(r, &s.err, CK_EFAIL, "'BAD what'");
	assert_ok(imap_command(s.c, "C", 1, NULL, NULL, NULL, &s.err), &s.err);
	session_close(&s);
}

static void sends_literals_without_waiting_where_it_may(void **state)
{
	(void)state;
	struct session s = {0};
	struct step steps[] = {
		{NULL, GREETING},
		{"k1 PUT {3+}\r\na\r\n ({2+}\r\n{1 %{p g 4}\r\n....)\r\n", "k1 OK\r\n"},
		{0}};
	assert_ok(session_open(&s, steps, 2000), &s.err);
	static const char cmd[] = "PUT {3}\r\na\r\n ({2+}\r\n{1 %{p g 4}\r\n....)";
	assert_ok(imap_command(s.c, cmd, sizeof cmd - 1, NULL, NULL, NULL, &s.err), &s.err);
	session_close(&s);
}

static void waits_for_the_go_ahead_where_it_must(void **state)
{
	(void)state;
	struct session s = {0};
	struct step steps[] = {{NULL, "* OK [CAPABILITY IMAP4rev1] hello\r\n"},
	                       {"k1 PUT {3}\r\n", "* 1 EXISTS\r\n+ go\r\n"},
	                       {"abc x\r\n", "k1 OK\r\n"},
	                       {"k2 PUT {3}\r\n", "k2 NO too much\r\n"},
	                       {0}};
	assert_ok(session_open(&s, steps, 2000), &s.err);
	struct lines l = {.last = CK_BUF_INIT};
	static const char cmd[] = "PUT {3+}\r\nabc x";
	assert_ok(imap_command(s.c, cmd, sizeof cmd - 1, keep_line, &l, NULL, &s.err), &s.err);
	assert_int_equal(l.n, 1);
	int r = imap_command(s.c, cmd, sizeof cmd - 1, NULL, NULL, NULL, &s.err);
	assert_err(r, &s.err, CK_EFAIL, "too much");
	ck_buf_fini(&l.last);
	session_close(&s);
}

static void refuses_a_line_end_inside_a_command(void **state)
{
	(void)state;
	struct session s = {0};
	assert_ok(session_open(&s, just_greets, 2000), &s.err);
	static const char *const bad[] = {"DELETE a\r\nk2 DELETE b", "A\n", "A\r", "A {9}\r\nshort",
	                                  "A {2}\r\nxx\r\ny"};
	for (size_t i = 0; i < CK_COUNT(bad); i++) {
		int r = imap_command(s.c, bad[i], strlen(bad[i]), NULL, NULL, NULL, &s.err);
		assert_err(r, &s.err, CK_EUSAGE, "a command would hold");
	}
	assert_false(imap_is_dead(s.c));
	session_close(&s);
}

static void gives_up_on_silence(void **state)
{
	(void)state;
	struct session s = {0};
	struct step steps[] = {{NULL, GREETING}, {"k1 A\r\n", "* half a li"}, {0}};
	assert_ok(session_open(&s, steps, 100), &s.err);
	int r = imap_command(s.c, "A", 1, NULL, NULL, NULL, &s.err);
	assert_err(r, &s.err, CK_ETIMEOUT, "no answer within");
	assert_true(imap_is_dead(s.c));
	r = imap_command(s.c, "B", 1, NULL, NULL, NULL, &s.err);
	assert_err(r, &s.err, CK_EIO, "gone");
	session_close(&s);

	struct session silent = {0};
	r = session_open(&silent, (struct step[]){{0}}, 100);
	assert_err(r, &silent.err, CK_ETIMEOUT, "no answer within");
	session_close(&silent);
}

static void tells_why_the_server_hung_up(void **state)
{
	(void)state;
	struct session s = {.script.hang_up = true};
	struct step steps[] = {
		{NULL, GREETING}, {"k1 A\r\n", "* BYE Fatal error: assertion\r\n"}, {0}};
	assert_ok(session_open(&s, steps, 2000), &s.err);
	int r = imap_command(s.c, "A", 1, NULL, NULL, NULL, &s.err);
	assert_err(r, &s.err, CK_EIO, "Fatal error: assertion");
	session_close(&s);

	struct session cut = {.script.hang_up = true};
	struct step half[] = {{NULL, GREETING}, {"k1 A\r\n", "* X {10}\r\nabc"}, {0}};
	assert_ok(session_open(&cut, half, 2000), &cut.err);
	r = imap_command(cut.c, "A", 1, NULL, NULL, NULL, &cut.err);
	assert_err(r, &cut.err, CK_EIO, "closed the connection");
	session_close(&cut);
}

static void refuses_what_is_no_imap(void **state)
{
	(void)state;
	struct session web = {.script.hang_up = true};
	int r = session_open(&web, (struct step[]){{NULL, "HTTP/1.1 400\r\n"}, {0}}, 2000);
	assert_err(r, &web.err, CK_EFAIL, "no IMAP server: 'HTTP/1.1 400'");
	session_close(&web);

	struct session full = {.script.hang_up = true};
	r = session_open(&full, (struct step[]){{NULL, "* BYE too many\r\n"}, {0}}, 2000);
	assert_err(r, &full.err, CK_EFAIL, "turns us away: too many");
	session_close(&full);

	struct session odd = {0};
	struct step steps[] = {{NULL, GREETING}, {"k1 A\r\n", "garbage\r\n"}, {0}};
	assert_ok(session_open(&odd, steps, 2000), &odd.err);
	r = imap_command(odd.c, "A", 1, NULL, NULL, NULL, &odd.err);
	assert_err(r, &odd.err, CK_ECORRUPT, "speaks no IMAP");
	session_close(&odd);

	struct session huge = {0};
	struct step big[] = {{NULL, GREETING}, {"k1 A\r\n", "* X {99999999999999999999}\r\n"}, {0}};
	assert_ok(session_open(&huge, big, 2000), &huge.err);
	r = imap_command(huge.c, "A", 1, NULL, NULL, NULL, &huge.err);
	assert_err(r, &huge.err, CK_ECORRUPT, "too long");
	session_close(&huge);
}

static void a_failing_reader_does_not_break_the_connection(void **state)
{
	(void)state;
	struct session s = {0};
	struct step steps[] = {{NULL, GREETING},
	                       {"k1 A\r\n", "* 1 X\r\n* 2 X\r\nk1 OK\r\n"},
	                       {"k2 B\r\n", "k2 OK\r\n"},
	                       {0}};
	assert_ok(session_open(&s, steps, 2000), &s.err);
	struct lines l = {.last = CK_BUF_INIT, .fail_with = CK_ECANCEL};
	int r = imap_command(s.c, "A", 1, keep_line, &l, NULL, &s.err);
	assert_err(r, &s.err, CK_ECANCEL, "enough");
	assert_int_equal(l.n, 1);
	assert_ok(imap_command(s.c, "B", 1, NULL, NULL, NULL, &s.err), &s.err);
	ck_buf_fini(&l.last);
	session_close(&s);
}

static void logs_in_for_somebody_else(void **state)
{
	(void)state;
	/* base64("anne\0cyrus\0secret"), with and without an initial response */
	struct session s = {0};
	struct step steps[] = {
		{NULL, GREETING},
		{"k1 AUTHENTICATE PLAIN YW5uZQBjeXJ1cwBzZWNyZXQ=\r\n", "k1 OK\r\n"},
		{"k2 CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 X-REPLICATION\r\nk2 OK\r\n"},
		{0}};
	assert_ok(session_open(&s, steps, 2000), &s.err);
	assert_ok(imap_login(s.c, "cyrus", "secret", "anne", &s.err), &s.err);
	assert_true(imap_has(s.c, "X-REPLICATION"));
	session_close(&s);

	struct session old = {0};
	struct step slow[] = {{NULL, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"},
	                      {"k1 AUTHENTICATE PLAIN\r\n", "+ \r\n"},
	                      {"YW5uZQBjeXJ1cwBzZWNyZXQ=\r\n", "k1 NO not for you\r\n"},
	                      {0}};
	assert_ok(session_open(&old, slow, 2000), &old.err);
	int r = imap_login(old.c, "cyrus", "secret", "anne", &old.err);
	assert_err(r, &old.err, CK_EDENIED, "may not act for 'anne'");
	assert_err(r, &old.err, CK_EDENIED, "proxyservers");
	session_close(&old);
}

static void falls_back_to_login(void **state)
{
	(void)state;
	struct session s = {0};
	struct step steps[] = {{NULL, "* OK [CAPABILITY IMAP4rev1] ready\r\n"},
	                       {"k1 LOGIN \"cy\\\"rus\" \"s e\"\r\n", "k1 OK\r\n"},
	                       {"k2 CAPABILITY\r\n", "k2 OK\r\n"},
	                       {0}};
	assert_ok(session_open(&s, steps, 2000), &s.err);
	assert_ok(imap_login(s.c, "cy\"rus", "s e", NULL, &s.err), &s.err);
	session_close(&s);

	struct session no = {0};
	struct step disabled[] = {
		{NULL, "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS] ready\r\n"}, {0}};
	assert_ok(session_open(&no, disabled, 2000), &no.err);
	int r = imap_login(no.c, "cyrus", "x", NULL, &no.err);
	assert_err(r, &no.err, CK_EDENIED, "starttls");
	session_close(&no);
}

/* A network of our own, in which @address is not loopback. */
static bool have_network(const char *address)
{
	struct ifreq lo = {.ifr_name = "lo"};
	struct sockaddr_in in = {.sin_family = AF_INET};
	int fd = unshare(CLONE_NEWNET) < 0 ? -1 : socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || inet_pton(AF_INET, address, &in.sin_addr) != 1)
		return false;
	memcpy(&lo.ifr_addr, &in, sizeof in);
	bool done = ioctl(fd, SIOCSIFADDR, &lo) == 0 && ioctl(fd, SIOCGIFFLAGS, &lo) == 0;
	lo.ifr_flags |= IFF_UP;
	done = done && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	(void)close(fd);
	return done;
}

/* Log in to a server without TLS at @address. @return the client's code. */
static int open_far(char *address, char *password_file, enum ck_tls tls, struct ck_err *err)
{
	static const struct step steps[] = {{NULL, GREETING},
	                                    {"k1 AUTHENTICATE PLAIN AGN5cnVzAHg=\r\n", "k1 OK\r\n"},
	                                    {"k2 CAPABILITY\r\n", "k2 OK\r\n"},
	                                    {0}};
	static char admin[] = "cyrus";
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t len = sizeof in;
	struct script script = {.steps = tls == CK_TLS_NONE ? steps : just_greets};
	struct ck_settings settings = {.server = {.host = address,
	                                          .tls = tls,
	                                          .admin = admin,
	                                          .password_file = password_file}};
	struct imap *c = NULL;
	pthread_t thread;
	int door = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
	assert_int_equal(bind(door, (struct sockaddr *)&in, sizeof in), 0);
	assert_int_equal(listen(door, 1), 0);
	assert_int_equal(getsockname(door, (struct sockaddr *)&in, &len), 0);
	settings.server.port = ntohs(in.sin_port);
	script.fd = door;
	assert_int_equal(pthread_create(&thread, NULL, serve_door, &script), 0);
	int r = imap_open(&settings, NULL, 0, &c, err);
	imap_close(c);
	(void)pthread_join(thread, NULL);
	(void)close(door);
	return script.wrong ? 1 : r;
}

static void a_far_server_without_tls_gets_no_password_by_itself(void **state)
{
	(void)state;
	CK_FREE char *dir = test_tmpdir();
	CK_FREE char *file = NULL;
	char address[] = "192.0.2.1";
	int status = 0;
	assert_true(asprintf(&file, "%s/secret", dir) > 0);
	test_write(file, "x\n", 2);
	assert_int_equal(chmod(file, 0600), 0);
	pid_t child = fork();
	if (child == 0) {
		struct ck_err err = CK_ERR_INIT;
		if (!have_network(address))
			_exit(77);
		if (open_far(address, file, CK_TLS_AUTO, &err) != CK_EDENIED ||
		    !test_contains(err.msg, "in the clear") || !test_contains(err.remedy, "none"))
			_exit(1);
		_exit(open_far(address, file, CK_TLS_NONE, &err) == 0 ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	test_rmtree(dir);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		test_skip("no network of our own can be had here");
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define BOX(name, id) "* MAILBOX %(UNIQUEID " id " MBOXNAME " name " LAST_UID 7 UIDVALIDITY 5)\r\n"

static int take_name(void *arg, const struct sync_mailbox *m, struct ck_err *err)
{
	(void)err;
	ck_buf_addf(arg, "%s ", m->intname);
	return 0;
}

static void asks_each_version_who_holds_an_id(void **state)
{
	(void)state;
	static const struct {
		const char *greeting, *user;
		struct step asked;
		const char *want;
	} rows[] = {
		{"* OK [CAPABILITY IMAP4rev1 X-SIEVE-MAILBOX] ready\r\n",
	         "anne",
	         {"k1 SYNCGET UNIQUEIDS (id1)\r\n",
	          BOX("DELETED.user.anne.x.6B", "id1") "k1 OK\r\n", 0},
	         "DELETED.user.anne.x.6B "},
		/* Before 3.6 that question would kill imapd. */
		{"* OK [CAPABILITY IMAP4rev1 PREVIEW=FUZZY] ready\r\n",
	         "anne",
	         {"k1 SYNCGET USER anne\r\n",
	          BOX("user.anne", "id0") BOX("user.anne.y", "id1") "* LSUB (a)\r\nk1 OK\r\n", 0},
	         "user.anne.y "},
		{"* OK [CAPABILITY IMAP4rev1 PREVIEW=FUZZY] ready\r\n", NULL, {0}, ""},
	};
	for (size_t i = 0; i < CK_COUNT(rows); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf names = CK_BUF_INIT;
		struct session s = {0};
		struct step steps[] = {{NULL, rows[i].greeting, 0}, rows[i].asked, {0}};
		assert_ok(session_open(&s, steps, 2000), &s.err);
		assert_int_equal(sync_tells_holders(s.c), i == 0);
		assert_ok(sync_get_holder(s.c, "id1", rows[i].user, take_name, &names, &s.err),
		          &s.err);
		assert_string_equal(names.data, rows[i].want);
		session_close(&s);
	}
}

static void writes_strings_that_stay_strings(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf buf = CK_BUF_INIT;
	imap_put_string(&buf, "a \"b\\", 5);
	ck_buf_addc(&buf, ' ');
	imap_put_string(&buf, "a\r\nb", 4);
	ck_buf_addc(&buf, ' ');
	imap_put_string(&buf, "", 0);
	assert_string_equal(buf.data, "\"a \\\"b\\\\\" {4+}\r\na\r\nb \"\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_greeting_and_capabilities),
		cmocka_unit_test(keeps_literals_whole_however_the_bytes_are_cut),
		cmocka_unit_test(tells_no_and_bad_in_the_servers_words),
		cmocka_unit_test(sends_literals_without_waiting_where_it_may),
		cmocka_unit_test(waits_for_the_go_ahead_where_it_must),
		cmocka_unit_test(refuses_a_line_end_inside_a_command),
		cmocka_unit_test(gives_up_on_silence),
		cmocka_unit_test(tells_why_the_server_hung_up),
		cmocka_unit_test(refuses_what_is_no_imap),
		cmocka_unit_test(speaks_to_a_sync_server_in_its_own_way),
		cmocka_unit_test(learns_that_a_sync_server_wants_tls),
		cmocka_unit_test(a_far_server_without_tls_gets_no_password_by_itself),
		cmocka_unit_test(a_failing_reader_does_not_break_the_connection),
		cmocka_unit_test(logs_in_for_somebody_else),
		cmocka_unit_test(falls_back_to_login),
		cmocka_unit_test(asks_each_version_who_holds_an_id),
		cmocka_unit_test(writes_strings_that_stay_strings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
