/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * How long keys take: each is pressed, the screen drawn, and the clock looked at.
 *
 * What must not depend on the machine is counted by the tests of the widgets; here real times are
 * printed, in milliseconds: those that the thread was at work, and those that went by on the wall,
 * where other programs are at work too. Aimed at are 16; what is far beyond fails the test.
 */
#ifndef TESTS_KEYTIME_H
#define TESTS_KEYTIME_H

#include "support/screen.h"

#define KEYTIME_OWN_MS  48.0
#define KEYTIME_WALL_MS 2000.0

/** Press @keys as screen_keys() does, one by one, and print the median and the slowest. */
void keytime(struct screen *s, const char *what, const char *keys);

/** The same, but before each key everything that is put off comes to its end. */
void keytime_calm(struct screen *s, const char *what, const char *keys);

/** Run the loop as the console does until all is done, and print how long no key would have been
 * answered at most: the longest step. @return milliseconds until then. */
double keytime_wait(struct screen *s, const char *what);

/** Run the loop until the screen shows @text, and print the longest time that a step took. */
void keytime_follow(struct screen *s, const char *what, const char *text);

/** Tell all screens that the house has news, and print how long that took. */
void keytime_news(struct screen *s, const char *what);

#endif
