/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * How imapd.conf and cyrus.conf of an archived server differ from those of this one, with what
 * decides over a restore first.
 *
 * Values are those in force: an option that is not set has the default of its release of Cyrus, and
 * one that only spells that default out is no difference. Passwords are compared, never told.
 */
#ifndef CK_DIFFERENCE_H
#define CK_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>
#include <cyrkeep/settings.h>

struct ck_archive;

/** How a setting stands on one side. */
enum ck_setting_state {
	CK_SETTING_ABSENT,  /**< Not set, and without a default; of cyrus.conf: no such entry. */
	CK_SETTING_DEFAULT, /**< Not set: the default holds. */
	CK_SETTING_SET,
	CK_SETTING_SECRET, /**< What holds is not told. */
};

struct ck_setting {
	enum ck_setting_state state;
	char *value;   /**< Never NULL; "" of one that is absent or secret. */
	char *file;    /**< Where it is set; NULL where it is not. */
	unsigned line; /**< There. */
};

/** In this order. */
enum ck_difference_kind {
	CK_DIFFERENCE_RESTORE, /**< An option of imapd.conf that decides over a restore. */
	CK_DIFFERENCE_OPTION,  /**< Another one. */
	CK_DIFFERENCE_ENTRY,   /**< An entry of cyrus.conf. */
};

/** One setting that differs. */
struct ck_difference {
	enum ck_difference_kind kind;
	char *name; /**< "unixhierarchysep"; "service imap". */
	struct ck_setting was, is;
	const char *meaning; /**< For a restore, a sentence; "" of what has none. */
};

struct ck_differences {
	struct ck_difference *items; /**< By kind; what decides over a restore by weight. */
	size_t n;
	size_t nrestore;            /**< The first of them: kind CK_DIFFERENCE_RESTORE. */
	struct ck_strv spelled_out; /**< Options that one side sets to what holds on the other
	                               without being set there. */
	struct ck_strv remarks;     /**< What could not be compared, and why: one sentence each. */
};

/**
 * Compare the settings in the archive with those that @settings name. Reads the frames of the
 * archived files and this server's files; asks Cyrus's tools for their version.
 *
 * What the archive or cyrus.conf lacks is a remark.
 * @return 0; CK_ENOTFOUND, CK_EDENIED, CK_EUSAGE when this server's imapd.conf cannot be read;
 * CK_ECORRUPT, CK_EIO of the archive; CK_ENOMEM.
 */
int ck_archive_differences(struct ck_archive *a, const struct ck_settings *settings,
                           struct ck_differences *ret, struct ck_err *err) CK_MUST_USE;
void ck_differences_fini(struct ck_differences *d);

#endif
