/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/state.h"

#include <stdlib.h>
#include <string.h>

#include "support/dbwriter.h"
#include "support/test.h"

/* --- subscriptions --- */

static void expect_subscriptions(const char *const *keys, const char *inbox, const char *want)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv got = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	struct db *db;
	struct dbwriter *w = dbwriter_new(DB_FLAT);
	for (; *keys; keys++)
		dbwriter_puts(w, *keys, (*keys)[0] == 0x1f ? "2" : "");
	dbwriter_commit(w);
	const struct ck_buf *image = dbwriter_image(w);
	assert_ok(db_open_memory("anne.sub", (const uint8_t *)image->data, image->len, &db, &err),
	          &err);
	assert_ok(subscriptions_read(db, inbox, &got, &err), &err);
	for (size_t i = 0; i < got.n; i++)
		ck_buf_addf(&text, "%s\n", got.items[i]);
	assert_string_equal(text.data, want);
	db_close(db);
	dbwriter_free(w);
}

static void subscriptions_before_3_6_are_internal_names(void **state)
{
	(void)state;
	static const char *const keys[] = {"INBOX",     "News",          "shared.Team",
	                                   "user.anne", "user.anne.a^b", NULL};
	expect_subscriptions(keys, "user.anne",
	                     "INBOX\nNews\nshared.Team\nuser.anne\nuser.anne.a^b\n");
}

static void subscriptions_since_3_6_name_their_owner_by_inbox(void **state)
{
	(void)state;
	static const char *const keys[] = {"\x1fVER\x1f",
	                                   "NINBOX",
	                                   "NINBOX\x1f"
	                                   "a.b",
	                                   "NINBOXES\x1fx",
	                                   "Nshared\x1fTeam",
	                                   "Nvirt.test\x1duser\x1f"
	                                   "eve",
	                                   "Xfuture",
	                                   NULL};
	expect_subscriptions(keys, "virt.test!user.anne",
	                     "virt.test!user.anne\nvirt.test!user.anne.a^b\nINBOXES.x\n"
	                     "shared.Team\nvirt.test!user.eve\n");
	expect_subscriptions(keys, NULL,
	                     "INBOX\nINBOX.a^b\nINBOXES.x\nshared.Team\nvirt.test!user.eve\n");
}

static void a_torn_subscription_file_is_an_error(void **state)
{
	(void)state;
	static const char text[] = "user.anne\t\nuser.anne.Se";
	CK_CLEANUP(ck_strv_fini) struct ck_strv got = {0};
	struct ck_err err = CK_ERR_INIT;
	struct db *db;
	assert_ok(db_open_memory("anne.sub", (const uint8_t *)text, sizeof text - 1, &db, &err),
	          &err);
	assert_err(subscriptions_read(db, NULL, &got, &err), &err, CK_ECORRUPT, "anne.sub");
	assert_int_equal(got.n, 1);
	db_close(db);
}

/* --- seen --- */

static void a_seen_record_is_read(void **state)
{
	(void)state;
	static const char full[] = "1 1795476490 12 1795476491 1:7,9,12";
	static const char none[] = "1 1795476490 0 0 ";
	struct ck_err err = CK_ERR_INIT;
	struct seen seen;
	assert_ok(seen_parse(full, sizeof full - 1, &seen, &err), &err);
	assert_int_equal(seen.last_read, 1795476490);
	assert_int_equal(seen.last_change, 1795476491);
	assert_int_equal(seen.last_uid, 12);
	assert_string_equal(seen.uids, "1:7,9,12");
	seen_fini(&seen);
	assert_null(seen.uids);
	assert_ok(seen_parse(none, sizeof none - 1, &seen, &err), &err);
	assert_string_equal(seen.uids, "");
	seen_fini(&seen);
}

static void a_broken_seen_record_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{"", CK_ECORRUPT},
		{"1", CK_ECORRUPT},
		{"1 2 3", CK_ECORRUPT},
		{"1 2 x 4 1:5", CK_ECORRUPT},
		{"1 2 4294967296 4 1:5", CK_ECORRUPT},
		{"1 2 -3 4 1:5", CK_ECORRUPT},
		{"1 2 3 4 1:5;6", CK_ECORRUPT},
		{"1 99999999999999999999 3 4 1", CK_ECORRUPT},
		{"2 2 3 4 1:5", CK_EUNSUPPORTED},
	};
	for (size_t i = 0; i < CK_COUNT(cases); i++) {
		struct ck_err err = CK_ERR_INIT;
		struct seen seen;
		assert_err(seen_parse(cases[i].text, strlen(cases[i].text), &seen, &err), &err,
		           cases[i].code, "seen");
	}
}

