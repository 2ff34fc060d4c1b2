/* SPDX-License-Identifier: BSD-2-Clause */
/** archives, list, cat: what there is, and what is in it. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <cyrkeep/archive.h>

#include "cli/cli.h"
#include "cli/cli_json.h"
#include "words/fmt.h"
#include "words/rules.h"
#include "words/text.h"

static void archive_json(const struct ck_archive_info *a)
{
	(void)cli_json_print(json_pack(
		"{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:b, s:b, "
		"s:b}",
		"archive", (json_int_t)a->number, "path", cli_json_text(a->path), "kind",
		cli_json_text(a->kind), "base",
		a->base ? json_integer((json_int_t)a->base) : json_null(), "started",
		cli_json_time(a->started), "method", cli_json_text(a->method), "result",
		a->result ? json_string(ck_result_name(a->result)) : json_null(), "mailboxes",
		(json_int_t)a->mailboxes, "messages", (json_int_t)a->messages, "bytes",
		(json_int_t)a->bytes, "grades", cli_json_grades(a->grades), "incomplete",
		*a->incomplete ? cli_json_text(a->incomplete) : json_null(), "host",
		cli_json_text(a->host), "configdirectory",
		*a->configdirectory ? cli_json_text(a->configdirectory) : json_null(), "own",
		!a->foreign, "present", a->present, "damaged", a->damaged));
}

/** How servers are told apart: by host, and those of one host by their configuration directories.
 * Nothing where all archives are of one server. */
struct servers {
	bool hosts, directories;
	int width; /* of the column; 0: none */
};

static char *server_name(const struct servers *s, const struct ck_archive_info *a)
{
	char *name;
	int n = asprintf(&name, "%s%s%s", a->host, s->directories ? ":" : "",
	                 s->directories ? a->configdirectory : "");
	return n < 0 ? NULL : name;
}

static struct servers count_servers(const struct ck_archive_info *list, size_t n)
{
	struct servers s = {0};
	const struct ck_archive_info *first = NULL; /* that says its directory */
	for (size_t i = 0; i < n; i++) {
		const struct ck_archive_info *a = &list[i];
		s.hosts |= strcasecmp(a->host, list[0].host) != 0;
		if (!*a->configdirectory)
			continue;
		first = first ? first : a;
		s.directories |= strcasecmp(a->host, first->host) == 0 &&
		                 strcmp(a->configdirectory, first->configdirectory) != 0;
	}
	for (size_t i = 0; (s.hosts || s.directories) && i < n; i++) {
		CK_FREE char *name = server_name(&s, &list[i]);
		int width = name ? (int)strlen(name) : 0;
		s.width = width > s.width ? width : s.width;
	}
	return s;
}

static void archive_line(const struct servers *s, const struct ck_archive_info *a)
{
	struct ck_buf grades = CK_BUF_INIT;
	CK_FREE char *server = s->width ? server_name(s, a) : NULL;
	for (int g = 0; g < CK_GRADE_MAX_; g++) {
		if (a->grades[g])
			(void)ck_buf_addf(&grades, "%s%c %llu", grades.len ? ", " : "",
			                  ck_grade_letter((enum ck_grade)g),
			                  (unsigned long long)a->grades[g]);
	}
	char number[16] = "-";
	if (a->number)
		(void)snprintf(number, sizeof number, "%u", a->number);
	cli_line("%6s  %-13s %-5s %-9s %10s %8s  %-16s %-*s%s%s%s%s%s", number,
	         ui_fmt_date(a->started, (int64_t)time(NULL)).s, a->kind, ck_result_name(a->result),
	         ui_fmt_count(a->messages).s, ui_fmt_size(a->bytes).s, grades.data, s->width,
	         server ? server : "", s->width ? " " : "", a->path,
	         a->damaged   ? "  (DAMAGED)"
	         : a->present ? ""
	                      : "  (file is missing)",
	         *a->incomplete ? "  incomplete: " : "", a->incomplete);
	ck_buf_fini(&grades);
}

