/* SPDX-License-Identifier: BSD-2-Clause */
/** backup: work out the plan, show it or run it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cyrkeep/job.h>
#include <cyrkeep/select.h>

#include "cli/cli.h"
#include "cli/cli_json.h"
#include "words/fmt.h"
#include "words/forecast.h"
#include "words/sessions.h"
#include "words/text.h"

/** What the options say. */
struct backup_options {
	const char *plan, *method, *driver, *to;
	struct ck_strv exclude, keep;
	bool full, detach, dry_run, without_config, yes_without_config, without_secrets;
	bool accept_shrink;
};

static int replace_text(char **text, const char *by)
{
	if (!by)
		return 0;
	char *copy = strdup(by);
	if (!copy)
		return CK_ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

/** The named plan, or none, changed by options and patterns. */
static int make_plan(const struct cli *cli, const struct backup_options *o, char **patterns, int n,
                     struct ck_plan *ret, struct ck_err *err)
{
	if (o->plan) {
		const struct ck_plan *saved;
		int r = ck_settings_plan(&cli->settings, o->plan, &saved, err);
		if (r < 0)
			return r;
		if (ck_plan_copy(saved, ret) < 0)
			return ck_err_nomem(err);
	}
	if (n > 0)
		ck_strv_fini(&ret->select);
	for (int i = 0; i < n; i++) {
		if (ck_strv_add(&ret->select, patterns[i]) < 0)
			return ck_err_nomem(err);
	}
	if (ck_strv_copy(&ret->exclude, &o->exclude) < 0 ||
	    ck_strv_copy(&ret->keep, &o->keep) < 0 ||
	    replace_text(&ret->method, o->method     ? o->method
	                               : ret->method ? NULL
	                                             : "stop") < 0 ||
	    replace_text(&ret->driver, o->driver) < 0)
		return ck_err_nomem(err);
	ret->without_config |= o->without_config;
	ret->without_secrets |= o->without_secrets;
	if (ret->without_config && !o->yes_without_config && !o->dry_run) {
		(void)ck_err_set(err, CK_EUSAGE,
		                 "without the configuration directory the archive has no list of "
		                 "mailboxes, subscriptions, seen state, quotas and sieve scripts");
		return ck_err_remedy(err, "say --yes-without-config if that is wanted");
	}
	return 0;
}

/** What a stop means for the users; known only where the plan stops Cyrus. */
struct impact {
	bool stops;
	struct ck_sessions sessions;
	struct ck_err sessions_err;
	struct ck_forecast forecast;
};

static void impact_fini(struct impact *i)
{
	ck_sessions_fini(&i->sessions);
}

static void find_sessions(const struct cli *cli, const struct ck_plan *plan, struct impact *ret)
{
	*ret = (struct impact){.stops = ck_method_stops(plan->method)};
	if (ret->stops)
		(void)!ck_sessions_list(&cli->settings, &ret->sessions, &ret->sessions_err);
}

static void find_impact(const struct cli *cli, const struct ck_plan *plan, uint64_t bytes,
                        struct impact *ret)
{
	struct ck_method *methods = NULL;
	size_t n = 0;
	find_sessions(cli, plan, ret);
	if (!ret->stops || ck_methods_list(&cli->settings, bytes, &methods, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (strcmp(methods[i].name, plan->method) == 0)
			ret->forecast = methods[i].forecast;
	ck_methods_free(methods, n);
}

/** "5 sessions of 3 users WHAT: anne (2), bob and 1 more", harmless. */
static void name_sessions(const struct impact *i, const char *what, struct ck_buf *ret)
{
	if (i->sessions_err.code) {
		(void)ck_buf_adds(ret, "who is connected cannot be told: ");
		(void)ui_text(i->sessions_err.msg, SIZE_MAX, UI_NAME, ret);
		return;
	}
	ui_sessions_count(&i->sessions, ret);
	(void)ck_buf_addf(ret, " %s%s", what, i->sessions.nusers ? ": " : "");
	ui_sessions_names(&i->sessions, CLI_NAMES_WIDTH, ret);
}

static void show_impact(const struct impact *i, uint64_t bytes)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf who = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf why = CK_BUF_INIT;
	if (!i->stops)
		return;
	name_sessions(i, "would be cut off", &who);
	ui_forecast_why(&i->forecast, bytes, &why);
	cli_line("stop   %s", who.data);
	cli_line("down   %s; new mail waits at the MTA meanwhile. %s", ui_forecast(&i->forecast).s,
	         why.data);
}

static json_t *defaults_json(const struct ck_plan *plan, const struct ck_default_effect *effects)
{
	json_t *list = json_array();
	for (int i = 0; i < CK_DEFAULT_EXCLUSIONS; i++) {
		const char *name = ck_default_exclusions()[i].name;
		(void)json_array_append_new(list, json_pack("{s:s, s:b, s:I, s:I}", "name", name,
		                                            "on", !ck_strv_has(&plan->keep, name),
		                                            "files", (json_int_t)effects[i].files,
		                                            "bytes", (json_int_t)effects[i].bytes));
	}
	return list;
}

static void show_total_json(const struct ck_plan *plan, const struct ck_estimate *est,
                            const struct ck_default_effect *effects, const struct impact *i)
{
	json_t *total =
		json_pack("{s:s, s:I, s:I, s:I}", "kind", "total", "mailboxes",
	                  (json_int_t)est->taken_mailboxes, "messages",
	                  (json_int_t)est->taken_messages, "bytes", (json_int_t)est->taken_bytes);
	if (total && i->stops && !i->sessions_err.code)
		(void)json_object_update_new(
			total, json_pack("{s:I, s:I, s:I}", "sessions", (json_int_t)i->sessions.n,
		                         "users", (json_int_t)i->sessions.nusers, "downtime_ms",
		                         (json_int_t)i->forecast.downtime_ms));
	if (total)
		(void)json_object_set_new(total, "left_out_by_default",
		                          defaults_json(plan, effects));
	(void)cli_json_print(total);
}

/** Null when it is not known. */
static json_t *known_json(bool known, uint64_t n)
{
	return known ? json_integer((json_int_t)n) : json_null();
}

static void show_estimate_json(const struct ck_server *s, const struct ck_estimate *est)
{
	for (size_t i = 0; i < est->nmailboxes; i++) {
		const struct ck_estimate_mailbox *m = &est->mailboxes[i];
		const struct ck_mailbox *box = &s->mailboxes[m->mailbox];
		bool known = box->head == CK_HEAD_OK;
		(void)cli_json_print(json_pack(
			"{s:s, s:o, s:o, s:o, s:o}", "kind", "mailbox", "mailbox",
			cli_json_text(box->name), "messages", known_json(known, m->messages),
			"bytes", known_json(known, m->bytes), "left_out",
			m->left_out ? json_integer(m->left_out) : json_null()));
	}
	for (size_t i = 0; i < est->nrules; i++)
		(void)cli_json_print(json_pack("{s:s, s:I, s:I, s:I, s:I}", "kind", "rule", "rule",
		                               (json_int_t)(i + 1), "mailboxes",
		                               (json_int_t)est->rules[i].mailboxes, "messages",
		                               (json_int_t)est->rules[i].messages, "bytes",
		                               (json_int_t)est->rules[i].bytes));
}

static void show_defaults(const struct ck_plan *plan, const struct ck_default_effect *effects)
{
	for (int i = 0; i < CK_DEFAULT_EXCLUSIONS; i++) {
		const struct ck_default_exclusion *e = &ck_default_exclusions()[i];
		const char *off = ck_strv_has(&plan->keep, e->name) ? "kept " : "";
		if (effects[i].files)
			cli_line("default  %s%s (%s, %s): %s, %s", off, e->name, e->where, e->why,
			         ui_fmt_things(effects[i].files, "file").s,
			         ui_fmt_size(effects[i].bytes).s);
		else
			cli_line("default  %s%s (%s, %s): catches nothing", off, e->name, e->where,
			         e->why);
	}
	cli_line("never taken: sockets, pipes, devices");
}

static void show_estimate(const struct ck_server *s, const struct ck_plan *plan,
                          const struct ck_estimate *est, const struct ck_default_effect *effects)
{
	cli_line("%10s %8s  %-8s  %s", "messages", "bytes", "left out", "mailbox");
	for (size_t i = 0; i < est->nmailboxes; i++) {
		const struct ck_estimate_mailbox *m = &est->mailboxes[i];
		const struct ck_mailbox *box = &s->mailboxes[m->mailbox];
		bool known = box->head == CK_HEAD_OK;
		char rule[24] = "";
		if (m->left_out)
			(void)snprintf(rule, sizeof rule, "rule %d", m->left_out);
		cli_line("%10s %8s  %-8s  %s", known ? ui_fmt_count(m->messages).s : "?",
		         known ? ui_fmt_size(m->bytes).s : "?", rule, box->name);
	}
	for (size_t i = 0; i < est->nrules; i++) {
		const struct ck_rule_effect *r = &est->rules[i];
		if (r->mailboxes)
			cli_line("rule %zu  %s: %s, %s, %s", i + 1, plan->exclude.items[i],
			         ui_fmt_things(r->mailboxes, "mailbox").s,
			         ui_fmt_things(r->messages, "message").s, ui_fmt_size(r->bytes).s);
		else
			cli_line("rule %zu  %s: catches nothing", i + 1, plan->exclude.items[i]);
	}
	show_defaults(plan, effects);
	cli_line("total  %s, %s, %s", ui_fmt_things(est->taken_mailboxes, "mailbox").s,
	         ui_fmt_things(est->taken_messages, "message").s, ui_fmt_size(est->taken_bytes).s);
}

/** Mailboxes that would be taken, but nobody knows what they hold. */
static int tell_unreadable(const struct ck_server *s, const struct ck_estimate *est)
{
	const char *first = NULL;
	size_t n = 0;
	for (size_t i = 0; i < est->nmailboxes; i++) {
		const struct ck_estimate_mailbox *m = &est->mailboxes[i];
		const struct ck_mailbox *box = &s->mailboxes[m->mailbox];
		if (!m->left_out && box->head != CK_HEAD_OK && !n++)
			first = box->name;
	}
	return n ? cli_unreadable(n, first) : CLI_DONE;
}

/* Rules get the numbers that the archive will have: @plan loses those that are off. */
static int dry_run(struct cli *cli, struct ck_plan *plan, const struct backup_options *o)
{
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_server_closep) struct ck_server *server = NULL;
	CK_CLEANUP(impact_fini) struct impact impact = {0};
	struct ck_estimate est = {0};
	struct ck_default_effect effects[CK_DEFAULT_EXCLUSIONS];
	struct ck_job_spec spec = {.kind = CK_JOB_BACKUP, .plan = plan, .destination = o->to};
	if (ck_job_check(&cli->settings, &spec, &err) < 0)
		return cli_fail(&err);
	ck_rules_drop_off(&plan->exclude);
	if (ck_server_open(&cli->settings, NULL, &server, &err) < 0 ||
	    ck_server_read_heads(server, NULL, &err) < 0 ||
	    ck_estimate(server, plan, (int64_t)time(NULL), NULL, &est, &err) < 0)
		return cli_fail(&err);
	if (ck_default_effects(server, plan, &est, NULL, effects, &err) < 0) {
		ck_estimate_fini(&est);
		return cli_fail(&err);
	}
	find_impact(cli, plan, est.taken_bytes, &impact);
	if (cli->json) {
		show_estimate_json(server, &est);
		show_total_json(plan, &est, effects, &impact);
	} else {
		show_estimate(server, plan, &est, effects);
		show_impact(&impact, est.taken_bytes);
	}
	int code = tell_unreadable(server, &est);
	ck_estimate_fini(&est);
	return code;
}

/** On a terminal: who is about to be cut off. */
static void warn(const struct cli *cli, const struct ck_plan *plan)
{
	CK_CLEANUP(impact_fini) struct impact impact = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf who = CK_BUF_INIT;
	if (cli->json || !isatty(STDERR_FILENO))
		return;
	find_sessions(cli, plan, &impact);
	name_sessions(&impact, "will be cut off", &who);
	if (impact.stops)
		(void)fprintf(stderr, "%s\n", who.data);
}

static int start(struct cli *cli, const struct ck_plan *plan, const struct backup_options *o)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_job_spec spec = {.kind = CK_JOB_BACKUP,
	                           .plan = plan,
	                           .destination = o->to,
	                           .accept_shrink = o->accept_shrink};
	uint32_t job;
	if (ck_job_start(&cli->settings, &spec, &job, &err) < 0)
		return cli_fail(&err);
	warn(cli, plan);
	if (!o->detach)
		return cli_follow(cli, job, true, false);
	if (cli->json)
		(void)cli_json_print(json_pack("{s:I}", "job", (json_int_t)job));
	else
		cli_line("Job %u runs.  cyrkeep attach %u", job, job);
	return CLI_DONE;
}

