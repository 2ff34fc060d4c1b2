/* SPDX-License-Identifier: BSD-2-Clause */
#include "words/text.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include <cyrkeep/err.h>

/** What kind of character is it, seen as a risk? */
enum kind {
	KIND_PLAIN,
	KIND_CONTROL,   /**< C0, DEL */
	KIND_CONTROL1,  /**< C1 */
	KIND_BIDI,      /**< Turns the direction of the rest of the line. */
	KIND_INVISIBLE, /**< Has no width and no shape. */
	KIND_REGIONAL,  /**< Half a flag. */
	KIND_UNKNOWN,   /**< Private, unassigned, not a character. */
};

struct span {
	uint32_t first, last;
};

static const struct span bidi[] = {
	{0x061C, 0x061C}, {0x200E, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}};
static const struct span invisible[] = {
	{0x00AD, 0x00AD},   {0x034F, 0x034F}, {0x115F, 0x1160},   {0x17B4, 0x17B5},
	{0x180B, 0x180F},   {0x200B, 0x200D}, {0x2028, 0x2029},   {0x2060, 0x2065},
	{0x206A, 0x206F},   {0x3164, 0x3164}, {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
	{0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
	{0xE0000, 0xE0FFF},
};

static bool within(uint32_t ch, const struct span *spans, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ch >= spans[i].first && ch <= spans[i].last)
			return true;
	return false;
}

static enum kind classify(uint32_t ch, unsigned flags)
{
	if (ch < 0x20 || ch == 0x7F)
		return KIND_CONTROL;
	if (ch < 0x7F)
		return KIND_PLAIN;
	if (ch < 0xA0)
		return KIND_CONTROL1;
	if (within(ch, bidi, CK_COUNT(bidi)))
		return KIND_BIDI;
	if (within(ch, invisible, CK_COUNT(invisible)))
		return KIND_INVISIBLE;
	if (ch >= 0x1F1E6 && ch <= 0x1F1FF)
		return KIND_REGIONAL;
	if ((ch >= 0xE000 && ch <= 0xF8FF) || ch >= 0xF0000 || (ch & 0xFFFE) == 0xFFFE ||
	    (ch >= 0xFDD0 && ch <= 0xFDEF))
		return KIND_UNKNOWN;
	if (!(flags & UI_ASCII) && wcwidth((wchar_t)ch) < 0)
		return KIND_UNKNOWN;
	return KIND_PLAIN;
}

/** Of emoji: it makes one picture of two, or chooses one; honest texts are full of it. */
static bool joins(uint32_t ch)
{
	return ch == 0x200D || ch == 0xFE0E || ch == 0xFE0F;
}

size_t ui_text_decode(const unsigned char *p, const unsigned char *end, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	if (p >= end)
		return 0;
	if (*p < 0x80) {
		*ret = *p;
		return 1;
	}
	size_t len = *p >= 0xF0 && *p < 0xF5   ? 4
	             : *p >= 0xE0 && *p < 0xF0 ? 3
	             : *p >= 0xC2 && *p < 0xE0 ? 2
	                                       : 0;
	if (len == 0 || (size_t)(end - p) < len)
		return 0;
	uint32_t ch = *p & (0x7Fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		ch = ch << 6 | (p[i] & 0x3Fu);
	}
	if (ch < least[len] || ch > 0x10FFFF || (ch >= 0xD800 && ch <= 0xDFFF))
		return 0;
	*ret = ch;
	return len;
}

void ui_text_begin(struct ui_text_iter *it, const char *text, size_t len, unsigned flags)
{
	memset(it, 0, sizeof *it);
	it->p = (const unsigned char *)text;
	it->end = it->p + (len == SIZE_MAX ? strlen(text) : len);
	it->flags = flags;
}

static bool give(struct ui_glyph *ret, uint32_t ch, int width, bool unsafe)
{
	*ret = (struct ui_glyph){.ch = {ch}, .n = 1, .width = (uint8_t)width, .unsafe = unsafe};
	return true;
}

static bool give_pending(struct ui_text_iter *it, struct ui_glyph *ret)
{
	return give(ret, (unsigned char)it->pending[it->at++], 1, it->pending_unsafe);
}

/** Give out the characters of pending, one glyph each. */
static bool start_pending(struct ui_text_iter *it, struct ui_glyph *ret, bool unsafe)
{
	it->npending = (uint8_t)strlen(it->pending);
	it->at = 0;
	it->pending_unsafe = unsafe;
	return give_pending(it, ret);
}

static bool give_escape(struct ui_text_iter *it, struct ui_glyph *ret, uint32_t ch)
{
	snprintf(it->pending, sizeof it->pending, ch < 0x80 ? "<%02X>" : "<U+%04X>", (unsigned)ch);
	return start_pending(it, ret, true);
}

/** Is there another character at the cursor that modified UTF-7 would encode? */
static bool more_utf7(const struct ui_text_iter *it)
{
	uint32_t ch;
	return ui_text_decode(it->p, it->end, &ch) && ch > 0x7F &&
	       classify(ch, UI_ASCII) == KIND_PLAIN;
}

/** RFC 3501 5.1.3: runs outside ASCII as "&" base64 of UTF-16 "-", with ',' for '/'. */
static bool give_utf7(struct ui_text_iter *it, struct ui_glyph *ret, uint32_t ch)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
	uint16_t units[2] = {(uint16_t)ch};
	int nunits = 1;
	if (ch > 0xFFFF) {
		units[0] = (uint16_t)(0xD800 + ((ch - 0x10000) >> 10));
		units[1] = (uint16_t)(0xDC00 + ((ch - 0x10000) & 0x3FF));
		nunits = 2;
	}
	size_t n = 0;
	if (!it->in_utf7) {
		it->pending[n++] = '&';
		it->bits = it->nbits = 0;
	}
	it->in_utf7 = more_utf7(it);
	for (int i = 0; i < nunits; i++) {
		it->bits = it->bits << 16 | units[i];
		it->nbits += 16;
		for (; it->nbits >= 6; it->nbits -= 6)
			it->pending[n++] = digits[it->bits >> (it->nbits - 6) & 0x3F];
	}
	if (!it->in_utf7) {
		if (it->nbits)
			it->pending[n++] = digits[it->bits << (6 - it->nbits) & 0x3F];
		it->pending[n++] = '-';
	}
	it->pending[n] = '\0';
	return start_pending(it, ret, false);
}

