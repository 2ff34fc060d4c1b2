/* SPDX-License-Identifier: BSD-2-Clause */
/* What the job of a restore does, in words; from a rehearsal, for any answers to its questions. */
#include <cyrkeep/restore.h>

#include "base/number.h"

bool ck_restore_passes(const struct ck_rehearsal_quota *q, const struct ck_restore_request *request)
{
	return q->used + q->add - (request->leave_elsewhere ? q->elsewhere : 0) > q->limit;
}

/** What goes into mailboxes of one kind. */
struct share {
	uint64_t mailboxes, messages, bytes;
};

struct shares {
	struct share added, again, new;
	uint64_t users; /**< Who are made again. */
};

static void count(const struct ck_rehearsal_mailbox *m, bool leave, struct shares *s)
{
	uint64_t messages = m->missing - (leave ? m->elsewhere : 0);
	struct share *to = m->action == CK_RESTORE_ADD        ? &s->added
	                   : m->action == CK_RESTORE_RECREATE ? &s->again
	                   : m->action == CK_RESTORE_CREATE   ? &s->new
	                                                      : NULL;
	/* Nor is an empty mailbox made of one whose mail is left elsewhere. */
	if (!to || (!messages && m->missing))
		return;
	to->mailboxes++;
	to->messages += messages;
	to->bytes += m->missing_bytes - (leave ? m->elsewhere_bytes : 0);
	s->users += m->action == CK_RESTORE_RECREATE && m->inbox;
}

static int add(struct ck_strv *ret, struct ck_buf *text)
{
	return ck_strv_addm(ret, ck_buf_take(text));
}

static const char *s(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static const char *es(uint64_t n)
{
	return n == 1 ? "" : "es";
}

static int add_share(const struct share *share, const char *before, const char *after,
                     struct ck_strv *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (!share->mailboxes)
		return 0;
	ck_buf_addf(&text, "%s %s mailbox%s%s, with %s message%s, %s", before,
	            figure_count(share->mailboxes).s, es(share->mailboxes), after,
	            figure_count(share->messages).s, s(share->messages),
	            figure_size(share->bytes).s);
	return add(ret, &text);
}

static int add_quotas(const struct ck_rehearsal *r, const struct ck_restore_request *request,
                      struct ck_strv *ret)
{
	for (size_t i = 0; i < r->nquotas; i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
		const struct ck_rehearsal_quota *q = &r->quotas[i];
		if (request->quota != CK_QUOTA_RAISE || !ck_restore_passes(q, request))
			continue;
		ck_buf_addf(&text, "raise the quota limit of '%s'; it stays so", q->root);
		if (add(ret, &text) < 0)
			return CK_ENOMEM;
	}
	return 0;
}

int ck_restore_steps(const struct ck_rehearsal *r, const struct ck_restore_request *request,
                     struct ck_strv *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	struct shares shares = {0};
	bool sync = request->via == CK_VIA_SYNC;
	for (size_t i = 0; i < r->n; i++)
		count(&r->mailboxes[i], request->leave_elsewhere, &shares);
	if (!shares.added.mailboxes && !shares.again.mailboxes && !shares.new.mailboxes)
		return ck_strv_add(ret, "nothing: no message is missing");
	int n = ck_strv_add(ret, "compare with the server once more");
	if (n == 0)
		n = add_quotas(r, request, ret);
	if (n == 0)
		n = ck_strv_add(
			ret, "read each message and check it against its GUID before it goes in");
	if (n == 0)
		n = add_share(&shares.added, sync ? "add to" : "append to", "", ret);
	if (n == 0)
		n = add_share(&shares.again, "make", " again", ret);
	if (n == 0)
		n = add_share(&shares.new, "make", " anew", ret);
	if (n == 0 && sync && shares.users) {
		ck_buf_addf(
			&text,
			"give %s user%s, made again, the quota limit, subscriptions, sieve scripts "
			"and read marks of the archive",
			figure_count(shares.users).s, s(shares.users));
		n = add(ret, &text);
	}
	if (n == 0 && sync)
		n = ck_strv_add(ret, "read these mailboxes back and count by GUID what is there");
	return n < 0 ? CK_ENOMEM : 0;
}
