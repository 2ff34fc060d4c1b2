/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The draft of one backup, shared by the pages Sources, Rules, Method, Destination and Review.
 *
 * The boxes of the tree and the rules of the plan say the same in two ways. What the user changed
 * last is ahead; a task works the other out, and after it what the plan takes. The pages show what
 * is known and say where something is still being worked out. Sources owns the wizard; the other
 * pages lie above it on the stack and get it as their argument.
 */
#ifndef UI_WIZARD_H
#define UI_WIZARD_H

#include <cyrkeep/job.h>
#include <cyrkeep/select.h>

#include "backup/boxes.h"
#include "backup/connected.h"
#include "backup/missing.h"
#include "loop/house.h"
#include "widgets/view.h"
#include "words/fmt.h"
#include "words/rules.h"

/** Who says that a mailbox is left out. */
struct ui_wizard_rule {
	bool whole;   /**< Leaves out whole mailboxes. */
	bool by_hand; /**< Only names what a box names too: an unticked box. */
};

/** The first rule that is on and catches nothing. */
struct ui_wizard_nothing {
	size_t rule; /**< From 1; 0: there is none. */
	bool fits;   /**< As of ck_rule_guess(). */
	char *guess; /**< The same. */
};

struct ui_wizard {
	struct ui_app *app;
	bool begun;                 /**< Draft and saved plans were looked for. */
	struct ck_settings saved;   /**< As the files are now, for its plans. */
	unsigned saved_number;      /**< Counts changes of these. */
	struct ck_plan plan;        /**< Its rules are old while boxes_ahead. */
	int64_t draft_saved;        /**< Age of the draft that was taken up, or 0. */
	struct ui_server *server;   /**< What the boxes are about; NULL until then. */
	const struct ck_tree *tree; /**< One of its trees, or NULL. */
	uint32_t follow;            /**< Of the next tree: a mailbox, and its node if it has one. */
	uint32_t followed;
	struct ui_boxes boxes;     /**< Of the tree. Old while plan_ahead. */
	struct ck_err plan_err;    /**< Why the plan's rules could not be applied, */
	struct ui_server *refused; /**< to the mailboxes of this one; held. Or NULL. */
	struct ui_rules_history rules_history;
	bool boxes_ahead, plan_ahead;
	bool working;                 /**< Boxes and plan are being made one. */
	unsigned generation;          /**< Counts changes. */
	struct ck_estimate est;       /**< Of the plan, if est_known. */
	struct ui_wizard_rule *rules; /**< One per rule, if est_known. */
	struct ui_wizard_nothing nothing;
	uint64_t est_users;        /**< Whose INBOX is taken. */
	struct ui_missing missing; /**< Of what is taken, if est_known; ruled: as soon as the boxes
	                              are, and as long as the rules are the same. */
	bool est_known;
	struct ck_err est_err;
	struct ck_watch *est_watch; /**< While it is being worked out. */
	struct ck_default_effect defaults[CK_DEFAULT_EXCLUSIONS]; /**< If defaults_known. */
	bool defaults_wanted, defaults_known;
	unsigned defaults_number; /**< Counts changes of what they depend on. */
	struct ck_err defaults_err;
	struct ck_watch *defaults_watch; /**< While they are being worked out. */
	struct ui_defaults
		*defaults_task; /**< Works with est, and takes it when that is replaced. */
	bool draft_ahead;       /**< Changed since the draft was written. */
	bool draft_saving;
	bool ended; /**< Started or saved: no draft any more. */
	struct ui_connected connected;
};

/** Argument of the rule form. */
struct ui_rule_edit {
	struct ui_wizard *w;
	size_t row;       /**< Of the plan's rules, or beyond them for a new one. */
	const char *text; /**< That a new one begins with; NULL: empty. */
};

/** Begin: read the draft, or the first plan there is, and set the boxes. */
int ui_wizard_open(struct ui_app *app, struct ui_wizard **ret, struct ck_err *err);
void ui_wizard_close(struct ui_wizard *w);

/** The house has news. */
void ui_wizard_news(struct ui_wizard *w);

/** May boxes be changed now? */
bool ui_wizard_may_tick(const struct ui_wizard *w);
/** May rules be changed now? */
bool ui_wizard_may_rule(const struct ui_wizard *w);

/** Group the tree otherwise. It comes with the news; the cursor is at @mailbox, or CK_NODE_NONE. */
void ui_wizard_regroup(struct ui_wizard *w, enum ck_grouping grouping, uint32_t mailbox);

/** To be called after a change of the tree's boxes, of plan.exclude, of plan.keep, or of other
 * answers. */
