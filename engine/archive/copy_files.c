/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything that is in no mailbox: the configuration directory, dumps, what nobody accounts for.
 */
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
#include "cyrus/conf.h"
#include "cyrus/layout.h"

#define DEPTH_MAX 64

static int unreadable(struct copy *c, const char *path, int sys, struct ck_err *err)
{
	return copy_found(c, NULL, 0, "file-unreadable",
	                  "check the disk and the permissions, then back up again", err,
	                  "cannot read '%s': %s", path, strerror(sys));
}

/* A directory of a mailbox, which is copied with that. */
static bool is_mailbox(const struct copy *c, const char *path)
{
	return dirset_get(&c->dirs, path, strlen(path)) & DIR_MAILBOX;
}

/* Our own things and other trees do not belong to this tree. */
static bool is_elsewhere(const struct copy *c, const struct stat *st)
{
	for (size_t i = 0; i < c->nplaces; i++) {
		if (c->places[i].dev == st->st_dev && c->places[i].ino == st->st_ino)
			return true;
	}
	return false;
}

/* Is it left out as a directory of processes or locks, wherever settings have put that? */
static bool is_transient(const struct copy *c, const char *path)
{
	for (int i = LAYOUT_PROC; i <= LAYOUT_LOCK; i++) {
		const char *set = layout_moved(c->order.server->conf, i);
		if (set && strcmp(set, path) == 0)
			return !(c->kept >> i & 1);
	}
	return false;
}

/* By default? What is said of the configuration directory holds only there. */
static bool left_out(const struct copy *c, const char *path, mode_t mode, bool config)
{
	const char *conf = c->order.server->conf->configdirectory;
	const struct copy_root *root = copy_root_of(c, path);
	size_t n = root ? strlen(root->path) : 0;
	if (config && is_transient(c, path))
		return true;
	if (config && root && strcmp(root->path, conf) == 0 && path[n] == '/')
		return layout_left_out(path + n + 1, mode, true, c->kept);
	return layout_left_out(strrchr(path, '/') + 1, mode, false, c->kept);
}

/* A link is kept as a link: what it leads to is in the archive only when it lies in a tree of ours.
 */
static int check_link(struct copy *c, const char *path, struct ck_err *err)
{
	CK_FREE char *target = realpath(path, NULL);
	if (!target || copy_root_of(c, target))
		return 0; /* one that leads nowhere costs nothing */
	return copy_found(c, NULL, 0, "link-leads-out",
	                  "put its target into the directory itself, or back it up apart", err,
	                  "'%s' is a link to '%s', which is not in this archive", path, target);
}

static int pack_one(struct copy *c, int dirfd, const char *name, const char *path, bool config,
                    struct ck_err *err)
{
	struct stat st;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return unreadable(c, path, errno, err);
	if (config && copy_is_rebuilt(c, path))
		return copy_note_left_out(c, path, err);
	if (left_out(c, path, st.st_mode, config) || (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)))
		return 0;
	struct item *item = NULL;
	int r = copy_item(c, ITEM_FILE, (uint64_t)st.st_size, &item, err);
	if (r < 0)
		return r;
	item->name = copy_string(c, name);
	item->file_kind = config ? CATALOG_CONFIG : CATALOG_OTHER;
	if (!item->name)
		return ck_err_nomem(err);
	r = config ? copy_database(c, dirfd, name, path, &st, err) : 0;
	if (r < 0)
		return r;
	return S_ISLNK(st.st_mode) ? check_link(c, path, err) : 0;
}

