/* SPDX-License-Identifier: BSD-2-Clause */
/* The largest messages of a store, by its indexes and caches alone. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cyrus/conf.h"
#include "support/indexwriter.h"
#include "support/random.h"
#include "support/spool.h"
#include <cyrkeep/largest.h>

#define DAY 86400
#define NOW 1764037200

/* A spool of index and cache files without messages, and a server in memory that points at it. */
struct world {
	char *dir;
	struct ck_server server;
	struct ck_mailbox mailboxes[24];
	struct ck_tree *tree;
	struct ck_plan plan;
	struct ck_largest found;
	struct ck_err err;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct ck_buf text = CK_BUF_INIT;
	assert_non_null(w);
	w->dir = test_tmpdir();
	ck_buf_addf(&text, "configdirectory: %s/conf\npartition-default: %s/spool\n", w->dir,
	            w->dir);
	assert_ok(conf_parse("imapd.conf", text.data, text.len, &w->server.conf, &w->err), &w->err);
	ck_buf_fini(&text);
	w->server.separator = '/';
	w->server.mailboxes = w->mailboxes;
	w->server.partitions = w->server.conf->partitions;
	w->server.npartitions = w->server.conf->npartitions;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	ck_largest_fini(&w->found);
	ck_tree_free(w->tree);
	ck_plan_fini(&w->plan);
	conf_free(w->server.conf);
	test_rmtree(w->dir);
	free(w->dir);
	free(w);
	return 0;
}

static void write_meta(const struct world *w, const struct ck_mailbox *m, const char *file,
                       const void *data, size_t len)
{
	char path[512];
	int n = snprintf(path, sizeof path, "%s/spool/", w->dir);
	for (const char *p = m->intname; *p; p++)
		path[n++] = *p == '.' ? '/' : *p;
	snprintf(path + n, sizeof path - (size_t)n, "/%s", file);
	test_write(path, data, len);
}

static struct ck_mailbox *add(struct world *w, const char *name, const char *intname)
{
	struct ck_mailbox *m = &w->mailboxes[w->server.nmailboxes++];
	*m = (struct ck_mailbox){.name = name,
	                         .intname = intname,
	                         .uniqueid = "0123456789abcdef",
	                         .user = strncmp(name, "user/", 5) == 0 ? "anne" : NULL,
	                         .acl = "",
	                         .special = "",
	                         .flags = CK_MBOX_LEGACY_DIR,
	                         .head = CK_HEAD_OK};
	return m;
}

/* Give the mailbox these messages, and its head what they come to. */
static void fill(struct world *w, struct ck_mailbox *m, uint32_t version,
                 const struct index_record *records, size_t n)
{
	struct index_header h = {
		.generation = 1, .version = version, .uidvalidity = 1, .highestmodseq = 9};
	struct ck_buf index = CK_BUF_INIT;
	for (size_t i = 0; i < n; i++) {
		bool live = index_record_is_live(&records[i]);
		h.exists += live;
		h.quota_bytes += live ? records[i].size : 0;
	}
	m->messages = h.exists;
	m->bytes = h.quota_bytes;
	indexwriter_index(&index, &h, records, n);
	write_meta(w, m, "cyrus.index", index.data, index.len);
	ck_buf_fini(&index);
}

static void rule(struct world *w, const char *text)
{
	assert_int_equal(ck_strv_add(&w->plan.exclude, text), 0);
}

static struct ck_largest_query query_of(struct world *w, size_t most)
{
	if (!w->tree)
		assert_ok(ck_tree_build(&w->server, CK_GROUP_BY_PARTITION, &w->tree, &w->err),
		          &w->err);
	return (struct ck_largest_query){
		.tree = w->tree, .plan = &w->plan, .now = NOW, .most = most};
}

static void look(struct world *w, const struct ck_largest_query *q)
{
	struct ck_watch watch = {0};
	ck_largest_fini(&w->found);
	int r = ck_largest(q, &watch, &w->found, &w->err);
	assert_ok(r, &w->err);
	assert_int_equal(watch.done, watch.total);
}

static const char *mailbox_of(const struct world *w, size_t i)
{
	return w->mailboxes[w->tree->nodes[w->found.items[i].node].mailbox].name;
}

