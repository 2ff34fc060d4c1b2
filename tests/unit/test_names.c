/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <string.h>

#include "cyrus/names.h"

static struct conf *parse(const char *more)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	struct conf *conf = NULL;
	ck_buf_addf(&text, "configdirectory: /c\npartition-default: /d\n%s", more);
	assert_ok(conf_parse("imapd.conf", text.data, text.len, &conf, &err), &err);
	return conf;
}

static void check_external(const struct conf *conf, const char *intname, const char *extname)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	assert_int_equal(name_to_external(conf, intname, &out), 0);
	assert_string_equal(out.data, extname);
}

static void check_internal(const struct conf *conf, const char *extname, const char *intname)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(name_to_internal(conf, extname, &out, &err), &err);
	assert_string_equal(out.data, intname);
}

static void check_both(const struct conf *conf, const char *intname, const char *extname)
{
	check_external(conf, intname, extname);
	check_internal(conf, extname, intname);
}

/* As LIST of a 3.6.1 shows them to an administrator with altnamespace: yes. */
static void test_names_with_slashes_go_both_ways(void **state)
{
	(void)state;
	struct conf *conf = parse("virtdomains: userid\ndefaultdomain: lab.test\n"
	                          "unixhierarchysep: yes\naltnamespace: yes\n");
	assert_int_equal(name_separator(conf), '/');
	check_both(conf, "user.anne", "user/anne");
	check_both(conf, "user.anne.Sent", "user/anne/Sent");
	check_both(conf, "user.anne.a^b", "user/anne/a.b");
	check_both(conf, "user.john^doe", "user/john.doe");
	check_both(conf, "user.anne.^^", "user/anne/..");
	check_both(conf, "user.anne.&U,BTFw-", "user/anne/\xe5\x8f\xb0\xe5\x8c\x97");
	check_both(conf, "user.anne.R&-D", "user/anne/R&D");
	check_both(conf, "user.b&AOk-n", "user/b\xc3\xa9n");
	check_both(conf, "shared.Team", "shared/Team");
	check_both(conf, "virt.test!user.eve.Sent", "user/eve/Sent@virt.test");
	check_both(conf, "virt.test!user.john^doe.v1^2", "user/john.doe/v1.2@virt.test");
	check_both(conf, "virt.test!teams", "teams@virt.test");
	check_both(conf, "DELETED.user.anne.Gone.6B04CA50", "DELETED/user/anne/Gone/6B04CA50");
	check_both(conf, "user.anne.&2D3eAA-", "user/anne/\xf0\x9f\x98\x80");
	check_internal(conf, "user/anne@lab.test", "user.anne");
	check_internal(conf, "shared/a@b/c", "shared.a@b.c");
	conf_free(conf);
}

static void test_names_with_dots_go_both_ways(void **state)
{
	(void)state;
	struct conf *conf = parse("unixhierarchysep: no\n");
	assert_int_equal(name_separator(conf), '.');
	check_both(conf, "user.anne.Sent", "user.anne.Sent");
	check_both(conf, "user.john^doe", "user.john^doe");
	check_both(conf, "user.anne.&U,BTFw-", "user.anne.\xe5\x8f\xb0\xe5\x8c\x97");
	check_internal(conf, "shared.a@b", "shared.a@b"); /* no domains here */
	conf_free(conf);
}

static void test_what_cannot_be_a_name_is_refused(void **state)
{
	(void)state;
	struct conf *conf = parse("virtdomains: on\n");
	static const char *const bad[] = {"",    "/",    "/a",      "a/",    "a//b", "a!b",
	                                  "a^b", "@dom", "user/a@", "a@b!c", "a\x1f"};
	for (size_t i = 0; i < CK_COUNT(bad); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
		struct ck_err err = CK_ERR_INIT;
		int r = name_to_internal(conf, bad[i], &out, &err);
		assert_err(r, &err, CK_EUSAGE, "cannot be a mailbox name");
		assert_int_equal(out.len, 0);
	}
	conf_free(conf);
	conf = parse("unixhierarchysep: no\n");
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	assert_err(name_to_internal(conf, "a/b", &out, &err), &err, CK_EUSAGE, "'a/b'");
	conf_free(conf);
}

