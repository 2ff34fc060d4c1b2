/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <string.h>

#include "widgets/field.h"
#include "widgets/form.h"
#include "widgets/textview.h"

static void a_form_is_moved_through_and_typed_into(void **state)
{
	(void)state;
	static const struct ui_form_item items[] = {{.label = "Name", .width = 10},
	                                            {.label = "Below", .hint = "What is below"}};
	static const uint32_t typed[] = {'a', 0xE4, 'x', UI_KEY_BACKSPACE, UI_KEY_HOME, '>'};
	struct ui_form f;
	assert_int_equal(ui_form_init(&f, items, CK_COUNT(items)), 0);
	ui_form_layout(&f, (struct ui_rect){4, 0, 2, 40});
	for (size_t i = 0; i < CK_COUNT(typed); i++)
		assert_int_equal(ui_form_key(&f, &(struct ui_key){.code = typed[i]}), UI_REPAINT);
	assert_string_equal(ui_form_text(&f, 0), ">a\u00E4");
	assert_int_equal(ui_form_act(&f, UI_ACT_OPEN), UI_REPAINT); /* Enter goes on */
	assert_string_equal(ui_form_hint(&f), "What is below");
	assert_int_equal(ui_form_act(&f, UI_ACT_NEXT), UI_IGNORED); /* on to the next block */
	const struct ui_key first = {.code = UI_KEY_CLICK, .y = 4, .x = 2};
	const struct ui_key below = {.code = UI_KEY_CLICK, .y = 6, .x = 2};
	assert_int_equal(ui_form_key(&f, &below), UI_IGNORED);
	assert_int_equal(ui_form_key(&f, &first), UI_REPAINT);
	assert_int_equal(ui_form_act(&f, UI_ACT_UP), UI_IGNORED);
	ui_form_fini(&f);
}

/* Every key of a line that is typed, from the same text: what stands left of the cursor, and right.
 */
static void a_line_is_edited_by_characters_and_words(void **state)
{
	(void)state;
	static const struct {
		const char *left, *right;
		uint32_t key;
		const char *then_left, *then_right;
	} table[] = {
		{"a\u00E4", "\u00E4b", UI_KEY_LEFT, "a", "\u00E4\u00E4b"},
		{"a\u00E4", "\u00E4b", UI_KEY_RIGHT, "a\u00E4\u00E4", "b"},
		{"a\u00E4", "\u00E4b", UI_KEY_BACKSPACE, "a", "\u00E4b"},
		{"a\u00E4", "\u00E4b", UI_KEY_DELETE, "a\u00E4", "b"},
		{"", "\u00E4b", UI_KEY_LEFT, "", "\u00E4b"},
		{"", "\u00E4b", UI_KEY_BACKSPACE, "", "\u00E4b"},
		{"\u00E4b", "", UI_KEY_RIGHT, "\u00E4b", ""},
		{"\u00E4b", "", UI_KEY_DELETE, "\u00E4b", ""},
		{"one two", " three", UI_KEY_HOME, "", "one two three"},
		{"one two", " three", UI_KEY_END, "one two three", ""},
		{"one two", " three", UI_KEY_C_LEFT, "one ", "two three"},
		{"one ", "two three", UI_KEY_C_LEFT, "", "one two three"},
		{"one", "  two three", UI_KEY_C_RIGHT, "one  two", " three"},
		{"one two", " three", UI_CTRL('w'), "one ", " three"},
		{"one  ", "two", UI_CTRL('w'), "", "two"},
		{"one two", " three", UI_CTRL('u'), "", " three"},
		{"one two", " three", UI_CTRL('k'), "one two", ""},
		{"one ", " three", 0x674E, "one \u674E", " three"},
	};
	for (size_t i = 0; i < CK_COUNT(table); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT, want = CK_BUF_INIT;
		struct ui_field f;
		(void)ck_buf_addf(&text, "%s%s", table[i].left, table[i].right);
		(void)ck_buf_addf(&want, "%s%s", table[i].then_left, table[i].then_right);
		ui_field_init(&f);
		ui_field_set(&f, text.data);
		f.at = strlen(table[i].left);
		assert_int_equal(ui_field_key(&f, &(struct ui_key){.code = table[i].key}),
		                 UI_REPAINT);
		assert_string_equal(f.text.data, want.data);
		assert_int_equal(f.at, strlen(table[i].then_left));
		ui_field_fini(&f);
	}
}

