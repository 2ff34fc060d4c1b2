/* SPDX-License-Identifier: BSD-2-Clause */
#include "home/home.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words/fmt.h"

#define HOUR 3600
/* Without a timetable a day is the interval that most sites keep. */
#define AGE_WARN  (36 * HOUR)
#define AGE_ERROR (72 * HOUR)

/** Lines while they are collected. */
struct lines {
	struct ui_health *items;
	size_t n;
};

static const char *word_of(enum ui_role role)
{
	switch (role) {
	case UI_ROLE_OK:
		return "ok";
	case UI_ROLE_WARN:
		return "warn";
	case UI_ROLE_ERROR:
		return "FAIL";
	default:
		return "..";
	}
}

/** @return the new line, or NULL when there is no room for it. */
static struct ui_health *CK_PRINTF(4, 5)
	add(struct lines *l, enum ui_role role, const char *remedy, const char *fmt, ...)
{
	if (l->n == UI_HEALTH_MAX)
		return NULL;
	struct ui_health h = {.role = role, .word = word_of(role)};
	va_list ap;
	va_start(ap, fmt);
	if (vasprintf(&h.text, fmt, ap) < 0)
		h.text = NULL;
	va_end(ap);
	h.remedy = strdup(remedy ? remedy : "");
	if (h.text && h.remedy) {
		l->items[l->n] = h;
		return &l->items[l->n++];
	}
	free(h.text);
	free(h.remedy);
	return NULL;
}

static void leads_to(struct ui_health *h, const char *screen)
{
	if (h)
		h->screen = screen;
}

static void about(struct ui_health *h, uint32_t job)
{
	if (h)
		h->job = job;
}

static void judge_leftovers(struct lines *l, const struct ui_house *h, int64_t now,
                            enum ui_role role)
{
	for (size_t i = 0; i < h->nleftovers; i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf words = CK_BUF_INIT;
		const struct ck_leftover *left = &h->leftovers[i];
		bool down = ui_leftover_is_down(h, left) || (left->urgent && left->elsewhere);
		if (down != (role == UI_ROLE_ERROR))
			continue;
		ui_leftover_words(h, left, now, &words);
		if (left->urgent)
			leads_to(add(l, role, left->remedy, "%s", words.data), "unwind");
		else if (strstr(words.data, "job"))
			leads_to(add(l, role, left->remedy, "Left over: %s", words.data), "unwind");
		else
			leads_to(add(l, role, left->remedy, "Left over from job %u: %s", left->job,
			             words.data),
			         "unwind");
	}
}

/** The newest archive that a verify found damaged, and that job, or that cannot be opened at all;
 * or NULL. Few verifies find any, so they are looked through, not the archives. */
static const struct ck_archive_info *newest_damaged(const struct ui_house *h,
                                                    const struct ck_job **ret_verify)
{
	const struct ck_archive_info *newest = NULL;
	for (size_t i = 0; i < h->njobs; i++) {
		const struct ck_job *verify = &h->jobs[i];
		if (!ui_house_is_damage(verify))
			continue;
		for (size_t k = 0; k < h->narchives; k++) {
			const struct ck_archive_info *a = &h->archives[k];
			if (!a->present || (newest && newest->started >= a->started) ||
			    !ui_house_is_verify_of(verify, a) || ui_house_verify(h, a) != verify)
				continue;
			newest = a;
			*ret_verify = verify;
		}
	}
	for (size_t k = 0; k < h->narchives; k++) { /* newest first */
		const struct ck_archive_info *a = &h->archives[k];
		if (!a->damaged || a->foreign || (newest && newest->started >= a->started))
			continue;
		*ret_verify = NULL;
		return a;
	}
	return newest;
}

/** Worse while none after it is good. */
static void judge_damage(struct lines *l, const struct ui_house *h, enum ui_role role)
{
	const struct ck_archive_info *good = ui_house_last_good(h);
	const struct ck_job *verify = NULL;
	const struct ck_archive_info *a = newest_damaged(h, &verify);
	bool newest = a && (!good || good->started < a->started);
	if (!a || newest != (role == UI_ROLE_ERROR))
		return;
	const char *remedy = newest ? "make a backup now" : "see what is damaged";
	if (verify)
		about(add(l, role, remedy, "Archive %u is damaged, as its verify, job %u, found",
		          a->number, verify->job),
		      verify->job);
	else if (a->number)
		leads_to(
			add(l, role, remedy, "Archive %u cannot be opened: %s", a->number, a->path),
			newest ? "source" : "archives");
	else
		leads_to(add(l, role, remedy, "An archive cannot be opened: %s", a->path),
		         newest ? "source" : "archives");
}

static void judge_destinations(struct lines *l, const struct ui_house *h,
                               const struct ck_settings *settings, enum ui_role role)
{
	for (size_t i = 0; i < h->ndestinations && i < settings->ndestinations; i++) {
		const struct ui_house_destination *d = &h->destinations[i];
		const char *name = settings->destinations[i].name;
		bool low = d->exists && d->size_bytes && d->free_bytes < d->size_bytes / 20;
		if (d->err.code && role == (i ? UI_ROLE_WARN : UI_ROLE_ERROR))
			add(l, role, d->err.remedy[0] ? d->err.remedy : "is it mounted?",
			    "Destination %s cannot be used: %s", name, d->err.msg);
		else if (low && role == UI_ROLE_WARN)
			add(l, role, "make room", "Destination %s has only %s free of %s", name,
			    ui_fmt_size(d->free_bytes).s, ui_fmt_size(d->size_bytes).s);
	}
}

