/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/joblog.h"

#include "support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "job/dir.h"
#include "job/eventlog.h"
#include "job/figures.h"
#include "job/spec.h"

void joblog_start(struct joblog *j, const struct ck_settings *settings, uint32_t job,
                  enum ck_job_kind kind, const char *title, int64_t started)
{
	struct ck_err err = CK_ERR_INIT;
	char method[] = "stop", who[] = "root on pts/1", archive[] = "409", pattern[] = "user/bob";
	char *words = strdup(title), *destination = strdup(settings->destinations[0].path);
	char *patterns[] = {pattern, NULL};
	CK_FREE char *lock = dir_file(settings, job, "lock");
	assert_true(words && destination && lock);
	const struct spec spec = {
		.kind = kind,
		.plan = {.method = method},
		.destination = destination,
		.archive = archive,
		.restore = {.archive = archive, .patterns = {.items = patterns, .n = 1}},
		.who = who,
		.title = words,
		.started_ms = started * 1000};
	test_write(lock, "", 0);
	int r = spec_write(settings, job, &spec, &err);
	assert_ok(r, &err);
	*j = (struct joblog){.settings = settings, .job = job, .lock = -1};
	r = dir_lock_worker(settings, job, &j->lock, &err);
	assert_ok(r, &err);
	free(words);
	free(destination);
}

void joblog_say(struct joblog *j, const char *lines)
{
	CK_FREE char *path = dir_file(j->settings, j->job, EVENTLOG_NAME);
	assert_non_null(path);
	CK_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, lines, strlen(lines)), 0);
}

void joblog_figures(struct joblog *j, enum ck_job_state state, int percent, enum ck_phase phase,
                    int64_t time_ms, const struct ck_progress *p)
{
	CK_FREE char *path = dir_file(j->settings, j->job, FIGURES_NAME);
	assert_non_null(path);
	CK_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	const struct figures f = {.seq = ++j->seq,
	                          .state = state,
	                          .percent = percent,
	                          .event = {.kind = CK_EV_PROGRESS,
	                                    .time_ms = time_ms,
	                                    .phase = phase,
	                                    .progress = *p}};
	assert_int_equal(figures_write(fd, &f), 0);
}

void joblog_end(struct joblog *j)
{
	ck_closep(&j->lock);
}
