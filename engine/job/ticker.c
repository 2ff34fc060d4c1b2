/* SPDX-License-Identifier: BSD-2-Clause */
#include "job/ticker.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/number.h"
#include "job/figures.h"

#define TICK_NS       250000000L
#define CANCEL_MS     10000 /* that a cancelled copy may take to let go */
#define QUIET_MS      10000 /* no forecast from the first seconds */
#define WINDOW_MS     300000
#define WINDOW_POINTS 60

/* Bytes done at past moments, one every WINDOW_MS / WINDOW_POINTS: the rate comes from them. */
struct window {
	struct {
		int64_t at_ms;
		uint64_t bytes;
	} points[WINDOW_POINTS];
	size_t n; /* ever added; the newest is at (n - 1) % WINDOW_POINTS */
};

static void window_add(struct window *win, int64_t now_ms, uint64_t bytes)
{
	if (win->n &&
	    now_ms - win->points[(win->n - 1) % WINDOW_POINTS].at_ms < WINDOW_MS / WINDOW_POINTS)
		return;
	win->points[win->n % WINDOW_POINTS].at_ms = now_ms;
	win->points[win->n++ % WINDOW_POINTS].bytes = bytes;
}

/* Milliseconds left at the rate of the window, -1 while that cannot be said. */
static int64_t window_eta(const struct window *win, int64_t now_ms, uint64_t done, uint64_t total)
{
	if (!win->n || !total || done >= total)
		return done && done >= total ? 0 : -1;
	size_t oldest = win->n > WINDOW_POINTS ? win->n % WINDOW_POINTS : 0;
	int64_t ms = now_ms - win->points[oldest].at_ms;
	uint64_t bytes = done - win->points[oldest].bytes;
	if (ms < QUIET_MS || !bytes)
		return -1;
	return (int64_t)((double)ms * ((double)(total - done) / (double)bytes));
}

/* Is the phase one in which the bytes of the job are worked through? */
static bool is_moving(const struct worker *w)
{
	int phase = atomic_load(&w->phase);
	switch (w->spec.kind) {
	case CK_JOB_BACKUP:
		return phase == CK_PHASE_COPY;
	case CK_JOB_RESTORE:
		return phase == CK_PHASE_RESTORE;
	case CK_JOB_VERIFY:
		return phase == CK_PHASE_CHECK;
	}
	return false;
}

static int percent_of(const struct worker *w, const struct ck_progress *p)
{
	uint64_t done = p->bytes_done, total = p->bytes_total;
	int percent = total ? (int)((double)done * 100 / (double)total) : 0;
	/* Never 100: what was expected may have been too little, and only a report says done. */
	return atomic_load(&w->copied) || percent > 99 ? 99 : percent;
}

static void fill_progress(struct worker *w, struct window *win, struct ck_progress *p)
{
	int64_t now = time_mono_ms();
	*p = (struct ck_progress){
		.messages_done = atomic_load(&w->run.messages_done),
		.messages_total = atomic_load(&w->run.messages_total),
		.bytes_done = atomic_load(&w->run.bytes_done),
		.bytes_total = atomic_load(&w->run.bytes_total),
		.mailboxes_done = atomic_load(&w->run.mailboxes_done),
		.mailboxes_total = atomic_load(&w->run.mailboxes_total),
		.bytes_written = atomic_load(&w->run.bytes_written),
		.findings = atomic_load(&w->run.findings),
		.elapsed_ms = now - w->started_ms,
		.eta_ms = -1,
		.down_predicted_ms = atomic_load(&w->down_predicted_ms),
	};
	if (w->hold) {
		p->down_ms = hold_down_ms(w->hold);
		p->down_limit_ms = w->settings->max_downtime_s * INT64_C(1000);
	}
	/* Checking counts on where copying ended; for whoever watches, the bar is full by then. */
	if (atomic_load(&w->copied) && p->bytes_done > p->bytes_total)
		p->bytes_done = p->bytes_total;
	if (win && is_moving(w)) {
		window_add(win, now, p->bytes_done);
		p->eta_ms = window_eta(win, now, p->bytes_done, p->bytes_total);
	}
	(void)pthread_mutex_lock(&w->mutex);
	memcpy(p->mailbox, w->mailbox, sizeof p->mailbox);
	(void)pthread_mutex_unlock(&w->mutex);
}

