/* SPDX-License-Identifier: BSD-2-Clause */
/* Putting mail back by Cyrus's replication commands. */
#include "restore/via.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cyrus/dlist.h"
#include "restore/newid.h"
#include "restore/quota.h"
#include "restore/readmarks.h"
#include "restore/scripts.h"
#include "restore/subscribed.h"
#include "restore/target.h"

/* One upload; imapd keeps it in staging until the records come. */
#define BATCH_BYTES    ((size_t)8 << 20)
#define BATCH_MESSAGES 500

/** Work on one mailbox. */
struct work {
	struct restore *r;
	const struct restore_item *item;
	const struct comparison *c;
	struct run *run;
	struct imap *sync;
	const char *partition; /**< Borrowed. */
	bool identity;         /**< The mailbox is made: uids are kept. */
	struct ck_buf upload, records, message;
	size_t batch; /**< Messages in upload. */
	size_t batch_start;
};

static void work_fini(struct work *w)
{
	ck_buf_fini(&w->upload);
	ck_buf_fini(&w->records);
	ck_buf_fini(&w->message);
}

/** Send the messages collected so far; into a mailbox that is there, their records too. */
static int flush(struct work *w, struct ck_err *err)
{
	if (w->batch == 0)
		return 0;
	int n = sync_upload(w->sync, &w->upload, err);
	if (n == 0 && !w->identity) {
		n = sync_restore(w->sync, &w->c->live.box, false, &w->records, err);
		ck_buf_reset(&w->records);
		if (n == 0)
			n = sync_restart(w->sync, err);
	}
	atomic_fetch_add(&w->run->messages_done, w->batch);
	w->batch = 0;
	return n;
}

/** Add message number @i to the batch. */
static int collect(struct work *w, size_t i, struct ck_err *err)
{
	int n = via_read_message(w->r, w->item, w->c, i, w->run, &w->message, err);
	if (n < 0)
		return n;
	if (n > 0) { /* not to be had: done with it all the same */
		atomic_fetch_add(&w->run->messages_done, 1);
		atomic_fetch_add(&w->run->bytes_done, w->c->archived.messages[i].size);
		return 0;
	}
	CK_CLEANUP(archived_record_fini) struct archived_record rec = {0};
	n = archived_record(&w->c->archived, i, w->item->owner, w->identity, &rec, err);
	if (n < 0)
		return n;
	rec.r.size = w->message.len;
	/* At once: growing by doubling would take three times as much for a while. */
	if (w->batch == 0 && ck_buf_reserve(&w->upload, BATCH_BYTES + BATCH_BYTES / 4) < 0)
		return ck_err_nomem(err);
	if (sync_put_message(&w->upload, w->partition, rec.r.guid, w->message.data,
	                     w->message.len) < 0 ||
	    sync_put_record(&w->records, &rec.r) < 0)
		return ck_err_nomem(err);
	atomic_fetch_add(&w->run->bytes_done, w->message.len);
	w->batch++;
	if (w->batch < BATCH_MESSAGES && w->upload.len < BATCH_BYTES)
		return 0;
	return flush(w, err);
}

static int collect_all(struct work *w, struct ck_err *err)
{
	int n = 0;
	for (size_t i = 0; i < w->c->nmissing && n == 0; i++)
		n = collect(w, w->c->missing[i], err);
	return n < 0 ? n : flush(w, err);
}

/* ---- a mailbox that is made ---- */

static int set_text(char **member, const char *text)
{
	*member = strdup(text);
	return *member ? 0 : CK_ENOMEM;
}

/** State of the mailbox as it was, for one that is made. */
static int describe(struct work *w, struct sync_mailbox *made, struct ck_err *err)
{
	const struct ck_archived_mailbox *source = w->item->source;
	const struct archived *a = &w->c->archived;
	char options[8] = "P";
	*made = (struct sync_mailbox){.uidvalidity = source->uidvalidity,
	                              .highestmodseq = source->highestmodseq,
	                              .createdmodseq = 1};
	if (a->has_index) {
		const struct index_header *h = &a->index.header;
		sync_options(h->options, options);
		made->last_uid = h->last_uid;
		made->recent_uid = h->recent_uid;
		made->recent_time = h->recent_time;
		made->last_appenddate = h->last_appenddate;
		made->pop3_last_login = h->pop3_last_login;
		if (h->highestmodseq > made->highestmodseq)
			made->highestmodseq = h->highestmodseq;
	}
	if (a->n && a->messages[a->n - 1].uid > made->last_uid)
		made->last_uid = a->messages[a->n - 1].uid;
	if (w->item->moved || made->uidvalidity == 0)
		made->uidvalidity = (uint32_t)time(NULL);
	if (made->highestmodseq == 0)
		made->highestmodseq = 1;
	CK_CLEANUP(ck_buf_fini) struct ck_buf acl = CK_BUF_INIT;
	int n = via_choose_acl(w->r, w->item, &acl, err);
	if (n < 0)
		return n;
	if (set_text(&made->intname, w->item->target) < 0 ||
	    set_text(&made->uniqueid, source->uniqueid) < 0 ||
	    set_text(&made->partition, w->partition) < 0 || set_text(&made->acl, acl.data) < 0 ||
	    set_text(&made->options, options) < 0 || set_text(&made->mbtype, "") < 0)
		return ck_err_nomem(err);
	n = newid_choose(w->r, w->sync, w->item, made, w->run, err);
	made->foldermodseq = made->highestmodseq;
	return n;
}

