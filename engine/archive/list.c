/* SPDX-License-Identifier: BSD-2-Clause */
/* Which archives there are: those of the destinations, those of directories that were a destination
 * once (places.c), and those remembered in STATE/catalog.db. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/places.h"
#include "archive/reader.h"
#include "base/fs.h"
#include "cyrus/identity.h"
#include "destination/directory.h"

/* An archive that was heard of. */
struct heard {
	char *path;
	uint64_t size;
	int64_t mtime_ns;
	char *headline;
};

/* Where a listed archive lies; all 0 when its file is gone. */
struct file {
	dev_t dev;
	ino_t ino;
};

struct gather {
	struct identity own;
	struct heard *heard; /* by path */
	size_t n;
	struct united *united; /* NULL: cannot be opened, or not be written */
	struct ck_archive_info *list;
	struct file *files; /* parallel */
	size_t nlist;
	struct ck_err unread; /* the first that was there and could not be read; code 0: none */
};

static void gather_fini(struct gather *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->heard[i].path);
		free(g->heard[i].headline);
	}
	free(g->heard);
	free(g->files);
	united_close(g->united);
	ck_archives_free(g->list, g->nlist);
	identity_fini(&g->own);
}

void ck_archives_free(struct ck_archive_info *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].path);
		free(list[i].host);
		free(list[i].configdirectory);
	}
	free(list);
}

/* -- what is remembered ----------------------------------------------------------------------- */

static int hear(void *arg, const char *path, uint64_t size, int64_t mtime_ns, const char *headline,
                struct ck_err *err)
{
	struct gather *g = arg;
	struct heard *more = reallocarray(g->heard, g->n + 1, sizeof *more);
	if (!more)
		return ck_err_nomem(err);
	g->heard = more;
	struct heard *h = &g->heard[g->n];
	*h = (struct heard){.path = strdup(path),
	                    .size = size,
	                    .mtime_ns = mtime_ns,
	                    .headline = strdup(headline)};
	g->n++;
	return h->path && h->headline ? 0 : ck_err_nomem(err);
}

/* Not remembered means read again next time, no more. */
static void remember(struct gather *g, const struct heard *h)
{
	if (!g->united ||
	    united_put(g->united, h->path, h->size, h->mtime_ns, h->headline, NULL) == 0)
		return;
	united_close(g->united);
	g->united = NULL;
}

/* A damaged one is made anew at once, with what could be read of it. One that is locked or that may
 * not be read is done without. */
static int hear_all(const struct ck_settings *settings, struct gather *g, struct ck_err *err)
{
	CK_FREE char *path = NULL;
	if (asprintf(&path, "%s/catalog.db", settings->state) < 0) {
		path = NULL;
		return ck_err_nomem(err);
	}
	struct ck_err why = CK_ERR_INIT; /* looked at for its class only */
	bool writable = access(settings->state, W_OK) == 0;
	int r = united_open(path, writable, &g->united, &why);
	if (r == CK_EDENIED && writable)
		r = united_open(path, false, &g->united, &why);
	if (r == 0)
		r = united_each(g->united, hear, g, &why);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	if (r == CK_ECORRUPT && writable) {
		united_close(g->united);
		g->united = NULL;
		if (united_renew(path, &g->united, NULL) == 0)
			for (size_t i = 0; i < g->n; i++)
				remember(g, &g->heard[i]);
	}
	return 0;
}

static int by_path(const void *path, const void *heard)
{
	return strcmp(path, ((const struct heard *)heard)->path);
}

/* -- what there is ---------------------------------------------------------------------------- */

static bool is_listed(const struct gather *g, const char *path, const struct stat *st)
{
	for (size_t i = 0; i < g->nlist; i++)
		if (st ? g->files[i].ino == st->st_ino && g->files[i].dev == st->st_dev
		       : strcmp(g->list[i].path, path) == 0)
			return true;
	return false;
}

/* Host and configuration directory of @info are taken over, on success. */
static int append(struct gather *g, struct ck_archive_info *info, const char *path,
                  const struct stat *st, struct ck_err *err)
{
	struct ck_archive_info *more = reallocarray(g->list, g->nlist + 1, sizeof *more);
	if (more)
		g->list = more;
	struct file *files = reallocarray(g->files, g->nlist + 1, sizeof *files);
	if (files)
		g->files = files;
	char *copy = strdup(path);
	if (!more || !files || !copy) {
		free(copy);
		return ck_err_nomem(err);
	}
	files[g->nlist] = st ? (struct file){st->st_dev, st->st_ino} : (struct file){0};
	struct ck_archive_info *new = &more[g->nlist++];
	*new = *info;
	info->host = info->configdirectory = NULL;
	new->path = copy;
	new->present = st != NULL;
	new->foreign = !identity_is(&g->own, new->host, new->configdirectory);
	return 1;
}

/* @st is NULL for a file that is gone. @return 1, 0 when it is listed already or no headline, or a
 * failure. */
static int add_info(struct gather *g, const char *path, const struct heard *h,
                    const struct stat *st, struct ck_err *err)
{
	CK_CLEANUP(headline_fini) struct headline line = {0};
	if (is_listed(g, path, st) ||
	    headline_parse(h->headline, strlen(h->headline), &line, NULL) < 0)
		return 0;
	line.info.bytes = h->size;
	return append(g, &line.info, path, st, err);
}

/* A destination or an archive that we may not read, or whose disk fails: an empty list would say
 * that there is nothing. What is no archive, or a damaged one, is none of these. */
