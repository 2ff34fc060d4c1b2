/* SPDX-License-Identifier: BSD-2-Clause */
/** Directories and what is known about each, in the order in which they were met. */
#ifndef ARCHIVE_DIRSET_H
#define ARCHIVE_DIRSET_H

#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/defs.h>

enum dirset_flag {
	DIR_MAILBOX = 1u << 0, /**< A mailbox lies in it. */
	DIR_ABOVE = 1u << 1,   /**< One lies below it. */
	DIR_PACKED = 1u << 2,  /**< Its entry is in the archive. */
	DIR_PARENT = 1u << 3,  /**< And so is one of a directory in it. */
};

struct dirset_entry {
	char *path; /**< Absolute; owned. */
	uint32_t flags;
};

/** Zero-initialise; release with dirset_fini(). */
struct dirset {
	struct dirset_entry *entries;
	size_t n, cap;
	uint32_t *slots; /* hash: index + 1 into entries, 0 free */
	size_t nslots;
};
void dirset_fini(struct dirset *d);

/** Flags of @path[0..len), 0 when unknown. */
uint32_t dirset_get(const struct dirset *d, const char *path, size_t len);

/** Add flags. @return 0 or CK_ENOMEM. */
int dirset_add(struct dirset *d, const char *path, size_t len, uint32_t flags) CK_MUST_USE;

#endif
