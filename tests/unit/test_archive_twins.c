/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages that are the same but for their inode: the first carries the bytes of all. */
#include "support/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "archive/twins.h"
#include "archive/verify.h"
#include "base/fs.h"
#include "base/spawn.h"
#include "support/backup.h"
#include "support/indexwriter.h"
#include "support/random.h"
#include <cyrkeep/archive.h>

#define TIME 1600000000

/* Uid @uid of a mailbox has the bytes of text number @text. */
struct letter {
	uint32_t uid;
	uint32_t text;
	size_t size;
	int later; /* seconds after TIME: when the file was changed last */
	mode_t mode;
	bool spoilt; /* a byte is not what the index says */
};

static void make_text(const struct letter *l, struct ck_buf *ret)
{
	struct random r = random_of(1, 't', l->text);
	ck_buf_addf(ret, "Subject: text %u\r\n\r\n", l->text);
	while (ret->len < l->size) {
		uint64_t some = random_next(&r);
		(void)ck_buf_add(ret, (const char *)&some, sizeof some);
	}
}

/* The mailbox in @dir, whose index lies in @meta, holds these and nothing else. */
static void fill(const struct spool *s, const char *dir, const char *meta,
                 const struct letter *letters, size_t n)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf index = CK_BUF_INIT, cache = CK_BUF_INIT;
	struct index_record *recs = ck_alloc(n, sizeof *recs);
	struct index_header h = {
		.generation = 1, .version = 17, .uidvalidity = 4711, .has_crc = true, .exists = n};
	assert_non_null(recs);
	for (uint32_t uid = 1; uid < 10; uid++) {
		CK_FREE char *path = NULL;
		assert_true(asprintf(&path, "%s/%s/%u.", s->dir, dir, uid) > 0);
		(void)unlink(path);
	}
	for (size_t i = 0; i < n; i++) {
		const struct letter *l = &letters[i];
		CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
		CK_FREE char *path = NULL;
		make_text(l, &text);
		recs[i] = (struct index_record){
			.uid = l->uid, .internaldate = TIME, .size = text.len, .modseq = 1};
		SHA1((const unsigned char *)text.data, text.len, recs[i].guid);
		const struct indexwriter_envelope envelope = {.subject = "text"};
		indexwriter_cache(&cache, 1, &envelope, &recs[i]);
		h.quota_bytes += text.len;
		h.last_uid = l->uid;
		text.data[text.len - 1] ^= l->spoilt;
		assert_true(asprintf(&path, "%s/%s/%u.", s->dir, dir, l->uid) > 0);
		test_write(path, text.data, text.len);
		const struct timespec when[2] = {{.tv_sec = TIME + l->later},
		                                 {.tv_sec = TIME + l->later}};
		assert_int_equal(utimensat(AT_FDCWD, path, when, 0), 0);
		assert_int_equal(chmod(path, l->mode ? l->mode : 0600), 0);
	}
	indexwriter_index(&index, &h, recs, n);
	CK_FREE char *at = NULL, *beside = NULL;
	assert_true(asprintf(&at, "%s/%s/cyrus.index", s->dir, meta) > 0);
	assert_true(asprintf(&beside, "%s/%s/cyrus.cache", s->dir, meta) > 0);
	test_write(at, index.data, index.len);
	test_write(beside, cache.data, cache.len);
	free(recs);
}

static void must_run(const char *const *argv, struct ck_buf *out)
{
	struct ck_err err = CK_ERR_INIT;
	int status = -1;
	assert_ok(spawn_run(argv, 60000, out, &status, &err), &err);
	if (status != 0)
		fail_msg("%s: exit %d: %s", argv[0], status, out->data);
}

/* "one/uuid/s/e/sentbox0001/1. one/uuid/a/n/anneinbox01/1.": each link, and where it leads; without
 * what lies above the spool. */
