/* SPDX-License-Identifier: BSD-2-Clause */
/* Which archives there are, and which is meant by a number or "latest": several servers in one
 * destination, destinations for one run, a catalog.db that is lost, damaged, locked. */
#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/catalog.h"
#include "archive/places.h"
#include "archive/sql.h"
#include "base/fs.h"
#include "cyrus/identity.h"
#include "support/backup.h"
#include "support/spool.h"
#include <cyrkeep/archive.h>

#define NOBODY 65534
#define GONE   30

struct world {
	struct ck_settings settings;
	struct ck_destination destinations[2];
	char *dir, *host, *catalog;
};

static char *join(const char *dir, const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	w->dir = test_tmpdir();
	w->host = identity_host();
	w->settings.state = join(w->dir, "state");
	w->settings.imapd_conf = join(w->dir, "imapd.conf");
	w->catalog = join(w->dir, "state/catalog.db");
	w->destinations[0].path = join(w->dir, "main");
	w->destinations[1].path = join(w->dir, "other/");
	w->settings.destinations = w->destinations;
	w->settings.ndestinations = 2;
	test_write(w->settings.imapd_conf, "configdirectory: /c\npartition-default: /p\n", 42);
	assert_int_equal(mkdir(w->settings.state, 0700), 0);
	assert_int_equal(mkdir(w->destinations[0].path, 0700), 0);
	assert_int_equal(mkdir(w->destinations[1].path, 0700), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	test_rmtree(w->dir);
	free(w->settings.state);
	free(w->settings.imapd_conf);
	free(w->destinations[0].path);
	free(w->destinations[1].path);
	free(w->dir);
	free(w->host);
	free(w->catalog);
	free(w);
	return 0;
}

/* The catalogue knows the file as it is now, so that nothing opens it for a list. */
static void know(const char *catalog, const char *path, const char *headline)
{
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(united_closep) struct united *u = NULL;
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_ok(united_open(catalog, true, &u, &err), &err);
	assert_ok(united_put(u, path, (uint64_t)st.st_size,
	                     st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec, headline, &err),
	          &err);
}

/* An archive by its headline alone. @return its path, owned. */
static char *add(struct world *w, const char *name, unsigned number, const char *host,
                 const char *configdirectory, int64_t started)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	char *path = join(w->dir, name);
	ck_buf_addf(&line,
	            "{\"format\":1,\"archive\":%u,\"host\":\"%s\",\"kind\":\"full\",\"base\":0,"
	            "\"method\":\"stop\",\"started\":\"2026-09-%02dT10:00:00Z\",\"result\":\"ok\","
	            "\"separator\":\"/\"",
	            number, host, (int)started);
	if (configdirectory)
		ck_buf_addf(&line, ",\"configuration_directory\":\"%s\"", configdirectory);
	ck_buf_adds(&line, "}\n");
	test_write(path, line.data, line.len);
	know(w->catalog, path, line.data);
	return path;
}

static void found(struct world *w, const char *which, const char *name)
{
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *path = NULL;
	CK_FREE char *want = join(w->dir, name);
	assert_ok(ck_archive_find(&w->settings, which, &path, &err), &err);
	assert_string_equal(path, want);
}

static void not_found(struct world *w, const char *which, enum ck_code code, const char *words)
{
	struct ck_err err = CK_ERR_INIT;
	char *path = NULL;
	assert_err(ck_archive_find(&w->settings, which, &path, &err), &err, code, words);
	assert_true(*err.remedy);
	assert_null(path);
}

static size_t count(struct world *w)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive_info *list = NULL;
	size_t n = 0;
	assert_ok(ck_archives_list(&w->settings, &list, &n, &err), &err);
	ck_archives_free(list, n);
	return n;
}

static void latest_is_of_this_server(void **state)
{
	struct world *w = *state;
	not_found(w, "latest", CK_ENOTFOUND, "no archive yet");
	free(add(w, "main/b1.tar.zst", 1, "elsewhere.example.org", "/c", 20));
	not_found(w, "latest", CK_ENOTFOUND, "b1.tar.zst");
	not_found(w, "latest", CK_ENOTFOUND, "of 'elsewhere.example.org'");
	not_found(w, "latest", CK_ENOTFOUND, "give its path");
	free(add(w, "main/a2.tar.zst", 2, w->host, "/c", 3));
	found(w, "latest", "main/a2.tar.zst");
	free(add(w, "main/b3.tar.zst", 3, "elsewhere.example.org", "/c", 21));
	found(w, "latest", "main/a2.tar.zst");
	free(add(w, "other/a4.tar.zst", 4, w->host, "/c/", 4));
	found(w, "latest", "other/a4.tar.zst");
}

