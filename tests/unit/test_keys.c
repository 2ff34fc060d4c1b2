/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "loop/places.h"
#include "loop/views.h"
#include "terminal/input.h"

static void every_key_of_the_table_has_a_code(void **state)
{
	(void)state;
	for (int a = UI_ACT_NONE + 1; a < UI_ACT_MAX_; a++) {
		const char *keys = ui_action_info((enum ui_action)a)->keys;
		for (size_t len; *keys; keys += len + (keys[len] == ' ')) {
			len = strcspn(keys, " ");
			if (ui_key_parse(keys, len) == UI_KEY_NONE)
				fail_msg("'%.*s' is no key", (int)len, keys);
		}
	}
	assert_int_equal(ui_key_parse("F11", 3), UI_KEY_NONE);
}

static void no_key_has_two_meanings(void **state)
{
	(void)state;
	for (int a = UI_ACT_NONE + 1; a < UI_ACT_MAX_; a++) {
		const struct ui_action_info *info = ui_action_info((enum ui_action)a);
		const char *keys = info->keys;
		for (size_t len; *keys; keys += len + (keys[len] == ' ')) {
			len = strcspn(keys, " ");
			enum ui_action is = ui_action_of(ui_key_parse(keys, len));
			if (is != (enum ui_action)a)
				fail_msg("'%.*s' is bound to '%s' and '%s'", (int)len, keys,
				         ui_action_info(is)->name, info->name);
		}
	}
}

static void no_key_that_fingers_know_for_deleting_is_bound(void **state)
{
	(void)state;
	static const char forbidden[] = {'d',          'x',          'D',         'X',
	                                 UI_CTRL('k'), UI_CTRL('w'), UI_CTRL('x')};
	for (size_t i = 0; i < sizeof forbidden; i++)
		assert_int_equal(ui_action_of((unsigned char)forbidden[i]), UI_ACT_NONE);
}

static void names_of_actions_are_different(void **state)
{
	(void)state;
	for (int a = UI_ACT_NONE + 1; a < UI_ACT_MAX_; a++)
		for (int b = a + 1; b < UI_ACT_MAX_; b++)
			assert_string_not_equal(ui_action_info((enum ui_action)a)->name,
			                        ui_action_info((enum ui_action)b)->name);
}

static void check_screen(const struct ui_view_ops *ops)
{
	for (const struct ui_binding *b = ops->bindings; b && b->action; b++) {
		assert_in_range(b->action, UI_ACT_NONE + 1, UI_ACT_MAX_ - 1);
		for (const struct ui_binding *other = b + 1; other->action; other++)
			if (other->action == b->action)
				fail_msg("screen '%s' has '%s' twice", ops->name,
				         ui_action_info(b->action)->name);
	}
}

static void places_have_their_numbers_and_screens_each_action_once(void **state)
{
	(void)state;
	int before = 0;
	for (const struct ui_place *p = ui_places(); p->number; p++) {
		assert_in_range(p->number, before + 1, 7);
		assert_int_equal(p->ops->place, p->number);
		assert_ptr_equal(ui_screen_named(p->ops->name), p->ops);
		assert_non_null(p->ops->help);
		check_screen(p->ops);
		before = p->number;
	}
	check_screen(&ui_view_help);
	check_screen(&ui_view_menu);
}

/* --- bytes to keys --------------------------------------------------------------------- */

struct fed {
	const char *bytes;
	uint32_t want[6];
};

static void feed(struct ui_input *in, const char *bytes, size_t len, int64_t now)
{
	size_t room;
	unsigned char *at = ui_input_room(in, &room);
	assert_true(len <= room);
	memcpy(at, bytes, len);
	ui_input_added(in, len, now);
}

