/* SPDX-License-Identifier: BSD-2-Clause */
/** What is in an archive: its mailboxes as a tree or a list, those left out too; the basket. */
#include <stdlib.h>
#include <string.h>

#include "archives/boxrows.h"
#include "archives/browse.h"
#include "home/home.h"
#include "loop/app.h"
#include "loop/house.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "words/fmt.h"

#define WIDE      120
#define PANE_PART 66 /* per cent of the width for the list then */

struct state {
	struct ui_app *app;
	char *which, *find; /**< What to open, and where to go first. */
	bool loading;
	struct ck_err failed;
	struct ui_opened *opened;
	struct ui_tree tree;
	struct ui_list list; /**< Of the tree's rows, or of all mailboxes. */
	bool flat;           /**< All mailboxes with full names; filters and sorts. */
	uint32_t node;       /**< Under the bar when the tree was left; of a filter without hits. */
	bool going;          /**< To what `find` means, once all that matches is known. */
	size_t seen, best;   /**< So many hits were looked at, and the best of them. */
	char *explanation;
	struct ui_lines explained;
};

/* --- the rows -------------------------------------------------------------------------- */

static struct ui_boxrow row_at(const struct state *s, size_t row)
{
	uint32_t node = s->flat ? s->opened->boxes.node_at[row] : (uint32_t)row;
	return (struct ui_boxrow){s->opened, node, s->flat, ui_tree_is_open(&s->tree, node)};
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	struct ui_boxrow r = row_at(s, row);
	ui_boxrow_value(&r, (enum ui_boxcolumn)column, buf, size, ret);
	if (column == UI_BOX_NAME && !s->flat)
		ui_tree_decorate(&s->tree, (uint32_t)row, ret);
}

static size_t step(const void *ctx, size_t row, bool down)
{
	return ui_tree_step(&((const struct state *)ctx)->tree, row, down);
}

/** The mailbox at a place, which is a row of the list of all. */
static const struct ck_archived_mailbox *mailbox_at(const struct state *s, size_t place)
{
	const struct ui_boxtree *boxes = &s->opened->boxes;
	return &s->opened->mailboxes[boxes->nodes[boxes->node_at[place]].mailbox];
}

static void sort_by(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	const struct ck_archived_mailbox *m = mailbox_at(ctx, row);
	ret->number = column == UI_BOX_NAME   ? row /* they lie by name */
	              : column == UI_BOX_SIZE ? m->bytes
	                                      : m->messages;
}

static const char *text(const void *ctx, size_t row)
{
	return mailbox_at(ctx, row)->name;
}

/* In the tree, rows are its nodes and stand where it says; sorting and finding happen in the list
 * of all, whose rows are the places of the mailboxes. */
static const struct ui_list_ops tree_list = {.value = value, .step = step};
static const struct ui_list_ops flat_list = {.value = value, .sort = sort_by, .text = text};

static void show(struct state *s, bool flat)
{
	size_t row = ui_list_row(&s->list);
	uint32_t node = row == UI_LIST_NONE ? s->node : row_at(s, row).node;
	struct ui_rect at = s->list.at;
	const struct ui_boxtree *boxes = &s->opened->boxes;
	ui_list_fini(&s->list);
	s->flat = flat;
	s->node = node;
	ui_list_init(&s->list, flat ? &flat_list : &tree_list, s, ui_boxcolumns);
	if (!flat)
		(void)ui_tree_reveal(&s->tree, node);
	ui_list_layout(&s->list, at);
	ui_list_set(&s->list, s, flat ? s->opened->n : boxes->n);
	if (!boxes->n)
		return;
	/* in the list a user stands for the first of his: his INBOX */
	(void)ui_list_go(&s->list, (flat ? boxes->nodes[node].first : node) + (uint64_t)1);
}

/* --- explaining the row under the bar -------------------------------------------------- */

static int list_width(const struct ui_view *v)
{
	return v->cols >= WIDE ? v->cols * PANE_PART / 100 : v->cols;
}

