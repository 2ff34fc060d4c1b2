/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/copy_state.h"
#include "archive/places.h"
#include "archive/sink.h"
#include "cyrus/conf.h"
#include "cyrus/layout.h"
#include "cyrus/paths.h"

#define WORKERS_MIN 4
#define WORKERS_MAX 64

static const char readme[] =
	"This is a backup of a Cyrus IMAP server, made by cyrkeep.\n"
	"\n"
	"It is an ordinary tar archive, compressed with zstd. Without cyrkeep:\n"
	"\n"
	"    tar --zstd -tvf ARCHIVE                     list\n"
	"    tar --zstd -xpf ARCHIVE -C DIR              take everything out\n"
	"    tar --zstd -xpf ARCHIVE -C DIR var/...      take one directory out\n"
	"\n"
	"Members are named as they lay on the server, without the leading slash.\n"
	"\n"
	"    .cyrkeep/manifest.json    what was backed up, how, and where it lay\n"
	"    .cyrkeep/conf/            imapd.conf with what it includes, cyrus.conf, host/:\n"
	"                              SASL, units of systemd, TLS files\n"
	"    .cyrkeep/dumps/           the databases as text: key, TAB, value\n"
	"    .cyrkeep/databases.txt    which databases there are, and of what kind\n"
	"    .cyrkeep/catalog.sqlite   mailboxes, messages and findings (SQLite)\n"
	"    .cyrkeep/headline.json    one line about the archive\n"
	"\n"
	"A file N. in a mailbox directory is the message with UID N. One that lies in several\n"
	"places is stored at the first, and the others are hard links to it: where tar cannot\n"
	"link, take out the member that it names, too.\n"
	"\n"
	"To put a mailbox back by hand: stop Cyrus, copy the directory to its place with owner\n"
	"cyrus:mail, run \"reconstruct -r MAILBOX\" as the cyrus user, start Cyrus. Of a mailbox\n"
	"that is no longer known, cyrus.header in its directory holds the name and the access\n"
	"list. A whole server: install the same Cyrus release, stop it, extract everything to /,\n"
	"run \"reconstruct\" and \"quota -f\", start it. What Cyrus makes again by itself (search\n"
	"indexes, the duplicate delivery database, TLS sessions) is left out by default; the\n"
	"manifest names what is, and what was kept.\n";

static void copy_closep(struct copy **c)
{
	copy_close(*c);
}

/* What must not be backed up as if it were whole. */
static int check_gate(const struct copy_order *o, struct ck_err *err)
{
	if (!o->estimate->taken_mailboxes) {
		(void)ck_err_set(err, CK_EGATE, "the archive would be empty: no mailbox is taken");
		return ck_err_remedy(err, "check the patterns and rules of the plan");
	}
	for (size_t i = 0; i < o->server->npartitions; i++) {
		const struct ck_partition *p = &o->server->partitions[i];
		if (p->present || (p->kind != CK_PARTITION_DATA && p->kind != CK_PARTITION_META))
			continue;
		(void)ck_err_set(err, CK_EGATE,
		                 "partition '%s' is missing: '%s' is not there or cannot be read",
		                 p->name, p->path);
		return ck_err_remedy(err, "mount it, or take it out of imapd.conf");
	}
	return 0;
}

static int add_root(struct copy *c, const char *path, bool must, struct ck_err *err)
{
	size_t len = path ? strlen(path) : 0;
	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len < 2 || path[0] != '/')
		return 0;
	for (size_t i = 0; i < c->nroots; i++) {
		if (strlen(c->roots[i].path) == len && memcmp(c->roots[i].path, path, len) == 0)
			return 0;
	}
	struct copy_root *more = reallocarray(c->roots, c->nroots + 1, sizeof *more);
	if (!more)
		return ck_err_nomem(err);
	c->roots = more;
	char *copy = strndup(path, len);
	if (!copy)
		return ck_err_nomem(err);
	int fd = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int sys = errno;
	c->roots[c->nroots++] = (struct copy_root){.path = copy, .fd = fd};
	errno = sys;
	return fd < 0 && must ? ck_err_sys(err, "cannot open '%s'", copy) : 0;
}

/* A directory of its own for @path, unless an earlier root has it. */
static int add_root_apart(struct copy *c, const char *path, struct ck_err *err)
{
	return !path || copy_root_of(c, path) ? 0 : add_root(c, path, false, err);
}

