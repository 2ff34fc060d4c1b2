/* SPDX-License-Identifier: BSD-2-Clause */
/* Access control lists: taken apart entry by entry, also where they are cut off. */
#include "support/test.h"

#include <string.h>

#include <cyrkeep/acl.h>

static void entry_is(const char **acl, const char *id, const char *rights)
{
	struct ck_acl_entry e;
	assert_true(ck_acl_next(acl, &e));
	assert_int_equal(e.id_len, strlen(id));
	assert_memory_equal(e.id, id, e.id_len);
	assert_int_equal(e.rights_len, strlen(rights));
	assert_memory_equal(e.rights, rights, e.rights_len);
}

static void ends(const char *acl)
{
	struct ck_acl_entry e;
	assert_false(ck_acl_next(&acl, &e));
}

static void entries_come_in_order(void **state)
{
	(void)state;
	const char *acl = "anne\tlrswipkxtecda\t-bob\tp\tanyone\tlr\t";
	entry_is(&acl, "anne", "lrswipkxtecda");
	entry_is(&acl, "-bob", "p");
	entry_is(&acl, "anyone", "lr");
	ends(acl);
	ends("");
}

static void odd_lists_end(void **state)
{
	(void)state;
	const char *no_rights = "anne\t\tbob\tl\t", *no_name = "\tlr\t", *bare = "anne";
	entry_is(&no_rights, "anne", "");
	entry_is(&no_rights, "bob", "l");
	ends(no_rights);
	entry_is(&no_name, "", "lr");
	ends(no_name);
	entry_is(&bare, "anne", "");
	ends(bare);
}

static void a_list_cut_anywhere_is_read_to_its_end(void **state)
{
	(void)state;
	static const char whole[] = "anne\tlrs\tbob\tp\t";
	for (size_t cut = 0; cut < sizeof whole; cut++) {
		CK_FREE char *part = strndup(whole, cut);
		struct ck_acl_entry e;
		const char *p = part;
		while (ck_acl_next(&p, &e))
			assert_true(e.id >= part && e.rights + e.rights_len <= part + cut);
		assert_ptr_equal(p, part + cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_come_in_order),
		cmocka_unit_test(odd_lists_end),
		cmocka_unit_test(a_list_cut_anywhere_is_read_to_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
