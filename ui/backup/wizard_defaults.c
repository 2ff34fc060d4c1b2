/* SPDX-License-Identifier: BSD-2-Clause */
/** What the default exclusions catch, worked out in the background once somebody looks. */
#include <stdlib.h>
#include <string.h>

#include "backup/wizard.h"
#include "loop/app.h"

struct ui_defaults {
	struct ui_server *server;
	struct ck_plan plan;
	struct ck_estimate lent;  /* The wizard's, for reading. */
	struct ck_estimate owned; /* The same, once the wizard has another. */
	unsigned number;
	struct ck_default_effect effects[CK_DEFAULT_EXCLUSIONS];
};

void ui_defaults_outdate(struct ui_wizard *w)
{
	w->defaults_known = false;
	w->defaults_number++;
	w->defaults_err = (struct ck_err)CK_ERR_INIT;
	if (w->defaults_watch)
		w->defaults_watch->cancel = true;
	w->defaults_watch = NULL;
}

void ui_defaults_release(struct ui_wizard *w)
{
	if (w->defaults_task)
		w->defaults_task->owned = w->est; /* it may be reading */
	else
		ck_estimate_fini(&w->est);
	w->defaults_task = NULL;
	w->est = (struct ck_estimate){0};
}

static int work(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct ui_defaults *arg = data;
	return ck_default_effects(arg->server->server, &arg->plan, &arg->lent, watch, arg->effects,
	                          err);
}

static void done(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_wizard *w = owner;
	struct ui_defaults *arg = data;
	if (w->defaults_task == arg)
		w->defaults_task = NULL;
	if (arg->number != w->defaults_number) {
		ui_wizard_news(w); /* it was waited for */
		return;
	}
	w->defaults_watch = NULL;
	if (r < 0)
		w->defaults_err = *err;
	else
		memcpy(w->defaults, arg->effects, sizeof w->defaults);
	w->defaults_known = r == 0;
	ui_app_news(w->app);
}

static void release(void *data)
{
	struct ui_defaults *arg = data;
	ck_estimate_fini(&arg->owned);
	ck_plan_fini(&arg->plan);
	ui_server_unref(arg->server);
	free(arg);
}

void ui_defaults_start(struct ui_wizard *w)
{
	static const struct ui_task_kind kind = {work, done, release};
	if (!w->defaults_wanted || !w->est_known || w->defaults_known || w->defaults_watch ||
	    w->defaults_task || w->defaults_err.code)
		return;
	struct ui_defaults *arg = ck_alloc(1, sizeof *arg);
	if (!arg || ck_strv_copy(&arg->plan.keep, &w->plan.keep) < 0) {
		free(arg);
		(void)ck_err_nomem(&w->defaults_err);
		return;
	}
	arg->plan.without_config = w->plan.without_config;
	arg->server = ui_server_ref(w->server);
	arg->lent = w->est;
	arg->number = w->defaults_number;
	if (ui_task_start(w->app, &kind, w, arg, &w->defaults_watch, &w->defaults_err) < 0)
		w->defaults_watch = NULL;
	else
		w->defaults_task = arg;
}

void ui_wizard_defaults_changed(struct ui_wizard *w)
{
	ui_defaults_outdate(w);
	ui_wizard_changed(w);
}

void ui_wizard_want_defaults(struct ui_wizard *w)
{
	w->defaults_wanted = true;
	ui_wizard_news(w);
}
