/* SPDX-License-Identifier: BSD-2-Clause */
/* Following a job whose files lie on a disk that hangs when told to: the engine's end is here. */
#include "support/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loop/app_private.h"
#include "loop/follow.h"
#include "support/screen.h"

#define SOME 1000

/* --- the engine's end ----------------------------------------------------------------- */

struct ck_attach {
	int fd;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool hangs, is_hung; /* in a read of the thread's */
	size_t said, read;   /* events */
	int end, refusal;
	int opened, closed;
	struct ck_attach attach;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

int ck_attach_open(const struct ck_settings *settings, uint32_t job, struct ck_attach **ret,
                   struct ck_err *err)
{
	(void)settings;
	pthread_mutex_lock(&disk.lock);
	int r = disk.refusal;
	disk.opened += r == 0;
	pthread_mutex_unlock(&disk.lock);
	if (r < 0)
		return ck_err_set(err, (enum ck_code)r, "there is no job %u", job);
	*ret = &disk.attach;
	return 0;
}

void ck_attach_close(struct ck_attach *a)
{
	(void)a;
	pthread_mutex_lock(&disk.lock);
	disk.closed++;
	pthread_mutex_unlock(&disk.lock);
}

int ck_attach_fd(const struct ck_attach *a)
{
	return a->fd;
}

int ck_attach_next(struct ck_attach *a, struct ck_event *ret, struct ck_err *err)
{
	eventfd_t value;
	pthread_mutex_lock(&disk.lock);
	while (disk.hangs) {
		disk.is_hung = true;
		pthread_cond_broadcast(&disk.change);
		pthread_cond_wait(&disk.change, &disk.lock);
	}
	disk.is_hung = false;
	int r = disk.read < disk.said ? 1 : disk.end;
	if (r > 0)
		*ret = (struct ck_event){.kind = CK_EV_NOTE, .time_ms = (int64_t)disk.read++};
	else
		(void)eventfd_read(a->fd, &value);
	pthread_mutex_unlock(&disk.lock);
	if (r > 0 && asprintf(&ret->text, "note %d", (int)ret->time_ms) < 0)
		ret->text = NULL;
	return r < 0 ? ck_err_set(err, (enum ck_code)r, "the end") : r;
}

static void set_hangs(bool hangs)
{
	pthread_mutex_lock(&disk.lock);
	disk.hangs = hangs;
	pthread_cond_broadcast(&disk.change);
	pthread_mutex_unlock(&disk.lock);
}

static void wait_until_it_hangs(void)
{
	pthread_mutex_lock(&disk.lock);
	while (!disk.is_hung)
		pthread_cond_wait(&disk.change, &disk.lock);
	pthread_mutex_unlock(&disk.lock);
}

static void say(size_t events, int end)
{
	pthread_mutex_lock(&disk.lock);
	disk.said += events;
	disk.end = end;
	pthread_mutex_unlock(&disk.lock);
	assert_int_equal(eventfd_write(disk.attach.fd, 1), 0);
}

/* --- a console that follows ----------------------------------------------------------- */

struct console {
	char *dir;
	struct ck_settings settings;
	struct screen s;
	struct ui_follow *follow;
};

static int setup(void **state)
{
	static struct console c;
	c = (struct console){.dir = test_tmpdir()};
	disk.said = disk.read = 0;
	disk.end = disk.refusal = disk.opened = disk.closed = 0;
	disk.hangs = disk.is_hung = false;
	disk.attach.fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	screen_settings(c.dir, &c.settings);
	screen_open(&c.s, &c.settings, NULL, NULL, 24, 80, SCREEN_UTF8);
	*state = &c;
	return 0;
}

static int teardown(void **state)
{
	struct console *c = *state;
	ui_follow_close(c->follow);
	screen_close(&c->s);
	assert_int_equal(disk.closed, disk.opened);
	close(disk.attach.fd);
	ck_settings_fini(&c->settings);
	test_rmtree(c->dir);
	free(c->dir);
	return 0;
}

static void follow(struct console *c)
{
	struct ck_err err = CK_ERR_INIT;
	int r = ui_follow_open(c->s.app, 7, &c->follow, &err);
	assert_ok(r, &err);
}

static bool is_readable(const struct console *c, int timeout_ms)
{
	struct pollfd p = {.fd = ui_follow_fd(c->follow), .events = POLLIN};
	return poll(&p, 1, timeout_ms) == 1;
}

/* The next piece of news, waited for. */
static enum ui_follow_news next(struct console *c, size_t *seen, struct ck_err *err)
{
	struct ck_event ev;
	enum ui_follow_news news;
	do {
		assert_true(is_readable(c, 20000));
		news = ui_follow_next(c->follow, &ev, err);
	} while (news == UI_FOLLOW_READING);
	if (news == UI_FOLLOW_EVENT) {
		assert_int_equal(ev.time_ms, *seen);
		(*seen)++;
		ck_event_fini(&ev);
	}
	return news;
}

static void events_come_in_order_and_later_ones_wake(void **state)
{
	struct console *c = *state;
	struct ck_err err = CK_ERR_INIT;
	size_t seen = 0;
	say(SOME, 0);
	follow(c);
	assert_int_equal(ui_tasks_pending(c->s.app->tasks), 1);
	while (seen < SOME) /* readable until the last one is taken */
		assert_int_equal(next(c, &seen, &err), UI_FOLLOW_EVENT);
	assert_int_equal(next(c, &seen, &err), UI_FOLLOW_WAITING);
	assert_int_equal(ui_tasks_pending(c->s.app->tasks), 0); /* nobody waits for its end */
	assert_false(is_readable(c, 0));
	say(1, 0);
	assert_int_equal(next(c, &seen, &err), UI_FOLLOW_EVENT);
	assert_int_equal(seen, SOME + 1);
}

static void the_end_comes_after_all_that_was_said(void **state)
{
	static const struct {
		int end;
		enum ui_follow_news news;
	} ends[] = {{CK_ENOTFOUND, UI_FOLLOW_ENDED}, {CK_EFAIL, UI_FOLLOW_DIED}};
	struct console *c = *state;
	for (size_t i = 0; i < CK_COUNT(ends); i++) {
		struct ck_err err = CK_ERR_INIT;
		size_t seen = disk.read;
		say(3, ends[i].end);
		follow(c);
		for (int n = 0; n < 3; n++)
			assert_int_equal(next(c, &seen, &err), UI_FOLLOW_EVENT);
		assert_int_equal(next(c, &seen, &err), ends[i].news);
		assert_string_equal(err.msg, "the end");
		assert_int_equal(next(c, &seen, &err), ends[i].news); /* and stays */
		ui_follow_close(CK_STEAL(c->follow));
		screen_wait(&c->s);
	}
}

static void a_job_that_is_not_there_is_refused(void **state)
{
	struct console *c = *state;
	struct ck_err err = CK_ERR_INIT;
	size_t seen = 0;
	disk.refusal = CK_EFAIL; /* whatever its class */
	follow(c);
	assert_int_equal(next(c, &seen, &err), UI_FOLLOW_REFUSED);
	assert_string_equal(err.msg, "there is no job 7");
}

static void what_is_not_taken_is_not_read_on(void **state)
{
	struct console *c = *state;
	struct ck_err err = CK_ERR_INIT;
	size_t seen = 0;
	say(100 * SOME, 0);
	follow(c);
	assert_int_equal(next(c, &seen, &err), UI_FOLLOW_EVENT);
	assert_int_equal(next(c, &seen, &err), UI_FOLLOW_EVENT);
	pthread_mutex_lock(&disk.lock);
	assert_in_range(disk.read, 2, SOME);
	pthread_mutex_unlock(&disk.lock);
	/* and its thread, which waits for room, goes when the console is closed */
}

static void a_read_that_hangs_holds_nobody_up(void **state)
{
	struct console *c = *state;
	struct ck_event ev;
	struct ck_err err = CK_ERR_INIT;
	set_hangs(true);
	say(SOME, 0);
	follow(c);
	wait_until_it_hangs();
	assert_int_equal(ui_follow_next(c->follow, &ev, &err), UI_FOLLOW_READING);
	assert_false(is_readable(c, 0));
	ui_follow_close(CK_STEAL(c->follow));
	assert_int_equal(ui_tasks_pending(c->s.app->tasks), 0);
	assert_int_equal(disk.closed, 0); /* it hangs still */
	set_hangs(false);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(events_come_in_order_and_later_ones_wake),
		T(the_end_comes_after_all_that_was_said),
		T(a_job_that_is_not_there_is_refused),
		T(what_is_not_taken_is_not_read_on),
		T(a_read_that_hangs_holds_nobody_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
