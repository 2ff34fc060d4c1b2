/* SPDX-License-Identifier: BSD-2-Clause */
/* Small pieces of the imap way and of quotas: names as users say them, dates, refusals. */
#include "support/test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cyrus/imap.h"
#include "restore/live.h"
#include "restore/newid.h"
#include "restore/quota.h"
#include "restore/readmarks.h"
#include "restore/scripts.h"
#include "restore/special.h"
#include "restore/via.h"
#include "restore/wire.h"

static void name_is(const struct conf *conf, const char *intname, bool owned, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	assert_int_equal(wire_for_user(conf, intname, owned, &name), 0);
	assert_string_equal(name.data, want);
}

static void users_name_their_mailboxes(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct conf *conf = NULL;
	static const char slash[] = "configdirectory: /c\npartition-default: /p\n"
				    "unixhierarchysep: yes\naltnamespace: no\n";
	assert_ok(conf_parse("t", slash, strlen(slash), &conf, &err), &err);
	name_is(conf, "user.anne", true, "INBOX");
	name_is(conf, "user.anne.v1^2.&AOk-", true, "INBOX/v1.2/&AOk-");
	name_is(conf, "virt.test!user.eve.X", true, "INBOX/X");
	name_is(conf, "shared.Team", false, "shared/Team");
	name_is(conf, "virt.test!shared.Team", false, "shared/Team");
	conf_free(conf);
	static const char alt[] = "configdirectory: /c\npartition-default: /p\n"
				  "unixhierarchysep: no\naltnamespace: yes\n";
	assert_ok(conf_parse("t", alt, strlen(alt), &conf, &err), &err);
	name_is(conf, "user.anne", true, "INBOX");
	name_is(conf, "user.anne.Sent.x", true, "Sent.x");
	name_is(conf, "shared.Team", false, "Shared Folders.shared.Team");
	conf_free(conf);
}

static void dates_are_english_and_utc(void **state)
{
	(void)state;
	char date[32];
	wire_date(1577872800, date);
	assert_string_equal(date, "01-Jan-2020 10:00:00 +0000");
	wire_date(0, date);
	assert_string_equal(date, "01-Jan-1970 00:00:00 +0000");
	wire_date(INT64_MAX, date);
	assert_string_equal(date, "01-Jan-1970 00:00:00 +0000");
}

static void flags_are(const char *flags, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	wire_put_flags(&text, flags);
	assert_string_equal(text.data, want);
}

static void only_flags_that_can_stand_in_a_command_are_sent(void **state)
{
	(void)state;
	flags_are("", "()");
	flags_are("\\Seen \\Recent \\Flagged $Label1", "(\\Seen \\Flagged $Label1)");
	flags_are("\\recent", "()");
	flags_are("a) b{3+}\r\nc d\"e f\x7f gr\xc3\xbcn \\ x\\y ok", "(ok)");
}

/* A mailbox that LIST knows, but that nobody is let into, must not be taken for an empty one: all
 * of its mail would be added once more. */
static void a_mailbox_that_may_not_be_looked_into_is_no_empty_one(void **state)
{
	(void)state;
	static const char says[] = "* OK [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n"
				   "k1 NO System I/O error\r\n";
	static const char config[] = "configdirectory: /c\npartition-default: /p\n";
	char owner[] = "anne", target[] = "user.anne.Sent", shown[] = "user/anne/Sent";
	const struct ck_archived_mailbox source = {.name = shown, .intname = target};
	const struct restore_item item = {
		.source = &source, .target = target, .shown = shown, .owner = owner};
	struct restore r = {.user_id = owner};
	struct live live = {0};
	struct ck_err err = CK_ERR_INIT;
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(send(pair[1], says, sizeof says - 1, 0), (ssize_t)sizeof says - 1);
	assert_ok(imap_attach(pair[0], 2000, &r.user, &err), &err);
	assert_ok(conf_parse("t", config, strlen(config), &r.conf, &err), &err);
	assert_err(via_imap_read_live(&r, &item, &live, &err), &err, CK_EDENIED,
	           "does not let 'anne' look into it");
	live_fini(&live);
	conf_free(r.conf);
	(void)close(pair[1]);
	imap_close(r.user);
}

