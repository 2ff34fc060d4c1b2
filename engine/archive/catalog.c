/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "archive/sql.h"
#include "base/arena.h"

/* Described in README.md. A message's key is its mailbox in the upper and its uid in the lower 32
 * bits: the smallest and fastest of the layouts that were measured. */
static const char schema[] =
	"CREATE TABLE text (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE mailbox (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
	" intname TEXT NOT NULL, uniqueid TEXT NOT NULL, partition TEXT NOT NULL,"
	" acl TEXT NOT NULL, special TEXT NOT NULL, user TEXT, left_out_by TEXT,"
	" grade INTEGER NOT NULL, flags INTEGER NOT NULL, uidvalidity INTEGER NOT NULL,"
	" highestmodseq INTEGER NOT NULL, messages INTEGER NOT NULL, bytes INTEGER NOT NULL,"
	" messages_left_out INTEGER NOT NULL);"
	"CREATE TABLE message (key INTEGER PRIMARY KEY, guid BLOB, size INTEGER NOT NULL,"
	" internaldate INTEGER NOT NULL, modseq INTEGER NOT NULL, flags INTEGER NOT NULL,"
	" state INTEGER NOT NULL, left_out_by INTEGER, frame INTEGER, offset INTEGER);"
	"CREATE TABLE file (mailbox INTEGER NOT NULL, member TEXT NOT NULL,"
	" kind INTEGER NOT NULL, size INTEGER NOT NULL, frame INTEGER NOT NULL,"
	" offset INTEGER NOT NULL, PRIMARY KEY (mailbox, member)) WITHOUT ROWID;"
	"CREATE TABLE frame (number INTEGER PRIMARY KEY, offset INTEGER NOT NULL,"
	" packed INTEGER NOT NULL, size INTEGER NOT NULL);"
	"CREATE TABLE finding (number INTEGER PRIMARY KEY, mailbox TEXT, uid INTEGER,"
	" code TEXT NOT NULL, text TEXT NOT NULL, remedy TEXT NOT NULL);";

/* Made at the end, when it costs least. */
static const char indexes[] = "CREATE INDEX mailbox_name ON mailbox (name);";

enum {
	PUT_MAILBOX,
	PUT_MESSAGE,
	PUT_FILE,
	PUT_FINDING,
	PUT_FRAME,
	PUT_MAX_,
};

static const char *const put_text[PUT_MAX_] = {
	[PUT_MAILBOX] = "INSERT INTO mailbox VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	/* A broken index may hold a uid twice: the later record counts, as it does for Cyrus. */
	[PUT_MESSAGE] = "INSERT OR REPLACE INTO message VALUES (?,?,?,?,?,?,?,?,?,?)",
	[PUT_FILE] = "INSERT OR REPLACE INTO file VALUES (?,?,?,?,?,?)",
	[PUT_FINDING] = "INSERT INTO finding VALUES (NULL,?,?,?,?,?)",
	[PUT_FRAME] = "INSERT INTO frame VALUES (?,?,?,?)",
};

struct catalog {
	struct sql *db;
	uint64_t bytes; /* of all of it; 0: not known. No more can it say of mailboxes. */
	struct sql_stmt *put[PUT_MAX_];
};

void catalog_close(struct catalog *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < PUT_MAX_; i++)
		sql_stmt_free(c->put[i]);
	sql_close(c->db);
	free(c);
}

void catalog_closep(struct catalog **c)
{
	catalog_close(*c);
}

static int check_schema(struct catalog *c, struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(c->db, "PRAGMA user_version", &s, err);
	if (r >= 0)
		r = sql_step(s, err);
	if (r < 0)
		return r;
	int64_t version = r ? sql_int(s, 0) : 0;
	if (version != CATALOG_SCHEMA)
		return ck_err_set(err, CK_EUNSUPPORTED,
		                  "the catalogue has schema %lld, this version reads %d",
		                  (long long)version, CATALOG_SCHEMA);
	return 0;
}

