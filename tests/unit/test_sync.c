/* SPDX-License-Identifier: BSD-2-Clause */
/* The replication commands: what Cyrus answers is read, what is written Cyrus can read. */
#include "support/test.h"

#include <string.h>

#include "base/number.h"
#include "cyrus/dlist.h"
#include "cyrus/sync.h"
#include "cyrus/sync_user.h"

#define GUID_A "6a4b3a7b35c3b79b96bbb67ab5aeb372ebf67c9a"
#define GUID_B "d8731eb938d7ec823305b189264c6824cd50dc10"

/* As imapd 3.6.1 answers SYNCGET FULLMAILBOX. */
static const char answer[] =
	"* MAILBOX %(UNIQUEID nogrcb2k9skcllvkjqhuflcw MBOXNAME \"user.alice.with sp\" SYNC_CRC "
	"1476514735 LAST_UID 5 HIGHESTMODSEQ 13 RECENTUID 4 RECENTTIME 1795573571 "
	"LAST_APPENDDATE 1795573572 POP3_LAST_LOGIN 0 UIDVALIDITY 1795573573 PARTITION default "
	"ACL \"alice\tlrswipkxtecdan\t\" OPTIONS P QUOTAROOT user.alice CREATEDMODSEQ 1 "
	"FOLDERMODSEQ 8 ANNOTATIONS (%(ENTRY /comment USERID \"\" MODSEQ 0 VALUE {5}\r\n(x) )) "
	"%(ENTRY /comment USERID alice MODSEQ 0 VALUE x)) RECORD (%(UID 1 MODSEQ 11 LAST_UPDATED "
	"1795573571 FLAGS (\\Seen $lab0) INTERNALDATE 1577872800 SIZE 41 GUID " GUID_A
	" ANNOTATIONS (%(ENTRY /comment USERID \"\" MODSEQ 9 VALUE y))) %(UID 5 MODSEQ 3 "
	"LAST_UPDATED 1795573571 FLAGS (\\Expunged \\Deleted) INTERNALDATE 1577872801 SIZE 42 "
	"GUID " GUID_B ")))";

struct taken {
	size_t n;
	char flags[2][64];
	struct sync_record records[2];
};

static int take(void *arg, const struct sync_record *r, struct ck_err *err)
{
	(void)err;
	struct taken *s = arg;
	assert_true(s->n < 2);
	s->records[s->n] = *r;
	strncpy(s->flags[s->n], r->flags, sizeof s->flags[0] - 1);
	s->n++;
	return 0;
}

static void reads_a_mailbox_with_its_records(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(sync_mailbox_fini) struct sync_mailbox m = {0};
	struct taken s = {0};
	assert_ok(sync_parse_mailbox(answer, sizeof answer - 1, &m, take, &s, &err), &err);
	assert_string_equal(m.intname, "user.alice.with sp");
	assert_string_equal(m.uniqueid, "nogrcb2k9skcllvkjqhuflcw");
	assert_string_equal(m.acl, "alice\tlrswipkxtecdan\t");
	assert_string_equal(m.quotaroot, "user.alice");
	assert_string_equal(m.mbtype, "");
	assert_int_equal(m.last_uid, 5);
	assert_int_equal(m.recent_uid, 4);
	assert_int_equal(m.uidvalidity, 1795573573);
	assert_int_equal(m.highestmodseq, 13);
	assert_int_equal(m.last_appenddate, 1795573572);
	assert_int_equal(s.n, 2);
	char hex[41];
	hex_encode(s.records[0].guid, GUID_SIZE, hex);
	assert_string_equal(hex, GUID_A);
	assert_string_equal(s.flags[0], "\\Seen $lab0");
	assert_false(s.records[0].expunged);
	assert_int_equal(s.records[0].size, 41);
	assert_int_equal(s.records[0].internaldate, 1577872800);
	assert_int_equal(s.records[1].uid, 5);
	assert_true(s.records[1].expunged);
	assert_string_equal(s.flags[1], "\\Deleted");
}

static void refuses_an_answer_cut_anywhere(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof answer - 1; len++) {
		struct ck_err err = CK_ERR_INIT;
		CK_CLEANUP(sync_mailbox_fini) struct sync_mailbox m = {0};
		struct taken s = {0};
		assert_int_equal(sync_parse_mailbox(answer, len, &m, take, &s, &err), CK_ECORRUPT);
	}
}

