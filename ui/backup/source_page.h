/* SPDX-License-Identifier: BSD-2-Clause */
/** The page Sources: what view_source.c, source_tick.c and source_search.c share. */
#ifndef UI_SOURCE_PAGE_H
#define UI_SOURCE_PAGE_H

#include "backup/config_size.h"
#include "backup/expected.h"
#include "backup/source.h"

/** Its state. */
struct ui_source_page {
	struct ui_wizard *w; /**< First: ui_wizard_of() */
	struct ui_tree rows;
	struct ui_list list;
	const struct ui_server *server; /**< That the rows are about. */
	struct ui_filter filter;
	struct ck_runs hits; /**< Places that it finds; rows.filtered says whether it is on. */
	uint64_t nhits;
	unsigned matching; /**< Number of the newest search. */
	struct ck_watch *match_watch;
	struct ck_buf pane;
	struct ui_lines pane_lines;
	struct ui_expected expected;
	struct ui_config_size config;
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
/** The same, when the rows go. */
void ui_source_drop_filter(struct ui_source_page *s);

/* source_tick.c */

/** From "all" to nothing; from nothing and from "partly" to all, but not what rules leave out.
 * @down: then to the next row. */
enum ui_reply ui_source_turn(struct ui_view *v, bool down);

/** Ask for a pattern, and tick or untick what is like it. */
void ui_source_ask_like(struct ui_view *v, bool on);

/** Undo or do again a tick, or a rule. */
enum ui_reply ui_source_step_back(struct ui_view *v, bool undo);

#endif