static void explain(struct ui_view *v)
{
	struct state *s = v->state;
	struct ck_buf out = CK_BUF_INIT;
	s->explained.n = 0;
	if (v->cols < WIDE || !s->opened)
		return;
	size_t row = ui_list_row(&s->list);
	if (row != UI_LIST_NONE) {
		struct ui_boxrow r = row_at(s, row);
		ui_boxrow_explain(&r, &out);
	}
	ui_boxrow_explain_rules(s->opened, &out);
	free(s->explanation);
	s->explanation = ck_buf_take(&out);
	if (s->explanation)
		(void)ui_wrap(&s->explained, s->explanation, strlen(s->explanation),
		              v->cols - list_width(v) - 3, UI_NAME);
}

/* --- drawing --------------------------------------------------------------------------- */

static void draw_pane(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	struct ui_canvas pane = ui_pane_beside(c, list_width(v));
	ui_title(&pane, 0, "Item under the bar", false);
	ui_put_lines(&pane, (struct ui_rect){1, 1, pane.at.h - 1, pane.at.w - 1}, UI_ROLE_NORMAL,
	             UI_NAME, &s->explained, s->explanation);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	if (s->loading) {
		ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "Opening the archive ...");
	} else if (!s->opened) {
		ui_put_failure(c, 1, "The archive cannot be opened:", &s->failed,
		               "r tries it again");
	} else if (s->opened->n == 0) {
		ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_NORMAL, UI_TEXT,
		       "There is no mailbox in this archive.");
	} else {
		ui_list_draw(&s->list, c);
		if (v->cols >= WIDE)
			draw_pane(v, c);
	}
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	const struct ui_opened *o = s->opened;
	if (!o) {
		(void)ck_buf_adds(left, "Archive ");
		(void)ck_buf_adds(left, s->which ? s->which : "latest");
		return;
	}
	(void)ck_buf_addf(left, "%u, %s%s", o->info->number,
	                  ui_fmt_date(o->info->started, ui_app_now(v->app)).s,
	                  ui_house_damage(ui_app_house(v->app), o->info) ? ", DAMAGED" : "");
	if (ui_filter_on(&s->list.filter)) {
		(void)ck_buf_adds(left, " > ");
		ui_list_position(&s->list, left);
	} else {
		(void)ck_buf_addf(left, " > %s", ui_fmt_things(o->n - o->nleft_out, "mailbox").s);
		if (o->nleft_out)
			(void)ck_buf_addf(left, ", %s left out", ui_fmt_count(o->nleft_out).s);
	}
	ui_basket_words(o, right);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	size_t row = s->opened ? ui_list_row(&s->list) : UI_LIST_NONE;
	if (row != UI_LIST_NONE && !ui_basket_is_empty(s->opened)) {
		(void)ck_buf_adds(ret, "F6 restores the basket; F8 empties it.");
	} else if (row != UI_LIST_NONE) {
		struct ui_boxrow r = row_at(s, row);
		ui_boxrow_hint(&r, ret);
	} else if (s->opened && s->opened->n) {
		(void)ck_buf_adds(ret, "Nothing matches; Esc shows all again.");
	}
}

/* --- opening --------------------------------------------------------------------------- */

struct load {
	struct ui_app *app;
	const struct ck_settings *settings;
	char *which;
	struct ui_opened *opened;
};

static int load(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct load *t = data;
	(void)watch;
	return ui_opened_open(t->app, t->settings, t->which ? t->which : "latest", &t->opened, err);
}

static void load_free(void *data)
{
	struct load *t = data;
	ui_opened_unref(t->opened);
	free(t->which);
	free(t);
}