static int add_roots(struct copy *c, struct ck_err *err)
{
	const struct ck_server *server = c->order.server;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < server->npartitions; i++) {
		const struct ck_partition *p = &server->partitions[i];
		if (p->kind == CK_PARTITION_DATA || p->kind == CK_PARTITION_META ||
		    p->kind == CK_PARTITION_ARCHIVE ||
		    (p->kind == CK_PARTITION_SEARCH && !layout_root_left_out(p->kind, c->kept)))
			r = add_root(c, p->path, p->present, err);
	}
	if (r >= 0)
		r = add_root(c, server->conf->configdirectory, true, err);
	if (r >= 0)
		r = add_root_apart(c, server->conf->sievedir, err);
	for (int i = LAYOUT_PROC; r >= 0 && i <= LAYOUT_LOCK; i++)
		if (c->kept >> i & 1)
			r = add_root_apart(c, layout_moved(server->conf, i), err);
	for (size_t i = 0; r >= 0 && i < server->ndatabases; i++) {
		const char *path = server->databases[i].path;
		const char *slash = path ? strrchr(path, '/') : NULL;
		CK_FREE char *dir = slash ? strndup(path, (size_t)(slash - path)) : NULL;
		r = add_root_apart(c, dir, err);
	}
	return r;
}

/* Every directory of every mailbox, taken or not, and those above: what is none of them, nobody
 * accounts for. */
static int learn_directories(struct copy *c, struct ck_err *err)
{
	const struct ck_server *server = c->order.server;
	for (size_t i = 0; c->whole && i < server->nmailboxes; i++) {
		struct mailbox_paths paths = {0};
		struct ck_strv dirs = {0};
		int r = 0;
		if (!(server->mailboxes[i].flags & CK_MBOX_REMOTE) &&
		    mailbox_paths(server, &server->mailboxes[i], &paths, NULL) >= 0) {
			r = mailbox_directories(&paths, &dirs);
			mailbox_paths_fini(&paths);
		}
		for (size_t j = 0; r >= 0 && j < dirs.n; j++) {
			const char *path = dirs.items[j];
			const struct copy_root *root = copy_root_of(c, path);
			r = dirset_add(&c->dirs, path, strlen(path), DIR_MAILBOX);
			for (const char *slash = strrchr(path, '/');
			     r >= 0 && root && slash &&
			     (size_t)(slash - path) >= strlen(root->path);
			     slash = memrchr(path, '/', (size_t)(slash - path)))
				r = dirset_add(&c->dirs, path, (size_t)(slash - path), DIR_ABOVE);
		}
		ck_strv_fini(&dirs);
		if (r < 0)
			return ck_err_nomem(err);
	}
	return 0;
}

static int add_place(struct copy *c, const char *path, struct ck_err *err)
{
	struct stat st;
	if (!path || stat(path, &st) < 0)
		return 0;
	struct copy_place *more = reallocarray(c->places, c->nplaces + 1, sizeof *more);
	if (!more)
		return ck_err_nomem(err);
	c->places = more;
	more[c->nplaces++] = (struct copy_place){.dev = st.st_dev, .ino = st.st_ino};
	return 0;
}

/* Where a walk through one tree stops, because it is another tree or our own. */
static int add_places(struct copy *c, struct ck_err *err)
{
	int r = add_place(c, c->order.directory, err);
	if (r >= 0)
		r = add_place(c, c->order.settings->state, err);
	for (size_t i = 0; r >= 0 && i < c->nroots; i++)
		r = add_place(c, c->roots[i].path, err);
	for (size_t i = 0; r >= 0 && i < c->order.server->npartitions; i++)
		r = add_place(c, c->order.server->partitions[i].path, err);
	return r;
}