void ui_wizard_boxes_changed(struct ui_wizard *w);
void ui_wizard_rules_changed(struct ui_wizard *w);
void ui_wizard_defaults_changed(struct ui_wizard *w);
void ui_wizard_changed(struct ui_wizard *w);

/** From now on work out what the default exclusions catch, too: it looks at files. */
void ui_wizard_want_defaults(struct ui_wizard *w);

/* wizard_estimate.c and wizard_defaults.c, for wizard.c alone. */

/** The places of mailboxes that rules leave out whole, and no box of @tree; appended to @ret, which
 * is empty. Not for the drawing thread, but quick: reads no index. @return as ck_estimate(). */
int ui_estimate_ruled(const struct ck_tree *tree, const struct ck_plan *plan, int64_t now,
                      struct ck_watch *watch, struct ck_runs *ret, struct ck_err *err);
/** Start it; tree and plan agree. */
void ui_estimate_start(struct ui_wizard *w);

/** What is known of them is of another plan. */
void ui_defaults_outdate(struct ui_wizard *w);
/** Start what is due; the estimate is known. */
void ui_defaults_start(struct ui_wizard *w);
/** Free w->est, now or when nobody reads it any more. */
void ui_defaults_release(struct ui_wizard *w);

/** Do tree, plan and estimate agree, so that the plan can be started? */
bool ui_wizard_is_settled(const struct ui_wizard *w);

/** Is what the draft takes being worked out? */
bool ui_wizard_is_counting(const struct ui_wizard *w);

/** Take the saved plan @name (NULL: everything, by the defaults) as the draft. @return success. */
bool ui_wizard_take_plan(struct ui_wizard *w, const char *name);

/** Does the draft differ from the saved plan of its name? */
bool ui_wizard_is_edited(const struct ui_wizard *w);

/** Forget the draft's file: it was started or saved. */
void ui_wizard_end(struct ui_wizard *w);

/** The method that will be used; never NULL. */
const char *ui_wizard_method(const struct ui_wizard *w);
/** Of a text of the plan. @return 0 or CK_ENOMEM. */
int ui_wizard_set(struct ui_wizard *w, char **text, const char *value);

/** The rule that leaves @mailbox out, from 1; 0 for none or not known. @ret_taken: what is taken
 * of a mailbox that is not left out; may be NULL. */
int ui_wizard_left_out(const struct ui_wizard *w, uint32_t mailbox,
                       const struct ck_estimate_mailbox **ret_taken);

/* What all pages share; wizard_page.c. */

/** The wizard of a page: the first member of its state. */
struct ui_wizard *ui_wizard_of(const struct ui_view *page);

/** Back to the page @to: those above it are closed. */
void ui_wizard_go_back(struct ui_view *v, const struct ui_view_ops *to);

/** A click on the steps in row 1. @return UI_IGNORED when it was none. */
enum ui_reply ui_wizard_click(struct ui_view *v, const struct ui_key *k);

/** head() and hint() of the steps: which of them it is, and what is taken. */
void ui_wizard_head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right);
void ui_wizard_hint(const struct ui_view *v, struct ck_buf *ret);

/** "plan nightly*": the plan of the draft, and whether it was changed; appended. */
void ui_wizard_plan(const struct ui_view *v, struct ck_buf *ret);

/** "(o)" with a bullet, or "( )". */
const char *ui_wizard_radio(const struct ui_wizard *w, bool on);

/** "212 messages in 1 mailbox, 38.4G" */
void ui_wizard_effect(const struct ck_rule_effect *e, struct ck_buf *ret);

/** "In: 4.27T, 13.2 M messages.  Out: 194G." */
void ui_wizard_totals(const struct ui_wizard *w, struct ck_buf *ret);

/** `<`, `=`, `w` on the page @v. @return UI_IGNORED for other actions. */
enum ui_reply ui_wizard_act(struct ui_wizard *w, struct ui_view *v, enum ui_action a);

/** Tick or untick the places @matches, which are like @pattern; @filtered: not all that are. Very
 * many boxes become one rule, which also holds for mailboxes that are made later. What rules leave
 * out is ticked only where nothing else is like it. */
void ui_wizard_like(struct ui_wizard *w, const char *pattern, bool on,
                    const struct ck_runs *matches, bool filtered);

/** Turn the boxes of @places, or of all, but not of what rules leave out. */
void ui_wizard_invert(struct ui_wizard *w, const struct ck_runs *places);

/** Start over; take another plan. */
enum ui_reply ui_wizard_ask_over(struct ui_view *v);
enum ui_reply ui_wizard_ask_plan(struct ui_view *v);

/** The command line that does the same without the console. */
void ui_wizard_command(const struct ui_wizard *w, struct ck_buf *ret);

#endif