static void read_links(const struct spool *s, const struct backup *b, struct ck_strv *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	const char *tar[] = {"tar", "--zstd", "-tvf", b->report.path, NULL};
	const char *top = s->dir + 1;
	must_run(tar, &out);
	for (char *line = out.data, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		char *name = strstr(line, top), *to = name ? strstr(name, " link to ") : NULL;
		if (*line != 'h')
			continue;
		assert_non_null(to);
		*to = '\0';
		CK_FREE char *both = NULL;
		assert_true(asprintf(&both, "%s %s", name + strlen(top) + 1,
		                     to + strlen(" link to ") + strlen(top) + 1) > 0);
		assert_int_equal(ck_strv_add(ret, both), 0);
	}
}

static void same_links(const struct spool *s, const struct backup *b, const char *const *want,
                       size_t n)
{
	struct ck_strv links = {0};
	read_links(s, b, &links);
	for (size_t i = 0; i < links.n || i < n; i++)
		assert_string_equal(i < links.n ? links.items[i] : "no more",
		                    i < n ? want[i] : "no more");
	ck_strv_fini(&links);
}

/* Plain tar gives each file as it is, with its time and mode; whoever reads the archive by mailbox
 * and uid gets the same bytes; and it verifies. */
static void gives_all_back(const struct spool *s, struct backup *b, size_t damaged)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	CK_FREE char *to = spool_path(s, "extracted");
	assert_int_equal(mkdir(to, 0700), 0);
	const char *tar[] = {"tar", "--zstd", "-xpf", b->report.path, "-C", to, NULL};
	must_run(tar, &out);
	static const char *const trees[] = {"one", "two"};
	for (size_t t = 0; t < CK_COUNT(trees); t++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf want = CK_BUF_INIT, got = CK_BUF_INIT;
		CK_FREE char *from = spool_path(s, trees[t]), *there = NULL;
		assert_true(asprintf(&there, "%s%s", to, from) > 0);
		const char *diff[] = {"diff", "-r", from, there, NULL};
		must_run(diff, &want);
		const char *find[] = {"find", from, "-type", "f", "-printf", "%P %m %U %G %T@ %s\n",
		                      NULL};
		must_run(find, &want);
		find[1] = there;
		must_run(find, &got);
		const char *lines[] = {want.data, got.data};
		for (size_t i = 0; i < 2; i++)
			for (const char *line = lines[i]; *line; line = strchr(line, '\n') + 1) {
				CK_FREE char *one =
					strndup(line, (size_t)(strchr(line, '\n') + 1 - line));
				assert_non_null(strstr(lines[!i], one));
			}
	}
	struct ck_archive *a = NULL;
	struct backup v = {0};
	assert_ok(ck_archive_open(&s->settings, "latest", &a, &b->err), &b->err);
	static const struct {
		const char *mailbox, *dir;
	} boxes[] = {{"user/anne", SPOOL_ANNE}, {"user/anne/Sent", SPOOL_SENT}};
	for (size_t i = 0; i < CK_COUNT(boxes); i++) {
		struct ck_archived_message *m = NULL;
		size_t n = 0;
		assert_ok(ck_archive_messages(a, boxes[i].mailbox, &m, &n, &b->err), &b->err);
		assert_true(n > 0);
		for (size_t j = 0; j < n; j++) {
			CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT, want = CK_BUF_INIT;
			CK_FREE char *path = NULL;
			assert_true(asprintf(&path, "%s/%s/%u.", s->dir, boxes[i].dir, m[j].uid) >
			            0);
			assert_ok(fs_read_file(AT_FDCWD, path, 64u << 20, &want, &b->err), &b->err);
			assert_ok(ck_archive_message(a, boxes[i].mailbox, m[j].uid, &got, &b->err),
			          &b->err);
			assert_int_equal(got.len, want.len);
			assert_memory_equal(got.data, want.data, want.len);
		}
		ck_archived_messages_free(m, n);
	}
	ck_archive_close(a);
	backup_listen(&v);
	assert_ok(archive_verify(&s->settings, "latest", &v.run, &v.report, &v.err), &v.err);
	assert_int_equal(v.findings.n, 0);
	assert_int_equal(b->findings.n, damaged);
	backup_fini(&v);
}

