/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/imap.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cyrus/imap_frame.h"
#include "cyrus/imap_io.h"

#define CONNECT_TIMEOUT_MS 15000
#define ANSWER_TIMEOUT_MS  300000 /**< A busy server may take long over one large mailbox. */
#define READ_SIZE          65536

struct imap {
	struct imap_io io;
	struct ck_buf in; /**< Received and not yet consumed from @pos on. */
	size_t pos;
	unsigned tag;
	bool dead;
	bool bye_seen;
	bool csync; /**< A sync_server: commands without a tag, and without "SYNC" in front. */
	struct ck_strv caps;
};

void imap_close(struct imap *c)
{
	if (!c)
		return;
	if (!c->dead && c->io.fd >= 0) {
		c->io.timeout_ms = 1000;
		const char *bye = c->csync ? "EXIT\r\n" : "z LOGOUT\r\n";
		int courtesy = imap_io_write(&c->io, bye, strlen(bye), NULL);
		(void)courtesy; /* the connection ends either way */
	}
	imap_io_close(&c->io);
	ck_buf_fini(&c->in);
	ck_strv_fini(&c->caps);
	free(c);
}

void imap_closep(struct imap **c)
{
	imap_close(*c);
}

bool imap_is_dead(const struct imap *c)
{
	return c->dead;
}

bool imap_was_told_bye(const struct imap *c)
{
	return c->bye_seen;
}

bool imap_has(const struct imap *c, const char *capability)
{
	for (size_t i = 0; i < c->caps.n; i++)
		if (strcasecmp(c->caps.items[i], capability) == 0)
			return true;
	return false;
}

static int die(struct imap *c, int r)
{
	c->dead = true;
	return r;
}

/* ---- receiving ---- */

/** The server's words, as far as they can stand in a sentence. */
static void printable(const char *line, size_t len, char *ret, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < len && n + 1 < size; i++)
		if (line[i] != '\r' && line[i] != '\n')
			ret[n++] = line[i] >= ' ' && line[i] < 127 ? line[i] : '?';
	ret[n] = '\0';
}

/** Drop what has been consumed, once that is worth a move. */
static void compact(struct imap *c)
{
	if (c->pos == 0 || (c->pos < c->in.len && c->pos < READ_SIZE))
		return;
	memmove(c->in.data, c->in.data + c->pos, c->in.len - c->pos);
	c->in.len -= c->pos;
	c->in.data[c->in.len] = '\0';
	c->pos = 0;
}

/** Read one whole response; @ret_line points into the buffer until the next call. */
static int read_response(struct imap *c, const char **ret_line, size_t *ret_len, struct ck_err *err)
{
	compact(c);
	struct imap_frame frame = {0};
	size_t len;
	for (;;) {
		int r = imap_frame(&frame, c->in.data + c->pos, c->in.len - c->pos, &len, err);
		if (r < 0)
			return r;
		if (r > 0)
			break;
		if (ck_buf_reserve(&c->in, READ_SIZE) < 0)
			return ck_err_nomem(err);
		r = imap_io_read(&c->io, c->in.data + c->in.len, c->in.cap - c->in.len - 1, err);
		if (r < 0)
			return r;
		if (r == 0)
			return ck_err_set(err, CK_EIO, "the server closed the connection");
		c->in.len += (size_t)r;
		c->in.data[c->in.len] = '\0';
	}
	*ret_line = c->in.data + c->pos;
	c->pos += len;
	while (len && ((*ret_line)[len - 1] == '\n' || (*ret_line)[len - 1] == '\r'))
		len--;
	*ret_len = len;
	return 0;
}

/** Does @line begin with @word, followed by a blank or the end? */
static bool starts(const char *line, size_t len, const char *word)
{
	size_t n = strlen(word);
	return len >= n && strncasecmp(line, word, n) == 0 && (len == n || line[n] == ' ');
}

/** "* CAPABILITY a b c", or the same inside "[…]". */
static int take_capabilities(struct imap *c, const char *line, size_t len, struct ck_err *err)
{
	ck_strv_fini(&c->caps);
	c->caps = (struct ck_strv){0};
	size_t i = 0;
	while (i < len && line[i] != ']') {
		while (i < len && line[i] == ' ')
			i++;
		size_t start = i;
		while (i < len && line[i] != ' ' && line[i] != ']')
			i++;
		if (i > start && ck_strv_addm(&c->caps, strndup(line + start, i - start)) < 0)
			return ck_err_nomem(err);
	}
	return 0;
}

