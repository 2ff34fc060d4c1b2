/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hold/journal.h"
#include "job/dir.h"
#include "job/eventlog.h"
#include "job/figures.h"
#include "job/history.h"
#include "job/spec.h"

struct fixture {
	struct ck_settings settings;
	struct ck_destination destination;
	char *dir;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
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

static int teardown(void **state)
{
	struct fixture *f = *state;
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

/* A job of everything by stop, as its starter would leave it. */
static uint32_t make_job(struct fixture *f)
{
	struct ck_err err = CK_ERR_INIT;
	CK_CLOSE int numbers = -1;
	uint32_t job = 0;
	assert_ok(dir_lock_numbers(&f->settings, &numbers, &err), &err);
	assert_ok(dir_make_next(&f->settings, 0, &job, &err), &err);
	char method[] = "stop", who[] = "root on pts/1", title[] = "backup", to[] = "/b";
	struct spec s = {.kind = CK_JOB_BACKUP, .destination = to, .who = who, .title = title};
	s.plan.method = method;
	s.started_ms = 1795574352971;
	assert_ok(spec_write(&f->settings, job, &s, &err), &err);
	return job;
}

static void end_job(struct fixture *f, uint32_t job, struct ck_report report)
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

static void numbers_count_up_and_are_never_used_again(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(make_job(f), 1);
	assert_int_equal(make_job(f), 2);
	CK_FREE char *dir = dir_path(&f->settings, 2);
	test_rmtree(dir);
	assert_int_equal(make_job(f), 3);
	uint32_t *list, job;
	size_t n;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(dir_list(&f->settings, &list, &n, &err), &err);
	assert_int_equal(n, 2);
	assert_int_equal(list[0], 3);
	assert_int_equal(list[1], 1);
	free(list);
	/* An archive bears 41. */
	assert_ok(dir_make_next(&f->settings, 41, &job, &err), &err);
	assert_int_equal(job, 42);
	assert_int_equal(make_job(f), 43);
}

static void a_spec_comes_back_as_it_was(void **state)
{
	(void)state;
	char name[] = "nightly", method[] = "stop", to[] = "/b", who[] = "root",
	     title[] = "backup of \"x\"", rule[] = "leaf:Sent,larger:1M";
	char *rules[] = {rule, NULL};
	struct spec s = {.kind = CK_JOB_BACKUP, .destination = to, .who = who, .title = title};
	s.started_ms = 1795574352971;
	s.plan = (struct ck_plan){.name = name, .method = method, .without_config = true};
	s.plan.exclude = (struct ck_strv){rules, 1, 2};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf again = CK_BUF_INIT;
	CK_CLEANUP(spec_fini) struct spec back = {0};
	assert_int_equal(spec_format(&s, &text), 0);
	assert_int_equal(spec_parse(text.data, text.len, &back), 0);
	assert_int_equal(spec_format(&back, &again), 0);
	assert_string_equal(text.data, again.data);
	assert_string_equal(back.plan.exclude.items[0], rule);
	assert_true(back.plan.without_config);
	assert_int_equal(back.started_ms, s.started_ms);
	for (size_t n = 0; n < text.len; n++) {
		struct spec cut = {0};
		assert_int_equal(spec_parse(text.data, n, &cut), CK_ECORRUPT);
	}
}

static void figures_half_written_are_noticed(void **state)
{
	struct fixture *f = *state;
	CK_FREE char *path = NULL;
	assert_true(asprintf(&path, "%s/figures", f->dir) > 0);
	CK_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct figures out, in = {.state = CK_JOB_PAUSED, .percent = 42};
	assert_int_equal(figures_read(fd, &out), CK_ENOTFOUND);
	in.event.kind = CK_EV_PROGRESS;
	in.event.time_ms = 5;
	in.event.progress.bytes_done = 7;
	(void)snprintf(in.event.progress.mailbox, sizeof in.event.progress.mailbox, "%s", "a b");
	assert_int_equal(figures_write(fd, &in), 0);
	assert_int_equal(figures_read(fd, &out), 0);
	assert_int_equal(out.state, CK_JOB_PAUSED);
	assert_int_equal(out.percent, 42);
	assert_int_equal(out.event.progress.bytes_done, 7);
	assert_string_equal(out.event.progress.mailbox, "a b");
	ck_event_fini(&out.event);
	for (off_t at = 0; at < FIGURES_SIZE; at += 97) {
		char c, bad;
		assert_int_equal(pread(fd, &c, 1, at), 1);
		bad = (char)(c ^ 2);
		assert_int_equal(pwrite(fd, &bad, 1, at), 1);
		assert_int_equal(figures_read(fd, &out), CK_ECORRUPT);
		assert_int_equal(pwrite(fd, &c, 1, at), 1);
	}
}

static void the_longest_mailbox_name_fits_into_the_figures(void **state)
{
	struct fixture *f = *state;
	CK_FREE char *path = NULL;
	assert_true(asprintf(&path, "%s/figures", f->dir) > 0);
	CK_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct figures out, in = {.state = CK_JOB_RUNNING};
	in.event.kind = CK_EV_PROGRESS;
	memset(in.event.progress.mailbox, '\1', sizeof in.event.progress.mailbox - 1);
	assert_int_equal(figures_write(fd, &in), 0);
	assert_int_equal(figures_read(fd, &out), 0);
	assert_string_equal(out.event.progress.mailbox, in.event.progress.mailbox);
	ck_event_fini(&out.event);
}

static void attaching_late_replays_everything_and_ends(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	uint32_t job = make_job(f);
	end_job(f, job, (struct ck_report){.result = CK_RESULT_OK});
	struct ck_attach *a;
	struct ck_event ev;
	assert_ok(ck_attach_open(&f->settings, job, &a, &err), &err);
	assert_int_equal(ck_attach_next(a, &ev, &err), 1);
	assert_int_equal(ev.kind, CK_EV_PHASE);
	ck_event_fini(&ev);
	assert_int_equal(ck_attach_next(a, &ev, &err), 1);
	assert_int_equal(ev.kind, CK_EV_REPORT);
	assert_int_equal(ev.report.job, job);
	ck_event_fini(&ev);
	assert_err(ck_attach_next(a, &ev, &err), &err, CK_ENOTFOUND, "has ended");
	ck_attach_close(a);
	assert_err(ck_attach_open(&f->settings, 99, &a, &err), &err, CK_ENOTFOUND, "no job 99");
}

static void attaching_to_a_living_job_wakes_up_for_news(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	uint32_t job = make_job(f);
	int lock;
	assert_ok(dir_lock_worker(&f->settings, job, &lock, &err), &err);
	struct eventlog *log;
	assert_ok(eventlog_open(&f->settings, job, &log, &err), &err);
	struct ck_attach *a;
	struct ck_event ev;
	assert_ok(ck_attach_open(&f->settings, job, &a, &err), &err);
	assert_int_equal(ck_attach_next(a, &ev, &err), 0);
	eventlog_note(log, "hello %d", 1);
	struct pollfd p = {.fd = ck_attach_fd(a), .events = POLLIN};
	assert_int_equal(poll(&p, 1, 2000), 1);
	assert_int_equal(ck_attach_next(a, &ev, &err), 1);
	assert_string_equal(ev.text, "hello 1");
	ck_event_fini(&ev);

	(void)close(lock); /* the worker dies */
	assert_int_equal(poll(&p, 1, 2000), 1);
	assert_err(ck_attach_next(a, &ev, &err), &err, CK_EFAIL, "died without a report");
	ck_attach_close(a);
	eventlog_close(log);
}

static void a_job_is_dead_when_its_lock_is_free(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_job *jobs;
	size_t n;
	int lock;
	uint32_t dead = make_job(f), alive = make_job(f), done = make_job(f);
	assert_ok(dir_lock_worker(&f->settings, alive, &lock, &err), &err);
	end_job(f, done,
	        (struct ck_report){.result = CK_RESULT_FINDINGS, .messages = 7, .kind = "full"});
	assert_ok(ck_jobs_list(&f->settings, &jobs, &n, &err), &err);
	assert_int_equal(n, 3);
	assert_int_equal(jobs[0].job, done);
	assert_int_equal(jobs[0].state, CK_JOB_DONE);
	assert_int_equal(jobs[0].result, CK_RESULT_FINDINGS);
	assert_int_equal(jobs[0].report.messages, 7);
	assert_int_equal(jobs[0].percent, 100);
	assert_true(jobs[0].ended_ms > 0);
	assert_int_equal(jobs[1].job, alive);
	assert_int_equal(jobs[1].state, CK_JOB_STARTING);
	assert_string_equal(jobs[1].who, "root on pts/1");
	assert_int_equal(jobs[2].job, dead);
	assert_int_equal(jobs[2].state, CK_JOB_DEAD);
	ck_jobs_free(jobs, n);
	(void)close(lock);
}

/* STATE/jobs/NAME. */
static char *in_jobs(const struct fixture *f, const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/jobs/%s", f->settings.state, name) > 0);
	return path;
}

static size_t count_jobs(struct fixture *f)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_job *jobs;
	size_t n;
	assert_ok(ck_jobs_list(&f->settings, &jobs, &n, &err), &err);
	ck_jobs_free(jobs, n);
	return n;
}

static void what_is_no_job_is_not_listed(void **state)
{
	struct fixture *f = *state;
	struct ck_attach *a;
	struct ck_err err = CK_ERR_INIT;
	static const char *const files[] = {"5",       "notes",     "last.77.tmp",     "0/spec",
	                                    "-1/spec", "0004/spec", "4294967296/spec", "12x/spec"};
	uint32_t job = make_job(f);
	for (size_t i = 0; i < CK_COUNT(files); i++) {
		CK_FREE char *path = in_jobs(f, files[i]);
		test_write(path, "x", 1);
	}
	/* Its starter was killed before it had said what to do: nothing has ever begun. */
	CK_FREE char *begun = in_jobs(f, "6/spec.77.tmp");
	test_write(begun, "{", 1);
	assert_int_equal(job, 1);
	assert_int_equal(count_jobs(f), 1);
	assert_err(ck_attach_open(&f->settings, 6, &a, &err), &err, CK_ENOTFOUND, "no job 6");
	assert_err(ck_job_command(&f->settings, 6, CK_JOB_CANCEL, &err), &err, CK_ENOTFOUND,
	           "no job 6");
	assert_int_equal(make_job(f), 7); /* the number is used all the same */
}

static void a_job_of_garbage_is_listed_as_dead(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_job *jobs;
	size_t n;
	static const char *const files[] = {"spec", "events", "figures", "lock", "log", "journal"};
	char garbage[5000];
	memset(garbage, '\xfe', sizeof garbage);
	for (size_t i = 0; i < CK_COUNT(files); i++) {
		CK_FREE char *name = NULL;
		assert_true(asprintf(&name, "3/%s", files[i]) > 0);
		CK_FREE char *path = in_jobs(f, name);
		test_write(path, garbage, sizeof garbage);
	}
	assert_ok(ck_jobs_list(&f->settings, &jobs, &n, &err), &err);
	assert_int_equal(n, 1);
	assert_int_equal(jobs[0].state, CK_JOB_DEAD);
	assert_string_equal(jobs[0].title, "a job whose spec cannot be read");
	ck_jobs_free(jobs, n);
	struct history_last last;
	assert_ok(history_by_method(&f->settings, "stop", &last, &err), &err);
	assert_int_equal(last.job, 0);
}

/* A pipe in the place of any file of a job must not hold anybody up. */
static void pipes_in_the_place_of_files_are_passed_over(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	static const char *const files[] = {"lock", "events", "figures", "journal", "log", "spec"};
	char name[32];
	for (size_t i = 0; i < CK_COUNT(files); i++) {
		uint32_t job = make_job(f);
		snprintf(name, sizeof name, "%u/%s", job, files[i]);
		CK_FREE char *path = in_jobs(f, name);
		(void)unlink(path);
		assert_int_equal(mkfifo(path, 0600), 0);
	}
	alarm(20); /* rather than for ever */
	assert_int_equal(count_jobs(f), CK_COUNT(files));
	struct ck_leftover *left = NULL;
	size_t n;
	assert_ok(ck_unwind_list(&f->settings, &left, &n, &err), &err);
	ck_leftovers_free(left, n);
	for (uint32_t job = 1; job <= CK_COUNT(files); job++) {
		struct ck_attach *a = NULL;
		struct ck_event ev;
		if (ck_attach_open(&f->settings, job, &a, &err) == 0)
			assert_int_equal(ck_attach_next(a, &ev, &err), CK_EFAIL);
		ck_attach_close(a);
		assert_true(ck_job_command(&f->settings, job, CK_JOB_PAUSE, &err) < 0);
	}
	alarm(0);
}

static void one_unreadable_journal_hides_no_other(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	uint32_t good = make_job(f), bad = make_job(f);
	CK_FREE char *dir = dir_path(&f->settings, good);
	CK_FREE char *path = dir_file(&f->settings, bad, "journal");
	const char *const words[] = {"/b/x.partial"};
	int journal = -1;
	assert_ok(journal_open(dir, JOURNAL_CREATE, &journal, &err), &err);
	assert_ok(journal_append(journal, 1, JOURNAL_FILES, words, 1, &err), &err);
	(void)close(journal);
	char *large = calloc(1, 100000);
	assert_non_null(large);
	test_write(path, large, 100000);
	free(large);
	struct ck_leftover *left = NULL;
	size_t n = 0, undone = 0;
	assert_ok(ck_unwind_list(&f->settings, &left, &n, &err), &err);
	assert_int_equal(n, 2);
	assert_true(test_contains(left[0].what, "cannot be read") && left[0].job == bad &&
	            !left[0].urgent && *left[0].remedy && *left[0].by_hand);
	assert_true(test_contains(left[1].what, "/b/x.partial"));
	ck_leftovers_free(left, n);
	assert_int_equal(ck_unwind(&f->settings, &undone, &err), CK_ECORRUPT);
	assert_true(test_contains(err.msg, "job 2"));
	assert_int_equal(undone, 1);
}

/* Who can put files there can have programs run as us: by an undo journal. */
static void a_state_directory_that_others_may_change_is_refused(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *jobs = in_jobs(f, "");
	const char *const places[] = {f->settings.state, jobs};
	struct ck_plan plan = {0};
	struct ck_job_spec spec = {.kind = CK_JOB_BACKUP, .plan = &plan};
	static const mode_t modes[] = {0777, 01777, 0720};
	uint32_t job = make_job(f);
	size_t undone;
	for (size_t i = 0; i < CK_COUNT(places); i++) {
		for (size_t j = 0; j < CK_COUNT(modes); j++) {
			assert_int_equal(chmod(places[i], modes[j]), 0);
			assert_err(ck_job_start(&f->settings, &spec, &job, &err), &err, CK_EDENIED,
			           "others may change");
			assert_err(ck_unwind(&f->settings, &undone, &err), &err, CK_EDENIED,
			           "chmod go-w");
			assert_int_equal(count_jobs(f), 1); /* looking is harmless */
		}
		assert_int_equal(chmod(places[i], 0755), 0);
		assert_ok(ck_unwind(&f->settings, &undone, &err), &err);
		if (geteuid() != 0)
			continue;
		assert_int_equal(chown(places[i], 65534, 0), 0);
		assert_err(ck_unwind(&f->settings, &undone, &err), &err, CK_EDENIED, "chown");
		assert_int_equal(chown(places[i], 0, 0), 0);
	}
}

/* In a process of its own, whose mounts nobody else sees. @return 0 as it should be, 77 when it
 * cannot be tried. */
static int start_in_small_state(struct fixture *f)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_job *jobs = NULL;
	struct ck_plan plan = {0};
	struct ck_job_spec spec = {.kind = CK_JOB_BACKUP, .plan = &plan};
	CK_FREE char *first = in_jobs(f, "1");
	uint32_t job = 0;
	size_t n = 0;
	if (mkdir(f->settings.state, 0700) < 0)
		return 1;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", f->settings.state, "tmpfs", 0, "size=64k,mode=0700") < 0)
		return 77;
	if (ck_job_start(&f->settings, &spec, &job, &err) != CK_ENOSPACE ||
	    !test_contains(err.msg, "set room aside"))
		return 2;
	if (ck_jobs_list(&f->settings, &jobs, &n, &err) < 0 || n != 0)
		return 3;
	ck_jobs_free(jobs, n);
	return access(first, F_OK) == 0 ? 4 : 0;
}

