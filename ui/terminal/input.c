/* SPDX-License-Identifier: BSD-2-Clause */
#include "terminal/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words/text.h"

#define SEQUENCE_MS     50 /* an unfinished sequence */
#define DOUBLE_CLICK_MS 400
#define PASTE_MAX       ((size_t)64 << 10)
#define PASTE_KEYS      8

void ui_input_init(struct ui_input *in)
{
	memset(in, 0, sizeof *in);
	in->paste = (struct ck_buf)CK_BUF_INIT;
	in->clicked_ms = -DOUBLE_CLICK_MS;
}

void ui_input_fini(struct ui_input *in)
{
	ck_buf_fini(&in->paste);
}

void ui_input_learn(struct ui_input *in, const char *bytes, uint32_t code)
{
	if (!bytes || bytes == (const char *)-1 || bytes[0] != '\033' || !bytes[1])
		return;
	if (in->nextra == CK_COUNT(in->extra) || strlen(bytes) >= sizeof in->extra[0].bytes)
		return;
	struct ui_input_extra *e = &in->extra[in->nextra++];
	memcpy(e->bytes, bytes, strlen(bytes) + 1);
	e->code = code;
}

unsigned char *ui_input_room(struct ui_input *in, size_t *ret_room)
{
	*ret_room = sizeof in->bytes - in->len;
	return in->bytes + in->len;
}

/** Eight or more different printable keys at once were not typed (one key repeated was). */
static bool looks_pasted(const unsigned char *bytes, size_t n)
{
	bool seen[128] = {false};
	size_t different = 0;
	for (size_t i = 0; i < n; i++) {
		if ((bytes[i] < 0x20 && bytes[i] != '\n' && bytes[i] != '\r') || bytes[i] >= 0x7F)
			return false;
		different += !seen[bytes[i]];
		seen[bytes[i]] = true;
	}
	return different >= PASTE_KEYS;
}

static const char paste_begin[] = "\033[200~", paste_end[] = "\033[201~";
#define BRACKET (sizeof paste_begin - 1) /* of both */

/** Put the brackets around it that the terminal does not send. */
static void bracket(struct ui_input *in, size_t n)
{
	unsigned char *at = in->bytes + in->len;
	if (in->len + n + 2 * BRACKET > sizeof in->bytes)
		return;
	memmove(at + BRACKET, at, n);
	memcpy(at, paste_begin, BRACKET);
	memcpy(at + BRACKET + n, paste_end, BRACKET);
	in->len += 2 * BRACKET;
}

static void drop(struct ui_input *in, size_t n)
{
	memmove(in->bytes, in->bytes + n, in->len - n);
	in->len -= n;
}

/** Bytes before the @bracket that is here, or SIZE_MAX. */
static size_t before(const struct ui_input *in, const char *bracket)
{
	const unsigned char *at = memmem(in->bytes, in->len, bracket, BRACKET);
	return at ? (size_t)(at - in->bytes) : SIZE_MAX;
}

/** What comes late of a paste that was given up is no commands. */
static void drop_rest(struct ui_input *in)
{
	size_t rest = before(in, paste_end), other = before(in, paste_begin);
	if (rest < other)
		drop(in, rest + BRACKET);
	else if (other == SIZE_MAX && looks_pasted(in->bytes, in->len))
		drop(in, in->len);
	in->torn = rest == other; /* neither */
}

void ui_input_added(struct ui_input *in, size_t n, int64_t now_ms)
{
	bool between_keys = in->len == 0 && !in->pasting;
	if (in->guesses && !in->torn && between_keys && looks_pasted(in->bytes + in->len, n))
		bracket(in, n);
	in->len += n;
	in->since_ms = now_ms;
	if (in->torn && between_keys)
		drop_rest(in);
}

/** What a number in front of '~' means. */
static uint32_t code_of_tilde(size_t n)
{
	static const uint32_t codes[] = {
		[1] = UI_KEY_HOME, [2] = UI_KEY_INSERT, [3] = UI_KEY_DELETE, [4] = UI_KEY_END,
		[5] = UI_KEY_PGUP, [6] = UI_KEY_PGDN,   [7] = UI_KEY_HOME,   [8] = UI_KEY_END,
		[11] = UI_KEY_F1,  [12] = UI_KEY_F2,    [13] = UI_KEY_F3,    [14] = UI_KEY_F4,
		[15] = UI_KEY_F5,  [17] = UI_KEY_F6,    [18] = UI_KEY_F7,    [19] = UI_KEY_F8,
		[20] = UI_KEY_F9,  [21] = UI_KEY_F10,
	};
	return n < CK_COUNT(codes) ? codes[n] : UI_KEY_NONE; /* gaps are UI_KEY_NONE */
}

