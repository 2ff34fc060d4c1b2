/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop/app.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "loop/app_private.h"
#include "loop/dialog.h"
#include "loop/frame.h"
#include "loop/house.h"
#include "terminal/term.h"

#define FRAME_MS 40 /* between two looks at what is being worked out */

const struct ck_settings *ui_app_settings(const struct ui_app *app)
{
	return app->options.settings;
}

struct ui_house *ui_app_house(struct ui_app *app)
{
	return app->house;
}

struct ui_tasks *ui_app_tasks(struct ui_app *app)
{
	return app->tasks;
}

struct ui_view *ui_app_top(const struct ui_app *app)
{
	return app->top;
}

const struct ui_app_message *ui_app_message(const struct ui_app *app)
{
	return &app->message;
}

const struct ui_app_prompt_state *ui_app_prompt_state(const struct ui_app *app)
{
	return &app->prompt;
}

bool ui_app_is_ascii(const struct ui_app *app)
{
	return app->grid.ascii;
}

bool ui_app_has_mouse(const struct ui_app *app)
{
	return app->options.term && ui_term_has_mouse(app->options.term);
}

void ui_app_dirty(struct ui_app *app)
{
	app->dirty = true;
}

int64_t ui_app_now(const struct ui_app *app)
{
	return app->options.now ? app->options.now + app->advanced_ms / 1000 : (int64_t)time(NULL);
}

static int64_t monotonic_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t ui_app_clock_ms(const struct ui_app *app)
{
	if (app->options.now)
		return app->options.now * 1000 + app->advanced_ms;
	return monotonic_ms();
}

void ui_app_advance(struct ui_app *app, int64_t ms)
{
	app->advanced_ms += ms;
}

void ui_app_quit(struct ui_app *app)
{
	app->quit = true;
}

void ui_app_say(struct ui_app *app, enum ui_say level, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(app->message.text, sizeof app->message.text, fmt, ap);
	va_end(ap);
	app->message.level = level;
	app->message.shown = true;
	app->message.number++;
	app->message.until_ms = ui_app_clock_ms(app) + (level == UI_SAY_WARN ? 5000 : 3000);
	app->dirty = true;
}

/* --- the stack ------------------------------------------------------------------------ */

void ui_app_end_prompt(struct ui_app *app)
{
	ui_field_fini(&app->prompt.field);
	memset(&app->prompt, 0, sizeof app->prompt);
	ui_field_init(&app->prompt.field);
}

static void free_view(struct ui_view *v)
{
	struct ui_app *app = v->app;
	ui_task_drop(app, v);
	ui_app_unwatch(v, -1);
	if (app->prompt.owner == v)
		ui_app_end_prompt(app);
	if (v->ops->close)
		v->ops->close(v);
	free(v->state);
	free(v);
}

static void pop_from(struct ui_app *app, struct ui_view **stack)
{
	struct ui_view *v = *stack;
	*stack = v->below;
	free_view(v);
	app->dirty = true;
}

static bool is_in(const struct ui_view *stack, const struct ui_view *v)
{
	while (stack && stack != v)
		stack = stack->below;
	return stack != NULL;
}

bool ui_app_is_shown(const struct ui_app *app, const struct ui_view *v)
{
	return is_in(app->top, v);
}

void ui_app_close(struct ui_app *app, struct ui_view *v)
{
	struct ui_view **stack = &app->top;
	for (int i = 0; i < UI_APP_PLACES && !is_in(*stack, v); i++)
		stack = &app->parked[i];
	if (!is_in(*stack, v))
		return;
	while (*stack != v)
		pop_from(app, stack);
	pop_from(app, stack);
	if (stack != &app->top && *stack && !(*stack)->below)
		*stack = NULL; /* only Home is left, and it is not parked */
}

static void lay_out(struct ui_app *app, struct ui_view *v)
{
	v->rows = app->grid.rows - UI_FRAME_TOP - UI_FRAME_BOTTOM;
	v->cols = app->grid.cols;
	v->laid_out = true;
	if (v->ops->layout && v->rows > 0)
		v->ops->layout(v, v->rows, v->cols);
}

/** A new view on what lies there, opened but not shown yet. */
static int open_view(struct ui_app *app, const struct ui_view_ops *ops, const void *arg,
                     struct ui_view **ret, struct ck_err *err)
{
	struct ui_view *v = ck_alloc(1, sizeof *v);
	void *state = ck_alloc(ops->state_size + 1, 1);
	if (!v || !state) {
		free(v);
		free(state);
		return ck_err_nomem(err);
	}
	*v = (struct ui_view){.ops = ops, .app = app, .state = state, .below = app->top};
	int r = ops->open ? ops->open(v, arg, err) : CK_OK;
	if (r < 0)
		free_view(v);
	else
		*ret = v;
	return r;
}