static void a_start_without_room_for_its_end_is_refused(void **state)
{
	struct fixture *f = *state;
	int status = 0;
	pid_t child = fork();
	if (child == 0)
		_exit(start_in_small_state(f));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		test_skip("no right to mount a small file system");
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_command_to_an_ended_job_is_refused(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	uint32_t job = make_job(f);
	assert_err(ck_job_command(&f->settings, job, CK_JOB_PAUSE, &err), &err, CK_EFAIL,
	           "has ended");
	assert_err(ck_job_command(&f->settings, 77, CK_JOB_PAUSE, &err), &err, CK_ENOTFOUND,
	           "no job 77");
}

#define MIB ((uint64_t)1 << 20)

/* The forecast for @mib after what the jobs of @f measured. */
static struct ck_forecast forecast(const struct fixture *f, const char *method, uint64_t mib)
{
	struct ck_err err = CK_ERR_INIT;
	struct history_last last;
	struct ck_forecast got;
	assert_ok(history_measured(&f->settings, method, &last, &err), &err);
	history_forecast(&last, mib * MIB, &got);
	return got;
}

static void expect_forecast(const struct fixture *f, uint64_t mib, enum ck_forecast_source source,
                            int64_t want)
{
	struct ck_forecast got = forecast(f, "stop", mib);
	assert_int_equal(got.source, source);
	assert_int_equal(got.downtime_ms, want);
}

static void a_first_forecast_is_an_estimate(void **state)
{
	const struct fixture *f = *state;
	expect_forecast(f, 0, CK_FORECAST_GUESS, 3000);
	expect_forecast(f, 400, CK_FORECAST_GUESS, 13000);
	assert_int_equal(forecast(f, "stop", 400).bytes_per_s, 40 * MIB);
}

static void forecasts_come_from_the_last_success(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct history_last last;
	assert_ok(history_by_method(&f->settings, "stop", &last, &err), &err);
	assert_int_equal(last.job, 0);
	uint32_t good = make_job(f);
	end_job(f, good,
	        (struct ck_report){
			.result = CK_RESULT_OK, .bytes_read = 100 * MIB, .downtime_ms = 8000});
	end_job(f, make_job(f),
	        (struct ck_report){.result = CK_RESULT_FAILED, .downtime_ms = 90000});
	end_job(f, make_job(f),
	        (struct ck_report){.result = CK_RESULT_CANCELLED,
	                           .bytes_read = 100 * MIB,
	                           .downtime_ms = 90000}); /* it may have been paused */
	assert_ok(history_by_method(&f->settings, "stop", &last, &err), &err);
	assert_int_equal(last.job, good);
	expect_forecast(f, 100, CK_FORECAST_LAST, 8000);
	expect_forecast(f, 200, CK_FORECAST_LAST, 13000); /* stopping and starting is done once */
	expect_forecast(f, 0, CK_FORECAST_LAST, 3000);
	assert_int_equal(forecast(f, "snapshot", 100).source, CK_FORECAST_GUESS);
	assert_ok(history_by_method(&f->settings, "snapshot", &last, &err), &err);
	assert_int_equal(last.job, 0);
}

static void a_small_backup_tells_how_long_a_stop_takes(void **state)
{
	struct fixture *f = *state;
	end_job(f, make_job(f),
	        (struct ck_report){
			.result = CK_RESULT_OK, .bytes_read = 2 * MIB, .downtime_ms = 2500});
	expect_forecast(f, 2, CK_FORECAST_LAST, 2500);
	expect_forecast(f, 402, CK_FORECAST_GUESS, 12500);
}

static void a_run_that_the_limit_cut_short_measured_too(void **state)
{
	struct fixture *f = *state;
	end_job(f, make_job(f),
	        (struct ck_report){
			.result = CK_RESULT_OK, .bytes_read = 100 * MIB, .downtime_ms = 5000});
	end_job(f, make_job(f),
	        (struct ck_report){.result = CK_RESULT_FAILED,
	                           .code = CK_ETIMEOUT,
	                           .bytes_read = 600 * MIB,
	                           .downtime_ms = 603000});
	expect_forecast(f, 1200, CK_FORECAST_CUT, 1203000);
}

static void a_very_short_downtime_keeps_its_rate(void **state)
{
	struct fixture *f = *state;
	end_job(f, make_job(f),
	        (struct ck_report){.result = CK_RESULT_FINDINGS,
	                           .bytes_read = 100 * MIB,
	                           .downtime_ms = 2000});
	expect_forecast(f, 1000, CK_FORECAST_LAST, 11000);
}

static void only_the_same_selection_is_compared(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct history_last last;
	uint32_t job = make_job(f);
	end_job(f, job, (struct ck_report){.result = CK_RESULT_OK, .messages = 100});
	char all[] = "*", one[] = "user/anne", rule[] = "special:\\Junk";
	char *star[] = {all, NULL}, *anne[] = {one, NULL}, *rules[] = {rule, NULL};
	struct ck_plan plan = {.select = {star, 1, 2}};
	assert_ok(history_by_plan(&f->settings, &plan, &last, &err), &err);
	assert_int_equal(last.messages, 100);
	plan.select.items = anne;
	assert_ok(history_by_plan(&f->settings, &plan, &last, &err), &err);
	assert_int_equal(last.job, 0);
	plan = (struct ck_plan){.exclude = {rules, 1, 2}};
	assert_ok(history_by_plan(&f->settings, &plan, &last, &err), &err);
	assert_int_equal(last.job, 0);
}

/* The same job, of another server. */
static void move_job(struct fixture *f, uint32_t job, const char *host, const char *configdirectory)
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

static void only_the_same_server_is_compared(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct history_last last;
	const struct ck_plan plan = {0};
	CK_FREE char *host = identity_host();
	uint32_t own = make_job(f), other = make_job(f), apart = make_job(f);
	end_job(f, own, (struct ck_report){.result = CK_RESULT_OK, .messages = 100});
	end_job(f, other, (struct ck_report){.result = CK_RESULT_OK, .messages = 90000});
	end_job(f, apart, (struct ck_report){.result = CK_RESULT_OK, .messages = 80000});
	move_job(f, own, host, "/c");
	move_job(f, other, "elsewhere.example.org", "/c");
	move_job(f, apart, host, "/another");
	assert_ok(history_by_plan(&f->settings, &plan, &last, &err), &err);
	assert_int_equal(last.job, own);
	assert_ok(history_by_method(&f->settings, "stop", &last, &err), &err);
	assert_int_equal(last.job, own);
}

/* What ck_job_start() must refuse, and that nothing is left of the attempt. */
static void assert_refused(struct fixture *f, struct ck_plan *plan, const char *to,
                           enum ck_code want, const char *words)
{
	struct ck_job_spec spec = {.kind = CK_JOB_BACKUP, .plan = plan, .destination = to};
	struct ck_err err = CK_ERR_INIT;
	struct ck_job *jobs;
	size_t n;
	uint32_t job = 0;
	assert_err(ck_job_start(&f->settings, &spec, &job, &err), &err, want, words);
	assert_int_equal(job, 0);
	assert_ok(ck_jobs_list(&f->settings, &jobs, &n, &err), &err);
	assert_int_equal(n, 0);
	ck_jobs_free(jobs, n);
}

static void what_makes_no_sense_is_refused_and_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	char live[] = "live", stop[] = "stop", lvm[] = "lvm", bad[] = "smaller:3";
	char *rules[] = {bad, NULL};
	struct ck_plan plan = {.method = live};
	assert_refused(f, &plan, NULL, CK_EUSAGE, "there is 'stop'");
	plan = (struct ck_plan){.method = stop, .driver = lvm};
	assert_refused(f, &plan, NULL, CK_EUSAGE, "driver 'lvm'");
	plan = (struct ck_plan){.method = stop, .exclude = {rules, 1, 2}};
	assert_refused(f, &plan, NULL, CK_EUSAGE, "rule 1");
	plan = (struct ck_plan){.method = stop};
	assert_refused(f, &plan, "attic", CK_ENOTFOUND, "main");
	assert_refused(f, &plan, NULL, CK_ENOTFOUND, "/nowhere/cyrkeep");
}

