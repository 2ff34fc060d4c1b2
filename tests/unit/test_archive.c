/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "archive/copy.h"
#include "base/fs.h"
#include "base/spawn.h"
#include "cyrus/identity.h"
#include "support/backup.h"
#include "support/indexwriter.h"
#include "support/spool.h"
#include <cyrkeep/archive.h>

/* A program that must succeed; what it says is appended. */
static void must_run(const char *const *argv, struct ck_buf *out)
{
	struct ck_err err = CK_ERR_INIT;
	int status = -1;
	assert_ok(spawn_run(argv, 60000, out, &status, &err), &err);
	if (status != 0)
		fail_msg("%s: exit %d: %s", argv[0], status, out->data);
}

static void good_backup(struct backup *b, const struct spool *s)
{
	backup_run(b, s, NULL, false);
	assert_ok(b->r, &b->err);
	for (size_t i = 0; i < b->findings.n; i++)
		print_error("%s\n", b->findings.items[i]);
	assert_int_equal(b->findings.n, 0);
}

static struct ck_archive *open_latest(const struct spool *s)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive *a = NULL;
	assert_ok(ck_archive_open(&s->settings, "latest", &a, &err), &err);
	return a;
}

static void test_a_good_store_gives_an_archive_without_findings(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	good_backup(&b, s);
	assert_int_equal(b.report.mailboxes, 3);
	assert_int_equal(b.report.messages, 9);
	assert_int_equal(b.report.grades[CK_GRADE_A], 3);
	assert_int_equal(b.report.archive, 7);
	assert_true(test_contains(b.report.path, "20260921T141320Z-full.tar.zst"));
	assert_int_equal(b.report.users, 2);
	assert_int_equal(b.report.subscriptions, 1);
	assert_int_equal(b.report.seen, 2);
	assert_string_equal(b.report.incomplete, "");
	struct ck_archive_info *list = NULL;
	size_t n = 0;
	assert_ok(ck_archives_list(&s->settings, &list, &n, &b.err), &b.err);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].number, 7);
	assert_int_equal(list[0].result, CK_RESULT_OK);
	assert_int_equal(list[0].messages, 9);
	assert_int_equal(list[0].downtime_ms, 1500);
	assert_int_equal(list[0].bytes, b.report.bytes_written);
	assert_string_equal(list[0].method, "stop");
	ck_archives_free(list, n);
	backup_fini(&b);
	spool_free(s);
}

static void test_messages_are_listed_with_envelope_and_flags(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	good_backup(&b, s);
	struct ck_archive *a = open_latest(s);
	struct ck_archived_message *m = NULL;
	size_t n = 0;
	assert_ok(ck_archive_messages(a, "user/anne", &m, &n, &b.err), &b.err);
	assert_int_equal(n, 6);
	assert_string_equal(m[0].flags, "\\Seen $Work");
	assert_string_equal(m[1].flags, "\\Seen \\Answered");
	assert_string_equal(m[1].subject, "shared with Sent");
	assert_true(test_contains(m[1].from, "bob@example.org"));
	assert_true(test_contains(m[1].to, "anne@example.org"));
	assert_int_equal(m[2].internaldate, 1600000003);
	assert_false(m[4].expunged);
	assert_true(m[5].expunged && m[5].stored);
	ck_archived_messages_free(m, n);
	assert_ok(ck_archive_messages(a, "user/bob", &m, &n, &b.err), &b.err);
	assert_int_equal(n, 2);
	assert_string_equal(m[1].subject, "old");
	ck_archived_messages_free(m, n);
	assert_err(ck_archive_messages(a, "user/nobody", &m, &n, &b.err), &b.err, CK_ENOTFOUND,
	           "user/nobody");
	ck_archive_close(a);
	backup_fini(&b);
	spool_free(s);
}

static void same_as_file(struct ck_archive *a, const struct spool *s, const char *mailbox,
                         uint32_t uid, const char *file)
{
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT, want = CK_BUF_INIT;
	CK_FREE char *path = spool_path(s, file);
	assert_ok(fs_read_file(AT_FDCWD, path, 64u << 20, &want, &err), &err);
	assert_ok(ck_archive_message(a, mailbox, uid, &got, &err), &err);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
}

