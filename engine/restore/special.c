/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/special.h"

#include <string.h>
#include <strings.h>

/** Is the word of @len bytes at @word one of @words, which blanks separate? */
static bool is_one_of(const char *word, size_t len, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, " ");
		if (n && n == len && strncasecmp(words, word, n) == 0)
			return true;
		words += n;
		words += *words == ' ';
	}
	return false;
}

bool special_is_listed(const char *line, size_t len, const char *uses)
{
	static const char front[] = "* LIST (";
	size_t i = sizeof front - 1;
	if (len < i || strncasecmp(line, front, i) != 0)
		return false;
	while (i < len && line[i] != ')') {
		size_t start = i;
		while (i < len && line[i] != ' ' && line[i] != ')')
			i++;
		if (is_one_of(line + start, i - start, uses))
			return true;
		i += i < len && line[i] == ' ';
	}
	return false;
}

/** Who looks, while answers come in. */
struct looking {
	const char *uses;
	bool found;
};

static int take_list(void *arg, const char *line, size_t len, struct ck_err *err)
{
	(void)err;
	struct looking *l = arg;
	l->found = l->found || special_is_listed(line, len, l->uses);
	return 0;
}

int special_is_held(struct restore *r, const struct restore_item *item, bool *ret,
                    struct ck_err *err)
{
	struct looking l = {.uses = item->source->special};
	*ret = false;
	if (!*l.uses || !item->owner || item->moved)
		return 0;
	struct imap *c;
	struct ck_err why = CK_ERR_INIT;
	int n = restore_as(r, item->owner, &c, &why);
	if (n == 0)
		n = imap_commandf(c, take_list, &l, &why,
		                  "LIST (SPECIAL-USE) \"\" \"*\" RETURN (SPECIAL-USE)");
	*ret = n == 0 && l.found;
	return n == CK_ENOMEM ? ck_err_nomem(err) : 0;
}
