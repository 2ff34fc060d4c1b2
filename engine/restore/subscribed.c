/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/subscribed.h"

#include "archive/source.h"
#include "cyrus/db.h"
#include "cyrus/paths.h"
#include <cyrkeep/server.h>

/** Internal names from the archived file of the user; none where he had no file. */
static int read_archived(struct restore *r, const struct restore_item *item, struct ck_strv *ret,
                         struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT, bytes = CK_BUF_INIT;
	CK_CLEANUP(db_closep) struct db *db = NULL;
	const struct ck_server server = {.conf = r->conf};
	const struct ck_mailbox inbox = {.intname = item->source->intname,
	                                 .uniqueid = item->source->uniqueid,
	                                 .flags = item->source->flags};
	int n = user_file(&server, &inbox, "sub", &path);
	if (n < 0)
		return ck_err_set(err, n, "'%s' has no place for subscriptions", item->shown);
	const char *member = path.data;
	while (*member == '/')
		member++;
	n = archive_state_file(r->archive, member, &bytes, err);
	if (n < 0)
		return n == CK_ENOTFOUND ? 0 : n;
	n = db_open_memory("subscriptions", (const uint8_t *)bytes.data, bytes.len, &db, err);
	return n < 0 ? n : subscriptions_read(db, item->target, ret, err);
}

int subscribed_restore(struct restore *r, const struct restore_item *item, struct run *run,
                       struct ck_err *err)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv names = {0};
	struct ck_err why = CK_ERR_INIT;
	struct imap *c;
	int n = read_archived(r, item, &names, &why);
	if (n == 0)
		n = restore_sync(r, &c, &why);
	for (size_t i = 0; i < names.n && n == 0; i++)
		n = sync_put_subscription(c, names.items[i], item->owner, &why);
	if (n == CK_ENOMEM)
		return ck_err_nomem(err);
	if (n < 0)
		run_finding(run, item->shown, 0, "subscriptions-lost",
		            "let the user subscribe again in his mail program",
		            "not all subscriptions of '%s' could be put back: %s", item->owner,
		            why.msg);
	return 0;
}