static void test_each_message_is_read_byte_for_byte(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	good_backup(&b, s);
	struct ck_archive *a = open_latest(s);
	same_as_file(a, s, "user/anne", 1, SPOOL_ANNE "/1.");
	same_as_file(a, s, "user/anne", 4, SPOOL_ANNE "/4."); /* over several frames */
	same_as_file(a, s, "user/anne", 5, SPOOL_ANNE "/5.");
	same_as_file(a, s, "user/anne", 6, SPOOL_ANNE "/6.");
	same_as_file(a, s, "user/anne/Sent", 1, SPOOL_ANNE "/2."); /* a link */
	same_as_file(a, s, "user/bob", 2, SPOOL_BOBA "/2.");
	CK_CLEANUP(ck_buf_fini) struct ck_buf none = CK_BUF_INIT;
	assert_err(ck_archive_message(a, "user/anne", 77, &none, &b.err), &b.err, CK_ENOTFOUND,
	           "77");
	ck_archive_close(a);
	backup_fini(&b);
	spool_free(s);
}

/* Every file and directory below @dir with mode, owner, time, links and content. */
static void describe(const char *dir, struct ck_buf *ret)
{
	const char *find[] = {"find",
	                      dir,
	                      "(",
	                      "-type",
	                      "f",
	                      "-o",
	                      "-type",
	                      "d",
	                      ")",
	                      "-printf",
	                      "%P %y %m %u %g %T@ %n\n",
	                      NULL};
	CK_CLEANUP(ck_buf_fini) struct ck_buf lines = CK_BUF_INIT;
	must_run(find, &lines);
	/* find does not sort */
	struct ck_strv v = {0};
	for (char *line = lines.data, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		assert_int_equal(ck_strv_add(&v, line), 0);
	}
	for (size_t i = 1; i < v.n; i++)
		for (size_t j = i; j && strcmp(v.items[j - 1], v.items[j]) > 0; j--) {
			char *swap = v.items[j];
			v.items[j] = v.items[j - 1];
			v.items[j - 1] = swap;
		}
	for (size_t i = 0; i < v.n; i++)
		ck_buf_addf(ret, "%s\n", v.items[i]);
	ck_strv_fini(&v);
}

static void test_plain_tar_gives_the_store_back(void **state)
{
	(void)state;
	if (geteuid() != 0)
		test_skip("owners can only be restored as root");
	struct spool *s = spool_new();
	struct backup b;
	good_backup(&b, s);
	static const char *const trees[] = {"one", "two", "meta", "arch", "conf/user", "sieve"};
	const char *const extractors[2][8] = {
		{"tar", "--zstd", "-xpf", b.report.path, "-C", NULL},
		{"bsdtar", "-xpf", b.report.path, "-C", NULL},
	};
	for (size_t e = 0; e < 2; e++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
		CK_FREE char *to = spool_path(s, e ? "bsdtar" : "gnutar");
		const char *argv[8];
		memcpy(argv, extractors[e], sizeof argv);
		for (size_t i = 0; i < 8; i++)
			if (!argv[i]) {
				argv[i] = to;
				argv[i + 1] = NULL;
				break;
			}
		assert_int_equal(mkdir(to, 0700), 0);
		must_run(argv, &out);
		for (size_t t = 0; t < CK_COUNT(trees); t++) {
			CK_CLEANUP(ck_buf_fini)
			struct ck_buf want = CK_BUF_INIT, got = CK_BUF_INIT, diff = CK_BUF_INIT;
			CK_FREE char *from = spool_path(s, trees[t]);
			CK_FREE char *there = NULL;
			assert_true(asprintf(&there, "%s%s", to, from) > 0);
			describe(from, &want);
			describe(there, &got);
			assert_string_equal(got.data, want.data);
			const char *cmp[] = {"diff", "-r", from, there, NULL};
			must_run(cmp, &diff);
		}
	}
	backup_fini(&b);
	spool_free(s);
}