/**
 * A record that says only that its uid has been used: keeps UIDNEXT from going back. It needs no
 * message, but imapd asserts that its size is not 0.
 */
static int put_used_uid(struct work *w, const struct sync_mailbox *made)
{
	const struct archived *a = &w->c->archived;
	if (made->last_uid == 0 ||
	    (a->n && made->last_uid == a->messages[a->n - 1].uid && w->c->nmissing &&
	     w->c->missing[w->c->nmissing - 1] == a->n - 1))
		return 0;
	struct sync_record used = {.uid = made->last_uid,
	                           .modseq = made->highestmodseq,
	                           .size = 1,
	                           .last_updated = made->recent_time,
	                           .flags = "\\Expunged"};
	memset(used.guid, 0xff, sizeof used.guid);
	return sync_put_record(&w->records, &used);
}

static int look_for_annotations(void *arg, const char *line, size_t len, struct ck_err *err)
{
	(void)err;
	if (len > 10 && memcmp(line, "* MAILBOX ", 10) == 0 &&
	    memmem(line, len, " ANNOTATIONS (", 14))
		*(bool *)arg = true;
	return 0;
}

/**
 * Annotations of a mailbox that was made under its old id. Cyrus keeps them by id, so they are
 * mostly still there; where they are not, a shared mailbox stays without: imapd 3.6.1 dies of an
 * assertion when one is set there by itself.
 */
static int annotate(struct work *w, const struct annotation *list, size_t count, struct ck_err *err)
{
	bool there = false;
	if (count == 0)
		return 0;
	if (w->item->owner) {
		int n = 0;
		for (size_t i = 0; i < count && n == 0; i++)
			n = sync_put_annotation(w->sync, w->item->target, &list[i], err);
		return n;
	}
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	ck_buf_adds(&cmd, "SYNCGET MAILBOXES (");
	if (dlist_put(&cmd, w->item->target, strlen(w->item->target)) < 0 ||
	    ck_buf_addc(&cmd, ')') < 0)
		return ck_err_nomem(err);
	int n = imap_command(w->sync, cmd.data, cmd.len, look_for_annotations, &there, NULL, err);
	if (n == 0 && !there)
		run_finding(w->run, w->item->shown, 0, "annotations-lost",
		            "set them by hand with cyradm's setinfo or mboxcfg",
		            "%zu annotation(s) of the mailbox could not be put back", count);
	return n;
}

static int take_quotaroot(void *arg, const struct sync_mailbox *m, struct ck_err *err)
{
	(void)err;
	*(bool *)arg = *m->quotaroot != '\0';
	return 0;
}

/** A user who is made again gets the limits that he had, unless he is under a root already. */
static int limit(struct work *w, struct ck_err *err)
{
	const char *name = w->item->target;
	struct quota q;
	bool has_root = false;
	int n = sync_get_mailboxes(w->sync, &name, 1, take_quotaroot, &has_root, err);
	if (n < 0 || has_root)
		return n;
	struct ck_err why = CK_ERR_INIT;
	n = quota_archived(w->r, name, &q, &why);
	if (n == CK_ENOTFOUND || (n == 0 && quota_is_free(&q)))
		return 0;
	if (n == 0)
		n = sync_put_quota(w->sync, name, &q, &why);
	if (n < 0)
		run_finding(w->run, w->item->shown, 0, "quota-lost",
		            "set it with cyradm's setquota",
		            "the quota limit could not be put back: %s", why.msg);
	return 0;
}

/**
 * What of a user comes back with his INBOX. At once: after a kill the next restore would find him
 * there, and leave him as he is.
 */
