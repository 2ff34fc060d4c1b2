/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "cyrus/server_parts.h"

/* Open addressing, at most half full; a slot holds the number of a mailbox plus one. */
struct name_index {
	size_t member; /* offset within struct ck_mailbox */
	size_t mask;
	uint32_t slots[];
};

/* FNV-1a; names are not chosen to hurt, and a tie costs a comparison only. */
static uint64_t hash(const char *text, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
	return h ^ h >> 32;
}

static const char *text_of(const struct name_index *index, const struct ck_server *server,
                           uint32_t mailbox)
{
	const char *text;
	memcpy(&text, (const char *)&server->mailboxes[mailbox] + index->member, sizeof text);
	return text;
}

/* The slot that holds the text, or the empty one where it belongs. */
static size_t slot_of(const struct name_index *index, const struct ck_server *server,
                      const char *text, size_t len)
{
	size_t i = hash(text, len) & index->mask;
	for (; index->slots[i]; i = (i + 1) & index->mask) {
		const char *there = text_of(index, server, index->slots[i] - 1);
		if (strncmp(there, text, len) == 0 && !there[len])
			break;
	}
	return i;
}

struct name_index *name_index_new(const struct ck_server *server, size_t member)
{
	size_t size = 16;
	while (size < 2 * server->nmailboxes)
		size *= 2;
	struct name_index *index = calloc(1, sizeof *index + size * sizeof index->slots[0]);
	if (!index)
		return NULL;
	index->member = member;
	index->mask = size - 1;
	for (size_t i = 0; i < server->nmailboxes; i++) {
		const char *text = text_of(index, server, (uint32_t)i);
		size_t slot = slot_of(index, server, text, strlen(text));
		if (!index->slots[slot]) /* of two alike the first is found */
			index->slots[slot] = (uint32_t)i + 1;
	}
	return index;
}

void name_index_free(struct name_index *index)
{
	free(index);
}

uint32_t name_index_find(const struct name_index *index, const struct ck_server *server,
                         const char *text, size_t len)
{
	/* An empty slot holds 0, which becomes the answer for "none". */
	return index->slots[slot_of(index, server, text, len)] - 1u;
}
