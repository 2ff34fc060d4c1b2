/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A file that is written once, from its first byte to its last, past the page cache where the file
 * system allows: the mail server's own pages stay, and no dirty pages pile up for the last fsync.
 */
#ifndef ARCHIVE_SINK_H
#define ARCHIVE_SINK_H

#include <stdint.h>

#include <cyrkeep/err.h>

struct sink;

/** Write to @fd from offset 0; @fd and @name (for messages) are borrowed. */
int sink_open(int fd, const char *name, struct sink **ret, struct ck_err *err) CK_MUST_USE;
void sink_close(struct sink *s);

/** Append. @return 0, CK_ENOSPACE, CK_EIO. */
int sink_write(struct sink *s, const void *data, size_t len, struct ck_err *err) CK_MUST_USE;

/** Write the rest and wait until all of it is on the disk. */
int sink_finish(struct sink *s, struct ck_err *err) CK_MUST_USE;

#endif
