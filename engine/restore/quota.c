/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/quota.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cyrus/names.h"
#include "restore/target.h"
#include "restore/userfile.h"
#include "restore/wire.h"

#define KIB           UINT64_C(1024)
#define RAISE_STORAGE UINT64_C(1024) /* KiB: a new limit is a whole number of these, */
#define RAISE_MESSAGE UINT64_C(100)  /* or of these */

void quota_root_fini(struct quota_root *q)
{
	ck_buf_fini(&q->name);
	*q = (struct quota_root){0};
}

/* ---- what the server says ---- */

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

/** "STORAGE 12 1000 MESSAGE 3 10)" */
static void take_limits(const char *p, const char *end, struct quota_root *ret)
{
	while (p < end && *p != ')') {
		const char *word = p;
		while (p < end && *p != ' ' && *p != ')')
			p++;
		struct quota_limit l = {0};
		size_t n = (size_t)(p - word);
		if (n == 0 || n >= sizeof l.resource || ret->n == QUOTA_LIMITS ||
		    !take_number(&p, end, &l.used) || !take_number(&p, end, &l.limit)) {
			ret->cut = true;
			return;
		}
		memcpy(l.resource, word, n);
		ret->limits[ret->n++] = l;
		p += p < end && *p == ' ';
	}
}

bool quota_line(const char *line, size_t len, struct quota_root *ret)
{
	static const char front[] = "* QUOTA ";
	size_t begin = sizeof front - 1;
	if (len <= begin || memcmp(line, front, begin) != 0)
		return false;
	/* The list stands last; a root's name may hold a parenthesis too. */
	const char *end = line + len, *list = memrchr(line, '(', len);
	if (!list || list < line + begin + 1 || list[-1] != ' ')
		return false;
	if (wire_take_string(line + begin, (size_t)(list - 1 - (line + begin)), &ret->name) < 0)
		ret->cut = true;
	take_limits(list + 1, end, ret);
	return true;
}

const struct quota_limit *quota_limit_of(const struct quota_root *q, const char *resource)
{
	for (size_t i = 0; i < q->n; i++)
		if (strcmp(q->limits[i].resource, resource) == 0)
			return &q->limits[i];
	return NULL;
}

static int take_line(void *arg, const char *line, size_t len, struct ck_err *err)
{
	struct quota_root *q = arg;
	(void)err;
	if (!q->name.len)
		(void)quota_line(line, len, q);
	return 0;
}

int quota_ask(struct restore *r, const char *intname, struct quota_root *ret, struct ck_err *err)
{
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
	*ret = (struct quota_root){.name = CK_BUF_INIT};
	n = imap_command(c, cmd.data, cmd.len, take_line, ret, NULL, err);
	return n == CK_EFAIL ? 0 : n; /* it knows no quota, or no such mailbox */
}

/* ---- what comes under a root ---- */

void quota_sums_fini(struct quota_sums *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->list[i].name);
	free(s->list);
	*s = (struct quota_sums){0};
}

int quota_sums_add(struct quota_sums *s, const struct restore_item *item,
                   const struct comparison *c, struct ck_err *err)
{
	size_t inbox = target_inbox(item->target);
	if (!c->nmissing || (!inbox && !c->live.exists))
		return 0; /* a shared mailbox that is not there has no root yet */
	size_t len = inbox ? inbox : strlen(item->target);
	struct quota_sum *last = s->n ? &s->list[s->n - 1] : NULL;
	if (!last || strlen(last->name) != len || strncmp(last->name, item->target, len) != 0) {
		struct quota_sum *more = reallocarray(s->list, s->n + 1, sizeof *more);
		if (!more)
			return ck_err_nomem(err);
		s->list = more;
		last = &more[s->n];
		*last = (struct quota_sum){.name = strndup(item->target, len)};
		if (!last->name)
			return ck_err_nomem(err);
		s->n++;
	}
	last->bytes += c->missing_bytes;
	last->messages += c->nmissing;
	last->elsewhere_bytes += c->elsewhere_bytes;
	last->elsewhere += c->nelsewhere;
	return 0;
}

static uint64_t kib(uint64_t bytes)
{
	return bytes / KIB + (bytes % KIB != 0);
}

/** Room for a tenth more than there would be. */
static uint64_t raised(uint64_t would, uint64_t step)
{
	would += would / 10;
	return (would + step - 1) / step * step;
}

size_t quota_passed(const struct quota_root *q, const struct quota_sum *s,
                    struct ck_rehearsal_quota ret[2])
{
	const struct quota_limit *storage = quota_limit_of(q, "STORAGE");
	const struct quota_limit *messages = quota_limit_of(q, "MESSAGE");
	size_t n = 0;
	if (storage && storage->used + kib(s->bytes) > storage->limit)
		ret[n++] = (struct ck_rehearsal_quota){
			.used = storage->used * KIB,
			.limit = storage->limit * KIB,
			.add = s->bytes,
			.elsewhere = s->elsewhere_bytes,
			.raised = raised(storage->used + kib(s->bytes), RAISE_STORAGE) * KIB};
	if (messages && messages->used + s->messages > messages->limit)
		ret[n++] = (struct ck_rehearsal_quota){
			.messages = true,
			.used = messages->used,
			.limit = messages->limit,
			.add = s->messages,
			.elsewhere = s->elsewhere,
			.raised = raised(messages->used + s->messages, RAISE_MESSAGE)};
	return n;
}

