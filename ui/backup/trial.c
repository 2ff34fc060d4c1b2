/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/trial.h"

#include <stdlib.h>
#include <string.h>

#include "loop/app.h"
#include "words/fmt.h"

struct trial_arg {
	struct ui_trial *trial; /* The screen's; not for the thread. */
	struct ck_plan plan;
	int64_t now;
	struct ui_trial result; /* Holds the server. */
};

static bool is_more(const struct ui_trial_place *a, const struct ui_trial_place *b)
{
	return a->bytes != b->bytes ? a->bytes > b->bytes : a->messages > b->messages;
}

static void keep_place(struct ui_trial *t, const struct ui_trial_place *place)
{
	size_t at = t->nplaces;
	while (at > 0 && is_more(place, &t->places[at - 1]))
		at--;
	if (at == UI_TRIAL_PLACES)
		return;
	if (t->nplaces < UI_TRIAL_PLACES)
		t->nplaces++;
	memmove(&t->places[at + 1], &t->places[at], (t->nplaces - at - 1) * sizeof t->places[0]);
	t->places[at] = *place;
}

static void find_places(struct ui_trial *t, const struct ck_estimate *est)
{
	const struct ck_server *server = t->server->server;
	for (size_t i = 0; i < est->nmailboxes; i++) {
		const struct ck_estimate_mailbox *e = &est->mailboxes[i];
		const struct ck_mailbox *m = &server->mailboxes[e->mailbox];
		struct ui_trial_place p = {e->mailbox, e->messages, e->bytes};
		if (!e->left_out) {
			p.messages = m->messages > e->messages ? m->messages - e->messages : 0;
			p.bytes = m->bytes > e->bytes ? m->bytes - e->bytes : 0;
		}
		if (e->left_out || p.messages)
			keep_place(t, &p);
	}
}

static int try_rule(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct trial_arg *arg = data;
	struct ui_trial *t = &arg->result;
	const struct ck_server *server = t->server->server;
	struct ck_estimate est = {0};
	int r = ck_estimate(server, &arg->plan, arg->now, watch, &est, err);
	if (r < 0)
		return r;
	t->effect = est.rules[0];
	find_places(t, &est);
	ck_estimate_fini(&est);
	if (t->effect.mailboxes == 0)
		t->guess = ck_rule_guess(server, arg->plan.exclude.items[0], &t->fits);
	return CK_OK;
}

static void forget(struct ui_trial *t)
{
	ui_server_unref(t->server);
	free(t->guess);
	*t = (struct ui_trial){.number = t->number};
}

static void tried(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct trial_arg *arg = data;
	struct ui_trial *t = arg->trial;
	if (arg->result.number != t->number)
		return; /* a newer one is under way */
	forget(t);
	*t = arg->result;
	arg->result = (struct ui_trial){0};
	t->known = r == 0;
	t->err = *err;
	if (v->ops->news)
		(void)v->ops->news(v);
}

static void trial_free(void *data)
{
	struct trial_arg *arg = data;
	ck_plan_fini(&arg->plan);
	forget(&arg->result);
	free(arg);
}

void ui_trial_start(struct ui_trial *t, struct ui_view *v, struct ui_server *server,
                    const struct ck_strv *select, const char *rule)
{
	static const struct ui_task_kind kind = {try_rule, tried, trial_free};
	if (t->watch)
		t->watch->cancel = true;
	forget(t);
	t->number++;
	struct trial_arg *arg = rule && server ? ck_alloc(1, sizeof *arg) : NULL;
	if (!arg)
		return;
	const char *on = ck_rule_off(rule);
	arg->trial = t;
	arg->now = ui_app_now(v->app);
	arg->result.number = t->number;
	arg->result.server = ui_server_ref(server);
	if (ck_strv_copy(&arg->plan.select, select) < 0 ||
	    ck_strv_add(&arg->plan.exclude, on ? on : rule) < 0)
		trial_free(arg);
	else
		(void)ui_task_start(v->app, &kind, v, arg, &t->watch, NULL);
}

void ui_trial_fini(struct ui_trial *t)
{
	forget(t);
}

/** Why it catches nothing is known once it was tried. */
static void explain_nothing(const struct ui_trial *t, const char *rule, struct ck_buf *ret)
{
	(void)ck_buf_adds(ret, "It catches NOTHING: ");
	if (t->known)
		ui_rule_nothing(rule, t->fits, t->guess, ret);
	else
		(void)ck_buf_adds(ret, "no mailbox or message fits at present.");
}

void ui_trial_explain(const struct ui_trial *t, const struct ui_wizard *w, size_t row,
                      const char *sentence, int64_t now, struct ck_buf *ret)
{
	const struct ck_rule_effect *e =
		w->est_known && row < w->est.nrules ? &w->est.rules[row] : NULL;
	(void)ck_buf_addf(ret, "%s\n", sentence);
	if (!e) {
		(void)ck_buf_adds(ret, w->est_err.msg);
		return;
	}
	if (e->off)
		(void)ck_buf_adds(ret, "Switched off: nothing is left out by it. ");
	if (!e->mailboxes) {
		explain_nothing(t, w->plan.exclude.items[row], ret);
		return;
	}
	(void)ck_buf_adds(ret, e->off ? "Switched on it leaves out " : "By itself it leaves out ");
	ui_wizard_effect(e, ret);
	(void)ck_buf_adds(ret, ". ");
	if (e->oldest)
		(void)ck_buf_addf(ret, "The oldest is of %s. ", ui_fmt_date(e->oldest, now).s);
	if (e->by == CK_RULES_SEVERAL)
		(void)ck_buf_adds(ret, "Earlier rules leave out all of that already.");
	else if (e->by)
		(void)ck_buf_addf(ret, "Rule %u leaves out all of that already.", e->by);
	else if (!e->off)
		(void)ck_buf_adds(ret, "A restore from this backup will not have them; earlier "
		                       "archives keep what they have.");
}

void ui_trial_draw(const struct ui_trial *t, struct ui_canvas *c, int y, int end)
{
	const struct ck_mailbox *mailboxes = t->known ? t->server->server->mailboxes : NULL;
	size_t all = t->known ? (size_t)t->effect.mailboxes : 0, n = 0;
	for (; n < t->nplaces && n < all; n++, y++) {
		const struct ui_trial_place *p = &t->places[n];
		if (y >= end - (n + 1 < all))
			break;
		ui_put(c, y, 3, c->at.w - 35, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE,
		       mailboxes[p->mailbox].name);
		ui_put_right(c, y, c->at.w - 31, 20, UI_ROLE_NORMAL, UI_TEXT,
		             ui_fmt_things(p->messages, "message").s);
		ui_put_right(c, y, c->at.w - 10, 9, UI_ROLE_NORMAL, UI_TEXT,
		             ui_fmt_size(p->bytes).s);
	}
	if (n < all && y < end)
		ui_putf(c, y, 3, c->at.w - 3, UI_ROLE_DIM, "... %s more", ui_fmt_count(all - n).s);
}
