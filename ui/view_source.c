/* SPDX-License-Identifier: BSD-2-Clause */
/** Back up, step 1: what is taken. */
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "fmt.h"
#include "places.h"
#include "source.h"
#include "tree.h"
#include "views.h"
#include "wrap.h"

#define WIDE 120 /* from here on a pane explains the row */
#define PANE 40

struct state {
	struct ui_wizard *w; /* first: ui_wizard_of() */
	struct ui_tree rows;
	struct ui_list list;
	const struct ui_server *server; /**< That the rows are about. */
	struct ui_filter filter;
	uint8_t *shown;       /**< enum ui_shown per node, while a filter is on. */
	uint8_t *open_before; /**< Branches as they were without it. */
	uint64_t nhits;
	unsigned matching; /**< Number of the newest search. */
	struct ck_watch *match_watch;
	struct ck_buf pane;
	struct ui_lines pane_lines;
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
	[COL_NAME] = {.title = "  Mailbox", .min = 24},
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

/** @node itself or the next sibling that the filter shows. */
static uint32_t next_shown(const struct state *s, uint32_t node)
{
	while (node != CK_NODE_NONE && s->shown && !s->shown[node])
		node = node_at(s, node)->next_sibling;
	return node;
}

static uint32_t first_child(const void *ctx, uint32_t node)
{
	const struct state *s = ctx;
	return next_shown(s, node_at(s, node)->first_child);
}

static uint32_t next_sibling(const void *ctx, uint32_t node)
{
	const struct state *s = ctx;
	return next_shown(s, node_at(s, node)->next_sibling);
}

static uint32_t parent(const void *ctx, uint32_t node)
{
	return node_at(ctx, node)->parent;
}

static const struct ui_tree_ops tree_ops = {first_child, next_sibling, parent};

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	uint32_t node = s->rows.rows[row].node;
	const struct ck_node *n = node_at(s, node);
	bool unread = n->mailbox != CK_NODE_NONE && n->first_child == CK_NODE_NONE &&
	              s->server->server->mailboxes[n->mailbox].head == CK_HEAD_BAD;
	struct ui_fmt f = {""};
	switch (column) {
	case COL_TICK:
		ret->text = ui_source_tick(s->w, node, &ret->role);
		return;
	case COL_NAME:
		ret->text = ui_source_label(s->w, node, buf, size);
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
		ui_tree_decorate(&s->rows, row, ret);
		return;
	case COL_WHY:
		ret->text = ui_source_why(s->w, node, buf, size);
		return;
	case COL_MESSAGES:
		f = ui_fmt_count(n->messages);
		break;
	default:
		f = ui_fmt_size(n->bytes);
		break;
	}
	memcpy(buf, f.s, sizeof f.s);
	ret->text = n->kind == CK_NODE_CONFIG ? "-" : unread ? "?" : buf;
}

static uint64_t id(const void *ctx, size_t row)
{
	const struct state *s = ctx;
	return (uint64_t)s->rows.rows[row].node + 1;
}

static const struct ui_list_ops list_ops = {.value = value, .id = id};

static uint32_t cursor_node(const struct state *s)
{
	size_t row = ui_list_row(&s->list);
	return row == UI_LIST_NONE ? CK_NODE_NONE : s->rows.rows[row].node;
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
	ui_source_explain(s->w, node, &s->pane);
	(void)ui_wrap(&s->pane_lines, s->pane.data, s->pane.len, PANE - 2, UI_NAME);
}

static void drop_filter(struct state *s)
{
	free(CK_STEAL(s->shown));
	free(CK_STEAL(s->open_before));
	ui_filter_fini(&s->filter);
	s->nhits = 0;
	s->matching++;
	if (s->match_watch)
		s->match_watch->cancel = true;
	s->match_watch = NULL;
}

/** At first the partitions are open, and what is in them. */
static void open_first(struct state *s)
{
	const struct ck_node *root = node_at(s, 0);
	for (uint32_t p = root->first_child; p != CK_NODE_NONE; p = node_at(s, p)->next_sibling) {
		s->rows.open[p] = node_at(s, p)->kind == CK_NODE_PARTITION;
		for (uint32_t i = node_at(s, p)->first_child; i != CK_NODE_NONE;
		     i = node_at(s, i)->next_sibling)
			s->rows.open[i] = node_at(s, i)->kind != CK_NODE_DELAYED;
	}
	(void)ui_tree_reveal(&s->rows, 0);
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
		if (ui_tree_init(&s->rows, &tree_ops, s, 0, (uint32_t)s->w->tree->n) == 0)
			open_first(s);
	}
	ui_list_set(&s->list, s, s->rows.n);
	explain(v);
}

/* --- the filter ----------------------------------------------------------------------- */

static void show_hits(struct state *s, const uint8_t *hits)
{
	uint8_t *shown = ui_source_shown(s->w->tree, hits, &s->nhits);
	uint8_t *before = s->open_before ? s->open_before : ck_alloc(s->w->tree->n + 1, 1);
	if (!shown || !before) {
		free(shown);
		return;
	}
	if (!s->open_before)
		memcpy(before, s->rows.open, s->w->tree->n);
	s->open_before = before;
	free(s->shown);
	s->shown = shown;
	for (size_t i = 0; i < s->w->tree->n; i++)
		s->rows.open[i] = shown[i] != UI_HIDDEN;
	(void)ui_tree_reveal(&s->rows, 0);
	ui_list_set(&s->list, s, s->rows.n);
	for (size_t i = 0; i < s->rows.n; i++) {
		uint32_t mailbox = node_at(s, s->rows.rows[i].node)->mailbox;
		if (mailbox != CK_NODE_NONE && hits[mailbox]) {
			(void)ui_list_go(&s->list, (uint64_t)s->rows.rows[i].node + 1);
			return;
		}
	}
}

