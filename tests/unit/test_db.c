/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/db.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>

#include "support/dbwriter.h"
#include "support/test.h"

static const enum db_backend kinds[] = {DB_TWOSKIP, DB_SKIPLIST, DB_FLAT};

/* The records as far as they can be read, as text; @return what the walk, or the opening, said. */
static int dump(const void *data, size_t len, struct ck_buf *ret, struct ck_err *err)
{
	CK_CLEANUP(db_closep) struct db *db = NULL;
	size_t records;
	int r = db_open_memory("test", data, len, &db, err);
	if (r == 0)
		r = db_dump(db, ret, &records, err);
	return r;
}

/* Once and, after a rewind, once more: records one by one. */
static void expect_in_parts(const struct ck_buf *image, const char *want)
{
	CK_CLEANUP(db_closep) struct db *db = NULL;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(db_open_memory("test", (const uint8_t *)image->data, image->len, &db, &err),
	          &err);
	for (int pass = 0; pass < 2; pass++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
		size_t records = 0, lines = 0;
		int r;
		do {
			r = db_dump_some(db, got.len + 1, &got, &records, &err);
			assert_ok(r, &err);
			lines += r > 0;
			assert_int_equal(records, lines);
		} while (r > 0);
		assert_string_equal(got.data, want);
		db_rewind(db);
	}
}

static void expect(struct dbwriter *w, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	const struct ck_buf *image = dbwriter_image(w);
	struct ck_err err = CK_ERR_INIT;
	assert_ok(dump(image->data, image->len, &got, &err), &err);
	assert_string_equal(got.data, want);
	expect_in_parts(image, want);
}

/* Several transactions with replacements and deletions; ends with STATE_LAST. */
#define STATE_1    "a\t1\nb\t2\nc\t3\nd\t4\n"
#define STATE_2    "a\tone\nb\t2\nd\t4\ne\t5\n"
#define STATE_LAST "aa\t\nb\ttwo, and long enough to need some filling\ne\t5\nf\t6\n"

/* The same with another "e", and records of a skiplist's log that make it so. */
#define STATE_AGAIN    "aa\t\nb\ttwo, and long enough to need some filling\ne\t9\nf\t6\n"
#define COMMITTED      "\0\0\0\xff"
#define DELETION(at)   "\0\0\0\4\0\0\0" at
#define ADDITION(k, v) "\0\0\0\2\0\0\0\1" k "\0\0\0\0\0\0\1" v "\0\0\0\0\0\0\0\xff\xff\xff\xff"

static struct dbwriter *write_history(enum db_backend kind)
{
	struct dbwriter *w = dbwriter_new(kind);
	dbwriter_puts(w, "a", "1");
	dbwriter_puts(w, "b", "2");
	dbwriter_puts(w, "c", "3");
	dbwriter_puts(w, "d", "4");
	dbwriter_commit(w);
	expect(w, STATE_1);
	dbwriter_puts(w, "a", "one");
	dbwriter_delete(w, "c", 1);
	dbwriter_puts(w, "e", "5");
	dbwriter_commit(w);
	expect(w, STATE_2);
	dbwriter_delete(w, "a", 1);
	dbwriter_delete(w, "d", 1);
	dbwriter_puts(w, "f", "6");
	dbwriter_puts(w, "aa", "");
	dbwriter_puts(w, "b", "two, and long enough to need some filling");
	dbwriter_commit(w);
	return w;
}

static void every_backend_gives_the_live_records_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(kinds); i++) {
		struct dbwriter *w = write_history(kinds[i]);
		expect(w, STATE_LAST);
		dbwriter_free(w);
	}
}

static void what_nobody_committed_is_not_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(kinds); i++) {
		struct dbwriter *w = write_history(kinds[i]);
		dbwriter_puts(w, "aa", "changed");
		dbwriter_puts(w, "zz", "new");
		dbwriter_delete(w, "e", 1);
		expect(w, STATE_LAST);
		dbwriter_commit(w);
		expect(w, "aa\tchanged\nb\ttwo, and long enough to need some filling\nf\t6\n"
		          "zz\tnew\n");
		dbwriter_free(w);
	}
}

static void an_empty_database_has_no_records(void **state)
{
	(void)state;
	struct ck_buf got = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(dump("", 0, &got, &err), &err);
	assert_ok(dump(NULL, 0, &got, &err), &err);
	assert_int_equal(got.len, 0);
	for (size_t i = 0; i < CK_COUNT(kinds); i++) {
		struct dbwriter *w = dbwriter_new(kinds[i]);
		expect(w, "");
		dbwriter_puts(w, "only", "one");
		dbwriter_commit(w);
		dbwriter_delete(w, "only", 4);
		dbwriter_commit(w);
		expect(w, "");
		dbwriter_free(w);
	}
}

