/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/frame.h"
#include "base/fs.h"

#define FILE_MOST UINT32_MAX /* offsets in Cyrus's own have 32 bits */

static int read_at(struct ck_archive *a, void *buf, size_t len, uint64_t offset, struct ck_err *err)
{
	int64_t n = fs_pread(a->fd, buf, len, offset);
	if (n < 0)
		return ck_err_sys(err, "cannot read archive '%s'", a->name);
	a->bytes_read += (uint64_t)n;
	if ((size_t)n < len)
		return ck_err_set(err, CK_ECORRUPT,
		                  "archive '%s' is cut: it ends at byte %" PRIu64
		                  ", %zu more are expected",
		                  a->name, offset + (uint64_t)n, len - (size_t)n);
	return 0;
}

static int read_table(struct ck_archive *a, struct ck_err *err)
{
	uint8_t footer[SEEKTABLE_FOOTER];
	uint64_t len = 0;
	if (a->size < SEEKTABLE_FOOTER)
		return ck_err_set(err, CK_ECORRUPT,
		                  "archive '%s' is cut: it has only %" PRIu64 " bytes", a->name,
		                  a->size);
	int r = read_at(a, footer, sizeof footer, a->size - sizeof footer, err);
	if (r < 0)
		return r;
	r = seektable_length(footer, a->size, &len, err);
	if (r >= 0) {
		ck_buf_reset(&a->packed);
		if (ck_buf_reserve(&a->packed, len) < 0)
			return ck_err_nomem(err);
		r = read_at(a, a->packed.data, len, a->size - len, err);
		if (r < 0)
			return r;
		r = seektable_parse((const uint8_t *)a->packed.data, len, a->size, &a->table, err);
	}
	if (r < 0) {
		(void)ck_err_prefix(err, "archive '%s'", a->name);
		return ck_err_remedy(err, "what comes before the damage can still be taken out "
		                          "with tar --zstd -xf; use another archive");
	}
	return 0;
}

int reader_packed(struct ck_archive *a, uint32_t number, struct ck_buf *ret, struct ck_err *err)
{
	if (number >= a->table.n)
		return ck_err_set(err, CK_ECORRUPT, "archive '%s' has no frame %" PRIu32, a->name,
		                  number);
	const struct seekframe *f = &a->table.frames[number];
	ck_buf_reset(ret);
	if (ck_buf_reserve(ret, f->packed) < 0)
		return ck_err_nomem(err);
	int r = read_at(a, ret->data, f->packed, f->offset, err);
	if (r >= 0)
		ret->len = f->packed;
	return r;
}

/* Four of ours are kept; of larger ones none but the last. */
static void make_room(struct ck_archive *a, const struct kept_frame *taken, size_t size)
{
	size_t all = size;
	for (size_t i = 0; i < READER_KEPT; i++)
		all += &a->kept[i] == taken ? 0 : a->kept[i].bytes.cap;
	for (size_t i = 0; all > READER_KEPT_BYTES && i < READER_KEPT; i++) {
		ck_buf_fini(&a->kept[i].bytes);
		a->kept[i].used = 0;
	}
}

/* A frame's bytes, borrowed until the next call. */
static int get_frame(struct ck_archive *a, uint32_t number, const struct ck_buf **ret,
                     struct ck_err *err)
{
	struct kept_frame *oldest = &a->kept[0];
	a->clock++;
	for (size_t i = 0; i < READER_KEPT; i++) {
		struct kept_frame *k = &a->kept[i];
		if (k->used && k->number == number) {
			k->used = a->clock;
			*ret = &k->bytes;
			return 0;
		}
		if (k->used < oldest->used)
			oldest = k;
	}
	oldest->used = 0;
	int r = reader_packed(a, number, &a->packed, err);
	if (r < 0)
		return r;
	const struct seekframe *f = &a->table.frames[number];
	make_room(a, oldest, f->size);
	r = frame_unpack(a->unpacker, a->packed.data, a->packed.len, f->size, &oldest->bytes, err);
	if (r < 0)
		return ck_err_prefix(err, "archive '%s', frame %" PRIu32 " at byte %" PRIu64,
		                     a->name, number, f->offset);
	oldest->number = number;
	oldest->used = a->clock;
	*ret = &oldest->bytes;
	return 0;
}

