/* SPDX-License-Identifier: BSD-2-Clause */
/** Very many short texts that live equally long, in few pieces of memory. */
#ifndef UI_TEXTS_H
#define UI_TEXTS_H

#include <stddef.h>

struct ui_texts_block;

/** Zeroed: none. */
struct ui_texts {
	struct ui_texts_block *newest;
};

/** Keep a copy of @text. @return it, or NULL without memory. */
char *ui_texts_keep(struct ui_texts *w, const char *text);
void ui_texts_fini(struct ui_texts *w);

#endif
