/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <string.h>

#include "cyrus/layout.h"
#include <cyrkeep/select.h>

static const struct {
	const char *path;
	mode_t mode;
	bool in_config, left_out;
} entries[] = {
	{"deliver.db", S_IFREG, true, true},
	{"tls_sessions.db", S_IFREG, true, true},
	{"ptscache.db", S_IFREG, true, true},
	{"statuscache.db", S_IFREG, true, true},
	{"proc", S_IFDIR, true, true},
	{"socket", S_IFDIR, true, true},
	{"lock", S_IFDIR, true, true},
	{"stage.", S_IFDIR, false, true},
	{"sync.", S_IFDIR, false, true},
	{"a/user/anne/cyrus.squat", S_IFREG, false, true},
	{"cyrus.indexed.db", S_IFREG, false, true},
	/* Exactly the last element. */
	{"a/user/anne/cyrusXsquat", S_IFREG, false, false},
	{"a/user/anne/cyrus.squat.", S_IFREG, false, false},
	{"a/user/anne/xcyrus.squat", S_IFREG, false, false},
	{"deliver.db.old", S_IFREG, true, false},
	{"deliverXdb", S_IFREG, true, false},
	{"stage", S_IFDIR, false, false},
	{"stage./1", S_IFREG, false, false},
	/* A file is no directory, and what is meant for one place is taken in the other. */
	{"proc", S_IFREG, true, false},
	{"cyrus.squat", S_IFDIR, false, false},
	{"a/user/anne/lock", S_IFDIR, false, false},
	{"domain/l/lock", S_IFDIR, true, false},
	{"a/user/anne/xapian", S_IFDIR, false, false},
	/* What nobody may miss. */
	{"mailboxes.db", S_IFREG, true, false},
	{"annotations.db", S_IFREG, true, false},
	{"user/a/anne.seen", S_IFREG, true, false},
	{"quota/a/user.anne", S_IFREG, true, false},
	{"a/user/anne/1.", S_IFREG, false, false},
	{"a/user/anne/cyrus.index", S_IFREG, false, false},
	{"s/anne/defaultbc", S_IFLNK, false, false},
	/* Specials, anywhere. */
	{"x", S_IFSOCK, true, true},
	{"user/x", S_IFIFO, true, true},
	{"a/user/anne/1.", S_IFCHR, false, true},
	{"a/user/anne/2.", S_IFBLK, false, true},
};

static void test_exactly_the_rebuildable_is_left_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(entries); i++) {
		const char *why = layout_left_out(entries[i].path, entries[i].mode | 0600,
		                                  entries[i].in_config, 0);
		if (!why != !entries[i].left_out)
			fail_msg("'%s' is %s", entries[i].path, why ? why : "taken");
	}
}

static void test_only_search_and_backup_partitions_are_left_out(void **state)
{
	(void)state;
	assert_null(layout_root_left_out(CK_PARTITION_DATA, 0));
	assert_null(layout_root_left_out(CK_PARTITION_META, 0));
	assert_null(layout_root_left_out(CK_PARTITION_ARCHIVE, 0));
	assert_non_null(layout_root_left_out(CK_PARTITION_SEARCH, 0));
	assert_non_null(layout_root_left_out(CK_PARTITION_BACKUP, 0));
}

/* Whatever the list shows is left out where it belongs, so that no box lies. */
static void test_the_list_shown_is_what_happens(void **state)
{
	(void)state;
	size_t n = 0;
	for (const struct ck_default_exclusion *e = ck_default_exclusions(); e->name; e++, n++) {
		char name[64];
		size_t len = strlen(e->name);
		assert_true(len < sizeof name);
		memcpy(name, e->name, len + 1);
		bool dir = name[len - 1] == '/';
		if (dir)
			name[len - 1] = '\0';
		mode_t mode = dir ? S_IFDIR : S_IFREG;
		const char *config = layout_left_out(name, mode, true, 0);
		const char *mail = layout_left_out(name, mode, false, 0);
		if (strcmp(name, "xapian") == 0)
			assert_string_equal(e->why, layout_root_left_out(CK_PARTITION_SEARCH, 0));
		else
			assert_string_equal(config ? config : mail, e->why);
		assert_true(!config || !mail);
	}
	assert_int_equal(n, 12);
}