/** Of the mailboxes that match the words to go to, the shortest name is meant. */
static void go_on(struct state *s)
{
	for (; s->seen < s->list.nshown; s->seen++) {
		size_t row = ui_list_shown(&s->list, s->seen);
		if (s->best == UI_LIST_NONE ||
		    strlen(mailbox_at(s, row)->name) < strlen(mailbox_at(s, s->best)->name))
			s->best = row;
	}
	if (ui_order_is_searching(&s->list.order))
		return;
	s->going = false;
	if (s->best != UI_LIST_NONE) {
		(void)ui_list_go(&s->list, (uint64_t)s->best + 1);
		return;
	}
	ui_app_say(s->app, UI_SAY_WARN, "Archive %u has no mailbox that matches '%s'",
	           s->opened->info->number, s->find);
	show(s, false);
}

static void go_to(struct state *s, const char *words)
{
	s->going = true;
	s->seen = 0;
	s->best = UI_LIST_NONE;
	show(s, true);
	(void)ui_list_filter(&s->list, words);
	go_on(s);
}

static enum ui_reply work(struct ui_view *v)
{
	struct state *s = v->state;
	enum ui_reply r = s->opened ? ui_list_work(&s->list) : UI_IGNORED;
	if (r == UI_REPAINT && s->going)
		go_on(s);
	if (r == UI_REPAINT)
		explain(v);
	return r;
}

static void loaded(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct load *t = data;
	s->loading = false;
	if (r < 0) {
		s->failed = *err;
		return;
	}
	s->opened = CK_STEAL(t->opened);
	ui_tree_init(&s->tree, &ui_boxtree_ops, &s->opened->boxes, (uint32_t)s->opened->boxes.n);
	ui_list_set(&s->list, s, s->opened->boxes.n);
	if (s->find)
		go_to(s, s->find);
	explain(v);
}

static const struct ui_task_kind load_kind = {load, loaded, load_free};

static void start_loading(struct ui_view *v)
{
	struct state *s = v->state;
	struct load *t = ck_alloc(1, sizeof *t);
	s->failed = (struct ck_err)CK_ERR_INIT;
	if (!t || (s->which && !(t->which = strdup(s->which)))) {
		free(t);
		(void)ck_err_nomem(&s->failed);
		return;
	}
	t->app = v->app;
	t->settings = ui_app_settings(v->app);
	s->loading = ui_task_start(v->app, &load_kind, v, t, NULL, &s->failed) == 0;
}

/* --- acting ---------------------------------------------------------------------------- */

static enum ui_reply tick(struct ui_view *v, size_t row)
{
	struct state *s = v->state;
	struct ui_boxrow r = row_at(s, row);
	uint64_t on, all;
	ui_boxrow_ticks(&r, &on, &all);
	ui_basket_remember(s->opened);
	if (all == 0)
		ui_app_say(v->app, UI_SAY_INFO, "It is not in this archive");
	else if (!ui_boxrow_tick(s->opened, &r, on < all))
		ui_app_say(v->app, UI_SAY_WARN,
		           "The basket holds messages; restore them first (F6), or F8 empties it");
	return UI_REPAINT;
}

static enum ui_reply open_row(struct ui_view *v, size_t row)
{
	struct state *s = v->state;
	struct ui_boxrow r = row_at(s, row);
	const struct ck_archived_mailbox *m = ui_boxrow_mailbox(&r);
	if (m && m->left_out_by)
		ui_app_say(v->app, UI_SAY_INFO, "Not in archive %u: left out by the rule %s",
		           s->opened->info->number, m->left_out_by);
	else if (m)
		(void)ui_app_push(
			v->app, &ui_view_messages,
			&(struct ui_messages_arg){s->opened, (size_t)(m - s->opened->mailboxes)});
	return UI_DONE;
}

/** What is in the basket, else what is under the bar. */
static enum ui_reply restore(struct ui_view *v)
{
	struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	bool mine = ui_basket_is_empty(s->opened) && row != UI_LIST_NONE;
	if (mine) {
		struct ui_boxrow r = row_at(s, row);
		(void)ui_boxrow_tick(s->opened, &r, true);
	}
	if (ui_basket_is_empty(s->opened))
		ui_app_say(v->app, UI_SAY_INFO, "It is not in this archive");
	else
		ui_restore_basket(v, s->opened);
	if (mine)
		ui_basket_clear(s->opened);
	return UI_REPAINT;
}

