/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Read marks in others' and in shared mailboxes: each reader's own, kept in his seen database by
 * the mailbox's uniqueid. They come back with the reader, and with the mailbox.
 */
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
 * there. What cannot be put back is a finding.
 * @return 0 or CK_ENOMEM.
 */
int readmarks_restore(struct restore *r, const struct restore_item *item, struct run *run,
                      struct ck_err *err) CK_MUST_USE;

/**
 * The same after all mailboxes, for those that were made (r->made): of every archived user who may
 * read one and who is there. What he has read in the deleted one since the backup counts too, where
 * delayed delete has kept it and the new one got another id.
 * @return 0 or CK_ENOMEM.
 */
int readmarks_of_readers(struct restore *r, struct run *run, struct ck_err *err) CK_MUST_USE;

/** Does @acl ("anne\tlrs\t…") give @user, by name, group or for everybody, the right to read? In
 * doubt yes. */
bool readmarks_may_read(const char *acl, const char *user);

#endif
