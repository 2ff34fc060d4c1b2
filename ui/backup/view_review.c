/* SPDX-License-Identifier: BSD-2-Clause */
/** Back up, step 4: all of it on one page, and Start. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/review.h"
#include "backup/source.h"
#include "loop/app.h"
#include "loop/dialog.h"
#include "loop/places.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "words/fmt.h"
#include "words/forecast.h"
#include "words/sessions.h"

/** Lines that Enter changes. */
enum line {
	LINE_WHAT,
	LINE_HOW,
	LINE_WHERE,
	LINE_MAX_,
};

struct state {
	struct ui_wizard *w; /* first: ui_wizard_of() */
	enum line cursor;
	struct ui_review_facts facts;
	bool asking, starting;
	bool bytes_known; /**< The forecast is for what the plan takes. */
	bool accepted;    /**< That much has gone, by a word typed since Start. */
	struct ui_review_check checks[UI_REVIEW_MAX];
	size_t nchecks;
	struct ck_buf cut_off; /**< Who would be. */
	struct ck_buf kept;    /**< Default exclusions that are switched off. */
	struct ck_buf command;
	struct ui_lines command_lines;
};

/* --- asking --------------------------------------------------------------------------- */

static void update(struct ui_view *v);
static void start_asking(struct ui_view *v);

static void answered(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct ui_review_ask *arg = data;
	(void)r, (void)err;
	s->asking = false;
	ck_methods_free(s->facts.methods, s->facts.nmethods);
	s->facts = arg->facts;
	arg->facts = (struct ui_review_facts){0};
	s->bytes_known = arg->bytes_known;
	update(v);
	if (!s->bytes_known && s->w->est_known)
		start_asking(v);
}

static void start_asking(struct ui_view *v)
{
	static const struct ui_task_kind kind = {ui_review_ask, answered, ui_review_ask_free};
	struct state *s = v->state;
	struct ui_review_ask *arg = s->asking ? NULL : ui_review_ask_new(s->w);
	if (!arg)
		return;
	s->asking = ui_task_start(v->app, &kind, v, arg, NULL, NULL) == 0;
}

/* --- words ---------------------------------------------------------------------------- */

static void name_sessions(const struct ui_connected *c, int width, struct ck_buf *ret)
{
	ck_buf_reset(ret);
	ui_connected_count(c, ret);
	int left = width - ui_text_width(ret->data, UI_NAME) - 2;
	if (!c->known || !c->now.nusers || left < 12)
		return;
	(void)ck_buf_adds(ret, ": ");
	ui_sessions_names(&c->now, left, ret);
}

/** All words anew: the wizard, the house or the answers changed. */
static void update(struct ui_view *v)
{
	struct state *s = v->state;
	s->nchecks = ui_review_judge(s->w, &s->facts, s->checks);
	name_sessions(&s->w->connected, v->cols - 15, &s->cut_off);
	ck_buf_reset(&s->kept);
	for (size_t i = 0; i < s->w->plan.keep.n; i++)
		(void)ck_buf_addf(&s->kept, "%s%s", i ? ", " : "kept in spite of the default: ",
		                  s->w->plan.keep.items[i]);
	ck_buf_reset(&s->command);
	s->command_lines.n = 0;
	if (s->w->boxes_ahead)
		(void)ck_buf_adds(&s->command, "...");
	else
		ui_wizard_command(s->w, &s->command);
	(void)ui_wrap(&s->command_lines, s->command.data, s->command.len, v->cols - 4, UI_NAME);
}

static bool has_error(const struct state *s)
{
	return s->nchecks > 0 && s->checks[0].role == UI_ROLE_ERROR;
}

static bool stops(const struct state *s)
{
	return ck_method_stops(ui_wizard_method(s->w));
}

/* --- starting ------------------------------------------------------------------------- */

struct start_arg {
	const struct ck_settings *settings;
	struct ck_plan plan;
	bool accept_shrink;
	uint32_t job;
};

