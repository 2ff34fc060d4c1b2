/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/master_conf.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

#define NAMES_MAX   256 /* of services and daemons that are compared */
#define CMDLINE_MAX ((size_t)1 << 16)

enum section { NONE, START, SERVICES, EVENTS, DAEMON };

static const char *const section_names[] = {
	[START] = "START", [SERVICES] = "SERVICES", [EVENTS] = "EVENTS", [DAEMON] = "DAEMON"};
static const char *const entry_kinds[] = {
	[START] = "start", [SERVICES] = "service", [EVENTS] = "event", [DAEMON] = "daemon"};

/* A file while it is read. */
struct look {
	const char *path;
	unsigned line;
	enum section in;
	int level; /* of braces, outside the four sections */
	master_entry_fn fn;
	void *arg;
	struct ck_err *err;
};

/* What would end master. */
struct check {
	const char *path;
	const char *names[NAMES_MAX]; /* of services and daemons so far */
	size_t nnames;
	const char *programs; /* directory of those with relative paths, as far as one knows */
	bool found;           /* one of them lies there: it is the right one */
	struct {
		struct master_entry entry; /* no name: none */
		char program[PATH_MAX];
	} lost; /* the first of them that does not */
};

static int refuse(const struct look *l, const char *what, const char *more)
{
	return ck_err_set(l->err, CK_EUSAGE, "'%s', line %u: %s%s", l->path, l->line, what, more);
}

static int refuse_entry(const struct check *c, const struct master_entry *e, const char *fmt,
                        const char *what, struct ck_err *err)
{
	char text[300];
	(void)snprintf(text, sizeof text, fmt, what, e->kind, e->name);
	return ck_err_set(err, CK_EUSAGE, "'%s', line %u: %s", c->path, e->line, text);
}