static void refuses_numbers_that_are_none(void **state)
{
	(void)state;
	static const char *const bad[] = {"* MAILBOX %(MBOXNAME a LAST_UID 4294967296)",
	                                  "* MAILBOX %(MBOXNAME a LAST_UID -1)",
	                                  "* MAILBOX %(UNIQUEID a)",
	                                  "* MAILBOX %(MBOXNAME a RECORD (%(UID 0 GUID " GUID_A
	                                  ")))",
	                                  "* MAILBOX %(MBOXNAME a RECORD (%(UID 1 GUID 6a4b)))",
	                                  "* MAILBOX (MBOXNAME a)",
	                                  "* QUOTA %(ROOT a)"};
	for (size_t i = 0; i < CK_COUNT(bad); i++) {
		struct ck_err err = CK_ERR_INIT;
		CK_CLEANUP(sync_mailbox_fini) struct sync_mailbox m = {0};
		struct taken s = {0};
		int r = sync_parse_mailbox(bad[i], strlen(bad[i]), &m, take, &s, &err);
		if (r != CK_ECORRUPT)
			fail_msg("'%s' gives %d", bad[i], r);
	}
}

static void a_written_record_reads_the_same(void **state)
{
	(void)state;
	char value[] = "a \"b\"\r\n)", empty[] = "", comment[] = "/comment", anne[] = "anne";
	const struct annotation notes[] = {
		{.entry = comment, .user = anne, .value = value, .value_len = 8, .modseq = 7},
		{.entry = comment, .user = empty, .value = empty}};
	struct sync_record r = {.uid = 9,
	                        .modseq = 12,
	                        .size = 77,
	                        .last_updated = 5,
	                        .internaldate = -3,
	                        .flags = "\\Seen $a Bad(Flag \\ x\"y NonJunk",
	                        .annotations = notes,
	                        .nannotations = 2};
	assert_true(hex_decode(GUID_B, r.guid, GUID_SIZE));
	CK_CLEANUP(ck_buf_fini) struct ck_buf buf = CK_BUF_INIT;
	ck_buf_adds(&buf, "* MAILBOX %(MBOXNAME a RECORD (");
	CK_CLEANUP(ck_buf_fini) struct ck_buf records = CK_BUF_INIT;
	assert_int_equal(sync_put_record(&records, &r), 0);
	assert_int_equal(sync_put_record(&records, &r), 0);
	ck_buf_add(&buf, records.data, records.len);
	ck_buf_adds(&buf, "))");

	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(sync_mailbox_fini) struct sync_mailbox m = {0};
	struct taken s = {0};
	assert_ok(sync_parse_mailbox(buf.data, buf.len, &m, take, &s, &err), &err);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.records[1].uid, 9);
	assert_int_equal(s.records[1].modseq, 12);
	assert_int_equal(s.records[1].size, 77);
	assert_int_equal(s.records[1].internaldate, 0); /* the protocol has no negative dates */
	assert_string_equal(s.flags[1], "\\Seen $a NonJunk");
	assert_memory_equal(s.records[1].guid, r.guid, GUID_SIZE);

	CK_CLEANUP(dlist_freep) struct dlist *dl = NULL;
	size_t used;
	assert_ok(dlist_parse(records.data, records.len, &dl, &used, &err), &err);
	const struct dlist *list = dlist_get(dl, "ANNOTATIONS");
	assert_non_null(list);
	assert_int_equal(dlist_get(list->child, "VALUE")->value_len, 8);
	assert_memory_equal(dlist_get(list->child, "VALUE")->value, value, 8);
	assert_string_equal(dlist_text(list->child, "USERID"), "anne");
	assert_string_equal(dlist_text(list->child->next, "USERID"), "");
	uint64_t modseq;
	assert_true(dlist_number(list->child->next, "MODSEQ", &modseq)); /* refused without */
}

static void messages_go_as_files_in_one_command(void **state)
{
	(void)state;
	uint8_t guid[GUID_SIZE];
	assert_true(hex_decode(GUID_A, guid, GUID_SIZE));
	CK_CLEANUP(ck_buf_fini) struct ck_buf buf = CK_BUF_INIT;
	assert_int_equal(sync_put_message(&buf, "second", guid, "a\0b", 3), 0);
	assert_int_equal(sync_put_message(&buf, "second", guid, "", 0), 0);
	static const char want[] =
		"SYNCAPPLY MESSAGE (%{second " GUID_A " 3}\r\na\0b %{second " GUID_A " 0}\r\n";
	assert_int_equal(buf.len, sizeof want - 1);
	assert_memory_equal(buf.data, want, sizeof want - 1);
}

static void options_become_letters(void **state)
{
	(void)state;
	char letters[8];
	sync_options(0, letters);
	assert_string_equal(letters, "");
	sync_options(1u | 4u | 8u, letters);
	assert_string_equal(letters, "PSD");
	sync_options(UINT32_MAX, letters);
	assert_string_equal(letters, "PSDA");
}

