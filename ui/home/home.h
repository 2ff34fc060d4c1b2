/* SPDX-License-Identifier: BSD-2-Clause */
/** What Home says about the house: its health in order of harm, and its rows. For view_home.c. */
#ifndef UI_HOME_H
#define UI_HOME_H

#include <cyrkeep/buf.h>

#include "loop/house.h"
#include "terminal/draw.h"

#define UI_HEALTH_MAX 6

/** One line of health. */
struct ui_health {
	enum ui_role role;  /**< OK, WARN, ERROR, DIM while not known. */
	const char *word;   /**< "ok", "warn", "FAIL", ".." */
	char *text;         /**< One sentence; owned. */
	char *remedy;       /**< What to do; owned, "" when nothing. */
	const char *screen; /**< Name of the screen that helps, or NULL. */
	uint32_t job;       /**< The job that it is about, or 0. */
};

/** Judge. @ret has UI_HEALTH_MAX places. @return lines used; worst first. */
size_t ui_health_judge(const struct ui_house *h, const struct ck_settings *settings, int64_t now,
                       struct ui_health *ret);
void ui_health_free(struct ui_health *lines, size_t n);

/** What the rows are drawn from. */
struct ui_home {
	const struct ui_house *house;
	const struct ck_settings *settings;
	int64_t now; /**< Seconds since 1970. */
};

/** One row each; @i counts in the house's (or the settings') list. */
void ui_home_draw_now(const struct ui_home *m, struct ui_canvas *c, int y, size_t i);
void ui_home_draw_partition(const struct ui_home *m, struct ui_canvas *c, int y, size_t i);
void ui_home_draw_backup(const struct ui_home *m, struct ui_canvas *c, int y, size_t i);
void ui_home_draw_destination(const struct ui_home *m, struct ui_canvas *c, int y, size_t i);

/** The title of the partitions, with the file that names them, and words over their columns. */
void ui_home_title_partitions(struct ui_canvas *c, int y, const char *imapd_conf, bool focus);
/** Words over their columns, on a line that ui_title() drew. */
void ui_home_title_backups(struct ui_canvas *c, int y);

/** What the grades mean, for the help of screens that show them. */
#define UI_GRADES_HELP                                                                    \
	"Grade A: mail was at rest. B: a snapshot that agrees with itself. C: readable, " \
	"but index and files differ. D: copied while in use. F: unreadable."

/** The worst grade that occurs, '-' when there is none. */
char ui_worst_grade(const uint64_t grades[CK_GRADE_MAX_]);

#endif
