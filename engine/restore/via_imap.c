/* SPDX-License-Identifier: BSD-2-Clause */
/* Putting mail back by APPEND: any server, new uids. */
#include "restore/via.h"

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/acl.h>

#include "restore/wire.h"

/** Whoever may put mail into one mailbox, and how he names it. */
struct writer {
	struct imap *c;     /**< Borrowed. */
	struct ck_buf wire; /**< The mailbox. */
	const char *user;   /**< Whose private annotations these are; borrowed. */
	size_t lost;        /**< Annotations of messages that could not be put back. */
};

static void writer_fini(struct writer *w)
{
	ck_buf_fini(&w->wire);
}

/* ---- who may write ---- */

/** Does @e name one person who may append with flags? */
static bool may_write(const struct ck_acl_entry *e)
{
	static const char needed[] = "lrswi";
	if (e->id_len == 0 || *e->id == '-' || (e->id_len > 6 && memcmp(e->id, "group:", 6) == 0) ||
	    (e->id_len == 6 && memcmp(e->id, "anyone", 6) == 0) ||
	    (e->id_len == 9 && memcmp(e->id, "anonymous", 9) == 0))
		return false;
	for (const char *p = needed; *p; p++)
		if (!memchr(e->rights, *p, e->rights_len))
			return false;
	return true;
}

/** Somebody from an ACL who may write; owned, or NULL. */
static char *find_writer(const char *acl)
{
	struct ck_acl_entry e;
	while (ck_acl_next(&acl, &e))
		if (may_write(&e))
			return strndup(e.id, e.id_len);
	return NULL;
}

/** Open the connection that appends: the owner's, or for shared ones that of @shared_user. */
static int open_writer(struct restore *r, const struct restore_item *item, const char *shared_user,
                       struct writer *ret, struct ck_err *err)
{
	ret->wire = (struct ck_buf)CK_BUF_INIT;
	const char *user = item->owner ? item->owner : shared_user;
	ret->user = user;
	if (!user) {
		(void)ck_err_set(err, CK_EDENIED, "nobody in its ACL may put mail into '%s'",
		                 item->shown);
		return ck_err_remedy(err, "give a user the rights lrswi, or restore by --via sync");
	}
	if (wire_for_user(r->conf, item->target, item->owner != NULL, &ret->wire) < 0)
		return ck_err_nomem(err);
	int n = restore_as(r, user, &ret->c, err);
	return n < 0 ? ck_err_prefix(err, "mailbox '%s'", item->shown) : 0;
}

int via_imap_read_live(struct restore *r, const struct restore_item *item, struct live *ret,
                       struct ck_err *err)
{
	CK_CLEANUP(writer_fini) struct writer w = {.wire = CK_BUF_INIT};
	CK_FREE char *user = item->owner ? NULL : find_writer(item->source->acl);
	int n = open_writer(r, item, user, &w, err);
	if (n == 0)
		n = live_read_imap(w.c, w.wire.data, ret, err);
	if (n < 0 || ret->exists)
		return n;
	/* LIST said that it is there: to add what may be in it already would double it. */
	(void)ck_err_set(err, CK_EDENIED,
	                 "'%s' is there, but the server does not let '%s' look into it",
	                 item->shown, w.user);
	return ck_err_remedy(err,
	                     "give him the right to read it, or restore under another name with "
	                     "--to");
}

/* ---- a mailbox that is made ---- */

/** "WORD name" or "WORD name more", as administrator. */
static int admin_command(struct restore *r, const struct restore_item *item, const char *word,
                         const struct ck_buf *more, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT, wire = CK_BUF_INIT;
	struct imap *c;
	int n = restore_admin(r, &c, err);
	if (n == 0)
		n = restore_wire(r, item->target, &wire, err);
	if (n < 0)
		return n;
	ck_buf_addf(&cmd, "%s ", word);
	imap_put_string(&cmd, wire.data, wire.len);
	if (more)
		ck_buf_add(&cmd, more->data, more->len);
	if (cmd.failed)
		return ck_err_nomem(err);
	n = imap_command(c, cmd.data, cmd.len, NULL, NULL, NULL, err);
	return n < 0 ? ck_err_prefix(err, "cannot %s '%s'", word, item->shown) : 0;
}

static int set_acl(struct restore *r, const struct restore_item *item, const char *acl,
                   struct ck_err *err)
{
	struct ck_acl_entry e;
	int n = 0;
	while (n == 0 && ck_acl_next(&acl, &e)) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf more = CK_BUF_INIT;
		ck_buf_addc(&more, ' ');
		imap_put_string(&more, e.id, e.id_len);
		ck_buf_addc(&more, ' ');
		imap_put_string(&more, e.rights, e.rights_len);
		n = more.failed ? ck_err_nomem(err) : admin_command(r, item, "SETACL", &more, err);
	}
	return n;
}

