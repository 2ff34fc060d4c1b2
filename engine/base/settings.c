/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/settings.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/settings_read.h"

/* More than any administrator writes, and little enough to hold. */
#define FILE_LIMIT     (4u << 20)
#define PASSWORD_LIMIT 4096
#define PLAN_SUFFIX    ".conf"

static int set_text(char **at, const char *text)
{
	free(*at);
	*at = strdup(text);
	return *at ? 0 : CK_ENOMEM;
}

static char *program_path(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n <= 0)
		return strdup("cyrkeep");
	path[n] = '\0';
	return strdup(path);
}

static int fill_defaults(struct ck_settings *s)
{
	s->server.port = 143;
	s->server.tls = CK_TLS_AUTO;
	s->master.timeout_s = 60;
	s->archive_level = 3;
	s->max_downtime_s = 600;
	s->max_freeze_s = 10;
	s->program = program_path();
	s->destinations = ck_alloc(1, sizeof(*s->destinations));
	if (!s->program || !s->destinations)
		return CK_ENOMEM;
	s->ndestinations = 1;

	const struct {
		char **at;
		const char *text;
	} texts[] = {
		{&s->state, "/var/lib/cyrkeep"},
		{&s->imapd_conf, "/etc/imapd.conf"},
		{&s->cyrus_conf, "/etc/cyrus.conf"},
		{&s->server.host, "127.0.0.1"},
		{&s->server.admin, "cyrus"},
		{&s->master.recipe, "auto"},
		{&s->master.pidfile, "/run/cyrus-master.pid"},
		{&s->destinations[0].name, "main"},
		{&s->destinations[0].type, "directory"},
		{&s->destinations[0].path, "/var/backups/cyrkeep"},
		{&s->theme, "default"},
	};
	for (size_t i = 0; i < CK_COUNT(texts); i++)
		if (set_text(texts[i].at, texts[i].text) < 0)
			return CK_ENOMEM;
	if (ck_strv_add(&s->master.start, "/usr/sbin/cyrmaster") < 0 ||
	    ck_strv_add(&s->master.start, "-d") < 0)
		return CK_ENOMEM;
	return 0;
}

/* Paths of the command line are relative to where it was typed; a worker starts elsewhere. */
static int set_absolute(char **at, const char *path, struct ck_err *err)
{
	struct ck_buf full = CK_BUF_INIT;
	if (*path != '/') {
		CK_FREE char *cwd = getcwd(NULL, 0);
		if (!cwd)
			return ck_err_sys(err, "cannot resolve '%s'", path);
		ck_buf_addf(&full, "%s/", strcmp(cwd, "/") == 0 ? "" : cwd);
	}
	ck_buf_adds(&full, path);
	free(*at);
	*at = ck_buf_take(&full);
	return *at ? 0 : ck_err_nomem(err);
}

static int load_file(const char *file, struct ck_settings *s, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	struct ck_err why = CK_ERR_INIT;
	int r = set_absolute(&s->file, file ? file : CK_SETTINGS_FILE, err);
	if (r < 0)
		return r;
	r = fs_read_file(AT_FDCWD, s->file, FILE_LIMIT, &text, &why);
	if (r == CK_ENOTFOUND && !file) {
		free(CK_STEAL(s->file));
		return 0;
	}
	if (r < 0) {
		if (err)
			*err = why;
		(void)ck_err_prefix(err, "settings");
		(void)ck_err_remedy(err, r == CK_EDENIED
		                                 ? "run cyrkeep as root, or as who may read it"
		                                 : "name another file with -c");
		return r;
	}
	return settings_read(s->file, text.data, text.len, s, err);
}

static const struct ck_plan *find_plan(const struct ck_settings *s, const char *name)
{
	for (size_t i = 0; i < s->nplans; i++)
		if (strcmp(s->plans[i].name, name) == 0)
			return &s->plans[i];
	return NULL;
}

static char *plans_dir(const struct ck_settings *s)
{
	struct ck_buf path = CK_BUF_INIT;
	ck_buf_addf(&path, "%s/plans", s->state);
	return ck_buf_take(&path);
}

