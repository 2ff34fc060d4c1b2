/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The undo journal of one job: how to undo each act, written and synced before the act is done.
 *
 * Append-only text, one line each:
 *
 *   CRC SEQ master TIME RECIPE PIDFILE TIMEOUT HOST PORT ARGV...   Cyrus is being stopped
 *   CRC SEQ files  TIME PATH...                                    unfinished files are being made
 *   CRC SEQ done   TIME                                            SEQ has been undone
 *
 * PORT is 0 when nothing greeted there before. CRC is the CRC-32 of the rest of the line in
 * hexadecimal, TIME milliseconds since 1970; spaces, controls and '%' are written %XX, an empty
 * word '%'. A line that is torn or damaged was never synced, so its act was never done: it is
 * skipped. Every entry holds all that its undoing needs.
 *
 * Reading and undoing allocate nothing, so that the guard can do both. The file is locked (open
 * file description lock, shared by worker and guard) as long as somebody alive answers for it.
 */
#ifndef HOLD_JOURNAL_H
#define HOLD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <cyrkeep/err.h>

#define JOURNAL_NAME    "journal"
#define JOURNAL_SIZE    32768 /* bytes; a job writes a few hundred */
#define JOURNAL_ENTRIES 32
#define JOURNAL_WORDS   48

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
	JOURNAL_CREATE, /**< Make it, mode 0600, and lock it: for the job itself. */
	JOURNAL_TAKE,   /**< Lock it: to undo. */
	JOURNAL_LOOK,   /**< Read only, not locked: to list. */
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

/** Read and parse all of it. @return 0, CK_EIO, CK_ECORRUPT when it is larger than any of ours. */
int journal_read(int fd, struct journal *ret, struct ck_err *err) CK_MUST_USE;

/** Parse @j->text in place; for tests and fuzzing too. */
void journal_parse(struct journal *j);

/**
 * Read and undo, last entry first, all that is not done; each success is written down. Goes on
 * after a failure.
 * @return number of things undone, or the first failure.
 */
int journal_undo(int fd, struct journal *scratch, struct ck_err *err) CK_MUST_USE;

#endif
