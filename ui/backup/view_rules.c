/* SPDX-License-Identifier: BSD-2-Clause */
/** The exclusion rules of the draft, behind them what is left out by default; what each catches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/trial.h"
#include "backup/wizard.h"
#include "loop/app.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/list.h"
#include "words/fmt.h"
#include "words/rules.h"

/** Rows of the block below the list, by those of the screen. */
static int block_of(int rows)
{
	return rows >= 34 ? 18 : rows >= 20 ? 10 : 6;
}

struct state {
	struct ui_wizard *w; /* first: ui_wizard_of() */
	struct ui_rule_words
		*rows; /**< Of the plan's rules, once they were looked at: words_of(). */
	size_t n;
	int64_t now; /**< Ages are counted from here. */
	int block;   /**< Rows below the list. */
	struct ui_list list;
	struct ck_buf text; /**< About the rule under the cursor. */
	struct ui_lines lines;
	struct ui_trial trial; /**< Of that rule. */
	char *tried;           /**< Its text. */
	struct ui_server *tried_on;
};

enum column {
	COL_NUMBER,
	COL_ON,
	COL_WHAT,
	COL_WHERE,
	COL_CATCHES,
	COL_SAVES,
};

static const struct ui_column columns[] = {
	[COL_NUMBER] = {.title = "#", .width = 3, .right = true},
	[COL_ON] = {.title = "on", .width = 3},
	[COL_WHAT] = {.title = "What", .min = 20},
	[COL_WHERE] = {.title = "Where", .width = 20, .drop = 1},
	[COL_CATCHES] = {.title = "Catches", .width = 13, .right = true},
	[COL_SAVES] = {.title = "Saves", .width = 9, .right = true, .drop = 2},
	{0},
};

static const struct ck_rule_effect *effect_of(const struct state *s, size_t row)
{
	return s->w->est_known && row < s->w->est.nrules ? &s->w->est.rules[row] : NULL;
}

/** What row @row is of those built in, or NULL: a rule of the plan. */
static const struct ck_default_exclusion *default_of(const struct state *s, size_t row)
{
	return row < s->n ? NULL : &ck_default_exclusions()[row - s->n];
}

static bool is_on(const struct state *s, size_t row)
{
	const struct ck_default_exclusion *e = default_of(s, row);
	return e ? !ck_strv_has(&s->w->plan.keep, e->name)
	         : !ck_rule_off(s->w->plan.exclude.items[row]);
}

/** What a row catches. */
struct caught {
	bool known, failed, any;
	uint64_t bytes;
	char text[48];
};

static void catches(const struct state *s, size_t row, struct caught *ret)
{
	const struct ui_wizard *w = s->w;
	const struct ck_rule_effect *e = effect_of(s, row);
	*ret = (struct caught){0};
	if (row >= s->n) {
		const struct ck_default_effect *d = &w->defaults[row - s->n];
		ret->known = w->defaults_known;
		ret->failed = w->defaults_err.code || w->est_err.code;
		ret->any = d->files > 0;
		ret->bytes = d->bytes;
		snprintf(ret->text, sizeof ret->text, "%s", ui_fmt_things(d->files, "file").s);
		return;
	}
	ret->known = e != NULL;
	ret->failed = w->est_err.code != 0;
	if (!e)
		return;
	bool whole = w->rules[row].whole;
	ret->any = e->mailboxes > 0;
	ret->bytes = e->bytes;
	snprintf(ret->text, sizeof ret->text, "%s %s",
	         ui_fmt_count(whole ? e->mailboxes : e->messages).s, whole ? "mbx" : "msg");
}

/** An earlier rule leaves nothing for it; of one that is off it does not matter. */
static bool by_others(const struct state *s, size_t row)
{
	const struct ck_rule_effect *e = effect_of(s, row);
	return e && e->by && !e->off;
}

