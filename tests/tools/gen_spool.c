/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen_spool --root DIR --users N --folders F --messages M [--mean BYTES] [--seed S] [--no-messages]
 *
 * Makes what a Cyrus 3.6 server keeps on disk: DIR/imapd.conf, DIR/cyrus.conf, DIR/conf with
 * mailboxes.db and annotations.db (special uses), DIR/spool with directories by uniqueid. N users
 * have F mailboxes each, the INBOX among them, of M messages each. One message in twelve is a copy
 * of one that others have too. The same arguments give the same bytes. --no-messages writes
 * mailboxes.db and index headers only.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/fs.h"
#include "base/number.h"
#include "support/dbwriter.h"
#include "support/indexwriter.h"
#include "support/mailwriter.h"
#include "support/random.h"

#define NOW              1790812800 /* 2026-10-01, the same in every run */
#define SPAN_S           (2 * 365 * 86400)
#define INDEX_VERSION    17
#define RIGHTS           "lrswipkxtecdan"
#define SHARED_BIT       (1ull << 62)
#define SHARED_EVERY     12 /* one message in so many is delivered to others too */
#define SHARED_RECEIVERS 4

enum { KIND_MAILBOX = 10, KIND_MESSAGE, KIND_SIZE };

struct options {
	const char *root;
	uint64_t users, folders, messages, mean, seed;
	bool no_messages;
};

/* Records of a database, put in order at the end: then the writer only appends. */
struct table {
	struct pair {
		struct ck_buf key, value;
	} * pairs;
	size_t n;
};

struct spool {
	struct options opt;
	char *root; /* absolute */
	int fd;     /* of DIR/spool */
	struct mailwriter *writer;
	struct mail mail;
	struct table mailboxes, annotations;
	uint64_t bytes;
};

/* One mailbox while it is written. */
struct box {
	uint64_t number;
	char user[64], intname[256], id[25];
	int fd;
	struct index_header header;
	struct index_record *records;
	struct ck_buf cache;
};

static void die(const char *what, const char *object)
{
	(void)fprintf(stderr, "gen_spool: %s '%s': %s\n", what, object, strerror(errno));
	exit(1);
}

static void check(int r, const struct ck_err *err)
{
	if (r >= 0)
		return;
	(void)fprintf(stderr, "gen_spool: %s\n", err->msg);
	exit(1);
}

static void write_file(int dirfd, const char *name, const struct ck_buf *data, int64_t mtime)
{
	struct timespec times[2] = {{.tv_sec = mtime}, {.tv_sec = mtime}};
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || data->failed || fs_write_all(fd, data->data, data->len) < 0 ||
	    (mtime && futimens(fd, times) < 0) || close(fd) < 0)
		die("cannot write", name);
}

/* Levels below the INBOX as people have them; beyond the list they are numbered. */
static void folder_name(uint64_t n, char ret[64])
{
	static const char *const names[] = {"Archive",        "Drafts",       "Junk",
	                                    "Sent",           "Trash",        "Archive.2023",
	                                    "Archive.2024",   "Archive.2025", "Lists",
	                                    "Lists.announce", "Lists.devel",  "Projects"};
	if (n < CK_COUNT(names))
		(void)snprintf(ret, 64, "%s", names[n]);
	else
		(void)snprintf(ret, 64, "Projects.p%llu",
		               (unsigned long long)(n - CK_COUNT(names)));
}

static void name_box(const struct spool *s, uint64_t user, uint64_t folder, struct box *box)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char leaf[64];
	box->number = user * s->opt.folders + folder;
	(void)snprintf(box->user, sizeof box->user, "%.20s%llu",
	               mailwriter_word(s->writer, 300 + (uint32_t)(user % 2000)),
	               (unsigned long long)user);
	(void)snprintf(box->intname, sizeof box->intname, "user.%s", box->user);
	if (folder > 0) {
		size_t len = strlen(box->intname);
		folder_name(folder - 1, leaf);
		(void)snprintf(box->intname + len, sizeof box->intname - len, ".%s", leaf);
	}
	struct random r = random_of(s->opt.seed, KIND_MAILBOX, box->number);
	for (size_t i = 0; i < sizeof box->id - 1; i++)
		box->id[i] = letters[random_below(&r, 36)];
	box->id[sizeof box->id - 1] = '\0';
}

