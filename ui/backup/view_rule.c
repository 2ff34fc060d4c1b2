/* SPDX-License-Identifier: BSD-2-Clause */
/** One exclusion rule as a form; what it means and catches is said while it is typed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/trial.h"
#include "backup/wizard.h"
#include "loop/app.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/form.h"
#include "words/fmt.h"
#include "words/rules.h"

enum item {
	ITEM_LARGER,
	ITEM_OLDER,
	ITEM_SPECIAL,
	ITEM_LEAF,
	ITEM_BELOW,
	ITEM_NAME,
	ITEM_PARTITION,
	ITEM_MAX_,
};

static const struct ui_form_item items[ITEM_MAX_] = {
	[ITEM_LARGER] = {.label = "Larger than",
                         .width = 10,
                         .hint = "Messages above this size: 500K, 1M, 2G; strictly larger"},
	[ITEM_OLDER] = {.label = "Older than",
                        .width = 10,
                        .hint = "Messages that arrived so long ago: 7d, 4w; whole days"},
	[ITEM_SPECIAL] = {.label = "With role",
                          .width = 20,
                          .hint = "Special use of the mailbox: Sent, Junk, Trash, Drafts"},
	[ITEM_LEAF] = {.label = "Called", .hint = "Last part of the name, exactly, at any depth"},
	[ITEM_BELOW] = {.label = "This and below",
                        .hint = "Full name; * is anything, % anything but the separator"},
	[ITEM_NAME] = {.label = "Full name like",
                       .hint = "Full name; * is anything, % anything but the separator"},
	[ITEM_PARTITION] = {.label = "On partition", .hint = "Name of the partition"},
};

/** Rules that others have, for F2; @ stands for the separator of the server's names. */
static const struct {
	const char *rule, *words;
} examples[] = {
	{"larger:1M,older:7d,special:\\Sent", "Sent above 1M, older than 7 days"},
	{"larger:1M,older:30d,name:user@%", "INBOX only, above 1M, older than 30 days"},
	{"special:\\Trash", "everything in Trash"},
	{"leaf:Junk", "all mailboxes called Junk, at any depth"},
	{"larger:25M,older:365d", "what is large and old, everywhere"},
};

struct state {
	struct ui_wizard *w; /* first: ui_wizard_of() */
	size_t row;          /**< Of the plan's rules, or UI_LIST_NONE for a new one. */
	struct ui_form form;
	size_t example;
	struct ck_buf rule, words; /**< The rule as text, and in words. */
	bool valid;
	struct ui_lines lines;
	struct ui_trial trial;
	struct ck_buf effect; /**< What it catches, in words; "" when not known. */
};

/* --- form to rule and back ------------------------------------------------------------ */

/** Everybody may forget the backslash of \Junk. */
static void add_role(struct ck_buf *ret, const char *role)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf full = CK_BUF_INIT;
	if (*role && *role != '\\')
		(void)ck_buf_addc(&full, '\\');
	(void)ck_buf_adds(&full, role);
	ui_rule_add_text(ret, "special", full.data);
}

static void compose(const struct ui_form *f, struct ck_buf *ret)
{
	ck_buf_reset(ret);
	ui_rule_add_pattern(ret, "larger", ui_form_text(f, ITEM_LARGER));
	ui_rule_add_pattern(ret, "older", ui_form_text(f, ITEM_OLDER));
	add_role(ret, ui_form_text(f, ITEM_SPECIAL));
	ui_rule_add_text(ret, "leaf", ui_form_text(f, ITEM_LEAF));
	ui_rule_add_pattern(ret, "below", ui_form_text(f, ITEM_BELOW));
	ui_rule_add_pattern(ret, "name", ui_form_text(f, ITEM_NAME));
	ui_rule_add_text(ret, "partition", ui_form_text(f, ITEM_PARTITION));
}

static void wrap_words(struct ui_view *v)
{
	struct state *s = v->state;
	s->lines.n = 0;
	(void)ui_wrap(&s->lines, s->words.data, s->words.len, v->cols - 4, UI_NAME);
}

/** After each key: the rule that stands there, or what is wrong with it. */
static void update(struct ui_view *v)
{
	struct state *s = v->state;
	struct ck_buf now = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	struct ck_rule rule;
	compose(&s->form, &now);
	bool same = now.len == s->rule.len && strcmp(now.data, s->rule.data) == 0;
	if (same && s->words.len) {
		ck_buf_fini(&now);
		return;
	}
	ck_buf_fini(&s->rule);
	s->rule = now;
	ck_buf_reset(&s->words);
	s->valid = s->rule.len > 0 && ck_rule_parse(s->rule.data, &rule, &err) == 0;
	if (s->valid) {
		ui_rule_sentence(&rule, ui_app_now(v->app), &s->words);
		ck_rule_fini(&rule);
	} else {
		(void)ck_buf_adds(&s->words, s->rule.len ? err.msg : "Fill in one field or more.");
	}
	wrap_words(v);
	ck_buf_reset(&s->effect);
	ui_trial_start(&s->trial, v, s->w->server, &s->w->plan.select,
	               s->valid ? s->rule.data : NULL);
}

