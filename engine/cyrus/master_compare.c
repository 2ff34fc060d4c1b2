/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "cyrus/differences.h"
#include "cyrus/master_compare.h"
#include "cyrus/master_conf.h"

/* What master assumes where an entry does not say it, since 2.2. */
static const struct {
	const char *key, *value;
} assumed[] = {
	{"babysit", "0"}, {"maxchild", "-1"}, {"maxfds", "0"},  {"maxforkrate", "0"},
	{"period", "0"},  {"prefork", "0"},   {"proto", "tcp"}, {"wait", "0"},
};

static const char *const kinds[] = {"service", "event", "daemon", "start"}; /* as shown */

struct entries {
	struct master_entry *items;
	size_t n, cap;
};

static void entries_fini(struct entries *e)
{
	free(e->items);
}

static int take(void *arg, const struct master_entry *e, struct ck_err *err)
{
	struct entries *list = arg;
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 16;
		struct master_entry *items = reallocarray(list->items, cap, sizeof *items);
		if (!items)
			return ck_err_nomem(err);
		list->items = items;
		list->cap = cap;
	}
	list->items[list->n++] = *e;
	return 0;
}

static size_t place_of(const char *kind)
{
	size_t i = 0;
	while (i < CK_COUNT(kinds) - 1 && strcmp(kinds[i], kind) != 0)
		i++;
	return i;
}

static int by_kind_and_name(const struct master_entry *x, const struct master_entry *y)
{
	size_t px = place_of(x->kind), py = place_of(y->kind);
	return px != py ? (px > py) - (px < py) : strcmp(x->name, y->name);
}

/* Several with one name are compared in the order in which they stand. */
static int by_place(const void *a, const void *b)
{
	const struct master_entry *x = a, *y = b;
	int r = by_kind_and_name(x, y);
	return r ? r : (x->line > y->line) - (x->line < y->line);
}

static const char *assumption(const char *key)
{
	for (size_t i = 0; i < CK_COUNT(assumed); i++)
		if (strcmp(assumed[i].key, key) == 0)
			return assumed[i].value;
	return NULL;
}

/* What holds for @key; NULL: nothing. */
static const char *in_force(const struct master_entry *e, const char *key)
{
	const char *value = master_argument(e, key);
	return value ? value : assumption(key);
}

static void add_argument(const char *key, const char *value, struct ck_buf *ret)
{
	bool quoted = !*value || strpbrk(value, " \t");
	(void)ck_buf_addf(ret, "%s%s=%s%s%s", ret->len ? " " : "", key, quoted ? "\"" : "", value,
	                  quoted ? "\"" : "");
}

/* Of what @from names, all that @e has otherwise than @other (NULL: all there is). */
static void add_differing(const struct master_entry *from, const struct master_entry *e,
                          const struct master_entry *other, struct ck_buf *ret)
{
	for (size_t i = 0; i < from->nargs; i++) {
		const char *key = from->args[i].key, *value = in_force(e, key);
		const char *else_value = other ? in_force(other, key) : NULL;
		bool first = master_argument(from, key) == from->args[i].value;
		bool told = from != e && master_argument(e, key); /* already */
		if (value && first && !told && !(else_value && strcmp(value, else_value) == 0))
			add_argument(key, value, ret);
	}
}

static int fill(struct ck_setting *s, const char *path, const struct master_entry *e,
                const struct master_entry *other)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (e)
		add_differing(e, e, other, &text);
	if (e && other)
		add_differing(other, e, other, &text);
	s->state = e ? CK_SETTING_SET : CK_SETTING_ABSENT;
	s->line = e ? e->line : 0;
	s->file = e ? strdup(path) : NULL;
	s->value = ck_buf_take(&text);
	return s->value && (!e || s->file) ? 0 : CK_ENOMEM;
}

/* One of them may be NULL. */
static int compare(const struct master_side *was, const struct master_entry *w,
                   const struct master_side *is, const struct master_entry *i,
                   struct ck_differences *ret)
{
	CK_CLEANUP(difference_fini)
	struct ck_difference d = {.kind = CK_DIFFERENCE_ENTRY, .meaning = ""};
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	if (fill(&d.was, was->path, w, i) < 0 || fill(&d.is, is->path, i, w) < 0)
		return CK_ENOMEM;
	if (w && i && !*d.was.value && !*d.is.value)
		return 0;
	const struct master_entry *e = w ? w : i;
	(void)ck_buf_addf(&name, "%s %s", e->kind, e->name);
	d.name = ck_buf_take(&name);
	difference_hide(&d.was, d.was.value); /* a command that names a password holds one */
	difference_hide(&d.is, d.is.value);
	return d.name ? differences_add(ret, &d) : CK_ENOMEM;
}

static int read_entries(const struct master_side *side, struct entries *ret, struct ck_err *err)
{
	int r = master_conf_each(side->path, side->text, side->len, take, ret, err);
	if (r == 0 && ret->n)
		qsort(ret->items, ret->n, sizeof *ret->items, by_place);
	return r;
}

int master_differences(const struct master_side *was, const struct master_side *is,
                       struct ck_differences *ret, struct ck_err *err)
{
	CK_CLEANUP(entries_fini) struct entries w = {0}, i = {0};
	int r = read_entries(was, &w, err);
	if (r == 0)
		r = read_entries(is, &i, err);
	for (size_t a = 0, b = 0; r == 0 && (a < w.n || b < i.n);) {
		int order = a == w.n   ? 1
		            : b == i.n ? -1
		                       : by_kind_and_name(&w.items[a], &i.items[b]);
		const struct master_entry *x = order <= 0 ? &w.items[a++] : NULL;
		const struct master_entry *y = order >= 0 ? &i.items[b++] : NULL;
		if (compare(was, x, is, y, ret) < 0)
			r = ck_err_nomem(err);
	}
	return r;
}
