/* SPDX-License-Identifier: BSD-2-Clause */
/* The planning thread's way from directories and files to slices. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/copy_state.h"
#include "archive/frame.h"
#include "base/fs.h"

#define ITEMS_MAX 4096 /* in a slice: what a worker may keep in memory */

int copy_flush(struct copy *c, struct ck_err *err)
{
	struct slice *s = CK_STEAL(c->slice);
	c->dir = NULL;
	if (!s)
		return 0;
	if (!s->n && !s->nfound) {
		slice_free(s);
		return 0;
	}
	return pipeline_push(c->pipeline, s, err);
}

/* Make sure there is a slice with room for @size more. */
static int make_room(struct copy *c, uint64_t size, struct ck_err *err)
{
	if (c->slice && c->slice->n &&
	    (c->slice->bytes + size > frame_target(c->order.settings->archive_level) ||
	     c->slice->n >= ITEMS_MAX)) {
		int r = copy_flush(c, err);
		if (r < 0)
			return r;
	}
	if (!c->slice && !(c->slice = slice_new()))
		return ck_err_nomem(err);
	return 0;
}

const char *copy_string(struct copy *c, const char *s)
{
	return s ? arena_str(c->slice->arena, s) : NULL;
}

/* The path of a directory below its root, as openat() wants it. */
static const char *below(const struct copy_root *root, const char *path)
{
	size_t n = strlen(root->path);
	return path[n] == '/' ? path + n + 1 : ".";
}

/* The present directory, as the present slice sees it. */
static const struct slice_dir *present_dir(struct copy *c)
{
	if (c->dir || !c->dir_root)
		return c->dir;
	struct slice_dir *dir = arena_alloc(c->slice->arena, sizeof *dir);
	if (!dir)
		return NULL;
	dir->root = c->dir_root->fd;
	dir->path = copy_string(c, below(c->dir_root, c->dir_path));
	dir->member = copy_string(c, c->dir_path + 1);
	if (!dir->path || !dir->member)
		return NULL;
	c->dir = dir;
	return dir;
}

static bool needs_dir(enum item_kind kind)
{
	return kind == ITEM_DIRECTORY || kind == ITEM_FILE || kind == ITEM_MESSAGE;
}

int copy_item(struct copy *c, enum item_kind kind, uint64_t size, struct item **ret,
              struct ck_err *err)
{
	int r = make_room(c, TAR_COST(size), err);
	if (r < 0)
		return r;
	if (needs_dir(kind) && !present_dir(c))
		return ck_err_nomem(err);
	struct item *item = slice_add(c->slice);
	if (!item)
		return ck_err_nomem(err);
	item->kind = kind;
	item->dir = needs_dir(kind) ? c->dir : NULL;
	c->slice->bytes += TAR_COST(size);
	if (ret)
		*ret = item;
	return 0;
}

int copy_found(struct copy *c, struct box *box, uint32_t uid, const char *code, const char *remedy,
               struct ck_err *err, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, fmt);
	int len = vasprintf(&text, fmt, args);
	va_end(args);
	int r = len < 0 ? CK_ENOMEM : make_room(c, 0, err);
	if (r >= 0)
		r = slice_found(c->slice, box, uid, code, remedy, "%s", text);
	if (len >= 0)
		free(text);
	return r == CK_ENOMEM ? ck_err_nomem(err) : r;
}

const struct copy_root *copy_root_of(const struct copy *c, const char *path)
{
	const struct copy_root *best = NULL;
	size_t best_len = 0;
	for (size_t i = 0; i < c->nroots; i++) {
		size_t n = strlen(c->roots[i].path);
		if (strncmp(path, c->roots[i].path, n) == 0 && (!path[n] || path[n] == '/') &&
		    n > best_len) {
			best = &c->roots[i];
			best_len = n;
		}
	}
	return best;
}

int copy_open_dir(const struct copy *c, const char *path)
{
	const struct copy_root *root = copy_root_of(c, path);
	if (!root || root->fd < 0) {
		errno = ENOENT;
		return -1;
	}
	const char *rest = below(root, path);
	if (strcmp(rest, ".") == 0)
		return openat(root->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fs_open_beneath(root->fd, rest, O_RDONLY | O_DIRECTORY, 0);
}

static int set_dir(struct copy *c, const struct copy_root *root, const char *path, size_t len)
{
	char *copy = strndup(path, len);
	if (!copy)
		return CK_ENOMEM;
	free(c->dir_path);
	c->dir_path = copy;
	c->dir_root = root;
	c->dir = NULL;
	return 0;
}

static int pack_entry(struct copy *c, const struct copy_root *root, const char *path, size_t len,
                      struct ck_err *err)
{
	if (dirset_get(&c->dirs, path, len) & DIR_PACKED)
		return 0;
	if (set_dir(c, root, path, len) < 0 || dirset_add(&c->dirs, path, len, DIR_PACKED) < 0)
		return ck_err_nomem(err);
	return copy_item(c, ITEM_DIRECTORY, 0, NULL, err);
}

int copy_enter(struct copy *c, const char *path, struct ck_err *err)
{
	const struct copy_root *root = copy_root_of(c, path);
	if (!root)
		return ck_err_set(err, CK_EUSAGE, "'%s' is in no partition of this server", path);
	size_t len = strlen(path);
	for (size_t n = strlen(root->path); n < len;) {
		int r = pack_entry(c, root, path, n, err);
		if (r < 0)
			return r;
		if (dirset_add(&c->dirs, path, n, DIR_PARENT) < 0)
			return ck_err_nomem(err);
		const char *slash = strchr(path + n + 1, '/');
		n = slash ? (size_t)(slash - path) : len;
	}
	int r = pack_entry(c, root, path, len, err);
	if (r < 0)
		return r;
	return set_dir(c, root, path, len) < 0 ? ck_err_nomem(err) : 0;
}

int copy_parents_again(struct copy *c, struct ck_err *err)
{
	for (size_t i = 0; i < c->dirs.n; i++) {
		const struct dirset_entry *e = &c->dirs.entries[i];
		const struct copy_root *root = copy_root_of(c, e->path);
		if ((e->flags & (DIR_PACKED | DIR_PARENT)) != (DIR_PACKED | DIR_PARENT) || !root)
			continue;
		if (set_dir(c, root, e->path, strlen(e->path)) < 0)
			return ck_err_nomem(err);
		int r = copy_item(c, ITEM_DIRECTORY, 0, NULL, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int copy_put_bytes(struct copy *c, const char *member, const void *bytes, size_t len,
                   struct ck_err *err)
{
	struct item *item = NULL;
	int r = copy_item(c, ITEM_BYTES, len, &item, err);
	if (r < 0)
		return r;
	item->bytes = bytes;
	item->len = len;
	item->file_kind = CATALOG_OWN;
	item->member = copy_string(c, member);
	return item->member ? 0 : ck_err_nomem(err);
}
