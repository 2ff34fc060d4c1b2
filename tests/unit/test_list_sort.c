/* SPDX-License-Identifier: BSD-2-Clause */
/* What lists are sorted by. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include <cyrkeep/select.h>

#include "support/random.h"
#include "widgets/list.h"

#define MILLION 1000000

static const struct ui_column columns[] = {{.title = "Name", .min = 8, .sorts = true}, {0}};

static void no_value(const void *ctx, size_t row, int column, char *buf, size_t size,
                     struct ui_value *ret)
{
	(void)ctx, (void)row, (void)column, (void)buf, (void)size;
	ret->text = "";
}

static size_t sorts; /**< How often a row was asked what it is sorted by. */

static uint64_t number_of(size_t row)
{
	return row * 2654435761u % MILLION;
}

static void number_sort(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	(void)ctx, (void)column;
	sorts++;
	ret->number = number_of(row);
}

static const struct ui_list_ops number_ops = {.value = no_value, .sort = number_sort};

/** Rows that are sorted by words, some of which begin alike. */
struct words {
	char (*items)[48];
	bool natural;
};

static void word_sort(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	const struct words *w = ctx;
	(void)column;
	*ret = (struct ui_sort){.text = w->items[row], .natural = w->natural};
}

static const struct ui_list_ops word_ops = {.value = no_value, .sort = word_sort};

static int word_order(const struct words *w, size_t a, size_t b, bool descending)
{
	int order = w->natural ? ck_natural_compare(w->items[a], w->items[b])
	                       : strcasecmp(w->items[a], w->items[b]);
	order = descending ? -order : order;
	return order ? order : (a > b) - (a < b);
}

static void words_are_sorted_however_they_begin(void **state)
{
	(void)state;
	static const char *const starts[] = {"",
	                                     "Re: ",
	                                     "re: offer of the week, number ",
	                                     "\xd0\xa1\xd1\x87\xd1\x91\xd1\x82 ",
	                                     "Z",
	                                     "what is alike in more than two parts ",
	                                     "000000"};
	enum { N = 5000 };
	struct random rng = random_of(5, 2, 1);
	struct words w = {.items = calloc(N, sizeof *w.items)};
	struct ui_list l;
	assert_non_null(w.items);
	for (int i = 0; i < N; i++)
		(void)snprintf(w.items[i], sizeof w.items[i], "%s%.*u", starts[i % 7],
		               (int)random_below(&rng, 3), random_below(&rng, 200));
	ui_list_init(&l, &word_ops, &w, columns);
	ui_list_layout(&l, (struct ui_rect){0, 0, 11, 40});
	ui_list_set(&l, &w, N);
	for (int turn = 0; turn < 4; turn++) {
		w.natural = turn / 2;
		assert_int_equal(ui_list_sort(&l, 0, turn % 2), 0);
		while (ui_list_work(&l) == UI_REPAINT)
			continue;
		for (size_t i = 1; i < N; i++)
			assert_true(word_order(&w, ui_list_shown(&l, i - 1), ui_list_shown(&l, i),
			                       turn % 2) < 0);
	}
	ui_list_fini(&l);
	free(w.items);
}

static void a_row_that_is_sorted_by_a_number_is_asked_once(void **state)
{
	(void)state;
	struct ui_list l;
	ui_list_init(&l, &number_ops, NULL, columns);
	ui_list_layout(&l, (struct ui_rect){0, 0, 11, 40});
	ui_list_set(&l, NULL, MILLION);
	assert_int_equal(ui_list_sort(&l, 0, true), 0);
	while (ui_list_work(&l) == UI_REPAINT)
		continue;
	assert_int_equal(sorts, MILLION);
	for (size_t i = 1; i < MILLION; i++)
		assert_true(number_of(ui_list_shown(&l, i - 1)) >= number_of(ui_list_shown(&l, i)));
	ui_list_fini(&l);
}

/* --- how long it takes ------------------------------------------------------------------ */

#define SORT_MS  1000
#define SLICE_MS 8

static double own_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/** Mail as a mailbox has it: some thousand people, subjects that are answered, names of folders. */
static char *mail_text(struct random *rng, int kind)
{
	static const char *const starts[] = {"", "Re: ", "Re: ", "AW: ", "Fwd: Re: "};
	static const char *const words[] = {
		"offer",      "minutes of the meeting", "invoice", "holiday", "keys", "Server",
		"your order", "question about"};
	char *text = NULL;
	int r = kind == 0   ? asprintf(&text, "Person %u <person%u@example.org>",
	                               random_below(rng, 20000), random_below(rng, 20000))
	        : kind == 1 ? asprintf(&text, "%s%s %s, number %u", starts[random_below(rng, 5)],
	                               words[random_below(rng, 8)], words[random_below(rng, 8)],
	                               random_below(rng, 300000))
	                    : asprintf(&text, "user/u%u/Folder %u", random_below(rng, 50000),
	                               random_below(rng, 30));
	assert_true(r > 0);
	return text;
}

static void mail_sort(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	*ret = (struct ui_sort){.text = ((char *const *)ctx)[row], .natural = column == 2};
}

static const struct ui_list_ops mail_ops = {.value = no_value, .sort = mail_sort};

static void a_million_texts_are_sorted_within_a_second(void **state)
{
	(void)state;
	static const char *const kinds[] = {"senders", "subjects", "names"};
	size_t n = test_in_valgrind() ? 10000 : MILLION;
	char **texts = calloc(n, sizeof *texts);
	assert_non_null(texts);
	for (int kind = 0; kind < 3; kind++) {
		struct random rng = random_of(5, 2, (uint64_t)kind + 2);
		for (size_t i = 0; i < n; i++)
			texts[i] = mail_text(&rng, kind);
		struct ui_list l;
		ui_list_init(&l, &mail_ops, texts, columns);
		ui_list_set(&l, texts, n);
		double begin = own_ms(), before = begin, worst = 0;
		size_t slices = 1;
		assert_int_equal(ui_list_sort(&l, kind, false), 0);
		for (bool more = true; more; slices++) {
			double now = own_ms();
			worst = now - before > worst ? now - before : worst;
			before = now;
			more = ui_list_work(&l) == UI_REPAINT;
		}
		double all = own_ms() - begin;
		print_message("%-10s %6.0f ms in %zu slices, the longest %.1f ms\n", kinds[kind],
		              all, slices, worst);
		if (!test_is_slowed()) {
			assert_true(all < 2 * SORT_MS);
			assert_true(worst < 2 * SLICE_MS);
		}
		for (size_t i = 1; i < n; i++) {
			const char *a = texts[ui_list_shown(&l, i - 1)];
			const char *b = texts[ui_list_shown(&l, i)];
			assert_true((kind == 2 ? ck_natural_compare(a, b) : strcasecmp(a, b)) <= 0);
		}
		ui_list_fini(&l);
		for (size_t i = 0; i < n; i++)
			free(texts[i]);
	}
	free(texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_sorted_however_they_begin),
		cmocka_unit_test(a_row_that_is_sorted_by_a_number_is_asked_once),
		cmocka_unit_test(a_million_texts_are_sorted_within_a_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
