/* SPDX-License-Identifier: BSD-2-Clause */
/* A key is answered at once, however much there is: each screen with as much as there may be. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archives/browse.h"
#include "backup/wizard.h"
#include "loop/house.h"
#include "support/bigarchive.h"
#include "support/fixture.h"
#include "support/keytime.h"
#include "support/memserver.h"
#include "support/world.h"
#include "words/fmt.h"

#define FOLDERS 20 /* of each user, INBOX included */

#define MOVING "Down PgDn C-d Up C-u PgUp G Up g Down End Home j k "

/* Valgrind gets fewer, but more than the boxes of which a pattern makes one rule. */
static size_t users(void)
{
	return test_in_valgrind() ? 600 : 50000;
}

/* --- sources -------------------------------------------------------------------------- */

static void fill(struct memserver *m, size_t users)
{
	char name[64];
	memserver_init(m, users * FOLDERS);
	for (size_t u = 0; u < users; u++) {
		snprintf(name, sizeof name, "user/u%05zu", u);
		memserver_add(m, name, u % 2 ? 0 : 2)->flags = CK_MBOX_INBOX;
		for (int f = 1; f < FOLDERS; f++) {
			snprintf(name, sizeof name, "user/u%05zu/folder %d", u, f);
			memserver_add(m, name, u % 2 ? 0 : 2);
		}
	}
}

static void press_sources(struct world *w)
{
	struct screen *s = &w->s;
	const struct ui_wizard *wizard = ui_wizard_of(ui_app_top(s->app));
	keytime(s, "sources: moving", MOVING MOVING);
	keytime(s, "sources: opening and closing",
	        "g Down Down Right Down Right Left Left Enter Enter G Left G Right ] G [ g ] G g "
	        "[");
	keytime(s, "sources: everything open", "g ] Down Down ] G PgUp Left Left G Left g [ ] G");
	keytime(s, "sources: moving, everything open", MOVING MOVING);
	keytime(s, "sources: ticking users and folders",
	        "g Down Down Down Down Space Down Space u U u Insert Insert Insert u u u");
	keytime_wait(s, "sources: until settled");
	assert_boxes_sound(&wizard->boxes.now);
	keytime(s, "sources: ticking half of it at once",
	        "g Down Space Space Space u u U u u Space u Insert u");
	keytime_calm(s, "sources: the same, each when all is settled",
	             "Space Space Space u u U u u Space u Insert u");
	assert_boxes_sound(&wizard->boxes.now);
	keytime(s, "sources: finding", "/ 'u499/folder 7'");
	keytime_wait(s, "sources: until all is found");
	keytime(s, "sources: with what was found", "Enter " MOVING " Space u Space u Esc");
	keytime(s, "sources: finding everything", "/ 'user' BackTab");
	keytime_wait(s, "sources: until everything is found");
	keytime(s, "sources: with everything found", "Enter " MOVING " Space u Space u Esc");
	keytime_wait(s, "sources: until settled");

	for (int i = 0; i < 4; i++) {
		keytime(s, "sources: grouping otherwise", "C");
		keytime_wait(s, "sources: until grouped");
		keytime(s, "sources: grouped otherwise", "g ] " MOVING "Space u [");
		keytime_wait(s, "sources: until settled");
	}

	/* by name, messages, size, what is left out; then as it was */
	keytime(s, "sources: everything open", "g ]");
	for (int i = 0; i < 5; i++) {
		keytime(s, "sources: sorting", "s");
		keytime_wait(s, "sources: until sorted");
		keytime(s, "sources: sorted", MOVING "Space u");
		if (i == 2) {
			keytime(s, "sources: finding", "/ 'folder 7' Enter");
			keytime_wait(s, "sources: until all is found");
			keytime(s, "sources: with what was found", MOVING);
		}
		keytime_wait(s, "sources: until settled");
	}
	keytime(s, "sources: everything closed", "Esc g [");

	/* a pattern becomes one rule, not 50 000 */
	size_t rules = wizard->plan.exclude.n;
	uint64_t taken = wizard->est.taken_mailboxes;
	keytime(s, "sources: unticking by pattern", "- 'user/%/folder 7' Enter");
	keytime_wait(s, "sources: until it is a rule");
	assert_true(ui_wizard_is_settled(wizard));
	assert_int_equal(wizard->plan.exclude.n, rules + 1);
	assert_string_equal(wizard->plan.exclude.items[rules], "name:user/%/folder 7");
	assert_int_equal(taken - wizard->est.taken_mailboxes, users());
	keytime(s, "sources: ticking between what rules take",
	        "g Down Space Space Space u u U u u Space u Insert u");
	keytime_wait(s, "sources: until settled");
	keytime(s, "rules", "R " MOVING " K J u U F8 u q");
	keytime_wait(s, "sources: until settled");
	for (int page = 0; page < 3; page++) {
		keytime(s, "the next page", "F5");
		keytime_wait(s, "the next page");
	}
	screen_expect(s, 1, "[4 Review]");
	keytime(s, "review", "Up Down = Esc r");
	keytime(s, "back to sources", "q q q");
	keytime_wait(s, "sources: until settled");
}

