/* SPDX-License-Identifier: BSD-2-Clause */
/* The preview of a restore as a page. What a server answers is tested on one: here the engine's
 * answers are those of this file. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archives/browse.h"
#include "support/world.h"

enum kind {
	USER,    /* bob's mail, some of it in Trash */
	MANY,    /* more users than are shown open */
	NOTHING, /* there */
	ONE,     /* mailbox, beside */
};

static enum kind kind;

static char *text(const char *words)
{
	char *copy = strdup(words);
	assert_non_null(copy);
	return copy;
}

static void add(struct ck_rehearsal *r, const char *source, const char *target, const char *owner,
                enum ck_restore_action action, const uint64_t figures[4], const char *reason)
{
	struct ck_rehearsal_mailbox *m = reallocarray(r->mailboxes, r->n + 1, sizeof *m);
	assert_non_null(m);
	r->mailboxes = m;
	m += r->n++;
	*m = (struct ck_rehearsal_mailbox){.source = text(source),
	                                   .target = text(target),
	                                   .owner = owner ? text(owner) : NULL,
	                                   .inbox = owner && strlen(target) == strlen(owner) + 5,
	                                   .action = action,
	                                   .wanted = figures[0],
	                                   .now = figures[1],
	                                   .missing = figures[2],
	                                   .missing_bytes = figures[2] << 10,
	                                   .present = figures[3],
	                                   .reason = text(reason)};
	r->missing += figures[2];
	r->missing_bytes += figures[2] << 10;
	r->present += figures[3];
}

#define ADD(source, action, reason, ...) \
	add(r, source, source, "bob", action, (const uint64_t[]){__VA_ARGS__}, reason)

static void check(struct ck_rehearsal *r, enum ck_check_level level, const char *words)
{
	struct ck_rehearsal_check *c = reallocarray(r->checks, r->nchecks + 1, sizeof *c);
	assert_non_null(c);
	r->checks = c;
	c[r->nchecks++] = (struct ck_rehearsal_check){level, text(words)};
}

static void fill_user(struct ck_rehearsal *r)
{
	ADD("user/bob", CK_RESTORE_NOTHING, "", 744, 746, 0, 744);
	ADD("user/bob/Drafts", CK_RESTORE_RECREATE, "", 3, 0, 3, 0);
	ADD("user/bob/Sent", CK_RESTORE_ADD, "added mail gets new uids", 9120, 2, 9118, 2);
	ADD("user/bob/Work", CK_RESTORE_REFUSE, "the server cannot open the mailbox", 5, 0, 0, 0);
	struct ck_rehearsal_mailbox *sent = &r->mailboxes[2];
	sent->elsewhere = r->elsewhere = 41;
	sent->elsewhere_bytes = r->elsewhere_bytes = 41 << 10;
	sent->elsewhere_in = text("user/bob/Trash");
	add(r, "news", "news", NULL, CK_RESTORE_ADD, (const uint64_t[]){10, 4, 6, 4}, "");
	r->quotas = ck_alloc(1, sizeof *r->quotas);
	assert_non_null(r->quotas);
	r->nquotas = 1;
	r->quotas[0] = (struct ck_rehearsal_quota){.root = text("user/bob"),
	                                           .used = 5000 << 10,
	                                           .limit = 14100 << 10,
	                                           .add = 9121 << 10,
	                                           .elsewhere = 41 << 10,
	                                           .raised = 16 << 20};
	check(r, CK_CHECK_OK,
	      "9 882 messages asked for, compared with the server by GUID just now");
	check(r, CK_CHECK_OK,
	      "\\Seen is known for 9 127 missing: 9 080 read, 47 unread, as they were");
	check(r, CK_CHECK_WARN, "the archive is incomplete: no mailboxes.db");
	check(r, CK_CHECK_NOTE, "user 'bob': seen: yes, subscriptions: as they are now");
}

static void fill_many(struct ck_rehearsal *r)
{
	for (int i = 0; i < 150; i++)
		for (int k = 0; k < 2; k++) {
			char name[64], owner[32];
			(void)snprintf(owner, sizeof owner, "u%03d", i);
			(void)snprintf(name, sizeof name, "user/%s%s", owner, k ? "/Sent" : "");
			add(r, name, name, owner, CK_RESTORE_RECREATE,
			    (const uint64_t[]){(uint64_t)i, 0, (uint64_t)i, 0}, "");
		}
}

