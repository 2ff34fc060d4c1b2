/* SPDX-License-Identifier: BSD-2-Clause */
/** Back up, step 1: what is taken. */
#include <stdlib.h>
#include <string.h>

#include "backup/largest.h"
#include "backup/source_page.h"
#include "loop/app.h"
#include "loop/places.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/tree.h"
#include "words/fmt.h"

#define WIDE 120 /* from here on a pane explains the row */
#define PANE 40
#define TALL 30 /* from here on what is large and left out, too */

static const struct ui_column columns[] = {
	[UI_SOURCE_TICK] = {.title = "   ", .width = 3},
	[UI_SOURCE_NAME] = {.title = "Mailbox", .min = 24, .sorts = true},
	[UI_SOURCE_MESSAGES] =
		{.title = "Messages", .width = 11, .right = true, .drop = 1, .sorts = true},
	[UI_SOURCE_SIZE] = {.title = "Size", .width = 7, .right = true, .sorts = true},
	[UI_SOURCE_WHY] = {.title = "Why", .width = 24, .drop = 2, .sorts = true, .most = true},
	{0},
};

/* --- rows ----------------------------------------------------------------------------- */

static const struct ck_node *node_at(const struct ui_source_page *s, uint32_t node)
{
	return &s->w->tree->nodes[node];
}

static size_t step(const void *ctx, size_t row, bool down)
{
	return ui_tree_step(&((const struct ui_source_page *)ctx)->rows, row, down);
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct ui_source_page *s = ctx;
	uint32_t node = ui_tree_node(&s->rows, row);
	const struct ck_node *n = node_at(s, node);
	bool unread = n->mailbox != CK_NODE_NONE && n->end == node + 1 &&
	              s->server->server->mailboxes[n->mailbox].head == CK_HEAD_BAD;
	bool config = n->kind == CK_NODE_CONFIG || n->kind == CK_NODE_PART;
	struct ui_fmt f = {""};
	switch (column) {
	case UI_SOURCE_TICK:
		ret->text = ui_source_tick(s->w, node, &ret->role);
		return;
	case UI_SOURCE_NAME:
		ret->text = ui_source_label(s->w->tree, node, buf, size);
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
		ui_tree_decorate(&s->rows, node, ret);
		ret->aside = ui_source_aside(s->w, node, buf, size);
		return;
	case UI_SOURCE_WHY:
		ret->text = ui_unplanned_is(&s->unplanned, s->w, node) ? "in no plan"
		            : n->kind == CK_NODE_PART
		                    ? ui_config_files(&s->config, s->w->tree, node, buf, size)
		                    : ui_source_why(s->w, node, buf, size);
		return;
	case UI_SOURCE_MESSAGES:
		f = ui_fmt_count(ck_tree_sum(s->w->tree, node).messages);
		break;
	default:
		f = config ? ui_config_size(&s->config, s->w->tree, node)
		           : ui_fmt_size(ck_tree_sum(s->w->tree, node).bytes);
		break;
	}
	memcpy(buf, f.s, sizeof f.s);
	ret->text = config && column == UI_SOURCE_MESSAGES ? "-" : unread ? "?" : buf;
}

static const struct ui_list_ops list_ops = {.value = value, .step = step, .steps_sorted = true};

uint32_t ui_source_cursor(const struct ui_source_page *s)
{
	size_t row = ui_list_row(&s->list);
	return row == UI_LIST_NONE ? CK_NODE_NONE : ui_tree_node(&s->rows, row);
}

static bool is_wide(const struct ui_view *v)
{
	return v->cols >= WIDE;
}

void ui_source_explain_row(struct ui_view *v)
{
	struct ui_source_page *s = v->state;
	uint32_t node = ui_source_cursor(s);
	bool shown = is_wide(v) && s->w->tree && node != CK_NODE_NONE;
	ck_buf_reset(&s->pane);
	s->pane_lines.n = 0;
	ui_rested_on(&s->rested, v, shown ? node : CK_NODE_NONE);
	if (!shown)
		return;
	ui_expected_ask(&s->expected, v);
	ui_rested_ask(&s->rested, v);
	ui_source_explain(s->w, node, &s->pane);
	ui_unplanned_explain(&s->unplanned, s->w, node, &s->pane);
	ui_rested_explain(&s->rested, s->w, &s->pane);
	(void)ui_wrap(&s->pane_lines, s->pane.data, s->pane.len, PANE - 2, UI_NAME);
}

