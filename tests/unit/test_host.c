/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cyrus/conf.h"
#include "cyrus/host.h"

static const char imapd_conf[] = "configdirectory: /var/lib/cyrus\npartition-default: /m\n"
				 "sasl_pwcheck_method: auxprop\n"
				 "sasl_sql_passwd: very\\\n secret\n"
				 "ldap_password: hush\n"
				 "tls_server_cert: /etc/ssl/mail.pem\n"
				 "imaps_tls_key_file: /etc/ssl/mail.key\n"
				 "allowplaintext: yes\n";

static void test_secrets_are_named_and_can_be_left_out(void **state)
{
	(void)state;
	CK_CLEANUP(ck_strv_fini) struct ck_strv keys = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf bare = CK_BUF_INIT;
	assert_int_equal(host_secrets(imapd_conf, sizeof imapd_conf - 1, &keys), 0);
	assert_int_equal(keys.n, 2);
	assert_string_equal(keys.items[0], "sasl_sql_passwd");
	assert_string_equal(keys.items[1], "ldap_password");
	assert_int_equal(host_without_secrets(imapd_conf, sizeof imapd_conf - 1, &bare), 0);
	assert_string_equal(bare.data, "configdirectory: /var/lib/cyrus\npartition-default: /m\n"
	                               "sasl_pwcheck_method: auxprop\n"
	                               "# sasl_sql_passwd: (left out)\n"
	                               "# ldap_password: (left out)\n"
	                               "tls_server_cert: /etc/ssl/mail.pem\n"
	                               "imaps_tls_key_file: /etc/ssl/mail.key\n"
	                               "allowplaintext: yes\n");
}

static void test_other_files_know_secrets_too(void **state)
{
	(void)state;
	static const char text[] = "ldapdb_pw: x\n  Bind_Secret = y\npassword\n# passwd: no\n"
				   "passphrase: z\nmypw: w\nlast_password: end";
	CK_CLEANUP(ck_strv_fini) struct ck_strv keys = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf bare = CK_BUF_INIT;
	assert_int_equal(host_secrets(text, sizeof text - 1, &keys), 0);
	assert_int_equal(keys.n, 3);
	assert_string_equal(keys.items[1], "Bind_Secret");
	assert_string_equal(keys.items[2], "last_password");
	assert_int_equal(host_without_secrets(text, sizeof text - 1, &bare), 0);
	assert_null(strstr(bare.data, "end"));
	assert_null(strstr(bare.data, "= y"));
	assert_non_null(strstr(bare.data, "passphrase: z"));
}

/* Settings of services: shell variables, and systemd's units. */
static void test_secrets_in_environments_are_known(void **state)
{
	(void)state;
	static const char text[] = "export LDAP_PASSWORD=one\n"
				   "Environment=SQL_PASSWD=two\n"
				   "Environment=\"LANG=C\" 'X=passwd=y' \"MY_SECRET=three\"\n"
				   "Environment=A=passwd=y\n"
				   "exporter=password\n";
	CK_CLEANUP(ck_strv_fini) struct ck_strv keys = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf bare = CK_BUF_INIT;
	assert_int_equal(host_secrets(text, sizeof text - 1, &keys), 0);
	assert_int_equal(keys.n, 3);
	assert_string_equal(keys.items[0], "LDAP_PASSWORD");
	assert_string_equal(keys.items[1], "SQL_PASSWD");
	assert_string_equal(keys.items[2], "MY_SECRET");
	assert_int_equal(host_without_secrets(text, sizeof text - 1, &bare), 0);
	assert_string_equal(bare.data,
	                    "# export LDAP_PASSWORD= (left out)\n"
	                    "# Environment=SQL_PASSWD= (left out)\n"
	                    "# Environment=\"LANG=C\" 'X=passwd=y' \"MY_SECRET= (left out)\n"
	                    "Environment=A=passwd=y\n"
	                    "exporter=password\n");
}

static char *below(const char *root, const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s%s", root, name) > 0);
	return path;
}

