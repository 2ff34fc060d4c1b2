/* SPDX-License-Identifier: BSD-2-Clause */
/** Other programs: by argv, never through a shell, with a time limit and their words caught. */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

/**
 * Run argv to its end with stdin from /dev/null, signals reset, all other descriptors closed, in a
 * process group of its own. A program that puts a daemon into the background is fine: only the
 * direct child is waited for, and its output is caught in a file that no daemon can hold us up by.
 *
 * @argv        NULL-terminated; argv[0] is searched in PATH when it has no slash.
 * @timeout_ms  Killed (its process group, TERM then KILL) and CK_ETIMEOUT afterwards; 0: none.
 * @out         stdout and stderr appended, at most 1 MiB; may be NULL.
 * @ret_status  Exit status 0..255; a signal is 128 + its number.
 * @return 0 whatever the status, CK_ENOTFOUND when the program is not there, CK_ETIMEOUT, CK_EIO.
 */
int spawn_run(const char *const *argv, int timeout_ms, struct ck_buf *out, int *ret_status,
              struct ck_err *err) CK_MUST_USE;

#endif
