/* SPDX-License-Identifier: BSD-2-Clause */
/** backup: work out the plan, show it or run it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cyrkeep/job.h>
#include <cyrkeep/select.h>

#include "cli.h"
#include "cli_json.h"
#include "fmt.h"
#include "sessions.h"
#include "text.h"

#define NAMES_WIDTH 60

/* What the options say. */
struct backup_options {
	const char *plan, *method, *driver, *to;
	struct ck_strv exclude;
	bool full, detach, dry_run, without_config, yes_without_config;
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

/* The named plan, or none, changed by options and patterns. */
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
	    replace_text(&ret->method, o->method     ? o->method
	                               : ret->method ? NULL
	                                             : "stop") < 0 ||
	    replace_text(&ret->driver, o->driver) < 0)
		return ck_err_nomem(err);
	ret->without_config |= o->without_config;
	if (ret->without_config && !o->yes_without_config && !o->dry_run) {
		(void)ck_err_set(err, CK_EUSAGE,
		                 "without the configuration directory the archive has no list of "
		                 "mailboxes, subscriptions, seen state, quotas and sieve scripts");
		return ck_err_remedy(err, "say --yes-without-config if that is wanted");
	}
	return 0;
}

/* Who is cut off when Cyrus is stopped; nothing when the plan does not stop it. */
static void show_sessions(const struct cli *cli, const struct ck_plan *plan, FILE *to,
                          const char *before, const char *what)
{
	CK_CLEANUP(ck_sessions_fini) struct ck_sessions sessions = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	if (!ck_method_stops(plan->method))
		return;
	if (ck_sessions_list(&cli->settings, &sessions, &err) < 0) {
		(void)ck_buf_adds(&text, "who is connected cannot be told: ");
		(void)ui_text(err.msg, SIZE_MAX, UI_NAME, &text);
	} else {
		ui_sessions_count(&sessions, &text);
		(void)ck_buf_addf(&text, " %s%s", what, sessions.nusers ? ": " : "");
		ui_sessions_names(&sessions, NAMES_WIDTH, &text);
	}
	(void)fprintf(to, "%s%s\n", before, text.data);
}

static void show_estimate_json(const struct ck_server *s, const struct ck_estimate *est)
{
	for (size_t i = 0; i < est->nmailboxes; i++) {
		const struct ck_estimate_mailbox *m = &est->mailboxes[i];
		(void)cli_json_print(json_pack(
			"{s:s, s:o, s:I, s:I, s:o}", "kind", "mailbox", "mailbox",
			cli_json_text(s->mailboxes[m->mailbox].name), "messages",
			(json_int_t)m->messages, "bytes", (json_int_t)m->bytes, "left_out",
			m->left_out ? json_integer(m->left_out) : json_null()));
	}
	for (size_t i = 0; i < est->nrules; i++)
		(void)cli_json_print(json_pack("{s:s, s:I, s:I, s:I, s:I}", "kind", "rule", "rule",
		                               (json_int_t)(i + 1), "mailboxes",
		                               (json_int_t)est->rules[i].mailboxes, "messages",
		                               (json_int_t)est->rules[i].messages, "bytes",
		                               (json_int_t)est->rules[i].bytes));
	(void)cli_json_print(json_pack("{s:s, s:I, s:I, s:I}", "kind", "total", "mailboxes",
	                               (json_int_t)est->taken_mailboxes, "messages",
	                               (json_int_t)est->taken_messages, "bytes",
	                               (json_int_t)est->taken_bytes));
}

static void show_estimate(const struct ck_server *s, const struct ck_plan *plan,
                          const struct ck_estimate *est)
{
	cli_line("%10s %8s  %-8s  %s", "messages", "bytes", "left out", "mailbox");
	for (size_t i = 0; i < est->nmailboxes; i++) {
		const struct ck_estimate_mailbox *m = &est->mailboxes[i];
		char rule[24] = "";
		if (m->left_out)
			(void)snprintf(rule, sizeof rule, "rule %d", m->left_out);
		cli_line("%10s %8s  %-8s  %s", ui_fmt_count(m->messages).s, ui_fmt_size(m->bytes).s,
		         rule, s->mailboxes[m->mailbox].name);
	}
	for (size_t i = 0; i < est->nrules; i++) {
		const struct ck_rule_effect *r = &est->rules[i];
		if (r->mailboxes)
			cli_line("rule %zu  %s: %s mailboxes, %s messages, %s", i + 1,
			         plan->exclude.items[i], ui_fmt_count(r->mailboxes).s,
			         ui_fmt_count(r->messages).s, ui_fmt_size(r->bytes).s);
		else
			cli_line("rule %zu  %s: catches nothing", i + 1, plan->exclude.items[i]);
	}
	cli_line("total  %s mailboxes, %s messages, %s", ui_fmt_count(est->taken_mailboxes).s,
	         ui_fmt_count(est->taken_messages).s, ui_fmt_size(est->taken_bytes).s);
}

static int dry_run(struct cli *cli, const struct ck_plan *plan, const struct backup_options *o)
{
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_server_closep) struct ck_server *server = NULL;
	struct ck_estimate est = {0};
	struct ck_job_spec spec = {.kind = CK_JOB_BACKUP, .plan = plan, .destination = o->to};
	if (ck_job_check(&cli->settings, &spec, &err) < 0 ||
	    ck_server_open(&cli->settings, NULL, &server, &err) < 0 ||
	    ck_server_read_heads(server, NULL, &err) < 0 ||
	    ck_estimate(server, plan, (int64_t)time(NULL), NULL, &est, &err) < 0)
		return cli_fail(&err);
	if (cli->json) {
		show_estimate_json(server, &est);
	} else {
		show_estimate(server, plan, &est);
		show_sessions(cli, plan, stdout, "stop   ", "would be cut off");
	}
	ck_estimate_fini(&est);
	return CLI_DONE;
}

static int start(struct cli *cli, const struct ck_plan *plan, const struct backup_options *o)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_job_spec spec = {.kind = CK_JOB_BACKUP, .plan = plan, .destination = o->to};
	uint32_t job;
	if (ck_job_start(&cli->settings, &spec, &job, &err) < 0)
		return cli_fail(&err);
	if (!cli->json && isatty(STDERR_FILENO))
		show_sessions(cli, plan, stderr, "", "will be cut off");
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
		{.name = "full", .flag = &o.full},
		{.name = "detach", .flag = &o.detach},
		{.name = "dry-run", .flag = &o.dry_run},
		{.name = "without-config", .flag = &o.without_config},
		{.name = "yes-without-config", .flag = &o.yes_without_config},
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
	ck_plan_fini(&plan);
	return code;
}