/* Each is switched off alone: nothing else comes in, and never what is no file. */
static void test_each_is_switched_off_one_by_one(void **state)
{
	(void)state;
	for (uint32_t off = 0; off < CK_DEFAULT_EXCLUSIONS; off++) {
		const char *entry = ck_default_exclusions()[off].name;
		CK_CLEANUP(ck_strv_fini) struct ck_strv keep = {0};
		uint32_t kept = 0;
		assert_int_equal(ck_strv_add(&keep, entry), 0);
		assert_int_equal(ck_defaults_kept(&keep, &kept, NULL), 0);
		assert_int_equal(kept, 1u << off);
		assert_int_equal(!layout_root_left_out(CK_PARTITION_SEARCH, kept),
		                 strcmp(entry, "xapian/") == 0);
		assert_non_null(layout_root_left_out(CK_PARTITION_BACKUP, kept));
		for (size_t i = 0; i < CK_COUNT(entries); i++) {
			const char *path = entries[i].path;
			const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
			size_t len = strlen(name);
			bool same = strncmp(name, entry, len) == 0 &&
			            (!entry[len] || strcmp(entry + len, "/") == 0);
			bool special = !S_ISREG(entries[i].mode) && !S_ISDIR(entries[i].mode);
			bool out = layout_left_out(path, entries[i].mode | 0600,
			                           entries[i].in_config, kept) != NULL;
			if (out != (entries[i].left_out && (special || !same)))
				fail_msg("'%s' without the exclusion '%s' is %s", path, entry,
				         out ? "left out" : "taken");
		}
	}
}

static void test_what_is_none_of_them_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"mailboxes.db", "proc", "cyrusXsquat", "", "*"};
	for (size_t i = 0; i < CK_COUNT(wrong); i++) {
		CK_CLEANUP(ck_strv_fini) struct ck_strv keep = {0};
		struct ck_err err = CK_ERR_INIT;
		uint32_t kept;
		assert_int_equal(ck_strv_add(&keep, wrong[i]), 0);
		assert_int_equal(ck_defaults_kept(&keep, &kept, &err), CK_EUSAGE);
		assert_non_null(strstr(err.msg, wrong[i]));
		assert_non_null(strstr(err.remedy, "deliver.db, tls_sessions.db"));
	}
}

static void test_files_of_state_are_known_by_their_place_and_name(void **state)
{
	(void)state;
	static const struct {
		const char *path, *kind;
	} files[] = {
		{"user/a/anne.seen", "seen"},
		{"user/j/john.seen.sub", "sub"},
		{"user/uuid/a/b/abcd/conversations.db", "conversations"},
		{"user/uuid/a/b/abcd/dav.db", "dav"},
		{"domain/v/virt.test/user/e/eve.mboxkey", "mboxkey"},
		{"domain/q/quota/user/e/eve.counters", "counters"},
		{"shared.seen", "seen"},
		{"domain/v/virt.test/shared.sub", "sub"},
		{"quota/a/user.anne", "quota"},
		{"domain/v/virt.test/quota/root", "quota"},
		{"user/a/anne", NULL},
		{"user/a/anne.sieve", NULL},
		{"user/uuid/a/b/abcd/anne.seen", NULL},
		{"user/uuid/a/b/abcd/seen", NULL},
		{"mailboxes.db", NULL},
		{"log/anne.seen", NULL},
		{"domain/v", NULL},
	};
	for (size_t i = 0; i < CK_COUNT(files); i++) {
		const char *kind = layout_state_kind(files[i].path);
		if (strcmp(kind ? kind : "", files[i].kind ? files[i].kind : "") != 0)
			fail_msg("'%s' is %s", files[i].path, kind ? kind : "nothing");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exactly_the_rebuildable_is_left_out),
		cmocka_unit_test(test_only_search_and_backup_partitions_are_left_out),
		cmocka_unit_test(test_the_list_shown_is_what_happens),
		cmocka_unit_test(test_each_is_switched_off_one_by_one),
		cmocka_unit_test(test_what_is_none_of_them_is_refused),
		cmocka_unit_test(test_files_of_state_are_known_by_their_place_and_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
