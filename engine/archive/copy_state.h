/* SPDX-License-Identifier: BSD-2-Clause */
/** What the files of a copy share. Only copy*.c and manifest.c include this. */
#ifndef ARCHIVE_COPY_STATE_H
#define ARCHIVE_COPY_STATE_H

#include <time.h>

#include "archive/copy.h"
#include "archive/dirset.h"
#include "archive/pipeline.h"
#include "destination/directory.h"

/** Tar bytes of a member of @size bytes, about. */
#define TAR_COST(size) (512u + (((uint64_t)(size) + 511u) & ~(uint64_t)511u))

/** A tree that is copied: a partition, the configuration directory. */
struct copy_root {
	char *path; /**< Absolute, without a slash at its end. */
	int fd;     /**< Open directory, or -1. */
};

/** A directory by identity: links and bind mounts give it other names. */
struct copy_place {
	dev_t dev;
	ino_t ino;
};

/** A database that is copied, or is left out since Cyrus makes it again. */
struct copy_database {
	char *path;          /**< Absolute; owned. */
	const char *kind;    /**< "seen" of a user's; NULL: of the server. */
	const char *backend; /**< "twoskip"; a literal. */
	bool left_out;
	bool wanted;      /**< Becomes text too. */
	bool text;        /**< Has become text. */
	uint64_t records; /**< Of the text. */
};

/** What of the users' state is in the archive: users, and how many of them have what. */
struct copy_users {
	uint64_t users, subscriptions, seen, sieve;
};

/** A copy under way. */
struct copy {
	struct copy_order order;
	struct run *run;
	struct partial *file;
	struct sink *sink;
	struct seektable table;
	struct pipeline *pipeline;
	struct catalog *catalog;
	struct ck_rule *rules; /**< Of the plan, in order. */
	size_t nrules;
	uint32_t *message_rules; /**< Those of size and age. */
	size_t nmessage_rules;
	uint32_t kept; /**< Default exclusions that the plan switches off. */
	struct copy_root *roots;
	size_t nroots;
	struct copy_place *places; /**< Of roots and of what is not to be copied with a tree. */
	size_t nplaces;
	struct box *boxes; /**< One per mailbox of the estimate. */
	struct dirset dirs;
	struct ck_host_file *host_files; /**< Settings files. */
	size_t nhost_files;
	struct copy_database *databases;
	size_t ndatabases;
	struct lost **lost; /**< Mailboxes that mailboxes.db does not have. */
	size_t nlost;
	struct ck_strv unlisted; /**< Directories that no mailbox accounts for. */
	bool whole;              /**< Every mailbox of the server is looked at. */

	/* The slice that is being filled, and the directory of its items. */
	struct slice *slice;
	char *dir_path;                   /**< Absolute; owned. */
	const struct copy_root *dir_root; /**< NULL: no directory was entered. */
	const struct slice_dir *dir;      /**< In slice; NULL: not yet. */

	/* Counted by the writer's thread; read by others after pipeline_drain(). */
	uint64_t members, messages, bytes_mail, mailboxes, nfindings;
	uint64_t grades[CK_GRADE_MAX_];
	struct copy_users users;
	size_t next_text; /**< The database whose text is committed next, or one before it. */

	struct ck_buf list;     /**< .cyrkeep/databases.txt */
	struct ck_buf manifest; /**< JSON */
	char *headline;         /**< JSON; once sealed. */
	enum ck_result result;
	int64_t downtime_ms;
	uint64_t file_size;
	uint32_t catalog_frame, catalog_offset; /**< Where the catalogue lies. */
	uint64_t catalog_size;
	bool sealed;
	bool named; /**< It is an archive. */
};

/* copy_items.c: what all planning is made of. */

/** Begin items of absolute directory @path; its entry, and those above it, are packed once. */
int copy_enter(struct copy *c, const char *path, struct ck_err *err) CK_MUST_USE;

/** An item in the present directory, or of none for kinds that need none. @size: of its bytes. */
int copy_item(struct copy *c, enum item_kind kind, uint64_t size, struct item **ret,
              struct ck_err *err) CK_MUST_USE;

/** A copy of a string that lives as long as the present slice; NULL is NULL. */
const char *copy_string(struct copy *c, const char *s);

