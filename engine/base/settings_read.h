/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The text of settings and of saved plans: libconfig in, structs out, and back.
 *
 * Strict: a key that is not known, a value of the wrong type, a number out of its range and a
 * relative path are CK_EUSAGE with file and line. Nothing but the text is looked at, so that the
 * same functions serve a file, a test and a fuzzer; `@include` is resolved beside @file.
 */
#ifndef BASE_SETTINGS_READ_H
#define BASE_SETTINGS_READ_H

#include <cyrkeep/settings.h>

/**
 * Read the text of a settings file over @s, which holds the defaults; a list that the text sets
 * replaces the default one.
 *
 * @file  For messages, absolute.
 * @return 0, CK_EUSAGE, CK_ENOMEM; @s may be half changed on failure.
 */
int settings_read(const char *file, const char *text, size_t len, struct ck_settings *s,
                  struct ck_err *err) CK_MUST_USE;

/** Read the text of a saved plan; @ret is initialised on success. @return as settings_read(). */
int settings_read_plan(const char *file, const char *text, size_t len, struct ck_plan *ret,
                       struct ck_err *err) CK_MUST_USE;

/** Append @plan as text that settings_read_plan() reads back unchanged, whatever bytes it holds. */
void settings_write_plan(const struct ck_plan *plan, struct ck_buf *ret);

/** May a plan be saved under this name: [A-Za-z0-9_-]+? */
bool settings_plan_name_ok(const char *name);

#endif
