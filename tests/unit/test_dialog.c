/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loop/dialog.h"
#include "loop/house.h"
#include "loop/task.h"
#include "support/screen.h"

#define NO_ANSWER 99

struct world {
	char *dir;
	struct ck_settings settings;
	struct screen s;
};

static int answered;

static void done(struct ui_view *owner, int button)
{
	assert_non_null(owner);
	answered = button;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	w->dir = test_tmpdir();
	screen_settings(w->dir, &w->settings);
	screen_open(&w->s, &w->settings, NULL, NULL, 24, 80, SCREEN_UTF8);
	answered = NO_ANSWER;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	screen_close(&w->s);
	ck_settings_fini(&w->settings);
	test_rmtree(w->dir);
	free(w->dir);
	free(w);
	return 0;
}

static const char *const buttons[] = {"Keep it", "Cancel the job", NULL};

static void ask(struct world *w, const char *word, bool uncalled)
{
	const struct ui_dialog d = {.title = "Cancel job 413?",
	                            .text = "It has copied 1.79T of 4.27T.\nWhat it wrote so far "
	                                    "is thrown away; Cyrus is "
	                                    "started again before that, and nothing on the server "
	                                    "has been changed by it.",
	                            .buttons = buttons,
	                            .word = word,
	                            .uncalled = uncalled,
	                            .done = done};
	assert_int_equal(ui_dialog_open(ui_app_top(w->s.app), &d), 0);
}

static void a_dialog_stands_in_the_middle(void **state)
{
	struct world *w = *state;
	free(w->settings.destinations[0].path);
	w->settings.destinations[0].path = strdup("/var/backups/cyrkeep");
	ask(w, NULL, false);
	screen_golden(&w->s, "dialog-80x24");
	screen_keys(&w->s, "Esc");
	ask(w, "cancel", false);
	screen_golden(&w->s, "dialog-word-80x24");
}

static void enter_on_a_fresh_dialog_is_not_an_answer(void **state)
{
	struct world *w = *state;
	ask(w, NULL, false);
	screen_keys(&w->s, "Tab Enter");
	assert_int_equal(answered, NO_ANSWER);
	screen_pass(&w->s, 299);
	screen_keys(&w->s, "Enter");
	assert_int_equal(answered, NO_ANSWER);
	screen_pass(&w->s, 1);
	screen_keys(&w->s, "Enter");
	assert_int_equal(answered, 1);
	assert_false(screen_has(&w->s, "Cancel job 413?"));
}

static void every_way_out_is_the_harmless_one(void **state)
{
	struct world *w = *state;
	static const char *const ways[] = {"Tab Esc", "Tab q", "Tab C-c"};
	for (size_t i = 0; i < CK_COUNT(ways); i++) {
		answered = NO_ANSWER;
		ask(w, NULL, false);
		screen_pass(&w->s, 2000);
		screen_keys(&w->s, ways[i]);
		assert_int_equal(answered, 0);
		assert_int_equal(ui_app_step(w->s.app, 0), 0);
	}
}

static void the_mouse_presses_a_button_and_leaves_outside(void **state)
{
	struct world *w = *state;
	ask(w, NULL, false);
	screen_click(&w->s, 13, 22); /* too early: it was meant for what was there before */
	assert_int_equal(answered, NO_ANSWER);
	screen_pass(&w->s, 300);
	screen_click(&w->s, 9, 22);  /* on its text */
	screen_click(&w->s, 13, 16); /* between two buttons */
	assert_int_equal(answered, NO_ANSWER);
	screen_click(&w->s, 13, 22);
	assert_int_equal(answered, 1);
	ask(w, NULL, false);
	screen_pass(&w->s, 300);
	screen_click(&w->s, 2, 2);
	assert_int_equal(answered, 0);
	assert_false(screen_has(&w->s, "Cancel job 413?"));
	ask(w, "stop", true);
	screen_pass(&w->s, 100);
	screen_click(&w->s, 2, 2);
	assert_true(screen_has(&w->s, "Cancel job 413?"));
}

