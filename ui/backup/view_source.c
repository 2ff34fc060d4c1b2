/* SPDX-License-Identifier: BSD-2-Clause */
/** Back up, step 1: what is taken. */
#include <stdlib.h>
#include <string.h>

#include "backup/config_size.h"
#include "backup/expected.h"
#include "backup/source.h"
#include "loop/app.h"
#include "loop/places.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/tree.h"
#include "words/fmt.h"

#define WIDE 120 /* from here on a pane explains the row */
#define PANE 40

struct state {
	struct ui_wizard *w; /* first: ui_wizard_of() */
	struct ui_tree rows;
	struct ui_list list;
	const struct ui_server *server; /**< That the rows are about. */
	struct ui_filter filter;
	struct ck_runs hits; /**< Places that it finds; rows.filtered says whether it is on. */
	uint64_t nhits;
	unsigned matching; /**< Number of the newest search. */
	struct ck_watch *match_watch;
	struct ck_buf pane;
	struct ui_lines pane_lines;
	struct ui_expected expected;
	struct ui_config_size config;
};

enum column {
	COL_TICK,
	COL_NAME,
	COL_MESSAGES,
	COL_SIZE,
	COL_WHY,
};

static const struct ui_column columns[] = {
	[COL_TICK] = {.title = "   ", .width = 3},
	[COL_NAME] = {.title = "Mailbox", .min = 24},
	[COL_MESSAGES] = {.title = "Messages", .width = 11, .right = true, .drop = 1},
	[COL_SIZE] = {.title = "Size", .width = 7, .right = true},
	[COL_WHY] = {.title = "Why", .width = 24, .drop = 2},
	{0},
};

/* --- rows ----------------------------------------------------------------------------- */

static const struct ck_node *node_at(const struct state *s, uint32_t node)
{
	return &s->w->tree->nodes[node];
}

static uint32_t parent(const void *ctx, uint32_t node)
{
	return node_at(ctx, node)->parent;
}

static uint32_t end(const void *ctx, uint32_t node)
{
	return node_at(ctx, node)->end;
}

static const struct ui_tree_ops tree_ops = {parent, end};

static size_t step(const void *ctx, size_t row, bool down)
{
	return ui_tree_step(&((const struct state *)ctx)->rows, row, down);
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	uint32_t node = (uint32_t)row;
	const struct ck_node *n = node_at(s, node);
	bool unread = n->mailbox != CK_NODE_NONE && n->end == node + 1 &&
	              s->server->server->mailboxes[n->mailbox].head == CK_HEAD_BAD;
	bool config = n->kind == CK_NODE_CONFIG;
	struct ui_fmt f = {""};
	switch (column) {
	case COL_TICK:
		ret->text = ui_source_tick(s->w, node, &ret->role);
		return;
	case COL_NAME:
		ret->text = ui_source_label(s->w, node, buf, size);
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
		ui_tree_decorate(&s->rows, node, ret);
		ret->aside = ui_source_aside(s->w, node, buf, size);
		return;
	case COL_WHY:
		ret->text = ui_source_why(s->w, node, buf, size);
		return;
	case COL_MESSAGES:
		f = ui_fmt_count(ck_tree_sum(s->w->tree, node).messages);
		break;
	default:
		f = config ? ui_config_size(&s->config)
		           : ui_fmt_size(ck_tree_sum(s->w->tree, node).bytes);
		break;
	}
	memcpy(buf, f.s, sizeof f.s);
	ret->text = config && column == COL_MESSAGES ? "-" : unread ? "?" : buf;
}

static const struct ui_list_ops list_ops = {.value = value, .step = step};

static uint32_t cursor_node(const struct state *s)
{
	size_t row = ui_list_row(&s->list);
	return row == UI_LIST_NONE ? CK_NODE_NONE : (uint32_t)row;
}

static bool is_wide(const struct ui_view *v)
{
	return v->cols >= WIDE;
}