static void two_servers_of_one_host_are_two(void **state)
{
	struct world *w = *state;
	free(add(w, "main/a1.tar.zst", 1, w->host, "/another", 20));
	not_found(w, "latest", CK_ENOTFOUND, "with '/another'");
	not_found(w, "1", CK_ENOTFOUND, "with '/another'");
	free(add(w, "main/a2.tar.zst", 2, w->host, NULL, 3)); /* of a version that did not say */
	found(w, "latest", "main/a2.tar.zst");
}

static void a_host_has_its_name_in_any_case(void **state)
{
	struct world *w = *state;
	CK_FREE char *host = strdup(w->host);
	for (char *p = host; *p; p++)
		*p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
	free(add(w, "main/a1.tar.zst", 1, host, "/c", 1));
	found(w, "latest", "main/a1.tar.zst");
}

static void a_number_is_of_this_server(void **state)
{
	struct world *w = *state;
	free(add(w, "main/b1.tar.zst", 1, "elsewhere", "/c", 20));
	not_found(w, "1", CK_ENOTFOUND, "archive 1 is not of this server");
	not_found(w, "1", CK_ENOTFOUND, "main/b1.tar.zst");
	free(add(w, "other/a1.tar.zst", 1, w->host, "/c", 3));
	found(w, "1", "other/a1.tar.zst");
	not_found(w, "2", CK_ENOTFOUND, "no archive 2");
}

static void a_number_that_two_archives_have_is_ambiguous(void **state)
{
	struct world *w = *state;
	CK_FREE char *one = add(w, "main/a5.tar.zst", 5, w->host, "/c", 3);
	CK_FREE char *two = add(w, "other/a5.tar.zst", 5, w->host, "/c", 9);
	not_found(w, "5", CK_EFAIL, "main/a5.tar.zst");
	not_found(w, "5", CK_EFAIL, "other/a5.tar.zst");
	not_found(w, "5", CK_EFAIL, "give the path");
	found(w, "latest", "other/a5.tar.zst");
	assert_int_equal(unlink(two), 0);
	found(w, "5", "main/a5.tar.zst"); /* the other's file is gone */
	assert_int_equal(unlink(one), 0);
	not_found(w, "5", CK_ENOTFOUND, "not there any more");
	not_found(w, "latest", CK_ENOTFOUND, "not there any more");
}

static void a_copy_of_an_archive_is_as_good(void **state)
{
	struct world *w = *state;
	free(add(w, "main/a5.tar.zst", 5, w->host, "/c", 3));
	free(add(w, "other/a5.tar.zst", 5, w->host, "/c", 3));
	found(w, "5", "main/a5.tar.zst");
	assert_int_equal(count(w), 2);
	/* Of the same moment, but not of the same size: that is none. */
	free(add(w, "main/a6.tar.zst", 6, w->host, "/c", 4));
	free(add(w, "other/a6.tar.zst", 6, w->host, "/c/", 4));
	not_found(w, "6", CK_EFAIL, "main/a6.tar.zst");
}

/* Who is told to give the path of another server's archive gets one that is there. */
static void an_archive_of_elsewhere_that_is_there_is_named_first(void **state)
{
	struct world *w = *state;
	free(add(w, "main/b1.tar.zst", 1, "elsewhere", "/c", 3));
	CK_FREE char *newer = add(w, "main/b2.tar.zst", 2, "elsewhere", "/c", 9);
	not_found(w, "latest", CK_ENOTFOUND, "b2.tar.zst");
	assert_int_equal(unlink(newer), 0);
	not_found(w, "latest", CK_ENOTFOUND, "b1.tar.zst");
}

