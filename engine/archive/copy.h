/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Copy the selected store into a new archive: slices read, checked, packed and compressed in
 * parallel, written in order by one writer. The phases are apart so that the job can release its
 * hold between copy_run() and copy_seal().
 */
#ifndef ARCHIVE_COPY_H
#define ARCHIVE_COPY_H

#include "base/run.h"
#include "cyrus/host.h"
#include <cyrkeep/archive.h>
#include <cyrkeep/select.h>

/** What to copy, borrowed for the life of the copy. */
struct copy_order {
	const struct ck_settings *settings;
	const struct ck_server *server; /**< As read under the hold. */
	const struct ck_plan *plan;
	const struct ck_estimate *estimate; /**< Of that plan on that server. */
	const char *directory;              /**< Destination directory, absolute. */
	uint32_t job;
	int64_t now;        /**< Seconds since 1970: names the archive, ages count from it. */
	const char *method; /**< "stop" */
	enum ck_grade best; /**< A mailbox without findings gets this. */
	const struct software *software; /**< Looked at when sealing; NULL: not asked. */
};

struct copy;

/** Create `.partial`, write the first members. Checks that the destination can be written. */
int copy_open(const struct copy_order *order, struct run *run, struct copy **ret,
              struct ck_err *err) CK_MUST_USE;

/** All slices. When it returns 0 every source file has been read; the hold may be released. */
int copy_run(struct copy *c, struct ck_err *err) CK_MUST_USE;

/** downtime is known now: dumps, manifest, catalogue, seek table, fsync. It has no name yet. */
int copy_seal(struct copy *c, int64_t downtime_ms, enum ck_result result,
              struct ck_err *err) CK_MUST_USE;

/**
 * Read back what was written (frames, checksums, members and counts against the catalogue), and
 * only then give it its final name. What does not read back is kept as NAME.damaged.
 */
int copy_check(struct copy *c, struct ck_err *err) CK_MUST_USE;

/** Figures so far: archive, path (owned by the report), kind, mailboxes, messages, grades, bytes.
 */
int copy_report(const struct copy *c, struct ck_report *ret) CK_MUST_USE;

/** Free; what got no name is removed. */
void copy_close(struct copy *c);

#endif
