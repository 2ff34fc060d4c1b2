/* SPDX-License-Identifier: BSD-2-Clause */
/* Response framing: any bytes, cut anywhere, must give the same frames as in one piece. */
#include "fuzz/fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cyrus/imap_frame.h"

/** Frame @text whose bytes arrive @step at a time. */
static int frame_slowly(const char *text, size_t len, size_t step, size_t *ret_len)
{
	struct imap_frame frame = {0};
	for (size_t have = step < len ? step : len;;
	     have += step < len - have ? step : len - have) {
		/* A copy of just what has arrived shows any read beyond it. */
		char *piece = malloc(have ? have : 1);
		CHECK(piece);
		memcpy(piece, text, have);
		int r = imap_frame(&frame, piece, have, ret_len, NULL);
		free(piece);
		if (r != 0 || have == len)
			return r;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const char *text = (const char *)data + 1;
	size_t len = size - 1;
	while (len) {
		size_t whole = 0, pieces = 0;
		int a = frame_slowly(text, len, len, &whole);
		int b = frame_slowly(text, len, (size_t)data[0] % 7 + 1, &pieces);
		CHECK(a == b);
		if (a <= 0)
			break;
		CHECK(whole == pieces && whole > 0 && whole <= len);
		text += whole;
		len -= whole;
	}
	return 0;
}
