/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Keys and what they mean.
 *
 * One table says for every action its name, its keys, and its words. Key bindings, the key bar,
 * the help screen and the tests all come from it, so they cannot disagree. A key means the same
 * everywhere; a screen says which actions it answers, and may give them words of its own.
 */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Key codes: Unicode code points, and these behind them. */
enum ui_key_code {
	UI_KEY_NONE = 0,
	UI_KEY_TAB = 9,
	UI_KEY_ENTER = 13,
	UI_KEY_ESC = 27,
	UI_KEY_SPACE = 32,
	UI_KEY_BACKSPACE = 127,
	UI_KEY_FIRST_ = 0x110000,
	UI_KEY_UP = UI_KEY_FIRST_,
	UI_KEY_DOWN,
	UI_KEY_LEFT,
	UI_KEY_RIGHT,
	UI_KEY_C_LEFT,
	UI_KEY_C_RIGHT,
	UI_KEY_HOME,
	UI_KEY_END,
	UI_KEY_PGUP,
	UI_KEY_PGDN,
	UI_KEY_INSERT,
	UI_KEY_DELETE,
	UI_KEY_BACKTAB,
	UI_KEY_F1,
	UI_KEY_F2,
	UI_KEY_F3,
	UI_KEY_F4,
	UI_KEY_F5,
	UI_KEY_F6,
	UI_KEY_F7,
	UI_KEY_F8,
	UI_KEY_F9,
	UI_KEY_F10,
	UI_KEY_PASTE,      /**< text holds what was pasted. */
	UI_KEY_NO_PASTE,   /**< A paste that was thrown away; text says why. */
	UI_KEY_CLICK,      /**< y, x */
	UI_KEY_DOUBLE,     /**< The second click at the same place within 400 ms. */
	UI_KEY_WHEEL_UP,   /**< y, x */
	UI_KEY_WHEEL_DOWN, /**< y, x */
};

/** Ctrl and a letter. */
#define UI_CTRL(letter) ((letter)&0x1F)

/** One thing that the user did. */
struct ui_key {
	uint32_t code;    /**< enum ui_key_code or a code point. */
	int y, x;         /**< Of the mouse, in cells of the terminal. */
	const char *text; /**< Of a paste; valid until the next key is read. */
};

