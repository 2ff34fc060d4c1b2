/* SPDX-License-Identifier: BSD-2-Clause */
/* Archive against server, one mailbox at a time. */
#include "restore/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha1.h"
#include "cyrus/names.h"
#include "restore/target.h"
#include "restore/via.h"

void comparison_fini(struct comparison *c)
{
	archived_fini(&c->archived);
	live_fini(&c->live);
	free(c->missing);
	free(c->damaged);
	free(c->where);
	free(c->reason);
	*c = (struct comparison){0};
}

static int refuse(struct comparison *c, const char *why, struct ck_err *err)
{
	c->action = CK_RESTORE_REFUSE;
	free(c->reason);
	c->reason = strdup(why);
	return c->reason ? 0 : ck_err_nomem(err);
}

/** What the server says to a mailbox that it cannot open is about this one only: the others go on.
 */
static int refuse_unopened(struct comparison *c, const struct ck_err *why, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	(void)ck_buf_addf(&text,
	                  "the server cannot open the mailbox that is there (%s): mend that with "
	                  "reconstruct, or restore under another name with --to",
	                  why->msg);
	return text.failed ? ck_err_nomem(err) : refuse(c, text.data, err);
}

static int read_live(struct restore *r, const struct restore_item *item, struct comparison *c,
                     struct ck_err *err)
{
	struct imap *sync;
	struct ck_err why = CK_ERR_INIT;
	int n = r->speaks_sync ? restore_sync(r, &sync, err) : 0;
	if (n < 0)
		return n;
	if (!r->speaks_sync) {
		n = restore_exists(r, item->target, err);
		return n <= 0 ? n : via_imap_read_live(r, item, &c->live, err);
	}
	n = live_read_sync(sync, item->target, &c->live, &why);
	/* It says no, or dies of it and says that. */
	if (n == CK_EFAIL || (n == CK_EIO && imap_was_told_bye(sync)))
		return refuse_unopened(c, &why, err);
	if (n < 0 && err)
		*err = why;
	return n;
}

/** Is it not as its GUID says? Asked only of what was told when the archive was made: often its
 * bytes are right, and something else about it was not. */
static int is_damaged(const struct restore *r, const struct restore_item *item,
                      const struct ck_archived_message *m, bool *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	struct ck_err why = CK_ERR_INIT;
	uint8_t digest[SHA1_SIZE];
	*ret = false;
	if (!m->bad)
		return 0;
	int n = ck_archive_message(r->archive, item->source->name, m->uid, &bytes, &why);
	if (n == CK_ENOMEM)
		return ck_err_nomem(err);
	if (n == 0)
		n = sha1_of(bytes.data, bytes.len, digest, err);
	else
		*ret = true;
	if (*ret || n < 0)
		return *ret ? 0 : n;
	*ret = memcmp(digest, m->guid, sizeof digest) != 0;
	return 0;
}

/** What "*" means in a set of uids: the last message that a client saw. */
static uint32_t last_uid(const struct archived *a)
{
	uint32_t last = 0;
	for (size_t i = 0; i < a->n; i++)
		if (!a->messages[i].expunged && a->messages[i].uid > last)
			last = a->messages[i].uid;
	return last;
}

/* Nothing fits the set; @expunged: but for what had been expunged. */
static int refuse_uids(bool expunged, struct ck_err *err)
{
	if (!expunged)
		return ck_err_set(err, CK_ENOTFOUND, "none of these uids is in the archive");
	(void)ck_err_set(err, CK_ENOTFOUND,
	                 "what has these uids in the archive was expunged already");
	return ck_err_remedy(err, "'cyrkeep cat' gives such a message");
}

