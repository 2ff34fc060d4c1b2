/* SPDX-License-Identifier: BSD-2-Clause */
/* What the installed Cyrus says of the same imapd.conf and mailboxes.db. */
#include "support/test.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/spawn.h"
#include "cyrus/conf.h"
#include "cyrus/conf_options.h"
#include "cyrus/paths.h"
#include "cyrus/server_parts.h"
#include "support/dbwriter.h"
#include <cyrkeep/server.h>

#define BIN "/usr/lib/cyrus/bin/"
#define L   "\x1f"

struct fixture {
	char *dir, *conf, *mailboxes;
	const char *user; /* who runs Cyrus's tools */
};

/* Root's tools become cyrus by themselves, so everything must be his. */
static void give_to_cyrus(const char *path)
{
	const struct passwd *pw = getuid() == 0 ? getpwnam("cyrus") : NULL;
	if (pw)
		assert_int_equal(chown(path, pw->pw_uid, pw->pw_gid), 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	const struct passwd *pw = getuid() == 0 ? getpwnam("cyrus") : getpwuid(getuid());
	f->user = pw ? pw->pw_name : NULL;
	f->dir = test_tmpdir();
	assert_true(asprintf(&f->conf, "%s/imapd.conf", f->dir) > 0);
	assert_true(asprintf(&f->mailboxes, "%s/mailboxes.db", f->dir) > 0);
	give_to_cyrus(f->dir);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	test_rmtree(f->dir);
	free(f->dir);
	free(f->conf);
	free(f->mailboxes);
	free(f);
	return 0;
}

static void need(const struct fixture *f, const char *tool)
{
	if (f->user && access(tool, X_OK) == 0)
		return;
	print_message("%s: ", tool);
	test_skip("it or the Cyrus user is not installed");
}

static void write_conf(const struct fixture *f, const char *more)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	ck_buf_addf(&text,
	            "configdirectory: %s\npartition-default: %s/d\npartition-two: %s/two\n"
	            "metapartition-two: %s/meta\nmetapartition_files: header index cache\n"
	            "archive_enabled: yes\narchivepartition-two: %s/arc\nsievedir: %s/s\n"
	            "cyrus_user: %s\n%s",
	            f->dir, f->dir, f->dir, f->dir, f->dir, f->dir, f->user, more);
	test_write(f->conf, text.data, text.len);
	give_to_cyrus(f->conf);
}

static int run(const char *const *argv, struct ck_buf *out)
{
	struct ck_err err = CK_ERR_INIT;
	int status = -1;
	assert_ok(spawn_run(argv, 20000, out, &status, &err), &err);
	return status;
}

/* Legacy and uuid directories; users, shared, dots, domains, no letters. */
static const struct {
	const char *key, *value;
} records[] = {
	{"Nshared", "%(T el I idshared P default V 1 A %(anyone lrs))"},
	{"Nshared" L "Team", "%(T el I idteam00 P two V 1 A %(anyone lrs))"},
	{"Nshared" L "x.y", "%(T el I idxy0000 P default V 1 A %(anyone lrs))"},
	{"Nuser" L "9lives", "%(T el I id9lives P default V 1 A %(anyone lrs))"},
	{"Nuser" L "Anne", "%(T el I idAnne00 P default V 1 A %(anyone lrs))"},
	{"Nuser" L "anne", "%(T el I idanne00 P default V 1 A %(anyone lrs))"},
	{"Nuser" L "anne" L "Sent", "%(T el I idsent00 P two V 1 A %(anyone lrs))"},
	{"Nuser" L "anne" L "a.b", "%(T e I xydot000 P default V 1 A %(anyone lrs))"},
	{"Nuser" L "john.doe", "%(T el I idjohn00 P two V 1 A %(anyone lrs))"},
	{"Nuser" L "zoe", "%(T e I zoeid000 P two V 1 A %(anyone lrs))"},
	{"Nuser" L "zoe.doe", "%(T e I 0zdoeid0 P default V 1 A %(anyone lrs))"},
	{"Nvirt.test\x1dteams", "%(T el I idteams0 P default V 1 A %(anyone lrs))"},
	{"Nvirt.test\x1duser" L "eve", "%(T el I ideve000 P default V 1 A %(anyone lrs))"},
	{"Nvirt.test\x1duser" L "eve" L "Sent", "%(T el I idevesnt P two V 1 A %(anyone lrs))"},
	{"Nvirt.test\x1duser" L "j.d", "%(T el I idjd0000 P default V 1 A %(anyone lrs))"},
	{"Nvirt.test\x1duser" L "zed", "%(T e I zedid000 P default V 1 A %(anyone lrs))"},
};

