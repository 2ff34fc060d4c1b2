/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/select.h>

#define DAY 86400

static char default_name[] = "default", slow_name[] = "slow";
static struct ck_partition partitions[] = {{.name = default_name}, {.name = slow_name}};
static const struct ck_server server = {
	.separator = '/', .partitions = partitions, .npartitions = 2};

/* Does the rule take a mailbox of this name, internal name, special use and partition? */
static bool takes(const char *text, const char *name, const char *intname, const char *special,
                  uint32_t partition)
{
	struct ck_rule rule;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_rule_parse(text, &rule, &err), &err);
	struct ck_mailbox m = {.name = name,
	                       .intname = intname,
	                       .special = special,
	                       .uniqueid = "",
	                       .acl = "",
	                       .partition = partition};
	bool match = ck_rule_matches_mailbox(&rule, &server, &m);
	ck_rule_fini(&rule);
	return match;
}

static bool takes_name(const char *text, const char *name)
{
	return takes(text, name, name, "", 0);
}

static bool catches(const char *text, uint64_t size, int64_t internaldate, int64_t now)
{
	struct ck_rule rule;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_rule_parse(text, &rule, &err), &err);
	bool match = ck_rule_matches_message(&rule, size, internaldate, now);
	ck_rule_fini(&rule);
	return match;
}

static void every_term_is_parsed(void **state)
{
	(void)state;
	static const char text[] = "name:user/*,below:a\\,b,leaf:x\\,y,special:\\Junk,"
				   "partition:slow, larger:2K,older:3w";
	struct ck_rule rule;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_rule_parse(text, &rule, &err), &err);
	assert_string_equal(rule.text, text);
	assert_string_equal(rule.name, "user/*");
	assert_string_equal(rule.below, "a\\,b"); /* a pattern keeps its escapes */
	assert_string_equal(rule.leaf, "x,y");
	assert_string_equal(rule.special, "\\Junk");
	assert_string_equal(rule.partition, "slow");
	assert_int_equal(rule.larger, 2048);
	assert_int_equal(rule.older_days, 21);
	assert_false(ck_rule_is_whole(&rule));
	ck_rule_fini(&rule);
	assert_ok(ck_rule_parse("special:\\\\Junk", &rule, &err), &err);
	assert_string_equal(rule.special, "\\Junk");
	assert_true(ck_rule_is_whole(&rule));
	assert_int_equal(rule.larger, UINT64_MAX);
	assert_int_equal(rule.older_days, -1);
	ck_rule_fini(&rule);
}

static void sizes_are_powers_of_1024(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t bytes;
	} sizes[] = {{"larger:0", 0},
	             {"larger:500", 500},
	             {"larger:1K", 1024},
	             {"larger:1M", 1048576},
	             {"larger:3G", 3221225472u}};
	for (size_t i = 0; i < CK_COUNT(sizes); i++) {
		struct ck_rule rule;
		struct ck_err err = CK_ERR_INIT;
		assert_ok(ck_rule_parse(sizes[i].text, &rule, &err), &err);
		assert_int_equal(rule.larger, sizes[i].bytes);
		ck_rule_fini(&rule);
	}
}

static void a_wrong_term_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words;
	} mistakes[] = {
		{"", "a term is empty"},
		{",", "a term is empty"},
		{"leaf:Sent,", "a term is empty"},
		{"leaf:Sent,,older:7d", "a term is empty"},
		{"Junk", "'Junk' has no ':'; known terms are name, below, leaf"},
		{"leaf:Sent,size:1M", "'size:1M' is not known; known terms are"},
		{"Leaf:Sent", "'Leaf:Sent' is not known"},
		{"leaf:", "'leaf:' says nothing"},
		{"leaf:a,leaf:b", "'leaf:b' stands there twice"},
		{"larger:1,larger:2", "'larger:2' stands there twice"},
		{"older:1d,older:2d", "'older:2d' stands there twice"},
		{"special:Junk", "must start with a backslash"},
		{"larger:", "says nothing"},
		{"larger:M", "'larger:M' needs a size"},
		{"larger:1T", "needs a size"},
		{"larger:1MB", "needs a size"},
		{"larger:1m", "needs a size"},
		{"larger:-1", "needs a size"},
		{"larger: 1", "needs a size"},
		{"larger:1.5M", "needs a size"},
		{"larger:9223372036854775808", "needs a size"},
		{"larger:9007199254740992K", "needs a size"},
		{"older:7", "'older:7' needs an age like 7d or 4w"},
		{"older:d", "needs an age"},
		{"older:1m", "needs an age"},
		{"older:-1d", "needs an age"},
		{"older:1000001d", "needs an age"},
		{"older:99999999999999999999w", "needs an age"},
		{"off", "'off' must stand first, and the rule behind it"},
		{"off,", "a term is empty"},
		{"off,off,leaf:Sent", "'off' must stand first"},
		{"leaf:Sent,off", "'off' must stand first"},
		{"off,bigger:1M", "'bigger:1M' is not known"},
		{"Off,leaf:Sent", "'Off' has no ':'"},
		{"off leaf:Sent", "'off leaf:Sent' is not known"},
	};
	for (size_t i = 0; i < CK_COUNT(mistakes); i++) {
		struct ck_rule rule;
		struct ck_err err = CK_ERR_INIT;
		int r = ck_rule_parse(mistakes[i].text, &rule, &err);
		if (r != CK_EUSAGE || !test_contains(err.msg, mistakes[i].words))
			fail_msg("'%s' gave %d '%s'", mistakes[i].text, r, err.msg);
	}
}