/* --- quota --- */

static void both_forms_of_a_quota_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		struct quota want;
	} cases[] = {
		{"4096\n100000\n", {4096, 100000, 0, -1, -1, -1}},
		{"4096 -1", {4096, -1, 0, -1, -1, -1}},
		{"0 2147483648 AS 1 2 M 7 500", {0, 2147483648, 7, 500, 2, -1}},
		{"0 -1 NF 3 20 AS 1 -1", {0, -1, 0, -1, -1, 20}},
		{"%(S (4096 100000) M (7 500) AS (1) NF (3 20) MODSEQ 12)",
	         {4096, 100000, 7, 500, -1, 20}},
		{"%(AS (1 0))", {0, -1, 0, -1, 0, -1}},
		{"%(S (5000000000) M (7))", {5000000000, -1, 7, -1, -1, -1}},
		{"%(M (7 500))\n", {0, -1, 7, 500, -1, -1}},
		{"%(S (-3 10))", {-3, 10, 0, -1, -1, -1}},
		{"%()", {0, -1, 0, -1, -1, -1}},
	};
	for (size_t i = 0; i < CK_COUNT(cases); i++) {
		struct ck_err err = CK_ERR_INIT;
		struct quota q;
		assert_ok(quota_parse(cases[i].text, strlen(cases[i].text), &q, &err), &err);
		assert_int_equal(q.storage_used_bytes, cases[i].want.storage_used_bytes);
		assert_int_equal(q.storage_limit_kib, cases[i].want.storage_limit_kib);
		assert_int_equal(q.messages_used, cases[i].want.messages_used);
		assert_int_equal(q.messages_limit, cases[i].want.messages_limit);
		assert_int_equal(q.annotations_limit_kib, cases[i].want.annotations_limit_kib);
		assert_int_equal(q.folders_limit, cases[i].want.folders_limit);
	}
}

static void a_broken_quota_is_refused(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"",          "4096",       "4096\nmany\n", "1 2 M 3",      "1 2 M x y",
		"%(S 4096)", "%(S ())",    "%(S (a b))",   "%(S (1 b))",   "%(S (1 (2)))",
		"%(S (1 2)", "%(S (1)) x", "(S (1 2))",    "%(M (1 %()))", "--1 2",
		"- 2",       "1 2 M 3 -",  "%(S ((1) 2))", "%(S NIL)",     "9223372036854775808 1",
	};
	for (size_t i = 0; i < CK_COUNT(cases); i++) {
		struct ck_err err = CK_ERR_INIT;
		struct quota q;
		assert_err(quota_parse(cases[i], strlen(cases[i]), &q, &err), &err, CK_ECORRUPT,
		           "a quota cannot be read");
	}
}

/* --- annotations --- */

enum tail { TAIL_OLD, TAIL_MODSEQ, TAIL_FLAG };

/* A value as a machine with unsigned longs of @slot bytes writes it. */
static void put_value(struct ck_buf *b, size_t slot, bool big_endian, const char *value, size_t len,
                      enum tail tail, char flag)
{
	const char length[4] = {(char)(len >> 24), (char)(len >> 16), (char)(len >> 8), (char)len};
	static const char zeros[8], modseq[8] = {0, 0, 0, 0, 0, 0, 1, 2};
	if (big_endian)
		ck_buf_add(b, zeros, slot - 4);
	ck_buf_add(b, length, 4);
	if (!big_endian)
		ck_buf_add(b, zeros, slot - 4);
	ck_buf_add(b, value, len);
	ck_buf_add(b, "\0text/plain", 12);
	ck_buf_add(b, zeros, slot);
	if (tail >= TAIL_MODSEQ)
		ck_buf_add(b, modseq, 8);
	if (tail == TAIL_FLAG)
		ck_buf_addc(b, flag);
}

#define GLOBAL_KEY  "user.anne.Sent\0/specialuse\0anne\0"
#define SERVER_KEY  "\0/motd\0\0"
#define MESSAGE_KEY "12\0/comment\0\0"
#define KEY(s)      s, sizeof(s) - 1

static struct db_record record_of(const char *key, size_t key_len, const struct ck_buf *value)
{
	return (struct db_record){key, key_len, value->data, value->len};
}

