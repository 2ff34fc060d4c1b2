/* SPDX-License-Identifier: BSD-2-Clause */
#include "terminal/wrap.h"

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/err.h>

static int add_line(struct ui_lines *l, size_t at, size_t len, int indent)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 32;
		struct ui_line *more = reallocarray(l->items, cap, sizeof *more);
		if (!more)
			return CK_ENOMEM;
		l->items = more;
		l->cap = cap;
	}
	l->items[l->n++] = (struct ui_line){at, len, indent};
	return CK_OK;
}

/** Where continuations begin: under the first word, or under what follows a label. */
static int hanging(const char *line, size_t len, int width, unsigned flags)
{
	size_t i = 0;
	while (i < len && line[i] == ' ')
		i++;
	size_t lead = i;
	for (; i + 1 < len && i < 16; i++) {
		if (line[i] == ' ' && line[i + 1] == ' ') {
			while (i < len && line[i] == ' ')
				i++;
			lead = i;
			break;
		}
	}
	int cells = ui_text_width_of(line, lead, flags);
	return cells < width / 2 ? cells : 0;
}

/** Bytes of @line that fit into @width cells, broken at the last blank where there is one; a glyph
 * or escape at least, however narrow it is. */
static size_t fit(const char *line, size_t len, int width, unsigned flags)
{
	const unsigned char *start = (const unsigned char *)line;
	struct ui_text_iter it;
	struct ui_glyph g;
	int used = 0;
	size_t blank = 0, last = 0;
	bool word = false;
	ui_text_begin(&it, line, len, flags);
	while (ui_text_next(&it, &g)) {
		bool is_blank = g.n == 1 && g.ch[0] == ' ';
		if (is_blank && word) /* those in front of the first word are no place to break */
			blank = (size_t)(it.p - start);
		word |= !is_blank;
		if (used + g.width > width)
			return blank ? blank : last ? last : (size_t)(it.p - start);
		used += g.width;
		if (it.at >= it.npending) /* not within an escape */
			last = (size_t)(it.p - start);
	}
	return len;
}

static int wrap_line(struct ui_lines *ret, const char *text, size_t at, size_t len, int width,
                     unsigned flags)
{
	int indent = 0, hang = hanging(text + at, len, width, flags);
	do {
		size_t n = fit(text + at, len, width - indent, flags);
		size_t shown = n;
		while (n < len && shown > 0 && text[at + shown - 1] == ' ')
			shown--;
		if (add_line(ret, at, shown, indent) < 0)
			return CK_ENOMEM;
		at += n;
		len -= n;
		indent = hang;
	} while (len > 0);
	return CK_OK;
}

int ui_wrap(struct ui_lines *ret, const char *text, size_t len, int width, unsigned flags)
{
	ret->n = 0;
	if (width < 1)
		return CK_OK;
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;
		if (wrap_line(ret, text, at, n, width, flags) < 0)
			return CK_ENOMEM;
		at += n + 1;
	}
	return CK_OK;
}

int ui_put_wrapped(struct ui_canvas *c, struct ui_rect at, enum ui_role role, unsigned flags,
                   const char *text)
{
	int y = 0;
	while (*text && y < at.h) {
		size_t len = strcspn(text, "\n");
		size_t n = fit(text, len, at.w, flags | (c->ascii ? UI_ASCII : 0));
		if (y + 1 == at.h)
			n = len; /* and its end is cut where the row ends */
		ui_put_from(c, at.y + y++, at.x, at.w, role, flags, text, n, 0);
		text += n;
		text += n == len ? *text == '\n' : strspn(text, " ");
	}
	return y;
}

int ui_put_failure(struct ui_canvas *c, int y, const char *what, const struct ck_err *err,
                   const char *next)
{
	struct ui_rect at = {y, 1, c->at.h - y, c->at.w - 2};
	const char *const texts[] = {what, err->msg, err->remedy, next};
	int start = y;
	for (size_t i = 0; i < CK_COUNT(texts); i++) {
		at.y = y += i == 3 && *next;
		at.h = c->at.h - y;
		y += ui_put_wrapped(c, at, i == 0 ? UI_ROLE_ERROR : UI_ROLE_NORMAL, UI_NAME,
		                    texts[i]);
	}
	return y - start;
}

int ui_put_lines(struct ui_canvas *c, struct ui_rect at, enum ui_role role, unsigned flags,
                 const struct ui_lines *lines, const char *text)
{
	int y = 0;
	for (; y < at.h && (size_t)y < lines->n; y++) {
		const struct ui_line *l = &lines->items[y];
		ui_put_from(c, at.y + y, at.x + l->indent, at.w - l->indent, role, flags,
		            text + l->at, l->len, 0);
	}
	return y;
}

void ui_lines_fini(struct ui_lines *l)
{
	free(l->items);
	memset(l, 0, sizeof *l);
}