static void set_size(struct ui_form *f, const struct ck_rule *rule)
{
	static const char units[] = "KMG";
	struct ck_buf text = CK_BUF_INIT;
	uint64_t n = rule->larger;
	int unit = -1;
	while (n && n % 1024 == 0 && unit < 2) {
		n /= 1024;
		unit++;
	}
	if (rule->larger != UINT64_MAX)
		(void)ck_buf_addf(&text, "%llu", (unsigned long long)n);
	if (rule->larger != UINT64_MAX && unit >= 0)
		(void)ck_buf_addc(&text, units[unit]);
	ui_form_set_text(f, ITEM_LARGER, text.data);
	ck_buf_fini(&text);
}

static void fill_in(struct ui_form *f, const char *text)
{
	struct ck_buf age = CK_BUF_INIT;
	struct ck_rule rule;
	if (ck_rule_parse(text, &rule, NULL) < 0)
		return; /* cannot be shown in fields: it is written anew */
	set_size(f, &rule);
	if (rule.older_days >= 0)
		(void)ck_buf_addf(&age, "%lldd", (long long)rule.older_days);
	ui_form_set_text(f, ITEM_OLDER, age.data);
	ui_form_set_text(f, ITEM_SPECIAL, rule.special ? rule.special : "");
	ui_form_set_text(f, ITEM_LEAF, rule.leaf ? rule.leaf : "");
	ui_form_set_text(f, ITEM_BELOW, rule.below ? rule.below : "");
	ui_form_set_text(f, ITEM_NAME, rule.name ? rule.name : "");
	ui_form_set_text(f, ITEM_PARTITION, rule.partition ? rule.partition : "");
	ck_rule_fini(&rule);
	ck_buf_fini(&age);
}

/* --- the screen ----------------------------------------------------------------------- */

static enum ui_reply save(struct ui_view *v)
{
	struct state *s = v->state;
	struct ck_strv *rules = &s->w->plan.exclude;
	if (!s->valid) {
		ui_app_say(v->app, UI_SAY_WARN, "%s", s->words.data);
		return UI_REPAINT;
	}
	if (!ui_wizard_may_rule(s->w)) {
		ui_app_say(v->app, UI_SAY_INFO, "One moment: the boxes are being put into words");
		return UI_REPAINT;
	}
	bool off = s->row < rules->n && ck_rule_off(rules->items[s->row]);
	char *text = off ? ui_rule_switched(s->rule.data) : strdup(s->rule.data);
	if (!text || ui_rules_remember(&s->w->rules_history, &s->w->plan) < 0) {
		free(text);
		return UI_DONE;
	}
	if (s->row < rules->n) {
		free(rules->items[s->row]);
		rules->items[s->row] = text;
	} else if (ck_strv_addm(rules, text) < 0) {
		return UI_DONE;
	}
	ui_wizard_rules_changed(s->w);
	ui_app_news(v->app);
	return UI_CLOSE;
}

static enum ui_reply show_example(struct ui_view *v)
{
	struct state *s = v->state;
	size_t i = s->example++ % CK_COUNT(examples);
	char rule[64];
	snprintf(rule, sizeof rule, "%s", examples[i].rule);
	char *separator = strchr(rule, '@');
	if (separator)
		*separator = s->w->server ? s->w->server->server->separator : '/';
	fill_in(&s->form, rule);
	update(v);
	ui_app_say(v->app, UI_SAY_INFO, "Example %zu of %zu: %s; F2 shows the next", i + 1,
	           CK_COUNT(examples), examples[i].words);
	return UI_REPAINT;
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	if (a == UI_ACT_FORWARD)
		return save(v);
	if (a == UI_ACT_ROW_MENU)
		return show_example(v);
	if (a == UI_ACT_OPEN && s->form.focus + 1 == s->form.n)
		s->form.focus = s->form.n; /* round */
	enum ui_reply r = ui_form_act(&s->form, a);
	if (s->form.focus >= s->form.n || (r == UI_IGNORED && a == UI_ACT_NEXT)) {
		s->form.focus = 0;
		r = UI_REPAINT;
	}
	return r;
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	enum ui_reply r = ui_form_key(&s->form, k);
	if (r == UI_REPAINT)
		update(v);
	return r;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	(void)rows;
	ui_form_layout(&s->form, (struct ui_rect){1, 0, ITEM_MAX_, cols});
	wrap_words(v);
}

