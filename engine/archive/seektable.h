/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The seek table at the end of an archive, in zstd's own "seekable format" (version 0.1.0 of its
 * specification, contrib/seekable_format of zstd): a skippable frame, all numbers little-endian.
 *
 *   0x184D2A5E, u32 bytes that follow
 *   per frame: u32 compressed size, u32 size
 *   u32 frames, u8 descriptor (0: no checksums; each frame carries its own), 0x8F92EAB1
 */
#ifndef ARCHIVE_SEEKTABLE_H
#define ARCHIVE_SEEKTABLE_H

#include <stdint.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

#define SEEKTABLE_FOOTER     9u         /**< Bytes of the last line above. */
#define SEEKTABLE_FRAMES_MAX 0x8000000u /**< As the specification limits it. */

struct seekframe {
	uint64_t offset;       /**< In the file. */
	uint32_t packed, size; /**< Bytes compressed, and not. */
};

/** Frames in file order. Zero-initialise; release with seektable_fini(). */
struct seektable {
	struct seekframe *frames;
	size_t n, cap;
	uint64_t end; /**< Where the next frame, or the table itself, lies. */
};
void seektable_fini(struct seektable *t);

/** Append a frame. @return 0 or CK_ENOMEM. */
int seektable_add(struct seektable *t, uint32_t packed, uint32_t size) CK_MUST_USE;

/** The table as it stands at the end of a file; appended. @return 0 or CK_ENOMEM. */
int seektable_put(const struct seektable *t, struct ck_buf *ret) CK_MUST_USE;

/**
 * Length of the whole table from the last SEEKTABLE_FOOTER bytes of a file of @file_size bytes.
 * @return 0, CK_ECORRUPT with the offset.
 */
int seektable_length(const uint8_t footer[SEEKTABLE_FOOTER], uint64_t file_size, uint64_t *ret,
                     struct ck_err *err) CK_MUST_USE;

/**
 * Parse a whole table of @len bytes; its frames must fill the file exactly up to the table.
 * @return 0, CK_ECORRUPT with the offset, CK_ENOMEM.
 */
int seektable_parse(const uint8_t *data, size_t len, uint64_t file_size, struct seektable *ret,
                    struct ck_err *err) CK_MUST_USE;

#endif
