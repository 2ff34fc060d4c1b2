/* SPDX-License-Identifier: BSD-2-Clause */
/** The largest messages of a row of Sources, and what leaves them out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/largest.h"
#include "backup/source.h"
#include "loop/app.h"
#include "loop/dialog.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/list.h"
#include "words/fmt.h"

#define MOST 300

enum column {
	COL_SIZE,
	COL_DATE,
	COL_MAILBOX,
	COL_FROM,
	COL_SUBJECT,
	COL_UID,
	COL_OUT,
};

static const struct ui_column columns[] = {
	[COL_SIZE] = {.title = "Size", .width = 6, .right = true, .sorts = true},
	[COL_DATE] = {.title = "Arrived", .width = 12, .drop = 3, .sorts = true},
	[COL_MAILBOX] = {.title = "Mailbox", .width = 20, .sorts = true},
	[COL_FROM] = {.title = "From", .width = 22, .drop = 2, .sorts = true},
	[COL_SUBJECT] = {.title = "Subject", .min = 20, .sorts = true},
	[COL_UID] = {.title = "Uid", .width = 7, .right = true, .drop = 1},
	[COL_OUT] = {.title = "Left out", .width = 10, .sorts = true},
	{0},
};

struct state {
	struct ui_wizard *w; /* first: ui_wizard_of() */
	struct ui_server *server;
	const struct ck_tree *tree; /* one of its */
	uint32_t node;
	struct ui_largest largest;
	struct ui_list list;
	char **texts; /**< Per row, what `/` looks into. */
	size_t ntexts;
};

/* --- rows ----------------------------------------------------------------------------- */

static const struct ck_large_message *message_at(const struct state *s, size_t row)
{
	return &s->largest.found.items[row];
}

static const struct ck_mailbox *mailbox_of(const struct state *s, const struct ck_large_message *m)
{
	return &s->server->server->mailboxes[s->tree->nodes[m->node].mailbox];
}

/** Are the rows those of the draft as it is? */
static bool is_current(const struct state *s)
{
	return s->largest.known && s->largest.generation == s->w->generation;
}

static const char *out_of(const struct state *s, const struct ck_large_message *m, char *buf,
                          size_t size)
{
	return is_current(s) ? ui_largest_out(s->w, m, buf, size) : "...";
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	const struct ck_large_message *m = message_at(s, row);
	ret->text = buf;
	switch ((enum column)column) {
	case COL_SIZE:
		snprintf(buf, size, "%s", ui_fmt_size(m->size).s);
		break;
	case COL_DATE:
		snprintf(buf, size, "%s", ui_fmt_date(m->internaldate, ui_app_now(s->w->app)).s);
		break;
	case COL_MAILBOX:
		ret->text = mailbox_of(s, m)->name;
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
		break;
	case COL_FROM:
		ret->text = m->from ? m->from : "";
		break;
	case COL_SUBJECT:
		ret->text = ui_largest_subject(m);
		ret->role = m->subject && *m->subject ? UI_ROLE_NORMAL : UI_ROLE_DIM;
		break;
	case COL_UID:
		snprintf(buf, size, "%" PRIu32, m->uid);
		break;
	case COL_OUT:
		ret->text = out_of(s, m, buf, size);
		break;
	}
}

static uint64_t id(const void *ctx, size_t row)
{
	const struct ck_large_message *m = message_at(ctx, row);
	return (uint64_t)m->node << 32 | m->uid;
}

static void sort_by(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	const struct state *s = ctx;
	const struct ck_large_message *m = message_at(s, row);
	if (column == COL_MAILBOX) {
		ret->text = mailbox_of(s, m)->name;
		ret->natural = true;
	} else if (column == COL_FROM) {
		ret->text = m->from ? m->from : "";
	} else if (column == COL_SUBJECT) {
		ret->text = m->subject ? m->subject : "";
	} else {
		ret->number = column == COL_SIZE  ? m->size
		              : column == COL_OUT ? m->left_out
		                                  : ui_sort_signed(m->internaldate);
	}
}

static const char *text(const void *ctx, size_t row)
{
	const struct state *s = ctx;
	return row < s->ntexts ? s->texts[row] : "";
}

static const struct ui_list_ops list_ops = {
	.value = value, .id = id, .sort = sort_by, .text = text};

static void drop_texts(struct state *s)
{
	for (size_t i = 0; i < s->ntexts; i++)
		free(s->texts[i]);
	free(s->texts);
	s->texts = NULL;
	s->ntexts = 0;
}

