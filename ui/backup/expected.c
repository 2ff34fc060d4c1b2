/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/expected.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/review.h"
#include "loop/app.h"
#include "words/forecast.h"

struct ask {
	struct ui_expected *of; /* Lives as long as the page that owns the task. */
	const struct ck_settings *settings;
	struct ui_expected answer;
};

static int ask(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct ask *arg = data;
	struct ui_expected *a = &arg->answer;
	struct ck_method *methods = NULL;
	size_t n = 0;
	(void)watch;
	a->forecast = (struct ck_forecast){.downtime_ms = -1};
	int r = ck_methods_list(arg->settings, a->bytes, &methods, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (strcmp(methods[i].name, a->method) == 0)
			a->forecast = methods[i].forecast;
	ck_methods_free(methods, n);
	return r;
}

static bool is_of_draft(const struct ui_expected *e, const struct ui_wizard *w)
{
	return e->known && w->est_known && e->bytes == w->est.taken_bytes &&
	       strcmp(e->method, ui_wizard_method(w)) == 0;
}

/** Where it cannot be found out the forecast is "not known yet"; Method says why. */
static void answered(void *owner, void *data, int r, const struct ck_err *err)
{
	const struct ask *arg = data;
	(void)r, (void)err;
	*arg->of = arg->answer;
	arg->of->known = true;
	ui_expected_ask(arg->of, owner); /* the draft may have changed */
}

void ui_expected_ask(struct ui_expected *e, struct ui_view *v)
{
	static const struct ui_task_kind kind = {ask, answered, free};
	const struct ui_wizard *w = ui_wizard_of(v);
	struct ask *arg = NULL;
	if (w->est_known && !e->asking && !is_of_draft(e, w))
		arg = ck_alloc(1, sizeof *arg);
	if (!arg)
		return;
	arg->of = e;
	arg->settings = ui_app_settings(v->app);
	arg->answer.bytes = w->est.taken_bytes;
	snprintf(arg->answer.method, sizeof arg->answer.method, "%s", ui_wizard_method(w));
	e->asking = ui_task_start(v->app, &kind, v, arg, NULL, NULL) == 0;
}

void ui_expected_draw(const struct ui_expected *e, const struct ui_wizard *w, struct ui_canvas *c,
                      int y)
{
	ui_title(c, y, "Expected", false);
	if (is_of_draft(e, w))
		ui_putf(c, y + 1, 1, c->at.w - 1, UI_ROLE_NORMAL, "full: read %s, %s%s",
		        ui_fmt_size(e->bytes).s, ui_review_is_down(w) ? "" : "down ",
		        ui_forecast(&e->forecast).s);
	else
		ui_put(c, y + 1, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "...");
}
