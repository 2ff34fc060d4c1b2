/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in an archive, on archives made by the real copy: mailboxes, messages, their texts. */
#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archives/boxrows.h"
#include "archives/boxtree.h"
#include "archives/browse.h"
#include "archives/letters.h"
#include "base/fs.h"
#include "loop/app_private.h"
#include "loop/house.h"
#include "support/backup.h"
#include "support/world.h"
#include <cyrkeep/server.h>

/** An archive without bob's INBOX, opened. */
static void open_archive(struct world *w, const char *rule, int rows, int cols,
                         enum screen_charset charset)
{
	struct backup b;
	backup_run(&b, w->spool, rule, false);
	assert_ok(b.r, &b.err);
	backup_fini(&b);
	screen_open(&w->s, &w->spool->settings, &ui_view_browse,
	            &(struct ui_browse_arg){.which = "7"}, rows, cols, charset);
	ui_app_house(w->s.app)->up = 1;
	ui_app_house(w->s.app)->jobs_known = true;
}

static void open_tree(struct world *w, int rows, int cols, enum screen_charset charset)
{
	open_archive(w, "name:user/bob", rows, cols, charset);
	screen_wait(&w->s);
	screen_keys(&w->s, "Right Down Down Down Right");
}

static void the_tree_says_what_is_not_in_the_archive(void **state)
{
	struct world *w = *state;
	open_tree(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "Down");
	screen_golden(&w->s, "browse-80x24");
	screen_keys(&w->s, "Enter");
	screen_expect(&w->s, 22, "Not in archive 7: left out by the rule name:user/bob");
	screen_keys(&w->s, "F6");
	screen_expect(&w->s, 22, "It is not in this archive");
	screen_keys(&w->s, "Space");
	assert_false(screen_has(&w->s, "basket:"));
}

static void the_wide_tree_explains_the_row(void **state)
{
	struct world *w = *state;
	open_tree(w, 40, 120, SCREEN_UTF8);
	screen_keys(&w->s, "Up Up Space");
	screen_golden(&w->s, "browse-120x40");
	assert_true(screen_has(&w->s, "rule 1 left out name:user/bob"));
}

static void the_tree_in_ascii_and_small(void **state)
{
	struct world *w = *state;
	open_tree(w, 16, 60, SCREEN_ASCII);
	screen_golden(&w->s, "browse-60x16-ascii");
}

static void loading_says_so_and_a_missing_archive_says_why(void **state)
{
	struct world *w = *state;
	open_archive(w, NULL, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 3, "Opening the archive ...");
	screen_keys(&w->s, "Down Enter Space F6 / ="); /* nothing is there to act on */
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "anne");
	screen_close(&w->s);
	screen_open(&w->s, &w->spool->settings, &ui_view_browse,
	            &(struct ui_browse_arg){.which = "99"}, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "there is no archive 99"));
	screen_keys(&w->s, "r");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "there is no archive 99"));
}

static void closing_while_it_opens_is_no_matter(void **state)
{
	struct world *w = *state;
	open_archive(w, NULL, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "q");
	screen_wait(&w->s);
	screen_expect(&w->s, 0, "[1 Home]");
}

