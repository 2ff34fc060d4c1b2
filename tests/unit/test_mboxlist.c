/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/mboxlist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/dbwriter.h"
#include "support/test.h"

/* All entries, one a line, with "! sentence" where a record could not be read. @return false when
 * the database could not even be opened. */
static bool list_bytes(const void *data, size_t len, struct ck_buf *ret)
{
	CK_CLEANUP(db_closep) struct db *db = NULL;
	struct mboxlist *list = NULL;
	struct mboxlist_entry e;
	struct ck_err err = CK_ERR_INIT;
	int r = db_open_memory("mailboxes.db", data, len, &db, &err);
	if (r < 0) {
		assert_true(r == CK_ECORRUPT || r == CK_EUNSUPPORTED);
		return false;
	}
	assert_ok(mboxlist_open(db, &list, &err), &err);
	while ((r = mboxlist_next(list, &e, &err)) != 0) {
		if (r < 0) {
			assert_int_equal(r, CK_ECORRUPT);
			ck_buf_addf(ret, "! %s\n", err.msg);
			if (mboxlist_is_torn(list))
				break;
			continue;
		}
		ck_buf_addf(ret, "%s|%s|%s|%s|", e.intname, e.partition, e.uniqueid, e.acl);
		for (size_t i = 0; i < 7; i++)
			if (e.type & (1u << i))
				ck_buf_addc(ret, "LRIDZYV"[i]);
		ck_buf_addf(ret, "|%u|%llu|%llu\n", e.uidvalidity,
		            (unsigned long long)e.createdmodseq,
		            (unsigned long long)e.foldermodseq);
	}
	mboxlist_close(list);
	return true;
}

struct pair {
	const char *key, *value;
};

static void expect(enum db_backend backend, const struct pair *pairs, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	struct dbwriter *w = dbwriter_new(backend);
	for (; pairs->key; pairs++)
		dbwriter_puts(w, pairs->key, pairs->value);
	dbwriter_commit(w);
	assert_true(list_bytes(dbwriter_image(w)->data, dbwriter_image(w)->len, &got));
	assert_string_equal(got.data, want);
	dbwriter_free(w);
}

static void the_text_records_of_2_2_to_2_4_are_read(void **state)
{
	(void)state;
	static const struct pair pairs[] = {
		{"Info", "0 default anyone\tlrs\t"},
		{"News", "4 news anyone\tlr\t"},
		{"example.org!user.eve", "0 default eve@example.org\tlrswipcda\t"},
		{"user.anne", "0 default anne\tlrswipcda\tgroup:a b\tlrs\t"},
		{"user.bare", "0 default"},
		{"user.gone", "16 default "},
		{"user.ids", "(uniqueid 5bd1 specialuse \"\\\\Sent\") 0 second ids\tlrs\t"},
		{"user.move", "8 other.example!second move\tlrs\t"},
		{"user.remote", "1 other.example!default remote\tlrs\t"},
		{"user.remote2", "1 other.example remote\tlrs\t"},
		{"user.reserved", "2 default "},
		{NULL, NULL},
	};
	static const char want[] =
		"Info|default||anyone\tlrs\t|LY|0|0|0\n"
		"News|news||anyone\tlr\t|LY|0|0|0\n"
		"example.org!user.eve|default||eve@example.org\tlrswipcda\t|LY|0|0|0\n"
		"user.anne|default||anne\tlrswipcda\tgroup:a b\tlrs\t|LY|0|0|0\n"
		"user.bare|default|||LY|0|0|0\n"
		"user.ids|second|5bd1|ids\tlrs\t|LY|0|0|0\n"
		"user.move|second||move\tlrs\t|LY|0|0|0\n"
		"user.remote|||remote\tlrs\t|RY|0|0|0\n"
		"user.remote2|||remote\tlrs\t|RY|0|0|0\n"
		"user.reserved|default|||ZY|0|0|0\n";
	expect(DB_SKIPLIST, pairs, want);
	expect(DB_FLAT, pairs, want);
	expect(DB_TWOSKIP, pairs, want);
}