/** In a tree that is grouped otherwise the cursor goes to its name. */
static void follow(struct ui_source_page *s)
{
	uint32_t node = s->w->followed;
	if (node == CK_NODE_NONE)
		return;
	for (; s->follow_up; s->follow_up--)
		node = node_at(s, node)->parent;
	(void)ui_tree_reveal(&s->rows, node);
	ui_list_set(&s->list, s, s->rows.nnodes);
	(void)ui_list_go(&s->list, ui_tree_row(&s->rows, node) + (uint64_t)1);
	s->w->followed = CK_NODE_NONE;
}

/** `C`: the next grouping. A name stays under the cursor by the first mailbox below it. */
static void regroup(struct ui_view *v)
{
	static const char *const words[CK_GROUPINGS] = {
		[CK_GROUP_BY_PARTITION] = "Users of each partition",
		[CK_GROUP_BY_NOTHING] = "Users of all partitions together",
		[CK_GROUP_BY_DOMAIN] = "Users of each domain",
	};
	struct ui_source_page *s = v->state;
	enum ck_grouping next = (ui_app_house(v->app)->grouping + 1) % CK_GROUPINGS;
	uint32_t node = ui_source_cursor(s), mailbox = CK_NODE_NONE;
	bool named = node != CK_NODE_NONE && (node_at(s, node)->kind == CK_NODE_MAILBOX ||
	                                      node_at(s, node)->kind == CK_NODE_INBOX);
	s->follow_up = 0;
	for (uint32_t i = node; named && mailbox == CK_NODE_NONE; i++) {
		mailbox = node_at(s, i)->mailbox;
		s->follow_up = node_at(s, i)->depth - node_at(s, node)->depth;
	}
	bool undo = s->w->boxes.undo || s->w->boxes.redo;
	if (next == CK_GROUP_BY_DOMAIN && !s->server->domains)
		next = CK_GROUP_BY_PARTITION;
	ui_wizard_regroup(s->w, next, mailbox);
	ui_app_say(v->app, UI_SAY_INFO, "%s%s", words[next],
	           undo ? "; ticks made before cannot be undone now" : "");
}

static void go_to_sought(struct ui_source_page *s)
{
	const struct ck_tree *tree = s->w->tree;
	if (tree->grouping != CK_GROUP_BY_PARTITION)
		return; /* that tree is on its way */
	CK_FREE char *name = CK_STEAL(s->sought);
	uint32_t node = name ? ck_tree_child(tree, 0) : CK_NODE_NONE;
	while (node != CK_NODE_NONE && (tree->nodes[node].kind != CK_NODE_PARTITION ||
	                                strcmp(tree->nodes[node].label, name) != 0))
		node = ck_tree_sibling(tree, node);
	if (node != CK_NODE_NONE)
		(void)ui_list_go(&s->list, (uint64_t)ui_tree_row(&s->rows, node) + 1);
}

/** The wizard has another tree, or other figures in it. */
static void sync(struct ui_view *v)
{
	struct ui_source_page *s = v->state;
	if (!s->w->tree)
		return;
	if (s->tree != s->w->tree) {
		ui_source_drop_hits(s);
		ui_source_drop_sort(s);
		ui_tree_fini(&s->rows);
		s->server = s->w->server;
		s->tree = s->w->tree;
		ui_tree_init(&s->rows, &ui_source_tree_ops, s->w->tree, (uint32_t)s->w->tree->n);
		ui_source_open_first(s->w->tree, &s->rows);
		s->list.unsorted = s->list.sort >= 0;
		follow(s);
		ui_source_find_again(v);
	}
	ui_list_set(&s->list, s, s->rows.nnodes);
	go_to_sought(s);
	ui_source_sort(v);
	ui_config_size_ask(&s->config, v);
	ui_unplanned_ask(&s->unplanned, v);
	ui_source_explain_row(v);
}

/* --- the screen ----------------------------------------------------------------------- */

