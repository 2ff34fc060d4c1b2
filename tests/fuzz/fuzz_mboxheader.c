/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>

#include "cyrus/mboxheader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mboxheader h;
	if (mboxheader_parse((const char *)data, len, &h, NULL) < 0)
		return 0;
	if (!h.uniqueid || !h.acl)
		abort();
	mboxheader_fini(&h);
	return 0;
}