/* Where the harmless button is not the first one. */
static void the_ways_out_go_to_the_button_that_is_safe(void **state)
{
	struct world *w = *state;
	const struct ui_dialog d = {
		.title = "Go on?", .text = "?", .buttons = buttons, .safe = 1, .done = done};
	for (int outside = 0; outside < 2; outside++) {
		answered = NO_ANSWER;
		assert_int_equal(ui_dialog_open(ui_app_top(w->s.app), &d), 0);
		screen_pass(&w->s, 300);
		if (outside)
			screen_click(&w->s, 2, 2);
		else
			screen_keys(&w->s, "Esc");
		assert_int_equal(answered, 1);
	}
}

static void one_that_appears_by_itself_is_deaf_until_silence(void **state)
{
	struct world *w = *state;
	ask(w, NULL, true);
	for (int i = 0; i < 20; i++) { /* somebody types on */
		screen_pass(&w->s, 200);
		screen_keys(&w->s, "Tab Enter");
	}
	assert_int_equal(answered, NO_ANSWER);
	screen_pass(&w->s, 500);
	screen_keys(&w->s, "Enter");
	assert_int_equal(answered, 0);
}

static void level_three_needs_the_whole_word(void **state)
{
	struct world *w = *state;
	ask(w, "stop", false);
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "'sto' Enter");
	assert_int_equal(answered, NO_ANSWER);
	struct ui_key paste = {.code = UI_KEY_PASTE, .text = "p"};
	ui_app_key(w->s.app, &paste);
	screen_keys(&w->s, "Enter");
	assert_int_equal(answered, NO_ANSWER);
	screen_keys(&w->s, "'p' Enter");
	assert_int_equal(answered, UI_DIALOG_TYPED);
}

/* "Esc Cancel" under a question about cancelling could mean either. */
static void the_key_bar_speaks_in_the_words_of_the_buttons(void **state)
{
	struct world *w = *state;
	ask(w, NULL, false);
	screen_expect(&w->s, 23, "Esc Keep it");
	screen_keys(&w->s, "Esc");
	ask(w, "stop", false);
	screen_expect(&w->s, 23, "Enter Press");
	screen_keys(&w->s, "'sto'");
	assert_false(screen_has(&w->s, "Enter"));
	screen_keys(&w->s, "'p'");
	screen_expect(&w->s, 23, "Enter Go on");
}

static void a_click_on_the_key_bar_is_the_key(void **state)
{
	struct world *w = *state;
	ask(w, NULL, false);
	screen_click(&w->s, 23, 13); /* Enter, too early */
	assert_int_equal(answered, NO_ANSWER);
	screen_pass(&w->s, 300);
	screen_click(&w->s, 23, 1);
	screen_click(&w->s, 23, 13);
	assert_int_equal(answered, 1);
	ask(w, NULL, false);
	screen_pass(&w->s, 300);
	screen_click(&w->s, 0, 20); /* a place, outside of the box */
	assert_int_equal(answered, 0);
	assert_false(screen_has(&w->s, "Cancel job 413?"));
}

static void letters_of_the_screen_below_do_not_act_in_a_dialog(void **state)
{
	struct world *w = *state;
	ask(w, NULL, false);
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "r 1 4 m ? : F5 F8 Space y 'yes'");
	assert_int_equal(answered, NO_ANSWER);
	assert_true(screen_has(&w->s, "Cancel job 413?"));
}

static void a_failure_says_cause_and_remedy(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	ck_err_set(&err, CK_ENOSPACE, "cannot write '/x/\033[2J\u202Ey': No space left on device");
	ck_err_remedy(&err, "make room, or choose another destination");
	ui_app_fail(w->s.app, "The plan was not saved", &err);
	assert_true(screen_has(&w->s, "The plan was not saved"));
	assert_true(screen_has(&w->s, "Cause   cannot write '/x/?[2J?y': No space left"));
	assert_true(screen_has(&w->s, "Remedy  make room"));
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "Enter");
	assert_false(screen_has(&w->s, "The plan was not saved"));
}

