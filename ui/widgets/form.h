/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A form: labelled fields below each other.
 *
 * Tab and the arrows move, Enter goes on to the next field and never submits; the screen submits
 * on its own action (F5). A field is checked when it is left; its fault stands beside it.
 */
#ifndef UI_FORM_H
#define UI_FORM_H

#include "widgets/field.h"

enum ui_form_kind {
	UI_FORM_TEXT,
	UI_FORM_SECRET, /**< Bullets; F3 shows it. */
	UI_FORM_CHOICE, /**< One of several. */
	UI_FORM_TICK,
};

/** What a field is; const, outlives the form. */
struct ui_form_item {
	enum ui_form_kind kind;
	const char *label;
	const char *const *choices; /**< Of a choice; NULL-terminated. */
	const char *hint;           /**< What it means, for the message line; may be NULL. */
	int width;                  /**< Cells of a text; 0: what there is. */
	/** What is wrong with the text, a few words, or NULL. May be NULL. Must not block. */
	const char *(*check)(const char *text);
};

struct ui_form_value {
	struct ui_field field;
	int choice; /**< Of a choice; of a tick 0 or 1. */
	bool shown; /**< Of a secret. */
	const char *fault;
};

struct ui_form {
	const struct ui_form_item *items;
	size_t n, focus;
	struct ui_form_value *values; /**< n, owned. */
	struct ui_rect at;
	int label_width;
	bool no_focus; /**< Another pane has it. */
};

/** @return 0 or CK_ENOMEM. */
int ui_form_init(struct ui_form *f, const struct ui_form_item *items, size_t n);
void ui_form_fini(struct ui_form *f);

void ui_form_set_text(struct ui_form *f, size_t i, const char *text);
const char *ui_form_text(const struct ui_form *f, size_t i);
void ui_form_set_choice(struct ui_form *f, size_t i, int choice);
int ui_form_choice(const struct ui_form *f, size_t i);

/** Check all. @return whether all are right; else the focus is on the first that is not. */
bool ui_form_check(struct ui_form *f);

/** Needs one row for each field. */
void ui_form_layout(struct ui_form *f, struct ui_rect at);

/** Raw keys, for the screen's key(): letters of texts, Space on ticks and choices, the mouse. */
enum ui_reply ui_form_key(struct ui_form *f, const struct ui_key *key);

/** Moving between fields, for the screen's act(). */
enum ui_reply ui_form_act(struct ui_form *f, enum ui_action a);

void ui_form_draw(const struct ui_form *f, struct ui_canvas *c);

/** The hint of the field with the focus, or "". */
const char *ui_form_hint(const struct ui_form *f);

#endif
