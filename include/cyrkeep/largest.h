/* SPDX-License-Identifier: BSD-2-Clause */
/** The largest messages of a live server, found by what its indexes say. */
#ifndef CK_LARGEST_H
#define CK_LARGEST_H

#include <cyrkeep/select.h>

/** No pattern of the plan selects the mailbox. */
#define CK_LARGE_NOT_SELECTED UINT32_MAX

/** A message. */
struct ck_large_message {
	uint64_t size;        /**< Bytes. */
	int64_t internaldate; /**< Seconds since 1970. */
	uint32_t node;        /**< Of its mailbox, in the tree. */
	uint32_t uid;
	uint32_t left_out; /**< By the rule with this number, the first that does, or
	                      CK_LARGE_NOT_SELECTED; 0: it is taken. */
	char *from;        /**< Decoded UTF-8, not made harmless, cut at some 1000 bytes; owned. */
	char *subject;     /**< The same. Both are NULL where cyrus.cache does not tell. */
};

struct ck_largest {
	struct ck_large_message *items; /**< The largest first. */
	size_t n;
	uint64_t unreadable; /**< Mailboxes of which the index cannot be read, or not all of it. */
};

/** Which are looked for. */
struct ck_largest_query {
	const struct ck_tree *tree; /**< Heads are read. */
	uint32_t node;              /**< In mailboxes at and below it. */
	const struct ck_plan *plan; /**< That leaves out. */
	bool left_out;              /**< Only what it leaves out. */
	int64_t now;                /**< Ages count from here, seconds since 1970. */
	size_t most;                /**< How many at most; memory grows by this alone. */
};

/**
 * Find them. Reads the indexes of mailboxes that may have one of them, and of those that are found
 * their piece of cyrus.cache; never a message file. Messages that are not visible over IMAP do not
 * count. May take long: use a background thread.
 *
 * @watch  done and total count mailboxes; may be NULL.
 * @return 0, CK_EUSAGE for a bad rule, CK_ECANCEL, CK_ENOMEM.
 */
int ck_largest(const struct ck_largest_query *query, struct ck_watch *watch, struct ck_largest *ret,
               struct ck_err *err) CK_MUST_USE;
void ck_largest_fini(struct ck_largest *largest);

#endif
