/* SPDX-License-Identifier: BSD-2-Clause */
#include "jobs/texts.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK ((size_t)64 * 1024)

struct ui_texts_block {
	struct ui_texts_block *next;
	size_t used, size;
	char data[];
};

char *ui_texts_keep(struct ui_texts *w, const char *text)
{
	struct ui_texts_block *b = w->newest;
	size_t len = strlen(text) + 1;
	if (!b || b->size - b->used < len) {
		size_t size = len > BLOCK ? len : BLOCK;
		b = malloc(sizeof *b + size);
		if (!b)
			return NULL;
		*b = (struct ui_texts_block){.next = w->newest, .size = size};
		w->newest = b;
	}
	char *kept = b->data + b->used;
	b->used += len;
	return memcpy(kept, text, len);
}

void ui_texts_fini(struct ui_texts *w)
{
	for (struct ui_texts_block *b = w->newest, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	w->newest = NULL;
}
