/* SPDX-License-Identifier: BSD-2-Clause */
/** The messages of an archived mailbox, as a list shows them. */
#ifndef UI_LETTERS_H
#define UI_LETTERS_H

#include "archives/opened.h"
#include "widgets/list.h"

/** A message with what a list of them needs. */
struct ui_letter {
	const struct ck_archived_message *m;
	const char *text; /**< What `/` looks into. */
};

struct ui_letter_uid;

/** Those of a mailbox; constant. */
struct ui_letters {
	size_t mailbox;
	size_t n;
	struct ui_letter *items;          /**< Newest first: the rows of the list. */
	struct ck_archived_message *list; /**< What they are about, by uid. */
	char *texts;
	struct ui_letter_uid *uids; /**< What the basket needs of each, by uid. */
};

/** Read them; blocks. @return as ck_archive_messages(). */
int ui_letters_read(struct ui_opened *o, size_t mailbox, struct ui_letters **ret,
                    struct ck_err *err) CK_MUST_USE;
/** Make the rows of a list that was read: part of it. @return 0 or CK_ENOMEM. */
int ui_letters_arrange(struct ui_letters *l) CK_MUST_USE;

/** Takes long where there are many; @letters is a struct ui_letters, or NULL. */
void ui_letters_free(void *letters);

/** Turn the tick of one row, or of all that @list shows, but of those that cannot be put back.
 * @return false when the basket holds something else. */
bool ui_letters_turn(const struct ui_letters *l, struct ui_opened *o, size_t row);
bool ui_letters_turn_shown(const struct ui_letters *l, struct ui_opened *o,
                           const struct ui_list *list);

/** Who wrote it: his name, without one the address. Borrowed, or in @buf. */
const char *ui_letter_sender(const struct ck_archived_message *m, char *buf, size_t size);

/** What a cell of a list says of a message. */
enum ui_letter_part {
	UI_LETTER_DATE,
	UI_LETTER_FROM,
	UI_LETTER_SUBJECT,
	UI_LETTER_SIZE,
	UI_LETTER_UID,
};
/** Borrowed, or in @buf of 32 bytes or more. */
const char *ui_letter_cell(const struct ck_archived_message *m, enum ui_letter_part part,
                           int64_t now, char *buf, size_t size);
void ui_letter_sort(const struct ck_archived_message *m, enum ui_letter_part part,
                    struct ui_sort *ret);

/** "NFAD": unread, flagged, answered, deleted; `x` instead of D for expunged ones. */
void ui_letter_flags(const struct ck_archived_message *m, char ret[5]);

/** Why a message cannot be put back or read, or NULL. */
const char *ui_letter_lack(const struct ck_archived_message *m);

#endif