static int prepare_boxes(struct copy *c, struct ck_err *err)
{
	const struct copy_order *o = &c->order;
	c->boxes = ck_alloc(o->estimate->nmailboxes, sizeof *c->boxes);
	c->rules = ck_alloc(o->plan->exclude.n ? o->plan->exclude.n : 1, sizeof *c->rules);
	c->message_rules = ck_alloc(o->plan->exclude.n + 1, sizeof *c->message_rules);
	if (!c->boxes || !c->rules || !c->message_rules)
		return ck_err_nomem(err);
	for (; c->nrules < o->plan->exclude.n; c->nrules++) {
		int r = ck_rule_parse(o->plan->exclude.items[c->nrules], &c->rules[c->nrules], err);
		if (r < 0)
			return r;
		if (!ck_rule_is_whole(&c->rules[c->nrules]))
			c->message_rules[c->nmessage_rules++] = (uint32_t)c->nrules;
	}
	for (size_t i = 0; i < o->estimate->nmailboxes; i++) {
		const struct ck_estimate_mailbox *e = &o->estimate->mailboxes[i];
		struct box *box = &c->boxes[i];
		box->number = (uint32_t)i + 1;
		box->mailbox = &o->server->mailboxes[e->mailbox];
		if (e->left_out > 0 && (size_t)e->left_out <= o->plan->exclude.n) {
			box->left_out_by = o->plan->exclude.items[e->left_out - 1];
			box->messages = e->messages;
			box->bytes = e->bytes;
		}
	}
	c->whole = o->estimate->nmailboxes == o->server->nmailboxes;
	return 0;
}

static unsigned count_workers(const struct ck_settings *settings)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = settings->archive_threads ? settings->archive_threads
	             : cores > 0               ? (unsigned)cores * 2
	                                       : WORKERS_MIN;
	if (!settings->archive_threads && n < WORKERS_MIN)
		n = WORKERS_MIN;
	return n < WORKERS_MAX ? n : WORKERS_MAX;
}

static int start_pipeline(struct copy *c, struct ck_err *err)
{
	struct pipeline_setup setup = {
		.table = &c->table,
		.run = c->run,
		.workers = count_workers(c->order.settings),
		.level = c->order.settings->archive_level,
		.messages = c->order.estimate->taken_messages,
		.commit = copy_commit,
		.arg = c,
	};
	int r = sink_open(partial_fd(c->file), partial_path(c->file), &c->sink, err);
	if (r < 0)
		return r;
	setup.sink = c->sink;
	return pipeline_open(&setup, &c->pipeline, err);
}

/* So that the archive is found again without the settings and without catalog.db. Failing to is
 * told, and no reason to go without a backup. */
static int remember_directory(const struct copy *c, struct ck_err *err)
{
	struct ck_err why = CK_ERR_INIT;
	int r = places_add(c->order.settings, c->order.directory, &why);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	if (r < 0)
		run_note(c->run,
		         "destination '%s' is not remembered: %s; its archives are found as long "
		         "as the settings name it",
		         c->order.directory, why.msg);
	return 0;
}

int copy_open(const struct copy_order *order, struct run *run, struct copy **ret,
              struct ck_err *err)
{
	int r = check_gate(order, err);
	if (r < 0)
		return r;
	CK_CLEANUP(copy_closep) struct copy *c = ck_alloc(1, sizeof *c);
	if (!c)
		return ck_err_nomem(err);
	c->order = *order;
	c->run = run;
	c->list = (struct ck_buf)CK_BUF_INIT;
	c->manifest = (struct ck_buf)CK_BUF_INIT;
	r = ck_defaults_kept(&order->plan->keep, &c->kept, err);
	if (r < 0)
		return r;
	atomic_store(&run->mailboxes_total, order->estimate->taken_mailboxes);
	atomic_store(&run->messages_total, order->estimate->taken_messages);
	atomic_store(&run->bytes_total, order->estimate->taken_bytes);
	r = prepare_boxes(c, err);
	if (r >= 0)
		r = partial_open(order->directory, order->server->host, order->now, &c->file, err);
	if (r >= 0)
		r = remember_directory(c, err);
	if (r >= 0)
		r = catalog_open(partial_scratch(c->file), true, &c->catalog, err);
	if (r >= 0)
		r = add_roots(c, err);
	if (r >= 0)
		r = add_places(c, err);
	if (r >= 0)
		r = start_pipeline(c, err);
	if (r >= 0)
		r = copy_put_bytes(c, ".cyrkeep/README.txt", readme, sizeof readme - 1, err);
	if (r < 0)
		return r;
	if (partial_free_bytes(c->file) < order->estimate->taken_bytes)
		run_note(run,
		         "destination '%s' has %" PRIu64 " bytes left for %" PRIu64
		         " bytes of mail: it may become full",
		         order->directory, partial_free_bytes(c->file),
		         order->estimate->taken_bytes);
	*ret = CK_STEAL(c);
	return 0;
}

