/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of uids from any text: a range holds its ends, and nothing that is not there. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "restore/uidset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint32_t max = 1000;
	struct uidset set = {0};
	struct ck_err err = CK_ERR_INIT;
	char *text = strndup((const char *)data, len);
	CHECK(text);
	int r = uidset_parse(text, &set, &err);
	CHECK(r == 0 || (r == err.code && err.msg[0]));
	CHECK(r < 0 || (set.n > 0 && set.n <= strlen(text)));
	for (size_t i = 0; r == 0 && i < set.n; i++) {
		uint32_t from = set.ranges[i].from, to = set.ranges[i].to;
		CHECK(uidset_has(&set, from ? from : max, max));
		CHECK(uidset_has(&set, to ? to : max, max));
	}
	uidset_fini(&set);
	free(text);
	return 0;
}
