/* SPDX-License-Identifier: BSD-2-Clause */
#include "widgets/order.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cyrkeep/err.h>
#include <cyrkeep/select.h>

/* Steps of a slice until the clock is looked at, and from then on. To ask for what a row is sorted
 * by counts for several, to look for something in its text for more. */
#define STEPS_FIRST 2048
#define STEPS       512
#define STEPS_ASK   8
#define STEPS_LOOK  16

#define PART 16 /* bytes of a text that are compared at once */
#define RUN  16 /* rows that are sorted while they are asked, or half of it */

uint64_t ui_sort_signed(int64_t number)
{
	return (uint64_t)number ^ (uint64_t)1 << 63;
}

static void drop_sorting(struct ui_order *o)
{
	free(o->sorting.keys);
	free(o->sorting.spare);
	free(o->sorting.rows);
	o->sorting = (struct ui_order_sorting){0};
}

void ui_order_fini(struct ui_order *o)
{
	drop_sorting(o);
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

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/** Merge the two runs from @left on. */
static void start_pair(struct ui_order_sorting *s, size_t left)
{
	s->left = s->i = s->out = left;
	s->k = least(left + s->width, s->end);
}

/** Sort the keys from begin to end by their next part. */
static void start_group(struct ui_order_sorting *s)
{
	bool even = true;
	for (size_t width = RUN; width < s->end - s->begin; width *= 2)
		even = !even;
	s->known = s->begin;
	s->alike = 0;
	s->from = s->keys;
	s->to = s->spare;
	s->width = even ? RUN : RUN / 2;
	s->in_order = true;
	start_pair(s, s->begin);
}

static int start_sorting(struct ui_order *o)
{
	drop_sorting(o);
	if (!o->sorts || o->n < 2)
		return CK_OK;
	struct ui_order_sorting *s = &o->sorting;
	s->keys = reallocarray(NULL, o->n, sizeof *s->keys);
	s->spare = reallocarray(NULL, o->n, sizeof *s->spare);
	s->rows = reallocarray(NULL, o->n, sizeof *s->rows);
	if (!s->keys || !s->spare || !s->rows) {
		drop_sorting(o);
		o->sorts = false;
		return CK_ENOMEM;
	}
	s->end = o->n;
	start_group(s);
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

int ui_order_sort(struct ui_order *o, bool sorts, bool descending)
{
	o->sorts = sorts;
	o->descending = descending;
	if (sorts)
		return start_sorting(o);
	drop_sorting(o);
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
	return o->sorting.keys != NULL;
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
	int64_t until_us;   /**< The end of the slice. */
	size_t steps, look; /**< Taken in it, and when the clock is looked at. */
	bool over;
};

static int64_t now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static bool may_go_on(struct tools *t)
{
	if (t->steps >= t->look && !t->over) {
		t->look = t->steps + STEPS;
		t->over = now_us() >= t->until_us;
	}
	return !t->over;
}

static void search(struct ui_order *o, struct tools *t)
{
	for (; may_go_on(t) && ui_order_is_searching(o); t->steps += STEPS_LOOK) {
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

static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/** As ck_natural_key(), of a text without regard to case. */
static bool text_key(const char *text, uint32_t part, uint64_t ret[2])
{
	text += strnlen(text, (size_t)part * PART);
	for (size_t i = 0; i < PART; i++) {
		ret[i / 8] = ret[i / 8] << 8 | fold(*text);
		text += *text != '\0';
	}
	return (ret[1] & 0xff) != 0;
}

static void next_part(struct ui_order_key *key, bool descending)
{
	bool more = false;
	if (key->text)
		more = (key->natural ? ck_natural_key : text_key)(key->text, key->parts, key->part);
	for (int i = 0; descending && i < 2; i++)
		key->part[i] = ~key->part[i];
	key->parts = more ? key->parts + 1 : 0;
}

static bool is_before(const struct ui_order_key *a, const struct ui_order_key *b)
{
	return a->part[0] != b->part[0] ? a->part[0] < b->part[0] : a->part[1] < b->part[1];
}

/** Could the next part tell them apart, but not this one? */
static bool is_alike(const struct ui_order_key *a, const struct ui_order_key *b)
{
	return a->parts && a->parts == b->parts && a->part[0] == b->part[0] &&
	       a->part[1] == b->part[1];
}

static void ask(struct ui_order *o, struct tools *t)
{
	struct ui_order_sorting *s = &o->sorting;
	for (; may_go_on(t) && s->asked < o->n; s->asked++, t->steps += STEPS_ASK) {
		struct ui_sort sort = {0};
		t->ops->sort(t->arg, (uint32_t)s->asked, &sort);
		s->keys[s->asked] = (struct ui_order_key){.part = {sort.number},
		                                          .text = sort.text,
		                                          .row = (uint32_t)s->asked,
		                                          .natural = sort.natural};
	}
}

/** Look at the next parts, and sort by them as far as short runs. */
static void look(struct ui_order *o, struct tools *t)
{
	struct ui_order_sorting *s = &o->sorting;
	for (; may_go_on(t) && s->known < s->end; s->known++, t->steps += STEPS_ASK) {
		size_t at = s->known, run = at - (at - s->begin) % s->width;
		struct ui_order_key key = s->keys[at];
		next_part(&key, o->descending);
		for (; at > run && is_before(&key, &s->keys[at - 1]); at--)
			s->keys[at] = s->keys[at - 1];
		s->keys[at] = key;
		s->in_order &=
			at == s->known && (at == s->begin || !is_before(&key, &s->keys[at - 1]));
	}
}

/** On with the two runs. */
static void merge(struct ui_order_sorting *s, struct tools *t)
{
	size_t mid = least(s->left + s->width, s->end), end = least(mid + s->width, s->end);
	for (; may_go_on(t) && s->out < end; t->steps++) {
		bool second =
			s->i == mid || (s->k < end && is_before(&s->from[s->k], &s->from[s->i]));
		s->to[s->out++] = s->from[second ? s->k : s->i];
		s->k += second;
		s->i += !second;
	}
	if (s->out < end)
		return;
	if (end == s->end) { /* a round is over */
		struct ui_order_key *from = s->from;
		s->from = s->to;
		s->to = from;
		s->width *= 2;
		end = s->begin;
	}
	start_pair(s, end);
}

static void end_sorting(struct ui_order *o)
{
	free(o->sorted);
	o->sorted = CK_STEAL(o->sorting.rows);
	drop_sorting(o);
	(void)start_searching(o); /* in the new order; the room is there */
}

/** They are sorted: the first that are alike are looked at further; those before them are in their
 * place. Of what follows fewer parts were looked at, so that nothing else looks alike. */
static void go_deeper(struct ui_order *o, struct tools *t)
{
	struct ui_order_sorting *s = &o->sorting;
	for (; may_go_on(t) && s->begin < o->n; t->steps++) {
		const struct ui_order_key *key = &s->keys[s->begin];
		if (s->alike < o->n && is_alike(key, &s->keys[s->alike])) {
			s->alike++;
		} else if (s->alike - s->begin > 1) {
			s->end = s->alike;
			start_group(s);
			return;
		} else {
			s->rows[s->begin++] = key->row;
			s->alike = s->begin + 1;
		}
	}
	if (s->begin == o->n)
		end_sorting(o);
}

static void sort(struct ui_order *o, struct tools *t)
{
	struct ui_order_sorting *s = &o->sorting;
	if (s->asked < o->n) {
		ask(o, t);
	} else if (s->known < s->end) {
		look(o, t);
	} else if (!s->alike && !s->in_order && s->width < s->end - s->begin) {
		merge(s, t);
	} else {
		s->alike += s->alike ? 0 : s->begin + 1;
		go_deeper(o, t);
	}
}

bool ui_order_work(struct ui_order *o, const struct ui_order_ops *ops, const void *arg)
{
	struct tools t = {ops, arg, now_us() + UI_ORDER_SLICE_MS * 1000, 0, STEPS_FIRST, false};
	while (may_go_on(&t) && ui_order_is_busy(o)) {
		if (ui_order_is_searching(o))
			search(o, &t);
		else
			sort(o, &t);
	}
	return ui_order_is_busy(o);
}
