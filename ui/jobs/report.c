/* SPDX-License-Identifier: BSD-2-Clause */
#include "jobs/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "home/home.h"
#include "words/fmt.h"
#include "words/text.h"

struct facts {
	struct ui_fact *items;
	size_t n;
	enum ui_role role; /**< Of the next one, */
	unsigned flags;    /**< and what its text is. */
};

/** Did it not do what it was for, or find the archive damaged? */
static bool is_bad(const struct ck_report *r, enum ck_job_kind kind)
{
	if (r->result == CK_RESULT_FINDINGS && kind == CK_JOB_VERIFY)
		return true; /* what verify finds is damage of the archive */
	if (r->result == CK_RESULT_FINDINGS && kind == CK_JOB_RESTORE)
		return r->failed > 0 && r->added == 0 && r->present == 0;
	return r->result == CK_RESULT_FAILED;
}

const char *ui_report_word(const struct ck_report *r, enum ck_job_kind kind)
{
	static const char *const words[] = {[CK_RESULT_NONE] = "..",
	                                    [CK_RESULT_OK] = "ok",
	                                    [CK_RESULT_FINDINGS] = "look",
	                                    [CK_RESULT_FAILED] = "FAIL",
	                                    [CK_RESULT_CANCELLED] = "stop"};
	if (is_bad(r, kind))
		return "FAIL";
	return (size_t)r->result < CK_COUNT(words) ? words[r->result] : "?";
}

enum ui_role ui_report_role(const struct ck_report *r, enum ck_job_kind kind)
{
	return is_bad(r, kind)             ? UI_ROLE_ERROR
	       : r->result == CK_RESULT_OK ? UI_ROLE_OK
	                                   : UI_ROLE_WARN;
}

/* --- the verdict ---------------------------------------------------------------------- */

static const char *grade_words(char grade)
{
	switch (grade) {
	case 'A':
		return ": mail was at rest, everything agrees";
	case 'B':
		return ": a snapshot that agrees with itself";
	case 'C':
		return " at worst: readable, but index and files differ";
	case 'D':
		return " at worst: copied while in use";
	case 'F':
		return " at worst: some of it cannot be read";
	default:
		return "";
	}
}

static void restored(const struct ck_report *r, struct ck_buf *ret)
{
	if (!r->added && !r->failed)
		(void)ck_buf_adds(ret, "Nothing was missing; nothing was added");
	else if (!r->added)
		(void)ck_buf_adds(ret, "Nothing was put back");
	else
		(void)ck_buf_addf(ret, "%s put back", ui_fmt_things(r->added, "message").s);
	if (r->failed)
		(void)ck_buf_addf(ret, "; %s could not be", ui_fmt_things(r->failed, "message").s);
}

static void done_well(const struct ck_report *r, enum ck_job_kind kind, struct ck_buf *ret)
{
	char grade = ui_worst_grade(r->grades);
	if (kind == CK_JOB_VERIFY) {
		if (r->findings)
			(void)ck_buf_addf(
				ret,
				"The archive is DAMAGED: %s say%s what is not in it as it was; the "
				"rest is good",
				ui_fmt_things(r->findings, "finding").s,
				r->findings == 1 ? "s" : "");
		else
			(void)ck_buf_adds(ret, "The archive is whole: every frame, checksum and "
			                       "count is right");
		return;
	}
	if (kind == CK_JOB_BACKUP)
		(void)ck_buf_adds(ret, "Backup complete");
	else
		restored(r, ret);
	if (kind == CK_JOB_BACKUP && grade != '-')
		(void)ck_buf_addf(ret, ", grade %c%s", grade, grade_words(grade));
	if (r->findings)
		(void)ck_buf_addf(ret, "; %s need%s a look", ui_fmt_count(r->findings).s,
		                  r->findings == 1 ? "s" : "");
}

void ui_report_verdict(const struct ui_job *j, enum ck_job_kind kind, int up, struct ck_buf *ret)
{
	static const char *const failed[] = {[CK_JOB_BACKUP] = "The backup failed: ",
	                                     [CK_JOB_RESTORE] = "The restore failed: ",
	                                     [CK_JOB_VERIFY] = "Verifying failed: "};
	static const char *const cancelled[] = {
		[CK_JOB_BACKUP] = "Cancelled; no archive is left of it",
		[CK_JOB_RESTORE] = "Cancelled; what was put back already stays",
		[CK_JOB_VERIFY] = "Cancelled; the archive is not known to be good"};
	const struct ck_report *r = &j->report;
	if (r->result != CK_RESULT_FAILED) {
		if (r->result == CK_RESULT_CANCELLED)
			(void)ck_buf_adds(ret, cancelled[kind]);
		else
			done_well(r, kind, ret);
		if (up == 0)
			(void)ck_buf_adds(ret, ". Cyrus is not running now");
		return;
	}
	(void)ck_buf_adds(ret, up == 1 ? "Cyrus is up. " : up == 0 ? "CYRUS IS DOWN. " : "");
	(void)ck_buf_addf(ret, "%s%s", failed[kind], r->error ? r->error : "no reason given");
	if (r->remedy)
		(void)ck_buf_addf(ret, "\nRemedy: %s", r->remedy);
}

