/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A restore that has been understood: the archive open, the server reached, each chosen mailbox
 * with its target. Made once, used by the rehearsal and by the ways of carrying it out.
 */
#ifndef RESTORE_PLAN_H
#define RESTORE_PLAN_H

#include "cyrus/conf.h"
#include "restore/archived.h"
#include "restore/elsewhere.h"
#include "restore/live.h"
#include "restore/restore.h"
#include "restore/uidset.h"
#include <cyrkeep/restore.h>

/** One mailbox to put back. */
struct restore_item {
	const struct ck_archived_mailbox *source;
	char *target; /**< Internal name. */
	char *shown;  /**< The same as an administrator sees it, UTF-8. */
	char *owner;  /**< User id of the target's owner, or NULL when it is shared. */
	bool moved;   /**< Another name than in the archive. */
};

/** A mailbox that has been made again where it was, with its uids. */
struct restore_made {
	const char *archived_id; /**< Borrowed from the archive. */
	const char *owner;       /**< Borrowed from its item; NULL when shared. */
	char *id;                /**< Uniqueid now. */
	char *acl;
};

/** What comes under one quota root: a user's, or one shared mailbox's. */
struct quota_sum {
	char *name; /**< Internal name to ask by. */
	uint64_t bytes, messages;
	uint64_t elsewhere_bytes, elsewhere; /**< Of those, what lies elsewhere now. */
};
struct quota_sums {
	struct quota_sum *list;
	size_t n;
};

struct restore {
	const struct ck_settings *settings; /**< Borrowed. */
	enum ck_restore_via via;
	enum ck_restore_quota quota;
	bool leave_elsewhere;
	struct ck_archive *archive;
	struct conf *conf;
	struct ck_archived_mailbox *boxes; /**< All of the archive. */
	size_t nboxes;
	struct restore_item *items; /**< By target name: parents before children. */
	size_t n;
	struct uidset uids; /**< n is 0: all. */
	struct annotations annotations;
	bool damage_told;          /**< Theirs, as a finding. */
	struct imap *admin;        /**< Connection as administrator. */
	struct imap *sync;         /**< The same at the sync port; NULL where admin serves. */
	bool speaks_sync;          /**< It takes the replication commands. */
	struct imap *user;         /**< Connection in the name of user_id, or NULL. */
	char *user_id;             /**< Whose it is. */
	struct restore_made *made; /**< Mailboxes made again so far, by sync, under their names. */
	size_t nmade;
	struct quota_sums sums;     /**< What comes under each root, where limits are raised. */
	struct elsewhere elsewhere; /**< Of the owner who was looked at last. */
	struct ck_strv remarks;     /**< About mailboxes that were matched but are not put back. */
};

/**
 * Understand @request and reach the server.
 * @return 0, CK_ENOTFOUND (archive, or a pattern that matches nothing in it), CK_EUSAGE (uid set,
 * target, two mailboxes with one target), CK_EUNSUPPORTED (the server does not speak the sync
 * commands), CK_EFAIL, CK_EDENIED.
 */
int restore_open(const struct ck_settings *settings, const struct ck_restore_request *request,
                 struct restore **ret, struct ck_err *err) CK_MUST_USE;

/** The administrator's connection, opened anew where it was lost. Borrowed. */
int restore_admin(struct restore *r, struct imap **ret, struct ck_err *err) CK_MUST_USE;

/** Where the replication commands go: the sync port if one is set, else as restore_admin(). */
int restore_sync(struct restore *r, struct imap **ret, struct ck_err *err) CK_MUST_USE;

/** A connection in the name of @user; kept until another user is asked for. Borrowed. */
int restore_as(struct restore *r, const char *user, struct imap **ret,
               struct ck_err *err) CK_MUST_USE;

/** What of @path, which lies in this server's configuration directory, is behind that; borrowed. */
const char *restore_below_config(const struct restore *r, const char *path);

/** Internal name as sent over IMAP to an administrator, appended. */
int restore_wire(const struct restore *r, const char *intname, struct ck_buf *ret,
                 struct ck_err *err) CK_MUST_USE;

/** Give a failure that names no remedy the one of its class. */
void restore_advise(struct ck_err *err);

/** An item compared with the server. */
struct comparison {
	struct archived archived;
	struct live live;
	size_t *missing; /**< Numbers of messages to be added, by uid. */
	size_t nmissing;
	size_t *damaged; /**< Missing too, but what the archive has of them is not what they were.
	                  */
	size_t ndamaged;
	enum ck_restore_action action;
	uint64_t wanted, present, missing_bytes;
	uint32_t *where; /**< Of each missing one: place and one in elsewhere.boxes, or 0; NULL:
	                    nobody looked. */
	size_t nelsewhere;
	uint64_t elsewhere_bytes;
	uint64_t not_stored; /**< Asked for, but their bytes are not in the archive. */
	char *reason;        /**< Of a refusal, or NULL. */
};
int restore_compare(struct restore *r, const struct restore_item *item, struct comparison *ret,
                    struct ck_err *err) CK_MUST_USE;
void comparison_fini(struct comparison *c);

/** Is the mailbox there? Asked by name, with an administrator's eyes. 1, 0 or a failure. */
int restore_exists(struct restore *r, const char *intname, struct ck_err *err) CK_MUST_USE;

#endif