static void judge_age(struct lines *l, const struct ui_house *h, int64_t now)
{
	if (!h->archives_known) {
		add(l, UI_ROLE_DIM, NULL, "Reading the record of archives");
		return;
	}
	if (h->archives_err.code) {
		add(l, UI_ROLE_ERROR, h->archives_err.remedy, "The archives cannot be read: %s",
		    h->archives_err.msg);
		return;
	}
	const struct ck_archive_info *a = ui_house_last_good(h);
	if (!a && h->narchives) {
		leads_to(add(l, UI_ROLE_ERROR, "make a backup now",
		             "No archive can be relied on: %s, none good and in its place",
		             ui_fmt_count(h->narchives).s),
		         "archives");
		return;
	}
	if (!a) {
		leads_to(add(l, UI_ROLE_WARN, "make one now", "No backup has been made"), "source");
		return;
	}
	int64_t age = now - a->started;
	enum ui_role role = age < AGE_WARN    ? UI_ROLE_OK
	                    : age < AGE_ERROR ? UI_ROLE_WARN
	                                      : UI_ROLE_ERROR;
	leads_to(add(l, role, role == UI_ROLE_OK ? "" : "make one now; see why the timer did not",
	             "Last good backup %s ago: %u, grade %c%s", ui_fmt_span(age * 1000).s,
	             a->number, ui_worst_grade(a->grades),
	             a->result == CK_RESULT_FINDINGS ? ", with findings" : ""),
	         role == UI_ROLE_OK ? "archives" : "source");
}

static void judge_jobs(struct lines *l, const struct ui_house *h, enum ui_role role)
{
	if (h->jobs_err.code && role == UI_ROLE_ERROR)
		add(l, role, h->jobs_err.remedy, "The jobs cannot be read: %s", h->jobs_err.msg);
	for (size_t i = 0; i < h->njobs; i++) {
		const struct ck_job *j = &h->jobs[i];
		if (j->kind != CK_JOB_BACKUP || ui_house_is_live(j))
			continue;
		if (j->state == CK_JOB_DEAD && role == UI_ROLE_ERROR)
			about(add(l, role, "see its log; then start it again",
			          "Job %u came to no end: its worker is gone", j->job),
			      j->job);
		else if (j->result == CK_RESULT_FAILED && role == UI_ROLE_ERROR)
			about(add(l, role, "see its report", "The last backup, job %u, failed%s%s",
			          j->job, j->report.error ? ": " : "",
			          j->report.error ? j->report.error : ""),
			      j->job);
		else if (j->result == CK_RESULT_FINDINGS && role == UI_ROLE_WARN)
			about(add(l, role, "see its report", "The last backup, job %u, has %s",
			          j->job, ui_fmt_things(j->report.findings, "finding").s),
			      j->job);
		return; /* only the newest counts */
	}
}

static void judge_server(struct lines *l, const struct ui_house *h, enum ui_role role)
{
	if (h->server_known && h->server_err.code && role == UI_ROLE_ERROR)
		add(l, role, h->server_err.remedy, "The mail store cannot be read: %s",
		    h->server_err.msg);
	if (!h->server)
		return;
	const struct ck_server *s = h->server->server;
	for (size_t i = 0; i < s->nproblems; i++)
		if (s->problems[i].fatal == (role == UI_ROLE_ERROR))
			add(l, role, s->problems[i].remedy, "%s", s->problems[i].text);
	for (size_t i = 0; i < s->npartitions && role == UI_ROLE_WARN; i++) {
		const struct ck_partition *p = &s->partitions[i];
		if (p->present && p->size_bytes && p->free_bytes < p->size_bytes / 20)
			add(l, role, "make room", "Partition %s has only %s free of %s", p->name,
			    ui_fmt_size(p->free_bytes).s, ui_fmt_size(p->size_bytes).s);
	}
}

size_t ui_health_judge(const struct ui_house *h, const struct ck_settings *settings, int64_t now,
                       struct ui_health *ret)
{
	struct lines l = {.items = ret};
	bool by_us = h->live_job && h->progress.down_ms > 0;
	for (size_t i = 0; i < h->nleftovers; i++)
		by_us |= h->leftovers[i].urgent && !h->leftovers[i].elsewhere;
	judge_leftovers(&l, h, now, UI_ROLE_ERROR);
	if (h->server_known && h->server_err.code) /* then whether it runs is a guess */
		judge_server(&l, h, UI_ROLE_ERROR);
	if (h->up == 0 && !by_us)
		add(&l, UI_ROLE_ERROR, h->start_line ? h->start_line : "start it",
		    "Cyrus is down, and not by us");
	judge_damage(&l, h, UI_ROLE_ERROR);
	judge_jobs(&l, h, UI_ROLE_ERROR);
	judge_destinations(&l, h, settings, UI_ROLE_ERROR);
	if (!h->server_err.code)
		judge_server(&l, h, UI_ROLE_ERROR);
	judge_leftovers(&l, h, now, UI_ROLE_WARN);
	judge_age(&l, h, now);
	judge_damage(&l, h, UI_ROLE_WARN);
	judge_jobs(&l, h, UI_ROLE_WARN);
	judge_destinations(&l, h, settings, UI_ROLE_WARN);
	judge_server(&l, h, UI_ROLE_WARN);
	return l.n;
}

void ui_health_free(struct ui_health *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(lines[i].text);
		free(lines[i].remedy);
	}
}

char ui_worst_grade(const uint64_t grades[CK_GRADE_MAX_])
{
	for (int g = CK_GRADE_MAX_ - 1; g >= 0; g--)
		if (grades[g])
			return ck_grade_letter((enum ck_grade)g);
	return '-';
}
