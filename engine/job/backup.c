/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A backup, phase by phase: inspect, select, hold, copy, release, seal, check.
 *
 * All that can be refused is refused before Cyrus is stopped: settings, patterns, the sanity gate,
 * the destination. From hold_take() on there is one way out, which gives the server back first.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <cyrkeep/select.h>

#include "archive/copy.h"
#include "cyrus/conf.h"
#include "destination/directory.h"
#include "job/gate.h"
#include "job/history.h"
#include "job/worker.h"

/* Without an earlier run to go by, mail is expected to shrink to no less than this. */
#define SHRINK_PERCENT 30

/* The server and what would be taken of it, as of one moment. */
struct picture {
	struct ck_server *server;
	struct ck_estimate estimate;
	const struct software *software;
};

static void picture_fini(struct picture *p)
{
	ck_estimate_fini(&p->estimate);
	ck_server_close(p->server);
	*p = (struct picture){0};
}

/* What the host's programs say of its software, asked beside the work: they take their time. */
struct inquiry {
	pthread_t thread;
	bool asked;
	struct software software;
};

static void *ask_software(void *arg)
{
	software_read(arg);
	return NULL;
}

static void inquiry_wait(struct inquiry *q)
{
	if (q->asked)
		(void)pthread_join(q->thread, NULL);
	q->asked = false;
}

static void inquiry_fini(struct inquiry *q)
{
	inquiry_wait(q);
	software_fini(&q->software);
}

static void copy_closep(struct copy **c)
{
	copy_close(*c);
}

/* -- inspect and select ----------------------------------------------------------------------- */

static int refuse_problems(const struct ck_server *server, struct ck_err *err)
{
	for (size_t i = 0; i < server->nproblems; i++) {
		const struct ck_problem *p = &server->problems[i];
		if (!p->fatal)
			continue;
		bool gate = strncmp(p->code, "E-GATE-", strlen("E-GATE-")) == 0;
		(void)ck_err_set(err, gate ? CK_EGATE : CK_EFAIL, "%s", p->text);
		return ck_err_remedy(err, "%s", p->remedy);
	}
	return 0;
}

static int inspect(struct worker *w, struct picture *p, struct ck_err *err)
{
	int r = ck_server_open(w->settings, &w->watch, &p->server, err);
	if (r == 0)
		r = refuse_problems(p->server, err);
	if (r == 0)
		r = ck_server_read_heads(p->server, &w->watch, err);
	return r == 0 ? run_checkpoint(&w->run, err) : r;
}

static int estimate(struct worker *w, struct picture *p, int64_t now, struct ck_err *err)
{
	int r = ck_estimate(p->server, &w->spec.plan, now, &w->watch, &p->estimate, err);
	if (r < 0)
		return r;
	atomic_store(&w->run.mailboxes_total, p->estimate.taken_mailboxes);
	atomic_store(&w->run.messages_total, p->estimate.taken_messages);
	atomic_store(&w->run.bytes_total, p->estimate.taken_bytes);
	return run_checkpoint(&w->run, err);
}

/* -- what must be true before anything is stopped --------------------------------------------- */

static int check_gate(struct worker *w, const struct ck_estimate *e, struct ck_err *err)
{
	struct history_last last;
	struct ck_err why = CK_ERR_INIT;
	if (e->taken_mailboxes == 0)
		return ck_err_set(err, CK_EGATE,
		                  "the backup would be empty: no mailbox is left to be copied");
	int r = history_by_plan(w->settings, &w->spec.plan, &last, err);
	if (r < 0)
		return r;
	r = gate_check(&last, e->taken_mailboxes, e->taken_messages, &why);
	if (r == CK_EGATE && w->spec.accept_shrink) {
		run_note(&w->run, "accepted by %s: %s", w->spec.who, why.msg);
		return 0;
	}
	if (r < 0 && err)
		*err = why;
	return r;
}

