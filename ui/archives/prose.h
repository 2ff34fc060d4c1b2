/* SPDX-License-Identifier: BSD-2-Clause */
/** Titled texts below each other, scrolled as one: what a rehearsal says in words. */
#ifndef UI_PROSE_H
#define UI_PROSE_H

#include "terminal/wrap.h"
#include "widgets/view.h"

#define UI_PROSE_BLOCKS 2

struct ui_prose_block {
	const char *title;
	char *text; /**< Owned; lines with '\n'. */
	struct ui_lines lines;
};

/** Zeroed: nothing. */
struct ui_prose {
	struct ui_prose_block blocks[UI_PROSE_BLOCKS];
	int top;
	struct ui_rect at;
};
void ui_prose_fini(struct ui_prose *p);

/** Take over what @text holds as block @i, to be wrapped to @width cells. */
void ui_prose_set(struct ui_prose *p, int i, const char *title, struct ck_buf *text, int width);

/** Rows of all of it. */
int ui_prose_rows(const struct ui_prose *p);

void ui_prose_layout(struct ui_prose *p, struct ui_rect at);

/** Moving. @return UI_IGNORED for the rest. */
enum ui_reply ui_prose_act(struct ui_prose *p, enum ui_action a);

/** The wheel, over it. */
enum ui_reply ui_prose_key(struct ui_prose *p, const struct ui_key *k);

void ui_prose_draw(const struct ui_prose *p, struct ui_canvas *c, bool focus);

#endif
