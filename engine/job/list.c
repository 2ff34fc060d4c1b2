/* SPDX-License-Identifier: BSD-2-Clause */
/* The job list: each job by its spec, its latest figures and the last line of its event log. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "job/dir.h"
#include "job/eventlog.h"
#include "job/figures.h"
#include "job/history.h"
#include "job/spec.h"

#define TAIL_MAX ((uint64_t)65536) /* a report is far shorter */

bool history_report(const struct ck_settings *settings, uint32_t job, struct ck_event *ret)
{
	CK_CLOSE int fd = dir_open(settings, job, EVENTLOG_NAME);
	CK_FREE char *tail = malloc(TAIL_MAX);
	struct stat st;
	if (fd < 0 || !tail || fstat(fd, &st) < 0)
		return false;
	uint64_t size = (uint64_t)st.st_size, at = size > TAIL_MAX ? size - TAIL_MAX : 0;
	int64_t n = fs_pread(fd, tail, TAIL_MAX, at);
	if (n < 2 || tail[n - 1] != '\n')
		return false;
	const char *line = memrchr(tail, '\n', (size_t)n - 1);
	line = line ? line + 1 : tail;
	if (ck_event_parse(line, (size_t)(tail + n - 1 - line), ret) < 0)
		return false;
	if (ret->kind == CK_EV_REPORT)
		return true;
	ck_event_fini(ret);
	return false;
}

const char *ck_job_state_word(const struct ck_job *job)
{
	bool undone = job->state == CK_JOB_DONE &&
	              (job->result == CK_RESULT_CANCELLED || job->result == CK_RESULT_FAILED);
	return undone ? ck_result_name(job->result) : ck_job_state_name(job->state);
}

/* The report's strings go to the job. */
static void fill_end(struct ck_job *j, struct ck_event *report)
{
	j->state = CK_JOB_DONE;
	j->ended_ms = report->time_ms;
	j->result = report->report.result;
	j->phase = CK_PHASE_REPORT;
	j->report = report->report;
	report->report = (struct ck_report){0};
	if (j->result == CK_RESULT_OK || j->result == CK_RESULT_FINDINGS)
		j->percent = 100;
}

/* @return 0, CK_ENOTFOUND when nobody has said what it is to do, CK_ENOMEM. */
static int fill_job(const struct ck_settings *settings, uint32_t job, struct ck_job *j)
{
	CK_CLEANUP(spec_fini) struct spec s = {0};
	CK_CLEANUP(ck_event_fini) struct ck_event report = {0};
	struct figures f;
	/* Asked first: a worker that ends in between has written its report by then. */
	bool alive = dir_is_alive(settings, job);
	*j = (struct ck_job){.job = job, .state = alive ? CK_JOB_STARTING : CK_JOB_DEAD};
	int r = spec_read(settings, job, &s, NULL);
	if (r == CK_ENOTFOUND || r == CK_ENOMEM)
		return r;
	if (r == 0) {
		j->kind = s.kind;
		j->started_ms = s.started_ms;
		j->who = CK_STEAL(s.who);
		j->title = CK_STEAL(s.title);
	}
	CK_CLOSE int fd = dir_open(settings, job, FIGURES_NAME);
	if (fd >= 0 && figures_read(fd, &f) == 0) {
		if (alive)
			j->state = f.state;
		j->percent = f.percent;
		j->phase = f.event.phase;
		ck_event_fini(&f.event);
	}
	if (history_report(settings, job, &report))
		fill_end(j, &report);
	if (!j->who)
		j->who = strdup("");
	if (!j->title)
		j->title = strdup("a job whose spec cannot be read");
	return j->who && j->title ? 0 : CK_ENOMEM;
}

int ck_jobs_list(const struct ck_settings *settings, struct ck_job **ret, size_t *ret_n,
                 struct ck_err *err)
{
	CK_FREE uint32_t *numbers = NULL;
	size_t n;
	int r = dir_list(settings, &numbers, &n, err);
	if (r < 0)
		return r;
	struct ck_job *jobs = ck_alloc(n ? n : 1, sizeof *jobs);
	if (!jobs)
		return ck_err_nomem(err);
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		r = fill_job(settings, numbers[i], &jobs[found]);
		if (r == CK_ENOMEM) {
			ck_jobs_free(jobs, found + 1);
			return ck_err_nomem(err);
		}
		found += r == 0;
	}
	*ret = jobs;
	*ret_n = found;
	return 0;
}

void ck_jobs_free(struct ck_job *jobs, size_t n)
{
	for (size_t i = 0; jobs && i < n; i++) {
		struct ck_event ev = {.report = jobs[i].report};
		ck_event_fini(&ev);
		free(jobs[i].who);
		free(jobs[i].title);
	}
	free(jobs);
}
