/* SPDX-License-Identifier: BSD-2-Clause */
/** Subscriptions of a user who is made again. */
#ifndef RESTORE_SUBSCRIBED_H
#define RESTORE_SUBSCRIBED_H

#include "base/run.h"
#include "restore/plan.h"

/**
 * What the owner of the INBOX @item was subscribed to: internal names, appended.
 * @return 0, CK_ENOTFOUND when the archive has none of his, CK_ECORRUPT, CK_ENOMEM.
 */
int subscribed_read(struct restore *r, const struct restore_item *item, struct ck_strv *ret,
                    struct ck_err *err) CK_MUST_USE;

/**
 * Subscribe the owner of the INBOX @item to what he was subscribed to, by the replication commands,
 * and look whether he is. What cannot be put back is a finding.
 * @return 0, or a lost connection, CK_ENOMEM.
 */
int subscribed_restore(struct restore *r, const struct restore_item *item, struct run *run,
                       struct ck_err *err) CK_MUST_USE;

#endif
