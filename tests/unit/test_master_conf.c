/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/master_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

/* The sentence about @text, or "". */
static void expect(const char *text, const char *want)
{
	struct ck_err err = CK_ERR_INIT;
	char *copy = strdup(text);
	assert_non_null(copy);
	int r = master_conf_check_text("c", copy, strlen(text), NULL, &err);
	assert_int_equal(r, *want ? CK_EUSAGE : 0);
	assert_string_equal(err.msg, want);
	free(copy);
}

static void what_debian_ships_is_fine(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	if (access("/etc/cyrus.conf", R_OK) < 0)
		test_skip("there is no /etc/cyrus.conf");
	assert_ok(master_conf_check("/etc/cyrus.conf", NULL, &err), &err);
}

static void every_form_that_master_reads_is_fine(void **state)
{
	(void)state;
	expect("", "");
	expect("# START {\n", "");
	expect("START {\n  a cmd=\"/bin/true -x '}'\"\n}\n", ""); /* ends inside the quotes */
	expect("start{\n a\tcmd=/bin/true   at=0400\n# c\n\n}", "");
	expect("START {\n a cmd=\"/bin/true\"\n}\nSERVICES {\n"
	       " imap cmd=\"imapd -U 30\" listen=\"imap\" prefork=0 maxchild=100\n"
	       " imaps cmd=imapd listen=imaps\n lmtpunix cmd=\"lmtpd\" listen=\"/run/lmtp\"\n}\n"
	       "EVENTS {\n checkpoint cmd=\"ctl_cyrusdb -c\" period=30\n"
	       " checkpoint cmd=\"/nowhere/at/all\" at=0401 # events may be many, and late\n}\n"
	       "DAEMON {\n idled cmd=\"idled\"\n}\nOTHER {\n what ever\n}\n",
	       "");
	expect("SERVICES { }\nimap without sense\n", "");
}

static void what_ends_master_is_named_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"START {\n a cmd=\"/nowhere/x -r\"\n}\n",
	         "'c', line 2: there is no program '/nowhere/x' for start 'a'"},
		{"#\n\nSERVICES {\n imap cmd=\"/etc\" listen=\"imap\"\n}\n",
	         "'c', line 4: there is no program '/etc' for service 'imap'"},
		{"SERVICES {\n imap cmd=\"/etc/passwd\" listen=\"imap\"\n}\n",
	         "'c', line 2: there is no program '/etc/passwd' for service 'imap'"},
		{"SERVICES {\n imap cmd=\"imapd\"\n}\n",
	         "'c', line 2: there is no listen for service 'imap'"},
		{"SERVICES {\n imap listen=\"imap\"\n}\n",
	         "'c', line 2: there is no cmd for service 'imap'"},
		{"SERVICES {\n imap\n}\n", "'c', line 2: there is no cmd for service 'imap'"},
		{"EVENTS {\n e cmd=\"\"\n}\n", "'c', line 2: there is no cmd for event 'e'"},
		{"SERVICES {\n imap cmd=imapd listen=a\n}\nDAEMON {\n imap cmd=imapd\n}\n",
	         "'c', line 5: there is another daemon 'imap' before it"},
		{"SERVICES {\n imap cmd=imapd listen=a } \n imap cmd=imapd listen=a\n}\n",
	         "'c', line 2: KEY=VALUE is expected, not }"},
		{"START {\n a cmd=\"/bin/true\n}\n", "'c', line 2: a closing quote is missing"},
		{"START {\n a cmd\n}\n",
	         "'c', line 2: KEY=VALUE is expected, not the end of the line"},
		{"START {\n a-b cmd=x\n}\n",
	         "'c', line 2: a name has letters and digits only, not -"},
	};
	for (size_t i = 0; i < CK_COUNT(rows); i++)
		expect(rows[i].text, rows[i].want);
}

