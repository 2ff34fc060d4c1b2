/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/draw.h"
#include "terminal/wrap.h"

static const struct {
	const char *what, *in, *text, *name, *body;
} hostile[] = {
	{"plain", "Offer 12", "Offer 12", "Offer 12", "Offer 12"},
	{"escape sequence", "a\033[2Jb", "a?[2Jb", "a<1B>[2Jb", "a^[[2Jb"},
	{"run of controls", "a\001\002\003b", "a?b", "a<01><02><03>b", "a^A^B^Cb"},
	{"delete", "a\177b", "a?b", "a<7F>b", "a^?b"},
	{"newline and tab", "a\nb\tc", "a b c", "a<0A>b<09>c", "a b c"},
	{"C1 as a character",
         "a\xC2\x9B"
         "b",
         "a?b", "a<U+009B>b", "a<U+009B>b"},
	{"C1 as a raw byte",
         "a\x9b"
         "b",
         "a\uFFFDb", "a<x9B>b", "a\uFFFDb"},
	{"right to left override", "ab\u202Egnp.exe", "ab?gnp.exe", "ab<U+202E>gnp.exe",
         "ab<U+202E>gnp.exe"},
	{"isolate", "\u2066x\u2069", "?x?", "<U+2066>x<U+2069>", "<U+2066>x<U+2069>"},
	{"arabic letter mark", "\u061C", "?", "<U+061C>", "<U+061C>"},
	{"zero width", "Se\u200Bnt\uFEFF", "Sent", "Se<U+200B>nt<U+FEFF>", "Se<U+200B>nt<U+FEFF>"},
	{"soft hyphen", "a\u00ADb", "ab", "a<U+00AD>b", "a<U+00AD>b"},
	{"tag characters", "a\U000E0041b", "ab", "a<U+E0041>b", "a<U+E0041>b"},
	{"flag", "\U0001F1E9\U0001F1EA!", "[DE]!", "[DE]!", "[DE]!"},
	{"half a flag", "\U0001F1E9!", "[D]!", "[D]!", "[D]!"},
	{"private use", "\uE000", "?", "<U+E000>", "<U+E000>"},
	{"not a character", "\uFFFE", "?", "<U+FFFE>", "<U+FFFE>"},
	{"overlong slash", "\xC0\xAF", "\uFFFD\uFFFD", "<xC0><xAF>", "\uFFFD\uFFFD"},
	{"surrogate", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD", "<xED><xA0><x80>",
         "\uFFFD\uFFFD\uFFFD"},
	{"cut sequence", "a\xE2\x82", "a\uFFFD\uFFFD", "a<xE2><x82>", "a\uFFFD\uFFFD"},
	{"beyond Unicode", "\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD", "<xF4><x90><x80><x80>",
         "\uFFFD\uFFFD\uFFFD\uFFFD"},
	{"joined emoji", "\U0001F468\u200D\U0001F469", "\U0001F468\U0001F469",
         "\U0001F468<U+200D>\U0001F469", "\U0001F468\U0001F469"},
	{"mark stays with its base", "e\u0301", "e\u0301", "e\u0301", "e\u0301"},
	{"mark without a base", "\u0301x", "\u25CC\u0301x", "\u25CC\u0301x", "\u25CC\u0301x"},
	{"wide", "李雷", "李雷", "李雷", "李雷"},
	{"empty", "", "", "", ""},
};

static void expect_text(const char *what, const char *in, unsigned flags, const char *want)
{
	struct ck_buf out = CK_BUF_INIT;
	assert_int_equal(ui_text(in, SIZE_MAX, flags, &out), 0);
	if (strcmp(out.data, want) != 0)
		fail_msg("%s: '%s' instead of '%s'", what, out.data, want);
	ck_buf_fini(&out);
}

static void hostile_characters_become_harmless(void **state)
{
	(void)state;
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	for (size_t i = 0; i < CK_COUNT(hostile); i++) {
		expect_text(hostile[i].what, hostile[i].in, UI_TEXT, hostile[i].text);
		expect_text(hostile[i].what, hostile[i].in, UI_NAME, hostile[i].name);
		expect_text(hostile[i].what, hostile[i].in, UI_BODY, hostile[i].body);
	}
}

