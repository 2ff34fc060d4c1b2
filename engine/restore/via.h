/* SPDX-License-Identifier: BSD-2-Clause */
/** The ways of putting one compared mailbox back: sync and imap. */
#ifndef RESTORE_VIA_H
#define RESTORE_VIA_H

#include "base/run.h"
#include "restore/plan.h"

/** What became of the missing messages of one mailbox; after a failure only added and now are
 * meant. */
struct outcome {
	uint64_t added, failed;
	int64_t now; /**< What the mailbox holds then; -1: nobody looked. */
};

/**
 * By the replication commands. Reads the mailbox back afterwards: added counts what is there.
 *
 * @return 0 (failures are findings), or why the mailbox could not be done at all: CK_ECANCEL,
 * CK_EFAIL, CK_EIO and CK_ETIMEOUT for the connection.
 */
int via_sync(struct restore *r, const struct restore_item *item, const struct comparison *c,
             struct run *run, struct outcome *ret, struct ck_err *err) CK_MUST_USE;

/** By APPEND, in the owner's name. */
int via_imap(struct restore *r, const struct restore_item *item, const struct comparison *c,
             struct run *run, struct outcome *ret, struct ck_err *err) CK_MUST_USE;

/** GUIDs of a mailbox that is there, without the replication commands. */
int via_imap_read_live(struct restore *r, const struct restore_item *item, struct live *ret,
                       struct ck_err *err) CK_MUST_USE;

/**
 * Read message number @i from the archive into @ret (emptied first) and check it against its GUID.
 * @return 0; 1 when it cannot be used, with the finding made; CK_ENOMEM, CK_ECANCEL.
 */
int via_read_message(struct restore *r, const struct restore_item *item, const struct comparison *c,
                     size_t i, struct run *run, struct ck_buf *ret, struct ck_err *err) CK_MUST_USE;

/**
 * Make sure that the INBOX above the target is there: Cyrus makes no mailbox of a user without.
 * An absent one is created empty, with a note.
 */
int via_ensure_inbox(struct restore *r, const struct restore_item *item, struct run *run,
                     struct ck_err *err) CK_MUST_USE;

/**
 * The ACL for a mailbox that is to be made: as archived where the owner is the same, else that of
 * the nearest mailbox above. Appended.
 */
int via_choose_acl(struct restore *r, const struct restore_item *item, struct ck_buf *ret,
                   struct ck_err *err) CK_MUST_USE;

/** The archived partition where the server has it, else its default (with a note in @run, which may
 * be NULL). Borrowed. */
const char *via_choose_partition(const struct restore *r, const struct restore_item *item,
                                 struct run *run);

/** The source mailbox's annotations with owner's ones under the target's owner, for one that is
 * made; owned array, texts borrowed. A special use that another mailbox has is left out, noted. */
int via_annotations(struct restore *r, const struct restore_item *item, struct run *run,
                    struct annotation **ret, size_t *ret_n, struct ck_err *err) CK_MUST_USE;

#endif