static int start(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct start_arg *arg = data;
	const struct ck_job_spec spec = {
		.kind = CK_JOB_BACKUP, .plan = &arg->plan, .accept_shrink = arg->accept_shrink};
	(void)watch;
	int r = ck_job_start(arg->settings, &spec, &arg->job, err);
	if (r == 0)
		(void)!ck_draft_remove(arg->settings, NULL); /* an old draft does no harm */
	return r;
}

/** The wizard has done its work: close it and show the job. */
static void show_job(struct ui_view *v, uint32_t job)
{
	struct ui_app *app = v->app;
	bool here = ui_app_is_shown(app, v);
	ui_wizard_end(ui_wizard_of(v));
	struct ui_view *source = v;
	while (source->below && source->ops != &ui_view_source)
		source = source->below;
	ui_app_close(app, source); /* and @v above it */
	ui_show_job(app, job, here);
}

static void started(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct start_arg *arg = data;
	s->starting = false;
	if (r < 0)
		ui_app_fail(v->app, "The backup was not started", err);
	else
		show_job(v, arg->job);
}

static void start_free(void *data)
{
	struct start_arg *arg = data;
	ck_plan_fini(&arg->plan);
	free(arg);
}

static void go(struct ui_view *v)
{
	static const struct ui_task_kind kind = {start, started, start_free};
	struct state *s = v->state;
	struct start_arg *arg = s->starting ? NULL : ck_alloc(1, sizeof *arg);
	struct ck_err err = CK_ERR_INIT;
	if (!arg)
		return;
	if (ck_plan_copy(&s->w->plan, &arg->plan) < 0) {
		start_free(arg);
		return;
	}
	arg->settings = ui_app_settings(v->app);
	arg->accept_shrink = s->accepted;
	s->starting = ui_task_start(v->app, &kind, v, arg, NULL, &err) == 0;
	if (!s->starting)
		ui_app_fail(v->app, "The backup was not started", &err);
}

static bool may_start(const struct ui_view *v)
{
	const struct state *s = v->state;
	return ui_wizard_is_settled(s->w) && s->w->est.taken_mailboxes > 0 && s->facts.known &&
	       !has_error(s) && !s->starting;
}

static void stop_typed(struct ui_view *v, int button)
{
	if (button == UI_DIALOG_TYPED && may_start(v))
		go(v);
}

static void ask_stop(struct ui_view *v)
{
	static const char *const buttons[] = {"Cancel", NULL};
	struct state *s = v->state;
	struct ck_buf text = CK_BUF_INIT;
	ui_review_stop(s->w, &s->facts, &text);
	(void)ui_dialog_open(v, &(struct ui_dialog){.title = ui_review_is_down(s->w)
	                                                             ? "Cyrus is down already"
	                                                             : "Cyrus will be stopped",
	                                            .text = text.data,
	                                            .buttons = buttons,
	                                            .word = "stop",
	                                            .done = stop_typed});
	ck_buf_fini(&text);
}

static void shrunk_typed(struct ui_view *v, int button);

static void ask_shrunk(struct ui_view *v)
{
	static const char *const buttons[] = {"Cancel", NULL};
	const struct state *s = v->state;
	struct ck_buf text = CK_BUF_INIT;
	ui_review_shrunk(&s->facts, &text);
	(void)ui_dialog_open(v, &(struct ui_dialog){.title = "Much has gone since the last backup",
	                                            .text = text.data,
	                                            .buttons = buttons,
	                                            .word = "shrunk",
	                                            .done = shrunk_typed});
	ck_buf_fini(&text);
}

static void ask_or_go(struct ui_view *v)
{
	const struct state *s = v->state;
	if (s->facts.gate.code == CK_EGATE && !s->accepted)
		ask_shrunk(v);
	else if (stops(s))
		ask_stop(v);
	else
		go(v);
}

