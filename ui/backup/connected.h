/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Who is connected, kept fresh for the pages of Back up while one of them is shown: a stop would
 * cut them off.
 */
#ifndef UI_CONNECTED_H
#define UI_CONNECTED_H

#include <cyrkeep/server.h>

struct ui_wizard;

struct ui_connected {
	bool known;
	bool asking;
	int64_t asked_ms;
	struct ck_sessions now; /**< If known and there is no err. */
	struct ck_err err;
};

/** Ask now, unless it is being asked; the answer comes as news. */
void ui_connected_ask(struct ui_wizard *w);

/** To be called every second by the page that is shown. */
void ui_connected_tick(struct ui_wizard *w);

/** "61 sessions of 48 users"; "..." until known; appended. */
void ui_connected_count(const struct ui_connected *c, struct ck_buf *ret);

void ui_connected_fini(struct ui_connected *c);

#endif
