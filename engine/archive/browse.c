/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in an open archive: mailboxes, messages with their envelopes, one message, files. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/reader.h"
#include "archive/source.h"
#include "base/arena.h"
#include "base/number.h"
#include "cyrus/cache.h"
#include "cyrus/index.h"
#include "cyrus/mboxheader.h"

#define ENVELOPE_BYTES (1u << 20) /* of a message, in which its headers must be */

int ck_archive_mailboxes(struct ck_archive *a, struct ck_archived_mailbox **ret, size_t *ret_n,
                         struct ck_err *err)
{
	return catalog_mailboxes(a->catalog, ret, ret_n, err);
}

/* The first file of a kind that a mailbox has. */
struct wanted {
	enum catalog_kind kind;
	struct catalog_file file;
	bool found;
};

static int match_kind(void *arg, const struct catalog_file *f, struct ck_err *err)
{
	struct wanted *w = arg;
	(void)err;
	if (!w->found && f->kind == w->kind) {
		w->file = *f;
		w->file.member = NULL;
		w->found = true;
	}
	return 0;
}

static int mailbox_file(struct ck_archive *a, uint32_t mailbox, enum catalog_kind kind,
                        struct ck_buf *ret, struct ck_err *err)
{
	struct wanted w = {.kind = kind};
	int r = catalog_each_file(a->catalog, mailbox, match_kind, &w, err);
	if (r < 0)
		return r;
	if (!w.found)
		return ck_err_set(err, CK_ENOTFOUND, "the archive has no such file of it");
	return reader_file(a, &w.file, ret, err);
}

/* A list of messages with the arena that holds their texts; readers see the items. */
struct message_list {
	struct arena *arena;
	struct ck_archived_message items[];
};

static void free_list(struct message_list *list)
{
	if (!list)
		return;
	arena_free(list->arena);
	free(list);
}

void ck_archived_messages_free(struct ck_archived_message *items, size_t n)
{
	(void)n;
	if (items)
		free_list((struct message_list *)((char *)items -
		                                  offsetof(struct message_list, items)));
}

/* A mailbox that is being listed. */
struct listed {
	struct ck_archive *a;
	struct message_list *list;
	size_t n, cap;
	struct catalog_message *rows; /* parallel to list */
	struct index index;
	bool has_index;
	struct ck_buf cache, archive_cache, text;
	struct mboxheader header;
	bool has_header;
};

static void listed_fini(struct listed *l)
{
	free_list(l->list);
	free(l->rows);
	if (l->has_index)
		index_fini(&l->index);
	if (l->has_header)
		mboxheader_fini(&l->header);
	ck_buf_fini(&l->cache);
	ck_buf_fini(&l->archive_cache);
	ck_buf_fini(&l->text);
}

/* Room for @cap messages. */
static int reserve(struct listed *l, size_t cap, struct ck_err *err)
{
	struct message_list *list = NULL;
	if (cap < SIZE_MAX / 2 / sizeof list->items[0])
		list = realloc(l->list, sizeof *list + cap * sizeof list->items[0]);
	if (!list)
		return ck_err_nomem(err);
	if (!l->list)
		list->arena = NULL;
	l->list = list;
	struct catalog_message *rows = reallocarray(l->rows, cap, sizeof *rows);
	if (rows)
		l->rows = rows;
	if (!rows || (!list->arena && !(list->arena = arena_new())))
		return ck_err_nomem(err);
	l->cap = cap;
	return 0;
}

static int add_row(void *arg, const struct catalog_message *row, struct ck_err *err)
{
	struct listed *l = arg;
	if (l->n == l->cap && reserve(l, l->cap * 2, err) < 0)
		return CK_ENOMEM;
	struct ck_archived_message *m = &l->list->items[l->n];
	*m = (struct ck_archived_message){
		.uid = row->uid,
		.size = row->size,
		.internaldate = row->internaldate,
		.modseq = row->modseq,
		.expunged = row->flags & (INDEX_EXPUNGED | INDEX_UNLINKED),
		.stored = row->state & CATALOG_STORED,
		.bad = row->state & CATALOG_BAD,
	};
	memcpy(m->guid, row->guid, sizeof m->guid);
	l->rows[l->n++] = *row;
	return 0;
}

