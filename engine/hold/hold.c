/* SPDX-License-Identifier: BSD-2-Clause */
/* The one method of this version, `stop`, with its journal and its guard. */
#include "hold/hold.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "hold/guard.h"
#include "hold/journal.h"

#define SERVES_MS      20000 /* recovery of the databases may take its time */
#define START_TRIES    3
#define START_PAUSE_MS 2000
#define STANDSTILL_MS  10000 /* beyond what giving back may take */
#define NO_GUARD_MS    2000  /* beyond the limit, should nobody else keep it */

struct hold {
	const struct ck_settings *settings; /* borrowed */
	struct run *run;                    /* borrowed */
	struct master_control control;
	struct guard *guard;
	int journal;
	uint32_t seq;          /* of the last journal entry */
	uint32_t stop_seq;     /* of the stop that is not undone; 0: nothing is held */
	uint32_t files_seq;    /* of the unfinished files; 0: none */
	bool taken;            /* the store is still: by us, or because Cyrus did not run anyway */
	struct process master; /* that was stopped */
	struct master_door door;       /* of it */
	struct master_mark stopped;    /* once it was */
	struct ck_err why_down;        /* it could not be started: the guard's turn */
	atomic_bool stopping;          /* master was told to */
	int64_t hung_ms;               /* since when it hangs in it; the watch's own */
	atomic_bool watching;          /* the store must stay still */
	atomic_bool broken;            /* somebody else started it */
	atomic_bool late;              /* the limit passed, and no guard acted */
	_Atomic int64_t down_since_ms; /* monotonic; 0: up */
};

static const struct hold_method methods[] = {
	{"stop", "stop Cyrus, copy, start it again", CK_GRADE_A, true},
	{NULL},
};

const struct hold_method *hold_methods(void)
{
	return methods;
}

const struct hold_method *hold_method(const char *name, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf names = CK_BUF_INIT;
	for (const struct hold_method *m = methods; m->name; m++) {
		if (strcmp(m->name, name) == 0)
			return m;
		(void)ck_buf_addf(&names, "%s'%s'", names.len ? ", " : "", m->name);
	}
	(void)ck_err_set(err, CK_EUSAGE, "method '%s' is not in this version; there is %s", name,
	                 names.data);
	return NULL;
}

void hold_closep(struct hold **h)
{
	hold_close(*h);
}

int hold_open(const struct ck_settings *settings, const char *job_dir, const char *method,
              struct run *run, struct hold **ret, struct ck_err *err)
{
	if (!hold_method(method, err))
		return CK_EUSAGE;
	CK_CLEANUP(hold_closep) struct hold *h = ck_alloc(1, sizeof *h);
	if (!h)
		return ck_err_nomem(err);
	h->settings = settings;
	h->run = run;
	h->journal = -1;
	int r = master_detect(settings, &h->control, err);
	if (r == 0)
		r = journal_open(job_dir, JOURNAL_CREATE, &h->journal, err);
	if (r < 0)
		return r;
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	if (ck_buf_addf(&path, "%s/log", job_dir) < 0)
		return ck_err_nomem(err);
	CK_CLOSE int log = open(path.data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0)
		return ck_err_sys(err, "cannot open '%s'", path.data);
	r = guard_start(h->journal, log, &h->guard, err);
	if (r < 0)
		return r;
	*ret = CK_STEAL(h);
	return 0;
}

int64_t hold_down_ms(const struct hold *h)
{
	int64_t since = atomic_load(&h->down_since_ms);
	if (!since)
		return 0;
	int64_t undone = guard_undone_ms(h->guard);
	return (undone ? undone : time_mono_ms()) - since;
}

bool hold_is_broken(const struct hold *h)
{
	return atomic_load(&h->broken) || hold_is_late(h);
}

bool hold_is_late(const struct hold *h)
{
	return atomic_load(&h->late) || guard_is_broken(h->guard);
}

/* -- taking ----------------------------------------------------------------------------------- */

static int64_t limit_ms(const struct hold *h)
{
	return h->settings->max_downtime_s * INT64_C(1000);
}

static int note_stop(struct hold *h, struct ck_err *err)
{
	const struct journal_master m = {&h->control, &h->door, &h->master};
	int r = journal_append_master(h->journal, h->seq + 1, &m, err);
	if (r == 0)
		h->stop_seq = ++h->seq;
	return r;
}

