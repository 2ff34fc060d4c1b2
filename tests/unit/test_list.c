/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/drawn.h"
#include "widgets/list.h"

#define MILLION 1000000

/** Row n of the sequence is the number n + first. */
struct numbers {
	size_t first;
	size_t *asked; /**< How often a cell was asked for. */
};

static void number_value(const void *ctx, size_t row, int column, char *buf, size_t size,
                         struct ui_value *ret)
{
	const struct numbers *d = ctx;
	++*d->asked;
	snprintf(buf, size, column ? "%zu" : "row %zu", row + d->first);
	ret->text = buf;
}

static uint64_t number_id(const void *ctx, size_t row)
{
	const struct numbers *d = ctx;
	return row + d->first;
}

static void number_sort(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	(void)ctx, (void)column;
	ret->number = row * 2654435761u % MILLION;
}

static int number_compare(size_t a, size_t b)
{
	struct ui_sort x = {0}, y = {0};
	number_sort(NULL, a, 0, &x);
	number_sort(NULL, b, 0, &y);
	return (x.number > y.number) - (x.number < y.number);
}

static const char *number_text(const void *ctx, size_t row)
{
	static char text[32];
	const struct numbers *d = ctx;
	++*d->asked;
	snprintf(text, sizeof text, "Row %zu", row + d->first);
	return text;
}

static const struct ui_list_ops number_ops = {
	.value = number_value, .id = number_id, .sort = number_sort, .text = number_text};
static const struct ui_column columns[] = {
	{.title = "Name", .min = 8, .sorts = true},
	{.title = "Number", .width = 8, .right = true, .drop = 2},
	{.title = "Again", .width = 8, .right = true, .drop = 1},
	{0},
};

static size_t asked;

static struct ui_list list_of(struct numbers *d, size_t n)
{
	struct ui_list l;
	asked = 0;
	d->asked = &asked;
	ui_list_init(&l, &number_ops, d, columns);
	ui_list_layout(&l, (struct ui_rect){0, 0, 11, 40});
	ui_list_set(&l, d, n);
	return l;
}

static int64_t now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void a_million_rows_cost_only_what_is_seen(void **state)
{
	(void)state;
	struct numbers d = {.first = 1};
	struct ui_list l = list_of(&d, MILLION);
	int64_t start = now_us();
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(ui_list_act(&l, i % 2 ? UI_ACT_FIRST : UI_ACT_LAST), UI_REPAINT);
		assert_int_equal(ui_list_act(&l, UI_ACT_PAGE_UP), UI_REPAINT);
	}
	assert_int_equal(asked, 0); /* moving asks for nothing */
	free(drawn_row(&l, 0));
	assert_int_equal(asked, 10 * 3); /* drawing asks for the visible cells */
	assert_null(l.order.found);
	assert_null(l.order.sorted);
	assert_true(now_us() - start < 2000000);
	ui_list_fini(&l);
}

static void the_cursor_moves_within_the_rows(void **state)
{
	(void)state;
	struct numbers d = {.first = 100};
	struct ui_list l = list_of(&d, 25);
	assert_int_equal(ui_list_row(&l), 0);
	ui_list_act(&l, UI_ACT_UP);
	assert_int_equal(ui_list_row(&l), 0);
	ui_list_act(&l, UI_ACT_PAGE_DOWN);
	assert_int_equal(ui_list_row(&l), 10);
	ui_list_act(&l, UI_ACT_HALF_DOWN);
	assert_int_equal(ui_list_row(&l), 15);
	ui_list_act(&l, UI_ACT_LAST);
	assert_int_equal(ui_list_row(&l), 24);
	ui_list_act(&l, UI_ACT_DOWN);
	assert_int_equal(ui_list_row(&l), 24);
	assert_int_equal(l.top, 15);
	assert_int_equal(ui_list_act(&l, UI_ACT_OPEN), UI_IGNORED);
	ui_list_fini(&l);
}

