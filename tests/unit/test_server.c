/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cyrus/db.h"
#include "cyrus/paths.h"
#include "cyrus/server_parts.h"
#include "support/dbwriter.h"
#include "support/indexwriter.h"
#include <cyrkeep/server.h>

#define L "\x1f" /* between levels of a database name */

/* A server below a directory of its own, and the settings that point at it. */
struct spool {
	char *dir, *conf, *pidfile;
	struct ck_settings settings;
};

static char *path_in(const struct spool *s, const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/%s", s->dir, name) > 0);
	return path;
}

static void write_conf(struct spool *s, const char *more)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	ck_buf_addf(&text,
	            "configdirectory: %s/conf\npartition-default: %s/one\n"
	            "partition-two: %s/two\nmetapartition-two: %s/meta\n"
	            "metapartition_files: index\nhashimapspool: yes\nvirtdomains: userid\n%s",
	            s->dir, s->dir, s->dir, s->dir, more);
	test_write(s->conf, text.data, text.len);
}

static struct spool spool_new(void)
{
	struct spool s = {.dir = test_tmpdir()};
	static const char *const dirs[] = {"conf", "one", "two", "meta"};
	s.conf = path_in(&s, "imapd.conf");
	s.pidfile = path_in(&s, "master.pid");
	s.settings.imapd_conf = s.conf;
	s.settings.master.pidfile = s.pidfile;
	for (size_t i = 0; i < CK_COUNT(dirs); i++) {
		CK_FREE char *path = path_in(&s, dirs[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	write_conf(&s, "");
	return s;
}

static void spool_free(struct spool *s)
{
	test_rmtree(s->dir);
	free(s->dir);
	free(s->conf);
	free(s->pidfile);
}

static void save(struct spool *s, struct dbwriter *w, const char *name)
{
	CK_FREE char *path = path_in(s, name);
	dbwriter_commit(w);
	dbwriter_save(w, path);
	dbwriter_free(w);
}

static void write_index(struct spool *s, const char *dir, uint32_t version, uint32_t exists,
                        uint64_t bytes)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT, name = CK_BUF_INIT;
	const struct index_header h = {.generation = 1,
	                               .version = version,
	                               .exists = exists,
	                               .num_records = exists,
	                               .quota_bytes = bytes,
	                               .uidvalidity = 4711,
	                               .highestmodseq = 99};
	indexwriter_index(&out, &h, NULL, 0);
	ck_buf_addf(&name, "%s/%s/cyrus.index", s->dir, dir);
	test_write(name.data, out.data, out.len);
}

static struct ck_server *open_server(const struct spool *s)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_server *server = NULL;
	assert_ok(ck_server_open(&s->settings, NULL, &server, &err), &err);
	return server;
}

static const struct ck_problem *problem(const struct ck_server *server, const char *code)
{
	for (size_t i = 0; i < server->nproblems; i++)
		if (strcmp(server->problems[i].code, code) == 0)
			return &server->problems[i];
	return NULL;
}

/* A value of annotations.db: length, text, type, an old date. */
static void put_special(struct dbwriter *w, const char *mailbox, const char *user, const char *use)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf key = CK_BUF_INIT, value = CK_BUF_INIT;
	const char zeros[8] = {0};
	ck_buf_addf(&key, "%s%c/specialuse%c%s%c", mailbox, 0, 0, user, 0);
	const char length[4] = {0, 0, 0, (char)strlen(use)};
	ck_buf_add(&value, length, 4);
	ck_buf_add(&value, zeros, 4);
	ck_buf_add(&value, use, strlen(use) + 1);
	ck_buf_add(&value, "text/plain", 11);
	ck_buf_add(&value, zeros, 8);
	dbwriter_put(w, key.data, key.len, value.data, value.len);
}

