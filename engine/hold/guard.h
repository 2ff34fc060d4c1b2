/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The guard: a small process beside the worker that outlives it for as long as it takes to give
 * the server back.
 *
 * Forked before anything is held, while there is one thread and memory enough; from then on it
 * allocates nothing, lets every signal pass that can be let pass, sits in a session of its own and
 * waits. When the worker's end of the pipe closes without a word, or the armed time limit passes,
 * it undoes what the journal holds, and tries again until it succeeds: every few seconds at first,
 * later every minute. SIGTERM, as at a shutdown, ends it some seconds later; then the journal
 * stays for whoever comes next.
 */
#ifndef HOLD_GUARD_H
#define HOLD_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include <cyrkeep/err.h>

struct guard;

/**
 * Fork it. Call while the process has one thread.
 *
 * @journal_fd  Open journal; the guard keeps a duplicate, and with it the lock.
 * @log_fd      Where it writes what it did.
 */
int guard_start(int journal_fd, int log_fd, struct guard **ret, struct ck_err *err) CK_MUST_USE;

/** Something is held from now on, for @limit_ms at most. */
void guard_arm(struct guard *g, int64_t limit_ms);

/** The limit is over: act now, if something is held. Any thread. */
void guard_hurry(struct guard *g);

/**
 * The worker is giving back now. Its limit counts no more, but should it come to a standstill for
 * @limit_ms, the guard does it. @return false when the limit had passed and the guard acted.
 */
bool guard_give(struct guard *g, int64_t limit_ms);

/** All is given back. */
void guard_rest(struct guard *g);

/** Did the limit pass while something was held? Any thread. */
bool guard_is_broken(const struct guard *g);

/** When the guard had undone what it was to undo (monotonic), 0 before. Any thread. */
int64_t guard_undone_ms(const struct guard *g);

/** Is it still there? Any thread. */
bool guard_is_alive(const struct guard *g);

/** Let go of it without a word, as if the worker had died: it undoes what is open. Frees. */
void guard_abandon(struct guard *g);

/** Send it away, wait until it is gone (some seconds at most), free. */
void guard_dismiss(struct guard *g);

#endif
