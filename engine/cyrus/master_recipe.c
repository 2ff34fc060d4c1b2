/* SPDX-License-Identifier: BSD-2-Clause */
/* Which control fits this host: recipes read and tried. Keys: engine/recipes/README.md. */
#include "cyrus/master.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cyrkeep/data.h>

#include "base/fs.h"
#include "base/spawn.h"
#include "cyrus/conf.h"
#include "cyrus/master_conf.h"

#define SCRIPT_LIMIT   ((size_t)1 << 20)
#define EXISTS_TIME_MS 15000

/* What is tried now, and what its placeholders stand for. */
struct trial {
	const struct ck_settings *settings;
	const config_setting_t *root;
	const char *recipe;
	const char *unit;
	pid_t master;       /* 0: none runs */
	struct ck_buf *why; /* why the recipes so far do not fit */
};

static void recipe_closep(config_t *cfg)
{
	config_destroy(cfg);
}

static int find_recipe(const char *name, struct ck_buf *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf file = CK_BUF_INIT;
	bool plain = !strchr(name, '.');
	if (ck_buf_addf(&file, plain ? "master-%s.conf" : "%s", name) < 0)
		return ck_err_nomem(err);
	int r = name[0] == '/' ? ck_buf_adds(ret, name)
	                       : ck_data_find(NULL, "engine/recipes", file.data, ret);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	if (r == 0 && access(ret->data, R_OK) == 0)
		return 0;
	return ck_err_set(err, CK_ENOTFOUND, "cannot find the recipe '%s' for Cyrus's master",
	                  name);
}

static int load_recipe(const char *name, config_t *cfg, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	int r = find_recipe(name, &path, err);
	if (r < 0)
		return r;
	r = fs_read_file(AT_FDCWD, path.data, SCRIPT_LIMIT, &text, err);
	if (r < 0)
		return r;
	if (!config_read_string(cfg, text.data))
		return ck_err_set(err, CK_EUSAGE, "'%s', line %d: %s", path.data,
		                  config_error_line(cfg), config_error_text(cfg));
	return 0;
}

/* One text with {unit} and {pidfile} replaced; appended. */
static int expand(const struct trial *t, const char *text, struct ck_buf *ret)
{
	while (*text) {
		if (strncmp(text, "{unit}", 6) == 0) {
			(void)ck_buf_adds(ret, t->unit);
			text += 6;
		} else if (strncmp(text, "{pidfile}", 9) == 0) {
			(void)ck_buf_adds(ret, t->settings->master.pidfile);
			text += 9;
		} else {
			(void)ck_buf_addc(ret, *text++);
		}
	}
	return ret->failed ? CK_ENOMEM : 0;
}

/* The list @key, expanded; an absent key is an empty list. */
static int expand_list(const struct trial *t, const char *key, struct ck_strv *ret,
                       struct ck_err *err)
{
	config_setting_t *list = config_setting_get_member(t->root, key);
	int n = list ? config_setting_length(list) : 0;
	for (int i = 0; i < n; i++) {
		const char *word = config_setting_get_string_elem(list, i);
		if (!word)
			return ck_err_set(err, CK_EUSAGE,
			                  "recipe '%s': '%s' is not a list of words", t->recipe,
			                  key);
		if (strcmp(word, "{start}") == 0) {
			if (ck_strv_copy(ret, &t->settings->master.start) < 0)
				return ck_err_nomem(err);
			continue;
		}
		CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
		if (expand(t, word, &text) < 0 || ck_strv_addm(ret, ck_buf_take(&text)) < 0)
			return ck_err_nomem(err);
	}
	return 0;
}

static bool is_set(const struct trial *t, const char *key)
{
	int value = 0;
	return config_setting_lookup_bool(t->root, key, &value) && value;
}