static void a_second_job_is_refused_by_name(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	uint32_t running = make_job(f), job = 0;
	int lock;
	assert_ok(dir_lock_worker(&f->settings, running, &lock, &err), &err);
	struct ck_plan plan = {0};
	struct ck_job_spec spec = {.kind = CK_JOB_BACKUP, .plan = &plan};
	assert_err(ck_job_start(&f->settings, &spec, &job, &err), &err, CK_EBUSY,
	           "started by root on pts/1");
	move_job(f, running, "elsewhere.example.org", "/c"); /* which is no business of ours */
	assert_err(ck_job_start(&f->settings, &spec, &job, &err), &err, CK_ENOTFOUND,
	           "/nowhere/cyrkeep");
	(void)close(lock);
}

static void an_archive_that_is_not_there_is_refused_at_once(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_job *jobs;
	uint32_t job = 0;
	size_t n;
	static const char *const names[] = {"7", "latest", "/nowhere/a.tar.zst", "a.tar.zst"};
	for (size_t i = 0; i < CK_COUNT(names); i++) {
		struct ck_job_spec spec = {.kind = CK_JOB_VERIFY, .archive = names[i]};
		assert_int_equal(ck_job_start(&f->settings, &spec, &job, &err), CK_ENOTFOUND);
		CK_FREE char *name = strdup(names[i]);
		struct ck_restore_request request = {.archive = name};
		spec = (struct ck_job_spec){.kind = CK_JOB_RESTORE, .restore = &request};
		assert_int_equal(ck_job_start(&f->settings, &spec, &job, &err), CK_ENOTFOUND);
	}
	assert_ok(ck_jobs_list(&f->settings, &jobs, &n, &err), &err);
	assert_int_equal(n, 0);
	ck_jobs_free(jobs, n);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_count_up_and_are_never_used_again),
		TEST(a_spec_comes_back_as_it_was),
		TEST(figures_half_written_are_noticed),
		TEST(the_longest_mailbox_name_fits_into_the_figures),
		TEST(attaching_late_replays_everything_and_ends),
		TEST(attaching_to_a_living_job_wakes_up_for_news),
		TEST(a_job_is_dead_when_its_lock_is_free),
		TEST(what_is_no_job_is_not_listed),
		TEST(a_job_of_garbage_is_listed_as_dead),
		TEST(pipes_in_the_place_of_files_are_passed_over),
		TEST(one_unreadable_journal_hides_no_other),
		TEST(a_state_directory_that_others_may_change_is_refused),
		TEST(a_start_without_room_for_its_end_is_refused),
		TEST(a_command_to_an_ended_job_is_refused),
		TEST(a_first_forecast_is_an_estimate),
		TEST(forecasts_come_from_the_last_success),
		TEST(a_small_backup_tells_how_long_a_stop_takes),
		TEST(a_run_that_the_limit_cut_short_measured_too),
		TEST(a_very_short_downtime_keeps_its_rate),
		TEST(only_the_same_selection_is_compared),
		TEST(only_the_same_server_is_compared),
		TEST(what_makes_no_sense_is_refused_and_leaves_nothing),
		TEST(a_second_job_is_refused_by_name),
		TEST(an_archive_that_is_not_there_is_refused_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
