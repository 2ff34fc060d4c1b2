/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cyrkeep/buf.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/number.h"
#include "base/run.h"
#include "base/sha1.h"
#include "base/spawn.h"
#include "cyrus/process.h"

static void buffer_is_always_a_string(void **state)
{
	(void)state;
	struct ck_buf buf = CK_BUF_INIT;
	assert_string_equal(buf.data, "");
	for (int i = 0; i < 1000; i++)
		assert_int_equal(ck_buf_addf(&buf, "%d,", i), 0);
	assert_int_equal(strlen(buf.data), buf.len);
	ck_buf_reset(&buf);
	assert_string_equal(buf.data, "");
	assert_int_equal(ck_buf_add(&buf, "a\0b", 3), 0);
	char *taken = ck_buf_take(&buf);
	assert_memory_equal(taken, "a\0b", 4);
	free(taken);
	taken = ck_buf_take(&buf);
	assert_string_equal(taken, "");
	free(taken);
}

static void buffer_remembers_a_failed_growth(void **state)
{
	(void)state;
	struct ck_buf buf = CK_BUF_INIT;
	assert_int_equal(ck_buf_adds(&buf, "kept"), 0);
	assert_int_equal(ck_buf_reserve(&buf, SIZE_MAX / 2), CK_ENOMEM);
	assert_string_equal(buf.data, "kept");
	assert_null(ck_buf_take(&buf));
	assert_string_equal(buf.data, "");
}

static void error_sentence_grows_outwards(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	errno = ENOSPC;
	assert_int_equal(ck_err_sys(&err, "cannot write '%s'", "x"), CK_ENOSPACE);
	assert_int_equal(ck_err_prefix(&err, "mailbox '%s'", "user/anne"), CK_ENOSPACE);
	assert_int_equal(ck_err_remedy(&err, "free space"), CK_ENOSPACE);
	assert_string_equal(err.msg,
	                    "mailbox 'user/anne': cannot write 'x': No space left on device");
	assert_string_equal(err.remedy, "free space");
	assert_int_equal(ck_err_set(NULL, CK_EBUSY, "nobody listens"), CK_EBUSY);
}

static void arena_keeps_strings_apart(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	assert_non_null(a);
	char *first = arena_str(a, "first"), *big = arena_alloc(a, 1 << 20);
	assert_non_null(big);
	memset(big, 'x', 1 << 20);
	for (int i = 0; i < 100000; i++)
		assert_string_equal(arena_strn(a, "abcdef", 3), "abc");
	assert_string_equal(first, "first");
	uint64_t *aligned = arena_alloc(a, sizeof *aligned);
	assert_int_equal((uintptr_t)aligned % sizeof *aligned, 0);
	arena_free(a);
	arena_free(NULL);
}

static void numbers_know_their_limits(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t max;
		bool good;
		uint64_t value;
	} cases[] = {
		{"0", 0, true, 0},
		{"1", 0, false, 0},
		{"255", 255, true, 255},
		{"256", 255, false, 0},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"", 9, false, 0},
		{"-1", 9, false, 0},
		{" 1", 9, false, 0},
		{"1x", 9, false, 0},
	};
	for (size_t i = 0; i < CK_COUNT(cases); i++) {
		uint64_t value = 77;
		bool good =
			number_parse(cases[i].text, strlen(cases[i].text), cases[i].max, &value);
		assert_int_equal(good, cases[i].good);
		assert_true(value == (cases[i].good ? cases[i].value : 77));
	}
}

static void hex_and_times_go_both_ways(void **state)
{
	(void)state;
	const uint8_t bytes[] = {0x00, 0x7f, 0xff, 0xa5};
	uint8_t back[4];
	char text[32];
	hex_encode(bytes, 4, text);
	assert_string_equal(text, "007fffa5");
	assert_true(hex_decode("007FffA5", back, 4));
	assert_memory_equal(bytes, back, 4);
	assert_false(hex_decode("007FffA", back, 4));
	assert_false(hex_decode("007FffA5aa", back, 4));
	assert_false(hex_decode("007Fffxx", back, 4));
	int64_t seconds;
	time_rfc3339(1795576330, text);
	assert_string_equal(text, "2026-11-25T03:12:10Z");
	assert_true(time_parse_rfc3339(text, &seconds));
	assert_true(seconds == 1795576330);
	assert_false(time_parse_rfc3339("2026-11-25", &seconds));
}