static void a_damaged_archive_does_not_vanish(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive_info *list = NULL;
	size_t n = 0;
	CK_FREE char *one = add(w, "main/1.tar.zst", 1, w->host, "/c", 1);
	CK_FREE char *two = add(w, "main/2.tar.zst", 2, w->host, "/c", 2);
	found(w, "latest", "main/2.tar.zst");
	test_write(two, "cut", 3);
	assert_ok(ck_archives_list(&w->settings, &list, &n, &err), &err);
	assert_int_equal(n, 2);
	assert_int_equal(list[0].number, 2);
	assert_int_equal(list[0].bytes, 3);
	assert_true(list[0].present && list[0].damaged);
	assert_false(list[1].damaged);
	ck_archives_free(list, n);
	found(w, "2", "main/2.tar.zst");
	found(w, "latest", "main/1.tar.zst"); /* what is asked for is one that can be used */
	test_write(one, "cut", 3);
	found(w, "latest", "main/2.tar.zst"); /* opening it says what is wrong */
}

/* catalog.db was lost, and what remembers nothing goes by the name of the file. */
static void a_damaged_archive_that_nothing_remembers_is_listed_by_its_name(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive_info *list = NULL;
	size_t n = 0;
	static const char *const others[] = {
		"main/backup.tar.zst", "main/h-20260912T1000Z-full.tar.zst",
		"main/-20260912T100000Z-full.tar.zst", "main/h-20260912T100000Z-half.tar.zst",
		"main/h-20261312T100000Z-full.tar.zst"};
	for (size_t i = 0; i < CK_COUNT(others); i++) {
		CK_FREE char *path = join(w->dir, others[i]);
		test_write(path, "cut", 3);
	}
	assert_int_equal(count(w), 0); /* somebody else's */
	CK_FREE char *name = NULL;
	assert_true(asprintf(&name, "main/%s-20260912T100000Z-full.tar.zst", w->host) > 0);
	CK_FREE char *path = join(w->dir, name);
	CK_FREE char *foreign = join(w->dir, "other/mail-2.x-20260911T100000Z-incr.tar.zst");
	test_write(path, "cut", 3);
	test_write(foreign, "", 0);
	for (int again = 0; again < 2; again++) {
		assert_ok(ck_archives_list(&w->settings, &list, &n, &err), &err);
		assert_int_equal(n, 2);
		assert_true(list[0].damaged && list[0].present && !list[0].foreign);
		assert_string_equal(list[0].path, path);
		assert_string_equal(list[0].host, w->host);
		assert_string_equal(list[0].kind, "full");
		assert_int_equal(list[0].number, 0);
		assert_int_equal(list[0].bytes, 3);
		assert_int_equal(list[0].started, 1789207200); /* 2026-09-12 10:00 */
		assert_true(list[1].damaged && list[1].foreign);
		assert_string_equal(list[1].host, "mail-2.x");
		assert_string_equal(list[1].kind, "incr");
		ck_archives_free(list, n);
	}
	found(w, "latest", name); /* opening it says what is wrong */
	free(add(w, "main/1.tar.zst", 1, w->host, "/c", 1));
	found(w, "latest", "main/1.tar.zst");
}

static void one_file_by_two_paths_is_one_archive(void **state)
{
	struct world *w = *state;
	CK_FREE char *one = add(w, "main/a5.tar.zst", 5, w->host, "/c", 3);
	CK_FREE char *link = join(w->dir, "link");
	CK_FREE char *two = join(w->dir, "link/a5.tar.zst");
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	assert_int_equal(symlink(w->destinations[0].path, link), 0);
	assert_ok(fs_read_file(AT_FDCWD, one, 4096, &line, &err), &err);
	know(w->catalog, two, line.data);
	assert_int_equal(count(w), 1);
	found(w, "5", "main/a5.tar.zst");
}

/* -- what is remembered ----------------------------------------------------------------------- */

static void a_destination_for_one_run_is_found_without_a_catalogue(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct spool *s = spool_new();
	struct ck_destination *main = &s->settings.destinations[0];
	CK_FREE char *catalog = spool_path(s, "state/catalog.db");
	CK_FREE char *usual = spool_path(s, "usual");
	struct backup b;
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	/* The settings name another directory now; so it was given for that run only. */
	free(main->path);
	main->path = strdup(usual);
	struct ck_archive_info *list = NULL;
	size_t n = 0;
	assert_ok(ck_archives_list(&s->settings, &list, &n, &err), &err);
	assert_int_equal(n, 1);
	ck_archives_free(list, n);
	assert_int_equal(unlink(catalog), 0);
	assert_ok(ck_archives_list(&s->settings, &list, &n, &err), &err);
	assert_int_equal(n, 1);
	assert_string_equal(list[0].path, b.report.path);
	assert_false(list[0].foreign);
	ck_archives_free(list, n);
	backup_fini(&b);
	spool_free(s);
}

