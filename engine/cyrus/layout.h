/* SPDX-License-Identifier: BSD-2-Clause */
/** Which files of the configuration directory and the partitions are what, and which are rebuilt by
 * Cyrus itself. */
#ifndef CYRUS_LAYOUT_H
#define CYRUS_LAYOUT_H

#include <stdbool.h>
#include <sys/stat.h>

#include <cyrkeep/server.h>

/**
 * Is the entry left out by default (S27 to S32, S36, S37)?
 *
 * @path       Below its root, without a leading slash: "deliver.db", "user/a/anne.sub". The last
 *             element must be the name exactly. Those of the configuration directory itself count
 *             only at its top, so that a domain or a user called "lock" is safe.
 * @mode       Its st_mode.
 * @in_config  Below the configuration directory (else below a partition).
 * @return the reason, or NULL when it is taken.
 */
const char *layout_left_out(const char *path, mode_t mode, bool in_config);

/**
 * Which kind of state does a file hold: "seen", "sub", "mboxkey", "conversations", "counters",
 * "xapianactive", "dav" of a user (or of all, "shared.seen"), or "quota"?
 *
 * @path  Below the configuration directory, without a leading slash.
 * @return the kind, or NULL for any other file.
 */
const char *layout_state_kind(const char *path);

/** Is all below a root of this kind left out? @return the reason, or NULL. */
const char *layout_root_left_out(enum ck_partition_kind kind);

#endif
