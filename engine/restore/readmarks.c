/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/readmarks.h"

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/acl.h>

#include "cyrus/db.h"
#include "cyrus/sync_user.h"
#include "restore/target.h"
#include "restore/userfile.h"

/** A user whose marks are put back, by his INBOX. */
struct reader {
	struct restore *r;
	const struct restore_item *inbox;
	bool made_only; /**< Only those in mailboxes that this restore has made. */
};

/** His own mailboxes keep his marks in their index. */
static bool is_his(const struct reader *u, const char *id)
{
	const struct restore *r = u->r;
	const char *user = u->inbox->source->user;
	for (size_t i = 0; i < r->nboxes; i++)
		if (strcmp(r->boxes[i].uniqueid, id) == 0)
			return r->boxes[i].user && user && strcmp(r->boxes[i].user, user) == 0;
	return false;
}

/** The mailbox with archived id @id, if this restore has made it again. */
static const struct restore_made *find_made(const struct restore *r, const char *id)
{
	for (size_t i = 0; i < r->nmade; i++)
		if (strcmp(r->made[i].archived_id, id) == 0)
			return &r->made[i];
	return NULL;
}

static int take(const struct reader *u, const struct db_record *record, struct sync_seen_list *ret,
                struct ck_err *err)
{
	CK_FREE char *id = strndup(record->key, record->key_len);
	CK_CLEANUP(seen_fini) struct seen seen = {0};
	if (!id)
		return ck_err_nomem(err);
	int n = seen_parse(record->value, record->value_len, &seen, err);
	if (n < 0)
		return n;
	if (!*id || !*seen.uids || (u->made_only && !find_made(u->r, id)) || is_his(u, id))
		return 0;
	return sync_seen_list_add(ret, id, &seen, err);
}

static int read_archived(const struct reader *u, struct sync_seen_list *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	CK_CLEANUP(db_closep) struct db *db = NULL;
	struct db_record record;
	int n = userfile_read(u->r, u->inbox, "seen", &bytes, err);
	if (n == 0)
		n = db_open_memory("read marks", (const uint8_t *)bytes.data, bytes.len, &db, err);
	if (n < 0)
		return n;
	while ((n = db_next(db, &record, err)) > 0) {
		n = take(u, &record, ret, err);
		if (n < 0)
			return n;
	}
	return n;
}

int readmarks_count(struct restore *r, const struct restore_item *item, size_t *ret,
                    struct ck_err *err)
{
	CK_CLEANUP(sync_seen_list_fini) struct sync_seen_list marks = {0};
	const struct reader u = {.r = r, .inbox = item};
	int n = read_archived(&u, &marks, err);
	*ret = marks.n;
	return n;
}

/** What the mailbox with archived id @id is called by now. */
static const char *present_id(const struct restore *r, const char *id)
{
	const struct restore_made *made = find_made(r, id);
	return made ? made->id : id;
}

static int put_all(const struct reader *u, const struct sync_seen_list *marks, struct imap *c,
                   size_t *ret_lost, struct ck_err *err)
{
	CK_CLEANUP(sync_user_fini) struct sync_user now = {0}, then = {0};
	const char *user = u->inbox->owner;
	int n = sync_get_user(c, user, &now, err);
	for (size_t i = 0; i < marks->n && n == 0; i++) {
		const struct sync_seen *mark = &marks->items[i];
		const char *id = present_id(u->r, mark->uniqueid);
		if (sync_seen_list_find(&now.seen, id))
			continue; /* newer ones stay */
		/* The deleted mailbox has his last state: uids are the same in both. */
		const struct seen *last = sync_seen_list_find(&now.seen, mark->uniqueid);
		n = sync_put_seen(c, user, id, last ? last : &mark->seen, err);
	}
	if (n == 0)
		n = sync_get_user(c, user, &then, err);
	*ret_lost = 0;
	for (size_t i = 0; i < marks->n && n == 0; i++)
		*ret_lost += !sync_seen_list_find(&then.seen,
		                                  present_id(u->r, marks->items[i].uniqueid));
	return n;
}

/**
 * @ret_lost  Of @ret_marks that were to be put back, those that are not there afterwards.
 * @return 1; 0 when there is nothing to put back, or nobody to have it; failures.
 */
