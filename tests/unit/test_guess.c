/* SPDX-License-Identifier: BSD-2-Clause */
/* What was meant by a rule that catches nothing. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "support/memserver.h"

static void assert_guess(const struct memserver *w, const char *rule, const char *want)
{
	bool fits = true;
	CK_FREE char *is = ck_rule_guess(&w->server, rule, &fits);
	if (fits || (is && want ? strcmp(is, want) != 0 : is != want))
		fail_msg("'%s' gave '%s'%s", rule, is ? is : "nothing", fits ? " and fits" : "");
}

static void names_and_roles_are_taken_for_each_other(void **state)
{
	(void)state;
	struct memserver w;
	memserver_init(&w, 8);
	memserver_add(&w, "user/anne", 0);
	memserver_add(&w, "user/anne/Werbung", 0)->special = "\\Junk";
	memserver_add(&w, "user/anne/Deleted Items", 0);
	memserver_add(&w, "user/bob", 2);
	memserver_add(&w, "user/bob/Entwürfe", 2);
	memserver_add(&w, "far", 0)->flags = CK_MBOX_REMOTE;
	assert_guess(&w, "leaf:Spam", "special:\\Junk");
	assert_guess(&w, "off,leaf:spam,larger:1M", "special:\\Junk");
	assert_guess(&w, "name:user/*/Spam*", "special:\\Junk");
	assert_guess(&w, "below:user/%/Junk E-mail", "special:\\Junk");
	assert_guess(&w, "name:user.*.Spam*", "special:\\Junk");
	assert_guess(&w, "special:\\Spam", "special:\\Junk");
	assert_guess(&w, "special:\\Trash", "leaf:Deleted Items");
	assert_guess(&w, "special:\\Sent", NULL);
	assert_guess(&w, "leaf:Sent", NULL);
	assert_guess(&w, "leaf:Spam,partition:slow", NULL); /* not there */
	assert_guess(&w, "special:\\Junk,leaf:Spam", NULL);
	assert_guess(&w, "name:far", NULL);
	assert_guess(&w, "partition:fast", NULL);
	assert_guess(&w, "nonsense", NULL);
	memserver_fini(&w);
}

static void names_in_other_letters_or_with_other_separators_are_found(void **state)
{
	(void)state;
	struct memserver w;
	memserver_init(&w, 4);
	memserver_add(&w, "user/anne", 0);
	memserver_add(&w, "user/anne/Sent", 0);
	memserver_add(&w, "user/anne/a*b", 0);
	assert_guess(&w, "leaf:sent", "leaf:Sent");
	assert_guess(&w, "name:user/Anne/sent", "name:user/anne/Sent");
	assert_guess(&w, "below:user.anne.Sent", "below:user/anne/Sent");
	assert_guess(&w, "name:user.*.Sent", "name:user/*/Sent");
	assert_guess(&w, "below:anne", "below:user/anne");
	assert_guess(&w, "name:anne/%", "name:user/anne/%");
	assert_guess(&w, "name:user/carol", NULL);
	memserver_fini(&w);
}

/* Then nothing else is meant: no message is so large. */
static void a_rule_whose_mailboxes_are_there_is_no_mistake(void **state)
{
	(void)state;
	struct memserver w;
	bool fits = false;
	memserver_init(&w, 1);
	memserver_add(&w, "user/anne/Sent", 0);
	assert_null(ck_rule_guess(&w.server, "leaf:Sent,larger:1G", &fits));
	assert_true(fits);
	memserver_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_roles_are_taken_for_each_other),
		cmocka_unit_test(names_in_other_letters_or_with_other_separators_are_found),
		cmocka_unit_test(a_rule_whose_mailboxes_are_there_is_no_mistake),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