/* Are there so many bytes at all? A claim costs nothing; the memory for it does. */
static bool has_range(const struct ck_archive *a, uint32_t frame, uint32_t offset, uint64_t len)
{
	for (size_t i = frame; i < a->table.n && offset <= a->table.frames[i].size; i++) {
		uint64_t there = a->table.frames[i].size - offset;
		if (len <= there)
			return true;
		len -= there;
		offset = 0;
	}
	return false;
}

int reader_range(struct ck_archive *a, uint32_t frame, uint32_t offset, uint64_t len,
                 struct ck_buf *ret, struct ck_err *err)
{
	if (len && !has_range(a, frame, offset, len))
		return ck_err_set(err, CK_ECORRUPT,
		                  "archive '%s': the catalogue claims %" PRIu64
		                  " bytes at frame %" PRIu32 ", which are not there",
		                  a->name, len, frame);
	while (len) {
		const struct ck_buf *bytes = NULL;
		int r = get_frame(a, frame, &bytes, err);
		if (r < 0)
			return r;
		size_t n = bytes->len - offset < len ? bytes->len - offset : (size_t)len;
		if (ck_buf_add(ret, bytes->data + offset, n) < 0)
			return ck_err_nomem(err);
		len -= n;
		offset = 0;
		frame++;
	}
	return 0;
}

int reader_file(struct ck_archive *a, const struct catalog_file *f, struct ck_buf *ret,
                struct ck_err *err)
{
	if (f->size > FILE_MOST)
		return ck_err_set(err, CK_ECORRUPT, "archive '%s': a file claims %" PRIu64 " bytes",
		                  a->name, f->size);
	return reader_range(a, f->frame, f->offset, f->size, ret, err);
}

/* The headline lies in the last frame but one; the last holds the end of the tar stream. */
static int read_headline(struct ck_archive *a, const char **ret, size_t *ret_len,
                         struct ck_err *err)
{
	const struct ck_buf *frame = NULL;
	if (a->table.n < 2)
		return ck_err_set(err, CK_ECORRUPT, "archive '%s' has only %zu frames", a->name,
		                  a->table.n);
	int r = get_frame(a, (uint32_t)a->table.n - 2, &frame, err);
	if (r < 0)
		return r;
	r = headline_find(frame->data, frame->len, ret, ret_len, err);
	return r < 0 ? ck_err_prefix(err, "archive '%s'", a->name) : 0;
}

/* Bytes of the catalogue, for SQLite. */
static int read_catalog(void *arg, uint64_t offset, void *ret, size_t len, struct ck_err *err)
{
	struct ck_archive *a = arg;
	uint32_t frame = a->headline.catalog_frame;
	offset += a->headline.catalog_offset;
	for (; frame < a->table.n && offset >= a->table.frames[frame].size; frame++)
		offset -= a->table.frames[frame].size;
	ck_buf_reset(&a->page);
	int r = reader_range(a, frame, (uint32_t)offset, len, &a->page, err);
	if (r < 0)
		return ck_err_prefix(err, "cannot read the catalogue");
	memcpy(ret, a->page.data, len);
	return 0;
}

static int open_catalog(struct ck_archive *a, struct ck_err *err)
{
	const struct headline *h = &a->headline;
	const struct sql_source source = {
		.name = a->name, .read = read_catalog, .arg = a, .size = h->catalog_size};
	uint64_t most = 0; /* of what begins in that frame */
	for (size_t i = h->catalog_frame; i < a->table.n; i++)
		most += a->table.frames[i].size;
	if (h->catalog_offset > most || h->catalog_size > most - h->catalog_offset)
		return ck_err_set(err, CK_ECORRUPT,
		                  "archive '%s': its catalogue cannot be where it should", a->name);
	int r = catalog_open_source(&source, &a->catalog, err);
	return r == CK_EUNSUPPORTED ? ck_err_prefix(err, "archive '%s'", a->name) : r;
}