static int make_user(struct work *w, struct ck_err *err)
{
	size_t inbox = target_inbox(w->item->target);
	if (!inbox || w->item->target[inbox] || w->item->moved)
		return 0;
	int n = limit(w, err);
	if (n == 0)
		n = subscribed_restore(w->r, w->item, w->run, err);
	if (n == 0)
		n = scripts_restore(w->r, w->item, w->run, err);
	return n < 0 ? n : readmarks_restore(w->r, w->item, w->run, err);
}

static int create(struct work *w, struct sync_mailbox *made, struct ck_err *err)
{
	CK_FREE struct annotation *list = NULL;
	size_t count;
	int n = via_annotations(w->r, w->item, w->run, &list, &count, err);
	if (n < 0)
		return n;
	n = sync_create(w->sync, made, list, count, &w->records, err);
	if (n == CK_EBUSY && !sync_tells_holders(w->sync)) {
		/* Somebody holds the id, and nobody says which uids he has used since. */
		run_note(w->run, "'%s' gets a new id and uidvalidity: another mailbox holds its id",
		         w->item->shown);
		made->uidvalidity = (uint32_t)time(NULL);
		n = newid_fresh(&made->uniqueid, err);
		if (n == 0)
			n = sync_create(w->sync, made, list, count, &w->records, err);
	}
	if (n != CK_EBUSY)
		return n;
	/* Purged, but mailboxes.db still knows the id: SYNCRESTORE does not mind. */
	if (put_used_uid(w, made) < 0)
		return ck_err_nomem(err);
	n = sync_restore(w->sync, made, true, &w->records, err);
	return n < 0 ? n : annotate(w, list, count, err);
}

/** For the read marks in it, which go by its id. The id and ACL of @made are taken over. */
static int remember(struct work *w, struct sync_mailbox *made, struct ck_err *err)
{
	struct restore *r = w->r;
	struct restore_made *more = reallocarray(r->made, r->nmade + 1, sizeof *more);
	if (!more)
		return ck_err_nomem(err);
	r->made = more;
	struct restore_made *last = &r->made[r->nmade++];
	*last = (struct restore_made){.archived_id = w->item->source->uniqueid,
	                              .owner = w->item->owner};
	last->id = CK_STEAL(made->uniqueid);
	last->acl = CK_STEAL(made->acl);
	return 0;
}

static int make(struct work *w, struct ck_err *err)
{
	CK_CLEANUP(sync_mailbox_fini) struct sync_mailbox made = {0};
	int n = describe(w, &made, err);
	if (n == 0)
		n = create(w, &made, err);
	return n < 0 || w->item->moved ? n : remember(w, &made, err);
}

/** Read back what is there now. */
static int count_added(struct work *w, struct outcome *ret, struct ck_err *err)
{
	CK_CLEANUP(live_fini) struct live now = {0};
	int n = restore_sync(w->r, &w->sync, err);
	if (n == 0)
		n = live_read_sync(w->sync, w->item->target, &now, err);
	if (n < 0)
		return n;
	ret->now = (int64_t)now.n;
	for (size_t i = 0; i < w->c->nmissing; i++) {
		bool there = live_has(&now, w->c->archived.messages[w->c->missing[i]].guid);
		ret->added += there;
		ret->failed += !there;
	}
	return 0;
}

int via_sync(struct restore *r, const struct restore_item *item, const struct comparison *c,
             struct run *run, struct outcome *ret, struct ck_err *err)
{
	CK_CLEANUP(work_fini)
	struct work w = {.r = r,
	                 .item = item,
	                 .c = c,
	                 .run = run,
	                 .identity = !c->live.exists,
	                 .upload = CK_BUF_INIT,
	                 .records = CK_BUF_INIT,
	                 .message = CK_BUF_INIT};
	*ret = (struct outcome){.now = -1};
	int n = restore_sync(r, &w.sync, err);
	if (n == 0 && w.identity)
		n = via_ensure_inbox(r, item, run, err);
	if (n < 0)
		return n;
	w.partition = w.identity ? via_choose_partition(r, item, run) : c->live.box.partition;
	n = collect_all(&w, err);
	if (n == 0 && w.identity)
		n = make(&w, err);
	if (n == 0 && w.identity)
		n = make_user(&w, err);
	/* Staging must not hold half a mailbox for the next one to stumble over. */
	struct ck_err why = CK_ERR_INIT;
	if (!imap_is_dead(w.sync)) {
		int cleared = sync_restart(w.sync, &why);
		if (n == 0 && cleared < 0 && err)
			*err = why;
		n = n == 0 ? cleared : n;
	}
	if (n == CK_ENOMEM)
		return n;
	/* What was sent stays, whatever happened then: the server knows how much. */
	int counted = count_added(&w, ret, n < 0 ? &why : err);
	return n < 0 ? n : counted;
}