static bool give_plain(struct ui_text_iter *it, struct ui_glyph *ret, uint32_t ch)
{
	if (it->flags & UI_ASCII) {
		if (it->flags & UI_NAME && ch > 0x7F)
			return give_utf7(it, ret, ch);
		if (it->flags & UI_NAME && ch == '&') {
			memcpy(it->pending, "&-", 3);
			return start_pending(it, ret, false);
		}
		return give(ret, ch > 0x7F ? '?' : ch, 1, false);
	}
	int width = ch < 0x7F ? 1 : wcwidth((wchar_t)ch);
	give(ret, width ? ch : 0x25CC, width ? width : 1, false);
	if (!width)
		ret->ch[ret->n++] = ch; /* a mark without a base stands on a dotted circle */
	for (;;) { /* marks stay with their base; those beyond the fourth are lost */
		uint32_t mark;
		size_t len = ui_text_decode(it->p, it->end, &mark);
		if (!len || mark < 0x300 || classify(mark, it->flags) != KIND_PLAIN ||
		    wcwidth((wchar_t)mark) != 0)
			return true;
		it->p += len;
		if (ret->n < UI_GLYPH_MAX)
			ret->ch[ret->n++] = mark;
	}
}

static bool give_control(struct ui_text_iter *it, struct ui_glyph *ret, uint32_t ch)
{
	if (it->flags & UI_NAME)
		return give_escape(it, ret, ch);
	if (ch == '\t' || ch == '\n')
		return give(ret, ' ', 1, false);
	if (it->flags & UI_BODY) {
		snprintf(it->pending, sizeof it->pending, "^%c", ch == 0x7F ? '?' : (int)ch + '@');
		return start_pending(it, ret, true);
	}
	while (it->p < it->end && (*it->p < 0x20 || *it->p == 0x7F) && *it->p != '\t' &&
	       *it->p != '\n')
		it->p++; /* one sign per run */
	return give(ret, '?', 1, true);
}