static void a_tick_takes_all_below_and_u_takes_it_back(void **state)
{
	struct world *w = *state;
	open_archive(w, NULL, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_keys(&w->s, "Space");
	screen_expect(&w->s, 1, "basket: 2 mailboxes, 7 messages");
	screen_keys(&w->s, "Right Down");
	screen_expect(&w->s, 4, "[x]     INBOX");
	screen_keys(&w->s, "Space");
	screen_expect(&w->s, 1, "basket: 1 mailbox, 2 messages");
	screen_expect(&w->s, 3, "[~]");
	screen_keys(&w->s, "u");
	screen_expect(&w->s, 1, "basket: 2 mailboxes, 7 messages");
	screen_keys(&w->s, "u");
	screen_expect(&w->s, 1, "basket: 1 mailbox, 2 messages");
	screen_keys(&w->s, "F8");
	assert_false(screen_has(&w->s, "basket:"));
	screen_keys(&w->s, "u"); /* an hour's choice is not lost by a key */
	screen_expect(&w->s, 1, "basket: 1 mailbox, 2 messages");
}

static void finding_goes_through_closed_branches_and_escape_returns(void **state)
{
	struct world *w = *state;
	open_archive(w, NULL, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_keys(&w->s, "/ 'sen anne'");
	screen_expect(&w->s, 3, "user/anne/Sent");
	screen_keys(&w->s, "Enter");
	screen_expect(&w->s, 1, "/sen anne  1 of 3");
	screen_keys(&w->s, "Esc");
	screen_expect(&w->s, 5, ">[ ]     Sent"); /* where the bar was, branch open */
	screen_keys(&w->s, "/ 'nothing like that' Enter");
	screen_expect(&w->s, 22, "Nothing matches");
	screen_keys(&w->s, "Enter Space F6 Esc");
	screen_expect(&w->s, 5, ">[ ]     Sent"); /* nothing was found, and nothing lost */
	screen_keys(&w->s, "Esc");
	screen_expect(&w->s, 0, "[1 Home]");
}

static void the_menu_says_every_line_whole(void **state)
{
	struct world *w = *state;
	open_tree(w, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, "F9");
	assert_true(screen_has(&w->s, "List the messages of the mailbox; open or close a branch"));
	assert_true(screen_has(&w->s, "Show as command line"));
	assert_true(screen_has(&w->s, "Open all below"));
	screen_keys(&w->s, "Esc ?");
	assert_false(screen_has(&w->s, "1 to 7")); /* there is nothing at 6 and 7 */
	screen_keys(&w->s, "PgDn");
	assert_true(screen_has(&w->s, "1 to 5"));
}

static void a_jump_by_words_finds_the_mailbox(void **state)
{
	struct world *w = *state;
	struct backup b;
	backup_run(&b, w->spool, NULL, false);
	assert_ok(b.r, &b.err);
	backup_fini(&b);
	screen_open(&w->s, &w->spool->settings, NULL, NULL, 24, 80, SCREEN_UTF8);
	screen_keys(&w->s, ": 'anne sent' Enter");
	screen_expect(&w->s, 22, "There is no screen or job 'anne sent'"); /* nothing is known */
	screen_read_house(&w->s);
	screen_keys(&w->s, ": 'anne sent' Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, ">[ ] user/anne/Sent");
	screen_keys(&w->s, ": 'carol sent' Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 22, "Archive 7 has no mailbox that matches 'carol sent'");
	screen_keys(&w->s, "1 : 'anne'"); /* one word does, too */
	screen_expect(&w->s, 22, "a mailbox in archive 7");
	screen_keys(&w->s, "Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, ">[ ] user/anne");
}

static void messages_and_their_text_at_80x24(void **state)
{
	struct world *w = *state;
	open_archive(w, NULL, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_keys(&w->s, "Right Down Enter");
	screen_expect(&w->s, 3, "Reading the messages ...");
	screen_wait(&w->s);
	screen_keys(&w->s, "Down Space");
	screen_wait(&w->s);
	screen_golden(&w->s, "messages-80x24");
	screen_keys(&w->s, "Up Space"); /* the expunged one */
	screen_expect(&w->s, 22, "Was expunged already");
	screen_expect(&w->s, 1, "basket: 1 message, ");
}

static void messages_beside_their_text_at_120x40(void **state)
{
	struct world *w = *state;
	open_archive(w, NULL, 40, 120, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_keys(&w->s, "Right Down Down Enter");
	screen_wait(&w->s);
	screen_golden(&w->s, "messages-120x40");
}

static void a_filter_and_invert_tick_what_is_shown(void **state)
{
	struct world *w = *state;
	open_archive(w, NULL, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_keys(&w->s, "Right Down Enter");
	screen_wait(&w->s);
	screen_keys(&w->s, "/ 'th' Enter *"); /* third, fifth, shared with Sent */
	screen_expect(&w->s, 1, "basket: 3 messages");
	screen_keys(&w->s, "Esc *");
	screen_expect(&w->s, 1, "basket: 2 messages"); /* the other two that are not expunged */
	screen_keys(&w->s, "q Down Space"); /* a whole mailbox does not go with messages */
	screen_expect(&w->s, 22, "The basket holds messages");
	screen_keys(&w->s, "Enter");
	screen_wait(&w->s);
	screen_keys(&w->s, "Space");
	screen_expect(&w->s, 22, "The basket holds other mailboxes");
}

static void hostile_names_and_subjects_are_harmless(void **state)
{
	struct world *w = *state;
	spool_add_hostile(w->spool);
	open_archive(w, NULL, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_keys(&w->s, "] Down Down Down");
	screen_expect(&w->s, 6, "x<1B><U+202E>txt.exe");
	screen_keys(&w->s, "Enter");
	screen_wait(&w->s);
	screen_golden(&w->s, "messages-hostile-80x24");
	screen_keys(&w->s, "Enter");
	screen_wait(&w->s);
	screen_golden(&w->s, "message-hostile-80x24");
	screen_keys(&w->s, "Right Right F3");
	screen_wait(&w->s);
	screen_expect(&w->s, 1, "3 of 4");
	assert_true(screen_has(&w->s, "As it came"));
}

static void a_message_is_read_written_and_left(void **state)
{
	struct world *w = *state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT, want = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *to = spool_path(w->spool, "saved.eml"), *keys = NULL;
	CK_FREE char *from = spool_path(w->spool, SPOOL_ANNE "/5.");
	struct stat st;
	open_archive(w, NULL, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_keys(&w->s, "Right Down Enter");
	screen_wait(&w->s);
	screen_keys(&w->s, "Down Enter");
	screen_wait(&w->s);
	screen_golden(&w->s, "message-80x24");
	assert_true(asprintf(&keys, "w C-u '%s' Enter", to) > 0);
	screen_keys(&w->s, keys);
	screen_wait(&w->s);
	screen_expect(&w->s, 22, "Written to");
	assert_ok(fs_read_file(AT_FDCWD, to, 1u << 20, &got, &err), &err);
	assert_ok(fs_read_file(AT_FDCWD, from, 1u << 20, &want, &err), &err);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	assert_int_equal(stat(to, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	screen_keys(&w->s, keys); /* never over what is there */
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "The message was not written"));
	screen_keys(&w->s, "Esc Space q");
	screen_expect(&w->s, 1, "basket: 1 message");
	screen_expect(&w->s, 4, ">[x]");
}

/* --- the tree itself ------------------------------------------------------------------ */

static struct ck_archived_mailbox box(const char *intname, const char *name, const char *user,
                                      uint64_t messages)
{
	static char none[] = "";
	return (struct ck_archived_mailbox){.intname = (char *)(uintptr_t)intname,
	                                    .name = (char *)(uintptr_t)name,
	                                    .user = (char *)(uintptr_t)user,
	                                    .special = none,
	                                    .acl = none,
	                                    .messages = messages,
	                                    .bytes = messages * 10};
}

static void expect_children(const struct ui_boxtree *t, uint32_t node, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf is = CK_BUF_INIT;
	for (uint32_t i = node + 1; i < t->nodes[node].end; i = t->nodes[i].end)
		ck_buf_addf(&is, "%s%s", is.len ? "|" : "", ui_boxtree_label(t, i));
	assert_string_equal(is.data, want);
}

static void expect_remark(const struct ui_boxrow *r, const char *want)
{
	char text[64];
	struct ui_value v = {0};
	ui_boxrow_value(r, UI_BOX_REMARKS, text, sizeof text, &v);
	assert_string_equal(v.text, want);
}

static void a_deleted_mailbox_says_since_when(void **state)
{
	(void)state;
	struct ck_archived_mailbox boxes[] = {
		box("DELETED.user.anne.old.6B0AEC00", "DELETED/user/anne/old/6B0AEC00", NULL, 1),
		box("DELETED.user.anne.old.6B0AE", "DELETED/user/anne/old/6B0AE", NULL, 1),
	};
	boxes[0].flags = boxes[1].flags = CK_MBOX_DELAYED;
	struct ck_archive_info info = {.number = 7, .started = 1795880000};
	struct ui_opened o = {.info = &info, .mailboxes = boxes, .n = 2};
	assert_int_equal(ui_boxtree_build(boxes, 2, '/', &o.boxes), 0);
	expect_remark(&(struct ui_boxrow){&o, 1, false, false}, "deleted, kept by Cyrus");
	expect_remark(&(struct ui_boxrow){&o, 2, false, false}, "");
	expect_remark(&(struct ui_boxrow){&o, o.boxes.node_of[0], false, false},
	              "deleted 28 Nov 14:58");
	expect_remark(&(struct ui_boxrow){&o, o.boxes.node_of[1], false, false}, "deleted");
	ui_boxtree_fini(&o.boxes);
}

static void users_come_first_with_their_domains_and_gaps_are_filled(void **state)
{
	(void)state;
	struct ck_archived_mailbox boxes[] = {
		box("DELETED.user.anne.old.5F", "DELETED/user/anne/old/5F", NULL, 1),
		box("shared.a.b", "shared/a/b", NULL, 2),
		box("user.anne", "user/anne", "anne", 3),
		box("user.anne.v1^2", "user/anne/v1.2", "anne", 4),
		box("x.org!user.eve.Work.Q4", "user/eve/Work/Q4@x.org", "eve@x.org", 5),
		box("x.org!user.eve", "user/eve@x.org", "eve@x.org", 6),
		box("x.org!shared", "shared@x.org", NULL, 7),
	};
	boxes[0].flags = CK_MBOX_DELAYED;
	char rule[] = "leaf:v1.2";
	boxes[3].left_out_by = rule;
	struct ui_boxtree t;
	assert_int_equal(ui_boxtree_build(boxes, CK_COUNT(boxes), '/', &t), 0);
	expect_children(&t, 0, "anne|eve@x.org|shared|shared@x.org|DELETED");
	uint32_t anne = 1, eve = t.nodes[anne].end;
	expect_children(&t, anne, "INBOX|v1.2");
	expect_children(&t, eve, "INBOX|Work");
	assert_int_equal(t.nodes[anne].messages, 3); /* without what was left out */
	assert_int_equal(t.nodes[anne].left_out, 1);
	assert_int_equal(t.nodes[eve].messages, 11);
	assert_int_equal(t.nodes[0].boxes, 7);
	assert_int_equal(t.nodes[t.node_of[5]].mailbox, 5);
	ui_boxtree_fini(&t);
	assert_int_equal(ui_boxtree_build(NULL, 0, '/', &t), 0);
	assert_int_equal(t.n, 1);
	ui_boxtree_fini(&t);
}

static void inbox_comes_first_then_special_use_then_natural_order(void **state)
{
	(void)state;
	struct ck_archived_mailbox boxes[] = {
		box("shared.f10", "shared/f10", NULL, 1),
		box("shared.f2", "shared/f2", NULL, 1),
		box("user.a10", "user/a10", "a10", 1),
		box("user.a2", "user/a2", "a2", 1),
		box("user.a2.Junk", "user/a2/Junk", "a2", 1),
		box("user.a2.f10", "user/a2/f10", "a2", 1),
		box("user.a2.f2", "user/a2/f2", "a2", 1),
	};
	char junk[] = "\\Junk";
	struct ui_boxtree t;
	boxes[4].special = junk;
	assert_int_equal(ui_boxtree_build(boxes, CK_COUNT(boxes), '/', &t), 0);
	expect_children(&t, 0, "a2|a10|shared");
	expect_children(&t, 1, "INBOX|Junk|f2|f10");
	expect_children(&t, t.nodes[t.nodes[1].end].end, "f2|f10");
	for (uint32_t place = 0; place < CK_COUNT(boxes); place++) {
		assert_int_equal(t.nodes[t.node_at[place]].first, place);
		assert_int_equal(t.node_of[t.nodes[t.node_at[place]].mailbox], t.node_at[place]);
	}
	ui_boxtree_fini(&t);
}

static void names_deeper_than_any_keep_their_place(void **state)
{
	(void)state;
	struct ck_buf name = CK_BUF_INIT, intname = CK_BUF_INIT;
	ck_buf_adds(&name, "user/a");
	ck_buf_adds(&intname, "user.a");
	for (int i = 0; i < 200; i++) {
		ck_buf_adds(&name, "/x");
		ck_buf_adds(&intname, ".x");
	}
	struct ck_archived_mailbox boxes[] = {box(intname.data, name.data, "a", 1),
	                                      box("", "", NULL, 2), box("user.", "user/", NULL, 3)};
	struct ui_boxtree t;
	assert_int_equal(ui_boxtree_build(boxes, CK_COUNT(boxes), '/', &t), 0);
	for (size_t i = 0; i < CK_COUNT(boxes); i++)
		assert_int_equal(t.nodes[t.node_of[i]].mailbox, i);
	assert_int_equal(t.nodes[0].messages, 6);
	ui_boxtree_fini(&t);
	ck_buf_fini(&name);
	ck_buf_fini(&intname);
}

static void patterns_and_commands_are_exact(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf pattern = CK_BUF_INIT, word = CK_BUF_INIT;
	ui_pattern_of_name("user/anne/a*b,100%\\", &pattern);
	assert_string_equal(pattern.data, "user/anne/a\\*b\\,100\\%\\\\");
	(void)ck_buf_add_word(&word, "it's (odd)");
	assert_string_equal(word.data, "'it'\\''s (odd)'");
	ck_buf_reset(&word);
	(void)ck_buf_add_word(&word, "user/bob/Sent");
	assert_string_equal(word.data, "user/bob/Sent");
	ck_buf_reset(&word);
	(void)ck_buf_add_word(&word, "");
	assert_string_equal(word.data, "''");
}

static void set_mailbox(struct ui_opened *o, size_t mailbox, bool on)
{
	uint32_t place = ui_opened_place(o, mailbox);
	assert_true(ui_basket_set(o, place, place + 1, on));
}

/** The patterns that a basket with these mailboxes asks for are @want. */
static void expect_patterns(struct ui_opened *o, const size_t *ticks, size_t n, const char *want)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf is = CK_BUF_INIT;
	struct ck_restore_request r = {0};
	ui_basket_clear(o);
	for (size_t i = 0; i < n; i++)
		set_mailbox(o, ticks[i], true);
	assert_int_equal(ui_basket_request(o, &r), 0);
	for (size_t i = 0; i < r.patterns.n; i++)
		ck_buf_addf(&is, "%s%s", i ? " " : "", r.patterns.items[i]);
	assert_string_equal(is.data, want);
	ck_restore_request_fini(&r);
}

static void a_basket_asks_with_few_patterns_and_for_nothing_else(void **state)
{
	(void)state;
	struct ck_archived_mailbox boxes[] = {
		box("DELETED.x", "DELETED/x", NULL, 1), box("user.a", "user/a", "a", 1),
		box("user.a-b", "user/a-b", "a-b", 1),  box("user.a.1", "user/a/1", "a", 1),
		box("user.a.2", "user/a/2", "a", 1),    box("user.a.2.x", "user/a/2/x", "a", 1),
		box("user.a.3", "user/a/3", "a", 1),    box("user.ab", "user/ab", "ab", 1),
	};
	const struct ck_archive_info info = {.number = 5};
	char name[] = "5";
	struct ui_opened o = {.mailboxes = boxes,
	                      .n = CK_COUNT(boxes),
	                      .separator = '/',
	                      .info = &info,
	                      .name = name};
	char rule[] = "leaf:3";
	boxes[0].flags = CK_MBOX_DELAYED;
	boxes[6].left_out_by = rule;
	assert_int_equal(ui_opened_arrange(&o), 0);
	expect_patterns(&o, (const size_t[]){4}, 1, "user/a/2");
	expect_patterns(&o, (const size_t[]){4, 5}, 2, "user/a/2 user/a/2/x");
	expect_patterns(&o, (const size_t[]){1, 3, 4}, 3, "user/a user/a/1 user/a/2");
	expect_patterns(&o, (const size_t[]){1, 3, 4, 5}, 4, "user/a user/a/*");
	expect_patterns(&o, (const size_t[]){1, 2, 3, 4, 5}, 5, "user/a user/a/* user/a-b");
	expect_patterns(&o, (const size_t[]){1, 2, 3, 4, 5, 7}, 6, "*");
	expect_patterns(&o, (const size_t[]){0, 1, 2, 3, 4, 5, 7}, 7,
	                "user/a user/a/* user/a-b user/ab DELETED/x");
	assert_int_equal(o.basket.messages, 7);
	assert_int_equal(o.basket.bytes, 70);
	set_mailbox(&o, 6, true); /* left out: stays out */
	assert_false(ui_basket_has_mailbox(&o, 6));
	ui_opened_disarrange(&o);
}

/** Behind the name of a mailbox with a domain nothing can be said of what is below it. */
static void domains_are_asked_for_by_names(void **state)
{
	(void)state;
	struct ck_archived_mailbox boxes[] = {
		box("x.org!user.a", "user/a@x.org", "a@x.org", 1),
		box("x.org!user.a.1", "user/a/1@x.org", "a@x.org", 1),
		box("x.org!user.a.2", "user/a/2@x.org", "a@x.org", 1),
		box("x.org!user.b", "user/b@x.org", "b@x.org", 1),
	};
	const struct ck_archive_info info = {.number = 5};
	char name[] = "5";
	struct ui_opened o = {.mailboxes = boxes,
	                      .n = CK_COUNT(boxes),
	                      .separator = '/',
	                      .info = &info,
	                      .name = name};
	assert_int_equal(ui_opened_arrange(&o), 0);
	expect_patterns(&o, (const size_t[]){0, 1, 2}, 3,
	                "user/a@x.org user/a/1@x.org user/a/2@x.org");
	ui_opened_disarrange(&o);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup_spool, world_teardown)
	const struct CMUnitTest tests[] = {
		T(the_tree_says_what_is_not_in_the_archive),
		T(the_wide_tree_explains_the_row),
		T(the_tree_in_ascii_and_small),
		T(loading_says_so_and_a_missing_archive_says_why),
		T(closing_while_it_opens_is_no_matter),
		T(a_tick_takes_all_below_and_u_takes_it_back),
		T(finding_goes_through_closed_branches_and_escape_returns),
		T(the_menu_says_every_line_whole),
		T(a_jump_by_words_finds_the_mailbox),
		T(messages_and_their_text_at_80x24),
		T(messages_beside_their_text_at_120x40),
		T(a_filter_and_invert_tick_what_is_shown),
		T(hostile_names_and_subjects_are_harmless),
		T(a_message_is_read_written_and_left),
		cmocka_unit_test(a_deleted_mailbox_says_since_when),
		cmocka_unit_test(users_come_first_with_their_domains_and_gaps_are_filled),
		cmocka_unit_test(inbox_comes_first_then_special_use_then_natural_order),
		cmocka_unit_test(names_deeper_than_any_keep_their_place),
		cmocka_unit_test(patterns_and_commands_are_exact),
		cmocka_unit_test(a_basket_asks_with_few_patterns_and_for_nothing_else),
		cmocka_unit_test(domains_are_asked_for_by_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
