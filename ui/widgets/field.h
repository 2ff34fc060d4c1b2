/* SPDX-License-Identifier: BSD-2-Clause */
/** One line of text that is being typed. */
#ifndef UI_FIELD_H
#define UI_FIELD_H

#include "widgets/view.h"

struct ui_field {
	struct ck_buf text; /**< UTF-8. */
	size_t at;          /**< Insertion point, a byte offset. */
	bool no_paste;      /**< Pastes are ignored: a word that must be typed. */
};

void ui_field_init(struct ui_field *f);
void ui_field_fini(struct ui_field *f);
void ui_field_set(struct ui_field *f, const char *text);

/** Edit: letters, arrows, Home End, Ctrl-A E K U W, Ctrl-Left Right, paste.
 * @return UI_REPAINT, UI_DONE, or UI_IGNORED for keys that are not the field's. */
enum ui_reply ui_field_key(struct ui_field *f, const struct ui_key *key);

/** Draw @w cells; the part around the insertion point. The terminal's cursor goes there. */
void ui_field_draw(const struct ui_field *f, struct ui_canvas *c, int y, int x, int w, bool focus);

#endif
