/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Cyrus's replication commands as an administrator sends them over IMAP (SYNCGET, SYNCAPPLY,
 * SYNCRESTORE; 3.0 and later, announced as X-REPLICATION): read a mailbox with all its state, and
 * put mail back with it. Names are internal ones throughout.
 *
 * What would take something away (UNMAILBOX, UNUSER, EXPUNGE, RENAME) is not spoken here.
 * Facts: imap/sync_support.c of 3.0 to 3.12; tried on 3.6.1.
 */
#ifndef CYRUS_SYNC_H
#define CYRUS_SYNC_H

#include <stdint.h>

#include "cyrus/imap.h"
#include "cyrus/index.h"
#include "cyrus/state.h"

/**
 * Does the server take them from whom we are logged in as? Asked with one, since 3.6 announces
 * X-REPLICATION to everybody and refuses the commands to all but administrators.
 */
int sync_is_taken(struct imap *c, bool *ret, struct ck_err *err) CK_MUST_USE;

/** A mailbox without its messages. Owns its strings; none is NULL after sync_get_mailboxes(). */
struct sync_mailbox {
	char *intname, *uniqueid, *partition;
	char *acl;       /**< "anne\tlrs\t…" */
	char *options;   /**< Letters, as sync_options() makes them. */
	char *quotaroot; /**< Internal name; "" without. */
	char *mbtype;    /**< "" for mail; "f", "c", "a" … for what is none. */
	uint32_t uidvalidity, last_uid, recent_uid;
	uint64_t highestmodseq, createdmodseq, foldermodseq;
	int64_t recent_time, last_appenddate, pop3_last_login; /**< Seconds since 1970. */
};
void sync_mailbox_fini(struct sync_mailbox *m);

/** The letters for index_header.options. @ret takes 8 bytes. */
void sync_options(uint32_t options, char ret[8]);

/** A message. Borrows its strings. */
struct sync_record {
	uint32_t uid;
	uint64_t modseq, size;
	int64_t last_updated, internaldate;
	uint8_t guid[GUID_SIZE];
	const char *flags; /**< "\\Seen $work", separated by a space. */
	bool expunged;     /**< Only when reading. */
	/** When writing; borrowed. */
	const struct annotation *annotations;
	size_t nannotations;
};

typedef int (*sync_mailbox_fn)(void *arg, const struct sync_mailbox *m, struct ck_err *err);
typedef int (*sync_record_fn)(void *arg, const struct sync_record *r, struct ck_err *err);

/** Those mailboxes of @names that there are. */
int sync_get_mailboxes(struct imap *c, const char *const *names, size_t n, sync_mailbox_fn fn,
                       void *arg, struct ck_err *err) CK_MUST_USE;

/** Can the server be asked for any uniqueid? From 3.6 on. */
bool sync_tells_holders(const struct imap *c);

/**
 * The mailbox with this uniqueid, whatever it is called, a delayed-deleted one too.
 *
 * Before 3.6 the question kills imapd when there is none (3.2, 3.4) or is not known (3.0), so all
 * mailboxes of @user are asked for instead; without one (NULL) nobody is found.
 */
int sync_get_holder(struct imap *c, const char *uniqueid, const char *user, sync_mailbox_fn fn,
                    void *arg, struct ck_err *err) CK_MUST_USE;

/**
 * One mailbox with all its messages, expunged ones too.
 *
 * @ret  Filled first; release with sync_mailbox_fini(), on failure too. Zero-initialise.
 * @return 0, CK_ENOTFOUND when there is none of that name, or as imap_command().
 */
int sync_get_full(struct imap *c, const char *intname, struct sync_mailbox *ret, sync_record_fn fn,
                  void *arg, struct ck_err *err) CK_MUST_USE;

/** What user id @user is subscribed to (SYNCGET META): internal names, appended. */
int sync_get_subscriptions(struct imap *c, const char *user, struct ck_strv *ret,
                           struct ck_err *err) CK_MUST_USE;

/** The names of one response line "* LSUB (…)", appended; other lines have none. For tests too. */
int sync_parse_subscriptions(const char *line, size_t len, struct ck_strv *ret,
                             struct ck_err *err) CK_MUST_USE;

/** The same from one response line "* MAILBOX %(…)", for tests and fuzzing. */
int sync_parse_mailbox(const char *line, size_t len, struct sync_mailbox *ret, sync_record_fn fn,
                       void *arg, struct ck_err *err) CK_MUST_USE;

/* ---- writing: a batch is collected in buffers, then sent ---- */

/** Append one message to an upload; the buffer starts empty. @partition is the target's. */
int sync_put_message(struct ck_buf *upload, const char *partition, const uint8_t guid[GUID_SIZE],
                     const char *data, size_t len) CK_MUST_USE;

/** Can a flag of @len bytes stand in a command as it is? */
bool sync_flag_is_bare(const char *flag, size_t len);

/** Append one record to a record list; the buffer starts empty. */
int sync_put_record(struct ck_buf *records, const struct sync_record *r) CK_MUST_USE;

/** Send an upload (SYNCAPPLY MESSAGE) and empty it; messages wait in staging until sync_restart().
 */
int sync_upload(struct imap *c, struct ck_buf *upload, struct ck_err *err) CK_MUST_USE;

/**
 * Make a mailbox that is not there, with uids, uidvalidity, modseqs, ACL, options and annotations
 * (SYNCAPPLY MAILBOX). Every record's message must have been uploaded in this connection: imapd
 * dies of one that was not. Records go by rising uid.
 *
 * @return 0, CK_EBUSY when the uniqueid is still known under another name, CK_EFAIL.
 */
int sync_create(struct imap *c, const struct sync_mailbox *m, const struct annotation *annotations,
                size_t nannotations, const struct ck_buf *records, struct ck_err *err) CK_MUST_USE;

/**
 * SYNCRESTORE MAILBOX. With @identity, and where there is no such mailbox, it is made with
 * uniqueid, uidvalidity and uids kept; otherwise records are appended under new uids.
 */
int sync_restore(struct imap *c, const struct sync_mailbox *m, bool identity,
                 const struct ck_buf *records, struct ck_err *err) CK_MUST_USE;

/** Drop what waits in staging. */
int sync_restart(struct imap *c, struct ck_err *err) CK_MUST_USE;

/**
 * Set one annotation of a user's mailbox. (On a shared one imapd 3.6.1 dies of an assertion:
 * never ask for that.)
 */
int sync_put_annotation(struct imap *c, const char *intname, const struct annotation *a,
                        struct ck_err *err) CK_MUST_USE;

/** Subscribe user id @user to @intname, which need not be there. */
int sync_put_subscription(struct imap *c, const char *intname, const char *user,
                          struct ck_err *err) CK_MUST_USE;

/** Set the limits of a quota root. */
int sync_put_quota(struct imap *c, const char *root, const struct quota *q,
                   struct ck_err *err) CK_MUST_USE;

#endif
