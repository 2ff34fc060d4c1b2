/* SPDX-License-Identifier: BSD-2-Clause */
/** Read marks that a user who is made again had in others' and in shared mailboxes. */
#ifndef RESTORE_READMARKS_H
#define RESTORE_READMARKS_H

#include "base/run.h"
#include "restore/plan.h"

/**
 * In how many mailboxes of others the owner of the INBOX @item had marks.
 * @return 0; CK_ENOTFOUND when the archive does not tell; CK_ECORRUPT, CK_ENOMEM.
 */
int readmarks_count(struct restore *r, const struct restore_item *item, size_t *ret,
                    struct ck_err *err) CK_MUST_USE;

/**
 * Put them back by the replication commands, where he has none now, and look whether they are
 * there. What cannot be put back is a finding. Once more after all mailboxes, if some got a new id:
 * the marks in them go by that.
 * @return 0 or CK_ENOMEM.
 */
int readmarks_restore(struct restore *r, const struct restore_item *item, struct run *run,
                      struct ck_err *err) CK_MUST_USE;

#endif
