/* SPDX-License-Identifier: BSD-2-Clause */
/** One rule tried in the background: what it catches by itself, and where most of that lies. */
#ifndef UI_TRIAL_H
#define UI_TRIAL_H

#include <cyrkeep/select.h>

#include "backup/wizard.h"
#include "loop/house.h"
#include "terminal/draw.h"
#include "widgets/view.h"

#define UI_TRIAL_PLACES 12

struct ui_trial_place {
	uint32_t mailbox; /**< Index into the server's. */
	uint64_t messages, bytes;
};

/** Zero-initialise; belongs to the screen that starts it. */
struct ui_trial {
	struct ck_watch *watch; /**< While it is under way. */
	unsigned number;        /**< Of the newest. */
	struct ck_err err;      /**< Why it could not be worked out. */
	bool known;             /**< The members below hold. */
	struct ui_server *server;
	struct ck_rule_effect effect;
	struct ui_trial_place places[UI_TRIAL_PLACES]; /**< The most bytes first. */
	size_t nplaces;
	bool fits;   /**< Of one that catches nothing: as ck_rule_guess(). */
	char *guess; /**< The same. */
};

/**
 * Try @rule, or nothing (NULL), on what @select takes of @server; what was known or under way is
 * forgotten. The screen @v is repainted when it is known; a rule that is off is tried as if it were
 * on.
 */
void ui_trial_start(struct ui_trial *t, struct ui_view *v, struct ui_server *server,
                    const struct ck_strv *select, const char *rule);

/** The screen is being closed. */
void ui_trial_fini(struct ui_trial *t);

/** What the rule @row of the draft leaves out, which it says itself in @sentence; @t is its trial.
 */
void ui_trial_explain(const struct ui_trial *t, const struct ui_wizard *w, size_t row,
                      const char *sentence, int64_t now, struct ck_buf *ret);

/** The mailboxes with the most, in rows from @y to before @end; "... 405 more". */
void ui_trial_draw(const struct ui_trial *t, struct ui_canvas *c, int y, int end);

#endif
