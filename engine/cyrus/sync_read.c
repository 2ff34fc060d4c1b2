/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/sync.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cyrus/dlist.h"
#include "cyrus/dlist_token.h"

int sync_is_taken(struct imap *c, bool *ret, struct ck_err *err)
{
	*ret = false;
	if (!imap_has(c, "X-REPLICATION"))
		return 0;
	struct ck_err why = CK_ERR_INIT;
	int r = imap_commandf(c, NULL, NULL, &why, "SYNCGET MAILBOXES (user)");
	if (r < 0 && r != CK_EFAIL) {
		if (err)
			*err = why;
		return r;
	}
	*ret = r == 0;
	return 0;
}

void sync_mailbox_fini(struct sync_mailbox *m)
{
	free(m->intname);
	free(m->uniqueid);
	free(m->partition);
	free(m->acl);
	free(m->options);
	free(m->quotaroot);
	free(m->mbtype);
	*m = (struct sync_mailbox){0};
}

/** Set one field of @m from the text of @key. Unknown keys are passed over. */
static int set_field(struct sync_mailbox *m, const char *key, struct ck_buf *text,
                     struct ck_err *err)
{
	const struct {
		const char *key;
		char **text;
		uint32_t *u32;
		uint64_t *u64;
		int64_t *time;
	} fields[] = {
		{"MBOXNAME", .text = &m->intname},
		{"UNIQUEID", .text = &m->uniqueid},
		{"PARTITION", .text = &m->partition},
		{"ACL", .text = &m->acl},
		{"OPTIONS", .text = &m->options},
		{"QUOTAROOT", .text = &m->quotaroot},
		{"MBOXTYPE", .text = &m->mbtype},
		{"UIDVALIDITY", .u32 = &m->uidvalidity},
		{"LAST_UID", .u32 = &m->last_uid},
		{"RECENTUID", .u32 = &m->recent_uid},
		{"HIGHESTMODSEQ", .u64 = &m->highestmodseq},
		{"CREATEDMODSEQ", .u64 = &m->createdmodseq},
		{"FOLDERMODSEQ", .u64 = &m->foldermodseq},
		{"RECENTTIME", .time = &m->recent_time},
		{"LAST_APPENDDATE", .time = &m->last_appenddate},
		{"POP3_LAST_LOGIN", .time = &m->pop3_last_login},
	};
	for (size_t i = 0; i < CK_COUNT(fields); i++) {
		if (strcmp(fields[i].key, key) != 0)
			continue;
		if (fields[i].text) {
			free(*fields[i].text);
			*fields[i].text = ck_buf_take(text);
			return *fields[i].text ? 0 : ck_err_nomem(err);
		}
		uint64_t max = fields[i].u32 ? UINT32_MAX : fields[i].u64 ? UINT64_MAX : INT64_MAX;
		uint64_t n;
		if (!number_parse(text->data, text->len, max, &n))
			return ck_err_set(err, CK_ECORRUPT, "%s is no number: '%.40s'", key,
			                  text->data);
		if (fields[i].u32)
			*fields[i].u32 = (uint32_t)n;
		else if (fields[i].u64)
			*fields[i].u64 = n;
		else
			*fields[i].time = (int64_t)n;
		return 0;
	}
	return 0;
}

/** No text member stays NULL. */
static int fill_gaps(struct sync_mailbox *m, struct ck_err *err)
{
	char **texts[] = {&m->uniqueid, &m->partition, &m->acl,
	                  &m->options,  &m->quotaroot, &m->mbtype};
	if (!m->intname || !*m->intname)
		return ck_err_set(err, CK_ECORRUPT, "a mailbox without a name");
	for (size_t i = 0; i < CK_COUNT(texts); i++) {
		if (!*texts[i])
			*texts[i] = strdup("");
		if (!*texts[i])
			return ck_err_nomem(err);
	}
	return 0;
}

/** "\\Seen $work" of a FLAGS list; \Expunged is told apart. */
static int join_flags(const struct dlist *flags, struct ck_buf *ret, bool *ret_expunged)
{
	for (const struct dlist *f = flags ? flags->child : NULL; f; f = f->next) {
		if (f->kind != DLIST_ATOM)
			continue;
		if (strcmp(f->value, "\\Expunged") == 0) {
			*ret_expunged = true;
			continue;
		}
		if (ret->len)
			ck_buf_addc(ret, ' ');
		ck_buf_add(ret, f->value, f->value_len);
	}
	return ret->failed ? CK_ENOMEM : 0;
}

