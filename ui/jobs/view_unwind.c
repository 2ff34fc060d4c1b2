/* SPDX-License-Identifier: BSD-2-Clause */
/** UNW: what dead jobs left behind, worst first, and undoing it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/app.h"
#include "loop/dialog.h"
#include "loop/house.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/list.h"
#include "words/fmt.h"
#include "words/leftover.h"

#define BANNER_ROWS 4
#define WHY_ROWS    5 /* with its title */

enum button { BUTTON_UNDO, BUTTON_COMMANDS, BUTTON_LATER, BUTTONS };

struct state {
	const struct ui_house *house;
	int64_t now; /**< Seconds, for dates of the rows. */
	struct ui_list list;
	enum button focus;
	bool had_some;         /**< There was something when we looked last. */
	bool working;          /**< The undoing is under way. */
	int64_t working_ms;    /**< Since when. */
	struct ck_err failure; /**< Of the last try. */
	char *why;             /**< The same as text, wrapped below. */
	struct ui_lines why_lines;
	int list_y, why_y, buttons_y;
};

static const struct ui_column columns[] = {
	{"Left over", 0, 30, false, 0, false},
	{"What will be done", 36, 0, false, 1, false},
	{0},
};

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	const struct ck_leftover *l = &s->house->leftovers[row];
	bool closed = l->urgent && !l->elsewhere && s->house->up == 1;
	ret->text = buf;
	if (column == 1)
		ret->text = closed ? "only closes the record" : l->remedy;
	else if (l->urgent && l->elsewhere)
		snprintf(buf, size, "Cyrus of %s, stopped %s", l->host,
		         ui_fmt_date(l->since_ms / 1000, s->now).s);
	else if (l->urgent)
		snprintf(buf, size, "Cyrus, stopped by job %u at %s", l->job,
		         ui_fmt_date(l->since_ms / 1000, s->now).s);
	else
		ret->text = l->what;
	ret->role = column == 0 && l->urgent && !closed ? UI_ROLE_ERROR : UI_ROLE_NORMAL;
}

static const struct ui_list_ops list_ops = {.value = value};

/** The one for which the Cyrus of this server was stopped, or NULL. */
static const struct ck_leftover *urgent(const struct ui_house *h)
{
	for (size_t i = 0; i < h->nleftovers; i++)
		if (h->leftovers[i].urgent && !h->leftovers[i].elsewhere)
			return &h->leftovers[i];
	return NULL;
}

/** Does it still? */
static bool is_down(const struct ui_house *h)
{
	return urgent(h) && h->up != 1;
}

/* --- where things are ----------------------------------------------------------------- */

static void place_blocks(struct ui_view *v)
{
	struct state *s = v->state;
	int above = is_down(s->house) ? BANNER_ROWS : 2;
	s->now = ui_app_now(v->app);
	s->buttons_y = v->rows - 2;
	s->why_y = s->failure.code ? s->buttons_y - WHY_ROWS - 1 : s->buttons_y - 1;
	s->list_y = above;
	ui_list_layout(&s->list, (struct ui_rect){above, 0, s->why_y - above, v->cols});
}

static void wrap_why(struct ui_view *v)
{
	struct state *s = v->state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (s->failure.code)
		(void)ck_buf_addf(&text, "%s%s%s", s->failure.msg,
		                  *s->failure.remedy ? "\nRemedy  " : "", s->failure.remedy);
	free(s->why);
	s->why = ck_buf_take(&text);
	s->why_lines.n = 0;
	if (s->why && v->cols > 4)
		(void)ui_wrap(&s->why_lines, s->why, strlen(s->why), v->cols - 2, UI_TEXT);
}

static void layout(struct ui_view *v, int rows, int cols)
{
	(void)rows, (void)cols;
	wrap_why(v);
	place_blocks(v);
}

