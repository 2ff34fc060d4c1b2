/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Archives as a reader sees them: what there is, what is in one, one message of it.
 *
 * Everything is found by the catalogue; one mailbox or message is read by seeking to its frames.
 * Calls block on the disk; use them from a background thread in a console. An open archive belongs
 * to one thread at a time.
 */
#ifndef CK_ARCHIVE_H
#define CK_ARCHIVE_H

#include <cyrkeep/buf.h>
#include <cyrkeep/event.h>
#include <cyrkeep/settings.h>
#include <cyrkeep/watch.h>

/** One line of the list of archives. */
struct ck_archive_info {
	uint32_t number; /**< The job that made it; 0: damaged, and nothing remembers it. */
	char *path;
	char *host;
	char *configdirectory; /**< Of the server that is in it; "" where the archive lacks it. */
	bool foreign;          /**< Of another server than the settings'; in lists only. */
	char kind[8];          /**< "full" */
	uint32_t base;         /**< 0 for a full one. */
	char method[24];
	int64_t started; /**< Seconds since 1970. */
	enum ck_result result;
	uint64_t mailboxes, messages;
	uint64_t bytes;      /**< Of the file. */
	uint64_t bytes_mail; /**< Of the messages. */
	uint64_t grades[CK_GRADE_MAX_];
	int64_t downtime_ms;
	char incomplete[96]; /**< What a whole restore would miss: "no mailboxes.db"; else "". */
	bool present;        /**< The file is there. */
	bool damaged;        /**< It is there, but not as it was, and cannot be opened: cut, or
	                          overwritten. The rest is as remembered, or what
	                          its file name says. In lists only. */
};

/**
 * All archives, newest first: of the destinations, of directories that were one for a single run
 * (--to), and those that are remembered though their file is gone. Free with ck_archives_free().
 * @return 0; CK_EDENIED or CK_EIO when none could be read and one, or a destination, is there but
 * unreadable (an empty list would say that there is none); CK_ENOMEM.
 */
int ck_archives_list(const struct ck_settings *settings, struct ck_archive_info **ret,
                     size_t *ret_n, struct ck_err *err) CK_MUST_USE;
void ck_archives_free(struct ck_archive_info *list, size_t n);

/** The newest archive that has a mailbox. */
struct ck_last_archived {
	uint32_t number;   /**< Of the archive; 0: none of those that can be read has it. */
	int64_t started;   /**< Seconds since 1970. */
	uint64_t messages; /**< Of the mailbox, in there. */
	uint64_t messages_left_out; /**< By rules of size and age. */
	uint64_t unread;            /**< Archives of this server that cannot be read; those that are
	                               newer, when there is one that has it. */
};

/**
 * In which archive of the server that the settings speak of is the mailbox with external name
 * @mailbox, and not left out? Opens one after the other, the newest first, and reads of each what
 * finds the name.
 *
 * @watch  May be NULL.
 * @return 0, CK_ECANCEL, the failures of ck_archives_list().
 */
int ck_archives_last(const struct ck_settings *settings, const char *mailbox,
                     const struct ck_watch *watch, struct ck_last_archived *ret,
                     struct ck_err *err) CK_MUST_USE;

struct ck_archive;

/**
 * Find an archive by number, path or "latest". Numbers and "latest" are those of the server that
 * the settings speak of; another server's archive is named by its path.
 *
 * @ret_path  Owned.
 * @return 0, CK_ENOTFOUND (the sentence says where another server's lies), CK_EFAIL when several
 * archives of this server bear the number (it says which), CK_ENOMEM.
 */
int ck_archive_find(const struct ck_settings *settings, const char *which, char **ret_path,
                    struct ck_err *err) CK_MUST_USE;

/**
 * Open an archive by number, path or "latest", as ck_archive_find() does.
 * @return 0, its failures, CK_ECORRUPT (cut, damaged: says where), CK_EUNSUPPORTED, CK_ENOMEM.
 */
int ck_archive_open(const struct ck_settings *settings, const char *which, struct ck_archive **ret,
                    struct ck_err *err) CK_MUST_USE;
void ck_archive_close(struct ck_archive *a);
void ck_archive_closep(struct ck_archive **a);

