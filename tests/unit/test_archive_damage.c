/* SPDX-License-Identifier: BSD-2-Clause */
/* Damage in the store becomes findings and grades; damage in an archive is found and named. */
#include "support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/frame.h"
#include "archive/seektable.h"
#include "archive/verify.h"
#include "base/fs.h"
#include "base/spawn.h"
#include "support/backup.h"
#include "support/dbwriter.h"
#include <cyrkeep/archive.h>

/* Turn the byte at @at (from the end when negative) of a file. */
static void bend(const char *path, off_t at)
{
	unsigned char byte;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	if (at < 0)
		at += lseek(fd, 0, SEEK_END);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x20;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	assert_int_equal(close(fd), 0);
}

/* One thing that is wrong in the store, and what must be said. */
struct damage {
	const char *file;
	enum { BEND, CUT, GONE, ADD, GARBAGE, NOISE, PIPE, ODD } how;
	off_t at;
	const char *finding; /* "MAILBOX UID CODE" */
	enum ck_grade grade; /* of that mailbox; CK_GRADE_MAX_: of none */
	const char *also;    /* what follows from it */
};

static const struct damage damages[] = {
	{SPOOL_ANNE "/3.", BEND, 90, "user/anne 3 guid-mismatch", CK_GRADE_C},
	{SPOOL_ANNE "/3.", CUT, 100, "user/anne 3 guid-mismatch", CK_GRADE_C},
	{SPOOL_ANNE "/5.", GONE, 0, "user/anne 5 missing-file", CK_GRADE_C},
	{SPOOL_ANNE "/99.", ADD, 0, "user/anne 99 orphan-file", CK_GRADE_C},
	{SPOOL_ANNE "/1.", PIPE, 0, "user/anne 1 special-file", CK_GRADE_C},
	{SPOOL_ANNE "/odd", ODD, 0, "user/anne 0 special-file", CK_GRADE_A},
	{SPOOL_SENT "/cyrus.header", PIPE, 0, "user/anne/Sent 0 header-unreadable", CK_GRADE_C,
         "user/anne/Sent 0 special-file"},
	{SPOOL_ANNE "/cyrus.index", CUT, -50, "user/anne 0 torn-index", CK_GRADE_C,
         "user/anne 6 orphan-file"},
	{SPOOL_SENT "/cyrus.index", BEND, 160 + 24, "user/anne/Sent 1 record-crc", CK_GRADE_C},
	{SPOOL_SENT "/cyrus.index", BEND, 30, "user/anne/Sent 0 record-crc", CK_GRADE_C},
	{SPOOL_SENT "/cyrus.index", GARBAGE, 0, "user/anne/Sent 0 index-unreadable", CK_GRADE_F},
	{SPOOL_SENT "/cyrus.index", GONE, 0, "user/anne/Sent 0 index-unreadable", CK_GRADE_F},
	{SPOOL_SENT "/cyrus.header", GARBAGE, 0, "user/anne/Sent 0 header-unreadable", CK_GRADE_C},
	{SPOOL_BOBA "/2.", GONE, 0, "user/bob 2 missing-file", CK_GRADE_C},
	{"one/uuid/z/z/zzlost00001/1.", ADD, 0, "- 0 unlisted-directory", CK_GRADE_MAX_},
	{"one/5.", ADD, 0, "- 0 unlisted-directory", CK_GRADE_MAX_},
	{"one/uuid/cyrus.index", ADD, 0, "- 0 unlisted-directory", CK_GRADE_MAX_},
	{"conf/annotations.db", CUT, 40, "- 0 database-unreadable", CK_GRADE_MAX_},
	{"conf/annotations.db", CUT, 10, "- 0 database-unreadable", CK_GRADE_MAX_},
	{"conf/annotations.db", GARBAGE, 0, "- 0 database-unreadable", CK_GRADE_MAX_},
	{"conf/annotations.db", NOISE, 0, "- 0 database-unreadable", CK_GRADE_MAX_},
	{"conf/user/a/anne.seen", CUT, 40, "- 0 database-unreadable", CK_GRADE_MAX_},
	{"conf/user/a/anne.seen", GARBAGE, 0, "- 0 database-unreadable", CK_GRADE_MAX_},
	{"conf/user/a/anne.seen", NOISE, 0, "- 0 database-unreadable", CK_GRADE_MAX_},
	{"conf/user/a/anne.sub", GARBAGE, 0, "- 0 database-unreadable", CK_GRADE_MAX_},
	{"conf/user/a/anne.sub", NOISE, 0, "- 0 database-unreadable", CK_GRADE_MAX_},
	{"conf/user/a/anne.dav", NOISE, 0, "- 0 database-unreadable", CK_GRADE_MAX_},
	{"conf/quota/a/user.anne", GARBAGE, 0, "- 0 database-unreadable", CK_GRADE_MAX_},
	{"conf/quota/a/user.anne", NOISE, 0, "- 0 database-unreadable", CK_GRADE_MAX_},
};

