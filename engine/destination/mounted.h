/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Is what should be mounted there mounted? Whoever writes into the empty directory below a mount
 * point fills the wrong disk, and has no backup on the right one.
 */
#ifndef DESTINATION_MOUNTED_H
#define DESTINATION_MOUNTED_H

#include <cyrkeep/err.h>

/**
 * The mount point of @fstab, at or above @directory (which need not exist), that is not in @mounts.
 *
 * @fstab, @mounts  "/etc/fstab", "/proc/self/mounts"; one that cannot be read holds nothing.
 * @ret_missing     Owned; NULL when nothing is missing.
 */
int mounted_missing(const char *directory, const char *fstab, const char *mounts,
                    char **ret_missing, struct ck_err *err) CK_MUST_USE;

#endif