static void ascii_terminals_get_only_ascii(void **state)
{
	(void)state;
	assert_non_null(setlocale(LC_ALL, "C"));
	expect_text("text", "Anna Bergstr\u00F6m", UI_TEXT | UI_ASCII, "Anna Bergstr?m");
	expect_text("name", "李雷", UI_NAME | UI_ASCII, "&Z06W9w-");
	expect_text("mixed name", "a/\u00FCb&c", UI_NAME | UI_ASCII, "a/&APw-b&-c");
	expect_text("beyond the first plane", "\U0001F389", UI_NAME | UI_ASCII, "&2DzfiQ-");
	expect_text("escape", "\u202E", UI_NAME | UI_ASCII, "<U+202E>");
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
}

static void five_marks_are_too_many(void **state)
{
	(void)state;
	struct ui_text_iter it;
	struct ui_glyph g;
	ui_text_begin(&it, "a\u0301\u0302\u0303\u0304\u0305\u0306z", SIZE_MAX, UI_TEXT);
	assert_true(ui_text_next(&it, &g));
	assert_int_equal(g.n, UI_GLYPH_MAX);
	assert_int_equal(g.width, 1);
	assert_true(ui_text_next(&it, &g));
	assert_int_equal(g.ch[0], 'z');
	assert_false(ui_text_next(&it, &g));
}

static void widths_are_those_of_the_cells(void **state)
{
	(void)state;
	assert_int_equal(ui_text_width("李雷 x", UI_TEXT), 6);
	assert_int_equal(ui_text_width("e\u0301", UI_TEXT), 1);
	assert_int_equal(ui_text_width("a\u200Bb", UI_TEXT), 2);
	assert_int_equal(ui_text_width("a\u200Bb", UI_NAME), 10);
	assert_int_equal(ui_text_width("", UI_TEXT), 0);
}

/** What may reach the terminal: printable, and nothing that turns, hides or commands. */
static void assert_harmless(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len;
	while (p < end) {
		uint32_t ch = 0;
		size_t n = ui_text_decode(p, end, &ch);
		if (!n)
			fail_msg("an invalid byte %02X came through", *p);
		if (ch < 0x20 || (ch >= 0x7F && ch < 0xA0) || ch == 0xAD || ch == 0x61C ||
		    (ch >= 0x200B && ch <= 0x200F) || (ch >= 0x202A && ch <= 0x202E) ||
		    (ch >= 0x2060 && ch <= 0x206F) || ch == 0xFEFF || ch == 0x180E ||
		    (ch >= 0xFE00 && ch <= 0xFE0F) || ch >= 0xE0000)
			fail_msg("U+%04X came through", (unsigned)ch);
		p += n;
	}
}

static void no_bytes_whatever_come_through_unharmed(void **state)
{
	(void)state;
	uint64_t seed = 42;
	for (int round = 0; round < 20000; round++) {
		char raw[64];
		size_t len = 0;
		struct ck_buf in = CK_BUF_INIT;
		for (; len < sizeof raw; len++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			raw[len] = (char)(seed >> 56);
		}
		if (round % 2) { /* every character, format ones above all */
			for (int i = 0; i < 16; i++) {
				seed = seed * 6364136223846793005u + 1442695040888963407u;
				uint32_t ch = i % 2 ? 0x2000 + (uint32_t)(seed >> 33) % 0x70
				                    : (uint32_t)(seed >> 33) % 0x110000;
				assert_int_equal(ui_text_add_char(&in, ch), 0);
			}
		} else {
			assert_int_equal(ck_buf_add(&in, raw, len), 0);
		}
		for (unsigned flags = UI_TEXT; flags <= (UI_NAME | UI_BODY | UI_ASCII); flags++) {
			struct ck_buf out = CK_BUF_INIT;
			assert_int_equal(ui_text(in.data, in.len, flags, &out), 0);
			assert_harmless(out.data, out.len);
			for (size_t i = 0; flags & UI_ASCII && i < out.len; i++)
				assert_in_range((unsigned char)out.data[i], 0x20, 0x7E);
			ck_buf_fini(&out);
		}
		ck_buf_fini(&in);
	}
}

/* --- the canvas ------------------------------------------------------------------------ */

static void expect_row(const struct ui_grid *g, int y, const char *want)
{
	struct ck_buf out = CK_BUF_INIT;
	for (int x = 0; x < g->cols; x++) {
		const struct ui_spot *s = &g->spots[y * g->cols + x];
		for (int i = 0; s->width && i < s->n; i++)
			assert_int_equal(ui_text_add_char(&out, s->ch[i]), 0);
	}
	assert_string_equal(out.data, want);
	ck_buf_fini(&out);
}

