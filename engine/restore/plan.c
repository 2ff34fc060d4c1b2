/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cyrus/names.h"
#include "restore/quota.h"
#include "restore/target.h"
#include <cyrkeep/select.h>

void restore_close(struct restore *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++) {
		free(r->items[i].target);
		free(r->items[i].shown);
		free(r->items[i].owner);
	}
	free(r->items);
	ck_archived_mailboxes_free(r->boxes, r->nboxes);
	ck_archive_close(r->archive);
	conf_free(r->conf);
	uidset_fini(&r->uids);
	annotations_fini(&r->annotations);
	imap_close(r->admin);
	imap_close(r->sync);
	imap_close(r->user);
	free(r->user_id);
	for (size_t i = 0; i < r->nmade; i++) {
		free(r->made[i].id);
		free(r->made[i].acl);
	}
	free(r->made);
	ck_strv_fini(&r->remarks);
	elsewhere_fini(&r->elsewhere);
	quota_sums_fini(&r->sums);
	free(r);
}

void restore_closep(struct restore **r)
{
	restore_close(*r);
}

/* ---- connections ---- */

/** The connection at *@c, opened at @port where there is none that lives. */
static int connect_admin(const struct restore *r, uint16_t port, struct imap **c,
                         struct ck_err *err)
{
	if (*c && imap_is_dead(*c)) {
		imap_close(*c);
		*c = NULL;
	}
	return *c ? 0 : imap_open(r->settings, NULL, port, c, err);
}

int restore_admin(struct restore *r, struct imap **ret, struct ck_err *err)
{
	int n = connect_admin(r, 0, &r->admin, err);
	*ret = r->admin;
	return n;
}

int restore_sync(struct restore *r, struct imap **ret, struct ck_err *err)
{
	uint16_t port = r->settings->server.sync_port;
	if (port == 0 || port == r->settings->server.port)
		return restore_admin(r, ret, err);
	int n = connect_admin(r, port, &r->sync, err);
	*ret = r->sync;
	return n < 0 ? ck_err_remedy(err, "set sync_port in 'server' to the port of sync_server, "
	                                  "or to 0 for the IMAP port")
	             : 0;
}

int restore_as(struct restore *r, const char *user, struct imap **ret, struct ck_err *err)
{
	if (r->user && (imap_is_dead(r->user) || strcmp(r->user_id, user) != 0)) {
		imap_close(r->user);
		r->user = NULL;
	}
	if (!r->user) {
		free(r->user_id);
		r->user_id = strdup(user);
		if (!r->user_id)
			return ck_err_nomem(err);
		int n = imap_open(r->settings, user, 0, &r->user, err);
		if (n < 0)
			return n;
	}
	*ret = r->user;
	return 0;
}

int restore_wire(const struct restore *r, const char *intname, struct ck_buf *ret,
                 struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	if (name_to_external(r->conf, intname, &name) < 0 || name_to_wire(name.data, ret) < 0)
		return ck_err_nomem(err);
	return 0;
}

const char *restore_below_config(const struct restore *r, const char *path)
{
	const char *dir = r->conf->configdirectory;
	size_t n = strlen(dir);
	if (strncmp(path, dir, n) == 0)
		path += n;
	return path + strspn(path, "/");
}

/** A name that is looked for in LIST answers. */
struct looking {
	const struct ck_buf *wire;
	bool found;
};

/** The name stands last, bare or quoted; no name of Cyrus needs more than that. */
static int take_list(void *arg, const char *line, size_t len, struct ck_err *err)
{
	(void)err;
	struct looking *l = arg;
	if (len < 8 || strncmp(line, "* LIST ", 7) != 0 || memmem(line, len, "\\Noselect", 9) ||
	    memmem(line, len, "\\NonExistent", 12))
		return 0;
	size_t quoted = line[len - 1] == '"';
	if (len < l->wire->len + 1 + 2 * quoted)
		return 0;
	const char *name = line + len - quoted - l->wire->len;
	if (memcmp(name, l->wire->data, l->wire->len) == 0 && name[-1] == (quoted ? '"' : ' '))
		l->found = true;
	return 0;
}

