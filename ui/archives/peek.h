/* SPDX-License-Identifier: BSD-2-Clause */
/** Reading one archived message in a task: its bytes, and the text that can be shown of it. */
#ifndef UI_PEEK_H
#define UI_PEEK_H

#include "archives/opened.h"
#include <cyrkeep/watch.h>

/** The work of one look; use ui_peek_work and ui_peek_free in a struct ui_task_kind. */
struct ui_peek {
	struct ui_opened *opened; /**< A reference. */
	size_t mailbox;
	uint32_t uid;
	bool raw;           /**< As it came, instead of decoded. */
	struct ck_buf text; /**< To be shown, as UI_BODY. */
	char *save;         /**< Write the bytes to this new file instead, mode 0600. */
};

/** @return NULL without memory. */
struct ui_peek *ui_peek_new(struct ui_opened *o, size_t mailbox, uint32_t uid);
int ui_peek_work(void *data, struct ck_watch *watch, struct ck_err *err);
void ui_peek_free(void *data);

#endif
