/* SPDX-License-Identifier: BSD-2-Clause */
/** What Sources draws beside its tree, or in its place. */
#include <string.h>

#include "backup/source.h"
#include "loop/app.h"
#include "loop/dialog.h"
#include "terminal/wrap.h"
#include "words/fmt.h"

void ui_source_draw_lines(struct ui_canvas *c, int y, const char *text,
                          const struct ui_lines *lines)
{
	for (size_t i = 0; i < lines->n && y < c->at.h; i++, y++) {
		const struct ui_line *l = &lines->items[i];
		ui_put_from(c, y, 1 + l->indent, c->at.w - 1 - l->indent, UI_ROLE_NORMAL, UI_NAME,
		            text + l->at, l->len, 0);
	}
}

static void draw_sum(struct ui_canvas *c, int y, const char *what, uint64_t messages,
                     uint64_t bytes)
{
	ui_putf(c, y, 1, c->at.w - 1, UI_ROLE_NORMAL, "%-3s %6s  %s", what, ui_fmt_size(bytes).s,
	        ui_fmt_things(messages, "message").s);
}

/** A rule that stands for a box is the name alone. */
static const char *rule_text(const struct ui_wizard *w, size_t rule)
{
	const char *text = w->plan.exclude.items[rule];
	bool named = strncmp(text, "name:", 5) == 0 || strncmp(text, "below:", 6) == 0;
	return w->rules[rule].by_hand && named ? strchr(text, ':') + 1 : text;
}

void ui_source_draw_sums(const struct ui_wizard *w, struct ui_canvas *c, int y)
{
	ui_title(c, y++, "Totals", false);
	if (!w->est_known) {
		ui_put(c, y, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "computing");
		return;
	}
	const struct ck_estimate *e = &w->est;
	struct ck_sum all = ck_tree_sum(w->tree, 0);
	draw_sum(c, y++, "in", e->taken_messages, e->taken_bytes);
	if (all.messages > e->taken_messages || all.bytes > e->taken_bytes)
		draw_sum(c, y++, "out", all.messages - e->taken_messages,
		         all.bytes - e->taken_bytes);
	for (size_t i = 0; i < e->nrules && y < c->at.h; i++) {
		if (e->rules[i].off)
			continue;
		bool nothing = e->rules[i].mailboxes == 0;
		if (w->rules[i].by_hand)
			ui_put(c, y, 1, 8, UI_ROLE_NORMAL, UI_TEXT, "by you");
		else
			ui_putf(c, y, 1, 8, UI_ROLE_NORMAL, "rule %zu", i + 1);
		ui_put(c, y, 9, c->at.w - 19, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE,
		       rule_text(w, i));
		ui_put_right(c, y++, c->at.w - 9, 8, nothing ? UI_ROLE_WARN : UI_ROLE_NORMAL,
		             UI_TEXT, nothing ? "NOTHING" : ui_fmt_size(e->rules[i].bytes).s);
	}
}

void ui_source_draw_waiting(const struct ui_wizard *w, struct ui_canvas *c)
{
	const struct ui_house *h = ui_app_house(w->app);
	int width = c->at.w - 2;
	if (w->plan_err.code) {
		ui_put_failure(c, 1, "The plan cannot be applied:", &w->plan_err,
		               "R changes its rules, F8 starts over");
	} else if (h->server_known && !h->server) {
		ui_put_failure(c, 1, "The mail store cannot be read:", &h->server_err,
		               "r reads it again");
	} else if (h->server_watch && h->server_watch->done) {
		ui_putf(c, 1, 1, width, UI_ROLE_DIM, "counting mailboxes: %s",
		        ui_fmt_count(h->server_watch->done).s);
	} else {
		ui_put(c, 1, 1, width, UI_ROLE_DIM, UI_TEXT, "...");
	}
}

void ui_source_say_why(struct ui_view *v, uint32_t node)
{
	static const char *const buttons[] = {"Close", NULL};
	const struct ui_wizard *w = ui_wizard_of(v);
	struct ck_buf text = CK_BUF_INIT;
	char label[160];
	ui_source_explain(w, node, &text);
	(void)ui_dialog_open(
		v, &(struct ui_dialog){.title = ui_source_label(w->tree, node, label, sizeof label),
	                               .text = text.data,
	                               .buttons = buttons});
	ck_buf_fini(&text);
}
