/* SPDX-License-Identifier: BSD-2-Clause */
/* What the configuration comes to, by kind. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/spool.h"
#include <cyrkeep/select.h>

/** A file of as many bytes as its kind has from here. */
static void add(const struct spool *s, const char *name, size_t bytes)
{
	char data[200];
	char *path = spool_path(s, name);
	memset(data, 'x', sizeof data);
	test_write(path, data, bytes);
	free(path);
}

static void sizes_of(const struct spool *s, struct ck_default_effect ret[CK_CONFIG_KINDS])
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_server *server = spool_open(s);
	assert_ok(ck_config_size(server, 0, NULL, ret, &err), &err);
	ck_server_close(server);
}

/** Of what is added each file is counted in its kind, and in no other. */
static void each_file_is_of_one_kind(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum ck_config_kind kind;
	} files[] = {
		{"conf/quotas.db", CK_CONFIG_QUOTAS},
		{"conf/quota/a/user.anne", CK_CONFIG_QUOTAS},
		{"conf/domain/e/example.org/quota/a/user.anne", CK_CONFIG_QUOTAS},
		{"conf/user/b/bob.sub", CK_CONFIG_SUBSCRIPTIONS},
		{"conf/user/uuid/a/n/anneinbox01/sub.db", CK_CONFIG_SUBSCRIPTIONS},
		{"conf/user/b/bob.seen", CK_CONFIG_SEEN},
		{"conf/user/uuid/a/n/anneinbox01/seen.db", CK_CONFIG_SEEN},
		{"conf/domain/e/example.org/user/b/bob.seen", CK_CONFIG_SEEN},
		{"sieve/b/bob/defaultbc", CK_CONFIG_SIEVE},
		{"sieve/mailboxes.db", CK_CONFIG_SIEVE},
		{"conf/user/b/bob.conversations", CK_CONFIG_CONVERSATIONS},
		{"conf/user/b/bob.dav", CK_CONFIG_DAV},
		{"conf/caldav_alarm.sqlite3", CK_CONFIG_DAV},
		{"conf/user/b/bob.mboxkey", CK_CONFIG_OTHER},
		{"conf/user_deny.db", CK_CONFIG_OTHER},
		{"conf/log/anne/imapd-4711", CK_CONFIG_OTHER},
		{"conf/backup/mailboxes.db", CK_CONFIG_OTHER},
	};
	struct spool *s = spool_new();
	struct ck_default_effect was[CK_CONFIG_KINDS], is[CK_CONFIG_KINDS];
	sizes_of(s, was);
	assert_int_equal(was[CK_CONFIG_MAILBOXES].files, 1);
	assert_int_equal(was[CK_CONFIG_ANNOTATIONS].files, 1);
	assert_int_equal(was[CK_CONFIG_SUBSCRIPTIONS].files, 1);
	assert_int_equal(was[CK_CONFIG_SUBSCRIPTIONS].bytes, 11);
	assert_int_equal(was[CK_CONFIG_SEEN].files, 1);
	assert_int_equal(was[CK_CONFIG_SIEVE].files, 1);
	assert_int_equal(was[CK_CONFIG_OTHER].files, 0);
	for (size_t i = 0; i < CK_COUNT(files); i++) {
		add(s, files[i].name, 100 + i);
		sizes_of(s, is);
		was[files[i].kind].files++;
		was[files[i].kind].bytes += 100 + i;
		for (int k = 0; k < CK_CONFIG_KINDS; k++)
			if (is[k].files != was[k].files || is[k].bytes != was[k].bytes)
				fail_msg("'%s' changes '%s'", files[i].name,
				         ck_config_kind_name((enum ck_config_kind)k));
	}
	spool_free(s);
}

/** Databases are what they are wherever settings have put them; one may be a directory. */
static void far_databases_have_their_kind(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct ck_default_effect sizes[CK_CONFIG_KINDS];
	CK_FREE char *from = spool_path(s, "conf/mailboxes.db");
	CK_FREE char *to = spool_path(s, "far/list");
	add(s, "far/list", 1);
	assert_int_equal(rename(from, to), 0);
	add(s, "far/quotas/zeroskip-1", 7);
	add(s, "conf/alarms/1", 9);
	CK_CLEANUP(ck_buf_fini) struct ck_buf conf = CK_BUF_INIT;
	CK_FREE char *path = spool_path(s, "imapd.conf");
	const char *d = s->dir;
	ck_buf_addf(
		&conf,
		"configdirectory: %s/conf\npartition-default: %s/one\npartition-two: %s/two\n"
		"metapartition-two: %s/meta\nmetapartition_files: header index cache\n"
		"archivepartition-two: %s/arch\nunixhierarchysep: yes\nsievedir: %s/conf/sieve\n"
		"mboxlist_db_path: %s/far/list\ncaldav_alarm_db_path: %s/conf/alarms\n",
		d, d, d, d, d, d, d, d);
	test_write(path, conf.data, conf.len);
	add(s, "conf/sieve/a/anne/default.script", 5);
	sizes_of(s, sizes);
	assert_int_equal(sizes[CK_CONFIG_MAILBOXES].files, 1);
	assert_int_equal(sizes[CK_CONFIG_DAV].files, 1);
	assert_int_equal(sizes[CK_CONFIG_DAV].bytes, 9);
	assert_int_equal(sizes[CK_CONFIG_SIEVE].files, 1);
	assert_int_equal(sizes[CK_CONFIG_SIEVE].bytes, 5);
	assert_int_equal(sizes[CK_CONFIG_OTHER].files, 0);
	spool_free(s);
}

/** The tree has a node for each, which has what its parent's box says. */
static void kinds_have_no_box_of_their_own(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct ck_server *server = spool_open(s);
	struct ck_tree *tree = NULL;
	struct ck_boxes boxes;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_tree_build(server, CK_GROUP_BY_PARTITION, &tree, &err), &err);
	assert_int_equal(ck_boxes_init(&boxes, tree), 0);
	uint32_t config = ck_tree_child(tree, 0), n = 0;
	assert_int_equal(tree->nodes[config].kind, CK_NODE_CONFIG);
	for (uint32_t i = ck_tree_child(tree, config); i != CK_NODE_NONE;
	     i = ck_tree_sibling(tree, i), n++) {
		assert_int_equal(tree->nodes[i].kind, CK_NODE_PART);
		assert_string_equal(tree->nodes[i].label,
		                    ck_config_kind_name((enum ck_config_kind)n));
		assert_int_equal(ck_boxes_set(&boxes, i, false), 0);
		assert_int_equal(ck_boxes_state(&boxes, i), CK_TICK_ON);
		assert_int_equal(ck_boxes_set(&boxes, config, false), 0);
		assert_int_equal(ck_boxes_state(&boxes, i), CK_TICK_OFF);
		assert_int_equal(ck_boxes_set(&boxes, config, true), 0);
	}
	assert_int_equal(n, CK_CONFIG_KINDS);
	ck_boxes_fini(&boxes);
	ck_tree_free(tree);
	ck_server_close(server);
	spool_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_is_of_one_kind),
		cmocka_unit_test(far_databases_have_their_kind),
		cmocka_unit_test(kinds_have_no_box_of_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
