/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/dlist.h"

#include <stdlib.h>
#include <string.h>

#include "support/test.h"

static struct dlist *parse(const char *text, size_t len)
{
	struct dlist *dl = NULL;
	struct ck_err err = CK_ERR_INIT;
	size_t used;
	assert_ok(dlist_parse(text, len, &dl, &used, &err), &err);
	assert_int_equal(used, len);
	return dl;
}

static void refuse(const char *text, size_t len, const char *words)
{
	struct dlist *dl = NULL;
	struct ck_err err = CK_ERR_INIT;
	size_t used;
	assert_err(dlist_parse(text, len, &dl, &used, &err), &err, CK_ECORRUPT, words);
	assert_true(test_contains(err.msg, "offset"));
	assert_null(dl);
}

static void every_spelling_of_a_string_means_its_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t len;
		const char *bytes;
		size_t bytes_len;
	} cases[] = {
		{"atom", 4, "atom", 4},
		{"user\x1f"
	         "alice",
	         10,
	         "user\x1f"
	         "alice",
	         10},
		{"\\Sent", 5, "\\Sent", 5},
		{"\"\"", 2, "", 0},
		{"\"NIL\"", 5, "NIL", 3},
		{"\"a \\\"b\\\" \\\\c)\"", 14, "a \"b\" \\c)", 9},
		{"\"gr\xc3\xbc\xc3\x9f\"", 8, "gr\xc3\xbc\xc3\x9f", 6},
		{"{3}\r\na\0)", 8, "a\0)", 3},
		{"{3+}\r\na(\n", 9, "a(\n", 3},
		{"{0}\r\n", 5, "", 0},
		{"{1}\nx", 5, "x", 1},
	};
	for (size_t i = 0; i < CK_COUNT(cases); i++) {
		struct dlist *dl = parse(cases[i].text, cases[i].len);
		assert_int_equal(dl->kind, DLIST_ATOM);
		assert_int_equal(dl->value_len, cases[i].bytes_len);
		assert_memory_equal(dl->value, cases[i].bytes, cases[i].bytes_len + 1);
		dlist_free(dl);
	}
}

static void a_mailbox_record_is_taken_apart(void **state)
{
	(void)state;
	static const char text[] = "%(T e I 7rdy P default V 1795476490 L (a (b c) NIL ()) "
				   "A %(alice lrs \"bob b\" lr) H () E %())";
	struct dlist *dl = parse(text, sizeof text - 1);
	uint64_t n = 0;
	assert_int_equal(dl->kind, DLIST_KVLIST);
	assert_string_equal(dlist_text(dl, "I"), "7rdy");
	assert_true(dlist_number(dl, "V", &n));
	assert_int_equal(n, 1795476490);
	assert_false(dlist_number(dl, "P", &n));
	assert_false(dlist_number(dl, "X", &n));
	assert_null(dlist_text(dl, "A"));
	assert_null(dlist_get(dl, "a"));
	assert_string_equal(dlist_text(dlist_get(dl, "A"), "bob b"), "lr");
	const struct dlist *l = dlist_get(dl, "L");
	assert_int_equal(l->kind, DLIST_LIST);
	assert_string_equal(l->child->next->child->next->value, "c");
	assert_int_equal(l->child->next->next->kind, DLIST_NIL);
	assert_null(l->child->next->next->next->child);
	assert_null(dlist_get(l, "a"));
	assert_null(dlist_get(NULL, "a"));
	dlist_free(dl);
}

static void a_file_has_its_partition_its_id_and_its_bytes(void **state)
{
	(void)state;
	static const char text[] = "(%{default 1234abcd 5}\r\nA\0\r\n) x)";
	struct dlist *dl = parse(text, sizeof text - 1);
	const struct dlist *file = dl->child;
	assert_int_equal(file->kind, DLIST_FILE);
	assert_string_equal(file->part, "default");
	assert_string_equal(file->guid, "1234abcd");
	assert_int_equal(file->value_len, 5);
	assert_memory_equal(file->value, "A\0\r\n)", 6);
	assert_string_equal(file->next->value, "x");
	dlist_free(dl);
}

static void only_the_first_value_is_consumed(void **state)
{
	(void)state;
	struct dlist *dl = NULL;
	struct ck_err err = CK_ERR_INIT;
	size_t used;
	assert_ok(dlist_parse("(a b) c", 7, &dl, &used, &err), &err);
	assert_int_equal(used, 5);
	dlist_free(dl);
}

