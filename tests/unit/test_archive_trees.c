/* SPDX-License-Identifier: BSD-2-Clause */
/* Which trees an archive is made of, and what of them is left out. */
#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/reader.h"
#include "base/fs.h"
#include "base/spawn.h"
#include "support/backup.h"
#include <cyrkeep/archive.h>

/* The names of its members. */
static void list_members(const struct backup *b, struct ck_buf *out)
{
	const char *tar[] = {"tar", "--zstd", "-tf", b->report.path, NULL};
	struct ck_err err = CK_ERR_INIT;
	int status = -1;
	assert_ok(spawn_run(tar, 60000, out, &status, &err), &err);
	assert_int_equal(status, 0);
}

static struct ck_archive *open_latest(const struct spool *s)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive *a = NULL;
	assert_ok(ck_archive_open(&s->settings, "latest", &a, &err), &err);
	return a;
}

/* Added to imapd.conf. */
static void configure(const struct spool *s, const char *fmt, ...)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	char more[1000];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(more, sizeof more, fmt, args);
	va_end(args);
	assert_ok(fs_read_file(AT_FDCWD, s->settings.imapd_conf, 1u << 20, &text, &err), &err);
	ck_buf_adds(&text, more);
	test_write(s->settings.imapd_conf, text.data, text.len);
}

static void put(const struct spool *s, const char *name)
{
	CK_FREE char *path = spool_path(s, name);
	test_write(path, "x\tx\n", 4);
}

/* What is left out by default is left out wherever settings have put it, and nothing else is. */
static void test_what_is_rebuilt_is_left_out_wherever_it_lies(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	configure(s,
	          "duplicate_db_path: %s/conf/db/seldom.db\ntls_sessions_db_path: %s/far/tls.db\n"
	          "proc_path: %s/conf/processes\nmboxname_lockpath: {configdirectory}/locks\n"
	          "quota_db_path: %s/far/quotas.db\n",
	          s->dir, s->dir, s->dir, s->dir);
	static const char *const out[] = {"conf/db/seldom.db",       "far/tls.db",
	                                  "conf/processes/17",       "conf/locks/a/x.lock",
	                                  "conf/socket/imap-0.lock", "conf/lock/y"};
	static const char *const in[] = {"conf/db/skipstamp", "conf/user/a/lock", "conf/proc.txt",
	                                 "far/quotas.db", "conf/domain/p/proc/user/x/x.sub"};
	for (size_t i = 0; i < CK_COUNT(out); i++)
		put(s, out[i]);
	for (size_t i = 0; i < CK_COUNT(in); i++)
		put(s, in[i]);
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	CK_CLEANUP(ck_buf_fini) struct ck_buf names = CK_BUF_INIT;
	list_members(&b, &names);
	for (size_t i = 0; i < CK_COUNT(out); i++)
		if (strstr(names.data, out[i]))
			fail_msg("'%s' is in the archive", out[i]);
	for (size_t i = 0; i < CK_COUNT(in); i++)
		if (!strstr(names.data, in[i]))
			fail_msg("'%s' is not in the archive", in[i]);
	backup_fini(&b);
	spool_free(s);
}

/* A partition inside the configuration directory, by another name of that, is stored once. */
static void test_a_tree_within_a_tree_is_stored_once(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	CK_FREE char *one = spool_path(s, "one");
	CK_FREE char *inside = spool_path(s, "conf/spool");
	CK_FREE char *link = spool_path(s, "other");
	CK_FREE char *conf = spool_path(s, "conf");
	assert_int_equal(rename(one, inside), 0);
	assert_int_equal(symlink(inside, one), 0);
	assert_int_equal(symlink(conf, link), 0);
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	assert_int_equal(b.report.messages, 9);
	CK_CLEANUP(ck_buf_fini) struct ck_buf names = CK_BUF_INIT;
	list_members(&b, &names);
	assert_non_null(strstr(names.data, SPOOL_ANNE "/1."));
	assert_null(strstr(names.data, "conf/spool/uuid"));
	backup_fini(&b);
	spool_free(s);
}

static void test_without_config_leaves_the_configuration_directory_out(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	backup_run(&b, s, NULL, true);
	assert_ok(b.r, &b.err);
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	list_members(&b, &out);
	assert_null(strstr(out.data, "conf/mailboxes.db"));
	assert_non_null(strstr(out.data, SPOOL_ANNE "/1."));
	struct ck_archive *a = open_latest(s);
	assert_true(ck_archive_plan(a)->without_config);
	assert_string_equal(ck_archive_info(a)->incomplete, "no configuration directory");
	assert_string_equal(b.report.incomplete, "no configuration directory");
	assert_int_equal(b.report.users, 2);
	assert_int_equal(b.report.subscriptions, 0);
	assert_int_equal(b.report.seen, 2); /* in the indexes */
	ck_archive_close(a);
	backup_fini(&b);
	spool_free(s);
}

/* A name from before UTF-8, as a path of a partition may still have. */
static void test_a_directory_with_an_old_name_does_not_spoil_the_manifest(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	CK_CLEANUP(ck_buf_fini) struct ck_buf manifest = CK_BUF_INIT;
	CK_FREE char *old = spool_path(s, "m\xfcll");
	assert_int_equal(mkdir(old, 0700), 0);
	configure(s, "partition-old: %s\n", old);
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	struct ck_archive *a = open_latest(s);
	assert_ok(catalog_get_text(a->catalog, "manifest", &manifest, &b.err), &b.err);
	assert_non_null(strstr(manifest.data, "\"name\": \"old\""));
	ck_archive_close(a);
	backup_fini(&b);
	spool_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_rebuilt_is_left_out_wherever_it_lies),
		cmocka_unit_test(test_a_tree_within_a_tree_is_stored_once),
		cmocka_unit_test(test_a_directory_with_an_old_name_does_not_spoil_the_manifest),
		cmocka_unit_test(test_without_config_leaves_the_configuration_directory_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