static void note_unread(struct gather *g, const struct ck_err *err)
{
	bool counts = err->code == CK_EDENIED || err->code == CK_EIO;
	if (!counts || g->unread.code)
		return;
	g->unread = *err;
	if (err->code == CK_EDENIED && !*err->remedy)
		(void)ck_err_remedy(&g->unread, "run cyrkeep as root");
}

/* An archive does not vanish from the list because its end is cut off. */
static int add_damaged(struct gather *g, const char *path, const struct heard *h,
                       const struct stat *st, struct ck_err *err)
{
	int r = add_info(g, path, h, st, err);
	if (r == 1) {
		g->list[g->nlist - 1].damaged = true;
		g->list[g->nlist - 1].bytes = (uint64_t)st->st_size;
	}
	return r;
}

/* Nothing is remembered of it, and it cannot be opened: there is what its name says. Other files
 * may end in .tar.zst too. */
static int add_by_name(struct gather *g, const char *path, const struct stat *st,
                       struct ck_err *err)
{
	const char *base = strrchr(path, '/') + 1;
	struct directory_name name;
	if (!directory_name(base, &name) || is_listed(g, path, st))
		return 0;
	struct ck_archive_info info = {.host = strndup(base, name.host),
	                               .configdirectory = strdup(""),
	                               .started = name.started,
	                               .bytes = (uint64_t)st->st_size,
	                               .damaged = true};
	(void)snprintf(info.kind, sizeof info.kind, "%s", name.kind);
	int r = info.host && info.configdirectory ? append(g, &info, path, st, err)
	                                          : ck_err_nomem(err);
	free(info.host);
	free(info.configdirectory);
	return r;
}

/* One file: by memory when it is still the same, else by its headline. */
static int add_file(struct gather *g, char *path, struct ck_err *err)
{
	struct stat st;
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	struct heard now = {
		.path = path, .size = (uint64_t)st.st_size, .mtime_ns = fs_mtime_ns(&st)};
	const struct heard *h =
		g->n ? bsearch(path, g->heard, g->n, sizeof *g->heard, by_path) : NULL;
	if (h && h->size == now.size && h->mtime_ns == now.mtime_ns) {
		int r = add_info(g, path, h, &st, err);
		if (r != 0)
			return r;
	}
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	struct ck_err unread = CK_ERR_INIT;
	int r = reader_headline(path, &line, &unread);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	if (r < 0) {
		note_unread(g, &unread);
		return h                  ? add_damaged(g, path, h, &st, err)
		       : r == CK_ECORRUPT ? add_by_name(g, path, &st, err)
		                          : 0;
	}
	now.headline = line.data;
	remember(g, &now);
	return add_info(g, path, &now, &st, err);
}

static int add_directory(struct gather *g, const char *directory, struct ck_err *err)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv names = {0};
	struct ck_err unread = CK_ERR_INIT;
	int r = directory_list(directory, &names, &unread);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	if (r < 0)
		note_unread(g, &unread);
	size_t len = strlen(directory);
	while (len > 1 && directory[len - 1] == '/')
		len--;
	for (size_t i = 0; i < names.n; i++) {
		CK_FREE char *path = NULL;
		if (asprintf(&path, "%.*s/%s", (int)len, directory, names.items[i]) < 0) {
			path = NULL;
			return ck_err_nomem(err);
		}
		r = add_file(g, path, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_places(const struct ck_settings *settings, struct gather *g, struct ck_err *err)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv places = {0};
	int r = 0;
	for (size_t i = 0; r >= 0 && i < settings->ndestinations; i++)
		r = ck_strv_add(&places, settings->destinations[i].path) < 0 ? ck_err_nomem(err)
		                                                             : 0;
	if (r >= 0)
		r = places_read(settings, &places, err);
	for (size_t i = 0; r >= 0 && i < places.n; i++)
		r = add_directory(g, places.items[i], err);
	return r;
}

/* Those that lie nowhere of that, and those whose file is gone. */
static int add_heard(struct gather *g, struct ck_err *err)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < g->n; i++) {
		struct stat st;
		bool present = stat(g->heard[i].path, &st) == 0 && S_ISREG(st.st_mode);
		r = present ? add_file(g, g->heard[i].path, err)
		            : add_info(g, g->heard[i].path, &g->heard[i], NULL, err);
	}
	return r;
}

static int newest_first(const void *a, const void *b)
{
	const struct ck_archive_info *x = a, *y = b;
	if (x->started != y->started)
		return x->started < y->started ? 1 : -1;
	if (x->number != y->number)
		return x->number < y->number ? 1 : -1;
	return strcmp(x->path, y->path);
}

int ck_archives_list(const struct ck_settings *settings, struct ck_archive_info **ret,
                     size_t *ret_n, struct ck_err *err)
{
	CK_CLEANUP(gather_fini) struct gather g = {0};
	int r = identity_read(settings, &g.own, err);
	if (r >= 0)
		r = hear_all(settings, &g, err);
	if (r >= 0)
		r = add_places(settings, &g, err);
	if (r >= 0)
		r = add_heard(&g, err);
	if (r < 0)
		return r;
	if (g.nlist == 0 && g.unread.code) {
		if (err)
			*err = g.unread;
		return g.unread.code;
	}
	if (g.nlist > 1)
		qsort(g.list, g.nlist, sizeof *g.list, newest_first);
	*ret_n = g.nlist;
	*ret = CK_STEAL(g.list);
	g.nlist = 0;
	return 0;
}