static void the_dlist_records_of_2_5_to_3_4_are_read(void **state)
{
	(void)state;
	static const struct pair pairs[] = {
		{"$RACL", "1"},
		{"$RACL$U$anne$user.bob", ""},
		{"$RUNQ$abc$user.anne", ""},
		{"Archive", "%(A %(anyone lrs) P default V 5 M 7)"},
		{"Infos", "%(A %() I info-id P default V 5 M 7)"},
		{"News", "%(T n A %(anyone lrs) I news-id P default V 5 M 7)"},
		{"user.anne", "%(A %(anne lrswipkxtecdan \"group:a b\" lr) I 7rdy P default V "
	                      "1795476490 F 12 C 3 M 1795476489)"},
		{"user.anne.#calendars", "%(T c I cal P default V 4)"},
		{"user.anne.Deep", "%(T i)"},
		{"user.anne.Gone", "%(T d I 6h4n V 3 M 9)"},
		{"user.anne.Nil", "%(I NIL P default V NIL A NIL)"},
		{"user.anne.Old", "0 default anne\tlrs\t"},
		{"user.anne.X", "%(ZZ (1 2 (3)) I unknownkeys P default Q %(a %(b c)))"},
		{"user.rem", "%(T r S other.example P default A %(rem lrs))"},
		{NULL, NULL},
	};
	static const char want[] =
		"Archive|default||anyone\tlrs\t|LY|5|0|0\n"
		"Infos|default|info-id||LY|5|0|0\n"
		"News|default|news-id|anyone\tlrs\t|LY|5|0|0\n"
		"user.anne|default|7rdy|anne\tlrswipkxtecdan\tgroup:a b\tlr\t|LY|1795476490|3|12\n"
		"user.anne.#calendars|default|cal||LYV|4|0|0\n"
		"user.anne.Deep||||IY|0|0|0\n"
		"user.anne.Nil|default|||LY|0|0|0\n"
		"user.anne.Old|default||anne\tlrs\t|LY|0|0|0\n"
		"user.anne.X|default|unknownkeys||LY|0|0|0\n"
		"user.rem|||rem\tlrs\t|RY|0|0|0\n";
	expect(DB_TWOSKIP, pairs, want);
	expect(DB_SKIPLIST, pairs, want);
	expect(DB_FLAT, pairs, want);
}

#define ACL "A %(alice lrswipkxtecdan)"
static const struct pair modern[] = {
	{"$RACL", "1"},
	{"AU\x1e"
         "alice\x1euser\x1f"
         "bob",
         ""},
	{"I6h4n", "%(T e N DELETED\x1fuser\x1f"
                  "alice\x1fGone\x1f"
                  "6B04CC21 P default V 1 C 1 F 4 M 5 " ACL " H (%(N user\x1f"
                  "alice\x1fGone M 5 V 1 C 1 F 4 T ed)))"},
	{"I7rdy", "%(T e N user\x1f"
                  "alice P default V 1795476490 C 1 F 1 M 1795476489 " ACL ")"},
	{"Jjmap", "%(N x)"},
	{"NDELETED\x1fuser\x1f"
         "alice\x1fGone\x1f"
         "6B04CC21",
         "%(T e I 6h4n P default V 1 C 1 F 4 M 5 " ACL ")"},
	{"Nshared", "%(T e I sh P second V 2 C 3 F 4 M 5 A %(anyone lrs))"},
	{"Nuser\x1f"
         "alice",
         "%(T e I 7rdy P default V 1795476490 C 1 F 1 M 1795476489 " ACL ")"},
	{"Nuser\x1f"
         "alice\x1f#calendars\x1fv1.2",
         "%(T cl I cal P default V 9 " ACL ")"},
	{"Nuser\x1f"
         "alice\x1fGone",
         "%(T ed I 6h4n V 1 C 1 F 4 M 5)"},
	{"Nuser\x1f"
         "alice\x1fMid",
         "%(T ei I mid V 1)"},
	{"Nvirt.test\x1duser\x1f"
         "eve",
         "%(T el I \"eve id\" P {7+}\r\ndefault V 3 A %(\"eve@virt.test\" lrs))"},
	{NULL, NULL},
};
static const char modern_want[] =
	"DELETED.user.alice.Gone.6B04CC21|default|6h4n|alice\tlrswipkxtecdan\t|L|1|1|4\n"
	"shared|second|sh|anyone\tlrs\t|L|2|3|4\n"
	"user.alice|default|7rdy|alice\tlrswipkxtecdan\t|L|1795476490|1|1\n"
	"user.alice.#calendars.v1^2|default|cal|alice\tlrswipkxtecdan\t|LYV|9|0|0\n"
	"user.alice.Mid||mid||I|1|0|0\n"
	"virt.test!user.eve|default|eve id|eve@virt.test\tlrs\t|LY|3|0|0\n";