/* All files of a directory, those that look like messages too. */
static int pack_files(struct copy *c, int fd, const char *path, const struct listing *list,
                      bool config, struct ck_err *err)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < list->files.n; i++) {
		CK_FREE char *file = NULL;
		if (asprintf(&file, "%s/%s", path, list->files.items[i]) < 0)
			return ck_err_nomem(err);
		r = pack_one(c, fd, list->files.items[i], file, config, err);
	}
	for (size_t i = 0; r >= 0 && i < list->n; i++) {
		CK_FREE char *file = NULL;
		if (asprintf(&file, "%s/%" PRIu32 ".", path, list->uids[i]) < 0)
			return ck_err_nomem(err);
		r = pack_one(c, fd, strrchr(file, '/') + 1, file, config, err);
	}
	return r;
}

static int walk(struct copy *c, const char *path, bool config, unsigned depth, struct ck_err *err);

static int walk_dirs(struct copy *c, int fd, const char *path, const struct listing *list,
                     bool config, unsigned depth, struct ck_err *err)
{
	for (size_t i = 0; i < list->dirs.n; i++) {
		const char *name = list->dirs.items[i];
		CK_FREE char *sub = NULL;
		struct stat st;
		if (asprintf(&sub, "%s/%s", path, name) < 0)
			return ck_err_nomem(err);
		if (is_mailbox(c, sub) || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    is_elsewhere(c, &st) || left_out(c, sub, st.st_mode, config))
			continue;
		int r = walk(c, sub, config, depth + 1, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int walk(struct copy *c, const char *path, bool config, unsigned depth, struct ck_err *err)
{
	CK_CLEANUP(listing_fini) struct listing list = {0};
	CK_CLOSE int fd = depth < DEPTH_MAX ? copy_open_dir(c, path) : (errno = ELOOP, -1);
	struct ck_err why = CK_ERR_INIT;
	if (fd < 0)
		return unreadable(c, path, errno, err);
	int r = run_checkpoint(c->run, err);
	if (r < 0)
		return r;
	r = listing_read(fd, &list, &why);
	if (r < 0)
		return r == CK_ENOMEM ? ck_err_nomem(err) : unreadable(c, path, why.sys, err);
	r = copy_enter(c, path, err);
	if (r >= 0)
		r = pack_files(c, fd, path, &list, config, err);
	return r < 0 ? r : walk_dirs(c, fd, path, &list, config, depth, err);
}

int copy_tree(struct copy *c, const char *path, bool config, struct ck_err *err)
{
	return walk(c, path, config, 0, err);
}

/* Is there any file in or below directory @path? */
static bool has_files(const struct copy *c, const char *path, unsigned depth)
{
	CK_CLEANUP(listing_fini) struct listing list = {0};
	CK_CLOSE int fd = copy_open_dir(c, path);
	if (fd < 0 || depth >= DEPTH_MAX || listing_read(fd, &list, NULL) < 0)
		return true; /* cannot tell, so it is looked at */
	if (list.files.n || list.n)
		return true;
	for (size_t i = 0; i < list.dirs.n; i++) {
		CK_FREE char *sub = NULL;
		if (asprintf(&sub, "%s/%s", path, list.dirs.items[i]) < 0 ||
		    (!is_mailbox(c, sub) && has_files(c, sub, depth + 1)))
			return true;
	}
	return false;
}

static int found_unlisted(struct copy *c, const char *path, struct ck_err *err)
{
	return copy_found(c, NULL, 0, "unlisted-directory",
	                  "look whether a mailbox is missing from mailboxes.db; the files are kept "
	                  "in the archive",
	                  err, "'%s' holds files, but mailboxes.db has no mailbox there", path);
}

/* Files where only directories belong are kept; those of a mailbox are told. */
static int keep_strays(struct copy *c, int fd, const char *path, const struct listing *list,
                       struct ck_err *err)
{
	bool mail = list->n > 0;
	if (!list->files.n && !list->n)
		return 0;
	for (size_t i = 0; i < list->files.n; i++)
		mail = mail || strncmp(list->files.items[i], "cyrus.", 6) == 0;
	int r = mail ? found_unlisted(c, path, err) : 0;
	if (r >= 0)
		r = copy_enter(c, path, err);
	return r < 0 ? r : pack_files(c, fd, path, list, false, err);
}

/* Directories of a partition that neither are nor lead to a mailbox. */
static int look_for_unlisted(struct copy *c, const char *path, unsigned depth, struct ck_err *err)
{
	CK_CLEANUP(listing_fini) struct listing list = {0};
	CK_CLOSE int fd = depth < DEPTH_MAX ? copy_open_dir(c, path) : (errno = ELOOP, -1);
	struct ck_err why = CK_ERR_INIT;
	if (fd < 0)
		return unreadable(c, path, errno, err);
	int r = listing_read(fd, &list, &why);
	if (r < 0)
		return r == CK_ENOMEM ? ck_err_nomem(err) : unreadable(c, path, why.sys, err);
	r = keep_strays(c, fd, path, &list, err);
	for (size_t i = 0; r >= 0 && i < list.dirs.n; i++) {
		CK_FREE char *sub = NULL;
		if (asprintf(&sub, "%s/%s", path, list.dirs.items[i]) < 0)
			return ck_err_nomem(err);
		uint32_t flags = dirset_get(&c->dirs, sub, strlen(sub));
		struct stat st;
		if (flags & DIR_MAILBOX ||
		    fstatat(fd, list.dirs.items[i], &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    is_elsewhere(c, &st) ||
		    layout_left_out(list.dirs.items[i], S_IFDIR | 0700, false, c->kept))
			continue; /* a mailbox's own directories were looked at with it */
		if (flags & DIR_ABOVE)
			r = look_for_unlisted(c, sub, depth + 1, err);
		else if (ck_strv_add(&c->unlisted, sub) < 0)
			r = ck_err_nomem(err);
	}
	return r;
}

/* No mailbox is called so, whether it is left out or not. */
static bool is_default(const char *name)
{
	return layout_default(name, S_IFDIR | 0700, false) >= 0;
}

static int find_lost_at(struct copy *c, const char *path, unsigned depth, struct ck_err *err);

/* Directories below one that is no mailbox may be some. */
static int look_below(struct copy *c, const char *path, unsigned depth, struct ck_err *err)
{
	CK_CLEANUP(listing_fini) struct listing list = {0};
	CK_CLOSE int fd = depth < DEPTH_MAX ? copy_open_dir(c, path) : -1;
	int r = fd < 0 ? 0 : listing_read(fd, &list, NULL);
	if (r < 0)
		return r == CK_ENOMEM ? ck_err_nomem(err) : 0; /* told when its files are copied */
	for (size_t i = 0; r >= 0 && i < list.dirs.n; i++) {
		CK_FREE char *sub = NULL;
		if (asprintf(&sub, "%s/%s", path, list.dirs.items[i]) < 0)
			return ck_err_nomem(err);
		if (!is_default(list.dirs.items[i]))
			r = find_lost_at(c, sub, depth + 1, err);
	}
	return r;
}

/* Take what is a mailbox at @path and below out of what nobody accounts for. */
static int find_lost_at(struct copy *c, const char *path, unsigned depth, struct ck_err *err)
{
	bool adopted = false;
	int r = is_mailbox(c, path) ? 0 : copy_lost_mailbox(c, path, &adopted, err);
	/* Those below a mailbox are put into the list with it. */
	return r < 0 || adopted || is_mailbox(c, path) ? r : look_below(c, path, depth, err);
}

/* First of all, so that their directories on other partitions are known then. */
static int find_lost(struct copy *c, struct ck_err *err)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < c->unlisted.n; i++) {
		CK_FREE char *path = strdup(c->unlisted.items[i]); /* the list may grow */
		if (!path)
			return ck_err_nomem(err);
		if (!is_default(strrchr(path, '/') + 1))
			r = find_lost_at(c, path, 0, err);
	}
	return r;
}

int copy_unlisted(struct copy *c, struct ck_err *err)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < c->order.server->npartitions; i++) {
		const struct ck_partition *p = &c->order.server->partitions[i];
		if (!p->present || (p->kind != CK_PARTITION_DATA && p->kind != CK_PARTITION_META &&
		                    p->kind != CK_PARTITION_ARCHIVE))
			continue;
		r = copy_enter(c, p->path, err); /* an empty one must be there for Cyrus too */
		if (r >= 0)
			r = look_for_unlisted(c, p->path, 0, err);
	}
	if (r >= 0)
		r = find_lost(c, err);
	for (size_t i = 0; r >= 0 && i < c->unlisted.n; i++) {
		const char *path = c->unlisted.items[i], *name = strrchr(path, '/') + 1;
		bool known = is_default(name);
		if (layout_left_out(name, S_IFDIR | 0700, false, c->kept) || is_mailbox(c, path) ||
		    (!known && !has_files(c, path, 0)))
			continue;
		r = known ? 0 : found_unlisted(c, path, err);
		if (r >= 0)
			r = copy_tree(c, path, false, err);
	}
	return r;
}