static void keys_and_values_may_hold_any_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(kinds); i++) {
		struct dbwriter *w = dbwriter_new(kinds[i]);
		dbwriter_put(w, "k\0\t\n\r\\\xff\x1f", 8, "\xff\0\xffz\t\x7f", 6);
		dbwriter_commit(w);
		expect(w, "k\\x00\\t\\n\\r\\\\\xff\\x1F\t\xff\\x00\xffz\\t\\x7F\n");
		dbwriter_free(w);
	}
}

static void a_flat_file_of_2_4_is_not_escaped(void **state)
{
	(void)state;
	static const char text[] = "key\tv\xffz\nlast\tends in \xff\n";
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(dump(text, sizeof text - 1, &got, &err), &err);
	assert_string_equal(got.data, text);
}

static void a_quota_file_is_one_value_without_a_key(void **state)
{
	(void)state;
	static const char text[] = "4096\n100000\n";
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(dump(text, sizeof text - 1, &got, &err), &err);
	assert_string_equal(got.data, "\t4096\\n100000\n");
}

static void a_key_of_a_megabyte_is_read(void **state)
{
	(void)state;
	size_t len = 1 << 20;
	char *key = malloc(len);
	assert_non_null(key);
	memset(key, 'k', len);
	for (size_t i = 0; i < CK_COUNT(kinds); i++) {
		struct db *db;
		struct db_record record;
		struct ck_err err = CK_ERR_INIT;
		struct dbwriter *w = dbwriter_new(kinds[i]);
		dbwriter_put(w, key, len, "v", 1);
		dbwriter_puts(w, "last", "record");
		dbwriter_commit(w);
		const struct ck_buf *image = dbwriter_image(w);
		assert_ok(
			db_open_memory("test", (const uint8_t *)image->data, image->len, &db, &err),
			&err);
		assert_int_equal(db_kind(db), kinds[i]);
		assert_int_equal(db_next(db, &record, &err), 1);
		assert_int_equal(record.key_len, len);
		assert_memory_equal(record.key, key, len);
		db_rewind(db);
		assert_int_equal(db_next(db, &record, &err), 1);
		assert_int_equal(record.key_len, len);
		assert_int_equal(db_next(db, &record, &err), 1);
		assert_int_equal(record.key_len, 4);
		assert_int_equal(db_next(db, &record, &err), 0);
		assert_int_equal(db_next(db, &record, &err), 0);
		db_close(db);
		dbwriter_free(w);
	}
	free(key);
}

static void a_file_cut_anywhere_gives_an_older_state_or_a_beginning_and_an_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(kinds); i++) {
		struct dbwriter *w = write_history(kinds[i]);
		const struct ck_buf *image = dbwriter_image(w);
		size_t errors = 0;
		for (size_t len = 1; len < image->len; len++) {
			CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
			struct ck_err err = CK_ERR_INIT;
			/* a copy of that very size lets the sanitizer see one byte too far */
			char *cut = malloc(len);
			assert_non_null(cut);
			memcpy(cut, image->data, len);
			int r = dump(cut, len, &got, &err);
			free(cut);
			errors += r < 0;
			if (r < 0)
				assert_int_equal(r, CK_ECORRUPT);
			/* An old transaction of a skiplist file is a state that has been. */
			if (kinds[i] == DB_SKIPLIST && r == 0)
				assert_true(!strcmp(got.data, STATE_1) ||
				            !strcmp(got.data, STATE_2));
			else
				assert_int_equal(strncmp(got.data, STATE_LAST, got.len), 0);
			/* Whole lines cannot be missed. */
			if (kinds[i] == DB_FLAT)
				assert_int_equal(r < 0, image->data[len - 1] != '\n');
			/* Checksums and the count of records let nothing pass. */
			if (kinds[i] == DB_TWOSKIP && r == 0)
				assert_string_equal(got.data, STATE_LAST);
		}
		assert_true(errors > 10);
		dbwriter_free(w);
	}
}

