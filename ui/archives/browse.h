/* SPDX-License-Identifier: BSD-2-Clause */
/** What the screens of archives, messages and restores hand to each other. */
#ifndef UI_BROWSE_H
#define UI_BROWSE_H

#include "archives/opened.h"
#include "widgets/view.h"

/** To ui_view_browse, and ui_view_settings, which needs no words. */
struct ui_browse_arg {
	const char *which; /**< Number or path; NULL: the newest that can be used. */
	const char *find;  /**< Words of a mailbox's name to go to, or NULL. */
};

struct ui_list;
struct ui_letters;

/** To ui_view_messages. */
struct ui_messages_arg {
	struct ui_opened *opened; /**< A reference is taken. */
	size_t mailbox;
};

/** To ui_view_message: the screen below, whose bar it moves. */
struct ui_message_arg {
	struct ui_opened *opened; /**< A reference is taken. */
	size_t mailbox;
	struct ui_list *list; /**< Borrowed, as are the letters; the bar is on one. */
	const struct ui_letters *letters;
};

/** To ui_view_restore and ui_view_rehearsal; copied. */
struct ui_restore_arg {
	const struct ck_restore_request *request;
	const char *what; /**< "3 messages of user/anna, 22.2M"; only the form asks for it. */
	char separator;   /**< Of the names. */
};

/** To ui_view_decisions; all of it is copied. */
struct ui_decisions_arg {
	const struct ck_restore_request *request;
	const char *path;   /**< Of the archive that was rehearsed. */
	const char *source; /**< The mailbox in it, and where it goes. */
	const char *target;
	const char *owner;  /**< Whose that is, or NULL. */
	const char *reason; /**< Why it is refused, or a remark. */
};

/** Open the restore form for what is in the basket of @o. */
void ui_restore_basket(struct ui_view *v, const struct ui_opened *o);

/** Open it for the basket; where that is empty, for the message @m (NULL: none) alone. */
void ui_restore_message(struct ui_view *v, struct ui_opened *o, size_t mailbox,
                        const struct ck_archived_message *m);

/** Have the archive @which, a number or a path, verified by a job. NULL: there is no memory. */
void ui_verify(struct ui_view *v, const char *which);

/** UI_ACT_REMOVE empties the basket, UI_ACT_UNDO takes the last change back; it is said. */
void ui_basket_act(struct ui_view *v, struct ui_opened *o, enum ui_action a);

/** What F6 would restore: the word for the key bar, or NULL while the basket is empty. */
const char *ui_basket_word(const struct ui_opened *o, enum ui_action a);

#endif
