/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cyrus/mboxheader.h"
#include "support/indexwriter.h"

#define MAGIC                                                                   \
	"\241\002\213\015Cyrus mailbox header\n"                                \
	"\"The best thing about this system was that it had lots of goals.\"\n" \
	"\t--Jim Morris on Andrew\n"

static int parse(const char *text, size_t len, struct mboxheader *ret, struct ck_err *err)
{
	char *exact = malloc(len ? len : 1); /* for the sanitizer */
	assert_non_null(exact);
	memcpy(exact, text, len);
	int r = mboxheader_parse(exact, len, ret, err);
	free(exact);
	return r;
}

/* Parse what stands behind the magic. */
static void parse_ok(const char *body, struct mboxheader *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf buf = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	ck_buf_add(&buf, MAGIC, sizeof MAGIC - 1);
	ck_buf_adds(&buf, body);
	assert_ok(parse(buf.data, buf.len, ret, &err), &err);
}

static void parse_bad(const char *body, const char *words)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf buf = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	struct mboxheader h;
	ck_buf_add(&buf, MAGIC, sizeof MAGIC - 1);
	ck_buf_adds(&buf, body);
	assert_err(parse(buf.data, buf.len, &h, &err), &err, CK_ECORRUPT, words);
}

static void the_three_lines_of_old_servers_are_read(void **state)
{
	(void)state;
	CK_CLEANUP(mboxheader_fini) struct mboxheader h = {0};
	parse_ok("user.anne\t2a5b6c7d4f1e2d3c\n$Work $Forwarded  Junk "
	         "\nanne\tlrswipkxtecda\tanyone\t"
	         "p\t\n",
	         &h);
	assert_string_equal(h.quotaroot, "user.anne");
	assert_string_equal(h.uniqueid, "2a5b6c7d4f1e2d3c");
	assert_string_equal(h.acl, "anne\tlrswipkxtecda\tanyone\tp\t");
	assert_null(h.name);
	assert_string_equal(h.flags[0], "$Work");
	assert_string_equal(h.flags[1], "$Forwarded");
	assert_null(h.flags[2]);
	assert_string_equal(h.flags[3], "Junk");
	assert_null(h.flags[4]);
}

static void the_oldest_have_no_uniqueid_and_may_have_nothing(void **state)
{
	(void)state;
	struct mboxheader h;
	parse_ok("user.anne\n\n\n", &h);
	assert_string_equal(h.quotaroot, "user.anne");
	assert_string_equal(h.uniqueid, "");
	assert_string_equal(h.acl, "");
	assert_null(h.flags[0]);
	mboxheader_fini(&h);
	parse_ok("\tabc\n\n\n", &h);
	assert_null(h.quotaroot);
	assert_string_equal(h.uniqueid, "abc");
	mboxheader_fini(&h);
}

static void the_list_of_new_servers_is_read(void **state)
{
	(void)state;
	CK_CLEANUP(mboxheader_fini) struct mboxheader h = {0};
	parse_ok("%(T e N user.anne.&U,BTFw- I yd7h5hqqjwmx2fzt9y1ro2xg Q user.anne A %(anne "
	         "lrswipkxtecdan \"group:all staff\" lr -anyone p) U ($Work NIL \"a b\" NIL))\n",
	         &h);
	assert_string_equal(h.name, "user.anne.&U,BTFw-");
	assert_string_equal(h.uniqueid, "yd7h5hqqjwmx2fzt9y1ro2xg");
	assert_string_equal(h.quotaroot, "user.anne");
	assert_string_equal(h.acl, "anne\tlrswipkxtecdan\tgroup:all staff\tlr\t-anyone\tp\t");
	assert_string_equal(h.flags[0], "$Work");
	assert_null(h.flags[1]);
	assert_string_equal(h.flags[2], "a b");
	assert_null(h.flags[3]);
}

static void keys_that_are_missing_nil_or_unknown_are_no_failure(void **state)
{
	(void)state;
	struct mboxheader h;
	parse_ok("%(T e N user.bob I id1 Q NIL A %() U () J jm1)\n", &h);
	assert_null(h.quotaroot);
	assert_string_equal(h.acl, "");
	assert_string_equal(h.uniqueid, "id1");
	mboxheader_fini(&h);
	parse_ok("%()", &h);
	assert_null(h.name);
	assert_string_equal(h.uniqueid, "");
	assert_string_equal(h.acl, "");
	mboxheader_fini(&h);
}

