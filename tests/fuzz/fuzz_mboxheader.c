/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz/fuzz.h"

#include <stdint.h>
#include <stdlib.h>

#include "cyrus/mboxheader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mboxheader h;
	if (mboxheader_parse((const char *)data, len, &h, NULL) < 0)
		return 0;
	CHECK(h.uniqueid && h.acl);
	mboxheader_fini(&h);
	return 0;
}
