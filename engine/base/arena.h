/* SPDX-License-Identifier: BSD-2-Clause */
/** Many small things with one lifetime, freed at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena;

/** A new, empty arena, or NULL. */
struct arena *arena_new(void);
void arena_free(struct arena *a);

/** @size zeroed bytes, aligned for any type, or NULL. */
void *arena_alloc(struct arena *a, size_t size);

/** A terminated copy of @len bytes, or NULL. */
char *arena_strn(struct arena *a, const char *s, size_t len);
char *arena_str(struct arena *a, const char *s);

#endif
