/* SPDX-License-Identifier: BSD-2-Clause */
#include "terminal/keys.h"

#include <string.h>

#include <cyrkeep/defs.h>

static const struct ui_action_info table[UI_ACT_MAX_] = {
#define X(id, name, keys, word, help) [UI_ACT_##id] = {name, keys, word, help},
	UI_ACTIONS(X)
#undef X
};

static const struct {
	const char *name;
	uint32_t code;
} names[] = {
	{"Up", UI_KEY_UP},         {"Down", UI_KEY_DOWN}, {"Left", UI_KEY_LEFT},
	{"Right", UI_KEY_RIGHT},   {"Home", UI_KEY_HOME}, {"End", UI_KEY_END},
	{"PgUp", UI_KEY_PGUP},     {"PgDn", UI_KEY_PGDN}, {"Insert", UI_KEY_INSERT},
	{"Delete", UI_KEY_DELETE}, {"Tab", UI_KEY_TAB},   {"BackTab", UI_KEY_BACKTAB},
	{"Enter", UI_KEY_ENTER},   {"Esc", UI_KEY_ESC},   {"Space", UI_KEY_SPACE},
	{"F1", UI_KEY_F1},         {"F2", UI_KEY_F2},     {"F3", UI_KEY_F3},
	{"F4", UI_KEY_F4},         {"F5", UI_KEY_F5},     {"F6", UI_KEY_F6},
	{"F7", UI_KEY_F7},         {"F8", UI_KEY_F8},     {"F9", UI_KEY_F9},
	{"F10", UI_KEY_F10},
};

const struct ui_action_info *ui_action_info(enum ui_action a)
{
	return &table[a < UI_ACT_MAX_ ? a : UI_ACT_NONE];
}

uint32_t ui_key_parse(const char *name, size_t len)
{
	if (len == 1)
		return (unsigned char)name[0];
	if (len == 3 && name[0] == 'C' && name[1] == '-')
		return UI_CTRL((unsigned char)name[2]);
	for (size_t i = 0; i < CK_COUNT(names); i++)
		if (strlen(names[i].name) == len && memcmp(names[i].name, name, len) == 0)
			return names[i].code;
	return UI_KEY_NONE;
}

static bool has_key(const char *keys, uint32_t code)
{
	for (size_t len; *keys; keys += len + (keys[len] == ' ')) {
		len = strcspn(keys, " ");
		if (ui_key_parse(keys, len) == code)
			return true;
	}
	return false;
}

enum ui_action ui_action_of(uint32_t code)
{
	for (int a = UI_ACT_NONE + 1; a < UI_ACT_MAX_; a++)
		if (has_key(table[a].keys, code))
			return (enum ui_action)a;
	return UI_ACT_NONE;
}

const enum ui_action *ui_global_actions(void)
{
	static const enum ui_action actions[] = {
		UI_ACT_HELP, UI_ACT_MENU,      UI_ACT_JUMP,    UI_ACT_PLACE,  UI_ACT_NEXT,
		UI_ACT_PREV, UI_ACT_ESCAPE,    UI_ACT_BACK,    UI_ACT_REDRAW, UI_ACT_MOUSE,
		UI_ACT_QUIT, UI_ACT_INTERRUPT, UI_ACT_SUSPEND, UI_ACT_NONE,
	};
	return actions;
}

bool ui_action_moves(enum ui_action a)
{
	return a >= UI_ACT_UP && a <= UI_ACT_LAST;
}
