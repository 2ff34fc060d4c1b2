/* SPDX-License-Identifier: BSD-2-Clause */
/* Databases of the configuration directory: what each is, and whether it is what it should be. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/copy_state.h"
#include "base/fs.h"
#include "cyrus/conf.h"
#include "cyrus/db.h"
#include "cyrus/layout.h"
#include "cyrus/paths.h"
#include "cyrus/server_parts.h"
#include "cyrus/state.h"

#define LOOK_BYTES 16384 /* a flat file up to this size is read whole at once */

static const char restore_it[] = "restore it from an earlier archive, or let Cyrus make it anew; "
				 "the file itself is in this archive";
static const char convert_it[] = "convert it with cvt_cyrusdb to twoskip, skiplist or flat; the "
				 "file itself is in this archive";

static const struct ck_database *server_database_at(const struct copy *c, const char *path)
{
	for (size_t i = 0; i < c->order.server->ndatabases; i++) {
		if (strcmp(c->order.server->databases[i].path, path) == 0)
			return &c->order.server->databases[i];
	}
	return NULL;
}

bool copy_is_rebuilt(const struct copy *c, const char *path)
{
	const struct ck_database *db = server_database_at(c, path);
	return db && layout_left_out(db->name, S_IFREG, true, c->kept);
}

static int remember(struct copy *c, const char *path, const struct copy_database *db,
                    struct ck_err *err)
{
	struct copy_database *more = reallocarray(c->databases, c->ndatabases + 1, sizeof *more);
	if (!more)
		return ck_err_nomem(err);
	c->databases = more;
	more[c->ndatabases] = *db;
	more[c->ndatabases].path = strdup(path);
	return more[c->ndatabases++].path ? 0 : ck_err_nomem(err);
}

int copy_note_left_out(struct copy *c, const char *path, struct ck_err *err)
{
	const struct ck_database *db = server_database_at(c, path);
	const struct copy_database out = {.backend = db ? db->backend : "unknown",
	                                  .left_out = true};
	return remember(c, path, &out, err);
}

/* What a file of state says of itself. */
struct look {
	const char *kind; /* of state; NULL: a database of the server, or any other file */
	bool named;       /* by its place it must be a database */
	bool whole;       /* bytes hold all of it */
	uint8_t bytes[LOOK_BYTES];
	size_t len;
	enum db_backend backend;
};

/* No database of any format: numbers of its own, and a line of text. */
static bool is_plain(const char *kind)
{
	return kind && (strcmp(kind, "counters") == 0 || strcmp(kind, "xapianactive") == 0);
}

/* A small flat file, or a quota: can all of it be read? */
static int read_through(const struct look *l, const char *path, struct ck_err *why)
{
	CK_CLEANUP(db_closep) struct db *db = NULL;
	struct db_record record;
	if (l->kind && strcmp(l->kind, "quota") == 0) {
		struct quota quota;
		return l->backend == DB_QUOTALEGACY || l->backend == DB_FLAT
		               ? quota_parse((const char *)l->bytes, l->len, &quota, why)
		               : 0;
	}
	int r = db_open_memory(path, l->bytes, l->len, &db, why);
	while (r >= 0 && (r = db_next(db, &record, why)) > 0)
		;
	return r;
}

static int tell(struct copy *c, const struct look *l, const char *path, struct ck_err *err)
{
	struct ck_err why = CK_ERR_INIT;
	if (is_plain(l->kind))
		return 0;
	switch (l->backend) {
	case DB_UNKNOWN:
		return copy_found(c, NULL, 0, "database-unreadable", restore_it, err,
		                  "'%s' is not a Cyrus database", path);
	case DB_BERKELEY:
	case DB_TWOM:
		return copy_found(c, NULL, 0, "database-unreadable", convert_it, err,
		                  "database '%s' has backend %s, which cannot be written as text",
		                  path, db_backend_name(l->backend));
	case DB_FLAT:
	case DB_QUOTALEGACY:
		if (!l->kind || !l->whole)
			return 0; /* becomes text, and is read then */
		break;
	default:
		return 0;
	}
	int r = read_through(l, path, &why);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	return r >= 0 ? 0
	              : copy_found(c, NULL, 0, "database-unreadable", restore_it, err,
	                           "'%s' does not hold what its name says: %s", path, why.msg);
}

static bool wants_text(const struct look *l, uint64_t size)
{
	if (!size)
		return false;
	if (l->backend == DB_TWOSKIP || l->backend == DB_SKIPLIST)
		return true;
	/* Small files of users' state are text already. */
	return l->backend == DB_FLAT && l->named && !is_plain(l->kind) && (!l->kind || !l->whole);
}

int copy_database(struct copy *c, int dirfd, const char *name, const char *path,
                  const struct stat *st, struct ck_err *err)
{
	const char *conf = c->order.server->conf->configdirectory;
	size_t n = strlen(conf);
	bool below = strncmp(path, conf, n) == 0 && path[n] == '/';
	struct look l = {.kind = below ? layout_state_kind(path + n + 1) : NULL};
	l.named = l.kind || server_database_at(c, path);
	/* A link to a database is followed: its text is wanted all the same. */
	CK_CLOSE int fd = S_ISREG(st->st_mode)
	                          ? fs_open_beneath(dirfd, name, O_RDONLY | O_NONBLOCK, 0)
	                  : l.named ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
	                            : -1;
	struct stat real;
	if (fd < 0 || fstat(fd, &real) < 0 || !S_ISREG(real.st_mode))
		return 0; /* that it cannot be read is told where it is packed */
	int64_t got = fs_pread(fd, l.bytes, l.named ? sizeof l.bytes : 64, 0);
	if (got < 0)
		return 0;
	l.len = (size_t)got;
	l.whole = l.len == (uint64_t)real.st_size;
	l.backend = db_detect(l.bytes, l.len);
	const struct copy_database db = {.kind = l.kind,
	                                 .backend = db_backend_name(l.backend),
	                                 .wanted = wants_text(&l, (uint64_t)real.st_size)};
	if (!l.named && !db.wanted)
		return 0;
	int r = remember(c, path, &db, err);
	return r < 0 || !l.named ? r : tell(c, &l, path, err);
}

