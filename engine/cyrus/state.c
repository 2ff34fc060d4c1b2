/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cyrus/dlist.h"
#include "cyrus/names.h"

#define SUB_VERSION_KEY "\x1fVER\x1f" /* 3.6 and later: keys are 'N' and a name with 0x1F */

/* --- subscriptions (imap/mboxlist.c) --- */

static bool is_version_record(const struct db_record *record)
{
	return record->key_len == strlen(SUB_VERSION_KEY) &&
	       memcmp(record->key, SUB_VERSION_KEY, record->key_len) == 0;
}

/* The internal name that a key of 3.6 means, "INBOX" being its owner's. */
static int put_subscription(struct ck_buf *buf, const struct db_record *record, const char *inbox)
{
	const char *name = record->key + 1;
	size_t len = record->key_len - 1;
	if (inbox && len >= 5 && memcmp(name, "INBOX", 5) == 0 && (len == 5 || name[5] == 0x1f)) {
		int r = ck_buf_adds(buf, inbox);
		if (r < 0)
			return r;
		name += 5;
		len -= 5;
	}
	return name_from_database(name, len, buf);
}

int subscriptions_read(struct db *db, const char *inbox, struct ck_strv *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	struct db_record record;
	bool modern = false;
	int r;
	db_rewind(db);
	while ((r = db_next(db, &record, err)) > 0) {
		if (is_version_record(&record)) {
			modern = true; /* sorts before every name */
			continue;
		}
		if (record.key_len <= modern || (modern && record.key[0] != 'N'))
			continue;
		if (memchr(record.key, '\0', record.key_len))
			return ck_err_set(err, CK_ECORRUPT, "a subscription has a NUL in its name");
		ck_buf_reset(&name);
		if (modern)
			r = put_subscription(&name, &record, inbox);
		else
			r = ck_buf_add(&name, record.key, record.key_len);
		if (r < 0 || ck_strv_add(ret, name.data) < 0)
			return ck_err_nomem(err);
	}
	return r;
}

/* --- words between blanks and line ends --- */

struct words {
	const char *p, *end;
};

static bool is_gap(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\0';
}

/* @return false at the end. */
static bool take_word(struct words *w, const char **ret, size_t *ret_len)
{
	while (w->p < w->end && is_gap(*w->p))
		w->p++;
	const char *start = w->p;
	while (w->p < w->end && !is_gap(*w->p))
		w->p++;
	*ret = start;
	*ret_len = (size_t)(w->p - start);
	return *ret_len > 0;
}

