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

/** What to do where the mail would pass a limit of its quota root. */
enum ck_restore_quota {
	CK_QUOTA_KEEP, /**< Leave the limit as it is: by sync all goes in, past it; by imap what the
	                  server lets in. The default. */
	CK_QUOTA_FIT,  /**< Add only what fits below it. */
	CK_QUOTA_RAISE, /**< Set it higher first, for good: ck_rehearsal_quota.raised. */
};
const char *ck_restore_quota_name(enum ck_restore_quota q); /**< "keep", "fit", "raise" */
int ck_restore_quota_parse(const char *name, enum ck_restore_quota *ret) CK_MUST_USE;

/** What to put back, and where. Owns its strings. */
struct ck_restore_request {
	char *archive;           /**< Number, path or "latest". */
	struct ck_strv patterns; /**< External names, with `*` and `%`. */
	char *to;                /**< NULL or "original"; "dated"; or a mailbox name. */
	char *uids;              /**< NULL: all; else a set "1:5,9,12:*" of one mailbox. */
	enum ck_restore_via via;
	enum ck_restore_quota quota;
	bool leave_elsewhere; /**< What is missing, but lies in another mailbox of the user now, is
	                         left there. Only by sync, and only what goes to where it was. */
};
int ck_restore_request_copy(const struct ck_restore_request *from,
                            struct ck_restore_request *ret) CK_MUST_USE;
void ck_restore_request_fini(struct ck_restore_request *r);

/** The options besides archive and patterns, as the command line spells them; appended. */
void ck_restore_request_options(const struct ck_restore_request *r, struct ck_buf *ret);

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
	char *owner;  /**< User id of the target's owner; NULL: shared. */
	bool inbox;   /**< It is his INBOX. */
	enum ck_restore_action action;
	uint64_t wanted;  /**< Messages asked for. */
	uint64_t now;     /**< Messages that the target holds; 0 when it is not there. */
	uint64_t present; /**< Of those, already there. */
	uint64_t missing; /**< Not there, and to be had from the archive. */
	uint64_t missing_bytes;
	uint64_t elsewhere; /**< Of the missing: in another mailbox of the owner now. */
	uint64_t elsewhere_bytes;
	char *elsewhere_in; /**< External name of one that holds some of them; NULL: none. */
	uint64_t damaged;   /**< Missing on the server, and damaged in the archive: not added. */
	char *reason;       /**< Of a refusal, or a remark ("INBOX keeps uid 7"); "" otherwise. */
};

/** How much something that was looked at matters. */
enum ck_check_level {
	CK_CHECK_OK,   /**< As it should be. */
	CK_CHECK_NOTE, /**< Worth knowing. */
	CK_CHECK_WARN, /**< Something does not come back, or not as it was. */
};
struct ck_rehearsal_check {
	enum ck_check_level level;
	char *text; /**< One sentence, without full stop. */
};

/** A limit of a quota root that all of the missing would pass. */
struct ck_rehearsal_quota {
	char *root;    /**< External name. */
	bool messages; /**< It limits messages, and these figures are such; else bytes. */
	uint64_t used, limit;
	uint64_t add;       /**< What would come in, */
	uint64_t elsewhere; /**< and how much of that lies elsewhere now. */
	uint64_t raised;    /**< What CK_QUOTA_RAISE would make of the limit. */
};

/** What a restore would do. */
struct ck_rehearsal {
	struct ck_rehearsal_mailbox *mailboxes; /**< By target; those of an owner stand together. */
	size_t n;
	uint64_t missing, present, missing_bytes, damaged;
	uint64_t elsewhere, elsewhere_bytes;
	struct ck_rehearsal_quota *quotas;
	size_t nquotas;
	struct ck_rehearsal_check *checks; /**< What was looked at, and what was seen. */
	size_t nchecks;
	size_t settings;  /**< That differ and decide over a restore: difference.h */
	uint32_t archive; /**< The archive it is from: its number, */
	char *path;       /**< where it lies: what is shown is started with that, */
	char kind[8];     /**< and "full" or "incr". */
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

/** Would the limit be passed with the answers of @request? */
bool ck_restore_passes(const struct ck_rehearsal_quota *q,
                       const struct ck_restore_request *request);

/** What the job would do with the answers of @request, one phrase each; appended.
 * @return 0 or CK_ENOMEM. */
int ck_restore_steps(const struct ck_rehearsal *r, const struct ck_restore_request *request,
                     struct ck_strv *ret) CK_MUST_USE;

/** What becomes of one message, and why. */
enum ck_decision_kind {
	CK_DECIDE_ADD,        /**< It is missing. */
	CK_DECIDE_SAME,       /**< It is there, by GUID. */
	CK_DECIDE_LEAVE,      /**< It is missing, but lies elsewhere and is to stay there. */
	CK_DECIDE_DAMAGED,    /**< The archive has something else than its GUID names. */
	CK_DECIDE_NOT_STORED, /**< Its bytes are not in the archive. */
	CK_DECIDE_REFUSED,    /**< Its mailbox cannot be put back. */
};
struct ck_decision {
	enum ck_decision_kind kind;
	size_t message;    /**< Place in ck_decisions.messages. */
	const char *where; /**< The other mailbox that it lies in now, of ck_decisions; or NULL. */
};

/** Of the messages asked for of one mailbox, by uid. */
struct ck_decisions {
	struct ck_archived_message *messages; /**< All of the mailbox. */
	size_t nmessages;
	struct ck_decision *items;
	size_t n;
	struct ck_strv places; /**< External names. */
};

/**
 * Compare the mailbox with the external name @source once more, message by message; one that
 * @request means. Blocks. @return as ck_restore_rehearse().
 */
int ck_restore_decide(const struct ck_settings *settings, const struct ck_restore_request *request,
                      const char *source, struct ck_decisions *ret, struct ck_err *err) CK_MUST_USE;
void ck_decisions_fini(struct ck_decisions *d);

#endif
