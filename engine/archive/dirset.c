/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/dirset.h"

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/err.h>

void dirset_fini(struct dirset *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->entries[i].path);
	free(d->entries);
	free(d->slots);
	*d = (struct dirset){0};
}

/* FNV-1a */
static uint64_t hash(const char *path, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)path[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

/* The slot that holds @path, or the free one where it would go. */
static uint32_t *find(const struct dirset *d, const char *path, size_t len)
{
	for (size_t i = hash(path, len) & (d->nslots - 1);; i = (i + 1) & (d->nslots - 1)) {
		uint32_t slot = d->slots[i];
		if (!slot)
			return &d->slots[i];
		const char *have = d->entries[slot - 1].path;
		if (strncmp(have, path, len) == 0 && !have[len])
			return &d->slots[i];
	}
}

uint32_t dirset_get(const struct dirset *d, const char *path, size_t len)
{
	if (!d->nslots)
		return 0;
	uint32_t slot = *find(d, path, len);
	return slot ? d->entries[slot - 1].flags : 0;
}

static int grow(struct dirset *d)
{
	size_t nslots = d->nslots ? d->nslots * 2 : 1024;
	uint32_t *slots = ck_alloc(nslots, sizeof *slots);
	if (!slots)
		return CK_ENOMEM;
	free(d->slots);
	d->slots = slots;
	d->nslots = nslots;
	for (size_t i = 0; i < d->n; i++)
		*find(d, d->entries[i].path, strlen(d->entries[i].path)) = (uint32_t)i + 1;
	return 0;
}

int dirset_add(struct dirset *d, const char *path, size_t len, uint32_t flags)
{
	if (d->n * 2 >= d->nslots && grow(d) < 0)
		return CK_ENOMEM;
	uint32_t *slot = find(d, path, len);
	if (*slot) {
		d->entries[*slot - 1].flags |= flags;
		return 0;
	}
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 256;
		struct dirset_entry *more = reallocarray(d->entries, cap, sizeof *more);
		if (!more)
			return CK_ENOMEM;
		d->entries = more;
		d->cap = cap;
	}
	char *copy = strndup(path, len);
	if (!copy)
		return CK_ENOMEM;
	d->entries[d->n] = (struct dirset_entry){.path = copy, .flags = flags};
	*slot = (uint32_t)++d->n;
	return 0;
}