static void name_is_the_full_name(void **state)
{
	(void)state;
	assert_true(takes_name("name:user/%", "user/anne"));
	assert_false(takes_name("name:user/%", "user/anne/Sent")); /* INBOX only, S34 */
	assert_false(takes_name("name:Sent", "user/anne/Sent"));
	assert_true(takes_name("name:user/*/Sent", "user/anne/Sent"));
	assert_false(takes_name("name:user/*/Junk", "user/anne/Junkets"));
}

static void below_takes_the_mailbox_and_everything_under_it(void **state)
{
	(void)state;
	assert_true(takes_name("below:public/quarantine", "public/quarantine"));
	assert_true(takes_name("below:public/quarantine", "public/quarantine/a/b"));
	assert_false(takes_name("below:public/quarantine", "public/quarantined"));
	assert_false(takes_name("below:public/quarantine", "public"));
	assert_true(takes_name("below:user/%/Archive", "user/anne/Archive/2025/01"));
	assert_false(takes_name("below:user/%/Archive", "user/anne/Old/Archive"));
	assert_true(takes_name("below:user/anne", "user/anne"));
	assert_true(takes_name("below:user/anne", "user/anne/Sent"));
	assert_false(takes_name("below:user/anne", "user/annette"));
}

static void leaf_is_the_last_part_exactly(void **state)
{
	(void)state;
	assert_true(takes_name("leaf:Sent", "user/anne/Sent"));
	assert_true(takes_name("leaf:Sent", "user/anne/Old/Sent"));
	assert_true(takes_name("leaf:Sent", "Sent"));
	assert_false(takes_name("leaf:Sent", "user/anne/Sent/2024"));
	assert_false(takes_name("leaf:Sent", "user/anne/sent"));
	assert_false(takes_name("leaf:Sent", "user/anne/Unsent"));
	assert_false(takes_name("leaf:Junk", "user/anne/Junkets"));
	assert_false(takes_name("leaf:*", "user/anne/Sent")); /* exactly: no wildcards */
	assert_true(takes_name("leaf:a\\,b", "user/anne/a,b"));
}

static void domains_stand_behind_the_levels(void **state)
{
	(void)state;
	const char *name = "user/anne/Sent@example.org", *intname = "example.org!user.anne.Sent";
	assert_true(takes("leaf:Sent", name, intname, "", 0));
	assert_true(takes("below:user/anne@example.org", name, intname, "", 0));
	assert_false(takes("below:user/anne@example.net", name, intname, "", 0));
	assert_false(takes("below:user/anne", name, intname, "", 0));
	assert_true(takes("name:*@example.org", name, intname, "", 0));
	assert_true(takes("below:user/%@example.org", name, intname, "", 0));
	/* An '@' that is no domain. */
	assert_true(takes("leaf:a@b", "user/anne/a@b", "user.anne.a@b", "", 0));
	assert_true(takes("below:user/a@b", "user/a@b/c", "user.a@b.c", "", 0));
}

static void special_use_is_one_of_several_and_knows_no_case(void **state)
{
	(void)state;
	assert_true(takes("special:\\Junk", "a", "a", "\\Junk", 0));
	assert_true(takes("special:\\junk", "a", "a", "\\Archive \\Junk", 0));
	assert_false(takes("special:\\Junk", "user/anne/Junk", "a", "", 0));
	assert_false(takes("special:\\Junk", "a", "a", "\\Junkyard", 0));
	assert_false(takes("special:\\Junkyard", "a", "a", "\\Junk", 0));
}

static void partition_is_that_of_the_data(void **state)
{
	(void)state;
	assert_true(takes("partition:slow", "a", "a", "", 1));
	assert_false(takes("partition:slow", "a", "a", "", 0));
	assert_false(takes("partition:slow", "a", "a", "", UINT32_MAX));
}