static void sources(void **state)
{
	struct world *w = *state;
	struct memserver m;
	fill(&m, users());
	struct ck_tree *tree = tree_of(&m);
	struct ui_partition_use use[3] = {{0}};
	/* one reference is ours, so that nobody closes what was never opened */
	struct ui_server server = {.server = &m.server,
	                           .trees = {tree},
	                           .mailboxes = users() * FOLDERS,
	                           .partitions = use,
	                           .refs = 2};
	screen_open(&w->s, &w->settings, &ui_view_source, NULL, 60, 200, SCREEN_UTF8);
	screen_wait(&w->s);
	fixture_server(w->dir);
	ui_app_house(w->s.app)->server = &server;
	ui_app_house(w->s.app)->server_known = true;
	ui_app_news(w->s.app);
	keytime_wait(&w->s, "sources: opening");
	assert_true(ui_wizard_is_settled(ui_wizard_of(ui_app_top(w->s.app))));
	press_sources(w);
	screen_close(&w->s);
	assert_int_equal(server.refs, 1);
	for (size_t i = 0; i < CK_GROUPINGS; i++)
		ck_tree_free(server.trees[i]);
	memserver_fini(&m);
}

/* --- an archive ----------------------------------------------------------------------- */

static void archive(void **state)
{
	struct world *w = *state;
	struct screen *s = &w->s;
	struct bigarchive b = {.users = users(), .folders = FOLDERS, .messages = users() * 6};
	char *path = NULL;
	assert_true(asprintf(&path, "%s/mx-20261123T020000Z-full.tar.zst", w->dir) > 0);
	bigarchive_write(path, &b);
	screen_open(s, &w->settings, &ui_view_browse, &(struct ui_browse_arg){.which = path}, 60,
	            200, SCREEN_UTF8);
	keytime_wait(s, "archive: opening");
	keytime(s, "archive: moving", MOVING MOVING);
	keytime(s, "archive: opening and closing",
	        "g Right Down Left Left Right ] G [ g G Right G");
	keytime(s, "archive: the basket",
	        "g Space Down Space Space Insert Insert Insert Space G Space");
	keytime(s, "archive: moving, with a basket", MOVING MOVING);
	keytime(s, "archive: restoring the basket", "F6");
	keytime(s, "archive: back", "q u");
	keytime(s, "archive: as a list, sorted", "C " MOVING " s");
	keytime_wait(s, "archive: until sorted");
	keytime(s, "archive: sorted", MOVING "s");
	keytime_wait(s, "archive: until sorted");
	keytime(s, "archive: sorted by size", MOVING "s");
	keytime_wait(s, "archive: until sorted");
	keytime(s, "archive: back to the tree", "C C");
	keytime(s, "archive: finding", "/ 'u499 folder 7'");
	keytime_wait(s, "archive: until all is found");
	keytime(s, "archive: with what was found", "Enter " MOVING " Space Esc");
	keytime(s, "messages: opening", "g [ Right Down Enter");
	keytime_wait(s, "messages: opening");
	keytime(s, "messages: moving", MOVING MOVING);
	keytime(s, "messages: the basket", "g Space Down Space Space Insert Insert * u * F6");
	keytime(s, "messages: back", "q u");
	keytime(s, "messages: finding", "/ 'offer 33'");
	keytime_wait(s, "messages: until all is found");
	keytime(s, "messages: with what was found", "Enter " MOVING " * Esc");
	keytime(s, "messages: sorting", "s");
	keytime_wait(s, "messages: until sorted by date");
	keytime(s, "messages: sorting", "s");
	keytime_wait(s, "messages: until sorted by sender");
	keytime(s, "messages: sorting", "s");
	keytime_wait(s, "messages: until sorted by subject");
	keytime(s, "messages: sorted", MOVING "* u");
	keytime(s, "messages: reading", "Enter");
	keytime_wait(s, "messages: until read");
	keytime(s, "messages: leaving", "q q");
	keytime(s, "archive: leaving", "q");
	keytime_wait(s, "archive: until all is gone");
	free(path);
}

