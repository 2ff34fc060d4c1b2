/* SPDX-License-Identifier: BSD-2-Clause */
/** A mailbox of the running server: whether it is there, and which messages it holds by GUID. */
#ifndef RESTORE_LIVE_H
#define RESTORE_LIVE_H

#include "cyrus/sync.h"

struct live {
	bool exists;
	struct sync_mailbox box; /**< When read by the sync commands. */
	uint8_t *guids;          /**< n times GUID_SIZE, sorted; messages visible over IMAP. */
	size_t n, cap;
};
void live_fini(struct live *l);

/** By SYNCGET, as administrator. An absent mailbox is exists = false, no failure. */
int live_read_sync(struct imap *c, const char *intname, struct live *ret,
                   struct ck_err *err) CK_MUST_USE;

/**
 * By IMAP, on a connection of somebody who may read it; @wire is the mailbox as he names it. A
 * server that does not tell DIGEST.SHA1 (before 3.0) has to send every message.
 */
int live_read_imap(struct imap *c, const char *wire, struct live *ret,
                   struct ck_err *err) CK_MUST_USE;

/** The bytes of the message in "* 7 FETCH (UID 9 BODY[] {5} … )"; false for any other answer. */
bool live_body(const char *line, size_t len, const char **ret, size_t *ret_len);

/** Is a message with this GUID there? */
bool live_has(const struct live *l, const uint8_t guid[GUID_SIZE]);

#endif