static struct ui_grid grid_of(int rows, int cols)
{
	struct ui_grid g = {0};
	assert_int_equal(ui_grid_resize(&g, rows, cols), 0);
	return g;
}

static void what_is_too_long_is_cut_where_it_says(void **state)
{
	(void)state;
	struct ui_grid g = grid_of(5, 12);
	struct ui_canvas c = ui_canvas_all(&g);
	assert_int_equal(ui_put(&c, 0, 0, 12, UI_ROLE_NORMAL, UI_TEXT, "exactly long"), 12);
	expect_row(&g, 0, "exactly long");
	ui_put(&c, 1, 0, 12, UI_ROLE_NORMAL, UI_TEXT, "a longer sentence");
	expect_row(&g, 1, "a longer se…");
	ui_put(&c, 2, 0, 12, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE, "user.anna.Projects/2019");
	expect_row(&g, 2, "user.a…/2019");
	ui_put_right(&c, 3, 0, 12, UI_ROLE_NORMAL, UI_TEXT, "4.27T");
	expect_row(&g, 3, "       4.27T");
	ui_put(&c, 4, 0, 5, UI_ROLE_NORMAL, UI_TEXT, "李雷李雷");
	expect_row(&g, 4, "李雷…       ");
	ui_grid_fini(&g);
}

static void wide_characters_are_never_halved(void **state)
{
	(void)state;
	struct ui_grid g = grid_of(2, 6);
	struct ui_canvas c = ui_canvas_all(&g);
	struct ui_canvas left = ui_canvas_part(&c, (struct ui_rect){0, 0, 2, 3});
	ui_put(&left, 0, 0, 4, UI_ROLE_NORMAL, UI_TEXT, "李雷");
	expect_row(&g, 0, "李    ");
	ui_put(&c, 1, 0, 6, UI_ROLE_NORMAL, UI_TEXT, "李雷李");
	ui_put(&c, 1, 1, 1, UI_ROLE_NORMAL, UI_TEXT, "x"); /* on a right half */
	expect_row(&g, 1, " x雷李");
	ui_put(&c, 1, 2, 1, UI_ROLE_NORMAL, UI_TEXT, "y"); /* on a left half */
	expect_row(&g, 1, " xy 李");
	ui_put_from(&c, 0, 0, 6, UI_ROLE_NORMAL, UI_TEXT, "李雷x", SIZE_MAX,
	            1); /* from a half on */
	expect_row(&g, 0, " 雷x  ");
	ui_grid_fini(&g);
}

static void nothing_is_drawn_outside_of_the_canvas(void **state)
{
	(void)state;
	struct ui_grid g = grid_of(4, 10);
	struct ui_canvas c = ui_canvas_all(&g);
	struct ui_canvas in = ui_canvas_part(&c, (struct ui_rect){1, 2, 2, 5});
	for (int y = -3; y < 8; y++) {
		ui_put(&in, y, -4, 40, UI_ROLE_NORMAL, UI_TEXT, "XXXXXXXXXXXXXXXXXXXX");
		ui_over(&in, y, -4, 40, UI_ROLE_CURSOR);
	}
	ui_fill(&in, (struct ui_rect){-2, -2, 20, 20}, UI_ROLE_ALARM);
	ui_bar(&in, 0, -3, 30, 1, 2);
	ui_title(&in, 1, "a title that is much too long for it", true);
	for (int y = 0; y < 4; y++)
		for (int x = 0; x < 10; x++) {
			const struct ui_spot *s = &g.spots[y * 10 + x];
			if (y >= 1 && y < 3 && x >= 2 && x < 7)
				continue;
			assert_int_equal(s->ch[0], ' ');
			assert_int_equal(s->role, UI_ROLE_NORMAL);
			assert_int_equal(s->over, UI_ROLE_NORMAL);
		}
	ui_grid_fini(&g);
}

static void a_bar_is_full_only_at_the_end(void **state)
{
	(void)state;
	struct ui_grid g = grid_of(4, 12);
	g.ascii = true;
	struct ui_canvas c = ui_canvas_all(&g);
	ui_bar(&c, 0, 0, 12, 0, 100);
	ui_bar(&c, 1, 0, 12, 42, 100);
	ui_bar(&c, 2, 0, 12, 9999, 10000);
	ui_bar(&c, 3, 0, 12, 10000, 10000);
	expect_row(&g, 0, "[..........]");
	expect_row(&g, 1, "[####......]");
	expect_row(&g, 2, "[#########.]");
	expect_row(&g, 3, "[##########]");
	ui_grid_fini(&g);
}

