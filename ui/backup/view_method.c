/* SPDX-License-Identifier: BSD-2-Clause */
/** Back up, step 2: how the mail is held still. */
#include <stdlib.h>
#include <string.h>

#include "backup/wizard.h"
#include "loop/app.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/list.h"
#include "words/fmt.h"
#include "words/forecast.h"
#include "words/sessions.h"

struct state {
	struct ui_wizard *w; /* first: ui_wizard_of() */
	struct ck_method *methods;
	size_t n;
	bool known, reading;
	uint64_t bytes;   /**< That the forecast is for. */
	bool bytes_known; /**< They were what the plan takes. */
	struct ck_err err;
	struct ui_list list;
	struct ck_buf text;
	struct ui_lines lines;
	struct ck_buf right_now; /**< Who is connected, whatever the method. */
};

enum column {
	COL_CHOSEN,
	COL_METHOD,
	COL_DOWNTIME,
	COL_GRADE,
	COL_AVAILABLE,
};

static const struct ui_column columns[] = {
	[COL_CHOSEN] = {.title = "   ", .width = 3},
	[COL_METHOD] = {.title = "Method", .min = 24},
	[COL_DOWNTIME] = {.title = "Downtime", .width = 18},
	[COL_GRADE] = {.title = "Grade", .width = 5},
	[COL_AVAILABLE] = {.title = "Available", .width = 9},
	{0},
};

static bool is_chosen(const struct state *s, size_t row)
{
	return strcmp(s->methods[row].name, ui_wizard_method(s->w)) == 0;
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	const struct ck_method *m = &s->methods[row];
	ret->role = m->possible ? UI_ROLE_NORMAL : UI_ROLE_DIM;
	(void)size;
	switch (column) {
	case COL_CHOSEN:
		ret->text = ui_wizard_radio(s->w, is_chosen(s, row));
		break;
	case COL_METHOD:
		ret->text = m->title;
		break;
	case COL_DOWNTIME:
		memcpy(buf, ui_forecast(&m->forecast).s, sizeof(struct ui_fmt));
		ret->text = buf;
		break;
	case COL_GRADE:
		buf[0] = m->grade;
		buf[1] = '\0';
		ret->text = buf;
		break;
	default:
		ret->text = m->possible ? "yes" : "no";
		break;
	}
}

static const struct ui_list_ops list_ops = {.value = value};

/* --- reading -------------------------------------------------------------------------- */

struct load_arg {
	const struct ck_settings *settings;
	uint64_t bytes;
	bool bytes_known;
	struct ck_method *methods;
	size_t n;
};

static const struct ck_forecast nothing_known = {.downtime_ms = -1};

static int load(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct load_arg *arg = data;
	(void)watch;
	int r = ck_methods_list(arg->settings, arg->bytes, &arg->methods, &arg->n, err);
	for (size_t i = 0; r == 0 && i < arg->n && !arg->bytes_known; i++)
		arg->methods[i].forecast = nothing_known;
	return r;
}

static void read_again(struct ui_view *v);
static void explain(struct ui_view *v);

static void loaded(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct load_arg *arg = data;
	s->reading = false;
	s->known = true;
	s->err = *err;
	if (r == 0) {
		bool first = !s->methods;
		ck_methods_free(s->methods, s->n);
		s->methods = CK_STEAL(arg->methods);
		s->n = arg->n;
		arg->n = 0;
		ui_list_set(&s->list, s, s->n);
		for (size_t i = 0; first && i < s->n; i++)
			if (is_chosen(s, i))
				(void)ui_list_go(&s->list, i + 1);
	}
	s->bytes = arg->bytes;
	s->bytes_known = arg->bytes_known;
	explain(v);
	if (s->w->est_known && (!s->bytes_known || s->bytes != s->w->est.taken_bytes))
		read_again(v);
}

static void load_free(void *data)
{
	struct load_arg *arg = data;
	ck_methods_free(arg->methods, arg->n);
	free(arg);
}

