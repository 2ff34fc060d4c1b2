/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * imapd.conf: every syntax rule of lib/libconfig.c, and the options that matter to a backup.
 */
#ifndef CYRUS_CONF_H
#define CYRUS_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/difference.h>
#include <cyrkeep/err.h>
#include <cyrkeep/server.h>

/** One `key: value` line. */
struct conf_line {
	char *key;   /**< Lower case. */
	char *value; /**< Trimmed; joined from continued lines. */
	char *file;  /**< Where it stands; borrowed from conf.files. */
	unsigned line;
};

/** A parsed imapd.conf. */
struct conf {
	struct ck_strv files;    /**< imapd.conf and all that it includes, in order of reading. */
	struct conf_line *lines; /**< In order. */
	size_t n;
	struct conf_line **by_key; /**< The same, sorted by key; no key is there twice. */
	/* The options that decide where things lie, defaults filled in. */
	char *configdirectory;  /**< Required. */
	char *defaultpartition; /**< "default" where unset and there is one partition. */
	bool hashimapspool, fulldirhash, unixhierarchysep, altnamespace;
	enum { CONF_VIRT_OFF, CONF_VIRT_USERID, CONF_VIRT_ON } virtdomains;
	char *defaultdomain;             /**< When unset "internal", before 3.0 "". */
	char *userprefix, *sharedprefix; /**< "Other Users", "Shared Folders". */
	char *sievedir;                  /**< Default "/usr/sieve". */
	bool sieveusehomedir;
	bool archive_enabled;
	char *deletedprefix; /**< "DELETED" */
	char *cyrus_user;    /**< "cyrus" */
	struct ck_partition
		*partitions; /**< path, name, kind only; the rest is filled by the server. */
	size_t npartitions;
	unsigned meta_files; /**< 1 << enum meta_file for each word of metapartition_files. */
	bool has_metadir;    /**< There is a metadir-FILE-NAME somewhere. */
	bool before_3;       /**< See conf_assume_before_3(). */
};

/**
 * Read @path with all includes.
 *
 * @return 0, CK_ENOTFOUND, CK_EDENIED, CK_EUSAGE with file, line and reason for everything that is
 * fatal to Cyrus too (duplicate option, empty value, include loop, bad switch), and for missing
 * roots; CK_EUNSUPPORTED for object storage and murder front ends; CK_ENOMEM. Overlapping roots
 * are no failure, because Cyrus runs with them: see conf_overlap().
 */
int conf_load(const char *path, struct conf **ret, struct ck_err *err) CK_MUST_USE;

/** Append the bytes of the file @path. @return 0, CK_ENOTFOUND, any other failure. */
typedef int (*conf_read_fn)(void *arg, const char *path, struct ck_buf *ret, struct ck_err *err);

/** As conf_load(), but @path and what it includes come from @fn. */
int conf_load_by(conf_read_fn fn, void *arg, const char *path, struct conf **ret,
                 struct ck_err *err) CK_MUST_USE;

/** The parser itself, for tests and fuzzing: one text without files of its own. */
int conf_parse(const char *name, const char *text, size_t len, struct conf **ret,
               struct ck_err *err) CK_MUST_USE;
void conf_free(struct conf *conf);
void conf_freep(struct conf **conf);

/** Cyrus before 3.0 has other defaults and hashes dotted names otherwise: follow it. */
void conf_assume_before_3(struct conf *conf);

/**
 * Two roots of which one lies in the other (squatter has emptied spools that way, issue 5573).
 * @i  Where to go on: 0 at first. The configuration directory counts as well.
 * @return true with both paths, borrowed; false when there is no further pair.
 */
bool conf_overlap(const struct conf *conf, size_t *i, const char **ret_outer,
                  const char **ret_inner);

/** The unprefixed value of @key (lower case), or NULL. */
const char *conf_get(const struct conf *conf, const char *key);

/** The same with the place where it stands. */
const struct conf_line *conf_find(const struct conf *conf, const char *key);

/** The option number @i of those that decide over a restore, those that matter most first; NULL
 * behind the last. */
const char *conf_compared(size_t i);

/** The settings of a server, and what was not there to be read. */
struct conf_side {
	const struct conf *conf;
	unsigned release;             /**< conf_release() */
	const struct ck_strv *untold; /**< Options whose values were left out; NULL: none. */
};

/** Append to @ret, in its order, the options that differ. @return 0 or CK_ENOMEM. */
int conf_differences(const struct conf_side *was, const struct conf_side *is,
                     struct ck_differences *ret, struct ck_err *err) CK_MUST_USE;

/** The value in force of one of them, appended: "yes", "userid", "twoskip", "default" when it is
 * not set and the default depends on the release. @return 0 or CK_ENOMEM. */
int conf_effective(const struct conf *conf, const char *key, struct ck_buf *ret) CK_MUST_USE;

/** A switch option: 1, 0, or @missing when it is not set. (Bad words were refused by conf_load.) */
bool conf_switch(const struct conf *conf, const char *key, bool missing);

#endif
