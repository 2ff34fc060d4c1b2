/* SPDX-License-Identifier: BSD-2-Clause */
/** What the pane of Sources asks about the row under the bar, in the background, once the bar rests
 * there: in which archive it is, and what of it is large and left out. */
#ifndef UI_RESTED_H
#define UI_RESTED_H

#include <cyrkeep/archive.h>

#include "backup/largest.h"

#define UI_RESTED_ROWS 4 /**< Of the block of large messages. */

/** Zero-initialise; belongs to the page. */
struct ui_rested {
	uint32_t node;              /**< Under the bar, */
	const struct ck_tree *tree; /**< of this tree; only compared. NULL: none. */
	int64_t since_ms;
	struct ui_largest largest;
	size_t narchives;             /**< That the house knew of when it was asked, */
	uint32_t newest;              /**< and the number of the first. */
	struct ck_last_archived last; /**< If last_known. */
	bool last_known, last_failed;
	bool last_asking;            /**< Its question is under way: */
	unsigned last_number;        /**< the newest has this number. */
	struct ck_watch *last_watch; /**< To give it up. */
};

/** The bar is on @node, or on no row (CK_NODE_NONE). What was asked of another is given up. */
void ui_rested_on(struct ui_rested *r, struct ui_view *v, uint32_t node);

/** Ask what is not known yet, if the bar has rested; once a second, and with news. The page @v, of
 * which @r is, gets news when it is known. */
void ui_rested_ask(struct ui_rested *r, struct ui_view *v);

/** The page is being closed. */
void ui_rested_fini(struct ui_rested *r);

/** "Last in: job 409 (20 Nov 02:00), all 9 077", a line behind an empty one; nothing of what is no
 * mailbox. */
void ui_rested_explain(const struct ui_rested *r, const struct ui_wizard *w, struct ck_buf *ret);

/** The block "Largest left out here" from row @y on. @return rows that it takes; 0 where nothing is
 * left out. */
int ui_rested_draw(const struct ui_rested *r, const struct ui_wizard *w, struct ui_canvas *c,
                   int y);

#endif
