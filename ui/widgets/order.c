/* SPDX-License-Identifier: BSD-2-Clause */
#include "widgets/order.h"

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/err.h>

static void drop_merge(struct ui_order *o)
{
	free(o->merge.from);
	free(o->merge.to);
	free(o->merge.rows);
	o->merge = (struct ui_order_merge){0};
}

void ui_order_fini(struct ui_order *o)
{
	drop_merge(o);
	free(o->sorted);
	free(o->found);
	memset(o, 0, sizeof *o);
}

/* --- what is shown -------------------------------------------------------------------- */

static uint32_t row_of_all(const struct ui_order *o, size_t at)
{
	return o->sorted ? o->sorted[at] : (uint32_t)at;
}

static size_t place_of_all(const struct ui_order *o, uint32_t row)
{
	size_t at = row;
	if (o->sorted)
		for (at = 0; at < o->n && o->sorted[at] != row;)
			at++;
	return at < o->n ? at : UI_ORDER_NONE;
}

size_t ui_order_count(const struct ui_order *o)
{
	return o->filters ? o->nfound : o->n;
}

uint32_t ui_order_row(const struct ui_order *o, size_t i)
{
	return o->filters ? o->found[i] : row_of_all(o, i);
}

size_t ui_order_find(const struct ui_order *o, uint32_t row)
{
	if (!o->filters)
		return place_of_all(o, row);
	for (size_t i = 0; i < o->nfound; i++)
		if (o->found[i] == row)
			return i;
	return UI_ORDER_NONE;
}

/* --- beginning ------------------------------------------------------------------------ */

/** Look at all rows for those that match. */
static int start_searching(struct ui_order *o)
{
	size_t at = place_of_all(o, o->follow);
	o->nfound = o->again = o->nagain = o->next = 0;
	o->goal = at == UI_ORDER_NONE ? 0 : at;
	o->reached = UI_ORDER_NONE;
	if (!o->filters) {
		free(o->found);
		o->found = NULL;
		return CK_OK;
	}
	uint32_t *room = reallocarray(o->found, o->n + 1, sizeof *room);
	if (!room) {
		o->filters = false;
		return CK_ENOMEM;
	}
	o->found = room;
	return CK_OK;
}

static int start_sorting(struct ui_order *o)
{
	drop_merge(o);
	if (!o->sorts || o->n < 2)
		return CK_OK;
	struct ui_order_merge m = {.width = 1, .k = 1};
	m.from = reallocarray(NULL, o->n, sizeof *m.from);
	m.to = reallocarray(NULL, o->n, sizeof *m.to);
	m.rows = reallocarray(NULL, o->n, sizeof *m.rows);
	o->merge = m;
	if (m.from && m.to && m.rows)
		return CK_OK;
	drop_merge(o);
	o->sorts = false;
	return CK_ENOMEM;
}

static void drop_sorted(struct ui_order *o)
{
	free(o->sorted);
	o->sorted = NULL;
}

int ui_order_set(struct ui_order *o, size_t n)
{
	o->n = n;
	drop_sorted(o);
	int r = start_searching(o);
	return start_sorting(o) < 0 ? CK_ENOMEM : r;
}

int ui_order_grow(struct ui_order *o, size_t n)
{
	uint32_t *found = o->filters ? reallocarray(o->found, n + 1, sizeof *found) : NULL;
	if (found)
		o->found = found;
	if (o->sorts || (o->filters && !found))
		return ui_order_set(o, n);
	o->n = n;
	return CK_OK;
}

int ui_order_sort(struct ui_order *o, bool sorts)
{
	o->sorts = sorts;
	if (sorts)
		return start_sorting(o);
	drop_merge(o);
	drop_sorted(o);
	return start_searching(o);
}

int ui_order_filter(struct ui_order *o, bool filters, bool narrow)
{
	bool on = filters && o->filters;
	o->filters = filters;
	if (!on || !narrow)
		return start_searching(o);
	/* what was found may match still, and what was not looked at may match as well */
	size_t at = ui_order_find(o, o->follow), left = o->nagain - o->again;
	if (left)
		memmove(o->found + o->nfound, o->found + o->again, left * sizeof *o->found);
	o->goal = at == UI_ORDER_NONE ? 0 : at;
	o->reached = UI_ORDER_NONE;
	o->nagain = o->nfound + left;
	o->nfound = o->again = 0;
	return CK_OK;
}

/* --- going on ------------------------------------------------------------------------- */

