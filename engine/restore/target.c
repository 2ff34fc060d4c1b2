/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/target.h"

#include <string.h>

/** Offset behind "domain!". */
static size_t behind_domain(const char *intname)
{
	const char *bang = strchr(intname, '!');
	return bang ? (size_t)(bang - intname) + 1 : 0;
}

size_t target_inbox(const char *intname)
{
	size_t at = behind_domain(intname);
	if (strncmp(intname + at, "user.", 5) != 0 || !intname[at + 5])
		return 0;
	return at + 5 + strcspn(intname + at + 5, ".");
}

/** Bytes of whole levels that both begin with. */
static size_t shared_levels(const char *a, size_t len, const char *b)
{
	size_t i = 0, whole = 0;
	for (; i < len && a[i] == b[i]; i++)
		if (a[i] == '.')
			whole = i;
	if (i == len && (b[i] == '.' || b[i] == '\0'))
		return len;
	return a[i] == '.' && b[i] == '\0' ? i : whole;
}

size_t target_common(const char *const *names, size_t n)
{
	if (n == 0)
		return 0;
	size_t len = strlen(names[0]);
	for (size_t i = 1; i < n; i++)
		len = shared_levels(names[0], len, names[i]);
	size_t at = behind_domain(names[0]);
	if (len <= at || (len == at + 4 && strncmp(names[0] + at, "user", 4) == 0 && n > 1))
		return 0;
	return len;
}

/** @rest may begin with the dot that separates it. */
static void add_below(struct ck_buf *ret, const char *rest)
{
	if (!*rest)
		return;
	if (*rest != '.')
		ck_buf_addc(ret, '.');
	ck_buf_adds(ret, rest);
}

static void dated(const struct target *t, const char *source, struct ck_buf *ret)
{
	size_t inbox = target_inbox(source);
	size_t front = inbox ? inbox : behind_domain(source);
	ck_buf_add(ret, source, front);
	if (inbox)
		ck_buf_addc(ret, '.');
	ck_buf_addf(ret, "RESTORED.%s", t->date);
	add_below(ret, source[front] ? source + front : ".INBOX");
}

/** What stays of a source below the new top: without domain, and without "user" in front. */
static const char *rest_of(const char *source, size_t common)
{
	if (common)
		return source + common;
	const char *rest = source + behind_domain(source);
	return strncmp(rest, "user.", 5) == 0 ? rest + 5 : rest;
}

int target_name(const struct target *t, const char *source, size_t common, struct ck_buf *ret,
                struct ck_err *err)
{
	switch (t->kind) {
	case TARGET_ORIGINAL:
		ck_buf_adds(ret, source);
		break;
	case TARGET_DATED:
		dated(t, source, ret);
		break;
	case TARGET_NAMED:
		ck_buf_adds(ret, t->top);
		add_below(ret, rest_of(source, common));
		break;
	}
	return ret->failed ? ck_err_nomem(err) : 0;
}