/** A finding, told in order. */
int copy_found(struct copy *c, struct box *box, uint32_t uid, const char *code, const char *remedy,
               struct ck_err *err, const char *fmt, ...) CK_PRINTF(7, 8);

/** Hand the present slice to the workers. */
int copy_flush(struct copy *c, struct ck_err *err) CK_MUST_USE;

/** Pack the entries of directories that had others in them once more: plain tar sets a
 * directory's time when it leaves it, and would change it by coming back. */
int copy_parents_again(struct copy *c, struct ck_err *err) CK_MUST_USE;

/** The root that @path lies in, or NULL. */
const struct copy_root *copy_root_of(const struct copy *c, const char *path);

/** Open absolute directory @path below its root. @return a descriptor or -1 with errno. */
int copy_open_dir(const struct copy *c, const char *path);

/** Bytes as a member of our own. @bytes must live until the slice is committed. */
int copy_put_bytes(struct copy *c, const char *member, const void *bytes, size_t len,
                   struct ck_err *err) CK_MUST_USE;

/* copy_mailbox.c */
int copy_mailbox(struct copy *c, struct box *box, struct ck_err *err) CK_MUST_USE;

int copy_unlisted(struct copy *c, struct ck_err *err) CK_MUST_USE;
int copy_config(struct copy *c, struct ck_err *err) CK_MUST_USE;

/* copy_databases.c */

/** Is @path a database that Cyrus makes again, wherever settings have put it? */
bool copy_is_rebuilt(const struct copy *c, const char *path);

/** Remember a database that is left out. */
int copy_note_left_out(struct copy *c, const char *path, struct ck_err *err) CK_MUST_USE;

/** If file @name in @dirfd, which is @path, is a database: remember it, and tell if it is not what
 * its name says. */
int copy_database(struct copy *c, int dirfd, const char *name, const char *path,
                  const struct stat *st, struct ck_err *err) CK_MUST_USE;

/** Databases as text. They come behind the whole tree: a member from elsewhere would make plain tar
 * leave a directory, set its time, and spoil it when it comes back. */
int copy_texts(struct copy *c, struct ck_err *err) CK_MUST_USE;

/** The text of database @path as a member, appended. */
int copy_text_member(const struct copy *c, const char *path, struct ck_buf *ret) CK_MUST_USE;

/** What became of the database at @path, or NULL: it is not in the archive. */
const struct copy_database *copy_find_database(const struct copy *c, const char *path);

/* copy_lost.c */

/** If directory @path, which no mailbox of the list has, is one: copy it as one. */
int copy_lost_mailbox(struct copy *c, const char *path, bool *ret, struct ck_err *err) CK_MUST_USE;
void copy_lost_free(struct copy *c);

/* copy_host.c */

/** The host's settings files, below .cyrkeep/conf/. */
int copy_host_files(struct copy *c, struct ck_err *err) CK_MUST_USE;

/** The name below .cyrkeep/conf/ of host file number @i, appended. */
int copy_host_member(const struct copy *c, size_t i, struct ck_buf *ret) CK_MUST_USE;

/* copy_databases.c */

/** Count what there is of each user who is taken. */
int copy_count_users(struct copy *c, struct ck_err *err) CK_MUST_USE;

/** Quota roots that are in the archive. */
uint64_t copy_count_quotas(const struct copy *c);

/** What a whole restore would miss, "" when nothing; once everything is packed. */
const char *copy_incomplete(const struct copy *c);

/** .cyrkeep/databases.txt */
int copy_list_databases(struct copy *c, struct ck_err *err) CK_MUST_USE;

/* copy_files.c */

/** Take the tree @path as it is, with the files in it. */
int copy_tree(struct copy *c, const char *path, bool config, struct ck_err *err) CK_MUST_USE;

/** The search partitions, where the plan does not leave them out. */
int copy_search(struct copy *c, struct ck_err *err) CK_MUST_USE;

/* copy_commit.c: the writer's thread. */
int copy_commit(void *copy, struct slice *s, struct ck_err *err);

/* manifest.c */
int manifest_write(const struct copy *c, struct ck_buf *ret, struct ck_err *err) CK_MUST_USE;
int headline_write(const struct copy *c, struct ck_buf *ret, struct ck_err *err) CK_MUST_USE;

#endif
