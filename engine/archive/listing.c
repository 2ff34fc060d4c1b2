/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"

void listing_fini(struct listing *l)
{
	free(l->uids);
	free(l->claimed);
	ck_strv_fini(&l->files);
	ck_strv_fini(&l->dirs);
	*l = (struct listing){0};
}

/* "17." is the message with uid 17. */
static bool message_uid(const char *name, uint32_t *ret)
{
	size_t len = strlen(name);
	uint64_t uid = 0;
	if (len < 2 || name[len - 1] != '.' || name[0] == '0' ||
	    !number_parse(name, len - 1, UINT32_MAX, &uid))
		return false;
	*ret = (uint32_t)uid;
	return true;
}

static bool is_directory(int fd, const struct dirent *e)
{
	struct stat st;
	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int add_uid(struct listing *l, size_t *cap, uint32_t uid)
{
	if (l->n == *cap) {
		size_t more = *cap ? *cap * 2 : 256;
		uint32_t *uids = reallocarray(l->uids, more, sizeof *uids);
		if (!uids)
			return CK_ENOMEM;
		l->uids = uids;
		*cap = more;
	}
	l->uids[l->n++] = uid;
	return 0;
}

static int by_uid(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_names(struct ck_strv *v)
{
	if (v->n > 1)
		qsort(v->items, v->n, sizeof *v->items, by_name);
}

static int read_entries(DIR *dir, struct listing *l, struct ck_err *err)
{
	size_t cap = 0;
	for (;;) {
		errno = 0;
		const struct dirent *e = readdir(dir);
		if (!e)
			return errno ? ck_err_sys(err, "cannot read a directory") : 0;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		uint32_t uid = 0;
		int r;
		if (is_directory(dirfd(dir), e))
			r = ck_strv_add(&l->dirs, e->d_name);
		else if (message_uid(e->d_name, &uid))
			r = add_uid(l, &cap, uid);
		else
			r = ck_strv_add(&l->files, e->d_name);
		if (r < 0)
			return ck_err_nomem(err);
	}
}

int listing_read(int fd, struct listing *ret, struct ck_err *err)
{
	CK_CLEANUP(listing_fini) struct listing l = {0};
	/* Opened anew: a duplicate would share its position with the caller's. */
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = again < 0 ? NULL : fdopendir(again);
	if (!dir) {
		int r = ck_err_sys(err, "cannot read a directory");
		ck_closep(&again);
		return r;
	}
	int r = read_entries(dir, &l, err);
	(void)closedir(dir);
	if (r < 0)
		return r;
	if (l.n > 1)
		qsort(l.uids, l.n, sizeof *l.uids, by_uid);
	l.claimed = ck_alloc(l.n ? l.n : 1, sizeof *l.claimed);
	if (!l.claimed)
		return ck_err_nomem(err);
	sort_names(&l.files);
	sort_names(&l.dirs);
	*ret = l;
	l = (struct listing){0};
	return 0;
}

size_t listing_find(const struct listing *l, uint32_t uid)
{
	size_t low = 0, high = l->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (l->uids[mid] < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < l->n && l->uids[low] == uid ? low : SIZE_MAX;
}
