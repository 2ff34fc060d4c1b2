/* SPDX-License-Identifier: BSD-2-Clause */
/** Finding mailboxes in the tree of Sources, in the background, and showing only those. */
#include <stdlib.h>
#include <string.h>

#include "backup/source_page.h"
#include "loop/app.h"

struct ui_source_search *ui_source_search_new(const struct ui_wizard *w, const char *words,
                                              const char *pattern)
{
	struct ui_source_search *search = ck_alloc(1, sizeof *search);
	if (!search)
		return NULL;
	search->server = ui_server_ref(w->server);
	search->tree = w->tree;
	search->first = CK_NODE_NONE;
	search->text = (struct ck_buf)CK_BUF_INIT;
	search->pattern = pattern ? strdup(pattern) : NULL;
	if ((!pattern || search->pattern) && (!words || ui_filter_set(&search->filter, words) == 0))
		return search;
	ui_source_search_free(search);
	return NULL;
}

void ui_source_search_free(void *data)
{
	struct ui_source_search *search = data;
	if (!search)
		return;
	ui_filter_fini(&search->filter);
	ck_buf_fini(&search->text);
	ui_server_unref(search->server);
	ui_arrangement_unref(search->arranged);
	ck_runs_fini(&search->hits);
	ck_runs_fini(&search->shown);
	free(search->pattern);
	free(search);
}

/** Words are looked for in what a user sees: of an INBOX the name is his, and the row says INBOX.
 */
static bool is_hit(struct ui_source_search *search, const struct ck_node *node)
{
	const struct ck_server *s = search->server->server;
	const char *name = s->mailboxes[node->mailbox].name;
	if (search->pattern)
		return ck_pattern_match(search->pattern, name, s->separator);
	if (node->kind != CK_NODE_INBOX)
		return ui_filter_match(&search->filter, name);
	ck_buf_reset(&search->text);
	(void)ck_buf_addf(&search->text, "%s %s", name, node->label);
	return !search->text.failed && ui_filter_match(&search->filter, search->text.data);
}

int ui_source_shown(const struct ck_tree *tree, const struct ui_arrangement *arranged,
                    const struct ck_runs *hits, struct ck_runs *ret, uint32_t *ret_first)
{
	*ret_first = CK_NODE_NONE;
	for (uint32_t row = 0; row < tree->n;) {
		uint32_t at = ui_arrangement_node(arranged, row);
		const struct ck_node *n = &tree->nodes[at];
		uint32_t hit = ck_runs_next(hits, n->first);
		if (hit == CK_RUNS_NONE || hit >= n->first + n->mailboxes) {
			row += n->end - at;
			continue;
		}
		if (ck_runs_add(ret, row++) < 0)
			return CK_ENOMEM;
		if (*ret_first == CK_NODE_NONE && n->mailbox != CK_NODE_NONE && hit == n->first)
			*ret_first = at;
	}
	return CK_OK;
}

int ui_source_search_work(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct ui_source_search *search = data;
	const struct ck_tree *t = search->tree;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct ck_node *n = &t->nodes[i];
		if (watch->cancel)
			return ck_err_set(err, CK_ECANCEL, "the search was given up");
		if (n->mailbox != CK_NODE_NONE && is_hit(search, n) &&
		    ck_runs_add(&search->hits, n->first) < 0)
			return ck_err_nomem(err);
	}
	if (search->pattern)
		return CK_OK; /* nobody asks for rows */
	if (ui_source_shown(t, search->arranged, &search->hits, &search->shown, &search->first) < 0)
		return ck_err_nomem(err);
	return CK_OK;
}

/* --- on the page ---------------------------------------------------------------------- */

static void drop_search(struct ui_source_page *s)
{
	s->matching++;
	if (s->match_watch)
		s->match_watch->cancel = true;
	s->match_watch = NULL;
}

void ui_source_drop_hits(struct ui_source_page *s)
{
	drop_search(s);
	ui_tree_unfilter(&s->rows);
	ck_runs_fini(&s->hits);
}

void ui_source_drop_filter(struct ui_source_page *s)
{
	ui_source_drop_hits(s);
	ui_filter_fini(&s->filter);
}

static void start(struct ui_view *v);

static void matched(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct ui_source_page *s = v->state;
	struct ui_source_search *search = data;
	(void)err;
	if (search->number != s->matching)
		return;
	s->match_watch = NULL;
	if (r < 0 || s->tree != search->tree)
		return;
	if (search->arranged != s->rows.arranged) { /* sorted meanwhile */
		start(v);
		return;
	}
	ck_runs_fini(&s->hits);
	s->hits = search->hits;
	s->nhits = ck_runs_count(&s->hits);
	search->hits = (struct ck_runs){0};
	ui_tree_filter(&s->rows, &search->shown);
	ui_list_set(&s->list, s, s->rows.nnodes);
	if (search->first != CK_NODE_NONE)
		(void)ui_list_go(&s->list, ui_tree_row(&s->rows, search->first) + (uint64_t)1);
	ui_source_explain_row(v);
}

void ui_source_unfilter(struct ui_view *v)
{
	struct ui_source_page *s = v->state;
	uint32_t node = ui_source_cursor(s);
	bool was = s->rows.filtered;
	ui_source_drop_filter(s);
	if (was && node != CK_NODE_NONE)
		(void)ui_tree_reveal(&s->rows, node);
	ui_list_set(&s->list, s, s->rows.nnodes);
	ui_source_explain_row(v);
}

/** Look for what the filter says. */
static void start(struct ui_view *v)
{
	static const struct ui_task_kind kind = {ui_source_search_work, matched,
	                                         ui_source_search_free};
	struct ui_source_page *s = v->state;
	struct ui_source_search *search = ui_source_search_new(s->w, s->filter.text, NULL);
	if (!search)
		return;
	search->arranged = ui_arrangement_ref(s->rows.arranged);
	search->number = s->matching;
	(void)ui_task_start(v->app, &kind, v, search, &s->match_watch, NULL);
}

void ui_source_find_again(struct ui_view *v)
{
	struct ui_source_page *s = v->state;
	if (s->filter.text)
		start(v);
}

static void filter_changed(struct ui_view *v, const char *text)
{
	struct ui_source_page *s = v->state;
	if (!text || !*text || !s->w->tree) {
		ui_source_unfilter(v);
		return;
	}
	drop_search(s);
	if (ui_filter_set(&s->filter, text) == 0)
		start(v);
}

static void filter_done(struct ui_view *v, const char *text)
{
	struct ui_source_page *s = v->state;
	if (!text || !*text)
		ui_source_unfilter(v);
	else if (!s->filter.text || strcmp(text, s->filter.text) != 0)
		filter_changed(v, text);
}

void ui_source_ask_filter(struct ui_view *v)
{
	struct ui_source_page *s = v->state;
	ui_app_prompt(v, "/", s->filter.text ? s->filter.text : "", filter_changed, filter_done);
}
