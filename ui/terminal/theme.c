/* SPDX-License-Identifier: BSD-2-Clause */
#include "terminal/theme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libconfig.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/data.h>

static const char *const role_names[UI_ROLE_MAX_] = {
#define X(id, name) [UI_ROLE_##id] = name,
	UI_ROLES(X)
#undef X
};

static const struct {
	const char *name;
	unsigned attr;
} attr_names[] = {{"bold", UI_BOLD},
                  {"dim", UI_FAINT},
                  {"underline", UI_UNDERLINE},
                  {"reverse", UI_REVERSE},
                  {"italic", UI_ITALIC}};

static const char *const colour_names[] = {"black", "red",     "green", "yellow",
                                           "blue",  "magenta", "cyan",  "white"};

/** The compiled-in look: colours that read well on light and dark grounds. */
static const struct {
	enum ui_role role;
	int8_t fg, bg;
	uint8_t attrs; /**< With colours. */
	uint8_t mono;  /**< Without. */
} builtin[] = {
	{UI_ROLE_DIM, -1, -1, UI_FAINT, UI_FAINT},
	{UI_ROLE_TITLE, -1, -1, UI_BOLD, UI_BOLD},
	{UI_ROLE_TITLE_FOCUS, -1, -1, UI_REVERSE, UI_REVERSE},
	{UI_ROLE_PLACE_ON, -1, -1, UI_BOLD, UI_BOLD},
	{UI_ROLE_CURSOR, -1, -1, UI_REVERSE, UI_REVERSE},
	{UI_ROLE_CURSOR_OTHER, -1, -1, UI_UNDERLINE, UI_UNDERLINE},
	{UI_ROLE_MARKED, 6, -1, UI_BOLD, UI_BOLD},
	{UI_ROLE_TICK_IN, 2, -1, 0, UI_BOLD},
	{UI_ROLE_TICK_RULE, 5, -1, 0, 0},
	{UI_ROLE_TICK_KEPT, 6, -1, 0, 0},
	{UI_ROLE_OK, 2, -1, 0, 0},
	{UI_ROLE_WARN, 5, -1, UI_BOLD, UI_BOLD},
	{UI_ROLE_ERROR, 1, -1, UI_BOLD, UI_BOLD | UI_REVERSE},
	{UI_ROLE_ALARM, 7, 1, UI_BOLD, UI_BOLD | UI_REVERSE},
	{UI_ROLE_BAR_FULL, 6, -1, 0, UI_BOLD},
	{UI_ROLE_BAR_EMPTY, -1, -1, UI_FAINT, 0},
	{UI_ROLE_SPARK, 6, -1, 0, 0},
	{UI_ROLE_KEY, -1, -1, UI_BOLD, UI_BOLD},
	{UI_ROLE_INPUT, -1, -1, UI_UNDERLINE, UI_UNDERLINE},
	{UI_ROLE_INPUT_FOCUS, -1, -1, UI_REVERSE, UI_REVERSE},
	{UI_ROLE_BUTTON_FOCUS, -1, -1, UI_REVERSE, UI_REVERSE},
	{UI_ROLE_DIALOG, -1, -1, UI_BOLD, UI_BOLD},
	{UI_ROLE_DIALOG_DANGER, 1, -1, UI_BOLD, UI_REVERSE},
	{UI_ROLE_MATCH, -1, -1, UI_BOLD | UI_UNDERLINE, UI_BOLD | UI_UNDERLINE},
	{UI_ROLE_UNSAFE, -1, -1, UI_REVERSE, UI_REVERSE},
	{UI_ROLE_NEW, 2, -1, 0, 0},
	{UI_ROLE_GONE, 1, -1, 0, 0},
	{UI_ROLE_CHANGED, 6, -1, 0, 0},
	{UI_ROLE_LINK, -1, -1, UI_UNDERLINE, UI_UNDERLINE},
};