static void do_damage(const struct spool *s, const struct damage *d)
{
	static const char garbage[400] = "This is no file of Cyrus.";
	CK_FREE char *path = spool_path(s, d->file);
	struct stat st;
	switch (d->how) {
	case BEND:
		bend(path, d->at);
		break;
	case CUT:
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(truncate(path, d->at < 0 ? st.st_size + d->at : d->at), 0);
		break;
	case GONE:
		assert_int_equal(unlink(path), 0);
		break;
	case ADD:
		test_write(path, "Subject: lost\r\n\r\n", 17);
		break;
	case GARBAGE:
		test_write(path, garbage, sizeof garbage);
		break;
	case NOISE:
		test_write(path, "\1\2\3\4\5\6\7\10", 8);
		break;
	case PIPE:
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkfifo(path, 0600), 0);
		break;
	case ODD:
		assert_int_equal(mkfifo(path, 0600), 0);
		break;
	}
}

static void check_grades(const struct spool *s, const struct damage *d)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive *a = NULL;
	struct ck_archived_mailbox *m = NULL;
	size_t n = 0;
	assert_ok(ck_archive_open(&s->settings, "7", &a, &err), &err);
	assert_ok(ck_archive_mailboxes(a, &m, &n, &err), &err);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(m[i].name);
		bool hurt = d->grade != CK_GRADE_MAX_ && strncmp(d->finding, m[i].name, len) == 0 &&
		            d->finding[len] == ' ';
		if (m[i].grade != (hurt ? d->grade : CK_GRADE_A))
			fail_msg("'%s': mailbox '%s' has grade %c", d->finding, m[i].name,
			         ck_grade_letter(m[i].grade));
	}
	ck_archived_mailboxes_free(m, n);
	ck_archive_close(a);
}

static void test_each_damage_of_the_store_is_a_finding_and_costs_the_grade(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(damages); i++) {
		struct spool *s = spool_new();
		struct backup b;
		do_damage(s, &damages[i]);
		backup_run(&b, s, NULL, false);
		assert_ok(b.r, &b.err);
		size_t want = 1 + (damages[i].also != NULL);
		if (b.findings.n != want || backup_found(&b, damages[i].finding) != 1 ||
		    (damages[i].also && backup_found(&b, damages[i].also) != 1))
			fail_msg("%s: %zu findings, the first is '%s', expected '%s'",
			         damages[i].file, b.findings.n,
			         b.findings.n ? b.findings.items[0] : "", damages[i].finding);
		check_grades(s, &damages[i]);
		/* It is an archive all the same, and sound in itself. */
		struct backup v = {0};
		backup_listen(&v);
		assert_ok(archive_verify(&s->settings, "7", &v.run, &v.report, &v.err), &v.err);
		if (v.findings.n)
			fail_msg("%s: verify found '%s'", damages[i].file, v.findings.items[0]);
		backup_fini(&v);
		backup_fini(&b);
		spool_free(s);
	}
}

static void test_an_index_of_a_later_version_wants_a_later_cyrkeep(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	CK_FREE char *path = spool_path(s, SPOOL_SENT "/cyrus.index");
	CK_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
	static const uint8_t version[4] = {0, 0, 0, 21};
	assert_int_equal(pwrite(fd, version, sizeof version, 8), 4);
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	assert_int_equal(b.findings.n, 1);
	assert_string_equal(b.findings.items[0], "user/anne/Sent 0 index-unreadable");
	assert_true(test_contains(b.remedies.items[0], "update cyrkeep"));
	assert_true(test_contains(b.remedies.items[0], "kept here as they are"));
	assert_false(test_contains(b.remedies.items[0], "run reconstruct"));
	backup_fini(&b);
	spool_free(s);
}

