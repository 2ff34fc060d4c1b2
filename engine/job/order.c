/* SPDX-License-Identifier: BSD-2-Clause */
#include "job/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cyrkeep/archive.h>
#include <cyrkeep/select.h>

#include "archive/reader.h"
#include "base/number.h"
#include "hold/hold.h"
#include "job/who.h"

#define METHOD "stop" /* of a plan that names none */

static int fill_destination(const struct ck_settings *settings, const struct ck_job_spec *from,
                            struct spec *to, const char **ret_name, struct ck_err *err)
{
	const char *name = from->destination ? from->destination : from->plan->destination;
	const char *path = name;
	*ret_name = name;
	if (!name || name[0] != '/') {
		const struct ck_destination *d;
		int r = ck_settings_destination(settings, name, &d, err);
		if (r < 0)
			return r;
		path = d->path;
		*ret_name = d->name;
	}
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	to->destination = strndup(path, len);
	return to->destination ? 0 : ck_err_nomem(err);
}

static void add_names(struct ck_buf *ret, const struct ck_strv *names, const char *all)
{
	if (names->n == 0 || ck_strv_has(names, "*")) {
		(void)ck_buf_adds(ret, all);
		return;
	}
	for (size_t i = 0; ret->len < 200 && i < names->n; i++)
		(void)ck_buf_addf(ret, "%s%s", i ? ", " : "", names->items[i]);
}

/* "everything" would not be true of it: " (2 rules, no configuration)". */
static void add_left_out(struct ck_buf *ret, const struct ck_plan *plan)
{
	size_t n = plan->exclude.n;
	if (n || plan->without_config)
		(void)ck_buf_adds(ret, " (");
	if (n)
		(void)ck_buf_addf(ret, "%zu rule%s%s", n, n == 1 ? "" : "s",
		                  plan->without_config ? ", " : "");
	if (n || plan->without_config)
		(void)ck_buf_adds(ret, plan->without_config ? "no configuration)" : ")");
}

int order_check_plan(const struct ck_plan *plan, struct ck_err *err)
{
	uint32_t kept;
	if (plan->method && !hold_method(plan->method, err))
		return CK_EUSAGE;
	if (plan->driver)
		return ck_err_set(err, CK_EUSAGE,
		                  "method '%s' has no drivers, but driver '%s' was given",
		                  plan->method ? plan->method : METHOD, plan->driver);
	for (size_t i = 0; i < plan->exclude.n; i++) {
		struct ck_rule rule;
		int r = ck_rule_parse(plan->exclude.items[i], &rule, err);
		if (r < 0)
			return ck_err_prefix(err, "rule %zu", i + 1);
		ck_rule_fini(&rule);
	}
	return ck_defaults_kept(&plan->keep, &kept, err);
}

static int fill_backup(const struct ck_settings *settings, const struct ck_job_spec *from,
                       struct spec *to, struct ck_buf *title, struct ck_err *err)
{
	const char *destination = NULL;
	to->accept_shrink = from->accept_shrink;
	int r = ck_plan_copy(from->plan, &to->plan);
	if (r < 0)
		return ck_err_nomem(err);
	if (!to->plan.method && !(to->plan.method = strdup(METHOD)))
		return ck_err_nomem(err);
	r = order_check_plan(&to->plan, err);
	ck_rules_drop_off(&to->plan.exclude);
	if (r == 0)
		r = fill_destination(settings, from, to, &destination, err);
	if (r < 0)
		return r;
	(void)ck_buf_adds(title, "backup of ");
	add_names(title, &to->plan.select, "everything");
	add_left_out(title, &to->plan);
	(void)ck_buf_addf(title, " by %s to %s", to->plan.method, destination);
	return 0;
}

/* Its number, where that means it, else the name of its file. */
static void add_archive(const struct ck_settings *settings, const char *path, struct ck_buf *title)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	CK_CLEANUP(headline_fini) struct headline h = {0};
	CK_FREE char *found = NULL, *same = NULL;
	char number[16] = "";
	if (reader_headline(path, &line, NULL) == 0 &&
	    headline_parse(line.data, line.len, &h, NULL) == 0)
		(void)snprintf(number, sizeof number, "%u", h.info.number);
	if (*number && ck_archive_find(settings, number, &found, NULL) == 0)
		same = realpath(found, NULL);
	bool means_it = same && strcmp(same, path) == 0;
	(void)ck_buf_adds(title, means_it ? number : strrchr(path, '/') + 1);
}

/* What is meant now, by whoever asks, from where he is: the worker looks later and elsewhere. */
static int find_archive(const struct ck_settings *settings, const char *which, char **ret,
                        struct ck_buf *title, struct ck_err *err)
{
	CK_FREE char *path = NULL;
	int r = ck_archive_find(settings, which, &path, err);
	if (r < 0)
		return r;
	char *full = realpath(path, NULL);
	if (!full)
		return ck_err_sys(err, "cannot open archive '%s'", path);
	add_archive(settings, full, title);
	free(*ret);
	*ret = full;
	return 0;
}

int order_fill(const struct ck_settings *settings, const struct ck_job_spec *from, struct spec *to,
               struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf title = CK_BUF_INIT;
	CK_CLEANUP(identity_fini) struct identity server = {0};
	int r = 0;
	to->kind = from->kind;
	if (from->kind == CK_JOB_BACKUP) {
		r = fill_backup(settings, from, to, &title, err);
	} else if (from->kind == CK_JOB_RESTORE) {
		if (ck_restore_request_copy(from->restore, &to->restore) < 0)
			return ck_err_nomem(err);
		(void)ck_buf_adds(&title, "restore of ");
		add_names(&title, &to->restore.patterns, "everything");
		(void)ck_buf_adds(&title, " from archive ");
		r = find_archive(settings, from->restore->archive, &to->restore.archive, &title,
		                 err);
		if (to->restore.to && strcmp(to->restore.to, "dated") == 0)
			(void)ck_buf_adds(&title, " into a dated folder");
		else if (to->restore.to && strcmp(to->restore.to, "original") != 0)
			(void)ck_buf_addf(&title, " to %s", to->restore.to);
	} else {
		(void)ck_buf_adds(&title, "verify of archive ");
		r = find_archive(settings, from->archive, &to->archive, &title, err);
	}
	if (r == 0)
		r = identity_read(settings, &server, err);
	to->host = CK_STEAL(server.host);
	to->configdirectory = CK_STEAL(server.configdirectory);
	if (r < 0)
		return r;
	to->title = ck_buf_take(&title);
	to->who = who_is(getpid(), getuid());
	to->started_ms = time_now_ms();
	return to->title && to->who ? 0 : ck_err_nomem(err);
}

int ck_job_check(const struct ck_settings *settings, const struct ck_job_spec *spec,
                 struct ck_err *err)
{
	CK_CLEANUP(spec_fini) struct spec s = {0};
	return order_fill(settings, spec, &s, err);
}
