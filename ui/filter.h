/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * What is typed after `/`: words in any order, case folded; 'word exactly as written; !word not;
 * words with * or % are patterns over the whole text, as in IMAP.
 */
#ifndef UI_FILTER_H
#define UI_FILTER_H

#include <stdbool.h>

#include <cyrkeep/buf.h>

struct ui_filter {
	struct ck_strv words; /**< As typed. */
	char *text;           /**< The whole, or NULL while nothing is filtered. */
};

/** @return 0 or CK_ENOMEM; then the filter lets everything through. */
int ui_filter_set(struct ui_filter *f, const char *text);
void ui_filter_fini(struct ui_filter *f);
bool ui_filter_on(const struct ui_filter *f);
bool ui_filter_match(const struct ui_filter *f, const char *text);

#endif