/* Neither lost nor told as mail: what somebody put among the directories of a partition. */
static void test_files_among_the_directories_are_kept(void **state)
{
	(void)state;
	static const char *const names[] = {"one/notes.txt", "one/uuid/a/odd\n\033[31mname",
	                                    "meta/aquota.user"};
	struct spool *s = spool_new();
	struct backup b;
	CK_FREE char *pipe = spool_path(s, "one/pipe");
	assert_int_equal(mkfifo(pipe, 0600), 0);
	for (size_t i = 0; i < CK_COUNT(names); i++) {
		CK_FREE char *path = spool_path(s, names[i]);
		test_write(path, "kept\n", 5);
	}
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	assert_int_equal(b.findings.n, 0);
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	const char *tar[] = {"tar", "--zstd",      "--quoting-style=literal",
	                     "-tf", b.report.path, NULL};
	int status = -1;
	assert_ok(spawn_run(tar, 60000, &out, &status, &b.err), &b.err);
	for (size_t i = 0; i < CK_COUNT(names); i++)
		if (!strstr(out.data, names[i]))
			fail_msg("'%s' is not in the archive", names[i]);
	assert_null(strstr(out.data, "one/pipe"));
	backup_fini(&b);
	spool_free(s);
}

static const char records[] = "Nuser\x1f"
			      "anne\t%(T e I anneinbox01 P default V 4711 A %(anne lrs))\n"
			      "Nuser\x1f"
			      "anne\x1fSent\t%(T e I sent\n"
			      "Nuser\x1f"
			      "bob\t%(T e I bobinbox001 P two V 4711 A %(bob lrs))\n";

static void test_a_torn_record_of_the_list_is_told(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	CK_FREE char *list = spool_path(s, "conf/mailboxes.db");
	test_write(list, records, sizeof records - 1);
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	assert_int_equal(b.report.mailboxes, 3);
	assert_int_equal(b.findings.n, 2);
	assert_int_equal(backup_found(&b, "- 0 database-unreadable"), 1);
	assert_int_equal(backup_found(&b, "user/anne/Sent 0 unlisted-mailbox"), 1);
	backup_fini(&b);
	spool_free(s);
}

/* What mailboxes.db has lost is in the archive as its header says, on all of its partitions. */
static void test_mailboxes_that_the_list_has_lost_are_archived_as_such(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	CK_FREE char *list = spool_path(s, "conf/mailboxes.db");
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT;
	test_write(list, records, (size_t)(strchr(records, '\n') + 1 - records));
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	assert_int_equal(b.findings.n, 2);
	assert_int_equal(backup_found(&b, "user/anne/Sent 0 unlisted-mailbox"), 1);
	assert_int_equal(backup_found(&b, "user/bob 0 unlisted-mailbox"), 1);
	assert_int_equal(b.report.messages, 9);
	assert_int_equal(b.report.grades[CK_GRADE_C], 2);
	struct ck_archive *a = NULL;
	struct ck_archived_mailbox *m = NULL;
	size_t n = 0;
	assert_ok(ck_archive_open(&s->settings, "7", &a, &b.err), &b.err);
	assert_ok(ck_archive_mailboxes(a, &m, &n, &b.err), &b.err);
	assert_int_equal(n, 3);
	assert_string_equal(m[2].name, "user/bob");
	assert_string_equal(m[2].intname, "user.bob");
	assert_string_equal(m[2].uniqueid, "bobinbox001");
	assert_string_equal(m[2].partition, "two");
	assert_string_equal(m[2].user, "bob");
	assert_string_equal(m[2].acl, "anne\tlrswipkxtecdan\t");
	assert_int_equal(m[2].flags, CK_MBOX_INBOX);
	ck_archived_mailboxes_free(m, n);
	assert_ok(ck_archive_message(a, "user/bob", 2, &raw, &b.err), &b.err);
	assert_true(test_contains(raw.data, "Subject: old"));
	ck_archive_close(a);
	struct backup v = {0};
	backup_listen(&v);
	assert_ok(archive_verify(&s->settings, "7", &v.run, &v.report, &v.err), &v.err);
	assert_int_equal(v.findings.n, 0);
	backup_fini(&v);
	backup_fini(&b);
	spool_free(s);
}

