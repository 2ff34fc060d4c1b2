/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cyrus/conf.h"
#include "cyrus/conf_options.h"
#include "cyrus/paths.h"

#define BASE "configdirectory: /c\npartition-default: /d\n"

static struct conf *parse(const char *text)
{
	struct ck_err err = CK_ERR_INIT;
	struct conf *conf = NULL;
	int r = conf_parse("imapd.conf", text, strlen(text), &conf, &err);
	assert_ok(r, &err);
	return conf;
}

/* Each was tried with cyr_info of 3.6.1 too: what is refused here is fatal there, but for the
 * relative paths and the missing partition, with which no service starts. */
static const struct {
	const char *text;
	int code;
	const char *words, *more;
} refused[] = {
	{BASE "foo: 1\nfoo: 2\n", CK_EUSAGE, "line 4", "line 3"},
	{BASE "partition-default: /e\n", CK_EUSAGE, "line 3", "line 2"},
	{BASE "imap_admins: a\n\n#\nIMAP_Admins: b\n", CK_EUSAGE, "line 6", "'imap_admins'"},
	{BASE "foo:   \n", CK_EUSAGE, "line 3", "no value"},
	{BASE "foo bar\n", CK_EUSAGE, "line 3", "colon"},
	{BASE "foo : bar\n", CK_EUSAGE, "line 3", "colon"},
	{BASE ": bar\n", CK_EUSAGE, "line 3", "colon"},
	{BASE "@bogus: x\n", CK_EUSAGE, "line 3", "'@bogus'"},
	{BASE "@include: /x\n", CK_EUSAGE, "line 3", "no place"},
	{BASE "hashimapspool: Yes\n", CK_EUSAGE, "line 3", "'Yes'"},
	{BASE "hashimapspool: o\n", CK_EUSAGE, "line 3", "yes or no"},
	{BASE "virtdomains: maybe\n", CK_EUSAGE, "line 3", "off userid on"},
	{BASE "virtdomains: Off\n", CK_EUSAGE, "line 3", "'Off'"},
	{BASE "metapartition_files: header bogus\n", CK_EUSAGE, "line 3", "'bogus'"},
	{BASE "metapartition_files: header,index\n", CK_EUSAGE, "line 3", "'header,index'"},
	{BASE "defaultpartition: a-b\n", CK_EUSAGE, "line 3", "'a-b'"},
	{BASE "metapartition-x: rel\n", CK_EUSAGE, "line 3", "absolute"},
	{BASE "metadir-index-x: rel\n", CK_EUSAGE, "line 3", "absolute"},
	{BASE "a: \\\n b\nhashimapspool: x\n", CK_EUSAGE, "line 5", "'x'"},
	{"configdirectory: c\npartition-default: /d\n", CK_EUSAGE, "line 1", "absolute"},
	{"partition-default: /d\n", CK_EUSAGE, "'imapd.conf'", "configdirectory"},
	{"configdirectory: /c\nmetapartition-x: /m\n", CK_EUSAGE, "'imapd.conf'", "partition-NAME"},
	{BASE "object_storage_enabled: yes\n", CK_EUNSUPPORTED, "line 3", "object store"},
	{BASE "mupdate_server: m\n", CK_EUNSUPPORTED, "line 3", "front end"},
	{BASE "mupdate_server: m\nmupdate_config: standard\n", CK_EUNSUPPORTED, "line 3",
         "back ends"},
};

static void test_what_is_fatal_names_the_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(refused); i++) {
		struct ck_err err = CK_ERR_INIT;
		struct conf *conf = NULL;
		int r = conf_parse("imapd.conf", refused[i].text, strlen(refused[i].text), &conf,
		                   &err);
		if (r != refused[i].code)
			fail_msg("%d instead of %d for: %s", r, refused[i].code, refused[i].text);
		assert_err(r, &err, refused[i].code, refused[i].words);
		assert_err(r, &err, refused[i].code, refused[i].more);
		assert_null(conf);
	}
}