static void a_changed_byte_is_noticed_or_does_no_harm(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(kinds); i++) {
		struct dbwriter *w = write_history(kinds[i]);
		const struct ck_buf *image = dbwriter_image(w);
		for (size_t at = 0; at < image->len * 8; at++) {
			CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
			struct ck_err err = CK_ERR_INIT;
			image->data[at / 8] ^= (char)(1 << at % 8);
			int r = dump(image->data, image->len, &got, &err);
			image->data[at / 8] ^= (char)(1 << at % 8);
			if (r < 0)
				assert_true(r == CK_ECORRUPT || r == CK_EUNSUPPORTED);
			if (r < 0)
				assert_true(err.msg[0] != '\0');
			/* The others have no checksums: what is read ends, and that is all. */
			if (kinds[i] == DB_TWOSKIP && r == 0)
				assert_string_equal(got.data, STATE_LAST);
		}
		expect(w, STATE_LAST);
		dbwriter_free(w);
	}
}

/* Offset of the record with @key in a twoskip image of small records. */
static size_t record_of(const struct ck_buf *image, const char *key)
{
	for (size_t at = 336; at + 24 < image->len; at += 8)
		if (image->data[at] == '+' &&
		    memcmp(image->data + at + 16 + 8 * (size_t)image->data[at + 1] + 8, key,
		           strlen(key)) == 0)
			return at;
	fail_msg("no record '%s'", key);
	return 0;
}

/* Lead both level-0 pointers of the record at @from to @to, with good checksums. */
static void lead(const struct ck_buf *image, size_t from, size_t to)
{
	size_t head = 8 + 8 * ((size_t)(unsigned char)image->data[from + 1] + 1);
	for (size_t p = from + 8; p < from + 24; p += 8)
		for (int i = 0; i < 8; i++)
			image->data[p + (size_t)i] = (char)((uint64_t)to >> (56 - 8 * i));
	uint32_t sum = (uint32_t)crc32(0, (unsigned char *)image->data + from, (unsigned)head);
	for (int i = 0; i < 4; i++)
		image->data[from + head + (size_t)i] = (char)(sum >> (24 - 8 * i));
}

static void a_loop_of_pointers_ends_with_its_offset(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to, *words;
	} loops[] = {
		{"c", "c", "out of order"},
		{"d", "a", "out of order"},
		{"b", NULL, "back to the beginning"},
		{"a", "c", "before the last record"},
	};
	for (size_t i = 0; i < CK_COUNT(loops); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
		struct ck_err err = CK_ERR_INIT;
		struct dbwriter *w = dbwriter_new(DB_TWOSKIP);
		for (const char *k = "a\0b\0c\0d\0"; *k; k += 2)
			dbwriter_puts(w, k, "value");
		dbwriter_commit(w);
		const struct ck_buf *image = dbwriter_image(w);
		lead(image, record_of(image, loops[i].from),
		     loops[i].to ? record_of(image, loops[i].to) : 64);
		int r = dump(image->data, image->len, &got, &err);
		assert_err(r, &err, CK_ECORRUPT, loops[i].words);
		assert_true(test_contains(err.msg, "offset"));
		dbwriter_free(w);
	}
}

/* improved_mboxlist_sort of 2.3.17 to 3.4: a tree stands together, whatever its neighbours hold. */
static void a_twoskip_file_may_have_dots_before_all_else(void **state)
{
	(void)state;
	static const char *const names[] = {"user.anne", "user.anne-marie", "user.anne.Sent",
	                                    "user.anne box", "user.anne-marie.x"};
	struct dbwriter *w = dbwriter_new(DB_TWOSKIP);
	dbwriter_sort_dots_first(w);
	for (size_t i = 0; i < CK_COUNT(names); i++)
		dbwriter_puts(w, names[i], "v");
	dbwriter_commit(w);
	expect(w, "user.anne\tv\nuser.anne.Sent\tv\nuser.anne box\tv\nuser.anne-marie\tv\n"
	          "user.anne-marie.x\tv\n");
	/* But it has one order, or a loop could be one. */
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	const struct ck_buf *image = dbwriter_image(w);
	lead(image, record_of(image, "user.anne-marie"), record_of(image, "user.anne.Sent"));
	int r = dump(image->data, image->len, &got, &err);
	assert_err(r, &err, CK_ECORRUPT, "out of order");
	dbwriter_free(w);
}