static void what_append_refuses_is_known_before(void **state)
{
	(void)state;
	assert_null(wire_refusal("a: b\r\n\r\nc\r\n", 11));
	assert_null(wire_refusal("", 0));
	assert_string_equal(wire_refusal("a\0b", 3), "holds a NUL byte");
	assert_string_equal(wire_refusal("a\r\nb\n", 5), "holds a bare newline");
	assert_string_equal(wire_refusal("\n", 1), "holds a bare newline");
}

/* Does @line tell a limit of @resource? */
static bool tells(const char *line, const char *resource, uint64_t *used, uint64_t *limit)
{
	struct quota_root q = {.name = CK_BUF_INIT};
	const struct quota_limit *l = NULL;
	if (quota_line(line, strlen(line), &q))
		l = quota_limit_of(&q, resource);
	if (l) {
		*used = l->used;
		*limit = l->limit;
	}
	quota_root_fini(&q);
	return l != NULL;
}

static void quota_lines_are_read(void **state)
{
	(void)state;
	uint64_t used = 0, limit = 0;
	static const char line[] = "* QUOTA user/a(b) (MESSAGE 3 10 STORAGE 12 1000)";
	assert_true(tells(line, "STORAGE", &used, &limit));
	assert_int_equal(used, 12);
	assert_int_equal(limit, 1000);
	assert_true(tells(line, "MESSAGE", &used, &limit));
	assert_int_equal(used, 3);
	assert_false(tells(line, "X-NUM", &used, &limit));
	static const char *const bad[] = {"* QUOTA a ()",    "* QUOTA a (STORAGE)",
	                                  "* QUOTA a",       "* QUOTA a (STORAGE 1 x)",
	                                  "* QUOTAROOT a a", "* QUOTA ",
	                                  "* QUOTA (",       "* QUOTA ("};
	for (size_t i = 0; i < CK_COUNT(bad); i++)
		assert_false(tells(bad[i], "STORAGE", &used, &limit));
}

static void expect_root(const char *line, const char *name)
{
	struct quota_root q = {.name = CK_BUF_INIT};
	assert_true(quota_line(line, strlen(line), &q));
	assert_string_equal(q.name.data, name);
	assert_false(q.cut);
	quota_root_fini(&q);
}

static void quota_roots_are_named_in_every_way(void **state)
{
	(void)state;
	expect_root("* QUOTA user/a(b) (STORAGE 12 1000)", "user/a(b)");
	expect_root("* QUOTA \"a \\\"b\\\\\" ()", "a \"b\\");
	expect_root("* QUOTA {5}\r\na (b) (STORAGE 0 1)", "a (b)");
	struct quota_root q = {.name = CK_BUF_INIT};
	static const char many[] =
		"* QUOTA a (A 1 1 B 1 1 C 1 1 D 1 1 E 1 1 F 1 1 G 1 1 H 1 1 I 1 1)";
	assert_true(quota_line(many, sizeof many - 1, &q));
	assert_true(q.cut); /* then nothing is set: SETQUOTA would take the ninth away */
	assert_int_equal(q.n, QUOTA_LIMITS);
	quota_root_fini(&q);
}

static void expect_listed(const char *line, const char *name)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	assert_int_equal(wire_listed(line, strlen(line), &got), name != NULL);
	assert_string_equal(got.data, name ? name : "");
}

static void names_of_list_answers_are_read(void **state)
{
	(void)state;
	expect_listed("* LIST (\\HasChildren) \"/\" user/zoe", "user/zoe");
	expect_listed("* LIST () \"/\" \"user/zoe/a b\"", "user/zoe/a b");
	expect_listed("* LIST () \".\" {3}\r\na.b", "a.b");
	expect_listed("* LIST () \"\\\\\" a", "a");
	expect_listed("* LIST () NIL INBOX", "INBOX");
	expect_listed("* LIST (\\Noselect) \"/\" user", NULL);
	expect_listed("* LIST (\\NonExistent \\HasChildren) \"/\" user/zoe/x", NULL);
	expect_listed("* LSUB () \"/\" a", NULL);
	expect_listed("* LIST () \"/\"", NULL);
	expect_listed("* LIST () ", NULL);
	expect_listed("* LIST (", NULL);
}