static void places_are_remembered_once_and_survive_a_cut_line(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_strv_fini) struct ck_strv places = {0};
	CK_FREE char *file = join(w->settings.state, "destinations");
	assert_ok(places_read(&w->settings, &places, &err), &err);
	assert_int_equal(places.n, 0);
	assert_ok(places_add(&w->settings, "/srv/one", &err), &err);
	assert_ok(places_add(&w->settings, "/srv/two words", &err), &err);
	assert_ok(places_add(&w->settings, "/srv/one", &err), &err);
	struct stat st;
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_size, strlen("/srv/one\n/srv/two words\n"));
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(truncate(file, st.st_size - 3), 0);
	assert_ok(places_add(&w->settings, "/srv/three", &err), &err);
	assert_ok(places_read(&w->settings, &places, &err), &err);
	assert_true(ck_strv_has(&places, "/srv/one") && ck_strv_has(&places, "/srv/three"));
	assert_err(places_add(&w->settings, "/srv/a\nb", &err), &err, CK_EUSAGE, "newline");
}

/* A real archive, and some of which only the catalogue still knows. */
struct kept {
	struct spool *s;
	struct ck_settings *settings;
	char *catalog, *path;
};

static void kept_open(struct kept *k)
{
	struct ck_err err = CK_ERR_INIT;
	struct backup b;
	k->s = spool_new();
	k->settings = &k->s->settings;
	k->catalog = spool_path(k->s, "state/catalog.db");
	backup_run(&b, k->s, NULL, false);
	assert_ok(b.r, &b.err);
	k->path = strdup(b.report.path);
	backup_fini(&b);
	CK_CLEANUP(united_closep) struct united *u = NULL;
	assert_ok(united_open(k->catalog, true, &u, &err), &err);
	for (int i = 0; i < GONE; i++) {
		char path[64], line[600]; /* several pages of the database */
		snprintf(path, sizeof path, "/nowhere/%03d.tar.zst", i);
		snprintf(line, sizeof line, "{\"format\":1,\"host\":\"%0500d\"}", i);
		assert_ok(united_put(u, path, 1, 1, line, &err), &err);
	}
}

static void kept_close(struct kept *k)
{
	free(k->catalog);
	free(k->path);
	spool_free(k->s);
}

/* The archive is listed whatever has become of the catalogue. @return how many are known. */
static size_t kept_lists(const struct kept *k)
{
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *path = NULL;
	struct ck_archive_info *list = NULL;
	size_t n = 0;
	assert_ok(ck_archive_find(k->settings, "latest", &path, &err), &err);
	assert_string_equal(path, k->path);
	assert_ok(ck_archives_list(k->settings, &list, &n, &err), &err);
	ck_archives_free(list, n);
	return n;
}

static int count_row(void *arg, const char *path, uint64_t size, int64_t mtime_ns,
                     const char *headline, struct ck_err *err)
{
	(void)path, (void)size, (void)mtime_ns, (void)headline, (void)err;
	++*(size_t *)arg;
	return 0;
}

/* It can be read and written again, and knows the archive. */
static void kept_is_whole(const struct kept *k)
{
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(united_closep) struct united *u = NULL;
	size_t n = 0;
	assert_ok(united_open(k->catalog, true, &u, &err), &err);
	assert_ok(united_each(u, count_row, &n, &err), &err);
	assert_true(n >= 1);
}

static void a_catalogue_of_garbage_is_made_anew(void **state)
{
	(void)state;
	struct kept k;
	kept_open(&k);
	char garbage[20000];
	memset(garbage, 'x', sizeof garbage);
	test_write(k.catalog, garbage, sizeof garbage);
	assert_int_equal(kept_lists(&k), 1);
	kept_is_whole(&k);
	test_write(k.catalog, "", 0);
	assert_int_equal(kept_lists(&k), 1);
	kept_is_whole(&k);
	kept_close(&k);
}