/** Words for the pane about the row under the cursor. */
static void explain(struct ui_view *v)
{
	struct state *s = v->state;
	uint32_t node = cursor_node(s);
	ck_buf_reset(&s->pane);
	s->pane_lines.n = 0;
	if (!is_wide(v) || !s->w->tree || node == CK_NODE_NONE)
		return;
	ui_expected_ask(&s->expected, v);
	ui_source_explain(s->w, node, &s->pane);
	(void)ui_wrap(&s->pane_lines, s->pane.data, s->pane.len, PANE - 2, UI_NAME);
}

static void drop_search(struct state *s)
{
	s->matching++;
	if (s->match_watch)
		s->match_watch->cancel = true;
	s->match_watch = NULL;
}

static void drop_filter(struct state *s)
{
	drop_search(s);
	ui_tree_unfilter(&s->rows);
	ui_filter_fini(&s->filter);
	ck_runs_fini(&s->hits);
}

/** The wizard has another tree, or other figures in it. */
static void sync(struct ui_view *v)
{
	struct state *s = v->state;
	if (!s->w->tree)
		return;
	if (s->server != s->w->server) {
		drop_filter(s);
		ui_tree_fini(&s->rows);
		s->server = s->w->server;
		ui_tree_init(&s->rows, &tree_ops, s, (uint32_t)s->w->tree->n);
		ui_source_open_first(s->w->tree, &s->rows);
	}
	ui_list_set(&s->list, s, s->rows.nnodes);
	ui_config_size_ask(&s->config, v);
	explain(v);
}

/* --- searching ------------------------------------------------------------------------ */

static void matched(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct ui_source_search *search = data;
	(void)err;
	if (search->number != s->matching)
		return;
	s->match_watch = NULL;
	if (r < 0 || s->server != search->server)
		return;
	ck_runs_fini(&s->hits);
	s->hits = search->hits;
	s->nhits = ck_runs_count(&s->hits);
	search->hits = (struct ck_runs){0};
	ui_tree_filter(&s->rows, &search->shown);
	ui_list_set(&s->list, s, s->rows.nnodes);
	if (search->first != CK_NODE_NONE)
		(void)ui_list_go(&s->list, (uint64_t)search->first + 1);
	explain(v);
}

static void unfilter(struct ui_view *v)
{
	struct state *s = v->state;
	uint32_t node = cursor_node(s);
	bool was = s->rows.filtered;
	drop_filter(s);
	if (was && node != CK_NODE_NONE)
		(void)ui_tree_reveal(&s->rows, node);
	ui_list_set(&s->list, s, s->rows.nnodes);
	explain(v);
}

static void filter_changed(struct ui_view *v, const char *text)
{
	static const struct ui_task_kind kind = {ui_source_search_work, matched,
	                                         ui_source_search_free};
	struct state *s = v->state;
	if (!text || !*text || !s->w->tree) {
		unfilter(v);
		return;
	}
	drop_search(s);
	struct ui_source_search *search = ui_source_search_new(s->w->server, text, NULL);
	if (search && ui_filter_set(&s->filter, text) == 0) {
		search->number = s->matching;
		(void)ui_task_start(v->app, &kind, v, search, &s->match_watch, NULL);
	} else {
		ui_source_search_free(search);
	}
}

static void filter_done(struct ui_view *v, const char *text)
{
	struct state *s = v->state;
	if (!text || !*text)
		unfilter(v);
	else if (!s->filter.text || strcmp(text, s->filter.text) != 0)
		filter_changed(v, text);
}

/* --- ticking -------------------------------------------------------------------------- */

/** @was: what was in. */
static void say_totals(struct ui_view *v, uint32_t node, struct ck_sum was)
{
	struct state *s = v->state;
	char label[160];
	struct ck_sum is = ck_boxes_sum(&s->w->boxes.now, node);
	bool config = node_at(s, node)->kind == CK_NODE_CONFIG;
	bool on = config ? s->w->boxes.now.config_on : is.mailboxes > was.mailboxes;
	if (config && !on)
		ui_app_say(v->app, UI_SAY_WARN,
		           "Without it a restore has no mailbox list, access rights, read "
		           "marks, quotas, sieve");
	else if (config)
		ui_app_say(v->app, UI_SAY_INFO, "The configuration comes in");
	else
		ui_app_say(
			v->app, UI_SAY_INFO, "%s: %s, %s %s%s",
			ui_source_label(s->w, node, label, sizeof label),
			ui_fmt_things(on ? is.messages - was.messages : was.messages - is.messages,
		                      "message")
				.s,
			ui_fmt_size(on ? is.bytes - was.bytes : was.bytes - is.bytes).s,
			on ? "come in" : "left out",
			s->rows.filtered ? "; only what the filter finds" : "");
}