static void write_mailboxes(const struct fixture *f)
{
	struct dbwriter *w = dbwriter_new(DB_TWOSKIP);
	for (size_t i = 0; i < CK_COUNT(records); i++)
		dbwriter_puts(w, records[i].key, records[i].value);
	dbwriter_commit(w);
	dbwriter_save(w, f->mailboxes);
	dbwriter_free(w);
	give_to_cyrus(f->mailboxes);
}

static void add_directory(struct ck_buf *text, const char *label, const char *path)
{
	ck_buf_addf(text, "%s: %s\n", label, path);
}

/* The directory of a path, in place. */
static char *parent(struct ck_buf *path)
{
	char *slash = strrchr(path->data, '/');
	assert_non_null(slash);
	*slash = '\0';
	return path->data;
}

/* Of a shared mailbox itself. */
static const struct ck_mailbox *inbox_of(const struct ck_server *server, const struct ck_mailbox *m)
{
	for (size_t i = 0; m->user && i < server->nmailboxes; i++) {
		const struct ck_mailbox *inbox = &server->mailboxes[i];
		if (inbox->flags & CK_MBOX_INBOX && strcmp(inbox->user, m->user) == 0)
			return inbox;
	}
	assert_null(m->user);
	return m;
}

/* As mbpath -a prints it. */
static void describe(const struct ck_server *server, const struct ck_mailbox *m, struct ck_buf *ret)
{
	CK_CLEANUP(mailbox_paths_fini) struct mailbox_paths paths = {0};
	CK_CLEANUP(ck_buf_fini)
	struct ck_buf sieve = CK_BUF_INIT, user = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(mailbox_paths(server, m, &paths, &err), &err);
	add_directory(ret, "Archive", paths.archive ? paths.archive : paths.data);
	add_directory(ret, "Data", paths.data);
	add_directory(ret, "Meta", paths.meta[META_INDEX]);
	const struct ck_mailbox *owner = inbox_of(server, m);
	int r = sieve_dir(server, owner, &sieve);
	if (r == CK_ENOTFOUND)
		ck_buf_addf(&sieve, "%s/global", server->conf->sievedir);
	add_directory(ret, "Sieve", sieve.data);
	assert_int_equal(user_file(server, owner, "seen", &user), 0);
	add_directory(ret, "User", parent(&user));
}

static void compare_with_mbpath(const struct fixture *f, const char *more)
{
	struct ck_settings settings = {.imapd_conf = f->conf};
	struct ck_server *server = NULL;
	struct ck_err err = CK_ERR_INIT;
	write_conf(f, more);
	assert_ok(ck_server_open(&settings, NULL, &server, &err), &err);
	assert_int_equal(server->nmailboxes, CK_COUNT(records));
	assert_non_null(server->version);
	for (size_t i = 0; i < server->nmailboxes; i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf ours = CK_BUF_INIT, theirs = CK_BUF_INIT;
		const char *const argv[] = {
			BIN "mbpath", "-C", f->conf, "-a", server->mailboxes[i].name, NULL};
		describe(server, &server->mailboxes[i], &ours);
		assert_int_equal(run(argv, &theirs), 0);
		if (strcmp(ours.data, theirs.data) != 0)
			fail_msg("with '%s', '%s' is\n%sinstead of\n%s", more,
			         server->mailboxes[i].name, ours.data, theirs.data);
	}
	ck_server_close(server);
}

static void test_mbpath_prints_the_same_directories(void **state)
{
	const struct fixture *f = *state;
	need(f, BIN "mbpath");
	write_mailboxes(f);
	compare_with_mbpath(f, "virtdomains: userid\n");
	compare_with_mbpath(f, "virtdomains: userid\nhashimapspool: yes\n");
	compare_with_mbpath(f, "virtdomains: userid\nhashimapspool: yes\nfulldirhash: yes\n");
	compare_with_mbpath(f, "virtdomains: userid\nunixhierarchysep: no\naltnamespace: no\n");
}

