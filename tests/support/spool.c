/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/spool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "support/dbwriter.h"
#include "support/indexwriter.h"
#include "support/test.h"

#define L "\x1f"

static const char imapd_conf[] = "configdirectory: %s/conf\n"
				 "partition-default: %s/one\n"
				 "partition-two: %s/two\n"
				 "metapartition-two: %s/meta\n"
				 "metapartition_files: header index cache\n"
				 "archivepartition-two: %s/arch\n"
				 "archive_enabled: yes\n"
				 "unixhierarchysep: yes\n"
				 "sievedir: %s/sieve\n";

/* A message of a mailbox as it is written. */
struct letter {
	const char *dir; /* of the file */
	uint32_t uid, flags;
	const char *subject;
	size_t size; /* at least */
};

char *spool_path(const struct spool *s, const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/%s", s->dir, name) > 0);
	return path;
}

static void write_file(const struct spool *s, const char *name, const void *data, size_t len)
{
	CK_FREE char *path = spool_path(s, name);
	test_write(path, data, len);
}

static void make_letter(const struct spool *s, const struct letter *l, struct ck_buf *cache,
                        struct index_record *rec)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT, name = CK_BUF_INIT;
	ck_buf_addf(&text,
	            "From: Bob <bob@example.org>\r\nTo: anne@example.org\r\nSubject: %s\r\n\r\n",
	            l->subject);
	size_t header = text.len;
	for (unsigned n = 0; text.len < l->size; n++)
		ck_buf_addf(&text, "%s, line %u: %08x\r\n", l->subject, n, n * 2654435761u);
	ck_buf_addf(&name, "%s/%u.", l->dir, l->uid);
	write_file(s, name.data, text.data, text.len);
	CK_FREE char *path = spool_path(s, name.data);
	const struct timespec times[2] = {{.tv_sec = 1600000000 + l->uid},
	                                  {.tv_sec = 1600000000 + l->uid}};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	*rec = (struct index_record){.uid = l->uid,
	                             .internaldate = 1600000000 + l->uid,
	                             .sentdate = 1600000000,
	                             .size = text.len,
	                             .header_size = (uint32_t)header,
	                             .system_flags = l->flags,
	                             .modseq = 10 + l->uid};
	SHA1((const unsigned char *)text.data, text.len, rec->guid);
	const struct indexwriter_envelope envelope = {.subject = l->subject,
	                                              .from = {"Bob", "bob", "example.org"},
	                                              .to = {NULL, "anne", "example.org"},
	                                              .message_id = "<1@example.org>"};
	indexwriter_cache(cache, 1, &envelope, rec);
}

static void make_mailbox(const struct spool *s, const char *name, const char *meta,
                         const struct letter *letters, size_t n)
{
	CK_CLEANUP(ck_buf_fini)
	struct ck_buf cache = CK_BUF_INIT, far = CK_BUF_INIT, index = CK_BUF_INIT,
		      header = CK_BUF_INIT, path = CK_BUF_INIT;
	struct index_record recs[16];
	struct index_header h = {.generation = 1,
	                         .version = 17,
	                         .uidvalidity = 4711,
	                         .highestmodseq = 99,
	                         .has_crc = true};
	assert_true(n <= CK_COUNT(recs));
	for (size_t i = 0; i < n; i++) {
		make_letter(s, &letters[i], letters[i].flags & INDEX_ARCHIVED ? &far : &cache,
		            &recs[i]);
		recs[i].user_flags[0] = i == 0;
		bool live = index_record_is_live(&recs[i]);
		h.exists += live;
		h.quota_bytes += live ? recs[i].size : 0;
		h.last_uid = recs[i].uid;
	}
	indexwriter_index(&index, &h, recs, n);
	char id[64], flag[] = "$Work", acl[] = "anne\tlrswipkxtecdan\t";
	(void)snprintf(id, sizeof id, "%s", strrchr(meta, '/') + 1);
	struct mboxheader mh = {.uniqueid = id, .acl = acl, .flags = {flag}};
	char *intname = strdup(name);
	assert_non_null(intname);
	mh.name = intname;
	indexwriter_mboxheader(&header, INDEXWRITER_NEW, &mh);
	free(intname);
	const struct {
		const char *file;
		const struct ck_buf *bytes;
	} files[] = {{"cyrus.index", &index}, {"cyrus.cache", &cache}, {"cyrus.header", &header}};
	for (size_t i = 0; i < CK_COUNT(files); i++) {
		ck_buf_reset(&path);
		ck_buf_addf(&path, "%s/%s", meta, files[i].file);
		write_file(s, path.data, files[i].bytes->data, files[i].bytes->len);
	}
	if (far.len)
		write_file(s, SPOOL_BOBA "/cyrus.cache", far.data, far.len);
}

#define HOSTILE     "one/uuid/h/o/hostile0001"
#define HOSTILE_KEY "Nuser" L "anne" L "x&ABsgLg-txt.exe" /* ESC, U+202E */

