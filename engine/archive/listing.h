/* SPDX-License-Identifier: BSD-2-Clause */
/** What lies in a mailbox directory: message files by uid, other files, directories. */
#ifndef ARCHIVE_LISTING_H
#define ARCHIVE_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

/** Zero-initialise; release with listing_fini(). */
struct listing {
	uint32_t *uids; /**< Of "UID." files, rising. */
	bool *claimed;  /**< Parallel: a record of the index accounts for it. */
	size_t n;
	struct ck_strv files; /**< Anything else that is no directory, sorted. */
	struct ck_strv dirs;  /**< Sorted. */
};
void listing_fini(struct listing *l);

/** Read directory @fd, which stays open. @return 0, CK_EIO, CK_ENOMEM. */
int listing_read(int fd, struct listing *ret, struct ck_err *err) CK_MUST_USE;

/** Index of @uid, or SIZE_MAX. */
size_t listing_find(const struct listing *l, uint32_t uid);

#endif
