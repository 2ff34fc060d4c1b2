/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/dlist.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cyrus/dlist_token.h"

#define DEPTH_MAX 64
#define ATOM_MAX  1024 /* from here on Cyrus itself takes a literal (lib/imparse.c) */

static const struct dlist_token nothing = {.text = "", .len = 0};

void dlist_free(struct dlist *dl)
{
	/* As deep as it was parsed, DEPTH_MAX at most; siblings, which are many, go in a loop. */
	while (dl) {
		struct dlist *next = dl->next;
		dlist_free(dl->child);
		free(dl->name);
		free(dl->value);
		free(dl->guid);
		free(dl->part);
		free(dl);
		dl = next;
	}
}

void dlist_freep(struct dlist **dl)
{
	dlist_free(*dl);
}

static char *copy_text(const struct dlist_token *token)
{
	struct ck_buf buf = CK_BUF_INIT;
	if (dlist_token_put(&buf, token) < 0) {
		ck_buf_fini(&buf);
		return NULL;
	}
	char *text = ck_buf_take(&buf);
	return text;
}

static int parse_value(struct dlist_reader *r, const struct dlist_token *token, int depth,
                       struct dlist **ret, struct ck_err *err);

/* Children up to the closing parenthesis. */
static int parse_children(struct dlist_reader *r, struct dlist *parent, int depth,
                          struct ck_err *err)
{
	struct dlist **last = &parent->child;
	for (;;) {
		CK_FREE char *name = NULL;
		struct dlist_token token;
		int n = dlist_token_next(r, &token, err);
		if (n > 0 && token.kind == DTOKEN_CLOSE)
			return 0;
		if (n > 0 && parent->kind == DLIST_KVLIST) {
			if (token.kind != DTOKEN_TEXT)
				return dlist_damaged(r, "a key that is no atom", err);
			name = copy_text(&token);
			if (!name)
				return ck_err_nomem(err);
			n = dlist_token_next(r, &token, err);
		}
		if (n < 0)
			return n;
		if (n == 0)
			return dlist_damaged(r, "a list without end", err);
		n = parse_value(r, &token, depth + 1, last, err);
		if (n < 0)
			return n;
		(*last)->name = CK_STEAL(name);
		last = &(*last)->next;
	}
}

static int fill_value(struct dlist_reader *r, const struct dlist_token *token, int depth,
                      struct dlist *dl, struct ck_err *err)
{
	switch (token->kind) {
	case DTOKEN_NIL:
		dl->kind = DLIST_NIL;
		return 0;
	case DTOKEN_LIST:
		dl->kind = DLIST_LIST;
		return parse_children(r, dl, depth, err);
	case DTOKEN_KVLIST:
		dl->kind = DLIST_KVLIST;
		return parse_children(r, dl, depth, err);
	case DTOKEN_CLOSE:
		return dlist_damaged(r, "a closing parenthesis too many", err);
	case DTOKEN_FILE: {
		struct dlist_token part = {.text = token->part, .len = token->part_len};
		struct dlist_token guid = {.text = token->guid, .len = token->guid_len};
		dl->part = copy_text(&part);
		dl->guid = copy_text(&guid);
		if (!dl->part || !dl->guid)
			return ck_err_nomem(err);
		break;
	}
	case DTOKEN_TEXT:
		break;
	}
	struct ck_buf buf = CK_BUF_INIT;
	int r_put = dlist_token_put(&buf, token);
	dl->kind = token->kind == DTOKEN_FILE ? DLIST_FILE : DLIST_ATOM;
	dl->value_len = buf.len;
	dl->value = ck_buf_take(&buf);
	return r_put < 0 || !dl->value ? ck_err_nomem(err) : 0;
}

static int parse_value(struct dlist_reader *r, const struct dlist_token *token, int depth,
                       struct dlist **ret, struct ck_err *err)
{
	if (depth > DEPTH_MAX)
		return dlist_damaged(r, "lists nested too deeply", err);
	CK_CLEANUP(dlist_freep) struct dlist *dl = ck_alloc(1, sizeof *dl);
	if (!dl)
		return ck_err_nomem(err);
	int n = fill_value(r, token, depth, dl, err);
	if (n < 0)
		return n;
	*ret = CK_STEAL(dl);
	return 0;
}

int dlist_parse(const char *text, size_t len, struct dlist **ret, size_t *ret_used,
                struct ck_err *err)
{
	struct dlist_reader r = {.text = text, .len = len};
	struct dlist_token token = nothing;
	int n = dlist_token_next(&r, &token, err);
	if (n == 0)
		n = dlist_damaged(&r, "no value", err);
	if (n > 0)
		n = parse_value(&r, &token, 0, ret, err);
	if (n < 0)
		return n;
	*ret_used = r.at;
	return 0;
}

const struct dlist *dlist_get(const struct dlist *dl, const char *name)
{
	if (!dl || dl->kind != DLIST_KVLIST)
		return NULL;
	for (const struct dlist *c = dl->child; c; c = c->next)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const char *dlist_text(const struct dlist *dl, const char *name)
{
	const struct dlist *c = dlist_get(dl, name);
	return c && c->kind == DLIST_ATOM ? c->value : NULL;
}

bool dlist_number(const struct dlist *dl, const char *name, uint64_t *ret)
{
	const struct dlist *c = dlist_get(dl, name);
	return c && c->kind == DLIST_ATOM && number_parse(c->value, c->value_len, UINT64_MAX, ret);
}

/* What is an atom to every version: 0x1F is one only up to 3.10. */
static bool is_plain_atom(const char *text, size_t len)
{
	if (len == 0 || len >= ATOM_MAX || (len == 3 && memcmp(text, "NIL", 3) == 0))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c <= ' ' || c >= 0x7f || memchr("(){}\"%*\\", c, 8))
			return false;
	}
	return true;
}

static bool is_quotable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < ' ' || c >= 0x7f || c == '"' || c == '\\')
			return false;
	}
	return len < ATOM_MAX;
}

int dlist_put(struct ck_buf *buf, const char *text, size_t len)
{
	int r;
	if (is_plain_atom(text, len))
		return ck_buf_add(buf, text, len);
	if (!is_quotable(text, len)) {
		r = ck_buf_addf(buf, "{%zu+}\r\n", len);
		return r < 0 ? r : ck_buf_add(buf, text, len);
	}
	r = ck_buf_addc(buf, '"');
	if (r == 0)
		r = ck_buf_add(buf, text, len);
	return r < 0 ? r : ck_buf_addc(buf, '"');
}
