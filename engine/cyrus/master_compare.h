/* SPDX-License-Identifier: BSD-2-Clause */
/** What two cyrus.conf differ in. */
#ifndef CYRUS_MASTER_COMPARE_H
#define CYRUS_MASTER_COMPARE_H

#include <cyrkeep/difference.h>

/** One file. */
struct master_side {
	const char *path; /**< For sentences, and where a setting stands. */
	char *text;       /**< Is cut up; text[len] must be '\0'. */
	size_t len;
};

/** Append to @ret the entries that differ: services, events, daemons, starts; of an entry that is
 * on both sides only what differs in it. @return 0, CK_EUSAGE for a line that master cannot read,
 * CK_ENOMEM. */
int master_differences(const struct master_side *was, const struct master_side *is,
                       struct ck_differences *ret, struct ck_err *err) CK_MUST_USE;

#endif
