/* SPDX-License-Identifier: BSD-2-Clause */
/** A mailbox of a rehearsal: its row, and what it says in words. */
#ifndef UI_REHEARSED_H
#define UI_REHEARSED_H

#include <cyrkeep/restore.h>

#include "widgets/list.h"

enum ui_rehearsed_column {
	UI_REHEARSED_NAME,
	UI_REHEARSED_ARCHIVE,
	UI_REHEARSED_NOW,
	UI_REHEARSED_AFTER,
	UI_REHEARSED_ADD,
	UI_REHEARSED_SAME,
	UI_REHEARSED_NOTE,
};

extern const struct ui_column ui_rehearsed_columns[];

/** Does it go to another name than it had? */
bool ui_rehearsed_is_moved(const struct ck_rehearsal_mailbox *m);

/** Fill one cell, as a list asks for it. */
void ui_rehearsed_value(const struct ck_rehearsal_mailbox *m, enum ui_rehearsed_column column,
                        char *buf, size_t size, struct ui_value *ret);
void ui_rehearsed_sort(const struct ck_rehearsal_mailbox *m, enum ui_rehearsed_column column,
                       struct ui_sort *ret);

/** Lines for the pane beside the list; appended. */
void ui_rehearsed_explain(const struct ck_rehearsal_mailbox *m, struct ck_buf *out);

#endif
