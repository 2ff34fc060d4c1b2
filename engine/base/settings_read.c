/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/settings_read.h"
#include "base/fs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libconfig.h>

/* What a key holds. Every key of the file stands in one of the tables below, and nowhere else. */
enum kind {
	KIND_TEXT,   /* char *: not empty, no control characters. */
	KIND_PATH,   /* char *: a KIND_TEXT that is absolute. */
	KIND_NUMBER, /* uint16_t or int, by size: min to max. */
	KIND_WORD,   /* int-sized enum: the index of the word. */
	KIND_SWITCH, /* bool. */
	KIND_TEXTS,  /* struct ck_strv, at least min items: replaces what is there. */
	KIND_GROUP,  /* fields of a group, offsets into the same target. */
	KIND_DESTINATIONS,
	KIND_PLANS,
};

struct field {
	const char *name; /* NULL ends a table. */
	enum kind kind;
	size_t at, size; /* Where the value lies in the target. */
	int min, max;
	const char *const *words;
	const struct field *fields;
};

#define AT(type, member) offsetof(type, member), sizeof(((type *)NULL)->member)
#define IN(member)       AT(struct ck_settings, member)

static const char *const tls_words[] = {
	[CK_TLS_AUTO] = "auto",
	[CK_TLS_STARTTLS] = "starttls",
	[CK_TLS_IMAPS] = "imaps",
	[CK_TLS_NONE] = "none",
	NULL,
};

static const struct field server_fields[] = {
	{"host", KIND_TEXT, IN(server.host)},
	{"port", KIND_NUMBER, IN(server.port), 1, 65535},
	{"sync_port", KIND_NUMBER, IN(server.sync_port), 0, 65535},
	{"tls", KIND_WORD, IN(server.tls), .words = tls_words},
	{"admin", KIND_TEXT, IN(server.admin)},
	{"password_file", KIND_PATH, IN(server.password_file)},
	{NULL},
};

static const struct field master_fields[] = {
	{"recipe", KIND_TEXT, IN(master.recipe)},
	{"pidfile", KIND_PATH, IN(master.pidfile)},
	{"start", KIND_TEXTS, IN(master.start), .min = 1},
	{"timeout", KIND_NUMBER, IN(master.timeout_s), 1, 86400},
	{NULL},
};

static const struct field archive_fields[] = {
	{"level", KIND_NUMBER, IN(archive_level), 1, 19},
	{"threads", KIND_NUMBER, IN(archive_threads), 0, 1024},
	{NULL},
};

static const struct field hold_fields[] = {
	{"max_downtime", KIND_NUMBER, IN(max_downtime_s), 1, 7 * 86400},
	{"max_freeze", KIND_NUMBER, IN(max_freeze_s), 1, 3600},
	{NULL},
};

static const struct field ui_fields[] = {
	{"theme", KIND_TEXT, IN(theme)},
	{NULL},
};

static const struct field root_fields[] = {
	{"state", KIND_PATH, IN(state)},
	{"imapd_conf", KIND_PATH, IN(imapd_conf)},
	{"cyrus_conf", KIND_PATH, IN(cyrus_conf)},
	{"server", KIND_GROUP, .fields = server_fields},
	{"master", KIND_GROUP, .fields = master_fields},
	{"destinations", KIND_DESTINATIONS},
	{"plans", KIND_PLANS},
	{"archive", KIND_GROUP, .fields = archive_fields},
	{"hold", KIND_GROUP, .fields = hold_fields},
	{"ui", KIND_GROUP, .fields = ui_fields},
	{NULL},
};

static const char *const destination_types[] = {"directory", NULL};

static const struct field destination_fields[] = {
	{"name", KIND_TEXT, AT(struct ck_destination, name)},
	{"type", KIND_TEXT, AT(struct ck_destination, type), .words = destination_types},
	{"path", KIND_PATH, AT(struct ck_destination, path)},
	{NULL},
};

