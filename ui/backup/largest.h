/* SPDX-License-Identifier: BSD-2-Clause */
/** The largest messages of a part of the tree, found in the background. */
#ifndef UI_LARGEST_H
#define UI_LARGEST_H

#include <cyrkeep/largest.h>

#include "backup/wizard.h"

/** Zero-initialise; belongs to the screen that asks. */
struct ui_largest {
	struct ck_watch *watch;     /**< While it is under way: done and total count mailboxes. */
	unsigned number;            /**< Of the newest. */
	struct ui_server *server;   /**< Of which the newest was asked; held. */
	const struct ck_tree *tree; /**< One of its, */
	uint32_t node;              /**< and the node there. */
	unsigned generation;        /**< Of the draft that it was asked by. */
	bool known;                 /**< @found holds. */
	struct ck_err err;          /**< Why it could not be found out; code 0 otherwise. */
	struct ck_largest found;    /**< What was found last; of another question until known. */
};

/** Argument of the screen that lists them. */
struct ui_largest_arg {
	struct ui_wizard *w;
	uint32_t node; /**< Of its tree. */
};

/**
 * Find at most @most at and below @node of @tree, which is @server's, of the draft as it is: it
 * must be settled. @left_out: only what it leaves out. What is under way is given up. The screen
 * @v, of which @l is, gets news when it is known.
 */
void ui_largest_ask(struct ui_largest *l, struct ui_view *v, struct ui_server *server,
                    const struct ck_tree *tree, uint32_t node, size_t most, bool left_out);

/** Was the newest asked of this, and by the draft as it is? */
bool ui_largest_is_of(const struct ui_largest *l, const struct ui_wizard *w,
                      const struct ck_tree *tree, uint32_t node);

/** Give up what is under way, and what is known. */
void ui_largest_drop(struct ui_largest *l);

/** "rule 3", "by you", "no pattern"; "" of what is taken. @buf is scratch. */
const char *ui_largest_out(const struct ui_wizard *w, const struct ck_large_message *m, char *buf,
                           size_t size);

/** "Fotos", "(no subject)", "(not cached)". */
const char *ui_largest_subject(const struct ck_large_message *m);

/** The rule that leaves out what is as large as the message, in its mailbox or those of the same
 * role; appended. */
void ui_largest_rule(const struct ck_tree *tree, const struct ck_large_message *m,
                     struct ck_buf *ret);

#endif