/* What cannot be read of index, cache and header is done without: the catalogue has the rest. */
static int load_files(struct listed *l, uint32_t mailbox, struct ck_err *err)
{
	struct ck_buf bytes = CK_BUF_INIT;
	int r = mailbox_file(l->a, mailbox, CATALOG_INDEX, &bytes, NULL);
	if (r >= 0) {
		size_t len = bytes.len;
		uint8_t *data = (uint8_t *)ck_buf_take(&bytes);
		r = data ? index_take(data, len, &l->index, NULL) : CK_ENOMEM;
		l->has_index = r >= 0;
	}
	ck_buf_fini(&bytes);
	if (r != CK_ENOMEM && mailbox_file(l->a, mailbox, CATALOG_HEADER, &bytes, NULL) >= 0) {
		r = mboxheader_parse(bytes.data, bytes.len, &l->header, NULL);
		l->has_header = r >= 0;
	}
	ck_buf_fini(&bytes);
	if (r != CK_ENOMEM)
		r = mailbox_file(l->a, mailbox, CATALOG_CACHE, &l->cache, NULL);
	if (r != CK_ENOMEM)
		r = mailbox_file(l->a, mailbox, CATALOG_ARCHIVECACHE, &l->archive_cache, NULL);
	return r == CK_ENOMEM ? ck_err_nomem(err) : 0;
}

static const struct {
	uint32_t bit;
	const char *name;
} system_flags[] = {
	{INDEX_SEEN, "\\Seen"},       {INDEX_ANSWERED, "\\Answered"}, {INDEX_FLAGGED, "\\Flagged"},
	{INDEX_DELETED, "\\Deleted"}, {INDEX_DRAFT, "\\Draft"},
};

static char *flags_text(struct listed *l, uint32_t flags, const struct index_record *rec)
{
	struct ck_buf *text = &l->text;
	ck_buf_reset(text);
	for (size_t i = 0; i < CK_COUNT(system_flags); i++) {
		if (flags & system_flags[i].bit)
			(void)ck_buf_addf(text, "%s%s", text->len ? " " : "", system_flags[i].name);
	}
	for (unsigned i = 0; rec && l->has_header && i < USER_FLAGS_MAX; i++) {
		if (rec->user_flags[i / 32] & 1u << i % 32 && l->header.flags[i])
			(void)ck_buf_addf(text, "%s%s", text->len ? " " : "", l->header.flags[i]);
	}
	return text->failed ? NULL : arena_str(l->list->arena, text->data);
}

/* By the cache where it can be had, else from the message. */
static int load_envelope(struct listed *l, size_t i, const struct index_record *rec,
                         struct envelope *ret, struct ck_err *err)
{
	const struct ck_buf *cache =
		rec && rec->system_flags & INDEX_ARCHIVED ? &l->archive_cache : &l->cache;
	if (rec && cache->len) {
		int r = cache_envelope((const uint8_t *)cache->data, cache->len, &l->index.header,
		                       rec, ret, NULL);
		if (r >= 0 || r == CK_ENOMEM)
			return r < 0 ? ck_err_nomem(err) : 1;
	}
	const struct catalog_message *row = &l->rows[i];
	if (!(row->state & CATALOG_STORED))
		return 0;
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT;
	uint64_t size = row->size < ENVELOPE_BYTES ? row->size : ENVELOPE_BYTES;
	int r = reader_range(l->a, row->frame, row->offset, size, &raw, NULL);
	if (r >= 0)
		r = message_envelope(raw.data, raw.len, ret, NULL);
	return r == CK_ENOMEM ? ck_err_nomem(err) : r >= 0;
}

static int complete_message(struct listed *l, size_t i, const struct index_record *rec,
                            struct ck_err *err)
{
	struct ck_archived_message *m = &l->list->items[i];
	struct arena *arena = l->list->arena;
	CK_CLEANUP(envelope_fini) struct envelope env = {0};
	int r = load_envelope(l, i, rec, &env, err);
	if (r < 0)
		return r;
	m->sentdate = rec ? rec->sentdate : 0;
	m->flags = flags_text(l, l->rows[i].flags, rec);
	m->from = arena_str(arena, env.from ? env.from : "");
	m->to = arena_str(arena, env.to ? env.to : "");
	m->subject = arena_str(arena, env.subject ? env.subject : "");
	return m->flags && m->from && m->to && m->subject ? 0 : ck_err_nomem(err);
}

static int find_mailbox(struct ck_archive *a, const char *name, uint32_t *ret, struct ck_err *err)
{
	int r = catalog_find_mailbox(a->catalog, name, ret, err);
	if (r == CK_ENOTFOUND && err && !*err->remedy)
		(void)ck_err_remedy(err,
		                    "'cyrkeep list %u' shows its names; '%c' is between levels",
		                    a->headline.info.number, ck_archive_separator(a));
	return r;
}