static void shrunk_typed(struct ui_view *v, int button)
{
	struct state *s = v->state;
	if (button != UI_DIALOG_TYPED || !may_start(v))
		return;
	s->accepted = true;
	ask_or_go(v);
}

/** The first button takes the configuration in; then the page shows what changed. */
static void loss_typed(struct ui_view *v, int button)
{
	struct state *s = v->state;
	if (button == UI_DIALOG_TYPED && may_start(v)) {
		ask_or_go(v);
	} else if (button == 0 && ui_wizard_may_rule(s->w)) {
		s->w->plan.without_config = false;
		ui_wizard_rules_changed(s->w);
		ui_app_say(v->app, UI_SAY_INFO, "The configuration comes in");
		update(v);
	}
}

static void ask_loss(struct ui_view *v)
{
	static const char *const buttons[] = {"Take the configuration too", "Cancel", NULL};
	struct ck_buf text = CK_BUF_INIT;
	(void)ck_buf_addf(&text,
	                  "A restore from this archive will not bring back\n\n%s\n\n"
	                  "The messages alone come back, and every mailbox must be made anew.",
	                  ui_source_config_loss);
	(void)ui_dialog_open(v, &(struct ui_dialog){.title = "The configuration is left out",
	                                            .text = text.data,
	                                            .buttons = buttons,
	                                            .word = "without",
	                                            .safe = 1,
	                                            .done = loss_typed});
	ck_buf_fini(&text);
}

/* --- the screen ----------------------------------------------------------------------- */

/** Go to the page that changes the line under the cursor. */
static enum ui_reply change(struct ui_view *v)
{
	static const struct ui_view_ops *const pages[] = {
		[LINE_WHAT] = &ui_view_source,
		[LINE_HOW] = &ui_view_method,
		[LINE_WHERE] = &ui_view_destination,
	};
	ui_wizard_go_back(v, pages[((const struct state *)v->state)->cursor]);
	return UI_DONE;
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	switch (a) {
	case UI_ACT_UP:
		s->cursor -= s->cursor > 0;
		return UI_REPAINT;
	case UI_ACT_DOWN:
		s->cursor += s->cursor + 1 < LINE_MAX_;
		return UI_REPAINT;
	case UI_ACT_OPEN:
		return change(v);
	case UI_ACT_REREAD:
		start_asking(v);
		ui_connected_ask(s->w);
		return UI_REPAINT;
	case UI_ACT_FORWARD:
		s->accepted = false;
		if (s->w->plan.without_config)
			ask_loss(v);
		else
			ask_or_go(v);
		return UI_DONE;
	default:
		return ui_wizard_act(s->w, v, a);
	}
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	if (a != UI_ACT_FORWARD || may_start(v))
		return true;
	if (has_error(s))
		*ret_reason = s->checks[0].text;
	else if (s->starting)
		*ret_reason = "It is being started";
	else
		*ret_reason = "One moment: what is taken is still being worked out";
	return false;
}

static enum ui_reply news(struct ui_view *v)
{
	struct state *s = v->state;
	if (!s->bytes_known && s->w->est_known)
		start_asking(v);
	update(v);
	return UI_REPAINT;
}

static enum ui_reply tick(struct ui_view *v)
{
	ui_connected_tick(ui_wizard_of(v));
	return UI_DONE;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	(void)rows, (void)cols;
	update(v);
}

static int open_review(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	(void)err;
	s->w = *(struct ui_wizard *const *)arg;
	s->command = s->cut_off = s->kept = (struct ck_buf)CK_BUF_INIT;
	start_asking(v);
	ui_connected_ask(s->w);
	ui_house_read_jobs(v->app);
	return CK_OK;
}

static void close_review(struct ui_view *v)
{
	struct state *s = v->state;
	ck_methods_free(s->facts.methods, s->facts.nmethods);
	ck_buf_fini(&s->command);
	ck_buf_fini(&s->cut_off);
	ck_buf_fini(&s->kept);
	ui_lines_fini(&s->command_lines);
}