static void a_text_longer_than_the_window_scrolls(void **state)
{
	struct world *w = *state;
	struct ck_buf text = CK_BUF_INIT;
	for (int i = 0; i < 100; i++)
		assert_int_equal(ck_buf_addf(&text, "line %d\n", i), 0);
	const struct ui_dialog d = {.title = "Long", .text = text.data, .buttons = buttons};
	assert_int_equal(ui_dialog_open(ui_app_top(w->s.app), &d), 0);
	assert_true(screen_has(&w->s, "[>Keep it<]"));
	assert_false(screen_has(&w->s, "line 40"));
	assert_true(screen_has(&w->s, "84 lines below: Down"));
	for (int i = 0; i < 30; i++)
		screen_keys(&w->s, "Down");
	assert_true(screen_has(&w->s, "line 40"));
	assert_true(screen_has(&w->s, "[>Keep it<]"));
	struct ui_key wheel = {.code = UI_KEY_WHEEL_UP, .y = 10, .x = 20};
	ui_app_key(w->s.app, &wheel);
	assert_true(screen_has(&w->s, "57 lines below: Down"));
	ck_buf_fini(&text);
}

/* --- tasks ----------------------------------------------------------------------------- */

/** What a task of these tests is told, and tells. */
struct work {
	atomic_bool *go;
	atomic_int *freed;
	int result;
};

static int ended_with = NO_ANSWER;

static int work_until_told(void *arg, struct ck_watch *watch, struct ck_err *err)
{
	struct work *w = arg;
	const struct timespec pause = {.tv_nsec = 1000000};
	while (!atomic_load(w->go)) {
		if (atomic_load(&watch->cancel))
			return ck_err_set(err, CK_ECANCEL, "cancelled");
		nanosleep(&pause, NULL);
	}
	w->result = 42;
	return CK_OK;
}

static void work_done(void *owner, void *arg, int r, const struct ck_err *err)
{
	struct work *w = arg;
	assert_non_null(owner);
	assert_int_equal(err->code, CK_OK);
	ended_with = r < 0 ? r : w->result;
}

static void work_free(void *arg)
{
	struct work *w = arg;
	atomic_fetch_add(w->freed, 1);
	free(w);
}

static const struct ui_task_kind work_kind = {work_until_told, work_done, work_free};

static void start(struct world *w, struct ui_view *owner, atomic_bool *go, atomic_int *freed)
{
	struct work *work = ck_alloc(1, sizeof *work);
	assert_non_null(work);
	*work = (struct work){.go = go, .freed = freed};
	assert_int_equal(ui_task_start(w->s.app, &work_kind, owner, work, NULL, NULL), 0);
}

static void a_result_comes_in_the_drawing_thread(void **state)
{
	struct world *w = *state;
	atomic_bool go = false;
	atomic_int freed = 0;
	ended_with = NO_ANSWER;
	start(w, ui_app_top(w->s.app), &go, &freed);
	assert_int_equal(ui_app_step(w->s.app, 5), 0); /* keys are served meanwhile */
	assert_int_equal(ended_with, NO_ANSWER);
	atomic_store(&go, true);
	screen_wait(&w->s);
	assert_int_equal(ended_with, 42);
	assert_int_equal(atomic_load(&freed), 1);
}

static void a_closed_screen_gets_no_result_and_its_task_stops(void **state)
{
	struct world *w = *state;
	atomic_bool go = false;
	atomic_int freed = 0;
	ended_with = NO_ANSWER;
	screen_keys(&w->s, "?");
	for (int i = 0; i < 10; i++)
		start(w, ui_app_top(w->s.app), &go, &freed);
	screen_keys(&w->s, "Esc");
	for (int i = 0; i < 2000 && atomic_load(&freed) < 10; i++)
		assert_int_equal(ui_app_step(w->s.app, 5), 0);
	assert_int_equal(atomic_load(&freed), 10);
	assert_int_equal(ended_with, NO_ANSWER);
}