static void the_records_by_name_of_3_6_give_each_mailbox_once(void **state)
{
	(void)state;
	expect(DB_TWOSKIP, modern, modern_want);
	expect(DB_SKIPLIST, modern, modern_want);
	expect(DB_FLAT, modern, modern_want);
}

static void shared_mailboxes_alone_do_not_hide_the_generation(void **state)
{
	(void)state;
	static const struct pair new[] = {
		{"Nnews", "%(T e I 1 P default V 1 A %())"},
		{"Nx", "%(T e I 2 P default V 1 A %())"},
		{NULL, NULL},
	};
	static const struct pair old[] = {
		{"Nnews", "%(I 1 P default V 1 A %())"},
		{"Nx", "%(T i)"},
		{NULL, NULL},
	};
	static const struct pair older[] = {{"Nnews", "0 default anyone\tlrs\t"}, {NULL, NULL}};
	expect(DB_TWOSKIP, new, "news|default|1||L|1|0|0\nx|default|2||L|1|0|0\n");
	expect(DB_TWOSKIP, old, "Nnews|default|1||LY|1|0|0\nNx||||IY|0|0|0\n");
	expect(DB_TWOSKIP, older, "Nnews|default||anyone\tlrs\t|LY|0|0|0\n");
}

static void a_bad_record_is_named_and_the_next_is_read(void **state)
{
	(void)state;
	static const struct pair pairs[] = {
		{"user.a", ""},
		{"user.b", "%(T e"},
		{"user.c", "%(V x)"},
		{"user.d", "x default anne\tlrs"},
		{"user.e", "0"},
		{"user.f", "%(I (a))"},
		{"user.g", "%(A (a b))"},
		{"user.h", "%(I a) trailing"},
		{"user.i", "%(V 4294967296)"},
		{"user.j\n", "%(I"},
		{"user.k", "%(I good P default)"},
		{NULL, NULL},
	};
	static const char want[] =
		"! record 'user.a' of mailboxes.db: an empty value\n"
		"! record 'user.b' of mailboxes.db: a list without end at offset 5 of the value\n"
		"! record 'user.c' of mailboxes.db: a string where a number belongs\n"
		"! record 'user.d' of mailboxes.db: the type is no number\n"
		"! record 'user.e' of mailboxes.db: no partition\n"
		"! record 'user.f' of mailboxes.db: a list where a string belongs\n"
		"! record 'user.g' of mailboxes.db: a list where a string belongs\n"
		"! record 'user.h' of mailboxes.db: something behind the list at offset 6 of the "
		"value\n"
		"! record 'user.i' of mailboxes.db: a string where a number belongs\n"
		"! record 'user.j\\n' of mailboxes.db: a key without value at offset 3 of the "
		"value\n"
		"user.k|default|good||LY|0|0|0\n";
	expect(DB_TWOSKIP, pairs, want);
	static const struct pair keys[] = {
		{"Iid", "%(T e N user\x1f"
	                "a P default)"},
		{"N", "%(T e I id P default)"},
		{"Nuser\x1f"
	         "a",
	         "%(T e I id P default)"},
		{"user.old", "%(I id P default)"},
		{NULL, NULL},
	};
	expect(DB_TWOSKIP, keys,
	       "! record 'N' of mailboxes.db: an empty name\n"
	       "user.a|default|id||L|0|0|0\n"
	       "! record 'user.old' of mailboxes.db: a key of unknown kind\n");
}