int ck_restore_rehearse(const struct ck_settings *settings,
                        const struct ck_restore_request *request, struct ck_watch *watch,
                        struct ck_rehearsal *ret, struct ck_err *err)
{
	(void)settings, (void)request, (void)watch, (void)err;
	struct ck_rehearsal r = {.archive = 411, .path = text("/srv/411"), .kind = "full"};
	if (kind == USER)
		fill_user(&r);
	else if (kind == MANY)
		fill_many(&r);
	else if (kind == NOTHING)
		add(&r, "user/bob/Sent", "user/bob/Sent", "bob", CK_RESTORE_NOTHING,
		    (const uint64_t[]){5, 5, 0, 5}, "");
	else
		add(&r, "user/bob/Sent", "user/bob/RESTORED/2026-11-23/Sent", "bob",
		    CK_RESTORE_CREATE, (const uint64_t[]){5, 0, 5, 0}, "");
	*ret = r;
	return 0;
}

int ck_restore_decide(const struct ck_settings *settings, const struct ck_restore_request *request,
                      const char *source, struct ck_decisions *ret, struct ck_err *err)
{
	static const enum ck_decision_kind kinds[] = {CK_DECIDE_ADD,     CK_DECIDE_ADD,
	                                              CK_DECIDE_SAME,    CK_DECIDE_DAMAGED,
	                                              CK_DECIDE_REFUSED, CK_DECIDE_NOT_STORED};
	size_t n = CK_COUNT(kinds);
	(void)settings, (void)err;
	assert_string_equal(request->archive, "/srv/411"); /* the one that was rehearsed */
	assert_string_equal(source, "user/bob/Sent");
	*ret = (struct ck_decisions){.messages = ck_alloc(n, sizeof *ret->messages),
	                             .nmessages = n,
	                             .items = ck_alloc(n, sizeof *ret->items),
	                             .n = n};
	assert_non_null(ret->messages);
	assert_non_null(ret->items);
	assert_int_equal(ck_strv_add(&ret->places, "user/bob/Trash"), 0);
	for (size_t i = 0; i < n; i++) {
		char subject[32];
		(void)snprintf(subject, sizeof subject, "Dachrinne %zu", i);
		ret->messages[i] = (struct ck_archived_message){.uid = (uint32_t)i + 1,
		                                                .size = 1000 * i,
		                                                .internaldate = SCREEN_NOW,
		                                                .flags = text(""),
		                                                .from = text("eve <e@example.org>"),
		                                                .to = text(""),
		                                                .subject = text(subject)};
		ret->items[i] = (struct ck_decision){.kind = kinds[i], .message = i};
	}
	ret->items[1].where = ret->places.items[0];
	if (request->leave_elsewhere)
		ret->items[1].kind = CK_DECIDE_LEAVE;
	return 0;
}

void ck_decisions_fini(struct ck_decisions *d)
{
	for (size_t i = 0; i < d->nmessages; i++) {
		free(d->messages[i].flags);
		free(d->messages[i].from);
		free(d->messages[i].to);
		free(d->messages[i].subject);
	}
	free(d->messages);
	free(d->items);
	ck_strv_fini(&d->places);
	*d = (struct ck_decisions){0};
}

static void open_page(struct world *w, enum kind what, int rows, int cols,
                      enum screen_charset charset)
{
	char archive[] = "411", pattern[] = "user/bob*";
	char *patterns[] = {pattern, NULL};
	struct ck_restore_request r = {.archive = archive, .patterns = {.items = patterns, .n = 1}};
	kind = what;
	world_use_usual_settings(w);
	screen_open(&w->s, &w->settings, &ui_view_rehearsal,
	            &(struct ui_restore_arg){.request = &r}, rows, cols, charset);
	screen_wait(&w->s);
}

static void the_page_at_80x24(void **state)
{
	struct world *w = *state;
	open_page(w, USER, 24, 80, SCREEN_UTF8);
	screen_golden(&w->s, "rehearsal-80x24");
}

static void the_page_at_120x40(void **state)
{
	struct world *w = *state;
	open_page(w, USER, 40, 120, SCREEN_UTF8);
	screen_keys(&w->s, "Down Down Down");
	screen_golden(&w->s, "rehearsal-120x40");
}

