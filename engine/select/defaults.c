/* SPDX-License-Identifier: BSD-2-Clause */
/* What the default exclusions catch. */
#include <cyrkeep/select.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "cyrus/conf.h"
#include "cyrus/layout.h"
#include "cyrus/paths.h"

#define DEPTH_MAX 64

#define ROOT  (O_RDONLY | O_DIRECTORY | O_CLOEXEC) /* named by settings: a link is followed */
#define BELOW (ROOT | O_NOFOLLOW)

struct work {
	const struct ck_server *server;
	const struct ck_watch *watch;
	uint32_t kept;
	struct ck_default_effect *effects;
};

static int look(const struct work *w)
{
	return w->watch && atomic_load(&w->watch->cancel) ? CK_ECANCEL : 0;
}

/* Sockets, pipes and devices are in no archive. @at: -1 for what no exclusion decides. */
static void count(struct work *w, int at, const struct stat *st)
{
	if (at < 0 || (!S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode)))
		return;
	w->effects[at].files++;
	w->effects[at].bytes += S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
}

static void count_file(struct work *w, int at, const char *path)
{
	struct stat st;
	if (lstat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		count(w, at, &st);
}

/*
 * Names that hold for every partition hold in a search partition too: an entry that is called so is
 * archived only when both exclusions are off, and each catches what the other does not.
 */
static int also_left_out_by(int at, const char *name, mode_t mode)
{
	return at == LAYOUT_SEARCH ? layout_default(name, mode, false) : -1;
}

static void count_entry(struct work *w, int at, const char *name, const struct stat *st)
{
	int also = also_left_out_by(at, name, st->st_mode);
	if (also < 0 || w->kept >> also & 1)
		count(w, at, st);
	if (w->kept >> at & 1)
		count(w, also, st);
}

/* Takes @dirfd over; one below 0 is a directory that is not there, or that the backup tells of. */
static int walk(struct work *w, int at, int dirfd, unsigned depth)
{
	CK_CLOSE int fd = dirfd;
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	int r = look(w);
	if (!dir) {
		if (copy >= 0)
			(void)close(copy);
		return r;
	}
	for (const struct dirent *e; r == 0 && (e = readdir(dir));) {
		struct stat st;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!S_ISDIR(st.st_mode))
			count_entry(w, at, e->d_name, &st);
		else if (also_left_out_by(at, e->d_name, st.st_mode) < 0 && depth < DEPTH_MAX)
			r = walk(w, at, openat(fd, e->d_name, BELOW), depth + 1);
	}
	(void)closedir(dir);
	return r;
}

static int join(struct ck_buf *ret, const char *dir, const char *name)
{
	size_t len = strcspn(name, "/"); /* of a directory it has one at its end */
	ck_buf_reset(ret);
	return ck_buf_addf(ret, "%s/%.*s", dir, (int)len, name);
}

/* At the top of the configuration directory, and where settings have put it. */
static int count_config(struct work *w, int at, struct ck_buf *path)
{
	const struct ck_default_exclusion *e = &ck_default_exclusions()[at];
	const struct ck_server *s = w->server;
	bool dir = at >= LAYOUT_PROC;
	const char *moved = dir ? layout_moved(s->conf, at) : NULL;
	for (size_t i = 0; !dir && i < s->ndatabases; i++)
		if (strcmp(s->databases[i].name, e->name) == 0)
			moved = s->databases[i].path;
	if (join(path, s->conf->configdirectory, e->name) < 0)
		return CK_ENOMEM;
	if (moved && strcmp(moved, path->data) == 0)
		moved = NULL;
	if (!dir) {
		count_file(w, at, path->data);
		if (moved)
			count_file(w, at, moved);
		return look(w);
	}
	int r = walk(w, at, open(path->data, BELOW), 0);
	return r == 0 && moved ? walk(w, at, open(moved, ROOT), 0) : r;
}

/* Directories at the top of every partition; a backup of some mailboxes does not look there. */
static int count_staging(struct work *w, const struct ck_partition *p, struct ck_buf *path)
{
	int r = 0;
	for (int at = LAYOUT_MAIL; r == 0 && at < LAYOUT_SQUAT; at++) {
		r = join(path, p->path, ck_default_exclusions()[at].name) < 0
		            ? CK_ENOMEM
		            : walk(w, at, open(path->data, BELOW), 0);
	}
	return r;
}

static int count_partitions(struct work *w, bool whole, struct ck_buf *path)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < w->server->npartitions; i++) {
		const struct ck_partition *p = &w->server->partitions[i];
		if (!p->present || p->kind == CK_PARTITION_BACKUP)
			continue;
		if (p->kind == CK_PARTITION_SEARCH)
			r = walk(w, LAYOUT_SEARCH, open(p->path, ROOT), 0);
		else if (whole)
			r = count_staging(w, p, path);
	}
	return r;
}

/* Search indexes of one mailbox. */
static int count_mailbox(struct work *w, const struct ck_mailbox *m, struct ck_buf *path)
{
	CK_CLEANUP(mailbox_paths_fini) struct mailbox_paths paths = {0};
	CK_CLEANUP(ck_strv_fini) struct ck_strv dirs = {0};
	int r = mailbox_paths(w->server, m, &paths, NULL);
	if (r == 0)
		r = mailbox_directories(&paths, &dirs);
	for (size_t i = 0; r == 0 && i < dirs.n; i++) {
		for (int at = LAYOUT_SQUAT; r == 0 && at < LAYOUT_SEARCH; at++) {
			r = join(path, dirs.items[i], ck_default_exclusions()[at].name);
			if (r == 0)
				count_file(w, at, path->data);
		}
	}
	return r == CK_ENOMEM ? r : look(w);
}

static int count_all(struct work *w, const struct ck_plan *plan, const struct ck_estimate *est)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	int r = 0;
	for (int at = 0; r == 0 && !plan->without_config && at < LAYOUT_MAIL; at++)
		r = count_config(w, at, &path);
	if (r == 0)
		r = count_partitions(w, est->nmailboxes == w->server->nmailboxes, &path);
	for (size_t i = 0; r == 0 && i < est->nmailboxes; i++)
		if (!est->mailboxes[i].left_out)
			r = count_mailbox(w, &w->server->mailboxes[est->mailboxes[i].mailbox],
			                  &path);
	return r;
}

int ck_default_effects(const struct ck_server *server, const struct ck_plan *plan,
                       const struct ck_estimate *est, struct ck_watch *watch,
                       struct ck_default_effect ret[CK_DEFAULT_EXCLUSIONS], struct ck_err *err)
{
	struct work w = {.server = server, .watch = watch, .effects = ret};
	memset(ret, 0, CK_DEFAULT_EXCLUSIONS * sizeof *ret);
	int r = ck_defaults_kept(&plan->keep, &w.kept, err);
	if (r < 0)
		return r;
	r = server->conf ? count_all(&w, plan, est) : 0; /* none, no directories */
	if (r == CK_ECANCEL)
		return ck_err_set(err, r, "cancelled");
	return r < 0 ? ck_err_nomem(err) : 0;
}