static void test_a_twin_is_a_link_to_the_first(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	static const struct letter anne[] = {
		{1, 1, 900, 0, 0, false},
		{2, 2, 900, 0, 0, false},
		{3, 1, 900, 0, 0, false}, /* in the same mailbox */
	};
	static const struct letter sent[] = {
		{4, 2, 900, 0, 0, false},    {5, 3, 900, 0, 0, false}, /* other bytes */
		{6, 2, 900, 1, 0, false},                              /* another time */
		{7, 2, 900, 0, 0640, false},                           /* another mode */
		{8, 2, 900, 1, 0, false},                              /* the twin of 6 */
		{9, 2, 900, 0, 0, true},                               /* not what its index says */
	};
	static const char *const links[] = {SPOOL_ANNE "/3. " SPOOL_ANNE "/1.",
	                                    SPOOL_SENT "/4. " SPOOL_ANNE "/2.",
	                                    SPOOL_SENT "/8. " SPOOL_SENT "/6."};
	fill(s, SPOOL_ANNE, SPOOL_ANNE, anne, CK_COUNT(anne));
	fill(s, SPOOL_SENT, SPOOL_SENT, sent, CK_COUNT(sent));
	/* On another partition it may lie on another file system when it is extracted. */
	fill(s, SPOOL_BOB, SPOOL_BOBM, anne, 2);
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	assert_int_equal(backup_found(&b, "user/anne/Sent 9 guid-mismatch"), 1);
	assert_int_equal(b.report.messages, 11);
	same_links(s, &b, links, CK_COUNT(links));
	gives_all_back(s, &b, 2); /* and an orphan of bob's archive partition */
	backup_fini(&b);
	spool_free(s);
}

static void test_damaged_bytes_stand_for_no_others(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	static const struct letter anne[] = {{1, 1, 900, 0, 0, true}};
	static const struct letter sent[] = {{1, 1, 900, 0, 0, false}, {2, 1, 900, 0, 0, false}};
	fill(s, SPOOL_ANNE, SPOOL_ANNE, anne, CK_COUNT(anne));
	fill(s, SPOOL_SENT, SPOOL_SENT, sent, CK_COUNT(sent));
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	assert_int_equal(backup_found(&b, "user/anne 1 guid-mismatch"), 1);
	same_links(s, &b, NULL, 0);
	gives_all_back(s, &b, 1);
	backup_fini(&b);
	spool_free(s);
}

/* Files with several names are links as ever, and the first name of one may be a twin itself. */
static void test_twins_with_several_names(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct backup b;
	static const struct letter both[] = {{1, 1, 900, 0, 0, false}, {2, 1, 900, 0, 0, false}};
	static const char *const dirs[] = {SPOOL_ANNE, SPOOL_SENT};
	for (size_t i = 0; i < 2; i++) {
		CK_FREE char *one = NULL, *two = NULL;
		fill(s, dirs[i], dirs[i], both, 2);
		assert_true(asprintf(&one, "%s/%s/1.", s->dir, dirs[i]) > 0);
		assert_true(asprintf(&two, "%s/%s/2.", s->dir, dirs[i]) > 0);
		assert_int_equal(unlink(two), 0);
		assert_int_equal(link(one, two), 0);
	}
	static const char *const links[] = {SPOOL_ANNE "/2. " SPOOL_ANNE "/1.",
	                                    SPOOL_SENT "/1. " SPOOL_ANNE "/1.",
	                                    SPOOL_SENT "/2. " SPOOL_SENT "/1."};
	backup_run(&b, s, NULL, false);
	assert_ok(b.r, &b.err);
	same_links(s, &b, links, CK_COUNT(links));
	gives_all_back(s, &b, 0);
	backup_fini(&b);
	spool_free(s);
}