int catalog_open(const char *path, bool writable, struct catalog **ret, struct ck_err *err)
{
	CK_CLEANUP(catalog_closep) struct catalog *c = ck_alloc(1, sizeof *c);
	if (!c)
		return ck_err_nomem(err);
	int r = sql_open(path, writable ? SQL_BUILD : SQL_READ, &c->db, err);
	if (r >= 0 && !writable)
		r = check_schema(c, err);
	if (r >= 0 && writable)
		r = sql_exec(c->db, "PRAGMA user_version=1; BEGIN", err);
	if (r >= 0 && writable)
		r = sql_exec(c->db, schema, err);
	for (size_t i = 0; r >= 0 && writable && i < PUT_MAX_; i++)
		r = sql_prepare(c->db, put_text[i], &c->put[i], err);
	if (r < 0)
		return r;
	*ret = CK_STEAL(c);
	return 0;
}

int catalog_open_source(const struct sql_source *source, struct catalog **ret, struct ck_err *err)
{
	CK_CLEANUP(catalog_closep) struct catalog *c = ck_alloc(1, sizeof *c);
	if (!c)
		return ck_err_nomem(err);
	c->bytes = source->size;
	int r = sql_open_source(source, &c->db, err);
	if (r >= 0)
		r = check_schema(c, err);
	if (r < 0)
		return r;
	*ret = CK_STEAL(c);
	return 0;
}

int catalog_commit(struct catalog *c, struct ck_err *err)
{
	int r = sql_exec(c->db, indexes, err);
	return r < 0 ? r : sql_exec(c->db, "COMMIT", err);
}

int catalog_put_mailbox(struct catalog *c, uint32_t number, const struct ck_archived_mailbox *m,
                        struct ck_err *err)
{
	return sql_run(c->put[PUT_MAILBOX], err, "issssssssiiiiiii", (int64_t)number, m->name,
	               m->intname, m->uniqueid, m->partition, m->acl, m->special, m->user,
	               m->left_out_by, (int64_t)m->grade, (int64_t)m->flags,
	               (int64_t)m->uidvalidity, (int64_t)m->highestmodseq, (int64_t)m->messages,
	               (int64_t)m->bytes, (int64_t)m->messages_left_out);
}

static int64_t message_key(uint32_t mailbox, uint32_t uid)
{
	return (int64_t)((uint64_t)mailbox << 32 | uid);
}

int catalog_put_message(struct catalog *c, const struct catalog_message *m, struct ck_err *err)
{
	return sql_run(c->put[PUT_MESSAGE], err, "ibiiiiiiii", message_key(m->mailbox, m->uid),
	               (const void *)m->guid, sizeof m->guid, (int64_t)m->size, m->internaldate,
	               (int64_t)m->modseq, (int64_t)m->flags, (int64_t)m->state,
	               (int64_t)m->left_out_by, (int64_t)m->frame, (int64_t)m->offset);
}

int catalog_put_file(struct catalog *c, const struct catalog_file *f, struct ck_err *err)
{
	return sql_run(c->put[PUT_FILE], err, "isiiii", (int64_t)f->mailbox, f->member,
	               (int64_t)f->kind, (int64_t)f->size, (int64_t)f->frame, (int64_t)f->offset);
}

int catalog_put_finding(struct catalog *c, const struct catalog_finding *f, struct ck_err *err)
{
	return sql_run(c->put[PUT_FINDING], err, "sisss", f->mailbox, (int64_t)f->uid, f->code,
	               f->text, f->remedy);
}

int catalog_put_frame(struct catalog *c, uint32_t number, uint64_t offset, uint32_t packed,
                      uint32_t size, struct ck_err *err)
{
	return sql_run(c->put[PUT_FRAME], err, "iiii", (int64_t)number, (int64_t)offset,
	               (int64_t)packed, (int64_t)size);
}

int catalog_put_text(struct catalog *c, const char *name, const char *text, struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(c->db, "INSERT OR REPLACE INTO text VALUES (?,?)", &s, err);
	return r < 0 ? r : sql_run(s, err, "ss", name, text);
}

int catalog_get_text(struct catalog *c, const char *name, struct ck_buf *ret, struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(c->db, "SELECT value FROM text WHERE name = ?", &s, err);
	if (r >= 0)
		r = sql_bind(s, err, "s", name);
	if (r < 0 || (r = sql_step(s, err)) < 0)
		return r;
	if (!r)
		return ck_err_set(err, CK_ENOTFOUND, "the catalogue has no '%s'", name);
	return ck_buf_adds(ret, sql_text(s, 0)) < 0 ? ck_err_nomem(err) : 0;
}

