/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdlib.h>
#include <time.h>

#include "support/random.h"
#include "widgets/order.h"

#define MILLION 1000000

/** Rows with a number each; a filter lets those through whose number is a multiple. */
struct rows {
	uint32_t *keys;
	uint32_t multiple;
	size_t asked;    /**< Rows, for their numbers or whether they match, since it was zeroed. */
	int64_t slow_us; /**< That takes so long each time. */
};

static int64_t now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void take_long(struct rows *r)
{
	for (int64_t until = now_us() + r->slow_us; r->slow_us && now_us() < until;)
		continue;
	r->asked++;
}

static void sort(const void *arg, uint32_t row, struct ui_sort *ret)
{
	struct rows *r = (struct rows *)(uintptr_t)arg;
	take_long(r);
	ret->number = r->keys[row];
}

static bool match(const void *arg, uint32_t row)
{
	struct rows *r = (struct rows *)(uintptr_t)arg;
	take_long(r);
	return r->keys[row] % r->multiple == 0;
}

static const struct ui_order_ops ops = {sort, match};

/** What is being compared, for qsort_r(). */
struct comparison {
	const struct rows *r;
	bool descending;
};

static int by_key(const void *x, const void *y, void *arg)
{
	const struct comparison *c = arg;
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	uint32_t first = c->r->keys[a], second = c->r->keys[b];
	if (first != second)
		return (first < second) != c->descending ? -1 : 1;
	return a < b ? -1 : a > b;
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
		qsort_r(list, *ret_n, sizeof *list, by_key, &(struct comparison){r, o->descending});
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

/** One slice: what is shown afterwards matches. */
static bool work(struct rows *r, struct ui_order *o)
{
	bool more = ui_order_work(o, &ops, r);
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
			assert_int_equal(
				ui_order_sort(&o, random_below(&rng, 3), random_below(&rng, 2)), 0);
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
	assert_int_equal(ui_order_sort(&o, true, false), 0);
	while (work(&r, &o))
		assert_int_equal(ui_order_row(&o, 5), 5); /* the old order until then */
	assert_int_equal(r.asked, MILLION);
	assert_complete(&r, &o);

	r.asked = 0;
	assert_int_equal(ui_order_filter(&o, true, false), 0);
	while (ui_order_count(&o) == 0) /* hits as soon as they are found */
		assert_true(work(&r, &o));
	assert_true(r.asked < MILLION);
	finish(&r, &o);
	ui_order_fini(&o);
	free(r.keys);
}

static void a_slice_ends_in_time_however_slow_the_rows_are(void **state)
{
	(void)state;
	enum { N = 10000, US = 20 };
	struct random rng = random_of(5, 1, 4);
	struct rows r = random_rows(&rng, N);
	struct ui_order o = {0};
	r.slow_us = US;
	assert_int_equal(ui_order_set(&o, N), 0);
	assert_int_equal(ui_order_sort(&o, true, false), 0);
	for (int what = 0; what < 2; what++) {
		size_t slices = 0;
		if (what)
			assert_int_equal(ui_order_filter(&o, true, false), 0);
		for (bool more = true; more; slices++) {
			r.asked = 0;
			more = work(&r, &o);
			assert_in_range(r.asked * US, 0, 1000 * (UI_ORDER_SLICE_MS * 2));
		}
		assert_true(slices > N * US / 1000 / UI_ORDER_SLICE_MS / 2);
	}
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
	while (o.reached == UI_ORDER_NONE)
		assert_true(work(&r, &o));
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
		cmocka_unit_test(a_slice_ends_in_time_however_slow_the_rows_are),
		cmocka_unit_test(the_users_row_is_reached),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
