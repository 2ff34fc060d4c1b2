/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * STATE/destinations: every directory that an archive was ever made in, one path a line. The
 * settings name only some of them: a destination may be given for a single run, or be taken out of
 * the settings, and its archives must be found again even when catalog.db is lost.
 */
#ifndef ARCHIVE_PLACES_H
#define ARCHIVE_PLACES_H

#include <cyrkeep/buf.h>
#include <cyrkeep/settings.h>

/** Those that are remembered, appended; a file that cannot be read holds none. */
int places_read(const struct ck_settings *settings, struct ck_strv *ret,
                struct ck_err *err) CK_MUST_USE;

/** Remember @directory (absolute), synced; a line that is there already is not written again. */
int places_add(const struct ck_settings *settings, const char *directory,
               struct ck_err *err) CK_MUST_USE;

#endif
