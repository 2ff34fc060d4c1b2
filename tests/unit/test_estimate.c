/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cyrus/conf.h"
#include "support/indexwriter.h"
#include <cyrkeep/select.h>

#define DAY 86400
#define NOW 1764037200
#define MB  1048576u

/* A spool of index files without messages, and a server in memory that points at it. */
struct world {
	char *dir;
	struct ck_server server;
	struct ck_mailbox mailboxes[8];
};

static void world_init(struct world *w)
{
	struct ck_buf text = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	*w = (struct world){.dir = test_tmpdir()};
	ck_buf_addf(&text, "configdirectory: %s/conf\npartition-default: %s/spool\n", w->dir,
	            w->dir);
	ck_buf_adds(&text, "defaultpartition: default\n");
	assert_ok(conf_parse("imapd.conf", text.data, text.len, &w->server.conf, &err), &err);
	ck_buf_fini(&text);
	w->server.separator = '/';
	w->server.mailboxes = w->mailboxes;
	w->server.partitions = w->server.conf->partitions;
	w->server.npartitions = w->server.conf->npartitions;
}

static void world_fini(struct world *w)
{
	conf_free(w->server.conf);
	test_rmtree(w->dir);
	free(w->dir);
}

static struct ck_mailbox *add(struct world *w, const char *name, const char *intname,
                              uint32_t messages, uint64_t bytes)
{
	struct ck_mailbox *m = &w->mailboxes[w->server.nmailboxes++];
	*m = (struct ck_mailbox){.name = name,
	                         .intname = intname,
	                         .uniqueid = "0123456789abcdef",
	                         .acl = "",
	                         .special = "",
	                         .flags = CK_MBOX_LEGACY_DIR,
	                         .messages = messages,
	                         .bytes = bytes,
	                         .head = CK_HEAD_OK};
	return m;
}

/* Four live messages around both boundaries, and two that are gone already. */
static void write_index(const struct world *w, const char *directory)
{
	static const struct {
		uint64_t size;
		int64_t age;
		uint32_t flags;
	} messages[] = {
		{MB + 1, 7 * DAY, 0},               /* large and old */
		{MB, 30 * DAY, INDEX_SEEN},         /* not larger than 1M */
		{MB + 1, 7 * DAY - 1, 0},           /* not yet seven days */
		{5000, DAY, INDEX_DELETED},         /* neither; \Deleted is still there */
		{9 * MB, 90 * DAY, INDEX_EXPUNGED}, /* not visible */
		{9 * MB, 90 * DAY, INDEX_UNLINKED}, /* not there */
	};
	struct index_record records[CK_COUNT(messages)];
	struct index_header header = {
		.version = 17, .exists = 4, .last_uid = 6, .uidvalidity = 1, .highestmodseq = 9};
	memset(records, 0, sizeof records);
	for (size_t i = 0; i < CK_COUNT(messages); i++) {
		records[i].uid = (uint32_t)i + 1;
		records[i].size = messages[i].size;
		records[i].internaldate = NOW - messages[i].age;
		records[i].system_flags = messages[i].flags;
		records[i].modseq = i + 1;
		if (i < 4)
			header.quota_bytes += messages[i].size;
	}
	struct ck_buf file = CK_BUF_INIT, path = CK_BUF_INIT;
	indexwriter_index(&file, &header, records, CK_COUNT(records));
	ck_buf_addf(&path, "%s/spool/%s/cyrus.index", w->dir, directory);
	test_write(path.data, file.data, file.len);
	ck_buf_fini(&file);
	ck_buf_fini(&path);
}

#define FULL_BYTES (3ull * MB + 2 + 5000)

static void small_world(struct world *w)
{
	world_init(w);
	add(w, "user/anne", "user.anne", 4, FULL_BYTES);
	add(w, "user/anne/Junk", "user.anne.Junk", 10, 1000)->special = "\\Junk";
	add(w, "user/anne/Sent", "user.anne.Sent", 4, FULL_BYTES);
	add(w, "user/bob/Sent", "user.bob.Sent", 3, 30); /* its index is missing */
	add(w, "user/far", "user.far", 99, 99)->flags = CK_MBOX_REMOTE;
	add(w, "user/gap", "user.gap", 0, 0)->flags = CK_MBOX_INTERMEDIATE;
	write_index(w, "user/anne");
	write_index(w, "user/anne/Sent");
}

static void plan_rules(struct ck_plan *plan, const char *const *rules)
{
	for (; *rules; rules++)
		assert_int_equal(ck_strv_add(&plan->exclude, *rules), 0);
}

