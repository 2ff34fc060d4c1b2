/* SPDX-License-Identifier: BSD-2-Clause */
/** A long text to read: wrapped, scrolled, searched. Foreign text is fine. */
#ifndef UI_TEXTVIEW_H
#define UI_TEXTVIEW_H

#include "terminal/wrap.h"
#include "widgets/filter.h"
#include "widgets/view.h"

struct ui_textview {
	char *text; /**< Owned; lines with '\n'. */
	size_t len;
	unsigned flags; /**< enum ui_text_flags, mostly UI_BODY. */
	struct ui_lines lines;
	struct ui_rect at;
	size_t top;            /**< First line shown. */
	struct ui_filter find; /**< What `/` looks for. */
	bool *hits;            /**< Which lines contain it; NULL: nothing is looked for. */
	size_t found;          /**< The hit that was gone to last. */
};

void ui_textview_init(struct ui_textview *t, unsigned flags);
void ui_textview_fini(struct ui_textview *t);

/** Show another text, which is copied; scrolled to its start, or with @keep where it was.
 * @return 0 or CK_ENOMEM. */
int ui_textview_set(struct ui_textview *t, const char *text, size_t len, bool keep);

void ui_textview_layout(struct ui_textview *t, struct ui_rect at);

/** Moving, Space, n and N. @return UI_IGNORED for the rest. */
enum ui_reply ui_textview_act(struct ui_textview *t, enum ui_action a);

/** The wheel. */
enum ui_reply ui_textview_key(struct ui_textview *t, const struct ui_key *key);

/** Go to the next line that contains @word (NULL or "": find nothing any more).
 * @return whether there is one. */
bool ui_textview_find(struct ui_textview *t, const char *word);

void ui_textview_draw(const struct ui_textview *t, struct ui_canvas *c, bool focus);

#endif
