/* SPDX-License-Identifier: BSD-2-Clause */
/* Databases that Cyrus itself has written, and Cyrus's judgement of those that we wrote. */
#include "cyrus/db.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/spawn.h"
#include "support/dbwriter.h"
#include "support/test.h"

#define BIN "/usr/lib/cyrus/bin/"

struct fixture {
	char *dir, *conf;
	const char *user; /* who runs Cyrus's tools */
};

/* Cyrus opens for writing even what it only reads. */
static void give_to_cyrus(const char *path)
{
	const struct passwd *pw = getuid() == 0 ? getpwnam("cyrus") : NULL;
	if (pw)
		assert_int_equal(chown(path, pw->pw_uid, pw->pw_gid), 0);
}

/* Cyrus's tools run as cyrus_user only: root becomes cyrus, anybody else stays himself. */
static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	const struct passwd *pw = getuid() == 0 ? getpwnam("cyrus") : getpwuid(getuid());
	CK_FREE char *text = NULL;
	assert_non_null(f);
	f->dir = test_tmpdir();
	f->user = pw ? pw->pw_name : NULL;
	assert_true(asprintf(&f->conf, "%s/imapd.conf", f->dir) > 0);
	assert_true(asprintf(&text,
	                     "configdirectory: %s\ndefaultpartition: default\n"
	                     "partition-default: %s\ncyrus_user: %s\n",
	                     f->dir, f->dir, f->user ? f->user : "") > 0);
	test_write(f->conf, text, strlen(text));
	give_to_cyrus(f->dir);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	test_rmtree(f->dir);
	free(f->dir);
	free(f->conf);
	free(f);
	return 0;
}

static void need_cyrus(const struct fixture *f)
{
	if (f->user && access(BIN "cyr_dbtool", X_OK) == 0 && access(BIN "cvt_cyrusdb", X_OK) == 0)
		return;
	test_skip("Cyrus's tools (cyrus-common) or its user are not installed");
}

/* Run a tool with up to six arguments; fails unless it succeeds. */
static void cyrus(const struct fixture *f, const char *tool, const char *const *args)
{
	static const char *const become[] = {"setpriv", "--reuid=cyrus", "--regid=mail",
	                                     "--init-groups"};
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	const char *argv[16];
	struct ck_err err = CK_ERR_INIT;
	size_t n = 0;
	int status;
	for (size_t i = 0; getuid() == 0 && i < CK_COUNT(become); i++)
		argv[n++] = become[i];
	argv[n++] = tool;
	argv[n++] = "-C";
	argv[n++] = f->conf;
	while (*args)
		argv[n++] = *args++;
	argv[n] = NULL;
	assert_ok(spawn_run(argv, 20000, &out, &status, &err), &err);
	if (status != 0)
		fail_msg("%s ended with %d: %s", tool, status, out.data);
}

static char *path_of(const struct fixture *f, const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/%s", f->dir, name) > 0);
	return path;
}

static void dump_file(const char *path, enum db_backend kind, struct ck_buf *ret)
{
	CK_CLEANUP(db_closep) struct db *db = NULL;
	struct ck_err err = CK_ERR_INIT;
	size_t records;
	assert_ok(db_open(path, 1000, &db, &err), &err);
	assert_int_equal(db_kind(db), kind);
	assert_ok(db_dump(db, ret, &records, &err), &err);
}

static void expect_file(const char *path, enum db_backend kind, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	dump_file(path, kind, &got);
	assert_string_equal(got.data, want);
}

