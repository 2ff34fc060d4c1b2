/* SPDX-License-Identifier: BSD-2-Clause */
/* The screen of settings that differ between an archive and this server. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archives/browse.h"
#include "loop/app_private.h"
#include "support/backup.h"
#include "support/world.h"

/* The same in every directory: what the spool needs, with @more behind it. */
static void write_imapd(const struct world *w, const char *more)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	const char *dir = w->spool->dir;
	ck_buf_addf(&text,
	            "configdirectory: %s/conf\npartition-default: %s/one\npartition-two: %s/two\n"
	            "metapartition-two: %s/meta\nmetapartition_files: header index cache\n"
	            "archivepartition-two: %s/arch\narchive_enabled: yes\nsievedir: %s/sieve\n%s",
	            dir, dir, dir, dir, dir, dir, more);
	test_write(w->spool->settings.imapd_conf, text.data, text.len);
}

static void write_master(const struct world *w, const char *text)
{
	test_write(w->spool->settings.cyrus_conf, text, strlen(text));
}

static void back_up(struct world *w, bool without_secrets)
{
	struct backup b;
	if (without_secrets)
		backup_run_without_secrets(&b, w->spool);
	else
		backup_run(&b, w->spool, NULL, false);
	assert_ok(b.r, &b.err);
	backup_fini(&b);
}

static const char then[] =
	"unixhierarchysep: no\naltnamespace: no\nquota_db: skiplist\nadmins: cyrus\n"
	"sasl_sql_passwd: hunter2\nmotd: \xe6\x9d\x8e\xe9\x9b\xb7 \x1b[31mred\nallowusermoves: "
	"yes\n"
	"servername: a.rather.long.name.of.a.server.that.no.column.holds.example.org\n";
static const char now[] = "unixhierarchysep: yes\nadmins: cyrus mira\nsasl_sql_passwd: geheim\n"
			  "servername: mail1.example.org\nfulldirhash: no\npopminpoll: 3\n";

static int setup(void **state)
{
	world_setup_spool(state);
	struct world *w = *state;
	world_use_usual_settings(w);
	return 0;
}

/* An archive of a server with other settings than this one, at the screen. */
static void open_changed(struct world *w, int rows, int cols, enum screen_charset charset)
{
	write_imapd(w, then);
	write_master(w, "SERVICES {\n imap cmd=\"imapd -U 30\" listen=imap\n}\n"
	                "EVENTS {\n prune cmd=\"cyr_expire -E 3\" at=0400\n}\n");
	back_up(w, false);
	write_imapd(w, now);
	write_master(w, "SERVICES {\n imap cmd=\"imapd -U 30\" listen=143\n}\n"
	                "DAEMON {\n idled cmd=idled\n}\n");
	screen_open(&w->s, &w->spool->settings, &ui_view_settings,
	            &(struct ui_browse_arg){.which = "7"}, rows, cols, charset);
}

static void settings_at_80x24(void **state)
{
	struct world *w = *state;
	open_changed(w, 24, 80, SCREEN_UTF8);
	screen_expect(&w->s, 3, "Reading the settings ...");
	screen_wait(&w->s);
	screen_golden(&w->s, "settings-80x24");
}

