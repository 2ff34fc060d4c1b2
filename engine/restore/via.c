/* SPDX-License-Identifier: BSD-2-Clause */
/* What both ways of restoring share. */
#include "restore/via.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha1.h"
#include "restore/special.h"
#include "restore/target.h"

#define OWNER "[.OwNeR.]" /* imap/annotate.c of 3.6 and later */

int via_read_message(struct restore *r, const struct restore_item *item, const struct comparison *c,
                     size_t i, struct run *run, struct ck_buf *ret, struct ck_err *err)
{
	const struct ck_archived_message *m = &c->archived.messages[i];
	const char *mailbox = item->source->name;
	int n = run_checkpoint(run, err);
	if (n < 0)
		return n;
	struct ck_err why = CK_ERR_INIT;
	ck_buf_reset(ret);
	n = ck_archive_message(r->archive, mailbox, m->uid, ret, &why);
	if (n == CK_ENOMEM)
		return ck_err_nomem(err);
	if (n < 0) {
		run_finding(run, mailbox, m->uid, "unreadable", "try an older archive",
		            "cannot be read from the archive: %s", why.msg);
		return 1;
	}
	uint8_t digest[SHA1_SIZE];
	n = sha1_of(ret->data, ret->len, digest, err);
	if (n < 0)
		return n;
	if (memcmp(digest, m->guid, sizeof digest) != 0) {
		run_finding(run, mailbox, m->uid, "guid-mismatch", "try an older archive",
		            "is not the message that its GUID names, and was not put back");
		return 1;
	}
	return 0;
}

static int note_exists(void *arg, const struct sync_mailbox *m, struct ck_err *err)
{
	(void)m, (void)err;
	*(bool *)arg = true;
	return 0;
}

/** By the cheapest question that the server answers. 1, 0 or a failure. */
static int exists(struct restore *r, const char *intname, struct ck_err *err)
{
	struct imap *c;
	if (!r->speaks_sync)
		return restore_exists(r, intname, err);
	int n = restore_sync(r, &c, err);
	if (n < 0)
		return n;
	bool found = false;
	n = sync_get_mailboxes(c, &intname, 1, note_exists, &found, err);
	return n < 0 ? n : found;
}

int via_ensure_inbox(struct restore *r, const struct restore_item *item, struct run *run,
                     struct ck_err *err)
{
	size_t len = target_inbox(item->target);
	if (len == 0 || !item->target[len])
		return 0; /* shared, or the INBOX itself */
	CK_FREE char *inbox = strndup(item->target, len);
	if (!inbox)
		return ck_err_nomem(err);
	int n = exists(r, inbox, err);
	if (n != 0)
		return n < 0 ? n : 0;
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT, wire = CK_BUF_INIT;
	n = restore_wire(r, inbox, &wire, err);
	if (n < 0)
		return n;
	ck_buf_adds(&cmd, "CREATE ");
	imap_put_string(&cmd, wire.data, wire.len);
	if (cmd.failed)
		return ck_err_nomem(err);
	struct imap *c;
	n = restore_admin(r, &c, err);
	if (n == 0)
		n = imap_command(c, cmd.data, cmd.len, NULL, NULL, NULL, err);
	if (n < 0)
		return ck_err_prefix(err, "cannot create the INBOX '%s'", wire.data);
	run_note(run, "the INBOX of '%s' was gone and has been created, empty", item->owner);
	return 0;
}

static int take_acl(void *arg, const struct sync_mailbox *m, struct ck_err *err)
{
	struct ck_buf *acl = arg;
	ck_buf_reset(acl);
	return ck_buf_adds(acl, m->acl) < 0 ? ck_err_nomem(err) : 0;
}

int via_choose_acl(struct restore *r, const struct restore_item *item, struct ck_buf *ret,
                   struct ck_err *err)
{
	const char *before = item->source->user, *now = item->owner;
	bool same = before && now ? strcmp(before, now) == 0 : !before && !now;
	struct imap *c = NULL;
	int n = r->speaks_sync ? restore_sync(r, &c, err) : 0;
	if (n < 0)
		return n;
	CK_FREE char *above = strdup(item->target);
	if (!above)
		return ck_err_nomem(err);
	for (char *dot; !same && r->speaks_sync && (dot = strrchr(above, '.'));) {
		*dot = '\0';
		const char *name = above;
		n = sync_get_mailboxes(c, &name, 1, take_acl, ret, err);
		if (n < 0 || ret->len)
			return n;
	}
	if (!same && now)
		ck_buf_addf(ret, "%s\tlrswipkxtecdan\t", now);
	else
		ck_buf_adds(ret, item->source->acl);
	return ret->failed ? ck_err_nomem(err) : 0;
}

const char *via_choose_partition(const struct restore *r, const struct restore_item *item,
                                 struct run *run)
{
	const struct conf *conf = r->conf;
	for (size_t i = 0; i < conf->npartitions; i++)
		if (conf->partitions[i].kind == CK_PARTITION_DATA &&
		    strcmp(conf->partitions[i].name, item->source->partition) == 0)
			return item->source->partition;
	if (run)
		run_note(run, "'%s' was on partition '%s', which is not here: it goes to '%s'",
		         item->shown, item->source->partition, conf->defaultpartition);
	return conf->defaultpartition;
}

int via_annotations(struct restore *r, const struct restore_item *item, struct run *run,
                    struct annotation **ret, size_t *ret_n, struct ck_err *err)
{
	size_t n = 0, kept = 0;
	bool held;
	int result = special_is_held(r, item, &held, err);
	if (result < 0)
		return result;
	if (held)
		run_note(run, "'%s' is not '%s' any more: another mailbox is", item->shown,
		         item->source->special);
	const struct annotation *found = NULL;
	if (*item->source->uniqueid)
		found = annotations_find(&r->annotations, item->source->uniqueid, 0, &n);
	if (n == 0) /* keyed by name before 3.6 */
		found = annotations_find(&r->annotations, item->source->intname, 0, &n);
	struct annotation *list = ck_alloc(n, sizeof *list);
	if (!list)
		return ck_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		/* A copy beside the original is not the Sent folder too. */
		if ((item->moved || held) && strcmp(found[i].entry, "/specialuse") == 0)
			continue;
		list[kept] = found[i];
		const char *before = item->source->user;
		bool owners = strcmp(found[i].user, OWNER) == 0 ||
		              (before && strcmp(found[i].user, before) == 0);
		if (owners && !item->owner)
			continue;
		if (owners)
			list[kept].user = item->owner;
		kept++;
	}
	*ret = list;
	*ret_n = kept;
	return 0;
}
