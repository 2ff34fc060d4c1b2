/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/elsewhere.h"

#include <stdlib.h>
#include <string.h>

#include "cyrus/names.h"
#include "restore/plan.h"
#include "restore/target.h"
#include "restore/wire.h"

struct elsewhere_message {
	uint8_t guid[GUID_SIZE];
	uint32_t box;
};

/** What a mailbox held when the archive was made. */
struct elsewhere_archived {
	bool known;
	uint8_t *guids; /**< Sorted. */
	size_t n;
};

void elsewhere_fini(struct elsewhere *e)
{
	for (size_t i = 0; e->archived && i < e->names.n; i++)
		free(e->archived[i].guids);
	free(e->archived);
	free(e->owner);
	free(e->list);
	ck_strv_fini(&e->boxes);
	ck_strv_fini(&e->names);
	*e = (struct elsewhere){0};
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, GUID_SIZE);
}

static int compare_messages(const void *a, const void *b)
{
	const struct elsewhere_message *x = a, *y = b;
	int n = memcmp(x->guid, y->guid, GUID_SIZE);
	return n ? n : (x->box > y->box) - (x->box < y->box);
}

/** By GUID, each mailbox once: a thousand copies of one message are looked at as one. */
static void arrange(struct elsewhere *e)
{
	size_t kept = 0;
	if (e->n)
		qsort(e->list, e->n, sizeof *e->list, compare_messages);
	for (size_t i = 0; i < e->n; i++)
		if (!kept || compare_messages(&e->list[kept - 1], &e->list[i]) != 0)
			e->list[kept++] = e->list[i];
	e->n = kept;
}

static int take_record(void *arg, const struct sync_record *r, struct ck_err *err)
{
	struct elsewhere *e = arg;
	if (r->expunged)
		return 0;
	if (e->n == e->cap) {
		size_t cap = e->cap ? e->cap * 2 : 1024;
		struct elsewhere_message *more = reallocarray(e->list, cap, sizeof *more);
		if (!more)
			return ck_err_nomem(err);
		e->list = more;
		e->cap = cap;
	}
	struct elsewhere_message *m = &e->list[e->n++];
	memcpy(m->guid, r->guid, GUID_SIZE);
	m->box = (uint32_t)(e->names.n - 1);
	return 0;
}

/* ---- what there is now ---- */

/** Who collects names, while LIST is answered. */
struct collecting {
	const struct conf *conf;
	const char *inbox; /**< Internal name. */
	struct ck_strv names;
};

static int take_name(void *arg, const char *line, size_t len, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini)
	struct ck_buf wire = CK_BUF_INIT, shown = CK_BUF_INIT, name = CK_BUF_INIT;
	struct collecting *c = arg;
	if (!wire_listed(line, len, &wire))
		return 0;
	size_t n = strlen(c->inbox);
	if (mutf7_decode(wire.data, wire.len, &shown) < 0)
		return ck_err_nomem(err);
	/* A '*' in a name is a wildcard: others may be answered too. */
	if (name_to_internal(c->conf, shown.data, &name, NULL) < 0 ||
	    strncmp(name.data, c->inbox, n) != 0 || (name.data[n] && name.data[n] != '.'))
		return 0;
	return ck_strv_add(&c->names, name.data) < 0 ? ck_err_nomem(err) : 0;
}

/** LIST of @intname. SYNCGET USER would tell all at once, but dies of a single broken mailbox. */
static int list(struct restore *r, const char *intname, struct collecting *c, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT, wire = CK_BUF_INIT;
	struct ck_err why = CK_ERR_INIT;
	struct imap *admin;
	int n = restore_admin(r, &admin, err);
	if (n == 0)
		n = restore_wire(r, intname, &wire, err);
	if (n < 0)
		return n;
	ck_buf_adds(&cmd, "LIST \"\" ");
	imap_put_string(&cmd, wire.data, wire.len);
	if (cmd.failed)
		return ck_err_nomem(err);
	n = imap_command(admin, cmd.data, cmd.len, take_name, c, NULL, &why);
	if (n < 0 && n != CK_EFAIL && err)
		*err = why;
	return n == CK_EFAIL ? 0 : n;
}

/** All mailboxes of the owner of @item. */
static int list_all(struct restore *r, const struct restore_item *item, struct collecting *ret,
                    struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf below = CK_BUF_INIT;
	CK_FREE char *inbox = strndup(item->target, target_inbox(item->target));
	if (!inbox || ck_buf_addf(&below, "%s.*", inbox) < 0)
		return ck_err_nomem(err);
	ret->inbox = inbox;
	int n = list(r, inbox, ret, err);
	if (n == 0)
		n = list(r, below.data, ret, err);
	ret->inbox = NULL;
	return n;
}

static int read_box(struct restore *r, struct elsewhere *e, const char *name, struct ck_err *err)
{
	CK_CLEANUP(sync_mailbox_fini) struct sync_mailbox box = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf shown = CK_BUF_INIT;
	struct ck_err why = CK_ERR_INIT;
	struct imap *c;
	if (name_to_external(r->conf, name, &shown) < 0 || ck_strv_add(&e->names, name) < 0 ||
	    ck_strv_addm(&e->boxes, ck_buf_take(&shown)) < 0)
		return ck_err_nomem(err);
	int n = restore_sync(r, &c, err);
	if (n < 0)
		return n;
	n = sync_get_full(c, name, &box, take_record, e, &why);
	/* One that cannot be opened holds nothing that anybody could find there. */
	if (n == CK_ENOTFOUND || n == CK_EFAIL || (n == CK_EIO && imap_was_told_bye(c)))
		return 0;
	if (n < 0 && err)
		*err = why;
	return n;
}

