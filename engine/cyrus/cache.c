/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/cache.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/number.h"
#include "cyrus/address.h"
#include "cyrus/mime.h"

/* A record: ten items, each a length and as many bytes, filled up to a multiple of four. */
#define ITEMS 10

/* The first four bytes of the file are its generation. */
#define GENERATION_SIZE 4

void envelope_fini(struct envelope *e)
{
	free(e->date);
	free(e->subject);
	free(e->from);
	free(e->to);
	free(e->message_id);
	*e = (struct envelope){0};
}

/* Foreign bytes, and how far we are in them. */
struct text {
	const char *at, *end;
};

/* An nstring of the envelope, not copied. */
struct nstring {
	const char *text; /**< NULL: NIL. */
	size_t len;
};

static bool skip(struct text *t, const char *word)
{
	size_t len = strlen(word);
	if ((size_t)(t->end - t->at) < len || memcmp(t->at, word, len) != 0)
		return false;
	t->at += len;
	return true;
}

/* {n} CR LF and n bytes; the brace is already behind us. */
static bool parse_literal(struct text *t, struct nstring *ret)
{
	const char *brace = memchr(t->at, '}', (size_t)(t->end - t->at));
	uint64_t len;
	if (!brace || !number_parse(t->at, (size_t)(brace - t->at), UINT32_MAX, &len))
		return false;
	t->at = brace;
	if (!skip(t, "}\r\n") || len > (uint64_t)(t->end - t->at))
		return false;
	*ret = (struct nstring){t->at, (size_t)len};
	t->at += len;
	return true;
}

/* NIL, a literal, or quoted without any escaping: what needs some is written as a literal. */
static bool parse_nstring(struct text *t, struct nstring *ret)
{
	*ret = (struct nstring){NULL, 0};
	if (skip(t, "NIL"))
		return true;
	if (skip(t, "{"))
		return parse_literal(t, ret);
	if (!skip(t, "\""))
		return false;
	const char *quote = memchr(t->at, '"', (size_t)(t->end - t->at));
	if (!quote)
		return false;
	*ret = (struct nstring){t->at, (size_t)(quote - t->at)};
	t->at = quote + 1;
	return true;
}

/* The four parts of an address, decoded. */
static int add_address(struct address_list *list, struct nstring name, struct nstring local,
                       struct nstring domain)
{
	CK_FREE char *n = mime_decode_phrase(name.text, name.len);
	CK_FREE char *l = mime_plain_line(local.text, local.len);
	CK_FREE char *d = mime_plain_line(domain.text, domain.len);
	if (!n || !l || !d)
		return CK_ENOMEM;
	/* RFC 3501, 7.4.2: no domain is the start of a group, neither part its end. */
	if (!local.text)
		address_list_end_group(list);
	else if (!domain.text)
		address_list_start_group(list, l);
	else
		address_list_add(list, n, l, d);
	return 0;
}

/* (name route mailbox domain) */
static int parse_address(struct text *t, struct address_list *list)
{
	struct nstring name, route, local, domain;
	if (!skip(t, "(") || !parse_nstring(t, &name) || !skip(t, " ") ||
	    !parse_nstring(t, &route) || !skip(t, " ") || !parse_nstring(t, &local) ||
	    !skip(t, " ") || !parse_nstring(t, &domain) || !skip(t, ")"))
		return CK_ECORRUPT;
	return list ? add_address(list, name, local, domain) : 0;
}

/* A list of addresses, or NIL; @list may be NULL to step over it. @return a ck_code. */
static int parse_addresses(struct text *t, struct address_list *list)
{
	if (skip(t, "NIL"))
		return 0;
	if (!skip(t, "("))
		return CK_ECORRUPT;
	while (t->at < t->end && *t->at == '(') {
		int r = parse_address(t, list);
		if (r < 0)
			return r;
		(void)skip(t, " ");
	}
	return skip(t, ")") ? 0 : CK_ECORRUPT;
}

/* The parts of an envelope that we want. */
struct parts {
	struct nstring date, subject, in_reply_to, message_id;
	struct address_list from, to;
};