static int look_at_untagged(struct imap *c, const char *line, size_t len, struct ck_err *err)
{
	static const char inside[] = "[CAPABILITY ";
	if (starts(line, len, "* CAPABILITY"))
		return take_capabilities(c, line + 12, len - 12, err);
	if (starts(line, len, "* BYE"))
		c->bye_seen = true;
	if (starts(line, len, "* OK") && len > 5 + sizeof inside &&
	    strncasecmp(line + 5, inside, sizeof inside - 1) == 0)
		return take_capabilities(c, line + 4 + sizeof inside, len - 4 - sizeof inside, err);
	return 0;
}

/* ---- commands ---- */

/** One command under way. */
struct exchange {
	char tag[16];
	const char *reply; /**< To the first "+" behind the whole command; NULL: none expected. */
	imap_line_fn fn;
	void *arg;
	int fn_result;        /**< First failure of fn; later lines are dropped. */
	struct ck_err fn_err; /**< Its sentence. */
	bool answered;        /**< The tagged answer has been read. */
	struct ck_buf answer; /**< "OK …" */
	char bye[200];
};

/** Is @line the answer to the command itself? @ret_text: where "OK", "NO" or "BAD" begins. */
static bool is_answer(const struct imap *c, const struct exchange *x, const char *line, size_t len,
                      size_t *ret_text)
{
	*ret_text = c->csync ? 0 : strlen(x->tag) + 1;
	if (c->csync)
		return starts(line, len, "OK") || starts(line, len, "NO") ||
		       starts(line, len, "BAD");
	return starts(line, len, x->tag);
}

/** Handle one response. @return 1 for a "+", 0 otherwise. */
static int handle(struct imap *c, struct exchange *x, const char *line, size_t len,
                  struct ck_err *err)
{
	if (len && line[0] == '+')
		return 1;
	size_t text;
	if (is_answer(c, x, line, len, &text)) {
		x->answered = true;
		if (len > text && ck_buf_add(&x->answer, line + text, len - text) < 0)
			return ck_err_nomem(err);
		return 0;
	}
	if (len < 2 || line[0] != '*' || line[1] != ' ') {
		char words[80];
		printable(line, len, words, sizeof words);
		return ck_err_set(err, CK_ECORRUPT, "the server speaks no IMAP: '%s'", words);
	}
	int r = look_at_untagged(c, line, len, err);
	if (r < 0)
		return r;
	if (starts(line, len, "* BYE"))
		printable(line + 5, len - 5, x->bye, sizeof x->bye);
	if (x->fn && x->fn_result == 0) {
		r = x->fn(x->arg, line, len, &x->fn_err);
		if (r < 0)
			x->fn_result = r;
	}
	return 0;
}

/** Read until a "+" (@return 1) or the tagged answer (@return 0). */
static int read_on(struct imap *c, struct exchange *x, struct ck_err *err)
{
	while (!x->answered) {
		const char *line;
		size_t len;
		int r = read_response(c, &line, &len, err);
		if (r < 0 && *x->bye)
			return ck_err_set(err, CK_EIO, "the server ended the connection:%s",
			                  x->bye);
		if (r < 0)
			return r;
		r = handle(c, x, line, len, err);
		if (r != 0)
			return r;
	}
	return 0;
}

/** Send one literal's marker in the spelling that the server takes; waits for its "+". */
static int send_marker(struct imap *c, struct exchange *x, const char *line, size_t start,
                       size_t size, bool file, struct ck_err *err)
{
	bool plus = imap_has(c, "LITERAL+") || (imap_has(c, "LITERAL-") && size <= 4096);
	char marker[40];
	int n = snprintf(marker, sizeof marker, plus ? "{%zu+}\r\n" : "{%zu}\r\n", size);
	int r = imap_io_write(&c->io, line, start, err);
	if (r == 0 && !file)
		r = imap_io_write(&c->io, marker, (size_t)n, err);
	if (r < 0 || plus || file)
		return r;
	r = read_on(c, x, err);
	return r < 0 ? r : 0;
}

