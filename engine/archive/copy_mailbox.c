/* SPDX-License-Identifier: BSD-2-Clause */
/* One mailbox: its index against its directories, as items. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/copy_state.h"
#include "archive/listing.h"
#include "base/fs.h"
#include "cyrus/db.h"
#include "cyrus/index.h"
#include "cyrus/layout.h"
#include "cyrus/mboxheader.h"
#include "cyrus/paths.h"

#define META_APART      (1u << 20) /* cyrus.* files of this size get slices of their own */
#define ANNOTATIONS_MAX ((size_t)64 << 20)

/* A directory of the mailbox. */
struct spot {
	const char *path; /* borrowed from paths */
	int fd;
	struct listing list;
};

/* A mailbox on its way. */
struct visit {
	struct copy *c;
	struct box *box;
	struct mailbox_paths paths;
	struct spot spots[META_MAX_ + 2];
	size_t nspots;
	struct index index;
	bool has_index;
	struct index expunge; /* cyrus.expunge, until 2.3: records taken out of the index */
	bool has_expunge;
	uint8_t *found; /* per record: a file was found */
};

static void visit_fini(struct visit *v)
{
	for (size_t i = 0; i < v->nspots; i++) {
		ck_closep(&v->spots[i].fd);
		listing_fini(&v->spots[i].list);
	}
	if (v->has_index)
		index_fini(&v->index);
	if (v->has_expunge)
		index_fini(&v->expunge);
	mailbox_paths_fini(&v->paths);
	free(v->found);
}

static int add_spot(struct visit *v, const char *path, struct ck_err *err)
{
	if (!path)
		return 0;
	for (size_t i = 0; i < v->nspots; i++) {
		if (strcmp(v->spots[i].path, path) == 0)
			return 0;
	}
	int fd = copy_open_dir(v->c, path);
	if (fd < 0 && errno == ENOENT)
		return 0; /* whether anything is missed, the index tells */
	if (fd < 0) {
		v->box->unreadable = true;
		return copy_found(v->c, v->box, 0, "file-unreadable",
		                  "check the disk and the permissions, then back up again", err,
		                  "cannot open directory '%s': %s", path, strerror(errno));
	}
	struct spot *spot = &v->spots[v->nspots++];
	*spot = (struct spot){.path = path, .fd = fd};
	struct ck_err why = CK_ERR_INIT;
	int r = listing_read(fd, &spot->list, &why);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	if (r < 0) {
		v->box->unreadable = true;
		return copy_found(v->c, v->box, 0, "file-unreadable",
		                  "check the disk, then back up again", err, "'%s': %s", path,
		                  why.msg);
	}
	return 0;
}

/* Small and much asked for first, so that a reader finds it near the beginning. */
static int add_spots(struct visit *v, struct ck_err *err)
{
	int r = add_spot(v, v->paths.meta[META_INDEX], err);
	for (int i = 0; r >= 0 && i < META_MAX_; i++)
		r = add_spot(v, v->paths.meta[i], err);
	if (r >= 0)
		r = add_spot(v, v->paths.data, err);
	if (r >= 0)
		r = add_spot(v, v->paths.archive, err);
	return r;
}

static struct spot *spot_of(struct visit *v, const char *path)
{
	for (size_t i = 0; path && i < v->nspots; i++) {
		if (strcmp(v->spots[i].path, path) == 0)
			return &v->spots[i];
	}
	return NULL;
}

