/* SPDX-License-Identifier: BSD-2-Clause */
#include "words/leftover.h"

#include "words/text.h"

void ui_leftover_server(const struct ck_leftover *l, struct ck_buf *ret)
{
	if (!l->elsewhere || !l->host)
		return;
	(void)ui_text(l->host, SIZE_MAX, UI_NAME, ret);
	if (l->configdirectory && *l->configdirectory) {
		(void)ck_buf_adds(ret, ", ");
		(void)ui_text(l->configdirectory, SIZE_MAX, UI_NAME, ret);
	}
}

void ui_leftover_what(const struct ck_leftover *l, struct ck_buf *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf server = CK_BUF_INIT;
	ui_leftover_server(l, &server);
	(void)ck_buf_adds(ret, l->what);
	if (server.len)
		(void)ck_buf_addf(ret, " (server %s)", server.data);
}
