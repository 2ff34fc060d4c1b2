/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * An archive that lists as many mailboxes and messages as a test wants: readers take it for a real
 * one, but there is no store behind it, and its messages are a few dozen, over and over.
 */
#ifndef TESTS_BIGARCHIVE_H
#define TESTS_BIGARCHIVE_H

#include <stddef.h>
#include <stdint.h>

struct bigarchive {
	size_t users, folders; /**< "user/u00000", "user/u00000/folder 1": INBOX included. */
	size_t messages;       /**< Of the first user's INBOX; uids from 1. */
	size_t large;   /**< Frames as large as a reader takes, one for each first message. */
	uint64_t claim; /**< How large those say they are. */
};

/** Write it as archive 7 to the new file @path. Fails the test otherwise. */
void bigarchive_write(const char *path, const struct bigarchive *b);

#endif