static void a_relative_program_is_looked_for_beside_the_others(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want; /* NULL: nothing wrong */
	} rows[] = {
		{"SERVICES {\n a cmd=\"imapd -U 30\" listen=a\n b cmd=pop3d listen=b\n c cmd=x "
	         "listen=c\n}\n",
	         "line 3: there is no program '%s/pop3d' for service 'b'"},
		{"START {\n r cmd=\"ctl_cyrusdb -r\"\n}\nDAEMON {\n a cmd=imapd\n}\n",
	         "line 2: there is no program '%s/ctl_cyrusdb' for start 'r'"},
		{"SERVICES {\n b cmd=pop3d listen=b\n}\n", NULL}, /* another directory, it seems */
		{"SERVICES {\n a cmd=imapd listen=a\n}\nEVENTS {\n e cmd=gone at=1\n}\n", NULL},
	};
	CK_FREE char *dir = test_tmpdir();
	char path[200], text[300], want[400];
	(void)snprintf(path, sizeof path, "%s/imapd", dir);
	test_write(path, "", 0);
	assert_int_equal(chmod(path, 0755), 0);
	for (size_t i = 0; i < CK_COUNT(rows); i++) {
		struct ck_err err = CK_ERR_INIT;
		(void)snprintf(text, sizeof text, "%s", rows[i].text);
		int r = master_conf_check_text("c", text, strlen(text), dir, &err);
		if (!rows[i].want) {
			assert_ok(r, &err);
			continue;
		}
		(void)snprintf(want, sizeof want, rows[i].want, dir);
		assert_err(r, &err, CK_EUSAGE, want);
	}
	test_rmtree(dir);
}

static void too_many_arguments_are_counted(void **state)
{
	(void)state;
	char text[1000] = "START {\n a cmd=x ";
	for (int i = 0; i < 63; i++)
		strncat(text, "k=v ", sizeof text - strlen(text) - 1);
	expect(text, "");
	strncat(text, "k=v", sizeof text - strlen(text) - 1);
	expect(text, "'c', line 2: there are too many arguments");
}

static void a_file_cut_at_any_byte_is_read_within_it(void **state)
{
	(void)state;
	static const char full[] = "START {\n r cmd=\"/bin/true -r\"\n}\nSERVICES {\n i "
				   "cmd=\"/bin/true\" listen=\"i\" x=1\n}\n";
	for (size_t len = 0; len < sizeof full; len++) {
		char *copy = strndup(full, len);
		assert_non_null(copy);
		int r = master_conf_check_text("c", copy, strlen(copy), NULL, NULL);
		assert_true(r == 0 || r == CK_EUSAGE);
		free(copy);
	}
}

static void a_file_that_is_not_there_says_so(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *dir = test_tmpdir();
	char path[200], *text = malloc(100000);
	assert_non_null(text);
	(void)snprintf(path, sizeof path, "%s/cyrus.conf", dir);
	assert_err(master_conf_check(path, NULL, &err), &err, CK_ENOTFOUND, "cannot open");
	memset(text, '#', 100000); /* beyond what is looked at */
	memcpy(text + 99960, "\nSTART {\n a cmd=/nowhere/x\n}\n", 29);
	test_write(path, text, 100000);
	assert_int_equal(master_conf_check(path, NULL, NULL), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(master_conf_check(path, NULL, NULL) < 0); /* and is not waited for */
	free(text);
	test_rmtree(dir);
}

static void expect_path(char **argv, size_t n, const char *otherwise, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	struct ck_strv start = {argv, n, n};
	assert_int_equal(master_conf_path(&start, 0, otherwise, &got), 0);
	assert_string_equal(got.data, want);
}

static void the_file_is_the_one_that_the_start_names(void **state)
{
	(void)state;
	char master[] = "/usr/sbin/master", d[] = "-d", m[] = "-M", file[] = "/x/c.conf",
	     both[] = "-M/y/c.conf", relative[] = "c.conf";
	const char *there = "/dev/null"; /* any file that exists */
	expect_path((char *[]){master, d}, 2, there, there);
	expect_path((char *[]){master, d}, 2, "/nowhere/cyrus.conf", "");
	expect_path((char *[]){master, m, file, d}, 4, there, "/x/c.conf");
	expect_path((char *[]){master, both}, 2, there, "/y/c.conf");
	expect_path((char *[]){master, m, relative}, 3, there, "");
	expect_path((char *[]){master, m}, 2, there, there);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_debian_ships_is_fine),
		cmocka_unit_test(every_form_that_master_reads_is_fine),
		cmocka_unit_test(what_ends_master_is_named_with_its_line),
		cmocka_unit_test(a_relative_program_is_looked_for_beside_the_others),
		cmocka_unit_test(too_many_arguments_are_counted),
		cmocka_unit_test(a_file_cut_at_any_byte_is_read_within_it),
		cmocka_unit_test(a_file_that_is_not_there_says_so),
		cmocka_unit_test(the_file_is_the_one_that_the_start_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