/* ---- a limit that is raised ---- */

/** SETQUOTA takes away every limit that it does not name: all are said again. */
static int set_limits(struct restore *r, const struct quota_root *q, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	struct imap *c;
	if (q->cut)
		return ck_err_set(err, CK_EFAIL, "its limits cannot be understood");
	int n = restore_admin(r, &c, err);
	if (n < 0)
		return n;
	ck_buf_adds(&cmd, "SETQUOTA ");
	imap_put_string(&cmd, q->name.data, q->name.len);
	for (size_t i = 0; i < q->n; i++)
		ck_buf_addf(&cmd, "%s%s %" PRIu64, i ? " " : " (", q->limits[i].resource,
		            q->limits[i].limit);
	ck_buf_addc(&cmd, ')');
	return cmd.failed ? ck_err_nomem(err)
	                  : imap_command(c, cmd.data, cmd.len, NULL, NULL, NULL, err);
}

static int raise_root(struct restore *r, const struct quota_sum *s, struct run *run, uint64_t *ret,
                      struct ck_err *err)
{
	CK_CLEANUP(quota_root_fini) struct quota_root q = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf shown = CK_BUF_INIT;
	struct ck_rehearsal_quota passed[2];
	struct ck_err why = CK_ERR_INIT;
	int n = quota_ask(r, s->name, &q, err);
	size_t count = n < 0 ? 0 : quota_passed(&q, s, passed);
	if (count == 0)
		return n;
	if (mutf7_decode(q.name.data, q.name.len, &shown) < 0)
		return ck_err_nomem(err);
	for (size_t i = 0; i < q.n; i++)
		for (size_t k = 0; k < count; k++)
			if (strcmp(q.limits[i].resource,
			           passed[k].messages ? "MESSAGE" : "STORAGE") == 0)
				q.limits[i].limit = passed[k].messages ? passed[k].raised
				                                       : passed[k].raised / KIB;
	/* Before the deed: whoever is killed then has said what the limit was. */
	for (size_t k = 0; k < count; k++)
		run_note(run,
		         "the quota limit of '%s' is raised from %" PRIu64 " to %" PRIu64
		         " %s, and stays so",
		         shown.data, passed[k].messages ? passed[k].limit : passed[k].limit / KIB,
		         passed[k].messages ? passed[k].raised : passed[k].raised / KIB,
		         passed[k].messages ? "messages" : "KiB");
	n = set_limits(r, &q, &why);
	*ret += n == 0 ? count : 0;
	if (n == CK_EFAIL) {
		run_finding(run, NULL, 0, "quota-not-raised", "set it with cyradm's setquota",
		            "the quota limit of '%s' could not be raised: %s", shown.data, why.msg);
		return 0;
	}
	if (n < 0 && err)
		*err = why;
	return n;
}

int quota_raise(struct restore *r, const struct quota_sums *s, struct run *run, uint64_t *ret,
                struct ck_err *err)
{
	int n = 0;
	for (size_t i = 0; i < s->n && n == 0; i++)
		n = raise_root(r, &s->list[i], run, ret, err);
	return n;
}

/* ---- only what fits ---- */

/** How much room a limit leaves, in its own unit. */
static uint64_t room(const struct quota_limit *l)
{
	return !l ? UINT64_MAX : l->used < l->limit ? l->limit - l->used : 0;
}

int64_t quota_fit(struct restore *r, const struct restore_item *item, struct comparison *c,
                  struct ck_err *err)
{
	CK_CLEANUP(quota_root_fini) struct quota_root q = {0};
	size_t inbox = target_inbox(item->target), kept = 0;
	CK_FREE char *above = strndup(item->target, inbox);
	if (!above)
		return ck_err_nomem(err);
	if (!c->live.exists && !inbox)
		return 0;
	int n = quota_ask(r, c->live.exists ? item->target : above, &q, err);
	if (n < 0)
		return n;
	uint64_t messages = room(quota_limit_of(&q, "MESSAGE"));
	uint64_t bytes = room(quota_limit_of(&q, "STORAGE"));
	/* Used is told in whole KiB, without what is beyond them. */
	bytes = bytes == UINT64_MAX ? bytes : bytes ? bytes * KIB - (KIB - 1) : 0;
	for (size_t i = 0; i < c->nmissing; i++) {
		uint64_t size = c->archived.messages[c->missing[i]].size;
		if (size > bytes || messages == 0) {
			c->missing_bytes -= size;
			continue;
		}
		bytes -= bytes == UINT64_MAX ? 0 : size;
		messages -= messages != UINT64_MAX;
		if (c->where)
			c->where[kept] = c->where[i];
		c->missing[kept++] = c->missing[i];
	}
	size_t out = c->nmissing - kept;
	c->nmissing = kept;
	return (int64_t)out;
}

int quota_archived(struct restore *r, const char *intname, struct quota *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	int n = userfile_quota(r, intname, &bytes, err);
	return n < 0 ? n : quota_parse(bytes.data, bytes.len, ret, err);
}
