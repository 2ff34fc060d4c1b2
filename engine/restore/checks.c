/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/checks.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cyrus/names.h"
#include "restore/quota.h"
#include <cyrkeep/server.h>

int check_add(struct ck_rehearsal *r, enum ck_check_level level, struct ck_buf *text,
              struct ck_err *err)
{
	struct ck_rehearsal_check *more = reallocarray(r->checks, r->nchecks + 1, sizeof *more);
	if (!more)
		return ck_err_nomem(err);
	r->checks = more;
	more[r->nchecks] = (struct ck_rehearsal_check){level, ck_buf_take(text)};
	if (!more[r->nchecks].text)
		return ck_err_nomem(err);
	r->nchecks++;
	return 0;
}

void checks_fini(struct checks *c)
{
	ck_buf_fini(&c->root);
	*c = (struct checks){0};
}

bool checks_brings_seen(const struct comparison *c)
{
	return c->archived.has_index && index_keeps_seen(&c->archived.index.header);
}

bool checks_is_other(const struct restore_item *item, const struct comparison *c)
{
	const char *id = c->live.box.uniqueid;
	/* One that a restore has made again may have another id, but the uidvalidity of old. */
	return c->live.exists && !item->moved && id && *id && *item->source->uniqueid &&
	       strcmp(id, item->source->uniqueid) != 0 &&
	       c->live.box.uidvalidity != item->source->uidvalidity;
}