int ui_app_push(struct ui_app *app, const struct ui_view_ops *ops, const void *arg)
{
	struct ck_err err = CK_ERR_INIT;
	struct ui_view *v = NULL;
	int r = open_view(app, ops, arg, &v, &err);
	if (r == 0) {
		app->top = v;
		lay_out(app, v);
		app->dirty = true;
	} else if (ops->overlay) { /* that a dialog cannot be opened is not said in a dialog */
		ui_app_say(app, UI_SAY_WARN, "%s", err.msg);
	} else {
		ui_app_fail(app, "The screen cannot be opened", &err);
	}
	return r;
}

/** Put the screens above Home aside if they are a place's, else close them. */
static void park(struct ui_app *app)
{
	struct ui_view *root = app->top;
	while (root && root->below && root->below->below)
		root = root->below;
	if (!root || !root->below)
		return;
	int place = root->ops->place;
	if (place > 0 && place < UI_APP_PLACES && !app->parked[place]) {
		app->parked[place] = app->top;
		app->top = root->below;
		return;
	}
	while (app->top->below)
		pop_from(app, &app->top);
}

static int shown_place(const struct ui_app *app)
{
	const struct ui_view *v = app->top;
	while (v && !v->ops->place)
		v = v->below;
	return v ? v->ops->place : 0;
}

/** Close what another place's screens lie over those of @place, which began the stack.
 * @return whether there were any. */
static bool uncover(struct ui_app *app, int place)
{
	const struct ui_view *root = app->top;
	while (root && root->below && root->below->below)
		root = root->below;
	if (!root || !root->below || root->ops->place != place || shown_place(app) == place)
		return false;
	while (app->top != root && shown_place(app) != place)
		pop_from(app, &app->top);
	return true;
}

void ui_app_go(struct ui_app *app, const struct ui_view_ops *ops, const void *arg)
{
	ui_app_end_prompt(app);
	app->dirty = true;
	if (!arg && ops->place > 0 && uncover(app, ops->place))
		return;
	if (!arg && app->top->ops->gives_way && app->top->ops->place == ops->place)
		pop_from(app, &app->top);
	park(app);
	if (!app->top || app->top->ops == ops)
		return;
	int place = ops->place;
	if (!arg && place > 0 && place < UI_APP_PLACES && app->parked[place]) {
		app->top = CK_STEAL(app->parked[place]);
		return;
	}
	if (place > 0 && place < UI_APP_PLACES) {
		while (app->parked[place] && app->parked[place]->below)
			pop_from(app, &app->parked[place]);
		app->parked[place] = NULL;
	}
	(void)ui_app_push(app, ops, arg);
}

void ui_app_take_reply(struct ui_app *app, struct ui_view *v, enum ui_reply reply)
{
	if (reply == UI_CLOSE)
		ui_app_close(app, v);
	if (reply == UI_CLOSE || reply == UI_REPAINT)
		app->dirty = true;
}

/** News for a stack. Home lies below each, and is told once, as part of the one that is shown. */
static void tell(struct ui_app *app, struct ui_view *stack, bool parked)
{
	struct ui_view *next;
	for (struct ui_view *v = stack; v; v = next) {
		next = v->below;
		if (v->ops->news)
			ui_app_take_reply(app, v, v->ops->news(v));
		if (parked && next && !next->below)
			return;
	}
}

void ui_app_news(struct ui_app *app)
{
	tell(app, app->top, false);
	for (int i = 0; i < UI_APP_PLACES; i++)
		tell(app, app->parked[i], true);
	app->dirty = true;
}

/* --- descriptors ---------------------------------------------------------------------- */

int ui_app_watch(struct ui_view *v, int fd)
{
	struct ui_app *app = v->app;
	if (app->nwatched == CK_COUNT(app->watched))
		return CK_EBUSY;
	app->watched[app->nwatched].view = v;
	app->watched[app->nwatched++].fd = fd;
	return CK_OK;
}

void ui_app_unwatch(struct ui_view *v, int fd)
{
	struct ui_app *app = v->app;
	for (size_t i = 0; i < app->nwatched;)
		if (app->watched[i].view == v && (fd < 0 || app->watched[i].fd == fd))
			app->watched[i] = app->watched[--app->nwatched];
		else
			i++;
}

