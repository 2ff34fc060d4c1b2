/* SPDX-License-Identifier: BSD-2-Clause */
/** Files beneath directory descriptors: whole reads, full writes, replacement by rename. */
#ifndef BASE_FS_H
#define BASE_FS_H

#include <stdint.h>
#include <sys/stat.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

/**
 * Open @path below directory @dirfd without ever leaving it: not by "..", by no absolute path, by
 * no symbolic link on the way. @flags as for open(2), O_CLOEXEC is added.
 * @return a descriptor, or -1 with errno set.
 */
int fs_open_beneath(int dirfd, const char *path, int flags, mode_t mode);

/**
 * Open a foreign file for reading: beneath @dirfd as fs_open_beneath() does; with AT_FDCWD the
 * path is ours and followed as it stands. A FIFO or device in its place does not hold us up.
 * @return a descriptor of a regular file, or -1 with errno (EINVAL: not a regular file).
 */
int fs_open_foreign(int dirfd, const char *path);

/** Make two spellings of one path the same, in place: no "//", no "/./", no slash at the end. What
 * ".." means only the file system knows: it stays. */
void fs_tidy(char *path);

/** Read all of a descriptor from its present position; at most @limit bytes (CK_ECORRUPT beyond).
 */
int fs_read_fd(int fd, size_t limit, struct ck_buf *ret, struct ck_err *err) CK_MUST_USE;

/** Read a whole regular file; symbolic links are followed only in @path of AT_FDCWD. */
int fs_read_file(int dirfd, const char *path, size_t limit, struct ck_buf *ret,
                 struct ck_err *err) CK_MUST_USE;

/** When a file was changed last, in nanoseconds since 1970: to tell whether it is the same still.
 * Beyond the year 2262 it begins anew. */
int64_t fs_mtime_ns(const struct stat *st);

/** pread() until @len bytes or end of file. @return bytes read, or -1 with errno. */
int64_t fs_pread(int fd, void *buf, size_t len, uint64_t offset);

/** write() all of it. @return 0, or -1 with errno. */
int fs_write_all(int fd, const void *buf, size_t len);

/** Replace @path by @len bytes: temporary file beside it, fsync, rename, directory fsync. */
int fs_replace(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
               struct ck_err *err) CK_MUST_USE;

/** mkdir -p with @mode for what is made. */
int fs_mkdirs(const char *path, mode_t mode, struct ck_err *err) CK_MUST_USE;

/** Close all descriptors from @first to @last. Allocates nothing. @return 0, or -1 with errno. */
int fs_close_range(unsigned first, unsigned last);

/** fsync a directory by path. */
int fs_sync_dir(const char *path, struct ck_err *err) CK_MUST_USE;

#endif