static void what_breaks_the_grammar_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"", "no value"},
		{"  ", "no value"},
		{")", "too many"},
		{"(a", "without end"},
		{"(a (b)", "without end"},
		{"%(a b c", "without end"},
		{"%(a b c)", "too many"},
		{"%((a) b)", "key"},
		{"\"abc", "quoted"},
		{"\"abc\\", "quoted"},
		{"{", "length"},
		{"{5", "length"},
		{"{}\r\n", "number"},
		{"{-1}\r\n", "number"},
		{"{99999999999999999999}\r\nx", "number"},
		{"{18446744073709551615}\r\nx", "longer"},
		{"{5}abcde", "line end"},
		{"{5}\r\nabcd", "longer"},
		{"%{a b}\r\n", "partition"},
		{"%{a b c}\r\n", "number"},
		{"%{a b 4}\r\nabc", "longer"},
		{"\x01", "begins no value"},
		{"(a\tb)", "begins no value"},
		{"%", "percent"},
		{"(%a)", "percent"},
	};
	for (size_t i = 0; i < CK_COUNT(cases); i++)
		refuse(cases[i].text, strlen(cases[i].text), cases[i].words);
}

static void nesting_has_an_end(void **state)
{
	(void)state;
	char deep[2 * 200];
	memset(deep, '(', 200);
	memset(deep + 200, ')', 200);
	refuse(deep, sizeof deep, "deeply");
	struct dlist *dl = parse(deep + 200 - 64, 128);
	size_t depth = 0;
	for (const struct dlist *c = dl; c; c = c->child)
		depth++;
	assert_int_equal(depth, 64);
	dlist_free(dl);
}

static void a_value_cut_anywhere_is_refused(void **state)
{
	(void)state;
	static const char text[] =
		"%(K {3+}\r\nabc Q \"q\\\"\" F %{p g 2}\r\nxy L (a %(b c)) N NIL)";
	for (size_t len = 0; len < sizeof text - 1; len++) {
		char *cut = malloc(len + 1); /* exact, for the sanitizer; malloc(0) may be NULL */
		struct dlist *dl = NULL;
		struct ck_err err = CK_ERR_INIT;
		size_t used;
		assert_non_null(cut);
		memcpy(cut + 1, text, len);
		assert_int_equal(dlist_parse(cut + 1, len, &dl, &used, &err), CK_ECORRUPT);
		free(cut);
	}
	dlist_free(parse(text, sizeof text - 1));
}

static void what_is_put_is_read_back(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
		const char *text;
	} cases[] = {
		{"atom", 4, "atom"},
		{"", 0, "\"\""},
		{"NIL", 3, "\"NIL\""},
		{"two words", 9, "\"two words\""},
		{"100%", 4, "\"100%\""},
		{"(x)", 3, "\"(x)\""},
		{"a\"b", 3, "{3+}\r\na\"b"},
		{"\\Sent", 5, "{5+}\r\n\\Sent"},
		{"user\x1f"
	         "a",
	         6,
	         "{6+}\r\nuser\x1f"
	         "a"},
		{"gr\xc3\xbc", 4, "{4+}\r\ngr\xc3\xbc"},
		{"a\r\nb", 4, "{4+}\r\na\r\nb"},
		{"a\0b", 3, NULL},
	};
	for (size_t i = 0; i < CK_COUNT(cases); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf buf = CK_BUF_INIT;
		assert_int_equal(dlist_put(&buf, cases[i].bytes, cases[i].len), 0);
		if (cases[i].text)
			assert_string_equal(buf.data, cases[i].text);
		struct dlist *dl = parse(buf.data, buf.len);
		assert_int_equal(dl->kind, DLIST_ATOM);
		assert_int_equal(dl->value_len, cases[i].len);
		assert_memory_equal(dl->value, cases[i].bytes, cases[i].len);
		dlist_free(dl);
	}
}

static void a_long_string_is_put_as_a_literal(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf buf = CK_BUF_INIT;
	char text[1024];
	memset(text, 'x', sizeof text);
	assert_int_equal(dlist_put(&buf, text, sizeof text), 0);
	assert_memory_equal(buf.data, "{1024+}\r\nx", 10);
	ck_buf_reset(&buf);
	assert_int_equal(dlist_put(&buf, text, sizeof text - 1), 0);
	assert_int_equal(buf.len, 1023);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_of_a_string_means_its_bytes),
		cmocka_unit_test(a_mailbox_record_is_taken_apart),
		cmocka_unit_test(a_file_has_its_partition_its_id_and_its_bytes),
		cmocka_unit_test(only_the_first_value_is_consumed),
		cmocka_unit_test(what_breaks_the_grammar_is_refused),
		cmocka_unit_test(nesting_has_an_end),
		cmocka_unit_test(a_value_cut_anywhere_is_refused),
		cmocka_unit_test(what_is_put_is_read_back),
		cmocka_unit_test(a_long_string_is_put_as_a_literal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