static enum ui_reply news(struct ui_view *v)
{
	struct state *s = v->state;
	const struct ui_house *h = s->house;
	ui_list_set(&s->list, s, h->nleftovers);
	place_blocks(v);
	if (h->jobs_known && !h->nleftovers && s->had_some && !s->working) {
		ui_app_say(v->app, UI_SAY_INFO, "Nothing is left over any more%s",
		           h->up == 1 ? "; Cyrus is up" : "");
		return UI_CLOSE;
	}
	s->had_some |= h->nleftovers > 0;
	return UI_REPAINT;
}

/* --- undoing -------------------------------------------------------------------------- */

struct undo {
	struct ui_app *app;
	const struct ck_settings *settings;
	size_t undone;
};

static int undo_all(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct undo *u = data;
	(void)watch;
	return ck_unwind(u->settings, &u->undone, err);
}

static void undone(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct undo *u = data;
	s->working = false;
	s->failure = r < 0 ? *err : (struct ck_err)CK_ERR_INIT;
	wrap_why(v);
	place_blocks(v);
	if (r < 0)
		ui_app_say(v->app, UI_SAY_WARN, "Not all could be undone: %s", err->msg);
	else
		ui_app_say(v->app, UI_SAY_INFO, "%zu undone", u->undone);
	ui_house_read_jobs(u->app);
}

static void start_undoing(struct ui_view *v)
{
	static const struct ui_task_kind kind = {undo_all, undone, free};
	struct state *s = v->state;
	struct ck_err err = CK_ERR_INIT;
	struct undo *u = s->working ? NULL : ck_alloc(1, sizeof *u);
	if (!u)
		return;
	*u = (struct undo){.app = v->app, .settings = ui_app_settings(v->app)};
	s->working_ms = ui_app_clock_ms(v->app);
	s->working = ui_task_start(v->app, &kind, v, u, NULL, &err) == 0;
	if (!s->working)
		ui_app_fail(v->app, "Nothing was undone", &err);
}

/* --- the other buttons ---------------------------------------------------------------- */

static void show_commands(struct ui_view *v)
{
	static const char *const buttons[] = {"Close", NULL};
	const struct state *s = v->state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	(void)ck_buf_adds(&text, "All of it:\n  ");
	ck_settings_command(ui_app_settings(v->app), &text);
	(void)ck_buf_adds(&text, " unwind\n");
	for (size_t i = 0; i < s->house->nleftovers; i++) {
		const struct ck_leftover *l = &s->house->leftovers[i];
		(void)ck_buf_addc(&text, '\n');
		ui_leftover_what(l, &text);
		(void)ck_buf_adds(&text, "\n  ");
		if (*l->by_hand)
			(void)ui_text(l->by_hand, SIZE_MAX, UI_NAME, &text);
		else
			(void)ck_buf_adds(&text, "(no command is known)");
		(void)ck_buf_addc(&text, '\n');
	}
	(void)ui_dialog_open(
		v, &(struct ui_dialog){.title = "By hand", .text = text.data, .buttons = buttons});
}

static void later_answered(struct ui_view *v, int button)
{
	if (button == 1)
		ui_app_close(v->app, v);
}

/** Leaving with Cyrus down is not done by the way. */
static enum ui_reply later(struct ui_view *v)
{
	static const char *const buttons[] = {"Stay here", "Leave Cyrus stopped", NULL};
	const struct state *s = v->state;
	if (!is_down(s->house))
		return UI_CLOSE;
	(void)ui_dialog_open(
		v, &(struct ui_dialog){.title = "Cyrus stays stopped",
	                               .text = "Nobody gets mail until it is started. Home keeps a "
	                                       "line about it; Enter there comes back here.",
	                               .buttons = buttons,
	                               .danger = true,
	                               .done = later_answered});
	return UI_REPAINT;
}

static enum ui_reply press_button(struct ui_view *v)
{
	struct state *s = v->state;
	if (!s->house->nleftovers)
		return UI_CLOSE;
	if (s->focus == BUTTON_UNDO)
		start_undoing(v);
	else if (s->focus == BUTTON_COMMANDS)
		show_commands(v);
	else
		return later(v);
	return UI_REPAINT;
}

/* --- drawing -------------------------------------------------------------------------- */

