/* SPDX-License-Identifier: BSD-2-Clause */
/** check and mailboxes: what the server is and what it holds. */
#include <stdio.h>
#include <string.h>

#include <cyrkeep/job.h>
#include <cyrkeep/select.h>

#include "cli/cli.h"
#include "cli/cli_json.h"
#include "words/fmt.h"
#include "words/leftover.h"
#include "words/sessions.h"

static const char *const partition_kinds[] = {
	[CK_PARTITION_DATA] = "data",       [CK_PARTITION_META] = "meta",
	[CK_PARTITION_ARCHIVE] = "archive", [CK_PARTITION_SEARCH] = "search",
	[CK_PARTITION_BACKUP] = "backup",
};

static void sessions_json(const struct ck_sessions *sessions)
{
	(void)cli_json_print(json_pack("{s:s, s:I, s:I}", "kind", "sessions", "sessions",
	                               (json_int_t)sessions->n, "users",
	                               (json_int_t)sessions->nusers));
}

static void sessions_text(const struct ck_sessions *sessions)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	ui_sessions_count(sessions, &text);
	(void)ck_buf_adds(&text, sessions->nusers ? ": " : "");
	ui_sessions_names(sessions, CLI_NAMES_WIDTH, &text);
	cli_line("connected  %s", text.data);
}

/** Who is connected. Not being able to tell is no reason to tell nothing else. */
static void show_sessions(const struct cli *cli)
{
	CK_CLEANUP(ck_sessions_fini) struct ck_sessions sessions = {0};
	struct ck_err err = CK_ERR_INIT;
	if (ck_sessions_list(&cli->settings, &sessions, &err) < 0) {
		if (!cli->json)
			cli_line("connected  not known: %s", err.msg);
	} else if (cli->json) {
		sessions_json(&sessions);
	} else {
		sessions_text(&sessions);
	}
}

/* Code of the problem that something is which a dead job left; unwind is the remedy. */
#define LEFTOVER "E-LEFTOVER"
#define UNWIND   "'cyrkeep unwind' "

/** What check shows. */
struct findings {
	struct ck_server *server;
	int up;
	struct ck_method *methods;
	size_t nmethods;
	struct ck_host_file *files;
	size_t nfiles;
	struct ck_leftover *leftovers;
	size_t nleftovers;
};

static void findings_fini(struct findings *f)
{
	ck_methods_free(f->methods, f->nmethods);
	ck_host_files_free(f->files, f->nfiles);
	ck_leftovers_free(f->leftovers, f->nleftovers);
	ck_server_close(f->server);
}

static json_t *place_json(const char *kind, const struct ck_partition *p)
{
	return json_pack("{s:s, s:o, s:o, s:b, s:I, s:I, s:o, s:o}", "kind", kind, "name",
	                 cli_json_text(p->name), "path", cli_json_text(p->path), "present",
	                 p->present, "size", (json_int_t)p->size_bytes, "free",
	                 (json_int_t)p->free_bytes, "fstype", cli_json_text(p->fstype), "volume",
	                 cli_json_text(p->volume));
}

static void places_json(const struct ck_server *s)
{
	for (size_t i = 0; i < s->nplaces; i++)
		(void)cli_json_print(place_json("directory", &s->places[i]));
	for (size_t i = 0; i < s->npartitions; i++) {
		const struct ck_partition *p = &s->partitions[i];
		json_t *line = place_json("partition", p);
		(void)json_object_set_new(line, "holds", json_string(partition_kinds[p->kind]));
		if (p->kind == CK_PARTITION_META)
			(void)json_object_set_new(line, "files",
			                          cli_json_text(s->metapartition_files));
		if (p->kind == CK_PARTITION_DATA)
			(void)json_object_set_new(
				line, "default",
				json_boolean(strcmp(p->name, s->defaultpartition) == 0));
		(void)cli_json_print(line);
	}
}

static void files_json(const struct findings *f)
{
	for (size_t i = 0; i < f->nfiles; i++) {
		json_t *keys = json_array();
		for (size_t k = 0; k < f->files[i].secrets.n; k++)
			(void)json_array_append_new(keys,
			                            cli_json_text(f->files[i].secrets.items[k]));
		(void)cli_json_print(json_pack("{s:s, s:o, s:b, s:o}", "kind", "settings", "path",
		                               cli_json_text(f->files[i].path), "secret",
		                               f->files[i].secret, "passwords", keys));
	}
}

static void problem_json(const char *code, const char *text, const char *remedy, bool fatal)
{
	(void)cli_json_print(json_pack("{s:s, s:o, s:o, s:o, s:b}", "kind", "problem", "code",
	                               cli_json_text(code), "text", cli_json_text(text), "remedy",
	                               cli_json_text(remedy), "fatal", fatal));
}

