/* SPDX-License-Identifier: BSD-2-Clause */
/** One zstd frame at a time, with content size and checksum, from and to memory. */
#ifndef ARCHIVE_FRAME_H
#define ARCHIVE_FRAME_H

#include <stdint.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

/**
 * What a slice aims at, in tar bytes. Against 4 MB, 1 MB costs 0.8 % of size, and 10 MB with a
 * window as large gains 0.6 %; a reader of one message unpacks one frame, about 10 ms. A cancel
 * waits for the frame that is being packed: where zstd needs seconds for 10 MB, frames are smaller.
 */
static inline size_t frame_target(int level)
{
	return (size_t)(level < 12 ? 10 : 4) << 20;
}

/** A frame is ended here even in the middle of a message. */
static inline size_t frame_cut(int level)
{
	return frame_target(level) + ((size_t)512 << 10);
}

/** No reader allocates more for a frame, whatever the seek table says. */
#define FRAME_LIMIT (64u << 20)

/** What zstd makes of that at worst, and more. */
#define FRAME_PACKED_LIMIT (FRAME_LIMIT + (FRAME_LIMIT >> 7))

struct frame_packer;

/** A compressor of its own, for one thread. @level is zstd's. */
int frame_packer_new(int level, struct frame_packer **ret, struct ck_err *err) CK_MUST_USE;
void frame_packer_free(struct frame_packer *p);

/** Replace @ret by one frame that holds @len bytes. */
int frame_pack(struct frame_packer *p, const void *data, size_t len, struct ck_buf *ret,
               struct ck_err *err) CK_MUST_USE;

struct frame_unpacker;

int frame_unpacker_new(struct frame_unpacker **ret, struct ck_err *err) CK_MUST_USE;
void frame_unpacker_free(struct frame_unpacker *u);

/**
 * Unpack exactly one frame of exactly @want bytes, replacing @ret.
 * @return 0, CK_ECORRUPT (other length, bad checksum, not a frame), CK_ENOMEM.
 */
int frame_unpack(struct frame_unpacker *u, const void *data, size_t len, size_t want,
                 struct ck_buf *ret, struct ck_err *err) CK_MUST_USE;

#endif
