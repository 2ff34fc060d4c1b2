/* SPDX-License-Identifier: BSD-2-Clause */
/** What all pages of the wizard share: row 1, totals, the command line, saving. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/wizard.h"
#include "loop/app.h"
#include "loop/dialog.h"
#include "loop/views.h"
#include "words/fmt.h"

#define HEAD "Back up: "

struct ui_wizard *ui_wizard_of(const struct ui_view *page)
{
	return *(struct ui_wizard **)page->state;
}

/** The steps, in order; their titles are those of the pages. */
static const struct ui_view_ops *const steps[] = {
	&ui_view_source,
	&ui_view_method,
	&ui_view_destination,
	&ui_view_review,
};
#define STEPS CK_COUNT(steps)

static size_t step_of(const struct ui_view *v)
{
	size_t i = 0;
	while (i < STEPS && steps[i] != v->ops)
		i++;
	return i;
}

void ui_wizard_go_back(struct ui_view *v, const struct ui_view_ops *to)
{
	struct ui_view *above = v;
	while (above->below && above->below->ops != to)
		above = above->below;
	if (above->below)
		ui_app_close(v->app, above);
}

/** The step that row 1 shows at cell @x, or STEPS. */
static size_t step_at(const struct ui_view *v, int x)
{
	int at = (int)sizeof HEAD; /* row 1 begins at cell 1 */
	for (size_t i = 0; i < STEPS && v->cols >= 80; i++) {
		int w = ui_text_width(steps[i]->title, UI_TEXT) + (steps[i] == v->ops ? 4 : 2);
		if (x >= at && x < at + w) /* "[1 Sources]" */
			return i;
		at += w + 3;
	}
	return STEPS;
}

enum ui_reply ui_wizard_click(struct ui_view *v, const struct ui_key *k)
{
	if (k->code != UI_KEY_CLICK || k->y != UI_HEAD_ROW)
		return UI_IGNORED;
	size_t here = step_of(v), to = step_at(v, k->x);
	const char *reason = NULL;
	if (to < here) {
		ui_wizard_go_back(v, steps[to]);
	} else if (to == here + 1 && to < STEPS) {
		if (ui_view_can(v, UI_ACT_FORWARD, &reason))
			return v->ops->act(v, UI_ACT_FORWARD);
		if (reason)
			ui_app_say(v->app, UI_SAY_INFO, "%s", reason);
	}
	return UI_DONE;
}

void ui_wizard_plan(const struct ui_view *v, struct ck_buf *ret)
{
	const struct ui_wizard *w = ui_wizard_of(v);
	if (!w->begun)
		return;
	if (w->plan.name)
		(void)ck_buf_addf(ret, "plan %s%s", w->plan.name,
		                  ui_wizard_is_edited(w) ? "*" : "");
	else
		(void)ck_buf_adds(ret, "no plan");
}

void ui_wizard_head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	(void)ck_buf_adds(left, HEAD);
	for (size_t i = 0; i < STEPS; i++) {
		bool here = steps[i] == v->ops;
		if (v->cols >= 80)
			(void)ck_buf_addf(left, here ? "%s[%zu %s]" : "%s%zu %s", i ? " > " : "",
			                  i + 1, steps[i]->title);
		else if (here)
			(void)ck_buf_addf(left, "step %zu of %zu, %s", i + 1, STEPS,
			                  steps[i]->title);
	}
	ui_wizard_plan(v, right);
}

void ui_wizard_hint(const struct ui_view *v, struct ck_buf *ret)
{
	ui_wizard_totals(ui_wizard_of(v), ret);
}

const char *ui_wizard_radio(const struct ui_wizard *w, bool on)
{
	if (!on)
		return "( )";
	return ui_app_is_ascii(w->app) ? "(*)" : "(\u2022)";
}

void ui_wizard_effect(const struct ck_rule_effect *e, struct ck_buf *ret)
{
	(void)ck_buf_addf(ret, "%s in %s, %s", ui_fmt_things(e->messages, "message").s,
	                  ui_fmt_things(e->mailboxes, "mailbox").s, ui_fmt_size(e->bytes).s);
}