int cli_backup(struct cli *cli, int argc, char **argv)
{
	struct backup_options o = {0};
	struct ck_plan plan = {0};
	const struct cli_option options[] = {
		{.name = "plan", .takes_value = true, .value = &o.plan},
		{.name = "method", .takes_value = true, .value = &o.method},
		{.name = "driver", .takes_value = true, .value = &o.driver},
		{.name = "to", .takes_value = true, .value = &o.to},
		{.name = "exclude", .takes_value = true, .list = &o.exclude},
		{.name = "keep", .takes_value = true, .list = &o.keep},
		{.name = "full", .flag = &o.full},
		{.name = "detach", .flag = &o.detach},
		{.name = "dry-run", .flag = &o.dry_run},
		{.name = "without-config", .flag = &o.without_config},
		{.name = "yes-without-config", .flag = &o.yes_without_config},
		{.name = "without-secrets", .flag = &o.without_secrets},
		{.name = "accept-shrink", .flag = &o.accept_shrink},
		{0},
	};
	int n = cli_options(cli, argc, argv, options, 0, -1);
	int code = n < 0 ? -n : CLI_DONE;
	struct ck_err err = CK_ERR_INIT;
	if (code == CLI_DONE && make_plan(cli, &o, argv + 1, n, &plan, &err) < 0)
		code = cli_fail(&err);
	if (code == CLI_DONE)
		code = o.dry_run ? dry_run(cli, &plan, &o) : start(cli, &plan, &o);
	ck_strv_fini(&o.exclude);
	ck_strv_fini(&o.keep);
	ck_plan_fini(&plan);
	return code;
}