int cli_archives(struct cli *cli, int argc, char **argv)
{
	int n = cli_options(cli, argc, argv, NULL, 0, 0);
	if (n < 0)
		return -n;
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive_info *list = NULL;
	size_t count = 0;
	if (ck_archives_list(&cli->settings, &list, &count, &err) < 0)
		return cli_fail(&err);
	struct servers servers = count_servers(list, count);
	if (!cli->json && count)
		cli_line("%6s  %-13s %-5s %-9s %10s %8s  %-16s %-*s%s%s", "number", "started",
		         "kind", "result", "messages", "size", "grades", servers.width,
		         servers.width ? "server" : "", servers.width ? " " : "", "path");
	else if (!cli->json)
		cli_line("There is no archive yet. 'cyrkeep backup' makes one.");
	for (size_t i = 0; i < count; i++) {
		if (cli->json)
			archive_json(&list[i]);
		else
			archive_line(&servers, &list[i]);
	}
	ck_archives_free(list, count);
	return CLI_DONE;
}

static void list_mailbox(const struct cli *cli, const struct ck_archived_mailbox *m)
{
	const char grade[2] = {ck_grade_letter(m->grade), '\0'};
	if (cli->json) {
		json_t *line =
			json_pack("{s:o, s:o, s:o, s:I, s:I, s:I}", "mailbox",
		                  cli_json_text(m->name), "uniqueid", cli_json_text(m->uniqueid),
		                  "grade", m->left_out_by ? json_null() : json_string(grade),
		                  "messages", (json_int_t)m->messages, "bytes",
		                  (json_int_t)m->bytes, "uidvalidity", (json_int_t)m->uidvalidity);
		if (m->left_out_by)
			(void)json_object_set_new(line, "left_out_by",
			                          cli_json_text(m->left_out_by));
		if (m->messages_left_out)
			(void)json_object_set_new(line, "messages_left_out",
			                          json_integer((json_int_t)m->messages_left_out));
		(void)cli_json_print(line);
		return;
	}
	char fewer[96] = "";
	if (m->messages_left_out)
		(void)snprintf(fewer, sizeof fewer, "   without %s left out by rules",
		               ui_fmt_things(m->messages_left_out, "message").s);
	cli_line("%5s %10s %8s  %s%s%s%s", m->left_out_by ? "-" : grade,
	         ui_fmt_count(m->messages).s, ui_fmt_size(m->bytes).s, m->name,
	         m->left_out_by ? "   not in this archive by rule " : "",
	         m->left_out_by ? m->left_out_by : "", fewer);
}

static void list_defaults(const struct ck_archive *a)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	ui_rules_defaults(ck_archive_plan(a), &text);
	cli_line("%.*s", (int)(text.len ? text.len - 1 : 0), text.data);
}

static int list_mailboxes(const struct cli *cli, struct ck_archive *a, bool all)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_archived_mailbox *list = NULL;
	size_t n = 0, holes = 0;
	if (ck_archive_mailboxes(a, &list, &n, &err) < 0)
		return cli_fail(&err);
	if (!cli->json)
		cli_line("%5s %10s %8s  %s", "grade", "messages", "bytes", "mailbox");
	for (size_t i = 0; i < n; i++) {
		holes += list[i].left_out_by != NULL;
		if (all || !list[i].left_out_by)
			list_mailbox(cli, &list[i]);
	}
	if (!cli->json && holes && !all)
		cli_line("%s %s not in this archive, by rule; --all shows %s",
		         ui_fmt_things(holes, "mailbox").s, holes == 1 ? "is" : "are",
		         holes == 1 ? "it" : "them");
	if (!cli->json)
		list_defaults(a);
	if (!cli->json && *ck_archive_info(a)->incomplete)
		cli_line("this archive is incomplete: %s", ck_archive_info(a)->incomplete);
	ck_archived_mailboxes_free(list, n);
	return CLI_DONE;
}

static json_t *flags_array(const char *flags)
{
	json_t *array = json_array();
	for (const char *p = flags; *p;) {
		size_t len = strcspn(p, " ");
		CK_FREE char *one = len ? strndup(p, len) : NULL;
		if (one)
			(void)json_array_append_new(array, cli_json_text(one));
		p += len + (p[len] == ' ');
	}
	return array;
}

#define FROM_CELLS 28

/** A sender, cut or filled to FROM_CELLS cells. */
static void add_sender(const char *from, struct ck_buf *ret)
{
	int cells = 0;
	struct ui_text_iter it;
	struct ui_glyph glyph;
	ui_text_begin(&it, from, SIZE_MAX, UI_TEXT);
	for (; ui_text_next(&it, &glyph) && cells + glyph.width <= FROM_CELLS; cells += glyph.width)
		for (int i = 0; i < glyph.n; i++)
			(void)ui_text_add_char(ret, glyph.ch[i]);
	for (; cells < FROM_CELLS; cells++)
		(void)ck_buf_addc(ret, ' ');
}