static void put_catches(const struct state *s, size_t row, char *buf, size_t size,
                        struct ui_value *ret)
{
	struct caught c;
	catches(s, row, &c);
	if (!c.known) {
		ret->role = UI_ROLE_DIM;
		ret->text = c.failed ? "?" : "computing";
	} else if (!c.any) {
		/* of those built in most are not there on most servers */
		ret->role = row < s->n ? UI_ROLE_WARN : UI_ROLE_DIM;
		ret->text = "NOTHING";
	} else if (row < s->n && by_others(s, row)) {
		uint32_t by = s->w->est.rules[row].by;
		ret->role = UI_ROLE_WARN;
		snprintf(buf, size, by == CK_RULES_SEVERAL ? "all by others" : "all by rule %u",
		         by);
	} else {
		snprintf(buf, size, "%s", c.text);
	}
}

static void put_saves(const struct state *s, size_t row, char *buf, size_t size)
{
	struct caught c;
	catches(s, row, &c);
	bool on = is_on(s, row);
	if (!c.known)
		*buf = '\0';
	else if (!c.any || by_others(s, row))
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, on ? "%s" : "(%s)", ui_fmt_size(c.bytes).s);
}

/** A rule in words. There may be tens of thousands, of which few are looked at. */
static const struct ui_rule_words *words_of(const struct state *s, size_t row)
{
	static char empty[] = "";
	static const struct ui_rule_words none = {empty, empty, empty};
	struct ui_rule_words *r = &s->rows[row];
	if (!r->what && row < s->w->plan.exclude.n)
		ui_rule_words(s->w->plan.exclude.items[row], s->now, r);
	return r->what && r->where && r->sentence ? r : &none;
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	const struct ck_default_exclusion *built_in = default_of(s, row);
	ret->text = buf;
	switch (column) {
	case COL_NUMBER:
		snprintf(buf, size, "%zu", row + 1);
		break;
	case COL_ON:
		ret->text = is_on(s, row) ? "[x]" : "[ ]";
		break;
	case COL_WHAT:
		if (built_in)
			snprintf(buf, size, "default: %s", built_in->name);
		else
			ret->text = words_of(s, row)->what;
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
		break;
	case COL_WHERE:
		ret->text = built_in ? built_in->where : words_of(s, row)->where;
		ret->flags = UI_NAME;
		break;
	case COL_CATCHES:
		put_catches(s, row, buf, size, ret);
		break;
	default:
		put_saves(s, row, buf, size);
		break;
	}
}

static const struct ui_list_ops list_ops = {.value = value};

/* --- rows ----------------------------------------------------------------------------- */

static void free_rows(struct state *s)
{
	for (size_t i = 0; i < s->n; i++)
		ui_rule_words_fini(&s->rows[i]);
	free(CK_STEAL(s->rows));
	s->n = 0;
}

static void explain_default(struct state *s, size_t row)
{
	const struct ck_default_exclusion *e = default_of(s, row);
	struct caught c;
	catches(s, row, &c);
	(void)ck_buf_addf(&s->text, "%s in the %s: %s. ", e->name, e->where, e->why);
	(void)ck_buf_adds(&s->text, is_on(s, row) ? "Left out; Space switches that off, then it is "
	                                            "archived.\n"
	                                          : "Switched off: it is archived. Space leaves it "
	                                            "out again.\n");
	if (c.known && c.any)
		(void)ck_buf_addf(&s->text, "At present %s, %s. ", c.text, ui_fmt_size(c.bytes).s);
	else if (c.known)
		(void)ck_buf_adds(&s->text, "It catches NOTHING at present. ");
	else if (s->w->defaults_err.code)
		(void)ck_buf_addf(&s->text, "%s. ", s->w->defaults_err.msg);
	(void)ck_buf_adds(&s->text, "No mail is among it. Sockets, pipes and devices are never "
	                            "archived.");
	if (s->n == 0)
		(void)ck_buf_adds(&s->text,
		                  "\nThere are no rules: no mail is left out. F7 makes one.");
}