/** Who leaves out the @out bytes: " (rules 182G, by you 12.0G)". */
static void add_who(uint64_t by_rule, uint64_t out, struct ck_buf *ret)
{
	uint64_t by_you = out > by_rule ? out - by_rule : 0;
	const char *more = "";
	(void)ck_buf_adds(ret, " (");
	if (by_rule) {
		(void)ck_buf_addf(ret, "rules %s", ui_fmt_size(by_rule).s);
		more = ", ";
	}
	if (by_you)
		(void)ck_buf_addf(ret, "%sby you %s", more, ui_fmt_size(by_you).s);
	(void)ck_buf_adds(ret, ")");
}

void ui_wizard_totals(const struct ui_wizard *w, struct ck_buf *ret)
{
	if (!w->tree)
		return;
	struct ck_sum all = ck_tree_sum(w->tree, 0), in = ck_boxes_sum(&w->boxes.now, 0);
	uint64_t bytes = in.bytes, messages = in.messages;
	if (w->est_known) {
		bytes = w->est.taken_bytes;
		messages = w->est.taken_messages;
	}
	uint64_t out = all.bytes > bytes ? all.bytes - bytes : 0;
	(void)ck_buf_addf(ret, "In: %s, %s.  Out: %s", ui_fmt_size(bytes).s,
	                  ui_fmt_things(messages, "message").s, ui_fmt_size(out).s);
	if (w->est_known && out)
		add_who(w->missing.bytes_by_rule, out, ret);
	(void)ck_buf_adds(ret, ".");
	if (w->est_err.code && all.mailboxes)
		(void)ck_buf_addf(ret, "  The rules cannot be worked out: %s", w->est_err.msg);
	else if (w->est_watch && w->est_watch->total)
		(void)ck_buf_addf(ret, "  Rules of size and age: computing %s",
		                  ui_fmt_percent(w->est_watch->done, w->est_watch->total).s);
	else if (!w->est_known && all.mailboxes)
		(void)ck_buf_adds(ret, "  Rules: computing");
	if (w->plan.without_config || !w->boxes.now.config_on)
		(void)ck_buf_adds(ret, "  WITHOUT configuration");
}

/* --- the command line ----------------------------------------------------------------- */

static void add_word(struct ck_buf *ret, const char *word)
{
	(void)ck_buf_addc(ret, ' ');
	(void)ck_buf_add_word(ret, word);
}

static void add_option(struct ck_buf *ret, const char *option, const char *value)
{
	if (!value)
		return;
	(void)ck_buf_addf(ret, " %s", option);
	add_word(ret, value);
}

void ui_wizard_command(const struct ui_wizard *w, struct ck_buf *ret)
{
	const struct ck_plan *p = &w->plan;
	ck_settings_command(ui_app_settings(w->app), ret);
	(void)ck_buf_adds(ret, " backup");
	if (p->name && !ui_wizard_is_edited(w)) {
		add_option(ret, "--plan", p->name);
	} else {
		add_option(ret, "--method", ui_wizard_method(w));
		add_option(ret, "--driver", p->driver);
		add_option(ret, "--to", p->destination);
		for (size_t i = 0; i < p->exclude.n; i++)
			if (!ck_rule_off(p->exclude.items[i]))
				add_option(ret, "--exclude", p->exclude.items[i]);
		for (size_t i = 0; i < p->keep.n; i++)
			add_option(ret, "--keep", p->keep.items[i]);
		if (p->without_config)
			(void)ck_buf_adds(ret, " --without-config");
		if (p->without_secrets)
			(void)ck_buf_adds(ret, " --without-secrets");
	}
	if (p->without_config)
		(void)ck_buf_adds(ret, " --yes-without-config");
	if (p->name && !ui_wizard_is_edited(w))
		return;
	for (size_t i = 0; i < p->select.n; i++)
		if (p->select.n > 1 || strcmp(p->select.items[i], "*") != 0)
			add_word(ret, p->select.items[i]);
}

static enum ui_reply show_command(struct ui_wizard *w, struct ui_view *v)
{
	struct ck_buf text = CK_BUF_INIT;
	if (w->boxes_ahead) {
		ui_app_say(v->app, UI_SAY_INFO, "One moment: the boxes are being put into words");
		return UI_DONE;
	}
	ui_wizard_command(w, &text);
	(void)ui_app_push(v->app, &ui_view_command, text.data);
	ck_buf_fini(&text);
	return UI_DONE;
}

/* --- saving --------------------------------------------------------------------------- */

struct save_arg {
	const struct ck_settings *settings;
	struct ck_plan plan;
};

