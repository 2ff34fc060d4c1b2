/* SPDX-License-Identifier: BSD-2-Clause */
/** A failure, said so that somebody can act: what happened, the cause, the remedy. */
#include <string.h>

#include "loop/app.h"
#include "loop/dialog.h"

void ui_app_fail(struct ui_app *app, const char *title, const struct ck_err *err)
{
	static const char *const buttons[] = {"Close", NULL};
	struct ck_buf text = CK_BUF_INIT;
	const char *cause = err->msg[0] ? err->msg : "out of memory";
	(void)ck_buf_addf(&text, "Cause   %s.\n", cause);
	if (err->remedy[0])
		(void)ck_buf_addf(&text, "Remedy  %s.\n", err->remedy);
	struct ui_dialog d = {
		.title = title, .text = text.data, .buttons = buttons, .danger = true};
	if (!ui_app_top(app) || ui_dialog_open(ui_app_top(app), &d) < 0)
		ui_app_say(app, UI_SAY_WARN, "%s: %s", title, cause);
	ck_buf_fini(&text);
}