int restore_exists(struct restore *r, const char *intname, struct ck_err *err)
{
	struct imap *c;
	int n = restore_admin(r, &c, err);
	if (n < 0)
		return n;
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT, wire = CK_BUF_INIT;
	n = restore_wire(r, intname, &wire, err);
	if (n < 0)
		return n;
	/* A '*' in a name is a wildcard here: others may be answered too. */
	ck_buf_adds(&cmd, "LIST \"\" ");
	imap_put_string(&cmd, wire.data, wire.len);
	if (cmd.failed)
		return ck_err_nomem(err);
	struct looking l = {.wire = &wire};
	n = imap_command(c, cmd.data, cmd.len, take_list, &l, NULL, err);
	if (n < 0 || l.found)
		return n < 0 ? n : 1;
	/* LIST of 3.6 calls "user/anne" \Noselect when "user/anne@example.org" has folders. */
	ck_buf_reset(&cmd);
	ck_buf_adds(&cmd, "MYRIGHTS ");
	imap_put_string(&cmd, wire.data, wire.len);
	if (cmd.failed)
		return ck_err_nomem(err);
	struct ck_err why = CK_ERR_INIT;
	n = imap_command(c, cmd.data, cmd.len, NULL, NULL, NULL, &why);
	if (n < 0 && n != CK_EFAIL && err)
		*err = why;
	return n == 0 ? 1 : n == CK_EFAIL ? 0 : n;
}

/* ---- understanding a request ---- */

/** Why a matched mailbox is not put back at all; NULL when it is. */
static const char *passed_over(const struct ck_archived_mailbox *m, bool named)
{
	if (m->flags & CK_MBOX_INTERMEDIATE)
		return "";
	if (m->left_out_by)
		return "was left out of the archive";
	if (m->flags & CK_MBOX_DAV)
		return "is no mail: scripts come back with a user who is made again, calendars and "
		       "addresses do not";
	if ((m->flags & CK_MBOX_DELAYED) && !named)
		return ""; /* a wildcard does not mean what was already deleted */
	return NULL;
}

static int add_item(struct restore *r, const struct ck_archived_mailbox *m, struct ck_err *err)
{
	struct restore_item *more = reallocarray(r->items, r->n + 1, sizeof *more);
	if (!more)
		return ck_err_nomem(err);
	r->items = more;
	r->items[r->n++] = (struct restore_item){.source = m};
	return 0;
}

static int remark(struct restore *r, const char *name, const char *why, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	ck_buf_addf(&text, "'%s' %s", name, why);
	return ck_strv_addm(&r->remarks, ck_buf_take(&text)) < 0 ? ck_err_nomem(err) : 0;
}

/** Does @pattern say outright that it means deleted mailboxes? */
static bool names_deleted(const struct restore *r, const char *pattern)
{
	size_t n = strlen(r->conf->deletedprefix);
	return strncmp(pattern, r->conf->deletedprefix, n) == 0;
}

/* Nothing that was asked for is in the archive. */
static int refuse_hole(const struct restore *r, const struct ck_archived_mailbox *m,
                       struct ck_err *err)
{
	(void)ck_err_set(err, CK_ENOTFOUND, "'%s' was left out of archive %u by rule '%s'", m->name,
	                 ck_archive_info(r->archive)->number, m->left_out_by);
	return ck_err_remedy(err, "take another archive: cyrkeep archives");
}

static int match(struct restore *r, const struct ck_strv *patterns, struct ck_err *err)
{
	char sep = ck_archive_separator(r->archive);
	const struct ck_archived_mailbox *hole = NULL;
	CK_FREE size_t *hits = ck_alloc(patterns->n, sizeof *hits);
	if (!hits)
		return ck_err_nomem(err);
	for (size_t b = 0; b < r->nboxes; b++) {
		const struct ck_archived_mailbox *m = &r->boxes[b];
		bool matched = false, named = false;
		for (size_t i = 0; i < patterns->n; i++)
			if (ck_pattern_match(patterns->items[i], m->name, sep)) {
				hits[i]++;
				matched = true;
				named = named || names_deleted(r, patterns->items[i]);
			}
		if (!matched)
			continue;
		const char *why = passed_over(m, named);
		if (m->left_out_by && !hole)
			hole = m;
		int n = !why ? add_item(r, m, err) : *why ? remark(r, m->name, why, err) : 0;
		if (n < 0)
			return n;
	}
	for (size_t i = 0; i < patterns->n; i++)
		if (!hits[i]) {
			(void)ck_err_set(err, CK_ENOTFOUND, "archive %u has no mailbox '%s'",
			                 ck_archive_info(r->archive)->number, patterns->items[i]);
			return ck_err_remedy(err, "see 'cyrkeep list %u' for what is in it",
			                     ck_archive_info(r->archive)->number);
		}
	return hole && r->n == 0 ? refuse_hole(r, hole, err) : 0;
}