/** Is @flag one of the words of @flags? */
static bool has_flag(const char *flags, const char *flag)
{
	size_t n = strlen(flag);
	for (const char *p = flags; (p = strstr(p, flag)); p += n)
		if ((p == flags || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	return false;
}

static void count_seen(struct checks *k, const struct comparison *c)
{
	if (!checks_brings_seen(c)) {
		k->unknown += c->nmissing;
		return;
	}
	for (size_t i = 0; i < c->nmissing; i++) {
		bool seen = has_flag(c->archived.messages[c->missing[i]].flags, "\\Seen");
		k->seen += seen;
		k->unseen += !seen;
	}
}

void checks_count(struct checks *k, const struct restore_item *item, const struct comparison *c)
{
	if (c->action == CK_RESTORE_REFUSE)
		return;
	k->asked += c->wanted;
	k->not_stored += c->not_stored;
	if (c->action == CK_RESTORE_ADD) {
		k->added_to++;
		k->added_bytes += c->missing_bytes;
	} else if (c->action != CK_RESTORE_NOTHING) {
		k->made_again += c->action == CK_RESTORE_RECREATE;
		k->made_new += c->action == CK_RESTORE_CREATE;
		k->made_bytes += c->missing_bytes;
	}
	count_seen(k, c);
	if (checks_is_other(item, c) && !k->others++)
		k->others_of = item->shown;
	if (c->live.exists && !item->moved && c->live.box.acl &&
	    strcmp(c->live.box.acl, item->source->acl) != 0 && !k->rights++)
		k->rights_of = item->shown;
}

/* ---- quotas ---- */

static int note_passed(struct ck_rehearsal *r, const struct ck_rehearsal_quota *q, const char *root,
                       struct ck_err *err)
{
	struct ck_rehearsal_quota *more = reallocarray(r->quotas, r->nquotas + 1, sizeof *more);
	if (!more)
		return ck_err_nomem(err);
	r->quotas = more;
	more[r->nquotas] = *q;
	more[r->nquotas].root = strdup(root);
	if (!more[r->nquotas].root)
		return ck_err_nomem(err);
	r->nquotas++;
	return 0;
}

int checks_quotas(struct restore *r, struct checks *k, const struct quota_sums *sums,
                  struct ck_rehearsal *ret, struct ck_err *err)
{
	int n = 0;
	for (size_t i = 0; i < sums->n && n == 0; i++) {
		CK_CLEANUP(quota_root_fini) struct quota_root q = {0};
		CK_CLEANUP(ck_buf_fini) struct ck_buf shown = CK_BUF_INIT;
		struct ck_rehearsal_quota passed[2];
		n = quota_ask(r, sums->list[i].name, &q, err);
		if (n < 0 || q.n == 0)
			continue;
		const struct quota_limit *storage = quota_limit_of(&q, "STORAGE");
		size_t count = quota_passed(&q, &sums->list[i], passed);
		if (mutf7_decode(q.name.data, q.name.len, &shown) < 0)
			return ck_err_nomem(err);
		if (!k->roots++) {
			ck_buf_adds(&k->root, shown.data);
			k->would = storage ? storage->used * 1024 + sums->list[i].bytes : 0;
			k->limit = storage ? storage->limit * 1024 : 0;
		}
		k->passed += count > 0;
		for (size_t p = 0; p < count && n == 0; p++)
			n = note_passed(ret, &passed[p], shown.data, err);
	}
	return n == 0 && k->root.failed ? ck_err_nomem(err) : n;
}

/* ---- in sentences ---- */

struct telling {
	const struct restore *r;
	const struct checks *k;
	struct ck_rehearsal *ret;
	struct ck_buf text;
};

static int tell(struct telling *t, enum ck_check_level level, struct ck_err *err)
{
	return check_add(t->ret, level, &t->text, err);
}

static const char *s(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static int tell_guids(struct telling *t, struct ck_err *err)
{
	const struct checks *k = t->k;
	int n = 0;
	if (k->asked) {
		ck_buf_addf(&t->text,
		            "%s message%s asked for, compared with the server by GUID just now",
		            figure_count(k->asked).s, s(k->asked));
		n = tell(t, CK_CHECK_OK, err);
	}
	if (n == 0 && k->not_stored) {
		ck_buf_addf(&t->text,
		            "%s missing, and not in the archive either: look into another",
		            figure_count(k->not_stored).s);
		n = tell(t, CK_CHECK_WARN, err);
	}
	return n;
}

/** What becomes of uids, and what that means for clients. */
static int tell_uids(struct telling *t, struct ck_err *err)
{
	const struct checks *k = t->k;
	int n = 0;
	if (k->added_to) {
		ck_buf_addf(&t->text,
		            "uidvalidity stays; added mail gets new uids (clients load %s once)",
		            figure_size(k->added_bytes).s);
		n = tell(t, CK_CHECK_OK, err);
	}
	if (n == 0 && k->made_again && t->r->via == CK_VIA_SYNC) {
		ck_buf_addf(&t->text,
		            "%s mailbox%s made again with uids and uidvalidity of the archive",
		            figure_count(k->made_again).s, k->made_again == 1 ? " is" : "es are");
		n = tell(t, CK_CHECK_OK, err);
	}
	bool anew = k->made_new || (k->made_again && t->r->via == CK_VIA_IMAP);
	if (n == 0 && anew) {
		ck_buf_addf(&t->text, "%s for mailboxes that are made (clients load %s)",
		            t->r->via == CK_VIA_IMAP ? "new uids and uidvalidity"
		                                     : "new uidvalidity",
		            figure_size(k->made_bytes).s);
		n = tell(t, CK_CHECK_NOTE, err);
	}
	if (n == 0 && k->others) {
		ck_buf_addf(&t->text,
		            "'%s'%s made anew since the backup: another one of the same name",
		            k->others_of, k->others > 1 ? " and others were" : " was");
		n = tell(t, CK_CHECK_WARN, err);
	}
	return n;
}

static int tell_seen(struct telling *t, struct ck_err *err)
{
	const struct checks *k = t->k;
	int n = 0;
	if (k->seen || k->unseen) {
		ck_buf_addf(&t->text,
		            "\\Seen is known for %s missing: %s read, %s unread, as they were",
		            figure_count(k->seen + k->unseen).s, figure_count(k->seen).s,
		            figure_count(k->unseen).s);
		n = tell(t, CK_CHECK_OK, err);
	}
	if (n == 0 && k->unknown) {
		ck_buf_addf(&t->text, "\\Seen is not known for %s missing: they come back unread",
		            figure_count(k->unknown).s);
		n = tell(t, CK_CHECK_WARN, err);
	}
	return n;
}

static int tell_rights(struct telling *t, struct ck_err *err)
{
	if (!t->k->rights)
		return 0;
	ck_buf_addf(&t->text, "rights of '%s'%s are not those of the archive, and stay as they are",
	            t->k->rights_of, t->k->rights > 1 ? " and other mailboxes" : "");
	return tell(t, CK_CHECK_NOTE, err);
}

static int tell_quota(struct telling *t, struct ck_err *err)
{
	const struct checks *k = t->k;
	if (!k->roots || k->passed == k->roots)
		return 0; /* none, or it is a question */
	if (k->roots == 1 && k->limit)
		ck_buf_addf(&t->text, "quota of '%s' has room: %s of %s then", k->root.data,
		            figure_size(k->would).s, figure_size(k->limit).s);
	else
		ck_buf_addf(&t->text, "%s of %s quotas %s room for it",
		            figure_count(k->roots - k->passed).s, figure_count(k->roots).s,
		            k->roots - k->passed == 1 ? "has" : "have");
	return tell(t, CK_CHECK_OK, err);
}

/** How many sessions the users have who get something. */
static size_t count_sessions(const struct restore *r, const struct ck_sessions *all,
                             const char **ret_user, size_t *ret_users)
{
	size_t sessions = 0;
	*ret_users = 0;
	for (size_t u = 0; u < all->nusers; u++)
		for (size_t i = 0; i < r->n; i++) {
			if (!r->items[i].owner ||
			    strcmp(r->items[i].owner, all->users[u].user) != 0)
				continue;
			if (!(*ret_users)++)
				*ret_user = r->items[i].owner;
			sessions += all->users[u].sessions;
			break;
		}
	return sessions;
}

static int tell_sessions(struct telling *t, struct ck_err *err)
{
	CK_CLEANUP(ck_sessions_fini) struct ck_sessions all = {0};
	const char *user = NULL;
	size_t users;
	if (!t->ret->missing || ck_sessions_list(t->r->settings, &all, NULL) < 0)
		return 0; /* nobody can say who is logged in */
	size_t n = count_sessions(t->r, &all, &user, &users);
	if (n == 0)
		return 0;
	if (users == 1)
		ck_buf_addf(&t->text,
		            "'%s' is logged in (%zu session%s) and may stay so: nothing stops",
		            user, n, s(n));
	else
		ck_buf_addf(&t->text,
		            "%zu users are logged in (%zu sessions) and may stay so: nothing stops",
		            users, n);
	return tell(t, CK_CHECK_OK, err);
}

/** The last @n of @all to the front. */
static void bring_forward(struct ck_rehearsal_check *all, size_t total, size_t n)
{
	struct ck_rehearsal_check c;
	for (size_t i = 0; i < n; i++) {
		c = all[total - n + i];
		memmove(all + i + 1, all + i, (total - n) * sizeof *all);
		all[i] = c;
	}
}

int checks_tell(const struct restore *r, const struct checks *k, struct ck_rehearsal *ret,
                struct ck_err *err)
{
	static int (*const all[])(struct telling *, struct ck_err *) = {
		tell_guids, tell_uids, tell_sessions, tell_seen, tell_rights, tell_quota};
	struct telling t = {.r = r, .k = k, .ret = ret, .text = CK_BUF_INIT};
	size_t before = ret->nchecks;
	int n = 0;
	for (size_t i = 0; i < CK_COUNT(all) && n == 0; i++)
		n = all[i](&t, err);
	ck_buf_fini(&t.text);
	bring_forward(ret->checks, ret->nchecks, ret->nchecks - before);
	return n;
}
