/* SPDX-License-Identifier: BSD-2-Clause */
/** Which files of the configuration directory and the partitions are what, and which are rebuilt by
 * Cyrus itself. */
#ifndef CYRUS_LAYOUT_H
#define CYRUS_LAYOUT_H

#include <stdbool.h>
#include <sys/stat.h>

/**
 * Is the entry left out by default (S27 to S32, S36, S37)? @name is the last path element, @mode
 * its st_mode, @in_config: below the configuration directory (else below a partition).
 * @return the reason, or NULL when it is taken.
 */
const char *layout_left_out(const char *name, mode_t mode, bool in_config);

#endif
