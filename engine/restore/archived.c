/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/archived.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/source.h"
#include "cyrus/db.h"

#define OWNER  "[.OwNeR.]" /* imap/annotate.c of 3.6 and later */
#define VENDOR "/vendor/cmu/cyrus-imapd/"

void annotations_fini(struct annotations *a)
{
	for (size_t i = 0; i < a->n; i++)
		annotation_fini(&a->list[i]);
	free(a->list);
	free(a->damage);
	*a = (struct annotations){0};
}

static int compare_annotations(const void *x, const void *y)
{
	const struct annotation *a = x, *b = y;
	int d = strcmp(a->mailbox, b->mailbox);
	return d ? d : (a->uid > b->uid) - (a->uid < b->uid);
}

static int add_annotation(struct annotations *list, struct annotation *a, struct ck_err *err)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 16;
		struct annotation *more = reallocarray(list->list, cap, sizeof *more);
		if (!more)
			return ck_err_nomem(err);
		list->list = more;
		list->cap = cap;
	}
	list->list[list->n++] = *a;
	*a = (struct annotation){0};
	return 0;
}

/** Take one record; one that cannot be read is passed over, and the first such is told at the end.
 */
static int take_record(enum annotation_file file, const struct db_record *record,
                       struct annotations *ret, struct ck_err *bad, struct ck_err *err)
{
	struct annotation a = {0};
	struct ck_err why = CK_ERR_INIT;
	int r = annotation_parse(file, record, &a, &why);
	if (r == 0 && !a.deleted)
		r = add_annotation(ret, &a, err);
	annotation_fini(&a);
	if (r != CK_ECORRUPT)
		return r;
	if (!bad->code)
		*bad = why;
	return 0;
}

/** All annotations of a database in memory; of a damaged one what can be read, and CK_ECORRUPT. */
static int read_all(const char *name, const struct ck_buf *bytes, enum annotation_file file,
                    struct annotations *ret, struct ck_err *err)
{
	CK_CLEANUP(db_closep) struct db *db = NULL;
	struct ck_err bad = CK_ERR_INIT;
	int r = db_open_memory(name, (const uint8_t *)bytes->data, bytes->len, &db, err);
	if (r < 0)
		return r;
	struct db_record record;
	while ((r = db_next(db, &record, err)) > 0 &&
	       (r = take_record(file, &record, ret, &bad, err)) == 0)
		;
	if (ret->n)
		qsort(ret->list, ret->n, sizeof *ret->list, compare_annotations);
	if (r == 0 && bad.code) {
		if (err)
			*err = bad;
		r = bad.code;
	}
	return r < 0 ? ck_err_prefix(err, "archived %s", name) : 0;
}

int annotations_read(struct ck_archive *a, struct annotations *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	struct ck_err why = CK_ERR_INIT;
	int r = archive_database(a, "annotations.db", &bytes, &why);
	if (r == CK_ENOTFOUND)
		return 0;
	if (r == 0)
		r = read_all("annotations.db", &bytes, ANNOTATION_GLOBAL, ret, &why);
	if (r == CK_ECORRUPT || r == CK_EUNSUPPORTED) {
		/* Mail must not stay lost because of them. */
		ret->damage = strdup(why.msg);
		return ret->damage ? 0 : ck_err_nomem(err);
	}
	if (r < 0 && err)
		*err = why;
	return r;
}

