/* SPDX-License-Identifier: BSD-2-Clause */
/** Back up, step 3: where the archive is put. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/wizard.h"
#include "loop/app.h"
#include "loop/probe.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/list.h"
#include "words/fmt.h"

/** One destination: of the settings, or a directory for this draft alone. */
struct row {
	char *name; /**< NULL for a directory that has none. */
	char *path;
	bool known, asking;
	int64_t asked_ms;
	struct ui_probe probe;
	struct ck_err err;
};

struct state {
	struct ui_wizard *w; /* first: ui_wizard_of() */
	struct row *rows;
	size_t n;
	struct ui_list list;
	int64_t clock_ms; /**< For "asking, 8 s". */
};

enum column {
	COL_CHOSEN,
	COL_NAME,
	COL_WHERE,
	COL_FREE,
	COL_HOLDS,
};

static const struct ui_column columns[] = {
	[COL_CHOSEN] = {.title = "   ", .width = 3},
	[COL_NAME] = {.title = "Name", .width = 12},
	[COL_WHERE] = {.title = "Where", .min = 20},
	[COL_FREE] = {.title = "Free", .width = 12, .right = true},
	[COL_HOLDS] = {.title = "Archives", .width = 9, .right = true, .drop = 1},
	{0},
};

/** Is it what the plan says? Without a word of the plan it is the first. */
static bool is_chosen(const struct state *s, size_t row)
{
	const char *want = s->w->plan.destination;
	const struct row *r = &s->rows[row];
	if (!want)
		return row == 0;
	return strcmp(want, r->name ? r->name : r->path) == 0;
}

/** Of the archives that lie there. */
static size_t count_archives(const struct state *s, size_t row, uint64_t *ret_bytes,
                             int64_t *ret_newest)
{
	return ui_house_archives_in(ui_app_house(s->w->app), s->rows[row].path, ret_bytes,
	                            ret_newest);
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	const struct row *r = &s->rows[row];
	uint64_t bytes;
	int64_t newest;
	ret->text = buf;
	switch (column) {
	case COL_CHOSEN:
		ret->text = ui_wizard_radio(s->w, is_chosen(s, row));
		break;
	case COL_NAME:
		ret->text = r->name ? r->name : "this time";
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
		break;
	case COL_WHERE:
		ret->text = r->path;
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
		break;
	case COL_FREE:
		if (r->asking)
			snprintf(buf, size, "asking, %s", ui_fmt_span(s->clock_ms - r->asked_ms).s);
		else if (!r->known)
			ret->text = "...";
		else if (r->err.code)
			ret->text = "FAIL";
		else
			snprintf(buf, size, "%s", ui_fmt_size(r->probe.free_bytes).s);
		ret->role = r->asking || !r->known ? UI_ROLE_DIM
		            : r->err.code          ? UI_ROLE_ERROR
		                                   : UI_ROLE_NORMAL;
		break;
	default:
		snprintf(buf, size, "%s", ui_fmt_count(count_archives(s, row, &bytes, &newest)).s);
		break;
	}
}

static const struct ui_list_ops list_ops = {.value = value};

/* --- asking --------------------------------------------------------------------------- */

struct ask_arg {
	char *path;
	bool try_it;
	size_t row;
	struct ui_probe probe;
};

static int ask(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct ask_arg *arg = data;
	(void)watch;
	return ui_probe(arg->path, arg->try_it, &arg->probe, err);
}

static void answered(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct ask_arg *arg = data;
	struct row *row = &s->rows[arg->row];
	(void)r;
	row->asking = false;
	row->known = true;
	row->probe = arg->probe;
	row->err = *err;
	if (arg->try_it && err->code)
		ui_app_say(v->app, UI_SAY_WARN, "No test file: %s", err->msg);
	else if (arg->try_it)
		ui_app_say(v->app, UI_SAY_INFO,
		           "A test file of 1.0M was written in %lld ms and removed",
		           (long long)arg->probe.tried_ms);
}

static void ask_free(void *data)
{
	struct ask_arg *arg = data;
	free(arg->path);
	free(arg);
}

static void start_asking(struct ui_view *v, size_t row, bool try_it)
{
	static const struct ui_task_kind kind = {ask, answered, ask_free};
	struct state *s = v->state;
	struct row *r = &s->rows[row];
	struct ask_arg *arg = r->asking ? NULL : ck_alloc(1, sizeof *arg);
	if (!arg)
		return;
	arg->path = strdup(r->path);
	arg->try_it = try_it;
	arg->row = row;
	if (!arg->path) {
		free(arg);
		return;
	}
	r->asked_ms = s->clock_ms = ui_app_clock_ms(v->app);
	r->asking = ui_task_start(v->app, &kind, v, arg, NULL, &r->err) == 0;
	r->known = !r->asking;
}

