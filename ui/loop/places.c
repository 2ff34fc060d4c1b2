/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop/places.h"

#include <string.h>

#include "loop/app.h"
#include "loop/house.h"
#include "loop/views.h"

static const struct ui_place places[] = {
	{1, "Home", &ui_view_home},       {2, "Back up", &ui_view_source},
	{3, "Jobs", &ui_view_jobs},       {4, "Archives", &ui_view_archives},
	{5, "Restore", &ui_view_restore}, {0},
};

/** Screens that `:` reaches besides the places. */
static const struct ui_view_ops *const named[] = {
	&ui_view_unwind,
	&ui_view_settings,
	NULL,
};

const struct ui_place *ui_places(void)
{
	return places;
}

const struct ui_place *ui_place(int number)
{
	for (const struct ui_place *p = places; p->number; p++)
		if (p->number == number)
			return p;
	return NULL;
}

const struct ui_view_ops *const *ui_screens_named(void)
{
	return named;
}

const struct ui_view_ops *ui_screen_named(const char *name)
{
	for (const struct ui_place *p = places; p->number; p++)
		if (strcmp(p->ops->name, name) == 0)
			return p->ops;
	for (const struct ui_view_ops *const *ops = named; *ops; ops++)
		if (strcmp((*ops)->name, name) == 0)
			return *ops;
	return NULL;
}

void ui_show_job(struct ui_app *app, uint32_t job, bool here)
{
	ui_house_read_jobs(app);
	if (here)
		(void)ui_app_push(app, &ui_view_job, &job);
	else
		ui_app_say(app, UI_SAY_INFO, "Job %u runs: 3 Jobs shows it", job);
}