/* Takes @plan over. A plan of the settings file hides a saved one of the same name. */
static int add_saved_plan(struct ck_settings *s, struct ck_plan *plan)
{
	if (find_plan(s, plan->name)) {
		ck_plan_fini(plan);
		return 0;
	}
	struct ck_plan *more = reallocarray(s->plans, s->nplans + 1, sizeof(*more));
	if (!more) {
		ck_plan_fini(plan);
		return CK_ENOMEM;
	}
	s->plans = more;
	s->plans[s->nplans++] = *plan;
	return 0;
}

static int load_saved_plan(struct ck_settings *s, int dirfd, const char *dir, const char *entry,
                           struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	struct ck_plan plan = {0};
	if (ck_buf_addf(&path, "%s/%s", dir, entry) < 0)
		return ck_err_nomem(err);
	int r = fs_read_file(dirfd, entry, FILE_LIMIT, &text, err);
	if (r >= 0)
		r = settings_read_plan(path.data, text.data, text.len, &plan, err);
	if (r < 0) {
		(void)ck_err_remedy(err, "mend or remove '%s', a plan saved by the console",
		                    path.data);
		return r;
	}
	size_t stem = strlen(entry) - strlen(PLAN_SUFFIX);
	if (strlen(plan.name) != stem || strncmp(plan.name, entry, stem) != 0) {
		r = ck_err_set(err, CK_EUSAGE, "%s: the plan in it is called '%s'", path.data,
		               plan.name);
		ck_plan_fini(&plan);
		return r;
	}
	r = add_saved_plan(s, &plan);
	return r < 0 ? ck_err_nomem(err) : 0;
}

static int is_saved_plan(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), suffix = strlen(PLAN_SUFFIX);
	return len > suffix && entry->d_name[0] != '.' &&
	       strcmp(entry->d_name + len - suffix, PLAN_SUFFIX) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_saved_plans(struct ck_settings *s, struct ck_err *err)
{
	CK_FREE char *dir = plans_dir(s);
	if (!dir)
		return ck_err_nomem(err);
	CK_CLOSE int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0 && errno == ENOENT)
		return 0;
	struct dirent **list = NULL;
	int n = dirfd < 0 ? -1 : scandirat(dirfd, ".", &list, is_saved_plan, by_name);
	if (n < 0) {
		(void)ck_err_sys(err, "cannot read saved plans in '%s'", dir);
		return ck_err_remedy(err,
		                     "run cyrkeep as root, or name another directory with --state");
	}
	int r = 0;
	for (int i = 0; i < n; i++) {
		if (r >= 0)
			r = load_saved_plan(s, dirfd, dir, list[i]->d_name, err);
		free(list[i]);
	}
	free(list);
	return r;
}

static int take_overrides(struct ck_settings *s, const struct ck_overrides *over,
                          struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf given = CK_BUF_INIT;
	int r = over->imapd_conf ? set_absolute(&s->imapd_conf, over->imapd_conf, err) : 0;
	if (r >= 0 && over->state)
		r = set_absolute(&s->state, over->state, err);
	if (r < 0)
		return r;
	if (over->imapd_conf) {
		(void)ck_buf_adds(&given, " -C ");
		(void)ck_buf_add_word(&given, s->imapd_conf);
	}
	if (over->state) {
		(void)ck_buf_adds(&given, " --state ");
		(void)ck_buf_add_word(&given, s->state);
	}
	s->given = ck_buf_take(&given);
	return s->given ? 0 : ck_err_nomem(err);
}

void ck_settings_command(const struct ck_settings *s, struct ck_buf *ret)
{
	(void)ck_buf_adds(ret, "cyrkeep");
	if (s->file && strcmp(s->file, CK_SETTINGS_FILE) != 0) {
		(void)ck_buf_adds(ret, " -c ");
		(void)ck_buf_add_word(ret, s->file);
	}
	(void)ck_buf_adds(ret, s->given ? s->given : "");
}