/* "user/anne 4 11534398 0 of several frames" */
static void expect(const struct world *w, size_t i, const char *mailbox, uint32_t uid,
                   uint32_t left_out)
{
	assert_true(i < w->found.n);
	assert_string_equal(mailbox_of(w, i), mailbox);
	assert_int_equal(w->found.items[i].uid, uid);
	assert_int_equal(w->found.items[i].left_out, left_out);
}

/** Of a store as Cyrus writes it, with its meta and archive partitions. */
static void a_store_tells_what_is_large(void **state)
{
	(void)state;
	struct spool *s = spool_new();
	struct ck_server *server = spool_open(s);
	struct ck_tree *tree = NULL;
	struct ck_plan plan = {0};
	struct ck_largest l = {0};
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_tree_build(server, CK_GROUP_BY_PARTITION, &tree, &err), &err);
	const struct ck_largest_query q = {.tree = tree, .plan = &plan, .now = NOW, .most = 100};
	assert_ok(ck_largest(&q, NULL, &l, &err), &err);
	assert_int_equal(l.n, 9);
	assert_int_equal(l.unreadable, 0);
	assert_int_equal(l.items[0].uid, 4);
	assert_true(l.items[0].size >= 11u << 20);
	assert_int_equal(l.items[0].internaldate, 1600000004);
	assert_string_equal(l.items[0].subject, "of several frames");
	assert_non_null(strstr(l.items[0].from, "bob@example.org"));
	bool archived = false;
	for (size_t i = 1; i < l.n; i++) {
		assert_true(l.items[i].size <= l.items[i - 1].size);
		assert_string_not_equal(l.items[i].subject, "expunged");
		archived |= strcmp(l.items[i].subject, "old") == 0;
	}
	assert_true(archived);
	ck_largest_fini(&l);
	ck_tree_free(tree);
	ck_server_close(server);
	spool_free(s);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x < y) - (x > y);
}

/** Whatever lies where, the answer is the beginning of all sizes in order. */
static void as_many_as_are_wanted_and_no_others(void **state)
{
	struct world *w = *state;
	static const uint32_t versions[] = {6, 10, 12, 17, 19};
	static char names[20][2][24];
	struct index_record records[40];
	uint64_t sizes[20 * 40];
	struct random seed = {7};
	size_t all = 0;
	for (size_t i = 0; i < CK_COUNT(names); i++) {
		size_t n = random_below(&seed, CK_COUNT(records));
		snprintf(names[i][0], sizeof names[i][0], "user/u%zu", i);
		snprintf(names[i][1], sizeof names[i][1], "user.u%zu", i);
		memset(records, 0, sizeof records);
		for (size_t k = 0; k < n; k++) {
			records[k].uid = (uint32_t)k + 1;
			records[k].size = random_below(&seed, i % 2 ? 50 : 5000);
			records[k].internaldate = NOW - DAY;
			if (random_below(&seed, 4) == 0)
				records[k].system_flags = INDEX_EXPUNGED;
			else
				sizes[all++] = records[k].size;
		}
		fill(w, add(w, names[i][0], names[i][1]), versions[i % CK_COUNT(versions)], records,
		     n);
	}
	qsort(sizes, all, sizeof *sizes, by_size);
	const size_t wanted[] = {0, 1, 2, 3, 17, 100, 1000};
	for (size_t i = 0; i < CK_COUNT(wanted); i++) {
		struct ck_largest_query q = query_of(w, wanted[i]);
		look(w, &q);
		assert_int_equal(w->found.n, wanted[i] < all ? wanted[i] : all);
		for (size_t k = 0; k < w->found.n; k++)
			assert_int_equal(w->found.items[k].size, sizes[k]);
	}
}

static struct index_record message(uint32_t uid, uint64_t size, int64_t age)
{
	return (struct index_record){.uid = uid, .size = size, .internaldate = NOW - age * DAY};
}

