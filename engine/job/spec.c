/* SPDX-License-Identifier: BSD-2-Clause */
#include "job/spec.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "job/dir.h"
#include "job/event.h"
#include "job/js.h"

#define SPEC_VERSION 1
#define SPEC_LIMIT   ((size_t)16 << 20) /* a plan from a tree with many boxes unticked is long */

static const char *const kind_names[] = {
	[CK_JOB_BACKUP] = "backup",
	[CK_JOB_RESTORE] = "restore",
	[CK_JOB_VERIFY] = "verify",
};

const char *ck_job_kind_name(enum ck_job_kind kind)
{
	return (size_t)kind < CK_COUNT(kind_names) ? kind_names[kind] : "";
}

static void put_plan(json_t **o, const struct ck_plan *p)
{
	json_t *plan = json_object();
	js_put(&plan, "name", js_text(p->name));
	js_put(&plan, "method", js_text(p->method));
	js_put(&plan, "driver", js_text(p->driver));
	js_put(&plan, "destination", js_text(p->destination));
	js_put(&plan, "select", js_texts(&p->select));
	js_put(&plan, "exclude", js_texts(&p->exclude));
	js_put(&plan, "keep", js_texts(&p->keep));
	js_put(&plan, "without_config", json_boolean(p->without_config));
	js_put(&plan, "without_secrets", json_boolean(p->without_secrets));
	js_put(o, "plan", plan);
}

static void put_restore(json_t **o, const struct ck_restore_request *r)
{
	json_t *restore = json_object();
	js_put(&restore, "archive", js_text(r->archive));
	js_put(&restore, "patterns", js_texts(&r->patterns));
	js_put(&restore, "to", js_text(r->to));
	js_put(&restore, "uids", js_text(r->uids));
	js_put(&restore, "via", js_text(r->via == CK_VIA_IMAP ? "imap" : "sync"));
	js_put(&restore, "quota", js_text(ck_restore_quota_name(r->quota)));
	js_put(&restore, "leave_elsewhere", json_boolean(r->leave_elsewhere));
	js_put(o, "restore", restore);
}

int spec_format(const struct spec *spec, struct ck_buf *ret)
{
	CK_CLEANUP(js_freep) json_t *o = json_object();
	char started[40];
	event_time(spec->started_ms, started);
	js_put(&o, "version", json_integer(SPEC_VERSION));
	js_put(&o, "kind", js_text(ck_job_kind_name(spec->kind)));
	js_put(&o, "host", js_text(spec->host));
	js_put(&o, "configdirectory", js_text(spec->configdirectory));
	js_put(&o, "who", js_text(spec->who));
	js_put(&o, "title", js_text(spec->title));
	js_put(&o, "started", js_text(started));
	if (spec->kind == CK_JOB_BACKUP) {
		put_plan(&o, &spec->plan);
		js_put(&o, "destination", js_text(spec->destination));
		js_put(&o, "accept_shrink", json_boolean(spec->accept_shrink));
	} else if (spec->kind == CK_JOB_RESTORE) {
		put_restore(&o, &spec->restore);
	} else {
		js_put(&o, "archive", js_text(spec->archive));
	}
	return js_line(o, ret);
}

static int get_plan(const json_t *o, struct ck_plan *p)
{
	if (!json_is_object(o))
		return CK_ECORRUPT;
	p->without_config = json_is_true(json_object_get(o, "without_config"));
	p->without_secrets = json_is_true(json_object_get(o, "without_secrets"));
	return js_copy(o, "name", &p->name) < 0 || js_copy(o, "method", &p->method) < 0 ||
	                       js_copy(o, "driver", &p->driver) < 0 ||
	                       js_copy(o, "destination", &p->destination) < 0 ||
	                       js_copy_texts(o, "select", &p->select) < 0 ||
	                       js_copy_texts(o, "exclude", &p->exclude) < 0 ||
	                       js_copy_texts(o, "keep", &p->keep) < 0
	               ? CK_ENOMEM
	               : 0;
}