int ck_settings_load(const char *file, const struct ck_overrides *over, struct ck_settings *ret,
                     struct ck_err *err)
{
	CK_CLEANUP(ck_settings_fini) struct ck_settings s = {0};
	if (fill_defaults(&s) < 0)
		return ck_err_nomem(err);
	int r = load_file(file, &s, err);
	if (r >= 0 && over)
		r = take_overrides(&s, over, err);
	if (r >= 0)
		r = load_saved_plans(&s, err);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct ck_settings){0};
	return 0;
}

void ck_settings_fini(struct ck_settings *s)
{
	char *texts[] = {
		s->file,          s->state,          s->imapd_conf,   s->cyrus_conf,
		s->program,       s->server.host,    s->server.admin, s->server.password_file,
		s->master.recipe, s->master.pidfile, s->theme,        s->given};
	for (size_t i = 0; i < CK_COUNT(texts); i++)
		free(texts[i]);
	ck_strv_fini(&s->master.start);
	for (size_t i = 0; i < s->ndestinations; i++) {
		free(s->destinations[i].name);
		free(s->destinations[i].type);
		free(s->destinations[i].path);
	}
	free(s->destinations);
	for (size_t i = 0; i < s->nplans; i++)
		ck_plan_fini(&s->plans[i]);
	free(s->plans);
	*s = (struct ck_settings){0};
}

int ck_settings_destination(const struct ck_settings *s, const char *name,
                            const struct ck_destination **ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf known = CK_BUF_INIT;
	for (size_t i = 0; i < s->ndestinations; i++) {
		if (!name || strcmp(s->destinations[i].name, name) == 0) {
			*ret = &s->destinations[i];
			return 0;
		}
		ck_buf_addf(&known, "%s'%s'", i ? ", " : "", s->destinations[i].name);
	}
	return ck_err_set(err, CK_ENOTFOUND, "no destination is called '%s'; there is %s",
	                  name ? name : "", known.data);
}

int ck_settings_plan(const struct ck_settings *s, const char *name, const struct ck_plan **ret,
                     struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf known = CK_BUF_INIT;
	const struct ck_plan *plan = find_plan(s, name);
	if (plan) {
		*ret = plan;
		return 0;
	}
	for (size_t i = 0; i < s->nplans; i++)
		ck_buf_addf(&known, "%s'%s'", i ? ", " : "", s->plans[i].name);
	return ck_err_set(err, CK_ENOTFOUND, "no plan is called '%s'; there is %s", name,
	                  known.len ? known.data : "none");
}

/* Is the name taken by the settings file? Saved plans may be replaced, those may not. */
static int check_free_name(const struct ck_settings *s, const char *name, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_CLEANUP(ck_settings_fini) struct ck_settings written = {0};
	if (!s->file)
		return 0;
	if (fill_defaults(&written) < 0)
		return ck_err_nomem(err);
	int r = fs_read_file(AT_FDCWD, s->file, FILE_LIMIT, &text, err);
	if (r >= 0)
		r = settings_read(s->file, text.data, text.len, &written, err);
	if (r < 0)
		return r;
	if (!find_plan(&written, name))
		return 0;
	(void)ck_err_set(err, CK_EUSAGE, "plan '%s' stands in '%s', where it is not changed", name,
	                 s->file);
	return ck_err_remedy(err, "save it under another name, or change that file by hand");
}

int ck_plan_save(const struct ck_settings *s, const struct ck_plan *plan, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	CK_CLEANUP(ck_plan_fini) struct ck_plan back = {0};
	if (!settings_plan_name_ok(plan->name))
		return ck_err_set(err, CK_EUSAGE,
		                  "'%s' cannot name a plan: letters, digits, '-' and '_' only",
		                  plan->name ? plan->name : "");
	int r = check_free_name(s, plan->name, err);
	if (r < 0)
		return r;

	CK_FREE char *dir = plans_dir(s);
	settings_write_plan(plan, &text);
	ck_buf_addf(&path, "%s/%s" PLAN_SUFFIX, dir ? dir : "", plan->name);
	if (!dir || text.failed || path.failed)
		return ck_err_nomem(err);
	/* What cannot be read again is not saved: it would stop every later start. */
	r = settings_read_plan(path.data, text.data, text.len, &back, err);
	if (r < 0)
		return ck_err_prefix(err, "cannot save plan '%s'", plan->name);
	r = fs_mkdirs(dir, 0700, err);
	if (r < 0)
		return r;
	return fs_replace(AT_FDCWD, path.data, text.data, text.len, 0600, err);
}

