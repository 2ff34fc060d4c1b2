/* SPDX-License-Identifier: BSD-2-Clause */
/** The parts that ck_server_open() is put together from; of no interest elsewhere. */
#ifndef CYRUS_SERVER_PARTS_H
#define CYRUS_SERVER_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cyrus/conf.h"
#include <cyrkeep/server.h>

/** Note something the administrator should know; the sentence is printf. @return 0 or CK_ENOMEM. */
int server_problem(struct ck_server *server, const char *code, bool fatal, const char *remedy,
                   const char *fmt, ...) CK_PRINTF(5, 6) CK_MUST_USE;

/** Version of the installed Cyrus as its own tools or the package manager tell it; owned, or NULL.
 * Runs one to three programs for some milliseconds each. */
char *server_version(const char *imapd_conf);

/** Directories that hold Cyrus's own programs on one distribution or another; ends with NULL. */
const char *const *server_program_dirs(void);

/** Where a Cyrus might be when no imapd.conf is found: "; guess: '/var/imap' …", appended, marked
 * as what it is; nothing when there is no sign. Never more than a hint. @root  "" but in tests. */
int server_guess(const char *root, struct ck_buf *ret) CK_MUST_USE;

/** Copy the partitions of imapd.conf and look at their directories, and at those of configuration
 * and sieve; notes E-PERM, E-PARTITION, E-OVERLAP, W-INSTANTS, W-HOMES. @return 0 or CK_ENOMEM. */
int server_read_partitions(struct ck_server *server, struct ck_err *err) CK_MUST_USE;

/** Find the databases and their backends; notes E-DATABASE. @return 0 or CK_ENOMEM. */
int server_read_databases(struct ck_server *server, struct ck_err *err) CK_MUST_USE;

/** Path of a database of the list, or NULL; borrowed. */
const char *server_database(const struct ck_server *server, const char *name);

/** Read mailboxes.db: all of ck_mailbox but special and what the heads hold; sorted. */
int server_read_mailboxes(struct ck_server *server, struct ck_watch *watch,
                          struct ck_err *err) CK_MUST_USE;

/** Notes E-GATE-EMPTY for each data partition whose directory holds nothing although mailboxes lie
 * there: most likely it is not mounted. @return 0 or CK_ENOMEM. */
int server_note_empty(struct ck_server *server, struct ck_err *err) CK_MUST_USE;

/** Fill in special from annotations.db; one that is missing or damaged is a problem, no failure.
 * @return 0, CK_ECANCEL, CK_ENOMEM. */
int server_read_special(struct ck_server *server, struct ck_watch *watch,
                        struct ck_err *err) CK_MUST_USE;

/** A hash index of the mailboxes over one string member. */
struct name_index;

/** @member  offsetof(struct ck_mailbox, name) or another const char *. NULL: out of memory. */
struct name_index *name_index_new(const struct ck_server *server, size_t member) CK_MUST_USE;
void name_index_free(struct name_index *index);

/** The first mailbox whose member is @text[0..len), or UINT32_MAX. */
uint32_t name_index_find(const struct name_index *index, const struct ck_server *server,
                         const char *text, size_t len);

#endif