/* From now on nobody may start it. */
static void begin_watch(struct hold *h)
{
	h->taken = true;
	master_mark(&h->control, &h->stopped);
	atomic_store(&h->watching, true);
}

/* A Cyrus that does not run is at rest already; that nothing else writes is proven all the same. */
static int take_idle(struct hold *h, struct ck_err *err)
{
	int r = master_stop(&h->control, NULL, err);
	if (r < 0)
		return r;
	run_note(h->run, "Cyrus was not running; it will not be started afterwards");
	begin_watch(h);
	return 0;
}

/* All that giving back needs is found out and written down before the first act. */
static int prepare_stop(struct hold *h, pid_t pid, struct ck_err *err)
{
	if (!guard_is_alive(h->guard))
		return ck_err_set(err, CK_EFAIL, "the guard process is gone; Cyrus is not stopped");
	int r = master_can_start(&h->control, err);
	if (r < 0)
		return r;
	if (!process_read(pid, &h->master))
		h->master = (struct process){0};
	master_find_door(h->settings->server.host, h->settings->server.port, pid, &h->door);
	return note_stop(h, err);
}

/* Somebody else stopped it just before us: then it is not ours to start. */
static void forget_stop(struct hold *h)
{
	if (!guard_give(h->guard, limit_ms(h)))
		return;
	guard_rest(h->guard);
	if (journal_append(h->journal, h->stop_seq, JOURNAL_DONE, NULL, 0, NULL) < 0)
		run_note(h->run, "the undo journal could not be closed");
	h->stop_seq = 0;
	atomic_store(&h->down_since_ms, 0);
	run_note(h->run, "Cyrus was stopped by somebody else; it will not be started afterwards");
}

int hold_take(struct hold *h, struct ck_err *err)
{
	pid_t pid;
	bool told = true;
	int alive = master_is_alive(&h->control, &pid, err);
	if (alive < 0)
		return alive;
	if (!alive)
		return take_idle(h, err);
	int r = prepare_stop(h, pid, err);
	if (r < 0)
		return r;
	run_note(h->run, "stopping Cyrus: %s", h->control.title);
	atomic_store(&h->down_since_ms, time_mono_ms());
	guard_arm(h->guard, limit_ms(h));
	atomic_store(&h->stopping, true);
	r = master_stop(&h->control, &told, err);
	atomic_store(&h->stopping, false);
	if (!told)
		forget_stop(h);
	if (r == 0 && !guard_is_broken(h->guard)) {
		begin_watch(h);
		return 0;
	}
	if (r == 0)
		r = ck_err_set(err, CK_ETIMEOUT, "stopping Cyrus took longer than it may be down");
	int64_t down;
	struct ck_err start = CK_ERR_INIT;
	if (hold_release(h, &down, &start) < 0) {
		struct ck_err stop = err ? *err : start;
		return ck_err_set(err, r, "%.250s; and then: %.250s", stop.msg, start.msg);
	}
	return r;
}

/* -- giving back ------------------------------------------------------------------------------ */

/* The guard is at it already: let it, for as long as a start may take. */
static void wait_for_guard(struct hold *h)
{
	int64_t end = time_mono_ms() + h->control.timeout_s * INT64_C(1000);
	while (!guard_undone_ms(h->guard) && guard_is_alive(h->guard) && time_mono_ms() < end)
		(void)poll(NULL, 0, 50);
}

/* How long until it serves: as long as a start may take, if that is more. */
static int serves_ms(const struct hold *h)
{
	int start_ms = h->control.timeout_s * 1000;
	return start_ms > SERVES_MS ? start_ms : SERVES_MS;
}

/* One try. @return as master_serves(). */
static int try_start(struct hold *h, struct ck_err *err)
{
	const struct master_told told = {.who = h->master,
	                                 .patience_ms = JOURNAL_PATIENCE * INT64_C(1000) *
	                                                h->control.timeout_s,
	                                 .door = &h->door};
	int r = master_start(&h->control, &told, err);
	return r < 0 ? r : master_serves(&h->control, &h->door, serves_ms(h), err);
}

/* What is in the way may go away: a port that somebody had for a moment, a database that is being
 * looked at. What has taken its whole time is not tried again here. */
