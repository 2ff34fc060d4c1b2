/* SPDX-License-Identifier: BSD-2-Clause */
/* A tree as rows of a list: which there are, in which order. */
#include "support/test.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/drawn.h"
#include "support/random.h"
#include "widgets/tree.h"

#define MILLION   1000000
#define NODES_MAX 64

/** Nodes in the order of an open tree; 0 is the root. */
struct small_tree {
	uint32_t parent[NODES_MAX], end[NODES_MAX];
	uint32_t n;
};

static uint32_t small_parent(const void *ctx, uint32_t node)
{
	return ((const struct small_tree *)ctx)->parent[node];
}

static uint32_t small_end(const void *ctx, uint32_t node)
{
	return ((const struct small_tree *)ctx)->end[node];
}

static const struct ui_tree_ops small_ops = {small_parent, small_end};

/** @n nodes, each hung below one of those that can still take one. */
static struct small_tree random_tree(struct random *rng, uint32_t n)
{
	struct small_tree t = {.n = n};
	for (uint32_t i = 1; i < n; i++) {
		uint32_t up = i - 1;
		while (up > 0 && random_below(rng, 2))
			up = t.parent[up];
		t.parent[i] = up;
	}
	for (uint32_t i = n; i-- > 0;) {
		if (t.end[i] < i + 1)
			t.end[i] = i + 1;
		if (i && t.end[t.parent[i]] < t.end[i])
			t.end[t.parent[i]] = t.end[i];
	}
	return t;
}

/** Rows in some order of siblings, said the long way: what each row is. */
struct order {
	uint32_t key[NODES_MAX], node[NODES_MAX], n;
};

static void put_rows(const struct small_tree *s, struct order *o, uint32_t node)
{
	uint32_t children[NODES_MAX], n = 0;
	o->node[o->n++] = node;
	for (uint32_t i = node + 1; i < s->end[node]; i++) {
		uint32_t at = n;
		if (s->parent[i] != node)
			continue;
		for (; at > 0 && o->key[children[at - 1]] > o->key[i]; at--)
			children[at] = children[at - 1];
		children[at] = i;
		n++;
	}
	for (uint32_t i = 0; i < n; i++)
		put_rows(s, o, children[i]);
}

/** Few keys, so that many siblings are alike: then they stay as they are. */
static struct order random_order(struct random *rng, const struct small_tree *s)
{
	struct order o = {{0}, {0}, 0};
	for (uint32_t i = 0; i < s->n; i++)
		o.key[i] = random_below(rng, 8);
	put_rows(s, &o, 0);
	return o;
}

static struct order as_numbered(const struct small_tree *s)
{
	struct order o = {{0}, {0}, 0};
	put_rows(s, &o, 0);
	return o;
}

static void sort_by_key(const void *arg, uint32_t row, struct ui_sort *ret)
{
	ret->number = ((const struct order *)arg)->key[row];
}

/** The same by the widgets. */
static struct ui_arrangement *arrangement_of(const struct small_tree *s, const struct order *o)
{
	static const struct ui_order_ops ops = {sort_by_key, NULL};
	struct ui_order order = {0};
	struct ui_arrangement *a = NULL;
	assert_int_equal(ui_order_set(&order, s->n), 0);
	assert_int_equal(ui_order_sort(&order, true, false), 0);
	while (ui_order_work(&order, &ops, o))
		;
	assert_int_equal(ui_arrangement_make(&small_ops, s, s->n, &order, &a), 0);
	ui_order_fini(&order);
	for (uint32_t i = 0; i < s->n; i++) {
		assert_int_equal(a->node[i], o->node[i]);
		assert_int_equal(a->row[a->node[i]], i);
	}
	return a;
}

/** What an open tree is, said the long way; @row is where the node stands. */
static bool is_row(const struct small_tree *s, const struct ui_tree *t, uint32_t node, uint32_t row)
{
	if (node == 0 || (t->filtered && !ck_runs_has(&t->shown, row)))
		return false;
	for (uint32_t up = s->parent[node]; up; up = s->parent[up])
		if (!ck_runs_has(&t->open, up))
			return false;
	return true;
}

