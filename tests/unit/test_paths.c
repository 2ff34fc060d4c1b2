/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <string.h>

#include "cyrus/paths.h"

static struct ck_server open_conf(const char *more)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	struct conf *conf = NULL;
	ck_buf_addf(&text, "configdirectory: /c/\npartition-default: /d\nsievedir: /s\n%s", more);
	assert_ok(conf_parse("imapd.conf", text.data, text.len, &conf, &err), &err);
	return (struct ck_server){
		.conf = conf, .partitions = conf->partitions, .npartitions = conf->npartitions};
}

static struct ck_mailbox legacy(const char *intname)
{
	return (struct ck_mailbox){
		.name = intname, .intname = intname, .uniqueid = "", .flags = CK_MBOX_LEGACY_DIR};
}

#define ID "096bg7obv60apa0xckjurytd"
static struct ck_mailbox by_id(const char *intname)
{
	return (struct ck_mailbox){.name = intname, .intname = intname, .uniqueid = ID};
}

static void check_data(const struct ck_server *server, const char *intname, const char *want)
{
	struct ck_mailbox mailbox = legacy(intname);
	struct mailbox_paths paths = {0};
	struct ck_err err = CK_ERR_INIT;
	assert_ok(mailbox_paths(server, &mailbox, &paths, &err), &err);
	assert_string_equal(paths.data, want);
	assert_null(paths.archive);
	for (int f = 0; f < META_MAX_; f++)
		assert_string_equal(paths.meta[f], want);
	mailbox_paths_fini(&paths);
}

/* "" where the call has to fail with @code. */
static void check_user(const struct ck_server *server, const struct ck_mailbox *inbox,
                       const char *seen, const char *sieve, int code)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf a = CK_BUF_INIT, b = CK_BUF_INIT;
	assert_int_equal(user_file(server, inbox, "seen", &a), *seen ? 0 : code);
	assert_string_equal(a.data, seen);
	assert_int_equal(sieve_dir(server, inbox, &b), *sieve ? 0 : code);
	assert_string_equal(b.data, sieve);
}

static void check_quota(const struct ck_server *server, const char *root, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	assert_int_equal(quota_file(server->conf, root, &out), 0);
	assert_string_equal(out.data, want);
}

static void test_plain_directories(void **state)
{
	(void)state;
	struct ck_server server = open_conf("");
	check_data(&server, "user.john.Sent", "/d/user/john/Sent");
	check_data(&server, "example.org!user.john.Sent", "/d/domain/example.org/user/john/Sent");
	check_data(&server, "shared.x^y", "/d/shared/x^y");
	check_data(&server, "user.anne.&U,BTFw-", "/d/user/anne/&U,BTFw-");
	conf_free(server.conf);
}

/* This and the next table: mbpath of 3.6.1 prints the same. */
static void test_hashed_directories(void **state)
{
	(void)state;
	struct ck_server server = open_conf("hashimapspool: yes\nvirtdomains: userid\n");
	check_data(&server, "user.anne", "/d/a/user/anne");
	check_data(&server, "user.Anne", "/d/a/user/Anne");
	check_data(&server, "user.john^doe.Gone", "/d/j/user/john^doe/Gone");
	check_data(&server, "user.9lives", "/d/q/user/9lives");
	check_data(&server, "shared", "/d/s/shared");
	check_data(&server, "shared.Team", "/d/t/shared/Team");
	check_data(&server, "shared.x^y", "/d/x/shared/x^y");
	check_data(&server, "virt.test!teams", "/d/domain/v/virt.test/t/teams");
	check_data(&server, "virt.test!user.eve.Sent", "/d/domain/v/virt.test/e/user/eve/Sent");
	check_data(&server, "DELETED.user.alice.Gone.6B04CA50",
	           "/d/u/DELETED/user/alice/Gone/6B04CA50");
	conf_free(server.conf);
}