/* --- jobs ------------------------------------------------------------------------------ */

/** A job that made @n findings. */
static void write_log(struct world *w, struct joblog *j, size_t n)
{
	static const char time[] = "\"time\":\"2026-11-23T10:41:43.469Z\"";
	struct ck_buf lines = CK_BUF_INIT;
	joblog_start(j, &w->settings, 413, CK_JOB_BACKUP, "backup of everything", SCREEN_NOW - 60);
	ck_buf_addf(&lines, "{\"event\":\"state\",%s,\"state\":\"running\"}\n", time);
	for (size_t i = 0; i < n; i++)
		ck_buf_addf(&lines,
		            "{\"event\":\"finding\",%s,\"mailbox\":\"user/u%05zu/folder 7\","
		            "\"uid\":%zu,\"code\":\"guid-mismatch\",\"text\":\"the message is not "
		            "what its index says\",\"remedy\":\"run reconstruct\"}\n",
		            time, i % 50000, i + 1);
	ck_buf_addf(&lines, "{\"event\":\"report\",%s,\"result\":\"findings\",\"findings\":%zu}\n",
	            time, n);
	assert_false(lines.failed);
	joblog_say(j, lines.data);
	joblog_end(j);
	ck_buf_fini(&lines);
}

static void read_log(struct screen *s, const char *what, size_t lines)
{
	char all[40];
	(void)snprintf(all, sizeof all, "of %s", ui_fmt_count(lines).s);
	keytime_follow(s, what, all);
}

static void log_and_report(void **state)
{
	struct world *w = *state;
	struct screen *s = &w->s;
	struct joblog j;
	uint32_t job = 413;
	size_t n = users() * 4;
	write_log(w, &j, n);
	screen_open(s, &w->settings, &ui_view_joblog, &job, 60, 200, SCREEN_UTF8);
	keytime(s, "log: finding while it is read", "/ 'u499' Enter");
	read_log(s, "log: reading", n + 2);
	keytime(s, "log: all of it", "/ C-u Enter " MOVING);
	keytime(s, "log: finding", "/ '7 u49999'");
	keytime_wait(s, "log: until all is found");
	keytime(s, "log: with what was found", "Enter " MOVING " Enter Esc");
	keytime(s, "log: leaving", "q");
	assert_int_equal(ui_app_push(s->app, &ui_view_report, &job), 0);
	read_log(s, "report: reading", n);
	keytime(s, "report: moving", MOVING MOVING);
	keytime(s, "report: finding", "/ '7 u49999'");
	keytime_wait(s, "report: until all is found");
	keytime(s, "report: with what was found", "Enter " MOVING " Enter Esc");
	keytime(s, "report: leaving", "q");
}

