/* SPDX-License-Identifier: BSD-2-Clause */
/* What the draft takes and what its rules catch, worked out in the background. */
#include <stdlib.h>

#include "backup/wizard.h"
#include "loop/app.h"

struct estimate_arg {
	struct ui_server *server;
	const struct ck_tree *tree; /**< One of its. */
	struct ck_plan plan;
	int64_t now;
	unsigned generation;
	struct ck_estimate est;
	uint64_t users; /**< As in the wizard. */
	struct ui_wizard_rule *rules;
	struct ui_missing missing;
	struct ui_wizard_nothing nothing;
};

/** Nothing but a name, with no wildcard that a box would not set: what unticking a box writes. */
static bool is_by_hand(const struct ck_rule *rule, char sep)
{
	const char *name = rule->below ? rule->below : rule->name;
	if (!ck_rule_is_whole(rule) || rule->leaf || rule->special || (rule->below && rule->name))
		return false;
	for (const char *p = name; p && *p; p++) {
		bool last = p[1] == '\0' || p[1] == '@'; /* or of a domain */
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '%' || (*p == '*' && (!last || (p > name && p[-1] != sep))))
			return false;
	}
	return true;
}

static int judge_rules(struct estimate_arg *arg, struct ck_err *err)
{
	const struct ck_strv *texts = &arg->plan.exclude;
	arg->rules = ck_alloc(texts->n + 1, sizeof *arg->rules);
	if (!arg->rules)
		return ck_err_nomem(err);
	for (size_t i = 0; i < texts->n; i++) {
		struct ck_rule rule;
		int r = ck_rule_parse(texts->items[i], &rule, err);
		if (r < 0)
			return r;
		arg->rules[i].whole = ck_rule_is_whole(&rule);
		arg->rules[i].by_hand = is_by_hand(&rule, arg->server->server->separator);
		ck_rule_fini(&rule);
	}
	return CK_OK;
}

/* --- what rules leave out whole, which needs no index ---------------------------------- */

/** The plan with no other rules but those that leave out whole mailboxes. @ret_by_hand: of each. */
static int keep_whole(struct ck_plan *plan, char sep, bool **ret_by_hand)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv whole = {0};
	CK_FREE bool *by_hand = ck_alloc(plan->exclude.n + 1, sizeof *by_hand);
	if (!by_hand)
		return CK_ENOMEM;
	for (size_t i = 0; i < plan->exclude.n; i++) {
		CK_CLEANUP(ck_rule_fini) struct ck_rule rule = {0};
		int r = ck_rule_parse(plan->exclude.items[i], &rule, NULL);
		if (r < 0 || rule.off || !ck_rule_is_whole(&rule))
			continue;
		by_hand[whole.n] = is_by_hand(&rule, sep);
		if (ck_strv_add(&whole, plan->exclude.items[i]) < 0)
			return CK_ENOMEM;
	}
	ck_strv_fini(&plan->exclude);
	plan->exclude = whole;
	whole = (struct ck_strv){0};
	*ret_by_hand = CK_STEAL(by_hand);
	return CK_OK;
}

int ui_estimate_ruled(const struct ck_tree *tree, const struct ck_plan *plan, int64_t now,
                      struct ck_watch *watch, struct ck_runs *ret, struct ck_err *err)
{
	const struct ck_server *s = tree->server;
	CK_CLEANUP(ck_plan_fini) struct ck_plan whole = {0};
	CK_CLEANUP(ck_estimate_fini) struct ck_estimate est = {0};
	CK_FREE bool *by_hand = NULL;
	CK_FREE bool *ruled = ck_alloc(s->nmailboxes + 1, sizeof *ruled);
	if (!ruled || ck_plan_copy(plan, &whole) < 0 ||
	    keep_whole(&whole, s->separator, &by_hand) < 0)
		return ck_err_nomem(err);
	int r = ck_estimate(s, &whole, now, watch, &est, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < est.nmailboxes; i++) {
		const struct ck_estimate_mailbox *e = &est.mailboxes[i];
		ruled[e->mailbox] = e->left_out && !by_hand[e->left_out - 1];
	}
	for (size_t i = 0; i < tree->n; i++) {
		const struct ck_node *n = &tree->nodes[i];
		if (n->mailbox != CK_NODE_NONE && ruled[n->mailbox] &&
		    ck_runs_add(ret, n->first) < 0)
			return ck_err_nomem(err);
	}
	return CK_OK;
}