/* Can a file be made there? A directory that only looks writable is found out now. */
static int try_destination(const char *dir, struct ck_err *err)
{
	CK_CLOSE int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR)
		return ck_err_sys(err, "cannot write into the destination '%s'", dir);
	CK_FREE char *name = NULL;
	if (asprintf(&name, "%s/.cyrkeep-XXXXXX", dir) < 0)
		return ck_err_nomem(err);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return ck_err_sys(err, "cannot write into the destination '%s'", dir);
	(void)unlink(name);
	return 0;
}

static int check_room(const char *dir, const struct history_last *last, uint64_t bytes,
                      struct ck_err *err)
{
	struct statvfs fs;
	if (statvfs(dir, &fs) < 0)
		return ck_err_sys(err, "cannot look at the destination '%s'", dir);
	double ratio = last->job && last->bytes_read
	                       ? (double)last->bytes_written / (double)last->bytes_read
	                       : SHRINK_PERCENT / 100.0;
	double need = (double)bytes * (ratio < 1 ? ratio : 1);
	double room = (double)fs.f_bavail * (double)fs.f_frsize;
	if (room >= need)
		return 0;
	(void)ck_err_set(err, CK_ENOSPACE,
	                 "the destination '%s' has %.0f MiB left; about %.0f MiB are needed", dir,
	                 room / 1048576, need / 1048576);
	return CK_ENOSPACE;
}

/* Archives in a directory of the store would lie among mailboxes, and in the next archive. */
static int refuse_store(const struct ck_server *s, const char *destination, struct ck_err *err)
{
	const char *fixed[] = {s->conf->configdirectory, s->conf->sievedir};
	struct stat own, other;
	if (stat(destination, &own) < 0)
		return ck_err_sys(err, "cannot look at destination '%s'", destination);
	for (size_t i = 0; i < CK_COUNT(fixed) + s->npartitions; i++) {
		const char *path =
			i < CK_COUNT(fixed) ? fixed[i] : s->partitions[i - CK_COUNT(fixed)].path;
		if (!path || stat(path, &other) < 0 || own.st_dev != other.st_dev ||
		    own.st_ino != other.st_ino)
			continue;
		(void)ck_err_set(err, CK_EUSAGE, "destination '%s' belongs to Cyrus itself",
		                 destination);
		return ck_err_remedy(err, "choose a directory of its own, best on another disk");
	}
	return 0;
}

static int forecast(struct worker *w, uint64_t bytes, struct ck_err *err)
{
	struct history_last last;
	struct ck_forecast f;
	int r = history_measured(w->settings, w->spec.plan.method, &last, err);
	if (r < 0)
		return r;
	history_forecast(&last, bytes, &f);
	atomic_store(&w->down_predicted_ms, f.downtime_ms);
	return 0;
}

static int check_destination(struct worker *w, const struct picture *p, struct ck_err *err)
{
	struct history_last last;
	uint64_t bytes = p->estimate.taken_bytes;
	int r = directory_check(w->spec.destination, err);
	if (r == 0)
		r = refuse_store(p->server, w->spec.destination, err);
	if (r == 0)
		r = try_destination(w->spec.destination, err);
	if (r == 0)
		r = history_by_method(w->settings, w->spec.plan.method, &last, err);
	if (r == 0)
		r = check_room(w->spec.destination, &last, bytes, err);
	return r == 0 ? forecast(w, bytes, err) : r;
}

static int prepare(struct worker *w, int64_t now, struct ck_err *err)
{
	CK_CLEANUP(picture_fini) struct picture p = {0};
	worker_phase(w, CK_PHASE_INSPECT);
	int r = inspect(w, &p, err);
	if (r < 0)
		return r;
	worker_phase_end(w, CK_PHASE_INSPECT);

	worker_phase(w, CK_PHASE_SELECT);
	r = estimate(w, &p, now, err);
	if (r == 0)
		r = check_gate(w, &p.estimate, err);
	if (r == 0)
		r = check_destination(w, &p, err);
	if (r == 0)
		worker_phase_end(w, CK_PHASE_SELECT);
	return r;
}