static void finding(struct ui_view *v, const char *words)
{
	struct state *s = v->state;
	s->going = false;
	if (!s->flat)
		show(s, true);
	(void)ui_list_filter(&s->list, words);
	explain(v);
}

static void found(struct ui_view *v, const char *words)
{
	if (words && *words)
		finding(v, words);
	else
		show(v->state, false);
	explain(v);
}

static enum ui_reply show_command(struct ui_view *v, size_t row)
{
	struct state *s = v->state;
	struct ck_buf out = CK_BUF_INIT;
	struct ui_boxrow r = {0};
	if (row != UI_LIST_NONE)
		r = row_at(s, row);
	const struct ck_archived_mailbox *m = row == UI_LIST_NONE ? NULL : ui_boxrow_mailbox(&r);
	ck_settings_command(ui_app_settings(v->app), &out);
	(void)ck_buf_adds(&out, " list ");
	(void)ck_buf_add_word(&out, s->opened->name);
	if (m && !m->left_out_by) {
		(void)ck_buf_addc(&out, ' ');
		(void)ck_buf_add_word(&out, m->name);
	} else {
		(void)ck_buf_adds(&out, " --all");
	}
	(void)ui_app_push(v->app, &ui_view_command, out.data);
	ck_buf_fini(&out);
	return UI_DONE;
}

static enum ui_reply act_row(struct ui_view *v, enum ui_action a, size_t row)
{
	struct state *s = v->state;
	switch (a) {
	case UI_ACT_OPEN:
	case UI_ACT_RIGHT:
		return open_row(v, row);
	case UI_ACT_TICK:
		return tick(v, row);
	case UI_ACT_TICK_DOWN:
		(void)tick(v, row);
		(void)ui_list_act(&s->list, UI_ACT_DOWN);
		return UI_REPAINT;
	default:
		return UI_IGNORED;
	}
}

static enum ui_reply act_here(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	switch (a) {
	case UI_ACT_PUT_BACK:
		return restore(v);
	case UI_ACT_UNDO:
	case UI_ACT_REMOVE:
		ui_basket_act(v, s->opened, a);
		return UI_REPAINT;
	case UI_ACT_COMPARE:
		(void)ui_app_push(v->app, &ui_view_settings,
		                  &(struct ui_browse_arg){.which = s->opened->info->path});
		return UI_DONE;
	case UI_ACT_COLUMNS:
		show(s, !s->flat);
		return UI_REPAINT;
	case UI_ACT_FIND:
		ui_app_prompt(v, "/", "", finding, found);
		return UI_REPAINT;
	case UI_ACT_COMMAND:
		return show_command(v, ui_list_row(&s->list));
	case UI_ACT_ESCAPE:
		if (!s->flat)
			return UI_IGNORED;
		show(s, false); /* first the filter goes, then the screen */
		return UI_REPAINT;
	default:
		return UI_IGNORED;
	}
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	if (!s->opened && !s->loading && a == UI_ACT_REREAD) {
		start_loading(v);
		return UI_REPAINT;
	}
	if (!s->opened)
		return UI_IGNORED;
	size_t row = ui_list_row(&s->list);
	enum ui_reply r = ui_list_act(&s->list, a);
	if (a == UI_ACT_OPEN && row != UI_LIST_NONE) {
		struct ui_boxrow here = row_at(s, row);
		if (ui_boxrow_mailbox(&here)) /* what it holds; Right shows what is below */
			return open_row(v, row);
	}
	if (r == UI_IGNORED && !s->flat)
		r = ui_tree_act(&s->tree, &s->list, a);
	if (r == UI_IGNORED && row != UI_LIST_NONE)
		r = act_row(v, a, row);
	if (r == UI_IGNORED)
		r = act_here(v, a);
	if (r == UI_REPAINT)
		explain(v);
	return r;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	bool empty = !s->opened || s->opened->n == 0;
	if (a == UI_ACT_REREAD)
		return !s->opened && !s->loading;
	if (a == UI_ACT_SORT) {
		*ret_reason = empty ? NULL : "A tree has its own order; C makes it a list";
		return !empty && s->flat;
	}
	if (a == UI_ACT_UNDO)
		return !empty && s->opened->remembered;
	if (a == UI_ACT_REMOVE)
		return !empty && !ui_basket_is_empty(s->opened);
	if (empty)
		*ret_reason = s->loading ? "The archive is being opened" : "Nothing is here";
	return !empty;
}