/* Legacy and uuid directories, two partitions, a domain, dots, one remote, one parent only. */
static void fill_modern(struct spool *s)
{
	static const struct {
		const char *key, *value;
	} records[] = {
		{"Nuser" L "anne", "%(T el I idanne01 P default V 11 A %(anne lrs))"},
		{"Nuser" L "anne" L "Sent", "%(T el I idsent01 P default V 12 A %(anne lrs))"},
		{"Nuser" L "anne" L "a.b", "%(T el I iddot001 P default V 12 A %(anne lrs))"},
		{"Nuser" L "anne-x", "%(T e I xyanne02 P two V 13 A %(anne-x lrs))"},
		{"Nuser" L "j.doe", "%(T e I jkdoe001 P default V 13 A %(j.doe lrs))"},
		{"Nvirt.test\x1duser" L "eve",
	         "%(T e I eveid001 P two V 14 A %(eve@virt.test lrs))"},
		{"NDELETED" L "user" L "anne" L "Old" L "6B04CC21",
	         "%(T e I oldid001 P default V 15 A %(anne lrs))"},
		{"Nshared", "%(T ei V 16 A %())"},
		{"Nshared" L "T&AOk-m", "%(T e I team0001 P default V 17 A %(anyone lrs))"},
		{"Nshared" L "far", "%(T er P away S other V 18 A %(anyone lrs))"},
		{"Nstray", "%(T e I stray001 P gone V 19 A %(anyone lrs))"},
		{"Nstray" L "two", "%(T e I stray002 P gone V 20 A %(anyone lrs))"},
		{"Nuser" L "anne" L "Tomb", "%(T ed I idtomb01 V 12)"},
		{"Iidanne01", "%(T el N user" L "anne P default V 11 A %(anne lrs) H ())"},
		{"AU\x1e"
	         "anne\x1euser" L "anne",
	         ""},
	};
	struct dbwriter *w = dbwriter_new(DB_TWOSKIP);
	for (size_t i = 0; i < CK_COUNT(records); i++)
		dbwriter_puts(w, records[i].key, records[i].value);
	save(s, w, "conf/mailboxes.db");

	w = dbwriter_new(DB_TWOSKIP);
	put_special(w, "idsent01", "[.OwNeR.]", "\\Sent");
	put_special(w, "idsent01", "bob", "\\Archive \\Sent");
	put_special(w, "nobody00", "bob", "\\Trash");
	put_special(w, "", "", "\\Junk");
	save(s, w, "conf/annotations.db");

	write_index(s, "one/a/user/anne", 17, 3, 3000);
	write_index(s, "one/a/user/anne/Sent", 13, 2, 200);
	write_index(s, "meta/uuid/x/y/xyanne02", 17, 7, 70);
	write_index(s, "meta/uuid/e/v/eveid001", 19, 1, 10);
	CK_FREE char *torn = path_in(s, "one/uuid/j/k/jkdoe001/cyrus.index");
	test_write(torn, "torn", 4);
}

static const struct {
	const char *name, *intname, *user, *special;
	uint32_t partition, flags, uidvalidity, messages;
	uint64_t bytes;
	enum ck_head_state head;
} want[] = {
	{"DELETED/user/anne/Old/6B04CC21", "DELETED.user.anne.Old.6B04CC21", "anne", "", 0,
         CK_MBOX_DELAYED, 15, 0, 0, CK_HEAD_MISSING},
	{"shared", "shared", NULL, "", UINT32_MAX, CK_MBOX_INTERMEDIATE, 16, 0, 0, CK_HEAD_MISSING},
	{"shared/T\xc3\xa9m", "shared.T&AOk-m", NULL, "", 0, 0, 17, 0, 0, CK_HEAD_MISSING},
	{"shared/far", "shared.far", NULL, "", UINT32_MAX, CK_MBOX_REMOTE, 18, 0, 0,
         CK_HEAD_MISSING},
	{"stray", "stray", NULL, "", UINT32_MAX, 0, 19, 0, 0, CK_HEAD_BAD},
	{"stray/two", "stray.two", NULL, "", UINT32_MAX, 0, 20, 0, 0, CK_HEAD_BAD},
	{"user/anne", "user.anne", "anne", "", 0, CK_MBOX_LEGACY_DIR | CK_MBOX_INBOX, 4711, 3, 3000,
         CK_HEAD_OK},
	{"user/anne/Sent", "user.anne.Sent", "anne", "\\Sent \\Archive", 0, CK_MBOX_LEGACY_DIR,
         4711, 2, 200, CK_HEAD_OK},
	{"user/anne/a.b", "user.anne.a^b", "anne", "", 0, CK_MBOX_LEGACY_DIR, 12, 0, 0,
         CK_HEAD_MISSING},
	{"user/anne-x", "user.anne-x", "anne-x", "", 1, CK_MBOX_INBOX, 4711, 7, 70, CK_HEAD_OK},
	{"user/j.doe", "user.j^doe", "j.doe", "", 0, CK_MBOX_INBOX, 13, 0, 0, CK_HEAD_BAD},
	{"user/eve@virt.test", "virt.test!user.eve", "eve@virt.test", "", 1, CK_MBOX_INBOX, 4711, 1,
         10, CK_HEAD_OK},
};