static int refuse(const struct trial *t, const char *fmt, const char *what)
{
	/* Candidates that are simply not there would only be noise behind the first. */
	CK_CLEANUP(ck_buf_fini) struct ck_buf recipe = CK_BUF_INIT;
	(void)ck_buf_addf(&recipe, "%s: ", t->recipe);
	if (strstr(t->why->data, recipe.data) && strcmp(what, t->unit) == 0)
		return 0;
	/* So would one reason, once for each candidate. */
	(void)ck_buf_addf(&recipe, fmt, what);
	if (!recipe.failed && !strstr(t->why->data, recipe.data))
		(void)ck_buf_addf(t->why, "%s%s", t->why->len ? "; " : "", recipe.data);
	return 0;
}

/* Is process @pid in the control group of @unit? */
static bool in_cgroup(pid_t pid, const char *unit)
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	if (fs_read_file(AT_FDCWD, path, SCRIPT_LIMIT, &text, NULL) < 0 ||
	    ck_buf_addf(&name, "/%s", unit) < 0)
		return false;
	for (const char *at = strstr(text.data, name.data); at; at = strstr(at + 1, name.data)) {
		char end = at[name.len];
		if (end == '\n' || end == '/' || end == '\0')
			return true;
	}
	return false;
}

/* Is argv[0] of the start something that can be run? */
static bool can_run(const struct ck_strv *argv)
{
	return argv->n > 0 && (!strchr(argv->items[0], '/') || access(argv->items[0], X_OK) == 0);
}

/* The paths of @key: all there (or, for "absent", none). */
static int check_paths(const struct trial *t, const char *key, bool wanted, struct ck_err *err)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv paths = {0};
	int r = expand_list(t, key, &paths, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < paths.n; i++)
		if ((access(paths.items[i], F_OK) == 0) != wanted)
			return refuse(t, wanted ? "there is no '%s'" : "there is '%s'",
			              paths.items[i]);
	return 1;
}

static int check_exists(const struct trial *t, struct ck_err *err)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv argv = {0};
	int r = expand_list(t, "exists", &argv, err);
	if (r < 0 || argv.n == 0)
		return r < 0 ? r : 1;
	int status;
	r = spawn_run((const char *const *)argv.items, EXISTS_TIME_MS, NULL, &status, NULL);
	return r == 0 && status == 0 ? 1 : refuse(t, "there is no '%s'", t->unit);
}

/* Does this control have our master, and no other one, in its hand? */
static int check_ours(const struct trial *t, struct ck_err *err)
{
	const char *pidfile = t->settings->master.pidfile;
	if (t->master && is_set(t, "cgroup"))
		return in_cgroup(t->master, t->unit)
		               ? 1
		               : refuse(t, "the master that runs does not belong to '%s'", t->unit);
	CK_CLEANUP(ck_strv_fini) struct ck_strv known = {0};
	int r = expand_list(t, "pidfiles", &known, err);
	if (r < 0)
		return r;
	if (known.n > 0 && !ck_strv_has(&known, pidfile))
		return refuse(t, "it does not use the pid file '%s'", pidfile);
	if (!is_set(t, "mentions"))
		return 1;
	CK_CLEANUP(ck_buf_fini) struct ck_buf script = CK_BUF_INIT;
	r = fs_read_file(AT_FDCWD, t->unit, SCRIPT_LIMIT, &script, err);
	if (r < 0)
		return r;
	return strstr(script.data, pidfile)
	               ? 1
	               : refuse(t, "'%s' does not speak of our pid file", t->unit);
}

/* Could we start what we can stop? The Cyrus user may send master, which has become him, a signal,
 * but the one that root started locks a pid file that is root's. A service manager asks by itself
 * who may do what. */
static int check_rights(const struct trial *t)
{
	const char *pidfile = t->settings->master.pidfile;
	if (is_set(t, "cgroup") || access(pidfile, W_OK) == 0 || errno == ENOENT)
		return 1;
	return refuse(t,
	              "the pid file '%s' may not be written: run cyrkeep as the user who "
	              "starts Cyrus, mostly root",
	              pidfile);
}