static void list_message(const struct cli *cli, const struct ck_archived_message *m)
{
	char guid[41];
	for (size_t i = 0; i < sizeof m->guid; i++)
		(void)snprintf(guid + 2 * i, 3, "%02x", m->guid[i]);
	if (cli->json) {
		json_t *line = json_pack(
			"{s:I, s:s, s:I, s:o, s:o, s:o, s:o}", "uid", (json_int_t)m->uid, "guid",
			guid, "size", (json_int_t)m->size, "internaldate",
			cli_json_time(m->internaldate), "flags", flags_array(m->flags), "from",
			cli_json_text(m->from), "subject", cli_json_text(m->subject));
		if (m->expunged)
			(void)json_object_set_new(line, "expunged", json_true());
		if (!m->stored)
			(void)json_object_set_new(line, "stored", json_false());
		(void)cli_json_print(line);
		return;
	}
	CK_CLEANUP(ck_buf_fini) struct ck_buf sender = CK_BUF_INIT;
	add_sender(m->from, &sender);
	cli_line("%10u  %-13s %8s  %s  %s%s%s", m->uid,
	         ui_fmt_date(m->internaldate, (int64_t)time(NULL)).s, ui_fmt_size(m->size).s,
	         sender.data, m->subject, m->expunged ? "  (expunged)" : "",
	         m->stored ? "" : "  (not in this archive)");
}

static int list_messages(const struct cli *cli, struct ck_archive *a, const char *mailbox, bool all)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_archived_message *list = NULL;
	size_t n = 0;
	if (ck_archive_messages(a, mailbox, &list, &n, &err) < 0)
		return cli_fail(&err);
	if (!cli->json)
		cli_line("%10s  %-13s %8s  %-28s  %s", "uid", "date", "size", "from", "subject");
	for (size_t i = 0; i < n; i++) {
		if (all || !list[i].expunged)
			list_message(cli, &list[i]);
	}
	ck_archived_messages_free(list, n);
	return CLI_DONE;
}

int cli_list(struct cli *cli, int argc, char **argv)
{
	bool all = false;
	const struct cli_option options[] = {{.name = "all", .flag = &all}, {0}};
	int n = cli_options(cli, argc, argv, options, 1, 2);
	if (n < 0)
		return -n;
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_archive_closep) struct ck_archive *a = NULL;
	if (ck_archive_open(&cli->settings, argv[1], &a, &err) < 0)
		return cli_fail(&err);
	return n == 1 ? list_mailboxes(cli, a, all) : list_messages(cli, a, argv[2], all);
}

/** Message bytes may do anything to a terminal; to a file or a pipe they go as they are. */
static int put_message(const struct ck_buf *raw)
{
	if (!isatty(STDOUT_FILENO))
		return fwrite(raw->data, 1, raw->len, stdout) == raw->len ? CLI_DONE : CLI_FAILED;
	for (size_t at = 0; at < raw->len;) {
		const char *line = raw->data + at, *end = memchr(line, '\n', raw->len - at);
		size_t len = end ? (size_t)(end - line) : raw->len - at;
		struct ck_buf safe = CK_BUF_INIT;
		(void)ui_text(line, len && line[len - 1] == '\r' ? len - 1 : len, UI_BODY, &safe);
		(void)puts(safe.data);
		ck_buf_fini(&safe);
		at += len + 1;
	}
	return CLI_DONE;
}

int cli_cat(struct cli *cli, int argc, char **argv)
{
	int n = cli_options(cli, argc, argv, NULL, 3, 3);
	if (n < 0)
		return -n;
	uint32_t uid = 0;
	if (!cli_number(argv[3], &uid))
		return cli_usage(cli, "'%s' is not a uid", argv[3]);
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_archive_closep) struct ck_archive *a = NULL;
	struct ck_buf raw = CK_BUF_INIT;
	int code;
	if (ck_archive_open(&cli->settings, argv[1], &a, &err) < 0 ||
	    ck_archive_message(a, argv[2], uid, &raw, &err) < 0)
		code = cli_fail(&err);
	else
		code = put_message(&raw);
	ck_buf_fini(&raw);
	return code;
}
