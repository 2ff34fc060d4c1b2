/* SPDX-License-Identifier: BSD-2-Clause */
/* HTML of a mail: text comes out, of a length that the input bounds, without a tag's bytes made up.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "cyrus/html_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ck_buf text = CK_BUF_INIT;
	html_text((const char *)data, len, &text);
	CHECK(!text.failed && text.len <= 8 * len + 64);
	ck_buf_fini(&text);
	return 0;
}