static const struct field plan_fields[] = {
	{"name", KIND_TEXT, AT(struct ck_plan, name)},
	{"method", KIND_TEXT, AT(struct ck_plan, method)},
	{"driver", KIND_TEXT, AT(struct ck_plan, driver)},
	{"destination", KIND_TEXT, AT(struct ck_plan, destination)},
	{"select", KIND_TEXTS, AT(struct ck_plan, select)},
	{"exclude", KIND_TEXTS, AT(struct ck_plan, exclude)},
	{"keep", KIND_TEXTS, AT(struct ck_plan, keep)},
	{"without_config", KIND_SWITCH, AT(struct ck_plan, without_config)},
	{"without_secrets", KIND_SWITCH, AT(struct ck_plan, without_secrets)},
	{NULL},
};

struct reader {
	const char *file;
	struct ck_err *err;
};

/* "FILE line N: …", the file being the included one where @s stands in one. */
static CK_PRINTF(3, 4) int wrong(const struct reader *r, const config_setting_t *s, const char *fmt,
                                 ...)
{
	const char *file = config_setting_source_file(s);
	CK_FREE char *text = NULL;
	va_list ap;
	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return ck_err_nomem(r->err);
	return ck_err_set(r->err, CK_EUSAGE, "%s line %u: %s", file ? file : r->file,
	                  config_setting_source_line(s), text);
}

static const char *type_name(const config_setting_t *s)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return "a whole number";
	case CONFIG_TYPE_FLOAT:
		return "a fraction";
	case CONFIG_TYPE_STRING:
		return "a string";
	case CONFIG_TYPE_BOOL:
		return "true or false";
	case CONFIG_TYPE_ARRAY:
		return "an array";
	case CONFIG_TYPE_LIST:
		return "a list";
	case CONFIG_TYPE_GROUP:
		return "a group";
	default:
		return "nothing";
	}
}

static int wrong_type(const struct reader *r, const config_setting_t *s, const char *want)
{
	const char *name = config_setting_name(s);
	if (name)
		return wrong(r, s, "'%s' must be %s, not %s", name, want, type_name(s));
	return wrong(r, s, "item %d of '%s' must be %s, not %s", config_setting_index(s) + 1,
	             config_setting_name(config_setting_parent(s)), want, type_name(s));
}

/* As ASCII has it: iscntrl() would ask the locale. */
static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if (is_control((unsigned char)*text))
			return true;
	return false;
}

/* "a, b, c" of the words, for sentences. */
static char *join_words(const char *const *words)
{
	struct ck_buf all = CK_BUF_INIT;
	for (size_t i = 0; words[i]; i++)
		ck_buf_addf(&all, "%s%s", i ? ", " : "", words[i]);
	return ck_buf_take(&all);
}

static int word_index(const struct reader *r, const config_setting_t *s, const struct field *f,
                      const char *text, size_t *ret)
{
	for (size_t i = 0; f->words[i]; i++) {
		if (strcmp(f->words[i], text) == 0) {
			*ret = i;
			return 0;
		}
	}
	CK_FREE char *known = join_words(f->words);
	return wrong(r, s, "'%s' is '%s', but must be one of %s", f->name, text,
	             known ? known : "few");
}

static int read_text(const struct reader *r, const config_setting_t *s, const struct field *f,
                     char **at)
{
	if (config_setting_type(s) != CONFIG_TYPE_STRING)
		return wrong_type(r, s, "a string");
	const char *text = config_setting_get_string(s);
	if (!*text)
		return wrong(r, s, "'%s' is empty", f->name);
	if (has_control(text))
		return wrong(r, s, "'%s' holds a control character", f->name);
	if (f->kind == KIND_PATH && *text != '/')
		return wrong(r, s, "'%s' must be an absolute path, not '%s'", f->name, text);
	size_t index;
	if (f->words && word_index(r, s, f, text, &index) < 0)
		return CK_EUSAGE;

	char *copy = strdup(text);
	if (!copy)
		return ck_err_nomem(r->err);
	if (f->kind == KIND_PATH)
		fs_tidy(copy);
	free(*at);
	*at = copy;
	return 0;
}

