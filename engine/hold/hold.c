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
#include "cyrus/master.h"
#include "hold/guard.h"
#include "hold/journal.h"

#define GREET_BEFORE_MS 2000  /* does it greet at all? */
#define GREET_AFTER_MS  20000 /* recovery of the databases may take its time */
#define LATE_TIMES      4     /* timeouts that a late master is given to end */

struct hold {
	const struct ck_settings *settings; /* borrowed */
	struct run *run;                    /* borrowed */
	struct master_control control;
	struct guard *guard;
	int journal;
	uint32_t seq;       /* of the last journal entry */
	uint32_t stop_seq;  /* of the stop that is not undone; 0: nothing is held */
	uint32_t files_seq; /* of the unfinished files; 0: none */
	bool taken;         /* the store is still: by us, or because Cyrus did not run anyway */
	bool greets;        /* it greeted before it was stopped */
	atomic_bool broken;
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
	r = guard_start(h->journal, log, settings->max_downtime_s * INT64_C(1000), &h->guard, err);
	if (r < 0)
		return r;
	*ret = CK_STEAL(h);
	return 0;
}

const char *hold_title(const struct hold *h)
{
	return h->control.title;
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
	return atomic_load(&h->broken) || guard_is_broken(h->guard);
}

/* -- taking -------------------------------------------------------------------------------------
 */

static int note_stop(struct hold *h, struct ck_err *err)
{
	const struct master_control *c = &h->control;
	const char *words[JOURNAL_WORDS];
	char timeout[16], port[16];
	(void)snprintf(timeout, sizeof timeout, "%d", c->timeout_s);
	(void)snprintf(port, sizeof port, "%d", h->greets ? h->settings->server.port : 0);
	size_t n = 0;
	words[n++] = c->recipe;
	words[n++] = c->pidfile;
	words[n++] = timeout;
	words[n++] = h->settings->server.host;
	words[n++] = port;
	if (c->start.n == 0 || c->start.n > JOURNAL_WORDS - n)
		return ck_err_set(err, CK_EUSAGE,
		                  "the command that starts Cyrus has %zu words; it needs 1 to %zu",
		                  c->start.n, JOURNAL_WORDS - n);
	for (size_t i = 0; i < c->start.n; i++)
		words[n++] = c->start.items[i];
	int r = journal_append(h->journal, h->seq + 1, JOURNAL_MASTER, words, n, err);
	if (r == 0)
		h->stop_seq = ++h->seq;
	return r;
}

/* A Cyrus that does not run is at rest already; that nothing else writes is proven all the same. */
static int take_idle(struct hold *h, struct ck_err *err)
{
	int r = master_stop(&h->control, err);
	if (r < 0)
		return r;
	run_note(h->run, "Cyrus was not running; it will not be started afterwards");
	h->taken = true;
	return 0;
}

/*
 * A master that was told to stop and is late will still stop, perhaps after we have found it alive
 * and gone away: it is waited for, so that it is started again.
 */
static void wait_gone(const struct hold *h)
{
	int64_t end = time_mono_ms() + LATE_TIMES * INT64_C(1000) * h->control.timeout_s;
	while (master_is_alive(&h->control, NULL, NULL) == 1 && time_mono_ms() < end)
		(void)poll(NULL, 0, 100);
}

int hold_take(struct hold *h, struct ck_err *err)
{
	int alive = master_is_alive(&h->control, NULL, err);
	if (alive < 0)
		return alive;
	if (!alive)
		return take_idle(h, err);
	if (!guard_is_alive(h->guard))
		return ck_err_set(err, CK_EFAIL, "the guard process is gone; Cyrus is not stopped");
	h->greets = master_greets(h->settings->server.host, h->settings->server.port,
	                          GREET_BEFORE_MS, NULL) == 0;
	int r = note_stop(h, err);
	if (r < 0)
		return r;
	atomic_store(&h->down_since_ms, time_mono_ms());
	guard_arm(h->guard);
	r = master_stop(&h->control, err);
	if (r == 0 && !guard_is_broken(h->guard)) {
		h->taken = true;
		return 0;
	}
	if (r == 0)
		r = ck_err_set(err, CK_ETIMEOUT, "stopping Cyrus took longer than it may be down");
	wait_gone(h);
	int64_t down;
	struct ck_err start = CK_ERR_INIT;
	if (hold_release(h, &down, &start) < 0)
		return ck_err_set(err, r, "%.250s; and then: %.250s", err ? err->msg : "",
		                  start.msg);
	return r;
}

/* -- giving back --------------------------------------------------------------------------------
 */

/* The guard is at it already: let it, for as long as a start may take. */
static void wait_for_guard(struct hold *h)
{
	int64_t end = time_mono_ms() + h->control.timeout_s * INT64_C(1000);
	while (!guard_undone_ms(h->guard) && guard_is_alive(h->guard) && time_mono_ms() < end)
		(void)poll(NULL, 0, 50);
}

/* How long until it serves: as long as a start may take, if that is more. */
static int greet_ms(const struct hold *h)
{
	int start_ms = h->control.timeout_s * 1000;
	return start_ms > GREET_AFTER_MS ? start_ms : GREET_AFTER_MS;
}

static int start_again(struct hold *h, struct ck_err *err)
{
	if (!guard_disarm(h->guard)) {
		atomic_store(&h->broken, true);
		wait_for_guard(h);
	} else if (h->taken && master_is_alive(&h->control, NULL, NULL) == 1) {
		atomic_store(&h->broken, true);
		run_note(h->run, "somebody else started Cyrus during the hold");
	}
	int r = master_start(&h->control, err);
	if (r < 0)
		return r;
	uint16_t port = h->greets ? h->settings->server.port : 0;
	r = master_serves(&h->control, h->settings->server.host, port, greet_ms(h), err);
	if (r < 0)
		return r;
	if (r == 0 && port)
		run_finding(h->run, NULL, 0, "not-greeting",
		            "look into the system log for what keeps Cyrus from serving",
		            "Cyrus was started again, but port %u of %s did not greet within %d s",
		            port, h->settings->server.host, greet_ms(h) / 1000);
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
		if (h->taken && master_is_alive(&h->control, NULL, NULL) == 1)
			atomic_store(&h->broken, true);
		h->taken = false;
		return 0;
	}
	int r = start_again(h, err);
	*ret_down_ms = hold_down_ms(h);
	if (r < 0)
		return r;
	h->stop_seq = 0;
	h->taken = false;
	atomic_store(&h->down_since_ms, 0);
	return 0;
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
	int64_t down;
	if (h->guard && h->stop_seq && hold_release(h, &down, NULL) < 0)
		guard_abandon(h->guard); /* it sees an open journal and goes on trying */
	else
		guard_dismiss(h->guard);
	ck_closep(&h->journal);
	master_control_fini(&h->control);
	free(h);
}