/** "[DE]": two halves of a flag as their letters. */
static bool give_flag(struct ui_text_iter *it, struct ui_glyph *ret, uint32_t ch)
{
	uint32_t other;
	size_t len = ui_text_decode(it->p, it->end, &other);
	if (len && classify(other, it->flags) == KIND_REGIONAL) {
		it->p += len;
		snprintf(it->pending, sizeof it->pending, "[%c%c]", (int)(ch - 0x1F1E6 + 'A'),
		         (int)(other - 0x1F1E6 + 'A'));
	} else {
		snprintf(it->pending, sizeof it->pending, "[%c]", (int)(ch - 0x1F1E6 + 'A'));
	}
	return start_pending(it, ret, false);
}

bool ui_text_next(struct ui_text_iter *it, struct ui_glyph *ret)
{
	if (it->at < it->npending)
		return give_pending(it, ret);
	while (it->p < it->end) {
		uint32_t ch = 0;
		size_t len = ui_text_decode(it->p, it->end, &ch);
		if (!len) {
			unsigned char byte = *it->p++;
			if (it->flags & UI_NAME) {
				snprintf(it->pending, sizeof it->pending, "<x%02X>", byte);
				return start_pending(it, ret, true);
			}
			return give(ret, it->flags & UI_ASCII ? '?' : 0xFFFD, 1, true);
		}
		it->p += len;
		switch (classify(ch, it->flags)) {
		case KIND_PLAIN:
			return give_plain(it, ret, ch);
		case KIND_CONTROL:
			return give_control(it, ret, ch);
		case KIND_REGIONAL:
			return give_flag(it, ret, ch);
		case KIND_INVISIBLE:
			if (it->flags & UI_NAME || (it->flags & UI_BODY && !joins(ch)))
				return give_escape(it, ret, ch);
			continue;
		case KIND_CONTROL1:
		case KIND_BIDI:
		case KIND_UNKNOWN:
			if (it->flags & (UI_NAME | UI_BODY))
				return give_escape(it, ret, ch);
			return give(ret, '?', 1, true);
		}
	}
	return false;
}

int ui_text_width_of(const char *text, size_t len, unsigned flags)
{
	struct ui_text_iter it;
	struct ui_glyph g;
	int width = 0;
	for (ui_text_begin(&it, text, len, flags); ui_text_next(&it, &g);)
		width += g.width;
	return width;
}

int ui_text_width(const char *text, unsigned flags)
{
	return ui_text_width_of(text, SIZE_MAX, flags);
}

int ui_text_add_char(struct ck_buf *buf, uint32_t ch)
{
	unsigned char s[4];
	size_t n = 0;
	if (ch < 0x80) {
		s[n++] = (unsigned char)ch;
	} else if (ch < 0x800) {
		s[n++] = (unsigned char)(0xC0 | ch >> 6);
		s[n++] = (unsigned char)(0x80 | (ch & 0x3F));
	} else if (ch < 0x10000) {
		s[n++] = (unsigned char)(0xE0 | ch >> 12);
		s[n++] = (unsigned char)(0x80 | (ch >> 6 & 0x3F));
		s[n++] = (unsigned char)(0x80 | (ch & 0x3F));
	} else {
		s[n++] = (unsigned char)(0xF0 | ch >> 18);
		s[n++] = (unsigned char)(0x80 | (ch >> 12 & 0x3F));
		s[n++] = (unsigned char)(0x80 | (ch >> 6 & 0x3F));
		s[n++] = (unsigned char)(0x80 | (ch & 0x3F));
	}
	return ck_buf_add(buf, s, n);
}

int ui_text(const char *text, size_t len, unsigned flags, struct ck_buf *ret)
{
	struct ui_text_iter it;
	struct ui_glyph g;
	for (ui_text_begin(&it, text, len, flags); ui_text_next(&it, &g);)
		for (int i = 0; i < g.n; i++)
			if (ui_text_add_char(ret, g.ch[i]) < 0)
				return CK_ENOMEM;
	return CK_OK;
}
