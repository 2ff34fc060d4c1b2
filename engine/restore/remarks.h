/* SPDX-License-Identifier: BSD-2-Clause */
/** What the rehearsal says beside the mailboxes and their sums: one sentence each. */
#ifndef RESTORE_REMARKS_H
#define RESTORE_REMARKS_H

#include "restore/plan.h"

/** About archive and server as a whole: what the archive lacks, what of it is not put back, where
 * settings differ, which are counted. */
int remarks_general(struct restore *r, struct ck_rehearsal *ret, struct ck_err *err) CK_MUST_USE;

/** About mailboxes that are made anew: whether all of their annotations can be. */
int remarks_made(const struct restore *r, struct ck_rehearsal *ret, struct ck_err *err) CK_MUST_USE;

/**
 * About the owner of an item: whether read marks and subscriptions come with it, and if he is made
 * again, what does not. Only for a mailbox that gets something.
 */
int remarks_user(struct restore *r, const struct restore_item *item, const struct comparison *c,
                 struct ck_rehearsal *ret, struct ck_err *err) CK_MUST_USE;

/** That the owner of @item, whose INBOX is the first @inbox bytes of its target, gets one if he has
 * none. Asks the server. */
int remarks_new_user(struct restore *r, const struct restore_item *item, size_t inbox,
                     struct ck_rehearsal *ret, struct ck_err *err) CK_MUST_USE;

/** What to run for the search indexes after the restore, appended; nothing where there are none. */
int remarks_search(const struct restore *r, struct ck_buf *ret) CK_MUST_USE;

#endif