static void records_that_cyrus_sets_and_deletes_are_what_we_read(void **state)
{
	const struct fixture *f = *state;
	static const enum db_backend kinds[] = {DB_TWOSKIP, DB_SKIPLIST, DB_FLAT};
	need_cyrus(f);
	for (size_t i = 0; i < CK_COUNT(kinds); i++) {
		const char *kind = db_backend_name(kinds[i]);
		CK_FREE char *path = path_of(f, kind);
		static const char *const steps[][3] = {
			{"set", "bob", "two words"}, {"set", "anne", "1"}, {"set", "carl", "3"},
			{"set", "dora", "4"},        {"delete", "carl"},   {"set", "anne", "one"},
			{"delete", "dora"},          {"set", "zoe", ""},   {"set", "carl", "back"},
			{"delete", "bob"},           {"set", "eve", "x"},
		};
		for (size_t s = 0; s < CK_COUNT(steps); s++) {
			/* -n makes the file. */
			const char *args[] = {"-n",        path,        kind, steps[s][0],
			                      steps[s][1], steps[s][2], NULL};
			cyrus(f, BIN "cyr_dbtool", args + (s > 0));
		}
		expect_file(path, kinds[i], "anne\tone\ncarl\tback\neve\tx\nzoe\t\n");
		const char *repack[] = {path, kind, "repack", NULL};
		if (kinds[i] == DB_TWOSKIP)
			cyrus(f, BIN "cyr_dbtool", repack);
		expect_file(path, kinds[i], "anne\tone\ncarl\tback\neve\tx\nzoe\t\n");
	}
}

/* Some thousand records, so that lists have levels and files have many blocks. */
static void a_large_database_is_the_same_in_every_backend(void **state)
{
	const struct fixture *f = *state;
	need_cyrus(f);
	CK_CLEANUP(ck_buf_fini) struct ck_buf want = CK_BUF_INIT;
	CK_FREE char *flat = path_of(f, "large.flat"), *two = path_of(f, "large.twoskip");
	CK_FREE char *skip_ = path_of(f, "large.skiplist"), *back = path_of(f, "large.back");
	for (int i = 0; i < 5000; i++)
		ck_buf_addf(&want, "user.u%05d\t%%(A %%(u%05d lrswipkxtecda) I %d P default)\n", i,
		            i, i * 7919);
	test_write(flat, want.data, want.len);
	give_to_cyrus(flat);
	const char *to_two[] = {flat, "flat", two, "twoskip", NULL};
	const char *to_skip[] = {two, "twoskip", skip_, "skiplist", NULL};
	const char *to_flat[] = {skip_, "skiplist", back, "flat", NULL};
	cyrus(f, BIN "cvt_cyrusdb", to_two);
	cyrus(f, BIN "cvt_cyrusdb", to_skip);
	cyrus(f, BIN "cvt_cyrusdb", to_flat);
	expect_file(flat, DB_FLAT, want.data);
	expect_file(two, DB_TWOSKIP, want.data);
	expect_file(skip_, DB_SKIPLIST, want.data);
	expect_file(back, DB_FLAT, want.data);
}

/* A fixture that Cyrus would refuse proves nothing about a reader. */
static void cyrus_reads_what_the_tests_write(void **state)
{
	const struct fixture *f = *state;
	static const enum db_backend kinds[] = {DB_TWOSKIP, DB_SKIPLIST};
	need_cyrus(f);
	for (size_t i = 0; i < CK_COUNT(kinds); i++) {
		const char *kind = db_backend_name(kinds[i]);
		CK_CLEANUP(ck_buf_fini) struct ck_buf want = CK_BUF_INIT;
		CK_FREE char *name = NULL, *path = NULL, *flat = NULL;
		assert_true(asprintf(&name, "ours.%s", kind) > 0);
		path = path_of(f, name);
		assert_true(asprintf(&flat, "%s.flat", path) > 0);
		struct dbwriter *w = dbwriter_new(kinds[i]);
		for (int n = 0; n < 40; n++) {
			char key[16];
			(void)snprintf(key, sizeof key, "k%02d", n);
			dbwriter_puts(w, key, n % 2 ? "odd" : "even, and longer");
		}
		dbwriter_commit(w);
		dbwriter_delete(w, "k07", 3);
		dbwriter_delete(w, "k08", 3);
		dbwriter_puts(w, "k39", "changed");
		dbwriter_puts(w, "k07x", "new");
		dbwriter_commit(w);
		dbwriter_puts(w, "k00", "never committed");
		dbwriter_delete(w, "k20", 3);
		dbwriter_save(w, path);
		dbwriter_free(w);
		dump_file(path, kinds[i], &want);
		assert_non_null(strstr(want.data, "k07x\tnew\nk09\todd\n"));
		assert_null(strstr(want.data, "never"));
		give_to_cyrus(path);
		const char *to_flat[] = {path, kind, flat, "flat", NULL};
		cyrus(f, BIN "cvt_cyrusdb", to_flat); /* recovers it, too */
		expect_file(flat, DB_FLAT, want.data);
		expect_file(path, kinds[i], want.data);
	}
}

