/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "cyrus/cache.h"
#include "support/indexwriter.h"

static const struct index_header v17 = {.version = 17, .generation = 5, .has_crc = true};

/* A cache with one record whose envelope is @text. */
static int envelope_of(const char *text, size_t len, struct envelope *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cache = CK_BUF_INIT;
	struct index_record record = {.uid = 9};
	indexwriter_cache_text(&cache, 5, text, len, &record);
	return cache_envelope((const uint8_t *)cache.data, cache.len, &v17, &record, ret, err);
}

static void expect(const char *text, const char *subject, const char *from, const char *to)
{
	CK_CLEANUP(envelope_fini) struct envelope e = {0};
	struct ck_err err = CK_ERR_INIT;
	assert_ok(envelope_of(text, strlen(text), &e, &err), &err);
	assert_string_equal(e.subject, subject);
	assert_string_equal(e.from, from);
	assert_string_equal(e.to, to);
}

static void a_written_envelope_comes_back(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf cache = CK_BUF_INIT;
	struct index_record records[2] = {{.uid = 1}, {.uid = 2}};
	struct indexwriter_envelope in[2] = {
		{.date = "Mon, 1 Jan 2024 10:00:00 +0100",
	         .subject = "Budget",
	         .from = {"Anne Example", "anne", "example.org"},
	         .to = {NULL, "bob", "example.org"},
	         .message_id = "<1@example.org>"},
		{.date = "yesterday"},
	};
	for (size_t i = 0; i < 2; i++)
		indexwriter_cache(&cache, 5, &in[i], &records[i]);
	const uint8_t *data = (const uint8_t *)cache.data;
	struct ck_err err = CK_ERR_INIT;
	struct envelope e;
	assert_ok(cache_envelope(data, cache.len, &v17, &records[0], &e, &err), &err);
	assert_string_equal(e.date, "Mon, 1 Jan 2024 10:00:00 +0100");
	assert_string_equal(e.subject, "Budget");
	assert_string_equal(e.from, "Anne Example <anne@example.org>");
	assert_string_equal(e.to, "bob@example.org");
	assert_string_equal(e.message_id, "<1@example.org>");
	envelope_fini(&e);
	assert_ok(cache_envelope(data, cache.len, &v17, &records[1], &e, &err), &err);
	assert_string_equal(e.date, "yesterday");
	assert_string_equal(e.subject, "");
	assert_string_equal(e.from, "");
	assert_string_equal(e.message_id, "");
	envelope_fini(&e);
}

static void quoted_strings_have_no_escapes_and_literals_hold_anything(void **state)
{
	(void)state;
	expect("(NIL \"a)b(c\" NIL NIL NIL NIL NIL NIL NIL NIL)", "a)b(c", "", "");
	expect("(NIL {9}\r\nsay \"hi\\\" NIL NIL NIL NIL NIL NIL NIL NIL)", "say \"hi\\\"", "", "");
	expect("(NIL {6}\r\na\r\n\tbc NIL NIL NIL NIL NIL NIL NIL NIL)", "a bc", "", "");
	expect("(NIL {0}\r\n NIL NIL NIL NIL NIL NIL NIL NIL)", "", "", "");
}

static void headers_are_decoded_to_utf8(void **state)
{
	(void)state;
	expect("(NIL \"=?iso-8859-1?q?Gr=FC=DFe?= =?utf-8?b?IOKCrA==?=\" "
	       "((\"=?utf-8?q?J=C3=B6rg?=\" NIL \"j\" \"x.org\")) NIL NIL "
	       "((\"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\" NIL \"n\" \"x.jp\")"
	       "(NIL NIL \"b\" \"y.org\")) NIL NIL NIL NIL)",
	       "Gr\303\274\303\237e \342\202\254", "J\303\266rg <j@x.org>",
	       "\346\227\245\346\234\254 <n@x.jp>, b@y.org");
	/* Raw bytes: UTF-8 where they are, Windows-1252 otherwise; an unknown charset is no
	 * failure. */
	expect("(NIL {3}\r\n\303\244! NIL NIL NIL NIL NIL NIL NIL NIL)", "\303\244!", "", "");
	expect("(NIL {3}\r\n\344\200! NIL NIL NIL NIL NIL NIL NIL NIL)", "\303\244\342\202\254!",
	       "", "");
}

static void an_encoded_line_end_cannot_make_a_second_line(void **state)
{
	(void)state;
	expect("(NIL \"=?utf-8?q?a=0D=0AFrom:_boss?=\" NIL NIL NIL NIL NIL NIL NIL NIL)",
	       "a  From: boss", "", "");
}

static void groups_are_shown_as_groups(void **state)
{
	(void)state;
	expect("(NIL NIL NIL NIL NIL ((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL)) "
	       "NIL NIL NIL NIL)",
	       "", "", "undisclosed-recipients:;");
	expect("(NIL NIL NIL NIL NIL ((NIL NIL \"team\" NIL)(NIL NIL \"a\" \"x\")(NIL NIL \"b\" "
	       "\"x\")(NIL NIL NIL NIL)(NIL NIL \"c\" \"x\")) NIL NIL NIL NIL)",
	       "", "", "team: a@x, b@x;, c@x");
}