/** Once for each rule that the cursor comes to. */
static void try_rule(struct ui_view *v, const char *rule)
{
	struct state *s = v->state;
	bool same = rule && s->tried ? strcmp(rule, s->tried) == 0 : !rule && !s->tried;
	if (same && s->tried_on == s->w->server)
		return;
	free(s->tried);
	s->tried = rule ? strdup(rule) : NULL;
	s->tried_on = s->w->server;
	ui_trial_start(&s->trial, v, s->w->server, &s->w->plan.select, s->tried);
}

static void explain(struct ui_view *v)
{
	struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	bool own = row != UI_LIST_NONE && row < s->n;
	ck_buf_reset(&s->text);
	s->lines.n = 0;
	try_rule(v, own ? s->w->plan.exclude.items[row] : NULL);
	if (own)
		ui_trial_explain(&s->trial, s->w, row, words_of(s, row)->sentence, s->now,
		                 &s->text);
	else if (row != UI_LIST_NONE)
		explain_default(s, row);
	(void)ui_wrap(&s->lines, s->text.data, s->text.len, v->cols - 2, UI_NAME);
}

/** The wizard has other rules or figures. */
static void sync(struct ui_view *v)
{
	struct state *s = v->state;
	const struct ck_strv *texts = &s->w->plan.exclude;
	free_rows(s);
	s->rows = s->w->begun ? ck_alloc(texts->n + 1, sizeof *s->rows) : NULL;
	s->n = s->rows ? texts->n : 0;
	s->now = ui_app_now(v->app);
	ui_list_set(&s->list, s, s->w->begun ? s->n + CK_DEFAULT_EXCLUSIONS : 0);
	explain(v);
}

/* --- changing ------------------------------------------------------------------------- */

static bool may_change(struct ui_view *v)
{
	struct state *s = v->state;
	if (ui_wizard_may_rule(s->w))
		return true;
	ui_app_say(v->app, UI_SAY_INFO, "One moment: the boxes are being put into words");
	return false;
}

static enum ui_reply changed(struct ui_view *v)
{
	struct state *s = v->state;
	ui_wizard_rules_changed(s->w);
	sync(v);
	return UI_REPAINT;
}

static enum ui_reply edit(struct ui_view *v, size_t row)
{
	struct state *s = v->state;
	if (may_change(v))
		(void)ui_app_push(v->app, &ui_view_rule,
		                  &(struct ui_rule_edit){.w = s->w, .row = row});
	return UI_DONE;
}

static enum ui_reply remove_rule(struct ui_view *v, size_t row)
{
	struct state *s = v->state;
	struct ck_strv *rules = &s->w->plan.exclude;
	if (!may_change(v) || ui_rules_remember(&s->w->rules_history, &s->w->plan) < 0)
		return UI_DONE;
	free(rules->items[row]);
	memmove(rules->items + row, rules->items + row + 1,
	        (rules->n - row) * sizeof *rules->items); /* with the NULL at the end */
	rules->n--;
	ui_app_say(v->app, UI_SAY_INFO, "Rule %zu is removed; u brings it back", row + 1);
	return changed(v);
}

static enum ui_reply move(struct ui_view *v, size_t row, int step)
{
	struct state *s = v->state;
	struct ck_strv *rules = &s->w->plan.exclude;
	size_t to = row + (size_t)step;
	if (to >= rules->n || !may_change(v) ||
	    ui_rules_remember(&s->w->rules_history, &s->w->plan) < 0)
		return UI_DONE;
	char *moved = rules->items[row];
	rules->items[row] = rules->items[to];
	rules->items[to] = moved;
	(void)ui_list_go(&s->list, to + 1);
	return changed(v);
}