/* As 3.x keeps them with conversations: big-endian numbers. */
static void test_counters_are_no_database(void **state)
{
	(void)state;
	static const char counters[100] = {0, 0, 0, 6, 0, 0, 0, 9};
	struct spool *s = spool_new();
	struct backup b;
	CK_FREE char *anne = spool_path(s, "conf/user/a/anne.counters");
	CK_FREE char *shared = spool_path(s, "conf/shared.counters");
	test_write(anne, counters, sizeof counters);
	test_write(shared, counters, sizeof counters);
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	assert_int_equal(b.report.findings, 0);
	backup_fini(&b);
	spool_free(s);
}

/* Cut at any place, a database with records is told, and everything else is in the archive. */
static void test_a_database_cut_anywhere_is_told(void **state)
{
	(void)state;
	static const char *const names[] = {"conf/annotations.db", "conf/user/a/anne.seen"};
	struct spool *s = spool_new();
	CK_FREE char *big = spool_path(s, SPOOL_ANNE "/4.");
	assert_int_equal(truncate(big, 100), 0); /* a finding of its own, but quicker */
	for (size_t i = 0; i < CK_COUNT(names); i++) {
		CK_FREE char *path = spool_path(s, names[i]);
		struct dbwriter *w = dbwriter_new(i ? DB_SKIPLIST : DB_TWOSKIP);
		for (char key[] = "k0"; key[1] <= '9'; key[1]++)
			dbwriter_puts(w, key, "a value that is long enough to be cut");
		dbwriter_commit(w);
		const struct ck_buf *image = dbwriter_image(w);
		for (size_t len = 1; len <= image->len; len += 61) {
			struct backup b;
			test_write(path, image->data, len);
			backup_run(&b, s, NULL, false);
			assert_ok(b.r, &b.err);
			size_t found = backup_found(&b, "- 0 database-unreadable");
			if (b.findings.n != found + 1 || found > 1 ||
			    (!found && len + 40 < image->len))
				fail_msg("%s cut to %zu of %zu: %zu findings", names[i], len,
				         image->len, b.findings.n);
			assert_int_equal(unlink(b.report.path), 0);
			backup_fini(&b);
		}
		test_write(path, image->data, image->len);
		dbwriter_free(w);
	}
	spool_free(s);
}

static void test_a_store_that_cannot_be_read_at_all_is_refused(void **state)
{
	(void)state;
	static const char *const all[] = {SPOOL_ANNE "/cyrus.index", SPOOL_SENT "/cyrus.index",
	                                  SPOOL_BOBM "/cyrus.index"};
	struct spool *s = spool_new();
	struct backup b;
	for (size_t i = 0; i < CK_COUNT(all); i++) {
		const struct damage d = {.file = all[i], .how = GONE};
		do_damage(s, &d);
	}
	backup_run(&b, s, NULL, false);
	assert_err(b.r, &b.err, CK_EGATE, "could be read");
	backup_fini(&b);
	spool_free(s);
}

/* A backup, its bytes, and where its frames lie. */
struct sample {
	struct spool *s;
	struct backup b;
	struct ck_buf bytes;
	struct seektable table;
};

static void sample_make(struct sample *x)
{
	*x = (struct sample){.s = spool_new(), .bytes = CK_BUF_INIT};
	uint64_t len = 0;
	backup_run(&x->b, x->s, NULL, false);
	assert_ok(x->b.r, &x->b.err);
	assert_ok(fs_read_file(AT_FDCWD, x->b.report.path, 1u << 30, &x->bytes, &x->b.err),
	          &x->b.err);
	const uint8_t *end = (const uint8_t *)x->bytes.data + x->bytes.len;
	assert_ok(seektable_length(end - SEEKTABLE_FOOTER, x->bytes.len, &len, &x->b.err),
	          &x->b.err);
	assert_ok(seektable_parse(end - len, len, x->bytes.len, &x->table, &x->b.err), &x->b.err);
	assert_true(x->table.n >= 5);
}

