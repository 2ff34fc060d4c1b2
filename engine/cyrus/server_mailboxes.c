/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A million mailboxes are the measure: one array of structs, strings once in the arena, and what
 * neighbours have in common (owner, ACL) shared.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cyrus/db.h"
#include "cyrus/mboxlist.h"
#include "cyrus/names.h"
#include "cyrus/server_parts.h"

#define LOCK_TIMEOUT_MS 10000
#define WATCH_EVERY     1024u
#define MAILBOXES_MAX   (UINT32_MAX / 2)

/* A partition that some records name and imapd.conf does not. */
struct stray {
	char *name;
	char *example; /* External name of the first mailbox. */
	uint64_t mailboxes;
};

struct loader {
	struct ck_server *server;
	size_t cap;
	struct ck_buf text;     /* Scratch. */
	const char *user, *acl; /* Of the last mailbox. */
	struct stray *strays;
	size_t nstrays;
	uint64_t bad_records;
	struct ck_err first_bad;
};

static void loader_fini(struct loader *l)
{
	for (size_t i = 0; i < l->nstrays; i++) {
		free(l->strays[i].name);
		free(l->strays[i].example);
	}
	free(l->strays);
	ck_buf_fini(&l->text);
}

static const char *keep(struct loader *l, const char *text, size_t len)
{
	return len ? arena_strn(l->server->arena, text, len) : "";
}

/* Neighbours mostly have the same: keep it once. */
static const char *keep_shared(struct loader *l, const char **last, const char *text)
{
	if (!*last || strcmp(*last, text) != 0)
		*last = keep(l, text, strlen(text));
	return *last;
}

static int note_stray(struct loader *l, const char *partition, const char *example)
{
	for (size_t i = 0; i < l->nstrays; i++) {
		if (strcmp(l->strays[i].name, partition) == 0) {
			l->strays[i].mailboxes++;
			return 0;
		}
	}
	struct stray *strays = reallocarray(l->strays, l->nstrays + 1, sizeof *strays);
	if (!strays)
		return CK_ENOMEM;
	l->strays = strays;
	struct stray *s = &strays[l->nstrays++];
	*s = (struct stray){.name = strdup(partition), .example = strdup(example), .mailboxes = 1};
	return s->name && s->example ? 0 : CK_ENOMEM;
}

static uint32_t find_partition(const struct ck_server *server, const char *name)
{
	for (uint32_t i = 0; i < server->npartitions; i++) {
		const struct ck_partition *p = &server->partitions[i];
		if (p->kind == CK_PARTITION_DATA && strcmp(p->name, name) == 0)
			return i;
	}
	return UINT32_MAX;
}

static uint32_t flags_of(const struct conf *conf, const struct mboxlist_entry *e)
{
	return (e->type & MBTYPE_LEGACY_DIR ? CK_MBOX_LEGACY_DIR : 0u) |
	       (e->type & MBTYPE_INTERMEDIATE ? CK_MBOX_INTERMEDIATE : 0u) |
	       (e->type & MBTYPE_REMOTE ? CK_MBOX_REMOTE : 0u) |
	       (e->type & MBTYPE_DAV ? CK_MBOX_DAV : 0u) |
	       (name_is_deleted(conf, e->intname) ? CK_MBOX_DELAYED : 0u) |
	       (name_is_inbox(e->intname) ? CK_MBOX_INBOX : 0u);
}

static int keep_strings(struct loader *l, const struct mboxlist_entry *e, struct ck_mailbox *m)
{
	const struct conf *conf = l->server->conf;
	m->intname = keep(l, e->intname, strlen(e->intname));
	m->uniqueid = keep(l, e->uniqueid, strlen(e->uniqueid));
	m->acl = keep_shared(l, &l->acl, e->acl);
	m->special = "";
	ck_buf_reset(&l->text);
	if (name_to_external(conf, e->intname, &l->text) < 0)
		return CK_ENOMEM;
	m->name = strcmp(l->text.data, e->intname) == 0 ? m->intname
	                                                : keep(l, l->text.data, l->text.len);
	ck_buf_reset(&l->text);
	bool owned = name_owner(conf, e->intname, &l->text);
	if (l->text.failed)
		return CK_ENOMEM;
	if (owned && !(m->user = keep_shared(l, &l->user, l->text.data)))
		return CK_ENOMEM;
	return m->intname && m->uniqueid && m->acl && m->name ? 0 : CK_ENOMEM;
}

static int add_mailbox(struct loader *l, const struct mboxlist_entry *e)
{
	struct ck_server *server = l->server;
	if (server->nmailboxes == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 256;
		struct ck_mailbox *m = reallocarray(server->mailboxes, cap, sizeof *m);
		if (!m)
			return CK_ENOMEM;
		server->mailboxes = m;
		l->cap = cap;
	}
	struct ck_mailbox *m = &server->mailboxes[server->nmailboxes];
	*m = (struct ck_mailbox){.uidvalidity = e->uidvalidity,
	                         .flags = flags_of(server->conf, e),
	                         .partition = UINT32_MAX};
	if (keep_strings(l, e, m) < 0)
		return CK_ENOMEM;
	server->nmailboxes++;
	if (m->flags & (CK_MBOX_REMOTE | CK_MBOX_INTERMEDIATE))
		return 0;
	m->partition = find_partition(server, e->partition);
	return m->partition == UINT32_MAX ? note_stray(l, e->partition, m->name) : 0;
}