static void a_text_is_found_in_and_keeps_its_place(void **state)
{
	(void)state;
	struct ui_textview t;
	struct ck_buf text = CK_BUF_INIT;
	for (int i = 0; i < 200; i++)
		assert_int_equal(
			ck_buf_addf(&text, "line %d of a text that is long enough to wrap\n", i),
			0);
	ui_textview_init(&t, UI_BODY);
	ui_textview_layout(&t, (struct ui_rect){0, 0, 10, 80});
	assert_int_equal(ui_textview_set(&t, text.data, text.len, false), 0);
	assert_true(ui_textview_find(&t, "LINE 150"));
	assert_int_equal(t.top, 150);
	ui_textview_layout(&t, (struct ui_rect){0, 0, 10, 30});
	assert_memory_equal(t.text + t.lines.items[t.top].at, "line 150", 8);
	assert_false(ui_textview_find(&t, "nowhere"));
	ui_textview_act(&t, UI_ACT_LAST);
	assert_int_equal(t.top, t.lines.n - 10);
	ui_textview_fini(&t);
	ck_buf_fini(&text);
}

/* As that of a job that goes on speaking; another text begins at its top. */
static void a_text_that_is_set_anew_stays_where_it_was_read(void **state)
{
	(void)state;
	struct ck_buf text = CK_BUF_INIT;
	struct ui_textview t;
	for (int i = 0; i < 50; i++)
		(void)ck_buf_addf(&text, "line %d\n", i);
	ui_textview_init(&t, UI_BODY);
	ui_textview_layout(&t, (struct ui_rect){0, 0, 10, 80});
	assert_int_equal(ui_textview_set(&t, text.data, text.len, false), 0);
	ui_textview_act(&t, UI_ACT_PAGE_DOWN);
	assert_int_equal(t.top, 10);
	(void)ck_buf_adds(&text, "one more\n");
	assert_int_equal(ui_textview_set(&t, text.data, text.len, true), 0);
	assert_int_equal(t.top, 10);
	assert_int_equal(ui_textview_set(&t, "short", 5, true), 0);
	assert_int_equal(t.top, 0);
	assert_int_equal(ui_textview_set(&t, text.data, text.len, false), 0);
	ui_textview_act(&t, UI_ACT_PAGE_DOWN);
	assert_int_equal(ui_textview_set(&t, text.data, text.len, false), 0);
	assert_int_equal(t.top, 0);
	ui_textview_fini(&t);
	ck_buf_fini(&text);
}

static void going_on_comes_round_from_the_last_page(void **state)
{
	(void)state;
	struct ck_buf text = CK_BUF_INIT;
	struct ui_textview t;
	for (int i = 0; i < 20; i++)
		(void)ck_buf_adds(&text, i == 3 || i == 17 || i == 19 ? "a hit\n" : "nothing\n");
	ui_textview_init(&t, UI_BODY);
	ui_textview_layout(&t, (struct ui_rect){0, 0, 10, 80});
	assert_int_equal(ui_textview_set(&t, text.data, text.len, false), 0);
	assert_true(ui_textview_find(&t, "hit"));
	assert_int_equal(t.top, 3);
	ui_textview_act(&t, UI_ACT_FIND_NEXT);
	assert_int_equal(t.top, 10); /* both are in sight */
	ui_textview_act(&t, UI_ACT_FIND_NEXT);
	ui_textview_act(&t, UI_ACT_FIND_NEXT);
	assert_int_equal(t.top, 3);
	ui_textview_act(&t, UI_ACT_FIND_PREV);
	ui_textview_act(&t, UI_ACT_FIND_PREV);
	ui_textview_act(&t, UI_ACT_FIND_PREV);
	assert_int_equal(t.top, 3);
	ui_textview_fini(&t);
	ck_buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_form_is_moved_through_and_typed_into),
		cmocka_unit_test(a_line_is_edited_by_characters_and_words),
		cmocka_unit_test(a_text_is_found_in_and_keeps_its_place),
		cmocka_unit_test(a_text_that_is_set_anew_stays_where_it_was_read),
		cmocka_unit_test(going_on_comes_round_from_the_last_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
