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
 * By IMAP, on a connection of somebody who may read it; @wire is the mailbox as he names it.
 * CK_EUNSUPPORTED when the server does not tell DIGEST.SHA1 (before 2.4).
 */
int live_read_imap(struct imap *c, const char *wire, struct live *ret,
                   struct ck_err *err) CK_MUST_USE;

/** Is a message with this GUID there? */
bool live_has(const struct live *l, const uint8_t guid[GUID_SIZE]);

#endif
