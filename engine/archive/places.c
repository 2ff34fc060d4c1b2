/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/places.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

#define PLACES_NAME  "destinations"
#define PLACES_LIMIT ((size_t)1 << 20)

static char *places_path(const struct ck_settings *settings)
{
	char *path;
	return asprintf(&path, "%s/" PLACES_NAME, settings->state) < 0 ? NULL : path;
}

int places_read(const struct ck_settings *settings, struct ck_strv *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_FREE char *path = places_path(settings);
	if (!path)
		return ck_err_nomem(err);
	int r = fs_read_file(AT_FDCWD, path, PLACES_LIMIT, &text, NULL);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	/* A line that a crash has cut names no directory, and does no harm. */
	for (char *rest = r < 0 ? NULL : text.data, *line; (line = strsep(&rest, "\n"));)
		if (*line == '/' && !ck_strv_has(ret, line) && ck_strv_add(ret, line) < 0)
			return ck_err_nomem(err);
	return 0;
}

/* In one write at the end of the file: several jobs may do so at once. */
static int append(const char *path, const char *directory, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	CK_CLOSE int fd =
		open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;
	char last = '\n';
	if (fd < 0 || fstat(fd, &st) < 0)
		return ck_err_sys(err, "cannot open '%s'", path);
	if (st.st_size > 0)
		(void)fs_pread(fd, &last, 1, (uint64_t)st.st_size - 1);
	if (ck_buf_addf(&line, "%s%s\n", last == '\n' ? "" : "\n", directory) < 0)
		return ck_err_nomem(err);
	return fs_write_all(fd, line.data, line.len) < 0 || fsync(fd) < 0
	               ? ck_err_sys(err, "cannot write '%s'", path)
	               : 0;
}

int places_add(const struct ck_settings *settings, const char *directory, struct ck_err *err)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv known = {0};
	CK_FREE char *path = places_path(settings);
	if (!path)
		return ck_err_nomem(err);
	int r = places_read(settings, &known, err);
	if (r < 0 || ck_strv_has(&known, directory))
		return r;
	if (strchr(directory, '\n'))
		return ck_err_set(err, CK_EUSAGE, "its name has a newline");
	r = fs_mkdirs(settings->state, 0700, err);
	if (r == 0)
		r = append(path, directory, err);
	return r == 0 ? fs_sync_dir(settings->state, err) : r;
}