static void a_catalogue_that_is_cut_is_made_anew(void **state)
{
	(void)state;
	struct kept k;
	kept_open(&k);
	struct stat st;
	assert_int_equal(stat(k.catalog, &st), 0);
	char *bytes = malloc((size_t)st.st_size);
	assert_non_null(bytes);
	int fd = open(k.catalog, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	for (off_t len = 0; len < st.st_size; len += 1 + st.st_size / 23) {
		test_write(k.catalog, bytes, (size_t)len);
		assert_true(kept_lists(&k) >= 1);
		kept_is_whole(&k);
	}
	/* A bit somewhere in the middle. */
	for (off_t at = 0; at < st.st_size; at += 1 + st.st_size / 37) {
		bytes[at] = (char)(bytes[at] ^ 0x10);
		test_write(k.catalog, bytes, (size_t)st.st_size);
		bytes[at] = (char)(bytes[at] ^ 0x10);
		assert_true(kept_lists(&k) >= 1);
	}
	free(bytes);
	kept_close(&k);
}

static void a_damaged_headline_is_read_from_the_archive(void **state)
{
	(void)state;
	struct kept k;
	kept_open(&k);
	know(k.catalog, k.path, "{\"form");
	assert_int_equal(kept_lists(&k), GONE + 1);
	kept_close(&k);
}

static void a_catalogue_that_cannot_be_written_is_read(void **state)
{
	(void)state;
	struct kept k;
	kept_open(&k);
	bool root = geteuid() == 0; /* may write everything: then somebody else does it */
	assert_int_equal(chmod(k.s->dir, 0755), 0);
	assert_int_equal(chmod(k.settings->state, 0777), 0);
	assert_int_equal(chmod(k.settings->destinations[0].path, 0755), 0);
	assert_int_equal(chmod(k.catalog, 0444), 0);
	assert_int_equal(root ? setresuid(NOBODY, NOBODY, 0) : 0, 0);
	size_t file = kept_lists(&k);
	assert_int_equal(root ? setresuid(0, 0, 0) : 0, 0);
	assert_int_equal(chmod(k.settings->state, 0555), 0);
	assert_int_equal(root ? setresuid(NOBODY, NOBODY, 0) : 0, 0);
	size_t directory = kept_lists(&k);
	assert_int_equal(root ? setresuid(0, 0, 0) : 0, 0);
	assert_int_equal(file, GONE + 1);
	assert_int_equal(directory, GONE + 1);
	assert_int_equal(chmod(k.settings->state, 0700), 0);
	kept_close(&k);
}

static void a_locked_catalogue_is_done_without(void **state)
{
	(void)state;
	struct kept k;
	kept_open(&k);
	struct ck_err err = CK_ERR_INIT;
	struct sql *db = NULL;
	assert_ok(sql_open(k.catalog, SQL_SHARED, &db, &err), &err);
	assert_ok(sql_exec(db, "BEGIN EXCLUSIVE", &err), &err);
	assert_int_equal(kept_lists(&k), 1);
	assert_ok(sql_exec(db, "COMMIT", &err), &err);
	sql_close(db);
	assert_int_equal(kept_lists(&k), GONE + 1); /* and it was not thrown away */
	kept_close(&k);
}

static void a_directory_in_its_place_is_done_without(void **state)
{
	(void)state;
	struct kept k;
	kept_open(&k);
	assert_int_equal(unlink(k.catalog), 0);
	assert_int_equal(mkdir(k.catalog, 0700), 0);
	assert_int_equal(kept_lists(&k), 1);
	kept_close(&k);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(latest_is_of_this_server),
		T(two_servers_of_one_host_are_two),
		T(a_host_has_its_name_in_any_case),
		T(a_number_is_of_this_server),
		T(a_number_that_two_archives_have_is_ambiguous),
		T(a_copy_of_an_archive_is_as_good),
		T(an_archive_of_elsewhere_that_is_there_is_named_first),
		T(a_damaged_archive_does_not_vanish),
		T(a_damaged_archive_that_nothing_remembers_is_listed_by_its_name),
		T(one_file_by_two_paths_is_one_archive),
		T(places_are_remembered_once_and_survive_a_cut_line),
		cmocka_unit_test(a_destination_for_one_run_is_found_without_a_catalogue),
		cmocka_unit_test(a_catalogue_of_garbage_is_made_anew),
		cmocka_unit_test(a_catalogue_that_is_cut_is_made_anew),
		cmocka_unit_test(a_damaged_headline_is_read_from_the_archive),
		cmocka_unit_test(a_catalogue_that_cannot_be_written_is_read),
		cmocka_unit_test(a_locked_catalogue_is_done_without),
		cmocka_unit_test(a_directory_in_its_place_is_done_without),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