static const struct fed known[] = {
	{"a", {'a'}},
	{"\xE6\x9D\x8E", {0x674E}},
	{"\r", {UI_KEY_ENTER}},
	{"\n", {UI_KEY_ENTER}},
	{"\x7f", {UI_KEY_BACKSPACE}},
	{"\b", {UI_KEY_BACKSPACE}},
	{"\t", {UI_KEY_TAB}},
	{"\033[A", {UI_KEY_UP}},
	{"\033OA", {UI_KEY_UP}},
	{"\033[1;5C", {UI_KEY_C_RIGHT}},
	{"\033[H", {UI_KEY_HOME}},
	{"\033[1~", {UI_KEY_HOME}},
	{"\033[7~", {UI_KEY_HOME}},
	{"\033[8~", {UI_KEY_END}},
	{"\033[4~", {UI_KEY_END}},
	{"\033[2~", {UI_KEY_INSERT}},
	{"\033[3~", {UI_KEY_DELETE}},
	{"\033[Z", {UI_KEY_BACKTAB}},
	{"\033OP", {UI_KEY_F1}},
	{"\033[11~", {UI_KEY_F1}},
	{"\033[[A", {UI_KEY_F1}},
	{"\033[15~", {UI_KEY_F5}},
	{"\033[17~", {UI_KEY_F6}},
	{"\033[21~", {UI_KEY_F10}},
	{"\0335", {UI_KEY_F5}},
	{"\0330", {UI_KEY_F10}},
	{"\033[A\033[Bq", {UI_KEY_UP, UI_KEY_DOWN, 'q'}},
	{"\033[<0;5;3M", {UI_KEY_CLICK}},
	{"\033[<64;5;3M", {UI_KEY_WHEEL_UP}},
	{"\033[<65;5;3M", {UI_KEY_WHEEL_DOWN}},
	{"\033[M %#", {UI_KEY_CLICK}},
	/* what is not known is swallowed whole, and what follows is not */
	{"\033[<0;5;3mq", {'q'}},
	{"\033[<0;0;3Mq", {'q'}},
	{"\033[<0;5;-1Mq", {'q'}},
	{"\033[<64;5;0Mq", {'q'}},
	{"\033[M  %q", {'q'}},
	{"\033[99;1xq", {'q'}},
	{"\033]0;title\aq", {'q'}},
	{"\033]52;c;aGk=\033\\q", {'q'}},
	{"\033P+q\033\\q", {'q'}},
	{"\033xq", {'q'}},
	{"\xC2\x9Bq", {'q'}},
	{"\033\033[A", {UI_KEY_ESC, UI_KEY_UP}},
};

static void sequences_become_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(known); i++) {
		struct ui_input in;
		struct ui_key key;
		ui_input_init(&in);
		feed(&in, known[i].bytes, strlen(known[i].bytes), 1000);
		for (int k = 0; known[i].want[k]; k++) {
			if (!ui_input_next(&in, 1000, &key))
				fail_msg("sequence %zu gives no key %d", i, k);
			assert_int_equal(key.code, known[i].want[k]);
		}
		if (ui_input_next(&in, 1000, &key))
			fail_msg("sequence %zu gives key %u too much", i, key.code);
		ui_input_fini(&in);
	}
}

static void a_sequence_in_pieces_is_one_key(void **state)
{
	(void)state;
	struct ui_input in;
	struct ui_key key;
	ui_input_init(&in);
	feed(&in, "\033", 1, 1000);
	assert_false(ui_input_next(&in, 1010, &key));
	feed(&in, "[1", 2, 1010);
	assert_false(ui_input_next(&in, 1011, &key));
	feed(&in, "5~", 2, 1020);
	assert_true(ui_input_next(&in, 1020, &key));
	assert_int_equal(key.code, UI_KEY_F5);
	ui_input_fini(&in);
}

static void a_lone_escape_is_a_key_after_25_ms(void **state)
{
	(void)state;
	struct ui_input in;
	struct ui_key key;
	ui_input_init(&in);
	feed(&in, "\033", 1, 1000);
	assert_int_equal(ui_input_timeout(&in, 1005), 20);
	assert_false(ui_input_next(&in, 1024, &key));
	assert_true(ui_input_next(&in, 1025, &key));
	assert_int_equal(key.code, UI_KEY_ESC);
	assert_int_equal(ui_input_timeout(&in, 1025), -1);
	ui_input_fini(&in);
}

static void a_cut_sequence_is_dropped_not_typed(void **state)
{
	(void)state;
	struct ui_input in;
	struct ui_key key;
	ui_input_init(&in);
	feed(&in, "\033[12;4", 6, 1000);
	assert_false(ui_input_next(&in, 1000, &key));
	assert_false(ui_input_next(&in, 1051, &key));
	feed(&in, "q", 1, 1060);
	assert_true(ui_input_next(&in, 1060, &key));
	assert_int_equal(key.code, 'q');
	ui_input_fini(&in);
}

static void a_paste_is_one_key_with_its_text(void **state)
{
	(void)state;
	struct ui_input in;
	struct ui_key key;
	ui_input_init(&in);
	feed(&in, "\033[200~rm -rf\n\033[A", 16, 1000);
	assert_false(ui_input_next(&in, 1000, &key));
	feed(&in, " x\033[201~q", 9, 1500);
	assert_true(ui_input_next(&in, 1500, &key));
	assert_int_equal(key.code, UI_KEY_PASTE);
	assert_string_equal(key.text, "rm -rf\n\033[A x");
	assert_true(ui_input_next(&in, 1500, &key));
	assert_int_equal(key.code, 'q');
	ui_input_fini(&in);
}