static int find_target(struct restore *r, const char *to, struct target *t, struct ck_buf *top,
                       struct ck_err *err)
{
	*t = (struct target){.kind = TARGET_ORIGINAL};
	if (!to || strcmp(to, "original") == 0)
		return 0;
	if (strcmp(to, "dated") == 0) {
		t->kind = TARGET_DATED;
		time_t now = time(NULL);
		struct tm tm;
		if (!localtime_r(&now, &tm) ||
		    strftime(t->date, sizeof t->date, "%Y-%m-%d", &tm) == 0)
			return ck_err_set(err, CK_EFAIL, "cannot tell today's date");
		return 0;
	}
	t->kind = TARGET_NAMED;
	int n = name_to_internal(r->conf, to, top, err);
	t->top = top->data;
	if (n < 0)
		return ck_err_prefix(err, "target '%s'", to);
	const char *why = name_refusal(r->conf, t->top);
	if (!why)
		return 0;
	(void)ck_err_set(err, CK_EUSAGE, "no mailbox can be called '%s': %s", to, why);
	return ck_err_remedy(err, "name another with --to, such as 'user%canne%cRestored'",
	                     name_separator(r->conf), name_separator(r->conf));
}

/** A mailbox below a name that is nobody's: Cyrus would make a user of it. */
static int check_owner(struct restore *r, const char *to, struct ck_err *err)
{
	if (!to || strcmp(to, "original") == 0 || strcmp(to, "dated") == 0 || r->n == 0)
		return 0;
	const struct restore_item *first = &r->items[0]; /* parents come first */
	size_t inbox = target_inbox(first->target);
	if (!inbox || !first->target[inbox])
		return 0;
	CK_FREE char *name = strndup(first->target, inbox);
	if (!name)
		return ck_err_nomem(err);
	int n = restore_exists(r, name, err);
	if (n != 0)
		return n < 0 ? n : 0;
	(void)ck_err_set(err, CK_ENOTFOUND, "cannot restore to '%s': there is no user '%s'", to,
	                 first->owner);
	return ck_err_remedy(err,
	                     "name a mailbox of a user who exists, or restore his INBOX first");
}

static int place(struct restore *r, struct restore_item *item, const struct target *t,
                 size_t common, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf shown = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf owner = CK_BUF_INIT;
	int n = target_name(t, item->source->intname, common, &name, err);
	if (n < 0)
		return n;
	if (name_to_external(r->conf, name.data, &shown) < 0)
		return ck_err_nomem(err);
	if (name_owner(r->conf, name.data, &owner)) {
		item->owner = ck_buf_take(&owner);
		if (!item->owner)
			return ck_err_nomem(err);
	}
	item->moved = strcmp(name.data, item->source->intname) != 0;
	item->target = ck_buf_take(&name);
	item->shown = ck_buf_take(&shown);
	return item->target && item->shown ? 0 : ck_err_nomem(err);
}

static int compare_items(const void *a, const void *b)
{
	const struct restore_item *x = a, *y = b;
	return name_compare(x->target, y->target);
}

static int place_all(struct restore *r, const char *to, struct ck_err *err)
{
	struct target t;
	CK_CLEANUP(ck_buf_fini) struct ck_buf top = CK_BUF_INIT;
	int n = find_target(r, to, &t, &top, err);
	if (n < 0)
		return n;
	CK_FREE const char **names = ck_alloc(r->n, sizeof *names);
	if (!names)
		return ck_err_nomem(err);
	for (size_t i = 0; i < r->n; i++)
		names[i] = r->items[i].source->intname;
	size_t common = target_common(names, r->n);
	for (size_t i = 0; i < r->n; i++) {
		n = place(r, &r->items[i], &t, common, err);
		if (n < 0)
			return n;
	}
	if (r->n)
		qsort(r->items, r->n, sizeof *r->items, compare_items);
	for (size_t i = 1; i < r->n; i++)
		if (strcmp(r->items[i - 1].target, r->items[i].target) == 0)
			return ck_err_set(err, CK_EUSAGE, "'%s' and '%s' would both become '%s'",
			                  r->items[i - 1].source->name, r->items[i].source->name,
			                  r->items[i].shown);
	return 0;
}

