/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Watching a job from the command line.
 *
 * On a terminal one line is rewritten with the latest figures; elsewhere each phase, finding and
 * note has a line, so that cron mail reads well; with --json each event is its own line.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cyrkeep/job.h>

#include "cli/cli.h"
#include "cli/cli_json.h"
#include "words/fmt.h"
#include "words/text.h"

/** State of one watch. */
struct follow {
	struct cli *cli;
	uint32_t job;
	bool owner;      /* an interrupt cancels */
	bool cancelling; /* it was asked once */
	bool live_line;  /* a progress line stands on the terminal */
	bool terminal;
};

static void end_live_line(struct follow *f)
{
	if (f->live_line)
		(void)fputs("\r\033[K", stderr);
	f->live_line = false;
}

static void show_progress(struct follow *f, const struct ck_event *ev)
{
	const struct ck_progress *p = &ev->progress;
	if (!f->terminal)
		return;
	struct ck_buf line = CK_BUF_INIT;
	(void)ck_buf_adds(&line, ck_phase_name(ev->phase));
	if (p->bytes_total)
		(void)ck_buf_addf(&line, " %s  %s of %s",
		                  ui_fmt_percent(p->bytes_done, p->bytes_total).s,
		                  ui_fmt_size(p->bytes_done).s, ui_fmt_size(p->bytes_total).s);
	else
		(void)ck_buf_addf(&line, "  %s", ui_fmt_size(p->bytes_done).s);
	if (p->eta_ms >= 0)
		(void)ck_buf_addf(&line, "  about %s left", ui_fmt_duration(p->eta_ms).s);
	if (p->down_ms > 0)
		(void)ck_buf_addf(&line, "  Cyrus DOWN %s", ui_fmt_duration(p->down_ms).s);
	if (p->down_ms > 0 && p->down_predicted_ms > 0)
		(void)ck_buf_addf(&line, " of about %s", ui_fmt_duration(p->down_predicted_ms).s);
	struct ck_buf safe = CK_BUF_INIT;
	(void)ui_text(line.data, SIZE_MAX, UI_TEXT, &safe);
	(void)fprintf(stderr, "\r%.78s\033[K", safe.data);
	f->live_line = true;
	ck_buf_fini(&safe);
	ck_buf_fini(&line);
}

static void show_finding(const struct ck_finding *finding)
{
	char uid[24] = "";
	if (finding->uid)
		(void)snprintf(uid, sizeof uid, " uid %u", finding->uid);
	cli_line("finding  %s%s%s%s: %s%s%s", finding->code, finding->mailbox ? "  " : "",
	         finding->mailbox ? finding->mailbox : "", uid, finding->text,
	         *finding->remedy ? "; " : "", finding->remedy);
}

static void show_restored(const struct ck_report *r)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf left = CK_BUF_INIT;
	if (r->elsewhere)
		(void)ck_buf_addf(&left, ", %s left elsewhere", ui_fmt_count(r->elsewhere).s);
	cli_line("job %u  restore %s: %s added, %s were there already, %s failed%s%s%s%s", r->job,
	         ck_result_name(r->result), ui_fmt_count(r->added).s, ui_fmt_count(r->present).s,
	         ui_fmt_count(r->failed).s, left.data, r->mailboxes_failed ? "; " : "",
	         r->mailboxes_failed ? ui_fmt_things(r->mailboxes_failed, "mailbox").s : "",
	         r->mailboxes_failed ? " not put back whole" : "");
}

static void show_report(const struct ck_report *r)
{
	bool restored = strcmp(r->method, "sync") == 0 || strcmp(r->method, "imap") == 0;
	if (r->error && !(restored && r->result == CK_RESULT_CANCELLED))
		cli_line("job %u  %s: %s", r->job, ck_result_name(r->result), r->error);
	else if (restored)
		show_restored(r);
	else
		cli_line("job %u  %s: %s, %s, %s read, %s written", r->job,
		         ck_result_name(r->result), ui_fmt_things(r->mailboxes, "mailbox").s,
		         ui_fmt_things(r->messages, "message").s, ui_fmt_size(r->bytes_read).s,
		         ui_fmt_size(r->bytes_written).s);
	struct ck_buf grades = CK_BUF_INIT;
	for (int g = 0; g < CK_GRADE_MAX_; g++) {
		if (r->grades[g])
			(void)ck_buf_addf(&grades, "  %c %llu", ck_grade_letter((enum ck_grade)g),
			                  (unsigned long long)r->grades[g]);
	}
	if (grades.len)
		cli_line("grades  %s", grades.data);
	ck_buf_fini(&grades);
	if (r->users)
		cli_line("users  %s: subscriptions of %s, read marks of %s, sieve of %s; %s quota "
		         "limit%s",
		         ui_fmt_count(r->users).s, ui_fmt_count(r->subscriptions).s,
		         ui_fmt_count(r->seen).s, ui_fmt_count(r->sieve).s,
		         ui_fmt_count(r->quotas).s, r->quotas == 1 ? "" : "s");
	if (*r->incomplete)
		cli_line("incomplete  %s", r->incomplete);
	if (r->downtime_ms > 0)
		cli_line("downtime  %.1f s", (double)r->downtime_ms / 1000);
	if (r->findings)
		cli_line("findings  %llu", (unsigned long long)r->findings);
	if (r->path)
		cli_line("archive  %s", r->path);
}

