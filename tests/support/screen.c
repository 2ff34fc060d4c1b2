/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/screen.h"

#include "support/test.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loop/app_private.h"
#include "loop/frame.h"
#include "loop/house.h"

#define WAIT_MS 20000

void screen_open(struct screen *s, const struct ck_settings *settings,
                 const struct ui_view_ops *ops, const void *arg, int rows, int cols,
                 enum screen_charset charset)
{
	struct ck_err err = CK_ERR_INIT;
	setenv("TZ", "UTC", 1);
	tzset();
	if (!setlocale(LC_ALL, charset == SCREEN_ASCII ? "C" : "C.UTF-8"))
		fail_msg("this system has no locale C.UTF-8");
	struct ui_app_options options = {.settings = settings,
	                                 .rows = rows,
	                                 .cols = cols,
	                                 .ascii = charset == SCREEN_ASCII,
	                                 .now = SCREEN_NOW,
	                                 .sigfd = -1,
	                                 .idle_fd = -1};
	int r = ui_app_open(&options, &s->app, &err);
	assert_ok(r, &err);
	assert_int_equal(ui_app_push(s->app, &ui_view_home, NULL), 0);
	if (ops && ops != &ui_view_home)
		assert_int_equal(ui_app_push(s->app, ops, arg), 0);
}

void screen_close(struct screen *s)
{
	assert_int_equal(ui_app_close_all(s->app), 0);
	s->app = NULL;
}

void screen_wait(struct screen *s)
{
	struct timespec start, now;
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (ui_tasks_pending(s->app->tasks) > 0 || ui_app_work(s->app)) {
		if (ui_tasks_pending(s->app->tasks) == 0)
			continue;
		assert_true(ui_app_step(s->app, 10) >= 0);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if ((now.tv_sec - start.tv_sec) * 1000 > (int64_t)WAIT_MS * test_slowness())
			fail_msg("a task does not end");
	}
	(void)ui_app_step(s->app, 0); /* what its end has brought */
}

void screen_read_house(struct screen *s)
{
	ui_house_read_jobs(s->app);
	ui_house_read_server(s->app);
	screen_wait(s);
}

void screen_each_key(const char *keys, void (*fn)(void *arg, uint32_t code, const char *name),
                     void *arg)
{
	char name[16];
	while (*keys) {
		if (*keys == ' ') {
			keys++;
		} else if (*keys == '\'') {
			for (keys++; *keys && *keys != '\''; keys++) {
				(void)snprintf(name, sizeof name, "'%c'", *keys);
				fn(arg, (unsigned char)*keys, name);
			}
			keys += *keys == '\'';
		} else {
			int len = (int)strcspn(keys, " ");
			uint32_t code = ui_key_parse(keys, (size_t)len);
			(void)snprintf(name, sizeof name, "%.*s", len, keys);
			if (code == UI_KEY_NONE)
				fail_msg("there is no key '%s'", name);
			fn(arg, code, name);
			keys += len;
		}
	}
}

static void press(void *arg, uint32_t code, const char *name)
{
	struct screen *s = arg;
	struct ui_key key = {.code = code};
	(void)name;
	ui_app_key(s->app, &key);
}

void screen_keys(struct screen *s, const char *keys)
{
	screen_each_key(keys, press, s);
}

void screen_click(struct screen *s, int y, int x)
{
	struct ui_key key = {.code = UI_KEY_CLICK, .y = y, .x = x};
	ui_app_key(s->app, &key);
}

void screen_pass(struct screen *s, int64_t ms)
{
	ui_app_advance(s->app, ms);
}

void screen_resize(struct screen *s, int rows, int cols)
{
	ui_app_resize(s->app, rows, cols);
}

static const struct ui_spot *row_of(const struct ui_grid *g, int y)
{
	assert_in_range(y, 0, g->rows - 1);
	return g->spots + (size_t)y * (size_t)g->cols;
}

static void add_row(const struct ui_grid *g, int y, struct ck_buf *out)
{
	size_t start = out->len, end = out->len;
	for (int x = 0; x < g->cols; x++) {
		const struct ui_spot *spot = &row_of(g, y)[x];
		for (int i = 0; spot->width && i < spot->n; i++)
			assert_int_equal(ui_text_add_char(out, spot->ch[i]), 0);
		if (out->len > start && out->data[out->len - 1] != ' ')
			end = out->len;
	}
	out->len = end;
	out->data[end] = '\0';
}

static enum ui_role shown_role(const struct ui_spot *spot)
{
	return (enum ui_role)(spot->over ? spot->over : spot->role);
}