static void test_other_tools_accept_it_and_find_our_members(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	good_backup(&b, s);
	CK_CLEANUP(ck_buf_fini) struct ck_buf gnu = CK_BUF_INIT, bsd = CK_BUF_INIT, z = CK_BUF_INIT;
	const char *tar[] = {"tar", "--zstd", "-tf", b.report.path, NULL};
	const char *bsdtar[] = {"bsdtar", "-tf", b.report.path, NULL};
	const char *zstd[] = {"zstd", "-tq", b.report.path, NULL};
	must_run(zstd, &z);
	must_run(tar, &gnu);
	must_run(bsdtar, &bsd);
	assert_string_equal(gnu.data, bsd.data);
	assert_int_equal(strncmp(gnu.data, ".cyrkeep/README.txt\n", 20), 0);
	static const char *const there[] = {".cyrkeep/manifest.json\n",
	                                    ".cyrkeep/conf/imapd.conf\n",
	                                    ".cyrkeep/conf/cyrus.conf\n",
	                                    ".cyrkeep/databases.txt\n",
	                                    ".cyrkeep/dumps/mailboxes.db.txt\n",
	                                    ".cyrkeep/dumps/annotations.db.txt\n",
	                                    ".cyrkeep/dumps/user/a/anne.seen.txt\n",
	                                    "conf/mailboxes.db\n",
	                                    "conf/user/a/anne.sub\n",
	                                    "sieve/a/anne/default.script\n",
	                                    ".cyrkeep/catalog.sqlite\n"};
	for (size_t i = 0; i < CK_COUNT(there); i++)
		if (!strstr(gnu.data, there[i]))
			fail_msg("'%s' is not in the archive:\n%s", there[i], gnu.data);
	assert_null(strstr(gnu.data, "deliver.db"));
	assert_null(strstr(gnu.data, "proc/"));
	CK_CLEANUP(ck_buf_fini) struct ck_buf list = CK_BUF_INIT;
	const char *cat[] = {"tar", "--zstd", "-xOf", b.report.path, ".cyrkeep/databases.txt",
	                     NULL};
	must_run(cat, &list);
	static const char *const databases[] = {
		"/conf/mailboxes.db\ttwoskip\t3\t.cyrkeep/dumps/mailboxes.db.txt\n",
		"/conf/annotations.db\ttwoskip\t0\t.cyrkeep/dumps/annotations.db.txt\n",
		"/conf/deliver.db\ttwoskip\t-\tleft out: Cyrus makes it again\n",
		"/conf/user/a/anne.seen\ttwoskip\t0\t.cyrkeep/dumps/user/a/anne.seen.txt\n",
		"/conf/user/a/anne.sub\tflat\t-\t-\n"};
	for (size_t i = 0; i < CK_COUNT(databases); i++)
		if (!strstr(list.data, databases[i]))
			fail_msg("'%s' is not in the list:\n%s", databases[i], list.data);
	backup_fini(&b);
	spool_free(s);
}

/* What was not wanted is not missed either: its file is gone, and nothing is said. */
static void test_a_message_that_a_rule_leaves_out_is_not_missed(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	CK_FREE char *path = spool_path(s, SPOOL_ANNE "/4."); /* the large one */
	assert_int_equal(unlink(path), 0);
	backup_run(&b, s, "larger:1M", false);
	assert_ok(b.r, &b.err);
	assert_int_equal(b.findings.n, 0);
	assert_int_equal(b.report.grades[CK_GRADE_A], b.report.mailboxes);
	backup_fini(&b);
	backup_run(&b, s, "leaf:nowhere,larger:1M", false);
	assert_ok(b.r, &b.err);
	assert_int_equal(backup_found(&b, "user/anne 4 missing-file"), 1);
	backup_fini(&b);
	spool_free(s);
}

static void test_rules_of_size_leave_messages_out_and_say_so(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	backup_run(&b, s, "larger:1M", false);
	assert_ok(b.r, &b.err);
	assert_int_equal(b.findings.n, 0);
	assert_int_equal(b.report.messages, 8);
	struct ck_archive *a = open_latest(s);
	CK_CLEANUP(ck_buf_fini) struct ck_buf none = CK_BUF_INIT;
	assert_err(ck_archive_message(a, "user/anne", 4, &none, &b.err), &b.err, CK_ENOTFOUND,
	           "larger:1M");
	struct ck_archived_mailbox *m = NULL;
	size_t n = 0;
	assert_ok(ck_archive_mailboxes(a, &m, &n, &b.err), &b.err);
	assert_int_equal(n, 3);
	assert_int_equal(m[0].messages_left_out, 1);
	assert_int_equal(m[0].messages, 4);
	assert_null(m[0].left_out_by);
	ck_archived_mailboxes_free(m, n);
	ck_archive_close(a);
	backup_fini(&b);
	spool_free(s);
}

