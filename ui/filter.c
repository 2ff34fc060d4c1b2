/* SPDX-License-Identifier: BSD-2-Clause */
#include "filter.h"

#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include <cyrkeep/err.h>
#include <cyrkeep/select.h>

#include "text.h"

void ui_filter_fini(struct ui_filter *f)
{
	ck_strv_fini(&f->words);
	free(f->text);
	memset(f, 0, sizeof *f);
}

int ui_filter_set(struct ui_filter *f, const char *text)
{
	ui_filter_fini(f);
	text += strspn(text, " ");
	if (!*text)
		return CK_OK;
	f->text = strdup(text);
	int r = f->text ? 0 : CK_ENOMEM;
	for (size_t len; r == 0 && *text; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		r = ck_strv_addm(&f->words, strndup(text, len));
	}
	if (r < 0)
		ui_filter_fini(f);
	return r;
}

bool ui_filter_on(const struct ui_filter *f)
{
	return f->words.n > 0;
}

static uint32_t next_folded(const unsigned char **p, const unsigned char *end)
{
	uint32_t ch = 0;
	size_t len = ui_text_decode(*p, end, &ch);
	if (!len) {
		ch = **p;
		len = 1;
	}
	*p += len;
	if (ch < 0x80)
		return ch >= 'A' && ch <= 'Z' ? ch + 32 : ch;
	return (uint32_t)towlower((wint_t)ch);
}

/** Does @text go on with @word here, both folded? */
static bool begins(const unsigned char *text, const unsigned char *end, const char *word)
{
	const unsigned char *w = (const unsigned char *)word, *wend = w + strlen(word);
	while (w < wend) {
		if (text >= end || next_folded(&text, end) != next_folded(&w, wend))
			return false;
	}
	return true;
}

static bool contains_folded(const char *text, const char *word)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + strlen(text);
	for (; p < end; p++)
		if ((*p & 0xC0) != 0x80 && begins(p, end, word))
			return true;
	return false;
}

static bool match_word(const char *word, const char *text)
{
	if (*word == '\'')
		return strstr(text, word + 1) != NULL;
	if (strpbrk(word, "*%"))
		return ck_pattern_match(word, text, '/');
	return contains_folded(text, word);
}

bool ui_filter_match(const struct ui_filter *f, const char *text)
{
	for (size_t i = 0; i < f->words.n; i++) {
		const char *word = f->words.items[i];
		bool want = *word != '!';
		word += !want;
		if (*word && match_word(word, text) != want)
			return false;
	}
	return true;
}
