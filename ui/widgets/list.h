/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The one table widget: columns, cursor, scrolling, sorting, filtering.
 *
 * Rows are virtual: the list asks for a cell only when it draws it, so a million rows cost
 * nothing. Sorting and filtering begin at once and go on in ui_list_work(), which the screen calls
 * from its work(). The cursor is kept by identity, not by row number, when data arrive.
 */
#ifndef UI_LIST_H
#define UI_LIST_H

#include "widgets/filter.h"
#include "widgets/order.h"
#include "widgets/view.h"

#define UI_LIST_NONE SIZE_MAX

struct ui_column {
	const char *title;
	int width;  /**< Cells; 0: takes what the others leave (one such column). */
	int min;    /**< Of the column with width 0: below this, columns are dropped. */
	bool right; /**< Figures end at the right. */
	int drop;   /**< 0: never dropped; 1 goes first where room is short, then 2, … */
	bool sorts; /**< `s` may sort by it. */
	bool most;  /**< Then from the largest down at first, as figures that end at the right. */
};

/** The sign before a label in a tree. */
enum ui_branch {
	UI_BRANCH_NONE,
	UI_BRANCH_LEAF, /**< Room for a sign, but none. */
	UI_BRANCH_OPEN,
	UI_BRANCH_CLOSED,
};

/** What stands in one cell. */
struct ui_value {
	const char *text; /**< Borrowed, or in the buffer that was offered. */
	enum ui_role role;
	unsigned flags; /**< enum ui_text_flags: UI_NAME | UI_CUT_MIDDLE for names. */
	int indent;     /**< Cells before it; see tree.h. */
	enum ui_branch branch;
	const char *aside; /**< Also at the right of the cell, where there is room; or NULL. */
};

/** Where rows come from; @ctx is what ui_list_init() got. Rows are numbered as the data lie. */
struct ui_list_ops {
	/** Fill @ret for one cell; @buf of @size bytes (96 or more) is scratch for figures. */
	void (*value)(const void *ctx, size_t row, int column, char *buf, size_t size,
	              struct ui_value *ret);
	/** What this row is, for ever: a uid, a number; unique in the list. NULL: row + 1. */
	uint64_t (*id)(const void *ctx, size_t row);
	/** What the row is ordered by in @column; fill @ret, which is zeroed. Texts stay
	 * until other rows are set. NULL: the list is not
	 * sorted by the user. */
	void (*sort)(const void *ctx, size_t row, int column, struct ui_sort *ret);
	/** The text that `/` looks into; NULL: no filter. */
	const char *(*text)(const void *ctx, size_t row);
	/**
	 * Of rows that are not numbered without gaps, as a tree's: the next one shown, downwards or
	 * upwards; from UI_LIST_NONE the first, or the last; UI_LIST_NONE behind the end. A row
	 * that is hidden may be asked about, too. Numbers rise downwards. NULL: all rows are shown.
	 * Such a list is neither sorted nor filtered by itself.
	 */
	size_t (*step)(const void *ctx, size_t row, bool down);
	/** Of such a list: who steps can sort as well. What the user wants is in sort and
	 * descending, and unsorted is set until ui_list_sorted(). */
	bool steps_sorted;
};

struct ui_list {
	const struct ui_list_ops *ops;
	const void *ctx;
	const struct ui_column *columns; /**< Ends with a NULL title. */
	size_t n;                        /**< Rows of the data. */
	struct ui_order order;           /**< Which are shown, and how. */
	size_t nshown;                   /**< Rows that the filter lets through, so far. */
	size_t cursor, top;              /**< Positions among the shown; of a tree, rows. */
	uint64_t cursor_id;
	bool cursor_set; /**< cursor_id is the user's row. */
	bool seeks;      /**< It is not placed yet where it belongs in the new order. */
	int sort;        /**< Column, or -1. */
	bool descending; /**< It is sorted from the largest down. */
	bool unsorted;   /**< The rows are in another order still; see steps_sorted. */
	struct ui_filter filter;
	struct ui_rect at; /**< In the screen's area; with the row of titles. */
	bool no_titles;    /**< No row of titles. */
	bool no_focus;     /**< Another pane has it. */
};

/** @columns and @ops must outlive the list. */
void ui_list_init(struct ui_list *l, const struct ui_list_ops *ops, const void *ctx,
                  const struct ui_column *columns);
void ui_list_fini(struct ui_list *l);

/** The data are others now: @n rows. The cursor stays on its row where that still is. */
void ui_list_set(struct ui_list *l, const void *ctx, size_t n);

/** As ui_list_set(), but the rows there were are the same, and the new ones come behind them. */
void ui_list_grow(struct ui_list *l, size_t n);

/** Go on filtering and sorting for some milliseconds. @return UI_IGNORED when there is nothing to
 * do, else UI_REPAINT. */
enum ui_reply ui_list_work(struct ui_list *l);

/** Where it lies in the screen's area. */
void ui_list_layout(struct ui_list *l, struct ui_rect at);

/** Moving, `s`. @return UI_IGNORED for what is not a list's business. */
enum ui_reply ui_list_act(struct ui_list *l, enum ui_action a);

/**
 * Mouse: a click puts the cursor, a click on a title sorts, the wheel scrolls. @return UI_IGNORED
 * for other keys and outside; for a double click UI_IGNORED after having put the cursor, so that
 * the screen can open the row.
 */
enum ui_reply ui_list_key(struct ui_list *l, const struct ui_key *key);

void ui_list_draw(const struct ui_list *l, struct ui_canvas *c);

/** The data row under the cursor, or UI_LIST_NONE when the list is empty. */
size_t ui_list_row(const struct ui_list *l);

/** The data row at position @i of the shown. */
size_t ui_list_shown(const struct ui_list *l, size_t i);

/** Put the cursor on the row with @id. @return whether it is shown. */
bool ui_list_go(struct ui_list *l, uint64_t id);

/** Sort by @column (-1: as the data lie). @return 0 or CK_ENOMEM. */
int ui_list_sort(struct ui_list *l, int column, bool descending);

/** Of a list whose rows are sorted by who steps: they have new numbers now. The cursor goes to
 * @row, or to what is shown before it. */
void ui_list_sorted(struct ui_list *l, size_t row);

/** Narrow to @text; "" shows all. @return 0 or CK_ENOMEM. */
int ui_list_filter(struct ui_list *l, const char *text);

/** "row 9 of 9 874", "12 of 9 874" with a filter; for titles. */
void ui_list_position(const struct ui_list *l, struct ck_buf *ret);

#endif
