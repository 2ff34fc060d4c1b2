/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/uidset.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"

void uidset_fini(struct uidset *set)
{
	free(set->ranges);
	*set = (struct uidset){0};
}

/** One number or "*" (0) of @len bytes. */
static bool parse_uid(const char *text, size_t len, uint32_t *ret)
{
	uint64_t n;
	if (len == 1 && *text == '*') {
		*ret = 0;
		return true;
	}
	if (!number_parse(text, len, UINT32_MAX, &n) || n == 0)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static bool parse_range(const char *text, size_t len, struct uidset_range *ret)
{
	const char *colon = memchr(text, ':', len);
	size_t first = colon ? (size_t)(colon - text) : len;
	if (!parse_uid(text, first, &ret->from))
		return false;
	ret->to = ret->from;
	return !colon || parse_uid(colon + 1, len - first - 1, &ret->to);
}

int uidset_parse(const char *text, struct uidset *ret, struct ck_err *err)
{
	size_t parts = 1;
	for (const char *p = text; *p; p++)
		parts += *p == ',';
	struct uidset set = {.ranges = ck_alloc(parts, sizeof *set.ranges)};
	if (!set.ranges)
		return ck_err_nomem(err);
	for (const char *p = text;; p++) {
		size_t len = strcspn(p, ",");
		if (!parse_range(p, len, &set.ranges[set.n++])) {
			uidset_fini(&set);
			(void)ck_err_set(err, CK_EUSAGE, "'%.*s' in uid set '%s' is no range",
			                 (int)(len > 60 ? 60 : len), p, text);
			return ck_err_remedy(err, "write it as 1:5,9,12:*");
		}
		p += len;
		if (!*p)
			break;
	}
	*ret = set;
	return 0;
}

bool uidset_has(const struct uidset *set, uint32_t uid, uint32_t max)
{
	for (size_t i = 0; i < set->n; i++) {
		uint32_t a = set->ranges[i].from ? set->ranges[i].from : max;
		uint32_t b = set->ranges[i].to ? set->ranges[i].to : max;
		if ((a <= uid && uid <= b) || (b <= uid && uid <= a))
			return true;
	}
	return false;
}