static void test_a_mailbox_left_out_whole_is_remembered(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	backup_run(&b, s, "name:user/bob", false);
	assert_ok(b.r, &b.err);
	assert_int_equal(b.report.mailboxes, 2);
	struct ck_archive *a = open_latest(s);
	struct ck_archived_mailbox *m = NULL;
	size_t n = 0;
	assert_ok(ck_archive_mailboxes(a, &m, &n, &b.err), &b.err);
	assert_int_equal(n, 3);
	assert_string_equal(m[2].name, "user/bob");
	assert_string_equal(m[2].left_out_by, "name:user/bob");
	ck_archived_mailboxes_free(m, n);
	ck_archive_close(a);
	backup_fini(&b);
	spool_free(s);
}

/* Until 2.3, expunged messages have their records in a file of their own. */
static void test_files_of_an_expunge_index_are_no_orphans(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	static const char text[] = "Subject: expunged long ago\r\n\r\n";
	const struct index_header h = {.generation = 1, .version = 10, .uidvalidity = 4711};
	struct index_record rec = {.uid = 9, .internaldate = 1500000000, .size = sizeof text - 1};
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	SHA1((const unsigned char *)text, sizeof text - 1, rec.guid);
	indexwriter_index(&bytes, &h, &rec, 1);
	CK_FREE char *expunge = spool_path(s, SPOOL_SENT "/cyrus.expunge");
	CK_FREE char *message = spool_path(s, SPOOL_SENT "/9.");
	test_write(expunge, bytes.data, bytes.len);
	test_write(message, text, sizeof text - 1);
	good_backup(&b, s);
	struct ck_archive *a = open_latest(s);
	struct ck_archived_message *m = NULL;
	size_t n = 0;
	assert_ok(ck_archive_messages(a, "user/anne/Sent", &m, &n, &b.err), &b.err);
	assert_int_equal(n, 3);
	assert_int_equal(m[2].uid, 9);
	assert_true(m[2].expunged && m[2].stored);
	assert_string_equal(m[2].subject, "expunged long ago");
	ck_archived_messages_free(m, n);
	ck_archive_close(a);
	backup_fini(&b);
	spool_free(s);
}

/* Files of the destination whose name ends in @suffix. */
static size_t count_files(const struct spool *s, const char *suffix)
{
	CK_FREE char *path = spool_path(s, "backup");
	DIR *dir = opendir(path);
	size_t n = 0;
	for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		size_t len = strlen(e->d_name), m = strlen(suffix);
		n += len >= m && e->d_name[0] != '.' && strcmp(e->d_name + len - m, suffix) == 0;
	}
	if (dir)
		(void)closedir(dir);
	return n;
}

static void test_a_full_disk_leaves_nothing_behind(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct rlimit old, tight = {0};
	struct backup b;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight = (struct rlimit){.rlim_cur = 600000, .rlim_max = old.rlim_max};
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	backup_run(&b, s, NULL, false);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	(void)signal(SIGXFSZ, SIG_DFL);
	assert_true(b.r < 0);
	assert_true(test_contains(b.err.msg, "cannot write archive"));
	assert_int_equal(count_files(s, ""), 0);
	backup_fini(&b);
	spool_free(s);
}

static void test_dead_partials_are_swept_and_nothing_else(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	CK_FREE char *host = identity_host();
	CK_FREE char *name = NULL;
	assert_true(asprintf(&name, "backup/%s-20200101T000000Z-full.tar.zst.partial", host) > 0);
	CK_FREE char *dead = spool_path(s, name);
	CK_FREE char *other = spool_path(s, "backup/ho-st-20200101T000000Z-full.tar.zst.partial");
	CK_FREE char *foreign = spool_path(s, "backup/holiday.partial");
	test_write(dead, "dead", 4);
	test_write(other, "may live", 8); /* of another host, which would know */
	test_write(foreign, "mine", 4);
	good_backup(&b, s); /* sweeps what is dead and ours, and only that */
	assert_int_equal(access(dead, F_OK), -1);
	assert_int_equal(access(other, F_OK), 0);
	assert_int_equal(access(foreign, F_OK), 0);
	assert_int_equal(count_files(s, ".partial"), 2);
	backup_fini(&b);
	spool_free(s);
}

