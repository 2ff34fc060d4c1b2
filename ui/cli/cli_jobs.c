/* SPDX-License-Identifier: BSD-2-Clause */
/** jobs, attach, pause, resume, cancel, verify, unwind. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cyrkeep/job.h>

#include "cli/cli.h"
#include "cli/cli_json.h"
#include "loop/console.h"
#include "words/fmt.h"
#include "words/leftover.h"

static void show_job(const struct cli *cli, const struct ck_job *j)
{
	const char *result = ck_result_name(j->result);
	if (cli->json) {
		(void)cli_json_print(json_pack(
			"{s:I, s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "job",
			(json_int_t)j->job, "kind", ck_job_kind_name(j->kind), "state",
			ck_job_state_name(j->state), "phase", ck_phase_name(j->phase), "percent",
			j->percent, "result", *result ? json_string(result) : json_null(),
			"started", cli_json_time(j->started_ms / 1000), "ended",
			cli_json_time(j->ended_ms / 1000), "who", cli_json_text(j->who), "title",
			cli_json_text(j->title)));
		return;
	}
	bool ended = j->state == CK_JOB_DONE;
	cli_line("%6u  %-13s %-8s %-10s %4d%%  %-9s  %s", j->job,
	         ui_fmt_date(j->started_ms / 1000, (int64_t)time(NULL)).s,
	         ck_job_kind_name(j->kind), ck_job_state_word(j), j->percent,
	         ended ? result : ck_phase_name(j->phase), j->title);
}

int cli_jobs(struct cli *cli, int argc, char **argv)
{
	int n = cli_options(cli, argc, argv, NULL, 0, 0);
	if (n < 0)
		return -n;
	struct ck_err err = CK_ERR_INIT;
	struct ck_job *jobs = NULL;
	size_t count = 0;
	if (ck_jobs_list(&cli->settings, &jobs, &count, &err) < 0)
		return cli_fail(&err);
	if (!cli->json)
		cli_line(count ? "   job  started       kind     state            result     what"
		               : "There was no job yet.");
	for (size_t i = 0; i < count; i++)
		show_job(cli, &jobs[i]);
	ck_jobs_free(jobs, count);
	return CLI_DONE;
}

/** One operand that is a job number. @return 0 with @ret set, else the exit code. */
static int job_operand(struct cli *cli, int argc, char **argv, uint32_t *ret)
{
	int n = cli_options(cli, argc, argv, NULL, 1, 1);
	if (n < 0)
		return -n;
	if (!cli_number(argv[1], ret))
		return cli_usage(cli, "'%s' is not a job number", argv[1]);
	return CLI_DONE;
}

/** Its findings are damage. */
static bool is_verify(const struct cli *cli, uint32_t job)
{
	struct ck_job *jobs = NULL;
	size_t n = 0;
	bool verify = false;
	if (ck_jobs_list(&cli->settings, &jobs, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		verify |= jobs[i].job == job && jobs[i].kind == CK_JOB_VERIFY;
	ck_jobs_free(jobs, n);
	return verify;
}

int cli_attach(struct cli *cli, int argc, char **argv)
{
	uint32_t job;
	int code = job_operand(cli, argc, argv, &job);
	if (code != CLI_DONE)
		return code;
	struct ck_err err = CK_ERR_INIT;
	if (!cli->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return ui_console(&cli->settings, job, &err) < 0 ? cli_fail(&err) : CLI_DONE;
	return cli_follow(cli, job, false, is_verify(cli, job));
}

static int command_job(struct cli *cli, int argc, char **argv, enum ck_job_command command)
{
	uint32_t job;
	int code = job_operand(cli, argc, argv, &job);
	if (code != CLI_DONE)
		return code;
	struct ck_err err = CK_ERR_INIT;
	return ck_job_command(&cli->settings, job, command, &err) < 0 ? cli_fail(&err) : CLI_DONE;
}

int cli_pause(struct cli *cli, int argc, char **argv)
{
	return command_job(cli, argc, argv, CK_JOB_PAUSE);
}

int cli_resume(struct cli *cli, int argc, char **argv)
{
	return command_job(cli, argc, argv, CK_JOB_RESUME);
}

int cli_cancel(struct cli *cli, int argc, char **argv)
{
	return command_job(cli, argc, argv, CK_JOB_CANCEL);
}

int cli_verify(struct cli *cli, int argc, char **argv)
{
	int n = cli_options(cli, argc, argv, NULL, 1, 1);
	if (n < 0)
		return -n;
	struct ck_err err = CK_ERR_INIT;
	struct ck_job_spec spec = {.kind = CK_JOB_VERIFY, .archive = argv[1]};
	uint32_t job;
	if (ck_job_start(&cli->settings, &spec, &job, &err) < 0)
		return cli_fail(&err);
	return cli_follow(cli, job, true, true);
}

static void show_leftover(const struct cli *cli, const struct ck_leftover *l)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf what = CK_BUF_INIT;
	ui_leftover_what(l, &what);
	if (cli->json)
		(void)cli_json_print(json_pack(
			"{s:I, s:o, s:o, s:o, s:b, s:o, s:o, s:b}", "job", (json_int_t)l->job,
			"what", cli_json_text(l->what), "remedy", cli_json_text(l->remedy),
			"by_hand", cli_json_text(l->by_hand), "urgent", l->urgent, "host",
			cli_json_text(l->host), "configdirectory",
			cli_json_text(l->configdirectory), "elsewhere", l->elsewhere));
	else
		cli_line("job %u: %s; %s (by hand: %s)", l->job, what.data, l->remedy, l->by_hand);
}

int cli_unwind(struct cli *cli, int argc, char **argv)
{
	bool dry_run = false;
	const struct cli_option options[] = {{.name = "dry-run", .flag = &dry_run}, {0}};
	int n = cli_options(cli, argc, argv, options, 0, 0);
	if (n < 0)
		return -n;
	struct ck_err err = CK_ERR_INIT;
	struct ck_leftover *list = NULL;
	size_t count = 0, undone = 0;
	if (ck_unwind_list(&cli->settings, &list, &count, &err) < 0)
		return cli_fail(&err);
	for (size_t i = 0; i < count; i++)
		show_leftover(cli, &list[i]);
	ck_leftovers_free(list, count);
	if (!count && !cli->json)
		cli_line("Nothing is left behind.");
	if (dry_run || !count)
		return CLI_DONE;
	if (ck_unwind(&cli->settings, &undone, &err) < 0)
		return cli_fail(&err);
	if (!cli->json)
		cli_line("%zu undone.", undone);
	return CLI_DONE;
}
