/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number.h"
#include "job/dir.h"
#include "job/eventlog.h"
#include "job/figures.h"
#include "job/spec.h"
#include "job/worker.h"
#include "support/statedir.h"

#define NOBODY 65534

static void numbers_count_up_and_are_never_used_again(void **state)
{
	struct statedir *f = *state;
	assert_int_equal(statedir_job(f), 1);
	assert_int_equal(statedir_job(f), 2);
	CK_FREE char *dir = dir_path(&f->settings, 2);
	test_rmtree(dir);
	assert_int_equal(statedir_job(f), 3);
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
	assert_int_equal(statedir_job(f), 43);
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
	s.accept_shrink = true;
	s.plan.exclude = (struct ck_strv){rules, 1, 2};
	char kept[] = "tls_sessions.db", *keep[] = {kept, NULL};
	s.plan.keep = (struct ck_strv){keep, 1, 2};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf again = CK_BUF_INIT;
	CK_CLEANUP(spec_fini) struct spec back = {0};
	assert_int_equal(spec_format(&s, &text), 0);
	assert_int_equal(spec_parse(text.data, text.len, &back), 0);
	assert_int_equal(spec_format(&back, &again), 0);
	assert_string_equal(text.data, again.data);
	assert_string_equal(back.plan.exclude.items[0], rule);
	assert_int_equal(back.plan.keep.n, 1);
	assert_string_equal(back.plan.keep.items[0], kept);
	assert_true(back.plan.without_config);
	assert_true(back.accept_shrink);
	assert_int_equal(back.started_ms, s.started_ms);
	for (size_t n = 0; n < text.len; n++) {
		struct spec cut = {0};
		assert_int_equal(spec_parse(text.data, n, &cut), CK_ECORRUPT);
	}
}

static void a_spec_without_what_its_kind_needs_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"\"kind\":\"restore\",\"restore\":{\"patterns\":[\"user/anne\"]}",
		"\"kind\":\"restore\",\"restore\":{\"archive\":7}",
		"\"kind\":\"backup\",\"plan\":{\"method\":\"stop\"}",
		"\"kind\":\"verify\"",
	};
	for (size_t i = 0; i < CK_COUNT(texts); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
		struct spec s = {0};
		ck_buf_addf(&text, "{\"version\":1,\"started\":\"2026-11-23T02:00:00Z\",%s}",
		            texts[i]);
		assert_int_equal(spec_parse(text.data, text.len, &s), CK_ECORRUPT);
	}
}

