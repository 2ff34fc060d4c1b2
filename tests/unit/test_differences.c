/* SPDX-License-Identifier: BSD-2-Clause */
/* What imapd.conf and cyrus.conf of an archive and of this server differ in. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cyrus/conf.h"
#include "cyrus/conf_options.h"
#include "cyrus/master_compare.h"
#include "support/backup.h"
#include <cyrkeep/archive.h>
#include <cyrkeep/difference.h>

#define BASE "configdirectory: /c\npartition-default: /d\n"

static void put_setting(const struct ck_setting *s, struct ck_buf *ret)
{
	static const char *const words[] = {"none", "default ", "", "secret"};
	ck_buf_addf(ret, "%s%s", words[s->state], s->value);
}

/* A line each: "! unixhierarchysep: no -> default yes"; "!" decides over a restore. */
static void put_all(const struct ck_differences *d, struct ck_buf *ret)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct ck_difference *x = &d->items[i];
		assert_true((x->kind == CK_DIFFERENCE_RESTORE) == (i < d->nrestore));
		assert_true((x->kind == CK_DIFFERENCE_RESTORE) == (*x->meaning != '\0'));
		ck_buf_addf(ret, "%s%s: ", i < d->nrestore ? "! " : "", x->name);
		put_setting(&x->was, ret);
		ck_buf_adds(ret, " -> ");
		put_setting(&x->is, ret);
		ck_buf_addc(ret, '\n');
	}
	for (size_t i = 0; i < d->spelled_out.n; i++)
		ck_buf_addf(ret, "= %s\n", d->spelled_out.items[i]);
	for (size_t i = 0; i < d->remarks.n; i++)
		ck_buf_addf(ret, "* %s\n", d->remarks.items[i]);
}

static struct conf *parse(const char *text)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf all = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	struct conf *conf = NULL;
	ck_buf_addf(&all, BASE "%s", text);
	assert_ok(conf_parse("imapd.conf", all.data, all.len, &conf, &err), &err);
	return conf;
}

static void expect_between(unsigned then, const char *was, unsigned now, const char *is,
                           const char *want)
{
	CK_CLEANUP(ck_differences_fini) struct ck_differences d = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	struct conf *a = parse(was), *b = parse(is);
	assert_ok(conf_differences(&(struct conf_side){a, then, NULL},
	                           &(struct conf_side){b, now, NULL}, &d, &err),
	          &err);
	put_all(&d, &text);
	assert_string_equal(text.data, want);
	conf_free(a);
	conf_free(b);
}

static void expect(const char *was, const char *is, const char *want)
{
	expect_between(306, was, 306, is, want);
}

static void what_decides_over_a_restore_comes_first(void **state)
{
	(void)state;
	expect("admins: cyrus\nallowusermoves: yes\nquota_db: flat\naltnamespace: no\n"
	       "partition-a: /a\nduplicate_db: skiplist\nunixhierarchysep: no\nvirtdomains: "
	       "userid\n"
	       "fulldirhash: yes\nhashimapspool: yes\ndefaultpartition: a\n",
	       "admins: cyrus mira\npartition-a: /b\ndefaultpartition: default\npopminpoll: 3\n",
	       "! virtdomains: userid -> default off\n"
	       "! unixhierarchysep: no -> default yes\n"
	       "! altnamespace: no -> default yes\n"
	       "! hashimapspool: yes -> default no\n"
	       "! fulldirhash: yes -> default no\n"
	       "! quota_db: flat -> default quotalegacy\n"
	       "! partition-a: /a -> /b\n"
	       "! defaultpartition: a -> default\n"
	       "! duplicate_db: skiplist -> default twoskip\n"
	       "admins: cyrus -> cyrus mira\n"
	       "allowusermoves: yes -> default no\n"
	       "popminpoll: none -> 3\n");
}

static void what_is_only_there_stands_before_what_is_only_here(void **state)
{
	(void)state;
	expect("zz_there: 1\nmotd: a\nlmtp_admins: x\n", "aa_here: 2\nmotd: b\n",
	       "motd: a -> b\n"
	       "lmtp_admins: x -> none\n"
	       "zz_there: 1 -> none\n"
	       "aa_here: none -> 2\n");
}