static void rules_world(struct world *w)
{
	const struct index_record sent[] = {message(1, 9 << 20, 30), message(2, 8 << 20, 3),
	                                    message(3, 100, 90)};
	const struct index_record junk[] = {message(1, 7 << 20, 30), message(2, 200, 1)};
	const struct index_record inbox[] = {message(5, 6 << 20, 400), message(6, 5 << 20, 1)};
	fill(w, add(w, "user/anne", "user.anne"), 17, inbox, CK_COUNT(inbox));
	fill(w, add(w, "user/anne/Junk", "user.anne.Junk"), 17, junk, CK_COUNT(junk));
	fill(w, add(w, "user/anne/Sent", "user.anne.Sent"), 17, sent, CK_COUNT(sent));
	w->mailboxes[1].special = "\\Junk";
}

/** Each message has the rule that leaves it out; a rule of the whole mailbox comes first. */
static void rules_are_told(void **state)
{
	struct world *w = *state;
	rules_world(w);
	rule(w, "off,leaf:Sent");
	rule(w, "larger:1M,older:7d");
	rule(w, "special:\\Junk");
	struct ck_largest_query q = query_of(w, 100);
	look(w, &q);
	assert_int_equal(w->found.n, 7);
	expect(w, 0, "user/anne/Sent", 1, 2);
	expect(w, 1, "user/anne/Sent", 2, 0);
	expect(w, 2, "user/anne/Junk", 1, 3);
	expect(w, 3, "user/anne", 5, 2);
	expect(w, 4, "user/anne", 6, 0);
	expect(w, 5, "user/anne/Junk", 2, 3);
	q.left_out = true;
	look(w, &q);
	assert_int_equal(w->found.n, 4);
	expect(w, 0, "user/anne/Sent", 1, 2);
	expect(w, 1, "user/anne/Junk", 1, 3);
	expect(w, 2, "user/anne", 5, 2);
	expect(w, 3, "user/anne/Junk", 2, 3);
}

static void what_no_pattern_selects_is_left_out(void **state)
{
	struct world *w = *state;
	rules_world(w);
	assert_int_equal(ck_strv_add(&w->plan.select, "user/anne/*"), 0);
	struct ck_largest_query q = query_of(w, 2);
	q.left_out = true;
	look(w, &q);
	expect(w, 0, "user/anne", 5, CK_LARGE_NOT_SELECTED);
	expect(w, 1, "user/anne", 6, CK_LARGE_NOT_SELECTED);
}

/** Only what lies at the node or below it is looked at. */
static void a_node_limits_it(void **state)
{
	struct world *w = *state;
	rules_world(w);
	struct ck_largest_query q = query_of(w, 100);
	while (w->tree->nodes[q.node].mailbox != 1)
		q.node++;
	look(w, &q);
	assert_int_equal(w->found.n, 2);
	expect(w, 0, "user/anne/Junk", 1, 0);
	expect(w, 1, "user/anne/Junk", 2, 0);
}

/** A mailbox that has less in all than the smallest that was found is not opened. */
static void what_is_small_is_not_opened(void **state)
{
	struct world *w = *state;
	rules_world(w);
	struct ck_mailbox *small = add(w, "user/anne/small", "user.anne.small");
	small->messages = 5;
	small->bytes = (6 << 20) - 1;
	struct ck_largest_query q = query_of(w, 4);
	look(w, &q);
	assert_int_equal(w->found.n, 4);
	assert_int_equal(w->found.unreadable, 0);
	q.most = 5;
	look(w, &q);
	assert_int_equal(w->found.unreadable, 1); /* there is no such index */
	/* where no rule fits nothing can be left out */
	rule(w, "leaf:Junk");
	q.left_out = true;
	look(w, &q);
	assert_int_equal(w->found.unreadable, 0);
	assert_int_equal(w->found.n, 2);
}

