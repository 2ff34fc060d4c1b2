/* SPDX-License-Identifier: BSD-2-Clause */
/* Which archive has a mailbox last. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/backup.h"
#include "support/spool.h"
#include <cyrkeep/archive.h>

static struct ck_last_archived last(const struct spool *s, const char *mailbox)
{
	struct ck_last_archived l = {.number = 99};
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_archives_last(&s->settings, mailbox, NULL, &l, &err), &err);
	return l;
}

/* These backups are all of one moment: the list has them by their paths then, "a" as the newest. */
static void run(struct spool *s, const char *directory, const char *rule, struct backup *b)
{
	free(s->settings.destinations[0].path);
	s->settings.destinations[0].path = spool_path(s, directory);
	backup_run(b, s, rule, false);
	assert_ok(b->r, &b->err);
}

static void the_newest_that_has_it_is_told(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup older, newer;
	assert_int_equal(last(s, "user/anne").number, 0);
	assert_int_equal(last(s, "user/anne").unread, 0);
	run(s, "b", "leaf:Trash", &older);
	struct ck_last_archived l = last(s, "user/anne");
	assert_int_equal(l.number, 7);
	assert_int_equal(l.messages, 5);
	assert_int_equal(l.messages_left_out, 0);
	assert_int_equal(l.unread, 0);
	assert_true(l.started > 0);
	assert_int_equal(last(s, "user/nobody").number, 0);
	run(s, "a", "name:user/anne*,larger:2500", &newer);
	l = last(s, "user/anne");
	assert_int_equal(l.messages, 3);
	assert_int_equal(l.messages_left_out, 2);
	/* One that cannot be read says nothing of what is in it, and is counted. */
	test_write(newer.report.path, "cut", 3);
	l = last(s, "user/anne");
	assert_int_equal(l.number, 7);
	assert_int_equal(l.messages, 5);
	assert_int_equal(l.unread, 1);
	assert_int_equal(unlink(older.report.path), 0);
	l = last(s, "user/anne");
	assert_int_equal(l.number, 0);
	assert_int_equal(l.unread, 2);
	backup_fini(&older);
	backup_fini(&newer);
	spool_free(s);
}

static void what_was_left_out_is_not_in_it(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup older, newer;
	run(s, "b", "leaf:bob", &older);
	run(s, "a", "leaf:Sent", &newer);
	assert_int_equal(last(s, "user/anne/Sent").messages, 2);
	assert_int_equal(last(s, "user/anne/Sent").unread, 0);
	assert_int_equal(last(s, "user/bob").messages, 2);
	assert_int_equal(unlink(newer.report.path), 0);
	assert_int_equal(last(s, "user/bob").number, 0);
	assert_int_equal(last(s, "user/bob").unread, 1);
	backup_fini(&older);
	backup_fini(&newer);
	spool_free(s);
}

static void it_can_be_given_up(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	struct ck_err err = CK_ERR_INIT;
	struct ck_last_archived l;
	const struct ck_watch watch = {.cancel = true};
	run(s, "a", NULL, &b);
	assert_int_equal(ck_archives_last(&s->settings, "user/anne", &watch, &l, &err), CK_ECANCEL);
	backup_fini(&b);
	spool_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_that_has_it_is_told),
		cmocka_unit_test(what_was_left_out_is_not_in_it),
		cmocka_unit_test(it_can_be_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