/* Gives the copy up at its @left-th look. */
struct giving_up {
	struct run run;
	atomic_int left;
};

static int give_up(struct run *run)
{
	struct giving_up *g = run->arg;
	return atomic_fetch_sub(&g->left, 1) <= 0 ? CK_ECANCEL : 0;
}

static void test_a_copy_cancelled_at_any_step_leaves_nothing_behind(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct ck_server *server = spool_open(s);
	struct ck_err err = CK_ERR_INIT;
	struct ck_plan plan = {0};
	struct ck_estimate estimate = {0};
	assert_ok(ck_estimate(server, &plan, 1790000000, NULL, &estimate, &err), &err);
	struct copy_order order = {.settings = &s->settings,
	                           .server = server,
	                           .plan = &plan,
	                           .estimate = &estimate,
	                           .directory = s->settings.destinations[0].path,
	                           .job = 7,
	                           .now = 1790000000,
	                           .method = "stop",
	                           .best = CK_GRADE_A};
	for (int step = 0; step < 8; step++) {
		struct giving_up g = {.run = {.checkpoint = give_up}, .left = step};
		struct copy *c = NULL;
		g.run.arg = &g;
		int r = copy_open(&order, &g.run, &c, &err);
		if (r >= 0)
			r = copy_run(c, &err);
		assert_int_equal(r, CK_ECANCEL);
		copy_close(c);
		assert_int_equal(count_files(s, ""), 0);
	}
	ck_estimate_fini(&estimate);
	ck_server_close(server);
	spool_free(s);
}

static void test_a_missing_partition_is_refused(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	CK_FREE char *two = spool_path(s, "two"), *away = spool_path(s, "away");
	assert_int_equal(rename(two, away), 0);
	backup_run(&b, s, NULL, false);
	assert_err(b.r, &b.err, CK_EGATE, "two");
	assert_int_equal(count_files(s, ""), 0);
	backup_fini(&b);
	spool_free(s);
}

static void test_what_cannot_be_read_is_no_empty_list(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive_info *list = NULL;
	struct backup b;
	size_t n = 0;
	good_backup(&b, s);
	CK_FREE char *state_dir = spool_path(s, "state");
	CK_FREE char *memory = spool_path(s, "state/catalog.db");
	(void)unlink(memory); /* as another user, who may not read it, finds it */
	assert_int_equal(chmod(b.report.path, 0), 0);
	uid_t me = geteuid();
	if (me == 0) /* root may read everything */
		assert_int_equal(chmod(s->dir, 0755) | chmod(state_dir, 0755) | seteuid(65534), 0);
	int r = ck_archives_list(&s->settings, &list, &n, &err);
	if (me == 0)
		assert_int_equal(seteuid(me), 0);
	assert_err(r, &err, CK_EDENIED, "cannot");
	assert_true(*err.remedy != '\0');
	backup_fini(&b);
	spool_free(s);
}

static void test_an_empty_archive_is_refused(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	backup_run(&b, s, "name:*", false);
	assert_err(b.r, &b.err, CK_EGATE, "empty");
	backup_fini(&b);
	spool_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_store_gives_an_archive_without_findings),
		cmocka_unit_test(test_messages_are_listed_with_envelope_and_flags),
		cmocka_unit_test(test_each_message_is_read_byte_for_byte),
		cmocka_unit_test(test_plain_tar_gives_the_store_back),
		cmocka_unit_test(test_other_tools_accept_it_and_find_our_members),
		cmocka_unit_test(test_rules_of_size_leave_messages_out_and_say_so),
		cmocka_unit_test(test_a_message_that_a_rule_leaves_out_is_not_missed),
		cmocka_unit_test(test_a_mailbox_left_out_whole_is_remembered),
		cmocka_unit_test(test_files_of_an_expunge_index_are_no_orphans),
		cmocka_unit_test(test_a_full_disk_leaves_nothing_behind),
		cmocka_unit_test(test_dead_partials_are_swept_and_nothing_else),
		cmocka_unit_test(test_a_copy_cancelled_at_any_step_leaves_nothing_behind),
		cmocka_unit_test(test_a_missing_partition_is_refused),
		cmocka_unit_test(test_what_cannot_be_read_is_no_empty_list),
		cmocka_unit_test(test_an_empty_archive_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