static char *skip_space(char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

static char *skip_word(char *p)
{
	while (isalnum((unsigned char)*p))
		p++;
	return p;
}

/* One KEY=VALUE at @p, cut out. @return what follows, or NULL: refused. */
static char *cut_argument(const struct look *l, char *p, const char **ret_key, char **ret_value)
{
	*ret_key = p;
	p = skip_word(p);
	if (*p != '=') {
		char c[2] = {*p, '\0'};
		(void)refuse(l, "KEY=VALUE is expected, not ", *c ? c : "the end of the line");
		return NULL;
	}
	*p++ = '\0';
	bool quoted = *p == '"';
	*ret_value = quoted ? ++p : p;
	p += strcspn(p, quoted ? "\"" : " \t\r\n\v\f");
	if (quoted && !*p) {
		(void)refuse(l, "a closing quote is missing", "");
		return NULL;
	}
	if (*p)
		*p++ = '\0';
	return p;
}

static int read_arguments(const struct look *l, char *p, struct master_entry *ret)
{
	while (*(p = skip_space(p))) {
		char *value;
		if (ret->nargs == MASTER_ARGS_MAX)
			return refuse(l, "there are too many arguments", "");
		p = cut_argument(l, p, &ret->args[ret->nargs].key, &value);
		if (!p)
			return CK_EUSAGE;
		ret->args[ret->nargs++].value = value;
	}
	return 0;
}

const char *master_argument(const struct master_entry *e, const char *key)
{
	for (size_t i = 0; i < e->nargs; i++)
		if (strcmp(e->args[i].key, key) == 0)
			return e->args[i].value;
	return NULL;
}

static int check_twice(struct check *c, const struct master_entry *e, struct ck_err *err)
{
	for (size_t i = 0; i < c->nnames; i++)
		if (strcmp(c->names[i], e->name) == 0)
			return refuse_entry(c, e, "%sthere is another %s '%s' before it", "", err);
	if (c->nnames < NAMES_MAX)
		c->names[c->nnames++] = e->name;
	return 0;
}

static const char no_program[] = "there is no program '%.200s' for %s '%s'";

/*
 * A relative one lies where Cyrus was told when it was built: beside master, as a rule. Only when
 * another one is seen there do we know.
 */
static int check_program(struct check *c, const struct master_entry *e, const char *cmd,
                         struct ck_err *err)
{
	char program[PATH_MAX];
	struct stat st;
	const char *p = cmd + strspn(cmd, " \t");
	size_t len = strcspn(p, " \t");
	bool relative = *p != '/';
	if ((relative && !c->programs) || len >= sizeof program)
		return 0;
	int n = snprintf(program, sizeof program, "%s%s%.*s", relative ? c->programs : "",
	                 relative ? "/" : "", (int)len, p);
	if (n < 0 || (size_t)n >= sizeof program)
		return 0;
	if (stat(program, &st) < 0 && errno != ENOENT && errno != ENOTDIR)
		return 0; /* cannot be told by us */
	if (access(program, F_OK) == 0 && S_ISREG(st.st_mode) && st.st_mode & S_IXUSR) {
		c->found |= relative;
		return 0;
	}
	if (!relative)
		return refuse_entry(c, e, no_program, program, err);
	if (!c->lost.entry.name) {
		c->lost.entry = *e;
		memcpy(c->lost.program, program, (size_t)n + 1);
	}
	return 0;
}

static int check_entry(void *arg, const struct master_entry *e, struct ck_err *err)
{
	struct check *c = arg;
	const char *cmd = master_argument(e, "cmd"), *listen = master_argument(e, "listen");
	bool service = strcmp(e->kind, entry_kinds[SERVICES]) == 0;
	if (!cmd || !*cmd)
		return refuse_entry(c, e, "there is no %s for %s '%s'", "cmd", err);
	if (service && (!listen || !*listen))
		return refuse_entry(c, e, "there is no %s for %s '%s'", "listen", err);
	if (service || strcmp(e->kind, entry_kinds[DAEMON]) == 0) {
		int r = check_twice(c, e, err);
		if (r < 0)
			return r;
	}
	/* An event's program is looked for when its time has come. */
	return strcmp(e->kind, entry_kinds[EVENTS]) == 0 ? 0 : check_program(c, e, cmd, err);
}

/* A line inside one of the four sections. */
static int look_inside(struct look *l, char *p)
{
	if (*p == '}') {
		l->in = NONE;
		return 0;
	}
	struct master_entry e = {.kind = entry_kinds[l->in], .name = p, .line = l->line};
	char *rest = skip_word(p);
	bool is_entry = rest > p;
	if (*rest) {
		char c[2] = {*rest, '\0'};
		if (is_entry && !isspace((unsigned char)*rest))
			return refuse(l, "a name has letters and digits only, not ", c);
		*rest++ = '\0';
		is_entry = true;
	}
	bool ends = strchr(rest, '}') != NULL;
	int r = is_entry ? read_arguments(l, rest, &e) : 0;
	if (r == 0 && is_entry)
		r = l->fn(l->arg, &e, l->err);
	if (ends)
		l->in = NONE;
	return r;
}

static enum section section_of(const char *p)
{
	for (enum section s = START; s <= DAEMON; s++) {
		size_t len = strlen(section_names[s]);
		if (strncasecmp(p, section_names[s], len) == 0 && !isalnum((unsigned char)p[len]))
			return s;
	}
	return NONE;
}

static void look_outside(struct look *l, const char *p)
{
	enum section found = l->level == 0 ? section_of(p) : NONE;
	for (; *p; p++)
		l->level += *p == '{' ? 1 : *p == '}' ? -1 : 0;
	if (found && l->level == 1) {
		l->in = found;
		l->level = 0;
	}
}

int master_conf_each(const char *path, char *text, size_t len, master_entry_fn fn, void *arg,
                     struct ck_err *err)
{
	struct look l = {.path = path, .fn = fn, .arg = arg, .err = err};
	int r = 0;
	for (char *line = text, *next; r == 0 && line < text + len; line = next) {
		char *end = memchr(line, '\n', (size_t)(text + len - line));
		next = end ? end + 1 : text + len;
		if (end)
			*end = '\0';
		l.line++;
		char *p = skip_space(line);
		p[strcspn(p, "#")] = '\0';
		if (!*p)
			continue;
		if (l.in)
			r = look_inside(&l, p);
		else
			look_outside(&l, p);
	}
	return r;
}

int master_conf_check_text(const char *path, char *text, size_t len, const char *programs,
                           struct ck_err *err)
{
	struct check c = {.path = path, .programs = programs};
	int r = master_conf_each(path, text, len, check_entry, &c, err);
	if (r < 0 || !c.found || !c.lost.entry.name)
		return r;
	return refuse_entry(&c, &c.lost.entry, no_program, c.lost.program, err);
}

int master_conf_check(const char *path, const char *programs, struct ck_err *err)
{
	char text[MASTER_CONF_MAX + 1];
	CK_CLOSE int fd = fs_open_foreign(AT_FDCWD, path);
	if (fd < 0)
		return ck_err_sys(err, "cannot open '%s'", path);
	int64_t n = fs_pread(fd, text, MASTER_CONF_MAX, 0);
	if (n < 0)
		return ck_err_sys(err, "cannot read '%s'", path);
	text[n] = '\0';
	/* A last line that was cut by the limit says nothing. */
	if (n == MASTER_CONF_MAX)
		while (n > 0 && text[n - 1] != '\n')
			text[--n] = '\0';
	return master_conf_check_text(path, text, (size_t)n, programs, err);
}

/* -- which file ------------------------------------------------------------------------------- */

/* The value of -M in NUL-separated words, or NULL. */
static const char *find_option(const struct ck_buf *words)
{
	const char *end = words->data + words->len;
	for (const char *w = words->data; w < end; w += strlen(w) + 1) {
		if (strncmp(w, "-M", 2) != 0)
			continue;
		const char *next = w + strlen(w) + 1;
		return w[2] ? w + 2 : next < end ? next : NULL;
	}
	return NULL;
}

int master_conf_path(const struct ck_strv *start, pid_t pid, const char *otherwise,
                     struct ck_buf *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf argv = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf running = CK_BUF_INIT;
	char file[64];
	for (size_t i = 0; i < start->n; i++)
		if (ck_buf_add(&argv, start->items[i], strlen(start->items[i]) + 1) < 0)
			return CK_ENOMEM;
	const char *path = find_option(&argv);
	(void)snprintf(file, sizeof file, "/proc/%d/cmdline", (int)pid);
	if (!path && pid > 0 && fs_read_file(AT_FDCWD, file, CMDLINE_MAX, &running, NULL) == 0)
		path = find_option(&running);
	if (!path && access(otherwise, F_OK) == 0)
		path = otherwise;
	return path && *path == '/' ? ck_buf_adds(ret, path) : 0;
}
