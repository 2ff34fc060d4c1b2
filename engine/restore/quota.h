/* SPDX-License-Identifier: BSD-2-Clause */
/** Quotas: what a restore does to them, and limits of a user who is made again. */
#ifndef RESTORE_QUOTA_H
#define RESTORE_QUOTA_H

#include "restore/plan.h"

/**
 * Say in @remarks when @bytes and @messages more would pass a limit of the root that @intname is
 * under. A server that knows no quota, or no such mailbox, gives no remark.
 */
int quota_foresee(struct restore *r, const char *intname, uint64_t bytes, uint64_t messages,
                  struct ck_strv *remarks, struct ck_err *err) CK_MUST_USE;

/** The archived limits of root @intname; CK_ENOTFOUND where it had none. */
int quota_archived(struct restore *r, const char *intname, struct quota *ret,
                   struct ck_err *err) CK_MUST_USE;

/** One answer line "* QUOTA root (STORAGE used limit …)": used and limit of @resource. */
bool quota_line(const char *line, size_t len, const char *resource, uint64_t *ret_used,
                uint64_t *ret_limit);

#endif
