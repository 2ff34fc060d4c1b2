/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Input and output past the page cache. What is written leaves the mail server's own pages where
 * they are; what is read comes from the disk, not from what was kept in memory of writing it, and
 * is not copied on the way.
 */
#ifndef ARCHIVE_DIRECT_H
#define ARCHIVE_DIRECT_H

#include <stdbool.h>
#include <stdint.h>

#include <cyrkeep/err.h>

#define DIRECT_ALIGN 4096u /**< Enough for O_DIRECT on every disk of today. */

/** Switch O_DIRECT of @fd. @return whether the file system lets us. */
bool direct_set(int fd, bool on);

/** Reads ranges of a file; one per thread, any number on one descriptor. */
struct direct_reader {
	int fd;
	char *block; /**< Aligned; owned. */
	size_t cap;
};

#define DIRECT_READER_INIT(descriptor) \
	{                              \
		.fd = (descriptor)     \
	}

void direct_reader_fini(struct direct_reader *d);

/**
 * Read @len bytes at @offset. Where the file system does not keep its promise of O_DIRECT, it is
 * switched off.
 *
 * @param ret  Borrowed; valid until the next call.
 * @return     0, CK_ECORRUPT: the file ends before, CK_EIO, CK_ENOMEM.
 */
int direct_read(struct direct_reader *d, uint64_t offset, size_t len, const char **ret,
                struct ck_err *err) CK_MUST_USE;

#endif
