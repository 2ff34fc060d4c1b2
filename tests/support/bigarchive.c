/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/bigarchive.h"

#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/catalog.h"
#include "archive/frame.h"
#include "archive/headline.h"
#include "archive/seektable.h"
#include "base/fs.h"

#define TEXTS  48
#define PIECE  (16u << 20) /* of the catalogue, for each frame */
#define HEADER 512

/** The messages that there are, one behind the other in the first frame. */
struct texts {
	struct ck_buf bytes;
	uint32_t offset[TEXTS + 1];
};

static struct texts make_texts(void)
{
	static const char *const words[] = {"Offer", "Minutes", "Re: keys", "Invoice", "Holiday"};
	struct texts t = {.bytes = CK_BUF_INIT};
	for (unsigned i = 0; i < TEXTS; i++) {
		ck_buf_addf(&t.bytes,
		            "From: \"Person %u\" <person%u@example.org>\r\n"
		            "To: office@example.org\r\n"
		            "Subject: %s of the %u. meeting about what else there is\r\n\r\n"
		            "text\r\n",
		            i, i, words[i % CK_COUNT(words)], i);
		t.offset[i + 1] = (uint32_t)t.bytes.len;
	}
	assert_false(t.bytes.failed);
	return t;
}

static void put_mailbox(struct catalog *c, const struct bigarchive *b, uint32_t number)
{
	static char none[] = "", partition[] = "default", acl[] = "u\tlrswipkxtecda\t";
	struct ck_err err = CK_ERR_INIT;
	char name[64], intname[64], user[16], id[24];
	size_t u = (number - 1) / b->folders, f = (number - 1) % b->folders;
	(void)snprintf(user, sizeof user, "u%05zu", u);
	(void)snprintf(id, sizeof id, "id%08x", number);
	(void)snprintf(name, sizeof name, f ? "user/%s/folder %zu" : "user/%s", user, f);
	(void)snprintf(intname, sizeof intname, f ? "user.%s.folder %zu" : "user.%s", user, f);
	struct ck_archived_mailbox m = {.name = name,
	                                .intname = intname,
	                                .uniqueid = id,
	                                .partition = partition,
	                                .acl = acl,
	                                .special = none,
	                                .user = user,
	                                .messages = number == 1 ? b->messages : number % 50,
	                                .bytes = (number == 1 ? b->messages : number % 50) * 1000};
	assert_ok(catalog_put_mailbox(c, number, &m, &err), &err);
}

static void fill_catalog(const char *path, const struct bigarchive *b, const struct texts *t)
{
	struct catalog *c = NULL;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(catalog_open(path, true, &c, &err), &err);
	for (uint32_t i = 1; i <= b->users * b->folders; i++)
		put_mailbox(c, b, i);
	for (uint32_t uid = 1; uid <= b->messages; uid++) {
		uint32_t text = uid * 7 % TEXTS;
		struct catalog_message m = {.mailbox = 1,
		                            .uid = uid,
		                            .size = t->offset[text + 1] - t->offset[text],
		                            .internaldate = 1700000000 + uid * 911 % 10000000,
		                            .state = CATALOG_STORED,
		                            .offset = t->offset[text]};
		if (uid <= b->large) {
			m.frame = uid;
			m.offset = 0;
			m.size = b->claim;
		}
		assert_ok(catalog_put_message(c, &m, &err), &err);
	}
	assert_ok(catalog_commit(c, &err), &err);
	catalog_close(c);
}

/** The file as it grows. */
struct out {
	int fd;
	struct frame_packer *packer;
	struct seektable table;
};

static void put_frame(struct out *o, const void *data, size_t len)
{
	struct ck_buf packed = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(frame_pack(o->packer, data, len, &packed, &err), &err);
	assert_int_equal(write(o->fd, packed.data, packed.len), packed.len);
	assert_int_equal(seektable_add(&o->table, (uint32_t)packed.len, (uint32_t)len), 0);
	ck_buf_fini(&packed);
}

static void put_headline(struct out *o, const struct bigarchive *b, size_t catalog_size)
{
	char frame[HEADER + 1024] = HEADLINE_MEMBER;
	int len = snprintf(frame + HEADER, sizeof frame - HEADER,
	                   "{\"format\":1,\"archive\":7,\"kind\":\"full\",\"method\":\"stop\","
	                   "\"host\":\"mx\",\"started\":\"2026-11-23T02:00:00Z\","
	                   "\"result\":\"ok\",\"mailboxes\":%zu,\"messages\":%zu,"
	                   "\"separator\":\"/\",\"plan\":{\"select\":[\"*\"],\"exclude\":[]},"
	                   "\"catalog\":{\"frame\":%zu,\"offset\":0,\"size\":%zu}}",
	                   b->users * b->folders, b->messages, b->large + 1, catalog_size);
	(void)snprintf(frame + 124, 13, "%012o", len);
	put_frame(o, frame, sizeof frame);
}

static void put_all(struct out *o, const struct bigarchive *b, const struct texts *t,
                    const struct ck_buf *catalog)
{
	static const char zeros[1024];
	struct ck_buf table = CK_BUF_INIT;
	put_frame(o, t->bytes.data, t->bytes.len);
	char *large = b->large ? calloc(1, FRAME_LIMIT) : NULL;
	for (size_t i = 0; i < b->large; i++)
		put_frame(o, large, FRAME_LIMIT);
	free(large);
	for (size_t at = 0; at < catalog->len; at += PIECE)
		put_frame(o, catalog->data + at,
		          catalog->len - at < PIECE ? catalog->len - at : PIECE);
	put_headline(o, b, catalog->len);
	put_frame(o, zeros, sizeof zeros);
	assert_int_equal(seektable_put(&o->table, &table), 0);
	assert_int_equal(write(o->fd, table.data, table.len), table.len);
	ck_buf_fini(&table);
}

void bigarchive_write(const char *path, const struct bigarchive *b)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_buf catalog = CK_BUF_INIT;
	struct texts t = make_texts();
	struct out o = {.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
	char *scratch = NULL;
	assert_true(o.fd >= 0);
	assert_true(asprintf(&scratch, "%s.catalog", path) > 0);
	fill_catalog(scratch, b, &t);
	assert_ok(fs_read_file(AT_FDCWD, scratch, (size_t)4 << 30, &catalog, &err), &err);
	assert_ok(frame_packer_new(1, &o.packer, &err), &err);
	put_all(&o, b, &t, &catalog);
	frame_packer_free(o.packer);
	seektable_fini(&o.table);
	close(o.fd);
	unlink(scratch);
	free(scratch);
	ck_buf_fini(&catalog);
	ck_buf_fini(&t.bytes);
}
