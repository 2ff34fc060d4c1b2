/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Modified UTF-7, RFC 3501 5.1.3: printable ASCII stands for itself but for '&', which is "&-";
 * anything else is UTF-16 in base64 (with ',' for '/') between '&' and '-'. Only the one canonical
 * spelling is decoded, so that two names never look the same; the rest is copied.
 */
#include <string.h>

#include "cyrus/names.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static int digit(char c)
{
	const char *p = c ? strchr(alphabet, c) : NULL;
	return p ? (int)(p - alphabet) : -1;
}

static bool is_printable(uint32_t c)
{
	return c >= 0x20 && c <= 0x7e;
}

/* Units of one shifted sequence while it is read. */
struct shift {
	uint32_t bits;
	unsigned nbits;
	uint32_t high; /* A high surrogate that waits for its low one, or 0. */
};

static int add_utf8(struct ck_buf *ret, uint32_t c)
{
	char b[4];
	size_t n = 0;
	if (c < 0x80) {
		b[n++] = (char)c;
	} else if (c < 0x800) {
		b[n++] = (char)(0xc0 | c >> 6);
		b[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		b[n++] = (char)(0xe0 | c >> 12);
		b[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		b[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		b[n++] = (char)(0xf0 | c >> 18);
		b[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		b[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		b[n++] = (char)(0x80 | (c & 0x3f));
	}
	return ck_buf_add(ret, b, n);
}

/* One UTF-16 unit. @return false for what no canonical sequence holds. */
static bool take_unit(struct shift *s, uint32_t unit, struct ck_buf *ret)
{
	if (s->high) {
		if (unit < 0xdc00 || unit > 0xdfff)
			return false;
		(void)add_utf8(ret, 0x10000 + ((s->high - 0xd800) << 10) + (unit - 0xdc00));
		s->high = 0;
		return true;
	}
	if (unit >= 0xd800 && unit <= 0xdbff) {
		s->high = unit;
		return true;
	}
	if ((unit >= 0xdc00 && unit <= 0xdfff) || unit == 0 || is_printable(unit))
		return false;
	(void)add_utf8(ret, unit); /* a failure stays in ret */
	return true;
}

/* The sequence behind an '&' at @p. @return its length with the '-', or 0 when it is none. */
static size_t take_shift(const char *p, size_t len, struct ck_buf *ret)
{
	struct shift s = {0};
	size_t i = 0;
	for (; i < len && p[i] != '-'; i++) {
		int d = digit(p[i]);
		if (d < 0)
			return 0;
		s.bits = (s.bits << 6 | (uint32_t)d) & 0xffffff;
		s.nbits += 6;
		if (s.nbits >= 16) {
			s.nbits -= 16;
			if (!take_unit(&s, s.bits >> s.nbits & 0xffff, ret))
				return 0;
		}
	}
	bool padded = s.nbits < 6 && (s.bits & ((1u << s.nbits) - 1)) == 0;
	return i < len && i > 0 && padded && !s.high ? i + 1 : 0;
}

int mutf7_decode(const char *text, size_t len, struct ck_buf *ret)
{
	bool after_shift = false; /* "&…-&…-" is one sequence in canonical spelling */
	for (size_t i = 0; i < len;) {
		if (text[i] == '&' && i + 1 < len && text[i + 1] == '-') {
			(void)ck_buf_addc(ret, '&');
			after_shift = false;
			i += 2;
			continue;
		}
		size_t was = ret->len, n = 0;
		if (text[i] == '&' && !after_shift)
			n = take_shift(text + i + 1, len - i - 1, ret);
		if (n) {
			after_shift = true;
			i += n + 1;
			continue;
		}
		if (ret->len > was) { /* what was decoded before the fault */
			ret->len = was;
			ret->data[was] = '\0';
		}
		(void)ck_buf_addc(ret, text[i++]);
		after_shift = false;
	}
	return ret->failed ? CK_ENOMEM : 0;
}

/* The character at @p. @return its length, or 0 for bytes that are no UTF-8. */
static size_t take_utf8(const unsigned char *p, size_t len, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = p[0] < 0x80             ? 1
	           : (p[0] & 0xe0) == 0xc0 ? 2
	           : (p[0] & 0xf0) == 0xe0 ? 3
	           : (p[0] & 0xf8) == 0xf0 ? 4
	                                   : 0;
	if (n == 0 || n > len)
		return 0;
	uint32_t c = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

static void put_unit(struct shift *s, uint32_t unit, struct ck_buf *ret)
{
	s->bits = (s->bits << 16 | unit) & 0x3fffff;
	s->nbits += 16;
	while (s->nbits >= 6) {
		s->nbits -= 6;
		(void)ck_buf_addc(ret, alphabet[s->bits >> s->nbits & 0x3f]);
	}
}

/* As many characters as belong into one sequence. @return bytes of @p used. */
static size_t put_shift(const unsigned char *p, size_t len, struct ck_buf *ret)
{
	struct shift s = {0};
	size_t i = 0, n;
	uint32_t c;
	(void)ck_buf_addc(ret, '&');
	while (i < len && (n = take_utf8(p + i, len - i, &c)) > 0 && !is_printable(c) && c) {
		if (c >= 0x10000) {
			put_unit(&s, 0xd800 + ((c - 0x10000) >> 10), ret);
			put_unit(&s, 0xdc00 + ((c - 0x10000) & 0x3ff), ret);
		} else {
			put_unit(&s, c, ret);
		}
		i += n;
	}
	if (s.nbits)
		(void)ck_buf_addc(ret, alphabet[s.bits << (6 - s.nbits) & 0x3f]);
	(void)ck_buf_addc(ret, '-');
	return i;
}

int mutf7_encode(const char *text, size_t len, struct ck_buf *ret)
{
	const unsigned char *p = (const unsigned char *)text;
	for (size_t i = 0; i < len;) {
		uint32_t c;
		size_t n = take_utf8(p + i, len - i, &c);
		if (n == 0 || c == 0 || (is_printable(c) && c != '&')) {
			(void)ck_buf_addc(ret, text[i++]);
		} else if (c == '&') {
			(void)ck_buf_add(ret, "&-", 2);
			i++;
		} else {
			i += put_shift(p + i, len - i, ret);
		}
	}
	return ret->failed ? CK_ENOMEM : 0;
}
