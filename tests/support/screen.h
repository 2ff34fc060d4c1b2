/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Golden screens: the console in this process, without a terminal.
 *
 * A screen is opened on a fixed size, character set, clock and time zone; keys go in, cells are
 * read back. The real engine works below, on the settings that the test gives. A golden file holds
 * the text of the cells, and below it the roles that are not normal, so that colour changes of a
 * theme do not touch it. UPDATE=1 writes the files anew; read the difference before committing it.
 *
 *   struct screen s;
 *   screen_open(&s, &settings, &ui_view_home, NULL, 24, 80, SCREEN_UTF8);
 *   screen_wait(&s);                          // all tasks have ended
 *   screen_keys(&s, "Down Down Enter 'text'");
 *   screen_golden(&s, "home-80x24");          // tests/screens/home-80x24.txt
 *   screen_close(&s);
 */
#ifndef TESTS_SCREEN_H
#define TESTS_SCREEN_H

#include <cyrkeep/settings.h>

#include "loop/app.h"
#include "loop/views.h"

/** Now, in every golden: Monday 23 November 2026, 10:42 UTC. */
#define SCREEN_NOW 1795430520

enum screen_charset {
	SCREEN_UTF8,  /**< Locale C.UTF-8. */
	SCREEN_ASCII, /**< Locale C. */
};

struct screen {
	struct ui_app *app;
};

/** Open Home with @ops above it (NULL or ui_view_home: only Home). Fails the test otherwise.
 * @settings must outlive the screen. */
void screen_open(struct screen *s, const struct ck_settings *settings,
                 const struct ui_view_ops *ops, const void *arg, int rows, int cols,
                 enum screen_charset charset);
void screen_close(struct screen *s);

/** Let the house read jobs, archives and server, as the console does at its start. */
void screen_read_house(struct screen *s);

/** Run the loop until no task is under way and nothing is put off; fails the test after 20 s. */
void screen_wait(struct screen *s);

/** Key names of keys.h separated by blanks, and 'text' typed letter by letter. */
void screen_keys(struct screen *s, const char *keys);

/** Call @fn with each of these keys in turn, and what it is called. */
void screen_each_key(const char *keys, void (*fn)(void *arg, uint32_t code, const char *name),
                     void *arg);

/** A mouse click at a cell. */
void screen_click(struct screen *s, int y, int x);

/** Let @ms of the fixed clock pass. */
void screen_pass(struct screen *s, int64_t ms);

void screen_resize(struct screen *s, int rows, int cols);

/** Text of row @y, without blanks at its end; owned. */
char *screen_row(struct screen *s, int y);

/** Does any row contain @text? */
bool screen_has(struct screen *s, const char *text);

/** Fail unless row @y contains @text. */
void screen_expect(struct screen *s, int y, const char *text);

/** Fail unless the cells of @y from @x on have the role, as shown. */
void screen_expect_role(struct screen *s, int y, int x, enum ui_role role);

/** Compare with tests/screens/NAME.txt. */
void screen_golden(struct screen *s, const char *name);

/** Settings for a test: everything below @dir (imapd.conf, state, archives); release with
 * ck_settings_fini(). */
void screen_settings(const char *dir, struct ck_settings *ret);

#endif