static int read_index(struct visit *v, struct ck_err *err)
{
	struct ck_err why = CK_ERR_INIT;
	const struct spot *spot = spot_of(v, v->paths.meta[META_INDEX]);
	int r = spot ? index_read(spot->fd, meta_file_name(META_INDEX), &v->index, &why)
	             : ck_err_set(&why, CK_ENOTFOUND, "there is no directory '%s'",
	                          v->paths.meta[META_INDEX]);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	if (r < 0) {
		/* One that only another version understands is not damaged. */
		bool known = r == CK_EUNSUPPORTED && *why.remedy;
		CK_CLEANUP(ck_buf_fini) struct ck_buf remedy = CK_BUF_INIT;
		(void)ck_buf_addf(&remedy, "%s; its files are kept here as they are",
		                  known ? why.remedy
		                        : "run reconstruct on the mailbox, or restore it from an "
		                          "earlier archive");
		v->box->unreadable = true;
		return remedy.failed ? ck_err_nomem(err)
		                     : copy_found(v->c, v->box, 0, "index-unreadable", remedy.data,
		                                  err, "cannot read the index: %s", why.msg);
	}
	v->has_index = true;
	v->box->uidvalidity = v->index.header.uidvalidity;
	v->box->highestmodseq = v->index.header.highestmodseq;
	v->box->keeps_seen = index_keeps_seen(&v->index.header);
	v->found = ck_alloc(v->index.nrecords ? v->index.nrecords : 1, 1);
	return v->found ? 0 : ck_err_nomem(err);
}

/* An unreadable one costs nothing but that its files look like orphans, which is told then. */
static int read_expunge(struct visit *v, struct ck_err *err)
{
	const struct spot *spot = spot_of(v, v->paths.meta[META_EXPUNGE]);
	const char *name = meta_file_name(META_EXPUNGE);
	if (!spot || !ck_strv_has(&spot->list.files, name))
		return 0;
	int r = index_read(spot->fd, name, &v->expunge, NULL);
	v->has_expunge = r >= 0;
	return r == CK_ENOMEM ? ck_err_nomem(err) : 0;
}

static int check_index(struct visit *v, struct ck_err *err)
{
	const struct index_header *h = &v->index.header;
	uint64_t live = 0;
	for (size_t i = 0; i < v->index.nrecords; i++) {
		struct index_record rec;
		index_record(&v->index, i, &rec);
		live += index_record_is_live(&rec);
	}
	int r = 0;
	if (v->index.torn)
		r = copy_found(v->c, v->box, 0, "torn-index", "run reconstruct on the mailbox", err,
		               "the index ends early: %zu records of %" PRIu32 " are there",
		               v->index.nrecords, h->num_records);
	else if (h->has_crc && !h->crc_ok)
		r = copy_found(v->c, v->box, 0, "record-crc", "run reconstruct on the mailbox", err,
		               "the header of the index fails its checksum");
	else if (live != h->exists)
		r = copy_found(v->c, v->box, 0, "torn-index", "run reconstruct on the mailbox", err,
		               "the index says %" PRIu32 " messages, its records say %" PRIu64,
		               h->exists, live);
	else
		return 0;
	v->box->differs = true;
	return r;
}

static int check_header(struct visit *v, struct ck_err *err)
{
	struct ck_err why = CK_ERR_INIT;
	struct mboxheader header = {0};
	const struct spot *spot = spot_of(v, v->paths.meta[META_HEADER]);
	int r = spot ? mboxheader_read(spot->fd, meta_file_name(META_HEADER), &header, &why)
	             : ck_err_set(&why, CK_ENOTFOUND, "there is no directory '%s'",
	                          v->paths.meta[META_HEADER]);
	if (r >= 0)
		mboxheader_fini(&header);
	if (r >= 0 || r == CK_ENOMEM)
		return r < 0 ? ck_err_nomem(err) : 0;
	v->box->differs = true;
	return copy_found(v->c, v->box, 0, "header-unreadable", "run reconstruct on the mailbox",
	                  err, "cannot read cyrus.header: %s", why.msg);
}