static bool parse_signed(const char *text, size_t len, int64_t *ret)
{
	uint64_t n;
	bool negative = len > 0 && text[0] == '-';
	if (!number_parse(text + negative, len - negative, INT64_MAX, &n))
		return false;
	*ret = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool take_number(struct words *w, int64_t *ret)
{
	const char *word;
	size_t len;
	return take_word(w, &word, &len) && parse_signed(word, len, ret);
}

/* --- seen (imap/seen_db.c): "1 lastread lastuid lastchange uids" --- */

static bool is_uid_set(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((text[i] < '0' || text[i] > '9') && text[i] != ':' && text[i] != ',' &&
		    text[i] != '*')
			return false;
	return true;
}

int seen_parse(const char *value, size_t len, struct seen *ret, struct ck_err *err)
{
	struct words w = {.p = value, .end = value + len};
	struct seen seen = {0};
	int64_t version, uid;
	const char *uids;
	size_t uids_len;
	if (!take_number(&w, &version))
		return ck_err_set(err, CK_ECORRUPT, "a seen record without version");
	if (version != 1)
		return ck_err_set(err, CK_EUNSUPPORTED, "a seen record of version %" PRId64,
		                  version);
	if (!take_number(&w, &seen.last_read) || !take_number(&w, &uid) ||
	    !take_number(&w, &seen.last_change) || uid < 0 || uid > UINT32_MAX)
		return ck_err_set(err, CK_ECORRUPT, "a seen record without its three numbers");
	(void)take_word(&w, &uids, &uids_len); /* none is an empty set */
	if (!is_uid_set(uids, uids_len))
		return ck_err_set(err, CK_ECORRUPT, "a seen record whose set is no set of UIDs");
	seen.last_uid = (uint32_t)uid;
	seen.uids = strndup(uids, uids_len);
	if (!seen.uids)
		return ck_err_nomem(err);
	*ret = seen;
	return 0;
}

void seen_fini(struct seen *s)
{
	free(s->uids);
	s->uids = NULL;
}

/* --- quota (imap/quota_db.c) --- */

/* "(used limit)", or "(used)" where there is no limit. */
static bool take_resource(const struct dlist *root, const char *name, int64_t *used, int64_t *limit)
{
	const struct dlist *list = dlist_get(root, name);
	if (!list)
		return true;
	const struct dlist *first = list->kind == DLIST_LIST ? list->child : NULL;
	if (!first || first->kind != DLIST_ATOM ||
	    !parse_signed(first->value, first->value_len, used))
		return false;
	if (!first->next)
		return true;
	return first->next->kind == DLIST_ATOM &&
	       parse_signed(first->next->value, first->next->value_len, limit);
}

static int parse_quota_dlist(const char *value, size_t len, struct quota *quota, struct ck_err *err)
{
	CK_CLEANUP(dlist_freep) struct dlist *root = NULL;
	size_t used;
	int64_t other;
	int r = dlist_parse(value, len, &root, &used, err);
	if (r < 0)
		return r;
	for (; used < len; used++)
		if (!is_gap(value[used]))
			return ck_err_set(err, CK_ECORRUPT, "something behind the list");
	if (root->kind != DLIST_KVLIST ||
	    !take_resource(root, "S", &quota->storage_used_bytes, &quota->storage_limit_kib) ||
	    !take_resource(root, "M", &quota->messages_used, &quota->messages_limit) ||
	    !take_resource(root, "AS", &other, &quota->annotations_limit_kib) ||
	    !take_resource(root, "NF", &other, &quota->folders_limit))
		return ck_err_set(err, CK_ECORRUPT, "it is no list of resources");
	return 0;
}

/* "used limit", then for each further resource its name, used and limit. */
static int parse_quota_words(const char *value, size_t len, struct quota *quota, struct ck_err *err)
{
	struct words w = {.p = value, .end = value + len};
	const char *name;
	size_t name_len;
	if (!take_number(&w, &quota->storage_used_bytes) ||
	    !take_number(&w, &quota->storage_limit_kib))
		return ck_err_set(err, CK_ECORRUPT, "it does not begin with two numbers");
	while (take_word(&w, &name, &name_len)) {
		int64_t used, limit;
		if (!take_number(&w, &used) || !take_number(&w, &limit))
			return ck_err_set(err, CK_ECORRUPT, "a resource without two numbers");
		if (name_len == 1 && name[0] == 'M') {
			quota->messages_used = used;
			quota->messages_limit = limit;
		} else if (name_len == 2 && memcmp(name, "AS", 2) == 0) {
			quota->annotations_limit_kib = limit;
		} else if (name_len == 2 && memcmp(name, "NF", 2) == 0) {
			quota->folders_limit = limit;
		}
	}
	return 0;
}

int quota_parse(const char *value, size_t len, struct quota *ret, struct ck_err *err)
{
	struct quota quota = {.storage_limit_kib = -1,
	                      .messages_limit = -1,
	                      .annotations_limit_kib = -1,
	                      .folders_limit = -1};
	int r = len > 0 && value[0] == '%' ? parse_quota_dlist(value, len, &quota, err)
	                                   : parse_quota_words(value, len, &quota, err);
	if (r < 0)
		return r == CK_ENOMEM ? r : ck_err_prefix(err, "a quota cannot be read");
	*ret = quota;
	return 0;
}

bool quota_is_free(const struct quota *q)
{
	return q->storage_limit_kib < 0 && q->messages_limit < 0 && q->annotations_limit_kib < 0 &&
	       q->folders_limit < 0;
}