static void an_empty_list_has_no_row(void **state)
{
	(void)state;
	struct numbers d = {.first = 1};
	struct ui_list l = list_of(&d, 0);
	assert_int_equal(ui_list_row(&l), UI_LIST_NONE);
	for (int a = UI_ACT_UP; a <= UI_ACT_LAST; a++)
		ui_list_act(&l, (enum ui_action)a);
	assert_int_equal(ui_list_row(&l), UI_LIST_NONE);
	expect_drawn(&l, 1, "                                        ");
	ui_list_fini(&l);
}

static void the_cursor_stays_on_its_row_when_data_arrive(void **state)
{
	(void)state;
	struct numbers d = {.first = 100};
	struct ui_list l = list_of(&d, 50);
	assert_true(ui_list_go(&l, 120));
	d.first = 90; /* ten rows more at the front */
	ui_list_set(&l, &d, 60);
	assert_int_equal(ui_list_row(&l), 30);
	d.first = 130; /* its row is gone: the nearest place */
	ui_list_set(&l, &d, 20);
	assert_int_equal(ui_list_row(&l), 19);
	ui_list_fini(&l);
}

/* To the end, which a slow machine has not reached at the key itself. */
static void sort_by(struct ui_list *l, int column, bool reverse)
{
	assert_int_equal(ui_list_sort(l, column, reverse), 0);
	while (ui_list_work(l) == UI_REPAINT)
		continue;
}

static void narrow(struct ui_list *l, const char *words)
{
	assert_int_equal(ui_list_filter(l, words), 0);
	while (ui_list_work(l) == UI_REPAINT)
		continue;
}

static void the_cursor_stays_on_its_row_when_the_order_changes(void **state)
{
	(void)state;
	struct numbers d = {.first = 1};
	struct ui_list l = list_of(&d, 1000);
	assert_true(ui_list_go(&l, 501));
	sort_by(&l, 0, false);
	assert_int_equal(ui_list_row(&l), 500);
	for (size_t i = 1; i < l.nshown; i++)
		assert_true(number_compare(ui_list_shown(&l, i - 1), ui_list_shown(&l, i)) <= 0);
	sort_by(&l, 0, true);
	assert_int_equal(ui_list_row(&l), 500);
	sort_by(&l, -1, false);
	assert_int_equal(l.cursor, 500);
	ui_list_fini(&l);
}

static void a_filter_narrows_and_gives_the_row_back(void **state)
{
	(void)state;
	struct numbers d = {.first = 1};
	struct ui_list l = list_of(&d, 1000);
	assert_true(ui_list_go(&l, 777));
	narrow(&l, "row 99");
	assert_int_equal(l.nshown, 19); /* 99, 199 … 999, 990 … 998 */
	narrow(&l, "row 9");
	assert_int_equal(l.nshown, 271); /* wider again: all rows are looked at */
	narrow(&l, "row 99");
	assert_int_equal(l.nshown, 19); /* narrower: only the shown ones were */
	narrow(&l, "nothing");
	assert_int_equal(ui_list_row(&l), UI_LIST_NONE);
	narrow(&l, "");
	assert_int_equal(l.nshown, 1000);
	assert_true(ui_list_row(&l) != UI_LIST_NONE);
	ui_list_fini(&l);
}

static void a_key_looks_at_some_of_a_million_rows_only(void **state)
{
	(void)state;
	struct numbers d = {.first = 0};
	struct ui_list l = list_of(&d, MILLION);
	size_t slices = 0;
	assert_true(ui_list_go(&l, 777777));
	asked = 0;
	assert_int_equal(ui_list_filter(&l, "777"), 0);
	while (l.nshown == 0)
		assert_int_equal(ui_list_work(&l), UI_REPAINT);
	assert_true(asked < MILLION);           /* test_order.c says how long a slice takes */
	assert_int_equal(ui_list_row(&l), 777); /* the first hits are there at once */
	for (; slices++, asked = 0, ui_list_work(&l) == UI_REPAINT;)
		assert_true(asked < MILLION);
	assert_true(slices > 1);
	assert_int_equal(ui_list_row(&l), 777777);
	assert_int_equal(ui_list_filter(&l, "777 1"), 0);
	ui_list_act(&l, UI_ACT_DOWN); /* the user moves before the end: there he stays */
	size_t row = ui_list_row(&l);
	while (ui_list_work(&l) == UI_REPAINT)
		continue;
	assert_int_equal(ui_list_row(&l), row);
	assert_int_equal(ui_list_filter(&l, ""), 0);
	assert_int_equal(ui_list_row(&l), row);
	assert_int_equal(l.nshown, MILLION);
	ui_list_fini(&l);
}

