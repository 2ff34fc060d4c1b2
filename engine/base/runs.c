/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/runs.h>

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/err.h>

void ck_runs_fini(struct ck_runs *r)
{
	free(r->edges);
	*r = (struct ck_runs){0};
}

static int reserve(struct ck_runs *r, size_t n)
{
	if (n <= r->cap)
		return CK_OK;
	size_t cap = n < r->cap * 2 ? r->cap * 2 : n;
	uint32_t *more = reallocarray(r->edges, cap, sizeof *more);
	if (!more)
		return CK_ENOMEM;
	r->edges = more;
	r->cap = cap;
	return CK_OK;
}

int ck_runs_copy(const struct ck_runs *r, struct ck_runs *ret)
{
	return ck_runs_part(r, 0, CK_RUNS_NONE, ret);
}

size_t ck_runs_rank(const struct ck_runs *r, uint32_t at)
{
	size_t lo = 0, hi = r->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (r->edges[mid] <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool ck_runs_has(const struct ck_runs *r, uint32_t at)
{
	return ck_runs_rank(r, at) % 2;
}

uint64_t ck_runs_count(const struct ck_runs *r)
{
	return ck_runs_count_in(r, 0, CK_RUNS_NONE);
}

uint64_t ck_runs_count_in(const struct ck_runs *r, uint32_t first, uint32_t end)
{
	uint64_t count = 0;
	for (size_t i = ck_runs_rank(r, first) & ~(size_t)1; i < r->n && r->edges[i] < end;
	     i += 2) {
		uint32_t from = r->edges[i] > first ? r->edges[i] : first;
		uint32_t to = r->edges[i + 1] < end ? r->edges[i + 1] : end;
		count += to > from ? to - from : 0;
	}
	return count;
}

bool ck_runs_are_same(const struct ck_runs *a, const struct ck_runs *b)
{
	return a->n == b->n &&
	       (a->n == 0 || memcmp(a->edges, b->edges, a->n * sizeof *a->edges) == 0);
}

uint32_t ck_runs_next(const struct ck_runs *r, uint32_t from)
{
	size_t rank = ck_runs_rank(r, from);
	if (rank % 2)
		return from;
	return rank < r->n ? r->edges[rank] : CK_RUNS_NONE;
}

uint32_t ck_runs_last(const struct ck_runs *r, uint32_t end)
{
	size_t rank = end ? ck_runs_rank(r, end - 1) : 0;
	if (rank % 2)
		return end - 1;
	return rank ? r->edges[rank - 1] - 1 : CK_RUNS_NONE;
}

int ck_runs_add(struct ck_runs *r, uint32_t at)
{
	if (r->n && r->edges[r->n - 1] == at) {
		r->edges[r->n - 1]++;
		return CK_OK;
	}
	if (reserve(r, r->n + 2) < 0)
		return CK_ENOMEM;
	r->edges[r->n++] = at;
	r->edges[r->n++] = at + 1;
	return CK_OK;
}

/** Edges below @at. */
static size_t edges_below(const struct ck_runs *r, uint32_t at)
{
	return at ? ck_runs_rank(r, at - 1) : 0;
}

int ck_runs_part(const struct ck_runs *r, uint32_t first, uint32_t end, struct ck_runs *ret)
{
	*ret = (struct ck_runs){0};
	if (first >= end)
		return CK_OK;
	size_t lo = ck_runs_rank(r, first), hi = edges_below(r, end);
	if (reserve(ret, hi - lo + 2) < 0)
		return CK_ENOMEM;
	if (lo % 2)
		ret->edges[ret->n++] = first;
	if (hi > lo)
		memcpy(ret->edges + ret->n, r->edges + lo, (hi - lo) * sizeof *ret->edges);
	ret->n += hi - lo;
	if (hi % 2)
		ret->edges[ret->n++] = end;
	return CK_OK;
}

int ck_runs_replace(struct ck_runs *r, uint32_t first, uint32_t end, const struct ck_runs *part)
{
	if (first >= end)
		return CK_OK;
	/* What stays, and whether it is in just before and just behind. */
	size_t lo = edges_below(r, first), hi = ck_runs_rank(r, end);
	bool before = lo % 2, behind = hi % 2;
	const uint32_t *mid = part->edges, *stop = mid + part->n;
	bool joins = before && part->n && *mid == first;
	bool goes_on = behind && part->n && stop[-1] == end;
	mid += joins;
	stop -= goes_on;
	size_t nmid = (size_t)(stop - mid) + (before && !joins) + (behind && !goes_on);
	if (reserve(r, r->n - (hi - lo) + nmid) < 0)
		return CK_ENOMEM;
	if (r->n > hi)
		memmove(r->edges + lo + nmid, r->edges + hi, (r->n - hi) * sizeof *r->edges);
	r->n += nmid - (hi - lo);
	uint32_t *at = r->edges + lo;
	if (before && !joins)
		*at++ = first;
	while (mid < stop)
		*at++ = *mid++;
	if (behind && !goes_on)
		*at = end;
	return CK_OK;
}

int ck_runs_set(struct ck_runs *r, uint32_t first, uint32_t end, bool in)
{
	uint32_t edges[] = {first, end};
	const struct ck_runs part = {.edges = edges, .n = in ? 2 : 0};
	return ck_runs_replace(r, first, end, &part);
}

static bool joined(bool a, bool b, enum ck_runs_op op)
{
	switch (op) {
	case CK_RUNS_OR:
		return a || b;
	case CK_RUNS_AND:
		return a && b;
	case CK_RUNS_WITHOUT:
		return a && !b;
	case CK_RUNS_EITHER:
		return a != b;
	}
	return false;
}

int ck_runs_join(const struct ck_runs *a, const struct ck_runs *b, enum ck_runs_op op,
                 struct ck_runs *ret)
{
	*ret = (struct ck_runs){0};
	if (reserve(ret, a->n + b->n) < 0)
		return CK_ENOMEM;
	for (size_t i = 0, k = 0; i < a->n || k < b->n;) {
		uint32_t from_a = i < a->n ? a->edges[i] : CK_RUNS_NONE;
		uint32_t from_b = k < b->n ? b->edges[k] : CK_RUNS_NONE;
		uint32_t at = from_a < from_b ? from_a : from_b;
		i += i < a->n && from_a == at;
		k += k < b->n && from_b == at;
		if (joined(i % 2, k % 2, op) != ret->n % 2)
			ret->edges[ret->n++] = at;
	}
	return CK_OK;
}
