/* SPDX-License-Identifier: BSD-2-Clause */
/* A state directory with what does not belong there, that others may change, or that is full. */
#include "support/test.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hold/journal.h"
#include "job/dir.h"
#include "job/history.h"
#include "support/statedir.h"

/* STATE/jobs/NAME. */
static char *in_jobs(const struct statedir *f, const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/jobs/%s", f->settings.state, name) > 0);
	return path;
}

static size_t count_jobs(struct statedir *f)
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
	struct statedir *f = *state;
	struct ck_attach *a;
	struct ck_err err = CK_ERR_INIT;
	static const char *const files[] = {"5",       "notes",     "last.77.tmp",     "0/spec",
	                                    "-1/spec", "0004/spec", "4294967296/spec", "12x/spec"};
	uint32_t job = statedir_job(f);
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
	assert_int_equal(statedir_job(f), 7); /* the number is used all the same */
}

static void a_job_of_garbage_is_listed_as_dead(void **state)
{
	struct statedir *f = *state;
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
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	static const char *const files[] = {"lock", "events", "figures", "journal", "log", "spec"};
	char name[32];
	for (size_t i = 0; i < CK_COUNT(files); i++) {
		uint32_t job = statedir_job(f);
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

/* @return a child that has the numbers locked and is suspended. */
static pid_t suspend_a_starter(struct statedir *f)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int fd;
		if (dir_lock_numbers(&f->settings, 0, &fd, NULL) == 0)
			(void)raise(SIGSTOP);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_true(WIFSTOPPED(status));
	return child;
}

static void a_suspended_starter_holds_nobody_up(void **state)
{
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *path = in_jobs(f, ".lock");
	CK_FREE char *words = NULL;
	int fd = -1, status;
	pid_t child = suspend_a_starter(f);
	assert_true(asprintf(&words, "process %d is starting a job", (int)child) > 0);
	alarm(20); /* rather than for ever */
	assert_err(dir_lock_numbers(&f->settings, 100, &fd, &err), &err, CK_EBUSY, words);
	assert_true(test_contains(err.msg, "it is suspended"));
	assert_true(test_contains(err.remedy, "kill -CONT"));
	assert_int_equal(truncate(path, 0), 0); /* of a version that did not say */
	assert_err(dir_lock_numbers(&f->settings, 0, &fd, &err), &err, CK_EBUSY, "is locked");
	assert_true(test_contains(err.remedy, path));
	assert_int_equal(kill(child, SIGCONT), 0);
	assert_ok(dir_lock_numbers(&f->settings, 10000, &fd, &err), &err);
	assert_int_equal(waitpid(child, &status, 0), child);
	(void)close(fd);
	alarm(0);
}

static void write_entry(const struct statedir *f, uint32_t job, enum journal_kind kind,
                        const char *const *words, size_t n)
{
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *dir = dir_path(&f->settings, job);
	int journal = -1;
	assert_ok(journal_open(dir, JOURNAL_CREATE, &journal, &err), &err);
	assert_ok(journal_append(journal, 1, kind, words, n, &err), &err);
	(void)close(journal);
}

/* One that is larger than any of ours. */
static void spoil_journal(const struct statedir *f, uint32_t job)
{
	CK_FREE char *path = dir_file(&f->settings, job, "journal");
	CK_FREE char *large = calloc(1, 100000);
	assert_non_null(large);
	test_write(path, large, 100000);
}

/* Cyrus was stopped, and is to be started by a program that always fails. */
static void leave_stopped(const struct statedir *f, uint32_t job)
{
	const char *const words[] = {"process", "/nowhere/m.pid", "1", "127.0.0.1", "0", "0", "0",
	                             "",        "/bin/false"};
	write_entry(f, job, JOURNAL_MASTER, words, CK_COUNT(words));
}

/* Servers that share a state directory: what one left is undone whatever becomes of the others, and
 * each that fails is told. */
static void what_one_server_left_is_undone_without_the_others(void **state)
{
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	const char *const words[] = {"/b/x.partial"};
	struct ck_leftover *left = NULL;
	size_t n = 0, undone = 0;
	uint32_t jobs[4];
	for (size_t i = 0; i < CK_COUNT(jobs); i++) {
		char host[] = "mx0.example.org";
		host[2] = (char)('0' + i);
		jobs[i] = statedir_job(f);
		statedir_move(f, jobs[i], host, "/c");
	}
	spoil_journal(f, jobs[0]);
	write_entry(f, jobs[1], JOURNAL_FILES, words, 1);
	leave_stopped(f, jobs[2]);
	write_entry(f, jobs[3], JOURNAL_FILES, words, 1);
	assert_true(ck_unwind(&f->settings, &undone, &err) < 0);
	assert_int_equal(undone, 2);
	assert_true(test_contains(err.msg, "job 1: ") && test_contains(err.msg, "job 3: "));
	assert_false(test_contains(err.msg, "job 2: ") || test_contains(err.msg, "job 4: "));
	assert_ok(ck_unwind_list(&f->settings, &left, &n, &err), &err);
	assert_int_equal(n, 2);
	ck_leftovers_free(left, n);
}

/* A Cyrus elsewhere that is down is neither a reason to refuse a job here nor started by one. */
static void what_another_server_left_is_no_business_of_a_job(void **state)
{
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_leftover *left = NULL;
	size_t n = 0;
	uint32_t job = statedir_job(f);
	char recipe[] = "process", pidfile[] = "/nowhere/m.pid";
	f->settings.master.recipe = recipe;
	f->settings.master.pidfile = pidfile;
	leave_stopped(f, job);
	assert_err(ck_job_busy(&f->settings, &err), &err, CK_EBUSY, "Cyrus was stopped by job 1");
	assert_ok(ck_unwind_list(&f->settings, &left, &n, &err), &err);
	assert_int_equal(n, 1);
	assert_false(left[0].elsewhere);
	ck_leftovers_free(left, n);
	statedir_move(f, job, "elsewhere.example.org", "/c");
	assert_ok(ck_job_busy(&f->settings, &err), &err);
	assert_ok(ck_unwind_list(&f->settings, &left, &n, &err), &err);
	assert_int_equal(n, 1);
	assert_true(left[0].elsewhere && left[0].urgent);
	assert_string_equal(left[0].host, "elsewhere.example.org");
	assert_string_equal(left[0].configdirectory, "/c");
	ck_leftovers_free(left, n);
}

static void one_unreadable_journal_hides_no_other(void **state)
{
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	uint32_t good = statedir_job(f), bad = statedir_job(f);
	const char *const words[] = {"/b/x.partial"};
	write_entry(f, good, JOURNAL_FILES, words, 1);
	spoil_journal(f, bad);
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
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *jobs = in_jobs(f, "");
	const char *const places[] = {f->settings.state, jobs};
	struct ck_plan plan = {0};
	struct ck_job_spec spec = {.kind = CK_JOB_BACKUP, .plan = &plan};
	static const mode_t modes[] = {0777, 01777, 0720};
	uint32_t job = statedir_job(f);
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
static int start_in_small_state(struct statedir *f)
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
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
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
	struct statedir *f = *state;
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, statedir_setup, statedir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_no_job_is_not_listed),
		TEST(a_job_of_garbage_is_listed_as_dead),
		TEST(pipes_in_the_place_of_files_are_passed_over),
		TEST(one_unreadable_journal_hides_no_other),
		TEST(what_one_server_left_is_undone_without_the_others),
		TEST(what_another_server_left_is_no_business_of_a_job),
		TEST(a_suspended_starter_holds_nobody_up),
		TEST(a_state_directory_that_others_may_change_is_refused),
		TEST(a_start_without_room_for_its_end_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
