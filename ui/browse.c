/* SPDX-License-Identifier: BSD-2-Clause */
#include "browse.h"

#include "app.h"
#include "dialog.h"
#include "house.h"
#include "views.h"

void ui_show_command(struct ui_view *v, const char *command)
{
	static const char *const buttons[] = {"Close", NULL};
	struct ui_dialog d = {.title = "As command line", .text = command, .buttons = buttons};
	(void)ui_dialog_open(v, &d);
}

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
	(void)o;
	ui_app_say(v->app, UI_SAY_INFO, "%s", "cyrkeep restore");
}