/** "row 3: 0-79 cursor, …" for all that is not normal. */
static void add_roles(const struct ui_grid *g, int y, struct ck_buf *out)
{
	const struct ui_spot *row = row_of(g, y);
	bool any = false;
	for (int x = 0, end; x < g->cols; x = end) {
		enum ui_role role = shown_role(&row[x]);
		for (end = x + 1; end < g->cols && shown_role(&row[end]) == role;)
			end++;
		if (role == UI_ROLE_NORMAL)
			continue;
		assert_int_equal(ck_buf_addf(out, any ? ", " : "row %d: ", y), 0);
		assert_int_equal(ck_buf_addf(out, "%d-%d %s", x, end - 1, ui_role_name(role)), 0);
		any = true;
	}
	if (any)
		assert_int_equal(ck_buf_addc(out, '\n'), 0);
}

char *screen_row(struct screen *s, int y)
{
	struct ck_buf out = CK_BUF_INIT;
	add_row(ui_app_draw(s->app), y, &out);
	char *text = ck_buf_take(&out);
	assert_non_null(text);
	return text;
}

bool screen_has(struct screen *s, const char *text)
{
	const struct ui_grid *g = ui_app_draw(s->app);
	struct ck_buf out = CK_BUF_INIT;
	for (int y = 0; y < g->rows; y++) {
		add_row(g, y, &out);
		assert_int_equal(ck_buf_addc(&out, '\n'), 0);
	}
	bool has = strstr(out.data, text) != NULL;
	ck_buf_fini(&out);
	return has;
}

void screen_expect(struct screen *s, int y, const char *text)
{
	char *row = screen_row(s, y);
	if (!strstr(row, text))
		fail_msg("row %d is '%s', without '%s'", y, row, text);
	free(row);
}

void screen_expect_role(struct screen *s, int y, int x, enum ui_role role)
{
	const struct ui_grid *g = ui_app_draw(s->app);
	enum ui_role is = shown_role(&row_of(g, y)[x]);
	if (is != role)
		fail_msg("cell %d,%d is '%s', not '%s'", y, x, ui_role_name(is),
		         ui_role_name(role));
}

/** The file beside the sources; tests run from the top of the tree. */
static char *golden_path(const char *name)
{
	char *path = NULL;
	if (asprintf(&path, "tests/screens/%s.txt", name) < 0)
		fail_msg("out of memory");
	return path;
}

static char *read_all(const char *path)
{
	struct ck_buf out = CK_BUF_INIT;
	char part[4096];
	FILE *f = fopen(path, "r");
	if (!f)
		return NULL;
	for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
		assert_int_equal(ck_buf_add(&out, part, n), 0);
	fclose(f);
	return ck_buf_take(&out);
}

/** The first line that differs, for the message. */
static void fail_at_difference(const char *name, const char *want, const char *is)
{
	for (int line = 1;; line++) {
		size_t a = strcspn(want, "\n"), b = strcspn(is, "\n");
		if (a != b || memcmp(want, is, a) != 0)
			fail_msg("golden %s line %d:\n  want '%.*s'\n  is   '%.*s'\n"
			         "UPDATE=1 writes the goldens anew",
			         name, line, (int)a, want, (int)b, is);
		if (!want[a] || !is[b])
			break;
		want += a + 1;
		is += b + 1;
	}
	fail_msg("golden %s differs in its length", name);
}

void screen_golden(struct screen *s, const char *name)
{
	const struct ui_grid *g = ui_app_draw(s->app);
	struct ck_buf out = CK_BUF_INIT;
	for (int y = 0; y < g->rows; y++) {
		add_row(g, y, &out);
		assert_int_equal(ck_buf_addc(&out, '\n'), 0);
	}
	assert_int_equal(
		ck_buf_addf(&out, "---- cursor at %d,%d; roles\n", g->cursor_y, g->cursor_x), 0);
	for (int y = 0; y < g->rows; y++)
		add_roles(g, y, &out);
	char *path = golden_path(name);
	if (getenv("UPDATE")) {
		test_write(path, out.data, out.len);
	} else {
		char *want = read_all(path);
		if (!want)
			fail_msg("there is no golden '%s'; UPDATE=1 writes it", path);
		if (strcmp(want, out.data) != 0)
			fail_at_difference(name, want, out.data);
		free(want);
	}
	free(path);
	ck_buf_fini(&out);
}

void screen_settings(const char *dir, struct ck_settings *ret)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_buf conf = CK_BUF_INIT;
	char *path = NULL;
	assert_int_equal(ck_buf_addf(&conf,
	                             "state = \"%s/state\";\n"
	                             "imapd_conf = \"%s/imapd.conf\";\n"
	                             "cyrus_conf = \"%s/cyrus.conf\";\n"
	                             "master = { recipe = \"process\"; pidfile = \"%s/pid\"; "
	                             "start = [ \"/bin/false\" ]; };\n"
	                             "destinations = ( { name = \"main\"; type = \"directory\"; "
	                             "path = \"%s/archives\"; } );\n",
	                             dir, dir, dir, dir, dir),
	                 0);
	assert_true(asprintf(&path, "%s/cyrkeep.conf", dir) > 0);
	test_write(path, conf.data, conf.len);
	int r = ck_settings_load(path, NULL, ret, &err);
	assert_ok(r, &err);
	free(path);
	ck_buf_fini(&conf);
}
