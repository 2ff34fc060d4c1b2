/* SPDX-License-Identifier: BSD-2-Clause */
/** The uniqueid of a mailbox that is made: its old one, where nobody else holds it. */
#ifndef RESTORE_NEWID_H
#define RESTORE_NEWID_H

#include "base/run.h"
#include "cyrus/sync.h"
#include "restore/plan.h"

/** Put a fresh id, as Cyrus 3.6 makes them, in the place of *@id, which is freed. */
int newid_fresh(char **id, struct ck_err *err) CK_MUST_USE;

/**
 * Choose the id of @made, which comes with the archived one.
 *
 * It is kept only where nobody holds it: two mailboxes of one id share a directory, and the nightly
 * clean-up of the deleted one would remove the restored mail. What a holder, or a deleted mailbox
 * of the same name and uidvalidity, has used up since the backup (last_uid, highestmodseq) is
 * respected.
 */
int newid_choose(struct restore *r, struct imap *sync, const struct restore_item *item,
                 struct sync_mailbox *made, struct run *run, struct ck_err *err) CK_MUST_USE;

/** The number that delayed delete has put behind @name in an answer to LIST, as text. */
bool newid_stamp(const char *line, size_t len, const char *name, char separator, char ret[17]);

#endif