/* --- the stack ------------------------------------------------------------------------- */

struct place_state {
	int opened, news;
};
static int places_open;

static int open_place(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct place_state *s = v->state;
	(void)arg, (void)err;
	s->opened = ++places_open;
	return CK_OK;
}

static void close_place(struct ui_view *v)
{
	(void)v;
	places_open--;
}

static enum ui_reply place_news(struct ui_view *v)
{
	struct place_state *s = v->state;
	s->news++;
	return UI_DONE;
}

static const struct ui_view_ops place_two = {.name = "two",
                                             .title = "Two",
                                             .place = 2,
                                             .state_size = sizeof(struct place_state),
                                             .open = open_place,
                                             .close = close_place,
                                             .news = place_news};
static const struct ui_view_ops place_three = {.name = "three",
                                               .title = "Three",
                                               .place = 3,
                                               .state_size = sizeof(struct place_state),
                                               .open = open_place,
                                               .close = close_place,
                                               .news = place_news};

static void a_place_comes_back_as_it_was(void **state)
{
	struct world *w = *state;
	struct ui_app *app = w->s.app;
	places_open = 0;
	ui_app_go(app, &place_two, NULL);
	struct ui_view *two = ui_app_top(app);
	assert_int_equal(ui_app_push(app, &place_three, NULL), 0); /* a screen over it */
	struct ui_view *over = ui_app_top(app);
	ui_app_go(app, &place_three, NULL);
	assert_int_equal(places_open, 3);
	assert_false(ui_app_is_shown(app, two));
	screen_keys(&w->s, "1");
	assert_ptr_equal(ui_app_top(app)->ops, &ui_view_home);
	ui_app_go(app, &place_two, NULL);
	assert_ptr_equal(ui_app_top(app), over);
	assert_true(ui_app_is_shown(app, two));
	assert_int_equal(places_open, 3);
	ui_app_go(app, &place_two, "anew"); /* with an argument: another one, nothing over it */
	assert_int_equal(places_open, 2);
	assert_ptr_equal(ui_app_top(app)->ops, &place_two);
	screen_resize(&w->s, 30, 100);
	screen_keys(&w->s, "q");
	assert_ptr_equal(ui_app_top(app)->ops, &ui_view_home);
	assert_int_equal(places_open, 1);
}

static enum ui_reply ask_at_news(struct ui_view *v)
{
	const struct ui_dialog d = {.title = "News", .text = "?", .buttons = buttons};
	struct place_state *s = v->state;
	if (!s->news++)
		(void)ui_dialog_open(v, &d);
	return UI_DONE;
}

static void a_question_at_news_keeps_them_from_nobody(void **state)
{
	static const struct ui_view_ops curious = {.name = "curious",
	                                           .title = "Curious",
	                                           .place = 2,
	                                           .state_size = sizeof(struct place_state),
	                                           .news = ask_at_news};
	struct world *w = *state;
	assert_int_equal(ui_app_push(w->s.app, &curious, NULL), 0);
	ui_app_house(w->s.app)->up = 0;
	ui_app_news(w->s.app);
	assert_true(screen_has(&w->s, "News"));
	screen_keys(&w->s, "Esc q");
	assert_true(screen_has(&w->s, "Cyrus is down, and not by us"));
}

static void the_key_bar_can_be_clicked_quickly(void **state)
{
	struct world *w = *state;
	ask(w, NULL, false);
	screen_pass(&w->s, 300);
	screen_expect(&w->s, 23, "Tab Button");
	screen_click(&w->s, 23, 0);
	ui_app_key(w->s.app, &(struct ui_key){.code = UI_KEY_DOUBLE, .y = 23, .x = 0});
	screen_keys(&w->s, "Enter");
	assert_int_equal(answered, 0); /* to the second button, and back to the first */
}

