/* SPDX-License-Identifier: BSD-2-Clause */
/* The form of a restore and its way to the rehearsal; what a server answers is tested on one. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "archives/browse.h"
#include "loop/app_private.h"
#include "loop/house.h"
#include "support/backup.h"
#include "support/world.h"

static int setup(void **state)
{
	world_setup_spool(state);
	struct world *w = *state;
	world_use_usual_settings(w);
	w->spool->settings.server.port = 1; /* nobody listens there */
	return 0;
}

/** The form for anne's Sent, from a real archive. */
static void open_form(struct world *w, int rows, int cols, enum screen_charset charset)
{
	struct backup b;
	backup_run(&b, w->spool, NULL, false);
	assert_ok(b.r, &b.err);
	backup_fini(&b);
	screen_open(&w->s, &w->spool->settings, &ui_view_browse,
	            &(struct ui_browse_arg){.which = "7", .find = "anne sent"}, rows, cols,
	            charset);
	screen_wait(&w->s);
	screen_keys(&w->s, "F6");
}

/** The form without anything chosen: place 5. */
static void open_empty(struct world *w)
{
	screen_open(&w->s, &w->spool->settings, &ui_view_restore, NULL, 24, 80, SCREEN_UTF8);
}

static void the_form_at_80x24(void **state)
{
	struct world *w = *state;
	open_form(w, 24, 80, SCREEN_UTF8);
	screen_golden(&w->s, "restore-80x24");
}

static void the_form_at_120x40(void **state)
{
	struct world *w = *state;
	open_form(w, 40, 120, SCREEN_UTF8);
	screen_keys(&w->s, "Up Space");
	screen_golden(&w->s, "restore-120x40");
	screen_click(&w->s, 6, 100); /* beside the form nothing is chosen */
	screen_expect(&w->s, 5, ">(•) back to where it was");
	screen_click(&w->s, 6, 3);
	screen_expect(&w->s, 6, ">(•) into a new folder beside it");
	assert_true(screen_has(&w->s, "For looking first."));
	screen_resize(&w->s, 24, 80);
	assert_false(screen_has(&w->s, "For looking first."));
}

static void the_form_in_ascii(void **state)
{
	struct world *w = *state;
	open_form(w, 24, 80, SCREEN_ASCII);
	screen_keys(&w->s, "Down 'user/bob/Old'");
	screen_golden(&w->s, "restore-80x24-ascii");
}

static void choices_become_a_command(void **state)
{
	struct world *w = *state;
	open_form(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "=");
	assert_true(screen_has(&w->s, "cyrkeep restore 7 user/anne/Sent --to dated"));
	screen_keys(&w->s, "q Up Space Tab Down Space =");
	assert_true(screen_has(&w->s, "cyrkeep restore 7 user/anne/Sent --via imap"));
	screen_keys(&w->s, "q BackTab Down Down 'user/it`s odd' Tab =");
	assert_true(screen_has(&w->s,
	                       "cyrkeep restore 7 user/anne/Sent --to 'user/it`s odd' --via imap"));
}

static void messages_become_a_uid_set(void **state)
{
	struct world *w = *state;
	struct backup b;
	backup_run(&b, w->spool, NULL, false);
	assert_ok(b.r, &b.err);
	backup_fini(&b);
	screen_open(&w->s, &w->spool->settings, &ui_view_browse,
	            &(struct ui_browse_arg){.which = "7"}, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_keys(&w->s, "Right Down Enter");
	screen_wait(&w->s);
	screen_keys(&w->s, "Down Space Down Down Space Down Space F6"); /* 5, 3, 2 */
	screen_expect(&w->s, 3, "3 messages of user/anne, ");
	screen_keys(&w->s, "=");
	assert_true(screen_has(&w->s, "cyrkeep restore 7 user/anne --uid 2:3,5 --to dated"));
	screen_keys(&w->s, "q q");
	screen_expect(&w->s, 1, "basket: 3 messages"); /* still there */
}

static void several_mailboxes_are_named_as_far_as_the_row_holds(void **state)
{
	struct world *w = *state;
	char archive[] = "7", name[] = "user/anne/Folder 1";
	struct ck_restore_request r = {.archive = archive};
	for (int i = 1; i <= 9; i++) {
		name[sizeof name - 2] = (char)('0' + i);
		assert_int_equal(ck_strv_add(&r.patterns, name), 0);
	}
	screen_open(&w->s, &w->spool->settings, &ui_view_restore,
	            &(struct ui_restore_arg){&r, "40 messages of 9 mailboxes, 1.2M", '/'}, 24, 80,
	            SCREEN_UTF8);
	screen_expect(&w->s, 4,
	              "user/anne/Folder 1, user/anne/Folder 2, user/anne/Folder 3 and 6 more");
	screen_expect(&w->s, 6, "( ) back to where it was");
	screen_click(&w->s, 6, 3);
	screen_expect(&w->s, 6, "(•) back to where it was");
	screen_resize(&w->s, 16, 60);
	assert_false(screen_has(&w->s, "user/anne/Folder 1"));
	ck_strv_fini(&r.patterns);
}

static void without_a_basket_the_fields_ask(void **state)
{
	struct world *w = *state;
	open_empty(w);
	screen_golden(&w->s, "restore-empty-80x24");
	screen_keys(&w->s, "F5");
	screen_expect(&w->s, 22, "Name a mailbox");
	screen_keys(&w->s, "'user/a*, user/b\\,c , ,user/d' F5");
	screen_expect(&w->s, 1, "[2 Preview]");
	screen_keys(&w->s, "=");
	assert_true(screen_has(&w->s, "cyrkeep restore latest 'user/a*' 'user/b\\,c' user/d"));
	screen_keys(&w->s, "q <");
	screen_expect(&w->s, 1, "[1 What and where]");
	assert_true(screen_has(&w->s, "user/a*, user/b")); /* going back loses nothing */
	screen_keys(&w->s, "Down '4,7:9' Tab Down F5");
	screen_expect(&w->s, 1, "[2 Preview]"); /* the last place is not chosen by going there */
	screen_keys(&w->s, "< Space F5");
	screen_expect(&w->s, 22, "Name the mailbox that it goes to");
}

static void a_preview_that_cannot_be_made_says_why_and_starts_nothing(void **state)
{
	struct world *w = *state;
	open_form(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "F5");
	screen_expect(&w->s, 3, "Comparing the archive with the server");
	screen_keys(&w->s, "F5");
	screen_expect(&w->s, 22, "The comparison is still under way");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "The preview cannot be made:");
	screen_pass(&w->s, 4000);
	screen_keys(&w->s, "F5");
	screen_expect(&w->s, 22, "There is no preview yet");
	screen_keys(&w->s, "r");
	screen_wait(&w->s);
	screen_keys(&w->s, "< F5 q"); /* given up while it works */
	screen_wait(&w->s);
	screen_expect(&w->s, 1, "[1 What and where]");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(the_form_at_80x24),
		T(the_form_at_120x40),
		T(the_form_in_ascii),
		T(choices_become_a_command),
		T(messages_become_a_uid_set),
		T(several_mailboxes_are_named_as_far_as_the_row_holds),
		T(without_a_basket_the_fields_ask),
		T(a_preview_that_cannot_be_made_says_why_and_starts_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
