/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz/fuzz.h"

#include <stdint.h>
#include <stdlib.h>

#include "cyrus/preview_text.h"

/* What runs in the child: MIME, charsets, HTML. Always some text, never without an end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ck_buf text = CK_BUF_INIT;
	CHECK(preview_text(data, len, &text) >= 0 && text.len > 0 && text.len <= PREVIEW_LIMIT);
	ck_buf_fini(&text);
	return 0;
}