/** What needs the tree. */
static enum ui_reply act_on_tree(struct ui_view *v, enum ui_action a)
{
	struct ui_source_page *s = v->state;
	switch (a) {
	case UI_ACT_TICK:
	case UI_ACT_TICK_DOWN:
		return ui_source_turn(v, a == UI_ACT_TICK_DOWN);
	case UI_ACT_TICK_LIKE:
	case UI_ACT_UNTICK_LIKE:
		ui_source_ask_like(v, a == UI_ACT_TICK_LIKE);
		return UI_REPAINT;
	case UI_ACT_COLUMNS:
		regroup(v);
		return UI_REPAINT;
	case UI_ACT_INVERT:
		ui_wizard_invert(s->w, s->rows.filtered ? &s->hits : NULL);
		ui_source_explain_row(v);
		return UI_REPAINT;
	case UI_ACT_UNDO:
	case UI_ACT_REDO:
		return ui_source_step_back(v, a == UI_ACT_UNDO);
	case UI_ACT_FIND:
		ui_source_ask_filter(v);
		return UI_REPAINT;
	case UI_ACT_ESCAPE:
		if (!s->filter.text)
			return UI_IGNORED;
		ui_source_unfilter(v);
		return UI_REPAINT;
	case UI_ACT_NEW:
		if (s->list.nshown)
			ui_source_new_rule(v, ui_source_cursor(s));
		return UI_REPAINT;
	case UI_ACT_VIEW:
		(void)ui_app_push(v->app, &ui_view_largest,
		                  &(struct ui_largest_arg){s->w, ui_source_cursor(s)});
		return UI_DONE;
	case UI_ACT_FORWARD:
		(void)ui_app_push(v->app, &ui_view_method, &s->w);
		return UI_DONE;
	case UI_ACT_WHY:
	case UI_ACT_OPEN:
		if (s->list.nshown)
			ui_source_say_why(v, ui_source_cursor(s));
		return UI_DONE;
	default:
		return UI_IGNORED;
	}
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct ui_source_page *s = v->state;
	enum ui_reply r = ui_wizard_act(s->w, v, a);
	if (r == UI_IGNORED && s->w->tree)
		r = ui_list_act(&s->list, a);
	if (r == UI_IGNORED && s->list.nshown)
		r = ui_tree_act(&s->rows, &s->list, a);
	if (r != UI_IGNORED) {
		ui_source_sort(v);
		ui_source_explain_row(v);
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
	struct ui_source_page *s = v->state;
	enum ui_reply r = ui_wizard_click(v, k);
	if (r != UI_IGNORED)
		return r;
	r = ui_list_key(&s->list, k);
	if (r == UI_REPAINT && k->code == UI_KEY_CLICK && k->x >= 1 && k->x <= 3 && k->y > 0 &&
	    s->w->tree)
		return ui_source_turn(v, false);
	if (r != UI_IGNORED)
		ui_source_sort(v);
	if (r != UI_IGNORED || k->code == UI_KEY_DOUBLE)
		ui_source_explain_row(v);
	return r;
}

static bool has_mail(const struct ui_source_page *s)
{
	uint32_t node = ui_source_cursor(s);
	return node != CK_NODE_NONE && node_at(s, node)->mailboxes > 0;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct ui_source_page *s = v->state;
	if (a == UI_ACT_EDIT)
		return s->w->saved.nplans > 0;
	if (a == UI_ACT_RULES || a == UI_ACT_REMOVE || a == UI_ACT_REREAD)
		return s->w->begun;
	if (!s->w->tree) {
		*ret_reason = "The mailboxes are not known yet";
		return false;
	}
	if (a == UI_ACT_VIEW && !has_mail(s)) {
		*ret_reason = "There is no mail on this row";
		return false;
	}
	if (a == UI_ACT_TICK && ui_source_is_part(s)) {
		*ret_reason = ui_source_part_reason;
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
	struct ui_source_page *s = v->state;
	ui_wizard_news(s->w);
	sync(v);
	return UI_REPAINT;
}

/** What takes longer is asked for where the bar rests. */
static enum ui_reply second(struct ui_view *v)
{
	ui_rested_ask(&((struct ui_source_page *)v->state)->rested, v);
	return UI_DONE;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct ui_source_page *s = v->state;
	int w = is_wide(v) ? cols - PANE : cols;
	ui_list_layout(&s->list, (struct ui_rect){0, 0, rows, w});
	ui_source_explain_row(v);
}

static void seek(struct ui_view *v, const char *what)
{
	struct ui_source_page *s = v->state;
	free(s->sought);
	s->sought = strdup(what);
	if (s->sought)
		ui_wizard_regroup(s->w, CK_GROUP_BY_PARTITION, CK_NODE_NONE);
	sync(v);
}

static int open_source(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct ui_source_page *s = v->state;
	(void)arg;
	ui_list_init(&s->list, &list_ops, s, columns);
	s->pane = (struct ck_buf)CK_BUF_INIT;
	return ui_wizard_open(v->app, &s->w, err);
}

static void close_source(struct ui_view *v)
{
	struct ui_source_page *s = v->state;
	ui_source_drop_filter(s);
	ui_rested_fini(&s->rested);
	ui_unplanned_fini(&s->unplanned);
	ui_list_fini(&s->list);
	ui_tree_fini(&s->rows);
	ck_buf_fini(&s->pane);
	free(s->sought);
	ui_lines_fini(&s->pane_lines);
	ui_wizard_close(s->w);
}

/* --- drawing -------------------------------------------------------------------------- */

static void draw_pane(const struct ui_source_page *s, struct ui_canvas *c)
{
	struct ui_canvas side = ui_pane_beside(c, c->at.w - PANE);
	int h = side.at.h - UI_EXPECTED_ROWS;
	struct ui_canvas pane = ui_canvas_part(&side, (struct ui_rect){0, 0, h, side.at.w});
	struct ui_canvas last =
		ui_canvas_part(&side, (struct ui_rect){h, 0, UI_EXPECTED_ROWS, side.at.w});
	ui_title(&pane, 0, "Under the bar", false);
	ui_source_draw_lines(&pane, 1, s->pane.data, &s->pane_lines);
	int y = (int)s->pane_lines.n + 2;
	if (c->at.h >= TALL)
		y += ui_rested_draw(&s->rested, s->w, &pane, y);
	ui_source_draw_sums(s->w, &pane, y > c->at.h / 2 ? y : c->at.h / 2);
	ui_expected_draw(&s->expected, s->w, &last, 0);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct ui_source_page *s = v->state;
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
	const struct ui_source_page *s = v->state;
	ui_wizard_head(v, left, right);
	if (s->rows.filtered)
		(void)ck_buf_addf(left, "   /%s  %s", s->filter.text, ui_fmt_count(s->nhits).s);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct ui_source_page *s = v->state;
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
	{UI_ACT_SORT, "Sort", "Sort by name, messages, size, what is left out, or as it was"},
	{UI_ACT_REDO, "Redo", "Do what was undone again"},
	{UI_ACT_TICK_LIKE, NULL, "Tick all mailboxes like a pattern: user/%/Junk"},
	{UI_ACT_UNTICK_LIKE, NULL, "Untick all mailboxes like a pattern"},
	{UI_ACT_INVERT, "Invert", "Turn all boxes, but not what rules leave out"},
	{UI_ACT_VIEW, "Largest", "The largest messages of this row"},
	{UI_ACT_COLUMNS, "Group", "Users by partition, all together, or by domain"},
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
	.state_size = sizeof(struct ui_source_page),
	.bindings = bindings,
	.help = "What the backup takes. Everything is in by default; the rules of the plan are "
		"already applied. Nothing is changed on the server before Start on the last "
		"page.\n\n"
		"[x] in   [ ] left out by you   [~] partly   [-] left out by a rule   "
		"[!] its index cannot be read\n\n"
		"s sorts users and mailboxes within what they lie in; a click on a title does, "
		"too. "
		"By the last column those from which most is left out come first, as it was when "
		"the key was pressed.\n\n"
		"C shows users below their partitions, then those of all partitions together, then "
		"by domain where there are any. What is ticked stays the same.\n\n"
		"In patterns * stands for anything and % for anything but the separator.",
	.open = open_source,
	.close = close_source,
	.act = act,
	.key = key,
	.can = can,
	.seek = seek,
	.news = news,
	.tick = second,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
