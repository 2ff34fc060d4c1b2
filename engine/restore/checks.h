/* SPDX-License-Identifier: BSD-2-Clause */
/** What a rehearsal has looked at, and what it saw: sentences, and the sums behind them. */
#ifndef RESTORE_CHECKS_H
#define RESTORE_CHECKS_H

#include "restore/plan.h"

/** Add a sentence; @text is emptied. */
int check_add(struct ck_rehearsal *r, enum ck_check_level level, struct ck_buf *text,
              struct ck_err *err) CK_MUST_USE;

/** Over all mailboxes. Zeroed: none. */
struct checks {
	uint64_t asked, not_stored;
	uint64_t added_to,
		added_bytes; /**< Mailboxes that are there and get something, and how much. */
	uint64_t made_again, made_new;  /**< Mailboxes. */
	uint64_t made_bytes;            /**< What goes into those. */
	uint64_t seen, unseen, unknown; /**< Of the missing: read, unread, not known. */
	uint64_t rights;                /**< Mailboxes whose ACL is another by now, */
	const char *rights_of;          /**< and the first; of an item. */
	uint64_t others;        /**< Mailboxes that only have the name of the archived one, */
	const char *others_of;  /**< and the first. */
	uint64_t roots, passed; /**< Quota roots with limits, and those without room. */
	struct ck_buf root;     /**< The first: its name, */
	uint64_t would, limit;  /**< and bytes; limit 0: of messages only. */
};
void checks_fini(struct checks *c);

/** Is the mailbox that is there another one than the archived one of its name? */
bool checks_is_other(const struct restore_item *item, const struct comparison *c);

/** Count a mailbox in. */
void checks_count(struct checks *k, const struct restore_item *item, const struct comparison *c);

/** Ask the server for the quota of each root, and note the limits that would be passed. */
int checks_quotas(struct restore *r, struct checks *k, const struct quota_sums *sums,
                  struct ck_rehearsal *ret, struct ck_err *err) CK_MUST_USE;

/** Put it all into sentences, in front of those that are there. */
int checks_tell(const struct restore *r, const struct checks *k, struct ck_rehearsal *ret,
                struct ck_err *err) CK_MUST_USE;

/** Do the archived flags of @c tell what was read? Until 2.3 the index does not; by imap they are
 * set as any other flag. */
bool checks_brings_seen(const struct comparison *c);

#endif
