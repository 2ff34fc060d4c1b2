/* SPDX-License-Identifier: BSD-2-Clause */
/** What every fuzz target shares: its entry, and what must hold whatever the input. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/** Called with each input. @return 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/** Must hold; unlike assert() also where NDEBUG is set. */
#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#endif
