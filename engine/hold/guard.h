/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The guard: a small process beside the worker that outlives it for as long as it takes to give
 * the server back.
 *
 * Forked before anything is held, while there is one thread and memory enough; from then on it
 * allocates nothing, lets every signal pass that can be let pass, sits in a session of its own and
 * waits. When the worker's end of the pipe closes without a word, or the armed time limit passes,
 * it undoes what the journal holds.
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
 * @limit_ms    How long a hold may last once it is armed.
 */
int guard_start(int journal_fd, int log_fd, int64_t limit_ms, struct guard **ret,
                struct ck_err *err) CK_MUST_USE;

/** The limit counts from now. */
void guard_arm(struct guard *g);

/** The limit no longer counts. @return false when it had passed and the guard acted. */
bool guard_disarm(struct guard *g);

/** Did the limit pass? Any thread. */
bool guard_is_broken(const struct guard *g);

/** When the guard had undone what it was to undo (monotonic), 0 before. Any thread. */
int64_t guard_undone_ms(const struct guard *g);

/** Is it still there? */
bool guard_is_alive(const struct guard *g);

/** Let go of it without a word, as if the worker had died: it undoes what is open. Frees. */
void guard_abandon(struct guard *g);

/** Send it away, wait until it is gone, free. */
void guard_dismiss(struct guard *g);

#endif
