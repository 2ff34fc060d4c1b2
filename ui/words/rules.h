/* SPDX-License-Identifier: BSD-2-Clause */
/** Exclusion rules in words, and changes of a list of them that can be undone. */
#ifndef UI_RULES_H
#define UI_RULES_H

#include <cyrkeep/select.h>

/** What a rule leaves out, short: "larger 1M and older 7 d", "role \Junk", "name user/anne". */
void ui_rule_what(const struct ck_rule *rule, struct ck_buf *ret);

/** Where: "everywhere", "Sent and below", "and below", "partition slow". */
void ui_rule_where(const struct ck_rule *rule, struct ck_buf *ret);

/** The rule as a sentence that states its boundaries; @now in seconds since 1970. */
void ui_rule_sentence(const struct ck_rule *rule, int64_t now, struct ck_buf *ret);

/** A rule as the list shows it; each owned, NULL without memory. */
struct ui_rule_words {
	char *what, *where, *sentence;
};

/** All of it. Of a rule that is wrong: its text, and what is wrong. */
void ui_rule_words(const char *text, int64_t now, struct ui_rule_words *ret);
void ui_rule_words_fini(struct ui_rule_words *words);

/** Why a rule catches nothing, and a guess at what was meant: "no mailbox is called Spam. Did you
 * mean role \Junk?" @fits and @guess (or NULL) as of ck_rule_guess(). */
void ui_rule_nothing(const char *text, bool fits, const char *guess, struct ck_buf *ret);

/** Switch a rule off, or on again. @return the new text, owned, or NULL. */
char *ui_rule_switched(const char *text);

/** How many of them are on. */
size_t ui_rules_on(const struct ck_strv *rules);

/** Append a term "key:value" whose value means itself; "" adds nothing. */
void ui_rule_add_text(struct ck_buf *ret, const char *key, const char *value);
/** The same for a pattern, where * and % stay wildcards, and for sizes and ages. */
void ui_rule_add_pattern(struct ck_buf *ret, const char *key, const char *value);

/** "left out by default: deliver.db, ...; kept: proc/", a line. */
void ui_rules_defaults(const struct ck_plan *plan, struct ck_buf *ret);

/** Switch the default exclusion @name of the plan off, or on again. @return 0 or CK_ENOMEM. */
int ui_default_toggle(struct ck_plan *plan, const char *name);

/** Rules, and default exclusions that are switched off, as they were. */
struct ui_rules_was {
	struct ck_strv exclude, keep;
};

struct ui_rules_history {
	struct ui_rules_was *undo, *redo;
	size_t nundo, nredo;
};

/** Call before exclude or keep of @plan change. @return 0 or CK_ENOMEM, then change nothing. */
int ui_rules_remember(struct ui_rules_history *h, const struct ck_plan *plan);
/** @return whether those of @plan were changed. */
bool ui_rules_undo(struct ui_rules_history *h, struct ck_plan *plan);
bool ui_rules_redo(struct ui_rules_history *h, struct ck_plan *plan);
void ui_rules_history_fini(struct ui_rules_history *h);

#endif
