/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The one writer: takes frames from many workers, writes them in the order of their slices.
 *
 * Memory is bounded: a worker whose slice is not at the head waits when it has two frames lying
 * here, and every worker waits that is more than a window ahead of the head.
 */
#ifndef ARCHIVE_WRITER_H
#define ARCHIVE_WRITER_H

#include "archive/seektable.h"
#include "archive/sink.h"
#include "base/run.h"
#include <cyrkeep/buf.h>

struct writer;

/** Called by the writer's thread, slice by slice in order, once all frames of @slice are written.
 */
typedef int (*writer_commit_fn)(void *arg, void *slice, uint32_t first_frame, struct ck_err *err);

/**
 * Start the thread.
 *
 * @window  Slices that may be unwritten at once.
 * @sink, @table, @run are borrowed; the thread alone uses sink and table until writer_drain().
 */
int writer_open(struct sink *sink, struct seektable *table, unsigned window, struct run *run,
                writer_commit_fn commit, void *arg, struct writer **ret,
                struct ck_err *err) CK_MUST_USE;

/** A frame of slice @seq: @packed is taken over and replaced by an empty buffer. May wait. */
int writer_put(struct writer *w, uint64_t seq, struct ck_buf *packed, uint32_t size,
               struct ck_err *err) CK_MUST_USE;

/** Slice @seq has no more frames. @slice goes to commit. May wait. */
int writer_end_slice(struct writer *w, uint64_t seq, void *slice, struct ck_err *err) CK_MUST_USE;

/** Wait until slices 0 to @slices - 1 are committed. @return 0, or why it failed. */
int writer_drain(struct writer *w, uint64_t slices, struct ck_err *err) CK_MUST_USE;

/** Fail everybody who waits, with @why. The first failure stays. */
void writer_fail(struct writer *w, const struct ck_err *why);

/** Stop the thread; slices that were not committed are given to @drop. */
void writer_close(struct writer *w, void (*drop)(void *slice));

#endif