static void all_terms_must_hold(void **state)
{
	(void)state;
	assert_true(takes("leaf:Sent,below:user/anne", "user/anne/Sent", "x", "", 0));
	assert_false(takes("leaf:Sent,below:user/anne", "user/bob/Sent", "x", "", 0));
	assert_false(takes("leaf:Sent,special:\\Junk", "user/anne/Sent", "x", "\\Sent", 0));
	/* The terms of messages do not decide over mailboxes. */
	assert_true(takes("leaf:Sent,larger:1M", "user/anne/Sent", "x", "", 0));
	assert_true(takes("larger:1M", "user/anne/Sent", "x", "", 0));
}

static void larger_is_strict(void **state)
{
	(void)state;
	assert_false(catches("larger:1M", 1048575, 0, 0));
	assert_false(catches("larger:1M", 1048576, 0, 0));
	assert_true(catches("larger:1M", 1048577, 0, 0));
	assert_false(catches("larger:0", 0, 0, 0));
	assert_true(catches("larger:0", 1, 0, 0));
}

static void older_counts_whole_days(void **state)
{
	(void)state;
	const int64_t now = 1764037200;
	assert_false(catches("older:7d", 1, now - 7 * DAY + 1, now));
	assert_true(catches("older:7d", 1, now - 7 * DAY, now));
	assert_true(catches("older:7d", 1, now - 7 * DAY - 1, now));
	assert_true(catches("older:1w", 1, now - 7 * DAY, now));
	assert_false(catches("older:1w", 1, now - 7 * DAY + 1, now));
	assert_true(catches("older:0d", 1, now, now));
	assert_false(catches("older:0d", 1, now + 1, now)); /* a date in the future has no age */
	assert_false(catches("older:1d", 1, INT64_MAX, INT64_MIN));
	assert_true(catches("older:1d", 1, INT64_MIN, INT64_MAX));
}

static void size_and_age_must_both_hold(void **state)
{
	(void)state;
	const char *rule = "leaf:Sent,larger:1M,older:7d";
	const int64_t now = 1764037200, old = now - 8 * DAY;
	assert_true(catches(rule, 1048577, old, now));
	assert_false(catches(rule, 1048576, old, now));
	assert_false(catches(rule, 1048577, now - 6 * DAY, now));
}

/* Whatever its other terms say. */
static void a_rule_that_is_off_takes_nothing(void **state)
{
	(void)state;
	struct ck_rule rule;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_rule_parse(" off, leaf:Sent,larger:1M", &rule, &err), &err);
	assert_true(rule.off);
	assert_string_equal(rule.leaf, "Sent");
	assert_int_equal(rule.larger, 1048576);
	assert_false(ck_rule_is_whole(&rule));
	ck_rule_fini(&rule);
	assert_ok(ck_rule_parse("leaf:off", &rule, &err), &err);
	assert_false(rule.off);
	ck_rule_fini(&rule);
	assert_true(takes_name("name:*", "user/anne"));
	assert_false(takes_name("off,name:*", "user/anne"));
	assert_false(takes_name("off,larger:1M", "user/anne"));
}

static void rules_that_are_off_are_dropped_from_what_is_applied(void **state)
{
	(void)state;
	static const char *const texts[] = {"off,leaf:a", "leaf:b", "off,leaf:c", "off leaf:d",
	                                    "off,leaf:e"};
	struct ck_strv rules = {0};
	ck_rules_drop_off(&rules);
	assert_int_equal(rules.n, 0);
	for (size_t i = 0; i < CK_COUNT(texts); i++)
		assert_int_equal(ck_strv_add(&rules, texts[i]), 0);
	ck_rules_drop_off(&rules);
	assert_int_equal(rules.n, 2);
	assert_string_equal(rules.items[0], "leaf:b");
	assert_string_equal(rules.items[1], "off leaf:d"); /* wrong, and refused as such */
	assert_null(rules.items[2]);
	ck_strv_fini(&rules);
	assert_string_equal(ck_rule_off("off,leaf:a"), "leaf:a");
	assert_null(ck_rule_off("leaf:off,a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_term_is_parsed),
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(a_wrong_term_is_named),
		cmocka_unit_test(name_is_the_full_name),
		cmocka_unit_test(below_takes_the_mailbox_and_everything_under_it),
		cmocka_unit_test(leaf_is_the_last_part_exactly),
		cmocka_unit_test(domains_stand_behind_the_levels),
		cmocka_unit_test(special_use_is_one_of_several_and_knows_no_case),
		cmocka_unit_test(partition_is_that_of_the_data),
		cmocka_unit_test(all_terms_must_hold),
		cmocka_unit_test(larger_is_strict),
		cmocka_unit_test(older_counts_whole_days),
		cmocka_unit_test(size_and_age_must_both_hold),
		cmocka_unit_test(a_rule_that_is_off_takes_nothing),
		cmocka_unit_test(rules_that_are_off_are_dropped_from_what_is_applied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