const char *ui_role_name(enum ui_role role)
{
	return role < UI_ROLE_MAX_ ? role_names[role] : "";
}

void ui_theme_default(struct ui_theme *ret)
{
	ret->ascii = false;
	for (int level = 0; level < UI_COLOURS_MAX_; level++) {
		for (int role = 0; role < UI_ROLE_MAX_; role++)
			ret->roles[level][role] =
				(struct ui_style){UI_COLOUR_DEFAULT, UI_COLOUR_DEFAULT, 0};
		for (size_t i = 0; i < CK_COUNT(builtin); i++) {
			struct ui_style *s = &ret->roles[level][builtin[i].role];
			if (level == UI_COLOURS_MONO)
				s->attrs = builtin[i].mono;
			else
				*s = (struct ui_style){builtin[i].fg, builtin[i].bg,
				                       builtin[i].attrs};
		}
	}
}

/** "/etc/x/dusk.conf line 12: what" */
static int wrong(const config_setting_t *s, const char *file, struct ck_err *err, const char *what,
                 const char *word)
{
	return ck_err_set(err, CK_EUSAGE, "theme '%s' line %u: %s '%s'", file,
	                  s ? config_setting_source_line(s) : 0, what, word);
}

static int read_attrs(const config_setting_t *list, const char *file, unsigned *ret,
                      struct ck_err *err)
{
	unsigned attrs = 0;
	for (int i = 0; i < config_setting_length(list); i++) {
		const char *word = config_setting_get_string_elem(list, i);
		size_t k = 0;
		while (word && k < CK_COUNT(attr_names) && strcmp(word, attr_names[k].name) != 0)
			k++;
		if (!word || k == CK_COUNT(attr_names))
			return wrong(list, file, err, "unknown attribute", word ? word : "?");
		attrs |= attr_names[k].attr;
	}
	*ret = attrs;
	return 0;
}

static bool read_colour(const config_setting_t *s, enum ui_colours level, int32_t *ret)
{
	int limit = level == UI_COLOURS_16 ? 15 : 255;
	if (config_setting_type(s) == CONFIG_TYPE_INT) {
		*ret = config_setting_get_int(s);
		return *ret >= 0 && *ret <= limit && level != UI_COLOURS_DIRECT;
	}
	const char *word = config_setting_get_string(s);
	if (!word)
		return false;
	if (strcmp(word, "default") == 0) {
		*ret = UI_COLOUR_DEFAULT;
		return true;
	}
	for (size_t i = 0; i < CK_COUNT(colour_names); i++) {
		if (strcmp(word, colour_names[i]) == 0) {
			*ret = (int32_t)i;
			return true;
		}
	}
	if (word[0] != '#' || strlen(word) != 7 ||
	    strspn(word + 1, "0123456789abcdefABCDEF") != 6 || level != UI_COLOURS_DIRECT)
		return false;
	*ret = (int32_t)strtol(word + 1, NULL, 16);
	return true;
}

/** ("red", 203, "#ff5f5f"): at 16, 256, all colours; a missing one is as the one before. */
static int read_colours(const config_setting_t *list, const char *file, int32_t ret[],
                        struct ck_err *err)
{
	int n = config_setting_length(list);
	for (int level = UI_COLOURS_16; level < UI_COLOURS_MAX_; level++) {
		int i = level - UI_COLOURS_16;
		if (i >= n) {
			ret[level] = i ? ret[level - 1] : UI_COLOUR_DEFAULT;
			if (level == UI_COLOURS_DIRECT && ret[level] > 7)
				ret[level] = UI_COLOUR_DEFAULT; /* a palette number is no colour */
			continue;
		}
		const config_setting_t *s = config_setting_get_elem(list, (unsigned)i);
		if (!read_colour(s, (enum ui_colours)level, &ret[level])) {
			const char *word = config_setting_get_string(s);
			return wrong(list, file, err, "unknown colour", word ? word : "?");
		}
	}
	return 0;
}