/* Show how far we are, and look whether we shall stop. */
static int look_up(struct ck_watch *watch, size_t done, struct ck_err *err)
{
	if (!watch || done % WATCH_EVERY)
		return 0;
	atomic_store(&watch->done, done);
	return atomic_load(&watch->cancel) ? ck_err_set(err, CK_ECANCEL, "cancelled") : 0;
}

static int load_all(struct loader *l, struct mboxlist *list, struct ck_watch *watch,
                    struct ck_err *err)
{
	struct mboxlist_entry entry;
	for (;;) {
		struct ck_err bad = CK_ERR_INIT;
		int r = mboxlist_next(list, &entry, &bad);
		if (r == 0)
			return 0;
		if (r == CK_ECORRUPT && !mboxlist_is_torn(list)) {
			if (l->bad_records++ == 0)
				l->first_bad = bad;
			continue;
		}
		if (r < 0) {
			if (err)
				*err = bad;
			return r;
		}
		if (entry.type & MBTYPE_RESERVED)
			continue; /* being made on a murder; nothing is there yet */
		if (l->server->nmailboxes >= MAILBOXES_MAX || add_mailbox(l, &entry) < 0)
			return ck_err_nomem(err);
		if ((r = look_up(watch, l->server->nmailboxes, err)) < 0)
			return r;
	}
}

static int compare_mailboxes(const void *a, const void *b)
{
	return name_compare(((const struct ck_mailbox *)a)->intname,
	                    ((const struct ck_mailbox *)b)->intname);
}

/* Databases of 3.6 and later come in order. */
static void sort_mailboxes(struct ck_server *server)
{
	struct ck_mailbox *m = server->mailboxes;
	for (size_t i = 1; i < server->nmailboxes; i++) {
		if (compare_mailboxes(&m[i - 1], &m[i]) > 0) {
			qsort(m, server->nmailboxes, sizeof *m, compare_mailboxes);
			return;
		}
	}
}

static int note_findings(struct loader *l)
{
	int r = 0;
	for (size_t i = 0; i < l->nstrays && r == 0; i++)
		r = server_problem(l->server, "E-STRAY", false,
		                   "add the partition to imapd.conf, or delete these mailboxes",
		                   "%" PRIu64 " mailboxes, the first of them '%s', lie on "
		                   "partition '%s', which imapd.conf does not have",
		                   l->strays[i].mailboxes, l->strays[i].example, l->strays[i].name);
	if (l->server->nmailboxes == 0 && r == 0)
		r = server_problem(l->server, "W-EMPTY", false,
		                   "see whether imapd.conf is the one that the server runs with",
		                   "mailboxes.db holds no mailbox");
	if (l->bad_records && r == 0)
		r = server_problem(
			l->server, "E-RECORD", false,
			"repair them with reconstruct or cyr_dbtool; their mail cannot be "
			"found by name",
			"%" PRIu64 " records of mailboxes.db cannot be read: %s", l->bad_records,
			l->first_bad.msg);
	return r;
}

/* Without the list there is nothing to go by: say where another may be had. */
static int advise(const struct ck_server *server, int r, struct ck_err *err)
{
	const char *conf = server->conf->configdirectory;
	if (err && *err->remedy)
		return r;
	switch (r) {
	case CK_EDENIED:
		return ck_err_remedy(err, "run cyrkeep as root or as user '%s'",
		                     server->conf->cyrus_user);
	case CK_ENOTFOUND:
		return ck_err_remedy(
			err,
			"if the server runs with another imapd.conf, name it with -C; a lost list "
			"is put back from '%s/db.backup1' or an earlier archive",
			conf);
	case CK_ECORRUPT:
		return ck_err_remedy(err,
		                     "let Cyrus recover it (ctl_cyrusdb -r), or put it back from "
		                     "'%s/db.backup1' or an earlier archive",
		                     conf);
	default:
		return r;
	}
}

int server_read_mailboxes(struct ck_server *server, struct ck_watch *watch, struct ck_err *err)
{
	CK_CLEANUP(db_closep) struct db *db = NULL;
	CK_CLEANUP(loader_fini) struct loader loader = {.server = server, .text = CK_BUF_INIT};
	struct mboxlist *list = NULL;
	int r = db_open(server_database(server, "mailboxes.db"), LOCK_TIMEOUT_MS, &db, err);
	if (r == 0)
		r = mboxlist_open(db, &list, err);
	if (r < 0)
		return advise(server, r, err);
	r = load_all(&loader, list, watch, err);
	mboxlist_close(list);
	if (r < 0)
		return advise(server, r, err);
	sort_mailboxes(server);
	if (watch)
		atomic_store(&watch->done, server->nmailboxes);
	return note_findings(&loader) < 0 ? ck_err_nomem(err) : 0;
}
