/* SPDX-License-Identifier: BSD-2-Clause */
/** restore: rehearse, show, ask, run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cyrkeep/job.h>
#include <cyrkeep/server.h>

#include "cli/cli.h"
#include "cli/cli_json.h"
#include "words/fmt.h"
#include "words/restoring.h"

static const char *const action_names[] = {
	[CK_RESTORE_ADD] = "add",       [CK_RESTORE_RECREATE] = "recreate",
	[CK_RESTORE_CREATE] = "create", [CK_RESTORE_NOTHING] = "nothing",
	[CK_RESTORE_REFUSE] = "refuse",
};

/** One sentence about it all. */
static void remark_json(const char *level, const char *text)
{
	(void)cli_json_print(json_pack("{s:s, s:s, s:o}", "event", "remark", "level", level, "text",
	                               cli_json_text(text)));
}

/** Those sentences that are no check but a question, with the answer that was given. */
static void tell_questions(const struct ck_rehearsal *r, const struct ck_restore_request *request,
                           void (*tell)(const char *level, const char *text))
{
	if (r->elsewhere) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
		ui_elsewhere_words(r, &text);
		(void)ck_buf_adds(&text, request->leave_elsewhere
		                                 ? "; they are left there"
		                                 : "; they are put back all the same");
		tell("note", text.data);
	}
	for (size_t i = 0; i < r->nquotas; i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
		if (!ck_restore_passes(&r->quotas[i], request))
			continue;
		ui_passed_words(&r->quotas[i], request, &text);
		(void)ck_buf_adds(&text, "; ");
		ui_quota_meaning(&r->quotas[i], request->quota, request->via, &text);
		tell("warn", text.data);
	}
}

static void rehearsal_json(const struct ck_rehearsal *r, const struct ck_restore_request *request)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct ck_rehearsal_mailbox *m = &r->mailboxes[i];
		(void)cli_json_print(json_pack(
			"{s:s, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "event",
			"rehearsal", "mailbox", cli_json_text(m->source), "target",
			cli_json_text(m->target), "action", action_names[m->action], "wanted",
			(json_int_t)m->wanted, "present", (json_int_t)m->present, "missing",
			(json_int_t)m->missing, "bytes", (json_int_t)m->missing_bytes, "damaged",
			(json_int_t)m->damaged, "elsewhere", (json_int_t)m->elsewhere, "reason",
			cli_json_text(m->reason)));
	}
	tell_questions(r, request, remark_json);
	for (size_t i = 0; i < r->nchecks; i++)
		remark_json(ui_check_word(r->checks[i].level), r->checks[i].text);
}

static size_t count_refused(const struct ck_rehearsal *r)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n; i++)
		n += r->mailboxes[i].action == CK_RESTORE_REFUSE;
	return n;
}

/** The last line of a dry run has the keys of a report, and what is missing: nothing was added. */
static void dry_report_json(const struct ck_rehearsal *r, enum ck_restore_via via)
{
	size_t refused = count_refused(r);
	const char *result = !refused ? "ok" : refused < r->n ? "findings" : "failed";
	uint64_t none[CK_GRADE_MAX_] = {0};
	(void)cli_json_print(json_pack(
		"{s:s, s:n, s:I, s:o, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, "
		"s:I, s:I, s:I, s:I, s:I, s:b}",
		"event", "report", "job", "archive", (json_int_t)r->archive, "path",
		cli_json_text(r->path), "kind", r->kind, "method",
		via == CK_VIA_IMAP ? "imap" : "sync", "result", result, "mailboxes",
		(json_int_t)(r->n - refused), "messages", (json_int_t)(r->missing + r->present),
		"bytes_read", (json_int_t)0, "bytes_written", (json_int_t)0, "downtime_ms",
		(json_int_t)0, "grades", cli_json_grades(none), "findings", (json_int_t)refused,
		"added", (json_int_t)0, "present", (json_int_t)r->present, "failed", (json_int_t)0,
		"mailboxes_failed", (json_int_t)refused, "missing", (json_int_t)r->missing,
		"damaged", (json_int_t)r->damaged, "elsewhere", (json_int_t)r->elsewhere, "dry_run",
		1));
}

