/* SPDX-License-Identifier: BSD-2-Clause */
/** Rules with an index of their names: tens of thousands of unticked boxes are as many rules, and
 * every mailbox asks which concern it. */
#ifndef SELECT_RULESET_H
#define SELECT_RULESET_H

#include <cyrkeep/select.h>

/** Zero-initialise; release with ruleset_fini(). Used by one thread at a time. */
struct ruleset {
	struct ck_rule *rules;
	size_t n;
	uint32_t *slots;  /**< By the hash of the name that a rule gives exactly: rule + 1, 0 is
	                     free. */
	size_t nslots;    /**< A power of two. */
	char **names;     /**< Per rule: that name, or NULL. */
	uint32_t *others; /**< Rules with no such name, rising. */
	size_t nothers;
	uint32_t *hits; /**< Room for the answer. */
	struct ck_buf parent;
};

/** Parse @texts. @return 0, CK_EUSAGE naming the term that is wrong, CK_ENOMEM. */
int ruleset_open(const struct ck_strv *texts, struct ruleset *ret, struct ck_err *err) CK_MUST_USE;
void ruleset_fini(struct ruleset *set);

/**
 * The rules whose mailbox terms hold for @mailbox, as ck_rule_matches_mailbox() says.
 * @ret  Their places in @set->rules, rising; valid until the next call. @return how many.
 */
size_t ruleset_match(struct ruleset *set, const struct ck_server *server,
                     const struct ck_mailbox *mailbox, const uint32_t **ret);

#endif