/** Sort the archived messages into present and missing. */
static int sort_out(const struct restore *r, const struct restore_item *item, struct comparison *c,
                    struct ck_err *err)
{
	const struct archived *a = &c->archived;
	c->missing = ck_alloc(a->n, sizeof *c->missing);
	c->damaged = ck_alloc(a->n, sizeof *c->damaged);
	if (!c->missing || !c->damaged)
		return ck_err_nomem(err);
	uint32_t max = last_uid(a);
	bool expunged = false;
	for (size_t i = 0; i < a->n; i++) {
		const struct ck_archived_message *m = &a->messages[i];
		bool damaged = false;
		if (r->uids.n && !uidset_has(&r->uids, m->uid, max))
			continue;
		if (m->expunged) {
			expunged = true;
			continue;
		}
		c->wanted++;
		if (live_has(&c->live, m->guid)) {
			c->present++;
			continue;
		}
		if (!m->stored) {
			c->not_stored++;
			continue;
		}
		int n = c->action == CK_RESTORE_REFUSE ? 0 : is_damaged(r, item, m, &damaged, err);
		if (n < 0)
			return n;
		if (damaged) {
			c->damaged[c->ndamaged++] = i;
		} else {
			c->missing[c->nmissing++] = i;
			c->missing_bytes += m->size;
		}
	}
	if (r->uids.n && c->wanted == 0)
		return refuse_uids(expunged, err);
	return 0;
}

/** Can the target be made, and for whom it seems to be? Else the comparison refuses. */
static int check_name(const struct restore *r, const struct restore_item *item,
                      struct comparison *c, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf shown = CK_BUF_INIT, back = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	const char *why = name_unmakeable(r->conf, item->target);
	size_t inbox = target_inbox(item->target);
	CK_FREE char *user = strndup(item->target, inbox);
	if (!user || name_to_external(r->conf, user, &shown) < 0)
		return ck_err_nomem(err);
	/* Another server may have had users whose names mean others here, as "eve@example.org"
	 * where there are domains. */
	if (!why && inbox &&
	    (name_to_internal(r->conf, shown.data, &back, NULL) < 0 ||
	     strcmp(back.data, user) != 0))
		why = "its user's name means another one";
	if (!why)
		return 0;
	ck_buf_addf(
		&text,
		"this server makes no such mailbox: %s; restore it under another name with --to",
		why);
	return text.failed ? ck_err_nomem(err) : refuse(c, text.data, err);
}

int restore_compare(struct restore *r, const struct restore_item *item, struct comparison *ret,
                    struct ck_err *err)
{
	CK_CLEANUP(comparison_fini) struct comparison c = {0};
	struct ck_err why = CK_ERR_INIT;
	int n = archived_read(r->archive, item->source->name, &c.archived, &why);
	bool readable = n != CK_ECORRUPT && n != CK_EUNSUPPORTED && n != CK_ENOTFOUND;
	if (n == 0)
		n = read_live(r, item, &c, &why);
	/* One that cannot be read, there or here, keeps no other from coming back. */
	if (!readable || n == CK_EDENIED) {
		c.wanted = item->source->messages;
		n = refuse(&c, why.msg, err);
		if (n < 0)
			return n;
		*ret = c;
		c = (struct comparison){0};
		return 0;
	}
	if (n < 0 && err)
		*err = why;
	if (n == 0)
		n = sort_out(r, item, &c, err);
	if (n < 0)
		return ck_err_prefix(err, "mailbox '%s'", item->source->name);
	if (c.action == CK_RESTORE_REFUSE) {
		*ret = c;
		c = (struct comparison){0};
		return 0;
	}
	if (!c.live.exists)
		c.action = item->moved ? CK_RESTORE_CREATE : CK_RESTORE_RECREATE;
	else
		c.action = c.nmissing ? CK_RESTORE_ADD : CK_RESTORE_NOTHING;
	if ((item->source->flags & CK_MBOX_DELAYED) && !item->moved)
		n = refuse(&c, "it was deleted already: restore it under another name with --to",
		           err);
	else if (!c.live.exists)
		n = check_name(r, item, &c, err);
	if (n < 0)
		return n;
	*ret = c;
	c = (struct comparison){0};
	return 0;
}
