/* SPDX-License-Identifier: BSD-2-Clause */
/** Verify an archive: every frame, checksum, GUID and count. Damage becomes findings. */
#ifndef ARCHIVE_VERIFY_H
#define ARCHIVE_VERIFY_H

#include "base/run.h"
#include <cyrkeep/archive.h>

/** @return 0 even with findings (result in @ret); CK_ENOTFOUND, CK_ECANCEL, CK_EIO. */
int archive_verify(const struct ck_settings *settings, const char *which, struct run *run,
                   struct ck_report *ret, struct ck_err *err) CK_MUST_USE;

#endif