static void without_rules_everything_is_taken(void **state)
{
	(void)state;
	struct world w;
	struct ck_plan plan = {0};
	struct ck_estimate est;
	struct ck_err err = CK_ERR_INIT;
	struct ck_watch watch = {0};
	small_world(&w);
	assert_ok(ck_estimate(&w.server, &plan, NOW, &watch, &est, &err), &err);
	assert_int_equal(est.nmailboxes, 4); /* neither the remote nor the intermediate one */
	assert_int_equal(est.nrules, 0);
	assert_int_equal(est.taken_mailboxes, 4);
	assert_int_equal(est.taken_messages, 21);
	assert_int_equal(est.taken_bytes, 2 * FULL_BYTES + 1030);
	assert_int_equal(watch.total, 6);
	assert_int_equal(watch.done, 6);
	ck_estimate_fini(&est);
	world_fini(&w);
}

static void patterns_add_up_and_each_must_select_something(void **state)
{
	(void)state;
	struct world w;
	struct ck_plan plan = {0};
	struct ck_estimate est;
	struct ck_err err = CK_ERR_INIT;
	small_world(&w);
	assert_ok(ck_strv_add(&plan.select, "user/anne/*"), &err);
	assert_ok(ck_strv_add(&plan.select, "user/%/Sent"), &err);
	assert_ok(ck_estimate(&w.server, &plan, NOW, NULL, &est, &err), &err);
	assert_int_equal(est.nmailboxes, 3);
	assert_int_equal(est.mailboxes[0].mailbox, 1);
	assert_int_equal(est.mailboxes[1].mailbox, 2);
	assert_int_equal(est.mailboxes[2].mailbox, 3);
	ck_estimate_fini(&est);

	/* A second pattern that selects only what the first has is fine; one for nothing is not. */
	assert_ok(ck_strv_add(&plan.select, "user/anne/Junk"), &err);
	assert_ok(ck_estimate(&w.server, &plan, NOW, NULL, &est, &err), &err);
	ck_estimate_fini(&est);
	assert_ok(ck_strv_add(&plan.select, "user/gap"), &err);
	assert_err(ck_estimate(&w.server, &plan, NOW, NULL, &est, &err), &err, CK_EUSAGE,
	           "pattern 'user/gap' selects no mailbox");
	ck_plan_fini(&plan);
	world_fini(&w);
}

static void size_and_age_are_read_from_the_index(void **state)
{
	(void)state;
	static const char *const rules[] = {"leaf:Sent,larger:1M,older:7d", NULL};
	struct world w;
	struct ck_plan plan = {0};
	struct ck_estimate est;
	struct ck_err err = CK_ERR_INIT;
	small_world(&w);
	plan_rules(&plan, rules);
	assert_ok(ck_estimate(&w.server, &plan, NOW, NULL, &est, &err), &err);
	assert_int_equal(est.rules[0].mailboxes, 1); /* bob's index is missing: nothing is caught */
	assert_int_equal(est.rules[0].messages, 1);
	assert_int_equal(est.rules[0].bytes, MB + 1);
	assert_int_equal(est.rules[0].oldest, NOW - 7 * DAY);
	assert_int_equal(est.mailboxes[2].left_out, 0);
	assert_int_equal(est.mailboxes[2].messages, 3);
	assert_int_equal(est.mailboxes[2].bytes, FULL_BYTES - MB - 1);
	assert_int_equal(est.mailboxes[0].messages, 4); /* the INBOX is not meant */
	assert_int_equal(est.mailboxes[3].messages, 3);
	assert_int_equal(est.taken_mailboxes, 4);
	assert_int_equal(est.taken_messages, 20);
	assert_int_equal(est.taken_bytes, 2 * FULL_BYTES + 1030 - MB - 1);
	ck_estimate_fini(&est);
	/* One second later the third message is seven days old as well. */
	assert_ok(ck_estimate(&w.server, &plan, NOW + 1, NULL, &est, &err), &err);
	assert_int_equal(est.rules[0].messages, 2);
	ck_estimate_fini(&est);
	ck_plan_fini(&plan);
	world_fini(&w);
}

static void a_torn_index_hides_no_mail(void **state)
{
	(void)state;
	static const char *const rules[] = {"leaf:Sent,larger:1M,older:7d", NULL};
	struct world w;
	struct ck_plan plan = {0};
	struct ck_estimate est;
	struct ck_err err = CK_ERR_INIT;
	struct ck_buf path = CK_BUF_INIT;
	small_world(&w);
	plan_rules(&plan, rules);
	ck_buf_addf(&path, "%s/spool/user/anne/Sent/cyrus.index", w.dir);
	/* The header and the first record, which is caught, are left. */
	off_t kept = (off_t)(indexwriter_header_size(17) + indexwriter_record_size(17) + 50);
	assert_int_equal(truncate(path.data, kept), 0);
	assert_ok(ck_estimate(&w.server, &plan, NOW, NULL, &est, &err), &err);
	assert_int_equal(est.rules[0].messages, 1);
	assert_int_equal(est.mailboxes[2].messages, 3);
	assert_int_equal(est.mailboxes[2].bytes, FULL_BYTES - MB - 1);
	ck_buf_fini(&path);
	ck_estimate_fini(&est);
	ck_plan_fini(&plan);
	world_fini(&w);
}

