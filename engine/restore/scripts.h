/* SPDX-License-Identifier: BSD-2-Clause */
/** Sieve scripts of a user who is made again: from 3.6 on they are messages of a mailbox. */
#ifndef RESTORE_SCRIPTS_H
#define RESTORE_SCRIPTS_H

#include "base/run.h"
#include "restore/plan.h"

/**
 * How many scripts the archive has of the owner of the INBOX @item.
 * @return 0; CK_ENOTFOUND when it has none of his in that form; CK_ECORRUPT, CK_ENOMEM.
 */
int scripts_count(struct restore *r, const struct restore_item *item, size_t *ret,
                  struct ck_err *err) CK_MUST_USE;

/**
 * Put those back that he has not, by the replication commands, activate the one that was active
 * unless another is, and look whether they are there. What cannot be put back is a finding.
 * @return 0 or CK_ENOMEM.
 */
int scripts_restore(struct restore *r, const struct restore_item *item, struct run *run,
                    struct ck_err *err) CK_MUST_USE;

/** The text of a script behind the header of its message; false when there is no end of one. */
bool scripts_text(const char *message, size_t len, const char **ret, size_t *ret_len);

#endif
