/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/html_text.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

struct reader {
	const char *at, *end;
	struct ck_buf *out;
	size_t start; /**< Where our text begins in out. */
	bool blank;   /**< White space is due before the next word. */
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool at_line_start(const struct reader *r)
{
	return r->out->len == r->start || r->out->data[r->out->len - 1] == '\n';
}

static void put(struct reader *r, const char *text, size_t len)
{
	if (r->blank && !at_line_start(r))
		ck_buf_addc(r->out, ' ');
	r->blank = false;
	ck_buf_add(r->out, text, len);
}

/* End the line, and with @paragraph leave one empty line at most. */
static void break_line(struct reader *r, bool paragraph)
{
	size_t len = r->out->len;
	r->blank = false;
	if (len == r->start)
		return;
	if (!at_line_start(r))
		ck_buf_addc(r->out, '\n');
	len = r->out->len;
	if (paragraph && len - r->start >= 2 && r->out->data[len - 2] != '\n')
		ck_buf_addc(r->out, '\n');
}

static void put_code_point(struct reader *r, uint64_t c)
{
	char utf8[4];
	size_t n = 0;
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		utf8[n++] = (char)c;
	} else if (c < 0x800) {
		utf8[n++] = (char)(0xc0 | c >> 6);
		utf8[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		utf8[n++] = (char)(0xe0 | c >> 12);
		utf8[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		utf8[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		utf8[n++] = (char)(0xf0 | c >> 18);
		utf8[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		utf8[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		utf8[n++] = (char)(0x80 | (c & 0x3f));
	}
	put(r, utf8, n);
}

/* The names that mail uses; others are shown as they are written. */
static const struct {
	const char *name;
	uint32_t code;
} entities[] = {
	{"amp", '&'},      {"lt", '<'},       {"gt", '>'},        {"quot", '"'},
	{"apos", '\''},    {"nbsp", ' '},     {"copy", 0xa9},     {"reg", 0xae},
	{"euro", 0x20ac},  {"pound", 0xa3},   {"hellip", 0x2026}, {"ndash", 0x2013},
	{"mdash", 0x2014}, {"lsquo", 0x2018}, {"rsquo", 0x2019},  {"ldquo", 0x201c},
	{"rdquo", 0x201d}, {"laquo", 0xab},   {"raquo", 0xbb},    {"bull", 0x2022},
	{"middot", 0xb7},  {"auml", 0xe4},    {"ouml", 0xf6},     {"uuml", 0xfc},
	{"Auml", 0xc4},    {"Ouml", 0xd6},    {"Uuml", 0xdc},     {"szlig", 0xdf},
	{"eacute", 0xe9},  {"egrave", 0xe8},  {"agrave", 0xe0},   {"ccedil", 0xe7},
	{"zwnj", 0x200c},  {"shy", 0xad},
};

/* &#8364; or &#x20ac; @text is what stands between & and ; */
static bool parse_number(const char *text, size_t len, uint64_t *ret)
{
	if (len < 2 || text[0] != '#')
		return false;
	if (text[1] != 'x' && text[1] != 'X')
		return number_parse(text + 1, len - 1, 0x10ffff, ret);
	uint64_t value = 0;
	for (size_t i = 2; i < len; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = strchr(digits, text[i] | 0x20);
		if (!text[i] || !digit || !*digit || value > 0x10ffff)
			return false;
		value = value << 4 | (uint64_t)(digit - digits);
	}
	*ret = value;
	return len > 2;
}

static void read_entity(struct reader *r)
{
	const char *text = r->at + 1;
	size_t len = 0, most = (size_t)(r->end - text);
	while (len < most && len < 10 && (is_alnum(text[len]) || text[len] == '#'))
		len++;
	uint64_t code = 0;
	if (!parse_number(text, len, &code)) {
		for (size_t i = 0; i < CK_COUNT(entities); i++) {
			if (strlen(entities[i].name) == len &&
			    memcmp(entities[i].name, text, len) == 0)
				code = entities[i].code;
		}
	}
	if (code == 0) {
		put(r, "&", 1);
		r->at++;
		return;
	}
	r->at = text + len;
	if (r->at < r->end && *r->at == ';')
		r->at++;
	put_code_point(r, code);
}

static bool name_is_one_of(const char *name, size_t len, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(list[i]) == len && strncasecmp(name, list[i], len) == 0)
			return true;
	}
	return false;
}

/* Step behind the end tag of an element whose content is no text for a reader. */
static void skip_content(struct reader *r, const char *name, size_t len)
{
	while (r->at < r->end) {
		const char *lt = memchr(r->at, '<', (size_t)(r->end - r->at));
		if (!lt) {
			r->at = r->end;
			return;
		}
		r->at = lt + 1;
		if ((size_t)(r->end - lt) >= len + 2 && lt[1] == '/' &&
		    strncasecmp(lt + 2, name, len) == 0) {
			const char *gt = memchr(lt, '>', (size_t)(r->end - lt));
			r->at = gt ? gt + 1 : r->end;
			return;
		}
	}
}

/* An attribute longer than this holds data, not a '>' in quotes. */
#define TAG_LIMIT 4096

/* Behind the tag that begins here: the first '>' outside quotes; a quote left open ends nothing. */
static const char *tag_end(const struct reader *r)
{
	const char *end = r->end - r->at > TAG_LIMIT ? r->at + TAG_LIMIT : r->end;
	char quote = 0;
	for (const char *p = r->at + 1; p < end; p++) {
		if (quote && *p == quote)
			quote = 0;
		else if (!quote && (*p == '"' || *p == '\'') && p[-1] == '=')
			quote = *p;
		else if (!quote && *p == '>')
			return p + 1;
	}
	const char *gt = memchr(r->at, '>', (size_t)(r->end - r->at));
	return gt ? gt + 1 : r->end;
}

static void skip_comment(struct reader *r)
{
	const char *close = memmem(r->at, (size_t)(r->end - r->at), "-->", 3);
	r->at = close ? close + 3 : r->end;
}

static void read_tag(struct reader *r)
{
	static const char *const hidden[] = {"script", "style", "head", "title"};
	static const char *const lines[] = {"br", "div", "tr", "li", "dt", "dd", "option", "hr"};
	static const char *const paragraphs[] = {"p",  "h1", "h2",    "h3",         "h4",  "h5",
	                                         "h6", "ul", "table", "blockquote", "pre", "ol"};
	if (r->end - r->at >= 4 && memcmp(r->at, "<!--", 4) == 0) {
		skip_comment(r);
		return;
	}
	bool closes = r->end - r->at >= 2 && r->at[1] == '/';
	const char *name = r->at + 1 + closes;
	size_t len = 0;
	while (name + len < r->end && is_alnum(name[len]))
		len++;
	if (len == 0 && !closes && (name == r->end || (*name != '!' && *name != '?'))) {
		put(r, "<", 1); /* no tag at all */
		r->at++;
		return;
	}
	r->at = tag_end(r);
	if (name_is_one_of(name, len, paragraphs, CK_COUNT(paragraphs)))
		break_line(r, true);
	else if (name_is_one_of(name, len, lines, CK_COUNT(lines)))
		break_line(r, false);
	else if (name_is_one_of(name, len, (const char *const[]){"td", "th"}, 2))
		r->blank = true;
	else if (!closes && name_is_one_of(name, len, hidden, CK_COUNT(hidden)))
		skip_content(r, name, len);
}

void html_text(const char *html, size_t len, struct ck_buf *ret)
{
	struct reader r = {.at = html, .end = html + len, .out = ret, .start = ret->len};
	while (r.at < r.end) {
		if (*r.at == '<') {
			read_tag(&r);
		} else if (*r.at == '&') {
			read_entity(&r);
		} else if (is_space(*r.at)) {
			r.blank = true;
			r.at++;
		} else {
			const char *word = r.at;
			while (r.at < r.end && !is_space(*r.at) && *r.at != '<' && *r.at != '&')
				r.at++;
			put(&r, word, (size_t)(r.at - word));
		}
	}
	break_line(&r, false);
}
