/* SPDX-License-Identifier: BSD-2-Clause */
/** Keys to deeds: prompt, mouse, the screen's own keys, its actions, then the global ones. */
#include <stdlib.h>
#include <string.h>

#include "loop/app_private.h"
#include "loop/frame.h"
#include "loop/places.h"
#include "terminal/term.h"
#include "widgets/list.h"

/* --- prompts -------------------------------------------------------------------------- */

void ui_app_prompt(struct ui_view *v, const char *label, const char *initial, ui_prompt_fn changed,
                   ui_prompt_fn done)
{
	struct ui_app *app = v->app;
	ui_app_end_prompt(app);
	app->prompt.owner = v;
	app->prompt.label = label;
	app->prompt.changed = changed;
	app->prompt.done = done;
	ui_field_set(&app->prompt.field, initial);
	app->message.shown = false;
	app->dirty = true;
}

enum ui_reply ui_app_narrow(struct ui_view *v, const struct ui_list *l, enum ui_action a,
                            ui_prompt_fn narrow)
{
	if (a == UI_ACT_FIND)
		ui_app_prompt(v, "/", l->filter.text ? l->filter.text : "", narrow, narrow);
	else if (a == UI_ACT_ESCAPE && ui_filter_on(&l->filter))
		narrow(v, "");
	else
		return UI_IGNORED;
	return UI_REPAINT;
}

static void prompt_key(struct ui_app *app, const struct ui_key *key)
{
	struct ui_app_prompt_state *p = &app->prompt;
	app->dirty = true;
	bool cancel = key->code == UI_KEY_ESC || key->code == UI_CTRL('c');
	if (cancel || key->code == UI_KEY_ENTER) {
		struct ui_view *owner = p->owner;
		ui_prompt_fn done = p->done;
		CK_FREE char *text = cancel ? NULL : ck_buf_take(&p->field.text);
		ui_app_end_prompt(app);
		if (done)
			done(owner, cancel ? NULL : text ? text : "");
		return;
	}
	bool completed = key->code == UI_KEY_TAB && *p->completion;
	if (completed)
		ui_field_set(&p->field, p->completion);
	if ((completed || ui_field_key(&p->field, key) == UI_REPAINT) && p->changed)
		p->changed(p->owner, p->field.text.data);
}

/* --- keys ----------------------------------------------------------------------------- */

/** Back one screen. At Home, only q leaves. */
static void go_back(struct ui_app *app, bool may_leave)
{
	if (app->top->below)
		ui_app_close(app, app->top);
	else if (may_leave)
		app->quit = true;
	else
		ui_app_say(app, UI_SAY_INFO, "F10 or q leaves the console; jobs go on");
}

static void interrupt(struct ui_app *app)
{
	int64_t now = ui_app_clock_ms(app);
	if (now - app->interrupted_ms < 1000)
		app->quit = true;
	app->interrupted_ms = now;
	go_back(app, false);
}

/** @return whether there was something to do. */
static bool global(struct ui_app *app, enum ui_action a, int place)
{
	switch (a) {
	case UI_ACT_HELP:
		(void)ui_app_push(app, &ui_view_help, app->top);
		break;
	case UI_ACT_MENU:
		(void)ui_app_push(app, &ui_view_menu, app->top);
		break;
	case UI_ACT_QUIT:
		app->quit = true;
		break;
	case UI_ACT_BACK:
		go_back(app, true);
		break;
	case UI_ACT_ESCAPE:
		go_back(app, false);
		break;
	case UI_ACT_INTERRUPT:
		interrupt(app);
		break;
	case UI_ACT_PLACE:
		if (!ui_place(place))
			return false;
		ui_app_go(app, ui_place(place)->ops, NULL);
		break;
	case UI_ACT_JUMP:
		ui_jump_ask(app);
		break;
	case UI_ACT_REDRAW:
		if (app->options.term)
			ui_term_redraw(app->options.term);
		break;
	case UI_ACT_MOUSE:
		if (app->options.term) {
			ui_term_set_mouse(app->options.term, !ui_app_has_mouse(app));
			ui_app_say(app, UI_SAY_INFO,
			           ui_app_has_mouse(app) ? "Mouse on; Shift-drag selects text"
			                                 : "Mouse off; M switches it on");
		}
		break;
	case UI_ACT_SUSPEND:
		if (app->options.term)
			ui_app_suspend(app);
		break;
	default:
		return false;
	}
	return true;
}

static void say_not_here(struct ui_app *app, enum ui_action a)
{
	ui_app_say(app, UI_SAY_INFO, "%s: not on this screen. F1 lists its keys.",
	           a == UI_ACT_PLACE ? "That place" : ui_view_word(app->top, a));
}

