/* SPDX-License-Identifier: BSD-2-Clause */
/* A job from its first line to its report, in a process that no terminal owns. */
#include "job/worker.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/verify.h"
#include "base/number.h"
#include "job/dir.h"
#include "job/figures.h"
#include "job/scope.h"
#include "job/ticker.h"
#include "restore/restore.h"

#define FINDINGS_LOGGED 100000 /* beyond, they are counted only */

/* -- the run, as the rooms below see it ------------------------------------------------------- */

static int on_checkpoint(struct run *run)
{
	struct worker *w = run->arg;
	(void)pthread_mutex_lock(&w->mutex);
	while (w->paused && !atomic_load(&run->cancel))
		(void)pthread_cond_wait(&w->changed, &w->mutex);
	(void)pthread_mutex_unlock(&w->mutex);
	return atomic_load(&run->cancel) ? CK_ECANCEL : 0;
}

static void on_finding(struct run *run, const char *mailbox, uint32_t uid, const char *code,
                       const char *text, const char *remedy)
{
	struct worker *w = run->arg;
	uint64_t n = atomic_fetch_add(&w->findings_told, 1) + 1;
	if (n > FINDINGS_LOGGED)
		return;
	struct ck_event ev = {.kind = CK_EV_FINDING, .finding = {.uid = uid}};
	ev.finding.mailbox = mailbox ? strdup(mailbox) : NULL;
	ev.finding.code = strdup(code);
	ev.finding.text = strdup(text);
	ev.finding.remedy = strdup(remedy ? remedy : "");
	(void)eventlog_write(w->log, &ev);
	ck_event_fini(&ev);
	if (n == FINDINGS_LOGGED)
		eventlog_note(w->log, "further findings are counted, but not listed");
}

static void on_current(struct run *run, const char *mailbox)
{
	struct worker *w = run->arg;
	(void)pthread_mutex_lock(&w->mutex);
	(void)snprintf(w->mailbox, sizeof w->mailbox, "%s", mailbox);
	(void)pthread_mutex_unlock(&w->mutex);
}

static void on_restored(struct run *run, const struct ck_restored *r)
{
	struct worker *w = run->arg;
	struct ck_event ev = {.kind = CK_EV_RESTORED, .restored = *r};
	(void)eventlog_write(w->log, &ev); /* the name stays the caller's */
}

static void on_note(struct run *run, const char *text)
{
	struct worker *w = run->arg;
	eventlog_note(w->log, "%s", text);
}

/* -- phases and commands ---------------------------------------------------------------------- */

void worker_phase(struct worker *w, enum ck_phase phase)
{
	atomic_store(&w->phase, phase);
	eventlog_phase(w->log, phase, true);
}

void worker_phase_end(struct worker *w, enum ck_phase phase)
{
	eventlog_phase(w->log, phase, false);
}

const char *worker_command(struct worker *w, enum ck_job_command command, const char *who)
{
	static const char *const done[] = {
		[CK_JOB_PAUSE] = "paused",
		[CK_JOB_RESUME] = "running",
		[CK_JOB_CANCEL] = "cancelling",
	};
	static const char *const words[] = {
		[CK_JOB_PAUSE] = "paused",
		[CK_JOB_RESUME] = "resumed",
		[CK_JOB_CANCEL] = "cancelled",
	};
	const char *no = NULL;
	(void)pthread_mutex_lock(&w->mutex);
	if (atomic_load(&w->run.cancel))
		no = "it is being cancelled already";
	else if (command == CK_JOB_PAUSE && w->paused)
		no = "it is paused already";
	else if (command == CK_JOB_RESUME && !w->paused)
		no = "it is not paused";
	else if (command == CK_JOB_CANCEL)
		atomic_store(&w->run.cancel, true);
	if (!no)
		w->paused = command == CK_JOB_PAUSE;
	(void)pthread_cond_broadcast(&w->changed);
	(void)pthread_mutex_unlock(&w->mutex);
	if (no)
		return no;
	ticker_write_now(w); /* who reads of it in the log finds it there, too */
	eventlog_state(w->log, done[command]);
	eventlog_note(w->log, "%s by %s", words[command], who);
	if (command == CK_JOB_PAUSE && w->hold && hold_down_ms(w->hold) > 0)
		eventlog_note(w->log, "Cyrus stays stopped meanwhile, for at most %d s in all",
		              w->settings->max_downtime_s);
	return NULL;
}

