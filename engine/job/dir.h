/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * STATE/jobs/NUMBER/: where it is, who gets the next number, whether its worker lives.
 *
 * A worker holds a lock on `lock` from before it exists (its starter takes it and hands the
 * descriptor on) until its last breath, so that a free lock means dead, at any time, without a
 * process number that somebody else may have got meanwhile.
 */
#ifndef JOB_DIR_H
#define JOB_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/err.h>
#include <cyrkeep/settings.h>

/** "STATE/jobs/N", owned, or NULL without memory. */
char *dir_path(const struct ck_settings *settings, uint32_t job) CK_MUST_USE;

/** "STATE/jobs/N/NAME", owned, or NULL without memory. */
char *dir_file(const struct ck_settings *settings, uint32_t job, const char *name) CK_MUST_USE;

/** Say that there is no such job. @return CK_ENOTFOUND. */
int dir_refuse_missing(uint32_t job, struct ck_err *err);

/** Open a file of a job for reading; nothing but a regular file, which holds nobody up. @return a
 * descriptor, or -1 with errno. */
int dir_open(const struct ck_settings *settings, uint32_t job, const char *name);

/**
 * May nobody but root and us change STATE and STATE/jobs? What lies there is believed: an undo
 * journal names programs to be run. @return 0, also where they are not there yet, or CK_EDENIED.
 */
int dir_check_owner(const struct ck_settings *settings, struct ck_err *err) CK_MUST_USE;

/**
 * Make STATE/jobs, check it, and lock the giving out of numbers until *@ret_fd is closed.
 *
 * @patience_ms  Who has it may be suspended, or wait for a disk that does not answer.
 * @return 0, CK_EBUSY (it names the process), CK_EDENIED, CK_EIO.
 */
int dir_lock_numbers(const struct ck_settings *settings, int patience_ms, int *ret_fd,
                     struct ck_err *err) CK_MUST_USE;

/**
 * Make the next job's directory (0700); call with the numbers locked. Numbers are never reused.
 *
 * @above  Taken elsewhere, and all below it: what archives bear. 0: none.
 */
int dir_make_next(const struct ck_settings *settings, uint32_t above, uint32_t *ret_job,
                  struct ck_err *err) CK_MUST_USE;

/** All numbers that were given out and are still there, newest first; owned array. Behind one may
 * be a job that never began: then it has no spec. */
int dir_list(const struct ck_settings *settings, uint32_t **ret, size_t *ret_n,
             struct ck_err *err) CK_MUST_USE;

/** Open and lock the worker's lock. @return 0, CK_EBUSY, CK_EIO. */
int dir_lock_worker(const struct ck_settings *settings, uint32_t job, int *ret_fd,
                    struct ck_err *err) CK_MUST_USE;

/** Does the worker (or, just before it, its starter) live? */
bool dir_is_alive(const struct ck_settings *settings, uint32_t job);

#endif