/* Annotations of messages are nowhere else; Cyrus makes an empty database of a damaged one. */
static int check_annotations(struct visit *v, struct ck_err *err)
{
	struct ck_err why = CK_ERR_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	CK_CLEANUP(db_closep) struct db *db = NULL;
	struct db_record record;
	const struct spot *spot = spot_of(v, v->paths.meta[META_ANNOTATIONS]);
	const char *name = meta_file_name(META_ANNOTATIONS);
	if (!spot || !ck_strv_has(&spot->list.files, name))
		return 0;
	int r = fs_read_file(spot->fd, name, ANNOTATIONS_MAX, &bytes, &why);
	if (r == 0 && bytes.len == 0)
		return 0;
	if (r == 0)
		r = db_open_memory(name, (const uint8_t *)bytes.data, bytes.len, &db, &why);
	while (r >= 0 && (r = db_next(db, &record, &why)) > 0)
		;
	if (r >= 0 || r == CK_ENOMEM)
		return r < 0 ? ck_err_nomem(err) : 0;
	if (why.code != CK_ECORRUPT && why.code != CK_EUNSUPPORTED)
		return 0; /* told when it is copied */
	return copy_found(v->c, v->box, 0, "database-unreadable",
	                  "restore the annotations of its messages from an earlier archive; the "
	                  "file itself is in this archive",
	                  err, "%s", why.msg);
}

static enum catalog_kind kind_of(const struct visit *v, const struct spot *spot, const char *name)
{
	if (strcmp(name, "cyrus.header") == 0)
		return CATALOG_HEADER;
	if (strcmp(name, "cyrus.index") == 0)
		return CATALOG_INDEX;
	if (strcmp(name, "cyrus.annotations") == 0)
		return CATALOG_ANNOTATIONS;
	if (strcmp(name, "cyrus.cache") != 0)
		return CATALOG_OTHER;
	bool main_one = strcmp(spot->path, v->paths.meta[META_CACHE]) == 0;
	return main_one ? CATALOG_CACHE : CATALOG_ARCHIVECACHE;
}

