/* SPDX-License-Identifier: BSD-2-Clause */
#include "order.h"

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/err.h>

static void drop_merge(struct ui_order *o)
{
	free(o->merge.from);
	free(o->merge.to);
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
	if (!m.from || !m.to) {
		free(m.from);
		free(m.to);
		o->sorts = false;
		return CK_ENOMEM;
	}
	for (size_t i = 0; i < o->n; i++)
		m.from[i] = (uint32_t)i;
	o->merge = m;
	return CK_OK;
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
};

static int compare(const struct tools *t, uint32_t a, uint32_t b)
{
	return t->ops->compare(t->arg, a, b);
}

/** @return steps that were taken. */
static size_t search(struct ui_order *o, const struct tools *t, size_t steps)
{
	size_t taken = 0;
	for (; taken < steps && ui_order_is_searching(o); taken += UI_ORDER_LOOK) {
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
	return taken;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/** On with the two runs at m->left, up to @end. @return steps. */
static size_t merge_two(struct ui_order_merge *m, const struct tools *t, size_t mid, size_t end,
                        size_t steps)
{
	bool begins = m->out == m->left;
	if (begins && (mid == end || compare(t, m->from[mid - 1], m->from[mid]) < 0)) {
		memcpy(m->to + m->left, m->from + m->left, (end - m->left) * sizeof *m->to);
		m->out = end;
		return 1 + (end - m->left) / UI_ORDER_LOOK;
	}
	size_t taken = 0;
	for (; taken < steps && m->out < end; taken++) {
		bool first =
			m->i < mid && (m->k == end || compare(t, m->from[m->i], m->from[m->k]) < 0);
		m->to[m->out++] = m->from[first ? m->i++ : m->k++];
	}
	return taken;
}

static void end_sorting(struct ui_order *o)
{
	free(o->sorted);
	o->sorted = CK_STEAL(o->merge.from);
	drop_merge(o);
	(void)start_searching(o); /* in the new order; the room is there */
}

/** @return steps that were taken. */
static size_t sort(struct ui_order *o, const struct tools *t, size_t steps)
{
	struct ui_order_merge *m = &o->merge;
	size_t taken = 0;
	while (taken < steps && m->width < o->n) {
		size_t mid = least(m->left + m->width, o->n), end = least(mid + m->width, o->n);
		taken += merge_two(m, t, mid, end, steps - taken);
		if (m->out < end)
			return taken;
		if (end == o->n) { /* a round is over */
			uint32_t *from = m->from;
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
	return taken + 1;
}

bool ui_order_work(struct ui_order *o, const struct ui_order_ops *ops, const void *arg)
{
	const struct tools t = {ops, arg};
	for (size_t taken = 0; taken < UI_ORDER_SLICE && ui_order_is_busy(o);) {
		size_t steps = UI_ORDER_SLICE - taken;
		taken += ui_order_is_searching(o) ? search(o, &t, steps) : sort(o, &t, steps);
	}
	return ui_order_is_busy(o);
}
