/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/sync_user.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cyrus/dlist.h"

#define SCRIPT       ".script"
#define BYTECODE     ".bc"
#define NAME_MAX_LEN 240 /* of a file, less its ending */

void sync_seen_list_fini(struct sync_seen_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->items[i].uniqueid);
		seen_fini(&l->items[i].seen);
	}
	free(l->items);
	*l = (struct sync_seen_list){0};
}

int sync_seen_list_add(struct sync_seen_list *l, const char *uniqueid, struct seen *seen,
                       struct ck_err *err)
{
	struct sync_seen *more = reallocarray(l->items, l->n + 1, sizeof *more);
	if (!more)
		return ck_err_nomem(err);
	l->items = more;
	char *id = strdup(uniqueid);
	if (!id)
		return ck_err_nomem(err);
	l->items[l->n++] = (struct sync_seen){.uniqueid = id, .seen = *seen};
	*seen = (struct seen){0};
	return 0;
}

const struct seen *sync_seen_list_find(const struct sync_seen_list *l, const char *uniqueid)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i].uniqueid, uniqueid) == 0)
			return &l->items[i].seen;
	return NULL;
}

void sync_user_fini(struct sync_user *u)
{
	sync_seen_list_fini(&u->seen);
	ck_strv_fini(&u->scripts);
	*u = (struct sync_user){0};
}

static int take_script(const struct dlist *dl, struct sync_user *ret, struct ck_err *err)
{
	const char *file = dlist_text(dl, "FILENAME");
	uint64_t active = 0;
	size_t n = file ? strlen(file) : 0, end = sizeof SCRIPT - 1;
	if (dlist_number(dl, "ISACTIVE", &active) && active)
		ret->active = true; /* told of the script, of its bytecode, or of both */
	if (n <= end || strcmp(file + n - end, SCRIPT) != 0)
		return 0;
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	(void)ck_buf_add(&name, file, n - end); /* ck_buf_take() tells */
	return ck_strv_addm(&ret->scripts, ck_buf_take(&name)) < 0 ? ck_err_nomem(err) : 0;
}

static int take_seen(const struct dlist *dl, struct sync_user *ret, struct ck_err *err)
{
	const char *id = dlist_text(dl, "UNIQUEID"), *uids = dlist_text(dl, "SEENUIDS");
	uint64_t read = 0, uid = 0, change = 0;
	if (!id)
		return 0;
	/* What is not told, or makes no sense, is as if it had never been. */
	(void)dlist_number(dl, "LASTREAD", &read);
	(void)dlist_number(dl, "LASTUID", &uid);
	(void)dlist_number(dl, "LASTCHANGE", &change);
	CK_CLEANUP(seen_fini)
	struct seen seen = {.last_read = read > INT64_MAX ? 0 : (int64_t)read,
	                    .last_change = change > INT64_MAX ? 0 : (int64_t)change,
	                    .last_uid = uid > UINT32_MAX ? 0 : (uint32_t)uid,
	                    .uids = strdup(uids ? uids : "")};
	return seen.uids ? sync_seen_list_add(&ret->seen, id, &seen, err) : ck_err_nomem(err);
}

int sync_parse_user(const char *line, size_t len, struct sync_user *ret, struct ck_err *err)
{
	static const char seen[] = "* SEEN ", sieve[] = "* SIEVE ";
	CK_CLEANUP(dlist_freep) struct dlist *dl = NULL;
	bool is_seen = len >= sizeof seen - 1 && memcmp(line, seen, sizeof seen - 1) == 0;
	bool is_sieve = len >= sizeof sieve - 1 && memcmp(line, sieve, sizeof sieve - 1) == 0;
	size_t used, skip = is_seen ? sizeof seen - 1 : sizeof sieve - 1;
	if (!is_seen && !is_sieve)
		return 0;
	int r = dlist_parse(line + skip, len - skip, &dl, &used, err);
	if (r < 0)
		return r;
	return is_sieve ? take_script(dl, ret, err) : take_seen(dl, ret, err);
}

static int take_line(void *arg, const char *line, size_t len, struct ck_err *err)
{
	return sync_parse_user(line, len, arg, err);
}

int sync_get_user(struct imap *c, const char *user, struct sync_user *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	ck_buf_adds(&cmd, "SYNCGET META ");
	if (dlist_put(&cmd, user, strlen(user)) < 0 || cmd.failed)
		return ck_err_nomem(err);
	return imap_command(c, cmd.data, cmd.len, take_line, ret, NULL, err);
}

/* " KEY text" */
static void put_text(struct ck_buf *cmd, const char *key, const char *text, size_t len)
{
	ck_buf_addf(cmd, " %s ", key);
	if (dlist_put(cmd, text, len) < 0)
		cmd->failed = true;
}

/* "SYNCAPPLY WHAT %(USERID user" */
static void begin(struct ck_buf *cmd, const char *what, const char *user)
{
	ck_buf_addf(cmd, "SYNCAPPLY %s %%(USERID ", what);
	if (dlist_put(cmd, user, strlen(user)) < 0)
		cmd->failed = true;
}

static int end(struct imap *c, struct ck_buf *cmd, struct ck_err *err)
{
	if (ck_buf_addc(cmd, ')') < 0 || cmd->failed)
		return ck_err_nomem(err);
	return imap_command(c, cmd->data, cmd->len, NULL, NULL, NULL, err);
}

static int64_t positive(int64_t time)
{
	return time > 0 ? time : 0;
}

int sync_put_seen(struct imap *c, const char *user, const char *uniqueid, const struct seen *seen,
                  struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	begin(&cmd, "SEEN", user);
	put_text(&cmd, "UNIQUEID", uniqueid, strlen(uniqueid));
	ck_buf_addf(&cmd, " LASTREAD %" PRId64 " LASTUID %" PRIu32 " LASTCHANGE %" PRId64,
	            positive(seen->last_read), seen->last_uid, positive(seen->last_change));
	put_text(&cmd, "SEENUIDS", seen->uids, strlen(seen->uids));
	return end(c, &cmd, err);
}

bool sync_script_name(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len > NAME_MAX_LEN || name[0] == '.')
		return false;
	for (const char *p = name; *p; p++)
		if (*p == '/' || (unsigned char)*p < ' ' || *p == '\x7f')
			return false;
	return true;
}

static void put_file(struct ck_buf *cmd, const char *name, const char *ending)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf file = CK_BUF_INIT;
	if (ck_buf_addf(&file, "%s%s", name, ending) < 0)
		cmd->failed = true;
	else
		put_text(cmd, "FILENAME", file.data, file.len);
}

int sync_put_script(struct imap *c, const char *user, const char *name, int64_t changed,
                    const char *text, size_t len, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	begin(&cmd, "SIEVE", user);
	put_file(&cmd, name, SCRIPT);
	ck_buf_addf(&cmd, " LAST_UPDATE %" PRId64, positive(changed));
	put_text(&cmd, "CONTENT", text, len);
	return end(c, &cmd, err);
}

int sync_activate_script(struct imap *c, const char *user, const char *name, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	begin(&cmd, "ACTIVATE_SIEVE", user);
	put_file(&cmd, name, BYTECODE);
	return end(c, &cmd, err);
}
