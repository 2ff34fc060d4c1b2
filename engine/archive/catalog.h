/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The catalogue (SQLite): which mailboxes and messages an archive holds, and in which frame each
 * lies. One is stored as a member of each archive; STATE/catalog.db unites the headlines of all of
 * them and can be rebuilt. The schema is in catalog.c and described in README.md.
 */
#ifndef ARCHIVE_CATALOG_H
#define ARCHIVE_CATALOG_H

#include <cyrkeep/archive.h>

#include "archive/sql.h"

#define CATALOG_SCHEMA 1
#define CATALOG_MEMBER ".cyrkeep/catalog.sqlite"

struct catalog;

/** Open or create the catalogue of one archive at @path. */
int catalog_open(const char *path, bool writable, struct catalog **ret,
                 struct ck_err *err) CK_MUST_USE;

/** Open one that is part of something else, read-only. @return 0, CK_ECORRUPT, CK_EUNSUPPORTED,
 * CK_ENOMEM, or what the source says. */
int catalog_open_source(const struct sql_source *source, struct catalog **ret,
                        struct ck_err *err) CK_MUST_USE;
void catalog_close(struct catalog *c);
void catalog_closep(struct catalog **c);

/** Make all additions durable for a reader of the file; nothing may be added afterwards. */
int catalog_commit(struct catalog *c, struct ck_err *err) CK_MUST_USE;

enum catalog_state {
	CATALOG_STORED = 1u << 0, /**< Its bytes are in the archive. */
	CATALOG_BAD = 1u << 1,    /**< A finding was made about it. */
};

/** A message. */
struct catalog_message {
	uint32_t mailbox; /**< Number of its mailbox in this catalogue. */
	uint32_t uid;
	uint8_t guid[20];
	uint64_t size; /**< Bytes of the message as stored; else as the index says. */
	int64_t internaldate;
	uint64_t modseq;
	uint32_t flags;         /**< enum index_flag */
	uint32_t state;         /**< enum catalog_state */
	uint32_t left_out_by;   /**< Number of the rule, or 0. */
	uint32_t frame, offset; /**< Where its first byte lies; when stored. */
};

/** What a stored file that is no message is. */
enum catalog_kind {
	CATALOG_OTHER,
	CATALOG_HEADER,
	CATALOG_INDEX,
	CATALOG_CACHE,
	CATALOG_ARCHIVECACHE,
	CATALOG_ANNOTATIONS,
	CATALOG_CONFIG, /**< Of the configuration directory or the sieve directory. */
	CATALOG_OWN,    /**< Below .cyrkeep/ */
};

/** A file. */
struct catalog_file {
	const char *member;
	uint32_t mailbox; /**< 0: of none. */
	enum catalog_kind kind;
	uint64_t size;
	uint32_t frame, offset;
};

/** A finding as it is remembered. */
struct catalog_finding {
	const char *mailbox; /**< External name, or NULL. */
	uint32_t uid;
	const char *code, *text, *remedy;
};

/* Writing. Mailboxes are numbered from 1 by the caller. */
int catalog_put_mailbox(struct catalog *c, uint32_t number, const struct ck_archived_mailbox *m,
                        struct ck_err *err) CK_MUST_USE;
int catalog_put_message(struct catalog *c, const struct catalog_message *m,
                        struct ck_err *err) CK_MUST_USE;
int catalog_put_file(struct catalog *c, const struct catalog_file *f,
                     struct ck_err *err) CK_MUST_USE;
int catalog_put_finding(struct catalog *c, const struct catalog_finding *f,
                        struct ck_err *err) CK_MUST_USE;
int catalog_put_frame(struct catalog *c, uint32_t number, uint64_t offset, uint32_t packed,
                      uint32_t size, struct ck_err *err) CK_MUST_USE;

/** A named text: "manifest". */
int catalog_put_text(struct catalog *c, const char *name, const char *text,
                     struct ck_err *err) CK_MUST_USE;

