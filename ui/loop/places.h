/* SPDX-License-Identifier: BSD-2-Clause */
/** Which screens there are: the places of row 0, what `:` reaches, and that of a new job. */
#ifndef UI_PLACES_H
#define UI_PLACES_H

#include "widgets/view.h"

/** A place of row 0. */
struct ui_place {
	int number; /**< The key, 1 to 7. */
	const char *title;
	const struct ui_view_ops *ops;
};

/** In order; ends with number 0. Only screens that exist are listed. */
const struct ui_place *ui_places(void);

/** The place with @number, or NULL. */
const struct ui_place *ui_place(int number);

/** Screens that `:` reaches besides the places; they open without an argument. Ends with NULL. */
const struct ui_view_ops *const *ui_screens_named(void);

/** A screen that opens without an argument, by its ops->name; NULL when there is none. */
const struct ui_view_ops *ui_screen_named(const char *name);

/** @job was started: show it, or where whoever started it is elsewhere by now, say so. */
void ui_show_job(struct ui_app *app, uint32_t job, bool here);

#endif
