/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The undo journal of one job: how to undo each act, written and synced before the act is done.
 *
 * Append-only text, one line each:
 *
 *   CRC SEQ master TIME RECIPE PIDFILE TIMEOUT HOST DOOR PID START CONF ARGV...
 *                                    Cyrus is being stopped
 *   CRC SEQ files  TIME PATH...      unfinished files are being made
 *   CRC SEQ done   TIME              SEQ has been undone
 *
 * DOOR is the port of HOST where master greeted, "+PORT" where it only took connections, 0 when no
 * door is known; PID and START tell the master that is being stopped (0: not known) from others,
 * CONF is its cyrus.conf. CRC is the CRC-32 of the rest of the line in hexadecimal, TIME
 * milliseconds since 1970; spaces, controls and '%' are written %XX, an empty word '%'. A line that
 * is torn or damaged was never synced, so its act was never done: it is skipped. Every entry holds
 * all that its undoing needs.
 *
 * Reading and undoing allocate nothing, so that the guard can do both. The file is locked (open
 * file description lock, shared by worker and guard) as long as somebody alive answers for it.
 */
#ifndef HOLD_JOURNAL_H
#define HOLD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "cyrus/master.h"
#include <cyrkeep/err.h>

#define JOURNAL_NAME    "journal"
#define JOURNAL_SIZE    32768 /* bytes; a job writes a few hundred */
#define JOURNAL_ENTRIES 32
#define JOURNAL_WORDS   48
#define JOURNAL_FIXED   8 /* words of a master's entry before ARGV */

/** Times its time limit that a master is given to obey the order to stop, however late. */
#define JOURNAL_PATIENCE 4

enum journal_kind {
	JOURNAL_MASTER,
	JOURNAL_FILES,
	JOURNAL_DONE,
	JOURNAL_UNKNOWN, /**< Of a later version: cannot be undone by this one. */
};

/** One entry; words point into the journal's text. */
struct journal_entry {
	uint32_t seq;
	enum journal_kind kind;
	int64_t time_ms;
	bool done;                      /**< Undone already. */
	char *words[JOURNAL_WORDS + 1]; /**< What follows TIME, decoded; NULL-terminated. */
	size_t n;
};

/** A journal in memory; large, so it is allocated once and handed around. */
struct journal {
	char text[JOURNAL_SIZE + 1];
	struct journal_entry entries[JOURNAL_ENTRIES];
	size_t n;
};

enum journal_mode {
	/** Make it, mode 0600, with room for all that a job writes, and lock it: for the job. */
	JOURNAL_CREATE,
	JOURNAL_TAKE,   /**< Lock it: to undo. */
	JOURNAL_LOOK,   /**< Read only, not locked, and refused while it is: to list. */
	JOURNAL_BESIDE, /**< To list or undo beside a guard whose worker is dead: not locked. */
};

/** How to start a master again that is being stopped: the words of its entry. */
struct journal_master {
	const struct master_control *control;
	const struct master_door *door;
	const struct process *who;
};

/**
 * Open the journal of @job_dir.
 *
 * @ret_fd  Close it to give the lock back.
 * @return 0, CK_ENOTFOUND, CK_EBUSY (its worker or guard lives), CK_EDENIED.
 */
int journal_open(const char *job_dir, enum journal_mode mode, int *ret_fd,
                 struct ck_err *err) CK_MUST_USE;

/** Write one line and sync it. */
int journal_append(int fd, uint32_t seq, enum journal_kind kind, const char *const *words, size_t n,
                   struct ck_err *err) CK_MUST_USE;

/** The same for a master; CK_EUSAGE when its start has too many words. */
int journal_append_master(int fd, uint32_t seq, const struct journal_master *m,
                          struct ck_err *err) CK_MUST_USE;

/** Read and parse all of it. @return 0, CK_EIO, CK_ECORRUPT when it is larger than any of ours. */
int journal_read(int fd, struct journal *ret, struct ck_err *err) CK_MUST_USE;

/** Parse @j->text in place; for tests and fuzzing too. */
void journal_parse(struct journal *j);

/**
 * Read and undo what is not done, last entry first; each success is written down. Goes on after a
 * failure. Unfinished files come last, after everything that is held: they may lie where nothing
 * answers any more.
 *
 * @files  The files too; else only what is held.
 * @return number of things undone, or the first failure.
 */
int journal_undo(int fd, struct journal *scratch, bool files, struct ck_err *err) CK_MUST_USE;

#endif
