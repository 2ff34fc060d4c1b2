/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/quota.h"

#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "restore/userfile.h"

/** The number at *@at, which is moved behind it. */
static bool take_number(const char **at, const char *end, uint64_t *ret)
{
	while (*at < end && **at == ' ')
		++*at;
	const char *start = *at;
	while (*at < end && **at >= '0' && **at <= '9')
		++*at;
	return number_parse(start, (size_t)(*at - start), UINT64_MAX, ret);
}

bool quota_line(const char *line, size_t len, const char *resource, uint64_t *ret_used,
                uint64_t *ret_limit)
{
	static const char front[] = "* QUOTA ";
	if (len < sizeof front || memcmp(line, front, sizeof front - 1) != 0)
		return false;
	/* The list stands last; a root's name may hold a parenthesis too. */
	const char *end = line + len, *list = memrchr(line, '(', len);
	size_t n = strlen(resource);
	for (const char *p = list ? list + 1 : end; p < end;) {
		const char *word = p;
		while (p < end && *p != ' ' && *p != ')')
			p++;
		bool mine = (size_t)(p - word) == n && memcmp(word, resource, n) == 0;
		uint64_t used, limit;
		if (!take_number(&p, end, &used) || !take_number(&p, end, &limit))
			return false;
		if (mine) {
			*ret_used = used;
			*ret_limit = limit;
			return true;
		}
		p += p < end;
	}
	return false;
}

/** What the server says of the root. */
struct root {
	bool storage, count;
	uint64_t used_kib, limit_kib, messages, message_limit;
};

static int take_line(void *arg, const char *line, size_t len, struct ck_err *err)
{
	(void)err;
	struct root *q = arg;
	if (quota_line(line, len, "STORAGE", &q->used_kib, &q->limit_kib))
		q->storage = true;
	if (quota_line(line, len, "MESSAGE", &q->messages, &q->message_limit))
		q->count = true;
	return 0;
}

static int say(const struct restore *r, const char *name, const char *what, uint64_t would,
               uint64_t limit, struct ck_strv *remarks, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	ck_buf_addf(&text, "quota of '%s' would be passed: %" PRIu64 " of %" PRIu64 " %s; %s", name,
	            would, limit, what,
	            r->via == CK_VIA_SYNC ? "the mail is put back all the same, but new mail is "
	                                    "refused until there is room"
	                                  : "the server will refuse what does not fit");
	return ck_strv_addm(remarks, ck_buf_take(&text)) < 0 ? ck_err_nomem(err) : 0;
}

int quota_foresee(struct restore *r, const char *intname, uint64_t bytes, uint64_t messages,
                  struct ck_strv *remarks, struct ck_err *err)
{
	if (messages == 0)
		return 0;
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT, wire = CK_BUF_INIT;
	struct imap *c;
	int n = restore_admin(r, &c, err);
	if (n == 0)
		n = restore_wire(r, intname, &wire, err);
	if (n < 0)
		return n;
	ck_buf_adds(&cmd, "GETQUOTAROOT ");
	imap_put_string(&cmd, wire.data, wire.len);
	if (cmd.failed)
		return ck_err_nomem(err);
	struct root q = {0};
	n = imap_command(c, cmd.data, cmd.len, take_line, &q, NULL, err);
	if (n == CK_EFAIL)
		return 0;
	uint64_t kib = q.used_kib + bytes / 1024 + (bytes % 1024 != 0);
	if (n == 0 && q.storage && kib > q.limit_kib)
		n = say(r, wire.data, "KiB", kib, q.limit_kib, remarks, err);
	if (n == 0 && q.count && q.messages + messages > q.message_limit)
		n = say(r, wire.data, "messages", q.messages + messages, q.message_limit, remarks,
		        err);
	return n;
}

int quota_archived(struct restore *r, const char *intname, struct quota *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	int n = userfile_quota(r, intname, &bytes, err);
	return n < 0 ? n : quota_parse(bytes.data, bytes.len, ret, err);
}