/** A row without memory for its text is not found by words. */
static void make_texts(struct state *s)
{
	const struct ck_largest *found = &s->largest.found;
	drop_texts(s);
	s->texts = ck_alloc(found->n + 1, sizeof *s->texts);
	while (s->texts && s->ntexts < found->n) {
		const struct ck_large_message *m = message_at(s, s->ntexts);
		struct ck_buf words = CK_BUF_INIT;
		(void)ck_buf_addf(&words, "%s %s %s", mailbox_of(s, m)->name,
		                  m->from ? m->from : "", m->subject ? m->subject : "");
		char *line = ck_buf_take(&words);
		if (!line)
			break;
		s->texts[s->ntexts++] = line;
	}
}

/* --- what is known -------------------------------------------------------------------- */

/** Ask, once the draft has come to rest, or again. */
static void ask(struct ui_view *v)
{
	struct state *s = v->state;
	if (ui_wizard_is_settled(s->w))
		ui_largest_ask(&s->largest, v, s->server, s->tree, s->node, MOST, false);
}

/** The wizard's, the house's, or that of the task. */
static enum ui_reply news(struct ui_view *v)
{
	struct state *s = v->state;
	make_texts(s);
	ui_list_set(&s->list, s, s->largest.found.n);
	if (!ui_largest_is_of(&s->largest, s->w, s->tree, s->node))
		ask(v);
	return UI_REPAINT;
}

static const struct ck_large_message *under_bar(const struct state *s)
{
	size_t row = ui_list_row(&s->list);
	return row == UI_LIST_NONE ? NULL : message_at(s, row);
}

static void add_name(const struct state *s, struct ck_buf *ret)
{
	const struct ck_tree *t = s->tree;
	char label[160];
	if (t->nodes[s->node].mailbox != CK_NODE_NONE)
		(void)ui_text(t->server->mailboxes[t->nodes[s->node].mailbox].name, SIZE_MAX,
		              UI_NAME, ret);
	else
		(void)ui_text(ui_source_label(t, s->node, label, sizeof label), SIZE_MAX, UI_NAME,
		              ret);
}

/* --- acting --------------------------------------------------------------------------- */

static void say_all(struct ui_view *v, const struct ck_large_message *m)
{
	static const char *const buttons[] = {"Close", NULL};
	const struct state *s = v->state;
	struct ck_buf words = CK_BUF_INIT;
	(void)ck_buf_addf(&words, "%s\nuid %" PRIu32 ", %s bytes, arrived %s\n\n",
	                  mailbox_of(s, m)->name, m->uid, ui_fmt_count(m->size).s,
	                  ui_fmt_date(m->internaldate, ui_app_now(v->app)).s);
	(void)ck_buf_addf(&words, "From: %s\nSubject: %s\n\n", m->from ? m->from : "?",
	                  ui_largest_subject(m));
	if (!is_current(s))
		(void)ck_buf_adds(&words, "The rules are being applied.");
	else if (m->left_out == CK_LARGE_NOT_SELECTED)
		(void)ck_buf_adds(&words, "LEFT OUT: the plan does not select its mailbox.");
	else if (m->left_out)
		ui_source_explain_rule(s->w, m->left_out, &words);
	else
		(void)ck_buf_adds(&words, "Taken.");
	(void)ui_dialog_open(v, &(struct ui_dialog){.title = "A large message",
	                                            .text = words.data,
	                                            .buttons = buttons});
	ck_buf_fini(&words);
}

static void new_rule(struct ui_view *v, const struct ck_large_message *m)
{
	struct state *s = v->state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf rule = CK_BUF_INIT;
	if (!ui_wizard_may_rule(s->w)) {
		ui_app_say(v->app, UI_SAY_INFO, "One moment: the boxes are being put into words");
		return;
	}
	ui_largest_rule(s->tree, m, &rule);
	(void)ui_app_push(
		v->app, &ui_view_rule,
		&(struct ui_rule_edit){.w = s->w, .row = UI_LIST_NONE, .text = rule.data});
}

static void narrowed(struct ui_view *v, const char *words)
{
	struct state *s = v->state;
	(void)ui_list_filter(&s->list, words ? words : "");
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	const struct ck_large_message *m = under_bar(s);
	enum ui_reply r = ui_list_act(&s->list, a);
	if (r != UI_IGNORED)
		return r;
	switch (a) {
	case UI_ACT_OPEN:
	case UI_ACT_WHY:
		if (m)
			say_all(v, m);
		return UI_DONE;
	case UI_ACT_NEW:
		if (m)
			new_rule(v, m);
		return UI_DONE;
	case UI_ACT_RULES:
		(void)ui_app_push(v->app, &ui_view_rules, &s->w);
		return UI_DONE;
	case UI_ACT_FIND:
	case UI_ACT_ESCAPE:
		return ui_app_narrow(v, &s->list, a, narrowed);
	case UI_ACT_REREAD:
		ask(v);
		return UI_REPAINT;
	default:
		return UI_IGNORED;
	}
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	return ui_list_key(&s->list, k);
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	if (a == UI_ACT_RULES)
		return true;
	if (a == UI_ACT_REREAD)
		return !s->largest.watch;
	if (s->largest.found.n == 0)
		*ret_reason =
			s->largest.watch ? "They are being looked for" : "There is no message";
	return s->largest.found.n > 0;
}

