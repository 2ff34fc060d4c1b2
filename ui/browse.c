/* SPDX-License-Identifier: BSD-2-Clause */
#include "browse.h"

#include "app.h"
#include "house.h"
#include "views.h"

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