/** From "all" to nothing; from nothing and from "partly" to all, but not what rules leave out. */
static enum ui_reply tick(struct ui_view *v, bool down)
{
	struct state *s = v->state;
	uint32_t node = cursor_node(s);
	if (node == CK_NODE_NONE)
		return UI_DONE;
	if (!ui_wizard_may_tick(s->w)) {
		ui_app_say(v->app, UI_SAY_INFO, "One moment: the rules are being applied");
		return UI_DONE;
	}
	struct ck_sum was = ck_boxes_sum(&s->w->boxes.now, node);
	if (ui_boxes_turn(&s->w->boxes, node, s->rows.filtered ? &s->hits : NULL,
	                  &s->w->missing.ruled) < 0) {
		ui_app_say(v->app, UI_SAY_WARN, "Out of memory: nothing was changed");
		return UI_DONE;
	}
	ui_wizard_boxes_changed(s->w);
	say_totals(v, node, was);
	if (down)
		(void)ui_list_act(&s->list, UI_ACT_DOWN);
	explain(v);
	return UI_REPAINT;
}

static void liked(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct ui_source_search *search = data;
	CK_CLEANUP(ck_runs_fini) struct ck_runs both = {0};
	(void)err;
	if (r < 0 || s->server != search->server || !ui_wizard_may_tick(s->w))
		return;
	if (s->rows.filtered && ck_runs_join(&search->hits, &s->hits, CK_RUNS_AND, &both) < 0)
		return;
	ui_wizard_like(s->w, search->pattern, search->on, s->rows.filtered ? &both : &search->hits,
	               s->rows.filtered);
	explain(v);
}

static void like(struct ui_view *v, const char *pattern, bool on)
{
	static const struct ui_task_kind kind = {ui_source_search_work, liked,
	                                         ui_source_search_free};
	struct state *s = v->state;
	if (!pattern || !*pattern || !ui_wizard_may_tick(s->w))
		return;
	struct ui_source_search *search = ui_source_search_new(s->w->server, NULL, pattern);
	if (!search)
		return;
	search->on = on;
	(void)ui_task_start(v->app, &kind, v, search, NULL, NULL);
}

static void tick_like(struct ui_view *v, const char *pattern)
{
	like(v, pattern, true);
}

static void untick_like(struct ui_view *v, const char *pattern)
{
	like(v, pattern, false);
}

static enum ui_reply step_back(struct ui_view *v, bool undo)
{
	struct state *s = v->state;
	if (!ui_wizard_may_tick(s->w))
		return UI_DONE;
	bool done = undo ? ui_boxes_undo(&s->w->boxes) : ui_boxes_redo(&s->w->boxes);
	if (done)
		ui_wizard_boxes_changed(s->w);
	else if (ui_wizard_may_rule(s->w) &&
	         (undo ? ui_rules_undo : ui_rules_redo)(&s->w->rules_history, &s->w->plan)) {
		ui_wizard_rules_changed(s->w); /* a pattern that became a rule */
		done = true;
	}
	explain(v);
	ui_app_say(v->app, UI_SAY_INFO, "%s",
	           done   ? undo ? "Undone; U does it again" : "Done again"
	           : undo ? "There is nothing to undo"
	                  : "There is nothing to do again");
	return UI_REPAINT;
}

/* --- the screen ----------------------------------------------------------------------- */

