/* SPDX-License-Identifier: BSD-2-Clause */
/** The page Sources: what view_source.c, source_tick.c, source_search.c and source_sort.c share. */
#ifndef UI_SOURCE_PAGE_H
#define UI_SOURCE_PAGE_H

#include "backup/config_size.h"
#include "backup/expected.h"
#include "backup/rested.h"
#include "backup/source.h"
#include "backup/unplanned.h"

/** Of its list. */
enum ui_source_column {
	UI_SOURCE_TICK,
	UI_SOURCE_NAME,
	UI_SOURCE_MESSAGES,
	UI_SOURCE_SIZE,
	UI_SOURCE_WHY, /**< Sorted by what is left out. */
};

/** Its state. */
struct ui_source_page {
	struct ui_wizard *w; /**< First: ui_wizard_of() */
	struct ui_tree rows;
	struct ui_list list;
	const struct ui_server *server; /**< That the rows are about, */
	const struct ck_tree *tree;     /**< and its tree. */
	unsigned follow_up; /**< In the next tree the cursor is so far above w->followed. */
	struct ui_filter filter;
	struct ck_runs hits; /**< Places that it finds; rows.filtered says whether it is on. */
	uint64_t nhits;
	unsigned matching; /**< Number of the newest search. */
	struct ck_watch *match_watch;
	unsigned sorting;            /**< Number of the newest sort, */
	struct ck_watch *sort_watch; /**< while it is under way, */
	int sort_by;                 /**< and what it sorts by. */
	bool sort_down;
	struct ck_buf pane;
	struct ui_lines pane_lines;
	struct ui_expected expected;
	struct ui_config_size config;
	struct ui_rested rested;
	struct ui_unplanned unplanned;
	char *sought; /**< The partition that somebody came for, until it is known. */
};

/** The node under the cursor, or CK_NODE_NONE. */
uint32_t ui_source_cursor(const struct ui_source_page *s);

/** Other words for the pane: the row under the cursor is another one, or the same in another state.
 */
void ui_source_explain_row(struct ui_view *v);

/* source_search.c */

/** `/`: show only what is found; Esc: all again. */
void ui_source_ask_filter(struct ui_view *v);
void ui_source_unfilter(struct ui_view *v);
/** The same, when the page goes; or when the rows do, and the same is to be found in others. */
void ui_source_drop_filter(struct ui_source_page *s);
void ui_source_drop_hits(struct ui_source_page *s);
void ui_source_find_again(struct ui_view *v);

/** The rows of the mailboxes at the places @hits, and of what leads to them, in an arrangement.
 * @ret_first: node of the first mailbox, or CK_NODE_NONE. Not for the drawing thread.
 * @return 0 or CK_ENOMEM. */
int ui_source_shown(const struct ck_tree *tree, const struct ui_arrangement *arranged,
                    const struct ck_runs *hits, struct ck_runs *ret, uint32_t *ret_first);

/* source_sort.c */

/** Begin with what the list wants, unless that is under way or its figures are not known yet; to be
 * called again then. Users and mailboxes are sorted; partitions and what they are parted into stay.
 * What is left out counts as it is now: rows do not jump when they are ticked. */
void ui_source_sort(struct ui_view *v);
/** Give it up: the rows go. */
void ui_source_drop_sort(struct ui_source_page *s);

/** The parents and ends of a struct ck_tree, the context. */
extern const struct ui_tree_ops ui_source_tree_ops;

/* source_tick.c */

/** Does the cursor stand on a part of the configuration, which has no box? Why is told. */
bool ui_source_is_part(const struct ui_source_page *s);
extern const char ui_source_part_reason[];

/** From "all" to nothing; from nothing and from "partly" to all, but not what rules leave out.
 * @down: then to the next row. */
enum ui_reply ui_source_turn(struct ui_view *v, bool down);

/** Ask for a pattern, and tick or untick what is like it. */
void ui_source_ask_like(struct ui_view *v, bool on);

/** Undo or do again a tick, or a rule. */
enum ui_reply ui_source_step_back(struct ui_view *v, bool undo);

#endif
