/* SPDX-License-Identifier: BSD-2-Clause */
/** cmocka with the headers it needs, in their order, and what every test shares. */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <cyrkeep/err.h>

/** Fail with the sentence unless @r is 0 or more. */
#define assert_ok(r, err)                                                       \
	do {                                                                    \
		if ((r) < 0)                                                    \
			fail_msg("unexpected failure %d: %s", (r), (err)->msg); \
	} while (0)

/** The failure must be of class @want and its sentence must contain @words. */
#define assert_err(r, err, want, words)                                                            \
	do {                                                                                       \
		assert_int_equal((r), (want));                                                     \
		if (!test_contains((err)->msg, (words)) && !test_contains((err)->remedy, (words))) \
			fail_msg("'%s' does not say '%s'", (err)->msg, (words));                   \
	} while (0)

/** Skip the running test and say why. */
#define test_skip(why)                                 \
	do {                                           \
		print_message("skipped: %s\n", (why)); \
		skip();                                \
	} while (0)

int test_contains(const char *text, const char *words);

/** Valgrind runs us; a few system calls are not the kernel's then. */
bool test_in_valgrind(void);

/** Valgrind or a sanitizer makes everything slow: times say nothing. */
bool test_is_slowed(void);

/** How many times slower everything is in Valgrind and with sanitizers: limits of time grow by it.
 */
int test_slowness(void);

/** From now on the system call @number fails with @error in this process, as in an older kernel or
 * a container: for a forked child. @return false where the kernel has no such filter. */
bool test_take_away(int number, int error);

/** A private temporary directory below $TMPDIR or /tmp, owned path; removed by test_rmtree(). */
char *test_tmpdir(void);
void test_rmtree(const char *path);

/** Write a file, making its directories; fails the test otherwise. */
void test_write(const char *path, const void *data, size_t len);

#endif
