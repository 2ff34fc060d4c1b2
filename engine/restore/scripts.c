/* SPDX-License-Identifier: BSD-2-Clause */
/* The subject of such a message is the script's name; the active one is flagged. */
#include "restore/scripts.h"

#include <stdlib.h>
#include <string.h>

#include "cyrus/sync_user.h"

#define FOLDER "#sieve" /* the default of sieve_folder */

/** Those of one user. */
struct scripts {
	const char *mailbox; /**< External name; borrowed. */
	struct ck_archived_message *list;
	size_t n;
};

static void scripts_fini(struct scripts *s)
{
	ck_archived_messages_free(s->list, s->n);
}

static bool is_script(const struct ck_archived_message *m)
{
	return !m->expunged && m->stored;
}

static bool is_flagged(const struct ck_archived_message *m)
{
	return strstr(m->flags, "\\Flagged") != NULL;
}

static int read_archived(struct restore *r, const struct restore_item *item, struct scripts *ret,
                         struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	if (ck_buf_addf(&name, "%s." FOLDER, item->source->intname) < 0)
		return ck_err_nomem(err);
	for (size_t i = 0; i < r->nboxes && !ret->mailbox; i++)
		if (strcmp(r->boxes[i].intname, name.data) == 0 && !r->boxes[i].left_out_by)
			ret->mailbox = r->boxes[i].name;
	if (!ret->mailbox)
		return ck_err_set(err, CK_ENOTFOUND, "the archive has no sieve scripts of '%s'",
		                  item->owner);
	return ck_archive_messages(r->archive, ret->mailbox, &ret->list, &ret->n, err);
}

int scripts_count(struct restore *r, const struct restore_item *item, size_t *ret,
                  struct ck_err *err)
{
	CK_CLEANUP(scripts_fini) struct scripts s = {0};
	int n = read_archived(r, item, &s, err);
	*ret = 0;
	for (size_t i = 0; i < s.n; i++)
		*ret += is_script(&s.list[i]);
	return n;
}

bool scripts_text(const char *message, size_t len, const char **ret, size_t *ret_len)
{
	static const char gap[] = "\r\n\r\n";
	const char *end = len ? memmem(message, len, gap, sizeof gap - 1) : NULL;
	if (!end)
		return false;
	*ret = end + sizeof gap - 1;
	*ret_len = len - (size_t)(*ret - message);
	return true;
}

static int put_one(struct restore *r, const struct restore_item *item, const struct scripts *s,
                   const struct ck_archived_message *m, struct imap *c, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf message = CK_BUF_INIT;
	const char *text;
	size_t len;
	int n = ck_archive_message(r->archive, s->mailbox, m->uid, &message, err);
	if (n < 0)
		return n;
	if (!sync_script_name(m->subject) || !scripts_text(message.data, message.len, &text, &len))
		return ck_err_set(err, CK_ECORRUPT, "message %u of '%s' is no script", m->uid,
		                  s->mailbox);
	return sync_put_script(c, item->owner, m->subject, m->internaldate, text, len, err);
}

static int put_all(struct restore *r, const struct restore_item *item, const struct scripts *s,
                   struct imap *c, size_t *ret_lost, struct ck_err *err)
{
	CK_CLEANUP(sync_user_fini) struct sync_user now = {0}, then = {0};
	const struct ck_archived_message *active = NULL;
	int n = sync_get_user(c, item->owner, &now, err);
	for (size_t i = 0; i < s->n && n == 0; i++) {
		if (!is_script(&s->list[i]))
			continue;
		if (is_flagged(&s->list[i]))
			active = &s->list[i];
		if (!ck_strv_has(&now.scripts, s->list[i].subject))
			n = put_one(r, item, s, &s->list[i], c, err);
	}
	if (n == 0 && active && !now.active)
		n = sync_activate_script(c, item->owner, active->subject, err);
	if (n == 0)
		n = sync_get_user(c, item->owner, &then, err);
	*ret_lost = 0;
	for (size_t i = 0; i < s->n && n == 0; i++)
		*ret_lost +=
			is_script(&s->list[i]) && !ck_strv_has(&then.scripts, s->list[i].subject);
	if (n == 0 && active && !then.active)
		n = ck_err_set(err, CK_EFAIL, "none is active afterwards");
	return n;
}

int scripts_restore(struct restore *r, const struct restore_item *item, struct run *run,
                    struct ck_err *err)
{
	CK_CLEANUP(scripts_fini) struct scripts s = {0};
	struct ck_err why = CK_ERR_INIT;
	struct imap *c;
	size_t lost = 0;
	int n = read_archived(r, item, &s, &why);
	if (n == CK_ENOTFOUND || (n == 0 && s.n == 0))
		return 0;
	if (n == 0)
		n = restore_sync(r, &c, &why);
	if (n == 0)
		n = put_all(r, item, &s, c, &lost, &why);
	if (n == CK_ENOMEM)
		return ck_err_nomem(err);
	if (n == 0 && lost)
		n = ck_err_set(&why, CK_EFAIL, "%zu are not there afterwards", lost);
	if (n < 0)
		run_finding(run, item->shown, 0, "sieve-lost",
		            "look with sivtest or a mail program which are there; their text is in "
		            "the mailbox '#sieve' of the archive",
		            "not all sieve scripts of '%s' could be put back: %s", item->owner,
		            why.msg);
	return 0;
}