bool ui_app_is_small(const struct ui_app *app)
{
	return app->grid.rows < UI_MIN_ROWS || app->grid.cols < UI_MIN_COLS;
}

/* --- drawing -------------------------------------------------------------------------- */

static void draw_view(struct ui_app *app, struct ui_view *v, struct ui_canvas *all)
{
	if (v->ops->overlay && v->below)
		draw_view(app, v->below, all);
	struct ui_canvas area =
		ui_canvas_part(all, (struct ui_rect){UI_FRAME_TOP, 0, v->rows, v->cols});
	area.quiet = v != app->top || app->prompt.owner;
	if (v->ops->draw)
		v->ops->draw(v, &area);
}

const struct ui_grid *ui_app_draw(struct ui_app *app)
{
	ui_grid_erase(&app->grid);
	struct ui_canvas all = ui_canvas_all(&app->grid);
	app->dirty = false;
	if (!app->top)
		return &app->grid;
	if (ui_app_is_small(app)) {
		ui_frame_draw_small(app, &all);
		return &app->grid;
	}
	struct ui_view *base = app->top;
	while (base->ops->overlay && base->below)
		base = base->below;
	draw_view(app, app->top, &all);
	ui_frame_draw(app, base, app->top, &all);
	return &app->grid;
}

void ui_app_resize(struct ui_app *app, int rows, int cols)
{
	if (ui_grid_resize(&app->grid, rows, cols) < 0)
		return;
	for (int i = -1; i < UI_APP_PLACES && !ui_app_is_small(app); i++)
		for (struct ui_view *v = i < 0 ? app->top : app->parked[i]; v; v = v->below)
			lay_out(app, v);
	app->dirty = true;
}

/* --- the loop ------------------------------------------------------------------------- */

static void paint(struct ui_app *app)
{
	const struct ui_grid *g = ui_app_draw(app);
	if (app->options.term)
		ui_term_show(app->options.term, g, &app->theme);
	app->painted = true;
}

static void tick(struct ui_app *app)
{
	int64_t now = ui_app_clock_ms(app);
	if (now - app->ticked_ms < 1000)
		return;
	app->ticked_ms = now;
	app->dirty = true; /* the clock and the status cell; unchanged cells cost no output */
	ui_house_tick(app);
	if (app->top && app->top->ops->tick)
		ui_app_take_reply(app, app->top, app->top->ops->tick(app->top));
}

void ui_app_suspend(struct ui_app *app)
{
	if (!ui_term_suspend(app->options.term))
		ui_app_say(app, UI_SAY_INFO, "Not suspended: nobody could bring the console back");
	app->dirty = true;
}

static void handle_signals(struct ui_app *app)
{
	struct signalfd_siginfo si;
	while (read(app->options.sigfd, &si, sizeof si) == (ssize_t)sizeof si) {
		if (si.ssi_signo == SIGWINCH) {
			int rows, cols;
			ui_term_resize(app->options.term);
			ui_term_size(app->options.term, &rows, &cols);
			ui_app_resize(app, rows, cols);
		} else if (si.ssi_signo == SIGTSTP) {
			ui_app_suspend(app);
		} else if (si.ssi_signo == SIGCONT) { /* stopped without having been asked */
			ui_term_take(app->options.term);
			app->dirty = true;
		} else {
			app->quit = true;
		}
	}
}

bool ui_app_work(struct ui_app *app)
{
	bool any = false;
	for (struct ui_view *v = app->top, *below; v; v = below) {
		below = v->below;
		enum ui_reply r = v->ops->work ? v->ops->work(v) : UI_IGNORED;
		any |= r != UI_IGNORED;
		ui_app_take_reply(app, v, r);
	}
	return any;
}

/** What screens have put off, until somebody wants something (@p) or it is time to show it. Not
 * before what is there already is shown. */
static void work(struct ui_app *app, struct pollfd *p, size_t n)
{
	int64_t until = monotonic_ms() + FRAME_MS;
	app->working = true;
	if (app->dirty)
		return;
	do {
		app->working = ui_app_work(app);
	} while (app->working && monotonic_ms() < until && poll(p, (nfds_t)n, 0) == 0);
}

static int wait_ms(const struct ui_app *app, int timeout_ms)
{
	int least = app->working ? 0 : 1000;
	int esc = app->options.term ? ui_term_timeout(app->options.term) : -1;
	if (esc >= 0 && esc < least)
		least = esc;
	return timeout_ms >= 0 && timeout_ms < least ? timeout_ms : least;
}