static void what_cannot_be_read_is_counted(void **state)
{
	struct world *w = *state;
	rules_world(w);
	struct ck_mailbox *bad = add(w, "user/anne/bad", "user.anne.bad");
	bad->head = CK_HEAD_BAD;
	write_meta(w, bad, "cyrus.index", "nonsense", 8);
	add(w, "user/anne/none", "user.anne.none")->head = CK_HEAD_MISSING;
	struct ck_mailbox *torn = add(w, "user/anne/torn", "user.anne.torn");
	const struct index_record records[] = {message(1, 20 << 20, 1), message(2, 30 << 20, 1)};
	struct index_header h = {.version = 17, .exists = 2, .quota_bytes = 50 << 20};
	struct ck_buf index = CK_BUF_INIT;
	indexwriter_index(&index, &h, records, 2);
	write_meta(w, torn, "cyrus.index", index.data, index.len - 10);
	torn->messages = 2;
	torn->bytes = h.quota_bytes;
	struct ck_largest_query q = query_of(w, 3);
	look(w, &q);
	assert_int_equal(w->found.unreadable, 2);
	expect(w, 0, "user/anne/torn", 1, 0);
	/* A record that fails its checksum has a size that nobody knows. */
	index.data[index.len - 5] ^= 1;
	write_meta(w, torn, "cyrus.index", index.data, index.len);
	look(w, &q);
	assert_int_equal(w->found.unreadable, 2);
	expect(w, 0, "user/anne/torn", 1, 0);
	expect(w, 1, "user/anne/Sent", 1, 0);
	ck_buf_fini(&index);
}

static void the_cache_has_sender_and_subject(void **state)
{
	struct world *w = *state;
	static char odd[70000], endless[5 << 20], wide[3001];
	struct index_record r[] = {message(1, 50, 1), message(2, 40, 1), message(3, 30, 1),
	                           message(4, 20, 1), message(5, 10, 1), message(6, 9, 1)};
	struct ck_buf cache = CK_BUF_INIT;
	memset(odd, 'x', sizeof odd - 1);
	memset(endless, 'y', sizeof endless - 1);
	for (size_t i = 0; i < sizeof wide - 1; i += 3)
		memcpy(wide + i, "\xe2\x82\xac", 3);
	const char *subjects[] = {"=?utf-8?q?Fotos_=F0=9F=8E=89?=", odd, endless, "crc", wide};
	for (size_t i = 0; i < CK_COUNT(subjects); i++)
		indexwriter_cache(&cache, 1,
		                  &(struct indexwriter_envelope){.subject = subjects[i],
		                                                 .from = {"Zoe", "zoe", "e.org"}},
		                  &r[i]);
	r[3].cache_crc ^= 1;
	r[5].cache_offset = 1u << 30; /* behind the end */
	struct ck_mailbox *m = add(w, "user/anne", "user.anne");
	fill(w, m, 17, r, CK_COUNT(r));
	struct ck_largest_query q = query_of(w, 10);
	look(w, &q); /* no cache at all */
	assert_int_equal(w->found.n, 6);
	assert_null(w->found.items[0].subject);
	assert_null(w->found.items[0].from);
	write_meta(w, m, "cyrus.cache", cache.data, cache.len);
	look(w, &q);
	assert_string_equal(w->found.items[0].subject, "Fotos \xf0\x9f\x8e\x89");
	assert_non_null(strstr(w->found.items[0].from, "zoe@e.org"));
	assert_int_equal(strlen(w->found.items[1].subject), 1000);
	assert_null(w->found.items[2].subject); /* longer than anything that is read */
	assert_null(w->found.items[3].subject);
	assert_int_equal(strlen(w->found.items[4].subject), 999); /* whole characters */
	assert_null(w->found.items[5].subject);
	ck_buf_fini(&cache);
}

static void it_can_be_given_up(void **state)
{
	struct world *w = *state;
	rules_world(w);
	struct ck_watch watch = {.cancel = true};
	struct ck_largest_query q = query_of(w, 3);
	assert_int_equal(ck_largest(&q, &watch, &w->found, &w->err), CK_ECANCEL);
	rule(w, "nonsense:7");
	assert_err(ck_largest(&q, NULL, &w->found, &w->err), &w->err, CK_EUSAGE, "nonsense");
	assert_int_equal(w->found.n, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_store_tells_what_is_large),
		T(as_many_as_are_wanted_and_no_others),
		T(rules_are_told),
		T(what_no_pattern_selects_is_left_out),
		T(a_node_limits_it),
		T(what_is_small_is_not_opened),
		T(what_cannot_be_read_is_counted),
		T(the_cache_has_sender_and_subject),
		T(it_can_be_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