static void check_decode(const char *in, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	assert_int_equal(mutf7_decode(in, strlen(in), &out), 0);
	assert_string_equal(out.data, want);
}

static void test_invalid_modified_utf7_is_kept(void **state)
{
	(void)state;
	static const char *const kept[] = {
		"&",          "a&",     "&AOk",    "&AO-",     "&AEE-",       "&A-",   "&AAA-",
		"&AOl-",      "&2D0-",  "&3gA-",   "&2D3YPQ-", "&AOkA-",      "&AC8-", "&AOk!-",
		"&\xc3\xa9-", "&/AOk-", "caf\xe9", "&AOkAQQ-", "&2D3eAOkA6Q",
	};
	for (size_t i = 0; i < CK_COUNT(kept); i++)
		check_decode(kept[i], kept[i]);
	check_decode("&AOk-&AOk-", "\xc3\xa9&AOk-"); /* canonical is one sequence */
	check_decode("&AOkA6Q-", "\xc3\xa9\xc3\xa9");
	check_decode("x&-&-y", "x&&y");
	check_decode("&AOk-&-", "\xc3\xa9&");
	check_decode("~peter/mail/&U,BTFw-/&ZeVnLIqe-",
	             "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
}

static void test_bytes_that_are_no_utf8_stay_on_the_wire(void **state)
{
	(void)state;
	static const struct {
		const char *in, *want;
	} rows[] = {
		{"a\xff"
	         "b",
	         "a\xff"
	         "b"},
		{"\xc3", "\xc3"},
		{"\xc0\xaf", "\xc0\xaf"},         /* overlong */
		{"\xed\xa0\x80", "\xed\xa0\x80"}, /* a surrogate */
		{"\xf4\x90\x80\x80", "\xf4\x90\x80\x80"},
		{"\xc3\xa9\xff\xc3\xa9", "&AOk-\xff&AOk-"},
		{"a\tb", "a&AAk-b"},
		{"user/R&D", "user/R&-D"},
	};
	for (size_t i = 0; i < CK_COUNT(rows); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
		assert_int_equal(name_to_wire(rows[i].in, &out), 0);
		assert_string_equal(out.data, rows[i].want);
	}
}

static void test_every_character_survives_both_ways(void **state)
{
	(void)state;
	for (uint32_t c = 0x80; c < 0x110000; c += c < 0x900 ? 1 : 37) {
		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		char in[8] = "x";
		size_t n = 1;
		if (c < 0x800) {
			in[n++] = (char)(0xc0 | c >> 6);
		} else if (c < 0x10000) {
			in[n++] = (char)(0xe0 | c >> 12);
			in[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		} else {
			in[n++] = (char)(0xf0 | c >> 18);
			in[n++] = (char)(0x80 | (c >> 12 & 0x3f));
			in[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		}
		in[n] = (char)(0x80 | (c & 0x3f));
		CK_CLEANUP(ck_buf_fini) struct ck_buf wire = CK_BUF_INIT, back = CK_BUF_INIT;
		assert_int_equal(mutf7_encode(in, strlen(in), &wire), 0);
		assert_int_equal(wire.data[1], '&');
		assert_int_equal(mutf7_decode(wire.data, wire.len, &back), 0);
		assert_string_equal(back.data, in);
	}
}

static void test_database_names_become_internal(void **state)
{
	(void)state;
	static const struct {
		const char *in, *want;
	} rows[] = {
		{"user\x1f"
	         "anne\x1fSent",
	         "user.anne.Sent"},
		{"virt.test\x1duser\x1f"
	         "eve",
	         "virt.test!user.eve"},
		{"user\x1fjohn.doe\x1fv1.2", "user.john^doe.v1^2"},
		{"shared", "shared"},
		{"DELETED\x1fuser\x1f"
	         "alice\x1fGone\x1f"
	         "6B04CC21",
	         "DELETED.user.alice.Gone.6B04CC21"},
	};
	for (size_t i = 0; i < CK_COUNT(rows); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
		assert_int_equal(name_from_database(rows[i].in, strlen(rows[i].in), &out), 0);
		assert_string_equal(out.data, rows[i].want);
	}
}

static void test_the_owner_is_known(void **state)
{
	(void)state;
	struct conf *conf = parse("unixhierarchysep: no\n");
	static const struct {
		const char *name, *owner;
		bool inbox, deleted;
	} rows[] = {
		{"user.anne", "anne", true, false},
		{"user.anne.Sent", "anne", false, false},
		{"user.john^doe", "john.doe", true, false},
		{"virt.test!user.eve.Sent", "eve@virt.test", false, false},
		{"virt.test!user.eve", "eve@virt.test", true, false},
		{"DELETED.user.alice.Gone.6B04CC21", "alice", false, true},
		{"virt.test!DELETED.user.eve.6B04CC21", "eve@virt.test", false, true},
		{"DELETED.shared.6B04CC21", NULL, false, true},
		{"shared.user.anne", NULL, false, false},
		{"user", NULL, false, false},
		{"user.", NULL, false, false},
		{"users.anne", NULL, false, false},
		{"DELETEDX.a", NULL, false, false},
		{"DELETED", NULL, false, false},
	};
	for (size_t i = 0; i < CK_COUNT(rows); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
		bool owned = name_owner(conf, rows[i].name, &out);
		assert_int_equal(owned, rows[i].owner != NULL);
		assert_string_equal(out.data, rows[i].owner ? rows[i].owner : "");
		assert_int_equal(name_is_inbox(rows[i].name), rows[i].inbox);
		assert_int_equal(name_is_deleted(conf, rows[i].name), rows[i].deleted);
	}
	conf_free(conf);
}

static void test_a_tree_sorts_together(void **state)
{
	(void)state;
	static const char *const sorted[] = {"user",
	                                     "user.a",
	                                     "user.a.Sent",
	                                     "user.a.b",
	                                     "user.a-b",
	                                     "user.a-b.c",
	                                     "user.a^b",
	                                     "user.ab",
	                                     "user-x",
	                                     "virt-a.test!user.x",
	                                     "virt.a!user.x",
	                                     "virt.test!user",
	                                     "virt.test!user.x"};
	for (size_t i = 0; i < CK_COUNT(sorted); i++)
		for (size_t j = 0; j < CK_COUNT(sorted); j++)
			assert_int_equal(name_compare(sorted[i], sorted[j]), (i > j) - (i < j));
}

static void test_names_that_no_new_mailbox_may_have(void **state)
{
	(void)state;
	struct conf *conf = parse("virtdomains: userid\ndefaultdomain: lab.test\n");
	static const char *const good[] = {"user.anne",       "user.anne.a*b",
	                                   "user.anne.^^",    "user.anne.&U,BTFw-",
	                                   "user.anne.INBOX", "shared.it's (odd) [x] $HOME?",
	                                   "x!user.eve.Sent", "#news",
	                                   "user.anne.a.#x",  "users",
	                                   "DELETEDx",        "INBOXes"};
	static const char *const bad[] = {"user",
	                                  "user.anne.a%b",
	                                  "user.anne.\"",
	                                  "user.anne.a;b",
	                                  "user.anne.a\\b",
	                                  "user.anne.\x7f",
	                                  "user.anne.\tx",
	                                  "user.anne.&AAk-x",
	                                  "user.anne.\xff",
	                                  "INBOX",
	                                  "inbox.x",
	                                  "DELETED",
	                                  "DELETED.user.anne.x",
	                                  "x!DELETED.y",
	                                  "x!user",
	                                  "user.anne.#sieve",
	                                  "user.anne.#x.y",
	                                  "x!user.eve.{"};
	for (size_t i = 0; i < CK_COUNT(good); i++)
		assert_null(name_refusal(conf, good[i]));
	for (size_t i = 0; i < CK_COUNT(bad); i++)
		assert_non_null(name_refusal(conf, bad[i]));
	char longest[500];
	memset(longest, 'x', sizeof longest);
	longest[490] = '\0';
	assert_null(name_refusal(conf, longest));
	longest[490] = 'x';
	longest[491] = '\0';
	assert_non_null(name_refusal(conf, longest));
	conf_free(conf);
}

/* What CREATE of 3.6.1 takes and refuses (tests/e2e/test_restore_hard.py asks it for every
 * character). */
static void test_names_that_no_server_makes_are_known(void **state)
{
	(void)state;
	static const struct {
		const char *intname, *why; /* NULL: it is taken */
	} rows[] = {
		{"user.anne", NULL},
		{"user.anne.it's (odd) [x] $HOME a*b ? #=+,:@_~-", NULL},
		{"user.anne.v1^2.^^", NULL},
		{"user.anne.&U,BTFw-.R&-D.&AOk-x&AOk-", NULL},
		{"virt.test!user.eve.$x", NULL},
		{"user.anne.user", NULL},
		{"user.anne.DELETED", NULL},
		{"user.anne.per%cent", "a character that Cyrus refuses in names"},
		{"user.anne.a\\b", "a character that Cyrus refuses in names"},
		{"user.anne.a;b", "a character that Cyrus refuses in names"},
		{"user.anne.a\x01"
	         "b",
	         "a control character"},
		{"user.anne.a\xff", "a character that Cyrus refuses"},
		{"user.anne.a/b", "a character that Cyrus refuses in names"},
		{"user.anne.&", "it is no modified UTF-7"},
		{"user.anne.&AOk", "it is no modified UTF-7"},
		{"user.anne.&AEE-", "it is no modified UTF-7"},      /* an A */
		{"user.anne.&AOk-&AOk-", "it is no modified UTF-7"}, /* one after the other */
		{"user..anne", "a level of it is empty"},
		{".anne", "a level of it is empty"},
		{"user.anne.", "a level of it is empty"},
		{"virt.test!", "a level of it is empty"},
		{"", "a level of it is empty"},
		{"user", "users' mailboxes"},
		{"virt.test!user", "users' mailboxes"},
		{"user.anyone", "for itself"},
		{"user.%x", "for itself"},
		{"$x", "begins with"},
		{"~x", "begins with"},
		{"DELETED.user.anne.x.6B04CA50", NULL}, /* it is that which may not be asked for */
		{"user.anne.&AAk-x", "a control character"},
	};
	struct conf *conf = parse("virtdomains: userid\n"), *plain = parse("");
	for (size_t i = 0; i < CK_COUNT(rows); i++) {
		const char *why = name_unmakeable(conf, rows[i].intname);
		if (!why != !rows[i].why || (why && !strstr(why, rows[i].why)))
			fail_msg("'%s': '%s' instead of '%s'", rows[i].intname, why ? why : "",
			         rows[i].why ? rows[i].why : "");
	}
	assert_non_null(strstr(name_unmakeable(plain, "virt.test!user.eve"), "virtdomains"));
	assert_null(name_unmakeable(plain, "user.eve"));
	conf_free(conf);
	conf_free(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_with_slashes_go_both_ways),
		cmocka_unit_test(test_names_with_dots_go_both_ways),
		cmocka_unit_test(test_what_cannot_be_a_name_is_refused),
		cmocka_unit_test(test_invalid_modified_utf7_is_kept),
		cmocka_unit_test(test_bytes_that_are_no_utf8_stay_on_the_wire),
		cmocka_unit_test(test_every_character_survives_both_ways),
		cmocka_unit_test(test_database_names_become_internal),
		cmocka_unit_test(test_the_owner_is_known),
		cmocka_unit_test(test_a_tree_sorts_together),
		cmocka_unit_test(test_names_that_no_new_mailbox_may_have),
		cmocka_unit_test(test_names_that_no_server_makes_are_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
