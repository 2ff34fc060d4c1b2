/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/live.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/sha1.h"
#include "cyrus/imap_frame.h"

void live_fini(struct live *l)
{
	sync_mailbox_fini(&l->box);
	free(l->guids);
	*l = (struct live){0};
}

static int add_guid(struct live *l, const uint8_t guid[GUID_SIZE], struct ck_err *err)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 256;
		uint8_t *more = reallocarray(l->guids, cap, GUID_SIZE);
		if (!more)
			return ck_err_nomem(err);
		l->guids = more;
		l->cap = cap;
	}
	memcpy(l->guids + l->n++ * GUID_SIZE, guid, GUID_SIZE);
	return 0;
}

static int compare_guids(const void *a, const void *b)
{
	return memcmp(a, b, GUID_SIZE);
}

static void sort(struct live *l)
{
	if (l->n)
		qsort(l->guids, l->n, GUID_SIZE, compare_guids);
}

bool live_has(const struct live *l, const uint8_t guid[GUID_SIZE])
{
	return l->n && bsearch(guid, l->guids, l->n, GUID_SIZE, compare_guids);
}

static int take_record(void *arg, const struct sync_record *r, struct ck_err *err)
{
	return r->expunged ? 0 : add_guid(arg, r->guid, err);
}

int live_read_sync(struct imap *c, const char *intname, struct live *ret, struct ck_err *err)
{
	CK_CLEANUP(live_fini) struct live l = {0};
	int r = sync_get_full(c, intname, &l.box, take_record, &l, err);
	if (r < 0 && r != CK_ENOTFOUND)
		return r;
	l.exists = r == 0;
	sort(&l);
	*ret = l;
	l = (struct live){0};
	return 0;
}

/** "* 7 FETCH (UID 9 DIGEST.SHA1 e169…)" */
static int take_fetch(void *arg, const char *line, size_t len, struct ck_err *err)
{
	static const char key[] = "DIGEST.SHA1 ";
	const char *at = memmem(line, len, key, sizeof key - 1);
	uint8_t guid[GUID_SIZE];
	char hex[2 * GUID_SIZE + 1];
	if (!at || !memmem(line, len, " FETCH ", 7))
		return 0;
	at += sizeof key - 1;
	if (len - (size_t)(at - line) < 2 * GUID_SIZE)
		return ck_err_set(err, CK_ECORRUPT, "a digest that is cut short");
	memcpy(hex, at, 2 * GUID_SIZE);
	hex[2 * GUID_SIZE] = '\0';
	if (!hex_decode(hex, guid, GUID_SIZE))
		return ck_err_set(err, CK_ECORRUPT, "a digest that is none: '%s'", hex);
	return add_guid(arg, guid, err);
}

/** Who hashes, while bodies come in. */
struct hashing {
	struct live *live;
	struct sha1 *sha1;
};

bool live_body(const char *line, size_t len, const char **ret, size_t *ret_len)
{
	static const char key[] = "BODY[] {";
	const char *first = memchr(line, '\n', len);
	if (!first || first == line || !memmem(line, (size_t)(first - line), " FETCH ", 7) ||
	    !memmem(line, (size_t)(first - line), key, sizeof key - 1))
		return false;
	size_t front = (size_t)(first - line) - (first[-1] == '\r');
	if (imap_literal(line, front, ret_len, NULL, NULL, NULL) <= 0 ||
	    *ret_len > len - (size_t)(first + 1 - line))
		return false;
	*ret = first + 1;
	return true;
}

static int take_body(void *arg, const char *line, size_t len, struct ck_err *err)
{
	struct hashing *h = arg;
	uint8_t guid[GUID_SIZE];
	const char *body;
	size_t size;
	if (!live_body(line, len, &body, &size))
		return 0;
	sha1_begin(h->sha1);
	sha1_add(h->sha1, body, size);
	int r = sha1_end(h->sha1, guid, err);
	return r < 0 ? r : add_guid(h->live, guid, err);
}

/** Before 3.0 nobody tells digests: they are made of the messages themselves. */
static int hash_bodies(struct imap *c, struct live *l, struct ck_err *err)
{
	struct hashing h = {.live = l};
	int r = sha1_new(&h.sha1, err);
	if (r < 0)
		return r;
	l->n = 0;
	r = imap_commandf(c, take_body, &h, err, "UID FETCH 1:* (UID BODY.PEEK[])");
	sha1_free(h.sha1);
	return r;
}

int live_read_imap(struct imap *c, const char *wire, struct live *ret, struct ck_err *err)
{
	CK_CLEANUP(live_fini) struct live l = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	ck_buf_adds(&cmd, "EXAMINE ");
	imap_put_string(&cmd, wire, strlen(wire));
	if (cmd.failed)
		return ck_err_nomem(err);
	int r = imap_command(c, cmd.data, cmd.len, NULL, NULL, NULL, err);
	if (r == CK_EFAIL) { /* NO: not there, or not for him */
		*ret = l;
		return 0;
	}
	if (r < 0)
		return r;
	l.exists = true;
	struct ck_err why = CK_ERR_INIT;
	r = imap_commandf(c, take_fetch, &l, &why, "UID FETCH 1:* (UID DIGEST.SHA1)");
	if (r == CK_EFAIL)
		r = hash_bodies(c, &l, err);
	else if (r < 0 && err)
		*err = why;
	int closed = imap_is_dead(c) ? 0 : imap_commandf(c, NULL, NULL, NULL, "UNSELECT");
	(void)closed; /* the next command selects anew */
	if (r < 0)
		return r;
	sort(&l);
	*ret = l;
	l = (struct live){0};
	return 0;
}
