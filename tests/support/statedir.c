/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/statedir.h"

#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/dir.h"
#include "job/eventlog.h"
#include "job/spec.h"

int statedir_setup(void **state)
{
	struct statedir *f = calloc(1, sizeof *f);
	assert_non_null(f);
	f->dir = test_tmpdir();
	assert_true(asprintf(&f->settings.state, "%s/state", f->dir) > 0);
	assert_true(asprintf(&f->settings.imapd_conf, "%s/imapd.conf", f->dir) > 0);
	f->settings.program = strdup("/nowhere/cyrkeep");
	f->destination = (struct ck_destination){strdup("main"), strdup("directory"), strdup("/b")};
	f->settings.destinations = &f->destination;
	f->settings.ndestinations = 1;
	const char conf[] = "configdirectory: /c\npartition-default: /p\n";
	test_write(f->settings.imapd_conf, conf, strlen(conf));
	*state = f;
	return 0;
}

int statedir_teardown(void **state)
{
	struct statedir *f = *state;
	test_rmtree(f->dir);
	free(f->dir);
	free(f->settings.state);
	free(f->settings.imapd_conf);
	free(f->settings.program);
	free(f->destination.name);
	free(f->destination.type);
	free(f->destination.path);
	free(f);
	return 0;
}

uint32_t statedir_job(struct statedir *f)
{
	struct ck_err err = CK_ERR_INIT;
	CK_CLOSE int numbers = -1;
	uint32_t job = 0;
	assert_ok(dir_lock_numbers(&f->settings, 1000, &numbers, &err), &err);
	assert_ok(dir_make_next(&f->settings, 0, &job, &err), &err);
	char method[] = "stop", who[] = "root on pts/1", title[] = "backup", to[] = "/b";
	struct spec s = {.kind = CK_JOB_BACKUP, .destination = to, .who = who, .title = title};
	s.plan.method = method;
	s.started_ms = 1795574352971;
	assert_ok(spec_write(&f->settings, job, &s, &err), &err);
	return job;
}

void statedir_end(struct statedir *f, uint32_t job, struct ck_report report)
{
	struct ck_err err = CK_ERR_INIT;
	struct eventlog *log;
	assert_ok(eventlog_open(&f->settings, job, &log, &err), &err);
	eventlog_phase(log, CK_PHASE_COPY, true);
	struct ck_event ev = {.kind = CK_EV_REPORT, .report = report};
	ev.report.job = job;
	assert_int_equal(eventlog_write(log, &ev), 0);
	eventlog_close(log);
}

void statedir_move(struct statedir *f, uint32_t job, const char *host, const char *configdirectory)
{
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(spec_fini) struct spec s = {0};
	assert_ok(spec_read(&f->settings, job, &s, &err), &err);
	free(s.host);
	free(s.configdirectory);
	s.host = strdup(host);
	s.configdirectory = strdup(configdirectory);
	assert_ok(spec_write(&f->settings, job, &s, &err), &err);
}
