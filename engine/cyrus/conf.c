/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/conf.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "cyrus/conf_options.h"
#include "cyrus/conf_roots.h"

#define CONF_SIZE_MAX  (16u << 20)
#define CONF_DEPTH_MAX 64

/* One file while it is read. */
struct reader {
	struct conf *conf;
	const char *name; /* Borrowed from conf->files. */
	const char *text;
	size_t len, at;
	unsigned line;   /* Of the next physical line. */
	unsigned depth;  /* Of includes above. */
	conf_read_fn fn; /* Where included files come from; NULL: the text has none. */
	void *arg;
};

static int read_file(struct conf *conf, conf_read_fn fn, void *arg, const char *path,
                     unsigned depth, struct ck_err *err);

/* The next line, continued ones joined: a backslash counts only right before the newline. One that
 * is to be continued at the end of its file never ends: Cyrus drops it, and so do we. */
static bool next_line(struct reader *r, struct ck_buf *ret, unsigned *ret_line)
{
	ck_buf_reset(ret);
	*ret_line = r->line;
	while (r->at < r->len) {
		const char *p = r->text + r->at;
		const char *end = memchr(p, '\n', r->len - r->at);
		size_t n = end ? (size_t)(end - p) : r->len - r->at;
		bool joined = end && n > 0 && p[n - 1] == '\\';
		(void)ck_buf_add(ret, p, joined ? n - 1 : n); /* a failure stays in ret */
		r->at += n + (end != NULL);
		r->line++;
		if (!joined)
			return true;
	}
	return false;
}

static int add_line(struct reader *r, const char *key, size_t key_len, const char *value,
                    unsigned line, struct ck_err *err)
{
	struct conf *conf = r->conf;
	if ((conf->n & (conf->n - 1)) == 0) { /* full at every power of two */
		size_t cap = conf->n ? conf->n * 2 : 1;
		struct conf_line *lines = reallocarray(conf->lines, cap, sizeof *lines);
		if (!lines)
			return ck_err_nomem(err);
		conf->lines = lines;
	}
	struct conf_line *l = &conf->lines[conf->n];
	l->key = strndup(key, key_len);
	l->value = strdup(value);
	l->file = (char *)(uintptr_t)r->name;
	l->line = line;
	if (!l->key || !l->value) {
		free(l->key);
		free(l->value);
		return ck_err_nomem(err);
	}
	conf->n++;
	return 0;
}

static int take_directive(struct reader *r, const char *key, size_t key_len, const char *value,
                          struct ck_err *err)
{
	if (key_len != 8 || memcmp(key, "@include", 8) != 0)
		return ck_err_set(err, CK_EUSAGE, "'%.*s' is no directive, only '@include' is",
		                  (int)key_len, key);
	if (!r->fn)
		return ck_err_set(err, CK_EUSAGE, "'@include' has no place here");
	if (ck_strv_has(&r->conf->files, value))
		return ck_err_set(err, CK_EUSAGE, "'%s' is included twice", value);
	if (r->depth >= CONF_DEPTH_MAX)
		return ck_err_set(err, CK_EUSAGE, "files are included deeper than %d levels",
		                  CONF_DEPTH_MAX);
	int rc = read_file(r->conf, r->fn, r->arg, value, r->depth + 1, err);
	if (rc == CK_ENOTFOUND)
		(void)ck_err_remedy(err, "make the file, or take the line out");
	return rc;
}

/* One joined line: `key: value`, a directive, a comment or nothing. */
static int take_line(struct reader *r, struct ck_buf *text, unsigned line, struct ck_err *err)
{
	if (memchr(text->data, '\0', text->len))
		return ck_err_set(err, CK_EUSAGE, "there is a NUL byte");
	char *key = text->data + strspn(text->data, CONF_BLANKS);
	if (!*key || *key == '#')
		return 0;
	char *p = key + (*key == '@');
	for (; isalnum((unsigned char)*p) || *p == '-' || *p == '_'; p++)
		*p = (char)tolower((unsigned char)*p);
	size_t key_len = (size_t)(p - key);
	if (*p != ':' || key_len == 0)
		return ck_err_set(err, CK_EUSAGE,
		                  "a line must be 'option: value' with the colon right behind the "
		                  "option");
	char *value = p + 1 + strspn(p + 1, CONF_BLANKS);
	size_t len = strlen(value);
	while (len > 0 && isspace((unsigned char)value[len - 1]))
		value[--len] = '\0';
	if (len == 0)
		return ck_err_set(err, CK_EUSAGE, "option '%.*s' has no value", (int)key_len, key);
	if (*key == '@')
		return take_directive(r, key, key_len, value, err);
	return add_line(r, key, key_len, value, line, err);
}

