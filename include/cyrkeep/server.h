/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A Cyrus server as found on this host: its settings, partitions and mailboxes.
 *
 * ck_server_open() reads imapd.conf and mailboxes.db, nothing else; ck_server_read_heads() adds
 * message counts from the first bytes of each cyrus.index. No message file is ever looked at.
 * The server need not run, and a running one is not disturbed. An open server is a picture of one
 * moment: immutable but for ck_server_read_heads(), and then readable from any thread.
 */
#ifndef CK_SERVER_H
#define CK_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>
#include <cyrkeep/settings.h>
#include <cyrkeep/watch.h>

/** What a partition root holds. */
enum ck_partition_kind {
	CK_PARTITION_DATA,    /**< partition-NAME: messages. */
	CK_PARTITION_META,    /**< metapartition-NAME: the files of metapartition_files. */
	CK_PARTITION_ARCHIVE, /**< archivepartition-NAME: older messages. */
	CK_PARTITION_SEARCH,  /**< TIERsearchpartition-NAME: Xapian indexes; rebuildable. */
	CK_PARTITION_BACKUP,  /**< backuppartition-NAME: of Cyrus Backups; never copied. */
};

/** One partition root of imapd.conf. */
struct ck_partition {
	char *name;                  /**< "default"; for search "tier:name". */
	char *path;                  /**< Absolute, without superfluous slashes. */
	enum ck_partition_kind kind; /**< What lies there. */
	uint64_t device;             /**< st_dev, or 0 when the directory is missing. */
	uint64_t free_bytes;         /**< Of its file system. */
	uint64_t size_bytes;         /**< Of its file system. */
	char *fstype;                /**< "ext4"; "?" when unknown. */
	char *volume;                /**< What is mounted there: "/dev/vg0/mail"; "?" unknown. */
	bool present;                /**< The directory exists and can be read. */
};

/** Whether the index header of a mailbox was read. */
enum ck_head_state {
	CK_HEAD_UNREAD,  /**< Not yet. */
	CK_HEAD_OK,      /**< messages, bytes, uidvalidity, modseq are from the header. */
	CK_HEAD_MISSING, /**< There is no cyrus.index (legal only for an intermediate name). */
	CK_HEAD_BAD,     /**< Unreadable, torn or of an unknown version. */
};

enum ck_mailbox_flags {
	CK_MBOX_LEGACY_DIR =
		1u << 0, /**< Directory by name, not by uniqueid (mbtype flag l, or < 3.6). */
	CK_MBOX_DELAYED = 1u << 1,      /**< A delayed-deleted mailbox (DELETED hierarchy). */
	CK_MBOX_INTERMEDIATE = 1u << 2, /**< Exists only as a parent; has no directory. */
	CK_MBOX_REMOTE = 1u << 3,       /**< On another murder backend. */
	CK_MBOX_INBOX = 1u << 4,        /**< A user's INBOX. */
	CK_MBOX_DAV = 1u << 5, /**< Calendar, address book or other collection that is no mail. */
};

/** One mailbox. Strings belong to the server. */
struct ck_mailbox {
	const char *name;    /**< As an administrator sees it over IMAP, UTF-8: "user/anne/Sent". */
	const char *intname; /**< Internal: dots, modified UTF-7, domain first:
	                        "example.org!user.anne.Sent". */
	const char *uniqueid; /**< "" where the record has none. */
	const char
		*user;   /**< Owner as an external user id ("anne@example.org"); NULL for shared. */
	const char *acl; /**< "anne\tlrs\t…" as Cyrus keeps it; never NULL. */
	const char *special;  /**< "\\Sent", several separated by a space; "" when none. */
	uint32_t partition;   /**< Index of its data partition; UINT32_MAX when unknown. */
	uint32_t flags;       /**< enum ck_mailbox_flags */
	uint32_t uidvalidity; /**< From the index header once read, else from mailboxes.db. */
	uint32_t messages;    /**< Not expunged; from the index header. */
	uint64_t bytes;       /**< Of those messages. */
	uint64_t highestmodseq;
	enum ck_head_state head;
};

/** Something that was found and that the administrator should know. */
struct ck_problem {
	char *code;   /**< "E-PERM", never changes. */
	char *text;   /**< One sentence. */
	char *remedy; /**< What to do; may be "". */
	bool fatal;   /**< A backup cannot be made like this. */
};

/** A database of the configuration directory. */
struct ck_database {
	char *name;    /**< "mailboxes.db" */
	char *path;    /**< Absolute. */
	char *backend; /**< "twoskip", "skiplist", "flat", "sql", …; "missing", "unreadable". */
};

struct conf; /* imapd.conf, the engine's own business */