/* --- rows ----------------------------------------------------------------------------- */

static int add_row(struct ui_view *v, const char *name, const char *path)
{
	struct state *s = v->state;
	struct row *more = reallocarray(s->rows, s->n + 1, sizeof *more);
	if (!more)
		return CK_ENOMEM;
	s->rows = more;
	struct row *r = &s->rows[s->n];
	*r = (struct row){.name = name ? strdup(name) : NULL, .path = strdup(path)};
	if (!r->path || (name && !r->name)) {
		free(r->name);
		free(r->path);
		return CK_ENOMEM;
	}
	s->n++;
	ui_list_set(&s->list, s, s->n);
	start_asking(v, s->n - 1, false);
	return CK_OK;
}

static enum ui_reply choose(struct ui_view *v)
{
	struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	if (row == UI_LIST_NONE)
		return UI_DONE;
	const struct row *r = &s->rows[row];
	if (r->known && r->err.code) {
		ui_app_say(v->app, UI_SAY_WARN, "Cannot be used: %s", r->err.msg);
		return UI_REPAINT;
	}
	if (!is_chosen(s, row))
		(void)ui_wizard_set(s->w, &s->w->plan.destination, r->name ? r->name : r->path);
	return UI_REPAINT;
}

static void path_given(struct ui_view *v, const char *path)
{
	struct state *s = v->state;
	if (!path || !*path)
		return;
	if (*path != '/') {
		ui_app_say(v->app, UI_SAY_WARN, "'%s' is not an absolute path", path);
		return;
	}
	size_t row = 0;
	while (row < s->n && strcmp(s->rows[row].path, path) != 0)
		row++;
	if (row < s->n || add_row(v, NULL, path) == 0) {
		(void)ui_list_go(&s->list, row + 1);
		(void)choose(v);
	}
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	enum ui_reply r = ui_wizard_act(s->w, v, a);
	if (r == UI_IGNORED)
		r = ui_list_act(&s->list, a);
	size_t row = ui_list_row(&s->list);
	if (r != UI_IGNORED)
		return r;
	switch (a) {
	case UI_ACT_TICK:
	case UI_ACT_OPEN:
		return choose(v);
	case UI_ACT_TEST:
		if (row != UI_LIST_NONE)
			start_asking(v, row, true);
		return UI_REPAINT;
	case UI_ACT_REREAD:
		for (size_t i = 0; i < s->n; i++)
			start_asking(v, i, false);
		return UI_REPAINT;
	case UI_ACT_NEW:
		ui_app_prompt(v, "Another directory, for this plan:", "/", NULL, path_given);
		return UI_REPAINT;
	case UI_ACT_FORWARD:
		(void)ui_app_push(v->app, &ui_view_review, &s->w);
		return UI_DONE;
	default:
		return UI_IGNORED;
	}
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	enum ui_reply r = ui_wizard_click(v, k);
	if (r != UI_IGNORED)
		return r;
	r = ui_list_key(&s->list, k);
	return r == UI_REPAINT && k->code == UI_KEY_CLICK && k->x < 5 ? choose(v) : r;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	if (a != UI_ACT_FORWARD)
		return true;
	for (size_t i = 0; i < s->n; i++) {
		if (!is_chosen(s, i))
			continue;
		if (!s->rows[i].known || !s->rows[i].err.code)
			return true; /* the job says what a slow answer would have said */
		*ret_reason = "The chosen destination cannot be used";
		return false;
	}
	*ret_reason = "No destination is chosen";
	return false;
}

/* --- the screen ----------------------------------------------------------------------- */

static enum ui_reply news(struct ui_view *v)
{
	(void)v;
	return UI_REPAINT; /* the archives are the house's */
}

static enum ui_reply tick(struct ui_view *v)
{
	struct state *s = v->state;
	s->clock_ms = ui_app_clock_ms(v->app);
	return UI_REPAINT;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	ui_list_layout(&s->list, (struct ui_rect){0, 0, rows > 20 ? rows / 2 : 8, cols});
}

static int open_destination(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	const struct ck_settings *settings = ui_app_settings(v->app);
	s->w = *(struct ui_wizard *const *)arg;
	ui_list_init(&s->list, &list_ops, s, columns);
	const char *want = s->w->plan.destination;
	for (size_t i = 0; i < settings->ndestinations; i++)
		if (add_row(v, settings->destinations[i].name, settings->destinations[i].path) < 0)
			return ck_err_nomem(err);
	if (want && *want == '/' && add_row(v, NULL, want) < 0)
		return ck_err_nomem(err);
	for (size_t i = 0; i < s->n; i++)
		if (is_chosen(s, i))
			(void)ui_list_go(&s->list, i + 1);
	return CK_OK;
}

