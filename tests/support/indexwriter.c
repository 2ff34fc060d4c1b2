/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/indexwriter.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAGIC                                                                   \
	"\241\002\213\015Cyrus mailbox header\n"                                \
	"\"The best thing about this system was that it had lots of goals.\"\n" \
	"\t--Jim Morris on Andrew\n"

static void add(struct ck_buf *out, const void *data, size_t len)
{
	if (ck_buf_add(out, data, len) < 0)
		abort();
}

static void adds(struct ck_buf *out, const char *text)
{
	add(out, text, strlen(text));
}

static void put32(struct ck_buf *out, uint64_t value)
{
	uint8_t b[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
	                (uint8_t)value};
	add(out, b, sizeof b);
}

static void put64(struct ck_buf *out, uint64_t value)
{
	put32(out, value >> 32);
	put32(out, value);
}

static void put_nanos(struct ck_buf *out, int64_t seconds)
{
	put64(out, (uint64_t)seconds * 1000000000u);
}

static void put_zeros(struct ck_buf *out, size_t n)
{
	while (n-- > 0)
		add(out, "", 1);
}

/* The CRC over everything since @start. */
static void put_crc(struct ck_buf *out, size_t start)
{
	put32(out, crc32(0, (const uint8_t *)out->data + start, (uInt)(out->len - start)));
}

size_t indexwriter_header_size(uint32_t version)
{
	switch (version) {
	case 6:
	case 7:
		return 76;
	case 8:
		return 92;
	case 9:
	case 10:
		return 96;
	case 12:
	case 13:
		return 128;
	case 20:
		return 192;
	default:
		return version >= 14 && version <= 19 ? 160 : 0;
	}
}

size_t indexwriter_record_size(uint32_t version)
{
	switch (version) {
	case 6:
		return 60;
	case 7:
		return 72;
	case 8:
	case 9:
		return 80;
	case 10:
		return 88;
	case 12:
		return 96;
	case 13:
	case 14:
	case 15:
		return 104;
	case 20:
		return 144;
	default:
		return version >= 16 && version <= 19 ? 112 : 0;
	}
}

static void start_header(struct ck_buf *out, const struct index_header *h, size_t n)
{
	put32(out, h->generation);
	put32(out, h->format);
	put32(out, h->version);
	put32(out, indexwriter_header_size(h->version));
	put32(out, indexwriter_record_size(h->version));
	put32(out, n);
}

/* Versions 6 to 18: each only added at the end. */
static void put_header_old(struct ck_buf *out, const struct index_header *h, size_t n)
{
	size_t start = out->len;
	start_header(out, h, n);
	put32(out, (uint64_t)h->last_appenddate);
	put32(out, h->last_uid);
	put64(out, h->quota_bytes);
	put32(out, (uint64_t)h->pop3_last_login);
	put32(out, h->uidvalidity);
	put32(out, h->deleted);
	put32(out, h->answered);
	put32(out, h->flagged);
	put32(out, h->options);
	put32(out, 7); /* leaked cache records */
	if (h->version < 8) {
		put_zeros(out, 8);
		return;
	}
	put64(out, h->highestmodseq);
	if (h->version < 12) {
		put_zeros(out, indexwriter_header_size(h->version) - (out->len - start));
		return;
	}
	put64(out, h->deletedmodseq);
	put32(out, h->exists);
	put32(out, 1); /* first expunged */
	put32(out, 2); /* last repack */
	put32(out, 3); /* CRC of cyrus.header */
	put32(out, h->sync_crc);
	put32(out, h->recent_uid);
	put32(out, (uint64_t)h->recent_time);
	if (h->version == 12) {
		put_zeros(out, 12);
	} else {
		put32(out, 4); /* pop3_show_after */
		put32(out, 5); /* quota of annotations */
		put32(out, 12345678);
	}
	if (h->version >= 14) {
		put32(out, h->unseen);
		put_zeros(out, 28);
	}
	put_crc(out, start);
}