static void problems_json(const struct findings *f)
{
	for (size_t i = 0; i < f->nleftovers; i++) {
		const struct ck_leftover *l = &f->leftovers[i];
		CK_CLEANUP(ck_buf_fini) struct ck_buf what = CK_BUF_INIT;
		CK_CLEANUP(ck_buf_fini) struct ck_buf remedy = CK_BUF_INIT;
		ui_leftover_what(l, &what);
		(void)ck_buf_addf(&remedy, UNWIND "%s", l->remedy);
		problem_json(LEFTOVER, what.data, remedy.data, l->urgent && !l->elsewhere);
	}
	for (size_t i = 0; i < f->server->nproblems; i++) {
		const struct ck_problem *p = &f->server->problems[i];
		problem_json(p->code, p->text, p->remedy, p->fatal);
	}
}

static void check_json(const struct findings *f)
{
	const struct ck_server *s = f->server;
	(void)cli_json_print(json_pack("{s:s, s:o, s:o, s:b, s:I}", "kind", "server", "host",
	                               cli_json_text(s->host), "version", cli_json_text(s->version),
	                               "running", f->up > 0, "mailboxes",
	                               (json_int_t)s->nmailboxes));
	places_json(s);
	for (size_t i = 0; i < s->ndatabases; i++) {
		const struct ck_database *d = &s->databases[i];
		(void)cli_json_print(json_pack(
			"{s:s, s:o, s:o, s:o}", "kind", "database", "name", cli_json_text(d->name),
			"path", cli_json_text(d->path), "backend", cli_json_text(d->backend)));
	}
	files_json(f);
	for (size_t i = 0; i < f->nmethods; i++) {
		(void)cli_json_print(json_pack("{s:s, s:s, s:b, s:o, s:o}", "kind", "method",
		                               "name", f->methods[i].name, "possible",
		                               f->methods[i].possible, "reason",
		                               cli_json_text(f->methods[i].reason), "remedy",
		                               cli_json_text(f->methods[i].remedy)));
	}
	problems_json(f);
}

/** "4.1G free of 80.0G, ext4 on /dev/vg0/mail" */
static void place_line(const char *kind, const struct ck_partition *p, const char *holds,
                       const char *more)
{
	char name[40];
	(void)snprintf(name, sizeof name, "%s%s%s", p->name, *holds ? "  " : "", holds);
	if (p->present)
		cli_line("%-10s %-21s %s (%s free of %s, %s on %s)%s", kind, name, p->path,
		         ui_fmt_size(p->free_bytes).s, ui_fmt_size(p->size_bytes).s, p->fstype,
		         p->volume, more);
	else
		cli_line("%-10s %-21s %s (missing)%s", kind, name, p->path, more);
}

static void places_text(const struct ck_server *s)
{
	for (size_t i = 0; i < s->nplaces; i++)
		place_line("directory", &s->places[i], "", "");
	if (s->sieve_at_home)
		cli_line("directory  sieve in users' homes (sieveusehomedir)");
	for (size_t i = 0; i < s->npartitions; i++) {
		const struct ck_partition *p = &s->partitions[i];
		char more[96] = "";
		if (p->kind == CK_PARTITION_META)
			(void)snprintf(more, sizeof more, "  %s", s->metapartition_files);
		else if (p->kind == CK_PARTITION_DATA && strcmp(p->name, s->defaultpartition) == 0)
			(void)snprintf(more, sizeof more, "  for new users");
		place_line("partition", p, partition_kinds[p->kind], more);
	}
}

static void files_text(const struct findings *f)
{
	for (size_t i = 0; i < f->nfiles; i++) {
		const struct ck_host_file *file = &f->files[i];
		struct ck_buf keys = CK_BUF_INIT;
		for (size_t k = 0; k < file->secrets.n; k++)
			(void)ck_buf_addf(&keys, "%s%s",
			                  k ? ", " : "  with passwords: ", file->secrets.items[k]);
		cli_line("settings   %s%s%s", file->path, file->secret ? "  secret" : "",
		         keys.data);
		ck_buf_fini(&keys);
	}
}

static void check_text(const struct findings *f)
{
	const struct ck_server *s = f->server;
	cli_line("server     %s, Cyrus %s, %s", s->host,
	         s->version ? s->version : "of unknown version",
	         f->up > 0    ? "running"
	         : f->up == 0 ? "not running"
	                      : "not known whether it runs");
	cli_line("mailboxes  %s", ui_fmt_count(s->nmailboxes).s);
	places_text(s);
	for (size_t i = 0; i < s->ndatabases; i++)
		cli_line("database   %-20s %-11s %s", s->databases[i].name, s->databases[i].backend,
		         s->databases[i].path);
	files_text(f);
	for (size_t i = 0; i < f->nmethods; i++)
		cli_line("method     %-12s %s: %s%s%s", f->methods[i].name,
		         f->methods[i].possible ? "possible" : "not possible", f->methods[i].reason,
		         *f->methods[i].remedy ? "; " : "", f->methods[i].remedy);
	for (size_t i = 0; i < f->nleftovers; i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf what = CK_BUF_INIT;
		ui_leftover_what(&f->leftovers[i], &what);
		cli_line("problem    " LEFTOVER ": %s; " UNWIND "%s", what.data,
		         f->leftovers[i].remedy);
	}
	for (size_t i = 0; i < s->nproblems; i++)
		cli_line("problem    %s: %s%s%s", s->problems[i].code, s->problems[i].text,
		         *s->problems[i].remedy ? "; " : "", s->problems[i].remedy);
}