/* --- all of it ------------------------------------------------------------------------ */

/** What the pages say of what is taken. */
static void count_taken(struct estimate_arg *arg)
{
	for (size_t i = 0; i < arg->est.nmailboxes; i++) {
		const struct ck_estimate_mailbox *e = &arg->est.mailboxes[i];
		const struct ck_mailbox *m = &arg->server->server->mailboxes[e->mailbox];
		if (e->left_out)
			continue;
		arg->users += (m->flags & CK_MBOX_INBOX) && !(m->flags & CK_MBOX_DELAYED);
	}
}

static void find_nothing(struct estimate_arg *arg)
{
	struct ui_wizard_nothing *n = &arg->nothing;
	for (size_t i = 0; i < arg->est.nrules && !n->rule; i++)
		if (arg->est.rules[i].mailboxes == 0 && !arg->est.rules[i].off)
			n->rule = i + 1;
	if (n->rule)
		n->guess = ck_rule_guess(arg->server->server, arg->plan.exclude.items[n->rule - 1],
		                         &n->fits);
}

static int estimate(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct estimate_arg *arg = data;
	int r = judge_rules(arg, err);
	if (r == 0)
		r = ck_estimate(arg->server->server, &arg->plan, arg->now, watch, &arg->est, err);
	if (r == 0 &&
	    ui_missing_make(arg->tree, &arg->plan, arg->rules, &arg->est, &arg->missing) < 0)
		r = ck_err_nomem(err);
	if (r == 0)
		count_taken(arg);
	if (r == 0)
		find_nothing(arg);
	return r;
}

static void estimate_done(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_wizard *w = owner;
	struct estimate_arg *arg = data;
	if (arg->generation != w->generation)
		return; /* a newer one is under way */
	w->est_watch = NULL;
	if (r == 0) {
		ui_defaults_release(w);
		w->est = arg->est;
		arg->est = (struct ck_estimate){0};
		w->est_users = arg->users;
		free(w->rules);
		w->rules = CK_STEAL(arg->rules);
		ui_missing_fini(&w->missing);
		w->missing = arg->missing;
		arg->missing = (struct ui_missing){0};
		free(w->nothing.guess);
		w->nothing = arg->nothing;
		arg->nothing.guess = NULL;
		w->est_known = true;
	} else {
		w->est_err = *err;
	}
	ui_wizard_news(w); /* it was waited for */
	ui_app_news(w->app);
}

static void estimate_free(void *data)
{
	struct estimate_arg *arg = data;
	ck_estimate_fini(&arg->est);
	ui_missing_fini(&arg->missing);
	ck_plan_fini(&arg->plan);
	ui_server_unref(arg->server);
	free(arg->rules);
	free(arg->nothing.guess);
	free(arg);
}

void ui_estimate_start(struct ui_wizard *w)
{
	static const struct ui_task_kind kind = {estimate, estimate_done, estimate_free};
	struct estimate_arg *arg = ck_alloc(1, sizeof *arg);
	if (!arg || ck_plan_copy(&w->plan, &arg->plan) < 0) {
		free(arg);
		(void)ck_err_nomem(&w->est_err);
		return;
	}
	arg->server = ui_server_ref(w->server);
	arg->tree = w->tree;
	arg->generation = w->generation;
	arg->now = ui_app_now(w->app);
	if (ui_task_start(w->app, &kind, w, arg, &w->est_watch, &w->est_err) < 0)
		w->est_watch = NULL;
}