static int read_record(const struct dlist *dl, sync_record_fn fn, void *arg, struct ck_err *err)
{
	uint64_t uid, modseq = 0, size = 0, internaldate = 0, last_updated = 0;
	struct sync_record r = {0};
	const char *guid = dlist_text(dl, "GUID");
	if (!dlist_number(dl, "UID", &uid) || uid == 0 || uid > UINT32_MAX || !guid ||
	    strlen(guid) != 2 * GUID_SIZE || !hex_decode(guid, r.guid, GUID_SIZE))
		return ck_err_set(err, CK_ECORRUPT, "a record without uid or GUID");
	(void)dlist_number(dl, "MODSEQ", &modseq); /* 0 where absent */
	(void)dlist_number(dl, "SIZE", &size);
	(void)dlist_number(dl, "INTERNALDATE", &internaldate);
	(void)dlist_number(dl, "LAST_UPDATED", &last_updated);
	r.uid = (uint32_t)uid;
	r.modseq = modseq;
	r.size = size;
	r.internaldate = (int64_t)internaldate;
	r.last_updated = (int64_t)last_updated;
	CK_CLEANUP(ck_buf_fini) struct ck_buf flags = CK_BUF_INIT;
	if (join_flags(dlist_get(dl, "FLAGS"), &flags, &r.expunged) < 0)
		return ck_err_nomem(err);
	r.flags = flags.data;
	return fn ? fn(arg, &r, err) : 0;
}

/** The records behind "RECORD (", one at a time: a mailbox may have a million. */
static int read_records(struct dlist_reader *d, sync_record_fn fn, void *arg, struct ck_err *err)
{
	for (;;) {
		size_t before = d->at, used;
		struct dlist_token token;
		int r = dlist_token_next(d, &token, err);
		if (r < 0)
			return r;
		if (r == 0)
			return dlist_damaged(d, "a record list without end", err);
		if (token.kind == DTOKEN_CLOSE)
			return 0;
		CK_CLEANUP(dlist_freep) struct dlist *dl = NULL;
		r = dlist_parse(d->text + before, d->len - before, &dl, &used, err);
		if (r < 0)
			return r;
		d->at = before + used;
		r = read_record(dl, fn, arg, err);
		if (r < 0)
			return r;
	}
}

static int read_fields(struct dlist_reader *d, struct sync_mailbox *m, sync_record_fn fn, void *arg,
                       struct ck_err *err)
{
	for (;;) {
		struct dlist_token token;
		int r = dlist_token_next(d, &token, err);
		if (r <= 0)
			return r < 0 ? r : dlist_damaged(d, "a mailbox without end", err);
		if (token.kind == DTOKEN_CLOSE)
			return 0;
		if (token.kind != DTOKEN_TEXT || token.len > 63)
			return dlist_damaged(d, "a key that is none", err);
		char key[64];
		memcpy(key, token.text, token.len);
		key[token.len] = '\0';
		r = dlist_token_next(d, &token, err);
		if (r <= 0)
			return r < 0 ? r : dlist_damaged(d, "a key without value", err);
		CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
		if (token.kind == DTOKEN_LIST && strcmp(key, "RECORD") == 0) {
			r = read_records(d, fn, arg, err);
		} else if (token.kind == DTOKEN_TEXT) {
			if (dlist_token_put(&text, &token) < 0)
				return ck_err_nomem(err);
			r = set_field(m, key, &text, err);
		} else {
			r = dlist_token_skip(d, &token, err);
		}
		if (r < 0)
			return r;
	}
}

int sync_parse_mailbox(const char *line, size_t len, struct sync_mailbox *ret, sync_record_fn fn,
                       void *arg, struct ck_err *err)
{
	static const char front[] = "* MAILBOX ";
	if (len < sizeof front - 1 || memcmp(line, front, sizeof front - 1) != 0)
		return ck_err_set(err, CK_ECORRUPT, "no mailbox where one was asked for");
	struct dlist_reader d = {.text = line, .len = len, .at = sizeof front - 1};
	struct dlist_token token;
	int r = dlist_token_next(&d, &token, err);
	if (r < 0)
		return r;
	if (r == 0 || token.kind != DTOKEN_KVLIST)
		return dlist_damaged(&d, "no list of fields", err);
	r = read_fields(&d, ret, fn, arg, err);
	return r < 0 ? r : fill_gaps(ret, err);
}

/** Who asked, while responses come in. */
struct asking {
	sync_mailbox_fn each;
	const char *id; /**< Only this uniqueid, or NULL. */
	sync_record_fn record;
	void *arg;
	struct sync_mailbox *one; /**< The only mailbox asked for, or NULL. */
	bool found;
};

static bool is_mailbox(const char *line, size_t len)
{
	return len > 10 && memcmp(line, "* MAILBOX ", 10) == 0;
}