static void hostile_text_does_not_move_what_stands_beside_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(hostile); i++) {
		struct ui_grid g = grid_of(1, 30);
		struct ui_canvas c = ui_canvas_all(&g);
		ui_put(&c, 0, 20, 5, UI_ROLE_NORMAL, UI_TEXT, "12.1K");
		ui_put(&c, 0, 0, 20, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE, hostile[i].in);
		for (int x = 0; x < 5; x++)
			assert_int_equal(g.spots[20 + x].ch[0], (unsigned char)"12.1K"[x]);
		ui_grid_fini(&g);
	}
}

static void lines_break_at_blanks_and_hang_under_labels(void **state)
{
	(void)state;
	const char *text =
		"Cause   the file cannot be read at all\nx\n\naverylongwordwithoutblanks";
	struct ui_lines l = {0};
	assert_int_equal(ui_wrap(&l, text, strlen(text), 20, UI_TEXT), 0);
	assert_int_equal(l.n, 7);
	assert_int_equal(l.items[0].len, strlen("Cause   the file"));
	assert_int_equal(l.items[1].indent, 8);
	assert_memory_equal(text + l.items[1].at, "cannot be", 9);
	assert_int_equal(l.items[4].len, 0);
	assert_int_equal(l.items[5].len, 20);
	ui_lines_fini(&l);
}

static void a_line_does_not_break_at_the_blank_it_begins_with(void **state)
{
	(void)state;
	const char *text = " averylongword";
	struct ui_lines l = {0};
	assert_int_equal(ui_wrap(&l, text, strlen(text), 10, UI_TEXT), 0);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.items[0].len, 10);
	ui_lines_fini(&l);
}

static void blanks_in_front_of_a_long_word_are_no_line(void **state)
{
	(void)state;
	const char *text = "    https://example.org/a/long/path";
	struct ui_lines l = {0};
	assert_int_equal(ui_wrap(&l, text, strlen(text), 20, UI_TEXT), 0);
	assert_int_equal(l.items[0].len, 20);
	ui_lines_fini(&l);
}

static void lines_hang_under_the_cells_of_a_label(void **state)
{
	(void)state;
	const char *text = "Größe 李  a text that is long";
	struct ui_lines l = {0};
	assert_int_equal(ui_wrap(&l, text, strlen(text), 24, UI_TEXT), 0);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.items[1].indent, 10);
	ui_lines_fini(&l);
}

static void a_line_may_be_full(void **state)
{
	(void)state;
	struct ui_lines l = {0};
	assert_int_equal(ui_wrap(&l, "exactly ten words", 17, 11, UI_TEXT), 0);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.items[0].len, strlen("exactly ten"));
	assert_int_equal(l.items[1].at, strlen("exactly ten "));
	ui_lines_fini(&l);
}

static void what_is_wider_than_the_line_is_broken_between_characters(void **state)
{
	(void)state;
	struct ui_lines l = {0};
	assert_int_equal(ui_wrap(&l, "李雷", 6, 1, UI_TEXT), 0);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.items[0].len, 3);
	assert_int_equal(ui_wrap(&l,
	                         "\u202e"
	                         "ab",
	                         5, 4, UI_NAME),
	                 0);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.items[0].len, 3);
	ui_lines_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_characters_become_harmless),
		cmocka_unit_test(ascii_terminals_get_only_ascii),
		cmocka_unit_test(five_marks_are_too_many),
		cmocka_unit_test(widths_are_those_of_the_cells),
		cmocka_unit_test(no_bytes_whatever_come_through_unharmed),
		cmocka_unit_test(what_is_too_long_is_cut_where_it_says),
		cmocka_unit_test(wide_characters_are_never_halved),
		cmocka_unit_test(nothing_is_drawn_outside_of_the_canvas),
		cmocka_unit_test(a_bar_is_full_only_at_the_end),
		cmocka_unit_test(hostile_text_does_not_move_what_stands_beside_it),
		cmocka_unit_test(lines_break_at_blanks_and_hang_under_labels),
		cmocka_unit_test(a_line_does_not_break_at_the_blank_it_begins_with),
		cmocka_unit_test(blanks_in_front_of_a_long_word_are_no_line),
		cmocka_unit_test(a_line_may_be_full),
		cmocka_unit_test(lines_hang_under_the_cells_of_a_label),
		cmocka_unit_test(what_is_wider_than_the_line_is_broken_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