#define MANY 24

/* Slices that are packed side by side: the links are the same in every run, and lead back. */
static void test_twins_in_slices_packed_side_by_side(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct letter anne[MANY], sent[MANY];
	char want[MANY][2 * sizeof SPOOL_ANNE + 40];
	const char *links[MANY];
	s->settings.archive_threads = 4;
	for (uint32_t i = 0; i < MANY; i++) {
		anne[i] = (struct letter){i + 1, i, 3u << 20, 0, 0, false};
		sent[i] = (struct letter){i + 1, MANY - 1 - i, 3u << 20, 0, 0, false};
		(void)snprintf(want[i], sizeof want[i], SPOOL_SENT "/%u. " SPOOL_ANNE "/%u.", i + 1,
		               MANY - i);
		links[i] = want[i];
	}
	fill(s, SPOOL_ANNE, SPOOL_ANNE, anne, MANY);
	fill(s, SPOOL_SENT, SPOOL_SENT, sent, MANY);
	for (int round = 0; round < 3; round++) {
		struct backup b;
		backup_run(&b, s, NULL, false);
		assert_ok(b.r, &b.err);
		same_links(s, &b, links, MANY);
		assert_in_range(b.report.bytes_written, MANY * (3u << 20), MANY * (7u << 19));
		if (round == 2)
			gives_all_back(s, &b, 0);
		else
			assert_int_equal(unlink(b.report.path), 0);
		backup_fini(&b);
	}
	spool_free(s);
}

/* Holds up whoever opens a file for the first time. */
struct holder {
	pthread_t thread;
	int fan;
};

static void *hold_up(void *arg)
{
	const struct holder *h = arg;
	struct fanotify_event_metadata e;
	for (bool first = true; read(h->fan, &e, sizeof e) == sizeof e; first = false) {
		const struct timespec long_enough = {.tv_nsec = 300000000};
		const struct fanotify_response yes = {.fd = e.fd, .response = FAN_ALLOW};
		if (first) /* for all other slices to come this far */
			(void)nanosleep(&long_enough, NULL);
		(void)!write(h->fan, &yes, sizeof yes);
		(void)close(e.fd);
	}
	return NULL;
}

/* The slice that is first in the stream is the last to look at its files. */
static void test_a_slice_that_is_late_still_comes_first(void **state)
{
	(void)state;
	struct holder h = {
		.fan = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC)};
	struct spool *s = spool_new();
	struct backup b;
	static const struct letter anne[] = {{1, 1, 12u << 20, 0, 0, false}};
	static const struct letter sent[] = {{1, 1, 12u << 20, 0, 0, false}};
	static const char *const links[] = {SPOOL_SENT "/1. " SPOOL_ANNE "/1."};
	fill(s, SPOOL_ANNE, SPOOL_ANNE, anne, CK_COUNT(anne));
	fill(s, SPOOL_SENT, SPOOL_SENT, sent, CK_COUNT(sent));
	CK_FREE char *held = spool_path(s, SPOOL_ANNE "/1.");
	if (h.fan < 0 || fanotify_mark(h.fan, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, held) < 0) {
		if (h.fan >= 0)
			(void)close(h.fan);
		spool_free(s);
		test_skip("files cannot be held up here: it needs root and fanotify");
	}
	assert_int_equal(pthread_create(&h.thread, NULL, hold_up, &h), 0);
	backup_run(&b, s, NULL, false);
	assert_int_equal(pthread_cancel(h.thread), 0);
	assert_int_equal(pthread_join(h.thread, NULL), 0);
	(void)close(h.fan);
	assert_ok(b.r, &b.err);
	same_links(s, &b, links, CK_COUNT(links));
	gives_all_back(s, &b, 0);
	backup_fini(&b);
	spool_free(s);
}

/* --- the table by itself ---------------------------------------------------------------- */

