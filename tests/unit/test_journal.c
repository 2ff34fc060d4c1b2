/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hold/hold.h"
#include "hold/journal.h"

struct fixture {
	char *dir;
	int fd;
	struct journal *j;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct ck_err err = CK_ERR_INIT;
	assert_non_null(f);
	f->dir = test_tmpdir();
	f->j = calloc(1, sizeof *f->j);
	assert_non_null(f->j);
	assert_ok(journal_open(f->dir, JOURNAL_CREATE, &f->fd, &err), &err);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	ck_closep(&f->fd);
	test_rmtree(f->dir);
	free(f->dir);
	free(f->j);
	free(f);
	return 0;
}

/* "DIR/NAME", made with one byte in it. */
static char *make_file(const struct fixture *f, const char *name)
{
	char *path;
	assert_true(asprintf(&path, "%s/%s", f->dir, name) > 0);
	test_write(path, "x", 1);
	return path;
}

static void note_file(const struct fixture *f, uint32_t seq, const char *path)
{
	struct ck_err err = CK_ERR_INIT;
	assert_ok(journal_append(f->fd, seq, JOURNAL_FILES, &path, 1, &err), &err);
}

static void write_raw(const struct fixture *f, const char *text)
{
	assert_int_equal(write(f->fd, text, strlen(text)), strlen(text));
}

static int read_all(const struct fixture *f)
{
	struct ck_err err = CK_ERR_INIT;
	assert_ok(journal_read(f->fd, f->j, &err), &err);
	return (int)f->j->n;
}

static void words_of_any_bytes_come_back(void **state)
{
	struct fixture *f = *state;
	static const char *const words[] = {
		"plain", "", "two words", "100%", "a\nb\tc", "\x7f", "Entw\xc3\xbcrfe", "%41", "%"};
	struct ck_err err = CK_ERR_INIT;
	assert_ok(journal_append(f->fd, 7, JOURNAL_MASTER, words, CK_COUNT(words), &err), &err);
	assert_int_equal(read_all(f), 1);
	const struct journal_entry *e = &f->j->entries[0];
	assert_int_equal(e->seq, 7);
	assert_int_equal(e->kind, JOURNAL_MASTER);
	assert_false(e->done);
	assert_int_equal(e->n, CK_COUNT(words));
	for (size_t i = 0; i < CK_COUNT(words); i++)
		assert_string_equal(e->words[i], words[i]);
	assert_null(e->words[e->n]);
}

static void too_many_words_are_refused_before_the_act(void **state)
{
	struct fixture *f = *state;
	const char *words[JOURNAL_WORDS + 1];
	struct ck_err err = CK_ERR_INIT;
	for (size_t i = 0; i < CK_COUNT(words); i++)
		words[i] = "w";
	assert_err(journal_append(f->fd, 1, JOURNAL_MASTER, words, CK_COUNT(words), &err), &err,
	           CK_EUSAGE, "too many");
	assert_int_equal(read_all(f), 0);
}

static void a_line_torn_at_any_byte_is_as_if_it_were_not_there(void **state)
{
	struct fixture *f = *state;
	note_file(f, 1, "/a.partial");
	off_t first = lseek(f->fd, 0, SEEK_END);
	note_file(f, 2, "/b.partial");
	off_t end = lseek(f->fd, 0, SEEK_END);
	for (off_t at = end - 1; at >= first; at--) {
		assert_int_equal(ftruncate(f->fd, at), 0);
		assert_int_equal(read_all(f), 1);
		assert_int_equal(f->j->entries[0].seq, 1);
	}
}

static void a_line_behind_a_torn_one_is_read(void **state)
{
	struct fixture *f = *state;
	write_raw(f, "0badc0de 1 files 17955743");
	note_file(f, 2, "/b.partial");
	assert_int_equal(read_all(f), 1);
	assert_int_equal(f->j->entries[0].seq, 2);
}