static int save(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct save_arg *arg = data;
	(void)watch;
	return ck_plan_save(arg->settings, &arg->plan, err);
}

/** What was saved is known as a saved plan from now on. */
static int remember(struct ui_wizard *w, const struct ck_plan *plan)
{
	struct ck_plan copy, named;
	struct ck_plan *more;
	if (ck_plan_copy(plan, &copy) < 0)
		return CK_ENOMEM;
	w->saved_number++;
	for (size_t i = 0; i < w->saved.nplans; i++) {
		if (strcmp(w->saved.plans[i].name, plan->name) == 0) {
			named = w->saved.plans[i];
			w->saved.plans[i] = copy;
			ck_plan_fini(&named);
			return CK_OK;
		}
	}
	more = reallocarray(w->saved.plans, w->saved.nplans + 1, sizeof *more);
	if (!more) {
		ck_plan_fini(&copy);
		return CK_ENOMEM;
	}
	w->saved.plans = more;
	w->saved.plans[w->saved.nplans++] = copy;
	return CK_OK;
}

static void saved(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_wizard *w = owner;
	struct save_arg *arg = data;
	if (r < 0) {
		ui_app_fail(w->app, "The plan was not saved", err);
		return;
	}
	char *name = strdup(arg->plan.name);
	if (name) {
		free(w->plan.name);
		w->plan.name = name;
	}
	if (remember(w, &arg->plan) == 0 && !ui_wizard_is_edited(w))
		ui_wizard_end(w);
	ui_app_say(w->app, UI_SAY_INFO, "Plan %s is saved.  cyrkeep backup --plan %s",
	           arg->plan.name, arg->plan.name);
	ui_app_news(w->app);
}

static void save_free(void *data)
{
	struct save_arg *arg = data;
	ck_plan_fini(&arg->plan);
	free(arg);
}

static void named(struct ui_view *v, const char *text)
{
	static const struct ui_task_kind kind = {save, saved, save_free};
	struct ui_wizard *w = ui_wizard_of(v);
	struct save_arg *arg = text && *text ? ck_alloc(1, sizeof *arg) : NULL;
	if (!arg)
		return;
	arg->settings = ui_app_settings(v->app);
	char *name = strdup(text);
	if (!name || ck_plan_copy(&w->plan, &arg->plan) < 0) {
		free(name);
		save_free(arg);
		return;
	}
	free(arg->plan.name);
	arg->plan.name = name;
	struct ck_err err = CK_ERR_INIT;
	if (ui_task_start(v->app, &kind, w, arg, NULL, &err) < 0)
		ui_app_fail(v->app, "The plan was not saved", &err);
}

static enum ui_reply ask_name(struct ui_wizard *w, struct ui_view *v)
{
	if (!w->begun || w->boxes_ahead || w->working) {
		ui_app_say(v->app, UI_SAY_INFO, "One moment: the boxes are being put into words");
		return UI_DONE;
	}
	ui_app_prompt(v, "Save as plan:", w->plan.name ? w->plan.name : "", NULL, named);
	return UI_REPAINT;
}

/* --- another plan --------------------------------------------------------------------- */

static void start_over(struct ui_view *v, int button)
{
	struct ui_wizard *w = ui_wizard_of(v);
	if (button != 1)
		return;
	(void)ui_wizard_take_plan(w, w->plan.name);
	ui_app_say(v->app, UI_SAY_INFO, "Everything as %s",
	           w->plan.name ? "the plan says" : "by default");
}

enum ui_reply ui_wizard_ask_over(struct ui_view *v)
{
	static const char *const buttons[] = {"Keep them", "Start over", NULL};
	(void)ui_dialog_open(
		v, &(struct ui_dialog){.title = "Start over",
	                               .text = "All ticks, rules and answers of this draft are "
	                                       "replaced by those of the saved plan, or by the "
	                                       "defaults where there is none.",
	                               .buttons = buttons,
	                               .done = start_over});
	return UI_DONE;
}

static void plan_named(struct ui_view *v, const char *name)
{
	if (!name)
		return;
	if (!ui_wizard_take_plan(ui_wizard_of(v), *name ? name : NULL))
		ui_app_say(v->app, UI_SAY_WARN, "No plan is called '%s'", name);
	else if (*name)
		ui_app_say(v->app, UI_SAY_INFO, "Plan %s", name);
	else
		ui_app_say(v->app, UI_SAY_INFO, "Everything, no plan");
}

