/* SPDX-License-Identifier: BSD-2-Clause */
/* .cyrkeep/manifest.json for people and programs; .cyrkeep/headline.json for lists of archives. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "archive/copy_state.h"
#include "archive/headline.h"
#include "base/number.h"
#include "cyrus/conf.h"
#include "cyrus/mime.h"

static void json_freep(json_t **j)
{
	json_decref(*j);
}

/* Paths are bytes, JSON is UTF-8: a directory with an old name is no reason to have no archive. */
static json_t *utf8(const char *s)
{
	json_t *as_it_is = json_string(s);
	CK_FREE char *mended = as_it_is ? NULL : mime_utf8(s, strlen(s));
	return as_it_is ? as_it_is : mended ? json_string(mended) : NULL;
}

static json_t *strings(const struct ck_strv *v)
{
	json_t *list = json_array();
	for (size_t i = 0; i < v->n; i++)
		(void)json_array_append_new(list, utf8(v->items[i]));
	return list;
}

static json_t *maybe(const char *s)
{
	return s ? utf8(s) : json_null();
}

static json_t *plan_json(const struct ck_plan *plan)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:b}", "name", maybe(plan->name), "select",
	                 strings(&plan->select), "exclude", strings(&plan->exclude), "keep",
	                 strings(&plan->keep), "without_config", (int)plan->without_config,
	                 "without_secrets", (int)plan->without_secrets);
}

static json_t *time_json(int64_t seconds)
{
	char text[32];
	time_rfc3339(seconds, text);
	return json_string(text);
}

static json_t *grades_json(const struct copy *c)
{
	json_t *grades = json_object();
	for (int g = 0; g < CK_GRADE_MAX_; g++) {
		char key[2] = {ck_grade_letter((enum ck_grade)g), '\0'};
		(void)json_object_set_new(grades, key, json_integer((json_int_t)c->grades[g]));
	}
	return grades;
}

/* What both texts say. */
static json_t *common(const struct copy *c)
{
	const struct copy_order *o = &c->order;
	char separator[2] = {o->server->separator, '\0'};
	json_t *root = json_pack(
		"{s:i, s:s, s:I, s:o, s:s, s:i, s:s, s:o, s:o, s:s, s:o, s:I, s:I, s:I, "
		"s:o, s:I, s:I, s:o}",
		"format", HEADLINE_FORMAT, "program", "cyrkeep " CK_VERSION, "archive",
		(json_int_t)o->job, "host", utf8(o->server->host ? o->server->host : ""), "kind",
		"full", "base", 0, "method", o->method, "started", time_json(o->now), "cyrus",
		maybe(o->server->version), "separator", separator, "plan", plan_json(o->plan),
		"mailboxes", (json_int_t)c->mailboxes, "messages", (json_int_t)c->messages,
		"bytes_mail", (json_int_t)c->bytes_mail, "grades", grades_json(c), "findings",
		(json_int_t)c->nfindings, "downtime_ms", (json_int_t)c->downtime_ms, "incomplete",
		maybe(*copy_incomplete(c) ? copy_incomplete(c) : NULL));
	(void)json_object_set_new(root, "configuration_directory",
	                          utf8(o->server->conf->configdirectory));
	return root;
}

static const char *const partition_kind[] = {
	[CK_PARTITION_DATA] = "data",       [CK_PARTITION_META] = "meta",
	[CK_PARTITION_ARCHIVE] = "archive", [CK_PARTITION_SEARCH] = "search",
	[CK_PARTITION_BACKUP] = "backup",
};

static json_t *partitions_json(const struct ck_server *server)
{
	json_t *list = json_array();
	for (size_t i = 0; i < server->npartitions; i++) {
		const struct ck_partition *p = &server->partitions[i];
		(void)json_array_append_new(
			list, json_pack("{s:o, s:s, s:o}", "name", utf8(p->name), "kind",
		                        partition_kind[p->kind], "path", utf8(p->path)));
	}
	return list;
}

/* Where a database lies as text, or null. */
static json_t *text_json(const struct copy *c, const struct copy_database *db)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf member = CK_BUF_INIT;
	if (!db || !db->text || copy_text_member(c, db->path, &member) < 0)
		return json_null();
	return utf8(member.data);
}

/* Those of the server; .cyrkeep/databases.txt has those of the users too. */
static json_t *databases_json(const struct copy *c)
{
	const struct ck_server *server = c->order.server;
	json_t *list = json_array();
	for (size_t i = 0; i < server->ndatabases; i++) {
		const struct ck_database *d = &server->databases[i];
		const struct copy_database *db = copy_find_database(c, d->path);
		json_t *one = json_pack("{s:o, s:o, s:o, s:b, s:o}", "name", maybe(d->name), "path",
		                        maybe(d->path), "backend", maybe(d->backend), "left_out",
		                        copy_is_rebuilt(c, d->path), "text", text_json(c, db));
		(void)json_array_append_new(list, one);
	}
	return list;
}

