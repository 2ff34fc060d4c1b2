/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/subscribed.h"

#include "cyrus/db.h"
#include "restore/userfile.h"

int subscribed_read(struct restore *r, const struct restore_item *item, struct ck_strv *ret,
                    struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	CK_CLEANUP(db_closep) struct db *db = NULL;
	int n = userfile_read(r, item, "sub", &bytes, err);
	if (n < 0)
		return n;
	n = db_open_memory("subscriptions", (const uint8_t *)bytes.data, bytes.len, &db, err);
	return n < 0 ? n : subscriptions_read(db, item->target, ret, err);
}

/** Read back: Cyrus answers OK to more than it does. */
static int count_lost(struct imap *c, const struct restore_item *item, const struct ck_strv *names,
                      size_t *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv there = {0};
	int n = sync_get_subscriptions(c, item->owner, &there, err);
	*ret = 0;
	for (size_t i = 0; i < names->n && n == 0; i++)
		*ret += !ck_strv_has(&there, names->items[i]);
	return n;
}

int subscribed_restore(struct restore *r, const struct restore_item *item, struct run *run,
                       struct ck_err *err)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv names = {0};
	struct ck_err why = CK_ERR_INIT;
	struct imap *c;
	size_t lost = 0;
	int n = subscribed_read(r, item, &names, &why);
	if (n == CK_ENOTFOUND)
		return 0; /* he had none, or the archive has none of anybody's */
	if (n == 0)
		n = restore_sync(r, &c, &why);
	for (size_t i = 0; i < names.n && n == 0; i++)
		n = sync_put_subscription(c, names.items[i], item->owner, &why);
	if (n == 0)
		n = count_lost(c, item, &names, &lost, &why);
	if (n == CK_ENOMEM)
		return ck_err_nomem(err);
	if (n == 0 && lost)
		n = ck_err_set(&why, CK_EFAIL, "%zu of %zu are not there afterwards", lost,
		               names.n);
	if (n < 0)
		run_finding(run, item->shown, 0, "subscriptions-lost",
		            "let the user subscribe again in his mail program",
		            "not all subscriptions of '%s' could be put back: %s", item->owner,
		            why.msg);
	return 0;
}
