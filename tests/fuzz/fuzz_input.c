/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of a terminal in pieces, with pauses: keys that exist, pastes that end, no byte read twice.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "terminal/input.h"

static void take_keys(struct ui_input *in, int64_t now, size_t *ret_keys)
{
	struct ui_key key = {0};
	while (ui_input_next(in, now, &key)) {
		++*ret_keys;
		CHECK(key.code != UI_KEY_NONE && key.code <= UI_KEY_WHEEL_DOWN);
		bool paste = key.code == UI_KEY_PASTE || key.code == UI_KEY_NO_PASTE;
		CHECK(!paste || (key.text && strlen(key.text) < SIZE_MAX));
		bool mouse = key.code >= UI_KEY_CLICK;
		CHECK(!mouse || (key.y >= 0 && key.x >= 0));
	}
	CHECK(ui_input_timeout(in, now) >= -1);
}

/* The first byte: bit 0 a terminal without brackets, bits 1 to 3 a pause, the rest bytes a piece.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ui_input in;
	size_t keys = 0;
	int64_t now = 1000;
	if (len == 0)
		return 0;
	ui_input_init(&in);
	in.guesses = data[0] & 1;
	ui_input_learn(&in, "\033[1~", UI_KEY_HOME);
	int64_t pause = (data[0] >> 1 & 7) * 9;
	size_t piece = (size_t)(data[0] >> 4) + 1;
	for (size_t at = 1; at < len;) {
		size_t room = 0;
		unsigned char *to = ui_input_room(&in, &room);
		size_t n = len - at < piece ? len - at : piece;
		n = n < room ? n : room;
		CHECK(n > 0); /* a full buffer that nobody can empty is the end of the console */
		memcpy(to, data + at, n);
		ui_input_added(&in, n, now);
		at += n;
		take_keys(&in, now, &keys);
		now += pause;
	}
	take_keys(&in, now + 10 * UI_INPUT_ESC_MS, &keys);
	take_keys(&in, now + UI_INPUT_PASTE_MS, &keys);
	CHECK(!in.pasting);
	CHECK(keys < len);
	ui_input_fini(&in);
	return 0;
}
