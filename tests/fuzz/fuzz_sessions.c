/* SPDX-License-Identifier: BSD-2-Clause */
/** The file of a Cyrus process: whatever it holds, five strings without a tab or nothing. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "cyrus/sessions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ck_session s;
	if (session_parse((const char *)data, len, &s) == 0) {
		const char *const texts[] = {s.service, s.host, s.user, s.mailbox, s.command};
		size_t sum = 0;
		for (size_t i = 0; i < CK_COUNT(texts); i++) {
			CHECK(texts[i] && !strpbrk(texts[i], "\t\n"));
			sum += strlen(texts[i]);
		}
		CHECK(sum <= len);
	}
	session_fini(&s);
	return 0;
}