static int read_role(config_setting_t *group, const char *file, struct ui_theme *t,
                     struct ck_err *err)
{
	const char *name = config_setting_name(group);
	int role = 0;
	while (role < UI_ROLE_MAX_ && strcmp(name, role_names[role]) != 0)
		role++;
	if (role == UI_ROLE_MAX_)
		return wrong(group, file, err, "unknown role", name);
	if (!config_setting_is_group(group))
		return wrong(group, file, err, "not a group:", name);

	int32_t fg[UI_COLOURS_MAX_] = {-1, -1, -1, -1}, bg[UI_COLOURS_MAX_] = {-1, -1, -1, -1};
	unsigned attrs = 0, mono = 0;
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		const char *key = config_setting_name(s);
		int r = 0;
		if (!config_setting_is_aggregate(s))
			r = wrong(s, file, err, "not a list:", key);
		else if (strcmp(key, "fg") == 0)
			r = read_colours(s, file, fg, err);
		else if (strcmp(key, "bg") == 0)
			r = read_colours(s, file, bg, err);
		else if (strcmp(key, "attr") == 0)
			r = read_attrs(s, file, &attrs, err);
		else if (strcmp(key, "mono") == 0)
			r = read_attrs(s, file, &mono, err);
		else
			r = wrong(s, file, err, "unknown key", key);
		if (r < 0)
			return r;
	}
	for (int level = 0; level < UI_COLOURS_MAX_; level++)
		t->roles[level][role] = (struct ui_style){fg[level], bg[level], attrs};
	if (config_setting_get_member(group, "mono"))
		t->roles[UI_COLOURS_MONO][role].attrs = mono;
	return 0;
}

static int read_theme(const char *file, struct ui_theme *t, config_t *conf, struct ck_err *err)
{
	if (!config_read_file(conf, file)) {
		if (config_error_type(conf) == CONFIG_ERR_FILE_IO)
			return ck_err_set(err, CK_ENOTFOUND, "cannot read theme '%s'", file);
		return ck_err_set(err, CK_EUSAGE, "theme '%s' line %d: %s", file,
		                  config_error_line(conf), config_error_text(conf));
	}
	const char *glyphs = "auto";
	(void)config_lookup_string(conf, "theme.glyphs", &glyphs);
	t->ascii = strcmp(glyphs, "ascii") == 0;
	if (!t->ascii && strcmp(glyphs, "auto") != 0 && strcmp(glyphs, "unicode") != 0)
		return wrong(config_lookup(conf, "theme.glyphs"), file, err, "unknown glyphs",
		             glyphs);
	const config_setting_t *roles = config_lookup(conf, "theme.roles");
	if (!roles || !config_setting_is_group(roles))
		return ck_err_set(err, CK_EUSAGE, "theme '%s' has no group theme.roles", file);
	for (int i = 0; i < config_setting_length(roles); i++) {
		int r = read_role(config_setting_get_elem(roles, (unsigned)i), file, t, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/** Where the theme lies, or should lie. */
static int find_theme(const char *name, const char *program, struct ck_buf *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf file = CK_BUF_INIT;
	if (strchr(name, '/'))
		return ck_buf_adds(ret, name);
	int r = ck_buf_addf(&file, "%s.conf", name);
	return r < 0 ? r : ck_data_find(program, "themes", file.data, ret);
}

int ui_theme_load(const char *name, const char *program, struct ui_theme *ret, struct ck_err *err)
{
	ui_theme_default(ret);
	if (strcmp(name, "auto") == 0)
		name = "default";
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	int r = find_theme(name, program, &path);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	if (strcmp(name, "default") == 0 && r == CK_ENOTFOUND)
		return 0; /* compiled in */
	config_t conf;
	config_init(&conf);
	r = read_theme(path.data, ret, &conf, err);
	config_destroy(&conf);
	if (r < 0)
		ui_theme_default(ret);
	return r;
}