static const struct ck_mailbox *mailbox(const struct ck_server *server, const char *name)
{
	for (size_t i = 0; i < server->nmailboxes; i++)
		if (strcmp(server->mailboxes[i].name, name) == 0)
			return &server->mailboxes[i];
	fail_msg("no mailbox '%s'", name);
	return NULL;
}

static void test_mailboxes_of_every_kind_are_read(void **state)
{
	(void)state;
	struct spool s = spool_new();
	struct ck_err err = CK_ERR_INIT;
	struct ck_watch watch = {0};
	struct ck_server *server = NULL;
	fill_modern(&s);
	assert_ok(ck_server_open(&s.settings, &watch, &server, &err), &err);
	assert_int_equal(watch.done, CK_COUNT(want));
	assert_int_equal(server->separator, '/');
	assert_int_equal(server->nmailboxes, CK_COUNT(want));
	for (size_t i = 0; i < CK_COUNT(want); i++) {
		assert_string_equal(server->mailboxes[i].name, want[i].name);
		assert_int_equal(server->mailboxes[i].head, CK_HEAD_UNREAD);
	}
	assert_ok(ck_server_read_heads(server, &watch, &err), &err);
	assert_int_equal(watch.done, CK_COUNT(want));
	assert_int_equal(watch.total, CK_COUNT(want));
	for (size_t i = 0; i < CK_COUNT(want); i++) {
		const struct ck_mailbox *m = &server->mailboxes[i];
		assert_string_equal(m->intname, want[i].intname);
		assert_string_equal(m->user ? m->user : "-", want[i].user ? want[i].user : "-");
		assert_string_equal(m->special, want[i].special);
		assert_int_equal(m->partition, want[i].partition);
		assert_int_equal(m->flags, want[i].flags);
		assert_int_equal(m->head, want[i].head);
		assert_int_equal(m->uidvalidity, want[i].uidvalidity);
		assert_int_equal(m->messages, want[i].messages);
		assert_int_equal(m->bytes, want[i].bytes);
	}
	assert_string_equal(mailbox(server, "user/anne")->acl, "anne\tlrs\t");
	assert_string_equal(mailbox(server, "user/anne")->uniqueid, "idanne01");

	const struct ck_problem *stray = problem(server, "E-STRAY");
	assert_non_null(stray);
	assert_string_equal(stray->text, "2 mailboxes, the first of them 'stray', lie on partition "
	                                 "'gone', which imapd.conf does not have");
	assert_null(problem(server, "E-DATABASE"));
	assert_string_equal(server->databases[0].name, "mailboxes.db");
	assert_string_equal(server->databases[0].backend, "twoskip");
	ck_server_close(server);
	spool_free(&s);
}