static enum ui_reply undo(struct ui_view *v, bool back)
{
	struct state *s = v->state;
	if (!may_change(v))
		return UI_DONE;
	if (!(back ? ui_rules_undo : ui_rules_redo)(&s->w->rules_history, &s->w->plan)) {
		ui_app_say(v->app, UI_SAY_INFO, "There is nothing to %s",
		           back ? "undo" : "do again");
		return UI_DONE;
	}
	return changed(v);
}

static enum ui_reply toggle_rule(struct ui_view *v, size_t row)
{
	struct state *s = v->state;
	char **rule = &s->w->plan.exclude.items[row];
	char *text = may_change(v) ? ui_rule_switched(*rule) : NULL;
	if (!text || ui_rules_remember(&s->w->rules_history, &s->w->plan) < 0) {
		free(text);
		return UI_DONE;
	}
	free(*rule);
	*rule = text;
	ui_app_say(v->app, UI_SAY_INFO,
	           is_on(s, row) ? "Rule %zu is on" : "Rule %zu is off: it leaves out nothing",
	           row + 1);
	return changed(v);
}

static enum ui_reply toggle(struct ui_view *v, size_t row)
{
	struct state *s = v->state;
	const struct ck_default_exclusion *e = default_of(s, row);
	if (!e)
		return toggle_rule(v, row);
	if (!may_change(v) || ui_rules_remember(&s->w->rules_history, &s->w->plan) < 0 ||
	    ui_default_toggle(&s->w->plan, e->name) < 0)
		return UI_DONE;
	ui_app_say(v->app, UI_SAY_INFO, is_on(s, row) ? "%s is left out" : "%s is archived",
	           e->name);
	ui_wizard_defaults_changed(s->w);
	sync(v);
	return UI_REPAINT;
}

static enum ui_reply act_on_row(struct ui_view *v, enum ui_action a, size_t row)
{
	const struct state *s = v->state;
	if (a == UI_ACT_TICK)
		return toggle(v, row);
	if (row >= s->n)
		return UI_IGNORED;
	switch (a) {
	case UI_ACT_OPEN:
	case UI_ACT_EDIT:
		return edit(v, row);
	case UI_ACT_REMOVE:
		return remove_rule(v, row);
	case UI_ACT_MOVE_UP:
		return move(v, row, -1);
	case UI_ACT_MOVE_DOWN:
		return move(v, row, 1);
	default:
		return UI_IGNORED;
	}
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
	if (a == UI_ACT_NEW)
		return edit(v, UI_LIST_NONE);
	if (a == UI_ACT_UNDO || a == UI_ACT_REDO)
		return undo(v, a == UI_ACT_UNDO);
	size_t row = ui_list_row(&s->list);
	return row == UI_LIST_NONE ? UI_IGNORED : act_on_row(v, a, row);
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	enum ui_reply r = ui_list_key(&s->list, k);
	explain(v);
	return r;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	if (a == UI_ACT_TICK || a == UI_ACT_NEW || a == UI_ACT_COMMAND || a == UI_ACT_WRITE ||
	    a == UI_ACT_STEP_BACK)
		return s->w->begun;
	if (a == UI_ACT_UNDO)
		return s->w->rules_history.nundo > 0;
	if (a == UI_ACT_REDO)
		return s->w->rules_history.nredo > 0;
	if (row != UI_LIST_NONE && row >= s->n)
		*ret_reason = "It is built in: Space switches it on and off";
	return row < s->n;
}

/* --- the screen ----------------------------------------------------------------------- */

static enum ui_reply news(struct ui_view *v)
{
	sync(v);
	return UI_REPAINT;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	s->block = block_of(rows);
	ui_list_layout(&s->list, (struct ui_rect){0, 0, rows - s->block, cols});
	explain(v);
}

static int open_rules(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	(void)err;
	s->w = *(struct ui_wizard *const *)arg;
	s->text = (struct ck_buf)CK_BUF_INIT;
	ui_list_init(&s->list, &list_ops, s, columns);
	ui_wizard_want_defaults(s->w);
	sync(v);
	return CK_OK;
}