static void read_again(struct ui_view *v)
{
	static const struct ui_task_kind kind = {load, loaded, load_free};
	struct state *s = v->state;
	struct load_arg *arg = s->reading ? NULL : ck_alloc(1, sizeof *arg);
	if (!arg)
		return;
	arg->settings = ui_app_settings(v->app);
	arg->bytes_known = s->w->est_known;
	arg->bytes = s->w->est_known ? s->w->est.taken_bytes : 0;
	s->reading = ui_task_start(v->app, &kind, v, arg, NULL, &s->err) == 0;
}

/* --- words ---------------------------------------------------------------------------- */

/** Who is cut off, and what becomes of new mail meanwhile. */
static void explain_sessions(const struct ui_connected *c, int width, struct ck_buf *out)
{
	(void)ck_buf_adds(out, "Cut off now: ");
	ui_connected_count(c, out);
	if (c->known && c->now.nusers) {
		(void)ck_buf_adds(out, ": ");
		ui_sessions_names(&c->now, width, out);
	}
	(void)ck_buf_adds(out, ".\nNew mail waits at the MTA and comes in afterwards.\n");
}

static void explain_stop(const struct ui_view *v, const struct ck_method *m, struct ck_buf *out)
{
	const struct state *s = v->state;
	const struct ck_forecast *f = &m->forecast;
	int64_t limit = (int64_t)ui_app_settings(v->app)->max_downtime_s * 1000;
	(void)ck_buf_adds(out, "Cyrus is stopped, everything is copied at rest, Cyrus is started "
	                       "again. Meanwhile nobody can read or receive mail.\n");
	explain_sessions(&s->w->connected, (v->cols > 104 ? 100 : v->cols - 2) - 40, out);
	(void)ck_buf_addf(out,
	                  "If the copy has not ended after %s, Cyrus is started again whatever "
	                  "happens, and the backup has failed (max_downtime).\n",
	                  ui_fmt_span(limit).s);
	ui_forecast_why(f, s->bytes, out);
	(void)ck_buf_adds(out, "\n");
	if (f->downtime_ms > limit)
		(void)ck_buf_adds(out, "THE FORECAST IS LONGER THAN THE LIMIT: raise max_downtime "
		                       "or leave something out.\n");
}

/** "Right now: 61 sessions of 48 users, 2 in IDLE" */
static void say_right_now(struct state *s)
{
	const struct ui_connected *c = &s->w->connected;
	size_t idle = 0;
	for (size_t i = 0; i < c->now.n; i++)
		idle += strcmp(c->now.items[i].command, "Idle") == 0;
	ck_buf_reset(&s->right_now);
	(void)ck_buf_adds(&s->right_now, "Right now: ");
	ui_connected_count(c, &s->right_now);
	if (idle)
		(void)ck_buf_addf(&s->right_now, ", %s in IDLE", ui_fmt_count(idle).s);
}

static void explain(struct ui_view *v)
{
	struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	say_right_now(s);
	ck_buf_reset(&s->text);
	s->lines.n = 0;
	if (row == UI_LIST_NONE)
		return;
	const struct ck_method *m = &s->methods[row];
	if (ck_method_stops(m->name))
		explain_stop(v, m, &s->text);
	if (m->reason && *m->reason)
		(void)ck_buf_addf(&s->text,
		                  m->possible ? "Cyrus is controlled by %s.\n"
		                              : "Not possible here: %s.\n",
		                  m->reason);
	int w = v->cols > 104 ? 100 : v->cols - 2;
	(void)ui_wrap(&s->lines, s->text.data, s->text.len, w, UI_NAME);
}

/* --- the screen ----------------------------------------------------------------------- */