static const char *button_text(const struct state *s, enum button b)
{
	switch (b) {
	case BUTTON_UNDO:
		return is_down(s->house) ? "[ Start Cyrus, undo all ]" : "[ Undo all ]";
	case BUTTON_COMMANDS:
		return "[ Show commands ]";
	default:
		return "[ Later ]";
	}
}

/** Column of @b. */
static int button_x(const struct state *s, enum button b)
{
	int x = 2;
	for (int i = 0; i < (int)b; i++)
		x += ui_text_width(button_text(s, (enum button)i), UI_TEXT) + 2;
	return x;
}

static void draw_top(const struct state *s, struct ui_canvas *c)
{
	const struct ui_house *h = s->house;
	const struct ck_leftover *l = is_down(h) ? urgent(h) : NULL;
	int w = c->at.w;
	if (l) {
		struct ui_canvas in = ui_box(c, (struct ui_rect){0, 0, BANNER_ROWS, w},
		                             "CYRUS IS STOPPED", UI_ROLE_DIALOG_DANGER);
		ui_putf(&in, 0, 1, in.at.w - 2, UI_ROLE_ALARM, "since %s, %s; job %u stopped it",
		        ui_fmt_date(l->since_ms / 1000, s->now).s,
		        ui_fmt_span(s->now * 1000 - l->since_ms).s, l->job);
		ui_put(&in, 1, 1, in.at.w - 2, UI_ROLE_NORMAL, UI_TEXT,
		       "Nobody gets mail until it is started again. The button below does it.");
	} else if (urgent(h)) {
		ui_put(c, 0, 1, w - 1, UI_ROLE_NORMAL, UI_TEXT,
		       "Cyrus runs again; only the record of the job that stopped it is open "
		       "still.");
	} else if (h->nleftovers) {
		ui_put(c, 0, 1, w - 1, UI_ROLE_NORMAL, UI_TEXT,
		       "A job did not come to its end. This is what it left behind; only what its "
		       "own");
		ui_put(c, 1, 1, w - 1, UI_ROLE_NORMAL, UI_TEXT, "journal names is touched.");
	} else {
		ui_put(c, 0, 1, w - 1, UI_ROLE_DIM, UI_TEXT,
		       h->jobs_known ? "Nothing is left over from earlier jobs." : "...");
	}
}

static void draw_why(const struct state *s, struct ui_canvas *c)
{
	ui_title(c, s->why_y, "Why it was not done", false);
	ui_put_lines(c, (struct ui_rect){s->why_y + 1, 1, WHY_ROWS - 1, c->at.w - 2},
	             UI_ROLE_NORMAL, UI_TEXT, &s->why_lines, s->why);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	draw_top(s, c);
	if (!s->house->nleftovers)
		return;
	ui_list_draw(&s->list, c);
	if (s->failure.code)
		draw_why(s, c);
	if (s->working) {
		ui_putf(c, s->buttons_y, 2, c->at.w - 2, UI_ROLE_WARN, "At work for %s ...",
		        ui_fmt_duration(ui_app_clock_ms(v->app) - s->working_ms).s);
		return;
	}
	for (int b = 0; b < BUTTONS; b++) {
		const char *text = button_text(s, (enum button)b);
		int x = button_x(s, (enum button)b);
		bool focus = s->focus == (enum button)b;
		enum ui_role role = focus ? UI_ROLE_BUTTON_FOCUS : UI_ROLE_BUTTON;
		int w = ui_put(c, s->buttons_y, x, c->at.w - x, role, UI_TEXT, text);
		if (!focus)
			continue;
		ui_put(c, s->buttons_y, x + 1, 1, role, UI_TEXT, ">"); /* as in dialogs */
		ui_put(c, s->buttons_y, x + w - 2, 1, role, UI_TEXT, "<");
		ui_cursor(c, s->buttons_y, x + 2);
	}
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	(void)ck_buf_adds(left, "Clean-up after dead jobs");
	if (s->house->server)
		(void)ck_buf_addf(right, "%s   ", s->house->server->server->host);
	(void)ck_buf_adds(right, ui_fmt_today(ui_app_now(v->app)).s);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	if (row == UI_LIST_NONE || row >= s->house->nleftovers)
		return;
	const struct ck_leftover *l = &s->house->leftovers[row];
	if (l->elsewhere) {
		(void)ck_buf_addf(ret, "Job %u of server ", l->job);
		ui_leftover_server(l, ret);
		(void)ck_buf_adds(ret, ". ");
	}
	(void)ck_buf_addf(ret, "By hand: %s", l->by_hand);
}