static void every_rule_counts_by_itself(void **state)
{
	(void)state;
	static const char *const rules[] = {"larger:1M",    "special:\\Junk", "below:user/anne",
	                                    "leaf:Nowhere", "leaf:Junk",      NULL};
	struct world w;
	struct ck_plan plan = {0};
	struct ck_estimate est;
	struct ck_err err = CK_ERR_INIT;
	small_world(&w);
	plan_rules(&plan, rules);
	assert_ok(ck_estimate(&w.server, &plan, NOW, NULL, &est, &err), &err);
	assert_int_equal(est.nrules, 5);
	/* Counted although a later rule leaves both mailboxes out whole. */
	assert_int_equal(est.rules[0].mailboxes, 2);
	assert_int_equal(est.rules[0].messages, 4);
	assert_int_equal(est.rules[0].bytes, 4 * (MB + 1));
	assert_int_equal(est.rules[1].mailboxes, 1);
	assert_int_equal(est.rules[1].oldest, 0);
	assert_int_equal(est.rules[1].messages, 10);
	assert_int_equal(est.rules[2].mailboxes, 3);
	assert_int_equal(est.rules[2].messages, 18);
	assert_int_equal(est.rules[2].bytes, 2 * FULL_BYTES + 1000);
	assert_int_equal(est.rules[3].mailboxes, 0); /* catches nothing, and says so */
	assert_int_equal(est.rules[3].messages, 0);
	assert_int_equal(est.rules[4].mailboxes, 1);
	/* The first whole rule gives its number; what is left out is what would have been there. */
	assert_int_equal(est.mailboxes[0].left_out, 3);
	assert_int_equal(est.mailboxes[1].left_out, 2);
	assert_int_equal(est.mailboxes[1].messages, 10);
	assert_int_equal(est.mailboxes[2].left_out, 3);
	assert_int_equal(est.mailboxes[2].messages, 4);
	assert_int_equal(est.mailboxes[2].bytes, FULL_BYTES);
	assert_int_equal(est.taken_mailboxes, 1);
	assert_int_equal(est.taken_messages, 3);
	assert_int_equal(est.taken_bytes, 30);
	ck_estimate_fini(&est);
	ck_plan_fini(&plan);
	world_fini(&w);
}

/* What a rule is worth while it is off is said; nothing is taken from the backup or from later
 * rules. */
static void a_rule_that_is_off_is_only_computed(void **state)
{
	(void)state;
	static const char *const rules[] = {"off,below:user/anne", "off,larger:1M", "leaf:Sent",
	                                    "special:\\Junk", NULL};
	struct world w;
	struct ck_plan plan = {0};
	struct ck_estimate est;
	struct ck_err err = CK_ERR_INIT;
	small_world(&w);
	plan_rules(&plan, rules);
	assert_ok(ck_estimate(&w.server, &plan, NOW, NULL, &est, &err), &err);
	assert_int_equal(est.nrules, 4);
	assert_true(est.rules[0].off && est.rules[1].off && !est.rules[2].off);
	assert_int_equal(est.rules[0].mailboxes, 3);
	assert_int_equal(est.rules[0].bytes, 2 * FULL_BYTES + 1000);
	assert_int_equal(est.rules[1].messages, 4);
	assert_int_equal(est.rules[1].mailboxes, 2);
	assert_int_equal(est.rules[2].by, 0);
	assert_int_equal(est.rules[3].by, 0);
	assert_int_equal(est.mailboxes[0].left_out, 0);
	assert_int_equal(est.mailboxes[0].messages, 4);
	assert_int_equal(est.mailboxes[0].bytes, FULL_BYTES);
	assert_int_equal(est.mailboxes[1].left_out, 4);
	assert_int_equal(est.mailboxes[2].left_out, 3);
	assert_int_equal(est.taken_mailboxes, 1);
	assert_int_equal(est.taken_messages, 4);
	assert_int_equal(est.taken_bytes, FULL_BYTES);
	ck_estimate_fini(&est);
	ck_plan_fini(&plan);
	world_fini(&w);
}