static void assert_rows(const struct small_tree *s, const struct ui_tree *t, const struct order *o)
{
	size_t last = UI_LIST_NONE;
	for (uint32_t i = 1; i < s->n; i++) {
		assert_int_equal(ui_tree_node(t, i), o->node[i]);
		assert_int_equal(ui_tree_row(t, o->node[i]), i);
		if (!is_row(s, t, o->node[i], i))
			continue;
		assert_int_equal(ui_tree_step(t, last, true), i);
		if (last != UI_LIST_NONE)
			assert_int_equal(ui_tree_step(t, i, false), last);
		last = i;
	}
	assert_int_equal(ui_tree_step(t, last, true), UI_LIST_NONE);
	assert_int_equal(ui_tree_step(t, UI_LIST_NONE, false), last);
}

/** Hits with their parents, as a search finds them. */
static struct ck_runs random_hits(struct random *rng, const struct small_tree *s)
{
	struct ck_runs shown = {0};
	for (uint32_t i = 1; i < s->n; i++)
		for (uint32_t up = i; random_below(rng, 6) == 0 && up; up = s->parent[up])
			assert_int_equal(ck_runs_set(&shown, up, up + 1, true), 0);
	for (uint32_t i = s->n; i-- > 1;)
		if (ck_runs_has(&shown, i))
			assert_int_equal(ck_runs_set(&shown, s->parent[i], s->parent[i] + 1, true),
			                 0);
	return shown;
}

/** Where these nodes stand. */
static struct ck_runs rows_of(const struct order *o, const struct ck_runs *nodes)
{
	struct ck_runs rows = {0};
	for (uint32_t i = 0; i < o->n; i++)
		if (ck_runs_has(nodes, o->node[i]))
			assert_int_equal(ck_runs_add(&rows, i), 0);
	return rows;
}

static void the_rows_of_a_tree_are_what_is_open(void **state)
{
	(void)state;
	struct random rng = random_of(3, 1, 4);
	for (int round = 0; round < 300; round++) {
		struct small_tree s = random_tree(&rng, 1 + random_below(&rng, NODES_MAX - 1));
		struct order o = as_numbered(&s);
		struct ck_runs hits = {0};
		struct ui_tree t;
		ui_tree_init(&t, &small_ops, &s, s.n);
		assert_rows(&s, &t, &o);
		for (int i = 0; i < 20; i++) {
			uint32_t node = random_below(&rng, s.n);
			bool all = random_below(&rng, 3) == 0, open = random_below(&rng, 2);
			struct ui_arrangement *a = NULL;
			struct ck_runs shown;
			switch (random_below(&rng, 10)) {
			case 0:
				ck_runs_fini(&hits);
				hits = random_hits(&rng, &s);
				shown = rows_of(&o, &hits);
				ui_tree_filter(&t, &shown);
				break;
			case 1:
				ui_tree_unfilter(&t);
				break;
			case 2:
				assert_int_equal(ui_tree_reveal(&t, node), 0);
				assert_true(t.filtered || node == 0 ||
				            is_row(&s, &t, node, (uint32_t)ui_tree_row(&t, node)));
				break;
			case 3:
			case 4:
				o = all ? as_numbered(&s) : random_order(&rng, &s);
				a = all ? NULL : arrangement_of(&s, &o);
				shown = rows_of(&o, &hits);
				ui_tree_arrange(&t, a, &shown);
				ui_arrangement_unref(a);
				ck_runs_fini(&shown);
				break;
			default:
				assert_int_equal(ui_tree_set_open(&t, node, open, all), 0);
				break;
			}
			assert_rows(&s, &t, &o);
		}
		ck_runs_fini(&hits);
		ui_tree_fini(&t);
	}
}

static void tree_value(const void *ctx, size_t row, int column, char *buf, size_t size,
                       struct ui_value *ret)
{
	(void)column;
	uint32_t node = ui_tree_node(ctx, row);
	snprintf(buf, size, "node %u", node);
	ret->text = buf;
	ui_tree_decorate(ctx, node, ret);
}

static size_t tree_step(const void *ctx, size_t row, bool down)
{
	return ui_tree_step(ctx, row, down);
}

