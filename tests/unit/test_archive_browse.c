/* SPDX-License-Identifier: BSD-2-Clause */
/* What opening a mailbox costs: nothing but its own frames. */
#include "support/test.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/check.h"
#include "archive/reader.h"
#include "support/backup.h"
#include "support/bigarchive.h"
#include <cyrkeep/archive.h>

/* Frames that a mailbox has something in. */
struct frames {
	const struct ck_archive *a;
	bool own[64];
};

static void mark(struct frames *f, uint32_t frame, uint32_t offset, uint64_t size)
{
	uint64_t end = offset + size;
	for (uint32_t i = frame; i < f->a->table.n && i < CK_COUNT(f->own); i++) {
		f->own[i] = true;
		if (end <= f->a->table.frames[i].size)
			return;
		end -= f->a->table.frames[i].size;
	}
}

static int mark_file(void *arg, const struct catalog_file *file, struct ck_err *err)
{
	(void)err;
	mark(arg, file->frame, file->offset, file->size);
	return 0;
}

static int mark_message(void *arg, const struct catalog_message *m, struct ck_err *err)
{
	(void)err;
	if (m->state & CATALOG_STORED)
		mark(arg, m->frame, m->offset, m->size);
	return 0;
}

/* Packed bytes of the frames of mailbox @name. */
static uint64_t cost(struct ck_archive *a, const char *name, bool messages)
{
	struct frames f = {.a = a};
	struct ck_err err = CK_ERR_INIT;
	uint32_t number = 0;
	uint64_t bytes = 0;
	assert_ok(catalog_find_mailbox(a->catalog, name, &number, &err), &err);
	assert_ok(catalog_each_file(a->catalog, number, mark_file, &f, &err), &err);
	if (messages)
		assert_ok(catalog_each_message(a->catalog, number, mark_message, &f, &err), &err);
	for (size_t i = 0; i < a->table.n && i < CK_COUNT(f.own); i++)
		bytes += f.own[i] ? a->table.frames[i].packed : 0;
	return bytes;
}

static struct ck_archive *open_latest(const struct spool *s)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive *a = NULL;
	assert_ok(ck_archive_open(&s->settings, "latest", &a, &err), &err);
	return a;
}

static void test_opening_a_mailbox_reads_only_its_frames(void **state)
{
	(void)state;
	static const char *const boxes[] = {"user/anne", "user/anne/Sent", "user/bob"};
	struct spool *s = spool_new();
	struct backup b;
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	for (size_t i = 0; i < CK_COUNT(boxes); i++) {
		struct ck_archived_message *m = NULL;
		size_t n = 0;
		struct ck_archive *a = open_latest(s); /* anew: no frame is kept */
		uint64_t before = ck_archive_bytes_read(a), whole = 0;
		assert_ok(ck_archive_messages(a, boxes[i], &m, &n, &b.err), &b.err);
		uint64_t read = ck_archive_bytes_read(a) - before, most = cost(a, boxes[i], false);
		for (size_t k = 0; k < a->table.n; k++)
			whole += a->table.frames[k].packed;
		if (read > most || read * 4 > whole)
			fail_msg("%s: %llu bytes read, its files have %llu, the archive %llu",
			         boxes[i], (unsigned long long)read, (unsigned long long)most,
			         (unsigned long long)whole);
		ck_archived_messages_free(m, n);
		ck_archive_close(a);
	}
	backup_fini(&b);
	spool_free(s);
}

static void test_reading_a_message_reads_only_its_frames(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT;
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	struct ck_archive *a = open_latest(s);
	uint64_t before = ck_archive_bytes_read(a);
	assert_ok(ck_archive_message(a, "user/bob", 2, &raw, &b.err), &b.err);
	assert_true(ck_archive_bytes_read(a) - before <= cost(a, "user/bob", true));
	/* Again, from the frame that is still unpacked. */
	before = ck_archive_bytes_read(a);
	assert_ok(ck_archive_message(a, "user/bob", 2, &raw, &b.err), &b.err);
	assert_int_equal(ck_archive_bytes_read(a), before);
	ck_archive_close(a);
	backup_fini(&b);
	spool_free(s);
}

