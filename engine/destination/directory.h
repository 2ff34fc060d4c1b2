/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A directory of archives. A new archive grows as NAME.partial, locked by its writer, and gets its
 * name only when it is complete and synced. A .partial that nobody locks is dead, and swept.
 */
#ifndef DESTINATION_DIRECTORY_H
#define DESTINATION_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

/** An archive that is being written. */
struct partial;

/**
 * Begin an archive `HOST-YYYYMMDDTHHMMSSZ-full.tar.zst` in @directory, which is made (0700) when it
 * is missing; see directory_check(). When that name is taken, the next free second is used.
 *
 * @return 0, CK_EDENIED, CK_ENOSPACE, CK_EIO, CK_ENOMEM.
 */
int partial_open(const char *directory, const char *host, int64_t now, struct partial **ret,
                 struct ck_err *err) CK_MUST_USE;

/** Its descriptor, borrowed; its final path, and that of now; bytes that the file system has left.
 */
int partial_fd(const struct partial *p);
const char *partial_path(const struct partial *p);
const char *partial_temporary(const struct partial *p);
uint64_t partial_free_bytes(const struct partial *p);

/** A temporary file beside it, made and empty, which is removed by partial_close(); its path has no
 * links on the way. */
const char *partial_scratch(const struct partial *p);

/**
 * Give it its final name. Its bytes must be synced before.
 * @return 0, CK_EBUSY when somebody took the name, CK_EIO, also when the directory is another one
 * by now.
 */
int partial_finish(struct partial *p, struct ck_err *err) CK_MUST_USE;

/** Keep it as NAME.damaged, which is no archive. @return that path, borrowed, or NULL. */
const char *partial_set_apart(struct partial *p);

/** What was not finished is removed. */
void partial_close(struct partial *p);

/**
 * Remove what dead writers of @host left in @directory: regular files of ours with names of our own
 * making. Other hosts sweep theirs, since a lock need not be seen over a network.
 * @return how many files, or a failure.
 */
int directory_sweep(const char *directory, const char *host, struct ck_err *err);

/**
 * May archives be kept there? Makes it (0700) when it is missing, but not below a mount point of
 * /etc/fstab where nothing is mounted. @return 0, CK_EFAIL (not mounted), CK_EDENIED (everybody may
 * change it), CK_EUSAGE (no directory), CK_EIO.
 */
int directory_check(const char *directory, struct ck_err *err) CK_MUST_USE;

/** What the name of an archive says. */
struct directory_name {
	size_t host; /**< Length of the host, which stands first. */
	int64_t started;
	const char *kind; /**< "full" or "incr"; a literal. */
};

/** Take the name of an archive apart. @return false for a file that is called otherwise. */
bool directory_name(const char *name, struct directory_name *ret);

/** Names of the archives in @directory, sorted; appended. A missing directory has none. */
int directory_list(const char *directory, struct ck_strv *ret, struct ck_err *err) CK_MUST_USE;

#endif