/* @return 1 it fits, 0 it does not (said in why), negative: the recipe is wrong. */
static int check_candidate(const struct trial *t, struct ck_err *err)
{
	int r = check_paths(t, "requires", true, err);
	if (r == 1)
		r = check_paths(t, "absent", false, err);
	if (r == 1)
		r = check_exists(t, err);
	if (r == 1)
		r = check_ours(t, err);
	return r == 1 ? check_rights(t) : r;
}

/* Fill the control from the recipe, all placeholders replaced. */
static int fill_control(const struct trial *t, struct master_control *c, struct ck_err *err)
{
	const char *title = t->recipe;
	(void)config_setting_lookup_string(t->root, "title", &title);
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (expand(t, title, &text) < 0)
		return ck_err_nomem(err);
	c->recipe = strdup(t->recipe);
	c->title = ck_buf_take(&text);
	c->pidfile = strdup(t->settings->master.pidfile);
	c->timeout_s = t->settings->master.timeout_s;
	if (!c->recipe || !c->title || !c->pidfile)
		return ck_err_nomem(err);
	int r = expand_list(t, "stop", &c->stop, err);
	if (r == 0)
		r = expand_list(t, "start", &c->start, err);
	if (r == 0)
		r = expand_list(t, "status", &c->status, err);
	if (r == 0 && c->start.n == 0)
		r = ck_err_set(err, CK_EUSAGE, "recipe '%s' does not say how to start", t->recipe);
	return r;
}

/* The last "NAME.service" of a control group's path: "0::/system.slice/mail.service". */
static bool last_service(const char *cgroup, struct ck_buf *ret)
{
	const char *found = NULL;
	size_t len = 0;
	for (const char *p = strchr(cgroup, '/'); p; p = strchr(p, '/')) {
		size_t n = strcspn(++p, "/\n");
		if (n > 8 && strncmp(p + n - 8, ".service", 8) == 0) {
			found = p;
			len = n;
		}
	}
	return found && ck_buf_add(ret, found, len) == 0;
}

/*
 * The service whose main process is the master that runs, whatever it is called: started by another
 * way it would run outside of it. A session or a timer that master was started from is not meant.
 */
static bool find_own_unit(pid_t master, struct ck_buf *ret)
{
	char path[64], pid[32];
	int status;
	CK_CLEANUP(ck_buf_fini) struct ck_buf cgroup = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	(void)snprintf(path, sizeof path, "/proc/%d/cgroup", (int)master);
	(void)snprintf(pid, sizeof pid, "MainPID=%d\n", (int)master);
	if (!master || access("/run/systemd/system", F_OK) < 0 ||
	    fs_read_file(AT_FDCWD, path, SCRIPT_LIMIT, &cgroup, NULL) < 0 ||
	    !last_service(cgroup.data, ret))
		return false;
	const char *const argv[] = {"systemctl", "show", "-p", "MainPID", "--", ret->data, NULL};
	return spawn_run(argv, EXISTS_TIME_MS, &out, &status, NULL) == 0 && status == 0 &&
	       strcmp(out.data, pid) == 0;
}

/* Try one recipe. @return 1 with @c filled, 0, or a failure. */
static int try_recipe(struct trial *t, struct master_control *c, struct ck_err *err)
{
	CK_CLEANUP(recipe_closep) config_t cfg;
	config_init(&cfg);
	int r = load_recipe(t->recipe, &cfg, err);
	if (r < 0)
		return r;
	t->root = config_root_setting(&cfg);
	CK_CLEANUP(ck_buf_fini) struct ck_buf own = CK_BUF_INIT;
	config_setting_t *list = config_lookup(&cfg, "candidates");
	int n = list ? config_setting_length(list) : 0;
	for (int i = 0; i < n; i++) {
		t->unit = config_setting_get_string_elem(list, i);
		if (t->unit && strcmp(t->unit, "{own}") == 0)
			t->unit = find_own_unit(t->master, &own) ? own.data : NULL;
		if (!t->unit)
			continue;
		r = check_candidate(t, err);
		if (r == 0)
			continue;
		if (r == 1)
			r = fill_control(t, c, err);
		if (r < 0)
			return r;
		if (!is_set(t, "program") || can_run(&c->start))
			return 1;
		(void)refuse(t, "there is no program '%s' to start it with",
		             c->start.n ? c->start.items[0] : "");
		master_control_fini(c);
	}
	return 0;
}