static void limits_that_would_be_passed_are_found_and_raised_by_a_tenth(void **state)
{
	(void)state;
	struct quota_root q = {.limits = {{"STORAGE", 900, 1000}, {"MESSAGE", 9, 10}}, .n = 2};
	struct quota_sum s = {.bytes = 100 << 10, .messages = 1};
	struct ck_rehearsal_quota passed[2];
	assert_int_equal(quota_passed(&q, &s, passed), 0); /* exactly full is not over */
	s.bytes++;
	s.messages++;
	s.elsewhere = 1;
	s.elsewhere_bytes = 50;
	assert_int_equal(quota_passed(&q, &s, passed), 2);
	assert_false(passed[0].messages);
	assert_int_equal(passed[0].used, 900 << 10);
	assert_int_equal(passed[0].limit, 1000 << 10);
	assert_int_equal(passed[0].raised, 2 << 20);
	assert_true(passed[1].messages);
	assert_int_equal(passed[1].raised, 100);
	struct ck_restore_request r = {.leave_elsewhere = false};
	assert_true(ck_restore_passes(&passed[0], &r));
	r.leave_elsewhere = true;
	assert_false(ck_restore_passes(&passed[0], &r));
	assert_false(ck_restore_passes(&passed[1], &r));
}

static bool lists(const char *line, const char *uses)
{
	return special_is_listed(line, strlen(line), uses);
}

static void special_uses_are_found_among_flags_only(void **state)
{
	(void)state;
	assert_true(lists("* LIST (\\HasNoChildren \\Sent) \"/\" INBOX/Sent", "\\Sent"));
	assert_true(lists("* LIST (\\sent) \"/\" a", "\\Archive \\Sent"));
	assert_true(lists("* LIST (\\Archive \\Sent) \"/\" a", "\\Archive"));
	assert_false(lists("* LIST (\\HasNoChildren) \"/\" \\Sent", "\\Sent"));
	assert_false(lists("* LIST (\\Sentinel) \"/\" a", "\\Sent"));
	assert_false(lists("* LIST (\\Sent) \"/\" a", ""));
	static const char *const cut[] = {"", "* LIST", "* LIST (", "* LIST (\\Sen", "* LIST ( "};
	for (size_t i = 0; i < CK_COUNT(cut); i++)
		assert_false(lists(cut[i], "\\Sent"));
}

static void numbers_of_deleted_mailboxes_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *line, *name;
		char separator;
		const char *want;
	} rows[] = {
		{"* LIST (\\HasNoChildren) \"/\" DELETED/shared/Team/6B04CA50",
	         "DELETED/shared/Team", '/', "6B04CA50"},
		{"* LIST () \"/\" \"DELETED/a b/6B04CA50\"", "DELETED/a b", '/', "6B04CA50"},
		{"* LIST () \".\" DELETED.x.1", "DELETED.x", '.', "1"},
		{"* LIST () \"/\" DELETED/x/6B@virt.test", "DELETED/x", '/', "6B"},
		{"* LIST () \"/\" DELETED/x/6B/7C", "DELETED/x", '/', NULL}, /* a child's */
		{"* LIST () \"/\" DELETED/x/sub", "DELETED/x", '/', NULL},
		{"* LIST () \"/\" DELETED/x/", "DELETED/x", '/', NULL},
		{"* LIST () \"/\" DELETED/x", "DELETED/x", '/', NULL},
		{"* LIST () \"/\" DELETED/xy/6B", "DELETED/x", '/', NULL},
		{"* LIST () \"/\" DELETED/x/6b", "DELETED/x", '/', NULL},
		{"* LIST () \"/\" DELETED/x/00000000000000006B", "DELETED/x", '/', NULL},
		{"", "DELETED/x", '/', NULL},
	};
	for (size_t i = 0; i < CK_COUNT(rows); i++) {
		char stamp[17] = "";
		bool found = newid_stamp(rows[i].line, strlen(rows[i].line), rows[i].name,
		                         rows[i].separator, stamp);
		assert_int_equal(found, rows[i].want != NULL);
		if (found)
			assert_string_equal(stamp, rows[i].want);
	}
}