static void damage_stays_damage_until_the_walk_starts_over(void **state)
{
	(void)state;
	static const char text[] = "a\t1\nno tab\n";
	CK_CLEANUP(db_closep) struct db *db = NULL;
	struct ck_err err = CK_ERR_INIT;
	struct db_record record;
	assert_ok(db_open_memory("x.sub", (const uint8_t *)text, sizeof text - 1, &db, &err), &err);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(db_next(db, &record, &err), 1);
		assert_false(db_is_torn(db));
		assert_err(db_next(db, &record, &err), &err, CK_ECORRUPT, "'x.sub'");
		assert_err(db_next(db, &record, &err), &err, CK_ECORRUPT, "offset 4");
		assert_true(db_is_torn(db));
		db_rewind(db);
	}
}

/* What Cyrus's recovery makes of these is seen in test_db_cyrus.c. */
static void a_skiplist_is_read_as_cyrus_recovers_it(void **state)
{
	(void)state;
	static const struct {
		const char *log;
		size_t len;
		const char *want;
	} logs[] = {
		{DELETION("\x99") COMMITTED, 12, STATE_LAST},    /* of nothing */
		{DELETION("\x31") COMMITTED, 12, STATE_LAST},    /* of the dummy's inside */
		{ADDITION("e", "9") COMMITTED, 32, STATE_AGAIN}, /* of a key that is there */
		{ADDITION("e", "9"), 28, STATE_LAST},
		{ADDITION("e", "9") COMMITTED ADDITION("e", "0"), 60, STATE_AGAIN},
	};
	for (size_t i = 0; i < CK_COUNT(logs); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT, got = CK_BUF_INIT;
		struct ck_err err = CK_ERR_INIT;
		struct dbwriter *w = write_history(DB_SKIPLIST);
		const struct ck_buf *image = dbwriter_image(w);
		ck_buf_add(&bytes, image->data, image->len);
		ck_buf_add(&bytes, logs[i].log, logs[i].len);
		assert_ok(dump(bytes.data, bytes.len, &got, &err), &err);
		assert_string_equal(got.data, logs[i].want);
		dbwriter_free(w);
	}
}

static void backends_are_told_by_their_first_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
		enum db_backend kind;
		int code;
	} heads[] = {
		{"", 0, DB_FLAT, 0},
		{"user.anne\t0 default", 19, DB_FLAT, 0},
		{"\x1fVER\x1f\t2\n", 8, DB_FLAT, 0},
		{"4096\n100000\n", 12, DB_QUOTALEGACY, 0},
		{"%(S (4096 1000))\n", 17, DB_QUOTALEGACY, 0},
		{"4096\t100000\n", 12, DB_FLAT, 0},
		{"SQLite format 3\0\x10\0", 18, DB_SQL, CK_EUNSUPPORTED},
		{"\xa1\x02\x8b\x0dtwomfile\0\0\0\0", 16, DB_TWOM, CK_EUNSUPPORTED},
		{"\0\0\0\0\0\0\0\0\0\0\0\0\x62\x31\x05\0", 16, DB_BERKELEY, CK_EUNSUPPORTED},
		{"\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\x31\x62", 16, DB_BERKELEY, CK_EUNSUPPORTED},
		{"\0\0\0\0\0\0\0\0\0\0\0\0\x61\x15\x06\0", 16, DB_BERKELEY, CK_EUNSUPPORTED},
		{"\0\0\0\0\0\0\0\0\0\0\0\0\0\x06\x15\x61", 16, DB_BERKELEY, CK_EUNSUPPORTED},
		{"\xa1\x02\x8b\x0d", 4, DB_UNKNOWN, CK_ECORRUPT},
		{"\x7f"
	         "ELF\x02\x01",
	         6, DB_UNKNOWN, CK_ECORRUPT},
	};
	for (size_t i = 0; i < CK_COUNT(heads); i++) {
		struct db *db = NULL;
		struct ck_err err = CK_ERR_INIT;
		const uint8_t *bytes = (const uint8_t *)heads[i].bytes;
		assert_int_equal(db_detect(bytes, heads[i].len), heads[i].kind);
		assert_int_equal(db_open_memory("x", bytes, heads[i].len, &db, &err),
		                 heads[i].code);
		if (heads[i].code == CK_EUNSUPPORTED)
			assert_true(test_contains(err.msg, db_backend_name(heads[i].kind)));
		db_close(db);
	}
}

/* --- files --- */

