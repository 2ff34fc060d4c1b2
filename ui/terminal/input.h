/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Bytes of a terminal to keys.
 *
 * We decode them ourselves, because curses hands an unknown sequence over as single characters,
 * so that a mouse click under a wrong TERM would run commands. Here a sequence that is not known
 * is swallowed whole, a lone ESC is a key after 25 ms, and a paste is one key: one whose end does
 * not come would keep all keys for ever, so it is given up after a while.
 */
#ifndef UI_INPUT_H
#define UI_INPUT_H

#include <stdbool.h>

#include <cyrkeep/buf.h>

#include "terminal/keys.h"

#define UI_INPUT_ESC_MS   25
#define UI_INPUT_PASTE_MS 3000 /**< Without a byte of it, a paste will never end. */

/** A sequence of this terminal's description that may differ from the usual ones. */
struct ui_input_extra {
	char bytes[16];
	uint32_t code;
};

struct ui_input {
	unsigned char bytes[4096];
	size_t len;       /**< Bytes waiting. */
	int64_t since_ms; /**< When the last bytes came. */
	bool pasting;     /**< Between the paste brackets. */
	bool guesses;     /**< The terminal has no brackets: a burst of letters is a paste. */
	bool torn;        /**< A paste was given up whose rest may still come. */
	struct ck_buf paste;
	bool too_long; /**< The paste is; nothing of it is kept. */
	struct ui_input_extra extra[40];
	size_t nextra;
	int64_t clicked_ms; /**< Of the last click, for double clicks. */
	int clicked_y, clicked_x;
};

void ui_input_init(struct ui_input *in);
void ui_input_fini(struct ui_input *in);

/** The terminal's own sequence for @code. */
void ui_input_learn(struct ui_input *in, const char *bytes, uint32_t code);

/** Room for more bytes: put at most @ret_room at the returned place, then tell how many. */
unsigned char *ui_input_room(struct ui_input *in, size_t *ret_room);
void ui_input_added(struct ui_input *in, size_t n, int64_t now_ms);

/** Take the next key. @now_ms is a monotonic clock. @return false when there is none yet. */
bool ui_input_next(struct ui_input *in, int64_t now_ms, struct ui_key *ret);

/** Milliseconds until an unfinished sequence or paste is given up, or -1. */
int ui_input_timeout(const struct ui_input *in, int64_t now_ms);

#endif