static enum ui_reply tick(struct ui_view *v)
{
	struct state *s = v->state;
	s->now = ui_app_now(v->app);
	return UI_REPAINT;
}

/* --- acting --------------------------------------------------------------------------- */

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	switch (a) {
	case UI_ACT_NEXT:
	case UI_ACT_RIGHT:
		s->focus = (enum button)((s->focus + 1) % BUTTONS);
		return UI_REPAINT;
	case UI_ACT_PREV:
	case UI_ACT_LEFT:
		s->focus = (enum button)((s->focus + BUTTONS - 1) % BUTTONS);
		return UI_REPAINT;
	case UI_ACT_OPEN:
		return press_button(v);
	case UI_ACT_PUT_BACK:
		start_undoing(v);
		return UI_REPAINT;
	case UI_ACT_COMMAND:
		show_commands(v);
		return UI_REPAINT;
	case UI_ACT_LOG:
		(void)ui_app_push(v->app, &ui_view_joblog,
		                  &s->house->leftovers[ui_list_row(&s->list)].job);
		return UI_REPAINT;
	case UI_ACT_REREAD:
		ui_house_read_jobs(v->app);
		return UI_REPAINT;
	case UI_ACT_BACK:
	case UI_ACT_ESCAPE:
		return later(v);
	default:
		return ui_list_act(&s->list, a);
	}
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	if (k->code != UI_KEY_CLICK || k->y != s->buttons_y || s->working)
		return ui_list_key(&s->list, k);
	for (int b = 0; b < BUTTONS; b++) {
		int x = button_x(s, (enum button)b);
		if (k->x < x || k->x >= x + ui_text_width(button_text(s, (enum button)b), UI_TEXT))
			continue;
		s->focus = (enum button)b;
		return press_button(v);
	}
	return UI_DONE;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	if (a == UI_ACT_REREAD)
		return true;
	if (s->working && (a == UI_ACT_PUT_BACK || a == UI_ACT_OPEN)) {
		*ret_reason = "It is at work already";
		return false;
	}
	return s->house->nleftovers > 0;
}

static int open_unwind(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	(void)arg, (void)err;
	s->house = ui_app_house(v->app);
	ui_list_init(&s->list, &list_ops, s, columns);
	s->now = ui_app_now(v->app);
	ui_list_set(&s->list, s, s->house->nleftovers);
	s->had_some = s->house->nleftovers > 0;
	ui_house_read_jobs(v->app);
	return CK_OK;
}

static void close_unwind(struct ui_view *v)
{
	struct state *s = v->state;
	ui_list_fini(&s->list);
	ui_lines_fini(&s->why_lines);
	free(s->why);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_OPEN, "Press", "Press the button"},
	{UI_ACT_NEXT, "Button", "The next button"},
	{UI_ACT_PUT_BACK, "Undo all", "Start Cyrus where a job stopped it, and undo the rest"},
	{UI_ACT_COMMAND, "Commands", "The commands for doing it by hand"},
	{UI_ACT_LOG, "Log", "All that the dead job said"},
	{UI_ACT_REREAD, "Read again", "Look again what is left over"},
	{0},
};

const struct ui_view_ops ui_view_unwind = {
	.name = "unwind",
	.title = "Clean-up",
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "What jobs that were killed left behind, the worst first. Only what their own "
		"journals name is touched. It may be left for later; Home keeps a line about "
		"it.\n\n"
		"Cyrus itself is watched by a guard of the job, which starts it again even "
		"when the job is dead; only when that failed, or the machine went down, it is "
		"found here.",
	.open = open_unwind,
	.close = close_unwind,
	.act = act,
	.key = key,
	.can = can,
	.news = news,
	.tick = tick,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