static void show_event(struct follow *f, const struct ck_event *ev)
{
	if (f->cli->json) {
		if (ev->kind == CK_EV_PHASE || ev->kind == CK_EV_PROGRESS ||
		    ev->kind == CK_EV_FINDING || ev->kind == CK_EV_REPORT) {
			(void)cli_json_line(ev->json);
			(void)fflush(stdout);
		}
		return;
	}
	if (ev->kind == CK_EV_PROGRESS) {
		show_progress(f, ev);
		return;
	}
	end_live_line(f);
	switch (ev->kind) {
	case CK_EV_PHASE:
		if (ev->begins && ev->phase != CK_PHASE_REPORT)
			cli_line("%s", ck_phase_name(ev->phase));
		break;
	case CK_EV_FINDING:
		show_finding(&ev->finding);
		break;
	case CK_EV_NOTE:
	case CK_EV_STATE:
		if (ev->text)
			cli_line("  %s", ev->text);
		break;
	case CK_EV_REPORT:
		show_report(&ev->report);
		break;
	case CK_EV_PROGRESS:
	case CK_EV_RESTORED:
		break;
	}
	(void)fflush(stdout);
}

/** A key press for the job: the first interrupt cancels it, the second only leaves. @return the
 * signal to leave by, or 0. */
static int interrupted(struct follow *f, int sigfd)
{
	struct signalfd_siginfo info;
	if (read(sigfd, &info, sizeof info) != (ssize_t)sizeof info)
		return 0;
	end_live_line(f);
	struct ck_err err = CK_ERR_INIT;
	if (info.ssi_signo == SIGINT && f->owner && !f->cancelling &&
	    ck_job_command(&f->cli->settings, f->job, CK_JOB_CANCEL, &err) == 0) {
		f->cancelling = true;
		(void)fprintf(stderr, "cancelling job %u; Ctrl-C again leaves it to itself\n",
		              f->job);
		return 0;
	}
	(void)fprintf(stderr, "Job %u goes on.  cyrkeep attach %u\n", f->job, f->job);
	return (int)info.ssi_signo;
}

/** No exit code says that the job is neither done nor failed; a shell knows what a signal means. */
static void leave_by(int signo, const sigset_t *set)
{
	(void)fflush(stdout);
	(void)signal(signo, SIG_DFL);
	(void)raise(signo);
	(void)sigprocmask(SIG_UNBLOCK, set, NULL);
}

/** Everything that has arrived. @return -1 to go on, else the exit code. */
static int drain(struct follow *f, struct ck_attach *a, bool damage)
{
	for (;;) {
		struct ck_event ev = {0};
		struct ck_err err = CK_ERR_INIT;
		int r = ck_attach_next(a, &ev, &err);
		if (r == 0)
			return -1;
		if (r < 0) {
			end_live_line(f);
			return cli_fail(&err);
		}
		show_event(f, &ev);
		int code = -1;
		if (ev.kind == CK_EV_REPORT) {
			code = cli_exit_of(&ev.report, damage);
			if (ev.report.error && !f->terminal) {
				(void)ck_err_set(&err, ev.report.code, "%s", ev.report.error);
				if (ev.report.remedy)
					(void)ck_err_remedy(&err, "%s", ev.report.remedy);
				(void)cli_fail(&err);
			}
		}
		ck_event_fini(&ev);
		if (code >= 0)
			return code;
	}
}

int cli_follow(struct cli *cli, uint32_t job, bool owner, bool damage)
{
	struct follow f = {.cli = cli,
	                   .job = job,
	                   .owner = owner,
	                   .terminal =
	                           !cli->json && isatty(STDERR_FILENO) && isatty(STDOUT_FILENO)};
	struct ck_err err = CK_ERR_INIT;
	struct ck_attach *a = NULL;
	if (ck_attach_open(&cli->settings, job, &a, &err) < 0)
		return cli_fail(&err);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	CK_CLOSE int sigfd = signalfd(-1, &set, SFD_CLOEXEC);
	int code, left_by = 0;
	while ((code = drain(&f, a, damage)) < 0) {
		struct pollfd p[] = {{.fd = ck_attach_fd(a), .events = POLLIN},
		                     {.fd = sigfd, .events = POLLIN}};
		if (poll(p, 2, -1) < 0 && errno != EINTR) {
			code = CLI_FAILED;
			break;
		}
		left_by = p[1].revents ? interrupted(&f, sigfd) : 0;
		if (left_by) {
			code = CLI_CANCELLED;
			break;
		}
	}
	ck_attach_close(a);
	if (left_by && !f.cancelling)
		leave_by(left_by, &set);
	return code;
}
