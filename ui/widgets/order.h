/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Which rows of a list are shown, and in which order; worked out a slice at a time.
 *
 * Filtering or sorting a million rows takes longer than a key may wait. Both are begun here and go
 * on in slices: rows that the filter lets through are shown as they are found, and until all are
 * sorted the old order stays.
 */
#ifndef UI_ORDER_H
#define UI_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UI_ORDER_NONE SIZE_MAX

/** A slice: so many comparisons of two keys. To compare or to ask the rows themselves counts for
 * several, a look at a text for more. */
#define UI_ORDER_SLICE 65536
#define UI_ORDER_ROW   4
#define UI_ORDER_LOOK  16

/** A row and what it is mostly sorted by, so that few rows have to be looked at twice. */
struct ui_order_key {
	uint64_t part[2]; /**< The first counts most. */
	uint32_t row;
	bool exact; /**< With one equal to it, only the numbers of the rows decide. */
};

/** What rows are compared by and looked for. */
struct ui_order_ops {
	/** Parts and exact of @ret, which is zeroed, in an order that compare() agrees with; asked
	 * once. NULL: rows have no keys. */
	void (*key)(const void *arg, uint32_t row, struct ui_order_key *ret);
	int (*compare)(const void *arg, uint32_t a, uint32_t b); /**< Never 0 for two rows. */
	bool (*match)(const void *arg, uint32_t row);
};

/** Merge sort from short runs to long ones. */
struct ui_order_merge {
	struct ui_order_key *from, *to; /**< NULL: nothing is being sorted. */
	uint32_t *rows;                 /**< Room for the result. */
	size_t known;                   /**< Keys in @from so far. */
	size_t width;                   /**< Of the runs in @from. */
	size_t left;                    /**< Where the two that are being merged begin. */
	size_t i, k, out;               /**< Next of the first, of the second, and where it goes. */
};

/** Zeroed: no rows. Release with ui_order_fini(). */
struct ui_order {
	size_t n;         /**< Rows, below UINT32_MAX. */
	bool sorts;       /**< Else they are shown as they lie. */
	bool filters;     /**< Else all are shown. */
	uint32_t *sorted; /**< All rows in order, or NULL: as they lie, so far. */
	uint32_t *found;  /**< Those that are shown, while it filters; room for all. */
	size_t nfound;
	size_t again, nagain; /**< These of @found are to be looked at once more. */
	size_t next;          /**< Position among all from which on none was looked at. */
	uint32_t follow;      /**< The row that the user is on, */
	size_t goal;          /**< where it was when the search began, */
	size_t reached;       /**< and the first that was found there or behind it. */
	struct ui_order_merge merge;
};

void ui_order_fini(struct ui_order *o);

/** How many are shown so far, the row at position @i of them, and the position of @row:
 * UI_ORDER_NONE when it is not shown. */
size_t ui_order_count(const struct ui_order *o);
uint32_t ui_order_row(const struct ui_order *o, size_t i);
size_t ui_order_find(const struct ui_order *o, uint32_t row);

/* What is to be worked out from now on. @return 0, or CK_ENOMEM: then unsorted, or unfiltered. */

/** There are @n rows, others than before. */
int ui_order_set(struct ui_order *o, size_t n);
/** There are @n rows: the same, and new ones behind them. */
int ui_order_grow(struct ui_order *o, size_t n);
/** Sort, or show the rows as they lie. */
int ui_order_sort(struct ui_order *o, bool sorts);
/** Show only what matches now, or all; @narrow: whatever does was shown before, too. */
int ui_order_filter(struct ui_order *o, bool filters, bool narrow);

bool ui_order_is_busy(const struct ui_order *o);
/** More rows may be found. */
bool ui_order_is_searching(const struct ui_order *o);
/** The order is not that of the comparisons yet. */
bool ui_order_is_sorting(const struct ui_order *o);

/** Go on for a slice. @return whether there is more to do. What is shown grows; when it begins
 * anew, in another order, `reached` is UI_ORDER_NONE again. */
bool ui_order_work(struct ui_order *o, const struct ui_order_ops *ops, const void *arg);

#endif
