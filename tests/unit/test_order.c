/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdlib.h>

#include "support/random.h"
#include "widgets/order.h"

#define MILLION 1000000

/** Rows with a key each; a filter lets those through whose key is a multiple. */
struct rows {
	uint32_t *keys;
	uint32_t multiple;
	size_t steps; /**< Taken since they were counted last. */
	bool exact;
};

static int compare(const void *arg, uint32_t a, uint32_t b)
{
	struct rows *r = (struct rows *)(uintptr_t)arg;
	r->steps++;
	if (r->keys[a] != r->keys[b])
		return r->keys[a] < r->keys[b] ? -1 : 1;
	return a < b ? -1 : 1;
}

static bool match(const void *arg, uint32_t row)
{
	struct rows *r = (struct rows *)(uintptr_t)arg;
	r->steps += UI_ORDER_LOOK;
	return r->keys[row] % r->multiple == 0;
}

static const struct ui_order_ops ops = {.compare = compare, .match = match};

static int by_key(const void *a, const void *b, void *arg)
{
	return compare(arg, *(const uint32_t *)a, *(const uint32_t *)b);
}

/** What is to be shown in the end, worked out at once; owned. */
static uint32_t *wanted(struct rows *r, const struct ui_order *o, size_t *ret_n)
{
	uint32_t *list = calloc(o->n + 1, sizeof *list);
	assert_non_null(list);
	*ret_n = 0;
	for (uint32_t i = 0; i < o->n; i++)
		if (!o->filters || r->keys[i] % r->multiple == 0)
			list[(*ret_n)++] = i;
	if (o->sorts)
		qsort_r(list, *ret_n, sizeof *list, by_key, r);
	return list;
}

static void assert_complete(struct rows *r, const struct ui_order *o)
{
	size_t n;
	uint32_t *want = wanted(r, o, &n);
	assert_int_equal(ui_order_count(o), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(ui_order_row(o, i), want[i]);
		if (i % 97 == 0)
			assert_int_equal(ui_order_find(o, want[i]), i);
	}
	free(want);
}

/** One slice: bounded, and what is shown afterwards matches. */
static bool work(struct rows *r, struct ui_order *o)
{
	r->steps = 0;
	bool more = ui_order_work(o, &ops, r);
	assert_true(r->steps <= UI_ORDER_SLICE + 2 * UI_ORDER_LOOK);
	for (size_t i = 0; o->filters && i < o->nfound; i += 1 + o->nfound / 50)
		assert_int_equal(r->keys[o->found[i]] % r->multiple, 0);
	return more;
}

static void finish(struct rows *r, struct ui_order *o)
{
	while (work(r, o))
		continue;
	assert_false(ui_order_is_busy(o));
	assert_complete(r, o);
}

static struct rows random_rows(struct random *rng, size_t n)
{
	struct rows r = {.keys = calloc(n, sizeof *r.keys), .multiple = 1};
	assert_non_null(r.keys);
	for (size_t i = 0; i < n; i++)
		r.keys[i] = random_below(rng, (uint32_t)n);
	return r;
}

static void whatever_is_asked_comes_out_in_the_end(void **state)
{
	(void)state;
	struct random rng = random_of(5, 1, 1);
	size_t most = 30000;
	struct rows r = random_rows(&rng, most);
	struct ui_order o = {0};
	for (int i = 0; i < 600; i++) {
		uint32_t narrower = r.multiple * (1 + random_below(&rng, 3));
		switch (random_below(&rng, 8)) {
		case 0:
			for (int k = 0; k < 100; k++) /* others */
				r.keys[random_below(&rng, (uint32_t)most)] += 1;
			assert_int_equal(ui_order_set(&o, random_below(&rng, (uint32_t)most / 2)),
			                 0);
			break;
		case 1:
			if (o.n < most)
				assert_int_equal(
					ui_order_grow(
						&o,
						o.n + random_below(&rng, (uint32_t)(most - o.n))),
					0);
			break;
		case 2:
			assert_int_equal(ui_order_sort(&o, random_below(&rng, 2)), 0);
			break;
		case 3:
			r.multiple = 1;
			assert_int_equal(ui_order_filter(&o, false, false), 0);
			break;
		case 4:
			r.multiple = 1 + random_below(&rng, 5);
			assert_int_equal(ui_order_filter(&o, true, false), 0);
			break;
		case 5:
			r.multiple = narrower;
			assert_int_equal(ui_order_filter(&o, true, true), 0);
			break;
		case 6:
			finish(&r, &o);
			break;
		default:
			(void)work(&r, &o);
			break;
		}
	}
	finish(&r, &o);
	ui_order_fini(&o);
	free(r.keys);
}

