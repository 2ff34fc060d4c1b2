/* SPDX-License-Identifier: BSD-2-Clause */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cyrus/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was encoded comes back, whatever the bytes were. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CK_CLEANUP(ck_buf_fini)
	struct ck_buf wire = CK_BUF_INIT, back = CK_BUF_INIT, text = CK_BUF_INIT;
	assert(mutf7_decode((const char *)data, size, &text) == 0);
	assert(mutf7_encode((const char *)data, size, &wire) == 0);
	assert(mutf7_decode(wire.data, wire.len, &back) == 0);
	assert(back.len == size && (size == 0 || memcmp(back.data, data, size) == 0));
	return 0;
}