/* Their check sums are right: somebody else wrote them. */
static void words_that_no_writer_makes_are_no_entry(void **state)
{
	struct fixture *f = *state;
	static const char *const lines[] = {
		"037bd4c8 1 files 1795574300000 /a.partial%00/b\n",
		"903a1b05 1 files 1795574300000 /a.partial%0\n",
		"4d2a5cf7 1 files 1795574300000 /a.partial%4Z\n",
	};
	for (size_t i = 0; i < CK_COUNT(lines); i++) {
		write_raw(f, lines[i]);
		assert_int_equal(read_all(f), 0);
	}
	write_raw(f, "9bfdd036 1 files 1795574300000 /a.partial%2Eb\n");
	assert_int_equal(read_all(f), 1);
	assert_string_equal(f->j->entries[0].words[0], "/a.partial.b");
}

/* Room was set aside for the file: a crash may leave zeros where a line was being written. */
static void a_line_behind_zeros_is_read(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	static const char zeros[100];
	note_file(f, 1, "/nowhere/a.partial");
	assert_int_equal(write(f->fd, zeros, sizeof zeros), sizeof zeros);
	assert_int_equal(journal_undo(f->fd, f->j, true, &err), 1);
	assert_int_equal(journal_undo(f->fd, f->j, true, &err), 0);
	assert_int_equal(write(f->fd, zeros, sizeof zeros), sizeof zeros);
	note_file(f, 2, "/b.partial");
	assert_int_equal(read_all(f), 2);
	assert_true(f->j->entries[0].done);
	assert_int_equal(f->j->entries[1].seq, 2);
}

static void a_line_of_any_length_is_refused_or_read(void **state)
{
	struct fixture *f = *state;
	char path[9000];
	int taken = 0, refused = 0;
	for (size_t len = 8100; len < 8200; len++) {
		struct ck_err err = CK_ERR_INIT;
		const char *const words[] = {path};
		memset(path, 'p', len);
		path[len] = '\0';
		assert_int_equal(ftruncate(f->fd, 0), 0);
		int r = journal_append(f->fd, 1, JOURNAL_FILES, words, 1, &err);
		assert_int_equal(read_all(f), r == 0 ? 1 : 0);
		taken += r == 0;
		refused += r == CK_EUSAGE;
	}
	assert_true(taken > 0 && refused > 0);
	assert_int_equal(taken + refused, 100);
}

static void a_flipped_bit_is_found(void **state)
{
	struct fixture *f = *state;
	note_file(f, 1, "/a.partial");
	off_t end = lseek(f->fd, 0, SEEK_END);
	for (off_t at = 0; at < end - 1; at++) {
		char c, bad;
		assert_int_equal(pread(f->fd, &c, 1, at), 1);
		bad = (char)(c ^ 1);
		int flags = fcntl(f->fd, F_GETFL);
		assert_int_equal(fcntl(f->fd, F_SETFL, flags & ~O_APPEND), 0);
		assert_int_equal(pwrite(f->fd, &bad, 1, at), 1);
		assert_int_equal(read_all(f), 0);
		assert_int_equal(pwrite(f->fd, &c, 1, at), 1);
		assert_int_equal(fcntl(f->fd, F_SETFL, flags), 0);
	}
	assert_int_equal(read_all(f), 1);
}

static void undoing_twice_undoes_once(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *a = make_file(f, "a.tar.zst.partial");
	CK_FREE char *b = make_file(f, "b.tar.zst.partial");
	note_file(f, 1, a);
	note_file(f, 2, b);
	assert_int_equal(journal_undo(f->fd, f->j, true, &err), 2);
	assert_int_equal(access(a, F_OK), -1);
	assert_int_equal(access(b, F_OK), -1);
	assert_int_equal(journal_undo(f->fd, f->j, true, &err), 0);
	read_all(f);
	assert_true(f->j->entries[0].done && f->j->entries[1].done);
}