static void test_settings_of_sasl_systemd_and_tls_are_found(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool secret;
	} files[] = {
		{"/etc/sasl2/imapd.conf", false},
		{"/usr/lib/x86_64-linux-gnu/sasl2/smtpd.conf", false},
		{"/etc/default/cyrus-imapd", false},
		{"/etc/systemd/system/cyrus-imapd.service.d/limits.conf", false},
		{"/usr/lib/systemd/system/cyrus-imapd.service", false},
		{"/etc/ssl/mail.pem", false},
		{"/etc/ssl/mail.key", true},
		{"/etc/sasldb2", true},
	};
	char *root = test_tmpdir();
	for (size_t i = 0; i < CK_COUNT(files); i++) {
		CK_FREE char *path = below(root, files[i].name);
		test_write(path, "sql_passwd: x\n", 14);
	}
	CK_FREE char *other = below(root, "/etc/sasl2/notes.txt");
	CK_FREE char *conf_path = below(root, "/imapd.conf");
	CK_FREE char *cyrus_conf = below(root, "/cyrus.conf");
	test_write(other, "x", 1);
	test_write(conf_path, imapd_conf, sizeof imapd_conf - 1);
	test_write(cyrus_conf, "START { }\n", 10);
	const struct ck_settings settings = {.cyrus_conf = cyrus_conf};
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(conf_freep) struct conf *conf = NULL;
	struct ck_host_file *list = NULL;
	size_t n = 0;
	assert_ok(conf_load(conf_path, &conf, &err), &err);
	assert_ok(host_files(root, &settings, conf, &list, &n, &err), &err);
	assert_int_equal(n, CK_COUNT(files) + 2);
	assert_string_equal(list[0].path, conf_path);
	assert_int_equal(list[0].secrets.n, 2);
	assert_string_equal(list[1].path, cyrus_conf);
	for (size_t i = 0; i < CK_COUNT(files); i++) {
		const struct ck_host_file *f = NULL;
		for (size_t k = 0; k < n && !f; k++)
			f = strcmp(list[k].path, files[i].name) == 0 ? &list[k] : NULL;
		if (!f || f->secret != files[i].secret || f->secrets.n != !f->secret)
			fail_msg("'%s' is %s", files[i].name,
			         f ? "not as it should be" : "missing");
	}
	ck_host_files_free(list, n);
	test_rmtree(root);
	free(root);
}

static bool takes_sasldb(const char *more)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	char *root = test_tmpdir();
	CK_FREE char *passwords = below(root, "/etc/sasldb2");
	CK_FREE char *conf_path = below(root, "/imapd.conf");
	ck_buf_addf(&text, "configdirectory: /c\npartition-default: /d\n%s", more);
	test_write(passwords, "x", 1);
	test_write(conf_path, text.data, text.len);
	struct ck_settings settings = {.cyrus_conf = conf_path};
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(conf_freep) struct conf *conf = NULL;
	struct ck_host_file *list = NULL;
	size_t n = 0;
	bool found = false;
	assert_ok(conf_load(conf_path, &conf, &err), &err);
	assert_ok(host_files(root, &settings, conf, &list, &n, &err), &err);
	for (size_t i = 0; i < n; i++)
		found |= strcmp(list[i].path, "/etc/sasldb2") == 0;
	ck_host_files_free(list, n);
	test_rmtree(root);
	free(root);
	return found;
}

/* A server that asks elsewhere has no business with the passwords of the host, and a user who may
 * not read them no finding. */
static void test_passwords_are_those_the_server_asks_for(void **state)
{
	(void)state;
	assert_true(takes_sasldb(""));
	assert_true(takes_sasldb("sasl_pwcheck_method: saslauthd auxprop\n"));
	assert_true(takes_sasldb("sasl_pwcheck_method: saslauthd\n"
	                         "imaps_sasl_pwcheck_method: auxprop\n"));
	assert_true(takes_sasldb("sasl_auxprop_plugin: sasldb sql\n"));
	assert_false(takes_sasldb("sasl_pwcheck_method: alwaystrue\n"));
	assert_false(takes_sasldb("sasl_pwcheck_method: auxprop\nsasl_auxprop_plugin: sql\n"));
	assert_false(takes_sasldb("sasl_sasldb_path: /elsewhere/sasldb2\n"));
}

static void test_the_software_is_told(void **state)
{
	(void)state;
	struct software s;
	software_read(&s);
	assert_true(test_contains(s.libc, "glibc 2."));
	assert_non_null(s.architecture);
	assert_non_null(s.kernel);
	assert_non_null(s.system);
	software_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets_are_named_and_can_be_left_out),
		cmocka_unit_test(test_other_files_know_secrets_too),
		cmocka_unit_test(test_secrets_in_environments_are_known),
		cmocka_unit_test(test_passwords_are_those_the_server_asks_for),
		cmocka_unit_test(test_settings_of_sasl_systemd_and_tls_are_found),
		cmocka_unit_test(test_the_software_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