/* What a hostile catalogue claims must cost neither memory nor time. */
static void test_claims_beyond_the_archive_are_refused_unread(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	struct ck_archive *a = open_latest(s);
	uint64_t before = ck_archive_bytes_read(a), all = 0;
	for (size_t i = 0; i < a->table.n; i++)
		all += a->table.frames[i].size;
	const struct catalog_file huge = {.member = "x", .size = UINT64_MAX};
	const uint32_t last = (uint32_t)a->table.n - 1, behind = a->table.frames[last].size + 1;
	assert_err(reader_range(a, 0, 0, all + 1, &bytes, &b.err), &b.err, CK_ECORRUPT, "claims");
	assert_err(reader_range(a, 0, 1, all, &bytes, &b.err), &b.err, CK_ECORRUPT, "claims");
	assert_err(reader_range(a, last, behind, 1, &bytes, &b.err), &b.err, CK_ECORRUPT, "claims");
	assert_err(reader_range(a, last + 1, 0, 1, &bytes, &b.err), &b.err, CK_ECORRUPT, "claims");
	assert_err(reader_file(a, &huge, &bytes, &b.err), &b.err, CK_ECORRUPT, "claims");
	assert_int_equal(ck_archive_bytes_read(a), before);
	assert_int_equal(bytes.cap, 0);
	assert_ok(reader_range(a, 0, 0, all, &bytes, &b.err), &b.err);
	assert_int_equal(bytes.len, all);
	ck_archive_close(a);
	backup_fini(&b);
	spool_free(s);
}

/* Kilobytes that a child takes at most beyond what it has at its start. */
static long memory_of(void (*work)(const struct spool *, const char *), const struct spool *s,
                      const char *path)
{
	int ends[2];
	long took = 0;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct rusage before, after;
		(void)getrusage(RUSAGE_SELF, &before);
		work(s, path);
		(void)getrusage(RUSAGE_SELF, &after);
		took = after.ru_maxrss - before.ru_maxrss;
		_exit(write(ends[1], &took, sizeof took) != sizeof took);
	}
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(read(ends[0], &took, sizeof took), sizeof took);
	assert_int_equal(close(ends[0]), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return took;
}

#define LARGE 12

static void read_heads(const struct spool *s, const char *path)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive *a = NULL;
	assert_ok(ck_archive_open(&s->settings, path, &a, &err), &err);
	for (uint32_t uid = 1; uid <= LARGE; uid++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT;
		uint64_t size = 0;
		assert_ok(ck_archive_message_head(a, "user/u00000", uid, 1000, &raw, &size, &err),
		          &err);
		assert_int_equal(raw.len, 1000);
		assert_int_equal(size, UINT64_C(3) << 30);
		assert_err(ck_archive_message(a, "user/u00000", uid, &raw, &err), &err,
		           CK_EUNSUPPORTED, "3221225472 bytes, more than the 1073741824");
		assert_int_equal(raw.len, 1000);
	}
	ck_archive_close(a);
}

static void check_all(const struct spool *s, const char *path)
{
	struct backup v = {0};
	struct check_result result;
	backup_listen(&v);
	assert_ok(archive_check(&s->settings, path, &v.run, false, &result, &v.err), &v.err);
	backup_fini(&v);
}

/* Kilobytes become a thousand times as many; of those not more are held than of our own frames. */
static void test_a_hostile_archive_takes_no_more_memory_than_ours(void **state)
{
	(void)state;
	if (test_is_slowed())
		test_skip("a sanitizer keeps memory that was given back");
	struct spool *s = spool_new();
	const struct bigarchive b = {.users = 1,
	                             .folders = 1,
	                             .messages = LARGE + 3,
	                             .large = LARGE,
	                             .claim = UINT64_C(3) << 30};
	CK_FREE char *path = spool_path(s, "mx-20261123T020000Z-full.tar.zst");
	bigarchive_write(path, &b);
	long heads = memory_of(read_heads, s, path), check = memory_of(check_all, s, path);
	print_message("reading takes %ld KB, checking %ld KB\n", heads, check);
	assert_in_range(heads, 0, 100 << 10);
	assert_in_range(check, 0, 450 << 10);
	spool_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opening_a_mailbox_reads_only_its_frames),
		cmocka_unit_test(test_reading_a_message_reads_only_its_frames),
		cmocka_unit_test(test_claims_beyond_the_archive_are_refused_unread),
		cmocka_unit_test(test_a_hostile_archive_takes_no_more_memory_than_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
