/* SPDX-License-Identifier: BSD-2-Clause */
/** The file that a Cyrus process keeps about the client that it serves. */
#ifndef CYRUS_SESSIONS_H
#define CYRUS_SESSIONS_H

#include <cyrkeep/server.h>

/**
 * Parse the @len bytes of one file:
 *
 *   SERVICE TAB HOST TAB USER TAB MAILBOX TAB COMMAND NEWLINE   2.5 and later
 *   HOST [TAB USER [TAB MAILBOX]] NEWLINE                       2.4 and earlier
 *
 * What was caught half written (2.4 rewrites in place) is a session of which nothing is known.
 * The mailbox stays as Cyrus spells it.
 *
 * @ret  Filled but for the pid, whatever is returned; release with session_fini().
 * @return 0, CK_ECORRUPT for what Cyrus did not write, CK_ENOMEM.
 */
int session_parse(const char *text, size_t len, struct ck_session *ret) CK_MUST_USE;
void session_fini(struct ck_session *s);

/** Fill the users from the items. @return 0 or CK_ENOMEM. */
int sessions_count(struct ck_sessions *s) CK_MUST_USE;

#endif
