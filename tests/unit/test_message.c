/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "cyrus/cache.h"
#include "cyrus/message.h"

static void envelope_of(const char *raw, size_t len, struct envelope *ret)
{
	char *exact = malloc(len ? len : 1); /* for the sanitizer */
	struct ck_err err = CK_ERR_INIT;
	assert_non_null(exact);
	memcpy(exact, raw, len);
	assert_ok(message_envelope(exact, len, ret, &err), &err);
	free(exact);
}

static void all_five_are_found_unfolded_and_decoded(void **state)
{
	(void)state;
	static const char raw[] =
		"From cyrus Mon Jan  1 00:00:00 2024\r\n"
		"X-Subject: not this\r\n"
		"Date: Mon, 1 Jan 2024 10:00:00 +0100\r\n"
		"a broken line\r\n"
		"SUBJECT : =?utf-8?q?Gr=C3=BC?=\r\n =?utf-8?q?=C3=9Fe?= to\r\n\tall\r\n"
		"From: =?iso-8859-1?q?J=F6rg?= <joe@x.org>, \"a, b\" <c@d>\r\n"
		"To: Team: one@x.org, two@x.org;, Zo\303\253 <zoe@x.org>\r\n"
		"Message-ID: <1@x.org>\r\n"
		"Subject: nor this\r\n"
		"\r\n"
		"Date: in the body\r\n";
	CK_CLEANUP(envelope_fini) struct envelope e = {0};
	envelope_of(raw, sizeof raw - 1, &e);
	assert_string_equal(e.date, "Mon, 1 Jan 2024 10:00:00 +0100");
	assert_string_equal(e.subject, "Gr\303\274\303\237e to all");
	assert_string_equal(e.from, "J\303\266rg <joe@x.org>, a, b <c@d>");
	assert_string_equal(e.to, "Team: one@x.org, two@x.org;, Zo\303\253 <zoe@x.org>");
	assert_string_equal(e.message_id, "<1@x.org>");
}

static void nothing_behind_the_header_is_taken_for_one(void **state)
{
	(void)state;
	static const char *const raws[] = {"",
	                                   "\n",
	                                   "\r\nSubject: x\r\n",
	                                   "\nSubject: x\n",
	                                   "X: y\n\nSubject: x\n",
	                                   "Subject",
	                                   "no header at all"};
	for (size_t i = 0; i < CK_COUNT(raws); i++) {
		CK_CLEANUP(envelope_fini) struct envelope e = {0};
		envelope_of(raws[i], strlen(raws[i]), &e);
		assert_string_equal(e.subject, "");
		assert_string_equal(e.from, "");
		assert_string_equal(e.date, "");
	}
}

static void a_message_may_end_anywhere(void **state)
{
	(void)state;
	static const char raw[] = "Subject: one\r\n two\r\nFrom: =?utf-8?q?=C3=9F?= <a@b>\r\n"
				  "To: g: a@b, \"c\" <d@e>;\r\n\r\n";
	for (size_t len = 0; len < sizeof raw; len++) {
		CK_CLEANUP(envelope_fini) struct envelope e = {0};
		envelope_of(raw, len, &e);
		assert_true(strncmp("one two", e.subject, strlen(e.subject)) == 0);
	}
}

static void text_that_is_no_address_is_shown_as_it_is(void **state)
{
	(void)state;
	static const char raw[] = "From: \"\"\"\"\"\r\n\r\n";
	CK_CLEANUP(envelope_fini) struct envelope e = {0};
	envelope_of(raw, sizeof raw - 1, &e);
	assert_string_equal(e.from, "\"\"\"\"\"");
}

/* Each of these, a hundred thousand times over, is the depth of some parser's stack. */
static void deep_and_endless_headers_are_harmless(void **state)
{
	(void)state;
	static const char *const units[] = {"a:",      "(",  "\"",
	                                    "<@",      "@",  ",",
	                                    "a,",      "\\", "=?utf-8?q?a?=",
	                                    "=?utf-8", ";",  "<",
	                                    "a <",     "[",  "a: b <c@d>, ",
	                                    "\r\n ",   ">a", "\377"};
	for (size_t i = 0; i < CK_COUNT(units); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT;
		CK_CLEANUP(envelope_fini) struct envelope e = {0};
		ck_buf_adds(&raw, "Subject: seen\r\nFrom: ");
		for (int n = 0; n < 100000; n++)
			ck_buf_adds(&raw, units[i]);
		ck_buf_adds(&raw, "\r\n\r\n");
		assert_false(raw.failed);
		envelope_of(raw.data, raw.len, &e);
		assert_string_equal(e.subject, "seen");
		assert_in_range(strlen(e.from), 0, 256 << 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_five_are_found_unfolded_and_decoded),
		cmocka_unit_test(nothing_behind_the_header_is_taken_for_one),
		cmocka_unit_test(a_message_may_end_anywhere),
		cmocka_unit_test(text_that_is_no_address_is_shown_as_it_is),
		cmocka_unit_test(deep_and_endless_headers_are_harmless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