/* Versions 19 and 20 moved exists, options and the modseqs; 20 also the times and uids. */
static void put_header_new(struct ck_buf *out, const struct index_header *h, size_t n)
{
	size_t start = out->len;
	bool wide = h->version >= 20;
	start_header(out, h, n);
	if (wide) {
		put_nanos(out, h->last_appenddate);
		put64(out, h->quota_bytes);
		put_nanos(out, h->pop3_last_login);
	} else {
		put32(out, (uint64_t)h->last_appenddate);
		put32(out, h->last_uid);
		put64(out, h->quota_bytes);
		put32(out, (uint64_t)h->pop3_last_login);
		put32(out, h->uidvalidity);
	}
	put32(out, h->deleted);
	put32(out, h->answered);
	put32(out, h->flagged);
	put32(out, h->exists);
	put32(out, h->options);
	put32(out, 7); /* leaked cache records */
	put64(out, h->highestmodseq);
	put64(out, h->deletedmodseq);
	put32(out, wide ? h->last_uid : 1);
	put32(out, wide ? h->uidvalidity : 2);
	put32(out, 3); /* CRC of cyrus.header */
	put32(out, h->sync_crc);
	if (wide) {
		put_nanos(out, h->recent_time);
		put_zeros(out, 8);
	} else {
		put32(out, h->recent_uid);
		put32(out, (uint64_t)h->recent_time);
		put_zeros(out, 8);
	}
	put32(out, 12345678);
	put32(out, h->unseen);
	put_zeros(out, wide ? 56 : 28);
	if (wide)
		put32(out, h->recent_uid);
	put_crc(out, start);
}

void indexwriter_index_header(struct ck_buf *out, const struct index_header *header, size_t n)
{
	if (header->version >= 19)
		put_header_new(out, header, n);
	else
		put_header_old(out, header, n);
}

static void put_user_flags(struct ck_buf *out, const struct index_record *r)
{
	for (size_t i = 0; i < CK_COUNT(r->user_flags); i++)
		put32(out, r->user_flags[i]);
}

/* Versions 6 to 19. */
static void put_record_old(struct ck_buf *out, uint32_t version, const struct index_record *r)
{
	size_t start = out->len;
	put32(out, r->uid);
	put32(out, (uint64_t)r->internaldate);
	put32(out, (uint64_t)r->sentdate);
	put32(out, r->size);
	put32(out, r->header_size);
	put32(out, version < 12 ? r->header_size : (uint64_t)r->gmtime);
	put32(out, r->cache_offset);
	put32(out, (uint64_t)r->last_updated);
	put32(out, r->system_flags);
	put_user_flags(out, r);
	put32(out, version >= 15 ? (uint64_t)r->savedate : r->content_lines);
	put32(out, version >= 13 ? (r->cache_offset >> 32) << 16 | 11 : 3);
	if (version >= 10)
		add(out, r->guid, sizeof r->guid);
	else if (version >= 7)
		adds(out, "uuid-of-old."); /* twelve bytes */
	if (version >= 8)
		put64(out, r->modseq);
	if (version < 12)
		return;
	if (version >= 13)
		put64(out, r->cid);
	if (version >= 16)
		put64(out, r->createdmodseq);
	put32(out, r->cache_crc);
	put_crc(out, start);
}

static void put_record_20(struct ck_buf *out, const struct index_record *r)
{
	size_t start = out->len;
	put32(out, r->uid);
	put32(out, r->cache_offset);
	put_nanos(out, r->internaldate);
	put_nanos(out, r->sentdate);
	put64(out, r->size);
	put32(out, r->header_size);
	put32(out, r->system_flags);
	put_user_flags(out, r);
	put32(out, (r->cache_offset >> 32) << 16 | 14);
	add(out, r->guid, sizeof r->guid);
	put64(out, r->modseq);
	put64(out, r->cid);
	put64(out, r->createdmodseq);
	put_nanos(out, r->gmtime);
	put_nanos(out, r->last_updated);
	put_nanos(out, r->savedate);
	put64(out, 0); /* base conversation */
	put32(out, r->cache_crc);
	put_crc(out, start);
}

void indexwriter_index_record(struct ck_buf *out, uint32_t version,
                              const struct index_record *record)
{
	if (version >= 20)
		put_record_20(out, record);
	else
		put_record_old(out, version, record);
}

void indexwriter_index(struct ck_buf *out, const struct index_header *header,
                       const struct index_record *records, size_t n)
{
	indexwriter_index_header(out, header, n);
	for (size_t i = 0; i < n; i++)
		indexwriter_index_record(out, header->version, &records[i]);
}

/* As Cyrus chooses: NIL, quoted, or a literal for what quoting cannot hold. */
static void put_nstring(struct ck_buf *out, const char *text)
{
	if (!text) {
		adds(out, "NIL");
		return;
	}
	bool literal = strlen(text) >= 1024;
	for (const char *p = text; *p; p++)
		literal |= (unsigned char)*p >= 128 || strchr("\r\n\"%\\", *p) != NULL;
	if (literal && ck_buf_addf(out, "{%zu}\r\n", strlen(text)) < 0)
		abort();
	if (!literal)
		adds(out, "\"");
	adds(out, text);
	if (!literal)
		adds(out, "\"");
}

