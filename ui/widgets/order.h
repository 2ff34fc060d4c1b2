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

/** A slice lasts about so long, however slow the machine or the rows are. */
#define UI_ORDER_SLICE_MS 5

/** What a row is ordered by: a text, without regard to the case of A to Z, or else a number. */
struct ui_sort {
	const char *text; /**< Borrowed while it is being sorted; NULL: the number. */
	uint64_t number;  /**< Of one with a sign: ui_sort_signed(). */
	bool natural;     /**< A name: f2 before f10. */
};
uint64_t ui_sort_signed(int64_t number);

struct ui_order_ops {
	/** Fill @ret, which is zeroed; asked once for each row. */
	void (*sort)(const void *arg, uint32_t row, struct ui_sort *ret);
	bool (*match)(const void *arg, uint32_t row); /**< Is it shown by the filter? */
};

/** A row with the sixteen bytes of its text, or the number, that it is compared by just now. */
struct ui_order_key {
	uint64_t part[2]; /**< As numbers, so that the smaller comes first. */
	const char *text;
	uint32_t row;
	uint32_t natural : 1;
	uint32_t parts : 31; /**< So many were looked at; 0: none yet, or there are no more. */
};

/**
 * All rows are sorted by the first part of their texts, then the first of those that are alike by
 * the next part, and so on: nobody compares texts from their beginning again and again.
 */
struct ui_order_sorting {
	struct ui_order_key *keys, *spare; /**< NULL: nothing is being sorted. */
	uint32_t *rows;                    /**< The result, as far as @begin. */
	size_t asked;                      /**< Rows that have a key. */
	size_t begin, end;                 /**< These keys are sorted by their next part, */
	size_t known;                      /**< which was looked at up to here. */
	size_t alike; /**< They are sorted; up to here they are like the first. 0: not yet. */
	/* merge sort from short runs to long ones, in an even number of rounds: it ends in @keys */
	struct ui_order_key *from, *to;
	size_t width;     /**< Of the runs in @from. */
	bool in_order;    /**< They are one run, so far. */
	size_t left;      /**< Where the two that are being merged begin. */
	size_t i, k, out; /**< Next of the first, of the second, and where it goes. */
};

/** Zeroed: no rows. Release with ui_order_fini(). */
struct ui_order {
	size_t n;   /**< Rows, below UINT32_MAX. */
	bool sorts; /**< Else they are shown as they lie. */
	bool descending;
	bool filters;     /**< Else all are shown. */
	uint32_t *sorted; /**< All rows in order, or NULL: as they lie, so far. */
	uint32_t *found;  /**< Those that are shown, while it filters; room for all. */
	size_t nfound;
	size_t again, nagain; /**< These of @found are to be looked at once more. */
	size_t next;          /**< Position among all from which on none was looked at. */
	uint32_t follow;      /**< The row that the user is on, */
	size_t goal;          /**< where it was when the search began, */
	size_t reached;       /**< and the first that was found there or behind it. */
	struct ui_order_sorting sorting;
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
int ui_order_sort(struct ui_order *o, bool sorts, bool descending);
/** Show only what matches now, or all; @narrow: whatever does was shown before, too. */
int ui_order_filter(struct ui_order *o, bool filters, bool narrow);

bool ui_order_is_busy(const struct ui_order *o);
/** More rows may be found. */
bool ui_order_is_searching(const struct ui_order *o);
/** The order is not the wanted one yet. */
bool ui_order_is_sorting(const struct ui_order *o);

/** Go on for a slice. @return whether there is more to do. What is shown grows; when it begins
 * anew, in another order, `reached` is UI_ORDER_NONE again. */
bool ui_order_work(struct ui_order *o, const struct ui_order_ops *ops, const void *arg);

#endif