static void reads_subscriptions(void **state)
{
	(void)state;
	static const char lsub[] =
		"* LSUB (user.anne user.anne.Entw&APw-rfe \"user.anne.a b\" {3+}\r\nx)y)";
	CK_CLEANUP(ck_strv_fini) struct ck_strv names = {0};
	struct ck_err err = CK_ERR_INIT;
	assert_ok(sync_parse_subscriptions(lsub, sizeof lsub - 1, &names, &err), &err);
	assert_int_equal(names.n, 4);
	assert_string_equal(names.items[1], "user.anne.Entw&APw-rfe");
	assert_string_equal(names.items[2], "user.anne.a b");
	assert_string_equal(names.items[3], "x)y");
	assert_int_equal(sync_parse_subscriptions("* SEEN %(A b)", 13, &names, &err), 0);
	assert_int_equal(names.n, 4);
	assert_int_equal(sync_parse_subscriptions("* LSUB a", 8, &names, &err), CK_ECORRUPT);
	for (size_t len = 7; len < sizeof lsub - 1; len++)
		assert_int_equal(sync_parse_subscriptions(lsub, len, &names, NULL), CK_ECORRUPT);
}

/* As imapd 3.6.1 answers SYNCGET META; 3.0 tells of bytecode only that it is active. */
static void what_a_user_has_is_read(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"* SEEN %(UNIQUEID id1 LASTREAD 1795475535 LASTUID 10 LASTCHANGE 1795475536 "
		"SEENUIDS "
		"1:5)",
		"* LSUB (user.kim)",
		("* SIEVE %(FILENAME \"main rules.script\" LAST_UPDATE 1795884191 GUID 23 ISACTIVE "
	         "0)"),
		"* SIEVE %(FILENAME .script ISACTIVE 0)",
		"* SIEVE %(FILENAME other.scripts ISACTIVE 0)",
		"* OK",
		"",
		"* SEEN %(LASTUID 3)",
	};
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(sync_user_fini) struct sync_user u = {0};
	for (size_t i = 0; i < CK_COUNT(lines); i++)
		assert_ok(sync_parse_user(lines[i], strlen(lines[i]), &u, &err), &err);
	assert_int_equal(u.seen.n, 1);
	const struct seen *seen = sync_seen_list_find(&u.seen, "id1");
	assert_non_null(seen);
	assert_string_equal(seen->uids, "1:5");
	assert_int_equal(seen->last_read, 1795475535);
	assert_int_equal(seen->last_change, 1795475536);
	assert_int_equal(seen->last_uid, 10);
	assert_null(sync_seen_list_find(&u.seen, "id"));
	assert_int_equal(u.scripts.n, 1);
	assert_string_equal(u.scripts.items[0], "main rules");
	assert_false(u.active);
	static const char active[] = "* SIEVE %(FILENAME \"main rules.bc\" ISACTIVE 1)";
	assert_ok(sync_parse_user(active, sizeof active - 1, &u, &err), &err);
	assert_true(u.active);
	for (size_t cut = 9; cut < sizeof active - 1; cut++) /* behind "* SIEVE " */
		assert_int_equal(sync_parse_user(active, cut, &u, &err), CK_ECORRUPT);
}

static void names_of_scripts_lead_nowhere(void **state)
{
	(void)state;
	static const char *const good[] = {"main", "main rules", "Gr\xc3\xbcn", "a.b", "-x", "%(x"};
	static const char *const bad[] = {"",   ".",    "..",   ".x",   "a/b",
	                                  "/a", "../a", "a\nb", "a\x7f"};
	for (size_t i = 0; i < CK_COUNT(good); i++)
		assert_true(sync_script_name(good[i]));
	for (size_t i = 0; i < CK_COUNT(bad); i++)
		assert_false(sync_script_name(bad[i]));
	char name[260];
	memset(name, 'x', sizeof name);
	name[240] = '\0';
	assert_true(sync_script_name(name));
	name[240] = 'x';
	name[241] = '\0';
	assert_false(sync_script_name(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_mailbox_with_its_records),
		cmocka_unit_test(refuses_an_answer_cut_anywhere),
		cmocka_unit_test(refuses_numbers_that_are_none),
		cmocka_unit_test(a_written_record_reads_the_same),
		cmocka_unit_test(messages_go_as_files_in_one_command),
		cmocka_unit_test(options_become_letters),
		cmocka_unit_test(reads_subscriptions),
		cmocka_unit_test(what_a_user_has_is_read),
		cmocka_unit_test(names_of_scripts_lead_nowhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
