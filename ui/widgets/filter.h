/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * What is typed after `/`: words in any order, case folded; 'word exactly as written; !word not;
 * words with * or % are patterns over the whole text, as in IMAP.
 */
#ifndef UI_FILTER_H
#define UI_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include <cyrkeep/buf.h>

enum ui_filter_kind {
	UI_FILTER_FOLDED,  /**< Anywhere, whatever its case. */
	UI_FILTER_EXACT,   /**< Anywhere, as written. */
	UI_FILTER_PATTERN, /**< Over the whole text. */
};

struct ui_filter_word {
	char *text; /**< Owned; of a folded word its folded form. */
	enum ui_filter_kind kind;
	bool unwanted; /**< !word */
	bool ascii;    /**< Of a folded word: the fast way will do. */
};

struct ui_filter {
	struct ui_filter_word *words;
	size_t n;
	char *text; /**< As typed, or NULL while nothing is filtered. */
};

/** @return 0 or CK_ENOMEM; then the filter lets everything through. */
int ui_filter_set(struct ui_filter *f, const char *text);
void ui_filter_fini(struct ui_filter *f);
bool ui_filter_on(const struct ui_filter *f);

/** Does whatever passes @text pass @f too? Then a list that is filtered already needs only a look
 * at what it shows. */
bool ui_filter_narrows(const struct ui_filter *f, const char *text);

bool ui_filter_match(const struct ui_filter *f, const char *text);

#endif