static const struct ui_list_ops tree_list_ops = {
	.value = tree_value, .step = tree_step, .steps_sorted = true};
static const struct ui_column one_column[] = {
	{.title = "Node", .min = 10, .sorts = true, .most = true}, {0}};

static void branches_open_and_close_around_the_cursor(void **state)
{
	(void)state;
	/* 1 (2 (3 4) 5) 6 */
	static const struct small_tree s = {
		.parent = {0, 0, 1, 2, 2, 1, 0}, .end = {7, 6, 5, 4, 5, 6, 7}, .n = 7};
	struct ui_tree t;
	struct ui_list l;
	ui_tree_init(&t, &small_ops, &s, s.n);
	ui_list_init(&l, &tree_list_ops, &t, one_column);
	ui_list_layout(&l, (struct ui_rect){0, 0, 11, 40});
	ui_list_set(&l, &t, s.n);
	expect_drawn(&l, 1, ">\u25B8 node 1                               ");
	expect_drawn(&l, 2, "   node 6                               ");
	expect_drawn(&l, 3, "                                        ");

	assert_int_equal(ui_tree_act(&t, &l, UI_ACT_RIGHT), UI_REPAINT);
	expect_drawn(&l, 1, ">\u25BE node 1                               ");
	expect_drawn(&l, 2, "   \u25B8 node 2                             ");
	ui_tree_act(&t, &l, UI_ACT_RIGHT); /* an open branch: into it */
	assert_int_equal(ui_list_row(&l), 2);
	ui_tree_act(&t, &l, UI_ACT_OPEN_ALL);
	assert_int_equal(ui_list_row(&l), 2);
	ui_list_act(&l, UI_ACT_DOWN);
	ui_list_act(&l, UI_ACT_DOWN);
	assert_int_equal(ui_list_row(&l), 4);
	expect_drawn(&l, 4, ">      node 4                           ");
	assert_int_equal(ui_tree_act(&t, &l, UI_ACT_OPEN), UI_IGNORED); /* a leaf is the screen's */
	ui_tree_act(&t, &l, UI_ACT_LEFT);
	assert_int_equal(ui_list_row(&l), 2);
	ui_tree_act(&t, &l, UI_ACT_LEFT);
	assert_false(ui_tree_is_open(&t, 2));
	assert_false(ui_list_go(&l, 4 + 1)); /* it is hidden */
	ui_list_act(&l, UI_ACT_LAST);
	assert_int_equal(ui_list_row(&l), 6);
	ui_list_act(&l, UI_ACT_FIRST);
	assert_int_equal(ui_list_row(&l), 1);
	ui_list_fini(&l);
	ui_tree_fini(&t);
}

/** The list says what is wanted, and its cursor goes where the tree has put the row. */
static void rows_are_sorted_by_the_tree(void **state)
{
	(void)state;
	/* 1 (2 (3 4) 5) 6 */
	static const struct small_tree s = {
		.parent = {0, 0, 1, 2, 2, 1, 0}, .end = {7, 6, 5, 4, 5, 6, 7}, .n = 7};
	struct order o = {.key = {0, 9, 9, 9, 1, 1, 1}};
	struct ck_runs none = {0};
	struct ui_tree t;
	struct ui_list l;
	put_rows(&s, &o, 0);
	ui_tree_init(&t, &small_ops, &s, s.n);
	assert_int_equal(ui_tree_set_open(&t, 1, true, true), 0);
	ui_list_init(&l, &tree_list_ops, &t, one_column);
	ui_list_layout(&l, (struct ui_rect){0, 0, 11, 40});
	ui_list_set(&l, &t, s.n);
	assert_true(ui_list_go(&l, 4 + 1));
	expect_drawn(&l, 4, ">      node 4                           ");
	assert_false(l.unsorted);
	assert_int_equal(ui_list_act(&l, UI_ACT_SORT), UI_REPAINT);
	assert_true(l.unsorted);
	assert_int_equal(l.sort, 0);
	assert_true(l.descending);
	expect_drawn(&l, 4, ">      node 4                           "); /* until it is done */
	struct ui_key title = {.code = UI_KEY_CLICK, .y = 0, .x = 3};
	assert_int_equal(ui_list_key(&l, &title), UI_REPAINT);
	assert_false(l.descending);
	struct ui_arrangement *a = arrangement_of(&s, &o);
	ui_tree_arrange(&t, a, &none);
	ui_arrangement_unref(a);
	ui_list_sorted(&l, ui_tree_row(&t, 4));
	assert_false(l.unsorted);
	expect_drawn(&l, 1, "   node 6                               ");
	expect_drawn(&l, 2, " \u25BE node 1                               ");
	expect_drawn(&l, 3, "     node 5                             ");
	expect_drawn(&l, 4, "   \u25BE node 2                             ");
	expect_drawn(&l, 5, ">      node 4                           ");
	expect_drawn(&l, 6, "       node 3                           ");
	ui_tree_act(&t, &l, UI_ACT_LEFT);
	expect_drawn(&l, 4, ">  \u25BE node 2                             ");
	ui_tree_act(&t, &l, UI_ACT_LEFT);
	expect_drawn(&l, 4, ">  \u25B8 node 2                             ");
	expect_drawn(&l, 5, "                                        ");
	assert_int_equal(ui_list_act(&l, UI_ACT_SORT), UI_REPAINT); /* as they lie */
	assert_int_equal(l.sort, -1);
	ui_list_fini(&l);
	ui_tree_fini(&t);
}