/* --- the figures ---------------------------------------------------------------------- */

static void CK_PRINTF(3, 4) add(struct facts *f, const char *label, const char *fmt, ...)
{
	if (f->n == UI_REPORT_FACTS)
		return;
	struct ui_fact *fact = &f->items[f->n];
	*fact = (struct ui_fact){.label = label, .role = f->role, .flags = f->flags};
	f->role = UI_ROLE_NORMAL;
	f->flags = UI_TEXT;
	va_list ap;
	va_start(ap, fmt);
	if (vasprintf(&fact->text, fmt, ap) < 0)
		fact->text = NULL;
	va_end(ap);
	f->n += fact->text != NULL;
}

static void add_times(struct facts *f, const struct ui_job *j, const struct ck_job *listed,
                      int64_t now_ms)
{
	int64_t began = listed ? listed->started_ms : j->began_ms;
	char down[48] = "";
	if (listed && listed->kind == CK_JOB_BACKUP)
		snprintf(down, sizeof down, "     downtime %s",
		         ui_fmt_took(j->report.downtime_ms).s);
	if (listed)
		add(f, "Began", "%s by %s", ui_fmt_date(began / 1000, now_ms / 1000).s,
		    listed->who);
	add(f, "Took", "%s     %s to %s%s", ui_fmt_duration(j->ended_ms - began).s,
	    ui_fmt_clock(began / 1000).s, ui_fmt_clock(j->ended_ms / 1000).s, down);
}

/** A phase in one word, as its verb. */
static const char *phase_word(enum ck_phase phase)
{
	static const char *const words[CK_PHASE_MAX_] = {
		[CK_PHASE_INSPECT] = "look",     [CK_PHASE_SELECT] = "choose",
		[CK_PHASE_HOLD] = "stop",        [CK_PHASE_COPY] = "copy",
		[CK_PHASE_RELEASE] = "start",    [CK_PHASE_SEAL] = "seal",
		[CK_PHASE_CHECK] = "check",      [CK_PHASE_REPORT] = "report",
		[CK_PHASE_REHEARSE] = "compare", [CK_PHASE_RESTORE] = "put back",
	};
	return words[phase];
}

/** The steps that took their time: "copy 0.6 s, start 0.4 s". */
static void add_steps(struct facts *f, const struct ui_job *j, const struct ck_job *listed)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	const enum ck_phase *p = listed ? ui_job_phases(listed->kind) : NULL;
	for (; p && *p != CK_PHASE_MAX_; p++) {
		const struct ui_job_phase *phase = &j->phases[*p];
		if (!phase->began_ms ||
		    (phase->ended_ms && phase->ended_ms - phase->began_ms < 100))
			continue;
		(void)ck_buf_addf(&text, "%s%s ", text.len ? ", " : "", phase_word(*p));
		(void)ck_buf_adds(&text, phase->ended_ms
		                                 ? ui_fmt_took(phase->ended_ms - phase->began_ms).s
		                                 : "not ended");
	}
	if (text.len)
		add(f, "Steps", "%s", text.data);
}

static int64_t copy_ms(const struct ui_job *j)
{
	enum ck_phase phases[] = {CK_PHASE_COPY, CK_PHASE_RESTORE, CK_PHASE_CHECK};
	for (size_t i = 0; i < CK_COUNT(phases); i++) {
		const struct ui_job_phase *p = &j->phases[phases[i]];
		if (p->began_ms && p->ended_ms > p->began_ms)
			return p->ended_ms - p->began_ms;
	}
	return 0;
}

static void add_bytes(struct facts *f, const struct ui_job *j)
{
	const struct ck_report *r = &j->report;
	int64_t ms = copy_ms(j);
	char rate[48] = "";
	if (ms > 0)
		snprintf(rate, sizeof rate, ", %s/s",
		         ui_fmt_size((uint64_t)((double)r->bytes_read * 1000 / (double)ms)).s);
	if (r->bytes_read)
		add(f, "Read", "%s%s", ui_fmt_size(r->bytes_read).s, rate);
	if (r->bytes_written && r->bytes_read)
		add(f, "Written", "%s, packed %.1f to 1", ui_fmt_size(r->bytes_written).s,
		    (double)r->bytes_read / (double)r->bytes_written);
	else if (r->bytes_written)
		add(f, "Written", "%s", ui_fmt_size(r->bytes_written).s);
}

