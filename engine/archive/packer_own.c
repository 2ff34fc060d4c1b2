/* SPDX-License-Identifier: BSD-2-Clause */
/* Members of our own: bytes from memory, and databases as text. */
#include "archive/packer.h"
#include "base/fs.h"
#include "base/number.h"
#include "cyrus/db.h"

#define DB_LOCK_MS 10000

/* Bytes of the present member, in pieces that frames may be cut between. @first: nothing of it is
 * written yet. */
static int put_bytes(struct packer *p, struct item *item, const char *data, size_t len, bool first,
                     struct ck_err *err)
{
	int r = 0;
	for (size_t at = 0; r >= 0 && at < len; at += PACKER_CHUNK) {
		r = packer_emit_full(p, err);
		if (r >= 0 && first && at == 0)
			item->place = packer_here(p);
		if (r >= 0)
			r = tar_put_data(p->tar, data + at,
			                 len - at < PACKER_CHUNK ? len - at : PACKER_CHUNK, err);
	}
	return r;
}

int packer_put_memory(struct packer *p, struct item *item, const void *bytes, size_t len,
                      struct ck_err *err)
{
	struct stat st = {.st_mode = S_IFREG | 0600, .st_size = (off_t)len};
	st.st_mtim.tv_sec = time_now_ms() / 1000;
	int r = packer_put_header(p, item, &st, NULL, NULL, err);
	item->place = packer_here(p);
	if (r >= 0)
		r = put_bytes(p, item, bytes, len, true, err);
	item->size = len;
	return r < 0 ? r : tar_end_member(p->tar, err);
}

/* Of all that db_dump() would give, that many bytes. A torn database is read up to its tear. */
static uint64_t dump_size(struct packer *p, struct db *db, int *ret, struct ck_err *why)
{
	uint64_t size = 0;
	size_t records = 0;
	do {
		ck_buf_reset(&p->text);
		*ret = db_dump_some(db, PACKER_CHUNK, &p->text, &records, why);
		size += p->text.len;
	} while (*ret > 0);
	return size;
}

/* Text is not held: it may be larger than the database itself. */
static int pack_text(struct packer *p, struct item *item, struct db *db, uint64_t size,
                     struct ck_err *err)
{
	struct stat st = {.st_mode = S_IFREG | 0600, .st_size = (off_t)size};
	st.st_mtim.tv_sec = time_now_ms() / 1000;
	int r = packer_put_header(p, item, &st, NULL, NULL, err);
	size_t records = 0;
	int more = 1;
	item->place = packer_here(p);
	db_rewind(db);
	for (uint64_t at = 0; r >= 0 && more > 0 && at < size; at += p->text.len) {
		ck_buf_reset(&p->text);
		more = db_dump_some(db, PACKER_CHUNK, &p->text, &records, NULL);
		r = more == CK_ENOMEM ? ck_err_nomem(err)
		                      : put_bytes(p, item, p->text.data, p->text.len, at == 0, err);
	}
	item->size = size;
	item->records = records;
	return r < 0 ? r : tar_end_member(p->tar, err);
}

int packer_put_dump(struct packer *p, struct item *item, struct ck_err *err)
{
	struct ck_err why = CK_ERR_INIT;
	CK_CLEANUP(db_closep) struct db *db = NULL;
	uint64_t size = 0;
	int r = db_open(item->name, DB_LOCK_MS, &db, &why);
	if (r >= 0)
		size = dump_size(p, db, &r, &why);
	if (r < 0 && slice_found(p->slice, NULL, 0, "database-unreadable",
	                         "restore this database from an earlier archive, or let Cyrus "
	                         "recover it; the file itself is in this archive",
	                         "cannot write database '%s' as text: %s", item->name, why.msg) < 0)
		return ck_err_nomem(err);
	/* What could be read of a torn one is better than nothing. */
	return db && (size || r >= 0) ? pack_text(p, item, db, size, err) : 0;
}
