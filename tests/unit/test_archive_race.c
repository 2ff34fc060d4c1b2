/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that change while they are read: fanotify holds the reader up until they have. */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "archive/verify.h"
#include "support/backup.h"
#include <cyrkeep/archive.h>

/* Changes a file at the first read of it. */
struct meddler {
	pthread_t thread;
	int fan, stop[2];
	int file; /* to change it by */
	off_t cut;
	const char *write; /* at offset 40; NULL: cut it instead */
	bool done;
};

static void change(struct meddler *m)
{
	if (m->done)
		return;
	m->done = true;
	if (m->write)
		assert_int_equal(pwrite(m->file, m->write, strlen(m->write), 40),
		                 (ssize_t)strlen(m->write));
	else
		assert_int_equal(ftruncate(m->file, m->cut), 0);
}

static void *meddle(void *arg)
{
	struct meddler *m = arg;
	struct pollfd fds[] = {{.fd = m->fan, .events = POLLIN},
	                       {.fd = m->stop[0], .events = POLLIN}};
	while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
		struct fanotify_event_metadata events[8];
		ssize_t len = read(m->fan, events, sizeof events);
		struct fanotify_event_metadata *e = events;
		for (; len > 0 && FAN_EVENT_OK(e, len); e = FAN_EVENT_NEXT(e, len)) {
			const struct fanotify_response yes = {.fd = e->fd, .response = FAN_ALLOW};
			change(m);
			(void)!write(m->fan, &yes, sizeof yes);
			(void)close(e->fd);
		}
	}
	return NULL;
}

/* @return false where the kernel or our rights do not allow it. */
static bool meddler_start(struct meddler *m, const char *path)
{
	m->fan = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);
	if (m->fan < 0)
		return false;
	if (fanotify_mark(m->fan, FAN_MARK_ADD, FAN_ACCESS_PERM, AT_FDCWD, path) < 0) {
		(void)close(m->fan);
		return false;
	}
	m->file = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(m->file >= 0);
	assert_int_equal(pipe2(m->stop, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&m->thread, NULL, meddle, m), 0);
	return true;
}

static void meddler_stop(struct meddler *m)
{
	assert_int_equal(write(m->stop[1], "x", 1), 1);
	assert_int_equal(pthread_join(m->thread, NULL), 0);
	(void)close(m->stop[0]);
	(void)close(m->stop[1]);
	(void)close(m->file);
	(void)close(m->fan);
}

/* One finding, and an archive that is sound all the same. */
static void check(const char *file, const char *words, off_t cut, const char *finding)
{
	struct spool *s = spool_new();
	struct backup b, v = {0};
	struct meddler m = {.write = words, .cut = cut};
	CK_FREE char *path = spool_path(s, file);
	if (!meddler_start(&m, path)) {
		spool_free(s);
		test_skip("fanotify cannot hold a reader up here");
	}
	backup_run(&b, s, NULL, false);
	meddler_stop(&m);
	assert_ok(b.r, &b.err);
	assert_true(m.done);
	if (b.findings.n != 1 || backup_found(&b, finding) != 1)
		fail_msg("%s: %zu findings, the first is '%s'", file, b.findings.n,
		         b.findings.n ? b.findings.items[0] : "");
	assert_int_equal(b.report.grades[CK_GRADE_C], 1);
	backup_listen(&v);
	assert_ok(archive_verify(&s->settings, "7", &v.run, &v.report, &v.err), &v.err);
	assert_int_equal(v.findings.n, 0);
	backup_fini(&v);
	backup_fini(&b);
	spool_free(s);
}

static void test_a_file_that_grows_while_it_is_read_is_told(void **state)
{
	(void)state;
	check(SPOOL_SENT "/cyrus.cache", NULL, 100000, "user/anne/Sent 0 file-changed");
}

static void test_a_message_that_changes_while_it_is_read_is_told(void **state)
{
	(void)state;
	check(SPOOL_ANNE "/3.", "other words", 0, "user/anne 3 guid-mismatch");
}

static void test_a_message_that_shrinks_while_it_is_read_is_told(void **state)
{
	(void)state;
	check(SPOOL_ANNE "/4.", NULL, 100, "user/anne 4 file-unreadable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_that_grows_while_it_is_read_is_told),
		cmocka_unit_test(test_a_message_that_changes_while_it_is_read_is_told),
		cmocka_unit_test(test_a_message_that_shrinks_while_it_is_read_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