static void close_destination(struct ui_view *v)
{
	struct state *s = v->state;
	for (size_t i = 0; i < s->n; i++) {
		free(s->rows[i].name);
		free(s->rows[i].path);
	}
	free(s->rows);
	ui_list_fini(&s->list);
}

static void put_check(struct ui_canvas *c, int y, const char *what, const char *text,
                      enum ui_role role, const char *word)
{
	ui_put(c, y, 1, 10, UI_ROLE_NORMAL, UI_TEXT, what);
	ui_put(c, y, 12, 5, role, UI_TEXT, word);
	ui_put(c, y, 17, c->at.w - 18, UI_ROLE_NORMAL, UI_NAME, text);
}

/** What failed, and below it what to do. @return rows used. */
static int put_failed(struct ui_canvas *c, int y, const struct ck_err *err)
{
	struct ui_rect at = {y, 17, c->at.h - y, c->at.w - 18};
	put_check(c, y, "access", "", UI_ROLE_ERROR, "FAIL");
	at.y += ui_put_wrapped(c, at, UI_ROLE_NORMAL, UI_NAME, err->msg);
	at.h = c->at.h - at.y;
	at.y += ui_put_wrapped(c, at, UI_ROLE_NORMAL, UI_NAME, err->remedy);
	return at.y - y;
}

static void draw_space(const struct state *s, const struct row *r, struct ui_canvas *c, int y)
{
	char text[160];
	const struct ui_probe *p = &r->probe;
	bool need = s->w->est_known;
	bool short_of = need && p->free_bytes < s->w->est.taken_bytes;
	snprintf(text, sizeof text, "%s free of %s", ui_fmt_size(p->free_bytes).s,
	         ui_fmt_size(p->size_bytes).s);
	if (need) /* uncompressed */
		snprintf(text + strlen(text), sizeof text - strlen(text), ", at most %s needed",
		         ui_fmt_size(s->w->est.taken_bytes).s);
	put_check(c, y, "space", text, short_of ? UI_ROLE_WARN : UI_ROLE_OK,
	          short_of ? "warn" : "ok");
}

static void draw_checks(const struct state *s, size_t row, struct ui_canvas *c, int y)
{
	const struct row *r = &s->rows[row];
	char text[160];
	uint64_t bytes;
	int64_t newest;
	ui_title(c, y++, r->name ? r->name : r->path, false);
	if (!r->known) {
		ui_put(c, y, 1, c->at.w - 2, UI_ROLE_DIM, UI_TEXT, "asking");
		return;
	}
	if (r->err.code) {
		y += put_failed(c, y, &r->err);
	} else {
		put_check(c, y++, "directory",
		          r->probe.exists ? "is there, and its mode lets us write"
		                          : "will be made by the first backup",
		          UI_ROLE_OK, "ok");
		snprintf(text, sizeof text, "test file of 1.0M written in %lld ms, removed",
		         (long long)r->probe.tried_ms);
		put_check(c, y++, "writable", r->probe.tried ? text : "not tried yet: T",
		          r->probe.tried ? UI_ROLE_OK : UI_ROLE_DIM, r->probe.tried ? "ok" : "..");
		draw_space(s, r, c, y++);
	}
	size_t n = count_archives(s, row, &bytes, &newest);
	snprintf(text, sizeof text, "%s, %s", ui_fmt_things(n, "archive").s, ui_fmt_size(bytes).s);
	put_check(c, y++, "holds", text, UI_ROLE_NORMAL, "");
	if (n)
		put_check(c, y, "last used", ui_fmt_day(newest, ui_app_now(s->w->app)).s,
		          UI_ROLE_NORMAL, "");
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	ui_list_draw(&s->list, c);
	size_t row = ui_list_row(&s->list);
	if (row != UI_LIST_NONE)
		draw_checks(s, row, c, s->list.at.h);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_TICK, "Choose", "Choose this destination"},
	{UI_ACT_FORWARD, "Next: review", "The next step"},
	{UI_ACT_TEST, "Test", "Write a test file of 1 MiB there, and remove it"},
	{UI_ACT_NEW, "Directory", "Another directory, without a name"},
	{UI_ACT_STEP_BACK, "Back", "Back to the method"},
	{UI_ACT_REREAD, NULL, "Ask all of them again"},
	{UI_ACT_WRITE, "Save plan", "Save as a plan"},
	{UI_ACT_COMMAND, NULL, NULL},
	{0},
};

const struct ui_view_ops ui_view_destination = {
	.name = "destination",
	.title = "Destination",
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "Where the archive is put. The destinations are those of the settings file; "
		"F7 names another directory for this plan alone. Nothing is written before "
		"Start, but for the test file of T.",
	.open = open_destination,
	.close = close_destination,
	.act = act,
	.key = key,
	.can = can,
	.news = news,
	.tick = tick,
	.layout = layout,
	.draw = draw,
	.head = ui_wizard_head,
	.hint = ui_wizard_hint,
};