static uint32_t code_of_letter(char letter, bool ctrl)
{
	switch (letter) {
	case 'A':
		return UI_KEY_UP;
	case 'B':
		return UI_KEY_DOWN;
	case 'C':
		return ctrl ? UI_KEY_C_RIGHT : UI_KEY_RIGHT;
	case 'D':
		return ctrl ? UI_KEY_C_LEFT : UI_KEY_LEFT;
	case 'H':
		return UI_KEY_HOME;
	case 'F':
		return UI_KEY_END;
	case 'Z':
		return UI_KEY_BACKTAB;
	case 'P':
	case 'Q':
	case 'R':
	case 'S':
		return UI_KEY_F1 + (uint32_t)(letter - 'P');
	case 'M':
		return UI_KEY_ENTER; /* of the keypad, ESC O M */
	default:
		return UI_KEY_NONE;
	}
}

static uint32_t mouse_code(struct ui_input *in, int button, bool press, int y, int x,
                           int64_t now_ms)
{
	if (y < 0 || x < 0) /* cells are counted from 1 */
		return UI_KEY_NONE;
	if (button == 64 || button == 65)
		return button == 64 ? UI_KEY_WHEEL_UP : UI_KEY_WHEEL_DOWN;
	if (button != 0 || !press)
		return UI_KEY_NONE;
	bool again = now_ms - in->clicked_ms < DOUBLE_CLICK_MS && y == in->clicked_y &&
	             x == in->clicked_x;
	in->clicked_ms = again ? now_ms - DOUBLE_CLICK_MS : now_ms;
	in->clicked_y = y;
	in->clicked_x = x;
	return again ? UI_KEY_DOUBLE : UI_KEY_CLICK;
}

/** ESC [ parameters final, complete, @len bytes. */
static void decode_csi(struct ui_input *in, size_t len, int64_t now_ms, struct ui_key *ret)
{
	char text[64];
	if (len >= sizeof text)
		return;
	memcpy(text, in->bytes, len);
	text[len] = '\0';
	char final = text[len - 1];
	int a = 0, b = 0, c = 0;
	if (text[2] == '<' && sscanf(text + 3, "%3d;%5d;%5d", &a, &b, &c) == 3) {
		ret->y = c - 1;
		ret->x = b - 1;
		ret->code = mouse_code(in, a, final == 'M', ret->y, ret->x, now_ms);
	} else if (text[2] == '[' && len == 4) {
		ret->code = final >= 'A' && final <= 'E'
		                    ? UI_KEY_F1 + (uint32_t)(final - 'A')
		                    : (uint32_t)UI_KEY_NONE; /* Linux console */
	} else {
		(void)sscanf(text + 2, "%5d;%5d", &a, &b);
		if (final == '~' && a == 200) {
			in->pasting = true;
			in->too_long = false;
			ck_buf_reset(&in->paste);
		} else if (final == '~') {
			ret->code = code_of_tilde(a);
		} else if (final != 'M') {
			ret->code = code_of_letter(final, b == 5);
		}
	}
}

/** Length of the sequence at the start, which has two bytes at least; 0: unfinished. */
static size_t sequence_length(const struct ui_input *in)
{
	unsigned char kind = in->bytes[1];
	if (kind == 'O')
		return in->len >= 3 ? 3 : 0;
	if (kind == ']' || kind == 'P' || kind == '_' || kind == '^') {
		for (size_t i = 2; i < in->len; i++) {
			if (in->bytes[i] == 7)
				return i + 1;
			if (in->bytes[i] == '\\' && in->bytes[i - 1] == 27)
				return i + 1;
		}
		return 0;
	}
	if (kind != '[')
		return 2;
	if (in->len >= 3 && in->bytes[2] == 'M')
		return in->len >= 6 ? 6 : 0; /* the old mouse report */
	if (in->len >= 3 && in->bytes[2] == '[')
		return in->len >= 4 ? 4 : 0; /* F1 to F5 of the Linux console */
	for (size_t i = 2; i < in->len; i++)
		if (in->bytes[i] >= 0x40 && in->bytes[i] <= 0x7E)
			return i + 1;
	return 0;
}

static bool decode_extra(struct ui_input *in, struct ui_key *ret)
{
	for (size_t i = 0; i < in->nextra; i++) {
		size_t n = strlen(in->extra[i].bytes);
		if (n <= in->len && memcmp(in->bytes, in->extra[i].bytes, n) == 0) {
			ret->code = in->extra[i].code;
			drop(in, n);
			return true;
		}
	}
	return false;
}