static int pack_other_files(struct visit *v, const struct spot *spot, struct ck_err *err)
{
	uint64_t before = v->c->slice ? v->c->slice->bytes : 0;
	for (size_t i = 0; i < spot->list.files.n; i++) {
		const char *name = spot->list.files.items[i];
		struct stat st;
		if (fstatat(spot->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			st = (struct stat){.st_mode = S_IFREG};
		if ((S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) &&
		    layout_left_out(name, st.st_mode, false, v->c->kept))
			continue;
		struct item *item = NULL;
		int r = copy_item(v->c, ITEM_FILE, (uint64_t)st.st_size, &item, err);
		if (r < 0)
			return r;
		item->name = copy_string(v->c, name);
		item->box = v->box;
		item->file_kind = kind_of(v, spot, name);
		if (!item->name)
			return ck_err_nomem(err);
	}
	if (v->c->slice && v->c->slice->bytes > before + META_APART)
		return copy_flush(v->c, err);
	return 0;
}

static void fill_row(const struct visit *v, const struct index_record *rec,
                     struct catalog_message *row)
{
	*row = (struct catalog_message){
		.mailbox = v->box->number,
		.uid = rec->uid,
		.size = rec->size,
		.internaldate = rec->internaldate,
		.modseq = rec->modseq,
		.flags = rec->system_flags,
	};
	memcpy(row->guid, rec->guid, sizeof row->guid);
}

static bool has_guid(const struct visit *v, const struct index_record *rec)
{
	static const uint8_t none[GUID_SIZE];
	return v->index.header.has_guid && memcmp(rec->guid, none, sizeof none) != 0;
}

/* The first rule of size or age that leaves the message out, or 0. */
static uint32_t left_out_by(const struct visit *v, const struct index_record *rec)
{
	const struct copy *c = v->c;
	for (size_t i = 0; i < c->nmessage_rules; i++) {
		const struct ck_rule *rule = &c->rules[c->message_rules[i]];
		if (ck_rule_matches_mailbox(rule, c->order.server, v->box->mailbox) &&
		    ck_rule_matches_message(rule, rec->size, rec->internaldate, c->order.now))
			return c->message_rules[i] + 1;
	}
	return 0;
}

static int pack_record(struct visit *v, const struct index_record *rec, uint32_t rule,
                       uint32_t state, struct ck_err *err)
{
	struct item *item = NULL;
	int r = copy_item(v->c, ITEM_RECORD, 0, &item, err);
	if (r < 0)
		return r;
	item->box = v->box;
	fill_row(v, rec, &item->row);
	item->row.left_out_by = rule;
	item->row.state = state;
	return 0;
}

static int pack_message(struct visit *v, const struct index_record *rec, struct ck_err *err)
{
	struct item *item = NULL;
	int r = copy_item(v->c, ITEM_MESSAGE, rec->size, &item, err);
	if (r < 0)
		return r;
	item->box = v->box;
	fill_row(v, rec, &item->row);
	item->has_guid = has_guid(v, rec);
	item->size_known = true;
	if (rec->crc_ok)
		return 0;
	item->row.state |= CATALOG_BAD;
	v->box->differs = true;
	return copy_found(v->c, v->box, rec->uid, "record-crc", "run reconstruct on the mailbox",
	                  err, "the index record fails its checksum: flags and date may be wrong");
}

/* A record that has its file in @spot, or that needs none. */
static int visit_record(struct visit *v, size_t i, struct spot *spot, struct ck_err *err)
{
	struct index_record rec;
	index_record(&v->index, i, &rec);
	size_t at = listing_find(&spot->list, rec.uid);
	if (at == SIZE_MAX || v->found[i])
		return 0;
	bool twice = spot->list.claimed[at];
	spot->list.claimed[at] = true;
	v->found[i] = 1;
	if (twice) {
		v->box->differs = true;
		return copy_found(v->c, v->box, rec.uid, "torn-index",
		                  "run reconstruct on the mailbox", err,
		                  "the index has this uid twice");
	}
	uint32_t rule = left_out_by(v, &rec);
	if (!rule)
		return pack_message(v, &rec, err);
	v->box->messages_left_out += index_record_is_live(&rec);
	return pack_record(v, &rec, rule, 0, err);
}

static int visit_expunged(struct visit *v, size_t i, struct spot *spot, struct ck_err *err)
{
	struct index_record rec;
	index_record(&v->expunge, i, &rec);
	size_t at = listing_find(&spot->list, rec.uid);
	if (at == SIZE_MAX || spot->list.claimed[at])
		return 0;
	spot->list.claimed[at] = true;
	rec.system_flags |= INDEX_EXPUNGED;
	return pack_message(v, &rec, err);
}

static bool in_earlier_spot(const struct visit *v, const struct spot *spot, uint32_t uid)
{
	for (const struct spot *s = v->spots; s < spot; s++) {
		if (listing_find(&s->list, uid) != SIZE_MAX)
			return true;
	}
	return false;
}

/* Files that no record accounts for are kept, and told. Without an index they are the mailbox. */
static int pack_unclaimed(struct visit *v, const struct spot *spot, struct ck_err *err)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < spot->list.n; i++) {
		struct item *item = NULL;
		char name[16];
		uint32_t uid = spot->list.uids[i];
		if (spot->list.claimed[i])
			continue;
		struct stat st;
		(void)snprintf(name, sizeof name, "%" PRIu32 ".", uid);
		if (fstatat(spot->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			st = (struct stat){0};
		bool message = !v->has_index && !in_earlier_spot(v, spot, uid);
		r = copy_item(v->c, message ? ITEM_MESSAGE : ITEM_FILE, (uint64_t)st.st_size, &item,
		              err);
		if (r < 0)
			return r;
		item->box = v->box;
		if (message) {
			item->row.mailbox = v->box->number;
			item->row.uid = uid;
			item->row.internaldate = st.st_mtim.tv_sec;
			continue;
		}
		item->name = copy_string(v->c, name);
		if (!item->name)
			return ck_err_nomem(err);
		v->box->differs = true;
		if (!v->has_index)
			continue; /* told once, for the index */
		r = copy_found(v->c, v->box, uid, "orphan-file",
		               "reconstruct would add it as a new message; it is kept here", err,
		               "'%s/%s' is in no record of the index", spot->path, name);
	}
	return r;
}

static int pack_spot(struct visit *v, struct spot *spot, struct ck_err *err)
{
	int r = copy_enter(v->c, spot->path, err);
	if (r >= 0)
		r = pack_other_files(v, spot, err);
	for (size_t i = 0; r >= 0 && v->has_index && i < v->index.nrecords; i++)
		r = visit_record(v, i, spot, err);
	for (size_t i = 0; r >= 0 && v->has_expunge && i < v->expunge.nrecords; i++)
		r = visit_expunged(v, i, spot, err);
	if (r >= 0)
		r = pack_unclaimed(v, spot, err);
	for (size_t i = 0; r >= 0 && v->c->whole && i < spot->list.dirs.n; i++) {
		CK_FREE char *path = NULL;
		if (asprintf(&path, "%s/%s", spot->path, spot->list.dirs.items[i]) < 0 ||
		    (!dirset_get(&v->c->dirs, path, strlen(path)) &&
		     ck_strv_add(&v->c->unlisted, path) < 0))
			r = ck_err_nomem(err);
	}
	return r;
}

/* Records without a file: live ones are missed, expunged ones only remembered. */
static int pack_missing(struct visit *v, struct ck_err *err)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && v->has_index && i < v->index.nrecords; i++) {
		struct index_record rec;
		index_record(&v->index, i, &rec);
		if (v->found[i] || rec.system_flags & INDEX_UNLINKED)
			continue;
		uint32_t rule = left_out_by(v, &rec);
		bool live = index_record_is_live(&rec);
		bool missed = live && !rule;
		r = pack_record(v, &rec, rule, missed ? CATALOG_BAD : 0, err);
		v->box->messages_left_out += live && rule;
		if (r < 0 || !missed)
			continue;
		v->box->differs = true;
		r = copy_found(v->c, v->box, rec.uid, "missing-file",
		               "restore this message from an earlier archive", err,
		               "the index has a message of %" PRIu64 " bytes, but there is no file "
		               "'%s/%" PRIu32 ".'",
		               rec.size, v->paths.data, rec.uid);
	}
	return r;
}

