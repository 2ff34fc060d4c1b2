/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A form: labelled lines of text below each other.
 *
 * Tab and the arrows move, Enter goes on to the next field and never submits; the screen submits
 * on its own action (F5).
 */
#ifndef UI_FORM_H
#define UI_FORM_H

#include "widgets/field.h"

/** What a field is; const, outlives the form. */
struct ui_form_item {
	const char *label;
	const char *hint; /**< What it means, for the message line; may be NULL. */
	int width;        /**< Cells of the text; 0: what there is. */
};

struct ui_form {
	const struct ui_form_item *items;
	size_t n, focus;
	struct ui_field *fields; /**< n, owned. */
	struct ui_rect at;
	int label_width;
};

/** @return 0 or CK_ENOMEM. */
int ui_form_init(struct ui_form *f, const struct ui_form_item *items, size_t n);
void ui_form_fini(struct ui_form *f);

void ui_form_set_text(struct ui_form *f, size_t i, const char *text);
const char *ui_form_text(const struct ui_form *f, size_t i);

/** Needs one row for each field. */
void ui_form_layout(struct ui_form *f, struct ui_rect at);

/** Raw keys, for the screen's key(): letters, and the mouse. */
enum ui_reply ui_form_key(struct ui_form *f, const struct ui_key *key);

/** Moving between fields, for the screen's act(). UI_IGNORED past the ends: the next block. */
enum ui_reply ui_form_act(struct ui_form *f, enum ui_action a);

void ui_form_draw(const struct ui_form *f, struct ui_canvas *c);

/** The hint of the field with the focus, or "". */
const char *ui_form_hint(const struct ui_form *f);

#endif
