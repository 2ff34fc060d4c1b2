/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Where the files of a mailbox and of a user lie, in every layout: plain, hashed, fulldirhash,
 * domains, by uniqueid, with meta and archive partitions. Pure: nothing is opened or stat'ed.
 */
#ifndef CYRUS_PATHS_H
#define CYRUS_PATHS_H

#include "cyrus/conf.h"
#include <cyrkeep/buf.h>
#include <cyrkeep/server.h>

/** The cyrus.* files that may lie apart from the messages. */
enum meta_file {
	META_HEADER,
	META_INDEX,
	META_CACHE,
	META_EXPUNGE, /**< cyrus.expunge, before 2.4 */
	META_SQUAT,
	META_ANNOTATIONS,
	META_ARCHIVECACHE,
	META_DAV,
	META_MAX_,
};

/** "cyrus.header", … */
const char *meta_file_name(enum meta_file file);

/** Directories of one mailbox, absolute, without a trailing slash. Owns its strings. */
struct mailbox_paths {
	char *data;            /**< Messages. */
	char *archive;         /**< Older messages, or NULL. */
	char *meta[META_MAX_]; /**< Directory of each meta file; equal to data unless moved. */
};

/** Work them out. @return 0, CK_ENOTFOUND for an unknown partition, CK_ENOMEM. */
int mailbox_paths(const struct ck_server *server, const struct ck_mailbox *mailbox,
                  struct mailbox_paths *ret, struct ck_err *err) CK_MUST_USE;
void mailbox_paths_fini(struct mailbox_paths *paths);

/** The path of one meta file alone, appended; the cheap way for a million. Same failures. */
int mailbox_meta_file(const struct ck_server *server, const struct ck_mailbox *mailbox,
                      enum meta_file file, struct ck_buf *ret, struct ck_err *err) CK_MUST_USE;

/** The distinct directories of a mailbox (data, archive, meta), each once; appended to @ret. */
int mailbox_directories(const struct mailbox_paths *paths, struct ck_strv *ret) CK_MUST_USE;

/* In what follows, CK_ECORRUPT is again a name that would lead out of its root. */

/**
 * Absolute path of a per-user file ("sub", "seen", "conversations", "counters", "dav",
 * "mboxkey", "xapianactive") for the user whose INBOX is @inbox; appended. Follows the layout of
 * that INBOX: CONF/user/h/NAME.SUFFIX or CONF/user/uuid/a/b/ID/SUFFIX.db; a shared mailbox has
 * CONF/shared.SUFFIX. @return 0, CK_ECORRUPT, CK_ENOMEM.
 */
int user_file(const struct ck_server *server, const struct ck_mailbox *inbox, const char *suffix,
              struct ck_buf *ret) CK_MUST_USE;

/** Absolute path of the quota root file of quotalegacy for internal name @root; appended. */
int quota_file(const struct conf *conf, const char *root, struct ck_buf *ret) CK_MUST_USE;

/** Absolute directory of a user's sieve scripts; appended. CK_ENOTFOUND with sieveusehomedir and
 * for a shared mailbox. */
int sieve_dir(const struct ck_server *server, const struct ck_mailbox *inbox,
              struct ck_buf *ret) CK_MUST_USE;

#endif
