/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz/fuzz.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/number.h"
#include "cyrus/cache.h"

/* The input is a cyrus.cache from before CRCs, so that changed bytes reach the envelope. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 4)
		return 0;
	struct index_header header = {.version = 9, .generation = be32(data)};
	for (uint64_t offset = 0; offset <= 8; offset += 4) {
		struct index_record record = {.uid = 1, .cache_offset = offset};
		struct envelope e;
		if (cache_envelope(data, len, &header, &record, &e, NULL) < 0)
			continue;
		CHECK(e.date && e.subject && e.from && e.to && e.message_id);
		envelope_fini(&e);
	}
	return 0;
}