/* A list of mailboxes with the arena that holds their texts; readers see the items. */
struct mailbox_list {
	struct arena *arena;
	struct ck_archived_mailbox items[];
};

static struct mailbox_list *list_of(struct ck_archived_mailbox *items)
{
	return (struct mailbox_list *)((char *)items - offsetof(struct mailbox_list, items));
}

/* What was kept of texts, and what went wrong. */
struct keeping {
	struct arena *arena;
	uint64_t bytes;
	bool failed;
};

/* A column's text; mostly that of the mailbox before, @was, says the same. */
static char *keep_text(struct sql_stmt *s, int column, char *was, struct keeping *k)
{
	const char *text = sql_text(s, column);
	if (was && strcmp(was, text) == 0)
		return was;
	char *kept = arena_str(k->arena, text);
	k->bytes += strlen(text);
	k->failed |= !kept;
	return kept;
}

static int take_mailbox(struct sql_stmt *s, struct keeping *k,
                        const struct ck_archived_mailbox *was, struct ck_archived_mailbox *m,
                        struct ck_err *err)
{
	int64_t grade = sql_int(s, 8);
#define KEEP(column, member) keep_text(s, column, was->member, k)
	*m = (struct ck_archived_mailbox){
		.name = KEEP(0, name),
		.intname = KEEP(1, intname),
		.uniqueid = KEEP(2, uniqueid),
		.partition = KEEP(3, partition),
		.acl = KEEP(4, acl),
		.special = KEEP(5, special),
		.user = sql_is_null(s, 6) ? NULL : KEEP(6, user),
		.left_out_by = sql_is_null(s, 7) ? NULL : KEEP(7, left_out_by),
		.grade = grade < 0 || grade >= CK_GRADE_MAX_ ? CK_GRADE_F : (enum ck_grade)grade,
		.flags = (uint32_t)sql_int(s, 9),
		.uidvalidity = (uint32_t)sql_int(s, 10),
		.highestmodseq = (uint64_t)sql_int(s, 11),
		.messages = (uint64_t)sql_int(s, 12),
		.bytes = (uint64_t)sql_int(s, 13),
		.messages_left_out = (uint64_t)sql_int(s, 14),
	};
#undef KEEP
	return k->failed ? ck_err_nomem(err) : 0;
}