/** Without one there is no backup here. */
static bool has_method(const struct findings *f)
{
	for (size_t i = 0; i < f->nmethods; i++)
		if (f->methods[i].possible)
			return true;
	return false;
}

int cli_check(struct cli *cli, int argc, char **argv)
{
	int n = cli_options(cli, argc, argv, NULL, 0, 0);
	if (n < 0)
		return -n;
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(findings_fini) struct findings f = {0};
	if (ck_server_open(&cli->settings, NULL, &f.server, &err) < 0 ||
	    ck_host_files(&cli->settings, f.server, &f.files, &f.nfiles, &err) < 0 ||
	    ck_methods_list(&cli->settings, 0, &f.methods, &f.nmethods, &err) < 0 ||
	    ck_plans_check(&cli->settings, f.server, &err) < 0 ||
	    ck_unwind_list(&cli->settings, &f.leftovers, &f.nleftovers, &err) < 0)
		return cli_fail(&err);
	f.up = ck_server_is_up(&cli->settings, NULL);
	if (cli->json)
		check_json(&f);
	else
		check_text(&f);
	if (f.up > 0)
		show_sessions(cli);
	return f.server->nproblems || f.nleftovers || !has_method(&f) ? CLI_FINDINGS : CLI_DONE;
}

int cli_unreadable(size_t n, const char *first)
{
	struct ck_err err = CK_ERR_INIT;
	(void)ck_err_set(&err, CK_EFAIL, "the index header of %zu mailbox%s cannot be read: %s'%s'",
	                 n, n == 1 ? "" : "es", n == 1 ? "" : "the first is ", first);
	(void)ck_err_remedy(&err, "'cyrkeep check' tells whether a partition is missing; else run "
	                          "reconstruct on it");
	(void)cli_fail(&err);
	return CLI_FINDINGS;
}

static int print_mailbox(const struct cli *cli, const struct ck_server *s,
                         const struct ck_mailbox *m)
{
	const char *partition =
		m->partition < s->npartitions ? s->partitions[m->partition].name : "";
	bool known = m->head == CK_HEAD_OK;
	if (cli->json)
		return cli_json_print(
			json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "mailbox",
		                  cli_json_text(m->name), "uniqueid", cli_json_text(m->uniqueid),
		                  "partition", cli_json_text(partition), "messages",
		                  known ? json_integer((json_int_t)m->messages) : json_null(),
		                  "bytes", known ? json_integer((json_int_t)m->bytes) : json_null(),
		                  "uidvalidity", (json_int_t)m->uidvalidity, "special",
		                  cli_json_text(m->special), "acl", cli_json_text(m->acl)));
	cli_line("%10s %8s  %-12s %s%s%s", known ? ui_fmt_count(m->messages).s : "?",
	         known ? ui_fmt_size(m->bytes).s : "?", partition, m->name, *m->special ? "  " : "",
	         m->special);
	return 0;
}

int cli_mailboxes(struct cli *cli, int argc, char **argv)
{
	int n = cli_options(cli, argc, argv, NULL, 0, 1);
	if (n < 0)
		return -n;
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_server_closep) struct ck_server *s = NULL;
	if (ck_server_open(&cli->settings, NULL, &s, &err) < 0 ||
	    ck_server_read_heads(s, NULL, &err) < 0)
		return cli_fail(&err);
	size_t shown = 0, unreadable = 0;
	const char *first = NULL;
	for (size_t i = 0; i < s->nmailboxes; i++) {
		const struct ck_mailbox *m = &s->mailboxes[i];
		if (m->flags & (CK_MBOX_INTERMEDIATE | CK_MBOX_REMOTE))
			continue;
		if (n == 1 && !ck_pattern_match(argv[1], m->name, s->separator))
			continue;
		if (!shown++ && !cli->json)
			cli_line("%10s %8s  %-12s %s", "messages", "bytes", "partition", "mailbox");
		if (m->head != CK_HEAD_OK && !unreadable++)
			first = m->name;
		if (print_mailbox(cli, s, m) < 0)
			break; /* nobody reads on; main() tells */
	}
	if (n == 1 && !shown) {
		(void)ck_err_set(&err, CK_ENOTFOUND, "no mailbox matches '%s'", argv[1]);
		(void)ck_err_remedy(&err, "names are as over IMAP, for example 'user%canne%c*'",
		                    s->separator, s->separator);
		return cli_fail(&err);
	}
	return unreadable ? cli_unreadable(unreadable, first) : CLI_DONE;
}