/* --- drawing -------------------------------------------------------------------------- */

struct page {
	const struct state *s;
	struct ui_canvas *c;
	int y;
};

/** A line "What   words"; @line < LINE_MAX_: one that Enter changes. */
static void put_line(struct page *p, const char *what, const char *words, enum line line)
{
	int w = p->c->at.w;
	bool on = line == p->s->cursor;
	ui_put(p->c, p->y, 1, 12, UI_ROLE_TITLE, UI_TEXT, what);
	ui_put(p->c, p->y, 14, w - 14 - (line < LINE_MAX_ ? 10 : 1), UI_ROLE_NORMAL, UI_NAME,
	       words);
	if (line < LINE_MAX_)
		ui_putf(p->c, p->y, w - 9, 8, UI_ROLE_DIM, "Enter: %d", (int)line + 1);
	if (on) {
		ui_put(p->c, p->y, 0, 1, UI_ROLE_NORMAL, UI_TEXT, ">");
		ui_over(p->c, p->y, 0, w, UI_ROLE_CURSOR);
		ui_cursor(p->c, p->y, 1);
	}
	p->y++;
}

static void draw_what(struct page *p)
{
	const struct ui_wizard *w = p->s->w;
	char text[200];
	if (!w->est_known) {
		put_line(p, "What", w->est_err.code ? w->est_err.msg : "computing", LINE_WHAT);
		put_line(p, "", "", LINE_MAX_);
		return;
	}
	uint64_t taken = w->est.taken_bytes, all = ck_tree_sum(w->tree, 0).bytes;
	uint64_t out = all > taken ? all - taken : 0;
	snprintf(text, sizeof text, "%s in %s of %s%s", ui_fmt_size(taken).s,
	         ui_fmt_things(w->est.taken_mailboxes, "mailbox").s,
	         ui_fmt_things(w->est_users, "user").s,
	         w->plan.without_config ? "" : ", configuration");
	put_line(p, "What", text, LINE_WHAT);
	size_t rules = ui_rules_on(&w->plan.exclude);
	if (rules)
		snprintf(text, sizeof text, "left out %s: %s%s", ui_fmt_size(out).s,
		         ui_fmt_things(rules, "rule").s,
		         w->plan.without_config ? ", and the configuration" : "");
	else
		snprintf(text, sizeof text, "%s",
		         w->plan.without_config ? "left out: the configuration"
		                                : "no mail is left out");
	put_line(p, "", text, LINE_MAX_);
	if (p->s->kept.len)
		put_line(p, "", p->s->kept.data, LINE_MAX_);
}

static void draw_how(struct page *p)
{
	const struct ui_wizard *w = p->s->w;
	const struct ck_method *m = ui_review_method(w, &p->s->facts);
	uint32_t stopper = ui_house_stopper(ui_app_house(w->app));
	char text[200];
	put_line(p, "How", m ? m->title : ui_wizard_method(w), LINE_HOW);
	if (!m)
		snprintf(text, sizeof text, "...");
	else if (stopper)
		snprintf(text, sizeof text, "is stopped by job %u at present", stopper);
	else if (ui_review_is_down(w))
		snprintf(text, sizeof text, "is down already, and is not started afterwards");
	else if (!stops(p->s))
		snprintf(text, sizeof text, "keeps running");
	else if (m->forecast.downtime_ms >= 0)
		snprintf(text, sizeof text, "down for %s; new mail waits at the MTA meanwhile",
		         ui_forecast(&m->forecast).s);
	else
		snprintf(text, sizeof text,
		         "down while the mail is copied; how long is not known yet");
	put_line(p, "Cyrus", text, LINE_MAX_);
	if (stops(p->s) && !ui_review_is_down(w))
		put_line(p, "Cut off", p->s->cut_off.data, LINE_MAX_);
	snprintf(text, sizeof text, m ? "%c expected" : "...", m ? m->grade : 0);
	put_line(p, "Grade", text, LINE_MAX_);
}

