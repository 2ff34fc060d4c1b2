/* SPDX-License-Identifier: BSD-2-Clause */
/** What the files of the packer share. Only packer*.c includes this. */
#ifndef ARCHIVE_PACKER_H
#define ARCHIVE_PACKER_H

#include "archive/frame.h"
#include "archive/owner.h"
#include "archive/slice.h"
#include "archive/tar.h"
#include "base/sha1.h"

#define PACKER_CHUNK (512u << 10) /**< Bytes that are read at once. */

struct packer {
	struct packer_shared shared;
	struct frame_packer *z;
	struct tar_writer *tar;
	struct owners *owners;
	struct sha1 *sha1;
	struct ck_buf raw, packed, path, text;
	/* Of the slice that is being packed. */
	struct slice *slice;
	uint32_t frames;             /* given away so far */
	const struct slice_dir *dir; /* that fd is of */
	int fd;
	int dir_errno; /* why fd is -1 */
};

/** Begin the member of @item, which is stored then. @hardlink and @symlink: where it leads, or
 * NULL. */
int packer_put_header(struct packer *p, struct item *item, const struct stat *st,
                      const char *hardlink, const char *symlink, struct ck_err *err) CK_MUST_USE;

/** Give the frame away if it is full. Bytes that were put may be in an earlier frame then. */
int packer_emit_full(struct packer *p, struct ck_err *err) CK_MUST_USE;

/** Where the next byte will lie. */
struct place packer_here(const struct packer *p);

/* packer_own.c: whole members. */
int packer_put_memory(struct packer *p, struct item *item, const void *bytes, size_t len,
                      struct ck_err *err) CK_MUST_USE;
int packer_put_dump(struct packer *p, struct item *item, struct ck_err *err) CK_MUST_USE;

#endif