static enum ui_reply choose(struct ui_view *v)
{
	struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	if (row == UI_LIST_NONE)
		return UI_DONE;
	if (!s->methods[row].possible) {
		ui_app_say(v->app, UI_SAY_WARN, "Not possible here: %s", s->methods[row].reason);
		return UI_REPAINT;
	}
	if (!is_chosen(s, row))
		(void)ui_wizard_set(s->w, &s->w->plan.method, s->methods[row].name);
	return UI_REPAINT;
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	enum ui_reply r = ui_wizard_act(s->w, v, a);
	if (r == UI_IGNORED)
		r = ui_list_act(&s->list, a);
	if (r != UI_IGNORED) {
		if (r == UI_REPAINT)
			explain(v);
		return r;
	}
	switch (a) {
	case UI_ACT_TICK:
	case UI_ACT_OPEN:
		return choose(v);
	case UI_ACT_REREAD:
		read_again(v);
		ui_connected_ask(s->w);
		return UI_REPAINT;
	case UI_ACT_FORWARD:
		(void)ui_app_push(v->app, &ui_view_destination, &s->w);
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
	explain(v);
	return r == UI_REPAINT && k->code == UI_KEY_CLICK && k->x < 5 ? choose(v) : r;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	if (a != UI_ACT_FORWARD)
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (is_chosen(s, i) && s->methods[i].possible)
			return true;
	*ret_reason = s->known ? "The chosen method is not possible here"
	                       : "The methods are not known yet";
	return false;
}

static enum ui_reply news(struct ui_view *v)
{
	struct state *s = v->state;
	if (s->w->est_known && (!s->bytes_known || s->bytes != s->w->est.taken_bytes))
		read_again(v);
	explain(v);
	return UI_REPAINT;
}

static enum ui_reply tick(struct ui_view *v)
{
	ui_connected_tick(ui_wizard_of(v));
	return UI_DONE;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	ui_list_layout(&s->list, (struct ui_rect){0, 0, rows > 20 ? 8 : 6, cols});
	explain(v);
}

static int open_method(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	(void)err;
	s->w = *(struct ui_wizard *const *)arg;
	s->text = s->right_now = (struct ck_buf)CK_BUF_INIT;
	ui_list_init(&s->list, &list_ops, s, columns);
	read_again(v);
	ui_connected_ask(s->w);
	return CK_OK;
}

static void close_method(struct ui_view *v)
{
	struct state *s = v->state;
	ck_methods_free(s->methods, s->n);
	ui_list_fini(&s->list);
	ck_buf_fini(&s->text);
	ck_buf_fini(&s->right_now);
	ui_lines_fini(&s->lines);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	int w = c->at.w - 2, y = s->list.at.h;
	if (!s->known) {
		ui_put(c, 1, 1, w, UI_ROLE_DIM, UI_TEXT, "...");
		return;
	}
	if (s->err.code) {
		ui_put_failure(c, 1, "The methods cannot be found out:", &s->err, "r looks again");
		return;
	}
	ui_list_draw(&s->list, c);
	size_t row = ui_list_row(&s->list);
	ui_title(c, y++, row == UI_LIST_NONE ? "" : s->methods[row].title, false);
	int below = c->at.h >= 20 ? 3 : 0;
	ui_put_lines(c, (struct ui_rect){y, 1, c->at.h - below - y, c->at.w - 1}, UI_ROLE_NORMAL,
	             UI_NAME, &s->lines, s->text.data);
	if (!below)
		return;
	ui_put(c, c->at.h - 2, 1, w, UI_ROLE_NORMAL, UI_NAME, s->right_now.data);
	ui_put(c, c->at.h - 1, 1, w, UI_ROLE_DIM, UI_TEXT,
	       "Grade A at rest   B snapshot, agrees   C needs repair   D live   F unreadable");
}

static const struct ui_binding bindings[] = {
	{UI_ACT_TICK, "Choose", "Choose this method"},
	{UI_ACT_FORWARD, "Next: destination", "The next step"},
	{UI_ACT_STEP_BACK, "Back", "Back to the sources"},
	{UI_ACT_REREAD, NULL, "Look again what is possible"},
	{UI_ACT_WRITE, "Save plan", "Save as a plan"},
	{UI_ACT_COMMAND, NULL, NULL},
	{0},
};

const struct ui_view_ops ui_view_method = {
	.name = "method",
	.title = "Method",
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "How the mail is held still while it is copied. Downtime is a forecast from "
		"earlier backups on this server. Grade is the best that the method can give; "
		"what each mailbox got is in the archive.",
	.open = open_method,
	.close = close_method,
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
