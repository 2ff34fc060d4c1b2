/* SPDX-License-Identifier: BSD-2-Clause */
/** Which screens there are: the places of row 0, and what `:` can reach by name. */
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

/** The screen of one job; its argument is a const uint32_t *. NULL while there is none. */
const struct ui_view_ops *ui_screen_of_job(void);

#endif
