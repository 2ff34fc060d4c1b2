/* SPDX-License-Identifier: BSD-2-Clause */
/* One mailbox of a restore, message by message; changes nothing. */
#include "restore/plan.h"

#include <stdlib.h>
#include <string.h>

void ck_decisions_fini(struct ck_decisions *d)
{
	ck_archived_messages_free(d->messages, d->nmessages);
	free(d->items);
	ck_strv_fini(&d->places);
	*d = (struct ck_decisions){0};
}

/** Of the message number @i; *@missing and *@damaged go along with rising numbers. */
static struct ck_decision decide(const struct restore *r, const struct comparison *c,
                                 const struct ck_decisions *d, size_t i, size_t *missing,
                                 size_t *damaged)
{
	struct ck_decision ret = {.kind = CK_DECIDE_SAME, .message = i};
	if (c->action == CK_RESTORE_REFUSE) {
		ret.kind = CK_DECIDE_REFUSED;
	} else if (*missing < c->nmissing && c->missing[*missing] == i) {
		uint32_t where = c->where ? c->where[*missing] : 0;
		ret.where = where ? d->places.items[where - 1] : NULL;
		ret.kind = where && r->leave_elsewhere ? CK_DECIDE_LEAVE : CK_DECIDE_ADD;
		++*missing;
	} else if (*damaged < c->ndamaged && c->damaged[*damaged] == i) {
		ret.kind = CK_DECIDE_DAMAGED;
		++*damaged;
	} else if (!live_has(&c->live, c->archived.messages[i].guid)) {
		ret.kind = CK_DECIDE_NOT_STORED;
	}
	return ret;
}

static int decide_all(const struct restore *r, struct comparison *c, struct ck_decisions *ret,
                      struct ck_err *err)
{
	const struct archived *a = &c->archived;
	uint32_t max = a->n ? a->messages[a->n - 1].uid : 0;
	size_t missing = 0, damaged = 0;
	ret->items = ck_alloc(a->n, sizeof *ret->items);
	if (!ret->items || ck_strv_copy(&ret->places, &r->elsewhere.boxes) < 0)
		return ck_err_nomem(err);
	for (size_t i = 0; i < a->n; i++) {
		const struct ck_archived_message *m = &a->messages[i];
		if (!m->expunged && (!r->uids.n || uidset_has(&r->uids, m->uid, max)))
			ret->items[ret->n++] = decide(r, c, ret, i, &missing, &damaged);
	}
	ret->messages = CK_STEAL(c->archived.messages);
	ret->nmessages = c->archived.n;
	c->archived.n = 0;
	return 0;
}

static const struct restore_item *find(const struct restore *r, const char *source)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->items[i].source->name, source) == 0)
			return &r->items[i];
	return NULL;
}

int ck_restore_decide(const struct ck_settings *settings, const struct ck_restore_request *request,
                      const char *source, struct ck_decisions *ret, struct ck_err *err)
{
	CK_CLEANUP(restore_closep) struct restore *r = NULL;
	CK_CLEANUP(comparison_fini) struct comparison c = {0};
	CK_CLEANUP(ck_decisions_fini) struct ck_decisions d = {0};
	int n = restore_open(settings, request, &r, err);
	const struct restore_item *item = n == 0 ? find(r, source) : NULL;
	if (n == 0 && !item)
		n = ck_err_set(err, CK_ENOTFOUND, "'%s' is not put back by this", source);
	if (n == 0)
		n = restore_compare(r, item, &c, err);
	if (n == 0)
		n = elsewhere_look(r, item, &c, err);
	if (n == 0)
		n = decide_all(r, &c, &d, err);
	if (n < 0) {
		restore_advise(err);
		return n;
	}
	*ret = d;
	d = (struct ck_decisions){0};
	return 0;
}