static void a_default_that_is_spelled_out_is_no_difference(void **state)
{
	(void)state;
	expect("", "", "");
	expect("unixhierarchysep: yes\naltnamespace: 1\nduplicate_db: twoskip\nvirtdomains: no\n",
	       "allowplaintext: f\nidlesocket: /c/socket/idle\ndefaultpartition: default\n",
	       "= allowplaintext\n= altnamespace\n= defaultpartition\n= duplicate_db\n"
	       "= idlesocket\n= unixhierarchysep\n= virtdomains\n");
	expect("hashimapspool: on\nvirtdomains: yes\nmetapartition_files: index header\n"
	       "timeout: 40\nsieve_maxscriptsize: 64\n",
	       "hashimapspool: t\nvirtdomains: on\nmetapartition_files: header  index\n"
	       "timeout: 40m\nsieve_maxscriptsize: 64K\n",
	       ""); /* other spellings of the same */
	expect("timeout: 40\n", "timeout: 40s\n", "timeout: 40m -> 40s\n");
}

static void each_release_has_its_own_defaults(void **state)
{
	(void)state;
	expect_between(204, "", 306, "",
	               "! unixhierarchysep: default no -> default yes\n"
	               "! altnamespace: default no -> default yes\n"
	               "! mboxlist_db: default skiplist -> default twoskip\n"
	               "! annotation_db: default skiplist -> default twoskip\n"
	               "! seenstate_db: default skiplist -> default twoskip\n");
	expect_between(204, "unixhierarchysep: no\n", 204, "", "= unixhierarchysep\n");
	expect_between(205, "altnamespace: yes\ntimeout: 32\n", 306, "unixhierarchysep: no\n",
	               "= altnamespace\n= timeout\n= unixhierarchysep\n");
}

static void a_service_has_what_the_server_has_where_it_says_nothing(void **state)
{
	(void)state;
	expect("lmtp_altnamespace: no\n", "", "! lmtp_altnamespace: no -> default yes\n");
	expect("altnamespace: no\nlmtp_altnamespace: no\n", "altnamespace: no\n",
	       "= lmtp_altnamespace\n");
	expect("imap_timeout: 5\n", "timeout: 6\n",
	       "imap_timeout: 5m -> default 6m\ntimeout: default 32m -> 6m\n");
	expect("sync_log: yes\n", "", "sync_log: yes -> default no\n"); /* no service of "log" */
}

static void continued_lines_and_blanks_say_the_same(void **state)
{
	(void)state;
	expect("admins: cyrus \\\n\t mira\nservername: a\\\nb\n",
	       "Admins:cyrus mira  \nservername: ab\n", "");
	expect("admins: cyrus \\\n mira\n", "admins: cyrus\n", "admins: cyrus mira -> cyrus\n");
}

static void secrets_are_compared_but_never_told(void **state)
{
	(void)state;
	expect("sasl_sql_passwd: hunter2\nldap_uri: ldap://x:geheim@h/\nsync_password: same\n"
	       "srs_secrets: a\nldap_bind_pw: only-there\n",
	       "sasl_sql_passwd: tr0ub4dor\nldap_uri: ldap://h/\nsync_password: same\n"
	       "imap_SASL_SQL_PASSWD: hidden\nsrs_secrets: b\n",
	       "imap_sasl_sql_passwd: secret -> secret\n"
	       "ldap_uri: secret -> ldap://h/\n"
	       "sasl_sql_passwd: secret -> secret\n"
	       "srs_secrets: secret -> secret\n"
	       "ldap_bind_pw: secret -> none\n");
}

static void versions_name_their_release(void **state)
{
	(void)state;
	static const struct {
		const char *version;
		unsigned release;
	} rows[] = {{"3.6.1-Debian-3.6.1-4+deb12u5", 306},
	            {"2.4.22", 204},
	            {"3.12.0", 312},
	            {"3.13.0-beta1", 313},
	            {NULL, CONF_RELEASE_NEWEST},
	            {"", CONF_RELEASE_NEWEST},
	            {"3", CONF_RELEASE_NEWEST},
	            {"git-abc", CONF_RELEASE_NEWEST},
	            {"3.20231", CONF_RELEASE_NEWEST},
	            {"99999999999999999999.1", CONF_RELEASE_NEWEST}};
	for (size_t i = 0; i < CK_COUNT(rows); i++)
		assert_int_equal(conf_release(rows[i].version), rows[i].release);
	assert_string_equal(conf_default("altnamespace", 205), "no");
	assert_string_equal(conf_default("altnamespace", 300), "yes");
	assert_string_equal(conf_default("zoneinfo_db", 306), "twoskip"); /* the last row */
	assert_string_equal(conf_default("addressbookprefix", 306), "#addressbooks");
	assert_string_equal(conf_default("hashimapspool", 306), "no"); /* has no row */
	assert_null(conf_default("admins", 306));
	assert_null(conf_default("zzz", 306));
	assert_null(conf_default("", 306));
}

/* -- cyrus.conf ------------------------------------------------------------------------------- */

