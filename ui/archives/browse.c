/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/browse.h"

#include "archives/letters.h"
#include "loop/app.h"
#include "loop/house.h"
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