/** Send the command with its literals. Stops early when the server has already answered. */
static int send_command(struct imap *c, struct exchange *x, const char *cmd, size_t len,
                        struct ck_err *err)
{
	size_t pos = 0;
	while (!x->answered) {
		const char *nl = memchr(cmd + pos, '\n', len - pos);
		if (!nl)
			break;
		size_t end = (size_t)(nl - cmd), size, start;
		bool sync;
		int r = end > pos && nl[-1] == '\r'
		                ? imap_literal(cmd + pos, end - 1 - pos, &size, &start, &sync, err)
		                : 0;
		if (r < 0)
			return r;
		if (r == 0 || size > len - end - 1)
			return ck_err_set(err, CK_EUSAGE, "a command would hold a line end");
		bool file = cmd[pos + start] == '%';
		r = send_marker(c, x, cmd + pos, file ? end + 1 - pos : start, size, file, err);
		if (r < 0 || x->answered)
			return r;
		r = imap_io_write(&c->io, nl + 1, size, err);
		if (r < 0)
			return r;
		pos = end + 1 + size;
	}
	if (x->answered)
		return 0;
	int r = imap_io_write(&c->io, cmd + pos, len - pos, err);
	return r < 0 ? r : imap_io_write(&c->io, "\r\n", 2, err);
}

/** A command that is refused before a byte of it is sent. */
static int check_command(const char *cmd, size_t len, struct ck_err *err)
{
	size_t pos = 0;
	for (const char *nl; (nl = memchr(cmd + pos, '\n', len - pos));) {
		size_t end = (size_t)(nl - cmd), size;
		int r = end > pos && nl[-1] == '\r'
		                ? imap_literal(cmd + pos, end - 1 - pos, &size, NULL, NULL, err)
		                : 0;
		if (r < 0)
			return r;
		if (r == 0 || size > len - end - 1)
			return ck_err_set(err, CK_EUSAGE, "a command would hold a line end");
		pos = end + 1 + size;
	}
	if (memchr(cmd + pos, '\r', len - pos) || memchr(cmd + pos, '\0', len - pos))
		return ck_err_set(err, CK_EUSAGE, "a command would hold a control character");
	return 0;
}

/** What the tagged answer means. */
static int judge(struct exchange *x, struct ck_buf *ret_answer, struct ck_err *err)
{
	if (ret_answer && ck_buf_add(ret_answer, x->answer.data, x->answer.len) < 0)
		return ck_err_nomem(err);
	if (starts(x->answer.data, x->answer.len, "OK")) {
		if (x->fn_result < 0 && err)
			*err = x->fn_err;
		return x->fn_result;
	}
	char words[300];
	printable(x->answer.data, x->answer.len, words, sizeof words);
	return ck_err_set(err, CK_EFAIL, "the server answered '%s'", words);
}

/** Begin a command: its tag, or for a sync_server the word without "SYNC". */
static int send_front(struct imap *c, const struct exchange *x, const char **command, size_t *len,
                      struct ck_err *err)
{
	if (!c->csync) {
		int r = imap_io_write(&c->io, x->tag, strlen(x->tag), err);
		return r < 0 ? r : imap_io_write(&c->io, " ", 1, err);
	}
	if (*len > 4 && memcmp(*command, "SYNC", 4) == 0) {
		*command += 4;
		*len -= 4;
	}
	return 0;
}

static int exchange_run(struct imap *c, struct exchange *x, const char *command, size_t len,
                        struct ck_err *err)
{
	struct ck_err why = CK_ERR_INIT;
	int r = send_front(c, x, &command, &len, &why);
	if (r == 0)
		r = send_command(c, x, command, len, &why);
	if (r == CK_EIO) {
		/* It may have said why before it hung up. */
		struct ck_err ignored = CK_ERR_INIT;
		int again = read_on(c, x, &ignored);
		if (again < 0 && *x->bye)
			why = ignored;
	}
	while (r == 0 && !x->answered) {
		r = read_on(c, x, &why);
		if (r > 0) { /* it wants more: the reply, or "*" to give up */
			const char *reply = x->reply ? x->reply : "*";
			x->reply = NULL;
			r = imap_io_write(&c->io, reply, strlen(reply), &why);
			if (r == 0)
				r = imap_io_write(&c->io, "\r\n", 2, &why);
		}
	}
	if (r < 0 && err)
		*err = why;
	return r;
}

/** Run a prepared exchange to its end; its answer is freed. */
static int run_command(struct imap *c, struct exchange *x, const char *command, size_t len,
                       struct ck_buf *ret_answer, struct ck_err *err)
{
	if (c->dead)
		return ck_err_set(err, CK_EIO, "the connection is gone");
	int r = check_command(command, len, err);
	if (r < 0)
		return r;
	(void)snprintf(x->tag, sizeof x->tag, "k%u", ++c->tag);
	r = exchange_run(c, x, command, len, err);
	r = r < 0 ? die(c, r) : judge(x, ret_answer, err);
	ck_buf_fini(&x->answer);
	return r;
}