void ui_app_act(struct ui_app *app, enum ui_action a, int place)
{
	struct ui_view *v = app->top;
	const char *reason = NULL;
	app->dirty = true;
	if (ui_view_binding(v, a) && !ui_view_can(v, a, &reason)) {
		if (reason)
			ui_app_say(app, UI_SAY_INFO, "%s", reason);
		else if (!v->ops->overlay)
			say_not_here(app, a);
		return;
	}
	enum ui_reply reply = v->ops->act ? v->ops->act(v, a) : UI_IGNORED;
	if (reply == UI_IGNORED && a == UI_ACT_TICK && v->ops->act)
		reply = v->ops->act(v, UI_ACT_PAGE_DOWN); /* where nothing can be ticked */
	if (reply != UI_IGNORED) {
		if (app->top) /* the handler may have closed it by other ways */
			ui_app_take_reply(app, v, reply);
		return;
	}
	if (v->ops->overlay && a != UI_ACT_ESCAPE && a != UI_ACT_BACK && a != UI_ACT_QUIT &&
	    a != UI_ACT_REDRAW && a != UI_ACT_SUSPEND && a != UI_ACT_INTERRUPT)
		return;
	if (!global(app, a, place) && !ui_action_moves(a))
		say_not_here(app, a);
}

static void mouse_key(struct ui_app *app, const struct ui_key *key)
{
	struct ui_view *v = app->top;
	struct ui_key inner = *key;
	inner.y -= UI_FRAME_TOP;
	bool outside = v->ops->overlay && inner.y < 0; /* of a dialog: the harmless way out */
	if (outside || (inner.y >= UI_HEAD_ROW && inner.y < v->rows)) {
		enum ui_reply r = v->ops->key ? v->ops->key(v, &inner) : UI_IGNORED;
		if (r == UI_IGNORED && key->code == UI_KEY_DOUBLE)
			ui_app_act(app, UI_ACT_OPEN, 0);
		else
			ui_app_take_reply(app, v, r);
		return;
	}
	if (key->code != UI_KEY_CLICK && key->code != UI_KEY_DOUBLE)
		return;
	int place = 0;
	enum ui_action a =
		ui_frame_click(app, v, app->grid.rows, app->grid.cols, key->y, key->x, &place);
	if (a != UI_ACT_NONE)
		ui_app_act(app, a, place);
}

/** In a prompt: the entries of the key bar can be clicked, all else is text. */
static void key_in_prompt(struct ui_app *app, const struct ui_key *key)
{
	struct ui_key typed = *key;
	int place = 0;
	if (key->code == UI_KEY_CLICK || key->code == UI_KEY_DOUBLE) {
		enum ui_action a = ui_frame_click(app, app->top, app->grid.rows, app->grid.cols,
		                                  key->y, key->x, &place);
		if (a != UI_ACT_OPEN && a != UI_ACT_NEXT && a != UI_ACT_ESCAPE)
			return;
		typed.code = a == UI_ACT_OPEN   ? UI_KEY_ENTER
		             : a == UI_ACT_NEXT ? UI_KEY_TAB
		                                : UI_KEY_ESC;
	}
	prompt_key(app, &typed);
}

static void act_on(struct ui_app *app, const struct ui_key *key)
{
	struct ui_view *v = app->top;
	enum ui_action a = ui_action_of(key->code);
	if (key->code == UI_KEY_NO_PASTE) {
		ui_app_say(app, UI_SAY_WARN, "%s", key->text);
		return;
	}
	if (ui_app_is_small(app)) {
		if (a == UI_ACT_BACK || a == UI_ACT_QUIT)
			app->quit = true;
		else if (a == UI_ACT_REDRAW || a == UI_ACT_INTERRUPT || a == UI_ACT_SUSPEND)
			(void)global(app, a, 0);
		return;
	}
	if (app->prompt.owner) {
		key_in_prompt(app, key);
		return;
	}
	if (key->code >= UI_KEY_CLICK && key->code <= UI_KEY_WHEEL_DOWN) {
		mouse_key(app, key);
		return;
	}
	enum ui_reply r = v->ops->key ? v->ops->key(v, key) : UI_IGNORED;
	if (r != UI_IGNORED) {
		ui_app_take_reply(app, v, r);
		return;
	}
	if (key->code == UI_KEY_PASTE)
		ui_app_say(app, UI_SAY_INFO, "Pasted text ignored");
	else if (a != UI_ACT_NONE)
		ui_app_act(app, a, a == UI_ACT_PLACE ? (int)(key->code - '0') : 0);
	else if (!v->ops->overlay && key->code > UI_KEY_SPACE && key->code < UI_KEY_BACKSPACE)
		ui_app_say(app, UI_SAY_INFO, "%c has no meaning here. F1 lists the keys.",
		           (char)key->code);
}

void ui_app_key(struct ui_app *app, const struct ui_key *key)
{
	const struct ui_view *before = app->top;
	const unsigned said = app->message.number;
	if (!app->top)
		return;
	if (app->message.shown && ui_app_clock_ms(app) >= app->message.until_ms) {
		app->message.shown = false;
		app->dirty = true;
	}
	act_on(app, key);
	if (app->top != before && app->message.number == said)
		app->message.shown = false; /* it was about the screen that is gone */
}