/* -- helpers ---------------------------------------------------------------------------------- */

int worker_helpers_start(struct worker *w, struct ck_err *err)
{
	w->listen_fd = control_open(w->settings, w->job, err);
	if (w->listen_fd < 0)
		return w->listen_fd;
	if (pipe2(w->wake, O_CLOEXEC) < 0)
		return ck_err_sys(err, "cannot make a pipe");
	errno = pthread_create(&w->ticker, NULL, ticker_main, w);
	if (errno)
		return ck_err_sys(err, "cannot start a thread");
	errno = pthread_create(&w->listener, NULL, control_main, w);
	if (errno) {
		int sys = errno;
		atomic_store(&w->quit, true);
		(void)pthread_kill(w->ticker, TICKER_WAKE);
		(void)pthread_join(w->ticker, NULL);
		errno = sys;
		return ck_err_sys(err, "cannot start a thread");
	}
	w->has_helpers = true;
	return 0;
}

void worker_helpers_stop(struct worker *w)
{
	if (!w->has_helpers)
		return;
	atomic_store(&w->quit, true);
	(void)!write(w->wake[1], "q", 1);
	(void)pthread_kill(w->ticker, TICKER_WAKE);
	(void)pthread_join(w->ticker, NULL);
	(void)pthread_join(w->listener, NULL);
	w->has_helpers = false;
}

/* -- the job ---------------------------------------------------------------------------------- */

static int run_restore(struct worker *w, struct ck_report *report, struct ck_err *err)
{
	CK_CLEANUP(restore_closep) struct restore *restore = NULL;
	worker_phase(w, CK_PHASE_REHEARSE);
	int r = restore_begin(w->settings, &w->spec.restore, &w->run, &restore, report, err);
	worker_phase_end(w, CK_PHASE_REHEARSE);
	(void)snprintf(report->method, sizeof report->method, "%s",
	               w->spec.restore.via == CK_VIA_IMAP ? "imap" : "sync");
	if (r < 0)
		return r;
	worker_phase(w, CK_PHASE_RESTORE);
	r = restore_carry_out(restore, &w->run, report, err);
	worker_phase_end(w, CK_PHASE_RESTORE);
	return r;
}

static int run_verify(struct worker *w, struct ck_report *report, struct ck_err *err)
{
	worker_phase(w, CK_PHASE_CHECK);
	int r = archive_verify(w->settings, w->spec.archive, &w->run, report, err);
	worker_phase_end(w, CK_PHASE_CHECK);
	return r;
}

/* Nobody's end but our own ends us; until then the starter waits. Where that cannot be had the log
 * says so. */
static void leave_unit(struct worker *w)
{
	struct ck_err why = CK_ERR_INIT;
	if (scope_enter(w->job, &why) < 0)
		eventlog_note(w->log,
		              "the job ends with the unit that started it, if that ends: %s",
		              why.msg);
	ck_closep(&w->ready);
	w->ready = -1;
}

static int run_job(struct worker *w, struct ck_report *report, struct ck_err *err)
{
	int r = 0;
	leave_unit(w);
	/* The guard is forked here, while there is one thread. */
	if (w->spec.kind == CK_JOB_BACKUP)
		r = hold_open(w->settings, w->dir, w->spec.plan.method, &w->run, &w->hold, err);
	if (r == 0)
		r = worker_helpers_start(w, err);
	if (r < 0)
		return r;
	switch (w->spec.kind) {
	case CK_JOB_BACKUP:
		return backup_run(w, report, err);
	case CK_JOB_RESTORE:
		return run_restore(w, report, err);
	case CK_JOB_VERIFY:
		return run_verify(w, report, err);
	}
	return CK_EFAIL;
}

/* The last word: what came of it, in one of the four results. */
static void conclude(struct worker *w, int r, const struct ck_err *err, struct ck_report *report)
{
	report->job = w->job;
	report->findings = atomic_load(&w->run.findings);
	if (r == 0) {
		report->result =
			report->findings || report->failed ? CK_RESULT_FINDINGS : CK_RESULT_OK;
		return;
	}
	report->result = r == CK_ECANCEL && !atomic_load(&w->hold_broke) ? CK_RESULT_CANCELLED
	                                                                 : CK_RESULT_FAILED;
	free(report->error);
	free(report->remedy);
	report->code = (enum ck_code)r;
	report->error = strdup(err->msg);
	report->remedy = *err->remedy ? strdup(err->remedy) : NULL;
}

