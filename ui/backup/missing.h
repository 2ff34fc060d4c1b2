/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * What is missing of mailboxes that a plan takes: messages that rules of size and age leave out,
 * and what cannot be read. By place of the tree, so that a branch is one difference.
 */
#ifndef UI_MISSING_H
#define UI_MISSING_H

#include <cyrkeep/select.h>

struct ui_wizard_rule;

struct ui_missing_sum {
	uint64_t messages, bytes; /**< That rules of size and age leave out. */
	uint64_t unreadable;      /**< Mailboxes whose index cannot be read. */
};

/** Zeroed: nothing is missing. */
struct ui_missing {
	struct ui_missing_of {
		uint32_t place;               /**< Of a mailbox of which something is, rising. */
		uint32_t rule;                /**< That takes its messages; 0: not one alone. */
		struct ui_missing_sum before; /**< All that lies before it. */
	} * of;
	size_t n;
	unsigned *holders; /**< Of @of, in the drawing thread; NULL: only this. */
	struct ui_missing_sum all;
	struct ck_runs ruled;   /**< Places of mailboxes that a rule leaves out whole. */
	uint64_t bytes_by_rule; /**< Of these, and of the messages. */
};

/**
 * Work it out; not for the drawing thread. @rules, as those of @plan: what one leaves out that only
 * stands for an unticked box is not ruled. @return 0 or CK_ENOMEM.
 */
int ui_missing_make(const struct ck_tree *tree, const struct ck_plan *plan,
                    const struct ui_wizard_rule *rules, const struct ck_estimate *est,
                    struct ui_missing *ret) CK_MUST_USE;
void ui_missing_fini(struct ui_missing *m);

/** The same sums to read for a task, without ruled; released with ui_missing_fini(), in the drawing
 * thread as well. @return 0 or CK_ENOMEM; @ret is overwritten. */
int ui_missing_share(struct ui_missing *m, struct ui_missing *ret) CK_MUST_USE;

/** Of the places from @first to @end - 1. */
struct ui_missing_sum ui_missing_in(const struct ui_missing *m, uint32_t first, uint32_t end);

/** The rule that takes messages of the mailbox at @place, from 1; 0 if it is not one. */
uint32_t ui_missing_rule(const struct ui_missing *m, uint32_t place);

#endif
