/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz/fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cyrus/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct index index;
	CHECK(copy);
	memcpy(copy, data, len);
	if (index_take(copy, len, &index, NULL) < 0)
		return 0;
	CHECK(index.nrecords <= index.header.num_records);
	for (size_t i = 0; i < index.nrecords; i++) {
		struct index_record r;
		index_record(&index, i, &r);
	}
	index_fini(&index);
	return 0;
}