static void a_nul_cannot_shorten_a_string(void **state)
{
	(void)state;
#define BYTES(s)                 \
	{                        \
		s, sizeof(s) - 1 \
	}
	static const struct {
		const char *bytes;
		size_t len;
	} values[] = {BYTES("%(I {3+}\r\na\0b P x)"), BYTES("%(P \"a\0\\b\")"),
	              BYTES("%(A %({3}\r\na\0b lrs))"), BYTES("%(A %(a {1+}\r\n\0))"),
	              BYTES("0 def\0ault ")};
	for (size_t i = 0; i < CK_COUNT(values); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
		struct dbwriter *w = dbwriter_new(DB_TWOSKIP);
		dbwriter_put(w, "user.x", 6, values[i].bytes, values[i].len);
		dbwriter_commit(w);
		assert_true(list_bytes(dbwriter_image(w)->data, dbwriter_image(w)->len, &got));
		assert_true(test_contains(got.data, "! record 'user.x'"));
		assert_true(test_contains(got.data, "NUL"));
		dbwriter_free(w);
	}
}

static void a_torn_database_gives_its_beginning_and_says_so(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	static const char text[] = "user.a\t0 default \nuser.b\t0 default \nuser.c\t0 def";
	assert_true(list_bytes(text, sizeof text - 1, &got));
	assert_string_equal(got.data, "user.a|default|||LY|0|0|0\nuser.b|default|||LY|0|0|0\n"
	                              "! flat database 'mailboxes.db' is damaged at offset 36: the "
	                              "last line has no end\n");
}

/* With checksums, damage shows as a beginning of the truth and one error at its end. */
static void expect_beginning(const char *got, bool opened)
{
	const char *bang = strchr(got, '!');
	while (bang && bang != got && bang[-1] != '\n')
		bang = strchr(bang + 1, '!'); /* of a domain */
	size_t len = bang ? (size_t)(bang - got) : strlen(got);
	assert_int_equal(strncmp(got, modern_want, len), 0);
	if (bang)
		assert_string_equal(strchr(bang, '\n'), "\n");
	else if (opened)
		assert_int_equal(len, sizeof modern_want - 1);
}

static void no_cut_and_no_changed_byte_breaks_the_reader(void **state)
{
	(void)state;
	static const enum db_backend kinds[] = {DB_TWOSKIP, DB_SKIPLIST, DB_FLAT};
	for (size_t k = 0; k < CK_COUNT(kinds); k++) {
		struct dbwriter *w = dbwriter_new(kinds[k]);
		for (const struct pair *p = modern; p->key; p++)
			dbwriter_puts(w, p->key, p->value);
		dbwriter_commit(w);
		const struct ck_buf *image = dbwriter_image(w);
		for (size_t at = 1; at < image->len; at++) {
			CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
			CK_CLEANUP(ck_buf_fini) struct ck_buf bent = CK_BUF_INIT;
			bool opened = list_bytes(image->data, at, &got);
			if (kinds[k] == DB_TWOSKIP)
				expect_beginning(got.data, opened);
			image->data[at] ^= 0x41;
			opened = list_bytes(image->data, image->len, &bent);
			image->data[at] ^= 0x41;
			if (kinds[k] == DB_TWOSKIP)
				expect_beginning(bent.data, opened);
		}
		dbwriter_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_records_of_2_2_to_2_4_are_read),
		cmocka_unit_test(the_dlist_records_of_2_5_to_3_4_are_read),
		cmocka_unit_test(the_records_by_name_of_3_6_give_each_mailbox_once),
		cmocka_unit_test(shared_mailboxes_alone_do_not_hide_the_generation),
		cmocka_unit_test(a_bad_record_is_named_and_the_next_is_read),
		cmocka_unit_test(a_nul_cannot_shorten_a_string),
		cmocka_unit_test(a_torn_database_gives_its_beginning_and_says_so),
		cmocka_unit_test(no_cut_and_no_changed_byte_breaks_the_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
