/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/app.h"

static int write_synced(int fd, const struct ck_buf *bytes)
{
	for (size_t at = 0; at < bytes->len;) {
		ssize_t n = write(fd, bytes->data + at, bytes->len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += (size_t)n;
	}
	return fsync(fd);
}

/** Give it the name that was asked for, unless something has that. */
static int name_it(const char *part, const char *path)
{
	if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS) /* NFS knows only links */
		return -1;
	return link(part, path) == 0 ? unlink(part) : -1;
}

int ui_save_file(const char *path, const struct ck_buf *bytes, struct ck_err *err)
{
	CK_FREE char *part = NULL;
	if (asprintf(&part, "%s.partial", path) < 0) {
		part = NULL;
		return ck_err_nomem(err);
	}
	if (access(path, F_OK) == 0) {
		errno = EEXIST;
		return ck_err_sys(err, "cannot make '%s'", path);
	}
	CK_CLOSE int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ck_err_sys(err, "cannot make '%s'", part);
	if (write_synced(fd, bytes) == 0 && name_it(part, path) == 0)
		return CK_OK;
	int r = ck_err_sys(err, "cannot write '%s'", path);
	(void)unlink(part);
	return r;
}

struct save {
	char *path;
	const char *failure;
	struct ck_buf bytes;
};

static int save(void *data, struct ck_watch *watch, struct ck_err *err)
{
	const struct save *t = data;
	(void)watch;
	return ui_save_file(t->path, &t->bytes, err);
}

static void saved(void *owner, void *data, int r, const struct ck_err *err)
{
	const struct ui_view *v = owner;
	const struct save *t = data;
	if (r < 0)
		ui_app_fail(v->app, t->failure, err);
	else
		ui_app_say(v->app, UI_SAY_INFO, "Written to %s, for you alone", t->path);
}

static void save_free(void *data)
{
	struct save *t = data;
	free(t->path);
	ck_buf_fini(&t->bytes);
	free(t);
}

void ui_save_start(struct ui_view *v, const char *path, struct ck_buf *bytes, const char *failure)
{
	static const struct ui_task_kind kind = {save, saved, save_free};
	struct ck_err err = CK_ERR_INIT;
	struct save *t = ck_alloc(1, sizeof *t);
	int r = t && !bytes->failed ? CK_OK : ck_err_nomem(&err);
	if (t) {
		*t = (struct save){strdup(path), failure, *bytes};
		*bytes = (struct ck_buf)CK_BUF_INIT;
		if (!t->path)
			r = ck_err_nomem(&err);
	} else {
		ck_buf_fini(bytes);
	}
	if (r == 0)
		r = ui_task_start(v->app, &kind, v, t, NULL, &err);
	else if (t)
		save_free(t);
	if (r < 0)
		ui_app_fail(v->app, failure, &err);
}