int imap_command(struct imap *c, const char *command, size_t len, imap_line_fn fn, void *arg,
                 struct ck_buf *ret_answer, struct ck_err *err)
{
	struct exchange x = {.fn = fn, .arg = arg, .answer = CK_BUF_INIT};
	return run_command(c, &x, command, len, ret_answer, err);
}

int imap_converse(struct imap *c, const char *command, const char *reply, struct ck_err *err)
{
	struct exchange x = {.reply = reply, .answer = CK_BUF_INIT};
	return run_command(c, &x, command, strlen(command), NULL, err);
}

int imap_commandf(struct imap *c, imap_line_fn fn, void *arg, struct ck_err *err, const char *fmt,
                  ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, fmt);
	int len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return ck_err_nomem(err);
	int r = imap_command(c, text, (size_t)len, fn, arg, NULL, err);
	free(text);
	return r;
}

int imap_ask_capabilities(struct imap *c, struct ck_err *err)
{
	return c->csync ? 0 : imap_commandf(c, NULL, NULL, err, "CAPABILITY");
}

/* ---- beginning ---- */

/** Learn from the greeting of a sync_server, in IMAP's words. @return 1 for its last line. */
static int take_banner(struct imap *c, const char *line, size_t len, struct ck_err *err)
{
	static const char always[] = " SASL-IR LITERAL+ LOGINDISABLED X-REPLICATION";
	if (starts(line, len, "* OK"))
		return 1;
	CK_CLEANUP(ck_buf_fini) struct ck_buf caps = CK_BUF_INIT;
	for (size_t i = 0; i < c->caps.n; i++)
		ck_buf_addf(&caps, " %s", c->caps.items[i]);
	if (starts(line, len, "* STARTTLS"))
		ck_buf_adds(&caps, " STARTTLS");
	if (starts(line, len, "* SASL") && memmem(line, len, " PLAIN", 6))
		ck_buf_adds(&caps, " AUTH=PLAIN");
	if (starts(line, len, "* SIEVE-MAILBOX"))
		ck_buf_adds(&caps, " X-SIEVE-MAILBOX");
	if (!c->csync)
		ck_buf_adds(&caps, always);
	c->csync = true;
	return caps.failed ? ck_err_nomem(err) : take_capabilities(c, caps.data, caps.len, err);
}

static int read_greeting(struct imap *c, struct ck_err *err)
{
	const char *line;
	size_t len;
	int r = read_response(c, &line, &len, err);
	if (r < 0)
		return r;
	while (c->csync || starts(line, len, "* SASL") || starts(line, len, "* STARTTLS")) {
		r = take_banner(c, line, len, err);
		if (r != 0)
			return r < 0 ? r : 0;
		r = read_response(c, &line, &len, err);
		if (r < 0)
			return r;
	}
	if (starts(line, len, "* OK") || starts(line, len, "* PREAUTH"))
		return look_at_untagged(c, line, len, err);
	char words[120];
	printable(line, len, words, sizeof words);
	if (starts(line, len, "* BYE"))
		return ck_err_set(err, CK_EFAIL, "the server turns us away:%s", words + 5);
	return ck_err_set(err, CK_EFAIL, "what answers is no IMAP server: '%s'", words);
}

/** Take @io over, read the greeting. */
static int begin(struct imap_io *io, bool tls, const char *host, struct imap **ret,
                 struct ck_err *err)
{
	CK_CLEANUP(imap_closep) struct imap *c = ck_alloc(1, sizeof *c);
	if (!c) {
		imap_io_close(io);
		return ck_err_nomem(err);
	}
	c->io = *io;
	c->in = (struct ck_buf)CK_BUF_INIT;
	int r = tls ? imap_tls_start(&c->io, host, !imap_io_is_local(&c->io), err) : 0;
	if (r == 0)
		r = read_greeting(c, err);
	if (r < 0)
		return die(c, r);
	c->io.timeout_ms = io->timeout_ms;
	*ret = CK_STEAL(c);
	return 0;
}

int imap_attach(int fd, int timeout_ms, struct imap **ret, struct ck_err *err)
{
	struct imap_io io = {.fd = fd, .timeout_ms = timeout_ms};
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		(void)close(fd);
		return ck_err_sys(err, "cannot use descriptor %d", fd);
	}
	return begin(&io, false, "", ret, err);
}