const struct annotation *annotations_find(const struct annotations *a, const char *key,
                                          uint32_t uid, size_t *ret_n)
{
	size_t low = 0, high = a->n;
	const struct annotation want = {.mailbox = (char *)(uintptr_t)key, .uid = uid};
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (compare_annotations(&a->list[mid], &want) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	size_t end = low;
	while (end < a->n && compare_annotations(&a->list[end], &want) == 0)
		end++;
	*ret_n = end - low;
	return a->list + low;
}

void archived_fini(struct archived *a)
{
	ck_archived_messages_free(a->messages, a->n);
	if (a->has_index)
		index_fini(&a->index);
	mboxheader_fini(&a->header);
	annotations_fini(&a->annotations);
	*a = (struct archived){0};
}

static int read_index(struct ck_archive *a, const char *mailbox, struct archived *ret,
                      struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	int r = archive_mailbox_file(a, mailbox, ARCHIVE_INDEX, &bytes, err);
	if (r < 0)
		return r;
	size_t len = bytes.len;
	char *data = ck_buf_take(&bytes);
	if (!data)
		return ck_err_nomem(err);
	r = index_take((uint8_t *)data, len, &ret->index, err);
	ret->has_index = r == 0;
	return r;
}

static int read_header(struct ck_archive *a, const char *mailbox, struct archived *ret,
                       struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	int r = archive_mailbox_file(a, mailbox, ARCHIVE_HEADER, &bytes, err);
	return r < 0 ? r : mboxheader_parse(bytes.data, bytes.len, &ret->header, err);
}

static int read_message_annotations(struct ck_archive *a, const char *mailbox, struct archived *ret,
                                    struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	int r = archive_mailbox_file(a, mailbox, ARCHIVE_ANNOTATIONS, &bytes, err);
	return r < 0 ? r
	             : read_all("cyrus.annotations", &bytes, ANNOTATION_MESSAGES, &ret->annotations,
	                        err);
}

/** Damage of a side file loses what it says, not the messages. */
static bool is_tolerable(int r)
{
	return r == 0 || r == CK_ENOTFOUND || r == CK_ECORRUPT || r == CK_EUNSUPPORTED;
}

int archived_read(struct ck_archive *a, const char *mailbox, struct archived *ret,
                  struct ck_err *err)
{
	CK_CLEANUP(archived_fini) struct archived m = {0};
	int r = ck_archive_messages(a, mailbox, &m.messages, &m.n, err);
	if (r < 0)
		return r;
	r = read_index(a, mailbox, &m, err);
	if (is_tolerable(r))
		r = read_header(a, mailbox, &m, err);
	if (is_tolerable(r))
		r = read_message_annotations(a, mailbox, &m, err);
	if (!is_tolerable(r))
		return r;
	*ret = m;
	m = (struct archived){0};
	return 0;
}

/** The index record of @uid; records stand by rising uid. */
static bool find_record(const struct archived *a, uint32_t uid, struct index_record *ret)
{
	size_t low = 0, high = a->has_index ? a->index.nrecords : 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		index_record(&a->index, mid, ret);
		if (ret->uid == uid)
			return true;
		if (ret->uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static void add_made(struct archived_record *ret, const char *entry, int slot)
{
	ret->annotations[ret->r.nannotations++] =
		(struct annotation){.entry = (char *)(uintptr_t)entry,
	                            .user = (char *)(uintptr_t) "",
	                            .value = ret->made[slot],
	                            .value_len = strlen(ret->made[slot])};
}

/** Fields of the index that travel as annotations (imap/sync_support.c). */
static void make_annotations(const struct index_record *x, bool identity,
                             struct archived_record *ret)
{
	if (x->savedate > 0) {
		(void)snprintf(ret->made[0], sizeof ret->made[0], "%" PRId64, x->savedate);
		add_made(ret, VENDOR "savedate", 0);
	}
	if (!identity)
		return;
	if (x->createdmodseq) {
		(void)snprintf(ret->made[1], sizeof ret->made[1], "%" PRIu64, x->createdmodseq);
		add_made(ret, VENDOR "createdmodseq", 1);
	}
	if (x->cid) {
		(void)snprintf(ret->made[2], sizeof ret->made[2], "%016" PRIx64, x->cid);
		add_made(ret, VENDOR "thrid", 2);
	}
}

int archived_record(const struct archived *a, size_t i, const char *owner, bool identity,
                    struct archived_record *ret, struct ck_err *err)
{
	const struct ck_archived_message *m = &a->messages[i];
	size_t n;
	const struct annotation *own = annotations_find(&a->annotations, "", m->uid, &n);
	*ret = (struct archived_record){.annotations = ck_alloc(n + 3, sizeof *ret->annotations)};
	if (!ret->annotations)
		return ck_err_nomem(err);
	ret->r = (struct sync_record){.uid = m->uid,
	                              .modseq = m->modseq,
	                              .size = m->size,
	                              .last_updated = m->internaldate,
	                              .internaldate = m->internaldate,
	                              .flags = m->flags,
	                              .annotations = ret->annotations};
	memcpy(ret->r.guid, m->guid, GUID_SIZE);
	for (size_t k = 0; k < n; k++) {
		struct annotation copy = own[k];
		if (strcmp(copy.user, OWNER) == 0) {
			if (!owner)
				continue;
			copy.user = (char *)(uintptr_t)owner;
		}
		ret->annotations[ret->r.nannotations++] = copy;
	}
	struct index_record x;
	if (find_record(a, m->uid, &x)) {
		ret->r.last_updated = x.last_updated;
		make_annotations(&x, identity, ret);
	}
	return 0;
}

void archived_record_fini(struct archived_record *r)
{
	free(r->annotations);
	*r = (struct archived_record){0};
}
