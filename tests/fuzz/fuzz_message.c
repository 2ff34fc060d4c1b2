/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz/fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cyrus/cache.h"

static void check_line(const char *text)
{
	CHECK(text && !strpbrk(text, "\r\n\t"));
}

/* Any bytes have an envelope, each part of it on one line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct envelope e;
	CHECK(message_envelope(data, len, &e, NULL) == 0);
	check_line(e.date);
	check_line(e.subject);
	check_line(e.from);
	check_line(e.to);
	check_line(e.message_id);
	envelope_fini(&e);
	return 0;
}