static int read_number(const struct reader *r, const config_setting_t *s, const struct field *f,
                       void *at)
{
	int type = config_setting_type(s);
	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
		return wrong_type(r, s, "a whole number");
	long long n = config_setting_get_int64(s);
	if (n < f->min || n > f->max)
		return wrong(r, s, "'%s' is %lld, but must be %d to %d", f->name, n, f->min,
		             f->max);
	if (f->size == sizeof(uint16_t)) {
		uint16_t value = (uint16_t)n;
		memcpy(at, &value, sizeof(value));
	} else {
		int value = (int)n;
		memcpy(at, &value, sizeof(value));
	}
	return 0;
}

static int read_word(const struct reader *r, const config_setting_t *s, const struct field *f,
                     void *at)
{
	size_t index = 0;
	if (config_setting_type(s) != CONFIG_TYPE_STRING)
		return wrong_type(r, s, "a string");
	if (word_index(r, s, f, config_setting_get_string(s), &index) < 0)
		return CK_EUSAGE;
	unsigned value = (unsigned)index;
	memcpy(at, &value, sizeof(value));
	return 0;
}

static int read_switch(const struct reader *r, const config_setting_t *s, bool *at)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return wrong_type(r, s, "true or false");
	*at = config_setting_get_bool(s) != 0;
	return 0;
}

static int read_texts(const struct reader *r, const config_setting_t *s, const struct field *f,
                      struct ck_strv *at)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv texts = {0};
	if (!config_setting_is_array(s) && !config_setting_is_list(s))
		return wrong_type(r, s, "a list of strings");
	if (config_setting_length(s) < f->min)
		return wrong(r, s, "'%s' is empty", f->name);
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *item = config_setting_get_elem(s, (unsigned)i);
		if (config_setting_type(item) != CONFIG_TYPE_STRING)
			return wrong_type(r, item, "a string");
		if (!*config_setting_get_string(item))
			return wrong(r, item, "item %d of '%s' is empty", i + 1,
			             config_setting_name(s));
		if (ck_strv_add(&texts, config_setting_get_string(item)) < 0)
			return ck_err_nomem(r->err);
	}
	struct ck_strv old = *at;
	*at = texts;
	texts = old;
	return 0;
}

static int read_group(const struct reader *r, const config_setting_t *group,
                      const struct field *fields, void *target);
static int read_destinations(const struct reader *r, const config_setting_t *list,
                             struct ck_settings *s);
static int read_plans(const struct reader *r, const config_setting_t *list, struct ck_settings *s);

static int read_field(const struct reader *r, const config_setting_t *s, const struct field *f,
                      void *target)
{
	void *at = (char *)target + f->at;
	switch (f->kind) {
	case KIND_TEXT:
	case KIND_PATH:
		return read_text(r, s, f, at);
	case KIND_NUMBER:
		return read_number(r, s, f, at);
	case KIND_WORD:
		return read_word(r, s, f, at);
	case KIND_SWITCH:
		return read_switch(r, s, at);
	case KIND_TEXTS:
		return read_texts(r, s, f, at);
	case KIND_GROUP:
		return read_group(r, s, f->fields, target);
	case KIND_DESTINATIONS:
		return read_destinations(r, s, target);
	case KIND_PLANS:
		return read_plans(r, s, target);
	}
	return 0;
}

static int unknown_key(const struct reader *r, const config_setting_t *s,
                       const struct field *fields)
{
	struct ck_buf known = CK_BUF_INIT;
	for (const struct field *f = fields; f->name; f++)
		ck_buf_addf(&known, "%s%s", f == fields ? "" : ", ", f->name);
	int code = wrong(r, s, "unknown setting '%s'; known here are %s", config_setting_name(s),
	                 known.data);
	ck_buf_fini(&known);
	return code;
}

