/* SPDX-License-Identifier: BSD-2-Clause */
/** Which files of the configuration directory and the partitions are what, and which are rebuilt by
 * Cyrus itself. */
#ifndef CYRUS_LAYOUT_H
#define CYRUS_LAYOUT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "cyrus/conf.h"
#include <cyrkeep/server.h>

/**
 * Is the entry left out by default?
 *
 * @path       Below its root, without a leading slash: "deliver.db", "user/a/anne.sub". The last
 *             element must be the name exactly. Those of the configuration directory itself count
 *             only at its top, so that a domain or a user called "lock" is safe.
 * @mode       Its st_mode.
 * @in_config  Below the configuration directory (else below a partition).
 * @kept       Default exclusions that are switched off, as ck_defaults_kept() gives them; sockets,
 *             pipes and devices are left out whatever it says.
 * @return the reason, or NULL when it is taken.
 */
const char *layout_left_out(const char *path, mode_t mode, bool in_config, uint32_t kept);

/**
 * Which kind of state does a file hold: "seen", "sub", "mboxkey", "conversations", "counters",
 * "xapianactive", "dav" of a user (or of all, "shared.seen"), or "quota"?
 *
 * @path  Below the configuration directory, without a leading slash.
 * @return the kind, or NULL for any other file.
 */
const char *layout_state_kind(const char *path);

/** Is all below a root of this kind left out? @return the reason, or NULL. */
const char *layout_root_left_out(enum ck_partition_kind kind, uint32_t kept);

/** Places of ck_default_exclusions() that are more than a name in one directory. */
enum layout_default {
	LAYOUT_PROC = 4,
	LAYOUT_LOCK = 6,
	LAYOUT_MAIL = 7, /**< The first of those below partitions. */
	LAYOUT_SQUAT = 9,
	LAYOUT_SEARCH = 11, /**< Search partitions as a whole. */
};

/** Where settings have put directory LAYOUT_PROC or LAYOUT_LOCK, or NULL: where its name says. */
const char *layout_moved(const struct conf *conf, int place);

/** Which default exclusion is the entry? As layout_left_out(). @return its place, or -1. */
int layout_default(const char *path, mode_t mode, bool in_config);

#endif