static int read_owner(struct restore *r, struct elsewhere *e, const struct restore_item *item,
                      struct ck_err *err)
{
	struct collecting found = {.conf = r->conf};
	elsewhere_fini(e);
	e->owner = strdup(item->owner);
	int n = e->owner ? list_all(r, item, &found, err) : ck_err_nomem(err);
	for (size_t i = 0; i < found.names.n && n == 0; i++)
		n = read_box(r, e, found.names.items[i], err);
	ck_strv_fini(&found.names);
	arrange(e);
	e->archived = ck_alloc(e->names.n + 1, sizeof *e->archived);
	if (n == 0 && !e->archived)
		n = ck_err_nomem(err);
	if (n < 0)
		elsewhere_fini(e);
	return n;
}

/* ---- what there was ---- */

static const struct ck_archived_mailbox *archived_box(const struct restore *r, const char *intname)
{
	for (size_t i = 0; i < r->nboxes; i++)
		if (strcmp(r->boxes[i].intname, intname) == 0)
			return &r->boxes[i];
	return NULL;
}

static int read_archived(struct restore *r, uint32_t box, struct ck_err *err)
{
	struct elsewhere_archived *a = &r->elsewhere.archived[box];
	const struct ck_archived_mailbox *m = archived_box(r, r->elsewhere.names.items[box]);
	struct ck_archived_message *messages = NULL;
	struct ck_err why = CK_ERR_INIT;
	size_t count = 0;
	a->known = true;
	int n = m ? ck_archive_messages(r->archive, m->name, &messages, &count, &why) : 0;
	if (n == CK_ENOMEM)
		return ck_err_nomem(err);
	a->guids = ck_alloc(count + 1, GUID_SIZE);
	for (size_t i = 0; a->guids && i < count; i++)
		if (!messages[i].expunged)
			memcpy(a->guids + a->n++ * GUID_SIZE, messages[i].guid, GUID_SIZE);
	ck_archived_messages_free(messages, count);
	if (!a->guids)
		return ck_err_nomem(err);
	qsort(a->guids, a->n, GUID_SIZE, compare);
	return 0;
}

/** Was @guid in that mailbox already when the archive was made? 1, 0 or a failure. */
static int was_there(struct restore *r, uint32_t box, const uint8_t *guid, struct ck_err *err)
{
	struct elsewhere_archived *a = &r->elsewhere.archived[box];
	int n = a->known ? 0 : read_archived(r, box, err);
	return n < 0 ? n : a->n && bsearch(guid, a->guids, a->n, GUID_SIZE, compare) != NULL;
}

/** Another mailbox than @intname that it has moved to: its place and one, or 0; or a failure. */
static int64_t find(struct restore *r, const uint8_t guid[GUID_SIZE], const char *intname,
                    struct ck_err *err)
{
	const struct elsewhere *e = &r->elsewhere;
	size_t low = 0, high = e->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(e->list[middle].guid, guid, GUID_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < e->n && memcmp(e->list[low].guid, guid, GUID_SIZE) == 0; low++) {
		uint32_t box = e->list[low].box;
		int was = strcmp(e->names.items[box], intname) == 0 ? 1
		                                                    : was_there(r, box, guid, err);
		if (was <= 0)
			return was < 0 ? was : (int64_t)box + 1;
	}
	return 0;
}

int elsewhere_look(struct restore *r, const struct restore_item *item, struct comparison *c,
                   struct ck_err *err)
{
	struct elsewhere *e = &r->elsewhere;
	if (!c->nmissing || !item->owner || item->moved || r->via != CK_VIA_SYNC ||
	    c->action == CK_RESTORE_REFUSE)
		return 0;
	int n = e->owner && strcmp(e->owner, item->owner) == 0 ? 0 : read_owner(r, e, item, err);
	if (n < 0)
		return n;
	c->where = ck_alloc(c->nmissing, sizeof *c->where);
	if (!c->where)
		return ck_err_nomem(err);
	for (size_t i = 0; i < c->nmissing; i++) {
		const struct ck_archived_message *m = &c->archived.messages[c->missing[i]];
		int64_t where = find(r, m->guid, item->target, err);
		if (where < 0)
			return (int)where;
		c->where[i] = (uint32_t)where;
		c->nelsewhere += c->where[i] != 0;
		c->elsewhere_bytes += c->where[i] ? m->size : 0;
	}
	return 0;
}

size_t elsewhere_leave(struct comparison *c)
{
	size_t kept = 0, left = c->nelsewhere;
	if (!left)
		return 0;
	for (size_t i = 0; i < c->nmissing; i++)
		if (!c->where[i])
			c->missing[kept++] = c->missing[i];
	c->nmissing = kept;
	c->missing_bytes -= c->elsewhere_bytes;
	c->nelsewhere = 0;
	c->elsewhere_bytes = 0;
	free(c->where);
	c->where = NULL;
	if (!kept) /* nor is an empty mailbox made of one whose mail has moved */
		c->action = CK_RESTORE_NOTHING;
	return left;
}