static void settings_at_120x40(void **state)
{
	struct world *w = *state;
	open_changed(w, 40, 120, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_keys(&w->s, "End Up Up");
	screen_golden(&w->s, "settings-120x40");
}

static void settings_in_ascii(void **state)
{
	struct world *w = *state;
	open_changed(w, 24, 80, SCREEN_ASCII);
	screen_wait(&w->s);
	screen_keys(&w->s, "Down Down Down Down Down Down");
	screen_golden(&w->s, "settings-80x24-ascii");
}

static void every_value_can_be_read_in_full(void **state)
{
	struct world *w = *state;
	open_changed(w, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_keys(&w->s, "Down Down Down Down Down Down F3");
	screen_expect(&w->s, 2, "servername");
	assert_true(screen_has(&w->s, "a.rather.long.name.of.a.server.that.no.column.holds"));
	assert_false(screen_has(&w->s, "allowusermoves"));
	screen_keys(&w->s, "Esc");
	screen_expect(&w->s, 9, ">  servername");
	screen_keys(&w->s, "Enter Enter");
	screen_expect(&w->s, 9, ">  servername");
	screen_resize(&w->s, 24, 120);
	screen_expect(&w->s, 9, ">  servername");
	screen_resize(&w->s, 16, 60);
	assert_true(screen_has(&w->s, ">  servername"));
}

static void secrets_stay_secret(void **state)
{
	struct world *w = *state;
	open_changed(w, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_keys(&w->s, "Down Down Down Down Down");
	screen_expect(&w->s, 8, ">  sasl_sql_passwd");
	for (int i = 0; i < 2; i++) {
		assert_false(screen_has(&w->s, "hunter2"));
		assert_false(screen_has(&w->s, "geheim"));
		assert_true(screen_has(&w->s, "then  differs, not shown"));
		screen_keys(&w->s, "F3");
	}
}

static void nothing_that_differs_is_said_in_words(void **state)
{
	struct world *w = *state;
	write_imapd(w, then);
	back_up(w, false);
	screen_open(&w->s, &w->spool->settings, &ui_view_settings, NULL, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_golden(&w->s, "settings-same-80x24");
	screen_keys(&w->s, "Down Enter F3");
	screen_expect(&w->s, 2, "In words");
	write_imapd(w, now);
	screen_keys(&w->s, "r");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, ">! unixhierarchysep");
}

static void an_archive_without_secrets_says_so(void **state)
{
	struct world *w = *state;
	write_imapd(w, then);
	assert_int_equal(unlink(w->spool->settings.cyrus_conf), 0);
	back_up(w, true);
	screen_open(&w->s, &w->spool->settings, &ui_view_settings, NULL, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_golden(&w->s, "settings-bare-80x24");
}

static void what_cannot_be_read_is_told_with_its_remedy(void **state)
{
	struct world *w = *state;
	screen_open(&w->s, &w->spool->settings, &ui_view_settings, NULL, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "The settings cannot be compared:");
	back_up(w, false);
	write_imapd(w, "foo: 1\nfoo: 2\n");
	screen_keys(&w->s, "r");
	screen_wait(&w->s);
	assert_true(screen_has(&w->s, "option 'foo' is already set"));
	assert_true(screen_has(&w->s, "remove one of the two lines"));
	write_imapd(w, "unixhierarchysep: yes\n");
	screen_keys(&w->s, "r");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, "Nothing differs");
}

static void archives_and_what_is_in_them_lead_there(void **state)
{
	struct world *w = *state;
	open_changed(w, 24, 80, SCREEN_UTF8);
	screen_wait(&w->s);
	screen_keys(&w->s, "4");
	screen_read_house(&w->s);
	screen_wait(&w->s);
	screen_keys(&w->s, "c");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, ">! unixhierarchysep");
	screen_keys(&w->s, "q");
	screen_expect(&w->s, 1, "Archives in ");
	screen_keys(&w->s, "Enter");
	screen_wait(&w->s);
	screen_keys(&w->s, "c");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, ">! unixhierarchysep");
	screen_keys(&w->s, "q q 1 : 'settings' Enter");
	screen_wait(&w->s);
	screen_expect(&w->s, 3, ">! unixhierarchysep");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(settings_at_80x24),
		T(settings_at_120x40),
		T(settings_in_ascii),
		T(every_value_can_be_read_in_full),
		T(secrets_stay_secret),
		T(nothing_that_differs_is_said_in_words),
		T(an_archive_without_secrets_says_so),
		T(what_cannot_be_read_is_told_with_its_remedy),
		T(archives_and_what_is_in_them_lead_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