static struct twin twin_of(uint32_t number, off_t size)
{
	struct twin t = {.st = {.st_size = size, .st_mtim.tv_sec = TIME}};
	memcpy(t.guid, &number, sizeof number);
	return t;
}

static bool has_first(struct twins *t, const struct twin *twin)
{
	const char *dir = NULL;
	uint32_t uid = 0;
	return twins_first(t, twin, (struct twin_at){.seq = 9}, &dir, &uid) > 0;
}

static void note_good(struct twins *t, const struct twin *twin, uint32_t index)
{
	struct twin_at at = {.seq = 1, .index = index};
	assert_int_equal(twins_note(t, twin, at, "dir", index), 0);
	twins_judge(t, twin, at, true);
}

static void test_no_more_than_so_many_are_remembered(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct twins *t = NULL;
	assert_ok(twins_new(TWINS_MOST, &t, &err), &err);
	for (uint32_t i = 0; i <= TWINS_MOST; i++) {
		const struct twin one = twin_of(i, 1);
		note_good(t, &one, i);
	}
	const struct twin first = twin_of(0, 1), last = twin_of(TWINS_MOST - 1, 1),
			  behind = twin_of(TWINS_MOST, 1);
	assert_true(has_first(t, &first));
	assert_true(has_first(t, &last));
	assert_false(has_first(t, &behind));
	twins_free(t);
}

static void test_of_a_huge_store_large_ones_are_remembered(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct twins *t = NULL;
	assert_ok(twins_new(TWINS_MOST + 1, &t, &err), &err);
	const struct twin small = twin_of(1, TWINS_LARGE - 1), large = twin_of(2, TWINS_LARGE);
	note_good(t, &small, 1);
	note_good(t, &large, 2);
	assert_false(has_first(t, &small));
	assert_true(has_first(t, &large));
	twins_free(t);
}

static void *judge_late(void *arg)
{
	const struct twin one = twin_of(1, 1);
	const struct timespec while_it_waits = {.tv_nsec = 20000000};
	(void)nanosleep(&while_it_waits, NULL);
	twins_judge(arg, &one, (struct twin_at){.seq = 1}, true);
	return NULL;
}

/* Whoever asks before the first was read waits for it; the earliest in the stream is the first. */
static void test_the_first_is_waited_for(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	struct twins *t = NULL;
	pthread_t thread;
	const char *dir = NULL;
	uint32_t uid = 0;
	const struct twin one = twin_of(1, 1);
	assert_ok(twins_new(3, &t, &err), &err);
	assert_int_equal(twins_note(t, &one, (struct twin_at){.seq = 2}, "late", 7), 0);
	assert_int_equal(twins_note(t, &one, (struct twin_at){.seq = 1}, "early", 8), 0);
	assert_int_equal(twins_note(t, &one, (struct twin_at){.seq = 1, .index = 5}, "later", 9),
	                 0);
	twins_judge(t, &one, (struct twin_at){.seq = 2}, false); /* not the first any more */
	assert_int_equal(pthread_create(&thread, NULL, judge_late, t), 0);
	assert_int_equal(twins_first(t, &one, (struct twin_at){.seq = 2}, &dir, &uid), 1);
	assert_string_equal(dir, "early");
	assert_int_equal(uid, 8);
	assert_int_equal(twins_first(t, &one, (struct twin_at){.seq = 1}, &dir, &uid), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	twins_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_twin_is_a_link_to_the_first),
		cmocka_unit_test(test_damaged_bytes_stand_for_no_others),
		cmocka_unit_test(test_twins_with_several_names),
		cmocka_unit_test(test_twins_in_slices_packed_side_by_side),
		cmocka_unit_test(test_a_slice_that_is_late_still_comes_first),
		cmocka_unit_test(test_no_more_than_so_many_are_remembered),
		cmocka_unit_test(test_of_a_huge_store_large_ones_are_remembered),
		cmocka_unit_test(test_the_first_is_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
