/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/slice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slice *slice_new(void)
{
	struct slice *s = ck_alloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->arena = arena_new();
	if (!s->arena) {
		free(s);
		return NULL;
	}
	return s;
}

void slice_free(struct slice *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nfound; i++)
		free(s->found[i].text);
	free(s->found);
	free(s->items);
	arena_free(s->arena);
	free(s);
}

struct item *slice_add(struct slice *s)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		struct item *more = reallocarray(s->items, cap, sizeof *more);
		if (!more)
			return NULL;
		s->items = more;
		s->cap = cap;
	}
	struct item *item = &s->items[s->n++];
	*item = (struct item){0};
	return item;
}

const char *item_slash(const struct item *item)
{
	return strncmp(item->stored_as, ".cyrkeep/", 9) == 0 ? "" : "/";
}

int slice_found(struct slice *s, struct box *box, uint32_t uid, const char *code,
                const char *remedy, const char *fmt, ...)
{
	struct found *more = reallocarray(s->found, s->nfound + 1, sizeof *more);
	if (!more)
		return CK_ENOMEM;
	s->found = more;
	remedy = arena_str(s->arena, remedy);
	if (!remedy)
		return CK_ENOMEM;
	char *text = NULL;
	va_list args;
	va_start(args, fmt);
	int len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return CK_ENOMEM;
	s->found[s->nfound++] = (struct found){
		.box = box, .uid = uid, .code = code, .remedy = remedy, .text = text};
	return 0;
}
