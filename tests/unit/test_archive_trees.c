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

static void search_partition(const struct spool *s)
{
	configure(s,
	          "defaultsearchtier: t1\nt1searchpartition-default: %s/search\n"
	          "proc_path: %s/far/processes\nduplicate_db_path: %s/conf/db/seldom.db\n",
	          s->dir, s->dir, s->dir);
}

/* One of each default exclusion, in the order of these, and others beside them. */
static const struct {
	int place;
	const char *name;
} left_out[] = {
	{0, "conf/deliver.db"},
	{0, "conf/db/seldom.db"},
	{1, "conf/tls_sessions.db"},
	{2, "conf/ptscache.db"},
	{3, "conf/statuscache.db"},
	{4, "conf/proc/4711"},
	{4, "far/processes/17"},
	{5, "conf/socket/imap-0.lock"},
	{6, "conf/lock/a/x.lock"},
	{7, "one/stage./17-1"},
	{7, "meta/stage./sub/2."},
	{8, "two/sync./5/7."},
	{9, SPOOL_ANNE "/cyrus.squat"},
	{9, SPOOL_BOBM "/cyrus.squat"},
	{10, SPOOL_SENT "/cyrus.indexed.db"},
	{11, "search/uuid/a/n/anneinbox01/xapian/flintlock"},
	{11, "search/uuid/a/n/anneinbox01/xapian/iamglass"},
};

static struct spool *spool_with_defaults(void)
{
	struct spool *s = spool_new();
	CK_FREE char *pipe = spool_path(s, "conf/socket/notify");
	search_partition(s);
	for (size_t i = 0; i < CK_COUNT(left_out); i++)
		put(s, left_out[i].name);
	put(s, SPOOL_ANNE "/cyrusXsquat");
	assert_int_equal(mkfifo(pipe, 0600), 0); /* opening it would hang */
	return s;
}

static void assert_members(const struct ck_buf *names, uint32_t kept)
{
	for (size_t i = 0; i < CK_COUNT(left_out); i++)
		if (!strstr(names->data, left_out[i].name) != !(kept >> left_out[i].place & 1))
			fail_msg("kept %#x: '%s' is%s in the archive", kept, left_out[i].name,
			         kept >> left_out[i].place & 1 ? " not" : "");
	assert_non_null(strstr(names->data, "cyrusXsquat"));
	assert_null(strstr(names->data, "socket/notify"));
}

static size_t count_files(const struct ck_buf *names)
{
	size_t n = 0;
	for (const char *p = names->data; (p = strchr(p, '\n')); p++)
		n += p[-1] != '/';
	return n;
}

/* Files of the configuration among the members. */
static size_t count_config(const struct ck_buf *names)
{
	size_t n = 0;
	const char *end;
	for (const char *p = names->data; (end = strchr(p, '\n')); p = end + 1) {
		CK_FREE char *name = strndup(p, (size_t)(end - p));
		assert_non_null(name);
		if (end[-1] != '/' && strncmp(name, ".cyrkeep/", 9) != 0)
			n += strstr(name, "/conf/") || strstr(name, "/sieve/") ||
			     strstr(name, "/far/processes/");
	}
	return n;
}

/* What each is said to catch is what comes into the archive when it is switched off, no more. */
static void test_each_default_is_switched_off_alone(void **state)
{
	(void)state;
	struct spool *s = spool_with_defaults();
	size_t without = 0;
	for (int i = -1; i < CK_DEFAULT_EXCLUSIONS; i++) {
		CK_CLEANUP(ck_strv_fini) struct ck_strv keep = {0};
		CK_CLEANUP(ck_buf_fini) struct ck_buf names = CK_BUF_INIT;
		struct backup b;
		if (i >= 0)
			assert_int_equal(ck_strv_add(&keep, ck_default_exclusions()[i].name), 0);
		backup_run_keeping(&b, s, &keep, NULL);
		assert_ok(b.r, &b.err);
		assert_int_equal(backup_found(&b, "- 0 unlisted-directory"), 0);
		list_members(&b, &names);
		assert_members(&names, i < 0 ? 0 : 1u << i);
		uint64_t texts = 0;
		for (const char *p = names.data; (p = strstr(p, ".cyrkeep/dumps/")); p++)
			texts++;
		size_t files = count_files(&names) - texts;
		if (i < 0)
			without = files;
		else
			assert_int_equal(files - without, b.defaults[i].files);
		assert_int_equal(b.config.files, count_config(&names));
		assert_true(b.config.files > 0 && b.config.bytes > 0);
		for (size_t k = 0; k < CK_COUNT(left_out); k++)
			assert_true(b.defaults[left_out[k].place].files > 0);
		struct ck_archive *a = open_latest(s);
		const struct ck_plan *plan = ck_archive_plan(a);
		assert_int_equal(plan->keep.n, keep.n);
		assert_true(i < 0 || ck_strv_has(&plan->keep, keep.items[0]));
		ck_archive_close(a);
		assert_int_equal(unlink(b.report.path), 0);
		backup_fini(&b);
	}
	spool_free(s);
}

static void test_all_defaults_are_switched_off(void **state)
{
	(void)state;
	struct spool *s = spool_with_defaults();
	CK_CLEANUP(ck_strv_fini) struct ck_strv keep = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf names = CK_BUF_INIT;
	struct backup b;
	put(s, "search/uuid/b/o/bobinbox001/xapian/cyrus.indexed.db");
	for (int i = 0; i < CK_DEFAULT_EXCLUSIONS; i++)
		assert_int_equal(ck_strv_add(&keep, ck_default_exclusions()[i].name), 0);
	backup_run_keeping(&b, s, &keep, NULL);
	assert_ok(b.r, &b.err);
	list_members(&b, &names);
	assert_members(&names, UINT32_MAX);
	assert_non_null(strstr(names.data, "xapian/cyrus.indexed.db"));
	assert_int_equal(b.defaults[10].files, 2);
	assert_int_equal(b.defaults[11].files, 3); /* all of the tree, as it would be left out */
	backup_fini(&b);
	spool_free(s);
}

/* Of some mailboxes: only what lies with them, and nothing where there is none. */
static void test_a_part_says_what_it_catches(void **state)
{
	(void)state;
	struct spool *s = spool_with_defaults();
	struct ck_strv keep = {0};
	struct backup b;
	backup_run_keeping(&b, s, &keep, "user/bob");
	assert_ok(b.r, &b.err);
	assert_int_equal(b.defaults[7].files, 0);
	assert_int_equal(b.defaults[8].files, 0);
	assert_int_equal(b.defaults[9].files, 1);
	assert_int_equal(b.defaults[10].files, 0);
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
		cmocka_unit_test(test_each_default_is_switched_off_alone),
		cmocka_unit_test(test_all_defaults_are_switched_off),
		cmocka_unit_test(test_a_part_says_what_it_catches),
		cmocka_unit_test(test_a_tree_within_a_tree_is_stored_once),
		cmocka_unit_test(test_a_directory_with_an_old_name_does_not_spoil_the_manifest),
		cmocka_unit_test(test_without_config_leaves_the_configuration_directory_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
