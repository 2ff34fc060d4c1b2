/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The files of an archive behind its messages, for a restore: what the catalogue does not spell
 * out (options, user flags, annotations, quota) is read from the files that Cyrus keeps it in.
 */
#ifndef ARCHIVE_SOURCE_H
#define ARCHIVE_SOURCE_H

#include "cyrus/conf.h"
#include <cyrkeep/archive.h>

/** A mailbox's own file. */
enum archive_part {
	ARCHIVE_INDEX,       /**< cyrus.index */
	ARCHIVE_HEADER,      /**< cyrus.header */
	ARCHIVE_ANNOTATIONS, /**< cyrus.annotations, of its messages */
};

/**
 * Append the bytes of one file of the mailbox with external name @mailbox. Reads only that file's
 * frames.
 * @return 0, CK_ENOTFOUND (not archived, or no such mailbox), CK_ECORRUPT, CK_ENOMEM.
 */
int archive_mailbox_file(struct ck_archive *a, const char *mailbox, enum archive_part part,
                         struct ck_buf *ret, struct ck_err *err) CK_MUST_USE;

/**
 * Append the bytes of a file of the configuration directory, wherever that was when the archive was
 * made: @below is its path in it, "quota/a/user.anne".
 * @return 0, CK_ENOTFOUND, CK_ECORRUPT, CK_ENOMEM.
 */
int archive_config_file(struct ck_archive *a, const char *below, struct ck_buf *ret,
                        struct ck_err *err) CK_MUST_USE;

/** The same of a database of the server by its name, "annotations.db", wherever settings had put
 * it.
 */
int archive_database(struct ck_archive *a, const char *name, struct ck_buf *ret,
                     struct ck_err *err) CK_MUST_USE;

/** The version of Cyrus, as its tools told it then; appended. @return 0, CK_ENOTFOUND, CK_ENOMEM.
 */
int archive_cyrus_version(struct ck_archive *a, struct ck_buf *ret) CK_MUST_USE;

/** The value that an option of imapd.conf had, of those that conf_compared() names; appended.
 * @return 0, CK_ENOTFOUND for archives that do not tell, CK_ENOMEM. */
int archive_option(struct ck_archive *a, const char *key, struct ck_buf *ret) CK_MUST_USE;

/** Append the bytes of a settings file of the host as it is called in the archive: "cyrus.conf".
 * @return 0, CK_ENOTFOUND, CK_ECORRUPT, CK_ENOMEM. */
int archive_settings_file(struct ck_archive *a, const char *member, struct ck_buf *ret,
                          struct ck_err *err) CK_MUST_USE;

/** The archived imapd.conf with its includes, parsed.
 * @ret_untold  Appended: options (lower case) whose values were left out of the archive.
 * @return 0, CK_ENOTFOUND, failures of conf_load(), CK_ECORRUPT, CK_ENOMEM. */
int archive_conf(struct ck_archive *a, struct conf **ret, struct ck_strv *ret_untold,
                 struct ck_err *err) CK_MUST_USE;

#endif