static void sample_free(struct sample *x)
{
	seektable_fini(&x->table);
	ck_buf_fini(&x->bytes);
	backup_fini(&x->b);
	spool_free(x->s);
}

/* An archive that is cut to @len bytes must not open, and must say so by name. */
static void must_not_open(const struct sample *x, const char *path, size_t len)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive *a = NULL;
	assert_int_equal(truncate(path, (off_t)len), 0);
	int r = ck_archive_open(&x->s->settings, path, &a, &err);
	if (r != CK_ECORRUPT || !test_contains(err.msg, "cut.tar.zst"))
		fail_msg("cut to %zu of %zu bytes: %d '%s'", len, x->bytes.len, r, err.msg);
}

static void test_an_archive_cut_anywhere_is_named_damaged(void **state)
{
	(void)state;
	struct sample x;
	sample_make(&x);
	CK_FREE char *path = spool_path(x.s, "cut.tar.zst");
	test_write(path, x.bytes.data, x.bytes.len);
	for (size_t back = 1; back < 200 && back < x.bytes.len; back++)
		must_not_open(&x, path, x.bytes.len - back);
	for (size_t i = x.table.n; i-- > 0;) {
		must_not_open(&x, path, x.table.frames[i].offset + x.table.frames[i].packed / 2);
		must_not_open(&x, path, x.table.frames[i].offset);
	}
	sample_free(&x);
}

/* Not every bit of a packed frame means something: does it unpack to what it was, checksum and all,
 * with the byte at @at turned? */
static bool is_harmless(const struct sample *x, const struct seekframe *f, off_t at)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf packed = CK_BUF_INIT, bytes = CK_BUF_INIT;
	struct frame_unpacker *u = NULL;
	assert_ok(frame_unpacker_new(&u, NULL), &(struct ck_err)CK_ERR_INIT);
	assert_int_equal(ck_buf_add(&packed, x->bytes.data + f->offset, f->packed), 0);
	packed.data[(uint64_t)at - f->offset] ^= 0x20;
	int r = frame_unpack(u, packed.data, packed.len, f->size, &bytes, NULL);
	frame_unpacker_free(u);
	return r == 0;
}

static void test_a_byte_turned_in_any_frame_is_found(void **state)
{
	(void)state;
	struct sample x;
	sample_make(&x);
	CK_FREE char *path = spool_path(x.s, "bent.tar.zst");
	test_write(path, x.bytes.data, x.bytes.len);
	for (size_t i = 0; i < x.table.n; i++) {
		off_t at = (off_t)(x.table.frames[i].offset + x.table.frames[i].packed / 2);
		while (is_harmless(&x, &x.table.frames[i], at))
			at++;
		struct backup v = {0};
		backup_listen(&v);
		bend(path, at);
		assert_ok(archive_verify(&x.s->settings, path, &v.run, &v.report, &v.err), &v.err);
		bend(path, at);
		assert_int_equal(v.report.result, CK_RESULT_FINDINGS);
		if (!v.findings.n)
			fail_msg("frame %zu of %zu: nothing was found", i, x.table.n);
		backup_fini(&v);
	}
	struct backup v = {0};
	backup_listen(&v);
	assert_ok(archive_verify(&x.s->settings, path, &v.run, &v.report, &v.err), &v.err);
	assert_int_equal(v.report.result, CK_RESULT_OK);
	backup_fini(&v);
	sample_free(&x);
}

static void test_damage_names_the_messages_it_costs(void **state)
{
	(void)state;
	struct sample x;
	sample_make(&x);
	/* anne's message 4 is the only one of several frames: the second frame is its. */
	struct backup v = {0};
	backup_listen(&v);
	size_t big = 0;
	for (size_t i = 0; i + 3 < x.table.n; i++)
		if (x.table.frames[i].size > x.table.frames[big].size)
			big = i;
	bend(x.b.report.path, (off_t)(x.table.frames[big].offset + 1000));
	assert_ok(archive_verify(&x.s->settings, "7", &v.run, &v.report, &v.err), &v.err);
	assert_int_equal(backup_found(&v, "- 0 frame-damaged"), 1);
	assert_int_equal(backup_found(&v, "user/anne 4 message-damaged"), 1);
	backup_fini(&v);
	sample_free(&x);
}