/** Decode what begins with ESC. @return false when more bytes must come first. */
static bool decode_escape(struct ui_input *in, int64_t now_ms, struct ui_key *ret)
{
	int64_t waited = now_ms - in->since_ms;
	if (in->len == 1) {
		if (waited < UI_INPUT_ESC_MS)
			return false;
		ret->code = UI_KEY_ESC;
		drop(in, 1);
		return true;
	}
	if (decode_extra(in, ret))
		return true;
	if (in->bytes[1] == 27) { /* ESC ESC: the first is a key */
		ret->code = UI_KEY_ESC;
		drop(in, 1);
		return true;
	}
	size_t len = sequence_length(in);
	if (len == 0) {
		if (waited < SEQUENCE_MS && in->len < sizeof in->bytes)
			return false;
		drop(in, in->len); /* cut off, and never to be commands */
		return true;
	}
	unsigned char kind = in->bytes[1];
	if (kind == '[' && in->bytes[2] == 'M') {
		ret->x = in->bytes[4] - 33;
		ret->y = in->bytes[5] - 33;
		int button = in->bytes[3] - 32;
		ret->code = mouse_code(in, button, button != 3, ret->y, ret->x, now_ms);
	} else if (kind == '[') {
		decode_csi(in, len, now_ms, ret);
	} else if (kind == 'O') {
		ret->code = code_of_letter((char)in->bytes[2], false);
	} else if (kind >= '0' && kind <= '9') { /* Alt-5 is F5, Alt-0 is F10 */
		ret->code = UI_KEY_F1 + (uint32_t)(kind == '0' ? 9 : kind - '1');
	}
	drop(in, len);
	return true;
}

static void collect(struct ui_input *in, size_t n)
{
	if (in->paste.len + n > PASTE_MAX)
		in->too_long = true;
	if (!in->too_long)
		(void)ck_buf_add(&in->paste, in->bytes, n);
	drop(in, n);
}

/** Collect pasted bytes up to the closing bracket. @return false while it has not come. */
static bool decode_paste(struct ui_input *in, int64_t now_ms, struct ui_key *ret)
{
	size_t n = before(in, paste_end);
	if (n == SIZE_MAX && now_ms - in->since_ms >= UI_INPUT_PASTE_MS) {
		in->len = 0;
		in->pasting = false;
		in->torn = true;
		*ret = (struct ui_key){.code = UI_KEY_NO_PASTE,
		                       .text = "The pasted text did not end: thrown away"};
		return true;
	}
	if (n == SIZE_MAX) {
		collect(in, in->len > BRACKET ? in->len - BRACKET : 0);
		return false;
	}
	collect(in, n);
	drop(in, BRACKET);
	in->pasting = false;
	if (in->too_long || in->paste.failed)
		*ret = (struct ui_key){.code = UI_KEY_NO_PASTE,
		                       .text = "The pasted text is too long: thrown away"};
	else
		*ret = (struct ui_key){.code = UI_KEY_PASTE, .text = in->paste.data};
	return true;
}

bool ui_input_next(struct ui_input *in, int64_t now_ms, struct ui_key *ret)
{
	for (;;) {
		*ret = (struct ui_key){0};
		if (in->pasting)
			return decode_paste(in, now_ms, ret);
		if (in->len == 0)
			return false;
		if (in->bytes[0] == 27) {
			if (!decode_escape(in, now_ms, ret))
				return false;
		} else {
			uint32_t ch = 0;
			size_t len = ui_text_decode(in->bytes, in->bytes + in->len, &ch);
			if (!len && in->len < 4 && in->bytes[0] >= 0xC2 &&
			    now_ms - in->since_ms < SEQUENCE_MS)
				return false; /* the rest of the character is on its way */
			drop(in, len ? len : 1);
			ret->code = ch == 10 ? UI_KEY_ENTER : ch == 8 ? UI_KEY_BACKSPACE : ch;
			if (ch >= 0x80 && ch < 0xA0)
				ret->code = UI_KEY_NONE;
		}
		if (ret->code != UI_KEY_NONE)
			return true;
	}
}

int ui_input_timeout(const struct ui_input *in, int64_t now_ms)
{
	if (in->len == 0 && !in->pasting)
		return -1;
	int limit = in->pasting ? UI_INPUT_PASTE_MS : in->len == 1 ? UI_INPUT_ESC_MS : SEQUENCE_MS;
	int64_t left = limit - (now_ms - in->since_ms);
	return left > 0 ? (int)left : 0;
}
