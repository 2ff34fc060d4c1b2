/* SPDX-License-Identifier: BSD-2-Clause */
/** Very many short texts that live equally long, in few pieces of memory. */
#ifndef UI_WORDS_H
#define UI_WORDS_H

#include <stddef.h>

struct ui_words_block;

/** Zeroed: none. */
struct ui_words {
	struct ui_words_block *newest;
};

/** Keep a copy of @text. @return it, or NULL without memory. */
char *ui_words_keep(struct ui_words *w, const char *text);
void ui_words_fini(struct ui_words *w);

#endif