static void a_million_rows_are_sorted_and_searched_in_slices(void **state)
{
	(void)state;
	struct random rng = random_of(5, 1, 2);
	struct rows r = random_rows(&rng, MILLION);
	struct ui_order o = {0};
	r.multiple = 1000;
	assert_int_equal(ui_order_set(&o, MILLION), 0);
	assert_int_equal(ui_order_sort(&o, true), 0);
	size_t slices = 1;
	for (; work(&r, &o); slices++)
		assert_int_equal(ui_order_row(&o, 5), 5); /* the old order until then */
	assert_complete(&r, &o);
	assert_in_range(slices, 100, 20 * MILLION / UI_ORDER_SLICE * UI_ORDER_ROW);

	assert_int_equal(ui_order_filter(&o, true, false), 0);
	assert_true(work(&r, &o));
	assert_true(ui_order_count(&o) > 0); /* hits from the first slice on */
	finish(&r, &o);
	ui_order_fini(&o);
	free(r.keys);
}

static void key(const void *arg, uint32_t row, struct ui_order_key *ret)
{
	struct rows *r = (struct rows *)(uintptr_t)arg;
	ret->part[0] = r->keys[row] / 1000; /* the rows themselves know the rest */
	ret->part[1] = r->keys[row] / 10 % 100;
	ret->exact = r->keys[row] % 20 == 0 && r->exact;
}

/** Keys that say nothing, something, or all: the order is the same. */
static void keys_spare_comparisons(void **state)
{
	(void)state;
	static const struct ui_order_ops with_keys = {key, compare, match};
	struct random rng = random_of(5, 1, 3);
	struct rows r = random_rows(&rng, 200000);
	for (int turn = 0; turn < 2; turn++) {
		struct ui_order o = {0};
		size_t steps = 0;
		for (size_t i = 0; turn && i < 200000; i++)
			r.keys[i] = r.keys[i] / 20 * 20;
		r.exact = turn;
		assert_int_equal(ui_order_set(&o, 200000), 0);
		assert_int_equal(ui_order_sort(&o, true), 0);
		r.steps = 0;
		while (ui_order_work(&o, &with_keys, &r))
			assert_true(r.steps - steps <= UI_ORDER_SLICE / UI_ORDER_ROW + 1),
				steps = r.steps;
		assert_in_range(r.steps, turn ? 0 : 1, turn ? 0 : 20 * 200000 / 3);
		assert_complete(&r, &o);
		ui_order_fini(&o);
	}
	free(r.keys);
}

static void what_is_sorted_already_costs_one_comparison_a_row(void **state)
{
	(void)state;
	struct rows r = {.keys = calloc(MILLION, sizeof *r.keys), .multiple = 1};
	struct ui_order o = {0};
	size_t steps = 0;
	assert_int_equal(ui_order_set(&o, MILLION), 0);
	assert_int_equal(ui_order_sort(&o, true), 0);
	for (bool more = true; more; steps += r.steps)
		more = work(&r, &o);
	assert_true(steps <= MILLION);
	assert_complete(&r, &o);
	ui_order_fini(&o);
	free(r.keys);
}

/** The row that the user is on is found again, or the next one that is shown. */
static void the_users_row_is_reached(void **state)
{
	(void)state;
	struct rows r = {.keys = calloc(MILLION, sizeof *r.keys), .multiple = 7};
	struct ui_order o = {0};
	for (uint32_t i = 0; i < MILLION; i++)
		r.keys[i] = i;
	assert_int_equal(ui_order_set(&o, MILLION), 0);
	o.follow = 700001;
	assert_int_equal(ui_order_filter(&o, true, false), 0);
	size_t slices = 0;
	for (; o.reached == UI_ORDER_NONE; slices++)
		assert_true(work(&r, &o));
	assert_true(slices > 100);
	assert_int_equal(ui_order_row(&o, o.reached), 700007);
	o.follow = 700007;
	r.multiple = 14; /* in the middle of it: narrower */
	assert_int_equal(ui_order_filter(&o, true, true), 0);
	assert_int_equal(o.reached, UI_ORDER_NONE);
	finish(&r, &o);
	assert_int_equal(ui_order_row(&o, o.reached), 700014);
	o.follow = 999999;
	r.multiple = 28;
	assert_int_equal(ui_order_filter(&o, true, true), 0);
	finish(&r, &o);
	assert_int_equal(o.reached, 0); /* it was not shown before */
	ui_order_fini(&o);
	free(r.keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_is_asked_comes_out_in_the_end),
		cmocka_unit_test(a_million_rows_are_sorted_and_searched_in_slices),
		cmocka_unit_test(keys_spare_comparisons),
		cmocka_unit_test(what_is_sorted_already_costs_one_comparison_a_row),
		cmocka_unit_test(the_users_row_is_reached),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