static void the_last_act_is_undone_first(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *a = make_file(f, "a.partial");
	CK_FREE char *b = make_file(f, "b.partial");
	note_file(f, 1, a);
	note_file(f, 2, b);
	assert_int_equal(journal_undo(f->fd, f->j, true, &err), 2);
	CK_FREE char *path = NULL;
	char text[4096] = "";
	assert_true(asprintf(&path, "%s/" JOURNAL_NAME, f->dir) > 0);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	size_t n = fread(text, 1, sizeof text - 1, file);
	text[n] = '\0';
	(void)fclose(file);
	const char *two = strstr(text, " 2 done "), *one = strstr(text, " 1 done ");
	assert_non_null(one);
	assert_non_null(two);
	assert_true(two < one);
}

static void what_is_gone_already_counts_as_undone(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	note_file(f, 1, "/nowhere/at/all.partial");
	assert_int_equal(journal_undo(f->fd, f->j, true, &err), 1);
}

static void a_failure_does_not_keep_the_rest_from_being_undone(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *a = make_file(f, "a.partial");
	CK_FREE char *precious = make_file(f, "precious"); /* never a file of this machine's */
	note_file(f, 1, a);
	note_file(f, 2, precious); /* no unfinished file: refused */
	assert_err(journal_undo(f->fd, f->j, true, &err), &err, CK_ECORRUPT, "no sense");
	assert_int_equal(access(a, F_OK), -1);
	assert_int_equal(access(precious, F_OK), 0);
	read_all(f);
	assert_true(f->j->entries[0].done);
	assert_false(f->j->entries[1].done);
}

static void a_journal_of_a_living_job_is_not_taken(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	int fd = -1;
	assert_err(journal_open(f->dir, JOURNAL_TAKE, &fd, &err), &err, CK_EBUSY, "alive");
	assert_err(journal_open(f->dir, JOURNAL_LOOK, &fd, &err), &err, CK_EBUSY, "alive");
	assert_int_equal(hold_unwind(f->dir, true, &err), CK_EBUSY);
	struct ck_leftover *list = NULL;
	size_t n = 0;
	note_file(f, 1, "/a.partial");
	assert_int_equal(hold_pending(f->dir, 1, true, &list, &n, &err), 0);
}

static void what_a_guard_has_not_done_yet_is_listed_and_can_be_done(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_leftover *list = NULL;
	size_t n = 0;
	CK_FREE char *a = make_file(f, "a.partial");
	note_file(f, 1, a);
	assert_int_equal(hold_pending(f->dir, 1, false, &list, &n, &err), 1);
	ck_leftovers_free(list, n);
	assert_int_equal(hold_unwind(f->dir, false, &err), 1);
	assert_int_equal(access(a, F_OK), -1);
	assert_int_equal(journal_undo(f->fd, f->j, true, &err), 0); /* the guard's next try */
}

/* A file system that is full from now on. */
static void a_full_disk_does_not_keep_a_release_from_being_noted(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *dir = test_tmpdir();
	char path[300], block[4096] = "";
	int fd = -1;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", dir, "tmpfs", 0, "size=256k") < 0) {
		test_rmtree(dir);
		test_skip("no file system of our own can be had here");
	}
	assert_ok(journal_open(dir, JOURNAL_CREATE, &fd, &err), &err);
	(void)snprintf(path, sizeof path, "%s/fill", dir);
	int fill = open(path, O_WRONLY | O_CREAT, 0600);
	while (write(fill, block, sizeof block) > 0)
		;
	for (uint32_t seq = 1; seq < 100; seq++)
		assert_ok(journal_append(fd, seq, JOURNAL_DONE, NULL, 0, &err), &err);
	(void)close(fill);
	(void)close(fd);
	/* And where there is no room for it, no job begins. */
	(void)snprintf(path, sizeof path, "%s/" JOURNAL_NAME, dir);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof path, "%s/fill", dir);
	fill = open(path, O_WRONLY | O_APPEND);
	while (write(fill, block, sizeof block) > 0)
		;
	(void)close(fill);
	assert_int_equal(journal_open(dir, JOURNAL_CREATE, &fd, &err), CK_ENOSPACE);
	assert_int_equal(umount2(dir, MNT_DETACH), 0);
	test_rmtree(dir);
}