/* Offset of the last record of a skiplist that holds the key. */
static uint32_t last_offset(const struct ck_buf *image, const char *key)
{
	char text[8] = {0, 0, 0, (char)strlen(key)};
	size_t at = SIZE_MAX;
	assert_true(strlen(key) < 4);
	memcpy(text + 4, key, strlen(key));
	for (size_t i = 4; i + sizeof text <= image->len; i += 4)
		if (memcmp(image->data + i, text, sizeof text) == 0)
			at = i - 4; /* the type is before it */
	assert_int_not_equal(at, SIZE_MAX);
	return (uint32_t)at;
}

static void put_deletion(struct ck_buf *log, uint32_t offset)
{
	const char record[] = {0,
	                       0,
	                       0,
	                       4,
	                       (char)(offset >> 24),
	                       (char)(offset >> 16),
	                       (char)(offset >> 8),
	                       (char)offset,
	                       0,
	                       0,
	                       0,
	                       (char)0xff};
	ck_buf_add(log, record, sizeof record);
}

/* What older releases are known to have left in files: the recovery of the installed one is asked
 * what it means. */
static void a_log_that_cyrus_mends_is_read_as_mended(void **state)
{
	static const char again[] = "\0\0\0\2\0\0\0\1e\0\0\0\0\0\0\1"
				    "9\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\xff";
	const struct fixture *f = *state;
	need_cyrus(f);
	for (int which = 0; which < 4; which++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf image = CK_BUF_INIT, want = CK_BUF_INIT;
		CK_FREE char *path = path_of(f, "mended"), *flat = path_of(f, "mended.flat");
		struct dbwriter *w = dbwriter_new(DB_SKIPLIST);
		dbwriter_puts(w, "c", "3");
		dbwriter_puts(w, "e", "5");
		dbwriter_commit(w);
		dbwriter_puts(w, "f", "6");
		dbwriter_delete(w, "c", 1);
		dbwriter_commit(w);
		const struct ck_buf *made = dbwriter_image(w);
		ck_buf_add(&image, made->data, made->len);
		uint32_t old = last_offset(&image, "e");
		if (which == 0) /* deleted already */
			put_deletion(&image, last_offset(&image, "c"));
		if (which > 0)
			ck_buf_add(&image, again, sizeof again - 1);
		if (which == 2) /* the one that was replaced */
			put_deletion(&image, old);
		if (which == 3)
			put_deletion(&image, last_offset(&image, "e"));
		dbwriter_free(w);
		test_write(path, image.data, image.len);
		give_to_cyrus(path);
		dump_file(path, DB_SKIPLIST, &want);
		const char *to_flat[] = {path, "skiplist", flat, "flat", NULL};
		cyrus(f, BIN "cvt_cyrusdb", to_flat); /* recovers it, too */
		expect_file(flat, DB_FLAT, want.data);
		assert_string_equal(want.data, which == 0   ? "e\t5\nf\t6\n"
		                               : which == 3 ? "f\t6\n"
		                                            : "e\t9\nf\t6\n");
		assert_int_equal(unlink(path), 0);
		assert_int_equal(unlink(flat), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			records_that_cyrus_sets_and_deletes_are_what_we_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_large_database_is_the_same_in_every_backend,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(cyrus_reads_what_the_tests_write, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(a_log_that_cyrus_mends_is_read_as_mended, set_up,
	                                        tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
