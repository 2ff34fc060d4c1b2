/* SPDX-License-Identifier: BSD-2-Clause */
/** How long a backup of the draft will take, asked for in the background while Sources shows it. */
#ifndef UI_EXPECTED_H
#define UI_EXPECTED_H

#include <cyrkeep/job.h>

#include "backup/wizard.h"

/** Rows of its block. */
#define UI_EXPECTED_ROWS 2

struct ui_expected {
	struct ck_forecast forecast; /**< For @bytes, by @method; if known. */
	uint64_t bytes;
	char method[32];
	bool known, asking;
};

/** Ask, unless it is known or under way; the answer is news of the page @v, of which @e is. */
void ui_expected_ask(struct ui_expected *e, struct ui_view *v);

/** The block "Expected" from row @y on. */
void ui_expected_draw(const struct ui_expected *e, const struct ui_wizard *w, struct ui_canvas *c,
                      int y);

#endif
