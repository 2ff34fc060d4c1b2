/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Changing the boxes of a tree, with undo.
 *
 * A step remembers the boxes of the subtree that it changed, one bit each, so that undoing a tick
 * on one user costs nothing on a server of a million mailboxes.
 */
#ifndef UI_BOXES_H
#define UI_BOXES_H

#include <cyrkeep/select.h>

/** What a filter says of a node. */
enum ui_shown {
	UI_HIDDEN,
	UI_SHOWN, /**< Leads to a hit. */
	UI_HIT,
};

struct ui_boxes_step;

struct ui_boxes {
	struct ui_boxes_step *undo, *redo; /**< Newest first. */
	size_t nundo;
};

/** Forget all steps: the nodes are others now. */
void ui_boxes_clear(struct ui_boxes *b);

/**
 * Tick or untick @node with all below it; with @shown (one enum ui_shown per node) only the hits.
 * @return 0 or CK_ENOMEM, then with nothing changed.
 */
int ui_boxes_set(struct ui_boxes *b, struct ck_tree *tree, uint32_t node, bool on,
                 const uint8_t *shown);

/** Tick or untick all mailboxes whose name matches the LIST pattern. @ret_n counts those that
 * match. @return 0 or CK_ENOMEM. */
int ui_boxes_like(struct ui_boxes *b, struct ck_tree *tree, const char *pattern, bool on,
                  const uint8_t *shown, uint64_t *ret_n);

/** How many mailboxes that are ticked (@on) or not match the pattern. */
uint64_t ui_boxes_count_like(const struct ck_tree *tree, const char *pattern, bool on,
                             const uint8_t *shown);

/** Undo or redo one step. @return whether there was one. */
bool ui_boxes_undo(struct ui_boxes *b, struct ck_tree *tree);
bool ui_boxes_redo(struct ui_boxes *b, struct ck_tree *tree);

#endif