/* Databases that settings have put outside of the configuration directory. */
static int pack_far_databases(struct copy *c, struct ck_err *err)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < c->order.server->ndatabases; i++) {
		const char *path = c->order.server->databases[i].path;
		const char *slash = path ? strrchr(path, '/') : NULL;
		if (!slash || slash == path)
			continue;
		CK_FREE char *dir = strndup(path, (size_t)(slash - path));
		if (!dir)
			return ck_err_nomem(err);
		const struct copy_root *root = copy_root_of(c, dir);
		if (!root || strcmp(root->path, dir) != 0 ||
		    strcmp(dir, c->order.server->conf->configdirectory) == 0)
			continue;
		CK_CLOSE int fd = copy_open_dir(c, dir);
		if (fd < 0 || faccessat(fd, slash + 1, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		r = copy_enter(c, dir, err);
		if (r >= 0)
			r = pack_one(c, fd, slash + 1, path, true, err);
	}
	return r;
}

/* What settings have put outside of the configuration directory, where it is not left out. */
static int copy_transient(struct copy *c, struct ck_err *err)
{
	int r = 0;
	for (int i = LAYOUT_PROC; r >= 0 && i <= LAYOUT_LOCK; i++) {
		const char *path = layout_moved(c->order.server->conf, i);
		const struct copy_root *root =
			path && c->kept >> i & 1 ? copy_root_of(c, path) : NULL;
		size_t n = root ? strlen(root->path) : 0;
		if (root && root->fd >= 0 && !path[n + strspn(path + n, "/")])
			r = copy_tree(c, root->path, true, err);
	}
	return r;
}

int copy_search(struct copy *c, struct ck_err *err)
{
	const struct ck_server *server = c->order.server;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < server->npartitions; i++) {
		const struct ck_partition *p = &server->partitions[i];
		if (p->present && p->kind == CK_PARTITION_SEARCH &&
		    !layout_root_left_out(p->kind, c->kept))
			r = copy_tree(c, p->path, false, err);
	}
	return r;
}

int copy_config(struct copy *c, struct ck_err *err)
{
	const struct conf *conf = c->order.server->conf;
	int r = copy_count_users(c, err);
	if (r >= 0)
		r = copy_host_files(c, err);
	if (r < 0 || c->order.plan->without_config)
		return r;
	r = copy_tree(c, conf->configdirectory, true, err);
	const struct copy_root *root = conf->sievedir ? copy_root_of(c, conf->sievedir) : NULL;
	if (r >= 0 && root && root->fd >= 0 && strcmp(root->path, conf->sievedir) == 0)
		r = copy_tree(c, conf->sievedir, true, err);
	if (r >= 0)
		r = pack_far_databases(c, err);
	if (r >= 0)
		r = copy_transient(c, err);
	return r < 0 ? r : copy_texts(c, err);
}