static void parts_fini(struct parts *p)
{
	address_list_fini(&p->from);
	address_list_fini(&p->to);
}

/* (date subject from sender reply-to to cc bcc in-reply-to message-id) */
static int parse_parts(struct text *t, struct parts *p)
{
	if (!skip(t, "(") || !parse_nstring(t, &p->date) || !skip(t, " ") ||
	    !parse_nstring(t, &p->subject) || !skip(t, " "))
		return CK_ECORRUPT;
	struct address_list *lists[] = {&p->from, NULL, NULL, &p->to, NULL, NULL};
	for (size_t i = 0; i < CK_COUNT(lists); i++) {
		int r = parse_addresses(t, lists[i]);
		if (r < 0)
			return r;
		if (!skip(t, " "))
			return CK_ECORRUPT;
	}
	if (!parse_nstring(t, &p->in_reply_to) || !skip(t, " ") ||
	    !parse_nstring(t, &p->message_id) || !skip(t, ")"))
		return CK_ECORRUPT;
	return 0;
}

static int parse_envelope(struct text t, struct envelope *ret, struct ck_err *err)
{
	CK_CLEANUP(parts_fini)
	struct parts p = {.from = ADDRESS_LIST_INIT, .to = ADDRESS_LIST_INIT};
	int r = parse_parts(&t, &p);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	if (r < 0)
		return ck_err_set(err, CK_ECORRUPT,
		                  "the cached envelope is broken %zu bytes before "
		                  "its end",
		                  (size_t)(t.end - t.at));
	CK_CLEANUP(envelope_fini)
	struct envelope e = {
		.date = mime_plain_line(p.date.text, p.date.len),
		.subject = mime_decode_text(p.subject.text, p.subject.len),
		.from = address_list_take(&p.from),
		.to = address_list_take(&p.to),
		.message_id = mime_plain_line(p.message_id.text, p.message_id.len),
	};
	if (!e.date || !e.subject || !e.from || !e.to || !e.message_id)
		return ck_err_nomem(err);
	*ret = e;
	e = (struct envelope){0};
	return 0;
}

/* Measure the record at @offset and find its first item. @return false when it does not fit. */
static bool find_record(const uint8_t *cache, size_t len, size_t offset, struct text *ret_envelope,
                        size_t *ret_len)
{
	size_t at = offset;
	for (int item = 0; item < ITEMS; item++) {
		if (len - at < 4)
			return false;
		uint64_t size = be32(cache + at);
		uint64_t padded = (size + 3) & ~(uint64_t)3;
		at += 4;
		if (padded > len - at)
			return false;
		if (item == 0) {
			const char *text = (const char *)cache + at;
			*ret_envelope = (struct text){text, text + size};
		}
		at += padded;
	}
	*ret_len = at - offset;
	return true;
}

int cache_envelope(const uint8_t *cache, size_t len, const struct index_header *header,
                   const struct index_record *record, struct envelope *ret, struct ck_err *err)
{
	uint64_t offset = record->cache_offset;
	if (offset == 0 || offset >= len)
		return ck_err_set(err, CK_ENOTFOUND, "message %u is not in the cache", record->uid);
	struct text envelope;
	size_t size;
	if (offset < GENERATION_SIZE || !find_record(cache, len, offset, &envelope, &size))
		return ck_err_set(err, CK_ECORRUPT,
		                  "message %u: no whole cache record at offset %llu", record->uid,
		                  (unsigned long long)offset);
	if (header->has_crc) {
		if (crc32_z(0, cache + offset, size) != record->cache_crc)
			return ck_err_set(err, CK_ECORRUPT,
			                  "message %u: wrong CRC of the cache record", record->uid);
	} else if (be32(cache) != header->generation) {
		/* Before CRCs, only the generation told whether the offsets are of this cache. */
		return ck_err_set(err, CK_ECORRUPT,
		                  "message %u: the cache is of generation %u, the index of %u",
		                  record->uid, be32(cache), header->generation);
	}
	int r = parse_envelope(envelope, ret, err);
	return r < 0 ? ck_err_prefix(err, "message %u", record->uid) : 0;
}
