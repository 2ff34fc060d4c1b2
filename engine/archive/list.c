/* SPDX-License-Identifier: BSD-2-Clause */
/* Which archives there are: those of the destinations, and those remembered in STATE/catalog.db. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/reader.h"
#include "base/fs.h"
#include "base/number.h"
#include "destination/directory.h"

/* An archive that was heard of. */
struct heard {
	char *path;
	uint64_t size;
	int64_t mtime_ns;
	char *headline;
};

struct gather {
	struct heard *heard;
	size_t n;
	struct united *united; /* NULL: cannot be opened */
	struct ck_archive_info *list;
	size_t nlist;
};

static void gather_fini(struct gather *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->heard[i].path);
		free(g->heard[i].headline);
	}
	free(g->heard);
	united_close(g->united);
	ck_archives_free(g->list, g->nlist);
}

void ck_archives_free(struct ck_archive_info *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].path);
		free(list[i].host);
	}
	free(list);
}

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

/* What is remembered; a reader without rights on the state directory does without. */
static int open_united(const struct ck_settings *settings, struct gather *g, struct ck_err *err)
{
	CK_FREE char *path = NULL;
	if (asprintf(&path, "%s/catalog.db", settings->state) < 0) {
		path = NULL;
		return ck_err_nomem(err);
	}
	bool writable = access(settings->state, W_OK) == 0;
	if (united_open(path, writable, &g->united, NULL) < 0)
		return 0;
	int r = united_each(g->united, hear, g, NULL);
	return r == CK_ENOMEM ? ck_err_nomem(err) : 0;
}

static int add_info(struct gather *g, const char *path, uint64_t size, const char *headline,
                    bool present, struct ck_err *err)
{
	CK_CLEANUP(headline_fini) struct headline h = {0};
	if (headline_parse(headline, strlen(headline), &h, NULL) < 0)
		return 0;
	for (size_t i = 0; i < g->nlist; i++) {
		if (strcmp(g->list[i].path, path) == 0)
			return 0;
	}
	struct ck_archive_info *more = reallocarray(g->list, g->nlist + 1, sizeof *more);
	char *copy = strdup(path);
	if (more)
		g->list = more;
	if (!more || !copy) {
		free(copy);
		return ck_err_nomem(err);
	}
	struct ck_archive_info *info = &g->list[g->nlist++];
	*info = h.info;
	info->host = CK_STEAL(h.info.host);
	info->path = copy;
	info->bytes = size;
	info->present = present;
	return 0;
}

/* One file of a destination: by memory when it is still the same, else by its headline. */
static int add_file(struct gather *g, const char *path, struct ck_err *err)
{
	struct stat st;
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	uint64_t size = (uint64_t)st.st_size;
	int64_t mtime_ns = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	for (size_t i = 0; i < g->n; i++) {
		const struct heard *h = &g->heard[i];
		if (strcmp(h->path, path) == 0 && h->size == size && h->mtime_ns == mtime_ns)
			return add_info(g, path, size, h->headline, true, err);
	}
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	int r = reader_headline(path, &line, NULL);
	if (r < 0)
		return r == CK_ENOMEM ? ck_err_nomem(err) : 0; /* no archive, or a damaged one */
	/* Not remembered means read again next time, no more. */
	if (g->united && united_put(g->united, path, size, mtime_ns, line.data, NULL) < 0) {
		united_close(g->united);
		g->united = NULL;
	}
	return add_info(g, path, size, line.data, true, err);
}

static int add_destination(struct gather *g, const char *directory, struct ck_err *err)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv names = {0};
	int r = directory_list(directory, &names, NULL);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	for (size_t i = 0; i < names.n; i++) {
		CK_FREE char *path = NULL;
		if (asprintf(&path, "%s/%s", directory, names.items[i]) < 0) {
			path = NULL;
			return ck_err_nomem(err);
		}
		r = add_file(g, path, err);
		if (r < 0)
			return r;
	}
	return 0;
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
	int r = open_united(settings, &g, err);
	for (size_t i = 0; r >= 0 && i < settings->ndestinations; i++)
		r = add_destination(&g, settings->destinations[i].path, err);
	/* Those made elsewhere (--to), and those whose file is gone. */
	for (size_t i = 0; r >= 0 && i < g.n; i++)
		r = add_info(&g, g.heard[i].path, g.heard[i].size, g.heard[i].headline,
		             access(g.heard[i].path, F_OK) == 0, err);
	if (r < 0)
		return r;
	if (g.nlist > 1)
		qsort(g.list, g.nlist, sizeof *g.list, newest_first);
	*ret_n = g.nlist;
	*ret = CK_STEAL(g.list);
	g.nlist = 0;
	return 0;
}

/* The path of archive number @number, or of the newest when it is 0. */
static int find_path(const struct ck_settings *settings, uint64_t number, char **ret,
                     struct ck_err *err)
{
	struct ck_archive_info *list = NULL, *found = NULL;
	size_t n = 0;
	int r = ck_archives_list(settings, &list, &n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n && !found; i++) {
		if (number ? list[i].number == number : list[i].present)
			found = &list[i];
	}
	for (size_t i = 0; i < n && found && !found->present; i++) {
		if (list[i].number == found->number && list[i].present)
			found = &list[i];
	}
	if (!found) {
		r = number ? ck_err_set(err, CK_ENOTFOUND, "there is no archive %" PRIu64, number)
		           : ck_err_set(err, CK_ENOTFOUND, "there is no archive yet");
		r = ck_err_remedy(err, "see what there is with: cyrkeep archives");
	} else if (!(*ret = strdup(found->path))) {
		r = ck_err_nomem(err);
	}
	ck_archives_free(list, n);
	return r;
}

int ck_archive_open(const struct ck_settings *settings, const char *which, struct ck_archive **ret,
                    struct ck_err *err)
{
	uint64_t number = 0;
	CK_FREE char *path = NULL;
	int r = 0;
	if (strcmp(which, "latest") == 0)
		r = find_path(settings, 0, &path, err);
	else if (number_parse(which, strlen(which), UINT32_MAX, &number) && number)
		r = find_path(settings, number, &path, err);
	else if (!(path = strdup(which)))
		r = ck_err_nomem(err);
	if (r < 0)
		return r;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return ck_err_sys(err, "cannot open archive '%s'", path);
	return reader_open(fd, path, ret, err);
}

int ck_catalog_rebuild(const struct ck_settings *settings, struct ck_watch *watch,
                       struct ck_err *err)
{
	CK_CLEANUP(gather_fini) struct gather g = {0};
	CK_FREE char *path = NULL;
	if (asprintf(&path, "%s/catalog.db", settings->state) < 0) {
		path = NULL;
		return ck_err_nomem(err);
	}
	int r = fs_mkdirs(settings->state, 0700, err);
	if (r >= 0 && united_open(path, true, &g.united, NULL) < 0) {
		/* Damaged beyond opening: it holds nothing that the archives do not. */
		if (unlink(path) < 0 && errno != ENOENT)
			return ck_err_sys(err, "cannot remove '%s'", path);
		r = united_open(path, true, &g.united, err);
	}
	if (r >= 0)
		r = united_remove_all(g.united, err);
	if (watch)
		atomic_store(&watch->total, settings->ndestinations);
	for (size_t i = 0; r >= 0 && i < settings->ndestinations; i++) {
		if (watch && atomic_load(&watch->cancel))
			return ck_err_set(err, CK_ECANCEL, "cancelled");
		r = add_destination(&g, settings->destinations[i].path, err);
		if (watch)
			atomic_fetch_add(&watch->done, 1);
	}
	return r;
}
