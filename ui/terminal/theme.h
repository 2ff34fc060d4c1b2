/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Roles and what they look like. Screens speak in roles; colours stand in themes/ only.
 *
 * Meaning never rests on colour alone: words and marks stand beside it, so that the theme "mono"
 * loses nothing.
 */
#ifndef UI_THEME_H
#define UI_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include <cyrkeep/err.h>

/* clang-format off */
/** X(ENUM, "name in theme files") */
#define UI_ROLES(X)                                                                       \
	X(NORMAL, "normal")             X(DIM, "dim")                 X(TITLE, "title")   \
	X(TITLE_FOCUS, "title-focus")   X(PLACE, "place")             X(PLACE_ON, "place-on") \
	X(CURSOR, "cursor")             X(CURSOR_OTHER, "cursor-other") X(MARKED, "marked") \
	X(TICK_IN, "tick-in")           X(TICK_PART, "tick-part")     X(TICK_OUT, "tick-out") \
	X(TICK_RULE, "tick-rule")       X(TICK_KEPT, "tick-kept")     X(OK, "ok")         \
	X(WARN, "warn")                 X(ERROR, "error")             X(ALARM, "alarm")   \
	X(BAR_FULL, "bar-full")         X(BAR_EMPTY, "bar-empty")     X(SPARK, "spark")   \
	X(KEY, "key")                   X(KEY_HINT, "key-hint")       X(INPUT, "input")   \
	X(INPUT_FOCUS, "input-focus")   X(BUTTON, "button")           X(BUTTON_FOCUS, "button-focus") \
	X(DIALOG, "dialog")             X(DIALOG_DANGER, "dialog-danger") X(MATCH, "match") \
	X(UNSAFE, "unsafe")             X(NEW, "new")                 X(GONE, "gone")     \
	X(CHANGED, "changed")           X(LINK, "link")
/* clang-format on */

enum ui_role {
#define X(id, name) UI_ROLE_##id,
	UI_ROLES(X)
#undef X
		UI_ROLE_MAX_,
};

enum ui_attr {
	UI_BOLD = 1u << 0,
	UI_FAINT = 1u << 1,
	UI_UNDERLINE = 1u << 2,
	UI_REVERSE = 1u << 3,
	UI_ITALIC = 1u << 4,
};

/** How many colours the terminal shows. */
enum ui_colours {
	UI_COLOURS_MONO,
	UI_COLOURS_16,
	UI_COLOURS_256,
	UI_COLOURS_DIRECT,
	UI_COLOURS_MAX_,
};

#define UI_COLOUR_DEFAULT (-1)

/** One role at one level. A colour is a number of the terminal, or 0xRRGGBB at level DIRECT. */
struct ui_style {
	int32_t fg, bg;
	unsigned attrs;
};

struct ui_theme {
	struct ui_style roles[UI_COLOURS_MAX_][UI_ROLE_MAX_];
	bool ascii; /**< Only ASCII, whatever the terminal can show. */
};

/** The theme that is compiled in; themes/default.conf says the same. */
void ui_theme_default(struct ui_theme *ret);

/**
 * Read the theme @name: a path when it holds a slash, else NAME.conf in the themes folder of the
 * installation or of the source of @program; NULL: the running one.
 * @ret  Complete in any case: on failure the compiled-in theme.
 * @return 0, CK_ENOTFOUND, CK_EUSAGE with file and line.
 */
int ui_theme_load(const char *name, const char *program, struct ui_theme *ret, struct ck_err *err);

/** "tick-in"; for tests and messages. */
const char *ui_role_name(enum ui_role role);

#endif