static void open_box(const struct spool *s, struct box *box)
{
	char path[64];
	(void)snprintf(path, sizeof path, "uuid/%c/%c/%s", box->id[0], box->id[1], box->id);
	if (mkdirat(s->fd, path, 0755) < 0) {
		for (size_t len = 6; len <= 8; len += 2) { /* "uuid/a", "uuid/a/b" */
			char part[16];
			(void)snprintf(part, sizeof part, "%.*s", (int)len, path);
			if (mkdirat(s->fd, part, 0755) < 0 && errno != EEXIST)
				die("cannot make", part);
		}
		if (mkdirat(s->fd, path, 0755) < 0)
			die("cannot make", path);
	}
	box->fd = openat(s->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (box->fd < 0)
		die("cannot open", path);
}

static struct pair *add_pair(struct table *t)
{
	struct pair *pair = &t->pairs[t->n++];
	*pair = (struct pair){.key = CK_BUF_INIT, .value = CK_BUF_INIT};
	return pair;
}

/* The N and I records of 3.6. */
static void list_box(struct spool *s, const struct box *box)
{
	struct ck_buf name = CK_BUF_INIT;
	ck_buf_adds(&name, box->intname);
	for (char *p = name.data; *p; p++)
		*p = *p == '.' ? '\x1f' : *p;
	for (int i = 0; i < 2; i++) {
		struct pair *pair = add_pair(&s->mailboxes);
		ck_buf_addf(&pair->key, "%c%s", i ? 'I' : 'N', i ? box->id : name.data);
		ck_buf_addf(&pair->value,
		            "%%(T e %c %s P default V %u C 1 F %llu M %d A %%(%s %s)%s)",
		            i ? 'N' : 'I', i ? name.data : box->id, box->header.uidvalidity,
		            (unsigned long long)box->header.highestmodseq, NOW, box->user, RIGHTS,
		            i ? " H ()" : "");
	}
	ck_buf_fini(&name);
}

/* The special use of a folder, as a record of annotations.db. */
static void annotate_box(struct spool *s, const struct box *box)
{
	static const char *const uses[] = {"Archive", "Drafts", "Junk", "Sent", "Trash"};
	static const char entry[] = "\0/specialuse\0[.OwNeR.]", type[] = "\0text/plain";
	static const char zeros[8];
	const char *leaf = strchr(box->intname + strlen("user."), '.');
	for (size_t i = 0; leaf && i < CK_COUNT(uses); i++) {
		if (strcmp(leaf + 1, uses[i]) != 0)
			continue;
		unsigned char len[8] = {0, 0, 0, (unsigned char)(strlen(uses[i]) + 1)};
		unsigned char modseq_and_flags[9] = {0, 0, 0, 0, 0, 0, 0, 1, 0};
		struct pair *pair = add_pair(&s->annotations);
		ck_buf_adds(&pair->key, box->id);
		ck_buf_add(&pair->key, entry, sizeof entry);
		ck_buf_add(&pair->value, len, sizeof len);
		ck_buf_addf(&pair->value, "\\%s", uses[i]);
		ck_buf_add(&pair->value, type, sizeof type);
		ck_buf_add(&pair->value, zeros, sizeof zeros);
		ck_buf_add(&pair->value, modseq_and_flags, sizeof modseq_and_flags);
	}
}

/* Sizes lean as in real mail: most are small, and few large ones make up the mean. */
static size_t size_of(const struct spool *s, uint64_t id)
{
	static const uint32_t permille[] = {64,  80,  96,  120, 160,  200,  240,  320,
	                                    400, 480, 640, 800, 1200, 2000, 3200, 6000};
	struct random r = random_of(s->opt.seed, KIND_SIZE, id);
	uint64_t base = s->opt.mean * permille[random_below(&r, CK_COUNT(permille))] / 1000;
	return (size_t)(base * (750 + random_below(&r, 501)) / 1000);
}

static void describe_message(struct spool *s, struct box *box, uint32_t uid, int64_t internaldate,
                             int64_t sent, struct random *r)
{
	struct index_record *record = &box->records[uid - 1];
	const struct ck_buf *text = &s->mail.text;
	*record = (struct index_record){
		.uid = uid,
		.internaldate = internaldate,
		.sentdate = sent - sent % 86400,
		.gmtime = sent,
		.last_updated = internaldate,
		.savedate = internaldate,
		.size = text->len,
		.header_size = (uint32_t)s->mail.header_size,
		.content_lines = s->mail.lines,
		.modseq = uid + 1,
		.createdmodseq = uid + 1,
	};
	record->system_flags |= random_below(r, 10) < 8 ? INDEX_SEEN : 0;
	record->system_flags |= random_below(r, 8) == 0 ? INDEX_ANSWERED : 0;
	record->system_flags |= random_below(r, 40) == 0 ? INDEX_FLAGGED : 0;
	record->user_flags[0] = random_below(r, 20) == 0;
	unsigned len = GUID_SIZE;
	if (EVP_Digest(text->data, text->len, record->guid, &len, EVP_sha1(), NULL) != 1)
		abort();
	indexwriter_cache(&box->cache, box->header.generation, &s->mail.envelope, record);

	struct index_header *h = &box->header;
	h->quota_bytes += record->size;
	h->answered += (record->system_flags & INDEX_ANSWERED) != 0;
	h->flagged += (record->system_flags & INDEX_FLAGGED) != 0;
	h->unseen += (record->system_flags & INDEX_SEEN) == 0;
	h->last_appenddate = internaldate;
}

static void write_message(struct spool *s, struct box *box, uint32_t uid)
{
	uint64_t id = box->number << 24 | uid,
		 total = s->opt.users * s->opt.folders * s->opt.messages;
	struct random r = random_of(s->opt.seed, KIND_MESSAGE, id);
	int64_t internaldate =
		NOW - SPAN_S + (int64_t)(SPAN_S * (uint64_t)uid / (s->opt.messages + 1));
	int64_t sent = internaldate - random_below(&r, 60);
	const char *to = box->user;
	if (random_below(&r, SHARED_EVERY) == 0) {
		uint64_t pool = total / SHARED_EVERY / SHARED_RECEIVERS + 1;
		id = SHARED_BIT | random_below(&r, (uint32_t)pool);
		sent = NOW - SPAN_S + (int64_t)(SPAN_S * (id ^ SHARED_BIT) / pool);
		to = "all";
	}
	mailwriter_write(s->writer, id, sent, to, size_of(s, id), &s->mail);
	describe_message(s, box, uid, internaldate, sent, &r);
	char name[16];
	(void)snprintf(name, sizeof name, "%u.", uid);
	write_file(box->fd, name, &s->mail.text, internaldate);
	s->bytes += s->mail.text.len;
}

static void write_header(const struct box *box)
{
	static char junk[] = "$Junk", forwarded[] = "$Forwarded";
	struct ck_buf acl = CK_BUF_INIT, file = CK_BUF_INIT;
	ck_buf_addf(&acl, "%s\t%s\t", box->user, RIGHTS);
	CK_FREE char *name = strdup(box->intname);
	CK_FREE char *id = strdup(box->id);
	struct mboxheader header = {
		.uniqueid = id, .name = name, .acl = acl.data, .flags = {forwarded, junk}};
	indexwriter_mboxheader(&file, INDEXWRITER_NEW, &header);
	write_file(box->fd, "cyrus.header", &file, 0);
	ck_buf_fini(&acl);
	ck_buf_fini(&file);
}

static void write_box(struct spool *s, uint64_t user, uint64_t folder)
{
	struct box box = {.cache = CK_BUF_INIT};
	struct ck_buf file = CK_BUF_INIT;
	uint32_t n = (uint32_t)s->opt.messages;
	name_box(s, user, folder, &box);
	open_box(s, &box);
	box.header = (struct index_header){
		.generation = 1,
		.version = INDEX_VERSION,
		.exists = n,
		.last_uid = n,
		.uidvalidity = 1700000000u + (uint32_t)box.number,
		.options = 1,
		.highestmodseq = n + 1,
	};
	if (s->opt.no_messages) {
		box.header.quota_bytes = n * s->opt.mean;
		indexwriter_index_header(&file, &box.header, n);
	} else {
		box.records = calloc(n + 1, sizeof *box.records);
		if (!box.records)
			abort();
		for (uint32_t uid = 1; uid <= n; uid++)
			write_message(s, &box, uid);
		indexwriter_index(&file, &box.header, box.records, n);
		if (n > 0)
			write_file(box.fd, "cyrus.cache", &box.cache, 0);
		write_header(&box);
	}
	write_file(box.fd, "cyrus.index", &file, 0);
	list_box(s, &box);
	annotate_box(s, &box);
	free(box.records);
	ck_buf_fini(&box.cache);
	ck_buf_fini(&file);
	(void)close(box.fd);
}

static int by_key(const void *a, const void *b)
{
	const struct ck_buf *x = &((const struct pair *)a)->key,
			    *y = &((const struct pair *)b)->key;
	int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void write_table(const struct spool *s, const char *name, struct table *t)
{
	struct ck_buf path = CK_BUF_INIT;
	struct dbwriter *db = dbwriter_new(DB_TWOSKIP);
	ck_buf_addf(&path, "%s/conf/%s", s->root, name);
	qsort(t->pairs, t->n, sizeof *t->pairs, by_key);
	for (size_t i = 0; i < t->n; i++) {
		struct pair *pair = &t->pairs[i];
		if (pair->key.failed || pair->value.failed)
			abort();
		dbwriter_put(db, pair->key.data, pair->key.len, pair->value.data, pair->value.len);
		ck_buf_fini(&pair->key);
		ck_buf_fini(&pair->value);
	}
	dbwriter_commit(db);
	dbwriter_save(db, path.data);
	dbwriter_free(db);
	free(t->pairs);
	ck_buf_fini(&path);
}

static void write_configuration(const struct spool *s)
{
	struct ck_buf imapd = CK_BUF_INIT, cyrus = CK_BUF_INIT;
	ck_buf_addf(&imapd,
	            "configdirectory: %s/conf\ndefaultpartition: default\n"
	            "partition-default: %s/spool\nunixhierarchysep: yes\naltnamespace: no\n"
	            "admins: cyrus\nsasl_pwcheck_method: auxprop\nallowplaintext: yes\n",
	            s->root, s->root);
	ck_buf_adds(&cyrus,
	            "START {\n}\nSERVICES {\n  imap cmd=\"imapd\" listen=\"127.0.0.1:1143\" "
	            "prefork=0\n}\nEVENTS {\n}\n");
	int fd = open(s->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die("cannot open", s->root);
	write_file(fd, "imapd.conf", &imapd, 0);
	write_file(fd, "cyrus.conf", &cyrus, 0);
	(void)close(fd);
	ck_buf_fini(&imapd);
	ck_buf_fini(&cyrus);
}

static void generate(struct spool *s)
{
	struct ck_buf path = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	ck_buf_addf(&path, "%s/spool/uuid", s->opt.root);
	check(fs_mkdirs(path.data, 0755, &err), &err);
	s->root = realpath(s->opt.root, NULL);
	if (!s->root)
		die("cannot resolve", s->opt.root);
	ck_buf_reset(&path);
	ck_buf_addf(&path, "%s/spool", s->root);
	s->fd = open(path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t boxes = s->opt.users * s->opt.folders;
	s->mailboxes.pairs = calloc(boxes * 2 + 1, sizeof *s->mailboxes.pairs);
	s->annotations.pairs = calloc(boxes + 1, sizeof *s->annotations.pairs);
	if (s->fd < 0 || !s->mailboxes.pairs || !s->annotations.pairs)
		die("cannot start in", path.data);
	write_configuration(s);
	for (uint64_t user = 0; user < s->opt.users; user++)
		for (uint64_t folder = 0; folder < s->opt.folders; folder++)
			write_box(s, user, folder);
	write_table(s, "mailboxes.db", &s->mailboxes);
	write_table(s, "annotations.db", &s->annotations);
	(void)close(s->fd);
	ck_buf_fini(&path);
}

static void usage(void)
{
	(void)fprintf(stderr, "usage: gen_spool --root DIR --users N --folders F --messages M "
	                      "[--mean BYTES] [--seed S] [--no-messages]\n");
	exit(2);
}

static uint64_t number(const char *text, uint64_t min, uint64_t max)
{
	uint64_t n = 0;
	if (!number_parse(text, strlen(text), max, &n) || n < min) {
		(void)fprintf(stderr, "gen_spool: '%s' is not a number from %llu to %llu\n", text,
		              (unsigned long long)min, (unsigned long long)max);
		exit(2);
	}
	return n;
}

static struct options parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{"root", 1, NULL, 'r'},        {"users", 1, NULL, 'u'}, {"folders", 1, NULL, 'f'},
		{"messages", 1, NULL, 'm'},    {"mean", 1, NULL, 'b'},  {"seed", 1, NULL, 's'},
		{"no-messages", 0, NULL, 'n'}, {NULL, 0, NULL, 0}};
	struct options opt = {.mean = 20000, .seed = 1};
	for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
		switch (c) {
		case 'r':
			opt.root = optarg;
			break;
		case 'u':
			opt.users = number(optarg, 1, 10000000);
			break;
		case 'f':
			opt.folders = number(optarg, 1, 10000);
			break;
		case 'm':
			opt.messages = number(optarg, 0, 10000000);
			break;
		case 'b':
			opt.mean = number(optarg, 1, 100000000);
			break;
		case 's':
			opt.seed = number(optarg, 0, UINT64_MAX);
			break;
		case 'n':
			opt.no_messages = true;
			break;
		default:
			usage();
		}
	}
	if (!opt.root || !opt.users || !opt.folders || optind != argc)
		usage();
	return opt;
}

int main(int argc, char **argv)
{
	struct spool s = {.opt = parse_options(argc, argv), .fd = -1, .mail = MAIL_INIT};
	s.writer = mailwriter_new(s.opt.seed);
	generate(&s);
	(void)printf("%s: %llu mailboxes, %llu messages, %llu bytes\n", s.root,
	             (unsigned long long)(s.opt.users * s.opt.folders),
	             (unsigned long long)(s.opt.users * s.opt.folders * s.opt.messages),
	             (unsigned long long)s.bytes);
	mailwriter_free(s.writer);
	mail_fini(&s.mail);
	free(s.root);
	return 0;
}