/* --- a tree of a million nodes, of which everything that is asked is counted ------------ */

#define BRANCH 20 /* nodes of each of the branches that lie below the root */

static size_t tree_asked;

static uint32_t wide_parent(const void *ctx, uint32_t node)
{
	(void)ctx;
	tree_asked++;
	return (node - 1) % BRANCH ? node - (node - 1) % BRANCH : 0;
}

static uint32_t wide_end(const void *ctx, uint32_t node)
{
	(void)ctx;
	tree_asked++;
	return node == 0 ? MILLION + 1 : (node - 1) % BRANCH ? node + 1 : node + BRANCH;
}

static const struct ui_tree_ops wide_ops = {wide_parent, wide_end};

static void a_tree_of_a_million_costs_only_what_is_seen(void **state)
{
	(void)state;
	static const enum ui_action acts[] = {
		UI_ACT_LAST,  UI_ACT_RIGHT,    UI_ACT_PAGE_UP,   UI_ACT_LEFT,      UI_ACT_FIRST,
		UI_ACT_DOWN,  UI_ACT_OPEN,     UI_ACT_DOWN,      UI_ACT_LEFT,      UI_ACT_CLOSE_ALL,
		UI_ACT_RIGHT, UI_ACT_OPEN_ALL, UI_ACT_HALF_DOWN, UI_ACT_PAGE_DOWN, UI_ACT_UP,
	};
	struct ui_tree t;
	struct ui_list l;
	ui_tree_init(&t, &wide_ops, NULL, MILLION + 1);
	ui_list_init(&l, &tree_list_ops, &t, one_column);
	ui_list_layout(&l, (struct ui_rect){0, 0, 61, 40});
	ui_list_set(&l, &t, MILLION + 1);
	for (int everything = 0; everything < 2; everything++) {
		assert_int_equal(ui_tree_set_open(&t, 0, everything, true), 0);
		ui_list_set(&l, &t, MILLION + 1);
		for (size_t i = 0; i < 40 * CK_COUNT(acts); i++) {
			enum ui_action a = acts[i % CK_COUNT(acts)];
			tree_asked = 0;
			if (ui_list_act(&l, a) == UI_IGNORED)
				(void)ui_tree_act(&t, &l, a);
			free(drawn_row(&l, 1));
			assert_true(tree_asked < 60 * 20); /* some for each visible row */
		}
	}
	ui_list_act(&l, UI_ACT_LAST);
	assert_int_equal(ui_list_row(&l), MILLION);
	ui_list_fini(&l);
	ui_tree_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rows_of_a_tree_are_what_is_open),
		cmocka_unit_test(branches_open_and_close_around_the_cursor),
		cmocka_unit_test(rows_are_sorted_by_the_tree),
		cmocka_unit_test(a_tree_of_a_million_costs_only_what_is_seen),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
