/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/browse.h"

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/job.h>

#include "archives/letters.h"
#include "loop/app.h"
#include "loop/house.h"
#include "loop/places.h"
#include "loop/views.h"

bool ui_browse_jump(struct ui_app *app, const char *words)
{
	const struct ck_archive_info *newest = ui_house_last_good(ui_app_house(app));
	if (!newest)
		return false;
	ui_app_go(app, &ui_view_archives, NULL);
	(void)ui_app_push(app, &ui_view_browse,
	                  &(struct ui_browse_arg){.which = newest->path, .find = words});
	return true;
}

const char *ui_basket_word(const struct ui_opened *o, enum ui_action a)
{
	return a == UI_ACT_PUT_BACK && o && !ui_basket_is_empty(o) ? "Restore basket" : NULL;
}

void ui_basket_act(struct ui_view *v, struct ui_opened *o, enum ui_action a)
{
	if (a == UI_ACT_REMOVE) {
		ui_basket_remember(o);
		ui_basket_clear(o);
		ui_app_say(v->app, UI_SAY_INFO, "The basket is empty; u brings it back");
	} else if (ui_basket_undo(o)) {
		ui_app_say(v->app, UI_SAY_INFO, "Undone; u again does it again");
	}
}

void ui_restore_basket(struct ui_view *v, const struct ui_opened *o)
{
	struct ck_restore_request request = {0};
	struct ck_buf what = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	ui_basket_what(o, &what);
	if (what.failed || ui_basket_request(o, &request) < 0) {
		(void)ck_err_nomem(&err);
		ui_app_fail(v->app, "The restore cannot be prepared", &err);
	} else {
		(void)ui_app_push(v->app, &ui_view_restore,
		                  &(struct ui_restore_arg){&request, what.data, o->separator});
	}
	ck_restore_request_fini(&request);
	ck_buf_fini(&what);
}

void ui_restore_message(struct ui_view *v, struct ui_opened *o, size_t mailbox,
                        const struct ck_archived_message *m)
{
	if (!ui_basket_is_empty(o)) {
		ui_restore_basket(v, o);
	} else if (m && ui_letter_lack(m)) {
		ui_app_say(v->app, UI_SAY_INFO, "%s", ui_letter_lack(m));
	} else if (m && ui_basket_set_message(o, mailbox, m->uid, m->size)) {
		ui_restore_basket(v, o);
		ui_basket_clear(o);
	}
}

/* --- verifying ------------------------------------------------------------------------ */

struct verify {
	const struct ck_settings *settings;
	char *which;
	uint32_t job;
};

static int start_verify(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct verify *t = data;
	const struct ck_job_spec spec = {.kind = CK_JOB_VERIFY, .archive = t->which};
	(void)watch;
	return ck_job_start(t->settings, &spec, &t->job, err);
}

static void verify_started(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	const struct verify *t = data;
	if (r < 0)
		ui_app_fail(v->app, "The archive is not being verified", err);
	else
		ui_show_job(v->app, t->job, ui_app_is_shown(v->app, v));
}

static void verify_free(void *data)
{
	struct verify *t = data;
	free(t->which);
	free(t);
}

void ui_verify(struct ui_view *v, const char *which)
{
	static const struct ui_task_kind kind = {start_verify, verify_started, verify_free};
	struct ck_err err = CK_ERR_INIT;
	struct verify *t = which ? ck_alloc(1, sizeof *t) : NULL;
	int r = CK_OK;
	if (!t || !(t->which = strdup(which))) {
		free(t);
		r = ck_err_nomem(&err);
	} else {
		t->settings = ui_app_settings(v->app);
		r = ui_task_start(v->app, &kind, v, t, NULL, &err);
	}
	if (r < 0)
		ui_app_fail(v->app, "The archive is not being verified", &err);
	else
		ui_app_say(v->app, UI_SAY_INFO, "Starting to verify archive %s", which);
}