/** What needs the tree. */
static enum ui_reply act_on_tree(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	switch (a) {
	case UI_ACT_TICK:
	case UI_ACT_TICK_DOWN:
		return tick(v, a == UI_ACT_TICK_DOWN);
	case UI_ACT_TICK_LIKE:
		ui_app_prompt(v, "Tick like:", "", NULL, tick_like);
		return UI_REPAINT;
	case UI_ACT_UNTICK_LIKE:
		ui_app_prompt(v, "Untick like:", "", NULL, untick_like);
		return UI_REPAINT;
	case UI_ACT_INVERT:
		ui_wizard_invert(s->w, s->rows.filtered ? &s->hits : NULL);
		explain(v);
		return UI_REPAINT;
	case UI_ACT_UNDO:
	case UI_ACT_REDO:
		return step_back(v, a == UI_ACT_UNDO);
	case UI_ACT_FIND:
		ui_app_prompt(v, "/", s->filter.text ? s->filter.text : "", filter_changed,
		              filter_done);
		return UI_REPAINT;
	case UI_ACT_ESCAPE:
		if (!s->filter.text)
			return UI_IGNORED;
		unfilter(v);
		return UI_REPAINT;
	case UI_ACT_NEW:
		if (s->list.nshown)
			ui_source_new_rule(v, cursor_node(s));
		return UI_REPAINT;
	case UI_ACT_FORWARD:
		(void)ui_app_push(v->app, &ui_view_method, &s->w);
		return UI_DONE;
	case UI_ACT_WHY:
	case UI_ACT_OPEN:
		if (s->list.nshown)
			ui_source_say_why(v, cursor_node(s));
		return UI_DONE;
	default:
		return UI_IGNORED;
	}
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	enum ui_reply r = ui_wizard_act(s->w, v, a);
	if (r == UI_IGNORED && s->w->tree)
		r = ui_list_act(&s->list, a);
	if (r == UI_IGNORED && s->list.nshown)
		r = ui_tree_act(&s->rows, &s->list, a);
	if (r != UI_IGNORED) {
		explain(v);
		return r;
	}
	switch (a) {
	case UI_ACT_RULES:
		(void)ui_app_push(v->app, &ui_view_rules, &s->w);
		return UI_DONE;
	case UI_ACT_REMOVE:
		return ui_wizard_ask_over(v);
	case UI_ACT_EDIT:
		return ui_wizard_ask_plan(v);
	case UI_ACT_REREAD:
		ui_house_read_server(v->app);
		ui_app_say(v->app, UI_SAY_INFO, "Reading the mail store again");
		return UI_REPAINT;
	default:
		return s->w->tree ? act_on_tree(v, a) : UI_IGNORED;
	}
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	enum ui_reply r = ui_wizard_click(v, k);
	if (r != UI_IGNORED)
		return r;
	r = ui_list_key(&s->list, k);
	if (r == UI_REPAINT && k->code == UI_KEY_CLICK && k->x >= 1 && k->x <= 3 && k->y > 0 &&
	    s->w->tree)
		return tick(v, false);
	if (r != UI_IGNORED || k->code == UI_KEY_DOUBLE)
		explain(v);
	return r;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	if (a == UI_ACT_EDIT)
		return s->w->saved.nplans > 0;
	if (a == UI_ACT_RULES || a == UI_ACT_REMOVE || a == UI_ACT_REREAD)
		return s->w->begun;
	if (!s->w->tree) {
		*ret_reason = "The mailboxes are not known yet";
		return false;
	}
	if (a == UI_ACT_UNDO)
		return s->w->boxes.undo || s->w->rules_history.nundo;
	if (a == UI_ACT_REDO)
		return s->w->boxes.redo || s->w->rules_history.nredo;
	if (a == UI_ACT_FORWARD && !s->w->boxes.now.ticked.n) {
		*ret_reason = "No mailbox is ticked: there is nothing to back up";
		return false;
	}
	return true;
}

static enum ui_reply news(struct ui_view *v)
{
	struct state *s = v->state;
	ui_wizard_news(s->w);
	sync(v);
	return UI_REPAINT;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	int w = is_wide(v) ? cols - PANE : cols;
	ui_list_layout(&s->list, (struct ui_rect){0, 0, rows, w});
	explain(v);
}

static int open_source(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	(void)arg;
	ui_list_init(&s->list, &list_ops, s, columns);
	s->pane = (struct ck_buf)CK_BUF_INIT;
	return ui_wizard_open(v->app, &s->w, err);
}