static char *in_dir(const char *dir, const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

static void a_file_that_is_no_database_is_refused_by_name(void **state)
{
	(void)state;
	CK_FREE char *dir = test_tmpdir();
	CK_FREE char *path = in_dir(dir, "mailboxes.db");
	struct db *db = NULL;
	struct ck_err err = CK_ERR_INIT;
	assert_err(db_open(path, 0, &db, &err), &err, CK_ENOTFOUND, path);
	assert_err(db_open(dir, 0, &db, &err), &err, CK_EUNSUPPORTED, "zeroskip");
	test_write(path, "\1\2\3", 3);
	assert_err(db_open(path, 0, &db, &err), &err, CK_ECORRUPT, path);
	assert_null(db);
	test_rmtree(dir);
}

/* A child that holds a write lock on @path as Cyrus would. @return its pid; ends at a byte or the
 * end of @ret_pipe: then, where @by is not NULL, it first puts @by in the place of @path. */
static pid_t hold_lock(const char *path, const char *by, int *ret_pipe)
{
	int go[2], ready[2];
	char c;
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		int fd = open(path, O_RDWR);
		(void)close(go[1]);
		bool ok = fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0 && write(ready[1], "r", 1) == 1;
		if (ok && read(go[0], &c, 1) > 0)
			(void)usleep(150000);
		if (ok && by && rename(by, path) < 0)
			ok = false;
		_exit(ok ? 0 : 1);
	}
	(void)close(go[0]);
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	*ret_pipe = go[1];
	return pid;
}

static void reap(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_writer_is_waited_for_as_long_as_allowed(void **state)
{
	(void)state;
	CK_FREE char *dir = test_tmpdir();
	CK_FREE char *path = in_dir(dir, "anne.seen");
	struct db *db = NULL;
	struct db_record record;
	struct ck_err err = CK_ERR_INIT;
	int pipe_end;
	test_write(path, "a\tb\n", 4);
	pid_t pid = hold_lock(path, NULL, &pipe_end);
	assert_err(db_open(path, 30, &db, &err), &err, CK_EBUSY, path);
	assert_int_equal(write(pipe_end, "g", 1), 1);
	assert_ok(db_open(path, 10000, &db, &err), &err);
	assert_int_equal(db_next(db, &record, &err), 1);
	/* The lock was dropped although the database is open. */
	reap(pid);
	(void)close(pipe_end);
	pid = hold_lock(path, NULL, &pipe_end);
	(void)close(pipe_end);
	reap(pid);
	db_close(db);
	test_rmtree(dir);
}

static void a_file_replaced_while_we_waited_is_read_anew(void **state)
{
	(void)state;
	CK_FREE char *dir = test_tmpdir();
	CK_FREE char *path = in_dir(dir, "mailboxes.db");
	CK_FREE char *new = in_dir(dir, "mailboxes.db.NEW");
	struct db *db = NULL;
	struct db_record record;
	struct ck_err err = CK_ERR_INIT;
	int pipe_end;
	test_write(path, "old\tb\n", 6);
	test_write(new, "new\tb\n", 6);
	pid_t pid = hold_lock(path, new, &pipe_end);
	assert_int_equal(write(pipe_end, "g", 1), 1);
	assert_ok(db_open(path, 10000, &db, &err), &err);
	assert_int_equal(db_next(db, &record, &err), 1);
	assert_memory_equal(record.key, "new", 3);
	reap(pid);
	(void)close(pipe_end);
	db_close(db);
	test_rmtree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_backend_gives_the_live_records_in_order),
		cmocka_unit_test(what_nobody_committed_is_not_there),
		cmocka_unit_test(an_empty_database_has_no_records),
		cmocka_unit_test(keys_and_values_may_hold_any_byte),
		cmocka_unit_test(a_flat_file_of_2_4_is_not_escaped),
		cmocka_unit_test(a_quota_file_is_one_value_without_a_key),
		cmocka_unit_test(a_key_of_a_megabyte_is_read),
		cmocka_unit_test(
			a_file_cut_anywhere_gives_an_older_state_or_a_beginning_and_an_error),
		cmocka_unit_test(a_changed_byte_is_noticed_or_does_no_harm),
		cmocka_unit_test(a_loop_of_pointers_ends_with_its_offset),
		cmocka_unit_test(a_twoskip_file_may_have_dots_before_all_else),
		cmocka_unit_test(damage_stays_damage_until_the_walk_starts_over),
		cmocka_unit_test(a_skiplist_is_read_as_cyrus_recovers_it),
		cmocka_unit_test(backends_are_told_by_their_first_bytes),
		cmocka_unit_test(a_file_that_is_no_database_is_refused_by_name),
		cmocka_unit_test(a_writer_is_waited_for_as_long_as_allowed),
		cmocka_unit_test(a_file_replaced_while_we_waited_is_read_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