static int by_name(const void *a, const void *b)
{
	const struct ck_archived_mailbox *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static int grow_list(struct mailbox_list **list, size_t n)
{
	if (*list && (n < 64 || (n & (n - 1)) != 0))
		return 0; /* room for the next power of two */
	size_t cap = n < 64 ? 64 : n * 2;
	struct mailbox_list *more =
		cap < SIZE_MAX / 2 / sizeof((*list)->items[0])
			? realloc(*list, sizeof *more + cap * sizeof more->items[0])
			: NULL;
	if (!more)
		return CK_ENOMEM;
	if (!*list)
		more->arena = NULL;
	*list = more;
	return 0;
}

int catalog_mailboxes(struct catalog *c, struct ck_archived_mailbox **ret, size_t *ret_n,
                      struct ck_err *err)
{
	static const struct ck_archived_mailbox none;
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	struct mailbox_list *list = NULL;
	size_t n = 0;
	int r = sql_prepare(c->db,
	                    "SELECT name, intname, uniqueid, partition, acl, special, user,"
	                    " left_out_by, grade, flags, uidvalidity, highestmodseq, messages,"
	                    " bytes, messages_left_out FROM mailbox",
	                    &s, err);
	if (r < 0)
		return r;
	if (grow_list(&list, 0) < 0 || !(list->arena = arena_new()))
		r = ck_err_nomem(err);
	struct keeping k = {.arena = list ? list->arena : NULL};
	while (r >= 0 && (r = sql_step(s, err)) > 0) {
		/* Pages that lie in several trees, and columns that are computed, can say more. */
		if (c->bytes && (n > c->bytes || k.bytes > c->bytes))
			r = ck_err_set(err, CK_ECORRUPT,
			               "the catalogue says more of mailboxes than it can hold");
		else if (grow_list(&list, n) < 0)
			r = ck_err_nomem(err);
		else
			r = take_mailbox(s, &k, n ? &list->items[n - 1] : &none, &list->items[n],
			                 err);
		n++;
	}
	if (r < 0) {
		if (list)
			ck_archived_mailboxes_free(list->items, n);
		return r;
	}
	/* Not by SQLite: going by an index it would jump between frames. */
	if (n)
		qsort(list->items, n, sizeof list->items[0], by_name);
	*ret = list->items;
	*ret_n = n;
	return 0;
}

void ck_archived_mailboxes_free(struct ck_archived_mailbox *items, size_t n)
{
	(void)n;
	if (!items)
		return;
	struct mailbox_list *list = list_of(items);
	arena_free(list->arena);
	free(list);
}

int catalog_find_mailbox(struct catalog *c, const char *name, uint32_t *ret, struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(c->db, "SELECT number, left_out_by FROM mailbox WHERE name = ?", &s,
	                    err);
	if (r >= 0)
		r = sql_bind(s, err, "s", name);
	if (r < 0 || (r = sql_step(s, err)) < 0)
		return r;
	if (!r)
		return ck_err_set(err, CK_ENOTFOUND, "the archive has no mailbox '%s'", name);
	if (!sql_is_null(s, 1)) {
		(void)ck_err_set(err, CK_ENOTFOUND,
		                 "mailbox '%s' was left out of the archive by rule '%s'", name,
		                 sql_text(s, 1));
		return ck_err_remedy(err, "look into another archive: cyrkeep archives");
	}
	*ret = (uint32_t)sql_int(s, 0);
	return 0;
}

int catalog_mailbox_counts(struct catalog *c, const char *name, uint64_t *ret_messages,
                           uint64_t *ret_left_out, struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(c->db,
	                    "SELECT messages, messages_left_out FROM mailbox"
	                    " WHERE name = ? AND left_out_by IS NULL",
	                    &s, err);
	if (r >= 0)
		r = sql_bind(s, err, "s", name);
	if (r >= 0)
		r = sql_step(s, err);
	if (r > 0) {
		*ret_messages = (uint64_t)sql_int(s, 0);
		*ret_left_out = (uint64_t)sql_int(s, 1);
	}
	return r;
}

int catalog_mailbox_name(struct catalog *c, uint32_t number, struct ck_buf *ret, struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(c->db, "SELECT name FROM mailbox WHERE number = ?", &s, err);
	if (r >= 0)
		r = sql_bind(s, err, "i", (int64_t)number);
	if (r < 0 || (r = sql_step(s, err)) < 0)
		return r;
	if (r && ck_buf_adds(ret, sql_text(s, 0)) < 0)
		return ck_err_nomem(err);
	return 0;
}

#define MESSAGE_COLUMNS \
	"key, guid, size, internaldate, modseq, flags, state, left_out_by, frame, offset"

static void take_message(struct sql_stmt *s, struct catalog_message *m)
{
	uint64_t key = (uint64_t)sql_int(s, 0);
	size_t len = 0;
	const void *guid = sql_blob(s, 1, &len);
	*m = (struct catalog_message){
		.mailbox = (uint32_t)(key >> 32),
		.uid = (uint32_t)key,
		.size = (uint64_t)sql_int(s, 2),
		.internaldate = sql_int(s, 3),
		.modseq = (uint64_t)sql_int(s, 4),
		.flags = (uint32_t)sql_int(s, 5),
		.state = (uint32_t)sql_int(s, 6),
		.left_out_by = (uint32_t)sql_int(s, 7),
		.frame = (uint32_t)sql_int(s, 8),
		.offset = (uint32_t)sql_int(s, 9),
	};
	if (len == sizeof m->guid)
		memcpy(m->guid, guid, len);
}

int catalog_find_message(struct catalog *c, uint32_t mailbox, uint32_t uid,
                         struct catalog_message *ret, struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(c->db, "SELECT " MESSAGE_COLUMNS " FROM message WHERE key = ?", &s,
	                    err);
	if (r >= 0)
		r = sql_bind(s, err, "i", message_key(mailbox, uid));
	if (r < 0 || (r = sql_step(s, err)) < 0)
		return r;
	if (!r)
		return ck_err_set(err, CK_ENOTFOUND, "no message with uid %u", uid);
	take_message(s, ret);
	return 0;
}

int catalog_each_message(struct catalog *c, uint32_t mailbox, catalog_message_fn fn, void *arg,
                         struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(c->db,
	                    "SELECT " MESSAGE_COLUMNS
	                    " FROM message WHERE key BETWEEN ? AND ? ORDER BY key",
	                    &s, err);
	if (r >= 0)
		r = sql_bind(s, err, "ii", message_key(mailbox, 0),
		             message_key(mailbox, UINT32_MAX));
	if (r < 0)
		return r;
	while ((r = sql_step(s, err)) > 0) {
		struct catalog_message m;
		take_message(s, &m);
		r = fn(arg, &m, err);
		if (r < 0)
			return r;
	}
	return r;
}

struct catalog_walk {
	struct sql_stmt *s;
};

int catalog_walk_new(struct catalog *c, struct catalog_walk **ret, struct ck_err *err)
{
	struct catalog_walk *w = ck_alloc(1, sizeof *w);
	if (!w)
		return ck_err_nomem(err);
	int r = sql_prepare(c->db,
	                    "SELECT " MESSAGE_COLUMNS
	                    " FROM message WHERE state & 1 ORDER BY frame, offset",
	                    &w->s, err);
	if (r < 0) {
		catalog_walk_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

int catalog_walk_next(struct catalog_walk *w, struct catalog_message *ret, struct ck_err *err)
{
	int r = sql_step(w->s, err);
	if (r > 0)
		take_message(w->s, ret);
	return r;
}

void catalog_walk_free(struct catalog_walk *w)
{
	if (!w)
		return;
	sql_stmt_free(w->s);
	free(w);
}

#define FILE_COLUMNS "member, mailbox, kind, size, frame, offset"

static void take_file(struct sql_stmt *s, struct catalog_file *f)
{
	*f = (struct catalog_file){
		.member = sql_text(s, 0),
		.mailbox = (uint32_t)sql_int(s, 1),
		.kind = (enum catalog_kind)sql_int(s, 2),
		.size = (uint64_t)sql_int(s, 3),
		.frame = (uint32_t)sql_int(s, 4),
		.offset = (uint32_t)sql_int(s, 5),
	};
}

int catalog_each_file(struct catalog *c, uint32_t mailbox, catalog_file_fn fn, void *arg,
                      struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(c->db, "SELECT " FILE_COLUMNS " FROM file WHERE mailbox = ?", &s, err);
	if (r >= 0)
		r = sql_bind(s, err, "i", (int64_t)mailbox);
	while (r >= 0 && (r = sql_step(s, err)) > 0) {
		struct catalog_file f;
		take_file(s, &f);
		r = fn(arg, &f, err);
	}
	return r;
}

int catalog_find_file(struct catalog *c, const char *member, struct catalog_file *ret,
                      struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(c->db,
	                    "SELECT " FILE_COLUMNS " FROM file WHERE mailbox = 0 AND member = ?",
	                    &s, err);
	if (r >= 0)
		r = sql_bind(s, err, "s", member);
	if (r < 0 || (r = sql_step(s, err)) < 0)
		return r;
	if (!r)
		return ck_err_set(err, CK_ENOTFOUND, "the archive has no file '%s'", member);
	take_file(s, ret);
	ret->member = member;
	return 0;
}

int catalog_counts(struct catalog *c, uint64_t *ret_messages, uint64_t *ret_files,
                   struct ck_err *err)
{
	CK_CLEANUP(sql_stmt_freep) struct sql_stmt *s = NULL;
	int r = sql_prepare(c->db,
	                    "SELECT (SELECT count(*) FROM message WHERE state & 1),"
	                    " (SELECT count(*) FROM file)",
	                    &s, err);
	if (r < 0 || (r = sql_step(s, err)) < 0)
		return r;
	*ret_messages = (uint64_t)sql_int(s, 0);
	*ret_files = (uint64_t)sql_int(s, 1);
	return 0;
}