bool ui_order_is_sorting(const struct ui_order *o)
{
	return o->merge.from != NULL;
}

bool ui_order_is_searching(const struct ui_order *o)
{
	return o->filters && (o->again < o->nagain || o->next < o->n);
}

bool ui_order_is_busy(const struct ui_order *o)
{
	return ui_order_is_searching(o) || ui_order_is_sorting(o);
}

/** What the work is done with. */
struct tools {
	const struct ui_order_ops *ops;
	const void *arg;
	size_t taken; /**< Steps, in this slice. */
};

static bool may_go_on(const struct tools *t)
{
	return t->taken < UI_ORDER_SLICE;
}

static bool is_before(struct tools *t, const struct ui_order_key *a, const struct ui_order_key *b)
{
	t->taken++;
	if (a->part[0] != b->part[0])
		return a->part[0] < b->part[0];
	if (a->part[1] != b->part[1])
		return a->part[1] < b->part[1];
	if (a->exact)
		return a->row < b->row;
	t->taken += UI_ORDER_ROW - 1;
	return t->ops->compare(t->arg, a->row, b->row) < 0;
}

static void search(struct ui_order *o, struct tools *t)
{
	for (; may_go_on(t) && ui_order_is_searching(o); t->taken += UI_ORDER_LOOK) {
		bool again = o->again < o->nagain;
		size_t at = again ? o->again++ : o->next++;
		uint32_t row = again ? o->found[at] : row_of_all(o, at);
		if (!t->ops->match(t->arg, row))
			continue;
		/* what had not been looked at lies behind all that was found */
		if (o->reached == UI_ORDER_NONE && (at >= o->goal || (!again && o->nagain)))
			o->reached = o->nfound;
		o->found[o->nfound++] = row;
	}
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/** The keys of all rows, as they lie. */
static void ask_keys(struct ui_order *o, struct tools *t)
{
	struct ui_order_merge *m = &o->merge;
	for (; may_go_on(t) && m->known < o->n; m->known++) {
		struct ui_order_key *key = &m->from[m->known];
		*key = (struct ui_order_key){.row = (uint32_t)m->known};
		t->taken += t->ops->key ? UI_ORDER_ROW : 1;
		if (t->ops->key)
			t->ops->key(t->arg, key->row, key);
	}
}

/** On with the two runs at m->left, up to @end. */
static void merge_two(struct ui_order_merge *m, struct tools *t, size_t mid, size_t end)
{
	bool begins = m->out == m->left;
	if (begins && (mid == end || is_before(t, &m->from[mid - 1], &m->from[mid]))) {
		memcpy(m->to + m->left, m->from + m->left, (end - m->left) * sizeof *m->to);
		m->out = end;
		t->taken += (end - m->left) / UI_ORDER_ROW;
		return;
	}
	while (may_go_on(t) && m->out < end) {
		bool first =
			m->i < mid && (m->k == end || is_before(t, &m->from[m->i], &m->from[m->k]));
		t->taken += m->i >= mid || m->k == end;
		m->to[m->out++] = m->from[first ? m->i++ : m->k++];
	}
}

static void end_sorting(struct ui_order *o)
{
	free(o->sorted);
	o->sorted = CK_STEAL(o->merge.rows);
	for (size_t i = 0; i < o->n; i++)
		o->sorted[i] = o->merge.from[i].row;
	drop_merge(o);
	(void)start_searching(o); /* in the new order; the room is there */
}

static void sort(struct ui_order *o, struct tools *t)
{
	struct ui_order_merge *m = &o->merge;
	ask_keys(o, t);
	while (may_go_on(t) && m->width < o->n) {
		size_t mid = least(m->left + m->width, o->n), end = least(mid + m->width, o->n);
		merge_two(m, t, mid, end);
		if (m->out < end)
			return;
		if (end == o->n) { /* a round is over */
			struct ui_order_key *from = m->from;
			m->from = m->to;
			m->to = from;
			m->width *= 2;
			end = 0;
		}
		m->left = m->i = m->out = end;
		m->k = least(end + m->width, o->n);
	}
	if (m->width >= o->n)
		end_sorting(o);
}

bool ui_order_work(struct ui_order *o, const struct ui_order_ops *ops, const void *arg)
{
	struct tools t = {ops, arg, 0};
	while (may_go_on(&t) && ui_order_is_busy(o)) {
		if (ui_order_is_searching(o))
			search(o, &t);
		else
			sort(o, &t);
	}
	return ui_order_is_busy(o);
}