static const struct {
	const char *text, *key, *value;
} accepted[] = {
	{BASE "  foo:\t a b  \t\n", "foo", "a b"},
	{BASE "foo: a # b\n", "foo", "a # b"},
	{BASE "   # foo: a\n", "foo", NULL},
	{BASE "# x \\\nfoo: b\n", "foo", NULL},
	{BASE "foo: a \\\n  b\n", "foo", "a   b"},
	{BASE "foo: a \\", "foo", "a \\"},
	{BASE "foo: a \\\n", "foo", NULL}, /* never ends */
	{BASE "foo: a \\\n b", "foo", "a  b"},
	{BASE "foo: a \\\n\nbar: b\n", "foo", "a"},
	{BASE "foo: a \\ \n", "foo", "a \\"},
	{BASE "foo: b\r\n", "foo", "b"},
	{BASE "Foo-BAR_1: Baz", "foo-bar_1", "Baz"},
	{BASE "foo: \"q\"\n", "foo", "\"q\""},
	{BASE "imap_hashimapspool: yes\n", "hashimapspool", NULL},
	{BASE "sievedir: {configdirectory}/s\n", "sievedir", "/c/s"},
	{BASE "mboxlist_db_path: {configdirectory}/m\n", "mboxlist_db_path", "/c/m"},
	{BASE "sievedir: {ConfigDirectory}/s\n", "sievedir", "/c/s"},
	{BASE "foo: {configdirectory}/s\n", "foo", "{configdirectory}/s"},
	{BASE "sievedir: /x/{configdirectory}\n", "sievedir", "/x/{configdirectory}"},
	{BASE "mupdate_server: m\nproxyservers: p\n", "proxyservers", "p"},
	{BASE "mupdate_server: m\nmupdate_config: unified\n", "mupdate_server", "m"},
};

static void test_what_cyrus_reads_is_read_alike(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(accepted); i++) {
		struct conf *conf = parse(accepted[i].text);
		const char *value = conf_get(conf, accepted[i].key);
		if (!accepted[i].value)
			assert_null(value);
		else if (!value || strcmp(value, accepted[i].value) != 0)
			fail_msg("'%s' instead of '%s' for: %s", value ? value : "nothing",
			         accepted[i].value, accepted[i].text);
		conf_free(conf);
	}
}

static void test_a_nul_byte_is_refused(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct conf *conf;
	static const char text[] = BASE "foo: b\0c\n";
	int r = conf_parse("x", text, sizeof text - 1, &conf, &err);
	assert_err(r, &err, CK_EUSAGE, "line 3");
}

static void test_switches_are_read_by_their_first_letters(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		int value;
	} words[] = {{"0", 0},  {"no", 0}, {"nope", 0}, {"off", 0}, {"ofx", 0}, {"f", 0},
	             {"1", 1},  {"y", 1},  {"yes", 1},  {"on", 1},  {"t", 1},   {"NO", -1},
	             {"o", -1}, {"x", -1}, {"On", -1},  {"2", -1},  {"", -1}};
	for (size_t i = 0; i < CK_COUNT(words); i++) {
		bool on = false;
		bool known = conf_switch_parse(words[i].word, &on);
		assert_int_equal(known ? on : -1, words[i].value);
	}
}

static void test_paths_have_one_spelling(void **state)
{
	(void)state;
	struct conf *conf = parse("configdirectory: /var//lib/cyrus/\npartition-default: /m/\n"
	                          "metapartition-default: /meta/./x\nsievedir: /sieve///\n"
	                          "duplicate_db_path: {configdirectory}//db/d.db\n");
	assert_string_equal(conf->configdirectory, "/var/lib/cyrus");
	assert_string_equal(conf->sievedir, "/sieve");
	assert_string_equal(conf->partitions[0].path, "/m");
	assert_string_equal(conf->partitions[1].path, "/meta/x");
	assert_string_equal(conf_get(conf, "duplicate_db_path"), "/var/lib/cyrus/db/d.db");
	conf_free(conf);
}

static void test_options_in_force_are_told(void **state)
{
	(void)state;
	static const struct {
		const char *key, *value;
	} want[] = {{"virtdomains", "userid"},
	            {"unixhierarchysep", "yes"},
	            {"altnamespace", "no"},
	            {"hashimapspool", "no"},
	            {"mboxlist_db", "skiplist"},
	            {"quota_db", "default"},
	            {"metapartition_files", "header index"}};
	struct conf *conf =
		parse(BASE "virtdomains: userid\naltnamespace: off\n"
	                   "mboxlist_db: skiplist\nmetapartition_files: header index\n");
	for (size_t i = 0; i < CK_COUNT(want); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf value = CK_BUF_INIT;
		bool known = false;
		for (size_t k = 0; conf_compared(k); k++)
			known |= strcmp(conf_compared(k), want[i].key) == 0;
		assert_true(known);
		assert_int_equal(conf_effective(conf, want[i].key, &value), 0);
		assert_string_equal(value.data, want[i].value);
	}
	conf_free(conf);
}