static int read_text(struct reader *r, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	unsigned line;
	while (next_line(r, &text, &line)) {
		if (text.failed)
			return ck_err_nomem(err);
		int rc = take_line(r, &text, line, err);
		if (rc < 0 && rc != CK_ENOMEM)
			return ck_err_prefix(err, "'%s' line %u", r->name, line);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_file(struct conf *conf, conf_read_fn fn, void *arg, const char *path,
                     unsigned depth, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (ck_strv_add(&conf->files, path) < 0)
		return ck_err_nomem(err);
	int rc = fn(arg, path, &text, err);
	if (rc < 0)
		return rc;
	struct reader r = {.conf = conf,
	                   .name = conf->files.items[conf->files.n - 1],
	                   .text = text.data,
	                   .len = text.len,
	                   .line = 1,
	                   .depth = depth,
	                   .fn = fn,
	                   .arg = arg};
	return read_text(&r, err);
}

/* By key, then in the order of reading (the lines lie in one array). */
static int compare_lines(const void *a, const void *b)
{
	const struct conf_line *x = *(struct conf_line *const *)a;
	const struct conf_line *y = *(struct conf_line *const *)b;
	int r = strcmp(x->key, y->key);
	return r ? r : (x > y) - (x < y);
}

static int index_lines(struct conf *conf, struct ck_err *err)
{
	conf->by_key = ck_alloc(conf->n, sizeof(struct conf_line *));
	if (!conf->by_key)
		return ck_err_nomem(err);
	for (size_t i = 0; i < conf->n; i++)
		conf->by_key[i] = &conf->lines[i];
	qsort(conf->by_key, conf->n, sizeof *conf->by_key, compare_lines);
	for (size_t i = 1; i < conf->n; i++) {
		const struct conf_line *a = conf->by_key[i - 1], *b = conf->by_key[i];
		if (strcmp(a->key, b->key) != 0)
			continue;
		(void)ck_err_set(err, CK_EUSAGE,
		                 "'%s' line %u: option '%s' is already set in '%s' line %u",
		                 b->file, b->line, b->key, a->file, a->line);
		return ck_err_remedy(err, "remove one of the two lines");
	}
	return 0;
}

/* All lines are there: check them, then fill in what follows from them. */
static int finish(struct conf *conf, struct ck_err *err)
{
	int rc = index_lines(conf, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_line *l = &conf->lines[i];
		rc = conf_option_check(l->key, l->value, err);
		if (rc < 0)
			return ck_err_prefix(err, "'%s' line %u", l->file, l->line);
	}
	return conf_settle(conf, err);
}

int conf_load_by(conf_read_fn fn, void *arg, const char *path, struct conf **ret,
                 struct ck_err *err)
{
	CK_CLEANUP(conf_freep) struct conf *conf = ck_alloc(1, sizeof *conf);
	if (!conf)
		return ck_err_nomem(err);
	int rc = read_file(conf, fn, arg, path, 0, err);
	if (rc == 0)
		rc = finish(conf, err);
	if (rc < 0)
		return rc;
	*ret = CK_STEAL(conf);
	return 0;
}

/* From this host. */
static int read_here(void *arg, const char *path, struct ck_buf *ret, struct ck_err *err)
{
	(void)arg;
	int rc = fs_read_file(AT_FDCWD, path, CONF_SIZE_MAX, ret, err);
	if (rc == CK_EDENIED)
		(void)ck_err_remedy(err, "run cyrkeep as root or as the Cyrus user");
	return rc;
}

int conf_load(const char *path, struct conf **ret, struct ck_err *err)
{
	int rc = conf_load_by(read_here, NULL, path, ret, err);
	if (rc == CK_ENOTFOUND && err && !*err->remedy)
		(void)ck_err_remedy(err, "name the file that Cyrus is started with: -C FILE, or "
		                         "imapd_conf in the settings");
	return rc;
}

int conf_parse(const char *name, const char *text, size_t len, struct conf **ret,
               struct ck_err *err)
{
	CK_CLEANUP(conf_freep) struct conf *conf = ck_alloc(1, sizeof *conf);
	if (!conf || ck_strv_add(&conf->files, name) < 0)
		return ck_err_nomem(err);
	struct reader r = {
		.conf = conf, .name = conf->files.items[0], .text = text, .len = len, .line = 1};
	int rc = read_text(&r, err);
	if (rc == 0)
		rc = finish(conf, err);
	if (rc < 0)
		return rc;
	*ret = CK_STEAL(conf);
	return 0;
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	for (size_t i = 0; i < conf->n; i++) {
		free(conf->lines[i].key);
		free(conf->lines[i].value);
	}
	for (size_t i = 0; i < conf->npartitions; i++) {
		free(conf->partitions[i].name);
		free(conf->partitions[i].path);
		free(conf->partitions[i].fstype);
	}
	free(conf->partitions);
	free(conf->lines);
	free(conf->by_key);
	free(conf->configdirectory);
	free(conf->defaultpartition);
	free(conf->defaultdomain);
	free(conf->userprefix);
	free(conf->sharedprefix);
	free(conf->sievedir);
	free(conf->deletedprefix);
	free(conf->cyrus_user);
	ck_strv_fini(&conf->files);
	free(conf);
}

void conf_freep(struct conf **conf)
{
	conf_free(*conf);
}

static int compare_key(const void *key, const void *line)
{
	return strcmp(key, (*(struct conf_line *const *)line)->key);
}

const struct conf_line *conf_find(const struct conf *conf, const char *key)
{
	struct conf_line **found =
		bsearch(key, conf->by_key, conf->n, sizeof *conf->by_key, compare_key);
	return found ? *found : NULL;
}

const char *conf_get(const struct conf *conf, const char *key)
{
	const struct conf_line *line = conf_find(conf, key);
	return line ? line->value : NULL;
}

bool conf_switch(const struct conf *conf, const char *key, bool missing)
{
	const char *value = conf_get(conf, key);
	bool on;
	return value && conf_switch_parse(value, &on) ? on : missing;
}
