/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Which messages are the same file but for their inode: one partition, one size, time, mode and
 * owner, and bytes that we hashed alike. The first in the stream carries the bytes of all.
 *
 * A GUID in an index says which may be twins; only a message that was read, and is what its index
 * says, may carry the bytes of others. Used by slices side by side, each in its turn (turns.h).
 *
 * Memory is bounded: TWINS_MOST messages are remembered, about 64 bytes each. Of a store that has
 * more only those from TWINS_LARGE on are, which hold most of its bytes; what does not fit any more
 * is stored as if it had no twin.
 */
#ifndef ARCHIVE_TWINS_H
#define ARCHIVE_TWINS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "archive/links.h"
#include "base/sha1.h"

#define TWINS_MOST  ((size_t)3 << 18)
#define TWINS_LARGE 16384 /**< Bytes. */

struct twins;

/** What twins have in common. */
struct twin {
	uint8_t guid[SHA1_SIZE];
	int root; /**< Descriptor that stands for the partition. */
	struct stat st;
};

/** Where a message stands in the stream: item @index of slice @seq. */
struct twin_at {
	uint64_t seq;
	uint32_t index;
};

/** @messages: so many the store has, about. */
int twins_new(uint64_t messages, struct twins **ret, struct ck_err *err) CK_MUST_USE;
void twins_free(struct twins *t);

/** The message UID @uid in the directory @dir, a member's name, is at @at. @return 0 or CK_ENOMEM.
 */
int twins_note(struct twins *t, const struct twin *twin, struct twin_at at, const char *dir,
               uint32_t uid) CK_MUST_USE;

/** The message at @at was packed: it has its bytes in the archive and they have its GUID, or not.
 * Each that was noted must be told of, also when its slice fails. */
void twins_judge(struct twins *t, const struct twin *twin, struct twin_at at, bool good);

/**
 * Once all earlier slices have noted: the message that carries the bytes, when that is another one
 * than at @at. Waits until it has been packed.
 * @return 1 with @ret_dir, borrowed for the life of @t, and @ret_uid; 0: store it.
 */
int twins_first(struct twins *t, const struct twin *twin, struct twin_at at, const char **ret_dir,
                uint32_t *ret_uid);

/** The message at @at was written: here its bytes lie. Slices do this, and ask, in their order. */
void twins_put_place(struct twins *t, const struct twin *twin, struct twin_at at,
                     struct place place);
bool twins_get_place(struct twins *t, const struct twin *twin, struct place *ret);

#endif
