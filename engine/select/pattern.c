/* SPDX-License-Identifier: BSD-2-Clause */
#include "select/pattern.h"

#include <string.h>

#include <cyrkeep/select.h>

bool pattern_is_special(char c)
{
	return c == ',' || c == '*' || c == '%' || c == '\\';
}

/*
 * Greedy with two ways back: to the last `*`, and to the last `%` behind it. Earlier ones need not
 * be tried again: a `*` takes whatever an earlier wildcard left it, and so does a `%` within its
 * level, because the wildcards before it cannot have crossed another number of separators.
 */
struct retry {
	const char *pattern; /* Behind the wildcard; NULL while there was none. */
	size_t at;           /* Where the name goes on for it. */
};

bool pattern_match(const char *pattern, const char *name, size_t len, char sep)
{
	struct retry star = {0}, percent = {0};
	size_t i = 0;
	for (;;) {
		if (*pattern == '*') {
			star = (struct retry){++pattern, i};
			percent.pattern = NULL;
			continue;
		}
		if (*pattern == '%') {
			percent = (struct retry){++pattern, i};
			continue;
		}
		if (!*pattern && i == len)
			return true;
		const char *p =
			*pattern == '\\' && pattern_is_special(pattern[1]) ? pattern + 1 : pattern;
		if (*p && i < len && *p == name[i]) {
			pattern = p + 1;
			i++;
		} else if (percent.pattern && percent.at < len && name[percent.at] != sep) {
			pattern = percent.pattern;
			i = ++percent.at;
		} else if (star.pattern && star.at < len) {
			pattern = star.pattern;
			i = ++star.at;
			percent.pattern = NULL;
		} else {
			return false;
		}
	}
}

bool ck_pattern_match(const char *pattern, const char *name, char sep)
{
	return pattern_match(pattern, name, strlen(name), sep);
}

void pattern_escape(const char *name, struct ck_buf *ret)
{
	for (; *name; name++) {
		if (pattern_is_special(*name))
			ck_buf_addc(ret, '\\');
		ck_buf_addc(ret, *name);
	}
}

char *pattern_unescape(const char *text, size_t len)
{
	struct ck_buf plain = CK_BUF_INIT;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 1 < len && pattern_is_special(text[i + 1]))
			i++;
		ck_buf_addc(&plain, text[i]);
	}
	return ck_buf_take(&plain);
}
