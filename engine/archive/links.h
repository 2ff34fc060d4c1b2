/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Which files are one file: inodes with several names, and the member that carries their bytes.
 *
 * The member with the bytes must be the first in the stream; slices take their turns (turns.h).
 */
#ifndef ARCHIVE_LINKS_H
#define ARCHIVE_LINKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cyrkeep/err.h>

struct links;

/** Where the bytes of a member lie. */
struct place {
	uint32_t frame;
	uint32_t offset; /**< In the frame, unpacked. */
};

int links_new(struct links **ret, struct ck_err *err) CK_MUST_USE;
void links_free(struct links *l);

/** Item @index of slice @seq is the file @st, to be stored as @member. @return 0 or CK_ENOMEM. */
int links_note(struct links *l, uint64_t seq, uint32_t index, const struct stat *st,
               const char *member) CK_MUST_USE;

/**
 * Once all earlier slices have noted.
 * @return the member that carries the bytes when that is another one than (@seq, @index), else
 * NULL. Borrowed for the life of @l.
 */
const char *links_first(struct links *l, uint64_t seq, uint32_t index, const struct stat *st);

/** The first member was written: here its bytes lie. Slices do this, and ask, in their order. */
void links_put_place(struct links *l, const struct stat *st, struct place place);
bool links_get_place(struct links *l, const struct stat *st, struct place *ret);

#endif