static void close_rules(struct ui_view *v)
{
	struct state *s = v->state;
	free_rows(s);
	ui_list_fini(&s->list);
	ck_buf_fini(&s->text);
	free(s->tried);
	ui_trial_fini(&s->trial);
	ui_lines_fini(&s->lines);
}

static void draw_sum(const struct ui_wizard *w, struct ui_canvas *c, int y)
{
	if (!w->est_known || !ui_rules_on(&w->plan.exclude))
		return;
	uint64_t all = ck_tree_sum(w->tree, 0).bytes, in = w->est.taken_bytes;
	ui_putf(c, y, 1, c->at.w - 1, UI_ROLE_NORMAL, "All rules together save %s of %s.",
	        ui_fmt_size(all > in ? all - in : 0).s, ui_fmt_size(all).s);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	int y = c->at.h - s->block, last = c->at.h - 1;
	ui_list_draw(&s->list, c);
	if (row == UI_LIST_NONE) {
		ui_put(c, 1, 1, c->at.w - 2, UI_ROLE_DIM, UI_TEXT, "...");
		return;
	}
	const struct ck_default_exclusion *built_in = default_of(s, row);
	char title[64];
	if (built_in)
		snprintf(title, sizeof title, "Effect of rule %zu, built in", row + 1);
	else
		snprintf(title, sizeof title, "Effect of rule %zu", row + 1);
	ui_title(c, y++, title, false);
	y += ui_put_lines(c, (struct ui_rect){y, 1, last - y, c->at.w - 1}, UI_ROLE_NORMAL, UI_NAME,
	                  &s->lines, s->text.data);
	ui_trial_draw(&s->trial, c, y, last - 1);
	draw_sum(s->w, c, last);
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	(void)ck_buf_adds(left, "Back up > Sources > Exclusion rules, the first that fits counts");
	ui_wizard_plan(v, right);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct ui_wizard *w = ui_wizard_of(v);
	const struct ui_wizard_nothing *n = &w->nothing;
	if (!w->est_known || !n->rule) {
		ui_wizard_totals(w, ret);
		return;
	}
	(void)ck_buf_addf(ret, "Rule %zu catches nothing: ", n->rule);
	ui_rule_nothing(w->plan.exclude.items[n->rule - 1], n->fits, n->guess, ret);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_TICK, "On/off", "Switch the rule off and on; it stays in the list"},
	{UI_ACT_OPEN, "Edit", "Change the rule"},
	{UI_ACT_NEW, "New", "A new rule"},
	{UI_ACT_REMOVE, "Remove", "Remove the rule; u brings it back"},
	{UI_ACT_MOVE_UP, "Up", "Earlier: the first rule that fits is named in the archive"},
	{UI_ACT_MOVE_DOWN, "Down", "Later"},
	{UI_ACT_UNDO, "Undo", "Undo the last change"},
	{UI_ACT_REDO, "Redo", "Do it again"},
	{UI_ACT_COMMAND, NULL, NULL},
	{UI_ACT_WRITE, "Save plan", "Save as a plan"},
	{UI_ACT_STEP_BACK, "Sources", "Back to the sources"},
	{0},
};

const struct ui_view_ops ui_view_rules = {
	.name = "rules",
	.title = "Exclusion rules",
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "What the backup leaves out. All terms of a rule must fit. A rule without size and "
		"age leaves out whole mailboxes; what you untick in Sources becomes such a rule. "
		"Catches and Saves say what each rule would leave out by itself, also while it is "
		"switched off; they are worked out from the indexes, no message is opened. Behind "
		"the rules stands what is left "
		"out by default because Cyrus makes it again: Space switches each off, then it is "
		"archived. Sockets, pipes and devices never are.",
	.open = open_rules,
	.close = close_rules,
	.act = act,
	.key = key,
	.can = can,
	.news = news,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
