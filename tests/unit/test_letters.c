/* SPDX-License-Identifier: BSD-2-Clause */
/* The messages of an archived mailbox as a list shows them, and the basket of those that are
 * ticked. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "archives/letters.h"

/** Messages with all uids from 1 to @n and the largest there is, 10 bytes each; the fifth is
 * expunged. */
static struct ui_letters letters_of(struct ck_archived_message *list, size_t n)
{
	static char none[] = "";
	struct ui_letters l = {.n = n, .list = list};
	for (size_t i = 0; i < n; i++)
		list[i] = (struct ck_archived_message){.uid = i + 1 < n ? (uint32_t)i + 1
		                                                        : UINT32_MAX,
		                                       .size = 10,
		                                       .internaldate = (int64_t)i,
		                                       .stored = true,
		                                       .expunged = i == 4,
		                                       .flags = none,
		                                       .from = none,
		                                       .to = none,
		                                       .subject = none};
	assert_int_equal(ui_letters_arrange(&l), 0);
	return l;
}

static void a_basket_of_messages_is_a_set(void **state)
{
	(void)state;
	char a[] = "user.a", b[] = "user.b", none[] = "";
	struct ck_archived_mailbox boxes[] = {
		{.intname = a, .name = a, .special = none, .acl = none, .messages = 9},
		{.intname = b, .name = b, .special = none, .acl = none, .messages = 9}};
	const struct ck_archive_info info = {.number = 5};
	char name[] = "5";
	struct ui_opened o = {
		.mailboxes = boxes, .n = 2, .separator = '.', .info = &info, .name = name};
	struct ck_archived_message list[10];
	struct ui_letters l = letters_of(list, CK_COUNT(list)), other = l;
	struct ck_restore_request r = {0};
	struct ui_list shown;
	static const struct ui_list_ops ops = {0};
	assert_int_equal(ui_opened_arrange(&o), 0);
	assert_true(ui_letters_turn(&l, &o, 0)); /* the newest: the largest uid */
	assert_true(ui_letters_turn(&l, &o, 2));
	assert_true(ui_letters_turn(&l, &o, 3));
	assert_true(ui_letters_turn(&l, &o, 5)); /* expunged: stays out */
	assert_true(ui_letters_turn(&l, &o, 6));
	assert_true(ui_basket_has_message(&o, 0, UINT32_MAX));
	assert_false(ui_basket_has_message(&o, 0, 5));
	assert_false(ui_basket_has_message(&o, 0, 0));
	assert_int_equal(ui_basket_request(&o, &r), 0);
	assert_string_equal(r.uids, "4,7:8,4294967295");
	assert_int_equal(o.basket.messages, 4);
	assert_int_equal(o.basket.bytes, 40);
	ck_restore_request_fini(&r);
	other.mailbox = 1;
	assert_false(ui_letters_turn(&other, &o, 1));
	assert_false(ui_basket_set(&o, 1, 2, true));

	ui_list_init(&shown, &ops, NULL, NULL);
	ui_list_set(&shown, NULL, l.n);
	assert_true(ui_letters_turn_shown(&l, &o, &shown));
	assert_int_equal(ui_basket_request(&o, &r), 0);
	assert_string_equal(r.uids, "1:3,6,9");
	assert_int_equal(o.basket.bytes, 50);
	ck_restore_request_fini(&r);
	ui_list_fini(&shown);
	ui_opened_disarrange(&o);
	free(l.items);
	free(l.texts);
	free(l.uids);
}

static void the_newest_comes_first_and_of_one_moment_the_last(void **state)
{
	(void)state;
	static const struct {
		uint32_t uid;
		int64_t date;
	} rows[] = {{1, 500}, {2, 900}, {3, 500}, {7, -5}, {8, 500}};
	static const uint32_t want[] = {2, 8, 3, 1, 7};
	char none[] = "";
	struct ck_archived_message list[CK_COUNT(rows)];
	struct ui_letters l = {.n = CK_COUNT(rows), .list = list};
	for (size_t i = 0; i < CK_COUNT(rows); i++)
		list[i] = (struct ck_archived_message){.uid = rows[i].uid,
		                                       .internaldate = rows[i].date,
		                                       .flags = none,
		                                       .from = none,
		                                       .to = none,
		                                       .subject = none};
	assert_int_equal(ui_letters_arrange(&l), 0);
	for (size_t i = 0; i < CK_COUNT(want); i++)
		assert_int_equal(l.items[i].m->uid, want[i]);
	free(l.items);
	free(l.texts);
	free(l.uids);
}

static void flags_are_letters_and_words_of_the_user_are_none(void **state)
{
	(void)state;
	static const struct {
		const char *flags;
		bool expunged;
		const char *want;
	} table[] = {
		{"", false, "N"},
		{"\\Seen", false, ""},
		{"\\seen \\FLAGGED", false, "F"},
		{"\\Answered \\Deleted \\Flagged", false, "NFAD"},
		{"\\Seen \\Deleted", true, "x"},
		{"$\\Seen", false, "N"},
		{"\\Seenish \\Flagged2 Answered", false, "N"},
		{"work \\Seen", false, ""},
	};
	for (size_t i = 0; i < CK_COUNT(table); i++) {
		char got[5];
		const struct ck_archived_message m = {.flags = (char *)(uintptr_t)table[i].flags,
		                                      .expunged = table[i].expunged};
		ui_letter_flags(&m, got);
		assert_string_equal(got, table[i].want);
	}
}

static void a_sender_is_a_name_or_else_an_address(void **state)
{
	(void)state;
	static const struct {
		const char *from, *want;
	} table[] = {
		{"Anna <anna@lab.test>", "Anna "},
		{"<anna@lab.test>", "<anna@lab.test>"},
		{"anna@lab.test", "anna@lab.test"},
		{"A < B <a@lab.test>", "A < B "},
		{"A name that is too long <a@lab.test>", "A name that is too long <a@lab.test>"},
		{"", "(no sender)"}};
	for (size_t i = 0; i < CK_COUNT(table); i++) {
		char buf[16];
		const struct ck_archived_message m = {.from = (char *)(uintptr_t)table[i].from};
		assert_string_equal(ui_letter_sender(&m, buf, sizeof buf), table[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_basket_of_messages_is_a_set),
		cmocka_unit_test(the_newest_comes_first_and_of_one_moment_the_last),
		cmocka_unit_test(flags_are_letters_and_words_of_the_user_are_none),
		cmocka_unit_test(a_sender_is_a_name_or_else_an_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
