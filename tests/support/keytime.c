/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/keytime.h"

#include "support/test.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loop/app_private.h"
#include "loop/house.h"

#define KEYS_MAX 1000
#define WAIT_MS  60000

static double ms_of(clockid_t clock)
{
	struct timespec ts;
	clock_gettime(clock, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/** By the clock on the wall, and by that of this thread, which stands while others are at work. */
struct took {
	double wall, own;
};

static struct took now(void)
{
	return (struct took){ms_of(CLOCK_MONOTONIC), ms_of(CLOCK_THREAD_CPUTIME_ID)};
}

static struct took since(struct took start)
{
	struct took t = now();
	return (struct took){t.wall - start.wall, t.own - start.own};
}

static void note(struct took *worst, struct took start)
{
	struct took t = since(start);
	if (t.wall > worst->wall)
		worst->wall = t.wall;
	if (t.own > worst->own)
		worst->own = t.own;
}

/** Times of the keys that were pressed. */
struct times {
	struct screen *s;
	bool calm;
	double own[KEYS_MAX];
	struct took worst;
	size_t n;
	char name[16]; /**< Of the one that took most. */
};

static void press(void *arg, uint32_t code, const char *name)
{
	struct times *t = arg;
	struct ui_key key = {.code = code};
	if (t->calm)
		screen_wait(t->s);
	struct took start = now();
	ui_app_key(t->s->app, &key);
	(void)ui_app_draw(t->s->app);
	double own = since(start).own;
	assert_true(t->n < KEYS_MAX);
	t->own[t->n++] = own;
	if (own > t->worst.own)
		(void)snprintf(t->name, sizeof t->name, "%s", name);
	note(&t->worst, start);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void judge(const char *what, struct took worst, const char *which)
{
	if ((worst.own > KEYTIME_OWN_MS || worst.wall > KEYTIME_WALL_MS) && !test_is_slowed())
		fail_msg("%s: %s takes %.0f ms, %.0f on the wall", what, which, worst.own,
		         worst.wall);
}

static void press_all(struct screen *s, const char *what, const char *keys, bool calm)
{
	struct times t = {.s = s, .calm = calm};
	screen_each_key(keys, press, &t);
	qsort(t.own, t.n, sizeof *t.own, by_value);
	print_message("%-44s %3zu keys, median %6.2f, worst %6.2f (%s); on the wall %6.2f\n", what,
	              t.n, t.own[t.n / 2], t.worst.own, t.name, t.worst.wall);
	judge(what, t.worst, t.name);
}

void keytime(struct screen *s, const char *what, const char *keys)
{
	press_all(s, what, keys, false);
}

void keytime_calm(struct screen *s, const char *what, const char *keys)
{
	press_all(s, what, keys, true);
}

double keytime_wait(struct screen *s, const char *what)
{
	struct ui_app *app = s->app;
	struct took begin = now(), results = {0}, slices = {0}, draws = {0}, start;
	for (bool more = true; more;) {
		struct pollfd p = {.fd = ui_tasks_fd(app->tasks), .events = POLLIN};
		start = now();
		if (ui_tasks_collect(app->tasks))
			note(&results, start);
		start = now();
		more = ui_app_work(app);
		if (more)
			note(&slices, start);
		start = now();
		(void)ui_app_draw(app);
		note(&draws, start);
		if (!more && ui_tasks_pending(app->tasks) > 0) {
			(void)poll(&p, 1, 20);
			more = true;
		}
		if (since(begin).wall > WAIT_MS)
			fail_msg("%s: a task does not end", what);
	}
	double all = since(begin).wall;
	print_message("%-44s %5.0f ms; at most: a result %.2f, a slice %.2f, drawing %.2f; on the "
	              "wall %.2f, %.2f, %.2f\n",
	              what, all, results.own, slices.own, draws.own, results.wall, slices.wall,
	              draws.wall);
	judge(what, results, "taking a result");
	judge(what, slices, "a slice");
	judge(what, draws, "drawing");
	return all;
}

void keytime_follow(struct screen *s, const char *what, const char *text)
{
	struct took begin = now(), steps = {0};
	while (!screen_has(s, text)) {
		struct took start = now();
		assert_true(ui_app_step(s->app, 0) >= 0);
		note(&steps, start);
		if (since(begin).wall > WAIT_MS)
			fail_msg("%s: '%s' does not come", what, text);
	}
	print_message("%-44s %5.0f ms; at most: a step %.2f; on the wall %.2f\n", what,
	              since(begin).wall, steps.own, steps.wall);
	judge(what, steps, "a step");
}

void keytime_news(struct screen *s, const char *what)
{
	struct took took = {0}, start = now();
	ui_app_news(s->app);
	note(&took, start);
	print_message("%-44s %5.2f; on the wall %.2f\n", what, took.own, took.wall);
	judge(what, took, "news");
}