static void the_page_in_ascii_with_answers(void **state)
{
	struct world *w = *state;
	open_page(w, USER, 24, 80, SCREEN_ASCII);
	screen_keys(&w->s, "Tab Down Space Down Down Space");
	screen_golden(&w->s, "rehearsal-80x24-ascii");
}

static void answers_change_what_would_run(void **state)
{
	struct world *w = *state;
	open_page(w, USER, 40, 120, SCREEN_UTF8);
	assert_true(screen_has(&w->s, "(•) restore"));
	assert_true(screen_has(&w->s, "9 127 messages, 8.9M, would be added"));
	screen_keys(&w->s, "Tab Down Space");
	assert_true(screen_has(&w->s, "(•) leave them there"));
	assert_true(screen_has(&w->s, "41 stay in Trash"));
	assert_true(screen_has(&w->s, "9 086 messages, 8.9M, would be added"));
	assert_true(screen_has(&w->s, "'user/bob*' --elsewhere leave"));
	/* 14 121K less 41K fit: there is no such question any more */
	assert_true(screen_has(&w->s, "Needs your answer 1"));
	assert_false(screen_has(&w->s, "Quota of user/bob"));
	screen_keys(&w->s, "Up Space Down Down Down Down Space");
	assert_true(screen_has(&w->s, "raise the quota limit of 'user/bob'; it stays so"));
	screen_keys(&w->s, "=");
	assert_true(screen_has(&w->s, "cyrkeep restore 411 'user/bob*' --quota raise"));
	screen_keys(&w->s, "q F5");
	assert_true(screen_has(&w->s, "user/bob: from 13.8M to 16.0M"));
	screen_keys(&w->s, "Esc");
	screen_expect(&w->s, 1, "[2 Preview]");
}

static void a_click_answers_too(void **state)
{
	struct world *w = *state;
	open_page(w, USER, 24, 80, SCREEN_UTF8);
	for (int y = 3; y < 22; y++) {
		CK_FREE char *row = screen_row(&w->s, y);
		const char *at = strstr(row, "( ) leave them there");
		if (!at)
			continue;
		screen_click(&w->s, y, 60);
		assert_true(screen_has(&w->s, "(•) leave them there"));
		return;
	}
	fail_msg("the answer is not shown");
}

static void users_close_and_rows_are_sorted(void **state)
{
	struct world *w = *state;
	open_page(w, USER, 40, 120, SCREEN_UTF8);
	screen_expect(&w->s, 3, "▾ user/bob");
	screen_expect(&w->s, 4, "INBOX");
	screen_keys(&w->s, "Left");
	screen_expect(&w->s, 3, "▸ user/bob");
	screen_expect(&w->s, 4, "news");
	screen_keys(&w->s, "s s s s s"); /* the most that is added first */
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "user/bob/Sent");
	screen_expect(&w->s, 4, "news");
	screen_keys(&w->s, "s s");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "▸ user/bob");
}

static void many_users_are_shown_closed(void **state)
{
	struct world *w = *state;
	open_page(w, MANY, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 3, "▸ user/u000");
	screen_expect(&w->s, 4, "▸ user/u001");
	screen_expect(&w->s, 4, "gone; made again");
	screen_keys(&w->s, "z");
	screen_expect(&w->s, 20, "▸ user/u017");
	screen_keys(&w->s, "Tab"); /* no question: the words */
	screen_expect(&w->s, 2, "Checks");
	screen_keys(&w->s, "z");
	screen_expect(&w->s, 3, "▸ user/u000");
}

static void words_are_scrolled(void **state)
{
	struct world *w = *state;
	open_page(w, USER, 24, 80, SCREEN_UTF8);
	assert_true(screen_has(&w->s, "more below"));
	assert_false(screen_has(&w->s, "cyrkeep restore"));
	screen_keys(&w->s, "BackTab End");
	assert_true(screen_has(&w->s, "more above"));
	assert_true(screen_has(&w->s, "cyrkeep restore 411"));
	screen_keys(&w->s, "Home");
	assert_true(screen_has(&w->s, "more below"));
	screen_keys(&w->s, "Space Space Space PgUp Up Down C-u C-d");
	assert_true(screen_has(&w->s, "would be added"));
}

