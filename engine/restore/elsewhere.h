/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Messages that are missing where they were, but lie in another mailbox of the same user now: moved
 * there, as into Trash. Where the archive has a message in that mailbox too, it is no such one:
 * then there were two copies, and one of them is missing.
 */
#ifndef RESTORE_ELSEWHERE_H
#define RESTORE_ELSEWHERE_H

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

struct restore;
struct restore_item;
struct comparison;

struct elsewhere_message;
struct elsewhere_archived;

/** All messages of one user, by GUID, as they lay when he was looked at. Zeroed: nobody. */
struct elsewhere {
	char *owner;
	struct ck_strv boxes;                /**< External names. */
	struct ck_strv names;                /**< The same, internal. */
	struct elsewhere_archived *archived; /**< What each held then; read when it is asked for. */
	struct elsewhere_message *list;
	size_t n, cap;
};
void elsewhere_fini(struct elsewhere *e);

/**
 * Fill c->where, c->nelsewhere and c->elsewhere_bytes. All mailboxes of the owner are read when the
 * first of his comes; what is put back meanwhile does not count. Nothing is looked for by imap,
 * for shared mailboxes, and for what goes to another name than it had.
 * @return 0, or as imap_command(); a mailbox that cannot be opened, here or there, is passed over.
 */
int elsewhere_look(struct restore *r, const struct restore_item *item, struct comparison *c,
                   struct ck_err *err) CK_MUST_USE;

/** Take what lies elsewhere out of the missing. @return how many. */
size_t elsewhere_leave(struct comparison *c);

#endif