static void matched(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct ui_source_search *arg = data;
	(void)err;
	if (arg->number != s->matching)
		return;
	s->match_watch = NULL;
	if (r == 0 && s->server == arg->server) {
		show_hits(s, arg->hits);
		explain(v);
	}
}

static void unfilter(struct ui_view *v)
{
	struct state *s = v->state;
	uint32_t node = cursor_node(s);
	bool was = s->open_before != NULL;
	if (was)
		memcpy(s->rows.open, s->open_before, s->w->tree->n);
	drop_filter(s);
	if (was)
		(void)ui_tree_reveal(&s->rows, node == CK_NODE_NONE ? 0 : node);
	ui_list_set(&s->list, s, s->rows.n);
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
	if (s->match_watch)
		s->match_watch->cancel = true;
	s->match_watch = NULL;
	struct ui_source_search *arg = ui_source_search_new(s->w->server, text, ++s->matching);
	if (arg && ui_filter_set(&s->filter, text) == 0)
		(void)ui_task_start(v->app, &kind, v, arg, &s->match_watch, NULL);
	else
		ui_source_search_free(arg);
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

static void say_totals(struct ui_view *v, const struct ck_node *n, bool on, const char *label)
{
	struct state *s = v->state;
	if (n->kind == CK_NODE_CONFIG && !on)
		ui_app_say(v->app, UI_SAY_WARN,
		           "Without it a restore has no mailbox list, access rights, read "
		           "marks, quotas, sieve");
	else if (n->kind == CK_NODE_CONFIG)
		ui_app_say(v->app, UI_SAY_INFO, "The configuration comes in");
	else
		ui_app_say(v->app, UI_SAY_INFO, "%s: %s messages, %s %s%s", label,
		           ui_fmt_count(n->messages).s, ui_fmt_size(n->bytes).s,
		           on ? "come in" : "left out",
		           s->shown ? "; only what the filter finds" : "");
}

/** From "all" to nothing; from nothing and from "partly" to all. */
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
	bool on = ck_tree_state(s->w->tree, node) != CK_TICK_ON;
	char label[160];
	if (ui_boxes_set(&s->w->boxes, s->w->tree, node, on, s->shown) < 0) {
		ui_app_say(v->app, UI_SAY_WARN, "Out of memory: nothing was changed");
		return UI_DONE;
	}
	ui_wizard_boxes_changed(s->w);
	say_totals(v, node_at(s, node), on, ui_source_label(s->w, node, label, sizeof label));
	if (down)
		(void)ui_list_act(&s->list, UI_ACT_DOWN);
	explain(v);
	return UI_REPAINT;
}

static void like(struct ui_view *v, const char *pattern, bool on)
{
	struct state *s = v->state;
	if (!pattern || !*pattern || !ui_wizard_may_tick(s->w))
		return;
	ui_wizard_like(s->w, pattern, on, s->shown);
	explain(v);
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
	bool done = undo ? ui_boxes_undo(&s->w->boxes, s->w->tree)
	                 : ui_boxes_redo(&s->w->boxes, s->w->tree);
	if (done) {
		ui_wizard_boxes_changed(s->w);
		explain(v);
	}
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
	enum ui_reply r = ui_list_key(&s->list, k);
	if (r == UI_REPAINT && k->code == UI_KEY_CLICK && k->x >= 1 && k->x <= 3 && k->y > 0 &&
	    s->w->tree)
		return tick(v, false);
	if (r != UI_IGNORED || k->code == UI_KEY_DOUBLE)
		explain(v);
	return r;
}

static bool is_empty(const struct state *s)
{
	const struct ck_tree *t = s->w->tree;
	return t && t->nodes[0].ticked == 0;
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
		return s->w->boxes.undo != NULL;
	if (a == UI_ACT_REDO)
		return s->w->boxes.redo != NULL;
	if (a == UI_ACT_FORWARD && is_empty(s)) {
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
	int x = c->at.w - PANE;
	ui_vrule(c, 0, x, c->at.h);
	struct ui_canvas pane = ui_canvas_part(c, (struct ui_rect){0, x + 1, c->at.h, PANE - 1});
	ui_title(&pane, 0, "Under the bar", false);
	ui_source_draw_lines(&pane, 1, s->pane.data, &s->pane_lines);
	int y = (int)s->pane_lines.n + 2;
	ui_source_draw_sums(s->w, &pane, y > c->at.h / 2 ? y : c->at.h / 2);
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
		ui_put(c, (int)s->rows.n + 2, 1, s->list.at.w - 2, UI_ROLE_WARN, UI_TEXT,
		       "This server has no mailboxes.");
	else if (s->shown && s->nhits == 0)
		ui_put(c, 2, 1, s->list.at.w - 2, UI_ROLE_DIM, UI_TEXT,
		       "No name fits. Esc shows all.");
	if (is_wide(v))
		draw_pane(s, c);
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	ui_wizard_head(v, UI_STEP_SOURCES, left, right);
	if (s->shown)
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
	{UI_ACT_UNDO, "Undo", "Undo the last tick"},
	{UI_ACT_REDO, "Redo", "Do the undone tick again"},
	{UI_ACT_TICK_LIKE, NULL, "Tick all mailboxes like a pattern: user/%/Junk"},
	{UI_ACT_UNTICK_LIKE, NULL, "Untick all mailboxes like a pattern"},
	{UI_ACT_TICK_DOWN, NULL, NULL},
	{UI_ACT_WRITE, "Save plan", "Save as a plan, for this console and the command line"},
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
