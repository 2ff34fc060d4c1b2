/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/differences.h"

#include <stdlib.h>
#include <string.h>

#include "cyrus/host.h"

static void setting_fini(struct ck_setting *s)
{
	free(s->value);
	free(s->file);
}

void difference_fini(struct ck_difference *d)
{
	free(d->name);
	setting_fini(&d->was);
	setting_fini(&d->is);
}

int differences_add(struct ck_differences *list, struct ck_difference *d)
{
	if ((list->n & (list->n - 1)) == 0) { /* full at every power of two */
		size_t cap = list->n ? list->n * 2 : 1;
		struct ck_difference *items = reallocarray(list->items, cap, sizeof *items);
		if (!items)
			return CK_ENOMEM;
		list->items = items;
	}
	list->items[list->n++] = *d;
	*d = (struct ck_difference){0};
	return 0;
}

void difference_hide(struct ck_setting *s, const char *key)
{
	if (!host_is_secret(key, s->value) || s->state == CK_SETTING_ABSENT)
		return;
	s->state = CK_SETTING_SECRET;
	explicit_bzero(s->value, strlen(s->value));
}

void ck_differences_fini(struct ck_differences *d)
{
	for (size_t i = 0; i < d->n; i++)
		difference_fini(&d->items[i]);
	free(d->items);
	ck_strv_fini(&d->spelled_out);
	ck_strv_fini(&d->remarks);
	*d = (struct ck_differences){0};
}
