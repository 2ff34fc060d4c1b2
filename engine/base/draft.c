/* SPDX-License-Identifier: BSD-2-Clause */
/* The unfinished plan of a console: one file beside the saved plans, which are in plans/. */
#include <cyrkeep/settings.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/settings_read.h"

#define DRAFT_LIMIT (64u << 20) /* Hundreds of thousands of boxes unticked one by one. */
#define UNNAMED     "draft"     /* In the file; a plan must have a name there. */

static char *draft_path(const struct ck_settings *s)
{
	struct ck_buf path = CK_BUF_INIT;
	ck_buf_addf(&path, "%s/draft.conf", s->state);
	return ck_buf_take(&path);
}

int ck_draft_save(const struct ck_settings *s, const struct ck_plan *plan, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_FREE char *path = draft_path(s);
	char unnamed[] = UNNAMED;
	struct ck_plan named = *plan; /* borrows everything */
	if (!named.name)
		named.name = unnamed;
	settings_write_plan(&named, &text);
	if (!path || text.failed)
		return ck_err_nomem(err);
	int r = fs_mkdirs(s->state, 0700, err);
	if (r < 0)
		return r;
	return fs_replace(AT_FDCWD, path, text.data, text.len, 0600, err);
}

int ck_draft_load(const struct ck_settings *s, struct ck_plan *ret, int64_t *ret_saved,
                  struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_FREE char *path = draft_path(s);
	struct stat st;
	if (!path)
		return ck_err_nomem(err);
	int r = fs_read_file(AT_FDCWD, path, DRAFT_LIMIT, &text, err);
	if (r < 0)
		return r;
	if (stat(path, &st) < 0)
		return ck_err_sys(err, "cannot read '%s'", path);
	r = settings_read_plan(path, text.data, text.len, ret, err);
	if (r < 0)
		return r;
	if (strcmp(ret->name, UNNAMED) == 0)
		free(CK_STEAL(ret->name));
	*ret_saved = st.st_mtime;
	return 0;
}

int ck_draft_remove(const struct ck_settings *s, struct ck_err *err)
{
	CK_FREE char *path = draft_path(s);
	if (!path)
		return ck_err_nomem(err);
	if (unlink(path) < 0 && errno != ENOENT)
		return ck_err_sys(err, "cannot remove '%s'", path);
	return 0;
}
