/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Sets of numbers that keep company: kept as runs of neighbours, so that what concerns a million
 * neighbours costs as little as what concerns one.
 *
 * Boxes of a tree, hits of a search and open branches are such sets: nodes are numbered so that
 * what lies together in the tree has neighbouring numbers. UINT32_MAX is never a member.
 */
#ifndef CK_RUNS_H
#define CK_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/defs.h>

#define CK_RUNS_NONE UINT32_MAX

/** Zeroed: the empty set. Release with ck_runs_fini(). */
struct ck_runs {
	uint32_t *edges; /**< Ascending: where a run begins, where it has ended, and so on. */
	size_t n;        /**< Edges, an even number. */
	size_t cap;
};
void ck_runs_fini(struct ck_runs *r);

/** @return 0 or CK_ENOMEM; @ret is overwritten. */
int ck_runs_copy(const struct ck_runs *r, struct ck_runs *ret) CK_MUST_USE;

bool ck_runs_has(const struct ck_runs *r, uint32_t at);

/** How many of the edges are not above @at: odd for a member. */
size_t ck_runs_rank(const struct ck_runs *r, uint32_t at);

/** Members; those from @first to @end - 1. */
uint64_t ck_runs_count(const struct ck_runs *r);
uint64_t ck_runs_count_in(const struct ck_runs *r, uint32_t first, uint32_t end);

bool ck_runs_are_same(const struct ck_runs *a, const struct ck_runs *b);

/** The first member that is not below @from, the last that is below @end; CK_RUNS_NONE for none. */
uint32_t ck_runs_next(const struct ck_runs *r, uint32_t from);
uint32_t ck_runs_last(const struct ck_runs *r, uint32_t end);

/** Add @at, which is above all members. @return 0 or CK_ENOMEM. */
int ck_runs_add(struct ck_runs *r, uint32_t at) CK_MUST_USE;

/** Put @first to @end - 1 in, or out. Costs as much as there are runs behind them. @return 0, or
 * CK_ENOMEM and nothing is changed. */
int ck_runs_set(struct ck_runs *r, uint32_t first, uint32_t end, bool in) CK_MUST_USE;

/** What the set has of @first to @end - 1. @return 0 or CK_ENOMEM; @ret is overwritten. */
int ck_runs_part(const struct ck_runs *r, uint32_t first, uint32_t end,
                 struct ck_runs *ret) CK_MUST_USE;

/** Replace @first to @end - 1 by @part, which has nothing else. @return as ck_runs_set(). */
int ck_runs_replace(struct ck_runs *r, uint32_t first, uint32_t end,
                    const struct ck_runs *part) CK_MUST_USE;

enum ck_runs_op {
	CK_RUNS_OR,
	CK_RUNS_AND,
	CK_RUNS_WITHOUT, /**< What the first has and the second has not. */
	CK_RUNS_EITHER,  /**< What one has and the other has not. */
};

/** Both sets made one. @return 0 or CK_ENOMEM; @ret is overwritten. */
int ck_runs_join(const struct ck_runs *a, const struct ck_runs *b, enum ck_runs_op op,
                 struct ck_runs *ret) CK_MUST_USE;

#endif