static int get_restore(const json_t *o, struct ck_restore_request *r)
{
	if (!json_is_object(o) || !json_is_string(json_object_get(o, "archive")))
		return CK_ECORRUPT;
	r->via = strcmp(js_string(o, "via", ""), "imap") == 0 ? CK_VIA_IMAP : CK_VIA_SYNC;
	r->leave_elsewhere = json_is_true(json_object_get(o, "leave_elsewhere"));
	if (ck_restore_quota_parse(js_string(o, "quota", "keep"), &r->quota) < 0)
		return CK_ECORRUPT;
	return js_copy(o, "archive", &r->archive) < 0 ||
	                       js_copy_texts(o, "patterns", &r->patterns) < 0 ||
	                       js_copy(o, "to", &r->to) < 0 || js_copy(o, "uids", &r->uids) < 0
	               ? CK_ENOMEM
	               : 0;
}

static int get_spec(const json_t *o, struct spec *s)
{
	const char *kind = js_string(o, "kind", "");
	size_t k = 0;
	while (k < CK_COUNT(kind_names) && strcmp(kind, kind_names[k]) != 0)
		k++;
	if (k == CK_COUNT(kind_names) || js_number(o, "version", 0) != SPEC_VERSION ||
	    !event_time_parse(js_string(o, "started", ""), &s->started_ms))
		return CK_ECORRUPT;
	s->kind = (enum ck_job_kind)k;
	s->who = strdup(js_string(o, "who", ""));
	s->title = strdup(js_string(o, "title", ""));
	if (!s->who || !s->title || js_copy(o, "host", &s->host) < 0 ||
	    js_copy(o, "configdirectory", &s->configdirectory) < 0)
		return CK_ENOMEM;
	if (s->kind == CK_JOB_RESTORE)
		return get_restore(json_object_get(o, "restore"), &s->restore);
	if (s->kind == CK_JOB_VERIFY)
		return js_copy(o, "archive", &s->archive) < 0 ? CK_ENOMEM
		       : s->archive                           ? 0
		                                              : CK_ECORRUPT;
	s->accept_shrink = json_is_true(json_object_get(o, "accept_shrink"));
	int r = get_plan(json_object_get(o, "plan"), &s->plan);
	if (r == 0 && js_copy(o, "destination", &s->destination) < 0)
		r = CK_ENOMEM;
	return r == 0 && (!s->destination || !s->plan.method) ? CK_ECORRUPT : r;
}

int spec_parse(const char *text, size_t len, struct spec *ret)
{
	CK_CLEANUP(js_freep) json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	CK_CLEANUP(spec_fini) struct spec s = {0};
	int r = json_is_object(o) ? get_spec(o, &s) : CK_ECORRUPT;
	if (r < 0)
		return r;
	*ret = s;
	s = (struct spec){0};
	return 0;
}

int spec_write(const struct ck_settings *settings, uint32_t job, const struct spec *spec,
               struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_FREE char *path = dir_file(settings, job, "spec");
	if (!path || spec_format(spec, &text) < 0 || ck_buf_addc(&text, '\n') < 0)
		return ck_err_nomem(err);
	return fs_replace(AT_FDCWD, path, text.data, text.len, 0600, err);
}

int spec_read(const struct ck_settings *settings, uint32_t job, struct spec *ret,
              struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_FREE char *path = dir_file(settings, job, "spec");
	if (!path)
		return ck_err_nomem(err);
	int r = fs_read_file(AT_FDCWD, path, SPEC_LIMIT, &text, err);
	if (r == CK_ENOTFOUND)
		return dir_refuse_missing(job, err);
	if (r < 0)
		return r;
	r = spec_parse(text.data, text.len, ret);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	return r < 0 ? ck_err_set(err, r, "'%s' cannot be understood", path) : 0;
}

bool spec_is_of(const struct spec *spec, const struct identity *server)
{
	return !spec->host || identity_is(server, spec->host, spec->configdirectory);
}

void spec_fini(struct spec *s)
{
	ck_plan_fini(&s->plan);
	ck_restore_request_fini(&s->restore);
	free(s->destination);
	free(s->archive);
	free(s->host);
	free(s->configdirectory);
	free(s->who);
	free(s->title);
	*s = (struct spec){0};
}