static void ten_thousand_recipients_are_cut_with_an_ellipsis(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	ck_buf_adds(&text, "(NIL NIL NIL NIL NIL (");
	for (int i = 0; i < 10000; i++)
		ck_buf_addf(&text, "(NIL NIL \"user%d\" \"example.org\")", i);
	ck_buf_adds(&text, ") NIL NIL NIL NIL)");
	CK_CLEANUP(envelope_fini) struct envelope e = {0};
	struct ck_err err = CK_ERR_INIT;
	assert_ok(envelope_of(text.data, text.len, &e, &err), &err);
	assert_in_range(strlen(e.to), 16000, 17000);
	assert_memory_equal(e.to, "user0@example.org, user1@", 25);
	assert_string_equal(e.to + strlen(e.to) - 5, ", \342\200\246");
}

static void broken_envelopes_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"(",
		"NIL",
		"(NIL",
		"(NIL \"unterminated NIL NIL NIL NIL NIL NIL NIL NIL)",
		"(NIL {5}\r\nab",
		"(NIL {99999999999}\r\nab NIL NIL NIL NIL NIL NIL NIL NIL)",
		"(NIL {-1}\r\nab NIL NIL NIL NIL NIL NIL NIL NIL)",
		"(NIL {}\r\nab NIL NIL NIL NIL NIL NIL NIL NIL)",
		"(NIL {2}ab NIL NIL NIL NIL NIL NIL NIL NIL)",
		"(NIL NIL (NIL) NIL NIL NIL NIL NIL NIL NIL)",
		"(NIL NIL ((NIL NIL NIL)) NIL NIL NIL NIL NIL NIL NIL)",
		"(NIL NIL ((NIL NIL NIL NIL) NIL NIL NIL NIL NIL NIL NIL)",
		"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL",
		"(NIL NIL NIL NIL NIL NIL NIL NIL)",
	};
	for (size_t i = 0; i < CK_COUNT(bad); i++) {
		struct envelope e;
		struct ck_err err = CK_ERR_INIT;
		assert_err(envelope_of(bad[i], strlen(bad[i]), &e, &err), &err, CK_ECORRUPT,
		           "message 9: the cached envelope is broken");
	}
}

static void every_cut_and_every_flip_is_noticed(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf cache = CK_BUF_INIT;
	struct index_record record = {.uid = 9};
	struct indexwriter_envelope in = {.subject = "x", .from = {"A", "a", "b"}};
	indexwriter_cache(&cache, 5, &in, &record);
	for (size_t len = 0; len < cache.len; len++) {
		uint8_t *cut = malloc(len ? len : 1); /* exact, for the sanitizer */
		struct envelope e;
		assert_non_null(cut);
		memcpy(cut, cache.data, len);
		assert_int_equal(cache_envelope(cut, len, &v17, &record, &e, NULL),
		                 len <= 4 ? CK_ENOTFOUND : CK_ECORRUPT);
		free(cut);
	}
	for (size_t i = 4; i < cache.len; i++) {
		struct envelope e;
		cache.data[i] = (char)(cache.data[i] ^ 0x40);
		assert_int_equal(cache_envelope((const uint8_t *)cache.data, cache.len, &v17,
		                                &record, &e, NULL),
		                 CK_ECORRUPT);
		cache.data[i] = (char)(cache.data[i] ^ 0x40);
	}
}

static void offsets_outside_are_not_found_or_corrupt(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf cache = CK_BUF_INIT;
	struct index_record record = {.uid = 9};
	struct indexwriter_envelope in = {.subject = "x"};
	indexwriter_cache(&cache, 5, &in, &record);
	static const struct {
		uint64_t offset;
		int want;
	} cases[] = {{0, CK_ENOTFOUND},          {1, CK_ECORRUPT},
	             {5, CK_ECORRUPT},           {1u << 20, CK_ENOTFOUND},
	             {UINT64_MAX, CK_ENOTFOUND}, {0xffffffffffff, CK_ENOTFOUND}};
	for (size_t i = 0; i < CK_COUNT(cases); i++) {
		struct envelope e;
		record.cache_offset = cases[i].offset;
		assert_int_equal(cache_envelope((const uint8_t *)cache.data, cache.len, &v17,
		                                &record, &e, NULL),
		                 cases[i].want);
	}
}

static void before_crcs_the_generation_must_agree(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf cache = CK_BUF_INIT;
	struct index_record record = {.uid = 9};
	struct indexwriter_envelope in = {.subject = "old"};
	indexwriter_cache(&cache, 5, &in, &record);
	record.cache_crc = 0;
	struct index_header v9 = {.version = 9, .generation = 5};
	struct envelope e;
	struct ck_err err = CK_ERR_INIT;
	const uint8_t *data = (const uint8_t *)cache.data;
	assert_ok(cache_envelope(data, cache.len, &v9, &record, &e, &err), &err);
	assert_string_equal(e.subject, "old");
	envelope_fini(&e);
	v9.generation = 6;
	assert_err(cache_envelope(data, cache.len, &v9, &record, &e, &err), &err, CK_ECORRUPT,
	           "generation 5, the index of 6");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_written_envelope_comes_back),
		cmocka_unit_test(quoted_strings_have_no_escapes_and_literals_hold_anything),
		cmocka_unit_test(headers_are_decoded_to_utf8),
		cmocka_unit_test(an_encoded_line_end_cannot_make_a_second_line),
		cmocka_unit_test(groups_are_shown_as_groups),
		cmocka_unit_test(ten_thousand_recipients_are_cut_with_an_ellipsis),
		cmocka_unit_test(broken_envelopes_are_refused),
		cmocka_unit_test(every_cut_and_every_flip_is_noticed),
		cmocka_unit_test(offsets_outside_are_not_found_or_corrupt),
		cmocka_unit_test(before_crcs_the_generation_must_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