int copy_text_member(const struct copy *c, const char *path, struct ck_buf *ret)
{
	const char *conf = c->order.server->conf->configdirectory;
	size_t n = strlen(conf);
	const char *rest = strncmp(path, conf, n) == 0 && path[n] == '/' ? path + n : path;
	return ck_buf_addf(ret, ".cyrkeep/dumps%s.txt", rest);
}

int copy_texts(struct copy *c, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf member = CK_BUF_INIT;
	for (size_t i = 0; i < c->ndatabases; i++) {
		const char *path = c->databases[i].path;
		struct item *item = NULL;
		struct stat st;
		if (!c->databases[i].wanted)
			continue;
		uint64_t size = stat(path, &st) < 0 ? 0 : (uint64_t)st.st_size;
		int r = copy_item(c, ITEM_DUMP, size, &item, err);
		if (r < 0)
			return r;
		ck_buf_reset(&member);
		if (copy_text_member(c, path, &member) < 0)
			return ck_err_nomem(err);
		item->name = copy_string(c, path);
		item->member = copy_string(c, member.data);
		item->file_kind = CATALOG_OWN;
		if (!item->name || !item->member)
			return ck_err_nomem(err);
	}
	return 0;
}

/* By the layout of his INBOX; what an upgrade left in the other one counts as well. */
static int has_file(const struct ck_server *server, const struct ck_mailbox *inbox,
                    const char *kind)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	struct ck_mailbox as = *inbox;
	for (int i = 0; i < 2; i++, as.flags ^= CK_MBOX_LEGACY_DIR) {
		ck_buf_reset(&path);
		int r = strcmp(kind, "sieve") == 0 ? sieve_dir(server, &as, &path)
		                                   : user_file(server, &as, kind, &path);
		if (r == CK_ENOMEM || (r == 0 && access(path.data, F_OK) == 0))
			return r == 0 ? 1 : r;
	}
	return 0;
}

int copy_count_users(struct copy *c, struct ck_err *err)
{
	struct copy_users *u = &c->users;
	bool taken = !c->order.plan->without_config;
	for (size_t i = 0; i < c->order.estimate->nmailboxes; i++) {
		const struct box *box = &c->boxes[i];
		const struct ck_mailbox *m = box->mailbox;
		if (box->left_out_by || !(m->flags & CK_MBOX_INBOX) || m->flags & CK_MBOX_DELAYED)
			continue;
		int sub = taken ? has_file(c->order.server, m, "sub") : 0;
		int seen = taken ? has_file(c->order.server, m, "seen") : 0;
		int sieve = taken ? has_file(c->order.server, m, "sieve") : 0;
		if (sub < 0 || seen < 0 || sieve < 0)
			return ck_err_nomem(err);
		u->users++;
		u->subscriptions += sub > 0;
		u->seen += seen > 0 || box->keeps_seen;
		u->sieve += sieve > 0;
	}
	return 0;
}

uint64_t copy_count_quotas(const struct copy *c)
{
	uint64_t n = 0;
	for (size_t i = 0; i < c->ndatabases; i++) {
		const struct copy_database *db = &c->databases[i];
		const struct ck_database *known = db->kind ? NULL : server_database_at(c, db->path);
		if (db->kind)
			n += strcmp(db->kind, "quota") == 0;
		else if (known && strcmp(known->name, "quotas.db") == 0)
			n += db->records;
	}
	return n;
}

const struct copy_database *copy_find_database(const struct copy *c, const char *path)
{
	for (size_t i = 0; i < c->ndatabases; i++)
		if (strcmp(c->databases[i].path, path) == 0)
			return &c->databases[i];
	return NULL;
}

const char *copy_incomplete(const struct copy *c)
{
	if (c->order.plan->without_config)
		return "no configuration directory";
	const struct copy_database *list =
		copy_find_database(c, server_database(c->order.server, "mailboxes.db"));
	return !list ? "no mailboxes.db" : list->text ? "" : "mailboxes.db is not there as text";
}

static int list_one(const struct copy *c, const struct copy_database *db, struct ck_buf *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf member = CK_BUF_INIT;
	(void)db_put_escaped(ret, db->path, strlen(db->path));
	(void)ck_buf_addf(ret, "\t%s\t", db->backend);
	if (db->left_out)
		return ck_buf_adds(ret, "-\tleft out: Cyrus makes it again\n");
	if (!db->text)
		return ck_buf_adds(ret, "-\t-\n");
	if (copy_text_member(c, db->path, &member) < 0)
		return CK_ENOMEM;
	(void)ck_buf_addf(ret, "%" PRIu64 "\t", db->records);
	(void)db_put_escaped(ret, member.data, member.len);
	return ck_buf_addc(ret, '\n');
}

int copy_list_databases(struct copy *c, struct ck_err *err)
{
	if (ck_buf_adds(&c->list, "# database\tbackend\trecords\tas text\n") < 0)
		return ck_err_nomem(err);
	for (size_t i = 0; i < c->ndatabases; i++)
		if (list_one(c, &c->databases[i], &c->list) < 0)
			return ck_err_nomem(err);
	return copy_put_bytes(c, ".cyrkeep/databases.txt", c->list.data, c->list.len, err);
}
