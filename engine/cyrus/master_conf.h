/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * cyrus.conf, entry by entry; and how far master gives up over it: looked at before a stop, so that
 * nothing is stopped that cannot be started again, and after a start that failed, for the reason.
 */
#ifndef CYRUS_MASTER_CONF_H
#define CYRUS_MASTER_CONF_H

#include <stddef.h>
#include <sys/types.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

#define MASTER_CONF_MAX 65536 /* bytes of a file that is looked at; the rest is believed */
#define MASTER_ARGS_MAX 64    /* of one entry; more end master */

/** A line of one of the four sections. Texts lie in the file's. */
struct master_entry {
	const char *kind; /**< "start", "service", "event", "daemon" */
	const char *name; /**< Of starts and events several may have one. */
	struct {
		const char *key, *value;
	} args[MASTER_ARGS_MAX]; /**< The first of a key counts. */
	size_t nargs;
	unsigned line;
};

/** What the entry says for @key, or NULL. */
const char *master_argument(const struct master_entry *e, const char *key);

/** A failure ends the walk and is returned. */
typedef int (*master_entry_fn)(void *arg, const struct master_entry *e, struct ck_err *err);

/** Call @fn with each entry of @text, which is cut up; @path is for sentences. @text[@len] must be
 * '\0'. @return 0, CK_EUSAGE for a line that master cannot read, what @fn returns. */
int master_conf_each(const char *path, char *text, size_t len, master_entry_fn fn, void *arg,
                     struct ck_err *err) CK_MUST_USE;

/**
 * What would end master in @path: no file, a line that it cannot read, an entry without what it
 * needs, one name twice, a program that is not there. Allocates nothing.
 *
 * @programs  Directory where those with relative paths seem to lie; believed when one of them is
 *            there. NULL: not known, they are not looked for.
 * @return 0, or CK_ENOTFOUND, CK_EDENIED, CK_EUSAGE with file, line and reason.
 */
int master_conf_check(const char *path, const char *programs, struct ck_err *err);

/** The same for @text, which is cut up; @path is for the sentence. @text[@len] must be '\0'. */
int master_conf_check_text(const char *path, char *text, size_t len, const char *programs,
                           struct ck_err *err);

/**
 * Which file master reads: what -M says in @start or, else, in the command line of the running
 * master @pid (0: none); else @otherwise if that exists. Appended; nothing when it cannot be told
 * (a relative path, one that was compiled in). @return 0 or CK_ENOMEM.
 */
int master_conf_path(const struct ck_strv *start, pid_t pid, const char *otherwise,
                     struct ck_buf *ret);

#endif
