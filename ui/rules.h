/* SPDX-License-Identifier: BSD-2-Clause */
/** Exclusion rules in words, and changes of a list of them that can be undone. */
#ifndef UI_RULES_H
#define UI_RULES_H

#include <cyrkeep/select.h>

/** What a rule leaves out, short: "larger 1M and older 7 d", "role \Junk", "user/anne". */
void ui_rule_what(const struct ck_rule *rule, struct ck_buf *ret);

/** Where: "everywhere", "Sent and below", "and below", "partition slow". */
void ui_rule_where(const struct ck_rule *rule, struct ck_buf *ret);

/** The rule as a sentence that states its boundaries; @now in seconds since 1970. */
void ui_rule_sentence(const struct ck_rule *rule, int64_t now, struct ck_buf *ret);

/** Append a term "key:value" whose value means itself; "" adds nothing. */
void ui_rule_add_text(struct ck_buf *ret, const char *key, const char *value);
/** The same for a pattern, where * and % stay wildcards, and for sizes and ages. */
void ui_rule_add_pattern(struct ck_buf *ret, const char *key, const char *value);

/** Lists of rules as they were. */
struct ui_rules_history {
	struct ck_strv *undo, *redo;
	size_t nundo, nredo;
};

/** Call before a change of @rules. @return 0 or CK_ENOMEM, then change nothing. */
int ui_rules_remember(struct ui_rules_history *h, const struct ck_strv *rules);
/** @return whether @rules were changed. */
bool ui_rules_undo(struct ui_rules_history *h, struct ck_strv *rules);
bool ui_rules_redo(struct ui_rules_history *h, struct ck_strv *rules);
void ui_rules_history_fini(struct ui_rules_history *h);

#endif
