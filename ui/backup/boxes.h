/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Changing the boxes of a tree, with undo.
 *
 * A step remembers the part that it changed, as runs: undoing a tick costs as little as the tick.
 */
#ifndef UI_BOXES_H
#define UI_BOXES_H

#include <cyrkeep/select.h>

struct ui_boxes_step;

struct ui_boxes {
	struct ck_boxes now;               /**< Without a tree until ui_boxes_take(). */
	struct ui_boxes_step *undo, *redo; /**< Newest first. */
};
void ui_boxes_fini(struct ui_boxes *b);

/** Let @now be the boxes, which is taken over. Steps go on only if the tree is the same. */
void ui_boxes_take(struct ui_boxes *b, struct ck_boxes *now);

/** Forget all steps. */
void ui_boxes_forget(struct ui_boxes *b);

/**
 * Tick or untick @node with all below it; with @hits only those places.
 * @return 0 or CK_ENOMEM, then with nothing changed.
 */
int ui_boxes_set(struct ui_boxes *b, uint32_t node, bool on, const struct ck_runs *hits);

/**
 * Tick or untick @node with all below it: from all that is not @ruled to nothing, else to all of
 * that; rules are contradicted only where there is nothing else. With @only, only those places.
 * @return as ui_boxes_set().
 */
int ui_boxes_turn(struct ui_boxes *b, uint32_t node, const struct ck_runs *only,
                  const struct ck_runs *ruled);

/** Turn the boxes of @places. @return 0 or CK_ENOMEM, then with nothing changed. */
int ui_boxes_invert(struct ui_boxes *b, const struct ck_runs *places);

/** Undo or redo one step. @return whether there was one. */
bool ui_boxes_undo(struct ui_boxes *b);
bool ui_boxes_redo(struct ui_boxes *b);

#endif