/** Is there anything to gain? On loopback only a server that takes no password otherwise. */
static bool wants_tls(const struct imap *c, enum ck_tls tls, bool local)
{
	if (tls != CK_TLS_AUTO || !imap_has(c, "STARTTLS"))
		return tls == CK_TLS_STARTTLS;
	return !local || !imap_has(c, "AUTH=PLAIN");
}

/** Whoever sits in between could have taken STARTTLS out of what the server offers. */
static int refuse_clear(struct ck_err *err)
{
	(void)ck_err_set(err, CK_EDENIED,
	                 "it offers no TLS, and the password would cross the network in the clear");
	return ck_err_remedy(err, "set TLS up in Cyrus (tls_server_cert of imapd.conf), or tls = "
	                          "\"none\" in 'server' where nobody can listen");
}

/** STARTTLS where the settings and the server want it. */
static int secure(struct imap *c, const char *host, enum ck_tls tls, struct ck_err *err)
{
	bool local = imap_io_is_local(&c->io);
	if (!wants_tls(c, tls, local))
		return tls == CK_TLS_AUTO && !local ? refuse_clear(err) : 0;
	int r = imap_commandf(c, NULL, NULL, err, "STARTTLS");
	if (r < 0) {
		(void)ck_err_prefix(err, "STARTTLS is refused");
		return ck_err_remedy(err, "set tls = \"none\" or \"imaps\" in 'server'");
	}
	/* What came in the clear behind the answer could be anybody's: drop it. */
	ck_buf_reset(&c->in);
	c->pos = 0;
	r = imap_tls_start(&c->io, host, !local, err);
	if (r == 0 && c->csync) { /* it greets again, and offers more */
		ck_strv_fini(&c->caps);
		c->caps = (struct ck_strv){0};
		c->csync = false;
		r = read_greeting(c, err);
	}
	if (r < 0)
		return die(c, r);
	return imap_ask_capabilities(c, err);
}

/** The password of the settings; the empty one where none is set and nobody can overhear it. */
static int find_password(const struct imap *c, const struct ck_settings *settings,
                         struct ck_buf *ret, struct ck_err *err)
{
	if (!settings->server.password_file && imap_io_is_local(&c->io))
		return 0;
	return ck_settings_password(settings, ret, err);
}

/** Before anything was understood: which server, and what to look at. */
static int no_beginning(const struct ck_settings_server *s, uint16_t port, enum ck_tls tls, int r,
                        struct ck_err *err)
{
	(void)ck_err_prefix(err, "server '%s' port %u", s->host, port);
	if (!err || *err->remedy)
		return r;
	if (tls == CK_TLS_IMAPS && r == CK_EIO)
		return ck_err_remedy(err, "set port in 'server' to that of imaps, or tls to "
		                          "\"starttls\" or \"none\"");
	return ck_err_remedy(err, "set host and port in 'server' to those of imapd");
}

int imap_open(const struct ck_settings *settings, const char *authzid, uint16_t port,
              struct imap **ret, struct ck_err *err)
{
	const struct ck_settings_server *s = &settings->server;
	if (port == 0)
		port = s->port;
	struct imap_io io;
	int r = imap_io_connect(s->host, port, CONNECT_TIMEOUT_MS, &io, err);
	if (r < 0)
		return ck_err_remedy(err, "start Cyrus, or set host and port in 'server'");
	CK_CLEANUP(imap_closep) struct imap *c = NULL;
	/* Only the IMAP port has a twin that speaks TLS from the first byte. */
	enum ck_tls tls = s->tls == CK_TLS_IMAPS && port != s->port ? CK_TLS_STARTTLS : s->tls;
	r = begin(&io, tls == CK_TLS_IMAPS, s->host, &c, err);
	if (r < 0)
		return no_beginning(s, port, tls, r, err);
	if (c->caps.n == 0)
		r = imap_ask_capabilities(c, err);
	if (r == 0)
		r = secure(c, s->host, tls, err);
	CK_CLEANUP(ck_buf_fini) struct ck_buf password = CK_BUF_INIT;
	if (r == 0)
		r = find_password(c, settings, &password, err);
	if (r < 0)
		return ck_err_prefix(err, "server '%s' port %u", s->host, port);
	r = imap_login(c, s->admin, password.data, authzid, err);
	explicit_bzero(password.data, password.len);
	if (r == CK_EDENIED && !s->password_file)
		return ck_err_remedy(err,
		                     "name a file that holds the password of '%s': "
		                     "password_file in 'server'",
		                     s->admin);
	if (r < 0)
		return r;
	c->io.timeout_ms = ANSWER_TIMEOUT_MS;
	*ret = CK_STEAL(c);
	return 0;
}
