/* SPDX-License-Identifier: BSD-2-Clause */
/** The pages of Back up in a test: a world with Sources open. */
#ifndef TESTS_WIZARD_H
#define TESTS_WIZARD_H

#include "backup/wizard.h"
#include "support/world.h"

/** Sources open, everything read; nothing on the screen depends on the machine. */
void wizard_open(struct world *w, int rows, int cols, enum screen_charset charset);

/** Of the page on top. */
struct ui_wizard *wizard_of(struct world *w);

/** A rule more, and everything worked out. */
void wizard_add_rule(struct world *w, const char *text);

/** Messages are gone, questions that are asked now and then have been asked. */
void wizard_settle(struct world *w);

/** Until it is asked again, some seconds later: there is no Cyrus in these tests. */
void wizard_cyrus_is(struct world *w, int up);

/** Page by page to Review. */
void wizard_review(struct world *w);

/** Let @text be a copy of @with. */
void replace(char **text, const char *with);

#endif