static int create(struct restore *r, const struct restore_item *item, const char *acl,
                  struct run *run, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf partition = CK_BUF_INIT;
	int n = via_ensure_inbox(r, item, run, err);
	if (n < 0)
		return n;
	ck_buf_addf(&partition, " %s", via_choose_partition(r, item, run));
	if (partition.failed)
		return ck_err_nomem(err);
	struct ck_err why = CK_ERR_INIT;
	n = admin_command(r, item, "CREATE", &partition, &why);
	if (n == CK_EFAIL) /* only an administrator may say where */
		n = admin_command(r, item, "CREATE", NULL, err);
	else if (n < 0 && err)
		*err = why;
	return n < 0 ? n : set_acl(r, item, acl, err);
}

/** Put one annotation back in the owner's name, as METADATA spells it. */
static int set_metadata(const struct writer *w, const struct annotation *a, bool shared,
                        struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT, entry = CK_BUF_INIT;
	ck_buf_addf(&entry, "%s%s", shared ? "/shared" : "/private", a->entry);
	ck_buf_adds(&cmd, "SETMETADATA ");
	imap_put_string(&cmd, w->wire.data, w->wire.len);
	ck_buf_adds(&cmd, " (");
	imap_put_string(&cmd, entry.data, entry.len);
	ck_buf_addc(&cmd, ' ');
	imap_put_string(&cmd, a->value, a->value_len);
	ck_buf_addc(&cmd, ')');
	if (cmd.failed)
		return ck_err_nomem(err);
	return imap_command(w->c, cmd.data, cmd.len, NULL, NULL, NULL, err);
}

/** Those that the owner himself can set; imapd 3.6.1 dies of any on a shared mailbox. */
static int annotate(struct restore *r, const struct restore_item *item, const struct writer *w,
                    struct run *run, struct ck_err *err)
{
	CK_FREE struct annotation *list = NULL;
	size_t n, lost = 0;
	int result = via_annotations(r, item, run, &list, &n, err);
	if (result < 0)
		return result;
	for (size_t i = 0; i < n; i++) {
		bool shared = !*list[i].user;
		bool own = item->owner && (shared || strcmp(list[i].user, item->owner) == 0);
		struct ck_err why = CK_ERR_INIT;
		int set = own ? set_metadata(w, &list[i], shared, &why) : CK_EFAIL;
		if (set < 0 && set != CK_EFAIL) {
			if (err)
				*err = why;
			return set;
		}
		lost += set < 0;
	}
	if (lost)
		run_finding(run, item->shown, 0, "annotations-lost", "restore by --via sync",
		            "%zu annotation(s) of the mailbox could not be put back by IMAP", lost);
	return 0;
}

/* ---- messages ---- */

/**
 * " ANNOTATION (/comment (value.shared x) …)" with those that the writer may set.
 * @return how many; @ret_lost: those that he may not.
 */
static size_t put_annotations(struct ck_buf *cmd, const struct writer *w,
                              const struct archived_record *rec, size_t *ret_lost)
{
	bool able = imap_has(w->c, "ANNOTATE-EXPERIMENT-1");
	size_t put = 0;
	*ret_lost = 0;
	for (size_t i = 0; i < rec->r.nannotations; i++) {
		const struct annotation *a = &rec->annotations[i];
		/* Dates and thread ids: the server makes its own. */
		if (strncmp(a->entry, "/vendor/cmu/cyrus-imapd/", 24) == 0)
			continue;
		if (!able || (*a->user && strcmp(a->user, w->user) != 0)) {
			++*ret_lost;
			continue;
		}
		ck_buf_adds(cmd, put++ ? " " : " ANNOTATION (");
		imap_put_string(cmd, a->entry, strlen(a->entry));
		ck_buf_addf(cmd, " (value.%s ", *a->user ? "priv" : "shared");
		imap_put_string(cmd, a->value, a->value_len);
		ck_buf_addc(cmd, ')');
	}
	if (put)
		ck_buf_addc(cmd, ')');
	return put;
}

/** @annotations  Text to stand behind the date, or NULL. */
static int append(const struct writer *w, const struct ck_archived_message *m,
                  const struct ck_buf *message, const struct ck_buf *annotations,
                  struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	char date[32];
	wire_date(m->internaldate, date);
	ck_buf_adds(&cmd, "APPEND ");
	imap_put_string(&cmd, w->wire.data, w->wire.len);
	ck_buf_addc(&cmd, ' ');
	wire_put_flags(&cmd, m->flags);
	ck_buf_addf(&cmd, " \"%s\"", date);
	if (annotations)
		ck_buf_add(&cmd, annotations->data, annotations->len);
	ck_buf_addf(&cmd, " {%zu+}\r\n", message->len);
	ck_buf_add(&cmd, message->data, message->len);
	if (cmd.failed)
		return ck_err_nomem(err);
	return imap_command(w->c, cmd.data, cmd.len, NULL, NULL, NULL, err);
}

