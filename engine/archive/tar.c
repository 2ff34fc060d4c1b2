/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/tar.h"

#include <errno.h>
#include <stdlib.h>

#include <archive.h>
#include <archive_entry.h>

struct tar_writer {
	struct archive *a;
	struct archive_entry *entry; /* reused */
	struct ck_buf *out;
	bool closing; /* what libarchive adds at its end is not wanted */
};

static la_ssize_t take_bytes(struct archive *a, void *arg, const void *data, size_t len)
{
	struct tar_writer *w = arg;
	/* Bytes that lie there already need not be copied. */
	bool there = w->out->data && data == w->out->data + w->out->len;
	if (there) {
		w->out->len += len;
		w->out->data[w->out->len] = '\0';
	} else if (!w->closing && ck_buf_add(w->out, data, len) < 0) {
		archive_set_error(a, ENOMEM, "out of memory");
		return -1;
	}
	return (la_ssize_t)len;
}

int tar_writer_new(struct ck_buf *out, struct tar_writer **ret, struct ck_err *err)
{
	struct tar_writer *w = ck_alloc(1, sizeof *w);
	if (!w)
		return ck_err_nomem(err);
	w->out = out;
	w->a = archive_write_new();
	w->entry = archive_entry_new();
	/* Unblocked, so that each byte arrives before the call that made it returns. */
	if (!w->a || !w->entry || archive_write_set_format_pax(w->a) < ARCHIVE_WARN ||
	    archive_write_set_bytes_per_block(w->a, 0) < ARCHIVE_WARN ||
	    archive_write_open(w->a, w, NULL, take_bytes, NULL) < ARCHIVE_WARN) {
		tar_writer_free(w);
		return ck_err_nomem(err);
	}
	*ret = w;
	return 0;
}

void tar_writer_free(struct tar_writer *w)
{
	if (!w)
		return;
	w->closing = true;
	if (w->entry)
		archive_entry_free(w->entry);
	if (w->a)
		(void)archive_write_free(w->a);
	free(w);
}

static int tar_failed(struct tar_writer *w, const char *what, struct ck_err *err)
{
	return ck_err_set(err, CK_EFAIL, "cannot pack %s: %s", what, archive_error_string(w->a));
}

int tar_put_header(struct tar_writer *w, const struct tar_member *m, struct ck_err *err)
{
	struct archive_entry *e = archive_entry_clear(w->entry);
	archive_entry_set_pathname(e, m->path);
	archive_entry_set_mode(e, m->st->st_mode);
	archive_entry_set_uid(e, m->st->st_uid);
	archive_entry_set_gid(e, m->st->st_gid);
	if (m->user)
		archive_entry_set_uname(e, m->user);
	if (m->group)
		archive_entry_set_gname(e, m->group);
	archive_entry_set_mtime(e, m->st->st_mtim.tv_sec, m->st->st_mtim.tv_nsec);
	if (m->hardlink)
		archive_entry_set_hardlink(e, m->hardlink);
	else if (m->symlink)
		archive_entry_set_symlink(e, m->symlink);
	archive_entry_set_size(
		e, S_ISREG(m->st->st_mode) && !m->hardlink ? (la_int64_t)m->st->st_size : 0);
	/* A warning is about a name that is no UTF-8; its bytes are written as they are. */
	if (archive_write_header(w->a, e) < ARCHIVE_WARN)
		return tar_failed(w, m->path, err);
	return 0;
}

int tar_put_data(struct tar_writer *w, const void *data, size_t len, struct ck_err *err)
{
	if (archive_write_data(w->a, data, len) != (la_ssize_t)len)
		return tar_failed(w, "the bytes of a file", err);
	return 0;
}

int tar_end_member(struct tar_writer *w, struct ck_err *err)
{
	if (archive_write_finish_entry(w->a) < ARCHIVE_WARN)
		return tar_failed(w, "the end of a file", err);
	return 0;
}

struct walk {
	tar_read_fn read;
	void *arg;
	int64_t failed; /* what read() said last, when negative */
};

static la_ssize_t give_bytes(struct archive *a, void *arg, const void **ret)
{
	struct walk *walk = arg;
	int64_t n = walk->read(walk->arg, ret);
	if (n < 0) {
		walk->failed = n;
		archive_set_error(a, EIO, "the stream cannot be read");
		return -1;
	}
	return (la_ssize_t)n;
}

static void archive_read_freep(struct archive **a)
{
	if (*a)
		(void)archive_read_free(*a);
}

int tar_walk(tar_read_fn read, tar_seen_fn seen, void *arg, struct ck_err *err)
{
	struct walk walk = {.read = read, .arg = arg};
	CK_CLEANUP(archive_read_freep) struct archive *a = archive_read_new();
	if (!a || archive_read_support_format_tar(a) < ARCHIVE_WARN)
		return ck_err_nomem(err);
	int r = archive_read_open(a, &walk, NULL, give_bytes, NULL);
	struct archive_entry *e = NULL;
	while (r >= ARCHIVE_WARN && (r = archive_read_next_header(a, &e)) >= ARCHIVE_WARN &&
	       r != ARCHIVE_EOF) {
		const char *path = archive_entry_pathname(e);
		struct tar_seen s = {
			.path = path ? path : "",
			.size = (uint64_t)archive_entry_size(e),
			.link = archive_entry_hardlink(e) != NULL,
			.directory = archive_entry_filetype(e) == AE_IFDIR,
		};
		s.regular = !s.link && archive_entry_filetype(e) == AE_IFREG;
		int q = seen(arg, &s, err);
		if (q < 0)
			return q;
	}
	if (r == ARCHIVE_EOF)
		return 0;
	if (walk.failed < 0)
		return (int)walk.failed;
	return ck_err_set(err, CK_ECORRUPT, "its members cannot be walked: %s",
	                  archive_error_string(a));
}