static void close_source(struct ui_view *v)
{
	struct state *s = v->state;
	drop_filter(s);
	ui_list_fini(&s->list);
	ui_tree_fini(&s->rows);
	ck_buf_fini(&s->pane);
	ui_lines_fini(&s->pane_lines);
	ui_wizard_close(s->w);
}

/* --- drawing -------------------------------------------------------------------------- */

static void draw_pane(const struct state *s, struct ui_canvas *c)
{
	struct ui_canvas side = ui_pane_beside(c, c->at.w - PANE);
	int h = side.at.h - UI_EXPECTED_ROWS;
	struct ui_canvas pane = ui_canvas_part(&side, (struct ui_rect){0, 0, h, side.at.w});
	struct ui_canvas last =
		ui_canvas_part(&side, (struct ui_rect){h, 0, UI_EXPECTED_ROWS, side.at.w});
	ui_title(&pane, 0, "Under the bar", false);
	ui_source_draw_lines(&pane, 1, s->pane.data, &s->pane_lines);
	int y = (int)s->pane_lines.n + 2;
	ui_source_draw_sums(s->w, &pane, y > c->at.h / 2 ? y : c->at.h / 2);
	ui_expected_draw(&s->expected, s->w, &last, 0);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	if (!s->w->tree) {
		ui_source_draw_waiting(s->w, c);
		return;
	}
	ui_list_draw(&s->list, c);
	if (s->server->mailboxes == 0)
		ui_put(c, (int)s->rows.nnodes + 1, 1, s->list.at.w - 2, UI_ROLE_WARN, UI_TEXT,
		       "This server has no mailboxes.");
	else if (s->rows.filtered && s->nhits == 0)
		ui_put(c, 2, 1, s->list.at.w - 2, UI_ROLE_DIM, UI_TEXT,
		       "No name fits. Esc shows all.");
	if (is_wide(v))
		draw_pane(s, c);
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	ui_wizard_head(v, left, right);
	if (s->rows.filtered)
		(void)ck_buf_addf(left, "   /%s  %s", s->filter.text, ui_fmt_count(s->nhits).s);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	if (s->w->plan_err.code && s->w->tree)
		(void)ck_buf_addf(ret, "The rules are not applied: %s", s->w->plan_err.msg);
	else
		ui_wizard_totals(s->w, ret);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_TICK, "Tick", "Tick or untick, with all below"},
	{UI_ACT_FORWARD, "Next: method", "The next step"},
	{UI_ACT_WHY, "Why", "What it is, and why it is in or out"},
	{UI_ACT_RULES, "Rules", "Exclusion rules"},
	{UI_ACT_FIND, "Find", "Show only names with these words"},
	{UI_ACT_UNDO, "Undo", "Undo the last tick or rule"},
	{UI_ACT_REDO, "Redo", "Do what was undone again"},
	{UI_ACT_TICK_LIKE, NULL, "Tick all mailboxes like a pattern: user/%/Junk"},
	{UI_ACT_UNTICK_LIKE, NULL, "Untick all mailboxes like a pattern"},
	{UI_ACT_INVERT, "Invert", "Turn all boxes, but not what rules leave out"},
	{UI_ACT_TICK_DOWN, NULL, NULL},
	{UI_ACT_WRITE, "Save plan", "Save as a plan, for this console and the command line"},
	{UI_ACT_NEW, "New rule", "A rule from this row: its role, its name or its partition"},
	{UI_ACT_EDIT, "Take plan", "Take a saved plan"},
	{UI_ACT_REMOVE, "Start over", "Drop this draft"},
	{UI_ACT_COMMAND, NULL, NULL},
	{UI_ACT_REREAD, NULL, "Read the mail store again"},
	{0},
};

const struct ui_view_ops ui_view_source = {
	.name = "source",
	.title = "Sources",
	.place = 2,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "What the backup takes. Everything is in by default; the rules of the plan are "
		"already applied. Nothing is changed on the server before Start on the last "
		"page.\n\n"
		"[x] in   [ ] left out by you   [~] partly   [-] left out by a rule   "
		"[!] its index cannot be read\n\n"
		"In patterns * stands for anything and % for anything but the separator.",
	.open = open_source,
	.close = close_source,
	.act = act,
	.key = key,
	.can = can,
	.news = news,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