static void messages_are_found_in_what_fetch_answers(void **state)
{
	(void)state;
	static const struct {
		const char *line, *want;
	} rows[] = {
		{"* 7 FETCH (UID 9 BODY[] {5}\r\na: b\n)", "a: b\n"},
		{"* 7 FETCH (BODY[] {5}\r\na: b\n UID 9)", "a: b\n"},
		{"* 7 FETCH (FLAGS (\\Seen) BODY[] {0}\r\n)", ""},
		{"* 7 FETCH (BODY[] {25}\r\n* 8 FETCH (BODY[] {1}\r\nx\n)",
	         "* 8 FETCH (BODY[] {1}\r\nx\n"},
		{"* 7 FETCH (BODY[] {6}\r\na: b\n", NULL},
		{"* 7 FETCH (UID 9)", NULL},
		{"* 7 FETCH (UID 9 BODY[HEADER] {5}\r\na: b\n)", NULL},
		{"* OK BODY[] {5}\r\na: b\n", NULL},
		{"\n", NULL},
		{"", NULL},
	};
	for (size_t i = 0; i < CK_COUNT(rows); i++) {
		const char *body = NULL;
		size_t len = 0, all = strlen(rows[i].line);
		assert_int_equal(live_body(rows[i].line, all, &body, &len), rows[i].want != NULL);
		if (!rows[i].want)
			continue;
		assert_int_equal(len, strlen(rows[i].want));
		assert_memory_equal(body, rows[i].want, len);
		for (size_t cut = 0; cut < (size_t)(body - rows[i].line) + len; cut++)
			assert_false(live_body(rows[i].line, cut, &body, &len) &&
			             len == strlen(rows[i].want) && len > 0);
	}
}

static void a_script_stands_behind_its_header(void **state)
{
	(void)state;
	static const struct {
		const char *message, *want;
	} rows[] = {
		{"Subject: x\r\n\r\nkeep;\n", "keep;\n"},
		{"Subject: x\r\n\r\na\r\n\r\nb", "a\r\n\r\nb"},
		{"Subject: x\r\n\r\n", ""},
		{"Subject: x\r\n", NULL},
		{"keep;\n\n", NULL},
		{"", NULL},
	};
	for (size_t i = 0; i < CK_COUNT(rows); i++) {
		const char *text;
		size_t len;
		bool found = scripts_text(rows[i].message, strlen(rows[i].message), &text, &len);
		assert_int_equal(found, rows[i].want != NULL);
		if (found) {
			assert_int_equal(len, strlen(rows[i].want));
			assert_memory_equal(text, rows[i].want, len);
		}
	}
}

static void who_may_read_by_an_acl(void **state)
{
	(void)state;
	static const char acl[] = "anne\tlrswipkxtecda\tbob\tp\teve@virt.test\tlr\t";
	assert_true(readmarks_may_read(acl, "anne"));
	assert_true(readmarks_may_read(acl, "anne@virt.test"));
	assert_true(readmarks_may_read(acl, "eve@virt.test"));
	assert_true(readmarks_may_read(acl, "eve"));
	assert_false(readmarks_may_read(acl, "bob"));
	assert_false(readmarks_may_read(acl, "ann"));
	assert_false(readmarks_may_read(acl, "annemarie"));
	assert_false(readmarks_may_read("", "anne"));
	assert_false(readmarks_may_read("anyone\tp\t-anne\tr\t", "anne"));
	assert_true(readmarks_may_read("anyone\tlrs\t", "anne"));
	assert_true(readmarks_may_read("group:staff\tr\t", "anne"));
	/* Cut anywhere it is read to its end and no further. */
	for (size_t cut = 0; cut < sizeof acl; cut++) {
		CK_FREE char *part = strndup(acl, cut);
		(void)readmarks_may_read(part, "eve@virt.test");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_read_by_an_acl),
		cmocka_unit_test(users_name_their_mailboxes),
		cmocka_unit_test(dates_are_english_and_utc),
		cmocka_unit_test(only_flags_that_can_stand_in_a_command_are_sent),
		cmocka_unit_test(a_mailbox_that_may_not_be_looked_into_is_no_empty_one),
		cmocka_unit_test(what_append_refuses_is_known_before),
		cmocka_unit_test(quota_lines_are_read),
		cmocka_unit_test(quota_roots_are_named_in_every_way),
		cmocka_unit_test(names_of_list_answers_are_read),
		cmocka_unit_test(limits_that_would_be_passed_are_found_and_raised_by_a_tenth),
		cmocka_unit_test(special_uses_are_found_among_flags_only),
		cmocka_unit_test(numbers_of_deleted_mailboxes_are_read),
		cmocka_unit_test(messages_are_found_in_what_fetch_answers),
		cmocka_unit_test(a_script_stands_behind_its_header),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