static int read_group(const struct reader *r, const config_setting_t *group,
                      const struct field *fields, void *target)
{
	if (!config_setting_is_group(group))
		return wrong_type(r, group, "a group in { }");
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		const struct field *f = fields;
		while (f->name && strcmp(f->name, config_setting_name(s)) != 0)
			f++;
		int code = f->name ? read_field(r, s, f, target) : unknown_key(r, s, fields);
		if (code < 0)
			return code;
	}
	return 0;
}

static void destination_fini(struct ck_destination *d)
{
	free(d->name);
	free(d->type);
	free(d->path);
	*d = (struct ck_destination){0};
}

static int read_destination(const struct reader *r, const config_setting_t *item,
                            struct ck_settings *s)
{
	CK_CLEANUP(destination_fini) struct ck_destination d = {0};
	int code = read_group(r, item, destination_fields, &d);
	if (code < 0)
		return code;
	if (!d.name)
		return wrong(r, item, "a destination has no name");
	if (!d.path)
		return wrong(r, item, "destination '%s' has no path", d.name);
	if (!d.type && !(d.type = strdup(destination_types[0])))
		return ck_err_nomem(r->err);
	for (size_t i = 0; i < s->ndestinations; i++)
		if (strcmp(s->destinations[i].name, d.name) == 0)
			return wrong(r, item, "there are two destinations '%s'", d.name);
	s->destinations[s->ndestinations++] = d;
	d = (struct ck_destination){0};
	return 0;
}

static int read_destinations(const struct reader *r, const config_setting_t *list,
                             struct ck_settings *s)
{
	if (!config_setting_is_list(list))
		return wrong_type(r, list, "a list of groups in ( )");
	size_t n = (size_t)config_setting_length(list);
	if (n == 0)
		return wrong(r, list, "'destinations' is empty");
	for (size_t i = 0; i < s->ndestinations; i++)
		destination_fini(&s->destinations[i]);
	free(s->destinations);
	s->ndestinations = 0;
	s->destinations = ck_alloc(n, sizeof(*s->destinations));
	if (!s->destinations)
		return ck_err_nomem(r->err);
	for (size_t i = 0; i < n; i++) {
		int code = read_destination(r, config_setting_get_elem(list, (unsigned)i), s);
		if (code < 0)
			return code;
	}
	return 0;
}

static int read_plan(const struct reader *r, const config_setting_t *item, struct ck_settings *s)
{
	CK_CLEANUP(ck_plan_fini) struct ck_plan plan = {0};
	int code = read_group(r, item, plan_fields, &plan);
	if (code < 0)
		return code;
	if (!plan.name)
		return wrong(r, item, "a plan has no name");
	for (size_t i = 0; i < s->nplans; i++)
		if (strcmp(s->plans[i].name, plan.name) == 0)
			return wrong(r, item, "there are two plans '%s'", plan.name);
	s->plans[s->nplans++] = plan;
	plan = (struct ck_plan){0};
	return 0;
}

static int read_plans(const struct reader *r, const config_setting_t *list, struct ck_settings *s)
{
	if (!config_setting_is_list(list))
		return wrong_type(r, list, "a list of groups in ( )");
	size_t n = (size_t)config_setting_length(list);
	s->plans = ck_alloc(n ? n : 1, sizeof(*s->plans));
	if (!s->plans)
		return ck_err_nomem(r->err);
	for (size_t i = 0; i < n; i++) {
		int code = read_plan(r, config_setting_get_elem(list, (unsigned)i), s);
		if (code < 0)
			return code;
	}
	return 0;
}

/* Plans may stand before the destinations they name, so this comes last. */
static int check_plans(const struct reader *r, const config_setting_t *list,
                       const struct ck_settings *s)
{
	for (size_t i = 0; list && i < s->nplans; i++) {
		const struct ck_destination *unused;
		struct ck_err why = CK_ERR_INIT;
		if (s->plans[i].destination &&
		    ck_settings_destination(s, s->plans[i].destination, &unused, &why) < 0)
			return wrong(r, config_setting_get_elem(list, (unsigned)i), "plan '%s': %s",
			             s->plans[i].name, why.msg);
	}
	return 0;
}

