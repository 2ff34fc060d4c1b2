/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is connected. A file outlives a process that was killed, and its number may have been given
 * to another one since: only children of the master that runs count.
 */
#include "cyrus/sessions.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"
#include "cyrus/conf.h"
#include "cyrus/master.h"
#include "cyrus/names.h"
#include "cyrus/process.h"

#define FILE_MAX_ ((size_t)16384) /* names have some hundred bytes */
#define FIELDS    5

/* -- one file --------------------------------------------------------------------------------- */

/* Where each field begins and how long it is; those that are not there are empty. */
struct fields {
	const char *at[FIELDS];
	size_t len[FIELDS];
	size_t n;
};

static void split(const char *line, size_t len, struct fields *ret)
{
	const char *end = line + len;
	*ret = (struct fields){0};
	for (const char *p = line; ret->n < FIELDS; p++) {
		const char *tab = memchr(p, '\t', (size_t)(end - p));
		ret->at[ret->n] = p;
		ret->len[ret->n++] = (size_t)((tab ? tab : end) - p);
		if (!tab)
			break;
		p = tab;
	}
}

static char *field(const struct fields *f, int i)
{
	return i >= 0 && (size_t)i < f->n ? strndup(f->at[i], f->len[i]) : strdup("");
}

int session_parse(const char *text, size_t len, struct ck_session *ret)
{
	struct fields f = {0};
	const char *end = memchr(text, '\n', len);
	*ret = (struct ck_session){0};
	if (memchr(text, '\0', len) || len > FILE_MAX_)
		return CK_ECORRUPT;
	if (end)
		split(text, (size_t)(end - text), &f);
	int host = f.n > 3 ? 1 : 0; /* before it a service, or nothing */
	ret->service = field(&f, host - 1);
	ret->host = field(&f, host);
	ret->user = field(&f, host + 1);
	ret->mailbox = field(&f, host + 2);
	ret->command = field(&f, host + 3);
	return ret->service && ret->host && ret->user && ret->mailbox && ret->command ? 0
	                                                                              : CK_ENOMEM;
}

void session_fini(struct ck_session *s)
{
	free(s->service);
	free(s->host);
	free(s->user);
	free(s->mailbox);
	free(s->command);
	*s = (struct ck_session){0};
}

/* -- all of them ------------------------------------------------------------------------------ */

static void dir_closep(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

static int make_external(const struct conf *conf, struct ck_session *s)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	if (!*s->mailbox)
		return 0;
	if (name_to_external(conf, s->mailbox, &name) < 0)
		return CK_ENOMEM;
	char *external = ck_buf_take(&name);
	if (!external)
		return CK_ENOMEM;
	free(s->mailbox);
	s->mailbox = external;
	return 0;
}

static int add(struct ck_sessions *all, struct ck_session *s)
{
	if (all->n % 64 == 0) {
		struct ck_session *more = reallocarray(all->items, all->n + 64, sizeof *more);
		if (!more)
			return CK_ENOMEM;
		all->items = more;
	}
	all->items[all->n++] = *s;
	*s = (struct ck_session){0};
	return 0;
}

/* The file called @name; one that went away meanwhile, or that is not Cyrus's, is passed over. */
static int read_one(int dir, const char *name, const struct conf *conf, pid_t master,
                    struct ck_sessions *all)
{
	CK_CLEANUP(session_fini) struct ck_session s = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	struct process process;
	uint64_t pid;
	if (!number_parse(name, strlen(name), INT_MAX, &pid) || pid == 0)
		return 0;
	CK_CLOSE int fd = fs_open_foreign(dir, name);
	if (fd < 0 || fs_read_fd(fd, FILE_MAX_, &text, NULL) < 0)
		return 0;
	/* Asked after the reading: the number cannot have been given to another one before it. */
	if (!process_read((pid_t)pid, &process) || process_is_dead(&process) ||
	    process.parent != master)
		return 0;
	int r = session_parse(text.data, text.len, &s);
	if (r == 0)
		r = make_external(conf, &s);
	s.pid = (uint32_t)pid;
	if (r == 0)
		r = add(all, &s);
	return r == CK_ECORRUPT ? 0 : r;
}

static int read_all(const char *path, const struct conf *conf, pid_t master,
                    struct ck_sessions *all, struct ck_err *err)
{
	CK_CLEANUP(dir_closep) DIR *dir = opendir(path);
	if (!dir && errno == ENOENT)
		return 0; /* nobody has connected yet */
	if (!dir)
		return ck_err_sys(err, "cannot list Cyrus's processes in '%s'", path);
	for (struct dirent *e = readdir(dir); e; e = readdir(dir))
		if (read_one(dirfd(dir), e->d_name, conf, master, all) < 0)
			return ck_err_nomem(err);
	return 0;
}

static int by_user(const void *a, const void *b)
{
	const struct ck_session_user *x = a, *y = b;
	return strcmp(x->user, y->user);
}

static int by_sessions(const void *a, const void *b)
{
	const struct ck_session_user *x = a, *y = b;
	int order = (x->sessions < y->sessions) - (x->sessions > y->sessions);
	return order ? order : by_user(a, b);
}

int sessions_count(struct ck_sessions *s)
{
	size_t n = 0;
	if (s->n == 0)
		return 0;
	s->users = ck_alloc(s->n, sizeof *s->users);
	if (!s->users)
		return CK_ENOMEM;
	for (size_t i = 0; i < s->n; i++)
		if (*s->items[i].user)
			s->users[n++] = (struct ck_session_user){s->items[i].user, 1};
	qsort(s->users, n, sizeof *s->users, by_user);
	for (size_t i = 0; i < n; i++) {
		struct ck_session_user *last = s->nusers ? &s->users[s->nusers - 1] : NULL;
		if (last && strcmp(last->user, s->users[i].user) == 0)
			last->sessions++;
		else
			s->users[s->nusers++] = s->users[i];
	}
	qsort(s->users, s->nusers, sizeof *s->users, by_sessions);
	return 0;
}

int ck_sessions_list(const struct ck_settings *settings, struct ck_sessions *ret,
                     struct ck_err *err)
{
	CK_CLEANUP(conf_freep) struct conf *conf = NULL;
	CK_CLEANUP(ck_sessions_fini) struct ck_sessions all = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	const struct master_control probe = {.pidfile = settings->master.pidfile};
	pid_t master;
	*ret = (struct ck_sessions){0};
	int r = master_is_alive(&probe, &master, err);
	if (r <= 0)
		return r;
	if (master <= 1)
		return ck_err_set(err, CK_EFAIL,
		                  "cannot tell which process holds Cyrus's pid file '%s'",
		                  settings->master.pidfile);
	r = conf_load(settings->imapd_conf, &conf, err);
	if (r < 0)
		return r;
	const char *set = conf_get(conf, "proc_path");
	if (ck_buf_addf(&path, "%s%s", set ? set : conf->configdirectory, set ? "" : "/proc") < 0)
		return ck_err_nomem(err);
	r = read_all(path.data, conf, master, &all, err);
	if (r == 0 && sessions_count(&all) < 0)
		r = ck_err_nomem(err);
	if (r == 0) {
		*ret = all;
		all = (struct ck_sessions){0};
	}
	return r;
}

void ck_sessions_fini(struct ck_sessions *s)
{
	for (size_t i = 0; i < s->n; i++)
		session_fini(&s->items[i]);
	free(s->items);
	free(s->users);
	*s = (struct ck_sessions){0};
}