static enum ui_reply work(struct ui_view *v)
{
	return ui_list_work(&((struct state *)v->state)->list);
}

/** How far it has come. */
static enum ui_reply second(struct ui_view *v)
{
	return ((const struct state *)v->state)->largest.watch ? UI_REPAINT : UI_DONE;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	ui_list_layout(&s->list, (struct ui_rect){0, 0, rows - 1, cols});
}

static int open_largest(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	const struct ui_largest_arg *a = arg;
	(void)err;
	s->w = a->w;
	s->server = ui_server_ref(a->w->server);
	s->tree = a->w->tree;
	s->node = a->node;
	ui_list_init(&s->list, &list_ops, s, columns);
	ask(v);
	return CK_OK;
}

static void close_largest(struct ui_view *v)
{
	struct state *s = v->state;
	ui_largest_drop(&s->largest);
	ui_list_fini(&s->list);
	drop_texts(s);
	ui_server_unref(s->server);
}

/* --- drawing -------------------------------------------------------------------------- */

/** While nothing was found yet, or nothing is there. */
static void draw_nothing(const struct state *s, struct ui_canvas *c)
{
	const struct ck_watch *watch = s->largest.watch;
	if (s->largest.err.code)
		ui_put_failure(c, 1, "The messages cannot be looked for:", &s->largest.err,
		               "r tries it again");
	else if (watch)
		ui_putf(c, 1, 1, c->at.w - 2, UI_ROLE_DIM,
		        "Looking into the indexes of %s: %s. Esc gives it up.",
		        ui_fmt_things(ck_tree_sum(s->tree, s->node).mailboxes, "mailbox").s,
		        ui_fmt_percent(watch->done, watch->total).s);
	else if (is_current(s))
		ui_put(c, 1, 1, c->at.w - 2, UI_ROLE_NORMAL, UI_TEXT, "There is no message here.");
	else
		ui_put(c, 1, 1, c->at.w - 2, UI_ROLE_DIM, UI_TEXT, "...");
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	const struct ck_largest *found = &s->largest.found;
	if (found->n == 0)
		draw_nothing(s, c);
	else
		ui_list_draw(&s->list, c);
	if (found->unreadable)
		ui_putf(c, c->at.h - 1, 1, c->at.w - 2, UI_ROLE_WARN,
		        "The index of %s cannot be read to its end: not all is known of it.",
		        ui_fmt_things(found->unreadable, "mailbox").s);
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	(void)ck_buf_adds(left, "Back up > Sources > Largest messages of ");
	add_name(s, left);
	if (s->largest.found.n) {
		(void)ck_buf_adds(left, "  ");
		ui_list_position(&s->list, left);
	}
	ui_wizard_plan(v, right);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	const struct ck_large_message *m = under_bar(s);
	if (!m) {
		if (s->largest.found.n)
			(void)ck_buf_adds(ret, "Nothing matches; Esc shows all again.");
		return;
	}
	char buf[32];
	const char *out = out_of(s, m, buf, sizeof buf);
	(void)ck_buf_addf(ret, "uid %" PRIu32 ", %s%s, %s bytes", m->uid, *out ? "left out: " : "",
	                  *out ? out : "taken", ui_fmt_count(m->size).s);
	if (m->from && *m->from) {
		(void)ck_buf_adds(ret, ", from ");
		(void)ui_text(m->from, SIZE_MAX, UI_TEXT, ret);
	}
}

static const struct ui_binding bindings[] = {
	{UI_ACT_OPEN, "Details", "All that is known of the message, and what leaves it out"},
	{UI_ACT_NEW, "New rule", "A rule for what is as large, in its mailbox or its role"},
	{UI_ACT_RULES, "Rules", "Exclusion rules"},
	{UI_ACT_FIND, "Find", "Find by words of mailbox, sender and subject"},
	{UI_ACT_SORT, "Sort", NULL},
	{UI_ACT_WHY, NULL, NULL},
	{UI_ACT_REREAD, "Look again", "Read the indexes again"},
	{0},
};

const struct ui_view_ops ui_view_largest = {
	.name = "largest",
	.title = "Largest messages",
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "The 300 largest messages of a part of the mail store, as the indexes have them; "
		"messages that were expunged do not count.\n\n"
		"The last column says what leaves a message out of the backup; where it is empty "
		"the message is taken. Sender and subject are those of Cyrus's cache: no message "
		"is opened.",
	.open = open_largest,
	.close = close_largest,
	.act = act,
	.key = key,
	.can = can,
	.news = news,
	.tick = second,
	.work = work,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