/* clang-format off */
/** X(ENUM, "name", "keys", "word in the key bar", "sentence in the help") */
#define UI_ACTIONS(X)                                                                                \
	X(HELP,      "help",       "F1 ?",          "Help",       "Help for this screen")            \
	X(ROW_MENU,  "row-menu",   "F2 a",          "Actions",    "What can be done with this row")  \
	X(VIEW,      "view",       "F3 v",          "View",       "Show in full")                    \
	X(EDIT,      "edit",       "F4 e",          "Edit",       "Edit, properties")                \
	X(FORWARD,   "forward",    "F5 >",          "Next",       "Next step, start")                \
	X(PUT_BACK,  "put-back",   "F6",            "Restore",    "Put back, restore")               \
	X(NEW,       "new",        "F7 A",          "New",        "New")                             \
	X(REMOVE,    "remove",     "F8 Delete",     "Remove",     "Remove, cancel, stop")            \
	X(MENU,      "menu",       "F9 m",          "Menu",       "All that can be done here")       \
	X(QUIT,      "quit",       "F10 Q",         "Leave",      "Leave the console; jobs go on")   \
	X(UP,        "up",         "Up k",          "Up",         "One row up")                      \
	X(DOWN,      "down",       "Down j",        "Down",       "One row down")                    \
	X(PAGE_UP,   "page-up",    "PgUp C-b",      "Page up",    "One page up")                     \
	X(PAGE_DOWN, "page-down",  "PgDn C-f",      "Page down",  "One page down")                   \
	X(HALF_UP,   "half-up",    "C-u",           "Half up",    "Half a page up")                  \
	X(HALF_DOWN, "half-down",  "C-d",           "Half down",  "Half a page down")                \
	X(FIRST,     "first",      "Home g",        "First",      "First row")                       \
	X(LAST,      "last",       "End G",         "Last",       "Last row")                        \
	X(RIGHT,     "right",      "Right l",       "Open",       "Open")                           \
	X(LEFT,      "left",       "Left h",        "Close",      "Close, to the parent") \
	X(OPEN,      "open",       "Enter",         "Open",       "Open the row, press the button")  \
	X(TICK,      "tick",       "Space",         "Tick",       "Tick or untick, all below too")   \
	X(TICK_DOWN, "tick-down",  "Insert",        "Tick, down", "Tick, go down")                   \
	X(NEXT,      "next",       "Tab",           "Next block", "Next block or field")             \
	X(PREV,      "previous",   "BackTab",       "Block before", "Block or field before")         \
	X(PLACE,     "place",      "1 2 3 4 5 6 7", "Place",      "Go to one of the places in the first row") \
	X(ESCAPE,    "escape",     "Esc",           "Back",       "Close dialog, prompt or filter; back one screen") \
	X(BACK,      "back",       "q",             "Back",       "Back one screen; at Home: leave") \
	X(FIND,      "find",       "/",             "Find",       "Find in this list or text")       \
	X(FIND_NEXT, "find-next",  "n",             "Next hit",   "Next hit")                        \
	X(FIND_PREV, "find-previous", "N",          "Hit before", "Hit before")                      \
	X(JUMP,      "jump",       ": C-p",         "Command",    "Go to a screen or a job by name") \
	X(TICK_LIKE, "tick-like",  "+",             "Tick like",  "Tick by pattern")                 \
	X(UNTICK_LIKE, "untick-like", "-",          "Untick like", "Untick by pattern")              \
	X(INVERT,    "invert",     "*",             "Invert",     "Invert")                          \
	X(OPEN_ALL,  "open-all",   "]",             "Open all",   "Open all below")                  \
	X(CLOSE_ALL, "close-all",  "[",             "Close all",  "Close all below")                 \
	X(WHY,       "why",        "i",             "Why",        "Why is it so, what does it mean") \
	X(SORT,      "sort",       "s",             "Sort",       "Sort by the next column")         \
	X(COLUMNS,   "columns",    "C",             "Columns",    "Columns and view")                \
	X(ZOOM,      "zoom",       "z",             "Zoom",       "This block alone")                \
	X(UNDO,      "undo",       "u",             "Undo",       "Undo")                            \
	X(REDO,      "redo",       "U",             "Redo",       "Redo")                            \
	X(COMMAND,   "command",    "=",             "Command",    "Show as command line")            \
	X(WRITE,     "write",      "w",             "Write",      "Write to a file; in forms: save") \
	X(REREAD,    "reread",     "r",             "Read again", "Read again")                      \
	X(REDRAW,    "redraw",     "C-l",           "Redraw",     "Redraw the screen")               \
	X(LOG,       "log",        "o",             "Log",        "Log of this job")                 \
	X(BROWSE,    "browse",     "b",             "Browse",     "Browse there")                    \
	X(PAUSE,     "pause",      "p",             "Pause",      "Pause or go on")                  \
	X(RULES,     "rules",      "R",             "Rules",      "Exclusion rules")                 \
	X(TEST,      "test",       "T",             "Test",       "Test")                            \
	X(VERIFY,    "verify",     "V",             "Verify",     "Verify")                          \
	X(COMPARE,   "compare",    "c",             "Compare",    "Compare with this server")        \
	X(MOVE_UP,   "move-up",    "K",             "Move up",    "Move a rule up")                  \
	X(MOVE_DOWN, "move-down",  "J",             "Move down",  "Move a rule down")                \
	X(STEP_BACK, "step-back",  "<",             "Back",       "The step before")                 \
	X(MOUSE,     "mouse",      "M",             "Mouse",      "Mouse on, off")                   \
	X(INTERRUPT, "interrupt",  "C-c",           "Back",       "As Esc; twice within a second: leave the console") \
	X(SUSPEND,   "suspend",    "C-z",           "Suspend",    "Suspend the console; jobs go on")
/* clang-format on */

enum ui_action {
	UI_ACT_NONE,
#define X(id, name, keys, word, help) UI_ACT_##id,
	UI_ACTIONS(X)
#undef X
		UI_ACT_MAX_,
};

/** One line of the table. */
struct ui_action_info {
	const char *name;
	const char *keys; /**< Separated by a space; the first is shown. */
	const char *word;
	const char *help;
};
const struct ui_action_info *ui_action_info(enum ui_action a);

/** An action that a screen answers, with its own words or NULL for those of the table. */
struct ui_binding {
	enum ui_action action;
	const char *word; /**< In the key bar. */
	const char *help; /**< In the help. */
};

/** The action of a key, or UI_ACT_NONE. */
enum ui_action ui_action_of(uint32_t code);

/** The code of a key name of the table: "F5", "C-l", "PgUp", "k"; UI_KEY_NONE if unknown. */
uint32_t ui_key_parse(const char *name, size_t len);

/** Actions that work everywhere, in the order of the help; ends with UI_ACT_NONE. */
const enum ui_action *ui_global_actions(void);

/** Does the action move within a list or text? */
bool ui_action_moves(enum ui_action a);

#endif
