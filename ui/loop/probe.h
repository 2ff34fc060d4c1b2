/* SPDX-License-Identifier: BSD-2-Clause */
/** Looking at a destination directory, and trying to write there. Blocks: for tasks only. */
#ifndef UI_PROBE_H
#define UI_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <cyrkeep/err.h>

struct ui_probe {
	bool exists;         /**< The directory is there; else the first backup makes it. */
	bool writable;       /**< As far as its mode tells. */
	uint64_t free_bytes; /**< For us, of its file system, or that of its nearest parent. */
	uint64_t size_bytes;
	uint64_t device; /**< Of the same. */
	bool tried;      /**< A file was written and removed. */
	int64_t tried_ms;
};

/** Look. @try_it: also write a test file of 1 MiB, sync it, and remove it.
 * @return 0, CK_EDENIED, CK_ENOTFOUND (not even a parent), CK_EIO, … */
int ui_probe(const char *path, bool try_it, struct ui_probe *ret, struct ck_err *err);

#endif
