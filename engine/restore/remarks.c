/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/remarks.h"

#include <string.h>

#include <cyrkeep/difference.h>

#include "restore/checks.h"
#include "restore/quota.h"
#include "restore/readmarks.h"
#include "restore/scripts.h"
#include "restore/subscribed.h"
#include "restore/target.h"

#define SETTINGS_TOLD 6

static int remark_incomplete(const struct restore *r, struct ck_rehearsal *ret, struct ck_err *err)
{
	const struct ck_archive_info *info = ck_archive_info(r->archive);
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (!*info->incomplete)
		return 0;
	(void)ck_buf_addf(
		&text, "the archive is incomplete: %s%s", info->incomplete,
		ck_archive_plan(r->archive)->without_config
			? "; subscriptions, quota limits and annotations of mailboxes are "
			  "not in it"
			: "");
	return check_add(ret, CK_CHECK_WARN, &text, err);
}

int remarks_made(const struct restore *r, struct ck_rehearsal *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (!r->annotations.damage)
		return 0;
	(void)ck_buf_addf(&text, "annotations of mailboxes may not all come back: %s",
	                  r->annotations.damage);
	return check_add(ret, CK_CHECK_WARN, &text, err);
}

static const char *in_words(const struct ck_setting *s)
{
	return s->state == CK_SETTING_ABSENT ? "not set" : s->value;
}

/* Names are translated, directories are Cyrus's business: but whoever restores should know. */
static int remark_settings(struct restore *r, struct ck_rehearsal *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_differences_fini) struct ck_differences d = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	struct ck_err why = CK_ERR_INIT;
	int n = ck_archive_differences(r->archive, r->settings, &d, &why);
	if (n == CK_ENOMEM)
		return ck_err_nomem(err);
	ret->settings = d.nrestore;
	if (n < 0)
		(void)ck_buf_addf(&text, "the settings of then are not known: %s", why.msg);
	for (size_t i = 0; i < d.nrestore && i < SETTINGS_TOLD; i++)
		(void)ck_buf_addf(&text, "%s%s was %s, is %s",
		                  i ? "; " : "this server's settings differ: ", d.items[i].name,
		                  in_words(&d.items[i].was), in_words(&d.items[i].is));
	if (d.nrestore > SETTINGS_TOLD)
		(void)ck_buf_addf(&text, "; and %zu more", d.nrestore - SETTINGS_TOLD);
	return text.len ? check_add(ret, n < 0 ? CK_CHECK_WARN : CK_CHECK_NOTE, &text, err) : 0;
}

int remarks_general(struct restore *r, struct ck_rehearsal *ret, struct ck_err *err)
{
	int n = 0;
	for (size_t i = 0; i < r->remarks.n && n == 0; i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
		(void)ck_buf_adds(&text, r->remarks.items[i]);
		n = check_add(ret, CK_CHECK_NOTE, &text, err);
	}
	if (n == 0)
		n = remark_incomplete(r, ret, err);
	return n == 0 ? remark_settings(r, ret, err) : n;
}

static const char *yes(bool it_is)
{
	return it_is ? "yes" : "no";
}

int remarks_user(struct restore *r, const struct restore_item *item, const struct comparison *c,
                 struct ck_rehearsal *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_CLEANUP(ck_strv_fini) struct ck_strv names = {0};
	const char *seen = checks_brings_seen(c) ? "yes" : "no";
	size_t inbox = target_inbox(item->target);
	if (c->action != CK_RESTORE_RECREATE || !inbox || item->target[inbox]) {
		(void)ck_buf_addf(&text, "user '%s': seen: %s, subscriptions: as they are now",
		                  item->owner, seen);
		return check_add(ret, CK_CHECK_NOTE, &text, err);
	}
	struct quota quota;
	size_t scripts = 0, marks = 0;
	bool sync = r->via == CK_VIA_SYNC;
	int n = sync ? subscribed_read(r, item, &names, NULL) : CK_ENOTFOUND;
	int q = sync ? quota_archived(r, item->target, &quota, NULL) : CK_ENOTFOUND;
	int s = sync ? scripts_count(r, item, &scripts, NULL) : CK_ENOTFOUND;
	int m = sync ? readmarks_count(r, item, &marks, NULL) : CK_ENOTFOUND;
	if (n == CK_ENOMEM || q == CK_ENOMEM || s == CK_ENOMEM || m == CK_ENOMEM)
		return ck_err_nomem(err);
	(void)ck_buf_addf(&text,
	                  "user '%s' is gone and is made again: seen: %s, subscriptions: %s, quota "
	                  "limit: %s, sieve scripts: %s, read marks in others' mailboxes: %s",
	                  item->owner, seen, yes(n == 0), yes(q == 0), yes(s == 0 && scripts),
	                  yes(m == 0 && marks));
	return check_add(ret, CK_CHECK_NOTE, &text, err);
}

int remarks_new_user(struct restore *r, const struct restore_item *item, size_t inbox,
                     struct ck_rehearsal *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_FREE char *name = strndup(item->target, inbox);
	if (!name)
		return ck_err_nomem(err);
	int n = restore_exists(r, name, err);
	if (n != 0)
		return n < 0 ? n : 0;
	(void)ck_buf_addf(&text, "there is no user '%s': he is made, with an empty INBOX",
	                  item->owner);
	return check_add(ret, CK_CHECK_NOTE, &text, err);
}

int remarks_search(const struct restore *r, struct ck_buf *ret)
{
	const char *engine = conf_get(r->conf, "search_engine");
	if (!engine || strcmp(engine, "none") == 0)
		return 0;
	(void)ck_buf_adds(ret, "search indexes are not restored; as the Cyrus user run: squatter");
	for (size_t i = 0; i < r->n && i < 5; i++)
		(void)ck_buf_addf(ret, " '%s'", r->items[i].shown);
	return r->n > 5 ? ck_buf_adds(ret, " …") : ret->failed ? CK_ENOMEM : 0;
}
