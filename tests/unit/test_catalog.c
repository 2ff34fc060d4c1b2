/* SPDX-License-Identifier: BSD-2-Clause */
/* The catalogue inside of something else: what is asked for is read, and no more. */
#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/catalog.h"
#include "base/fs.h"

#define BOXES        40
#define PER_BOX      5000
#define WHOLE_FRAMES 3 /* of PER_BOX messages, to lie in */

/* A catalogue of many messages, as bytes that count how many of them are read. */
struct sample {
	char *dir;
	struct ck_buf bytes;
	uint64_t read;
	bool broken;
};

static void fill(struct catalog *c, struct ck_err *err)
{
	char name[32];
	for (uint32_t box = 1; box <= BOXES; box++) {
		/* Numbered against the order of their names. */
		(void)snprintf(name, sizeof name, "user/u%02u", BOXES - box);
		struct ck_archived_mailbox m = {.name = name,
		                                .intname = name,
		                                .uniqueid = name,
		                                .partition = name,
		                                .acl = name,
		                                .special = name};
		assert_ok(catalog_put_mailbox(c, box, &m, err), err);
		for (uint32_t uid = 1; uid <= PER_BOX; uid++) {
			struct catalog_message row = {.mailbox = box,
			                              .uid = uid,
			                              .size = 100 + uid,
			                              .state = CATALOG_STORED,
			                              .frame = uid % WHOLE_FRAMES,
			                              .offset = box * PER_BOX + uid};
			assert_ok(catalog_put_message(c, &row, err), err);
		}
	}
}

static void sample_make(struct sample *s)
{
	struct ck_err err = CK_ERR_INIT;
	struct catalog *c = NULL;
	*s = (struct sample){.dir = test_tmpdir(), .bytes = CK_BUF_INIT};
	CK_FREE char *path = NULL;
	assert_true(asprintf(&path, "%s/catalog", s->dir) > 0);
	assert_ok(catalog_open(path, true, &c, &err), &err);
	fill(c, &err);
	assert_ok(catalog_commit(c, &err), &err);
	catalog_close(c);
	assert_ok(fs_read_file(AT_FDCWD, path, SIZE_MAX, &s->bytes, &err), &err);
}

static void sample_free(struct sample *s)
{
	ck_buf_fini(&s->bytes);
	test_rmtree(s->dir);
	free(s->dir);
}

static int give(void *arg, uint64_t offset, void *ret, size_t len, struct ck_err *err)
{
	struct sample *s = arg;
	if (s->broken)
		return ck_err_set(err, CK_ECORRUPT, "frame 7 is damaged");
	assert_true(offset + len <= s->bytes.len);
	memcpy(ret, s->bytes.data + offset, len);
	s->read += len;
	return 0;
}

static struct catalog *sample_open(struct sample *s)
{
	struct ck_err err = CK_ERR_INIT;
	struct catalog *c = NULL;
	const struct sql_source source = {
		.name = "sample", .read = give, .arg = s, .size = s->bytes.len};
	assert_ok(catalog_open_source(&source, &c, &err), &err);
	return c;
}

static void one_message_costs_a_few_pages(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct sample s;
	struct catalog_message m;
	uint32_t number = 0;
	sample_make(&s);
	assert_true(s.bytes.len > 4u << 20);
	struct catalog *c = sample_open(&s);
	assert_ok(catalog_find_mailbox(c, "user/u17", &number, &err), &err);
	assert_int_equal(number, BOXES - 17);
	assert_ok(catalog_find_message(c, number, 4321, &m, &err), &err);
	assert_int_equal(m.size, 4421);
	assert_true(s.read < 128u << 10);
	catalog_close(c);
	sample_free(&s);
}

static int count_uids(void *arg, const struct catalog_message *m, struct ck_err *err)
{
	(void)err;
	uint32_t *next = arg;
	assert_int_equal(m->uid, ++*next);
	return 0;
}

