/* SPDX-License-Identifier: BSD-2-Clause */
/** The messages of an archived mailbox, as a list shows them. */
#ifndef UI_LETTERS_H
#define UI_LETTERS_H

#include "opened.h"

/** A message with what a list of them needs; in the order of the list. */
struct ui_letter {
	struct ck_archived_message m;
	char *text; /**< What `/` looks into. */
};

/** Read those of a mailbox, newest first; blocks. @return as ck_archive_messages(). */
int ui_letters_read(struct ui_opened *o, size_t mailbox, struct ui_letter **ret, size_t *ret_n,
                    struct ck_err *err) CK_MUST_USE;
void ui_letters_free(struct ui_letter *letters, size_t n);

/** Who wrote it: his name, without one the address. Borrowed, or in @buf. */
const char *ui_letter_sender(const struct ck_archived_message *m, char *buf, size_t size);

/** "NFAD": unread, flagged, answered, deleted; `x` instead of D for expunged ones. */
void ui_letter_flags(const struct ck_archived_message *m, char ret[5]);

/** Why a message cannot be put back or read, or NULL. */
const char *ui_letter_lack(const struct ck_archived_message *m);

#endif