static void remark_text(const char *level, const char *text)
{
	(void)level;
	cli_line("%s", text);
}

static void rehearsal_text(const struct ck_rehearsal *r, const struct ck_restore_request *request)
{
	bool leave = request->leave_elsewhere;
	cli_line("%8s %8s %8s  %-8s  %s", "missing", "present", "bytes", "action", "mailbox");
	for (size_t i = 0; i < r->n; i++) {
		const struct ck_rehearsal_mailbox *m = &r->mailboxes[i];
		bool same = strcmp(m->source, m->target) == 0;
		cli_line("%8s %8s %8s  %-8s  %s%s%s%s%s",
		         ui_fmt_count(m->missing - (leave ? m->elsewhere : 0)).s,
		         ui_fmt_count(m->present).s,
		         ui_fmt_size(m->missing_bytes - (leave ? m->elsewhere_bytes : 0)).s,
		         action_names[m->action], m->source, same ? "" : " -> ",
		         same ? "" : m->target, m->reason && *m->reason ? "  " : "",
		         m->reason ? m->reason : "");
	}
	tell_questions(r, request, remark_text);
	for (size_t i = 0; i < r->nchecks; i++)
		if (r->checks[i].level != CK_CHECK_OK)
			cli_line("%s", r->checks[i].text);
	if (r->damaged)
		cli_line("%s %s damaged in the archive and would stay missing; look for %s in an "
		         "older one",
		         ui_fmt_things(r->damaged, "message").s, r->damaged == 1 ? "is" : "are",
		         r->damaged == 1 ? "it" : "them");
	cli_line("%s (%s) would be added; %s %s there already; nothing is changed or removed",
	         ui_fmt_things(r->missing - (leave ? r->elsewhere : 0), "message").s,
	         ui_fmt_size(r->missing_bytes - (leave ? r->elsewhere_bytes : 0)).s,
	         ui_fmt_count(r->present).s, r->present == 1 ? "is" : "are");
}

static bool confirmed(void)
{
	(void)fputs("Restore this? Type yes or no: ", stdout);
	(void)fflush(stdout);
	char answer[16];
	bool read = fgets(answer, sizeof answer, stdin) != NULL;
	if (!read)
		(void)putchar('\n');
	else
		answer[strcspn(answer, "\n")] = '\0';
	if (read && (strcasecmp(answer, "yes") == 0 || strcasecmp(answer, "y") == 0))
		return true;
	(void)fflush(stdout);
	(void)fputs("cyrkeep: nothing was changed\n", stderr);
	return false;
}

static int make_request(const char *to, const char *uids, const char *via, char **operands, int n,
                        struct ck_restore_request *ret)
{
	ret->archive = strdup(operands[0]);
	ret->to = to ? strdup(to) : NULL;
	ret->uids = uids ? strdup(uids) : NULL;
	if (!ret->archive || (to && !ret->to) || (uids && !ret->uids))
		return CK_ENOMEM;
	for (int i = 1; i < n; i++) {
		if (ck_strv_add(&ret->patterns, operands[i]) < 0)
			return CK_ENOMEM;
	}
	ret->via = via && strcmp(via, "imap") == 0 ? CK_VIA_IMAP : CK_VIA_SYNC;
	return 0;
}

/** One refused mailbox is no reason to keep the others from coming back. */
static void tell_refused(const struct ck_rehearsal *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct ck_rehearsal_mailbox *m = &r->mailboxes[i];
		if (m->action != CK_RESTORE_REFUSE)
			continue;
		struct ck_err err = CK_ERR_INIT;
		(void)ck_err_set(&err, CK_EFAIL, "'%s' cannot be restored like this: %s", m->source,
		                 m->reason);
		(void)cli_fail(&err);
	}
}

/** Rehearse and show. @ret_go: there is something to run, and it may be run, from the archive that
 * was shown. @return exit code */