static void put_addresses(struct ck_buf *out, const struct indexwriter_address *a)
{
	if (!a->name && !a->local && !a->domain) {
		adds(out, "NIL");
		return;
	}
	adds(out, "((");
	put_nstring(out, a->name);
	adds(out, " NIL ");
	put_nstring(out, a->local);
	adds(out, " ");
	put_nstring(out, a->domain);
	adds(out, "))");
}

void indexwriter_cache(struct ck_buf *cache, uint32_t generation,
                       const struct indexwriter_envelope *envelope, struct index_record *record)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	adds(&text, "(");
	put_nstring(&text, envelope->date);
	adds(&text, " ");
	put_nstring(&text, envelope->subject);
	adds(&text, " ");
	for (int i = 0; i < 3; i++) { /* from, sender, reply-to */
		put_addresses(&text, &envelope->from);
		adds(&text, " ");
	}
	put_addresses(&text, &envelope->to);
	adds(&text, " NIL NIL NIL ");
	put_nstring(&text, envelope->message_id);
	adds(&text, ")");
	indexwriter_cache_text(cache, generation, text.data, text.len, record);
}

static void put_item(struct ck_buf *cache, const void *data, size_t len)
{
	put32(cache, len);
	add(cache, data, len);
	put_zeros(cache, (4 - len % 4) % 4);
}

void indexwriter_cache_text(struct ck_buf *cache, uint32_t generation, const void *envelope,
                            size_t len, struct index_record *record)
{
	static const char *const others[] = {
		"(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 1 NIL NIL NIL NIL)", /* BODYSTRUCTURE */
		"(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 1)",                 /* BODY */
		"",                                                              /* SECTION */
		"Priority: none\r\n",                                            /* HEADERS */
		"",                                                              /* FROM */
		"",                                                              /* TO */
		"",                                                              /* CC */
		"",                                                              /* BCC */
		"\"SUBJECT\"",                                                   /* SUBJECT */
	};
	if (cache->len == 0)
		put32(cache, generation);
	size_t start = cache->len;
	put_item(cache, envelope, len);
	for (size_t i = 0; i < CK_COUNT(others); i++)
		put_item(cache, others[i], strlen(others[i]));
	record->cache_offset = start;
	record->cache_crc = (uint32_t)crc32(0, (const uint8_t *)cache->data + start,
	                                    (uInt)(cache->len - start));
}

/* The last slot in use, plus one. */
static size_t count_flags(const struct mboxheader *h)
{
	size_t n = USER_FLAGS_MAX;
	while (n > 0 && !h->flags[n - 1])
		n--;
	return n;
}

static void put_mboxheader_old(struct ck_buf *out, const struct mboxheader *h)
{
	adds(out, h->quotaroot ? h->quotaroot : "");
	adds(out, "\t");
	adds(out, h->uniqueid);
	adds(out, "\n");
	for (size_t i = 0; i < count_flags(h); i++) {
		adds(out, h->flags[i] ? h->flags[i] : "");
		adds(out, " ");
	}
	adds(out, "\n");
	adds(out, h->acl);
	adds(out, "\n");
}

static void put_key(struct ck_buf *out, const char *key, const char *value)
{
	adds(out, key);
	adds(out, " ");
	adds(out, value ? value : "NIL");
}

static void put_mboxheader_new(struct ck_buf *out, const struct mboxheader *h)
{
	put_key(out, "%(T", "e");
	put_key(out, " N", h->name);
	put_key(out, " I", h->uniqueid);
	put_key(out, " Q", h->quotaroot);
	adds(out, " A %(");
	bool first = true;
	for (const char *p = h->acl; *p;) { /* id TAB rights TAB … */
		size_t len = strcspn(p, "\t");
		if (!first)
			adds(out, " ");
		add(out, p, len);
		p += len + (p[len] == '\t');
		first = false;
	}
	adds(out, ") U (");
	for (size_t i = 0; i < count_flags(h); i++) {
		adds(out, i ? " " : "");
		adds(out, h->flags[i] ? h->flags[i] : "NIL");
	}
	adds(out, "))\n");
}

void indexwriter_mboxheader(struct ck_buf *out, enum indexwriter_style style,
                            const struct mboxheader *header)
{
	add(out, MAGIC, sizeof MAGIC - 1);
	if (style == INDEXWRITER_NEW)
		put_mboxheader_new(out, header);
	else
		put_mboxheader_old(out, header);
}