static void replaced_file_is_whole_or_old(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	char *dir = test_tmpdir();
	int fd = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_ok(fs_replace(fd, "f", "one", 3, 0600, &err), &err);
	assert_ok(fs_replace(fd, "f", "two!", 4, 0600, &err), &err);
	struct ck_buf buf = CK_BUF_INIT;
	assert_ok(fs_read_file(fd, "f", 100, &buf, &err), &err);
	assert_string_equal(buf.data, "two!");
	ck_buf_reset(&buf);
	assert_err(fs_read_file(fd, "f", 3, &buf, &err), &err, CK_ECORRUPT, "larger than 3");
	assert_err(fs_read_file(fd, "none", 3, &buf, &err), &err, CK_ENOTFOUND, "none");
	assert_err(fs_replace(fd, "no/such", "x", 1, 0600, &err), &err, CK_ENOTFOUND, "no/such");
	ck_buf_fini(&buf);
	(void)close(fd);
	test_rmtree(dir);
	free(dir);
}

static void a_time_of_a_file_may_be_any(void **state)
{
	(void)state;
	static const time_t seconds[] = {0,          -1,           1700000000, 9223372035,
	                                 9223372037, 253402300799, INT64_MAX,  INT64_MIN};
	for (size_t i = 0; i < CK_COUNT(seconds); i++) {
		struct stat a = {.st_mtim = {seconds[i], 5}}, b = {.st_mtim = {seconds[i], 6}};
		assert_true(fs_mtime_ns(&a) + 1 == fs_mtime_ns(&b));
	}
	assert_int_equal(fs_mtime_ns(&(struct stat){.st_mtim = {3, 7}}), 3000000007);
}

/* What fs_open_beneath() does wrong below @fd, or NULL. */
static const char *wrong_beneath(int fd)
{
	static const char *const refused[] = {
		"../x",     "/etc/passwd", "link/passwd", "link", "sub/../../x",
		"sub/up/x", "sub/none",    "sub/f/x",     "",     "sub/f/"};
	for (size_t i = 0; i < CK_COUNT(refused); i++) {
		if (fs_open_beneath(fd, refused[i], O_RDONLY, 0) >= 0)
			return refused[i];
	}
	static const struct {
		const char *path;
		int flags;
	} good[] = {{"sub/f", O_RDONLY},           {"sub//f", O_RDONLY},
	            {"./sub/f", O_RDONLY},         {"sub/", O_RDONLY},
	            {".", O_RDONLY | O_DIRECTORY}, {"sub/new", O_WRONLY | O_CREAT}};
	for (size_t i = 0; i < CK_COUNT(good); i++) {
		CK_CLOSE int got = fs_open_beneath(fd, good[i].path, good[i].flags, 0600);
		if (got < 0 || !(fcntl(got, F_GETFD) & FD_CLOEXEC))
			return good[i].path;
	}
	struct stat st;
	if (fstatat(fd, "sub/new", &st, 0) < 0 || (st.st_mode & 0777) != 0600)
		return "mode";
	return NULL;
}

