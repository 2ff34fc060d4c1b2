/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Dialogs: a question or a failure, with buttons that say what they do.
 *
 * Levels of confirmation: 0, what can be undone, asks nothing; 1, harmless work, has its page as
 * the confirmation and no dialog; 2, what can be repaired, is a dialog; 3, what cannot be undone
 * or hurts users, is a dialog with a word to type.
 */
#ifndef UI_DIALOG_H
#define UI_DIALOG_H

#include "widgets/view.h"

#define UI_DIALOG_TYPED (-1) /**< The word was typed whole, and Enter. */

/** What a dialog says. Copied, so all of it may lie on the stack. */
struct ui_dialog {
	const char *title; /**< What happened, or what will. */
	const char *text;  /**< Lines with '\n'; long ones are wrapped. Foreign text is fine. */
	const char *const *buttons; /**< NULL-terminated verbs; the first has the focus and must be
	                               harmless. */
	const char *word;           /**< Level 3: must be typed; NULL: level 2. */
	bool danger;                /**< Drawn as such. */
	bool uncalled; /**< Appears by itself: deaf until the keyboard was silent for 500 ms. */
	int safe;      /**< The button that Esc, q and a click outside stand for. */
	/**
	 * The answer: number of the button, or UI_DIALOG_TYPED. The dialog is closed already;
	 * @owner is the screen that opened it. May be NULL.
	 */
	void (*done)(struct ui_view *owner, int button);
};

/**
 * Ask. The answer comes to d->done. With a word, no button may do the harmful thing.
 * @return 0, CK_ENOMEM, or CK_EBUSY when @owner is not shown at present (the title is said then).
 */
int ui_dialog_open(struct ui_view *owner, const struct ui_dialog *d);

#endif
