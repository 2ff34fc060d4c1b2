/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/newid.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cyrus/names.h"

int newid_fresh(char **id, struct ck_err *err)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	uint8_t random[24];
	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return ck_err_sys(err, "cannot get random bytes");
	char *fresh = ck_alloc(sizeof random + 1, 1);
	if (!fresh)
		return ck_err_nomem(err);
	for (size_t i = 0; i < sizeof random; i++)
		fresh[i] = digits[random[i] % 36];
	free(*id);
	*id = fresh;
	return 0;
}

/** Who asks for holders. */
struct asking {
	struct sync_mailbox *made; /**< uniqueid is NULL once somebody holds it. */
	const char *id;
};

static int take_holder(void *arg, const struct sync_mailbox *m, struct ck_err *err)
{
	(void)err;
	struct asking *a = arg;
	/* The same mailbox, renamed or delayed-deleted: what it has used must not come again. */
	if (m->uidvalidity == a->made->uidvalidity) {
		if (m->last_uid > a->made->last_uid)
			a->made->last_uid = m->last_uid;
		if (m->highestmodseq > a->made->highestmodseq)
			a->made->highestmodseq = m->highestmodseq;
	}
	if (strcmp(m->uniqueid, a->id) == 0) {
		free(a->made->uniqueid);
		a->made->uniqueid = NULL;
	}
	return 0;
}

bool newid_stamp(const char *line, size_t len, const char *name, char separator, char ret[17])
{
	size_t n = strlen(name);
	const char *at = n ? memmem(line, len, name, n) : NULL;
	if (!at || at + n >= line + len || at[n] != separator)
		return false;
	const char *stamp = at + n + 1;
	size_t digits = 0;
	while (stamp + digits < line + len && stamp[digits] &&
	       strchr("0123456789ABCDEF", stamp[digits]))
		digits++;
	bool ends = stamp + digits == line + len || strchr("@\"", stamp[digits]);
	if (digits == 0 || digits > 16 || !ends)
		return false;
	memcpy(ret, stamp, digits);
	ret[digits] = '\0';
	return true;
}

/** Delayed-deleted mailboxes of one name, while LIST is answered. */
struct listing {
	const char *wire; /**< As answers name them, without separator and number. */
	const char *name; /**< Internal. */
	char separator;
	struct ck_strv names; /**< Internal. */
};

static int take_deleted(void *arg, const char *line, size_t len, struct ck_err *err)
{
	struct listing *l = arg;
	char stamp[17];
	if (!newid_stamp(line, len, l->wire, l->separator, stamp))
		return 0;
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	ck_buf_addf(&name, "%s.%s", l->name, stamp);
	return ck_strv_addm(&l->names, ck_buf_take(&name)) < 0 ? ck_err_nomem(err) : 0;
}

/** "domain!DELETED.shared.Team" for domain!shared.Team. */
static int add_deleted(const struct restore *r, const char *intname, struct ck_buf *ret)
{
	const char *bang = strchr(intname, '!');
	const char *rest = bang ? bang + 1 : intname;
	ck_buf_add(ret, intname, (size_t)(rest - intname));
	ck_buf_addf(ret, "%s.%s", r->conf->deletedprefix, rest);
	return ret->failed ? CK_ENOMEM : 0;
}

/**
 * Those that were deleted under the name of @item: what was restored and deleted once more has
 * another id, but its uidvalidity and uids.
 */
static int ask_deleted(struct restore *r, struct imap *sync, const struct restore_item *item,
                       struct asking *a, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini)
	struct ck_buf deleted = CK_BUF_INIT, wire = CK_BUF_INIT, cmd = CK_BUF_INIT;
	struct imap *c;
	int n = restore_admin(r, &c, err);
	if (n == 0 && add_deleted(r, item->target, &deleted) < 0)
		n = ck_err_nomem(err);
	if (n == 0)
		n = restore_wire(r, deleted.data, &wire, err);
	if (n < 0)
		return n;
	char *at = strchr(item->target, '!') ? strrchr(wire.data, '@') : NULL;
	struct listing l = {
		.wire = wire.data, .name = deleted.data, .separator = name_separator(r->conf)};
	CK_CLEANUP(ck_buf_fini) struct ck_buf pattern = CK_BUF_INIT;
	ck_buf_addf(&pattern, "%.*s%c%%%s", at ? (int)(at - wire.data) : (int)wire.len, wire.data,
	            l.separator, at ? at : "");
	if (at)
		*at = '\0';
	ck_buf_adds(&cmd, "LIST \"\" ");
	imap_put_string(&cmd, pattern.data, pattern.len);
	if (pattern.failed || cmd.failed)
		return ck_err_nomem(err);
	n = imap_command(c, cmd.data, cmd.len, take_deleted, &l, NULL, err);
	if (n == 0 && l.names.n)
		n = sync_get_mailboxes(sync, (const char *const *)l.names.items, l.names.n,
		                       take_holder, a, err);
	ck_strv_fini(&l.names);
	return n;
}

int newid_choose(struct restore *r, struct imap *sync, const struct restore_item *item,
                 struct sync_mailbox *made, struct run *run, struct ck_err *err)
{
	const char *id = item->source->uniqueid;
	if (item->moved)
		return newid_fresh(&made->uniqueid, err);
	struct asking a = {.made = made, .id = id};
	struct ck_err why = CK_ERR_INIT;
	int n = *id ? sync_get_holder(sync, id, item->owner, take_holder, &a, &why) : 0;
	if (n == 0)
		n = ask_deleted(r, sync, item, &a, &why);
	if (n < 0 && (imap_is_dead(sync) || n == CK_ENOMEM)) {
		if (err)
			*err = why;
		return n;
	}
	if (n == 0 && *id && made->uniqueid)
		return 0;
	if (*id)
		run_note(run, "'%s' gets a new id: its old one is held by another mailbox%s",
		         item->shown, n < 0 ? ", or the server cannot tell" : "");
	return newid_fresh(&made->uniqueid, err);
}