static void a_paste_without_an_end_is_thrown_away(void **state)
{
	(void)state;
	struct ui_input in;
	struct ui_key key;
	ui_input_init(&in);
	feed(&in, "\033[200~rm -rf", 12, 1000);
	assert_false(ui_input_next(&in, 1000, &key));
	assert_int_equal(ui_input_timeout(&in, 1000), UI_INPUT_PASTE_MS);
	feed(&in, " /etc\033[2", 8, 3000); /* a slow line is no end */
	assert_false(ui_input_next(&in, 3000 + UI_INPUT_PASTE_MS - 1, &key));
	assert_int_equal(ui_input_timeout(&in, 3000 + UI_INPUT_PASTE_MS - 1), 1);
	assert_true(ui_input_next(&in, 3000 + UI_INPUT_PASTE_MS, &key));
	assert_int_equal(key.code, UI_KEY_NO_PASTE);
	assert_non_null(strstr(key.text, "did not end"));
	assert_false(ui_input_next(&in, 3000 + UI_INPUT_PASTE_MS, &key));
	assert_int_equal(ui_input_timeout(&in, 7000), -1);
	feed(&in, "q", 1, 7000); /* keys are keys again */
	assert_true(ui_input_next(&in, 7000, &key));
	assert_int_equal(key.code, 'q');
	/* and the rest, should it come, is no commands */
	feed(&in, "abcdefghijkl", 12, 8000);
	assert_false(ui_input_next(&in, 8000, &key));
	feed(&in, " /home\033[201~Q", 13, 8001);
	assert_true(ui_input_next(&in, 8001, &key));
	assert_int_equal(key.code, 'Q');
	feed(&in, "abcdefghijkl", 12, 9000);
	assert_true(ui_input_next(&in, 9000, &key));
	assert_int_equal(key.code, 'a');
	ui_input_fini(&in);

	ui_input_init(&in); /* another paste is no rest */
	feed(&in, "\033[200~one", 9, 1000);
	assert_false(ui_input_next(&in, 1000, &key));
	assert_true(ui_input_next(&in, 5000, &key));
	assert_int_equal(key.code, UI_KEY_NO_PASTE);
	feed(&in, "\033[200~two\033[201~", 15, 6000);
	assert_true(ui_input_next(&in, 6000, &key));
	assert_int_equal(key.code, UI_KEY_PASTE);
	assert_string_equal(key.text, "two");
	ui_input_fini(&in);
}

static void a_paste_that_is_too_long_is_thrown_away(void **state)
{
	(void)state;
	struct ui_input in;
	struct ui_key key;
	char line[1000];
	ui_input_init(&in);
	memset(line, 'x', sizeof line);
	feed(&in, "\033[200~", 6, 1000);
	assert_false(ui_input_next(&in, 1000, &key));
	for (int i = 0; i < 200; i++) {
		feed(&in, line, sizeof line, 1000);
		assert_false(ui_input_next(&in, 1000, &key));
	}
	feed(&in, "\033[201~q", 7, 1000);
	assert_true(ui_input_next(&in, 1000, &key));
	assert_int_equal(key.code, UI_KEY_NO_PASTE);
	assert_non_null(strstr(key.text, "too long"));
	assert_true(ui_input_next(&in, 1000, &key));
	assert_int_equal(key.code, 'q');
	feed(&in, "\033[200~short\033[201~", 17, 2000); /* the next one is judged anew */
	assert_true(ui_input_next(&in, 2000, &key));
	assert_string_equal(key.text, "short");
	ui_input_fini(&in);
}

static void a_burst_is_a_paste_where_the_terminal_has_no_brackets(void **state)
{
	(void)state;
	struct ui_input in;
	struct ui_key key;
	ui_input_init(&in);
	in.guesses = true;
	feed(&in, "rm -rf /etc", 11, 1000);
	assert_true(ui_input_next(&in, 1000, &key));
	assert_int_equal(key.code, UI_KEY_PASTE);
	assert_string_equal(key.text, "rm -rf /etc");
	feed(&in, "jjjjjjjjjjjjjjjj", 16, 1000); /* a key that is held down */
	for (int i = 0; i < 16; i++) {
		assert_true(ui_input_next(&in, 1000, &key));
		assert_int_equal(key.code, 'j');
	}
	feed(&in, "\033[A\033[B\033[C\033[D", 12, 1000); /* keys, not letters */
	assert_true(ui_input_next(&in, 1000, &key));
	assert_int_equal(key.code, UI_KEY_UP);
	ui_input_fini(&in);
}

