/* SPDX-License-Identifier: BSD-2-Clause */
#include "widgets/filter.h"

#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include <cyrkeep/err.h>
#include <cyrkeep/select.h>

#include "words/text.h"

void ui_filter_fini(struct ui_filter *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->words[i].text);
	free(f->words);
	free(f->text);
	memset(f, 0, sizeof *f);
}

static uint32_t fold(uint32_t ch)
{
	if (ch < 0x80)
		return ch >= 'A' && ch <= 'Z' ? ch + 32 : ch;
	return (uint32_t)towlower((wint_t)ch);
}

static uint32_t next_char(const unsigned char **p, const unsigned char *end)
{
	uint32_t ch = 0;
	size_t len = ui_text_decode(*p, end, &ch);
	if (!len) { /* an invalid byte stands for itself */
		ch = **p;
		len = 1;
	}
	*p += len;
	return ch;
}

/** Fold @word; @return its new form, owned, or NULL without memory. */
static char *fold_word(const char *word, size_t len)
{
	struct ck_buf out = CK_BUF_INIT;
	const unsigned char *p = (const unsigned char *)word, *end = p + len;
	while (p < end && !out.failed)
		(void)ui_text_add_char(&out, fold(next_char(&p, end)));
	char *folded = ck_buf_take(&out);
	return folded ? folded : len ? NULL : strdup("");
}

static int parse_word(const char *word, size_t len, struct ui_filter_word *ret)
{
	*ret = (struct ui_filter_word){.ascii = true};
	if (*word == '!') {
		ret->unwanted = true;
		word++;
		len--;
	}
	if (*word == '\'' && len > 0) {
		ret->kind = UI_FILTER_EXACT;
		ret->text = strndup(word + 1, len - 1);
	} else if (memchr(word, '*', len) || memchr(word, '%', len)) {
		ret->kind = UI_FILTER_PATTERN;
		ret->text = strndup(word, len);
	} else {
		ret->text = fold_word(word, len);
	}
	for (const char *p = ret->text; p && *p; p++)
		ret->ascii &= (unsigned char)*p < 0x80;
	return ret->text ? 0 : CK_ENOMEM;
}

int ui_filter_set(struct ui_filter *f, const char *text)
{
	ui_filter_fini(f);
	text += strspn(text, " ");
	if (!*text)
		return CK_OK;
	f->text = strdup(text);
	f->words = ck_alloc(strlen(text), sizeof *f->words);
	int r = f->text && f->words ? 0 : CK_ENOMEM;
	for (size_t len; r == 0 && *text; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		r = parse_word(text, len, &f->words[f->n++]);
	}
	if (r < 0)
		ui_filter_fini(f);
	return r;
}

bool ui_filter_on(const struct ui_filter *f)
{
	return f->n > 0;
}

bool ui_filter_narrows(const struct ui_filter *f, const char *text)
{
	return f->text && !strpbrk(f->text, "!*%") && !strpbrk(text, "*%") &&
	       strncmp(text, f->text, strlen(f->text)) == 0;
}

static bool contains_ascii(const char *text, const char *word)
{
	unsigned char first = (unsigned char)word[0], upper = first;
	if (first >= 'a' && first <= 'z')
		upper = (unsigned char)(first - 32);
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p != first && (unsigned char)*p != upper)
			continue;
		size_t i = 1;
		while (word[i] && fold((unsigned char)p[i]) == (unsigned char)word[i])
			i++;
		if (!word[i])
			return true;
	}
	return false;
}

static bool begins_folded(const unsigned char *p, const unsigned char *end, const char *word)
{
	const unsigned char *w = (const unsigned char *)word, *wend = w + strlen(word);
	while (w < wend)
		if (p >= end || fold(next_char(&p, end)) != next_char(&w, wend))
			return false;
	return true;
}

static bool contains_folded(const char *text, const char *word)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + strlen(text);
	for (; p < end; p++)
		if ((*p & 0xC0) != 0x80 && begins_folded(p, end, word))
			return true;
	return false;
}

static bool match_word(const struct ui_filter_word *word, const char *text)
{
	if (word->kind == UI_FILTER_EXACT)
		return strstr(text, word->text) != NULL;
	if (word->kind == UI_FILTER_PATTERN)
		return ck_pattern_match(word->text, text, '/');
	return word->ascii ? contains_ascii(text, word->text) : contains_folded(text, word->text);
}

bool ui_filter_match(const struct ui_filter *f, const char *text)
{
	for (size_t i = 0; i < f->n; i++)
		if (*f->words[i].text && match_word(&f->words[i], text) == f->words[i].unwanted)
			return false;
	return true;
}