/* A store of which nothing at all could be read is an unmounted one, not a backup. */
static int check_read(const struct copy *c, struct ck_err *err)
{
	if (!c->mailboxes || c->grades[CK_GRADE_F] < c->mailboxes)
		return 0;
	(void)ck_err_set(err, CK_EGATE, "none of %" PRIu64 " mailboxes could be read",
	                 c->mailboxes);
	return ck_err_remedy(err, "check that the partitions are mounted and readable");
}

/* Mailboxes that the list has, but of which it can be said neither what nor where they are. */
static int tell_bad_records(struct copy *c, struct ck_err *err)
{
	for (size_t i = 0; i < c->order.server->nproblems; i++) {
		const struct ck_problem *p = &c->order.server->problems[i];
		if (strcmp(p->code, "E-RECORD") == 0)
			return copy_found(c, NULL, 0, "database-unreadable",
			                  "repair them with reconstruct or cyr_dbtool; their "
			                  "directories are in the archive",
			                  err, "%s", p->text);
	}
	return 0;
}

int copy_run(struct copy *c, struct ck_err *err)
{
	int r = tell_bad_records(c, err);
	if (r >= 0)
		r = learn_directories(c, err);
	for (size_t i = 0; r >= 0 && i < c->order.estimate->nmailboxes; i++) {
		r = run_checkpoint(c->run, err);
		if (r >= 0)
			r = copy_mailbox(c, &c->boxes[i], err);
	}
	if (r >= 0 && c->whole)
		r = copy_unlisted(c, err);
	if (r >= 0)
		r = copy_search(c, err);
	if (r >= 0)
		r = copy_config(c, err);
	if (r >= 0)
		r = copy_parents_again(c, err);
	if (r >= 0)
		r = copy_flush(c, err);
	if (r >= 0)
		r = pipeline_drain(c->pipeline, err);
	return r < 0 ? r : check_read(c, err);
}

int copy_report(const struct copy *c, struct ck_report *ret)
{
	char *path = strdup(partial_path(c->file));
	if (!path)
		return CK_ENOMEM;
	free(ret->path);
	ret->path = path;
	ret->archive = c->named ? c->order.job : 0;
	(void)snprintf(ret->kind, sizeof ret->kind, "full");
	(void)snprintf(ret->method, sizeof ret->method, "%s", c->order.method);
	ret->mailboxes = c->mailboxes;
	ret->messages = c->messages;
	ret->bytes_read = atomic_load(&c->run->bytes_done);
	ret->bytes_written = c->file_size ? c->file_size : atomic_load(&c->run->bytes_written);
	ret->downtime_ms = c->downtime_ms;
	ret->findings = atomic_load(&c->run->findings);
	memcpy(ret->grades, c->grades, sizeof ret->grades);
	ret->users = c->users.users;
	ret->subscriptions = c->users.subscriptions;
	ret->seen = c->users.seen;
	ret->sieve = c->users.sieve;
	ret->quotas = copy_count_quotas(c);
	(void)snprintf(ret->incomplete, sizeof ret->incomplete, "%s",
	               c->sealed ? copy_incomplete(c) : "");
	return 0;
}

void copy_close(struct copy *c)
{
	if (!c)
		return;
	pipeline_close(c->pipeline);
	slice_free(c->slice);
	catalog_close(c->catalog);
	sink_close(c->sink);
	partial_close(c->file);
	seektable_fini(&c->table);
	for (size_t i = 0; i < c->nrules; i++)
		ck_rule_fini(&c->rules[i]);
	for (size_t i = 0; i < c->nroots; i++) {
		ck_closep(&c->roots[i].fd);
		free(c->roots[i].path);
	}
	copy_lost_free(c);
	dirset_fini(&c->dirs);
	for (size_t i = 0; i < c->ndatabases; i++)
		free(c->databases[i].path);
	free(c->databases);
	ck_host_files_free(c->host_files, c->nhost_files);
	ck_strv_fini(&c->unlisted);
	ck_buf_fini(&c->list);
	ck_buf_fini(&c->manifest);
	free(c->rules);
	free(c->message_rules);
	free(c->roots);
	free(c->places);
	free(c->boxes);
	free(c->dir_path);
	free(c->headline);
	free(c);
}