static void expect_entries(const char *was, const char *is, const char *want)
{
	CK_CLEANUP(ck_differences_fini) struct ck_differences d = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	char *a = strdup(was), *b = strdup(is);
	assert_true(a && b);
	assert_ok(master_differences(&(struct master_side){"was", a, strlen(a)},
	                             &(struct master_side){"is", b, strlen(b)}, &d, &err),
	          &err);
	put_all(&d, &text);
	assert_string_equal(text.data, want);
	free(a);
	free(b);
}

static void entries_of_all_sections_are_compared(void **state)
{
	(void)state;
	expect_entries("START {\n r cmd=\"ctl_cyrusdb -r\"\n idled cmd=\"idled\"\n}\nSERVICES {\n"
	               " imap cmd=\"imapd -U 30\" listen=\"imap\" prefork=0 maxchild=100\n"
	               " pop3 cmd=\"pop3d\" listen=\"pop3\"\n}\n"
	               "EVENTS {\n tick cmd=\"ctl_cyrusdb -c\" period=30 # c\n}\n",
	               "services {\n  imap listen=143 cmd=\"imapd -U 30\" maxchild=100\n"
	               "  imaps cmd=imapd listen=imaps\n}\n"
	               "START {\n r cmd=\"ctl_cyrusdb -r\"\n}\n"
	               "EVENTS {\n tick cmd=\"ctl_cyrusdb -c\" period=30\n}\n"
	               "DAEMON {\n idled cmd=\"idled\"\n}\n",
	               "service imap: listen=imap -> listen=143\n"
	               "service imaps: none -> cmd=imapd listen=imaps\n"
	               "service pop3: cmd=pop3d listen=pop3 -> none\n"
	               "daemon idled: none -> cmd=idled\n"
	               "start idled: cmd=idled -> none\n");
}

static void what_master_assumes_is_no_difference(void **state)
{
	(void)state;
	expect_entries("SERVICES {\n a cmd=x listen=y proto=tcp maxchild=-1\n}\n",
	               "SERVICES {\n a cmd=x cmd=z listen=y prefork=0\n}\n", "");
	expect_entries("SERVICES {\n a cmd=x listen=y prefork=3\n}\n",
	               "SERVICES {\n a cmd=x listen=y\n}\n", "service a: prefork=3 -> prefork=0\n");
	expect_entries("EVENTS {\n a cmd=\"x y\" at=0400\n}\n",
	               "EVENTS {\n a cmd=\"\" period=5\n}\n",
	               "event a: cmd=\"x y\" at=0400 period=0 -> cmd=\"\" period=5\n");
}

static void a_command_with_a_password_is_not_told(void **state)
{
	(void)state;
	expect_entries(
		"EVENTS {\n a cmd=\"x --Password=geheim\" at=1\n b cmd=\"y -s http://u:p@h\"\n}\n",
		"EVENTS {\n a cmd=x at=1\n}\n",
		"event a: secret -> cmd=x\nevent b: secret -> none\n");
}

static void entries_of_one_name_are_compared_in_their_order(void **state)
{
	(void)state;
	expect_entries("EVENTS {\n p cmd=a at=0400\n p cmd=b at=0500\n}\n",
	               "EVENTS {\n p cmd=a at=0400\n p cmd=c at=0500\n p cmd=d at=0600\n}\n",
	               "event p: cmd=b -> cmd=c\nevent p: none -> cmd=d at=0600\n");
}

/* -- an archive and this server ---------------------------------------------------------------- */

static void write_into(const struct spool *s, const char *name, const char *text)
{
	CK_FREE char *path = spool_path(s, name);
	test_write(path, text, strlen(text));
}

/* imapd.conf of the spool with @more behind it. */
static void write_imapd(const struct spool *s, const char *more)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	ck_buf_addf(&text,
	            "configdirectory: %s/conf\npartition-default: %s/one\npartition-two: %s/two\n"
	            "metapartition-two: %s/meta\nmetapartition_files: header index cache\n"
	            "archivepartition-two: %s/arch\narchive_enabled: yes\nsievedir: %s/sieve\n%s",
	            s->dir, s->dir, s->dir, s->dir, s->dir, s->dir, more);
	test_write(s->settings.imapd_conf, text.data, text.len);
}

static void back_up(struct spool *s, bool without_secrets)
{
	struct backup b;
	if (without_secrets)
		backup_run_without_secrets(&b, s);
	else
		backup_run(&b, s, NULL, true); /* settings are taken all the same */
	assert_ok(b.r, &b.err);
	backup_fini(&b);
}