static void draw_where(struct page *p)
{
	const struct ui_wizard *w = p->s->w;
	const struct ck_settings *settings = ui_app_settings(w->app);
	const char *path = ui_review_path(w), *name = w->plan.destination;
	const struct ck_destination *d;
	char text[400];
	if (!name && ck_settings_destination(settings, NULL, &d, NULL) == 0)
		name = d->name;
	snprintf(text, sizeof text, "%s%s%s", name && *name != '/' ? name : "",
	         name && *name != '/' ? "  " : "", path ? path : "?");
	put_line(p, "Where", text, LINE_WHERE);
	put_line(p, "If it fails",
	         ui_review_is_down(w) ? "the unfinished file is removed; Cyrus stays down"
	         : stops(p->s)        ? "Cyrus is started again, the unfinished file is removed"
	                              : "the unfinished file is removed; Cyrus keeps running",
	         LINE_MAX_);
}

static const char *word_of(enum ui_role role)
{
	return role == UI_ROLE_OK      ? "ok"
	       : role == UI_ROLE_WARN  ? "warn"
	       : role == UI_ROLE_ERROR ? "FAIL"
	                               : "..";
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	bool low = c->at.h < 18; /* then = shows the command line */
	struct page p = {s, c, !low};
	draw_what(&p);
	draw_how(&p);
	draw_where(&p);
	ui_title(c, p.y++, "Checks", false);
	int lines = (int)s->command_lines.n > 3 ? 3 : (int)s->command_lines.n;
	int last = low ? c->at.h : c->at.h - lines - 2;
	for (size_t i = 0; i < s->nchecks && p.y < last; i++, p.y++) {
		ui_put(c, p.y, 1, 5, s->checks[i].role, UI_TEXT, word_of(s->checks[i].role));
		ui_put(c, p.y, 7, c->at.w - 8, UI_ROLE_NORMAL, UI_NAME, s->checks[i].text);
	}
	if (low)
		return;
	p.y = last;
	ui_title(c, p.y++, "The same without the console", false);
	for (int i = 0; i < lines; i++, p.y++) {
		const struct ui_line *l = &s->command_lines.items[i];
		bool more = i + 1 == lines && (size_t)lines < s->command_lines.n;
		ui_put_from(c, p.y, 2, c->at.w - 4, UI_ROLE_NORMAL, UI_NAME,
		            s->command.data + l->at, l->len, 0);
		if (more)
			ui_put_right(c, p.y, c->at.w - 9, 9, UI_ROLE_DIM, UI_TEXT, "  = more");
	}
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	if (s->starting)
		(void)ck_buf_adds(ret, "Starting");
	else if (has_error(s))
		(void)ck_buf_addf(ret, "Cannot start: %s", s->checks[0].text);
	else
		(void)ck_buf_adds(ret, "Nothing has been changed on the server so far.");
}

static const struct ui_binding bindings[] = {
	{UI_ACT_FORWARD, "Start", "Start the backup"},
	{UI_ACT_OPEN, "Change", "Go to the page that changes this line"},
	{UI_ACT_COMMAND, "Command", "The command line in full width"},
	{UI_ACT_WRITE, "Save as plan", "Save as a plan"},
	{UI_ACT_STEP_BACK, "Back", "Back to the destination"},
	{UI_ACT_REREAD, NULL, "Check again"},
	{0},
};

const struct ui_view_ops ui_view_review = {
	.name = "review",
	.title = "Review",
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "All that will happen, on one page. A FAIL under Checks must be mended before "
		"Start; a warning need not. What stops Cyrus asks for a word to be typed. "
		"Once started the job runs by itself, with or without this console.",
	.open = open_review,
	.close = close_review,
	.act = act,
	.key = ui_wizard_click,
	.can = can,
	.news = news,
	.tick = tick,
	.layout = layout,
	.draw = draw,
	.head = ui_wizard_head,
	.hint = hint,
};