static void every_layout_of_an_annotation_is_read(void **state)
{
	(void)state;
	static const char *const values[] = {"\\Sent", "", "x", "longer than eight bytes"};
	for (size_t i = 0; i < CK_COUNT(values) * 9; i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf b = CK_BUF_INIT;
		CK_CLEANUP(annotation_fini) struct annotation a = {0};
		struct ck_err err = CK_ERR_INIT;
		const char *value = values[i / 9];
		enum tail tail = (enum tail)(i % 3);
		put_value(&b, i / 3 % 3 == 0 ? 4 : 8, i / 3 % 3 == 2, value, strlen(value), tail,
		          0);
		struct db_record record = record_of(KEY(GLOBAL_KEY), &b);
		assert_ok(annotation_parse(ANNOTATION_GLOBAL, &record, &a, &err), &err);
		assert_string_equal(a.mailbox, "user.anne.Sent");
		assert_string_equal(a.entry, "/specialuse");
		assert_string_equal(a.user, "anne");
		assert_string_equal(a.value, value);
		assert_int_equal(a.value_len, strlen(value));
		assert_int_equal(a.uid, 0);
		assert_int_equal(a.modseq, tail == TAIL_OLD ? 0 : 0x102);
		assert_false(a.deleted);
	}
}

static void keys_mean_what_their_file_says(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf b = CK_BUF_INIT;
	struct annotation a;
	struct ck_err err = CK_ERR_INIT;
	put_value(&b, 8, false, "a\0b", 3, TAIL_FLAG, 1);
	struct db_record record = record_of(KEY(MESSAGE_KEY), &b);
	assert_ok(annotation_parse(ANNOTATION_MESSAGES, &record, &a, &err), &err);
	assert_int_equal(a.uid, 12);
	assert_string_equal(a.mailbox, "");
	assert_string_equal(a.user, "");
	assert_int_equal(a.value_len, 3);
	assert_memory_equal(a.value, "a\0b", 4);
	assert_true(a.deleted);
	annotation_fini(&a);
	/* A shared mailbox may be called "12". */
	assert_ok(annotation_parse(ANNOTATION_GLOBAL, &record, &a, &err), &err);
	assert_int_equal(a.uid, 0);
	assert_string_equal(a.mailbox, "12");
	annotation_fini(&a);
	record = record_of(KEY(SERVER_KEY), &b);
	assert_ok(annotation_parse(ANNOTATION_GLOBAL, &record, &a, &err), &err);
	assert_string_equal(a.mailbox, "");
	assert_string_equal(a.entry, "/motd");
	annotation_fini(&a);
	assert_err(annotation_parse(ANNOTATION_MESSAGES, &record, &a, &err), &err, CK_ECORRUPT,
	           "no UID");
}

static void broken_annotations_are_refused_by_key(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf b = CK_BUF_INIT;
	struct annotation a;
	struct ck_err err = CK_ERR_INIT;
	put_value(&b, 8, false, "\\Sent", 5, TAIL_FLAG, 0);
	static const struct {
		const char *key;
		size_t len;
	} keys[] = {{"", 0}, {KEY("one")}, {KEY("a\0b")}, {KEY("a\0b\0c\0d\0")}};
	for (size_t i = 0; i < CK_COUNT(keys); i++) {
		struct db_record record = record_of(keys[i].key, keys[i].len, &b);
		assert_err(annotation_parse(ANNOTATION_GLOBAL, &record, &a, &err), &err,
		           CK_ECORRUPT, "three parts");
	}
	/* Cut off by any number of bytes: never accepted, but for the ends that earlier versions
	 * have. */
	for (size_t len = 0; len < b.len; len++) {
		char *cut = malloc(len + 1);
		assert_non_null(cut);
		memcpy(cut + 1, b.data, len);
		struct db_record record = {GLOBAL_KEY, sizeof GLOBAL_KEY - 1, cut + 1, len};
		int r = annotation_parse(ANNOTATION_GLOBAL, &record, &a, &err);
		if (len == b.len - 1 || len == b.len - 9) {
			assert_int_equal(r, 0);
			annotation_fini(&a);
		} else {
			assert_err(r, &err, CK_ECORRUPT, "'user.anne.Sent\\x00/specialuse");
		}
		free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subscriptions_before_3_6_are_internal_names),
		cmocka_unit_test(subscriptions_since_3_6_name_their_owner_by_inbox),
		cmocka_unit_test(a_torn_subscription_file_is_an_error),
		cmocka_unit_test(a_seen_record_is_read),
		cmocka_unit_test(a_broken_seen_record_is_refused),
		cmocka_unit_test(both_forms_of_a_quota_are_read),
		cmocka_unit_test(a_broken_quota_is_refused),
		cmocka_unit_test(every_layout_of_an_annotation_is_read),
		cmocka_unit_test(keys_mean_what_their_file_says),
		cmocka_unit_test(broken_annotations_are_refused_by_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
