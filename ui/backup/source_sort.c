/* SPDX-License-Identifier: BSD-2-Clause */
/** Sorting the tree of Sources, in the background. */
#include <stdlib.h>

#include "backup/source_page.h"
#include "loop/app.h"

static uint32_t parent(const void *ctx, uint32_t node)
{
	return ((const struct ck_tree *)ctx)->nodes[node].parent;
}

static uint32_t end(const void *ctx, uint32_t node)
{
	return ((const struct ck_tree *)ctx)->nodes[node].end;
}

const struct ui_tree_ops ui_source_tree_ops = {parent, end};

/** A task's argument. */
struct sort {
	struct ui_server *server;   /**< Held. */
	const struct ck_tree *tree; /**< One of its. */
	struct ck_boxes boxes;      /**< With these: what is left out. */
	struct ui_missing missing;
	int column; /**< Or -1: in the order of the tree. */
	bool descending;
	struct ui_arrangement *arranged; /**< The result; if it is there at first, it stays. */
	bool filtered;                   /**< Then the rows are wanted, too, */
	struct ck_runs hits, shown;      /**< of these. */
	unsigned number;
};

static void sort_free(void *data)
{
	struct sort *sort = data;
	ck_boxes_fini(&sort->boxes);
	ui_missing_fini(&sort->missing);
	ui_arrangement_unref(sort->arranged);
	ck_runs_fini(&sort->hits);
	ck_runs_fini(&sort->shown);
	ui_server_unref(sort->server);
	free(sort);
}

/** What lies at and below the node and is not taken. */
static uint64_t left_out(const struct sort *sort, uint32_t node)
{
	const struct ck_tree *tree = sort->tree;
	const struct ck_node *n = &tree->nodes[node];
	uint64_t missing = ui_missing_in(&sort->missing, n->first, n->first + n->mailboxes).bytes;
	return ck_tree_sum(tree, node).bytes - ck_boxes_sum(&sort->boxes, node).bytes + missing;
}

static void sort_node(const void *arg, uint32_t node, struct ui_sort *ret)
{
	const struct sort *sort = arg;
	const struct ck_node *n = &sort->tree->nodes[node];
	if (n->kind != CK_NODE_MAILBOX && n->kind != CK_NODE_INBOX) {
		ret->number = sort->descending ? ~(uint64_t)node : node;
		return;
	}
	switch (sort->column) {
	case UI_SOURCE_NAME:
		ret->text = n->label;
		ret->natural = true;
		break;
	case UI_SOURCE_MESSAGES:
		ret->number = ck_tree_sum(sort->tree, node).messages;
		break;
	case UI_SOURCE_SIZE:
		ret->number = ck_tree_sum(sort->tree, node).bytes;
		break;
	default:
		ret->number = left_out(sort, node);
		break;
	}
}

static int arrange(struct sort *sort, struct ck_watch *watch, struct ck_err *err)
{
	static const struct ui_order_ops ops = {sort_node, NULL};
	const struct ck_tree *tree = sort->tree;
	CK_CLEANUP(ui_order_fini) struct ui_order order = {0};
	if (ui_order_set(&order, tree->n) < 0 || ui_order_sort(&order, true, sort->descending) < 0)
		return ck_err_nomem(err);
	while (ui_order_work(&order, &ops, sort))
		if (watch->cancel)
			return ck_err_set(err, CK_ECANCEL, "sorting was given up");
	if (ui_arrangement_make(&ui_source_tree_ops, tree, (uint32_t)tree->n, &order,
	                        &sort->arranged) < 0)
		return ck_err_nomem(err);
	return CK_OK;
}

static int work(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct sort *sort = data;
	uint32_t first;
	int r = sort->column >= 0 && !sort->arranged ? arrange(sort, watch, err) : CK_OK;
	if (r == 0 && sort->filtered &&
	    ui_source_shown(sort->tree, sort->arranged, &sort->hits, &sort->shown, &first) < 0)
		r = ck_err_nomem(err);
	return r;
}

static void start(struct ui_view *v, struct ui_arrangement *arranged);

/** Other rows were found meanwhile, or all are shown again. */
static bool is_outdated(const struct ui_source_page *s, const struct sort *sort)
{
	return s->rows.filtered != sort->filtered ||
	       (sort->filtered && !ck_runs_are_same(&s->hits, &sort->hits));
}

static void sorted(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct ui_source_page *s = v->state;
	struct sort *sort = data;
	uint32_t node = ui_source_cursor(s);
	if (sort->number != s->sorting)
		return;
	s->sort_watch = NULL;
	if (s->tree != sort->tree)
		return;
	if (r == 0 && is_outdated(s, sort)) {
		start(v, sort->arranged);
		return;
	}
	if (r == 0) {
		ui_tree_arrange(&s->rows, sort->arranged, &sort->shown);
	} else {
		ui_app_say(v->app, UI_SAY_WARN, "The order stays: %s", err->msg);
		s->list.sort = -1;
	}
	ui_list_sorted(&s->list, node == CK_NODE_NONE ? UI_LIST_NONE : ui_tree_row(&s->rows, node));
	ui_source_explain_row(v);
}

/** @arranged: it is known already, but not which rows the filter leaves. */
static void start(struct ui_view *v, struct ui_arrangement *arranged)
{
	static const struct ui_task_kind kind = {work, sorted, sort_free};
	struct ui_source_page *s = v->state;
	struct sort *sort = ck_alloc(1, sizeof *sort);
	if (!sort)
		return;
	sort->server = ui_server_ref(s->w->server);
	sort->tree = s->tree;
	sort->column = s->sort_by = s->list.sort;
	sort->descending = s->sort_down = s->list.descending;
	sort->arranged = ui_arrangement_ref(arranged);
	sort->filtered = s->rows.filtered;
	sort->number = ++s->sorting;
	bool figures = sort->column == UI_SOURCE_WHY && !arranged;
	if ((figures && (ck_boxes_copy(&s->w->boxes.now, &sort->boxes) < 0 ||
	                 ui_missing_share(&s->w->missing, &sort->missing) < 0)) ||
	    (sort->filtered && ck_runs_copy(&s->hits, &sort->hits) < 0)) {
		sort_free(sort);
		return;
	}
	(void)ui_task_start(v->app, &kind, v, sort, &s->sort_watch, NULL);
}

void ui_source_drop_sort(struct ui_source_page *s)
{
	s->sorting++;
	if (s->sort_watch)
		s->sort_watch->cancel = true;
	s->sort_watch = NULL;
}

void ui_source_sort(struct ui_view *v)
{
	struct ui_source_page *s = v->state;
	bool same = s->sort_by == s->list.sort && s->sort_down == s->list.descending;
	if (!s->list.unsorted || !s->w->tree || (s->sort_watch && same))
		return;
	ui_source_drop_sort(s);
	if (s->list.sort != UI_SOURCE_WHY || !ui_wizard_is_counting(s->w))
		start(v, NULL);
}