static void a_burst_never_tears_a_sequence_or_a_paste_apart(void **state)
{
	(void)state;
	struct ui_input in;
	struct ui_key key;
	ui_input_init(&in);
	in.guesses = true;
	feed(&in, "\033[1", 3, 1000);
	assert_false(ui_input_next(&in, 1000, &key));
	feed(&in, "~abcdefgh", 9, 1001);
	assert_true(ui_input_next(&in, 1001, &key));
	assert_int_equal(key.code, UI_KEY_HOME);
	for (uint32_t ch = 'a'; ch <= 'h'; ch++) {
		assert_true(ui_input_next(&in, 1001, &key));
		assert_int_equal(key.code, ch);
	}
	assert_false(ui_input_next(&in, 2000, &key));

	feed(&in, "\033[200~one", 9, 3000);
	assert_false(ui_input_next(&in, 3000, &key));
	feed(&in, "abcdefghijkl", 12, 3001);
	assert_false(ui_input_next(&in, 3001, &key));
	feed(&in, "\033[201~", 6, 3002);
	assert_true(ui_input_next(&in, 3002, &key));
	assert_int_equal(key.code, UI_KEY_PASTE);
	assert_string_equal(key.text, "oneabcdefghijkl");
	assert_false(ui_input_next(&in, 4000, &key));
	ui_input_fini(&in);
}

static void two_clicks_at_one_place_are_a_double_click(void **state)
{
	(void)state;
	struct ui_input in;
	struct ui_key key;
	ui_input_init(&in);
	const char *click = "\033[<0;5;3M";
	feed(&in, click, strlen(click), 1000);
	assert_true(ui_input_next(&in, 1000, &key));
	assert_int_equal(key.code, UI_KEY_CLICK);
	assert_int_equal(key.y, 2);
	assert_int_equal(key.x, 4);
	feed(&in, click, strlen(click), 1200);
	assert_true(ui_input_next(&in, 1200, &key));
	assert_int_equal(key.code, UI_KEY_DOUBLE);
	feed(&in, click, strlen(click), 1300);
	assert_true(ui_input_next(&in, 1300, &key));
	assert_int_equal(key.code, UI_KEY_CLICK);
	ui_input_fini(&in);
}

static void no_bytes_whatever_break_the_decoder(void **state)
{
	(void)state;
	uint64_t seed = 7;
	struct ui_input in;
	struct ui_key key;
	ui_input_init(&in);
	int64_t now = 1000;
	for (int round = 0; round < 200000; round++) {
		static const char alphabet[] =
			"\033\033\033[[<O;;0123459MmA~~]PR\a\\ q\xC3\xE2\x9B";
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		char c = alphabet[(seed >> 33) % (sizeof alphabet - 1)];
		feed(&in, &c, 1, now);
		while (ui_input_next(&in, now, &key))
			assert_true(key.code != UI_KEY_NONE && key.code <= UI_KEY_WHEEL_DOWN);
		now += (int64_t)(seed >> 60);
	}
	(void)ui_input_next(&in, now + 1000, &key);
	ui_input_fini(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_of_the_table_has_a_code),
		cmocka_unit_test(no_key_has_two_meanings),
		cmocka_unit_test(no_key_that_fingers_know_for_deleting_is_bound),
		cmocka_unit_test(names_of_actions_are_different),
		cmocka_unit_test(places_have_their_numbers_and_screens_each_action_once),
		cmocka_unit_test(sequences_become_keys),
		cmocka_unit_test(a_sequence_in_pieces_is_one_key),
		cmocka_unit_test(a_lone_escape_is_a_key_after_25_ms),
		cmocka_unit_test(a_cut_sequence_is_dropped_not_typed),
		cmocka_unit_test(a_paste_is_one_key_with_its_text),
		cmocka_unit_test(a_paste_without_an_end_is_thrown_away),
		cmocka_unit_test(a_paste_that_is_too_long_is_thrown_away),
		cmocka_unit_test(a_burst_is_a_paste_where_the_terminal_has_no_brackets),
		cmocka_unit_test(a_burst_never_tears_a_sequence_or_a_paste_apart),
		cmocka_unit_test(two_clicks_at_one_place_are_a_double_click),
		cmocka_unit_test(no_bytes_whatever_break_the_decoder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
