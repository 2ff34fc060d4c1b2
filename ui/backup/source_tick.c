/* SPDX-License-Identifier: BSD-2-Clause */
/** Ticking on Sources. */
#include "backup/source_page.h"
#include "loop/app.h"
#include "words/fmt.h"

const char ui_source_part_reason[] = "It is taken or left out with the whole configuration";

bool ui_source_is_part(const struct ui_source_page *s)
{
	uint32_t node = s->w->tree ? ui_source_cursor(s) : CK_NODE_NONE;
	return node != CK_NODE_NONE && s->w->tree->nodes[node].kind == CK_NODE_PART;
}

/** @was: what was in. */
static void say_totals(struct ui_view *v, uint32_t node, struct ck_sum was)
{
	struct ui_source_page *s = v->state;
	char label[160];
	struct ck_sum is = ck_boxes_sum(&s->w->boxes.now, node);
	bool config = s->w->tree->nodes[node].kind == CK_NODE_CONFIG;
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
			ui_source_label(s->w->tree, node, label, sizeof label),
			ui_fmt_things(on ? is.messages - was.messages : was.messages - is.messages,
		                      "message")
				.s,
			ui_fmt_size(on ? is.bytes - was.bytes : was.bytes - is.bytes).s,
			on ? "come in" : "left out",
			s->rows.filtered ? "; only what the filter finds" : "");
}

enum ui_reply ui_source_turn(struct ui_view *v, bool down)
{
	struct ui_source_page *s = v->state;
	uint32_t node = ui_source_cursor(s);
	if (node == CK_NODE_NONE)
		return UI_DONE;
	if (ui_source_is_part(s)) {
		ui_app_say(v->app, UI_SAY_INFO, "%s", ui_source_part_reason);
		return UI_DONE;
	}
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
	ui_source_explain_row(v);
	return UI_REPAINT;
}

static void liked(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct ui_source_page *s = v->state;
	struct ui_source_search *search = data;
	CK_CLEANUP(ck_runs_fini) struct ck_runs both = {0};
	(void)err;
	if (r < 0 || s->tree != search->tree || !ui_wizard_may_tick(s->w))
		return;
	if (s->rows.filtered && ck_runs_join(&search->hits, &s->hits, CK_RUNS_AND, &both) < 0)
		return;
	ui_wizard_like(s->w, search->pattern, search->on, s->rows.filtered ? &both : &search->hits,
	               s->rows.filtered);
	ui_source_explain_row(v);
}

static void like(struct ui_view *v, const char *pattern, bool on)
{
	static const struct ui_task_kind kind = {ui_source_search_work, liked,
	                                         ui_source_search_free};
	struct ui_source_page *s = v->state;
	if (!pattern || !*pattern || !ui_wizard_may_tick(s->w))
		return;
	struct ui_source_search *search = ui_source_search_new(s->w, NULL, pattern);
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

void ui_source_ask_like(struct ui_view *v, bool on)
{
	ui_app_prompt(v, on ? "Tick like:" : "Untick like:", "", NULL,
	              on ? tick_like : untick_like);
}

enum ui_reply ui_source_step_back(struct ui_view *v, bool undo)
{
	struct ui_source_page *s = v->state;
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
	ui_source_explain_row(v);
	ui_app_say(v->app, UI_SAY_INFO, "%s",
	           done   ? undo ? "Undone; U does it again" : "Done again"
	           : undo ? "There is nothing to undo"
	                  : "There is nothing to do again");
	return UI_REPAINT;
}