/* libconfig takes strings: a NUL would hide what follows it. */
static int parse(const struct reader *r, const char *text, size_t len, config_t *ret)
{
	if (memchr(text, '\0', len))
		return ck_err_set(r->err, CK_EUSAGE, "%s: holds a NUL byte", r->file);
	const char *slash = strrchr(r->file, '/');
	CK_FREE char *dir = slash ? strndup(r->file, (size_t)(slash - r->file + 1)) : strdup(".");
	CK_FREE char *copy = strndup(text, len);
	if (!dir || !copy)
		return ck_err_nomem(r->err);
	config_set_include_dir(ret, dir);
	if (config_read_string(ret, copy) == CONFIG_TRUE)
		return 0;
	const char *file = config_error_file(ret);
	const char *why = config_error_text(ret);
	return ck_err_set(r->err, CK_EUSAGE, "%s line %d: %s", file ? file : r->file,
	                  config_error_line(ret), why ? why : "cannot be read");
}

int settings_read(const char *file, const char *text, size_t len, struct ck_settings *s,
                  struct ck_err *err)
{
	struct reader r = {.file = file, .err = err};
	CK_CLEANUP(config_destroy) config_t config;
	config_init(&config);
	int code = parse(&r, text, len, &config);
	if (code < 0)
		return code;
	code = read_group(&r, config_root_setting(&config), root_fields, s);
	if (code < 0)
		return code;
	return check_plans(&r, config_lookup(&config, "plans"), s);
}

int settings_read_plan(const char *file, const char *text, size_t len, struct ck_plan *ret,
                       struct ck_err *err)
{
	struct reader r = {.file = file, .err = err};
	CK_CLEANUP(ck_plan_fini) struct ck_plan plan = {0};
	CK_CLEANUP(config_destroy) config_t config;
	config_init(&config);
	int code = parse(&r, text, len, &config);
	if (code < 0)
		return code;
	code = read_group(&r, config_root_setting(&config), plan_fields, &plan);
	if (code < 0)
		return code;
	if (!plan.name)
		return ck_err_set(err, CK_EUSAGE, "%s: the plan has no name", file);
	*ret = plan;
	plan = (struct ck_plan){0};
	return 0;
}

static void write_string(struct ck_buf *ret, const char *text)
{
	ck_buf_addc(ret, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			ck_buf_addf(ret, "\\%c", c);
		else if (is_control(c))
			ck_buf_addf(ret, "\\x%02x", c);
		else
			ck_buf_addc(ret, (char)c);
	}
	ck_buf_addc(ret, '"');
}

static void write_field(struct ck_buf *ret, const char *name, const char *text)
{
	if (!text)
		return;
	ck_buf_addf(ret, "%s = ", name);
	write_string(ret, text);
	ck_buf_adds(ret, ";\n");
}

static void write_list(struct ck_buf *ret, const char *name, const struct ck_strv *list)
{
	if (list->n == 0)
		return;
	ck_buf_addf(ret, "%s = [", name);
	for (size_t i = 0; i < list->n; i++) {
		ck_buf_adds(ret, i ? ",\n\t" : "\n\t");
		write_string(ret, list->items[i]);
	}
	ck_buf_adds(ret, "\n];\n");
}

void settings_write_plan(const struct ck_plan *plan, struct ck_buf *ret)
{
	write_field(ret, "name", plan->name);
	write_field(ret, "method", plan->method);
	write_field(ret, "driver", plan->driver);
	write_field(ret, "destination", plan->destination);
	write_list(ret, "select", &plan->select);
	write_list(ret, "exclude", &plan->exclude);
	write_list(ret, "keep", &plan->keep);
	if (plan->without_config)
		ck_buf_adds(ret, "without_config = true;\n");
	if (plan->without_secrets)
		ck_buf_adds(ret, "without_secrets = true;\n");
}

bool settings_plan_name_ok(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_-";
	return name && *name && name[strspn(name, allowed)] == '\0';
}