static void a_mailbox_is_listed_by_uid_and_mailboxes_by_name(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct sample s;
	struct ck_archived_mailbox *list = NULL;
	size_t n = 0;
	uint32_t last = 0;
	sample_make(&s);
	struct catalog *c = sample_open(&s);
	assert_ok(catalog_each_message(c, 3, count_uids, &last, &err), &err);
	assert_int_equal(last, PER_BOX);
	assert_true(s.read < s.bytes.len / 10);
	assert_ok(catalog_mailboxes(c, &list, &n, &err), &err);
	assert_int_equal(n, BOXES);
	for (size_t i = 1; i < n; i++)
		assert_true(strcmp(list[i - 1].name, list[i].name) < 0);
	ck_archived_mailboxes_free(list, n);
	catalog_close(c);
	sample_free(&s);
}

static void a_walk_meets_all_messages_where_they_lie(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct sample s;
	struct catalog_walk *w = NULL;
	struct catalog_message m, last = {0};
	size_t n = 0;
	int r;
	sample_make(&s);
	struct catalog *c = sample_open(&s);
	assert_ok(catalog_walk_new(c, &w, &err), &err);
	for (; (r = catalog_walk_next(w, &m, &err)) > 0; n++, last = m)
		assert_true(m.frame > last.frame ||
		            (m.frame == last.frame && m.offset > last.offset));
	assert_ok(r, &err);
	assert_int_equal(n, (size_t)BOXES * PER_BOX);
	catalog_walk_free(w);
	catalog_close(c);
	sample_free(&s);
}

static void what_cannot_be_read_is_told_by_who_reads_it(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct sample s;
	struct catalog_message m;
	struct catalog *c;
	sample_make(&s);
	s.broken = true;
	const struct sql_source source = {
		.name = "sample", .read = give, .arg = &s, .size = s.bytes.len};
	assert_err(catalog_open_source(&source, &c, &err), &err, CK_ECORRUPT, "frame 7 is damaged");
	s.broken = false;
	c = sample_open(&s);
	s.broken = true;
	assert_err(catalog_find_message(c, 9, 9, &m, &err), &err, CK_ECORRUPT,
	           "frame 7 is damaged");
	catalog_close(c);
	s.broken = false;
	s.bytes.data[0] = 'X';
	assert_err(catalog_open_source(&source, &c, &err), &err, CK_ECORRUPT, "sample");
	sample_free(&s);
}

/* Columns that are computed say more than the file has bytes: without a bound, as much as they
 * like. */
static void a_catalogue_that_says_more_than_it_holds_is_damaged(void **state)
{
	(void)state;
	struct sample s = {.dir = test_tmpdir(), .bytes = CK_BUF_INIT};
	struct ck_err err = CK_ERR_INIT;
	struct sql *db = NULL;
	struct ck_archived_mailbox *boxes = NULL;
	size_t n = 0;
	CK_FREE char *path = NULL;
	assert_true(asprintf(&path, "%s/catalog", s.dir) > 0);
	assert_ok(sql_open(path, SQL_BUILD, &db, &err), &err);
	assert_ok(sql_exec(db,
	                   "PRAGMA user_version=1;"
	                   "CREATE TABLE mailbox (number INTEGER PRIMARY KEY, name TEXT"
	                   " AS (hex(zeroblob(500000)) || number), intname, uniqueid, partition,"
	                   " acl, special, user, left_out_by, grade, flags, uidvalidity,"
	                   " highestmodseq, messages, bytes, messages_left_out);"
	                   "INSERT INTO mailbox (number) VALUES (1),(2),(3),(4),(5),(6)",
	                   &err),
	          &err);
	sql_close(db);
	assert_ok(fs_read_file(AT_FDCWD, path, SIZE_MAX, &s.bytes, &err), &err);
	struct catalog *c = sample_open(&s);
	assert_err(catalog_mailboxes(c, &boxes, &n, &err), &err, CK_ECORRUPT, "more of mailboxes");
	catalog_close(c);
	sample_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_message_costs_a_few_pages),
		cmocka_unit_test(a_mailbox_is_listed_by_uid_and_mailboxes_by_name),
		cmocka_unit_test(a_walk_meets_all_messages_where_they_lie),
		cmocka_unit_test(what_cannot_be_read_is_told_by_who_reads_it),
		cmocka_unit_test(a_catalogue_that_says_more_than_it_holds_is_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