/** With its annotations; without them where the server refuses them. */
static int append_noted(const struct restore_item *item, const struct comparison *c, size_t i,
                        struct writer *w, const struct ck_buf *message, struct ck_err *err)
{
	const struct ck_archived_message *m = &c->archived.messages[i];
	CK_CLEANUP(archived_record_fini) struct archived_record rec = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf notes = CK_BUF_INIT;
	int n = archived_record(&c->archived, i, item->owner, false, &rec, err);
	if (n < 0)
		return n;
	size_t lost, put = put_annotations(&notes, w, &rec, &lost);
	if (notes.failed)
		return ck_err_nomem(err);
	n = append(w, m, message, put ? &notes : NULL, err);
	if (n == CK_EFAIL && put) {
		n = append(w, m, message, NULL, err);
		lost += put;
	}
	if (n == 0)
		w->lost += lost;
	return n;
}

/** One message. @return 0, or a failure that ends the mailbox. */
static int put_back(struct restore *r, const struct restore_item *item, const struct comparison *c,
                    size_t i, struct writer *w, struct run *run, struct ck_buf *message,
                    struct outcome *ret, struct ck_err *err)
{
	const struct ck_archived_message *m = &c->archived.messages[i];
	int n = via_read_message(r, item, c, i, run, message, err);
	if (n < 0)
		return n;
	const char *refusal = n == 0 ? wire_refusal(message->data, message->len) : NULL;
	if (refusal)
		run_finding(run, item->source->name, m->uid, "not-appendable",
		            "restore it by --via sync", "%s, which APPEND refuses", refusal);
	struct ck_err why = CK_ERR_INIT;
	if (n == 0 && !refusal) {
		n = append_noted(item, c, i, w, message, &why);
		if (n == CK_EFAIL)
			run_finding(run, item->source->name, m->uid, "append-refused",
			            "restore by --via sync, or raise the quota", "%s", why.msg);
		else if (n < 0) {
			if (err)
				*err = why;
			return n;
		}
	}
	bool added = n == 0 && !refusal;
	ret->added += added;
	ret->failed += !added;
	atomic_fetch_add(&run->messages_done, 1);
	atomic_fetch_add(&run->bytes_done, m->size);
	return 0;
}

/** The connection was lost: what was on its way may have come in. Nobody answers: as counted. */
static void recount(struct restore *r, const struct restore_item *item, const struct comparison *c,
                    struct outcome *ret)
{
	CK_CLEANUP(live_fini) struct live now = {0};
	uint64_t added = 0;
	if (via_imap_read_live(r, item, &now, NULL) < 0)
		return;
	for (size_t i = 0; i < c->nmissing; i++)
		added += live_has(&now, c->archived.messages[c->missing[i]].guid);
	ret->added = added > ret->added ? added : ret->added;
}

int via_imap(struct restore *r, const struct restore_item *item, const struct comparison *c,
             struct run *run, struct outcome *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf acl = CK_BUF_INIT, message = CK_BUF_INIT;
	CK_CLEANUP(writer_fini) struct writer w = {.wire = CK_BUF_INIT};
	*ret = (struct outcome){.now = -1};
	int n = 0;
	if (c->live.exists)
		n = ck_buf_adds(&acl, c->live.box.acl ? c->live.box.acl : item->source->acl) < 0
		            ? ck_err_nomem(err)
		            : 0;
	else
		n = via_choose_acl(r, item, &acl, err);
	if (n == 0 && !c->live.exists)
		n = create(r, item, acl.data, run, err);
	if (n < 0)
		return n;
	CK_FREE char *user = item->owner ? NULL : find_writer(acl.data);
	n = open_writer(r, item, user, &w, err);
	if (n == 0 && !c->live.exists)
		n = annotate(r, item, &w, run, err);
	for (size_t i = 0; i < c->nmissing && n == 0; i++)
		n = put_back(r, item, c, c->missing[i], &w, run, &message, ret, err);
	if (n == CK_EIO || n == CK_ETIMEOUT)
		recount(r, item, c, ret);
	if (w.lost)
		run_finding(run, item->shown, 0, "annotations-lost", "restore by --via sync",
		            "%zu annotation(s) of messages could not be put back by IMAP", w.lost);
	return n;
}