/** The whole picture. */
struct ck_server {
	char *host;     /**< Host name, for archive names. */
	char *version;  /**< Of the installed Cyrus, "3.6.1-Debian-…"; NULL when not found. */
	char separator; /**< '/' or '.' as an administrator sees it. */
	struct conf *conf;
	struct ck_partition *partitions;
	size_t npartitions;
	/** "configdirectory" and "sievedir", the latter unless sieve_at_home; kind means nothing.
	 */
	struct ck_partition *places;
	size_t nplaces;
	char *defaultpartition;
	char *metapartition_files;    /**< "header index"; "" when unset. */
	bool sieve_at_home;           /**< sieveusehomedir: scripts lie where no backup looks. */
	struct ck_mailbox *mailboxes; /**< Sorted by internal name, as Cyrus sorts. */
	size_t nmailboxes;
	struct ck_database *databases;
	size_t ndatabases;
	struct ck_problem *problems;
	size_t nproblems;
	void *arena; /**< Holds the strings of mailboxes. */
};

/**
 * Read the server that @settings points at.
 *
 * @watch  done counts mailboxes; may be NULL.
 * @return 0, CK_ENOTFOUND (no imapd.conf, no mailboxes.db), CK_EUSAGE (imapd.conf is wrong: file
 * and line), CK_EDENIED, CK_ECORRUPT, CK_EUNSUPPORTED (berkeley, sql, object storage, a murder
 * front end), CK_ECANCEL, CK_ENOMEM. What does not prevent reading is in problems.
 */
int ck_server_open(const struct ck_settings *settings, struct ck_watch *watch,
                   struct ck_server **ret, struct ck_err *err) CK_MUST_USE;

/** Free all of it; NULL is fine. */
void ck_server_close(struct ck_server *server);
void ck_server_closep(struct ck_server **server);

/**
 * Read the index header of every mailbox, several at a time.
 *
 * Fills messages, bytes, uidvalidity, highestmodseq and head; an unreadable one is CK_HEAD_BAD,
 * not a failure. May run while other threads read names.
 * @return 0, CK_ECANCEL, CK_ENOMEM.
 */
int ck_server_read_heads(struct ck_server *server, struct ck_watch *watch,
                         struct ck_err *err) CK_MUST_USE;

/** A client that a Cyrus process serves now, in the words of that process. */
struct ck_session {
	uint32_t pid;  /**< Of the process. */
	char *service; /**< "imap"; "" before Cyrus 2.5. */
	char *host;    /**< "client.example.org [192.0.2.7]" */
	char *user;    /**< "anne@example.org"; "" before the login. */
	char *mailbox; /**< External name of the one that is open, UTF-8; "" when none is. */
	char *command; /**< What is being carried out: "Idle"; "" between two commands. */
};

/** How many sessions a user has. */
struct ck_session_user {
	const char *user; /**< Belongs to a session. */
	size_t sessions;
};

/** All of them at one moment. */
struct ck_sessions {
	struct ck_session *items; /**< In no order. */
	size_t n;
	struct ck_session_user *users; /**< Most sessions first, then by name. */
	size_t nusers;
};

/**
 * Who would be cut off if master were stopped now: what the living children of master wrote into
 * Cyrus's directory of processes (proc_path). None when master does not run. Deliveries and sieve
 * clients are not among them: Cyrus does not write them down.
 *
 * @return 0, CK_EUSAGE or CK_ENOTFOUND (imapd.conf), CK_EDENIED, CK_EIO, CK_ENOMEM.
 */
int ck_sessions_list(const struct ck_settings *settings, struct ck_sessions *ret,
                     struct ck_err *err) CK_MUST_USE;
void ck_sessions_fini(struct ck_sessions *s);

/** A settings file of the host that a backup takes too. */
struct ck_host_file {
	char *path;
	bool secret;            /**< All of it: a key, a database of passwords. */
	struct ck_strv secrets; /**< Keys of the lines in it that hold passwords. */
};

/**
 * The settings files that belong to @server: imapd.conf with its includes, cyrus.conf, those of
 * SASL, systemd and init, the TLS files that imapd.conf names. Free with ck_host_files_free().
 * @return 0 or CK_ENOMEM.
 */
int ck_host_files(const struct ck_settings *settings, const struct ck_server *server,
                  struct ck_host_file **ret, size_t *ret_n, struct ck_err *err) CK_MUST_USE;
void ck_host_files_free(struct ck_host_file *files, size_t n);

/** Append the command that starts Cyrus on this host, for a shell. @return 0, CK_ENOTFOUND when no
 * way of controlling it fits, CK_ENOMEM. May run the service manager. */
int ck_server_start_line(const struct ck_settings *settings, struct ck_buf *ret,
                         struct ck_err *err) CK_MUST_USE;

/** Is master alive? 1 yes, 0 no, negative ck_code when it cannot be found out. Never blocks. */
int ck_server_is_up(const struct ck_settings *settings, struct ck_err *err);

#endif