/* Each settings file: where it lay, where it is, and what of it is secret. */
static json_t *settings_json(const struct copy *c)
{
	json_t *list = json_array();
	for (size_t i = 0; i < c->nhost_files; i++) {
		const struct ck_host_file *f = &c->host_files[i];
		CK_CLEANUP(ck_buf_fini) struct ck_buf member = CK_BUF_INIT;
		bool left_out = c->order.plan->without_secrets && f->secret;
		(void)ck_buf_adds(&member, ".cyrkeep/conf/");
		if (copy_host_member(c, i, &member) < 0)
			continue;
		(void)json_array_append_new(
			list, json_pack("{s:o, s:o, s:b, s:o}", "path", maybe(f->path), "member",
		                        maybe(left_out ? NULL : member.data), "secret",
		                        (int)f->secret, "passwords", strings(&f->secrets)));
	}
	return list;
}

/* Options that decide what names mean and where things lie. */
static json_t *options_json(const struct conf *conf)
{
	json_t *options = json_object();
	const char *key;
	for (size_t i = 0; (key = conf_compared(i)); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf value = CK_BUF_INIT;
		if (conf_effective(conf, key, &value) == 0)
			(void)json_object_set_new(options, key, utf8(value.data));
	}
	return options;
}

static json_t *software_json(const struct software *s)
{
	if (!s)
		return json_null();
	json_t *build = s->build ? json_loads(s->build, 0, NULL) : NULL;
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "package", maybe(s->package), "system",
	                 maybe(s->system), "architecture", maybe(s->architecture), "kernel",
	                 maybe(s->kernel), "libc", maybe(s->libc), "build",
	                 build ? build : maybe(s->build));
}

/* What is left out without a rule, and why; @kept: what the plan has switched off instead. */
static json_t *defaults_json(const struct copy *c, bool kept)
{
	json_t *list = json_array();
	for (int i = 0; i < CK_DEFAULT_EXCLUSIONS; i++) {
		const struct ck_default_exclusion *e = &ck_default_exclusions()[i];
		if ((c->kept >> i & 1) == kept)
			(void)json_array_append_new(
				list, json_pack("{s:s, s:s}", "name", e->name, "why", e->why));
	}
	return list;
}

static json_t *users_json(const struct copy *c)
{
	const struct copy_users *u = &c->users;
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "users", (json_int_t)u->users,
	                 "subscriptions", (json_int_t)u->subscriptions, "seen", (json_int_t)u->seen,
	                 "sieve", (json_int_t)u->sieve, "quotas", (json_int_t)copy_count_quotas(c));
}

static int put_json(json_t *root, size_t flags, struct ck_buf *ret, struct ck_err *err)
{
	CK_FREE char *text = root ? json_dumps(root, flags | JSON_ENSURE_ASCII) : NULL;
	if (!text)
		return ck_err_set(err, CK_EFAIL, "cannot write the manifest");
	ck_buf_reset(ret);
	if (ck_buf_adds(ret, text) < 0 || ck_buf_addc(ret, '\n') < 0)
		return ck_err_nomem(err);
	return 0;
}

int manifest_write(const struct copy *c, struct ck_buf *ret, struct ck_err *err)
{
	CK_CLEANUP(json_freep) json_t *root = common(c);
	if (!root)
		return ck_err_set(err, CK_EFAIL, "cannot write the manifest");
	(void)json_object_set_new(root, "configuration_taken",
	                          json_boolean(!c->order.plan->without_config));
	(void)json_object_set_new(root, "partitions", partitions_json(c->order.server));
	(void)json_object_set_new(root, "state", users_json(c));
	(void)json_object_set_new(root, "left_out_by_default", defaults_json(c, false));
	(void)json_object_set_new(root, "kept_in_spite_of_default", defaults_json(c, true));
	(void)json_object_set_new(root, "databases", databases_json(c));
	(void)json_object_set_new(root, "settings", settings_json(c));
	(void)json_object_set_new(root, "options", options_json(c->order.server->conf));
	(void)json_object_set_new(root, "software", software_json(c->order.software));
	return put_json(root, JSON_INDENT(2), ret, err);
}

int headline_write(const struct copy *c, struct ck_buf *ret, struct ck_err *err)
{
	CK_CLEANUP(json_freep) json_t *root = common(c);
	if (!root)
		return ck_err_set(err, CK_EFAIL, "cannot write the headline");
	(void)json_object_set_new(root, "result", json_string(ck_result_name(c->result)));
	(void)json_object_set_new(root, "members", json_integer((json_int_t)c->members));
	(void)json_object_set_new(
		root, "catalog",
		json_pack("{s:I, s:I, s:I}", "frame", (json_int_t)c->catalog_frame, "offset",
	                  (json_int_t)c->catalog_offset, "size", (json_int_t)c->catalog_size));
	return put_json(root, JSON_COMPACT, ret, err);
}