static int take_uids(struct restore *r, const char *uids, struct ck_err *err)
{
	if (!uids)
		return 0;
	if (r->n > 1)
		return ck_err_set(err, CK_EUSAGE,
		                  "a uid set goes with one mailbox, but %zu are chosen", r->n);
	return uidset_parse(uids, &r->uids, err);
}

/** Is he an administrator? Every version refuses GETQUOTA to all others, whatever the name. */
static int check_admin(const struct restore *r, struct imap *c, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf answer = CK_BUF_INIT;
	static const char question[] = "GETQUOTA user";
	int n = imap_command(c, question, sizeof question - 1, NULL, NULL, &answer, err);
	if (n != CK_EFAIL)
		return n;
	if (!strstr(answer.data, "ermission denied"))
		return 0;
	(void)ck_err_set(err, CK_EDENIED, "'%s' is no administrator of the server",
	                 r->settings->server.admin);
	return ck_err_remedy(err, "put '%s' into admins of imapd.conf, or set admin in 'server'",
	                     r->settings->server.admin);
}

static int reach_server(struct restore *r, struct ck_err *err)
{
	struct imap *admin, *c;
	struct ck_err why = CK_ERR_INIT;
	int n = restore_admin(r, &admin, err);
	if (n < 0)
		return n;
	n = restore_sync(r, &c, &why);
	if (n == 0)
		n = sync_is_taken(c, &r->speaks_sync, &why);
	if (n == 0 && r->speaks_sync)
		return 0;
	if (n < 0 && (r->via != CK_VIA_IMAP || n == CK_ENOMEM)) {
		if (err)
			*err = why;
		return n;
	}
	n = check_admin(r, admin, err);
	if (n < 0 || r->via == CK_VIA_IMAP)
		return n; /* they would only make the comparison quicker */
	(void)ck_err_set(err, CK_EUNSUPPORTED,
	                 "the server does not offer '%s' its replication commands",
	                 r->settings->server.admin);
	return ck_err_remedy(err, "restore by --via imap");
}

/** A replica belongs to its master: what is put into it is lost, or comes in his way. */
static int check_role(const struct restore *r, struct ck_err *err)
{
	if (!conf_switch(r->conf, "replicaonly", false))
		return 0;
	(void)ck_err_set(err, CK_EUNSUPPORTED, "this server is a replica (replicaonly in '%s')",
	                 r->settings->imapd_conf);
	return ck_err_remedy(err, "restore on its master");
}

void restore_advise(struct ck_err *err)
{
	if (!err || *err->remedy)
		return;
	if (err->code == CK_EIO || err->code == CK_ETIMEOUT)
		(void)ck_err_remedy(err, "look into the server's log (syslog, facility mail), then "
		                         "run the restore again: it adds only what is missing");
	else if (err->code == CK_EFAIL)
		(void)ck_err_remedy(err, "look into the server's log (syslog, facility mail)");
}

int restore_open(const struct ck_settings *settings, const struct ck_restore_request *request,
                 struct restore **ret, struct ck_err *err)
{
	CK_CLEANUP(restore_closep) struct restore *r = ck_alloc(1, sizeof *r);
	if (!r)
		return ck_err_nomem(err);
	r->settings = settings;
	r->via = request->via;
	r->quota = request->quota;
	r->leave_elsewhere = request->leave_elsewhere;
	int n = conf_load(settings->imapd_conf, &r->conf, err);
	if (n == 0)
		n = check_role(r, err);
	if (n == 0)
		n = ck_archive_open(settings, request->archive, &r->archive, err);
	if (n == 0)
		n = ck_archive_mailboxes(r->archive, &r->boxes, &r->nboxes, err);
	if (n == 0)
		n = match(r, &request->patterns, err);
	if (n == 0)
		n = place_all(r, request->to, err);
	if (n == 0)
		n = take_uids(r, request->uids, err);
	if (n == 0)
		n = reach_server(r, err);
	if (n == 0)
		n = check_owner(r, request->to, err);
	if (n == 0)
		n = annotations_read(r->archive, &r->annotations, err);
	if (n < 0)
		return n;
	*ret = CK_STEAL(r);
	return 0;
}
