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
#include <cyrkeep/job.h>
#include <cyrkeep/settings.h>

struct hold;

/**
 * Prepare: choose the control, fork the guard. Nothing is stopped yet. Call while the process has
 * one thread.
 *
 * @job_dir  STATE/jobs/N, where the journal is written.
 * @method   "stop".
 * @return 0, CK_ENOTFOUND (no way to control Cyrus here), CK_EUSAGE, CK_EUNSUPPORTED (method).
 */
int hold_open(const struct ck_settings *settings, const char *job_dir, const char *method,
              struct run *run, struct hold **ret, struct ck_err *err) CK_MUST_USE;

/** Take hold: journal, stop, prove. On failure everything is given back before it returns. */
int hold_take(struct hold *h, struct ck_err *err) CK_MUST_USE;

/**
 * Give back: start, prove, close the journal. Fine when nothing is held.
 *
 * @ret_down_ms  How long Cyrus was down because of us; set on failure too.
 * @return 0, or why Cyrus is not proven to run again: CK_EDOWN. Then it is not tried again here,
 * but by the guard, once the hold is closed.
 */
int hold_release(struct hold *h, int64_t *ret_down_ms, struct ck_err *err) CK_MUST_USE;

/** Milliseconds since Cyrus went down, 0 when it is up. Any thread. */
int64_t hold_down_ms(const struct hold *h);

/**
 * Look after a hold: does master hang in its shutdown (then it is ended), has somebody else started
 * Cyrus, or has the limit passed and there is no guard any more that would act (then it is broken)?
 * To be called a few times a second, by one thread beside the one that takes and releases.
 */
void hold_watch(struct hold *h);

/** Have the guard give back at once what is held still: somebody waits for it. Any thread. */
void hold_hurry(struct hold *h);

/**
 * Did the limit pass and the guard start Cyrus again, or did somebody else start it? Then the copy
 * is not at rest. Any thread; valid after hold_release() too.
 */
bool hold_is_broken(const struct hold *h);

/** Is it the limit that passed? */
bool hold_is_late(const struct hold *h);

/**
 * Write down that unfinished files (absolute paths with ".partial" in them) are being made; whoever
 * undoes this job removes them. hold_files_done(): they are gone or have their final name.
 */
int hold_files(struct hold *h, const char *const *paths, size_t n, struct ck_err *err) CK_MUST_USE;
void hold_files_done(struct hold *h);

/** Dismisses the guard; what was not released is left to it. */
void hold_close(struct hold *h);
void hold_closep(struct hold **h);

/**
 * What the journal of job @job in @job_dir still has to undo.
 *
 * @worker_lives  Then nothing is: it undoes by itself. A guard that outlived its worker tries, but
 *                what it has not done yet is listed.
 * @return entries added to @ret (grown by reallocarray, @ret_n counts), or a failure.
 */
int hold_pending(const char *job_dir, uint32_t job, bool worker_lives, struct ck_leftover **ret,
                 size_t *ret_n, struct ck_err *err) CK_MUST_USE;

/**
 * Play the journal of @job_dir backwards, beside its guard too.
 * @return number of things undone, CK_EBUSY when its worker lives, or a failure.
 */
int hold_unwind(const char *job_dir, bool worker_lives, struct ck_err *err) CK_MUST_USE;

/** The methods that this version has, best first; ends with a NULL name. */
struct hold_method {
	const char *name;
	const char *title;
	enum ck_grade best; /**< A mailbox without findings gets this. */
	bool stops;         /**< Cyrus is stopped for it. */
};
const struct hold_method *hold_methods(void);

/** The method called @name. @return NULL with the sentence that lists those there are. */
const struct hold_method *hold_method(const char *name, struct ck_err *err);

#endif
