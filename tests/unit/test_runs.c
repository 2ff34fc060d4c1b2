/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <string.h>

#include "support/random.h"
#include <cyrkeep/runs.h>

#define N      48
#define ROUNDS 5000

/** The same set twice: as runs, and as what it means. */
struct pair {
	struct ck_runs runs;
	bool in[N];
};

static void assert_same(const struct ck_runs *runs, const bool in[N])
{
	uint64_t count = 0;
	assert_int_equal(runs->n % 2, 0);
	for (size_t i = 1; i < runs->n; i++)
		assert_true(runs->edges[i - 1] < runs->edges[i]);
	for (uint32_t i = 0; i < N; i++) {
		if (ck_runs_has(runs, i) != in[i])
			fail_msg("%u is %s", i, in[i] ? "lost" : "in");
		count += in[i];
	}
	assert_int_equal(ck_runs_count(runs), count);
	for (uint32_t first = 0; first <= N; first += 5)
		for (uint32_t end = first; end <= N; end += 3) {
			count = 0;
			for (uint32_t i = first; i < end; i++)
				count += in[i];
			assert_int_equal(ck_runs_count_in(runs, first, end), count);
		}
}

static void random_pair(struct random *rng, struct pair *p)
{
	*p = (struct pair){0};
	unsigned dense = random_below(rng, 5);
	for (uint32_t i = 0; i < N; i++) {
		p->in[i] = random_below(rng, 4) < dense;
		if (p->in[i])
			assert_int_equal(ck_runs_add(&p->runs, i), 0);
	}
	assert_same(&p->runs, p->in);
}

static void random_range(struct random *rng, uint32_t *ret_first, uint32_t *ret_end)
{
	*ret_first = random_below(rng, N + 1);
	*ret_end = *ret_first + random_below(rng, N + 1 - *ret_first);
}

static void a_range_is_put_in_and_out(void **state)
{
	(void)state;
	struct random rng = random_of(1, 1, 1);
	struct pair p;
	random_pair(&rng, &p);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t first, end;
		bool in = random_below(&rng, 2);
		random_range(&rng, &first, &end);
		assert_int_equal(ck_runs_set(&p.runs, first, end, in), 0);
		for (uint32_t i = first; i < end; i++)
			p.in[i] = in;
		assert_same(&p.runs, p.in);
	}
	ck_runs_fini(&p.runs);
}

static void a_part_goes_out_and_comes_back(void **state)
{
	(void)state;
	struct random rng = random_of(1, 1, 2);
	for (int round = 0; round < ROUNDS; round++) {
		struct pair p, other;
		struct ck_runs part, now;
		uint32_t first, end;
		random_pair(&rng, &p);
		random_pair(&rng, &other);
		random_range(&rng, &first, &end);
		assert_int_equal(ck_runs_copy(&p.runs, &now), 0);
		assert_same(&now, p.in);
		assert_int_equal(ck_runs_part(&other.runs, first, end, &part), 0);
		assert_int_equal(ck_runs_replace(&now, first, end, &part), 0);
		bool want[N];
		for (uint32_t i = 0; i < N; i++)
			want[i] = i >= first && i < end ? other.in[i] : p.in[i];
		assert_same(&now, want);
		ck_runs_fini(&part);
		assert_int_equal(ck_runs_part(&p.runs, first, end, &part), 0);
		assert_int_equal(ck_runs_replace(&now, first, end, &part), 0);
		assert_same(&now, p.in);
		ck_runs_fini(&part);
		ck_runs_fini(&now);
		ck_runs_fini(&p.runs);
		ck_runs_fini(&other.runs);
	}
}

static void two_sets_become_one(void **state)
{
	(void)state;
	struct random rng = random_of(1, 1, 3);
	for (int round = 0; round < ROUNDS; round++) {
		struct pair a, b;
		random_pair(&rng, &a);
		random_pair(&rng, &b);
		for (int op = CK_RUNS_OR; op <= CK_RUNS_EITHER; op++) {
			struct ck_runs got;
			bool want[N];
			assert_int_equal(ck_runs_join(&a.runs, &b.runs, (enum ck_runs_op)op, &got),
			                 0);
			for (uint32_t i = 0; i < N; i++)
				want[i] = op == CK_RUNS_OR        ? a.in[i] || b.in[i]
				          : op == CK_RUNS_AND     ? a.in[i] && b.in[i]
				          : op == CK_RUNS_WITHOUT ? a.in[i] && !b.in[i]
				                                  : a.in[i] != b.in[i];
			assert_same(&got, want);
			ck_runs_fini(&got);
		}
		ck_runs_fini(&a.runs);
		ck_runs_fini(&b.runs);
	}
}

static void neighbours_are_found(void **state)
{
	(void)state;
	struct random rng = random_of(1, 1, 4);
	for (int round = 0; round < ROUNDS / 10; round++) {
		struct pair p;
		random_pair(&rng, &p);
		for (uint32_t at = 0; at <= N; at++) {
			uint32_t next = at, last = at;
			while (next < N && !p.in[next])
				next++;
			while (last > 0 && !p.in[last - 1])
				last--;
			assert_int_equal(ck_runs_next(&p.runs, at), next < N ? next : CK_RUNS_NONE);
			assert_int_equal(ck_runs_last(&p.runs, at), last ? last - 1 : CK_RUNS_NONE);
		}
		ck_runs_fini(&p.runs);
	}
}

static void a_million_neighbours_are_one_run(void **state)
{
	(void)state;
	struct ck_runs r = {0};
	assert_int_equal(ck_runs_set(&r, 0, 1000000, true), 0);
	assert_int_equal(r.n, 2);
	assert_int_equal(ck_runs_set(&r, 400000, 500000, false), 0);
	assert_int_equal(r.n, 4);
	assert_int_equal(ck_runs_count(&r), 900000);
	assert_int_equal(ck_runs_set(&r, 400000, CK_RUNS_NONE, true), 0);
	assert_int_equal(r.n, 2);
	ck_runs_fini(&r);
	assert_int_equal(ck_runs_count(&r), 0);
	assert_int_equal(ck_runs_set(&r, 7, 7, true), 0);
	assert_int_equal(r.n, 0);
	ck_runs_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_is_put_in_and_out),
		cmocka_unit_test(a_part_goes_out_and_comes_back),
		cmocka_unit_test(two_sets_become_one),
		cmocka_unit_test(neighbours_are_found),
		cmocka_unit_test(a_million_neighbours_are_one_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
