/* SPDX-License-Identifier: BSD-2-Clause */
/* The seek table: whatever it says, no frame may lie outside the file, nor be larger than we read.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>

#include "archive/frame.h"
#include "archive/seektable.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint64_t before[] = {0, 60, 1u << 20};
	for (size_t i = 0; i < CK_COUNT(before); i++) {
		struct ck_err err = CK_ERR_INIT;
		struct seektable t = {0};
		uint64_t file_size = before[i] + len, table = 0;
		CHECK(!(len >= SEEKTABLE_FOOTER &&
		        seektable_length(data + len - SEEKTABLE_FOOTER, file_size, &table, &err) >=
		                0 &&
		        table > file_size));
		if (seektable_parse(data, len, file_size, &t, &err) < 0)
			continue;
		for (size_t f = 0; f < t.n; f++)
			CHECK(!(t.frames[f].offset + t.frames[f].packed > before[i] ||
			        t.frames[f].size > FRAME_LIMIT));
		seektable_fini(&t);
	}
	return 0;
}