static const char *word(const struct ui_view *v, enum ui_action a)
{
	return ui_basket_word(((const struct state *)v->state)->opened, a);
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	if (!s->opened)
		return UI_IGNORED;
	enum ui_reply r = ui_list_key(&s->list, k);
	size_t row = ui_list_row(&s->list);
	if (k->code == UI_KEY_CLICK && r == UI_REPAINT && k->x >= 1 && k->x <= 3 && k->y > 0 &&
	    row != UI_LIST_NONE)
		(void)tick(v, row);
	if (r == UI_REPAINT)
		explain(v);
	return r;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	(void)cols;
	ui_list_layout(&s->list, (struct ui_rect){0, 0, rows, list_width(v)});
	explain(v);
}

static int open_browse(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct ui_browse_arg *b = arg;
	struct state *s = v->state;
	s->app = v->app;
	s->which = b && b->which ? strdup(b->which) : NULL;
	s->find = b && b->find ? strdup(b->find) : NULL;
	ui_list_init(&s->list, &tree_list, s, ui_boxcolumns);
	if (b && ((b->which && !s->which) || (b->find && !s->find)))
		return ck_err_nomem(err);
	start_loading(v);
	return CK_OK;
}

static void close_browse(struct ui_view *v)
{
	struct state *s = v->state;
	ui_list_fini(&s->list);
	ui_tree_fini(&s->tree);
	ui_opened_unref(s->opened);
	ui_lines_fini(&s->explained);
	free(s->explanation);
	free(s->which);
	free(s->find);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_OPEN, "Open", "List the messages of the mailbox; open or close a branch"},
	{UI_ACT_TICK, "Basket", "Put into the basket, or take out, with all below"},
	{UI_ACT_PUT_BACK, "Restore", "Restore the basket; without one, the row under the bar"},
	{UI_ACT_FIND, "Find", "Find mailboxes by words of their names"},
	{UI_ACT_COLUMNS, "Tree/list", "As a tree, or as a list that can be sorted"},
	{UI_ACT_COMPARE, "Settings", "Compare its imapd.conf and cyrus.conf with this server's"},
	{UI_ACT_SORT, "Sort", NULL},
	{UI_ACT_REMOVE, "Empty", "Empty the basket; u brings it back"},
	{UI_ACT_UNDO, "Undo", "The basket as it was before the last change"},
	{UI_ACT_COMMAND, "Command", NULL},
	{UI_ACT_OPEN_ALL, "Open all", NULL},
	{UI_ACT_REREAD, "Try again", "Open the archive again"},
	{0},
};

const struct ui_view_ops ui_view_browse = {
	.name = "browse",
	.title = "Mailboxes of an archive",
	.place = 4,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "The mailboxes as they were named then. What was left out is listed too, with "
		"the rule, so that nobody searches for it. Right opens a branch, Enter the "
		"mailbox.\n\n"
		"[x] in the basket, [~] a part of it, [-] not in the archive. A basket holds "
		"mailboxes, or messages of one mailbox.\n\n" UI_GRADES_HELP,
	.open = open_browse,
	.close = close_browse,
	.act = act,
	.key = key,
	.can = can,
	.word = word,
	.work = work,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