static void test_full_hashes(void **state)
{
	(void)state;
	struct ck_server server = open_conf("hashimapspool: yes\nfulldirhash: yes\n");
	check_data(&server, "user.anne.a^b", "/d/F/user/anne/a^b");
	check_data(&server, "user.9lives", "/d/M/user/9lives");
	check_data(&server, "user.john^doe", "/d/K/user/john^doe");
	check_data(&server, "user.\xe9t\xe9", "/d/S/user/\xe9t\xe9"); /* bytes, not chars */
	check_data(&server, "shared.Team", "/d/L/shared/Team");
	check_data(&server, "shared.x^y", "/d/F/shared/x^y");
	check_data(&server, "virt.test!teams", "/d/domain/E/virt.test/C/teams");
	check_data(&server, "virt.test!user.eve.Sent", "/d/domain/E/virt.test/W/user/eve/Sent");
	struct ck_mailbox john = legacy("virt.test!user.john^doe");
	check_user(&server, &john, "/c/domain/E/virt.test/user/K/john.doe.seen",
	           "/s/domain/E/virt.test/K/john.doe", 0);
	/* cyr_dbtool with quotalegacy writes these. */
	check_quota(&server, "user.john^doe", "/c/quota/B/user.john^doe");
	check_quota(&server, "shared", "/c/quota/T/shared");
	check_quota(&server, "virt.test!user.john^doe",
	            "/c/domain/E/virt.test/quota/B/user.john^doe");
	check_quota(&server, "virt.test!", "/c/domain/E/virt.test/quota/root");

	/* Before 3.0 the internal form is hashed whole, and names the files. */
	conf_assume_before_3(server.conf);
	check_data(&server, "user.john^doe", "/d/B/user/john^doe");
	john = legacy("user.john^doe");
	check_user(&server, &john, "/c/user/B/john^doe.seen", "/s/B/john^doe", 0);
	conf_free(server.conf);
}

static void test_directories_by_id(void **state)
{
	(void)state;
	struct ck_server server = open_conf("hashimapspool: yes\nfulldirhash: yes\n");
	struct ck_mailbox zoe = by_id("user.zoe");
	struct mailbox_paths paths = {0};
	struct ck_err err = CK_ERR_INIT;
	assert_ok(mailbox_paths(&server, &zoe, &paths, &err), &err);
	assert_string_equal(paths.data, "/d/uuid/0/9/" ID);
	mailbox_paths_fini(&paths);
	check_user(&server, &zoe, "/c/user/uuid/0/9/" ID "/seen.db", "/s/uuid/0/9/" ID, 0);
	conf_free(server.conf);
}

static void test_user_files(void **state)
{
	(void)state;
	struct ck_server server = open_conf("");
	struct ck_mailbox m = legacy("user.anne");
	check_user(&server, &m, "/c/user/a/anne.seen", "/s/a/anne", 0);
	m = legacy("user.john^doe");
	check_user(&server, &m, "/c/user/j/john.doe.seen", "/s/j/john.doe", 0);
	m = legacy("virt.test!user.eve");
	check_user(&server, &m, "/c/domain/v/virt.test/user/e/eve.seen",
	           "/s/domain/v/virt.test/e/eve", 0);
	m = legacy("shared.Team");
	check_user(&server, &m, "/c/shared.seen", "", CK_ENOTFOUND);
	m = by_id("virt.test!teams");
	check_user(&server, &m, "/c/domain/v/virt.test/shared.seen", "", CK_ENOTFOUND);
	check_quota(&server, "user.anne", "/c/quota/a/user.anne");
	check_quota(&server, "virt.test!user.eve", "/c/domain/v/virt.test/quota/e/user.eve");
	conf_free(server.conf);

	server = open_conf("sieveusehomedir: yes\n");
	m = legacy("user.anne");
	check_user(&server, &m, "/c/user/a/anne.seen", "", CK_ENOTFOUND);
	conf_free(server.conf);
}

static void check_meta(const struct ck_server *server, const struct ck_mailbox *mailbox,
                       const struct mailbox_paths *paths, enum meta_file file, const char *dir)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf one = CK_BUF_INIT, want = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	assert_string_equal(paths->meta[file], dir);
	assert_ok(mailbox_meta_file(server, mailbox, file, &one, &err), &err);
	ck_buf_addf(&want, "%s/%s", dir, meta_file_name(file));
	assert_string_equal(one.data, want.data);
}