static void what_was_written_comes_back_in_both_styles(void **state)
{
	(void)state;
	struct mboxheader want = {0};
	want.quotaroot = strdup("user.anne");
	want.uniqueid = strdup("0123456789abcdef");
	want.name = strdup("user.anne.Sent");
	want.acl = strdup("anne\tlrs\tbob\tlr\t");
	want.flags[0] = strdup("$One");
	want.flags[127] = strdup("$Last");
	for (int style = INDEXWRITER_OLD; style <= INDEXWRITER_NEW; style++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf buf = CK_BUF_INIT;
		CK_CLEANUP(mboxheader_fini) struct mboxheader got = {0};
		struct ck_err err = CK_ERR_INIT;
		indexwriter_mboxheader(&buf, (enum indexwriter_style)style, &want);
		assert_ok(parse(buf.data, buf.len, &got, &err), &err);
		assert_string_equal(got.quotaroot, want.quotaroot);
		assert_string_equal(got.uniqueid, want.uniqueid);
		assert_string_equal(got.acl, want.acl);
		assert_string_equal(got.flags[0], "$One");
		assert_string_equal(got.flags[127], "$Last");
		assert_null(got.flags[1]);
		if (style == INDEXWRITER_NEW)
			assert_string_equal(got.name, want.name);
		for (size_t len = 0; len + 1 < buf.len; len++) {
			struct mboxheader cut;
			assert_int_equal(parse(buf.data, len, &cut, NULL), CK_ECORRUPT);
		}
	}
	mboxheader_fini(&want);
}

static void broken_headers_are_refused(void **state)
{
	(void)state;
	struct mboxheader h;
	struct ck_err err = CK_ERR_INIT;
	assert_err(parse("", 0, &h, &err), &err, CK_ECORRUPT, "not a mailbox header");
	assert_err(parse("hello world, this is no header", 30, &h, &err), &err, CK_ECORRUPT,
	           "not a mailbox header");
	assert_err(parse(MAGIC, 25, &h, &err), &err, CK_ECORRUPT, "ends too early");
	static const char zeros[] = MAGIC "user.anne\tid\n\0\0\0\0\n\n";
	assert_err(parse(zeros, sizeof zeros - 1, &h, &err), &err, CK_ECORRUPT, "a zero byte at");
	parse_bad("", "ends too early");
	parse_bad("user.anne\tid\n", "ends too early");
	parse_bad("user.anne\tid\n$Work \nanne\tlrs", "ends too early");
	parse_bad("%(T e N", "");
	parse_bad("%", "");
}

static void more_flags_than_there_are_bits_are_refused(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf lines = CK_BUF_INIT, list = CK_BUF_INIT;
	ck_buf_adds(&lines, "root\tid\n");
	ck_buf_adds(&list, "%(I id U (");
	for (int i = 0; i < 129; i++) {
		ck_buf_addf(&lines, "$f%d ", i);
		ck_buf_addf(&list, "%s$f%d", i ? " " : "", i);
	}
	ck_buf_adds(&lines, "\nacl\n");
	ck_buf_adds(&list, "))\n");
	parse_bad(lines.data, "more than 128 user flags");
	parse_bad(list.data, "more than 128 user flags");
}

static void errors_name_the_file(void **state)
{
	(void)state;
	CK_FREE char *dir = test_tmpdir(), *path = NULL;
	struct ck_err err = CK_ERR_INIT;
	struct mboxheader h;
	assert_true(asprintf(&path, "%s/cyrus.header", dir) > 0);
	assert_err(mboxheader_read(AT_FDCWD, path, &h, &err), &err, CK_ENOTFOUND, path);
	test_write(path, "junk", 4);
	assert_err(mboxheader_read(AT_FDCWD, path, &h, &err), &err, CK_ECORRUPT, path);
	static const char good[] = MAGIC "r\tid\n\n\n";
	test_write(path, good, sizeof good - 1);
	assert_ok(mboxheader_read(AT_FDCWD, path, &h, &err), &err);
	assert_string_equal(h.uniqueid, "id");
	mboxheader_fini(&h);
	test_rmtree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_three_lines_of_old_servers_are_read),
		cmocka_unit_test(the_oldest_have_no_uniqueid_and_may_have_nothing),
		cmocka_unit_test(the_list_of_new_servers_is_read),
		cmocka_unit_test(keys_that_are_missing_nil_or_unknown_are_no_failure),
		cmocka_unit_test(what_was_written_comes_back_in_both_styles),
		cmocka_unit_test(broken_headers_are_refused),
		cmocka_unit_test(more_flags_than_there_are_bits_are_refused),
		cmocka_unit_test(errors_name_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
