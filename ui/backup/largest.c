/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/largest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "backup/source.h"
#include "loop/app.h"
#include "words/rules.h"

struct ask {
	struct ui_largest *of; /* Lives as long as the screen that owns the task. */
	unsigned number;
	struct ui_server *server;
	struct ck_plan plan;
	struct ck_largest_query query;
	struct ck_largest found;
};

static int find(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct ask *arg = data;
	return ck_largest(&arg->query, watch, &arg->found, err);
}

static void found(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct ask *arg = data;
	struct ui_largest *l = arg->of;
	if (arg->number != l->number)
		return; /* a newer one is under way, or nothing is wanted any more */
	ck_largest_fini(&l->found);
	l->found = arg->found;
	arg->found = (struct ck_largest){0};
	l->watch = NULL;
	l->known = r == 0;
	l->err = *err;
	if (v->ops->news)
		(void)v->ops->news(v);
}

static void ask_free(void *data)
{
	struct ask *arg = data;
	ck_largest_fini(&arg->found);
	ck_plan_fini(&arg->plan);
	ui_server_unref(arg->server);
	free(arg);
}

static void give_up(struct ui_largest *l)
{
	if (l->watch)
		l->watch->cancel = true;
	l->watch = NULL;
	l->number++;
	l->known = false;
	l->err = (struct ck_err)CK_ERR_INIT;
}

void ui_largest_ask(struct ui_largest *l, struct ui_view *v, struct ui_server *server,
                    const struct ck_tree *tree, uint32_t node, size_t most, bool left_out)
{
	static const struct ui_task_kind kind = {find, found, ask_free};
	const struct ui_wizard *w = ui_wizard_of(v);
	struct ask *arg = ck_alloc(1, sizeof *arg);
	give_up(l);
	ui_server_ref(server);
	ui_server_unref(l->server);
	l->server = server;
	l->tree = tree;
	l->node = node;
	l->generation = w->generation;
	if (!arg || ck_plan_copy(&w->plan, &arg->plan) < 0) {
		free(arg);
		(void)ck_err_nomem(&l->err);
		return;
	}
	arg->of = l;
	arg->number = l->number;
	arg->server = ui_server_ref(server);
	arg->query = (struct ck_largest_query){.tree = tree,
	                                       .node = node,
	                                       .plan = &arg->plan,
	                                       .left_out = left_out,
	                                       .now = ui_app_now(v->app),
	                                       .most = most};
	(void)ui_task_start(v->app, &kind, v, arg, &l->watch, &l->err);
}

bool ui_largest_is_of(const struct ui_largest *l, const struct ui_wizard *w,
                      const struct ck_tree *tree, uint32_t node)
{
	return l->server && l->tree == tree && l->node == node && l->generation == w->generation;
}

void ui_largest_drop(struct ui_largest *l)
{
	give_up(l);
	ck_largest_fini(&l->found);
	ui_server_unref(l->server);
	l->server = NULL;
}

const char *ui_largest_out(const struct ui_wizard *w, const struct ck_large_message *m, char *buf,
                           size_t size)
{
	if (!m->left_out)
		return "";
	if (m->left_out == CK_LARGE_NOT_SELECTED)
		return "no pattern";
	if (w->est_known && m->left_out <= w->est.nrules && w->rules[m->left_out - 1].by_hand)
		return "by you";
	snprintf(buf, size, "rule %" PRIu32, m->left_out);
	return buf;
}

const char *ui_largest_subject(const struct ck_large_message *m)
{
	if (!m->subject)
		return "(not cached)";
	return *m->subject ? m->subject : "(no subject)";
}

void ui_largest_rule(const struct ck_tree *tree, const struct ck_large_message *m,
                     struct ck_buf *ret)
{
	static const struct {
		uint64_t bytes;
		const char *letter;
	} units[] = {{1u << 30, "G"}, {1u << 20, "M"}, {1u << 10, "K"}, {1, ""}};
	uint64_t below = m->size ? m->size - 1 : 0; /* larger is strictly larger */
	size_t i = 0;
	while (i + 1 < CK_COUNT(units) && below < units[i].bytes)
		i++;
	(void)ck_buf_addf(ret, "larger:%" PRIu64 "%s", below / units[i].bytes, units[i].letter);
	ui_source_mailbox_rule(tree, m->node, false, ret);
}