static void test_defaults_are_those_of_cyrus(void **state)
{
	(void)state;
	struct conf *conf = parse("configdirectory: /c\npartition-only: /d\n");
	assert_string_equal(conf->configdirectory, "/c");
	assert_string_equal(conf->defaultpartition, "only");
	assert_false(conf->hashimapspool);
	assert_false(conf->fulldirhash);
	assert_true(conf->unixhierarchysep);
	assert_true(conf->altnamespace);
	assert_int_equal(conf->virtdomains, CONF_VIRT_OFF);
	assert_string_equal(conf->defaultdomain, "internal");
	assert_string_equal(conf->sievedir, "/usr/sieve");
	assert_string_equal(conf->deletedprefix, "DELETED");
	assert_string_equal(conf->cyrus_user, "cyrus");
	assert_false(conf_switch(conf, "reverseacls", false));
	conf_assume_before_3(conf);
	assert_false(conf->unixhierarchysep);
	assert_false(conf->altnamespace);
	assert_string_equal(conf->defaultdomain, "");
	conf_free(conf);

	conf = parse(BASE "unixhierarchysep: on\nvirtdomains: yes\ndefaultpartition: Fast\n");
	conf_assume_before_3(conf);
	assert_true(conf->unixhierarchysep);
	assert_int_equal(conf->virtdomains, CONF_VIRT_ON);
	assert_string_equal(conf->defaultpartition, "fast");
	conf_free(conf);
}

static void test_partitions_of_every_kind_are_found(void **state)
{
	(void)state;
	struct conf *conf = parse(BASE "Partition-AB: /ab\nmetapartition-default: /m\n"
	                               "metapartition_files: index  cache archivecache lock\n"
	                               "archivepartition-ab: /arc\nbackuppartition-b: /bak\n"
	                               "t1searchpartition-default: /s\npartition_select_mode: x\n"
	                               "metadir-index-ab: /mi\nimap_partition-z: /z\n");
	static const struct {
		const char *name, *path;
		enum ck_partition_kind kind;
	} want[] = {
		{"default", "/d", CK_PARTITION_DATA}, {"ab", "/ab", CK_PARTITION_DATA},
		{"default", "/m", CK_PARTITION_META}, {"ab", "/arc", CK_PARTITION_ARCHIVE},
		{"b", "/bak", CK_PARTITION_BACKUP},   {"t1:default", "/s", CK_PARTITION_SEARCH},
	};
	assert_int_equal(conf->npartitions, CK_COUNT(want));
	for (size_t i = 0; i < CK_COUNT(want); i++) {
		assert_string_equal(conf->partitions[i].name, want[i].name);
		assert_string_equal(conf->partitions[i].path, want[i].path);
		assert_int_equal(conf->partitions[i].kind, want[i].kind);
	}
	assert_int_equal(conf->meta_files,
	                 1u << META_INDEX | 1u << META_CACHE | 1u << META_ARCHIVECACHE);
	assert_true(conf->has_metadir);
	assert_string_equal(conf->defaultpartition, "default");
	conf_free(conf);
}

static void test_overlapping_roots_are_told(void **state)
{
	(void)state;
	struct conf *conf = parse("configdirectory: /c\npartition-a: /d/a/\npartition-b: /d/a/b\n"
	                          "partition-c: /d/ab\nmetapartition-a: /d/a\n"
	                          "partition-e: /c/spool\n");
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	const char *outer, *inner;
	for (size_t i = 0; conf_overlap(conf, &i, &outer, &inner);)
		ck_buf_addf(&text, "%s>%s ", outer, inner);
	assert_string_equal(text.data, "/d/a>/d/a/b /d/a>/d/a /d/a>/d/a/b /c>/c/spool ");
	conf_free(conf);
}