/* -- under the hold --------------------------------------------------------------------------- */

/* Who is cut off stays in the log of the job. */
static void note_sessions(struct worker *w)
{
	struct ck_sessions s;
	if (ck_sessions_list(w->settings, &s, NULL) < 0)
		return;
	if (s.n)
		run_note(&w->run, "cut off: %zu session%s of %zu user%s", s.n, s.n == 1 ? "" : "s",
		         s.nusers, s.nusers == 1 ? "" : "s");
	ck_sessions_fini(&s);
}

/* The picture from before is thrown away: between then and the stop mail came in. */
static int hold(struct worker *w, struct picture *p, int64_t now, struct ck_err *err)
{
	worker_phase(w, CK_PHASE_HOLD);
	int r = run_checkpoint(&w->run, err);
	if (r == 0) {
		note_sessions(w);
		r = hold_take(w->hold, err);
	}
	if (r == 0)
		r = inspect(w, p, err);
	if (r == 0)
		r = estimate(w, p, now, err);
	if (r == 0)
		worker_phase_end(w, CK_PHASE_HOLD);
	return r;
}

/* What a kill would leave in the destination; a later backup sweeps it too. */
static int note_unfinished(struct worker *w, const char *path, struct ck_err *err)
{
	static const char *const endings[] = {".partial", ".catalog.partial",
	                                      ".catalog.partial-journal"};
	CK_CLEANUP(ck_strv_fini) struct ck_strv paths = {0};
	for (size_t i = 0; i < CK_COUNT(endings); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
		(void)ck_buf_addf(&name, "%s%s", path, endings[i]);
		if (ck_strv_addm(&paths, ck_buf_take(&name)) < 0)
			return ck_err_nomem(err);
	}
	return hold_files(w->hold, (const char *const *)paths.items, paths.n, err);
}

static int copy(struct worker *w, const struct picture *p, int64_t now, struct copy **ret,
                struct ck_report *report, struct ck_err *err)
{
	const struct copy_order order = {
		.settings = w->settings,
		.server = p->server,
		.plan = &w->spec.plan,
		.estimate = &p->estimate,
		.directory = w->spec.destination,
		.job = w->job,
		.now = now,
		.method = w->spec.plan.method,
		.best = hold_method(w->spec.plan.method, NULL)->best,
		.software = p->software,
	};
	worker_phase(w, CK_PHASE_COPY);
	int r = copy_open(&order, &w->run, ret, err);
	if (r < 0)
		return r;
	r = copy_report(*ret, report) < 0 ? ck_err_nomem(err)
	                                  : note_unfinished(w, report->path, err);
	if (r == 0)
		r = copy_run(*ret, err);
	/* Checking reads the archive and counts that too: what was read from the store is now. */
	w->bytes_read = atomic_load(&w->run.bytes_done);
	if (r == 0 && hold_is_broken(w->hold))
		r = CK_ECANCEL;
	if (r < 0)
		return r;
	atomic_store(&w->copied, true);
	worker_phase_end(w, CK_PHASE_COPY);
	return 0;
}

static int say_broken(const struct worker *w, struct ck_err *err)
{
	if (!hold_is_late(w->hold))
		return ck_err_set(
			err, CK_EFAIL,
			"somebody started Cyrus while it was held; the copy is not at rest");
	(void)ck_err_set(err, CK_ETIMEOUT,
	                 "the copy had not ended when Cyrus had been down for %d s and was started "
	                 "again",
	                 w->settings->max_downtime_s);
	return ck_err_remedy(err, "raise hold.max_downtime, or back up less at a time");
}