static int start_proven(struct hold *h, struct ck_err *err)
{
	int64_t end = time_mono_ms() + h->control.timeout_s * INT64_C(1000);
	for (int left = START_TRIES - 1;; left--) {
		struct ck_err why = CK_ERR_INIT;
		int r = try_start(h, &why);
		if (r >= 0)
			return r;
		if (left == 0 || time_mono_ms() + START_PAUSE_MS >= end) {
			(void)ck_err_set(err, CK_EDOWN, "%s", why.msg);
			return ck_err_remedy(err, "%s", why.remedy);
		}
		(void)poll(NULL, 0, START_PAUSE_MS);
	}
}

static bool somebody_started(struct hold *h)
{
	return h->taken && (master_is_alive(&h->control, NULL, NULL) == 1 ||
	                    master_was_there(&h->control, &h->stopped));
}

static int start_again(struct hold *h)
{
	int64_t standstill_ms = h->control.timeout_s * INT64_C(1000) + serves_ms(h) + STANDSTILL_MS;
	atomic_store(&h->watching, false);
	if (!guard_give(h->guard, standstill_ms)) {
		wait_for_guard(h);
	} else if (somebody_started(h)) {
		atomic_store(&h->broken, true);
		run_note(h->run, "somebody else started Cyrus during the hold");
	}
	h->taken = false;
	int r = start_proven(h, &h->why_down);
	if (r < 0)
		return r;
	guard_rest(h->guard);
	if (r == 0 && h->door.port)
		run_finding(h->run, NULL, 0, "not-greeting",
		            "look into the system log for what keeps Cyrus from serving",
		            "Cyrus was started again, but port %u of %s did not open within %d s",
		            h->door.port, h->door.host, serves_ms(h) / 1000);
	/* Starting what runs already is harmless: an entry that stays open is no failure. */
	if (!guard_undone_ms(h->guard) &&
	    journal_append(h->journal, h->stop_seq, JOURNAL_DONE, NULL, 0, NULL) < 0)
		run_note(h->run, "the undo journal could not be closed");
	return 0;
}

int hold_release(struct hold *h, int64_t *ret_down_ms, struct ck_err *err)
{
	*ret_down_ms = 0;
	if (!h->stop_seq) {
		/* Not stopped by us; but did it stay down? */
		atomic_store(&h->watching, false);
		if (somebody_started(h))
			atomic_store(&h->broken, true);
		h->taken = false;
		return 0;
	}
	int r = h->why_down.code ? CK_EDOWN : start_again(h);
	*ret_down_ms = hold_down_ms(h);
	if (r < 0) {
		if (err)
			*err = h->why_down;
		return r;
	}
	h->stop_seq = 0;
	atomic_store(&h->down_since_ms, 0);
	return 0;
}

/* -- meanwhile --------------------------------------------------------------------------------- */

void hold_watch(struct hold *h)
{
	if (atomic_load(&h->stopping) && master_unhang(&h->control, &h->master, &h->hung_ms))
		run_note(h->run, "Cyrus's master hung in its shutdown, with no process left, and "
		                 "was killed");
	if (!atomic_load(&h->watching))
		return;
	bool late = hold_down_ms(h) > limit_ms(h) + NO_GUARD_MS && !guard_is_alive(h->guard);
	bool started = master_is_alive(&h->control, NULL, NULL) == 1 && !guard_is_broken(h->guard);
	/* Asked again: a release that began in between starts it too. */
	if (!atomic_load(&h->watching))
		return;
	if (late)
		atomic_store(&h->late, true);
	if (started && !guard_is_broken(h->guard))
		atomic_store(&h->broken, true);
}

void hold_hurry(struct hold *h)
{
	guard_hurry(h->guard);
}

int hold_files(struct hold *h, const char *const *paths, size_t n, struct ck_err *err)
{
	int r = journal_append(h->journal, h->seq + 1, JOURNAL_FILES, paths, n, err);
	if (r == 0)
		h->files_seq = ++h->seq;
	return r;
}

void hold_files_done(struct hold *h)
{
	/* A failure to write this is harmless: the files that undoing would remove are not there.
	 */
	if (h->files_seq &&
	    journal_append(h->journal, h->files_seq, JOURNAL_DONE, NULL, 0, NULL) < 0)
		run_note(h->run, "the undo journal could not be closed");
	h->files_seq = 0;
}

void hold_close(struct hold *h)
{
	if (!h)
		return;
	if (h->guard && h->stop_seq)
		guard_abandon(h->guard); /* it sees an open journal and gives back */
	else
		guard_dismiss(h->guard);
	ck_closep(&h->journal);
	master_control_fini(&h->control);
	free(h);
}