static int put_back(const struct reader *u, size_t *ret_lost, size_t *ret_marks, struct ck_err *err)
{
	CK_CLEANUP(sync_seen_list_fini) struct sync_seen_list marks = {0};
	struct imap *c;
	*ret_lost = *ret_marks = 0;
	int n = read_archived(u, &marks, err);
	if (n == CK_ENOTFOUND)
		return 0;
	if (n < 0 || marks.n == 0)
		return n;
	*ret_marks = marks.n;
	if (u->made_only) { /* nobody is made by his marks alone */
		n = restore_exists(u->r, u->inbox->target, err);
		if (n <= 0)
			return n;
	}
	n = restore_sync(u->r, &c, err);
	if (n == 0)
		n = put_all(u, &marks, c, ret_lost, err);
	return n < 0 ? n : 1;
}

/** As put_back(); failures but CK_ENOMEM are told as a finding already. */
static int restore_marks(const struct reader *u, struct run *run, struct ck_err *err)
{
	struct ck_err why = CK_ERR_INIT;
	size_t lost, marks;
	int n = put_back(u, &lost, &marks, &why);
	if (n == CK_ENOMEM)
		return ck_err_nomem(err);
	if (n > 0 && lost)
		(void)ck_err_set(&why, CK_EFAIL, "those of %zu of %zu are not there afterwards",
		                 lost, marks);
	if (n < 0 || lost)
		run_finding(run, u->inbox->shown, 0, "read-marks-lost",
		            "nothing is lost but that: the user marks as read what he has read",
		            "not all read marks of '%s' in others' mailboxes could be put back: %s",
		            u->inbox->owner, why.msg);
	return n;
}

int readmarks_restore(struct restore *r, const struct restore_item *item, struct run *run,
                      struct ck_err *err)
{
	const struct reader u = {.r = r, .inbox = item};
	return restore_marks(&u, run, err) == CK_ENOMEM ? CK_ENOMEM : 0;
}

/* ---- readers of mailboxes that were made ---- */

/** Is the user id @user meant, with or without its domain? */
static bool is_meant(const struct ck_acl_entry *e, const char *user)
{
	size_t local = strcspn(user, "@");
	return (e->id_len == 6 && memcmp(e->id, "anyone", 6) == 0) ||
	       (e->id_len >= 6 && memcmp(e->id, "group:", 6) == 0) ||
	       (e->id_len >= local && memcmp(e->id, user, local) == 0 &&
	        (e->id_len == local || e->id[local] == '@'));
}

bool readmarks_may_read(const char *acl, const char *user)
{
	struct ck_acl_entry e;
	while (ck_acl_next(&acl, &e))
		if (memchr(e.rights, 'r', e.rights_len) && is_meant(&e, user))
			return true;
	return false;
}

/** Somebody else's mailbox was made, which he could read. */
static bool reads_any(const struct restore *r, const char *user)
{
	for (size_t i = 0; i < r->nmade; i++)
		if ((!r->made[i].owner || strcmp(r->made[i].owner, user) != 0) &&
		    readmarks_may_read(r->made[i].acl, user))
			return true;
	return false;
}

int readmarks_of_readers(struct restore *r, struct run *run, struct ck_err *err)
{
	size_t readers = 0;
	for (size_t i = 0; i < r->nboxes; i++) {
		const struct ck_archived_mailbox *box = &r->boxes[i];
		size_t inbox = target_inbox(box->intname);
		if (!box->user || !inbox || box->intname[inbox] || !reads_any(r, box->user))
			continue;
		const struct restore_item item = {.source = box,
		                                  .target = box->intname,
		                                  .shown = box->name,
		                                  .owner = box->user};
		const struct reader u = {.r = r, .inbox = &item, .made_only = true};
		int n = restore_marks(&u, run, err);
		if (n == CK_ENOMEM)
			return n;
		if (n == CK_EIO)
			break; /* the server is lost: said once, not of every reader */
		readers += n > 0;
	}
	if (readers)
		run_note(run,
		         "read marks in mailboxes that were made again: put back for %zu reader%s",
		         readers, readers == 1 ? "" : "s");
	return 0;
}