static void a_theme_may_want_ascii(void **state)
{
	static const char text[] = "theme: { glyphs = \"ascii\"; roles: { }; };";
	struct world *w = *state;
	struct ck_buf path = CK_BUF_INIT;
	assert_int_equal(ck_buf_addf(&path, "%s/plain.conf", w->dir), 0);
	test_write(path.data, text, sizeof text - 1);
	screen_close(&w->s);
	free(w->settings.theme);
	w->settings.theme = ck_buf_take(&path);
	screen_open(&w->s, &w->settings, NULL, NULL, 24, 80, SCREEN_UTF8);
	assert_true(screen_has(&w->s, "-- Health --"));
}

static void a_place_that_was_put_aside_hears_news_but_asks_nothing(void **state)
{
	struct world *w = *state;
	struct ui_app *app = w->s.app;
	places_open = 0;
	ui_app_go(app, &place_two, NULL);
	struct ui_view *two = ui_app_top(app);
	struct place_state *s = two->state;
	screen_keys(&w->s, "1");
	screen_read_house(&w->s);
	assert_true(s->news > 0);
	const struct ui_dialog d = {.title = "A question", .text = "?", .buttons = buttons};
	assert_int_equal(ui_dialog_open(two, &d), CK_EBUSY);
	screen_expect(&w->s, 22, "A question");
	ui_app_close(app, two);
	assert_int_equal(places_open, 0);
	assert_ptr_equal(ui_app_top(app)->ops, &ui_view_home);
}

static void an_answer_goes_to_the_screen_that_asked(void **state)
{
	struct world *w = *state;
	struct ui_view *home = ui_app_top(w->s.app);
	const struct ui_dialog d = {
		.title = "A question", .text = "?", .buttons = buttons, .done = done};
	screen_keys(&w->s, "?"); /* help lies above when the question comes */
	assert_int_equal(ui_dialog_open(home, &d), 0);
	screen_pass(&w->s, 1000);
	screen_keys(&w->s, "Enter");
	assert_int_equal(answered, 0);
	assert_true(screen_has(&w->s, "Help: Home"));
}

/* --- forms and texts ------------------------------------------------------------------- */

static void a_long_text_is_read_by_pages(void **state)
{
	struct world *w = *state;
	struct ck_buf text = CK_BUF_INIT;
	for (int i = 1; i <= 60; i++)
		(void)ck_buf_addf(&text, "line %d\n", i);
	const struct ui_dialog d = {.title = "Long", .text = text.data, .buttons = buttons};
	assert_int_equal(ui_dialog_open(ui_app_top(w->s.app), &d), 0);
	screen_expect(&w->s, 3, "line 1 ");
	screen_keys(&w->s, "PgDn");
	screen_expect(&w->s, 3, "line 17 ");
	screen_keys(&w->s, "End");
	assert_true(screen_has(&w->s, "line 60"));
	ck_buf_fini(&text);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_dialog_stands_in_the_middle),
		T(enter_on_a_fresh_dialog_is_not_an_answer),
		T(every_way_out_is_the_harmless_one),
		T(the_mouse_presses_a_button_and_leaves_outside),
		T(the_ways_out_go_to_the_button_that_is_safe),
		T(one_that_appears_by_itself_is_deaf_until_silence),
		T(level_three_needs_the_whole_word),
		T(the_key_bar_speaks_in_the_words_of_the_buttons),
		T(a_click_on_the_key_bar_is_the_key),
		T(letters_of_the_screen_below_do_not_act_in_a_dialog),
		T(a_failure_says_cause_and_remedy),
		T(a_text_longer_than_the_window_scrolls),
		T(a_long_text_is_read_by_pages),
		T(a_result_comes_in_the_drawing_thread),
		T(a_closed_screen_gets_no_result_and_its_task_stops),
		T(a_place_comes_back_as_it_was),
		T(a_place_that_was_put_aside_hears_news_but_asks_nothing),
		T(an_answer_goes_to_the_screen_that_asked),
		T(a_question_at_news_keeps_them_from_nobody),
		T(the_key_bar_can_be_clicked_quickly),
		T(a_theme_may_want_ascii),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
