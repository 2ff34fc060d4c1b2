/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * What a user has besides mailboxes, read and put back by the replication commands: read marks in
 * others' mailboxes, sieve scripts. Facts: imap/sync_support.c of 3.0 to 3.12; tried on 3.6.1.
 */
#ifndef CYRUS_SYNC_USER_H
#define CYRUS_SYNC_USER_H

#include "cyrus/imap.h"
#include "cyrus/state.h"

/** Read marks of one user in one mailbox. */
struct sync_seen {
	char *uniqueid;
	struct seen seen;
};

/** Owns its members. */
struct sync_seen_list {
	struct sync_seen *items;
	size_t n;
};
void sync_seen_list_fini(struct sync_seen_list *l);

/** Append marks in mailbox @uniqueid; @seen is taken over, and empty then. */
int sync_seen_list_add(struct sync_seen_list *l, const char *uniqueid, struct seen *seen,
                       struct ck_err *err) CK_MUST_USE;

/** The marks in mailbox @uniqueid, borrowed; NULL: none. */
const struct seen *sync_seen_list_find(const struct sync_seen_list *l, const char *uniqueid);

struct sync_user {
	struct sync_seen_list seen; /**< In mailboxes where he has read marks of his own. */
	struct ck_strv scripts;     /**< Names as he gave them. */
	bool active;                /**< One of the scripts is active. */
};
void sync_user_fini(struct sync_user *u);

/** What user id @user has. @ret is filled on failure too; zero-initialise. */
int sync_get_user(struct imap *c, const char *user, struct sync_user *ret,
                  struct ck_err *err) CK_MUST_USE;

/** One line of the answer, for tests and fuzzing; others are passed over. */
int sync_parse_user(const char *line, size_t len, struct sync_user *ret,
                    struct ck_err *err) CK_MUST_USE;

/** Set the read marks of @user in the mailbox with that uniqueid, in the place of any others. */
int sync_put_seen(struct imap *c, const char *user, const char *uniqueid, const struct seen *seen,
                  struct ck_err *err) CK_MUST_USE;

/** Could a server keep a script of that name in a file, and in that file only? */
bool sync_script_name(const char *name);

/**
 * Give @user a script. He must have none of that name (3.6.1 would empty it).
 * @name  sync_script_name() has said yes.
 */
int sync_put_script(struct imap *c, const char *user, const char *name, int64_t changed,
                    const char *text, size_t len, struct ck_err *err) CK_MUST_USE;

/** Make the script of that name the active one. */
int sync_activate_script(struct imap *c, const char *user, const char *name,
                         struct ck_err *err) CK_MUST_USE;

#endif
