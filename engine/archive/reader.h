/* SPDX-License-Identifier: BSD-2-Clause */
/** An open archive from inside: its frames, and ranges of bytes in them. */
#ifndef ARCHIVE_READER_H
#define ARCHIVE_READER_H

#include "archive/catalog.h"
#include "archive/headline.h"
#include "archive/seektable.h"

#define READER_KEPT       4           /* frames that stay unpacked, */
#define READER_KEPT_BYTES (96u << 20) /* while they take no more than this */

struct frame_unpacker;

struct kept_frame {
	uint32_t number;
	uint64_t used; /* 0: empty */
	struct ck_buf bytes;
};

struct ck_archive {
	int fd;
	char *name; /* for messages: its path */
	uint64_t size;
	struct seektable table;
	struct headline headline;
	struct catalog *catalog; /* read page by page, as it is asked */
	struct ck_buf page;
	struct frame_unpacker *unpacker;
	struct kept_frame kept[READER_KEPT];
	uint64_t clock;
	uint64_t bytes_read;
	struct ck_buf packed;
};

/**
 * Open the archive in @fd, which is taken over, on failure too. @name is for messages and the info.
 * @return 0, CK_ECORRUPT saying where, CK_EUNSUPPORTED, CK_EIO, CK_ENOMEM.
 */
int reader_open(int fd, const char *name, struct ck_archive **ret, struct ck_err *err) CK_MUST_USE;

/** Only the headline of the archive at @path: reads the seek table and one frame. */
int reader_headline(const char *path, struct ck_buf *ret, struct ck_err *err) CK_MUST_USE;

/** Read frame @number packed, replacing @ret. */
int reader_packed(struct ck_archive *a, uint32_t number, struct ck_buf *ret,
                  struct ck_err *err) CK_MUST_USE;

/** Append @len bytes that begin at @offset of frame @frame and may go on in the next ones. */
int reader_range(struct ck_archive *a, uint32_t frame, uint32_t offset, uint64_t len,
                 struct ck_buf *ret, struct ck_err *err) CK_MUST_USE;

/** Append a file of the catalogue. */
int reader_file(struct ck_archive *a, const struct catalog_file *f, struct ck_buf *ret,
                struct ck_err *err) CK_MUST_USE;

#endif