static void test_an_old_server_is_read_by_names(void **state)
{
	(void)state;
	struct spool s = spool_new();
	write_conf(&s, "unixhierarchysep: no\n");
	struct dbwriter *w = dbwriter_new(DB_FLAT);
	dbwriter_puts(w, "user.anne", "0 default anne\tlrs\t");
	dbwriter_puts(w, "user.anne-b", "0 default anne\tlrs\t");
	dbwriter_puts(w, "user.anne.Junk", "0 default anne\tlrs\t");
	dbwriter_puts(w, "user.j^doe", "0 two j.doe\tlrs\t");
	save(&s, w, "conf/mailboxes.db");
	w = dbwriter_new(DB_SKIPLIST);
	put_special(w, "user.anne.Junk", "anne", "\\Junk");
	save(&s, w, "conf/annotations.db");
	write_index(&s, "one/a/user/anne/Junk", 10, 5, 50);
	struct ck_server *server = open_server(&s);
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_server_read_heads(server, NULL, &err), &err);
	assert_int_equal(server->separator, '.');
	assert_int_equal(server->nmailboxes, 4);
	/* Sorted anew: "user.anne-b" stood between. */
	assert_string_equal(server->mailboxes[1].name, "user.anne.Junk");
	assert_string_equal(server->mailboxes[1].special, "\\Junk");
	assert_int_equal(server->mailboxes[1].flags, CK_MBOX_LEGACY_DIR);
	assert_int_equal(server->mailboxes[1].bytes, 50);
	assert_string_equal(server->mailboxes[2].name, "user.anne-b");
	assert_string_equal(server->mailboxes[3].user, "j.doe");
	assert_string_equal(server->databases[0].backend, "flat");
	assert_string_equal(server->databases[1].backend, "skiplist");
	ck_server_close(server);
	spool_free(&s);
}

static void check_refused(const struct spool *s, int code, const char *words)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_server *server = NULL;
	int r = ck_server_open(&s->settings, NULL, &server, &err);
	assert_err(r, &err, code, words);
	assert_true(*err.remedy != '\0' || code == CK_EUSAGE);
	assert_null(server);
}

static void test_what_cannot_be_read_is_told_and_why(void **state)
{
	(void)state;
	struct spool s = spool_new();
	check_refused(&s, CK_ENOTFOUND, "conf/mailboxes.db");
	CK_FREE char *db = path_in(&s, "conf/mailboxes.db");
	test_write(db, "\1\2\3\4", 4);
	check_refused(&s, CK_ECORRUPT, "conf/mailboxes.db");
	test_write(db, "\0\0\0\0\0\0\0\0\0\0\0\0\x62\x31\x05\0", 16);
	check_refused(&s, CK_EUNSUPPORTED, "berkeley");

	/* Bent in the middle: not all mailboxes can be known. */
	struct dbwriter *w = dbwriter_new(DB_TWOSKIP);
	dbwriter_puts(w, "user.anne", "%(I id P default A %(a l))");
	dbwriter_commit(w);
	CK_CLEANUP(ck_buf_fini) struct ck_buf image = CK_BUF_INIT;
	const struct ck_buf *whole = dbwriter_image(w);
	ck_buf_add(&image, whole->data, whole->len);
	dbwriter_free(w);
	memset(image.data + 80, 0xff, 100);
	test_write(db, image.data, image.len);
	check_refused(&s, CK_ECORRUPT, "mailboxes.db");

	write_conf(&s, "foo: 1\nfoo: 2\n");
	check_refused(&s, CK_EUSAGE, "line 9");
	s.settings.imapd_conf = db;
	(void)unlink(db);
	check_refused(&s, CK_ENOTFOUND, "mailboxes.db");
	spool_free(&s);
}

