/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/rested.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backup/source.h"
#include "loop/app.h"
#include "words/fmt.h"

#define REST_MS 300
#define LARGEST (UI_RESTED_ROWS - 1)

/* --- the archive that has it last ----------------------------------------------------- */

struct last {
	struct ui_rested *of; /* Lives as long as the page that owns the task. */
	unsigned number;
	const struct ck_settings *settings;
	struct ui_server *server; /**< Holds the name. */
	const char *mailbox;
	struct ck_last_archived found;
};

static int find_last(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct last *arg = data;
	return ck_archives_last(arg->settings, arg->mailbox, watch, &arg->found, err);
}

static void found_last(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	const struct last *arg = data;
	struct ui_rested *rested = arg->of;
	(void)err;
	if (arg->number != rested->last_number)
		return;
	rested->last = arg->found;
	rested->last_watch = NULL;
	rested->last_asking = false;
	rested->last_known = r == 0;
	rested->last_failed = r < 0;
	if (v->ops->news)
		(void)v->ops->news(v);
}

static void last_free(void *data)
{
	struct last *arg = data;
	ui_server_unref(arg->server);
	free(arg);
}

static void drop_last(struct ui_rested *r)
{
	if (r->last_watch)
		r->last_watch->cancel = true;
	r->last_watch = NULL;
	r->last_number++;
	r->last_known = r->last_failed = r->last_asking = false;
}

static const struct ck_mailbox *mailbox_of(const struct ui_rested *r, const struct ui_wizard *w)
{
	uint32_t mailbox =
		r->tree && r->tree == w->tree ? w->tree->nodes[r->node].mailbox : CK_NODE_NONE;
	return mailbox == CK_NODE_NONE ? NULL : &w->server->server->mailboxes[mailbox];
}

static void ask_last(struct ui_rested *r, struct ui_view *v)
{
	static const struct ui_task_kind kind = {find_last, found_last, last_free};
	const struct ui_wizard *w = ui_wizard_of(v);
	const struct ck_mailbox *m = mailbox_of(r, w);
	if (!m || r->last_known || r->last_failed || r->last_asking)
		return;
	struct last *arg = ck_alloc(1, sizeof *arg);
	if (!arg)
		return;
	*arg = (struct last){.of = r,
	                     .number = ++r->last_number,
	                     .settings = ui_app_settings(v->app),
	                     .server = ui_server_ref(w->server),
	                     .mailbox = m->name};
	r->last_asking = ui_task_start(v->app, &kind, v, arg, &r->last_watch, NULL) == 0;
}

void ui_rested_explain(const struct ui_rested *r, const struct ui_wizard *w, struct ck_buf *ret)
{
	const struct ck_last_archived *l = &r->last;
	if (!mailbox_of(r, w))
		return;
	(void)ck_buf_adds(ret, "\n");
	if (!r->last_known) {
		(void)ck_buf_adds(ret, r->last_failed ? "Last in: not known\n" : "Last in: ...\n");
		return;
	}
	if (!l->number && !l->unread) {
		(void)ck_buf_adds(ret, "Never in an archive\n");
		return;
	}
	if (l->number)
		(void)ck_buf_addf(ret, "Last in: job %" PRIu32 " (%s), ", l->number,
		                  ui_fmt_date(l->started, ui_app_now(w->app)).s);
	else
		(void)ck_buf_adds(ret, "Last in: none");
	if (l->number && l->messages_left_out)
		(void)ck_buf_addf(ret, "%s of %s", ui_fmt_count(l->messages).s,
		                  ui_fmt_count(l->messages + l->messages_left_out).s);
	else if (l->number)
		(void)ck_buf_addf(ret, "all %s", ui_fmt_count(l->messages).s);
	if (l->unread)
		(void)ck_buf_addf(
			ret, "; %s cannot be read",
			ui_fmt_things(l->unread, l->number ? "newer archive" : "archive").s);
	(void)ck_buf_adds(ret, "\n");
}

/* --- where the bar is ----------------------------------------------------------------- */

/** Archives that came or went may be those that have it. */
static void compare_archives(struct ui_rested *r, const struct ui_house *h)
{
	uint32_t newest = h->narchives ? h->archives[0].number : 0;
	if (r->narchives != h->narchives || r->newest != newest)
		drop_last(r);
	r->narchives = h->narchives;
	r->newest = newest;
}

void ui_rested_on(struct ui_rested *r, struct ui_view *v, uint32_t node)
{
	const struct ui_wizard *w = ui_wizard_of(v);
	const struct ck_tree *tree = node == CK_NODE_NONE ? NULL : w->tree;
	compare_archives(r, ui_app_house(v->app));
	if (r->tree == tree && r->node == node)
		return;
	ui_largest_drop(&r->largest);
	drop_last(r);
	r->tree = tree;
	r->node = node;
	r->since_ms = ui_app_clock_ms(v->app);
}

static bool has_left_out(const struct ui_rested *r, const struct ui_wizard *w)
{
	return r->tree && r->tree == w->tree && ui_source_left_out(w, r->node) > 0;
}

void ui_rested_ask(struct ui_rested *r, struct ui_view *v)
{
	const struct ui_wizard *w = ui_wizard_of(v);
	if (!r->tree || r->tree != w->tree || ui_app_clock_ms(v->app) - r->since_ms < REST_MS)
		return;
	ask_last(r, v);
	if (ui_wizard_is_settled(w) && has_left_out(r, w) &&
	    !ui_largest_is_of(&r->largest, w, r->tree, r->node))
		ui_largest_ask(&r->largest, v, w->server, r->tree, r->node, LARGEST, true);
}

void ui_rested_fini(struct ui_rested *r)
{
	ui_largest_drop(&r->largest);
	drop_last(r);
}

static void draw_message(struct ui_canvas *c, int y, const struct ck_large_message *m)
{
	ui_put_right(c, y, 1, 6, UI_ROLE_NORMAL, UI_TEXT, ui_fmt_size(m->size).s);
	ui_put(c, y, 9, 10, UI_ROLE_NORMAL, UI_TEXT, ui_fmt_iso_day(m->internaldate).s);
	ui_put(c, y, 21, c->at.w - 22, UI_ROLE_NORMAL, UI_TEXT, ui_largest_subject(m));
}

int ui_rested_draw(const struct ui_rested *r, const struct ui_wizard *w, struct ui_canvas *c, int y)
{
	const struct ui_largest *l = &r->largest;
	if (!has_left_out(r, w))
		return 0;
	bool known = l->known && ui_largest_is_of(l, w, r->tree, r->node);
	ui_title(c, y, "Largest left out here", false);
	for (size_t i = 0; known && i < l->found.n; i++)
		draw_message(c, y + 1 + (int)i, &l->found.items[i]);
	if (l->err.code)
		ui_put(c, y + 1, 1, c->at.w - 2, UI_ROLE_WARN, UI_TEXT, l->err.msg);
	else if (!known)
		ui_put(c, y + 1, 1, c->at.w - 2, UI_ROLE_DIM, UI_TEXT, "...");
	else if (!l->found.n)
		ui_put(c, y + 1, 1, c->at.w - 2, UI_ROLE_DIM, UI_TEXT,
		       l->found.unreadable ? "its index cannot be read" : "no message");
	return UI_RESTED_ROWS;
}