static void make_databases(const struct spool *s, bool hostile)
{
	static const struct {
		const char *key, *value;
	} records[] = {
		{"Nuser" L "anne", "%(T e I anneinbox01 P default V 4711 A %(anne lrs))"},
		{"Nuser" L "anne" L "Sent", "%(T e I sentbox0001 P default V 4711 A %(anne lrs))"},
		{"Nuser" L "bob", "%(T e I bobinbox001 P two V 4711 A %(bob lrs))"},
	};
	static const char *const names[] = {"conf/mailboxes.db", "conf/annotations.db",
	                                    "conf/deliver.db", "conf/user/a/anne.seen"};
	for (size_t i = 0; i < CK_COUNT(names); i++) {
		CK_FREE char *path = spool_path(s, names[i]);
		struct dbwriter *w = dbwriter_new(DB_TWOSKIP);
		for (size_t j = 0; i == 0 && j < CK_COUNT(records); j++)
			dbwriter_puts(w, records[j].key, records[j].value);
		if (i == 0 && hostile)
			dbwriter_puts(w, HOSTILE_KEY,
			              "%(T e I hostile0001 P default V 4711 A %(anne lrs))");
		dbwriter_commit(w);
		dbwriter_save(w, path);
		dbwriter_free(w);
	}
}

static void make_mail(const struct spool *s)
{
	static const struct letter anne[] = {
		{SPOOL_ANNE, 1, INDEX_SEEN, "first", 500},
		{SPOOL_ANNE, 2, INDEX_SEEN | INDEX_ANSWERED, "shared with Sent", 3000},
		{SPOOL_ANNE, 3, 0, "third", 700},
		{SPOOL_ANNE, 4, INDEX_FLAGGED, "of several frames", 11u << 20},
		{SPOOL_ANNE, 5, 0, "fifth", 900},
		{SPOOL_ANNE, 6, INDEX_EXPUNGED, "expunged", 400},
	};
	static const struct letter sent[] = {
		{SPOOL_SENT, 1, INDEX_SEEN, "shared with Sent", 3000},
		{SPOOL_SENT, 2, INDEX_SEEN, "sent", 2000},
	};
	static const struct letter bob[] = {
		{SPOOL_BOB, 1, 0, "new", 600},
		{SPOOL_BOBA, 2, INDEX_ARCHIVED, "old", 800},
	};
	make_mailbox(s, "user.anne", SPOOL_ANNE, anne, CK_COUNT(anne));
	make_mailbox(s, "user.anne.Sent", SPOOL_SENT, sent, CK_COUNT(sent));
	make_mailbox(s, "user.bob", SPOOL_BOBM, bob, CK_COUNT(bob));
	CK_FREE char *first = spool_path(s, SPOOL_ANNE "/2.");
	CK_FREE char *second = spool_path(s, SPOOL_SENT "/1.");
	assert_int_equal(unlink(second), 0);
	assert_int_equal(link(first, second), 0);
}

static void make_settings(struct spool *s)
{
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *file = spool_path(s, "cyrkeep.conf");
	CK_FREE char *conf = spool_path(s, "imapd.conf");
	CK_FREE char *state = spool_path(s, "state");
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	ck_buf_addf(&text,
	            "cyrus_conf = \"%s/cyrus.conf\";\nmaster = { pidfile = \"%s/master.pid\"; };\n"
	            "destinations = ( { name = \"main\"; type = \"directory\"; "
	            "path = \"%s/backup\"; } );\n",
	            s->dir, s->dir, s->dir);
	test_write(file, text.data, text.len);
	struct ck_overrides over = {.imapd_conf = conf, .state = state};
	assert_ok(ck_settings_load(file, &over, &s->settings, &err), &err);
}

struct spool *spool_new(void)
{
	struct spool *s = ck_alloc(1, sizeof *s);
	assert_non_null(s);
	s->dir = test_tmpdir();
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	const char *d = s->dir;
	ck_buf_addf(&text, imapd_conf, d, d, d, d, d, d);
	write_file(s, "imapd.conf", text.data, text.len);
	write_file(s, "cyrus.conf", "SERVICES { }\n", 13);
	write_file(s, "conf/user/a/anne.sub", "user.anne\t\n", 11);
	write_file(s, "conf/proc/4711", "x", 1);
	write_file(s, "sieve/a/anne/default.script", "keep;\n", 6);
	make_mail(s);
	make_databases(s, false);
	make_settings(s);
	CK_FREE char *strict = spool_path(s, SPOOL_ANNE);
	assert_int_equal(chmod(strict, 0750), 0);
	return s;
}

void spool_add_hostile(struct spool *s)
{
	static const struct letter letters[] = {
		{HOSTILE, 1, 0, "\x1b[31mALERT\x1b[0m \xe2\x80\xaetxt.exe", 300},
		{HOSTILE, 2, INDEX_SEEN, "\xe4\xbc\x9a\xe8\xad\xb0\xe8\xae\xb0\xe5\xbd\x95", 300},
		{HOSTILE, 3, INDEX_FLAGGED, "\x9b\xff\xfe\xe2\x80\x8b!", 300},
		{HOSTILE, 4, INDEX_SEEN, "\x1b]52;c;Y3VybA\x07 clipboard", 300},
	};
	make_mailbox(s, "user.anne.x&ABsgLg-txt^exe", HOSTILE, letters, CK_COUNT(letters));
	make_databases(s, true);
}

void spool_free(struct spool *s)
{
	test_rmtree(s->dir);
	ck_settings_fini(&s->settings);
	free(s->dir);
	free(s);
}

struct ck_server *spool_open(const struct spool *s)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_server *server = NULL;
	assert_ok(ck_server_open(&s->settings, NULL, &server, &err), &err);
	assert_ok(ck_server_read_heads(server, NULL, &err), &err);
	return server;
}
