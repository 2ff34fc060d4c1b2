/* SPDX-License-Identifier: BSD-2-Clause */
/** Tar bytes made in memory, and walked again. The only user of libarchive here. */
#ifndef ARCHIVE_TAR_H
#define ARCHIVE_TAR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

/** One member. Borrowed for the call. */
struct tar_member {
	const char *path;      /**< Without leading slash. */
	const struct stat *st; /**< Type, mode, owner, mtime; the size too unless it is a link. */
	const char *user, *group; /**< Names; may be NULL. */
	const char *hardlink;     /**< Earlier member with the same bytes, or NULL. */
	const char *symlink;      /**< Target of a symbolic link, or NULL. */
};

struct tar_writer;

/**
 * Bytes are appended to @out, which is borrowed and may be emptied between calls. Data may lie in
 * room that was reserved at its end: then they stay where they are.
 */
int tar_writer_new(struct ck_buf *out, struct tar_writer **ret, struct ck_err *err) CK_MUST_USE;
void tar_writer_free(struct tar_writer *w);

/** Header; then, for a regular file that is no link, its st_size bytes; then the padding. */
int tar_put_header(struct tar_writer *w, const struct tar_member *m,
                   struct ck_err *err) CK_MUST_USE;
int tar_put_data(struct tar_writer *w, const void *data, size_t len,
                 struct ck_err *err) CK_MUST_USE;
int tar_end_member(struct tar_writer *w, struct ck_err *err) CK_MUST_USE;

/** Zero blocks behind the last member; appended. */
#define TAR_END_BYTES 1024u

/** Gives the next bytes of the stream. @return their number, 0 at the end, negative ck_code. */
typedef int64_t (*tar_read_fn)(void *arg, const void **ret);

/** A member that was walked. */
struct tar_seen {
	const char *path;
	uint64_t size;
	bool regular, link, directory;
};
typedef int (*tar_seen_fn)(void *arg, const struct tar_seen *seen, struct ck_err *err);

/** Walk a tar stream, skipping the data. @return 0, CK_ECORRUPT, or what @read or @seen failed
 * with.
 */
int tar_walk(tar_read_fn read, tar_seen_fn seen, void *arg, struct ck_err *err) CK_MUST_USE;

#endif
