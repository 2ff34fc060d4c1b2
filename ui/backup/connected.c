/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/connected.h"

#include <stdlib.h>

#include "backup/wizard.h"
#include "loop/app.h"
#include "loop/task.h"
#include "words/sessions.h"

#define ASK_EVERY_MS 5000

struct ask_arg {
	const struct ck_settings *settings;
	struct ck_sessions sessions;
};

static int ask(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct ask_arg *arg = data;
	(void)watch;
	return ck_sessions_list(arg->settings, &arg->sessions, err);
}

static void answered(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_wizard *w = owner;
	struct ask_arg *arg = data;
	struct ui_connected *c = &w->connected;
	(void)r;
	c->asking = false;
	c->known = true;
	c->err = *err;
	ck_sessions_fini(&c->now);
	c->now = arg->sessions;
	arg->sessions = (struct ck_sessions){0};
	ui_app_news(w->app);
}

static void ask_free(void *data)
{
	struct ask_arg *arg = data;
	ck_sessions_fini(&arg->sessions);
	free(arg);
}

void ui_connected_ask(struct ui_wizard *w)
{
	static const struct ui_task_kind kind = {ask, answered, ask_free};
	struct ask_arg *arg = w->connected.asking ? NULL : ck_alloc(1, sizeof *arg);
	if (!arg)
		return;
	arg->settings = ui_app_settings(w->app);
	w->connected.asked_ms = ui_app_clock_ms(w->app);
	w->connected.asking = ui_task_start(w->app, &kind, w, arg, NULL, NULL) == 0;
}

void ui_connected_tick(struct ui_wizard *w)
{
	if (ui_app_clock_ms(w->app) - w->connected.asked_ms >= ASK_EVERY_MS)
		ui_connected_ask(w);
}

void ui_connected_count(const struct ui_connected *c, struct ck_buf *ret)
{
	if (!c->known)
		(void)ck_buf_adds(ret, "...");
	else if (c->err.code)
		(void)ck_buf_addf(ret, "not known: %s", c->err.msg);
	else
		ui_sessions_count(&c->now, ret);
}

void ui_connected_fini(struct ui_connected *c)
{
	ck_sessions_fini(&c->now);
}
