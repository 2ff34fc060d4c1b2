/* SPDX-License-Identifier: BSD-2-Clause */
/** What Home says about the house: its health in order of harm. For view_home.c. */
#ifndef UI_HOME_H
#define UI_HOME_H

#include <cyrkeep/buf.h>

#include "house.h"
#include "theme.h"

#define UI_HEALTH_MAX 6

/** One line of health. */
struct ui_health {
	enum ui_role role; /**< OK, WARN, ERROR, DIM while not known. */
	const char *word;  /**< "ok", "warn", "FAIL", ".." */
	char *text;        /**< One sentence; owned. */
	char *remedy;      /**< What to do; owned, "" when nothing. */
};

/** Judge. @ret has UI_HEALTH_MAX places. @return lines used; worst first. */
size_t ui_health_judge(const struct ui_house *h, const struct ck_settings *settings, int64_t now,
                       struct ui_health *ret);
void ui_health_free(struct ui_health *lines, size_t n);

/** The worst grade that occurs, '-' when there is none. */
char ui_worst_grade(const uint64_t grades[CK_GRADE_MAX_]);

#endif