static void write_figures(struct worker *w, struct window *win, enum ck_job_state state)
{
	struct figures f = {.state = state, .seq = ++w->figures_seq};
	f.event.kind = CK_EV_PROGRESS;
	f.event.time_ms = time_now_ms();
	f.event.phase = (enum ck_phase)atomic_load(&w->phase);
	fill_progress(w, win, &f.event.progress);
	f.percent = percent_of(w, &f.event.progress);
	/* Figures that cannot be written are stale, no more. */
	if (figures_write(w->figures, &f) < 0)
		return;
}

static enum ck_job_state state_of(struct worker *w)
{
	(void)pthread_mutex_lock(&w->mutex);
	bool paused = w->paused;
	(void)pthread_mutex_unlock(&w->mutex);
	return atomic_load(&w->run.cancel) ? CK_JOB_CANCELLING
	       : paused                    ? CK_JOB_PAUSED
	                                   : CK_JOB_RUNNING;
}

/* What an older look at the state says never comes after a newer one. */
static void write_present(struct worker *w, struct window *win)
{
	(void)pthread_mutex_lock(&w->writing);
	write_figures(w, win, state_of(w));
	(void)pthread_mutex_unlock(&w->writing);
}

void ticker_write_now(struct worker *w)
{
	write_present(w, NULL);
}

void ticker_write_done(struct worker *w)
{
	write_figures(w, NULL, CK_JOB_DONE);
}

/* What was copied since is not at rest: there is no use in going on. Who has cancelled knows. */
static void end_broken(struct worker *w)
{
	if (!w->hold || !hold_is_broken(w->hold) || atomic_load(&w->phase) > CK_PHASE_COPY ||
	    atomic_load(&w->run.cancel) || atomic_exchange(&w->hold_broke, true))
		return;
	if (hold_is_late(w->hold))
		eventlog_note(w->log, "Cyrus was down for %d s, the limit; it is given back",
		              w->settings->max_downtime_s);
	else
		eventlog_note(w->log, "somebody else started Cyrus; the copy is given up");
	(void)pthread_mutex_lock(&w->mutex);
	atomic_store(&w->run.cancel, true);
	w->paused = false;
	(void)pthread_cond_broadcast(&w->changed);
	(void)pthread_mutex_unlock(&w->mutex);
}

/* Who cancels wants Cyrus back, also when the worker hangs in a destination that does not answer.
 */
static void hurry_cancelled(struct worker *w, int64_t *since_ms)
{
	if (!w->hold || !atomic_load(&w->run.cancel) || hold_down_ms(w->hold) == 0)
		*since_ms = 0;
	else if (!*since_ms)
		*since_ms = time_mono_ms();
	else if (time_mono_ms() - *since_ms > CANCEL_MS)
		hold_hurry(w->hold);
}

static void waited_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, TICKER_WAKE);
}

void ticker_block_signals(void)
{
	sigset_t set;
	waited_signals(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

void *ticker_main(void *worker)
{
	struct worker *w = worker;
	struct window win = {0};
	int64_t cancelled_ms = 0;
	const struct timespec tick = {.tv_nsec = TICK_NS};
	sigset_t set;
	waited_signals(&set);
	while (!atomic_load(&w->quit)) {
		int sig = sigtimedwait(&set, NULL, &tick);
		if (sig == SIGTERM || sig == SIGINT)
			(void)worker_command(w, CK_JOB_CANCEL,
			                     sig == SIGTERM ? "SIGTERM" : "SIGINT");
		if (w->hold)
			hold_watch(w->hold);
		end_broken(w);
		hurry_cancelled(w, &cancelled_ms);
		if (atomic_load(&w->run.cancel))
			atomic_store(&w->watch.cancel, true);
		write_present(w, &win);
	}
	return NULL;
}
