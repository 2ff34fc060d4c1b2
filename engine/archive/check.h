/* SPDX-License-Identifier: BSD-2-Clause */
/** Read an archive from its first byte to its last and compare it with its own catalogue. */
#ifndef ARCHIVE_CHECK_H
#define ARCHIVE_CHECK_H

#include "base/run.h"
#include <cyrkeep/archive.h>

struct check_result {
	uint64_t damage; /**< Findings made. */
	char first[600]; /**< The first of them. */
	uint64_t messages, members, bytes;
	uint64_t findings_then; /**< That the archive remembers of its making. */
};

/**
 * @guids  Check every message against its GUID too, not only the checksums of the frames.
 * Damage is told as findings of @run. @return 0 even with damage; CK_ENOTFOUND, CK_ECORRUPT (it
 * cannot be opened at all), CK_ECANCEL, CK_ENOMEM.
 */
int archive_check(const struct ck_settings *settings, const char *which, struct run *run,
                  bool guids, struct check_result *ret, struct ck_err *err) CK_MUST_USE;

#endif
