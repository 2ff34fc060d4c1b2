/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Holding the store still, and giving it back in every end.
 *
 * hold_open() forks the guard before anything is touched; each act is written and synced to the
 * undo journal before it is done; when the holder dies, or the limit passes, the guard plays the
 * journal backwards.
 */
#ifndef HOLD_HOLD_H
#define HOLD_HOLD_H

#include "base/run.h"
#include <cyrkeep/settings.h>

struct hold;

/**
 * Prepare: choose the control, fork the guard. Nothing is stopped yet. Call while the process has
 * one thread.
 *
 * @job_dir  STATE/jobs/N, where the journal is written.
 * @method   "stop".
 */
int hold_open(const struct ck_settings *settings, const char *job_dir, const char *method,
              struct run *run, struct hold **ret, struct ck_err *err) CK_MUST_USE;

/** Take hold: journal, stop, prove. */
int hold_take(struct hold *h, struct ck_err *err) CK_MUST_USE;

/** Give back: start, prove, close the journal. @ret_down_ms: how long it was down. */
int hold_release(struct hold *h, int64_t *ret_down_ms, struct ck_err *err) CK_MUST_USE;

/** Milliseconds since Cyrus went down, 0 when it is up. Any thread. */
int64_t hold_down_ms(const struct hold *h);

/** Did the limit pass and the guard start Cyrus again? Then the copy is not at rest. Any thread. */
bool hold_is_broken(const struct hold *h);

/** Releases what is held, dismisses the guard. */
void hold_close(struct hold *h);

/** Play the journal of @job_dir backwards. @return number of things undone, or a failure. */
int hold_unwind(const char *job_dir, struct ck_err *err) CK_MUST_USE;

#endif