static void add_grades(struct facts *f, const struct ck_report *r)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	for (int g = 0; g < CK_GRADE_MAX_; g++)
		if (r->grades[g])
			(void)ck_buf_addf(&text, "%s%s in grade %c", text.len ? ", " : "",
			                  ui_fmt_count(r->grades[g]).s,
			                  ck_grade_letter((enum ck_grade)g));
	if (text.len)
		add(f, "Mailboxes", "%s", text.data);
}

static void add_users(struct facts *f, const struct ck_report *r)
{
	if (r->users)
		add(f, "Users", "%s: subscriptions %s, read marks %s, sieve %s; quotas %s",
		    ui_fmt_count(r->users).s, ui_fmt_count(r->subscriptions).s,
		    ui_fmt_count(r->seen).s, ui_fmt_count(r->sieve).s, ui_fmt_count(r->quotas).s);
	if (*r->incomplete) {
		f->role = UI_ROLE_WARN;
		add(f, "Incomplete", "%s", r->incomplete);
	}
}

static void add_restored(struct facts *f, const struct ck_report *r)
{
	add(f, "Added", "%s%s%s", ui_fmt_things(r->added, "message").s, r->mailboxes ? " to " : "",
	    r->mailboxes ? ui_fmt_things(r->mailboxes, "mailbox").s : "");
	add(f, "There", "%s %s there already and left alone", ui_fmt_count(r->present).s,
	    r->present == 1 ? "was" : "were");
	if (r->failed || r->mailboxes_failed)
		add(f, "Failed", "%s%s%s%s", ui_fmt_things(r->failed, "message").s,
		    r->mailboxes_failed ? "; " : "",
		    r->mailboxes_failed ? ui_fmt_things(r->mailboxes_failed, "mailbox").s : "",
		    r->mailboxes_failed ? " not put back whole" : "");
	if (r->elsewhere)
		add(f, "Left", "%s in other mailboxes, as asked for",
		    ui_fmt_things(r->elsewhere, "message").s);
	if (r->raised)
		add(f, "Quota", "%s raised, and not set back; see the log",
		    ui_fmt_things(r->raised, "limit").s);
	if (r->into) {
		f->flags = UI_NAME | UI_CUT_MIDDLE;
		add(f, "Into", "%s%s", r->into,
		    r->mailboxes + r->mailboxes_failed > 1 ? " and others; see the log" : "");
	}
}

/** What a backup that made no archive had got. */
static void add_thrown_away(struct facts *f, const struct ck_report *r)
{
	if (r->messages || r->mailboxes)
		add(f, "Had copied", "%s: %s whole, %s in them; removed again",
		    ui_fmt_size(r->bytes_read).s, ui_fmt_things(r->mailboxes, "mailbox").s,
		    ui_fmt_things(r->messages, "message").s);
}

/** What the archive holds that was made or read. */
static void add_holds(struct facts *f, const struct ui_job *j, enum ck_job_kind kind)
{
	const struct ck_report *r = &j->report;
	if (r->mailboxes || r->messages)
		add(f, "Holds", "%s in %s", ui_fmt_things(r->messages, "message").s,
		    ui_fmt_things(r->mailboxes, "mailbox").s);
	if (kind == CK_JOB_BACKUP) {
		add_users(f, r);
		add_grades(f, r);
	}
	add_bytes(f, j);
}

size_t ui_report_facts(const struct ui_job *j, const struct ck_job *listed, const char *command,
                       int64_t now_ms, struct ui_fact *ret)
{
	struct facts f = {.items = ret};
	const struct ck_report *r = &j->report;
	enum ck_job_kind kind = listed ? listed->kind : CK_JOB_BACKUP;
	add_times(&f, j, listed, now_ms);
	add_steps(&f, j, listed);
	if (kind == CK_JOB_RESTORE) {
		add_bytes(&f, j);
		add_restored(&f, r);
	} else if (r->archive) {
		add_holds(&f, j, kind);
	} else {
		add_thrown_away(&f, r);
	}
	if (*r->method)
		add(&f, kind == CK_JOB_RESTORE ? "Through" : "Method", "%s", r->method);
	if (r->archive) {
		f.flags = UI_NAME | UI_CUT_MIDDLE;
		add(&f, "Archive", "%u  %s", r->archive, r->path ? r->path : "");
	}
	if (command) {
		f.flags = UI_NAME;
		add(&f, "Again", "%s", command);
	}
	return f.n;
}

void ui_report_free(struct ui_fact *facts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(facts[i].text);
}
