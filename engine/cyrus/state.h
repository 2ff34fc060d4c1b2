/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * State that is not messages: subscriptions, seen, quota, annotations (with special use).
 * Each reader takes an open database (cyrus/db.h) or bytes, so that it can be fuzzed.
 */
#ifndef CYRUS_STATE_H
#define CYRUS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "cyrus/db.h"
#include <cyrkeep/buf.h>

/**
 * Subscribed mailboxes, internal names; appended.
 *
 * @inbox  Internal name of the owner's INBOX ("user.anne"), which 3.6+ files do not name; with NULL
 * his own mailboxes come as "INBOX.Sent".
 */
int subscriptions_read(struct db *db, const char *inbox, struct ck_strv *ret,
                       struct ck_err *err) CK_MUST_USE;

/** Seen state of one user for one mailbox. */
struct seen {
	int64_t last_read, last_change;
	uint32_t last_uid;
	char *uids; /**< Set "1:5,9". Owned. */
};
int seen_parse(const char *value, size_t len, struct seen *ret, struct ck_err *err) CK_MUST_USE;
void seen_fini(struct seen *s);

/** Quota of one root. A limit of -1 is none. */
struct quota {
	int64_t storage_used_bytes, storage_limit_kib;
	int64_t messages_used, messages_limit;
	int64_t annotations_limit_kib; /**< X-ANNOTATION-STORAGE, 2.5+ */
	int64_t folders_limit;         /**< X-NUM-FOLDERS, 2.5+ */
};
/** Is there no limit at all? */
bool quota_is_free(const struct quota *q);
/** Both forms: "used limit [M used limit]" over lines, and the dlist of later versions. */
int quota_parse(const char *value, size_t len, struct quota *ret, struct ck_err *err) CK_MUST_USE;

/** One annotation. */
struct annotation {
	char *mailbox; /**< Internal name (old keys) or uniqueid (3.x keys), or "" for the server.
	                */
	uint32_t uid;  /**< 0: of the mailbox. */
	char *entry;   /**< "/comment", "/specialuse" */
	char *user;    /**< "" for shared. */
	char *value;   /**< May hold NUL. */
	size_t value_len;
	uint64_t modseq; /**< 0 before 3.0. */
	bool deleted;    /**< A tombstone of 3.2+: the annotation is gone. */
};

/** Which file the record is from: only the file tells what a key such as "12" means. */
enum annotation_file {
	ANNOTATION_GLOBAL,  /**< CONF/annotations.db: mailboxes and the server. */
	ANNOTATION_MESSAGES /**< cyrus.annotations of a mailbox; mailbox is "" in the result. */
};

/** @return 0, CK_ECORRUPT naming the key, CK_ENOMEM. */
int annotation_parse(enum annotation_file file, const struct db_record *record,
                     struct annotation *ret, struct ck_err *err) CK_MUST_USE;
void annotation_fini(struct annotation *a);

#endif
