/* SPDX-License-Identifier: BSD-2-Clause */
/** `:` and a name: a screen, a job by its number, a mailbox; said while it is typed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loop/app_private.h"
#include "loop/house.h"
#include "loop/places.h"

enum target_kind { TO_NOTHING, TO_LEAVE, TO_JOB, TO_SCREEN, TO_MAILBOX };

/** Where a text leads. */
struct target {
	enum target_kind kind;
	uint32_t job;
	const struct ui_view_ops *ops;
	char name[32]; /**< Of the screen, in full. */
};

/** Does @name begin with @text? Spaces and case do not matter: "backup" is "Back up". */
static bool begins(const char *name, const char *text)
{
	for (; *text; text++) {
		if (*text == ' ')
			continue;
		while (*name == ' ')
			name++;
		if (strncasecmp(name++, text, 1) != 0)
			return false;
	}
	return true;
}

static bool take_screen(struct target *t, const struct ui_view_ops *ops, const char *title,
                        const char *text)
{
	if (!begins(ops->name, text) && !begins(title, text))
		return false;
	t->kind = TO_SCREEN;
	t->ops = ops;
	snprintf(t->name, sizeof t->name, "%s", begins(title, text) ? title : ops->name);
	return true;
}

static bool find_screen(struct target *t, const char *text)
{
	for (const struct ui_place *p = ui_places(); p->number; p++)
		if (take_screen(t, p->ops, p->title, text))
			return true;
	for (const struct ui_view_ops *const *o = ui_screens_named(); *o; o++)
		if (take_screen(t, *o, (*o)->title, text))
			return true;
	return false;
}

/** Screens before mailboxes: who means the mailbox "jobs" gives a part of its path. */
static struct target target_of(struct ui_app *app, const char *text)
{
	struct target t = {0};
	char *end = NULL;
	unsigned long job = strtoul(text, &end, 10);
	if (!*text)
		return t;
	if (strcmp(text, "q") == 0 || strcmp(text, "quit") == 0)
		t.kind = TO_LEAVE;
	else if (!*end && job > 0 && job <= UINT32_MAX)
		t = (struct target){.kind = TO_JOB, .job = (uint32_t)job};
	else if (!find_screen(&t, text) && ui_house_last_good(ui_app_house(app)))
		t.kind = TO_MAILBOX;
	return t;
}

static void changed(struct ui_view *v, const char *text)
{
	struct ui_app_prompt_state *p = &v->app->prompt;
	struct target t = target_of(v->app, text);
	*p->completion = '\0';
	switch (t.kind) {
	case TO_LEAVE:
		snprintf(p->meaning, sizeof p->meaning, "leave the console");
		break;
	case TO_JOB:
		snprintf(p->meaning, sizeof p->meaning, "job %u", t.job);
		break;
	case TO_SCREEN:
		snprintf(p->meaning, sizeof p->meaning, "%s", t.ops->title);
		if (strcmp(t.name, text) != 0)
			snprintf(p->completion, sizeof p->completion, "%s", t.name);
		break;
	case TO_MAILBOX:
		snprintf(p->meaning, sizeof p->meaning, "a mailbox in archive %u",
		         ui_house_last_good(ui_app_house(v->app))->number);
		break;
	case TO_NOTHING:
		snprintf(p->meaning, sizeof p->meaning, "%s",
		         *text ? "nothing is called so" : "a screen, a job's number, a mailbox");
		break;
	}
}

static void jumped(struct ui_view *v, const char *text)
{
	struct ui_app *app = v->app;
	if (!text || !*text)
		return;
	struct target t = target_of(app, text);
	switch (t.kind) {
	case TO_LEAVE:
		ui_app_quit(app);
		break;
	case TO_JOB:
		(void)ui_app_push(app, &ui_view_job, &t.job);
		break;
	case TO_SCREEN:
		if (t.ops->place)
			ui_app_go(app, t.ops, NULL);
		else
			(void)ui_app_push(app, t.ops, NULL);
		break;
	case TO_MAILBOX:
		(void)ui_browse_jump(app, text);
		break;
	case TO_NOTHING:
		ui_app_say(app, UI_SAY_WARN, "There is no screen or job '%s'", text);
		break;
	}
}

void ui_jump_ask(struct ui_app *app)
{
	ui_app_prompt(app->top, ":", "", changed, jumped);
	changed(app->top, "");
}
