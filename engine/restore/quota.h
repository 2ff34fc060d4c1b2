/* SPDX-License-Identifier: BSD-2-Clause */
/** Quotas: what a restore does to them, and limits of a user who is made again. */
#ifndef RESTORE_QUOTA_H
#define RESTORE_QUOTA_H

#include "base/run.h"
#include "restore/plan.h"

#define QUOTA_LIMITS 8 /* resources of one root; Cyrus 3.12 knows four */

/** One limit: "STORAGE" in KiB, "MESSAGE", … */
struct quota_limit {
	char resource[32];
	uint64_t used, limit;
};

/** A quota root as the server tells it. */
struct quota_root {
	struct ck_buf name; /**< As it is said over IMAP. */
	struct quota_limit limits[QUOTA_LIMITS];
	size_t n;
	bool cut; /**< It has more, or what cannot be understood. */
};
void quota_root_fini(struct quota_root *q);

/** One answer line "* QUOTA root (STORAGE used limit …)"; false for any other. @ret is zeroed. */
bool quota_line(const char *line, size_t len, struct quota_root *ret);

/** That of @resource, or NULL. */
const struct quota_limit *quota_limit_of(const struct quota_root *q, const char *resource);

/** The root that mailbox @intname is under; without limits where it has none, or is not there. */
int quota_ask(struct restore *r, const char *intname, struct quota_root *ret,
              struct ck_err *err) CK_MUST_USE;

void quota_sums_fini(struct quota_sums *s);

/** Count in what is missing of a mailbox; those of a root come one after the other. */
int quota_sums_add(struct quota_sums *s, const struct restore_item *item,
                   const struct comparison *c, struct ck_err *err) CK_MUST_USE;

/** The limits that @s would pass. @ret has room for two, storage and messages; its strings are
 * NULL, since the name is that of @q. @return how many. */
size_t quota_passed(const struct quota_root *q, const struct quota_sum *s,
                    struct ck_rehearsal_quota ret[2]);

/** Raise what would be passed, each with a line in the log; *@ret counts them. A limit that the
 * server does not let be raised is a finding; the mail comes back all the same, as far as it can.
 */
int quota_raise(struct restore *r, const struct quota_sums *s, struct run *run, uint64_t *ret,
                struct ck_err *err) CK_MUST_USE;

/** Take out of the missing of @c what does not fit. @return how many messages, or a failure. */
int64_t quota_fit(struct restore *r, const struct restore_item *item, struct comparison *c,
                  struct ck_err *err) CK_MUST_USE;

/** The archived limits of root @intname; CK_ENOTFOUND where it had none. */
int quota_archived(struct restore *r, const char *intname, struct quota *ret,
                   struct ck_err *err) CK_MUST_USE;

#endif