static void with_all_rules_off_everything_is_taken(void **state)
{
	(void)state;
	static const char *const rules[] = {"off,name:*", "off,larger:0", NULL};
	struct world w;
	struct ck_plan plan = {0};
	struct ck_estimate est;
	struct ck_err err = CK_ERR_INIT;
	small_world(&w);
	plan_rules(&plan, rules);
	assert_ok(ck_estimate(&w.server, &plan, NOW, NULL, &est, &err), &err);
	assert_int_equal(est.rules[0].mailboxes, 4);
	assert_int_equal(est.rules[1].messages, 8);
	assert_int_equal(est.taken_mailboxes, 4);
	assert_int_equal(est.taken_messages, 21);
	assert_int_equal(est.taken_bytes, 2 * FULL_BYTES + 1030);
	ck_estimate_fini(&est);
	ck_plan_fini(&plan);
	world_fini(&w);
}

static void assert_by(const char *const *rules, const uint32_t *want)
{
	struct world w;
	struct ck_plan plan = {0};
	struct ck_estimate est;
	struct ck_err err = CK_ERR_INIT;
	small_world(&w);
	plan_rules(&plan, rules);
	assert_ok(ck_estimate(&w.server, &plan, NOW, NULL, &est, &err), &err);
	for (size_t i = 0; i < est.nrules; i++)
		if (est.rules[i].by != want[i])
			fail_msg("rule %zu '%s': %u, not %u", i + 1, rules[i], est.rules[i].by,
			         want[i]);
	ck_estimate_fini(&est);
	ck_plan_fini(&plan);
	world_fini(&w);
}

/* The first that fits counts. */
static void a_rule_that_earlier_ones_cover_names_them(void **state)
{
	(void)state;
	/* Covered whole; not covered by a later one; partly; nothing caught. */
	assert_by((const char *const[]){"leaf:Junk", "below:user/anne", "special:\\Junk",
	                                "leaf:Sent", "leaf:Nowhere", NULL},
	          (const uint32_t[]){0, 0, 1, 0, 0});
	/* By two together; by the first of two that both do. */
	assert_by((const char *const[]){"name:user/anne/Junk", "name:user/anne/Sent",
	                                "name:user/anne/%", "name:user/anne/*", NULL},
	          (const uint32_t[]){0, 0, CK_RULES_SEVERAL, CK_RULES_SEVERAL});
	assert_by((const char *const[]){"below:user/anne", "below:user/anne", "leaf:Junk", NULL},
	          (const uint32_t[]){0, 1, 1});
	/* Messages: by a mailbox left out, by a wider rule, by neither. */
	assert_by((const char *const[]){"below:user/anne", "larger:1M,older:7d", NULL},
	          (const uint32_t[]){0, 1});
	assert_by((const char *const[]){"larger:1M", "larger:1M,older:7d", "larger:1000", NULL},
	          (const uint32_t[]){0, 1, 0});
	/* One that is off covers nothing, and is itself covered. */
	assert_by((const char *const[]){"off,below:user/anne", "leaf:Junk", "off,special:\\Junk",
	                                "off,larger:1M", "larger:1M,older:7d", NULL},
	          (const uint32_t[]){0, 0, 2, 0, 0});
}

static void a_bad_rule_and_a_request_to_stop_are_failures(void **state)
{
	(void)state;
	static const char *const rules[] = {"leaf:Sent", "bigger:1M", NULL};
	struct world w;
	struct ck_plan plan = {0}, none = {0};
	struct ck_estimate est;
	struct ck_err err = CK_ERR_INIT;
	struct ck_watch watch = {.cancel = true};
	small_world(&w);
	plan_rules(&plan, rules);
	assert_err(ck_estimate(&w.server, &plan, NOW, NULL, &est, &err), &err, CK_EUSAGE,
	           "bigger:1M");
	assert_err(ck_estimate(&w.server, &none, NOW, &watch, &est, &err), &err, CK_ECANCEL,
	           "cancelled");
	w.server.nmailboxes = 0;
	assert_err(ck_estimate(&w.server, &none, NOW, NULL, &est, &err), &err, CK_EGATE,
	           "list of mailboxes is empty");
	ck_plan_fini(&plan);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_rules_everything_is_taken),
		cmocka_unit_test(patterns_add_up_and_each_must_select_something),
		cmocka_unit_test(size_and_age_are_read_from_the_index),
		cmocka_unit_test(a_torn_index_hides_no_mail),
		cmocka_unit_test(every_rule_counts_by_itself),
		cmocka_unit_test(a_rule_that_is_off_is_only_computed),
		cmocka_unit_test(with_all_rules_off_everything_is_taken),
		cmocka_unit_test(a_rule_that_earlier_ones_cover_names_them),
		cmocka_unit_test(a_bad_rule_and_a_request_to_stop_are_failures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