static int rehearse(struct cli *cli, struct ck_restore_request *request, bool dry, bool yes,
                    bool *ret_go)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_rehearsal r = {0};
	/* A backup that has stopped Cyrus is why nobody answers: then that is to be told. */
	if (!dry && ck_job_busy(&cli->settings, &err) < 0)
		return cli_fail(&err);
	if (ck_restore_rehearse(&cli->settings, request, NULL, &r, &err) < 0) {
		struct ck_err busy = CK_ERR_INIT;
		bool down = ck_server_is_up(&cli->settings, NULL) == 0 &&
		            ck_job_busy(&cli->settings, &busy) == CK_EBUSY;
		return cli_fail(down ? &busy : &err);
	}
	size_t refused = count_refused(&r);
	bool all = refused && refused == r.n;
	if (!cli->json) {
		rehearsal_text(&r, request);
	} else if (dry) {
		rehearsal_json(&r, request);
		dry_report_json(&r, request->via);
	}
	tell_refused(&r);
	if (all && !dry)
		(void)fprintf(stderr, "cyrkeep: nothing was changed\n");
	*ret_go = !all && !dry && (yes || confirmed());
	int code = all ? CLI_FAILED : refused ? CLI_FINDINGS : CLI_DONE;
	if (!all && !dry && !*ret_go)
		code = CLI_CANCELLED;
	free(request->archive);
	request->archive = CK_STEAL(r.path);
	ck_rehearsal_fini(&r);
	return code;
}

int cli_restore(struct cli *cli, int argc, char **argv)
{
	const char *to = NULL, *uids = NULL, *via = NULL, *quota = NULL, *elsewhere = NULL;
	bool dry = false, yes = false;
	const struct cli_option options[] = {
		{.name = "to", .takes_value = true, .value = &to},
		{.name = "uid", .takes_value = true, .value = &uids},
		{.name = "via", .takes_value = true, .value = &via},
		{.name = "quota", .takes_value = true, .value = &quota},
		{.name = "elsewhere", .takes_value = true, .value = &elsewhere},
		{.name = "dry-run", .flag = &dry},
		{.name = "yes", .flag = &yes},
		{0},
	};
	int n = cli_options(cli, argc, argv, options, 2, -1);
	if (n < 0)
		return -n;
	if (via && strcmp(via, "sync") != 0 && strcmp(via, "imap") != 0)
		return cli_usage(cli, "this version restores via sync or imap, not '%s'", via);
	struct ck_restore_request request = {0};
	if (quota && ck_restore_quota_parse(quota, &request.quota) < 0)
		return cli_usage(cli, "--quota is keep, fit or raise, not '%s'", quota);
	if (elsewhere && strcmp(elsewhere, "restore") != 0 && strcmp(elsewhere, "leave") != 0)
		return cli_usage(cli, "--elsewhere is restore or leave, not '%s'", elsewhere);
	request.leave_elsewhere = elsewhere && strcmp(elsewhere, "leave") == 0;
	if (request.leave_elsewhere && via && strcmp(via, "imap") == 0)
		return cli_usage(cli, "--elsewhere leave goes with --via sync only: by imap nobody "
		                      "looks into the other mailboxes");
	if (!dry && !yes && cli->json)
		return cli_usage(cli, "with --json a restore does not ask: say --yes, or --dry-run "
		                      "for the rehearsal only");
	if (!dry && !yes && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
		return cli_usage(cli, "without a terminal a restore needs --yes, or --dry-run for "
		                      "the rehearsal only");
	bool go = false;
	struct ck_err err = CK_ERR_INIT;
	int code;
	if (make_request(to, uids, via, argv + 1, n, &request) < 0) {
		(void)ck_err_nomem(&err);
		code = cli_fail(&err);
	} else {
		code = rehearse(cli, &request, dry, yes, &go);
	}
	if (go) {
		struct ck_job_spec spec = {.kind = CK_JOB_RESTORE, .restore = &request};
		uint32_t job;
		code = ck_job_start(&cli->settings, &spec, &job, &err) < 0
		               ? cli_fail(&err)
		               : cli_follow(cli, job, true, false);
	}
	ck_restore_request_fini(&request);
	return code;
}