static void work(struct worker *w)
{
	struct ck_event ev = {.kind = CK_EV_REPORT};
	struct ck_err err = CK_ERR_INIT;
	eventlog_state(w->log, "running");
	int r = run_job(w, &ev.report, &err);
	/* Whatever happened above: the server is given back before anything else. The hold itself
	 * goes when nobody looks at it any more. */
	int64_t down_ms;
	if (w->hold && hold_release(w->hold, &down_ms, NULL) < 0)
		eventlog_note(w->log, "Cyrus could not be started; the guard goes on trying, and "
		                      "'cyrkeep unwind' does");
	worker_phase(w, CK_PHASE_REPORT);
	worker_helpers_stop(w);
	hold_close(CK_STEAL(w->hold));
	conclude(w, r, &err, &ev.report);
	worker_phase_end(w, CK_PHASE_REPORT);
	ticker_write_done(w);
	(void)eventlog_write(w->log, &ev);
	ck_event_fini(&ev);
}

/* Started by hand the descriptors are not there; then the lock is taken here. */
static int take_lock(const struct ck_settings *settings, uint32_t job, int *ret_fd, int *ret_ready,
                     struct ck_err *err)
{
	CK_FREE char *path = dir_file(settings, job, "lock");
	struct stat ours, theirs;
	if (!path)
		return ck_err_nomem(err);
	if (fstat(WORKER_LOCK_FD, &ours) == 0 && stat(path, &theirs) == 0 &&
	    ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino) {
		*ret_fd = WORKER_LOCK_FD;
		(void)fcntl(WORKER_LOCK_FD, F_SETFD, FD_CLOEXEC);
		(void)fcntl(WORKER_SERVER_FD, F_SETFD, FD_CLOEXEC);
		(void)fcntl(WORKER_READY_FD, F_SETFD, FD_CLOEXEC);
		*ret_ready = WORKER_READY_FD;
		return 0;
	}
	return dir_lock_worker(settings, job, ret_fd, err);
}

static int prepare(struct worker *w, struct ck_err *err)
{
	w->dir = dir_path(w->settings, w->job);
	CK_FREE char *figures = dir_file(w->settings, w->job, FIGURES_NAME);
	if (!w->dir || !figures)
		return ck_err_nomem(err);
	int r = spec_read(w->settings, w->job, &w->spec, err);
	if (r < 0)
		return r;
	w->figures = open(figures, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (w->figures < 0)
		return ck_err_sys(err, "cannot open '%s'", figures);
	return eventlog_open(w->settings, w->job, &w->log, err);
}

/* Without this glibc keeps the frames of one phase while those of the next are allocated: it raises
 * the size from which on it gives memory back to the largest that was freed (mallopt(3)). */
static void give_frames_back(void)
{
#ifdef M_MMAP_THRESHOLD
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

int ck_job_worker_main(const struct ck_settings *settings, uint32_t job)
{
	struct worker w = {.settings = settings,
	                   .job = job,
	                   .figures = -1,
	                   .ready = -1,
	                   .listen_fd = -1,
	                   .wake = {-1, -1},
	                   .started_ms = time_mono_ms(),
	                   .down_predicted_ms = -1};
	struct ck_err err = CK_ERR_INIT;
	CK_CLOSE int lock = -1;
	w.run.checkpoint = on_checkpoint;
	w.run.finding = on_finding;
	w.run.current = on_current;
	w.run.note = on_note;
	w.run.restored = on_restored;
	w.run.arg = &w;
	(void)pthread_mutex_init(&w.writing, NULL);
	(void)pthread_mutex_init(&w.mutex, NULL);
	(void)pthread_cond_init(&w.changed, NULL);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	ticker_block_signals();
	give_frames_back();

	int r = take_lock(settings, job, &lock, &w.ready, &err);
	if (r == 0)
		r = prepare(&w, &err);
	if (r == 0)
		work(&w);
	else
		(void)dprintf(2, "%s\n", err.msg); /* the log: there is nothing else yet */
	eventlog_close(w.log);
	spec_fini(&w.spec);
	free(w.dir);
	ck_closep(&w.figures);
	ck_closep(&w.ready);
	ck_closep(&w.listen_fd);
	ck_closep(&w.wake[0]);
	ck_closep(&w.wake[1]);
	return r < 0 ? 1 : 0;
}
