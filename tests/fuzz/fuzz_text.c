/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign text on its way to the screen, in every way of showing it: what comes out is harmless. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "words/text.h"

static void check_harmless(const struct ck_buf *out, unsigned flags)
{
	const unsigned char *p = (const unsigned char *)out->data, *end = p + out->len;
	while (p < end) {
		uint32_t ch = 0;
		size_t n = ui_text_decode(p, end, &ch);
		CHECK(n > 0 && ch >= 0x20 && !(ch >= 0x7f && ch < 0xa0) && ch != 0xad);
		CHECK(!(ch >= 0x200b && ch <= 0x200f) && !(ch >= 0x202a && ch <= 0x202e));
		CHECK(!(ch >= 0x2060 && ch <= 0x206f) && ch != 0xfeff && ch != 0x61c);
		CHECK(ch < 0xe0000 && ch != 0x180e && !(ch >= 0xfe00 && ch <= 0xfe0f));
		CHECK(!(flags & UI_ASCII) || ch < 0x7f);
		p += n;
	}
}

/* The sum of its glyphs is the width of a text, and of its harmless form. */
static int sum_of_widths(const char *text, size_t len, unsigned flags)
{
	struct ui_text_iter it;
	struct ui_glyph g;
	int sum = 0;
	ui_text_begin(&it, text, len, flags);
	while (ui_text_next(&it, &g)) {
		CHECK(g.n >= 1 && g.n <= UI_GLYPH_MAX && (g.width == 1 || g.width == 2));
		sum += g.width;
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	for (unsigned flags = UI_TEXT; flags <= (UI_NAME | UI_BODY | UI_ASCII); flags++) {
		struct ck_buf out = CK_BUF_INIT;
		CHECK(ui_text(text, len, flags, &out) == 0);
		check_harmless(&out, flags);
		int width = sum_of_widths(text, len, flags);
		CHECK(flags & UI_ASCII ? (size_t)width == out.len : (size_t)width <= 2 * out.len);
		ck_buf_fini(&out);
	}
	return 0;
}