/* From the stop to the start: whatever happens in between, Cyrus is given back. */
static int copy_held(struct worker *w, struct picture *p, int64_t now, struct copy **ret,
                     struct ck_report *report, struct ck_err *release_err, struct ck_err *err)
{
	int r = hold(w, p, now, err);
	if (r == 0)
		r = copy(w, p, now, ret, report, err);
	/* Somebody may have cancelled before, and the guard hurried for that. */
	bool cancelled = atomic_load(&w->run.cancel) && !atomic_load(&w->hold_broke);
	if (hold_is_broken(w->hold) && (r == 0 || (r == CK_ECANCEL && !cancelled))) {
		atomic_store(&w->hold_broke, true);
		r = say_broken(w, err);
	}
	worker_phase(w, CK_PHASE_RELEASE);
	int released = hold_release(w->hold, &report->downtime_ms, release_err);
	if (released == 0)
		worker_phase_end(w, CK_PHASE_RELEASE);
	/* Found out only now: somebody else had started it. */
	if (r == 0 && hold_is_broken(w->hold))
		r = say_broken(w, err);
	return r;
}

/* -- afterwards ------------------------------------------------------------------------------- */

static int compare_state(struct worker *w, const struct copy *c, struct ck_err *err)
{
	struct history_last last;
	struct ck_report now = {0};
	int r = history_by_plan(w->settings, &w->spec.plan, &last, err);
	if (r == 0 && copy_report(c, &now) < 0)
		r = ck_err_nomem(err);
	if (r == 0 && !w->spec.accept_shrink)
		gate_tell_state(&last, &now, &w->run);
	free(now.path);
	return r;
}

static int seal(struct worker *w, struct copy *c, struct ck_report *report, struct ck_err *err)
{
	enum ck_result result = atomic_load(&w->run.findings) ? CK_RESULT_FINDINGS : CK_RESULT_OK;
	worker_phase(w, CK_PHASE_SEAL);
	int r = copy_seal(c, report->downtime_ms, result, err);
	if (r < 0)
		return r;
	worker_phase_end(w, CK_PHASE_SEAL);

	worker_phase(w, CK_PHASE_CHECK);
	r = copy_check(c, err);
	if (r == 0)
		worker_phase_end(w, CK_PHASE_CHECK);
	return r;
}

static const char make_room[] = "remove old archives, or choose another destination with --to";

/* Whoever met the full disk knows the file, not what to do about it. */
static int advise_room(int r, struct ck_err *err)
{
	return r == CK_ENOSPACE && !*err->remedy ? ck_err_remedy(err, make_room) : r;
}

/* What was made, as far as it is under its final name. */
static void fill_report(const struct worker *w, const struct copy *c, struct ck_report *report)
{
	int64_t downtime_ms = report->downtime_ms;
	if (c && copy_report(c, report) < 0)
		return;
	report->downtime_ms = downtime_ms;
	report->bytes_read = w->bytes_read;
	if (!report->archive) {
		free(report->path);
		report->path = NULL;
	}
	(void)snprintf(report->method, sizeof report->method, "%s", w->spec.plan.method);
	(void)snprintf(report->kind, sizeof report->kind, "full");
}

int backup_run(struct worker *w, struct ck_report *report, struct ck_err *err)
{
	CK_CLEANUP(picture_fini) struct picture p = {0};
	CK_CLEANUP(copy_closep) struct copy *c = NULL;
	struct ck_err release_err = CK_ERR_INIT;
	CK_CLEANUP(inquiry_fini) struct inquiry q = {0};
	int64_t now = time(NULL);
	p.software = &q.software;
	q.asked = pthread_create(&q.thread, NULL, ask_software, &q.software) == 0;
	int r = prepare(w, now, err);
	if (r == 0)
		r = copy_held(w, &p, now, &c, report, &release_err, err);
	inquiry_wait(&q);
	if (r == 0)
		r = compare_state(w, c, err);
	if (r == 0)
		r = seal(w, c, report, err);
	fill_report(w, c, report);
	copy_close(CK_STEAL(c)); /* what got no name is removed now */
	hold_files_done(w->hold);
	if (release_err.code == CK_OK)
		return advise_room(r, err);
	/* Worse than any failed copy. */
	if (r < 0)
		run_note(&w->run, "the backup itself: %s", err->msg);
	*err = release_err;
	(void)ck_err_prefix(err, "CYRUS DOES NOT RUN");
	return release_err.code;
}