int ck_archive_messages(struct ck_archive *a, const char *mailbox, struct ck_archived_message **ret,
                        size_t *ret_n, struct ck_err *err)
{
	CK_CLEANUP(listed_fini)
	struct listed l = {
		.a = a, .cache = CK_BUF_INIT, .archive_cache = CK_BUF_INIT, .text = CK_BUF_INIT};
	uint32_t number = 0;
	int r = find_mailbox(a, mailbox, &number, err);
	if (r >= 0)
		r = reserve(&l, 64, err);
	if (r >= 0)
		r = catalog_each_message(a->catalog, number, add_row, &l, err);
	if (r >= 0)
		r = load_files(&l, number, err);
	/* Both rise by uid; what a broken index has out of order is read from the message. */
	size_t at = 0, records = l.has_index ? l.index.nrecords : 0;
	for (size_t i = 0; r >= 0 && i < l.n; i++) {
		struct index_record rec = {0};
		while (at < records &&
		       (index_record(&l.index, at, &rec), rec.uid < l.list->items[i].uid))
			at++;
		bool found = at < records && rec.uid == l.list->items[i].uid;
		r = complete_message(&l, i, found ? &rec : NULL, err);
	}
	if (r < 0)
		return r;
	*ret = CK_STEAL(l.list)->items;
	*ret_n = l.n;
	return 0;
}

/* Where a message lies whose bytes are there. */
static int find_message(struct ck_archive *a, const char *mailbox, uint32_t uid,
                        struct catalog_message *ret, struct ck_err *err)
{
	uint32_t number = 0;
	int r = find_mailbox(a, mailbox, &number, err);
	if (r < 0)
		return r;
	r = catalog_find_message(a->catalog, number, uid, ret, err);
	if (r < 0) {
		(void)ck_err_remedy(err, "'cyrkeep list %u' with the mailbox shows its messages",
		                    a->headline.info.number);
		return ck_err_prefix(err, "mailbox '%s'", mailbox);
	}
	if (ret->state & CATALOG_STORED)
		return 0;
	const struct ck_strv *rules = &a->headline.plan.exclude;
	if (ret->left_out_by && ret->left_out_by <= rules->n)
		return ck_err_set(err, CK_ENOTFOUND,
		                  "message %" PRIu32 " of '%s' was left out by rule '%s'", uid,
		                  mailbox, rules->items[ret->left_out_by - 1]);
	return ck_err_set(err, CK_ENOTFOUND,
	                  "message %" PRIu32 " of '%s' was not there when the archive was made",
	                  uid, mailbox);
}

int ck_archive_message(struct ck_archive *a, const char *mailbox, uint32_t uid, struct ck_buf *ret,
                       struct ck_err *err)
{
	struct catalog_message row;
	int r = find_message(a, mailbox, uid, &row, err);
	if (r < 0)
		return r;
	if (row.size <= CK_MESSAGE_MAX)
		return reader_range(a, row.frame, row.offset, row.size, ret, err);
	(void)ck_err_set(err, CK_EUNSUPPORTED,
	                 "archive '%s': message %" PRIu32 " of '%s' has %" PRIu64
	                 " bytes, more than the %u that are read into memory",
	                 a->name, uid, mailbox, row.size, CK_MESSAGE_MAX);
	return ck_err_remedy(err, "take its file out with tar --zstd -xf");
}

int ck_archive_message_head(struct ck_archive *a, const char *mailbox, uint32_t uid, size_t most,
                            struct ck_buf *ret, uint64_t *ret_size, struct ck_err *err)
{
	struct catalog_message row;
	int r = find_message(a, mailbox, uid, &row, err);
	if (r < 0)
		return r;
	*ret_size = row.size;
	return reader_range(a, row.frame, row.offset, row.size < most ? row.size : most, ret, err);
}

int archive_mailbox_file(struct ck_archive *a, const char *mailbox, enum archive_part part,
                         struct ck_buf *ret, struct ck_err *err)
{
	static const enum catalog_kind kinds[] = {
		[ARCHIVE_INDEX] = CATALOG_INDEX,
		[ARCHIVE_HEADER] = CATALOG_HEADER,
		[ARCHIVE_ANNOTATIONS] = CATALOG_ANNOTATIONS,
	};
	uint32_t number = 0;
	int r = catalog_find_mailbox(a->catalog, mailbox, &number, err);
	if (r >= 0)
		r = mailbox_file(a, number, kinds[part], ret, err);
	return r;
}