static int open_rule(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct ui_rule_edit *edit = arg;
	struct state *s = v->state;
	s->rule = s->words = s->effect = (struct ck_buf)CK_BUF_INIT;
	s->w = edit->w;
	s->row = edit->row;
	if (ui_form_init(&s->form, items, CK_COUNT(items)) < 0)
		return ck_err_nomem(err);
	if (s->row < s->w->plan.exclude.n)
		fill_in(&s->form, s->w->plan.exclude.items[s->row]);
	else if (edit->text)
		fill_in(&s->form, edit->text);
	update(v);
	return CK_OK;
}

static void close_rule(struct ui_view *v)
{
	struct state *s = v->state;
	ui_form_fini(&s->form);
	ck_buf_fini(&s->rule);
	ck_buf_fini(&s->words);
	ck_buf_fini(&s->effect);
	ui_trial_fini(&s->trial);
	ui_lines_fini(&s->lines);
}

static void draw_catches(const struct state *s, struct ui_canvas *c, int y)
{
	int w = c->at.w - 4;
	const struct ui_trial *t = &s->trial;
	if (!s->valid || !s->w->server)
		return;
	if (t->err.code)
		ui_putf(c, y, 2, w, UI_ROLE_WARN, "Catches now: not known, %s", t->err.msg);
	else if (!t->known && t->watch && t->watch->total)
		ui_putf(c, y, 2, w, UI_ROLE_DIM, "Catches now: computing %s",
		        ui_fmt_percent(t->watch->done, t->watch->total).s);
	else if (!t->known)
		ui_put(c, y, 2, w, UI_ROLE_DIM, UI_TEXT, "Catches now: computing");
	else
		ui_putf(c, y, 2, w, t->effect.mailboxes ? UI_ROLE_NORMAL : UI_ROLE_WARN,
		        "Catches %s", s->effect.data);
	ui_trial_draw(t, c, y + 1, c->at.h);
}

/** The trial has ended. */
static enum ui_reply news(struct ui_view *v)
{
	struct state *s = v->state;
	const struct ui_trial *t = &s->trial;
	ck_buf_reset(&s->effect);
	(void)ck_buf_adds(&s->effect, t->effect.mailboxes ? "now " : "NOTHING now: ");
	if (t->known && t->effect.mailboxes)
		ui_wizard_effect(&t->effect, &s->effect);
	else if (t->known)
		ui_rule_nothing(s->rule.data, t->fits, t->guess, &s->effect);
	return UI_REPAINT;
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	int y = ITEM_MAX_ + 2;
	ui_title(c, 0, "Leave out what fits all filled fields", true);
	ui_form_draw(&s->form, c);
	ui_title(c, y++, "In words", false);
	for (size_t i = 0; i < s->lines.n && y < c->at.h - 1; i++, y++) {
		const struct ui_line *l = &s->lines.items[i];
		ui_put_from(c, y, 2 + l->indent, c->at.w - 4 - l->indent,
		            s->valid || !s->rule.len ? UI_ROLE_NORMAL : UI_ROLE_ERROR, UI_NAME,
		            s->words.data + l->at, l->len, 0);
	}
	draw_catches(s, c, y + 1);
}

static bool types(const struct ui_view *v)
{
	(void)v;
	return true; /* every row is a text field */
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	const struct ck_strv *rules = &s->w->plan.exclude;
	(void)right;
	if (s->row < rules->n)
		(void)ck_buf_addf(left, "Back up > Exclusion rules > Rule %zu%s", s->row + 1,
		                  ck_rule_off(rules->items[s->row]) ? ", switched off" : "");
	else
		(void)ck_buf_adds(left, "Back up > Exclusion rules > New rule");
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	(void)ck_buf_adds(ret, ui_form_hint(&s->form));
}

static const struct ui_binding bindings[] = {
	{UI_ACT_FORWARD, "Save", "Save the rule"},
	{UI_ACT_NEXT, "Next field", "Next field"},
	{UI_ACT_ROW_MENU, "Examples", "Fill in an example; again for the next"},
	{UI_ACT_ESCAPE, "Cancel", "Leave the rule as it was"},
	{0},
};

const struct ui_view_ops ui_view_rule = {
	.name = "rule",
	.title = "Rule",
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "A rule leaves out what fits all fields that are filled in. Without size and age "
		"it "
		"leaves out whole mailboxes. The words below the form are exactly what it does.",
	.open = open_rule,
	.close = close_rule,
	.act = act,
	.key = key,
	.types = types,
	.news = news,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
