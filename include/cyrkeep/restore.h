/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Restore: rehearsed first, then carried out by a job.
 *
 * The default adds what is missing, matched by GUID; it never duplicates and never overwrites.
 */
#ifndef CK_RESTORE_H
#define CK_RESTORE_H

#include <cyrkeep/archive.h>
#include <cyrkeep/watch.h>

enum ck_restore_via {
	CK_VIA_SYNC, /**< Cyrus's replication commands: keeps everything. The default. */
	CK_VIA_IMAP, /**< APPEND: any server; new uids. */
};

/** What to put back, and where. Owns its strings. */
struct ck_restore_request {
	char *archive;           /**< Number, path or "latest". */
	struct ck_strv patterns; /**< External names, with `*` and `%`. */
	char *to;                /**< NULL or "original"; "dated"; or a mailbox name. */
	char *uids;              /**< NULL: all; else a set "1:5,9,12:*" of one mailbox. */
	enum ck_restore_via via;
};
int ck_restore_request_copy(const struct ck_restore_request *from,
                            struct ck_restore_request *ret) CK_MUST_USE;
void ck_restore_request_fini(struct ck_restore_request *r);

/** What becomes of the target mailbox. */
enum ck_restore_action {
	CK_RESTORE_ADD,      /**< It exists: missing messages are added. */
	CK_RESTORE_RECREATE, /**< It is gone: made again with its uids. */
	CK_RESTORE_CREATE,   /**< A new one under another name. */
	CK_RESTORE_NOTHING,  /**< Nothing is missing. */
	CK_RESTORE_REFUSE,   /**< Cannot be done; reason says why. */
};

/** The rehearsal of one mailbox. */
struct ck_rehearsal_mailbox {
	char *source; /**< External name in the archive. */
	char *target; /**< External name on the server. */
	enum ck_restore_action action;
	uint64_t wanted;  /**< Messages asked for. */
	uint64_t now;     /**< Messages that the target holds; 0 when it is not there. */
	uint64_t present; /**< Of those, already there. */
	uint64_t missing; /**< To be added. */
	uint64_t missing_bytes;
	uint64_t damaged; /**< Missing on the server, and damaged in the archive: not added. */
	char *reason;     /**< Of a refusal, or a remark ("INBOX keeps uid 7"); "" otherwise. */
};

/** What a restore would do. */
struct ck_rehearsal {
	struct ck_rehearsal_mailbox *mailboxes;
	size_t n;
	uint64_t missing, present, missing_bytes, damaged;
	struct ck_strv remarks; /**< Quota, seen state, subscriptions: one sentence each. */
	size_t settings;        /**< That differ and decide over a restore: difference.h */
	uint32_t archive;       /**< The archive it is from: its number, */
	char *path;             /**< where it lies: what is shown is started with that, */
	char kind[8];           /**< and "full" or "incr". */
};

/**
 * Compare archive and running server; changes nothing.
 * @return 0, CK_ENOTFOUND (no such mailbox in the archive), CK_EUSAGE, CK_EFAIL when the server
 * does not answer or refuses the login, CK_ECANCEL.
 */
int ck_restore_rehearse(const struct ck_settings *settings,
                        const struct ck_restore_request *request, struct ck_watch *watch,
                        struct ck_rehearsal *ret, struct ck_err *err) CK_MUST_USE;
void ck_rehearsal_fini(struct ck_rehearsal *r);

#endif