static void the_lock_outlives_the_one_who_took_it(void **state)
{
	struct fixture *f = *state;
	struct ck_err err = CK_ERR_INIT;
	int ends[2], fd = -1;
	assert_int_equal(pipe(ends), 0);
	pid_t guard = fork();
	if (guard == 0) {
		char c;
		(void)close(ends[1]);
		(void)!read(ends[0], &c, 1);
		_exit(0);
	}
	(void)close(ends[0]);
	ck_closep(&f->fd);
	f->fd = -1;
	assert_int_equal(journal_open(f->dir, JOURNAL_TAKE, &fd, &err), CK_EBUSY);
	(void)close(ends[1]);
	assert_int_equal(waitpid(guard, NULL, 0), guard);
	assert_ok(journal_open(f->dir, JOURNAL_TAKE, &fd, &err), &err);
	(void)close(fd);
}

static void leftovers_say_what_and_how_to_do_it_by_hand(void **state)
{
	struct fixture *f = *state;
	static const char *const words[] = {
		"process",         "/run/m.pid",       "60",        "127.0.0.1", "143", "0", "0",
		"/etc/cyrus.conf", "/usr/sbin/master", "it's here", "-d"};
	struct ck_err err = CK_ERR_INIT;
	struct ck_leftover *list = NULL;
	size_t n = 0;
	note_file(f, 1, "/a.partial");
	assert_ok(journal_append(f->fd, 2, JOURNAL_MASTER, words, CK_COUNT(words), &err), &err);
	ck_closep(&f->fd);
	f->fd = -1;
	assert_int_equal(hold_pending(f->dir, 9, false, &list, &n, &err), 2);
	assert_int_equal(n, 2);
	assert_true(list[0].urgent);
	assert_true(test_contains(list[0].what, "job 9"));
	assert_string_equal(list[0].by_hand, "/usr/sbin/master 'it'\\''s here' -d");
	assert_false(list[1].urgent);
	assert_string_equal(list[1].by_hand, "rm -f /a.partial");
	ck_leftovers_free(list, n);
}

static void a_job_without_a_journal_has_nothing_to_undo(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *dir = test_tmpdir();
	struct ck_leftover *list = NULL;
	size_t n = 0;
	assert_int_equal(hold_unwind(dir, false, &err), 0);
	assert_int_equal(hold_pending(dir, 1, false, &list, &n, &err), 0);
	test_rmtree(dir);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words_of_any_bytes_come_back),
		TEST(too_many_words_are_refused_before_the_act),
		TEST(a_line_torn_at_any_byte_is_as_if_it_were_not_there),
		TEST(a_line_behind_a_torn_one_is_read),
		TEST(words_that_no_writer_makes_are_no_entry),
		TEST(a_line_behind_zeros_is_read),
		TEST(a_line_of_any_length_is_refused_or_read),
		TEST(a_flipped_bit_is_found),
		TEST(undoing_twice_undoes_once),
		TEST(the_last_act_is_undone_first),
		TEST(what_is_gone_already_counts_as_undone),
		TEST(a_failure_does_not_keep_the_rest_from_being_undone),
		TEST(a_journal_of_a_living_job_is_not_taken),
		TEST(what_a_guard_has_not_done_yet_is_listed_and_can_be_done),
		cmocka_unit_test(a_full_disk_does_not_keep_a_release_from_being_noted),
		TEST(the_lock_outlives_the_one_who_took_it),
		TEST(leftovers_say_what_and_how_to_do_it_by_hand),
		cmocka_unit_test(a_job_without_a_journal_has_nothing_to_undo),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