static char *text(const char *words)
{
	char *copy = strdup(words);
	assert_non_null(copy);
	return copy;
}

/** @n backups; every fourth was verified, every fifth made no archive. */
static void fill_house(struct ui_house *h, size_t n)
{
	h->jobs = calloc(n * 2, sizeof *h->jobs);
	h->archives = calloc(n, sizeof *h->archives);
	assert_true(h->jobs && h->archives);
	for (size_t i = n; i-- > 0;) {
		uint32_t number = (uint32_t)i + 1;
		int64_t at = SCREEN_NOW - (int64_t)(n - i) * 3600;
		bool failed = i % 5 == 0;
		if (i % 4 == 0)
			h->jobs[h->njobs++] = (struct ck_job){.job = number + (uint32_t)n,
			                                      .kind = CK_JOB_VERIFY,
			                                      .state = CK_JOB_DONE,
			                                      .started_ms = (at + 600) * 1000,
			                                      .ended_ms = (at + 900) * 1000,
			                                      .who = text("root"),
			                                      .title = text("verify of an archive"),
			                                      .result = CK_RESULT_OK,
			                                      .report = {.archive = number}};
		h->jobs[h->njobs++] = (struct ck_job){
			.job = number,
			.kind = CK_JOB_BACKUP,
			.state = CK_JOB_DONE,
			.started_ms = at * 1000,
			.ended_ms = (at + (int64_t)(i % 700)) * 1000,
			.who = text("root on pts/1"),
			.title = text("backup of everything by stop to main"),
			.result = failed ? CK_RESULT_FAILED : CK_RESULT_OK,
			.report = {.error = failed ? text("the disk is full") : NULL}};
		if (failed)
			continue;
		char path[80];
		(void)snprintf(path, sizeof path, "/var/backups/cyrkeep/mx-%zu-full.tar.zst", i);
		h->archives[h->narchives++] = (struct ck_archive_info){.number = number,
		                                                       .path = text(path),
		                                                       .host = text("mx"),
		                                                       .kind = "full",
		                                                       .method = "stop",
		                                                       .started = at,
		                                                       .result = CK_RESULT_OK,
		                                                       .mailboxes = 10,
		                                                       .messages = i % 1000,
		                                                       .bytes = i * 77 % 100000,
		                                                       .present = true};
	}
	h->jobs_known = h->archives_known = true;
}

static void jobs_and_archives(void **state)
{
	struct world *w = *state;
	struct screen *s = &w->s;
	screen_open(s, &w->settings, NULL, NULL, 60, 200, SCREEN_UTF8);
	fill_house(ui_app_house(s->app), users() / 2);
	keytime(s, "home", MOVING);
	keytime(s, "jobs: opening", "3");
	keytime(s, "jobs: moving", MOVING MOVING);
	keytime(s, "jobs: finding", "/ 'full 4999'");
	keytime_wait(s, "jobs: until all is found");
	keytime(s, "jobs: with what was found", "Enter " MOVING);
	for (int i = 0; i < 4; i++) {
		keytime(s, "jobs: sorting", "s");
		keytime_wait(s, "jobs: until sorted");
	}
	keytime(s, "archives: opening", "4");
	keytime(s, "archives: moving", MOVING MOVING);
	for (int i = 0; i < 4; i++) {
		keytime(s, "archives: sorting", "s");
		keytime_wait(s, "archives: until sorted");
		keytime(s, "archives: sorted", MOVING);
	}
	keytime_news(s, "all: lists that were read again");
	keytime_wait(s, "all: until sorted again");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(sources),
		T(archive),
		T(log_and_report),
		T(jobs_and_archives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
