/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/readmarks.h"

#include <stdlib.h>
#include <string.h>

#include "cyrus/db.h"
#include "cyrus/sync_user.h"
#include "restore/userfile.h"

/** Of one mailbox. */
struct mark {
	char *id; /**< Uniqueid, as archived. */
	struct seen seen;
};

struct marks {
	struct mark *list;
	size_t n;
};

static void marks_fini(struct marks *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->list[i].id);
		seen_fini(&m->list[i].seen);
	}
	free(m->list);
	*m = (struct marks){0};
}

/** His own mailboxes keep his marks in their index. */
static bool is_his(const struct restore *r, const struct restore_item *item, const char *id)
{
	for (size_t i = 0; i < r->nboxes; i++)
		if (strcmp(r->boxes[i].uniqueid, id) == 0)
			return r->boxes[i].user && item->source->user &&
			       strcmp(r->boxes[i].user, item->source->user) == 0;
	return false;
}

static int take(const struct restore *r, const struct restore_item *item,
                const struct db_record *record, struct marks *ret, struct ck_err *err)
{
	CK_FREE char *id = strndup(record->key, record->key_len);
	struct seen seen = {0};
	if (!id)
		return ck_err_nomem(err);
	int n = seen_parse(record->value, record->value_len, &seen, err);
	if (n < 0)
		return n;
	if (!*id || !*seen.uids || is_his(r, item, id)) {
		seen_fini(&seen);
		return 0;
	}
	struct mark *more = reallocarray(ret->list, ret->n + 1, sizeof *more);
	if (!more) {
		seen_fini(&seen);
		return ck_err_nomem(err);
	}
	ret->list = more;
	ret->list[ret->n++] = (struct mark){.id = CK_STEAL(id), .seen = seen};
	return 0;
}

static int read_archived(struct restore *r, const struct restore_item *item, struct marks *ret,
                         struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	CK_CLEANUP(db_closep) struct db *db = NULL;
	struct db_record record;
	int n = userfile_read(r, item, "seen", &bytes, err);
	if (n == 0)
		n = db_open_memory("read marks", (const uint8_t *)bytes.data, bytes.len, &db, err);
	if (n < 0)
		return n;
	while ((n = db_next(db, &record, err)) > 0) {
		n = take(r, item, &record, ret, err);
		if (n < 0)
			return n;
	}
	return n;
}

int readmarks_count(struct restore *r, const struct restore_item *item, size_t *ret,
                    struct ck_err *err)
{
	CK_CLEANUP(marks_fini) struct marks marks = {0};
	int n = read_archived(r, item, &marks, err);
	*ret = marks.n;
	return n;
}

/** What the mailbox with archived id @id is called by now. */
static const char *present_id(const struct restore *r, const char *id)
{
	for (size_t i = 0; i < r->old_ids.n; i++)
		if (strcmp(r->old_ids.items[i], id) == 0)
			return r->new_ids.items[i];
	return id;
}

static int put_all(struct restore *r, const struct restore_item *item, const struct marks *marks,
                   struct imap *c, size_t *ret_lost, struct ck_err *err)
{
	CK_CLEANUP(sync_user_fini) struct sync_user now = {0}, then = {0};
	int n = sync_get_user(c, item->owner, &now, err);
	for (size_t i = 0; i < marks->n && n == 0; i++) {
		const char *id = present_id(r, marks->list[i].id);
		if (!ck_strv_has(&now.seen, id)) /* newer ones stay */
			n = sync_put_seen(c, item->owner, id, &marks->list[i].seen, err);
	}
	if (n == 0)
		n = sync_get_user(c, item->owner, &then, err);
	*ret_lost = 0;
	for (size_t i = 0; i < marks->n && n == 0; i++)
		*ret_lost += !ck_strv_has(&then.seen, present_id(r, marks->list[i].id));
	return n;
}

int readmarks_restore(struct restore *r, const struct restore_item *item, struct run *run,
                      struct ck_err *err)
{
	CK_CLEANUP(marks_fini) struct marks marks = {0};
	struct ck_err why = CK_ERR_INIT;
	struct imap *c;
	size_t lost = 0;
	int n = read_archived(r, item, &marks, &why);
	if (n == CK_ENOTFOUND || (n == 0 && marks.n == 0))
		return 0;
	if (n == 0)
		n = restore_sync(r, &c, &why);
	if (n == 0)
		n = put_all(r, item, &marks, c, &lost, &why);
	if (n == CK_ENOMEM)
		return ck_err_nomem(err);
	if (n == 0 && lost)
		n = ck_err_set(&why, CK_EFAIL, "those of %zu of %zu are not there afterwards", lost,
		               marks.n);
	if (n < 0)
		run_finding(run, item->shown, 0, "read-marks-lost",
		            "nothing is lost but that: the user marks as read what he has read",
		            "not all read marks of '%s' in others' mailboxes could be put back: %s",
		            item->owner, why.msg);
	return 0;
}