/* In a directory below @dir; above it lies a file that must not be reached. */
static int make_tree(const char *dir)
{
	int above = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	assert_true(above >= 0);
	assert_int_equal(mkdirat(above, "tree", 0700), 0);
	int fd = openat(above, "tree", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(symlinkat("/etc", fd, "link"), 0);
	assert_int_equal(mkdirat(fd, "sub", 0700), 0);
	assert_int_equal(symlinkat("..", fd, "sub/up"), 0);
	struct ck_err err = CK_ERR_INIT;
	assert_ok(fs_replace(above, "x", "x", 1, 0600, &err), &err);
	(void)close(above);
	assert_ok(fs_replace(fd, "x", "x", 1, 0600, &err), &err);
	assert_ok(fs_replace(fd, "sub/f", "f", 1, 0600, &err), &err);
	return fd;
}

/* The digests of RFC 3174, whole and split everywhere. */
static void sha1_is_the_same_in_any_pieces(void **state)
{
	(void)state;
	static const char text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	char hex[2 * SHA1_SIZE + 1];
	uint8_t whole[SHA1_SIZE], split[SHA1_SIZE];
	assert_int_equal(sha1_of("", 0, whole, NULL), 0);
	hex_encode(whole, sizeof whole, hex);
	assert_string_equal(hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	assert_int_equal(sha1_of(text, sizeof text - 1, whole, NULL), 0);
	hex_encode(whole, sizeof whole, hex);
	assert_string_equal(hex, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");

	struct sha1 *s = NULL;
	assert_int_equal(sha1_new(&s, NULL), 0);
	for (size_t at = 0; at < sizeof text; at++) {
		sha1_begin(s);
		sha1_add(s, "left over", at % 3);
		sha1_begin(s);
		sha1_add(s, text, at);
		sha1_add(s, text + at, sizeof text - 1 - at);
		assert_int_equal(sha1_end(s, split, NULL), 0);
		assert_memory_equal(split, whole, sizeof whole);
	}
	sha1_free(s);
}

static void paths_have_one_spelling(void **state)
{
	(void)state;
	static const struct {
		const char *as, *is;
	} paths[] = {
		{"/a/b", "/a/b"},
		{"/a/b/", "/a/b"},
		{"/a//b///", "/a/b"},
		{"/", "/"},
		{"//", "/"},
		{"/./a/./b/.", "/a/b"},
		{"/a/../b/", "/a/../b"},
		{"/.a/b.", "/.a/b."},
		{"/a/.../b", "/a/.../b"},
		{"", ""},
		{"a/", "a"},
		{"/a/./", "/a"},
	};
	for (size_t i = 0; i < CK_COUNT(paths); i++) {
		char path[32];
		(void)snprintf(path, sizeof path, "%s", paths[i].as);
		fs_tidy(path);
		assert_string_equal(path, paths[i].is);
	}
}

static void opening_beneath_cannot_leave(void **state)
{
	(void)state;
	char *dir = test_tmpdir();
	int fd = make_tree(dir);
	const char *wrong = wrong_beneath(fd);
	if (wrong)
		fail_msg("wrong: '%s'", wrong);
	(void)close(fd);
	test_rmtree(dir);
	free(dir);
}

static void opening_beneath_works_without_openat2(void **state)
{
	(void)state;
	static const unsigned errors[] = {ENOSYS, EPERM};
	for (size_t i = 0; i < CK_COUNT(errors); i++) {
		char *dir = test_tmpdir();
		int fd = make_tree(dir), status = -1;
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			const char *wrong = test_take_away(__NR_openat2, errors[i])
			                            ? wrong_beneath(fd)
			                            : "filter";
			if (wrong)
				print_error("wrong: '%s'\n", wrong);
			free(dir);
			_exit(wrong != NULL);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		(void)close(fd);
		test_rmtree(dir);
		free(dir);
	}
}

/* In a child: true when only what lies outside of 5 to 40 is still open. */
static bool closes_just_those(void)
{
	static const int fds[] = {4, 5, 7, 40, 41};
	for (size_t i = 0; i < CK_COUNT(fds); i++) {
		if (dup2(2, fds[i]) < 0)
			return false;
	}
	if (fs_close_range(5, 40) < 0)
		return false;
	for (size_t i = 0; i < CK_COUNT(fds); i++) {
		bool outside = fds[i] < 5 || fds[i] > 40;
		if ((fcntl(fds[i], F_GETFD) >= 0) != outside)
			return false;
	}
	return fs_close_range(41, ~0U) == 0 && fcntl(41, F_GETFD) < 0;
}

static void descriptors_close_with_and_without_close_range(void **state)
{
	(void)state;
	for (int away = 0; away < 2; away++) {
		int status = -1;
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			bool ready = !away || test_take_away(__NR_close_range, ENOSYS);
			_exit(!(ready && closes_just_those()));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

static void programs_end_in_time_and_tell(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_buf out = CK_BUF_INIT;
	int status = -1;
	const char *const said[] = {"sh", "-c", "echo out; echo err >&2; exit 3", NULL};
	assert_ok(spawn_run(said, 5000, &out, &status, &err), &err);
	assert_int_equal(status, 3);
	assert_string_equal(out.data, "out\nerr\n");
	ck_buf_reset(&out);
	const char *const daemon[] = {"sh", "-c", "sleep 60 & echo $!", NULL};
	int64_t start = time_mono_ms();
	assert_ok(spawn_run(daemon, 5000, &out, &status, &err), &err);
	long left = strtol(out.data, NULL, 10);
	assert_true(left > 1);
	assert_int_equal(kill((pid_t)left, SIGKILL), 0);
	const char *const slow[] = {"sleep", "60", NULL};
	assert_err(spawn_run(slow, 100, NULL, &status, &err), &err, CK_ETIMEOUT, "sleep");
	assert_true(time_mono_ms() - start < 30000);
	ck_buf_fini(&out);
}

/* Whoever was put down in time may have started somebody who does not hear of it. */
static void nobody_of_a_late_program_stays(void **state)
{
	(void)state;
	const char *const late[] = {"sh", "-c",
	                            "sh -c 'trap \"\" TERM; echo $$; exec sleep 60' & wait", NULL};
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	struct process p;
	int status = -1;
	for (int ms = 200; out.len == 0; ms *= 2) /* until it had time to speak */
		assert_err(spawn_run(late, ms, &out, &status, &err), &err, CK_ETIMEOUT, "'sh'");
	pid_t left = (pid_t)strtol(out.data, NULL, 10);
	assert_true(left > 1);
	for (int i = 0; i < 500 && process_read(left, &p) && !process_is_dead(&p); i++)
		(void)poll(NULL, 0, 10);
	assert_false(process_read(left, &p) && !process_is_dead(&p));
}

/* A console ignores SIGPIPE; what it runs must not. */
static void a_program_begins_with_the_usual_signals(void **state)
{
	(void)state;
	const char *const piped[] = {"sh", "-c", "kill -PIPE $$; echo alive", NULL};
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	int status = -1;
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	assert_ok(spawn_run(piped, 30000, &out, &status, &err), &err);
	(void)signal(SIGPIPE, before);
	assert_int_equal(status, 128 + SIGPIPE);
	assert_int_equal(out.len, 0);
}

static void a_program_that_is_not_there_is_told(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	int status = -1;
	const char *const none[] = {"/no/such/program", NULL};
	if (test_in_valgrind())
		test_skip("Valgrind's posix_spawn() finds every program");
	assert_err(spawn_run(none, 100, NULL, &status, &err), &err, CK_ENOTFOUND, "/no/such");
}

static void a_cancelled_run_stops_at_its_checkpoint(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct run run = {0};
	assert_ok(run_checkpoint(&run, &err), &err);
	run_finding(&run, NULL, 0, "orphan-file", "", "one %d", 1);
	assert_true(run.findings == 1);
	run.cancel = true;
	assert_err(run_checkpoint(&run, &err), &err, CK_ECANCEL, "cancelled");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_is_always_a_string),
		cmocka_unit_test(buffer_remembers_a_failed_growth),
		cmocka_unit_test(error_sentence_grows_outwards),
		cmocka_unit_test(arena_keeps_strings_apart),
		cmocka_unit_test(numbers_know_their_limits),
		cmocka_unit_test(hex_and_times_go_both_ways),
		cmocka_unit_test(replaced_file_is_whole_or_old),
		cmocka_unit_test(sha1_is_the_same_in_any_pieces),
		cmocka_unit_test(paths_have_one_spelling),
		cmocka_unit_test(a_time_of_a_file_may_be_any),
		cmocka_unit_test(opening_beneath_cannot_leave),
		cmocka_unit_test(opening_beneath_works_without_openat2),
		cmocka_unit_test(descriptors_close_with_and_without_close_range),
		cmocka_unit_test(programs_end_in_time_and_tell),
		cmocka_unit_test(nobody_of_a_late_program_stays),
		cmocka_unit_test(a_program_begins_with_the_usual_signals),
		cmocka_unit_test(a_program_that_is_not_there_is_told),
		cmocka_unit_test(a_cancelled_run_stops_at_its_checkpoint),
	};
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
