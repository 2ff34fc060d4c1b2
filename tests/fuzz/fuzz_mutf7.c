/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz/fuzz.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cyrus/names.h"

/* What was encoded comes back, whatever the bytes were. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CK_CLEANUP(ck_buf_fini)
	struct ck_buf wire = CK_BUF_INIT, back = CK_BUF_INIT, text = CK_BUF_INIT;
	CHECK(mutf7_decode((const char *)data, size, &text) == 0);
	CHECK(mutf7_encode((const char *)data, size, &wire) == 0);
	CHECK(mutf7_decode(wire.data, wire.len, &back) == 0);
	CHECK(back.len == size && (size == 0 || memcmp(back.data, data, size) == 0));
	return 0;
}