/* Seek table and headline. */
static int open_ends(int fd, const char *name, struct ck_archive **ret, struct ck_err *err)
{
	CK_CLEANUP(ck_archive_closep) struct ck_archive *a = ck_alloc(1, sizeof *a);
	struct stat st;
	if (!a) {
		ck_closep(&fd);
		return ck_err_nomem(err);
	}
	a->fd = fd;
	a->packed = (struct ck_buf)CK_BUF_INIT;
	a->page = (struct ck_buf)CK_BUF_INIT;
	for (size_t i = 0; i < READER_KEPT; i++)
		a->kept[i].bytes = (struct ck_buf)CK_BUF_INIT;
	a->name = strdup(name);
	if (!a->name)
		return ck_err_nomem(err);
	if (fstat(fd, &st) < 0)
		return ck_err_sys(err, "cannot read archive '%s'", name);
	if (!S_ISREG(st.st_mode))
		return ck_err_set(err, CK_EUSAGE, "'%s' is no archive: not a regular file", name);
	a->size = (uint64_t)st.st_size;
	int r = frame_unpacker_new(&a->unpacker, err);
	if (r >= 0)
		r = read_table(a, err);
	const char *text = NULL;
	size_t len = 0;
	if (r >= 0)
		r = read_headline(a, &text, &len, err);
	if (r < 0)
		return r;
	r = headline_parse(text, len, &a->headline, err);
	if (r < 0)
		return ck_err_prefix(err, "archive '%s'", name);
	*ret = CK_STEAL(a);
	return 0;
}

int reader_open(int fd, const char *name, struct ck_archive **ret, struct ck_err *err)
{
	CK_CLEANUP(ck_archive_closep) struct ck_archive *a = NULL;
	int r = open_ends(fd, name, &a, err);
	if (r >= 0)
		r = open_catalog(a, err);
	if (r < 0)
		return r;
	a->headline.info.path = strdup(name);
	a->headline.info.bytes = a->size;
	a->headline.info.present = true;
	if (!a->headline.info.path)
		return ck_err_nomem(err);
	*ret = CK_STEAL(a);
	return 0;
}

int reader_headline(const char *path, struct ck_buf *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_archive_closep) struct ck_archive *a = NULL;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return ck_err_sys(err, "cannot open archive '%s'", path);
	int r = open_ends(fd, path, &a, err);
	const char *text = NULL;
	size_t len = 0;
	if (r >= 0)
		r = read_headline(a, &text, &len, err);
	if (r < 0)
		return r;
	return ck_buf_add(ret, text, len) < 0 ? ck_err_nomem(err) : 0;
}

void ck_archive_close(struct ck_archive *a)
{
	if (!a)
		return;
	catalog_close(a->catalog);
	ck_closep(&a->fd);
	frame_unpacker_free(a->unpacker);
	seektable_fini(&a->table);
	headline_fini(&a->headline);
	for (size_t i = 0; i < READER_KEPT; i++)
		ck_buf_fini(&a->kept[i].bytes);
	ck_buf_fini(&a->packed);
	ck_buf_fini(&a->page);
	free(a->name);
	free(a);
}

void ck_archive_closep(struct ck_archive **a)
{
	ck_archive_close(*a);
}

const struct ck_archive_info *ck_archive_info(const struct ck_archive *a)
{
	return &a->headline.info;
}

const struct ck_plan *ck_archive_plan(const struct ck_archive *a)
{
	return &a->headline.plan;
}

char ck_archive_separator(const struct ck_archive *a)
{
	return a->headline.separator;
}

uint64_t ck_archive_bytes_read(const struct ck_archive *a)
{
	return a->bytes_read;
}
