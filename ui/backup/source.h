/* SPDX-License-Identifier: BSD-2-Clause */
/** What Sources says about a node of the tree, and which nodes `/` leaves. For view_source.c. */
#ifndef UI_SOURCE_H
#define UI_SOURCE_H

#include "backup/wizard.h"
#include "terminal/wrap.h"
#include "widgets/filter.h"
#include "widgets/tree.h"

/** "[x]", "[~]", "[ ]", "[-]" left out by a rule, "[!]" its index cannot be read; "" where it has
 * no box. */
const char *ui_source_tick(const struct ui_wizard *w, uint32_t node, enum ui_role *ret_role);

/** "partition default", "domain example.org", "users", "Sent"; @buf of @size bytes is scratch. */
const char *ui_source_label(const struct ck_tree *tree, uint32_t node, char *buf, size_t size);

/** "14 below", of a name with mailboxes below it; else NULL. @buf is scratch. */
const char *ui_source_aside(const struct ui_wizard *w, uint32_t node, char *buf, size_t size);

/** The last column: why it is not taken whole; "" where it is. */
const char *ui_source_why(const struct ui_wizard *w, uint32_t node, char *buf, size_t size);

/** Messages at and below it that are not taken, as far as is known. */
uint64_t ui_source_left_out(const struct ui_wizard *w, uint32_t node);

/** Sentences about a node: for the pane and for `i`. */
void ui_source_explain(const struct ui_wizard *w, uint32_t node, struct ck_buf *ret);

/** "Rule 2. Leaves out ...", the rule from 1; a line. */
void ui_source_explain_rule(const struct ui_wizard *w, uint32_t rule, struct ck_buf *ret);

/** What a restore will not have without the configuration directory, a line each. */
extern const char ui_source_config_loss[];

/** The rule that a node suggests: its role, its name, its partition; appended.
 * @return false: it stands for none of them. */
bool ui_source_rule(const struct ui_wizard *w, uint32_t node, struct ck_buf *ret);

/** The terms for a mailbox: its role, or its name; @below: with all below it. Appended. */
void ui_source_mailbox_rule(const struct ck_tree *tree, uint32_t node, bool below,
                            struct ck_buf *ret);

/** That rule, or an empty one, in the editor above the page @v. */
void ui_source_new_rule(struct ui_view *v, uint32_t node);

/** At first partitions or domains are open, unless there are many, and what is in them. */
void ui_source_open_first(const struct ck_tree *tree, struct ui_tree *rows);

/** A search in the tree: a task's argument, with its work() and free(). */
struct ui_source_search {
	struct ui_server *server;        /**< Held. */
	const struct ck_tree *tree;      /**< One of its. */
	struct ui_arrangement *arranged; /**< Held: what `shown` is about. */
	struct ui_filter filter;         /**< By words, */
	char *pattern;                   /**< or by a LIST pattern. */
	struct ck_buf text;              /**< Scratch. */
	unsigned number;                 /**< The caller's. */
	bool on;                         /**< The caller's. */
	struct ck_runs hits;             /**< Places of the mailboxes that were found. */
	struct ck_runs shown;            /**< Their rows, and those that lead to them. */
	uint32_t first; /**< Node of the first row; CK_NODE_NONE when there is none. */
};
/** @words or @pattern, the other is NULL. @return NULL without memory. */
struct ui_source_search *ui_source_search_new(const struct ui_wizard *w, const char *words,
                                              const char *pattern);
int ui_source_search_work(void *data, struct ck_watch *watch, struct ck_err *err);
void ui_source_search_free(void *data);

/** Wrapped lines from row @y on. */
void ui_source_draw_lines(struct ui_canvas *c, int y, const char *text,
                          const struct ui_lines *lines);

/** The block "Totals": what is in, and what each rule catches. */
void ui_source_draw_sums(const struct ui_wizard *w, struct ui_canvas *c, int y);

/** While there is no tree: what is being read, or why there is none. */
void ui_source_draw_waiting(const struct ui_wizard *w, struct ui_canvas *c);

/** The sentences about a node in a dialog. */
void ui_source_say_why(struct ui_view *v, uint32_t node);

#endif