static int end_box(struct copy *c, struct box *box, struct ck_err *err)
{
	struct item *item = NULL;
	int r = copy_item(c, ITEM_BOX_ENDS, 0, &item, err);
	if (r >= 0)
		item->box = box;
	return r;
}

int copy_mailbox(struct copy *c, struct box *box, struct ck_err *err)
{
	const struct ck_mailbox *m = box->mailbox;
	box->uidvalidity = m->uidvalidity;
	box->highestmodseq = m->highestmodseq;
	if (box->left_out_by || m->flags & (CK_MBOX_INTERMEDIATE | CK_MBOX_REMOTE))
		return end_box(c, box, err);
	CK_CLEANUP(visit_fini) struct visit v = {.c = c, .box = box};
	struct ck_err why = CK_ERR_INIT;
	int r = mailbox_paths(c->order.server, m, &v.paths, &why);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	if (r < 0) {
		v.paths = (struct mailbox_paths){0};
		box->unreadable = true;
		r = copy_found(c, box, 0, "index-unreadable", "check the partitions in imapd.conf",
		               err, "cannot tell where the mailbox lies: %s", why.msg);
		return r < 0 ? r : end_box(c, box, err);
	}
	r = add_spots(&v, err);
	if (r >= 0)
		r = read_index(&v, err);
	if (r >= 0 && v.has_index)
		r = check_index(&v, err);
	if (r >= 0 && v.has_index)
		r = read_expunge(&v, err);
	if (r >= 0)
		r = check_header(&v, err);
	if (r >= 0)
		r = check_annotations(&v, err);
	for (size_t i = 0; r >= 0 && i < v.nspots; i++)
		r = pack_spot(&v, &v.spots[i], err);
	if (r >= 0)
		r = pack_missing(&v, err);
	return r < 0 ? r : end_box(c, box, err);
}
