/* SPDX-License-Identifier: BSD-2-Clause */
/** Which partitions no saved plan takes anything of, found out in the background. */
#ifndef UI_UNPLANNED_H
#define UI_UNPLANNED_H

#include "backup/wizard.h"

/** Zero-initialise; belongs to the page that asks. */
struct ui_unplanned {
	uint32_t *nodes; /**< Of the partitions. */
	size_t n;
	const struct ui_server *server; /**< In its tree by partition; only compared. */
	unsigned saved_number;          /**< Of which saved plans. */
	bool asking;
};

/** Ask, unless it is known or under way; the answer is news of the page @v, of which @u is. */
void ui_unplanned_ask(struct ui_unplanned *u, struct ui_view *v);

/** Is the node a partition with mail that is in no plan, and are there plans? */
bool ui_unplanned_is(const struct ui_unplanned *u, const struct ui_wizard *w, uint32_t node);

/** That, as a line. */
void ui_unplanned_explain(const struct ui_unplanned *u, const struct ui_wizard *w, uint32_t node,
                          struct ck_buf *ret);

void ui_unplanned_fini(struct ui_unplanned *u);

#endif