static void rows_that_are_added_join_what_is_found(void **state)
{
	(void)state;
	struct numbers d = {.first = 0};
	struct ui_list l = list_of(&d, 100);
	assert_int_equal(ui_list_filter(&l, "7"), 0);
	assert_int_equal(l.nshown, 19);
	ui_list_act(&l, UI_ACT_LAST);
	asked = 0;
	ui_list_grow(&l, 200);
	assert_int_equal(asked, 100); /* the new ones */
	assert_int_equal(l.nshown, 38);
	assert_int_equal(ui_list_row(&l), 97);
	assert_int_equal(ui_list_sort(&l, 0, false), 0);
	ui_list_grow(&l, 300);
	assert_int_equal(l.nshown, 57);
	assert_int_equal(ui_list_row(&l), 97);
	ui_list_fini(&l);
}

/* Only then may what was found before be all that is looked at. */
static void columns_go_in_their_order_and_figures_stay_whole(void **state)
{
	(void)state;
	struct numbers d = {.first = 7};
	struct ui_list l = list_of(&d, 3);
	expect_drawn(&l, 0, " Name                    Number    Again");
	expect_drawn(&l, 1, ">row 7                        7        7");
	ui_list_layout(&l, (struct ui_rect){0, 0, 11, 20});
	char *row = drawn_row(&l, 1);
	assert_memory_equal(row, ">row 7             7", 20);
	free(row);
	ui_list_layout(&l, (struct ui_rect){0, 0, 11, 12});
	row = drawn_row(&l, 1);
	assert_memory_equal(row, ">row 7       ", 12);
	free(row);
	ui_list_fini(&l);
}

static void the_mouse_puts_the_cursor_and_sorts(void **state)
{
	(void)state;
	struct numbers d = {.first = 1};
	struct ui_list l = list_of(&d, 100);
	struct ui_key click = {.code = UI_KEY_CLICK, .y = 4, .x = 3};
	assert_int_equal(ui_list_key(&l, &click), UI_REPAINT);
	assert_int_equal(ui_list_row(&l), 3);
	click.y = 0;
	assert_int_equal(ui_list_key(&l, &click), UI_REPAINT);
	assert_int_equal(l.sort, 0);
	assert_int_equal(ui_list_row(&l), 3);
	assert_false(l.order.descending);
	size_t first = ui_list_shown(&l, 0), last = ui_list_shown(&l, 99);
	assert_int_equal(ui_list_key(&l, &click), UI_REPAINT); /* once more: the other way round */
	assert_int_equal(l.sort, 0);
	assert_int_equal(ui_list_shown(&l, 0), last);
	assert_int_equal(ui_list_shown(&l, 99), first);
	assert_int_equal(ui_list_key(&l, &click), UI_REPAINT);
	assert_int_equal(ui_list_shown(&l, 0), first);
	click.y = 11;
	assert_int_equal(ui_list_key(&l, &click), UI_IGNORED);
	ui_list_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_rows_cost_only_what_is_seen),
		cmocka_unit_test(the_cursor_moves_within_the_rows),
		cmocka_unit_test(an_empty_list_has_no_row),
		cmocka_unit_test(the_cursor_stays_on_its_row_when_data_arrive),
		cmocka_unit_test(the_cursor_stays_on_its_row_when_the_order_changes),
		cmocka_unit_test(a_filter_narrows_and_gives_the_row_back),
		cmocka_unit_test(a_key_looks_at_some_of_a_million_rows_only),
		cmocka_unit_test(rows_that_are_added_join_what_is_found),
		cmocka_unit_test(columns_go_in_their_order_and_figures_stay_whole),
		cmocka_unit_test(the_mouse_puts_the_cursor_and_sorts),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
