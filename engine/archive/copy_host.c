/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings files of the host. They lie anywhere, so they are stored below .cyrkeep/conf/. */
#include <fcntl.h>
#include <string.h>

#include "archive/copy_state.h"
#include "base/fs.h"
#include "cyrus/conf.h"

#define CONF_LIMIT (16u << 20) /* of one settings file */

int copy_host_member(const struct copy *c, size_t i, struct ck_buf *ret)
{
	const char *path = c->host_files[i].path;
	const struct ck_strv *own = &c->order.server->conf->files;
	if (strcmp(path, own->items[0]) == 0)
		return ck_buf_adds(ret, "imapd.conf");
	if (strcmp(path, c->order.settings->cyrus_conf) == 0)
		return ck_buf_adds(ret, "cyrus.conf");
	path += *path == '/';
	return ck_buf_addf(ret, "%s/%s",
	                   ck_strv_has(own, c->host_files[i].path) ? "include" : "host", path);
}

static int pack_host_file(struct copy *c, size_t i, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT, bare = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf member = CK_BUF_INIT;
	const struct ck_host_file *file = &c->host_files[i];
	bool bared = c->order.plan->without_secrets;
	struct ck_err why = CK_ERR_INIT;
	if (bared && file->secret)
		return 0;
	int r = fs_read_file(AT_FDCWD, file->path, CONF_LIMIT, &text, &why);
	if (r < 0)
		return copy_found(c, NULL, 0, "file-unreadable", "check its permissions", err, "%s",
		                  why.msg);
	if (bared && file->secrets.n && host_without_secrets(text.data, text.len, &bare) < 0)
		return ck_err_nomem(err);
	const struct ck_buf *taken = bared && file->secrets.n ? &bare : &text;
	if (ck_buf_adds(&member, ".cyrkeep/conf/") < 0 || copy_host_member(c, i, &member) < 0)
		return ck_err_nomem(err);
	struct item *item = NULL;
	r = copy_item(c, ITEM_BYTES, taken->len, &item, err);
	if (r < 0)
		return r;
	item->bytes = arena_strn(c->slice->arena, taken->data, taken->len);
	item->len = taken->len;
	item->member = copy_string(c, member.data);
	item->file_kind = CATALOG_OWN;
	return item->bytes && item->member ? 0 : ck_err_nomem(err);
}

int copy_host_files(struct copy *c, struct ck_err *err)
{
	int r = ck_host_files(c->order.settings, c->order.server, &c->host_files, &c->nhost_files,
	                      err);
	for (size_t i = 0; r >= 0 && i < c->nhost_files; i++)
		r = pack_host_file(c, i, err);
	return r;
}