static int take_each(void *arg, const char *line, size_t len, struct ck_err *err)
{
	struct asking *a = arg;
	if (!is_mailbox(line, len))
		return 0;
	CK_CLEANUP(sync_mailbox_fini) struct sync_mailbox m = {0};
	int r = sync_parse_mailbox(line, len, &m, NULL, NULL, err);
	if (r < 0 || (a->id && strcmp(m.uniqueid, a->id) != 0))
		return r;
	return a->each(a->arg, &m, err);
}

static int take_one(void *arg, const char *line, size_t len, struct ck_err *err)
{
	struct asking *a = arg;
	if (!is_mailbox(line, len) || a->found)
		return 0;
	a->found = true;
	return sync_parse_mailbox(line, len, a->one, a->record, a->arg, err);
}

int sync_get_mailboxes(struct imap *c, const char *const *names, size_t n, sync_mailbox_fn fn,
                       void *arg, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	ck_buf_adds(&cmd, "SYNCGET MAILBOXES (");
	for (size_t i = 0; i < n; i++) {
		if (i)
			ck_buf_addc(&cmd, ' ');
		if (dlist_put(&cmd, names[i], strlen(names[i])) < 0)
			return ck_err_nomem(err);
	}
	ck_buf_addc(&cmd, ')');
	if (cmd.failed)
		return ck_err_nomem(err);
	struct asking a = {.each = fn, .arg = arg};
	return imap_command(c, cmd.data, cmd.len, take_each, &a, NULL, err);
}

bool sync_tells_holders(const struct imap *c)
{
	return imap_has(c, "X-SIEVE-MAILBOX");
}

int sync_get_holder(struct imap *c, const char *uniqueid, const char *user, sync_mailbox_fn fn,
                    void *arg, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	bool by_id = sync_tells_holders(c);
	if (!by_id && !user)
		return 0;
	ck_buf_adds(&cmd, by_id ? "SYNCGET UNIQUEIDS (" : "SYNCGET USER ");
	const char *what = by_id ? uniqueid : user;
	if (dlist_put(&cmd, what, strlen(what)) < 0)
		return ck_err_nomem(err);
	if (by_id)
		ck_buf_addc(&cmd, ')');
	if (cmd.failed)
		return ck_err_nomem(err);
	struct asking a = {.each = fn, .id = uniqueid, .arg = arg};
	return imap_command(c, cmd.data, cmd.len, take_each, &a, NULL, err);
}

int sync_get_full(struct imap *c, const char *intname, struct sync_mailbox *ret, sync_record_fn fn,
                  void *arg, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf answer = CK_BUF_INIT;
	ck_buf_adds(&cmd, "SYNCGET FULLMAILBOX ");
	if (dlist_put(&cmd, intname, strlen(intname)) < 0 || cmd.failed)
		return ck_err_nomem(err);
	struct asking a = {.record = fn, .arg = arg, .one = ret};
	struct ck_err why = CK_ERR_INIT;
	int r = imap_command(c, cmd.data, cmd.len, take_one, &a, &answer, &why);
	if (r == 0 && a.found)
		return 0;
	if (r == 0 || (r == CK_EFAIL && strstr(answer.data, "IMAP_MAILBOX_NONEXISTENT")))
		return ck_err_set(err, CK_ENOTFOUND, "the server has no mailbox '%s'", intname);
	if (err)
		*err = why;
	return r;
}

int sync_parse_subscriptions(const char *line, size_t len, struct ck_strv *ret, struct ck_err *err)
{
	static const char front[] = "* LSUB ";
	CK_CLEANUP(dlist_freep) struct dlist *list = NULL;
	size_t used, skip = sizeof front - 1;
	if (len < skip || memcmp(line, front, skip) != 0)
		return 0;
	int r = dlist_parse(line + skip, len - skip, &list, &used, err);
	if (r < 0)
		return r;
	if (list->kind != DLIST_LIST)
		return ck_err_set(err, CK_ECORRUPT, "the server's subscriptions are no list");
	for (const struct dlist *name = list->child; name; name = name->next)
		if (name->kind == DLIST_ATOM && ck_strv_add(ret, name->value) < 0)
			return ck_err_nomem(err);
	return 0;
}

static int take_subscriptions(void *arg, const char *line, size_t len, struct ck_err *err)
{
	return sync_parse_subscriptions(line, len, arg, err);
}

int sync_get_subscriptions(struct imap *c, const char *user, struct ck_strv *ret,
                           struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	ck_buf_adds(&cmd, "SYNCGET META ");
	if (dlist_put(&cmd, user, strlen(user)) < 0)
		return ck_err_nomem(err);
	return imap_command(c, cmd.data, cmd.len, take_subscriptions, ret, NULL, err);
}