static void reading_again_begins_with_the_table(void **state)
{
	struct world *w = *state;
	open_page(w, USER, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Tab Down Space r");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "(•) leave them there")); /* the answer stays */
	screen_expect_role(&w->s, 3, 0, UI_ROLE_CURSOR);
	screen_keys(&w->s, "Down");
	screen_expect(&w->s, 4, ">    INBOX");
}

static void messages_of_a_row_say_what_becomes_of_each(void **state)
{
	struct world *w = *state;
	open_page(w, USER, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Enter"); /* a user opens and closes */
	screen_expect(&w->s, 3, "▸ user/bob");
	screen_keys(&w->s, "Enter Down Down Down Enter");
	screen_wait(&w->s);
	screen_golden(&w->s, "decisions-80x24");
	screen_keys(&w->s, "Down");
	screen_expect(&w->s, 22, "it is added; it lies in user/bob/Trash now");
	screen_keys(&w->s, "End Up");
	screen_expect(&w->s, 22, "Its mailbox is refused: added mail gets new uids");
	screen_keys(&w->s, "/ '3' Enter");
	screen_expect(&w->s, 3, "Dachrinne 3");
	screen_keys(&w->s, "Esc r");
	screen_wait(&w->s);
	screen_keys(&w->s, "q Tab Down Space BackTab Enter");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "left: in Trash"));
	screen_resize(&w->s, 40, 120);
	screen_golden(&w->s, "decisions-120x40");
}

static void the_page_is_written_to_a_new_file(void **state)
{
	struct world *w = *state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT, keys = CK_BUF_INIT;
	char page[8192];
	struct stat st;
	open_page(w, USER, 24, 80, SCREEN_UTF8);
	(void)ck_buf_addf(&path, "%s/page.txt", w->dir);
	(void)ck_buf_addf(&keys, "w C-u '%s' Enter", path.data);
	screen_keys(&w->s, keys.data);
	screen_wait(&w->s);
	screen_expect(&w->s, 22, "Written to");
	FILE *f = fopen(path.data, "r");
	assert_non_null(f);
	size_t n = fread(page, 1, sizeof page - 1, f);
	page[n] = '\0';
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fclose(f), 0);
	static const char *const parts[] = {
		"A rehearsal of a restore from archive 411, /srv/411: nothing was changed.",
		"    9 120",
		"user/bob\n",
		"  Sent\n",
		"41 in Trash",
		"Needs your answer\n1  41 of the",
		"(*) restore",
		"( ) raise to 16.0M, for good",
		"Checks\nwarn  1 mailbox cannot",
		"Will run\n9 127 messages",
		"runs   cyrkeep restore 411"};
	for (size_t i = 0; i < CK_COUNT(parts); i++)
		if (!strstr(page, parts[i]))
			fail_msg("'%s' is not in the page:\n%s", parts[i], page);
	assert_int_equal(strncmp(page, parts[0], strlen(parts[0])), 0);
	screen_pass(&w->s, 9000);
	screen_keys(&w->s, keys.data); /* never written over */
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "The page was not written"));
}

static void what_cannot_be_started_says_why(void **state)
{
	struct world *w = *state;
	open_page(w, NOTHING, 24, 80, SCREEN_UTF8);
	assert_true(screen_has(&w->s, "nothing: no message is missing"));
	screen_keys(&w->s, "F5");
	screen_expect(&w->s, 22, "Nothing is missing on the server");
}

static void one_mailbox_stands_for_itself(void **state)
{
	struct world *w = *state;
	open_page(w, ONE, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 3, ">user/bob/R…1-23/Sent       5       -       5");
	assert_false(screen_has(&w->s, "Needs your answer"));
	assert_true(screen_has(&w->s, "make 1 mailbox anew"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(the_page_at_80x24),
		T(the_page_at_120x40),
		T(the_page_in_ascii_with_answers),
		T(answers_change_what_would_run),
		T(a_click_answers_too),
		T(users_close_and_rows_are_sorted),
		T(many_users_are_shown_closed),
		T(words_are_scrolled),
		T(reading_again_begins_with_the_table),
		T(messages_of_a_row_say_what_becomes_of_each),
		T(the_page_is_written_to_a_new_file),
		T(what_cannot_be_started_says_why),
		T(one_mailbox_stands_for_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
