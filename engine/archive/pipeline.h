/* SPDX-License-Identifier: BSD-2-Clause */
/** Slices in, an archive file out: the workers, the writer, and their order. */
#ifndef ARCHIVE_PIPELINE_H
#define ARCHIVE_PIPELINE_H

#include "archive/slice.h"

struct pipeline;

struct pipeline_setup {
	struct sink *sink;       /**< Borrowed. */
	struct seektable *table; /**< Borrowed; the writer's until pipeline_drain(). */
	struct run *run;         /**< Borrowed. */
	unsigned workers;
	uint64_t messages; /**< About; see twins_new(). */
	int level;
	/** As writer_commit_fn; links have their places by then. Does not free the slice. */
	int (*commit)(void *arg, struct slice *slice, struct ck_err *err);
	void *arg;
};

int pipeline_open(const struct pipeline_setup *setup, struct pipeline **ret,
                  struct ck_err *err) CK_MUST_USE;

/** Stops everything at once; slices under way are lost. */
void pipeline_close(struct pipeline *p);

/** Queue a slice, which is taken over, on failure too. Waits while enough are queued. */
int pipeline_push(struct pipeline *p, struct slice *s, struct ck_err *err) CK_MUST_USE;

/** Wait until all that was pushed is committed. More may be pushed afterwards. */
int pipeline_drain(struct pipeline *p, struct ck_err *err) CK_MUST_USE;

#endif