static void test_meta_and_archive_partitions(void **state)
{
	(void)state;
	struct ck_server server = open_conf("partition-two: /d2/\nmetapartition-two: /m\n"
	                                    "metapartition_files: index cache\n"
	                                    "metadir-cache-two: /mc/\nmetadir-header-default: /h\n"
	                                    "archivepartition-two: /a\n");
	struct ck_mailbox two = by_id("user.two");
	two.partition = 1;
	struct mailbox_paths paths = {0};
	struct ck_err err = CK_ERR_INIT;
	assert_ok(mailbox_paths(&server, &two, &paths, &err), &err);
	assert_string_equal(paths.data, "/d2/uuid/0/9/" ID);
	assert_string_equal(paths.archive, "/a/uuid/0/9/" ID);
	check_meta(&server, &two, &paths, META_HEADER, "/d2/uuid/0/9/" ID);
	check_meta(&server, &two, &paths, META_INDEX, "/m/uuid/0/9/" ID);
	check_meta(&server, &two, &paths, META_CACHE, "/mc/uuid/0/9/" ID);
	check_meta(&server, &two, &paths, META_SQUAT, "/d2/uuid/0/9/" ID);
	check_meta(&server, &two, &paths, META_ARCHIVECACHE, "/a/uuid/0/9/" ID);
	struct ck_strv dirs = {0};
	assert_int_equal(mailbox_directories(&paths, &dirs), 0);
	assert_int_equal(dirs.n, 4);
	assert_string_equal(dirs.items[0], paths.data);
	assert_string_equal(dirs.items[1], paths.archive);
	assert_string_equal(dirs.items[2], paths.meta[META_INDEX]);
	assert_string_equal(dirs.items[3], paths.meta[META_CACHE]);
	ck_strv_fini(&dirs);
	mailbox_paths_fini(&paths);

	struct ck_mailbox one = legacy("user.one");
	assert_ok(mailbox_paths(&server, &one, &paths, &err), &err);
	check_meta(&server, &one, &paths, META_HEADER, "/h/user/one");
	check_meta(&server, &one, &paths, META_INDEX, "/d/user/one");
	mailbox_paths_fini(&paths);
	conf_free(server.conf);

	/* Annotations follow metadir-index, or their own word. */
	server = open_conf("metadir-index-default: /i\n");
	assert_ok(mailbox_paths(&server, &one, &paths, &err), &err);
	check_meta(&server, &one, &paths, META_ANNOTATIONS, "/i/user/one");
	mailbox_paths_fini(&paths);
	conf_free(server.conf);
}

static void test_nothing_leads_out_of_a_root(void **state)
{
	(void)state;
	struct ck_server server = open_conf("");
	struct mailbox_paths paths;
	struct ck_err err = CK_ERR_INIT;
	static const char *const names[] = {"user.a/../../etc", "..!user.a", ".!user.a", "!user.a",
	                                    "/etc!user.a",      "x!",        ""};
	for (size_t i = 0; i < CK_COUNT(names); i++) {
		struct ck_mailbox m = legacy(names[i]);
		int r = mailbox_paths(&server, &m, &paths, &err);
		assert_err(r, &err, CK_ECORRUPT, "no directory can have");
	}
	static const char *const ids[] = {"", "a", "ab", "../../etc", "a/b", "..abc", "a.b"};
	for (size_t i = 0; i < CK_COUNT(ids); i++) {
		struct ck_mailbox m = by_id("user.anne");
		m.uniqueid = ids[i];
		int r = mailbox_paths(&server, &m, &paths, &err);
		assert_err(r, &err, CK_ECORRUPT, "uniqueid");
		check_user(&server, &m, "", "", CK_ECORRUPT);
	}
	struct ck_mailbox m = legacy("user.^^"); /* a user called ".." */
	check_user(&server, &m, "/c/user/q/...seen", "", CK_ECORRUPT);
	m = legacy("user.anne");
	m.partition = UINT32_MAX;
	assert_err(mailbox_paths(&server, &m, &paths, &err), &err, CK_ENOTFOUND, "'user.anne'");
	conf_free(server.conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_directories),
		cmocka_unit_test(test_hashed_directories),
		cmocka_unit_test(test_full_hashes),
		cmocka_unit_test(test_directories_by_id),
		cmocka_unit_test(test_user_files),
		cmocka_unit_test(test_meta_and_archive_partitions),
		cmocka_unit_test(test_nothing_leads_out_of_a_root),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