enum ui_reply ui_wizard_ask_plan(struct ui_view *v)
{
	const struct ui_wizard *w = ui_wizard_of(v);
	const char *first = w->saved.nplans ? w->saved.plans[0].name : "";
	ui_app_prompt(v, "Take plan (empty: everything):", first, NULL, plan_named);
	return UI_REPAINT;
}

/* --- by pattern ----------------------------------------------------------------------- */

/** As many rules that name one mailbox each would make every later look at the plan slow. */
#define BOXES_MOST 500

static void like_by_rule(struct ui_wizard *w, const char *pattern, uint64_t n)
{
	struct ck_buf rule = CK_BUF_INIT;
	if (!ui_wizard_may_rule(w)) {
		ui_app_say(w->app, UI_SAY_INFO, "One moment: the boxes are being put into words");
		return;
	}
	ui_rule_add_pattern(&rule, "name", pattern);
	if (ui_rules_remember(&w->rules_history, &w->plan) == 0 &&
	    ck_strv_addm(&w->plan.exclude, ck_buf_take(&rule)) == 0) {
		ui_wizard_rules_changed(w);
		ui_app_say(w->app, UI_SAY_INFO,
		           "%s mailboxes match: left out by rule %zu; R shows it",
		           ui_fmt_count(n).s, w->plan.exclude.n);
	}
	ck_buf_fini(&rule);
}

void ui_wizard_like(struct ui_wizard *w, const char *pattern, bool on,
                    const struct ck_runs *matches, bool filtered)
{
	CK_CLEANUP(ck_runs_fini) struct ck_runs theirs = {0}, others = {0};
	if (ck_runs_join(matches, &w->missing.ruled, CK_RUNS_WITHOUT, &theirs) < 0)
		return;
	if (on && theirs.n)
		matches = &theirs;
	uint64_t n = ck_runs_count(matches);
	if (ck_runs_join(matches, &w->boxes.now.ticked, on ? CK_RUNS_WITHOUT : CK_RUNS_AND,
	                 &others) < 0)
		return;
	uint64_t changed = ck_runs_count(&others);
	if (changed == 0) {
		ui_app_say(w->app, UI_SAY_INFO, "No mailbox that is %s is like '%s'",
		           on ? "left out" : "in", pattern);
	} else if (!on && !filtered && changed > BOXES_MOST) {
		like_by_rule(w, pattern, changed);
	} else if (ui_boxes_set(&w->boxes, 0, on, matches) == 0) {
		ui_wizard_boxes_changed(w);
		ui_app_say(w->app, UI_SAY_INFO, "%s like '%s' %s%s", ui_fmt_things(n, "mailbox").s,
		           pattern, on ? "taken in" : "left out",
		           filtered ? "; only what the filter finds" : "");
	}
}

void ui_wizard_invert(struct ui_wizard *w, const struct ck_runs *places)
{
	CK_CLEANUP(ck_runs_fini) struct ck_runs theirs = {0};
	uint32_t edges[] = {0, (uint32_t)w->tree->mailboxes};
	const struct ck_runs all = {.edges = edges, .n = edges[1] ? 2 : 0};
	if (!ui_wizard_is_settled(w)) {
		ui_app_say(w->app, UI_SAY_INFO, "One moment: the rules are being applied");
		return;
	}
	if (ck_runs_join(places ? places : &all, &w->missing.ruled, CK_RUNS_WITHOUT, &theirs) < 0 ||
	    ui_boxes_invert(&w->boxes, &theirs) < 0) {
		ui_app_say(w->app, UI_SAY_WARN, "Out of memory: nothing was changed");
		return;
	}
	ui_wizard_boxes_changed(w);
	ui_app_say(w->app, UI_SAY_INFO, "Inverted%s; u undoes",
	           places ? ", only what the filter finds" : "");
}

/* --- keys of all pages ---------------------------------------------------------------- */

enum ui_reply ui_wizard_act(struct ui_wizard *w, struct ui_view *v, enum ui_action a)
{
	switch (a) {
	case UI_ACT_COMMAND:
		return show_command(w, v);
	case UI_ACT_WRITE:
		return ask_name(w, v);
	case UI_ACT_STEP_BACK:
		return UI_CLOSE;
	default:
		return UI_IGNORED;
	}
}