/* The name of the one archive, begun or not, in the destination, owned; NULL: there is none. */
static char *only_file(const struct spool *s)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv names = {0};
	DIR *dir = opendir(s->settings.destinations[0].path);
	assert_non_null(dir);
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (e->d_name[0] != '.' && !strstr(e->d_name, ".catalog."))
			assert_int_equal(ck_strv_add(&names, e->d_name), 0);
	}
	assert_int_equal(closedir(dir), 0);
	assert_true(names.n <= 1);
	return names.n ? strdup(names.items[0]) : NULL;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(text + n - m, end) == 0;
}

static void bend_the_sealed(struct backup *b, const struct spool *s)
{
	CK_FREE char *name = only_file(s);
	CK_FREE char *path = NULL;
	(void)b;
	assert_non_null(name);
	assert_true(ends_with(name, ".partial"));
	assert_true(asprintf(&path, "%s/%s", s->settings.destinations[0].path, name) > 0);
	bend(path, 2000);
}

static void test_what_does_not_read_back_is_no_archive(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	backup_run_sealed(&b, s, bend_the_sealed);
	assert_err(b.r, &b.err, CK_ECORRUPT, "does not read back");
	assert_true(test_contains(b.err.remedy, ".damaged"));
	CK_FREE char *left = only_file(s);
	assert_non_null(left);
	assert_true(ends_with(left, ".damaged"));
	backup_fini(&b);
	spool_free(s);
}

static void lose_the_catalogue(struct backup *b, const struct spool *s)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf pattern = CK_BUF_INIT;
	glob_t found;
	(void)b;
	(void)ck_buf_addf(&pattern, "%s/*.catalog.partial", s->settings.destinations[0].path);
	assert_int_equal(glob(pattern.data, 0, NULL, &found), 0);
	assert_int_equal(unlink(found.gl_pathv[0]), 0);
	globfree(&found);
}

static void test_a_catalogue_that_is_lost_before_the_seal_is_no_archive(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	backup_run_copied(&b, s, lose_the_catalogue);
	assert_err(b.r, &b.err, CK_EIO, "cannot finish the archive");
	assert_null(only_file(s));
	backup_fini(&b);
	spool_free(s);
}

static void cancel_the_check(struct backup *b, const struct spool *s)
{
	CK_FREE char *name = only_file(s);
	assert_true(name && ends_with(name, ".partial"));
	b->run.cancel = true;
}

static void test_a_cancelled_check_leaves_no_archive(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	backup_run_sealed(&b, s, cancel_the_check);
	assert_err(b.r, &b.err, CK_ECANCEL, "cancelled");
	assert_null(only_file(s));
	backup_fini(&b);
	spool_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_damage_of_the_store_is_a_finding_and_costs_the_grade),
		cmocka_unit_test(test_an_index_of_a_later_version_wants_a_later_cyrkeep),
		cmocka_unit_test(test_files_among_the_directories_are_kept),
		cmocka_unit_test(test_a_torn_record_of_the_list_is_told),
		cmocka_unit_test(test_mailboxes_that_the_list_has_lost_are_archived_as_such),
		cmocka_unit_test(test_a_database_cut_anywhere_is_told),
		cmocka_unit_test(test_counters_are_no_database),
		cmocka_unit_test(test_a_store_that_cannot_be_read_at_all_is_refused),
		cmocka_unit_test(test_an_archive_cut_anywhere_is_named_damaged),
		cmocka_unit_test(test_a_byte_turned_in_any_frame_is_found),
		cmocka_unit_test(test_damage_names_the_messages_it_costs),
		cmocka_unit_test(test_what_does_not_read_back_is_no_archive),
		cmocka_unit_test(test_a_catalogue_that_is_lost_before_the_seal_is_no_archive),
		cmocka_unit_test(test_a_cancelled_check_leaves_no_archive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