/** Once after each painting, when there is nothing left to do. */
static void mark_idle(struct ui_app *app)
{
	if (!app->painted || app->working || ui_tasks_pending(app->tasks) > 0)
		return;
	app->painted = false;
	if (app->options.idle_fd >= 0)
		(void)!write(app->options.idle_fd, "i\n", 2);
}

int ui_app_step(struct ui_app *app, int timeout_ms)
{
	struct ui_term *term = app->options.term;
	if (app->dirty)
		paint(app);
	mark_idle(app);
	struct pollfd p[4 + UI_APP_WATCHED_MAX] = {
		{.fd = term ? ui_term_fd(term) : -1, .events = POLLIN},
		{.fd = ui_tasks_fd(app->tasks), .events = POLLIN},
		{.fd = app->options.sigfd, .events = POLLIN},
		{.fd = ui_house_fd(app->house), .events = POLLIN},
	};
	size_t n = app->nwatched;
	struct ui_app_watched watched[UI_APP_WATCHED_MAX];
	memcpy(watched, app->watched, sizeof watched);
	for (size_t i = 0; i < n; i++)
		p[4 + i] = (struct pollfd){.fd = watched[i].fd, .events = POLLIN};
	if (poll(p, 4 + n, wait_ms(app, timeout_ms)) < 0 && errno != EINTR)
		return -1;
	if (p[2].revents)
		handle_signals(app);
	if (p[0].revents && !ui_term_fill(term))
		return -1; /* the terminal is gone; jobs belong to their workers */
	struct ui_key key;
	while (term && !app->quit && ui_term_next(term, &key))
		ui_app_key(app, &key);
	if (p[1].revents && ui_tasks_collect(app->tasks))
		app->dirty = true;
	if (p[3].revents)
		ui_house_ready(app);
	for (size_t i = 0; i < n; i++) {
		bool still = false;
		for (size_t k = 0; k < app->nwatched; k++)
			still |= app->watched[k].view == watched[i].view &&
			         app->watched[k].fd == watched[i].fd;
		if (p[4 + i].revents && still && watched[i].view->ops->ready)
			ui_app_take_reply(
				app, watched[i].view,
				watched[i].view->ops->ready(watched[i].view, watched[i].fd));
	}
	tick(app);
	work(app, p, 4 + n);
	return app->quit || !app->top ? 1 : 0;
}

void ui_app_collect(struct ui_app *app, int ms)
{
	struct pollfd p = {.fd = ui_tasks_fd(app->tasks), .events = POLLIN};
	if (poll(&p, 1, ms) > 0 && ui_tasks_collect(app->tasks))
		app->dirty = true;
}

int ui_app_open(const struct ui_app_options *options, struct ui_app **ret, struct ck_err *err)
{
	struct ui_app *app = ck_alloc(1, sizeof *app);
	if (!app)
		return ck_err_nomem(err);
	app->options = *options;
	app->interrupted_ms = -1000;
	ui_field_init(&app->prompt.field);
	int rows = options->rows, cols = options->cols;
	bool ascii = options->ascii;
	(void)ui_theme_load(options->settings->theme ? options->settings->theme : "default",
	                    options->settings->program, &app->theme, &app->theme_err);
	if (options->term) {
		ui_term_size(options->term, &rows, &cols);
		ascii = ui_term_is_ascii(options->term);
	}
	ascii |= app->theme.ascii;
	int r = ui_grid_resize(&app->grid, rows, cols) < 0 ? ck_err_nomem(err) : 0;
	app->grid.ascii = ascii;
	r = r < 0 ? r : ui_tasks_open(&app->tasks, err);
	r = r < 0 ? r : ui_house_open(app, &app->house, err);
	if (r < 0) {
		ui_app_close_all(app);
		return r;
	}
	app->dirty = true;
	if (app->theme_err.code)
		ui_app_say(app, UI_SAY_WARN, "%s", app->theme_err.msg);
	*ret = app;
	return CK_OK;
}

size_t ui_app_close_all(struct ui_app *app)
{
	if (!app)
		return 0;
	for (int i = 0; i < UI_APP_PLACES; i++)
		while (app->parked[i] && app->parked[i]->below)
			pop_from(app, &app->parked[i]);
	while (app->top)
		pop_from(app, &app->top);
	if (app->house)
		ui_house_close(app, app->house);
	size_t left = ui_tasks_close(app->tasks, 2000);
	ui_field_fini(&app->prompt.field);
	ui_grid_fini(&app->grid);
	free(app);
	return left;
}
