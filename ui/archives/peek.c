/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/peek.h"

#include <stdlib.h>
#include <string.h>

#include "archives/savefile.h"
#include "words/fmt.h"

/* Of a message as it came, and of what is looked into for its text: more is for a file. */
#define RAW_LIMIT     (256u << 10)
#define PREVIEW_LIMIT (32u << 20)

struct ui_peek *ui_peek_new(struct ui_opened *o, size_t mailbox, uint32_t uid)
{
	struct ui_peek *p = ck_alloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->opened = ui_opened_ref(o);
	p->mailbox = mailbox;
	p->uid = uid;
	p->text = (struct ck_buf)CK_BUF_INIT;
	return p;
}

void ui_peek_free(void *data)
{
	struct ui_peek *p = data;
	if (!p)
		return;
	ui_opened_unref(p->opened);
	ck_buf_fini(&p->text);
	free(p->save);
	free(p);
}

static int add_rest(struct ck_buf *ret, uint64_t rest, struct ck_err *err)
{
	if (rest)
		(void)ck_buf_addf(ret, "\n[%s more; w writes all of it to a file]\n",
		                  ui_fmt_size(rest).s);
	return ret->failed ? ck_err_nomem(err) : CK_OK;
}

static void add_raw(const struct ck_buf *raw, struct ck_buf *ret)
{
	for (size_t i = 0; i < raw->len; i++)
		if (raw->data[i] != '\r' || i + 1 == raw->len || raw->data[i + 1] != '\n')
			(void)ck_buf_addc(ret, raw->data[i]);
}

static int read_message(struct ui_peek *p, struct ck_buf *raw, uint64_t *ret_size,
                        struct ck_err *err)
{
	struct ck_archive *a = p->opened->archive;
	const char *mailbox = p->opened->mailboxes[p->mailbox].name;
	if (p->save)
		return ck_archive_message(a, mailbox, p->uid, raw, err);
	return ck_archive_message_head(a, mailbox, p->uid, p->raw ? RAW_LIMIT : PREVIEW_LIMIT, raw,
	                               ret_size, err);
}

int ui_peek_work(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct ui_peek *p = data;
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT;
	uint64_t size = 0;
	pthread_mutex_lock(&p->opened->lock);
	int r = watch->cancel ? CK_ECANCEL : read_message(p, &raw, &size, err);
	pthread_mutex_unlock(&p->opened->lock);
	if (r < 0)
		return r;
	if (p->save)
		return ui_save_file(p->save, &raw, err);
	if (p->raw)
		add_raw(&raw, &p->text);
	else
		r = ck_message_preview(raw.data, raw.len, &p->text, err);
	return r < 0 ? r : add_rest(&p->text, size - raw.len, err);
}
