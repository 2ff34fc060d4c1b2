/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/fixture.h"

#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job/event.h"
#include "job/figures.h"
#include "job/spec.h"
#include "loop/app.h"
#include "loop/house.h"
#include "support/dbwriter.h"
#include "support/indexwriter.h"
#include "support/screen.h"

#define L "\x1f" /* between the levels of a name in mailboxes.db */

/** The mailboxes: key, partition, uniqueid, messages, bytes. */
static const struct {
	const char *key, *partition, *uniqueid;
	uint32_t messages;
	uint64_t bytes;
} mailboxes[] = {
	{"Nuser" L "anna", "default", "aaaa0001", 12904, 3328599654u},
	{"Nuser" L "anna" L "Archive", "slow", "aaaa0002", 24021, 3113851289u},
	{"Nuser" L "anna" L "Sent", "default", "aaaa0003", 9120, 6442450944u},
	{"Nuser" L "anna" L "Trash", "default", "aaaa0004", 332, 199229440},
	{"Nuser" L "bob", "default", "bbbb0001", 9871, 4724464025u},
	{"Nuser" L "bob" L "Sent", "default", "bbbb0002", 210, 9227468},
	{"Nuser" L "&Z06W9w-", "slow", "cccc0001", 5520, 2040109465},
	{"Nshared" L "announce", "default", "dddd0001", 48, 25165824},
};

static void write_index(const char *dir, size_t i)
{
	struct ck_buf out = CK_BUF_INIT;
	char *path = NULL;
	const struct index_header h = {.generation = 1,
	                               .version = 17,
	                               .exists = mailboxes[i].messages,
	                               .num_records = mailboxes[i].messages,
	                               .quota_bytes = mailboxes[i].bytes,
	                               .uidvalidity = 1600000000,
	                               .highestmodseq = 99};
	const char *id = mailboxes[i].uniqueid;
	indexwriter_index(&out, &h, NULL, 0);
	assert_true(asprintf(&path, "%s/%s/uuid/%c/%c/%s/cyrus.index", dir, mailboxes[i].partition,
	                     id[0], id[1], id) > 0);
	test_write(path, out.data, out.len);
	free(path);
	ck_buf_fini(&out);
}

void fixture_server(const char *dir)
{
	struct dbwriter *w = dbwriter_new(DB_TWOSKIP);
	char *path = NULL, *conf = NULL;
	assert_true(asprintf(&conf,
	                     "configdirectory: %s/conf\npartition-default: %s/default\n"
	                     "partition-slow: %s/slow\nunixhierarchysep: yes\n"
	                     "altnamespace: no\n",
	                     dir, dir, dir) > 0);
	assert_true(asprintf(&path, "%s/imapd.conf", dir) > 0);
	test_write(path, conf, strlen(conf));
	free(conf);
	free(path);
	for (size_t i = 0; i < CK_COUNT(mailboxes); i++) {
		char *record = NULL;
		assert_true(asprintf(&record, "%%(T e I %s P %s V 1600000000 A %%(anna lrs))",
		                     mailboxes[i].uniqueid, mailboxes[i].partition) > 0);
		dbwriter_puts(w, mailboxes[i].key, record);
		free(record);
		write_index(dir, i);
	}
	dbwriter_commit(w);
	assert_true(asprintf(&path, "%s/conf/mailboxes.db", dir) > 0);
	dbwriter_save(w, path);
	free(path);
	dbwriter_free(w);
}

static void make_dir(const char *path)
{
	char *file = NULL;
	assert_true(asprintf(&file, "%s/x", path) > 0);
	test_write(file, "", 0);
	assert_int_equal(remove(file), 0);
	free(file);
}

void fixture_job(const struct ck_settings *settings, const struct fixture_job *j)
{
	struct ck_err err = CK_ERR_INIT;
	char *dir = NULL, *path = NULL, *destination = strdup(settings->destinations[0].path);
	assert_true(asprintf(&dir, "%s/jobs/%u", settings->state, j->job) > 0);
	make_dir(dir);
	char method[] = "stop", who[] = "root on pts/1",
	     title[] = "backup of everything by stop to main";
	struct spec spec = {.kind = CK_JOB_BACKUP,
	                    .plan = {.method = method},
	                    .destination = destination,
	                    .who = who,
	                    .title = title,
	                    .started_ms = j->started * 1000};
	int r = spec_write(settings, j->job, &spec, &err);
	assert_ok(r, &err);
	if (j->took_ms) {
		struct ck_event ev = {.kind = CK_EV_REPORT,
		                      .time_ms = j->started * 1000 + j->took_ms,
		                      .report = j->report};
		struct ck_buf line = CK_BUF_INIT;
		ev.report.job = j->job;
		assert_int_equal(event_format(&ev, &line), 0);
		assert_int_equal(ck_buf_addc(&line, '\n'), 0);
		assert_true(asprintf(&path, "%s/events", dir) > 0);
		test_write(path, line.data, line.len);
		ck_buf_fini(&line);
	}
	if (j->percent) {
		CK_FREE char *figures = NULL;
		assert_true(asprintf(&figures, "%s/" FIGURES_NAME, dir) > 0);
		CK_CLOSE int fd = open(figures, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		struct figures f = {.state = CK_JOB_DONE, .seq = 1, .percent = j->percent};
		f.event.kind = CK_EV_PROGRESS;
		assert_int_equal(figures_write(fd, &f), 0);
	}
	free(path);
	free(dir);
	free(destination);
}

static void replace(char **text, const char *with)
{
	free(*text);
	*text = strdup(with);
	assert_non_null(*text);
}

void fixture_pin_server(struct screen *s)
{
	struct ui_house *h = ui_app_house(s->app);
	assert_non_null(h->server);
	struct ck_server *server = h->server->server;
	replace(&server->host, "mail1.example.org");
	replace(&server->version, "3.6.1");
	for (size_t i = 0; i < server->npartitions; i++) {
		struct ck_partition *p = &server->partitions[i];
		char path[64];
		snprintf(path, sizeof path, "/var/spool/cyrus/%s", p->name);
		replace(&p->path, path);
		replace(&p->fstype, "xfs");
		p->size_bytes = (uint64_t)2 << 40;
		p->free_bytes = p->size_bytes / 10 * (3 + i);
	}
	for (size_t i = 0; i < h->ndestinations; i++)
		h->destinations[i] =
			(struct ui_house_destination){.exists = true,
		                                      .free_bytes = (uint64_t)2 << 40,
		                                      .size_bytes = (uint64_t)11 << 40};
	h->up = 1;
	ui_app_news(s->app);
}
