/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a copy: manifest, catalogue, headline, seek table; synced, named, read back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/check.h"
#include "archive/copy_state.h"
#include "archive/frame.h"
#include "archive/headline.h"
#include "archive/sink.h"
#include "archive/tar.h"
#include "base/fs.h"

static int put_frames(struct copy *c, struct ck_err *err)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < c->table.n; i++) {
		const struct seekframe *f = &c->table.frames[i];
		r = catalog_put_frame(c->catalog, (uint32_t)i, f->offset, f->packed, f->size, err);
	}
	return r;
}

static int flush_and_drain(struct copy *c, struct ck_err *err)
{
	int r = copy_flush(c, err);
	return r < 0 ? r : pipeline_drain(c->pipeline, err);
}

static int put_manifest(struct copy *c, struct ck_err *err)
{
	const char *packages = c->order.software ? c->order.software->packages : NULL;
	int r = copy_list_databases(c, err);
	if (r >= 0 && packages)
		r = copy_put_bytes(c, ".cyrkeep/packages.txt", packages, strlen(packages), err);
	if (r >= 0)
		r = manifest_write(c, &c->manifest, err);
	if (r >= 0)
		r = copy_put_bytes(c, ".cyrkeep/manifest.json", c->manifest.data, c->manifest.len,
		                   err);
	return r < 0 ? r : flush_and_drain(c, err);
}

/* The catalogue says everything but where it lies itself; the headline says that. */
static int put_catalog(struct copy *c, struct ck_err *err)
{
	int r = catalog_put_text(c->catalog, "manifest", c->manifest.data, err);
	if (r >= 0)
		r = put_frames(c, err);
	if (r >= 0)
		r = catalog_commit(c->catalog, err);
	if (r < 0)
		return r;
	catalog_close(c->catalog);
	c->catalog = NULL;
	c->sealed = true;
	const char *path = partial_scratch(c->file);
	CK_FREE char *dir = strndup(path, (size_t)(strrchr(path, '/') - path));
	struct copy_root root = {.path = dir, .fd = -1};
	CK_CLOSE int fd = dir ? open(*dir ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0)
		return ck_err_sys(err, "cannot read catalogue '%s'", path);
	root.fd = fd;
	free(c->dir_path);
	c->dir_path = strdup(dir);
	c->dir_root = &root;
	c->dir = NULL;
	struct item *item = NULL;
	r = c->dir_path ? copy_item(c, ITEM_FILE, 0, &item, err) : ck_err_nomem(err);
	if (r >= 0) {
		item->name = copy_string(c, strrchr(path, '/') + 1);
		item->member = copy_string(c, CATALOG_MEMBER);
		item->file_kind = CATALOG_OWN;
		r = item->name && item->member ? flush_and_drain(c, err) : ck_err_nomem(err);
	}
	c->dir_root = NULL;
	return r;
}

static int put_headline(struct copy *c, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	int r = headline_write(c, &line, err);
	if (r >= 0)
		r = copy_put_bytes(c, HEADLINE_MEMBER, line.data, line.len, err);
	if (r >= 0)
		r = flush_and_drain(c, err);
	if (r >= 0 && !(c->headline = ck_buf_take(&line)))
		r = ck_err_nomem(err);
	return r;
}

/* Behind the last frame: the end of the tar stream, and the seek table. */
static int put_end(struct copy *c, struct ck_err *err)
{
	static const char zeros[TAR_END_BYTES];
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	struct frame_packer *z = NULL;
	int r = frame_packer_new(1, &z, err);
	if (r >= 0)
		r = frame_pack(z, zeros, sizeof zeros, &bytes, err);
	frame_packer_free(z);
	if (r >= 0)
		r = sink_write(c->sink, bytes.data, bytes.len, err);
	if (r >= 0 && seektable_add(&c->table, (uint32_t)bytes.len, sizeof zeros) < 0)
		r = ck_err_nomem(err);
	ck_buf_reset(&bytes);
	if (r >= 0 && seektable_put(&c->table, &bytes) < 0)
		r = ck_err_nomem(err);
	if (r >= 0)
		r = sink_write(c->sink, bytes.data, bytes.len, err);
	c->file_size = c->table.end + bytes.len;
	return r < 0 ? r : sink_finish(c->sink, err);
}

/* Remember it for lists. It can be read anew from the archive, so this cannot fail a backup. */
static void unite(const struct copy *c)
{
	CK_FREE char *path = NULL;
	CK_CLEANUP(united_closep) struct united *u = NULL;
	struct ck_err err = CK_ERR_INIT;
	struct stat st;
	const char *file = partial_path(c->file);
	if (asprintf(&path, "%s/catalog.db", c->order.settings->state) < 0) {
		path = NULL;
		return;
	}
	int r = fs_mkdirs(c->order.settings->state, 0700, &err);
	if (r >= 0 && stat(file, &st) < 0)
		r = ck_err_sys(&err, "cannot stat '%s'", file);
	if (r >= 0)
		r = united_open(path, true, &u, &err);
	if (r >= 0)
		r = united_put(u, file, (uint64_t)st.st_size, fs_mtime_ns(&st), c->headline, &err);
	if (r < 0)
		run_note(c->run, "the archive is not in '%s' yet: %s", path, err.msg);
}

int copy_seal(struct copy *c, int64_t downtime_ms, enum ck_result result, struct ck_err *err)
{
	c->downtime_ms = downtime_ms;
	c->result = result == CK_RESULT_OK && atomic_load(&c->run->findings) ? CK_RESULT_FINDINGS
	                                                                     : result;
	int r = put_manifest(c, err);
	if (r >= 0)
		r = put_catalog(c, err);
	if (r >= 0)
		r = put_headline(c, err);
	if (r < 0)
		return r;
	pipeline_close(c->pipeline); /* reading back needs the memory */
	c->pipeline = NULL;
	return put_end(c, err);
}

static int tell_damage(struct copy *c, const struct check_result *result, struct ck_err *err)
{
	(void)ck_err_set(err, CK_ECORRUPT, "archive '%s' does not read back as it was written: %s",
	                 partial_path(c->file), result->first);
	const char *apart = partial_set_apart(c->file);
	return apart ? ck_err_remedy(err, "it is kept as '%s'; check the disk and back up again",
	                             apart)
	             : ck_err_remedy(err, "check the disk and back up again");
}

int copy_check(struct copy *c, struct ck_err *err)
{
	struct check_result result = {0};
	int r = archive_check(c->order.settings, partial_temporary(c->file), c->run, false, &result,
	                      err);
	if (r >= 0 && result.damage)
		r = tell_damage(c, &result, err);
	if (r >= 0)
		r = partial_finish(c->file, err);
	if (r < 0)
		return r;
	c->named = true;
	unite(c);
	return 0;
}