/* A file that includes another; the caller frees the path. */
static char *write_conf(const char *dir, const char *name, const char *text)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT, body = CK_BUF_INIT;
	ck_buf_addf(&path, "%s/%s", dir, name);
	for (const char *p = text; *p; p++) { /* '$' is the directory */
		if (*p == '$')
			ck_buf_adds(&body, dir);
		else
			ck_buf_addc(&body, *p);
	}
	test_write(path.data, body.data, body.len);
	return ck_buf_take(&path);
}

static void test_includes_are_read_in_place(void **state)
{
	(void)state;
	char *dir = test_tmpdir();
	char *top = write_conf(dir, "imapd.conf",
	                       "configdirectory: /c\n@INCLUDE: $/a\nlast: 1\n@include: $/b\n");
	char *a = write_conf(dir, "a", "partition-default: /d\n@include: $/sub\n");
	char *sub = write_conf(dir, "sub", "foo: 1");
	char *b = write_conf(dir, "b", "bar: 2\n");
	struct ck_err err = CK_ERR_INIT;
	struct conf *conf = NULL;
	assert_ok(conf_load(top, &conf, &err), &err);
	assert_int_equal(conf->files.n, 4);
	assert_string_equal(conf->files.items[2], sub);
	assert_string_equal(conf->lines[2].key, "foo");
	assert_string_equal(conf->lines[2].file, sub);
	assert_string_equal(conf->lines[3].key, "last");
	assert_int_equal(conf->lines[3].line, 3);
	assert_string_equal(conf_get(conf, "bar"), "2");
	conf_free(conf);

	/* Duplicates over files name both. */
	free(write_conf(dir, "b", "\nfoo: 2\n"));
	int r = conf_load(top, &conf, &err);
	assert_err(r, &err, CK_EUSAGE, b);
	assert_err(r, &err, CK_EUSAGE, sub);
	assert_err(r, &err, CK_EUSAGE, "line 2");

	/* A loop, a file twice, a missing one, one that is no file. */
	free(write_conf(dir, "b", "@include: $/imapd.conf\n"));
	r = conf_load(top, &conf, &err);
	assert_err(r, &err, CK_EUSAGE, "included twice");
	assert_err(r, &err, CK_EUSAGE, "line 1");
	free(write_conf(dir, "b", "@include: $/sub\n"));
	assert_err(conf_load(top, &conf, &err), &err, CK_EUSAGE, "included twice");
	free(write_conf(dir, "b", "\n@include: $/none\n"));
	r = conf_load(top, &conf, &err);
	assert_err(r, &err, CK_ENOTFOUND, "/none'");
	assert_err(r, &err, CK_ENOTFOUND, "line 2");
	assert_non_null(strstr(err.remedy, "take the line out"));
	free(write_conf(dir, "b", "@include: $\n"));
	assert_err(conf_load(top, &conf, &err), &err, CK_EUSAGE, "not a regular file");
	assert_err(conf_load("/nonexistent/imapd.conf", &conf, &err), &err, CK_ENOTFOUND,
	           "/nonexistent/imapd.conf");
	assert_non_null(strstr(err.remedy, "-C FILE"));
	free(top);
	free(a);
	free(sub);
	free(b);
	test_rmtree(dir);
	free(dir);
}

static void test_every_declared_option_is_found(void **state)
{
	(void)state;
	static const char *const keys[] = {"hashimapspool",    "archive_enabled",    "virtdomains",
	                                   "xbackup_enabled",  "annotation_db_path", "sievedir",
	                                   "zoneinfo_db_path", "allowapop",          "global_lock"};
	for (size_t i = 0; i < CK_COUNT(keys); i++)
		assert_non_null(conf_option_find(keys[i]));
	assert_null(conf_option_find("partition-default"));
	assert_null(conf_option_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_fatal_names_the_line),
		cmocka_unit_test(test_what_cyrus_reads_is_read_alike),
		cmocka_unit_test(test_a_nul_byte_is_refused),
		cmocka_unit_test(test_switches_are_read_by_their_first_letters),
		cmocka_unit_test(test_defaults_are_those_of_cyrus),
		cmocka_unit_test(test_options_in_force_are_told),
		cmocka_unit_test(test_paths_have_one_spelling),
		cmocka_unit_test(test_partitions_of_every_kind_are_found),
		cmocka_unit_test(test_overlapping_roots_are_told),
		cmocka_unit_test(test_includes_are_read_in_place),
		cmocka_unit_test(test_every_declared_option_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
