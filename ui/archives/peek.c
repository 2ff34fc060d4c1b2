/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/peek.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "words/fmt.h"

#define RAW_LIMIT (256u * 1024) /* of a message as it came: more is for a file */

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

static int write_synced(int fd, const struct ck_buf *raw)
{
	for (size_t at = 0; at < raw->len;) {
		ssize_t n = write(fd, raw->data + at, raw->len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += (size_t)n;
	}
	return fsync(fd);
}

static int save(const char *path, const struct ck_buf *raw, struct ck_err *err)
{
	CK_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ck_err_sys(err, "cannot make '%s'", path);
	if (write_synced(fd, raw) == 0)
		return CK_OK;
	int r = ck_err_sys(err, "cannot write '%s'", path);
	(void)unlink(path); /* half a message is none */
	return r;
}

static int show_raw(const struct ck_buf *raw, struct ck_buf *ret, struct ck_err *err)
{
	size_t len = raw->len < RAW_LIMIT ? raw->len : RAW_LIMIT;
	for (size_t i = 0; i < len; i++)
		if (raw->data[i] != '\r' || i + 1 == len || raw->data[i + 1] != '\n')
			(void)ck_buf_addc(ret, raw->data[i]);
	if (len < raw->len)
		(void)ck_buf_addf(ret, "\n[%s more; w writes all of it to a file]\n",
		                  ui_fmt_size(raw->len - len).s);
	return ret->failed ? ck_err_nomem(err) : CK_OK;
}

int ui_peek_work(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct ui_peek *p = data;
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT;
	pthread_mutex_lock(&p->opened->lock);
	int r = watch->cancel ? CK_ECANCEL
	                      : ck_archive_message(p->opened->archive,
	                                           p->opened->mailboxes[p->mailbox].name, p->uid,
	                                           &raw, err);
	pthread_mutex_unlock(&p->opened->lock);
	if (r < 0)
		return r;
	if (p->save)
		return save(p->save, &raw, err);
	if (p->raw)
		return show_raw(&raw, &p->text, err);
	return ck_message_preview(raw.data, raw.len, &p->text, err);
}
