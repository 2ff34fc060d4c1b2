/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libconfig.h>

#include "terminal/theme.h"

static void expect_every_role(const char *path)
{
	struct ck_err err = CK_ERR_INIT;
	struct ui_theme theme;
	int r = ui_theme_load(path, NULL, &theme, &err);
	assert_ok(r, &err);
	config_t conf;
	config_init(&conf);
	assert_int_equal(config_read_file(&conf, path), CONFIG_TRUE);
	const config_setting_t *roles = config_lookup(&conf, "theme.roles");
	assert_non_null(roles);
	for (int role = 0; role < UI_ROLE_MAX_; role++)
		if (!config_setting_get_member(roles, ui_role_name((enum ui_role)role)))
			fail_msg("'%s' does not set the role '%s'", path,
			         ui_role_name((enum ui_role)role));
	config_destroy(&conf);
}

static void every_theme_sets_every_role(void **state)
{
	(void)state;
	DIR *dir = opendir("themes");
	assert_non_null(dir);
	int n = 0;
	for (struct dirent *e; (e = readdir(dir));) {
		const char *dot = strrchr(e->d_name, '.');
		if (!dot || strcmp(dot, ".conf") != 0)
			continue;
		char path[300];
		snprintf(path, sizeof path, "themes/%s", e->d_name);
		expect_every_role(path);
		n++;
	}
	closedir(dir);
	assert_in_range(n, 4, 100);
}

static void the_compiled_in_theme_is_the_default_file(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct ui_theme file, builtin;
	int r = ui_theme_load("themes/default.conf", NULL, &file, &err);
	assert_ok(r, &err);
	ui_theme_default(&builtin);
	for (int level = 0; level < UI_COLOURS_MAX_; level++)
		for (int role = 0; role < UI_ROLE_MAX_; role++) {
			const struct ui_style *a = &file.roles[level][role];
			const struct ui_style *b = &builtin.roles[level][role];
			if (a->fg != b->fg || a->bg != b->bg || a->attrs != b->attrs)
				fail_msg("role '%s' differs at level %d: %d/%d/%x and %d/%d/%x",
				         ui_role_name((enum ui_role)role), level, a->fg, a->bg,
				         a->attrs, b->fg, b->bg, b->attrs);
		}
}

static void without_colours_no_theme_has_any(void **state)
{
	(void)state;
	static const char *const files[] = {"themes/default.conf", "themes/light.conf",
	                                    "themes/dark.conf", "themes/contrast.conf",
	                                    "themes/mono.conf"};
	for (size_t i = 0; i < CK_COUNT(files); i++) {
		struct ui_theme t;
		assert_int_equal(ui_theme_load(files[i], NULL, &t, NULL), 0);
		for (int role = 0; role < UI_ROLE_MAX_; role++) {
			assert_int_equal(t.roles[UI_COLOURS_MONO][role].fg, UI_COLOUR_DEFAULT);
			assert_int_equal(t.roles[UI_COLOURS_MONO][role].bg, UI_COLOUR_DEFAULT);
		}
		/* what must be seen without colour */
		static const enum ui_role seen[] = {UI_ROLE_CURSOR,      UI_ROLE_ALARM,
		                                    UI_ROLE_UNSAFE,      UI_ROLE_BUTTON_FOCUS,
		                                    UI_ROLE_INPUT_FOCUS, UI_ROLE_TITLE_FOCUS,
		                                    UI_ROLE_ERROR};
		for (size_t k = 0; k < CK_COUNT(seen); k++)
			if (!t.roles[UI_COLOURS_MONO][seen[k]].attrs)
				fail_msg("'%s' shows '%s' like any other text", files[i],
				         ui_role_name(seen[k]));
	}
}

static void mistakes_name_file_and_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words;
	} table[] = {
		{"theme: { roles: {\n wran = { };\n }; };", "line 2: unknown role 'wran'"},
		{"theme: { roles: {\n\n warn = { fg = (\"purple\"); };\n }; };",
	         "line 3: unknown colour 'purple'"},
		{"theme: { roles: {\n warn = { fg = (99); };\n }; };", "line 2: unknown colour"},
		{"theme: { roles: { warn = { fg = (1, 2, \"#-fffff\"); }; }; };",
	         "line 1: unknown colour '#-fffff'"},
		{"theme: { roles: {\n warn = { attr = [ \"blinking\" ]; };\n }; };",
	         "line 2: unknown attribute 'blinking'"},
		{"theme: { roles: {\n warn = { fg = \"red\"; };\n }; };",
	         "line 2: not a list: 'fg'"},
		{"theme: { roles: {\n warn = { colour = ( ); };\n }; };",
	         "line 2: unknown key 'colour'"},
		{"theme: {\n glyphs = \"asci\"; roles: { }; };", "line 2: unknown glyphs 'asci'"},
		{"theme: {\n roles: {", "line 2: syntax error"},
		{"other = 1;", "has no group theme.roles"},
	};
	char *dir = test_tmpdir();
	char path[300];
	snprintf(path, sizeof path, "%s/t.conf", dir);
	for (size_t i = 0; i < CK_COUNT(table); i++) {
		struct ck_err err = CK_ERR_INIT;
		struct ui_theme theme, builtin;
		test_write(path, table[i].text, strlen(table[i].text));
		int r = ui_theme_load(path, NULL, &theme, &err);
		assert_err(r, &err, CK_EUSAGE, table[i].words);
		ui_theme_default(&builtin);
		assert_memory_equal(&theme.roles, &builtin.roles, sizeof theme.roles);
	}
	struct ck_err err = CK_ERR_INIT;
	struct ui_theme theme;
	int r = ui_theme_load("/nowhere/t.conf", NULL, &theme, &err);
	assert_err(r, &err, CK_ENOTFOUND, "/nowhere/t.conf");
	test_rmtree(dir);
	free(dir);
}

static void a_missing_colour_is_as_the_one_before(void **state)
{
	(void)state;
	struct ui_theme t;
	assert_int_equal(ui_theme_load("themes/light.conf", NULL, &t, NULL), 0);
	assert_int_equal(t.roles[UI_COLOURS_16][UI_ROLE_ERROR].fg, 1);
	assert_int_equal(t.roles[UI_COLOURS_256][UI_ROLE_ERROR].fg, 160);
	assert_int_equal(t.roles[UI_COLOURS_DIRECT][UI_ROLE_ERROR].fg, 0xd70000);
	assert_int_equal(ui_theme_load("themes/default.conf", NULL, &t, NULL), 0);
	assert_int_equal(t.roles[UI_COLOURS_256][UI_ROLE_ERROR].fg, 1);
	assert_int_equal(t.roles[UI_COLOURS_DIRECT][UI_ROLE_ERROR].fg, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_theme_sets_every_role),
		cmocka_unit_test(the_compiled_in_theme_is_the_default_file),
		cmocka_unit_test(without_colours_no_theme_has_any),
		cmocka_unit_test(mistakes_name_file_and_line),
		cmocka_unit_test(a_missing_colour_is_as_the_one_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
