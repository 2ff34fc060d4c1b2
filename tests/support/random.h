/* SPDX-License-Identifier: BSD-2-Clause */
/** Numbers that look random and are the same in every run: splitmix64. */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/** 0 to @n - 1. */
static inline uint32_t random_below(struct random *r, uint32_t n)
{
	return (uint32_t)((random_next(r) >> 32) * n >> 32);
}

/** A source of its own for item @id of kind @kind. */
static inline struct random random_of(uint64_t seed, uint64_t kind, uint64_t id)
{
	struct random r = {seed * 0x9e3779b97f4a7c15u ^ kind << 56 ^ id};
	r.state = random_next(&r);
	return r;
}

#endif