/** What ck_archives_list() would say of it; borrowed. */
const struct ck_archive_info *ck_archive_info(const struct ck_archive *a);

/** The plan it was made with: patterns and rules, in order; borrowed. */
const struct ck_plan *ck_archive_plan(const struct ck_archive *a);

/** The separator of the names in it. */
char ck_archive_separator(const struct ck_archive *a);

/** A mailbox of an archive. */
struct ck_archived_mailbox {
	char *name;    /**< External, UTF-8. */
	char *intname; /**< Internal. */
	char *uniqueid;
	char *partition;
	char *acl;
	char *special;     /**< "" when none. */
	char *user;        /**< NULL for shared. */
	char *left_out_by; /**< Text of the rule that left it out whole, or NULL. */
	enum ck_grade grade;
	uint32_t flags; /**< enum ck_mailbox_flags */
	uint32_t uidvalidity;
	uint64_t highestmodseq;
	uint64_t messages, bytes;
	uint64_t messages_left_out; /**< By rules of size and age. */
};

/** All mailboxes in name order, those left out too. Free with ck_archived_mailboxes_free(). */
int ck_archive_mailboxes(struct ck_archive *a, struct ck_archived_mailbox **ret, size_t *ret_n,
                         struct ck_err *err) CK_MUST_USE;
void ck_archived_mailboxes_free(struct ck_archived_mailbox *list, size_t n);

/** A message of an archived mailbox. Texts are decoded UTF-8, not yet made harmless. */
struct ck_archived_message {
	uint32_t uid;
	uint8_t guid[20];
	uint64_t size;        /**< Bytes of the message. */
	int64_t internaldate; /**< Seconds since 1970. */
	int64_t sentdate;     /**< Of the Date header, seconds since 1970; 0 unknown. */
	uint64_t modseq;
	char *flags;               /**< "\\Seen \\Answered $work", separated by a space. */
	char *from, *to, *subject; /**< Decoded; never NULL. */
	bool expunged;             /**< Delayed-expunged: not visible over IMAP. */
	bool stored;               /**< Its bytes are in the archive. */
	bool bad;                  /**< A finding was made about it. */
};

/**
 * Messages of the mailbox with external name @mailbox, by uid.
 * Reads only that mailbox's frames. Free with ck_archived_messages_free().
 */
int ck_archive_messages(struct ck_archive *a, const char *mailbox, struct ck_archived_message **ret,
                        size_t *ret_n, struct ck_err *err) CK_MUST_USE;
void ck_archived_messages_free(struct ck_archived_message *list, size_t n);

/** A larger message is not read into memory, whoever says that it is one: 1 GiB. */
#define CK_MESSAGE_MAX (1u << 30)

/** The bytes of one message, appended to @ret. Takes as much memory as the message has bytes, and
 * two frames. @return 0, CK_ENOTFOUND, CK_ECORRUPT, CK_EUNSUPPORTED (too large), CK_ENOMEM. */
int ck_archive_message(struct ck_archive *a, const char *mailbox, uint32_t uid, struct ck_buf *ret,
                       struct ck_err *err) CK_MUST_USE;

/** The same of its first @most bytes, however large it is: @ret_size. */
int ck_archive_message_head(struct ck_archive *a, const char *mailbox, uint32_t uid, size_t most,
                            struct ck_buf *ret, uint64_t *ret_size, struct ck_err *err) CK_MUST_USE;

/** Bytes read from the archive file since it was opened: what browsing costs. */
uint64_t ck_archive_bytes_read(const struct ck_archive *a);

/**
 * Turn a raw message into readable UTF-8 text: chosen headers decoded, the best text part, a list
 * of the other parts. Parsed in a child process without privileges, limited in time and memory.
 *
 * @ret  Appended: lines separated by '\n'. Not made harmless: that is done on the way to the
 * screen.
 * @return 0, CK_ECORRUPT when the child died of it, CK_ETIMEOUT, CK_ENOMEM, CK_EIO.
 */
int ck_message_preview(const void *raw, size_t len, struct ck_buf *ret,
                       struct ck_err *err) CK_MUST_USE;

#endif