/* Behind "configdirectory" and "partition-default". */
static const char *const settings[] = {
	"foo: 1\n",
	"foo: 1\nfoo: 2\n",
	"imap_admins: a\nimap_admins: b\n",
	"partition-default: /e\n",
	"foo:  \n",
	"foo bar\n",
	"foo : bar\n",
	"  foo: bar\n",
	"# foo\n  # foo\n",
	"# a \\\nfoo bar\n",
	"foo: a \\\nfoo bar\n",
	"foo: a \\",
	"@bogus: x\n",
	"@include: /nonexistent/x\n",
	"hashimapspool: Yes\n",
	"hashimapspool: yo\n",
	"hashimapspool: o\n",
	"hashimapspool: ofx\n",
	"hashimapspool: 10\n",
	"archive_enabled: maybe\n",
	"virtdomains: yes\n",
	"virtdomains: t\n",
	"virtdomains: Off\n",
	"virtdomains: maybe\n",
	"delete_mode: never\n",
	"metapartition_files: header  index\tcache\n",
	"metapartition_files: header bogus\n",
	"metapartition_files: header,index\n",
	"defaultpartition: a-b\n",
	"defaultpartition: Ab\n",
	"partition-a_b: /x\n",
};

static void test_cyr_info_refuses_the_same_settings(void **state)
{
	const struct fixture *f = *state;
	need(f, BIN "cyr_info");
	for (size_t i = 0; i < CK_COUNT(settings); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT, out = CK_BUF_INIT;
		struct ck_err err = CK_ERR_INIT;
		struct conf *conf = NULL;
		ck_buf_addf(&text, "configdirectory: %s\npartition-default: /d\n%s", f->dir,
		            settings[i]);
		test_write(f->conf, text.data, text.len);
		give_to_cyrus(f->conf);
		const char *const argv[] = {BIN "cyr_info", "-C", f->conf, "conf", NULL};
		bool theirs = run(argv, &out) == 0;
		bool ours = conf_load(f->conf, &conf, &err) == 0;
		conf_free(conf);
		if (ours != theirs)
			fail_msg("we %s, Cyrus says '%s' to: %s", ours ? "accept" : err.msg,
			         out.data, settings[i]);
	}
}

/* Ours may have a unit where theirs is a number: 128K for 131072, 32K for 32 of kilobytes. */
static bool is_default(const char *ours, const char *theirs)
{
	char *unit, *end;
	if (strcmp(ours, theirs) == 0)
		return true;
	long n = strtol(ours, &unit, 10), m = strtol(theirs, &end, 10);
	return unit > ours && strlen(unit) == 1 && end > theirs && !*end &&
	       (n == m || n * 1024 == m);
}

static void test_cyr_info_has_the_same_defaults(void **state)
{
	const struct fixture *f = *state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	CK_FREE char *version = NULL;
	size_t known = 0;
	need(f, BIN "cyr_info");
	test_write(f->conf, "configdirectory: /c\npartition-default: /d\n", 43);
	give_to_cyrus(f->conf);
	version = server_version(f->conf);
	const char *const argv[] = {BIN "cyr_info", "-C", f->conf, "conf-default", NULL};
	assert_int_equal(run(argv, &out), 0);
	for (char *line = out.data, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		char *theirs = strstr(line, ": ");
		if (!theirs)
			continue;
		*theirs = '\0';
		theirs += 2;
		const char *ours = conf_default(line, conf_release(version));
		if (!ours || strncmp(line, "partition-", 10) == 0)
			continue;
		if (!is_default(ours, theirs))
			fail_msg("%s: we say '%s', Cyrus '%s'", line, ours, theirs);
		known++;
	}
	assert_true(known > 250); /* of some 500, of which many have none */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mbpath_prints_the_same_directories, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(test_cyr_info_refuses_the_same_settings, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(test_cyr_info_has_the_same_defaults, set_up,
	                                        tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
