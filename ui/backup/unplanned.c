/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/unplanned.h"

#include <stdlib.h>

#include "loop/app.h"

struct look {
	struct ui_unplanned *of; /* Lives as long as the page that owns the task. */
	struct ui_server *server;
	unsigned saved_number;
	struct ck_plan *plans;
	size_t nplans;
	uint32_t *nodes; /* Partitions with mail that no plan before takes. */
	size_t n;
};

static int find_partitions(struct look *arg)
{
	const struct ck_tree *t = arg->server->trees[CK_GROUP_BY_PARTITION];
	size_t cap = 0;
	for (uint32_t p = ck_tree_child(t, 0); p != CK_NODE_NONE; p = ck_tree_sibling(t, p))
		cap++;
	arg->nodes = ck_alloc(cap + 1, sizeof *arg->nodes);
	for (uint32_t p = ck_tree_child(t, 0); arg->nodes && p != CK_NODE_NONE;
	     p = ck_tree_sibling(t, p))
		if (t->nodes[p].kind == CK_NODE_PARTITION && t->nodes[p].mailboxes)
			arg->nodes[arg->n++] = p;
	return arg->nodes ? 0 : CK_ENOMEM;
}

/** Of a plan that cannot be applied nobody knows what it takes: nothing is said then. */
static int apply(struct look *arg, const struct ck_plan *plan, struct ck_err *err)
{
	struct ck_boxes boxes;
	size_t kept = 0;
	if (ck_boxes_init(&boxes, arg->server->trees[CK_GROUP_BY_PARTITION]) < 0)
		return ck_err_nomem(err);
	int r = ck_boxes_from_plan(&boxes, plan, err);
	for (size_t i = 0; r == 0 && i < arg->n; i++)
		if (!ck_boxes_sum(&boxes, arg->nodes[i]).mailboxes)
			arg->nodes[kept++] = arg->nodes[i];
	arg->n = r == 0 ? kept : 0;
	ck_boxes_fini(&boxes);
	return r;
}

static int look(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct look *arg = data;
	int r = find_partitions(arg) < 0 ? ck_err_nomem(err) : 0;
	for (size_t i = 0; r == 0 && arg->n && i < arg->nplans; i++)
		r = watch->cancel ? CK_ECANCEL : apply(arg, &arg->plans[i], err);
	return r;
}

static void looked(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct look *arg = data;
	struct ui_unplanned *u = arg->of;
	(void)err;
	free(u->nodes);
	u->nodes = CK_STEAL(arg->nodes);
	u->n = r == 0 ? arg->n : 0;
	u->server = arg->server;
	u->saved_number = arg->saved_number;
	u->asking = false;
	if (v->ops->news)
		(void)v->ops->news(v); /* it asks again where others were saved meanwhile */
}

static void look_free(void *data)
{
	struct look *arg = data;
	for (size_t i = 0; i < arg->nplans; i++)
		ck_plan_fini(&arg->plans[i]);
	free(arg->plans);
	free(arg->nodes);
	ui_server_unref(arg->server);
	free(arg);
}

static struct look *new_look(const struct ui_wizard *w)
{
	struct look *arg = ck_alloc(1, sizeof *arg);
	if (!arg)
		return NULL;
	arg->server = ui_server_ref(w->server);
	arg->saved_number = w->saved_number;
	arg->plans = ck_alloc(w->saved.nplans + 1, sizeof *arg->plans);
	while (arg->plans && arg->nplans < w->saved.nplans &&
	       ck_plan_copy(&w->saved.plans[arg->nplans], &arg->plans[arg->nplans]) == 0)
		arg->nplans++;
	if (arg->plans && arg->nplans == w->saved.nplans)
		return arg;
	look_free(arg);
	return NULL;
}

void ui_unplanned_ask(struct ui_unplanned *u, struct ui_view *v)
{
	static const struct ui_task_kind kind = {look, looked, look_free};
	const struct ui_wizard *w = ui_wizard_of(v);
	if (!w->tree || !w->saved.nplans || u->asking ||
	    (u->server == w->server && u->saved_number == w->saved_number))
		return;
	struct look *arg = new_look(w);
	if (!arg)
		return;
	arg->of = u;
	u->asking = ui_task_start(v->app, &kind, v, arg, NULL, NULL) == 0;
}

bool ui_unplanned_is(const struct ui_unplanned *u, const struct ui_wizard *w, uint32_t node)
{
	if (!u->server || u->server != w->server || !w->tree ||
	    w->tree->grouping != CK_GROUP_BY_PARTITION)
		return false;
	for (size_t i = 0; i < u->n; i++)
		if (u->nodes[i] == node)
			return true;
	return false;
}

void ui_unplanned_explain(const struct ui_unplanned *u, const struct ui_wizard *w, uint32_t node,
                          struct ck_buf *ret)
{
	if (ui_unplanned_is(u, w, node))
		(void)ck_buf_adds(ret, "\nNo saved plan takes any of it.\n");
}

void ui_unplanned_fini(struct ui_unplanned *u)
{
	free(u->nodes);
}