static void test_problems_do_not_keep_it_from_opening(void **state)
{
	(void)state;
	struct spool s = spool_new();
	CK_CLEANUP(ck_buf_fini) struct ck_buf more = CK_BUF_INIT;
	ck_buf_addf(&more, "partition-none: %s/none\narchivepartition-two: %s/two/old\n", s.dir,
	            s.dir);
	write_conf(&s, more.data);
	struct dbwriter *w = dbwriter_new(DB_TWOSKIP);
	dbwriter_puts(w, "Nuser" L "anne", "%(T e I id000001 P default V 1 A %(a l))");
	dbwriter_puts(w, "Nuser" L "bad", "%(T e I");
	dbwriter_puts(w, "Nuser" L "zoe", "%(T e I id000002 P default V 1 A %(a l))");
	save(&s, w, "conf/mailboxes.db");
	CK_FREE char *annotations = path_in(&s, "conf/annotations.db");
	test_write(annotations, "\1\2\3\4", 4);
	struct ck_server *server = open_server(&s);
	assert_int_equal(server->nmailboxes, 2);
	const struct ck_problem *p = problem(server, "E-RECORD");
	assert_non_null(p);
	assert_true(test_contains(p->text, "1 records of mailboxes.db"));
	p = problem(server, "E-PARTITION");
	assert_non_null(p);
	assert_true(p->fatal);
	assert_true(test_contains(p->text, "/none' of partition 'none'"));
	assert_non_null(problem(server, "E-OVERLAP"));
	assert_non_null(problem(server, "E-DATABASE"));
	assert_true(server->partitions[0].present);
	assert_true(server->partitions[0].size_bytes > 0);
	assert_true(server->partitions[0].device != 0);
	assert_string_not_equal(server->partitions[0].fstype, "");
	assert_false(server->partitions[3].present);
	for (size_t i = 0; i < server->nproblems; i++)
		assert_true(server->problems[i].remedy[0] != '\0');
	ck_server_close(server);
	spool_free(&s);
}

/* Without an imapd.conf there are only guesses, and they are called so. */
static void test_the_usual_places_are_guesses(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf said = CK_BUF_INIT;
	struct spool s = spool_new();
	assert_int_equal(server_guess(s.dir, &said), 0);
	assert_string_equal(said.data, "");
	CK_FREE char *list = path_in(&s, "var/imap/mailboxes.db");
	CK_FREE char *spool = path_in(&s, "var/spool/imap/stage./x");
	CK_FREE char *other = path_in(&s, "var/lib/cyrus/notes");
	test_write(list, "", 0);
	test_write(spool, "", 0);
	test_write(other, "", 0);
	assert_int_equal(server_guess(s.dir, &said), 0);
	assert_string_equal(said.data, "; guess: '/var/imap' looks like a configuration directory"
	                               "; guess: '/var/spool/imap' looks like a partition");
	spool_free(&s);
}

static void test_every_place_and_its_volume_is_told(void **state)
{
	(void)state;
	struct spool s = spool_new();
	write_conf(&s, "defaultpartition: two\nsieveusehomedir: yes\n");
	fill_modern(&s);
	struct ck_server *server = open_server(&s);
	assert_int_equal(server->nplaces, 1);
	assert_string_equal(server->places[0].name, "configdirectory");
	assert_true(server->places[0].present);
	assert_true(server->places[0].size_bytes > 0);
	assert_string_not_equal(server->places[0].volume, "");
	assert_string_equal(server->defaultpartition, "two");
	assert_string_equal(server->metapartition_files, "index");
	assert_true(server->sieve_at_home);
	assert_non_null(problem(server, "W-HOMES"));
	ck_server_close(server);
	write_conf(&s, "sievedir: /no/such/sieve\n");
	server = open_server(&s);
	assert_int_equal(server->nplaces, 2);
	assert_string_equal(server->places[1].path, "/no/such/sieve");
	assert_false(server->places[1].present);
	assert_null(problem(server, "W-HOMES"));
	ck_server_close(server);
	spool_free(&s);
}

/* Two file systems are two instants. */
static void test_two_file_systems_are_two_instants(void **state)
{
	(void)state;
	struct stat a, b;
	struct spool s = spool_new();
	if (stat(s.dir, &a) < 0 || stat("/dev/shm", &b) < 0 || a.st_dev == b.st_dev) {
		spool_free(&s);
		test_skip("there is no second file system at /dev/shm");
	}
	fill_modern(&s);
	struct ck_server *server = open_server(&s);
	assert_null(problem(server, "W-INSTANTS"));
	ck_server_close(server);
	write_conf(&s, "archivepartition-two: /dev/shm\n");
	server = open_server(&s);
	const struct ck_problem *p = problem(server, "W-INSTANTS");
	assert_non_null(p);
	assert_true(test_contains(p->text, "2 instants"));
	ck_server_close(server);
	spool_free(&s);
}

