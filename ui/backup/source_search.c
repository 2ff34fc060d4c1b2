/* SPDX-License-Identifier: BSD-2-Clause */
/** Finding mailboxes in the tree of Sources, in the background, and showing only those. */
#include <stdlib.h>
#include <string.h>

#include "backup/source_page.h"
#include "loop/app.h"

struct ui_source_search *ui_source_search_new(struct ui_server *server, const char *words,
                                              const char *pattern)
{
	struct ui_source_search *search = ck_alloc(1, sizeof *search);
	if (!search)
		return NULL;
	search->server = ui_server_ref(server);
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

/** Nodes come in the order of the tree, so their parents are those that came last at each depth. */
struct trail {
	uint32_t *nodes; /**< By depth. */
	unsigned added;  /**< So many from the root on are in the set already. */
};

static int add_hit(struct ui_source_search *search, uint32_t node, struct trail *trail)
{
	const struct ck_node *n = &search->server->tree->nodes[node];
	if (search->first == CK_NODE_NONE)
		search->first = node;
	for (; trail->added <= n->depth; trail->added++)
		if (ck_runs_add(&search->shown, trail->nodes[trail->added]) < 0)
			return CK_ENOMEM;
	return ck_runs_add(&search->hits, n->first);
}

int ui_source_search_work(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct ui_source_search *search = data;
	const struct ck_tree *t = search->server->tree;
	CK_FREE uint32_t *nodes = ck_alloc((size_t)UINT16_MAX + 1, sizeof *nodes);
	struct trail trail = {.nodes = nodes};
	if (!nodes)
		return ck_err_nomem(err);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct ck_node *n = &t->nodes[i];
		if (watch->cancel)
			return ck_err_set(err, CK_ECANCEL, "the search was given up");
		nodes[n->depth] = i;
		if (trail.added > n->depth)
			trail.added = n->depth;
		if (n->mailbox != CK_NODE_NONE && is_hit(search, n) &&
		    add_hit(search, i, &trail) < 0)
			return ck_err_nomem(err);
	}
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

void ui_source_drop_filter(struct ui_source_page *s)
{
	drop_search(s);
	ui_tree_unfilter(&s->rows);
	ui_filter_fini(&s->filter);
	ck_runs_fini(&s->hits);
}

static void matched(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct ui_source_page *s = v->state;
	struct ui_source_search *search = data;
	(void)err;
	if (search->number != s->matching)
		return;
	s->match_watch = NULL;
	if (r < 0 || s->server != search->server)
		return;
	ck_runs_fini(&s->hits);
	s->hits = search->hits;
	s->nhits = ck_runs_count(&s->hits);
	search->hits = (struct ck_runs){0};
	ui_tree_filter(&s->rows, &search->shown);
	ui_list_set(&s->list, s, s->rows.nnodes);
	if (search->first != CK_NODE_NONE)
		(void)ui_list_go(&s->list, (uint64_t)search->first + 1);
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

static void filter_changed(struct ui_view *v, const char *text)
{
	static const struct ui_task_kind kind = {ui_source_search_work, matched,
	                                         ui_source_search_free};
	struct ui_source_page *s = v->state;
	if (!text || !*text || !s->w->tree) {
		ui_source_unfilter(v);
		return;
	}
	drop_search(s);
	struct ui_source_search *search = ui_source_search_new(s->w->server, text, NULL);
	if (search && ui_filter_set(&s->filter, text) == 0) {
		search->number = s->matching;
		(void)ui_task_start(v->app, &kind, v, search, &s->match_watch, NULL);
	} else {
		ui_source_search_free(search);
	}
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