static int copy_text(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? CK_ENOMEM : 0;
}

int ck_plan_copy(const struct ck_plan *plan, struct ck_plan *ret)
{
	CK_CLEANUP(ck_plan_fini)
	struct ck_plan copy = {.without_config = plan->without_config,
	                       .without_secrets = plan->without_secrets};
	if (copy_text(&copy.name, plan->name) < 0 || copy_text(&copy.method, plan->method) < 0 ||
	    copy_text(&copy.driver, plan->driver) < 0 ||
	    copy_text(&copy.destination, plan->destination) < 0 ||
	    ck_strv_copy(&copy.select, &plan->select) < 0 ||
	    ck_strv_copy(&copy.exclude, &plan->exclude) < 0 ||
	    ck_strv_copy(&copy.keep, &plan->keep) < 0)
		return CK_ENOMEM;
	*ret = copy;
	copy = (struct ck_plan){0};
	return 0;
}

void ck_plan_fini(struct ck_plan *plan)
{
	free(plan->name);
	free(plan->method);
	free(plan->driver);
	free(plan->destination);
	ck_strv_fini(&plan->select);
	ck_strv_fini(&plan->exclude);
	ck_strv_fini(&plan->keep);
	*plan = (struct ck_plan){0};
}

/* The mode is that of the very descriptor that is read, so that nobody can swap the file. */
static int open_password(const char *path, struct ck_err *err)
{
	struct stat st;
	CK_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0) {
		(void)ck_err_sys(err, "cannot read password file '%s'", path);
		return ck_err_remedy(err, "write the administrator's password into it, mode 0600");
	}
	if (!S_ISREG(st.st_mode))
		return ck_err_set(err, CK_EDENIED, "password file '%s' is not a regular file",
		                  path);
	if (st.st_mode & 077) {
		(void)ck_err_set(err, CK_EDENIED,
		                 "password file '%s' has mode %04o: others can get at it", path,
		                 (unsigned)(st.st_mode & 07777));
		return ck_err_remedy(err, "chmod 600 '%s'", path);
	}
	return CK_STEAL_FD(fd);
}

int ck_settings_password(const struct ck_settings *s, struct ck_buf *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	const char *path = s->server.password_file;
	if (!path) {
		(void)ck_err_set(err, CK_ENOTFOUND, "no password for '%s' is known",
		                 s->server.admin);
		return ck_err_remedy(err, "name a file that holds it: password_file in 'server'");
	}
	CK_CLOSE int fd = open_password(path, err);
	if (fd == CK_ENOTFOUND)
		(void)ck_err_remedy(err,
		                    "write the password of '%s' into it and chmod 600 it, or "
		                    "correct password_file in 'server'",
		                    s->server.admin);
	if (fd < 0)
		return fd;
	int r = fs_read_fd(fd, PASSWORD_LIMIT, &text, err);
	if (r < 0)
		return ck_err_prefix(err, "password file '%s'", path);
	size_t len = text.len;
	if (len && text.data[len - 1] == '\n')
		len--;
	if (len && text.data[len - 1] == '\r')
		len--;
	if (len == 0 || memchr(text.data, '\0', len) || memchr(text.data, '\n', len))
		r = ck_err_set(err, CK_EUSAGE, "password file '%s' does not hold just one line",
		               path);
	else if (ck_buf_add(ret, text.data, len) < 0)
		r = ck_err_nomem(err);
	explicit_bzero(text.data, text.len);
	return r;
}
