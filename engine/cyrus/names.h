/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The spellings of a mailbox name.
 *
 *   database   as a mailboxes.db key (0x1F and 0x1D separators in 3.6+ records, dots before)
 *   internal   dots between levels, '^' for a dot inside one, domain first: "example.org!user.anne"
 *   external   as an administrator sees it over IMAP: "user/anne/Sent@example.org"; UTF-8 here
 *
 * Internal names are modified UTF-7 in Cyrus ("&U,BTFw-"); external ones handed out here are
 * UTF-8, and what is invalid modified UTF-7 stays as it is. Bytes that are no UTF-8 stay too: the
 * screen makes them harmless, not this room.
 */
#ifndef CYRUS_NAMES_H
#define CYRUS_NAMES_H

#include <stdbool.h>

#include "cyrus/conf.h"
#include <cyrkeep/buf.h>

/** Modified UTF-7 to UTF-8 and back (RFC 3501 5.1.3); appended. Invalid input is copied as it is.
 */
int mutf7_decode(const char *text, size_t len, struct ck_buf *ret);
int mutf7_encode(const char *text, size_t len, struct ck_buf *ret);

/** '/' or '.', as an administrator sees it. */
char name_separator(const struct conf *conf);

/** Internal to external UTF-8, in the administrator's namespace; appended. */
int name_to_external(const struct conf *conf, const char *intname, struct ck_buf *ret);

/** External UTF-8 to internal; appended. CK_EUSAGE for what cannot be a name here. */
int name_to_internal(const struct conf *conf, const char *extname, struct ck_buf *ret,
                     struct ck_err *err) CK_MUST_USE;

/**
 * Why Cyrus from 3.0 on makes no mailbox of that internal name, the end of a sentence; NULL when it
 * does. One that an older server made may well be there.
 */
const char *name_unmakeable(const struct conf *conf, const char *intname);

/** Why no new mailbox should be called that: the same, and what is not what it seems. */
const char *name_refusal(const struct conf *conf, const char *intname);

/** External UTF-8 to what is sent over IMAP (modified UTF-7, same separator); appended. */
int name_to_wire(const char *extname, struct ck_buf *ret);

/** A 3.6+ database name (0x1F levels, 0x1D domain) to internal; appended. */
int name_from_database(const char *dbname, size_t len, struct ck_buf *ret);

/** The owner ("anne" or "anne@example.org", external spelling) of an internal name; false for
 * shared. */
bool name_owner(const struct conf *conf, const char *intname, struct ck_buf *ret);

/** Delayed-deleted ("DELETED." hierarchy)? A user's INBOX? */
bool name_is_deleted(const struct conf *conf, const char *intname);
bool name_is_inbox(const char *intname);

/** Order of internal names, that of database names: a tree stands together, its parent first. */
int name_compare(const char *a, const char *b);

#endif
