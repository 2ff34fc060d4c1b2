/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A run as the rooms below the job see it: where findings go, what the figures are, and whether
 * somebody wants it paused or cancelled. Made by the job (or a test), handed down by pointer; every
 * member may be used from any thread.
 */
#ifndef BASE_RUN_H
#define BASE_RUN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <cyrkeep/err.h>
#include <cyrkeep/event.h>

struct run {
	_Atomic uint64_t messages_done, messages_total;
	_Atomic uint64_t bytes_done, bytes_total; /**< Read from the source. */
	_Atomic uint64_t mailboxes_done, mailboxes_total;
	_Atomic uint64_t bytes_written; /**< To the archive, compressed. */
	_Atomic uint64_t findings;
	atomic_bool cancel;

	/** Waits while the job is paused. @return 0, or CK_ECANCEL. NULL: never paused. */
	int (*checkpoint)(struct run *run);
	/** Thread-safe. NULL: findings are only counted. */
	void (*finding)(struct run *run, const char *mailbox, uint32_t uid, const char *code,
	                const char *text, const char *remedy);
	/** Names what is being worked on. NULL: not wanted. */
	void (*current)(struct run *run, const char *mailbox);
	/** A mailbox of a restore is done with. NULL: not wanted. */
	void (*restored)(struct run *run, const struct ck_restored *r);
	/** One line for the event log. NULL: not wanted. */
	void (*note)(struct run *run, const char *text);
	void *arg;
};

/** Look between steps: waits while paused. @return 0 or CK_ECANCEL with err set. */
int run_checkpoint(struct run *run, struct ck_err *err) CK_MUST_USE;

/**
 * Count and report a finding. @mailbox may be NULL, @uid 0; @code is of the list in
 * engine/README.md; text is printf.
 */
void run_finding(struct run *run, const char *mailbox, uint32_t uid, const char *code,
                 const char *remedy, const char *fmt, ...) CK_PRINTF(6, 7);

void run_restored(struct run *run, const struct ck_restored *r);
void run_current(struct run *run, const char *mailbox);
void run_note(struct run *run, const char *fmt, ...) CK_PRINTF(2, 3);

#endif