static int compare(const struct spool *s, struct ck_buf *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_archive_closep) struct ck_archive *a = NULL;
	CK_CLEANUP(ck_differences_fini) struct ck_differences d = {0};
	assert_ok(ck_archive_open(&s->settings, "latest", &a, err), err);
	uint64_t before = ck_archive_bytes_read(a);
	int r = ck_archive_differences(a, &s->settings, &d, err);
	assert_true(ck_archive_bytes_read(a) - before < 1 << 20);
	if (r == 0)
		put_all(&d, ret);
	return r;
}

static int set_up(void **state)
{
	*state = spool_new();
	return 0;
}

static int tear_down(void **state)
{
	spool_free(*state);
	return 0;
}

static void an_archive_is_compared_with_this_server(void **state)
{
	struct spool *s = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT, include = CK_BUF_INIT;
	ck_buf_addf(&include, "unixhierarchysep: yes\n@include: %s/more.conf\n", s->dir);
	write_into(s, "more.conf", "altnamespace: no\nsasl_sql_passwd: then\n");
	write_imapd(s, include.data);
	write_into(s, "cyrus.conf", "SERVICES {\n imap cmd=imapd listen=imap\n}\n");
	back_up(s, false);
	assert_ok(compare(s, &text, &err), &err);
	assert_string_equal(text.data, ""); /* nothing was changed */

	ck_buf_reset(&include);
	ck_buf_addf(&include, "unixhierarchysep: no\n@include: %s/more.conf\n", s->dir);
	write_imapd(s, include.data);
	write_into(s, "more.conf", "sasl_sql_passwd: now\n");
	write_into(s, "cyrus.conf", "SERVICES {\n imap cmd=imapd listen=143\n}\n");
	assert_ok(compare(s, &text, &err), &err);
	assert_string_equal(text.data, "! unixhierarchysep: yes -> no\n"
	                               "! altnamespace: no -> default yes\n"
	                               "sasl_sql_passwd: secret -> secret\n"
	                               "service imap: listen=imap -> listen=143\n");
}

static void what_the_archive_lacks_is_said(void **state)
{
	struct spool *s = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	write_imapd(s, "SASL_sql_passwd: a \\\n b\nldap_password: c\nadmins: cyrus\n");
	assert_int_equal(unlink(s->settings.cyrus_conf), 0);
	back_up(s, true);
	write_imapd(s, "sasl_sql_passwd: z\nadmins: mira\nproxy_password: p\n");
	assert_ok(compare(s, &text, &err), &err);
	assert_string_equal(text.data,
	                    "admins: cyrus -> mira\n"
	                    "proxy_password: none -> secret\n"
	                    "* the archive was made without secrets, which cannot be compared: "
	                    "sasl_sql_passwd, ldap_password\n"
	                    "* cyrus.conf cannot be compared: the archive has none\n");
}

static void what_this_server_lacks_is_said(void **state)
{
	struct spool *s = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT, want = CK_BUF_INIT;
	write_into(s, "cyrus.conf", "SERVICES {\n imap cmd=imapd listen=imap\n}\n");
	back_up(s, false);
	write_into(s, "cyrus.conf", "SERVICES {\n imap cmd\n}\n");
	assert_ok(compare(s, &text, &err), &err);
	ck_buf_addf(&want,
	            "* cyrus.conf cannot be compared: '%s', line 2: KEY=VALUE is expected, not the "
	            "end of the line\n",
	            s->settings.cyrus_conf);
	assert_string_equal(text.data, want.data);
	write_imapd(s, "foo: 1\nfoo: 2\n");
	assert_err(compare(s, &text, &err), &err, CK_EUSAGE, "option 'foo' is already set");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_decides_over_a_restore_comes_first),
		cmocka_unit_test(what_is_only_there_stands_before_what_is_only_here),
		cmocka_unit_test(a_default_that_is_spelled_out_is_no_difference),
		cmocka_unit_test(each_release_has_its_own_defaults),
		cmocka_unit_test(a_service_has_what_the_server_has_where_it_says_nothing),
		cmocka_unit_test(continued_lines_and_blanks_say_the_same),
		cmocka_unit_test(secrets_are_compared_but_never_told),
		cmocka_unit_test(versions_name_their_release),
		cmocka_unit_test(entries_of_all_sections_are_compared),
		cmocka_unit_test(what_master_assumes_is_no_difference),
		cmocka_unit_test(a_command_with_a_password_is_not_told),
		cmocka_unit_test(entries_of_one_name_are_compared_in_their_order),
		T(an_archive_is_compared_with_this_server),
		T(what_the_archive_lacks_is_said),
		T(what_this_server_lacks_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