static void figures_half_written_are_noticed(void **state)
{
	struct statedir *f = *state;
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
	struct statedir *f = *state;
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
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	uint32_t job = statedir_job(f);
	statedir_end(f, job, (struct ck_report){.result = CK_RESULT_OK});
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
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	uint32_t job = statedir_job(f);
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
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_job *jobs;
	size_t n;
	int lock;
	uint32_t dead = statedir_job(f), alive = statedir_job(f), done = statedir_job(f);
	assert_ok(dir_lock_worker(&f->settings, alive, &lock, &err), &err);
	statedir_end(
		f, done,
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

/* Its figures are those of the moment at which it stopped. */
static void write_figures(struct statedir *f, uint32_t job, int percent)
{
	CK_FREE char *path = dir_file(&f->settings, job, FIGURES_NAME);
	CK_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct figures in = {.state = CK_JOB_DONE, .seq = 1, .percent = percent};
	in.event.kind = CK_EV_PROGRESS;
	assert_int_equal(figures_write(fd, &in), 0);
}

static void only_what_was_done_is_called_done(void **state)
{
	static const struct {
		enum ck_result result;
		const char *word;
		int percent;
	} table[] = {{CK_RESULT_OK, "done", 100},
	             {CK_RESULT_FINDINGS, "done", 100},
	             {CK_RESULT_CANCELLED, "cancelled", 37},
	             {CK_RESULT_FAILED, "failed", 37}};
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_job *jobs;
	size_t n;
	for (size_t i = 0; i < CK_COUNT(table); i++) {
		uint32_t job = statedir_job(f);
		write_figures(f, job, 37);
		statedir_end(f, job, (struct ck_report){.result = table[i].result});
	}
	assert_ok(ck_jobs_list(&f->settings, &jobs, &n, &err), &err);
	assert_int_equal(n, CK_COUNT(table));
	for (size_t i = 0; i < n; i++) {
		const struct ck_job *j = &jobs[n - 1 - i];
		assert_string_equal(ck_job_state_word(j), table[i].word);
		assert_int_equal(j->percent, table[i].percent);
	}
	ck_jobs_free(jobs, n);
}

static void a_command_to_an_ended_job_is_refused(void **state)
{
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	uint32_t job = statedir_job(f);
	assert_err(ck_job_command(&f->settings, job, CK_JOB_PAUSE, &err), &err, CK_EFAIL,
	           "has ended");
	assert_err(ck_job_command(&f->settings, 77, CK_JOB_PAUSE, &err), &err, CK_ENOTFOUND,
	           "no job 77");
}

/* A job of which only the listener is at work. It is being cancelled already: no log is needed for
 * what it answers. */
struct listening {
	struct worker w;
	pthread_t thread;
	int dir;
	struct sockaddr_un address;
};

static void listening_start(struct listening *l, struct statedir *f, uint32_t job)
{
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *path = dir_path(&f->settings, job);
	*l = (struct listening){
		.w = {.settings = &f->settings, .job = job, .run = {.cancel = true}},
		.dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC),
		.address = {.sun_family = AF_UNIX}};
	(void)snprintf(l->address.sun_path, sizeof l->address.sun_path, "/proc/self/fd/%d/socket",
	               l->dir);
	l->w.listen_fd = control_open(&f->settings, job, &err);
	assert_ok(l->w.listen_fd, &err);
	assert_int_equal(pipe2(l->w.wake, O_CLOEXEC), 0);
	assert_int_equal(pthread_mutex_init(&l->w.mutex, NULL), 0);
	assert_int_equal(pthread_cond_init(&l->w.changed, NULL), 0);
	assert_int_equal(pthread_create(&l->thread, NULL, control_main, &l->w), 0);
}

static void listening_stop(struct listening *l)
{
	atomic_store(&l->w.quit, true);
	assert_int_equal(close(l->w.wake[1]), 0);
	assert_int_equal(pthread_join(l->thread, NULL), 0);
	(void)pthread_mutex_destroy(&l->w.mutex);
	(void)pthread_cond_destroy(&l->w.changed);
	assert_int_equal(close(l->w.wake[0]), 0);
	assert_int_equal(close(l->w.listen_fd), 0);
	assert_int_equal(close(l->dir), 0);
}

/* Whoever connects and says nothing, or half of a word, keeps nobody else waiting. */
static void a_silent_client_holds_nobody_up(void **state)
{
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct listening l;
	uint32_t job = statedir_job(f);
	enum { SILENT = 40 };
	int silent[SILENT];
	listening_start(&l, f, job);
	int64_t begin = time_mono_ms();
	for (int i = 0; i < SILENT; i++) {
		silent[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(
			connect(silent[i], (struct sockaddr *)&l.address, sizeof l.address), 0);
		assert_int_equal(send(silent[i], "cancel", (size_t)i % 7, MSG_NOSIGNAL), i % 7);
		/* it is answered, so the listener is there */
		assert_err(ck_job_command(&f->settings, job, CK_JOB_CANCEL, &err), &err, CK_EFAIL,
		           "it is being cancelled already");
	}
	assert_in_range(time_mono_ms() - begin, 0, 4000 * test_slowness());
	listening_stop(&l);
	for (int i = 0; i < SILENT; i++)
		assert_int_equal(close(silent[i]), 0);
}

/* As somebody else, in a process of its own. @return 0 when he is refused. */
static int ask_as_nobody(const struct listening *l)
{
	char answer[100] = "";
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0 ||
	    connect(fd, (const struct sockaddr *)&l->address, sizeof l->address) < 0)
		return 1;
	if (send(fd, "cancel\n", 7, MSG_NOSIGNAL) != 7 ||
	    recv(fd, answer, sizeof answer - 1, 0) <= 0)
		return 2;
	return strstr(answer, "no only root") ? 0 : 3;
}

/* Whatever became of the modes of its directory. */
static void only_root_and_its_own_user_command_a_job(void **state)
{
	struct statedir *f = *state;
	struct listening l;
	uint32_t job = statedir_job(f);
	int status = -1;
	if (geteuid() != 0)
		test_skip("only root can be somebody else");
	listening_start(&l, f, job);
	CK_FREE char *dir = dir_path(&f->settings, job);
	CK_FREE char *file = dir_file(&f->settings, job, "socket");
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(chmod(file, 0777), 0);
	pid_t child = fork();
	if (child == 0)
		_exit(ask_as_nobody(&l));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	listening_stop(&l);
}

/* What ck_job_start() must refuse, and that nothing is left of the attempt. */
static void assert_refused(struct statedir *f, struct ck_plan *plan, const char *to,
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
	struct statedir *f = *state;
	char live[] = "live", stop[] = "stop", lvm[] = "lvm", bad[] = "smaller:3";
	char *rules[] = {bad, NULL};
	struct ck_plan plan = {.method = live};
	assert_refused(f, &plan, NULL, CK_EUSAGE, "there is 'stop'");
	plan = (struct ck_plan){.method = stop, .driver = lvm};
	assert_refused(f, &plan, NULL, CK_EUSAGE, "driver 'lvm'");
	plan = (struct ck_plan){.method = stop, .exclude = {rules, 1, 2}};
	assert_refused(f, &plan, NULL, CK_EUSAGE, "rule 1");
	plan = (struct ck_plan){.method = stop, .keep = {rules, 1, 2}};
	assert_refused(f, &plan, NULL, CK_EUSAGE, "nothing called 'smaller:3' is left out");
	plan = (struct ck_plan){.method = stop};
	assert_refused(f, &plan, "attic", CK_ENOTFOUND, "main");
	assert_refused(f, &plan, NULL, CK_ENOTFOUND, "/nowhere/cyrkeep");
}

static void a_second_job_is_refused_by_name(void **state)
{
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	uint32_t running = statedir_job(f), job = 0;
	int lock;
	assert_ok(dir_lock_worker(&f->settings, running, &lock, &err), &err);
	struct ck_plan plan = {0};
	struct ck_job_spec spec = {.kind = CK_JOB_BACKUP, .plan = &plan};
	assert_err(ck_job_start(&f->settings, &spec, &job, &err), &err, CK_EBUSY,
	           "started by root on pts/1");
	statedir_move(f, running, "elsewhere.example.org", "/c"); /* which is no business of ours */
	assert_err(ck_job_start(&f->settings, &spec, &job, &err), &err, CK_ENOTFOUND,
	           "/nowhere/cyrkeep");
	(void)close(lock);
}

static int gate = -1; /* on which the worker waits */

static void open_gate(int sig)
{
	(void)sig;
	(void)!write(gate, "x\n", 2);
}

/* A worker that has not said yet that its starter may end: a signal that comes meanwhile, as of a
 * terminal that changes its size, is no such word. */
static void a_signal_does_not_end_the_wait_for_a_worker(void **state)
{
	struct statedir *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_plan plan = {0};
	struct ck_job_spec spec = {.kind = CK_JOB_BACKUP, .plan = &plan};
	const struct sigaction on = {.sa_handler = open_gate}, off = {.sa_handler = SIG_DFL};
	const struct itimerval soon = {.it_value.tv_usec = 200000};
	CK_CLEANUP(ck_buf_fini) struct ck_buf script = CK_BUF_INIT;
	CK_FREE char *fifo = NULL, *done = NULL;
	uint32_t job = 0;
	free(f->settings.program);
	assert_true(asprintf(&f->settings.program, "%s/worker", f->dir) > 0);
	assert_true(asprintf(&fifo, "%s/gate", f->dir) > 0);
	assert_true(asprintf(&done, "%s/done", f->dir) > 0);
	(void)ck_buf_addf(&script, "#!/bin/sh\nread x <'%s'\n: >'%s'\n", fifo, done);
	test_write(f->settings.program, script.data, script.len);
	assert_int_equal(chmod(f->settings.program, 0700), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	gate = open(fifo, O_RDWR | O_CLOEXEC);
	assert_true(gate >= 0);
	assert_int_equal(sigaction(SIGALRM, &on, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_ok(ck_job_start(&f->settings, &spec, &job, &err), &err);
	assert_int_equal(access(done, F_OK), 0);
	assert_int_equal(sigaction(SIGALRM, &off, NULL), 0);
	(void)close(gate);
}

static void an_archive_that_is_not_there_is_refused_at_once(void **state)
{
	struct statedir *f = *state;
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, statedir_setup, statedir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_count_up_and_are_never_used_again),
		TEST(a_spec_comes_back_as_it_was),
		TEST(a_spec_without_what_its_kind_needs_is_refused),
		TEST(figures_half_written_are_noticed),
		TEST(the_longest_mailbox_name_fits_into_the_figures),
		TEST(attaching_late_replays_everything_and_ends),
		TEST(attaching_to_a_living_job_wakes_up_for_news),
		TEST(a_job_is_dead_when_its_lock_is_free),
		TEST(only_what_was_done_is_called_done),
		TEST(a_command_to_an_ended_job_is_refused),
		TEST(a_silent_client_holds_nobody_up),
		TEST(only_root_and_its_own_user_command_a_job),
		TEST(what_makes_no_sense_is_refused_and_leaves_nothing),
		TEST(a_second_job_is_refused_by_name),
		TEST(a_signal_does_not_end_the_wait_for_a_worker),
		TEST(an_archive_that_is_not_there_is_refused_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