/* Reading. A callback's failure ends the walk and is returned. */
int catalog_get_text(struct catalog *c, const char *name, struct ck_buf *ret,
                     struct ck_err *err) CK_MUST_USE;

/** All mailboxes in name order. Free with ck_archived_mailboxes_free(). */
int catalog_mailboxes(struct catalog *c, struct ck_archived_mailbox **ret, size_t *ret_n,
                      struct ck_err *err) CK_MUST_USE;

/** Number of the mailbox with external name @name. @return 0, CK_ENOTFOUND, also when a rule left
 * it out: the sentence tells which. */
int catalog_find_mailbox(struct catalog *c, const char *name, uint32_t *ret,
                         struct ck_err *err) CK_MUST_USE;

/** How many messages it has of the mailbox with external name @name, and how many rules have left
 * out. @return 1, 0 when it has none of that name, or left it out whole; or a failure. */
int catalog_mailbox_counts(struct catalog *c, const char *name, uint64_t *ret_messages,
                           uint64_t *ret_left_out, struct ck_err *err) CK_MUST_USE;

/** External name of mailbox @number, appended. */
int catalog_mailbox_name(struct catalog *c, uint32_t number, struct ck_buf *ret,
                         struct ck_err *err) CK_MUST_USE;

int catalog_find_message(struct catalog *c, uint32_t mailbox, uint32_t uid,
                         struct catalog_message *ret, struct ck_err *err) CK_MUST_USE;

typedef int (*catalog_message_fn)(void *arg, const struct catalog_message *m, struct ck_err *err);

/** Messages of a mailbox by uid. */
int catalog_each_message(struct catalog *c, uint32_t mailbox, catalog_message_fn fn, void *arg,
                         struct ck_err *err) CK_MUST_USE;

/** A walk over the stored messages of all mailboxes, in the order they lie. */
struct catalog_walk;

int catalog_walk_new(struct catalog *c, struct catalog_walk **ret, struct ck_err *err) CK_MUST_USE;

/** @return 1 with the next one, 0 when there is none, or a failure. */
int catalog_walk_next(struct catalog_walk *w, struct catalog_message *ret,
                      struct ck_err *err) CK_MUST_USE;
void catalog_walk_free(struct catalog_walk *w);

typedef int (*catalog_file_fn)(void *arg, const struct catalog_file *f, struct ck_err *err);

/** Files of a mailbox; 0: those of none. */
int catalog_each_file(struct catalog *c, uint32_t mailbox, catalog_file_fn fn, void *arg,
                      struct ck_err *err) CK_MUST_USE;

/** The file of no mailbox that is this member; @ret borrows @member. */
int catalog_find_file(struct catalog *c, const char *member, struct catalog_file *ret,
                      struct ck_err *err) CK_MUST_USE;

/** Rows of messages that are stored, and of files. */
int catalog_counts(struct catalog *c, uint64_t *ret_messages, uint64_t *ret_files,
                   struct ck_err *err) CK_MUST_USE;

/* STATE/catalog.db: the headline (JSON) of each archive by path. A cache: what is lost of it is
 * read from the archives again. */
struct united;

int united_open(const char *path, bool writable, struct united **ret,
                struct ck_err *err) CK_MUST_USE;

/** Put an empty one in the place of one that is damaged. */
int united_renew(const char *path, struct united **ret, struct ck_err *err) CK_MUST_USE;
void united_close(struct united *u);
void united_closep(struct united **u);

/** Remember; @size and @mtime_ns of the file tell later whether it is still the same. */
int united_put(struct united *u, const char *path, uint64_t size, int64_t mtime_ns,
               const char *headline, struct ck_err *err) CK_MUST_USE;

typedef int (*united_fn)(void *arg, const char *path, uint64_t size, int64_t mtime_ns,
                         const char *headline, struct ck_err *err);

/** All of them in the order of their paths. */
int united_each(struct united *u, united_fn fn, void *arg, struct ck_err *err) CK_MUST_USE;

#endif
