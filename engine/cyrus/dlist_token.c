/* SPDX-License-Identifier: BSD-2-Clause */
/* The grammar is that of imap/dlist.c and lib/imparse.c, read more generously than it is written.
 */
#include "cyrus/dlist_token.h"

#include <stdint.h>
#include <string.h>

#include "base/number.h"

int dlist_damaged(const struct dlist_reader *r, const char *why, struct ck_err *err)
{
	return ck_err_set(err, CK_ECORRUPT, "%s at offset %zu of the value", why, r->at);
}

/* 0x1C to 0x1F separate levels in names: up to 3.10 they stand in atoms. */
static bool is_atom_byte(unsigned char c)
{
	return c > 0x1b && c != ' ' && c != '(' && c != ')' && c != '"' && c != '{' && c != 0x7f;
}

static int take_atom(struct dlist_reader *r, struct dlist_token *ret, struct ck_err *err)
{
	size_t start = r->at;
	while (r->at < r->len && is_atom_byte((unsigned char)r->text[r->at]))
		r->at++;
	if (r->at == start)
		return dlist_damaged(r, "a byte that begins no value", err);
	ret->text = r->text + start;
	ret->len = r->at - start;
	ret->kind = ret->len == 3 && memcmp(ret->text, "NIL", 3) == 0 ? DTOKEN_NIL : DTOKEN_TEXT;
	return 1;
}

static int take_quoted(struct dlist_reader *r, struct dlist_token *ret, struct ck_err *err)
{
	size_t start = ++r->at;
	for (; r->at < r->len && r->text[r->at] != '"'; r->at++) {
		if (r->text[r->at] != '\\')
			continue;
		ret->escaped = true;
		r->at++;
	}
	if (r->at >= r->len) {
		r->at = r->len;
		return dlist_damaged(r, "a quoted string without end", err);
	}
	ret->kind = DTOKEN_TEXT;
	ret->text = r->text + start;
	ret->len = r->at++ - start;
	return 1;
}

/* Bytes after a count: CR LF, of which Cyrus too forgives a missing CR, then @count bytes. */
static int take_counted(struct dlist_reader *r, const char *digits, size_t ndigits,
                        struct dlist_token *ret, struct ck_err *err)
{
	uint64_t count;
	if (!number_parse(digits, ndigits, SIZE_MAX, &count))
		return dlist_damaged(r, "a length that is no number", err);
	if (r->at < r->len && r->text[r->at] == '\r')
		r->at++;
	if (r->at >= r->len || r->text[r->at] != '\n')
		return dlist_damaged(r, "a literal without a line end", err);
	r->at++;
	if (count > r->len - r->at)
		return dlist_damaged(r, "a literal longer than the value", err);
	ret->text = r->text + r->at;
	ret->len = (size_t)count;
	r->at += ret->len;
	return 1;
}

/* The part up to @end of a {…}, and step behind @end. */
static bool take_until(struct dlist_reader *r, char end, const char **ret, size_t *ret_len)
{
	const char *start = r->text + r->at;
	const char *stop = memchr(start, end, r->len - r->at);
	if (!stop)
		return false;
	*ret = start;
	*ret_len = (size_t)(stop - start);
	r->at += *ret_len + 1;
	return true;
}

static int take_literal(struct dlist_reader *r, struct dlist_token *ret, struct ck_err *err)
{
	const char *digits;
	size_t n;
	r->at++;
	if (!take_until(r, '}', &digits, &n))
		return dlist_damaged(r, "a literal without length", err);
	if (n > 0 && digits[n - 1] == '+')
		n--;
	ret->kind = DTOKEN_TEXT;
	return take_counted(r, digits, n, ret, err);
}

static int take_file(struct dlist_reader *r, struct dlist_token *ret, struct ck_err *err)
{
	const char *digits;
	size_t n;
	r->at += 2;
	if (!take_until(r, ' ', &ret->part, &ret->part_len) ||
	    !take_until(r, ' ', &ret->guid, &ret->guid_len) || !take_until(r, '}', &digits, &n))
		return dlist_damaged(r, "a file without partition, id and size", err);
	ret->kind = DTOKEN_FILE;
	return take_counted(r, digits, n, ret, err);
}

int dlist_token_next(struct dlist_reader *r, struct dlist_token *ret, struct ck_err *err)
{
	while (r->at < r->len && r->text[r->at] == ' ')
		r->at++;
	if (r->at >= r->len)
		return 0;
	char c = r->text[r->at], second = r->at + 1 < r->len ? r->text[r->at + 1] : '\0';
	*ret = (struct dlist_token){.kind = DTOKEN_TEXT};
	switch (c) {
	case '(':
		ret->kind = DTOKEN_LIST;
		r->at++;
		return 1;
	case ')':
		ret->kind = DTOKEN_CLOSE;
		r->at++;
		return 1;
	case '"':
		return take_quoted(r, ret, err);
	case '{':
		return take_literal(r, ret, err);
	case '%':
		if (second == '{')
			return take_file(r, ret, err);
		if (second != '(')
			return dlist_damaged(r, "a percent sign that begins no list", err);
		ret->kind = DTOKEN_KVLIST;
		r->at += 2;
		return 1;
	default:
		break;
	}
	return take_atom(r, ret, err);
}

int dlist_token_skip(struct dlist_reader *r, const struct dlist_token *token, struct ck_err *err)
{
	struct dlist_token inner;
	if (token->kind != DTOKEN_LIST && token->kind != DTOKEN_KVLIST)
		return 0;
	for (size_t depth = 1; depth > 0;) {
		int n = dlist_token_next(r, &inner, err);
		if (n < 0)
			return n;
		if (n == 0)
			return dlist_damaged(r, "a list without end", err);
		if (inner.kind == DTOKEN_LIST || inner.kind == DTOKEN_KVLIST)
			depth++;
		else if (inner.kind == DTOKEN_CLOSE)
			depth--;
	}
	return 0;
}

int dlist_token_put(struct ck_buf *buf, const struct dlist_token *token)
{
	const char *p = token->text, *end = p + token->len;
	while (token->escaped && p < end) {
		const char *slash = memchr(p, '\\', (size_t)(end - p));
		if (!slash || slash + 1 >= end)
			break;
		int r = ck_buf_add(buf, p, (size_t)(slash - p));
		if (r == 0)
			r = ck_buf_addc(buf, slash[1]);
		if (r < 0)
			return r;
		p = slash + 2;
	}
	return p < end ? ck_buf_add(buf, p, (size_t)(end - p)) : 0;
}