/* A directory that a partition should be mounted on is there all the same. */
static void test_an_empty_partition_with_mailboxes_is_told(void **state)
{
	(void)state;
	struct spool s = spool_new();
	fill_modern(&s);
	struct ck_server *server = open_server(&s);
	assert_null(problem(server, "E-GATE-EMPTY")); /* "two" holds nothing, but its meta does */
	ck_server_close(server);
	CK_FREE char *meta = path_in(&s, "meta/uuid");
	CK_FREE char *found = path_in(&s, "two/lost+found");
	CK_FREE char *stage = path_in(&s, "two/stage.");
	test_rmtree(meta);
	assert_int_equal(mkdir(found, 0700), 0);
	assert_int_equal(mkdir(stage, 0700), 0);
	server = open_server(&s);
	const struct ck_problem *p = problem(server, "E-GATE-EMPTY");
	assert_non_null(p);
	assert_true(p->fatal);
	assert_true(test_contains(p->text, "partition 'two' is empty"));
	assert_true(test_contains(p->text, "2 mailboxes"));
	ck_server_close(server);
	spool_free(&s);
}

static void test_reading_stops_when_asked(void **state)
{
	(void)state;
	struct spool s = spool_new();
	fill_modern(&s);
	struct ck_server *server = open_server(&s);
	struct ck_watch watch = {.cancel = true};
	struct ck_err err = CK_ERR_INIT;
	assert_err(ck_server_read_heads(server, &watch, &err), &err, CK_ECANCEL, "cancel");
	ck_server_close(server);
	spool_free(&s);
}

/* No message file may even be looked at: reading heads must work with all of them out of reach. */
static void test_message_files_are_never_touched(void **state)
{
	(void)state;
	struct spool s = spool_new();
	fill_modern(&s);
	CK_FREE char *fifo = path_in(&s, "one/a/user/anne/1.");
	assert_int_equal(mkfifo(fifo, 0600), 0); /* opening it would never return */
	struct stat before, after;
	assert_int_equal(stat(fifo, &before), 0);
	struct ck_server *server = open_server(&s);
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_server_read_heads(server, NULL, &err), &err);
	assert_int_equal(mailbox(server, "user/anne")->messages, 3);
	assert_int_equal(stat(fifo, &after), 0);
	assert_int_equal(before.st_atim.tv_nsec, after.st_atim.tv_nsec);
	ck_server_close(server);
	spool_free(&s);
}

static void test_master_is_known_by_its_lock(void **state)
{
	(void)state;
	struct spool s = spool_new();
	struct ck_err err = CK_ERR_INIT;
	assert_int_equal(ck_server_is_up(&s.settings, &err), 0);
	test_write(s.pidfile, "1\n", 2);
	assert_int_equal(ck_server_is_up(&s.settings, &err), 0); /* the file stays behind */

	int ready[2], done[2];
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	pid_t pid = fork();
	if (pid == 0) { /* as master does it: a POSIX write lock on the whole file */
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		int fd = open(s.pidfile, O_RDWR);
		char c = fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0 ? 'y' : 'n';
		(void)!write(ready[1], &c, 1);
		(void)!read(done[0], &c, 1);
		_exit(0);
	}
	char c = 'n';
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	assert_int_equal(ck_server_is_up(&s.settings, &err), 1);
	assert_int_equal(write(done[1], &c, 1), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(ck_server_is_up(&s.settings, &err), 0);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(done[i]);
	}
	spool_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mailboxes_of_every_kind_are_read),
		cmocka_unit_test(test_an_old_server_is_read_by_names),
		cmocka_unit_test(test_what_cannot_be_read_is_told_and_why),
		cmocka_unit_test(test_problems_do_not_keep_it_from_opening),
		cmocka_unit_test(test_the_usual_places_are_guesses),
		cmocka_unit_test(test_every_place_and_its_volume_is_told),
		cmocka_unit_test(test_two_file_systems_are_two_instants),
		cmocka_unit_test(test_an_empty_partition_with_mailboxes_is_told),
		cmocka_unit_test(test_reading_stops_when_asked),
		cmocka_unit_test(test_message_files_are_never_touched),
		cmocka_unit_test(test_master_is_known_by_its_lock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