/* As the kernel names what is open there: links are followed. */
static int add_root(struct ck_strv *roots, const char *path)
{
	char *real = realpath(path, NULL);
	return real ? ck_strv_addm(roots, real) : ck_strv_add(roots, path);
}

/* What the proof of stopping needs to know of imapd.conf. */
static int fill_proof(const struct ck_settings *settings, struct master_control *c,
                      struct ck_err *err)
{
	CK_CLEANUP(conf_freep) struct conf *conf = NULL;
	int r = conf_load(settings->imapd_conf, &conf, err);
	if (r < 0)
		return r;
	c->user = strdup(conf->cyrus_user);
	c->imapd_conf = strdup(settings->imapd_conf);
	if (!c->user || !c->imapd_conf || add_root(&c->roots, conf->configdirectory) < 0)
		return ck_err_nomem(err);
	for (size_t i = 0; i < conf->npartitions; i++)
		if (add_root(&c->roots, conf->partitions[i].path) < 0)
			return ck_err_nomem(err);
	return 0;
}

static int fill_cyrus_conf(const struct trial *t, struct master_control *c, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	if (master_conf_path(&c->start, t->master, t->settings->cyrus_conf, &path) < 0 ||
	    !(c->cyrus_conf = strdup(path.data)))
		return ck_err_nomem(err);
	return 0;
}

int master_detect(const struct ck_settings *settings, struct master_control *ret,
                  struct ck_err *err)
{
	static const char *const automatic[] = {"systemd", "init", "process", NULL};
	const char *const named[] = {settings->master.recipe, NULL};
	bool is_auto = strcmp(settings->master.recipe, "auto") == 0;

	CK_CLEANUP(ck_buf_fini) struct ck_buf why = CK_BUF_INIT;
	CK_CLEANUP(master_control_fini) struct master_control c = {0};
	struct trial t = {.settings = settings, .why = &why};
	struct master_control probe = {.pidfile = settings->master.pidfile};
	int r = master_is_alive(&probe, &t.master, err);
	if (r < 0)
		return r;
	for (const char *const *name = is_auto ? automatic : named; *name; name++) {
		t.recipe = *name;
		r = try_recipe(&t, &c, err);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		r = fill_proof(settings, &c, err);
		if (r == 0)
			r = fill_cyrus_conf(&t, &c, err);
		if (r < 0)
			return r;
		*ret = c;
		c = (struct master_control){0};
		return 0;
	}
	(void)ck_err_set(err, CK_ENOTFOUND, "no way to stop and start Cyrus fits this host: %s",
	                 why.data);
	return ck_err_remedy(err, "set master.recipe, master.pidfile and master.start in %s",
	                     settings->file ? settings->file : CK_SETTINGS_FILE);
}

void master_control_fini(struct master_control *c)
{
	free(c->recipe);
	free(c->title);
	free(c->pidfile);
	free(c->cyrus_conf);
	free(c->user);
	free(c->imapd_conf);
	ck_strv_fini(&c->stop);
	ck_strv_fini(&c->start);
	ck_strv_fini(&c->status);
	ck_strv_fini(&c->roots);
	*c = (struct master_control){0};
}

int ck_server_start_line(const struct ck_settings *settings, struct ck_buf *ret, struct ck_err *err)
{
	CK_CLEANUP(master_control_fini) struct master_control c = {0};
	int r = master_detect(settings, &c, err);
	for (size_t i = 0; r >= 0 && i < c.start.n; i++) {
		(void)ck_buf_adds(ret, i ? " " : "");
		r = ck_buf_add_word(ret, c.start.items[i]) < 0 ? ck_err_nomem(err) : 0;
	}
	return r;
}
