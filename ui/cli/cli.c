/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "words/text.h"

/* clang-format off */
const struct cli_command cli_commands[] = {
	{"check", "", "what was found: server, partitions, methods, problems", "",
	 "Reads imapd.conf, the list of mailboxes and the plans; changes nothing. Exits 3 when there are problems.",
	 cli_check},
	{"mailboxes", "[PATTERN]", "mailboxes with messages, bytes, partition", "",
	 "PATTERN is a name as over IMAP, with * and %: cyrkeep mailboxes 'user/anne/*'",
	 cli_mailboxes},
	{"backup", "[PATTERN...]", "run a backup",
	 "  --plan NAME          start from this plan\n"
	 "  --method M           how the mail is held still: stop\n"
	 "  --driver D           snapshot system, for methods that need one\n"
	 "  --to DESTINATION     name of a destination, or an absolute directory\n"
	 "  --full               start a new chain (every archive of this version is full)\n"
	 "  --exclude RULE       leave out; may be repeated: 'leaf:Sent,larger:1M,older:7d'\n"
	 "  --keep NAME          archive what is left out by default, as deliver.db; may be repeated\n"
	 "  --without-config     leave out the configuration directory: needs --yes-without-config too\n"
	 "  --without-secrets    leave out TLS keys and passwords of settings files; 'check' lists them\n"
	 "  --accept-shrink      back up although much has gone since the last backup, this once\n"
	 "  --detach             print the job's number and return\n"
	 "  --dry-run            what would be taken, and what each rule leaves out\n",
	 "Cyrus is stopped while the copy runs (method stop) and started again in every end.\n"
	 "Rules: name:PATTERN below:PATTERN leaf:NAME special:\\Junk larger:SIZE older:AGE, joined by commas.\n"
	 "In a plan, 'off,' in front of a rule switches it off.\n"
	 "Left out by default (--keep): deliver.db tls_sessions.db ptscache.db statuscache.db proc/ socket/ lock/\n"
	 "stage./ sync./ cyrus.squat cyrus.indexed.db xapian/, all of which Cyrus makes again.",
	 cli_backup},
	{"jobs", "", "running and past jobs", "", "Newest first.", cli_jobs},
	{"attach", "JOB", "watch a job until it ends", "",
	 "On a terminal: the job screen of the console. Elsewhere: progress lines. Leaving does not touch the job.",
	 cli_attach},
	{"pause", "JOB", "pause a running job", "", "The limit on downtime goes on counting.", cli_pause},
	{"resume", "JOB", "let a paused job go on", "", "", cli_resume},
	{"cancel", "JOB", "cancel a running job", "", "Cyrus is started again; no archive is left.", cli_cancel},
	{"archives", "", "archives with result and grades", "", "Newest first.", cli_archives},
	{"list", "ARCHIVE [MAILBOX]", "mailboxes of an archive, or messages of a mailbox",
	 "  --all                also what was left out, and expunged messages\n",
	 "ARCHIVE is a number, a path, or latest. A sender is cut to its column; a subject\n"
	 "is whole, however long, on a terminal and elsewhere. With --json all is whole.",
	 cli_list},
	{"cat", "ARCHIVE MAILBOX UID", "one message, raw, on stdout", "",
	 "Byte for byte; on a terminal, made harmless.", cli_cat},
	{"restore", "ARCHIVE PATTERN...", "put mail back",
	 "  --to WHERE           original (default), dated, or a mailbox name\n"
	 "  --uid SET            only these messages: 4711 or 1:5,9,100:*\n"
	 "  --via sync|imap      sync keeps everything (default); imap works with any server\n"
	 "  --quota keep|fit|raise\n"
	 "                       where a quota would be passed: keep the limit (default: sync goes past it,\n"
	 "                       imap as far as the server lets it), add only what fits, or raise it for good\n"
	 "  --elsewhere restore|leave\n"
	 "                       missing mail that lies in another mailbox of the user now (restore)\n"
	 "  --dry-run            the rehearsal only\n"
	 "  --yes                do not ask\n",
	 "Only what is missing is added, matched by GUID; nothing is overwritten or deleted.\n"
	 "Example: cyrkeep restore latest user/bob/Sent", cli_restore},
	{"verify", "ARCHIVE", "check every frame, checksum, GUID and count", "", "Exits 4 when there is damage.",
	 cli_verify},
	{"unwind", "", "undo what a dead run left behind",
	 "  --dry-run            only say what there is\n",
	 "Starts Cyrus again when a run that died had stopped it.", cli_unwind},
	{0},
};
/* clang-format on */

const struct cli_command *cli_find(const char *name)
{
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

void cli_help(const struct cli_command *command)
{
	(void)printf("usage: cyrkeep %s%s%s%s\n\n%s.\n", command->name,
	             *command->options ? " [OPTIONS]" : "", *command->arguments ? " " : "",
	             command->arguments, command->summary);
	if (*command->options)
		(void)printf("\n%s", command->options);
	if (*command->details)
		(void)printf("\n%s\n", command->details);
}

int cli_usage(const struct cli *cli, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *text = NULL;
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	struct ck_buf safe = CK_BUF_INIT;
	(void)ui_text(text ? text : fmt, SIZE_MAX, UI_TEXT, &safe);
	(void)fprintf(stderr, "cyrkeep: %s; see 'cyrkeep %s%s--help'\n", safe.data,
	              cli->command ? cli->command->name : "", cli->command ? " " : "");
	ck_buf_fini(&safe);
	free(text);
	return CLI_USAGE;
}

static int exit_of_code(enum ck_code code)
{
	switch (code) {
	case CK_OK:
		return CLI_DONE;
	case CK_EUSAGE:
		return CLI_USAGE;
	case CK_EBUSY:
		return CLI_BUSY;
	case CK_ECANCEL:
		return CLI_CANCELLED;
	case CK_ECORRUPT:
	case CK_EGATE:
	case CK_EDOWN:
		return CLI_DAMAGE;
	default:
		return CLI_FAILED;
	}
}

int cli_fail(const struct ck_err *err)
{
	struct ck_buf safe = CK_BUF_INIT;
	(void)ui_text(err->msg, SIZE_MAX, UI_NAME, &safe);
	if (*err->remedy) {
		(void)ck_buf_adds(&safe, "; ");
		(void)ui_text(err->remedy, SIZE_MAX, UI_NAME, &safe);
	}
	(void)fflush(stdout);
	(void)fprintf(stderr, "cyrkeep: %s\n", safe.data);
	ck_buf_fini(&safe);
	return exit_of_code(err->code);
}

int cli_exit_of(const struct ck_report *report, bool damage)
{
	switch (report->result) {
	case CK_RESULT_OK:
		return CLI_DONE;
	case CK_RESULT_FINDINGS:
		return damage ? CLI_DAMAGE : CLI_FINDINGS;
	case CK_RESULT_CANCELLED:
		return CLI_CANCELLED;
	case CK_RESULT_FAILED:
	case CK_RESULT_NONE:
		break;
	}
	return report->code == CK_OK ? CLI_FAILED : exit_of_code(report->code);
}

bool cli_number(const char *text, uint32_t *ret)
{
	uint64_t n = 0;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || n > UINT32_MAX)
			return false;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (n == 0 || n > UINT32_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

void cli_line(const char *fmt, ...)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf safe = CK_BUF_INIT;
	va_list args;
	va_start(args, fmt);
	char *text = NULL;
	if (vasprintf(&text, fmt, args) >= 0) {
		(void)ui_text(text, SIZE_MAX, UI_NAME, &safe);
		(void)puts(safe.data);
		free(text);
	}
	va_end(args);
}

/** Where the value of a general option goes, in the spellings that it may have before the command
 * too.
 * @inline_value  What stands behind it in the same word, or NULL. */
static const char **general_value(struct cli *cli, const char *arg, const char **inline_value)
{
	const struct {
		const char *name;
		const char **value;
	} options[] = {{"-c", &cli->settings_file},
	               {"-C", &cli->imapd_conf},
	               {"--config", &cli->settings_file},
	               {"--state", &cli->state}};
	for (size_t i = 0; i < CK_COUNT(options); i++) {
		size_t len = strlen(options[i].name);
		bool is_long = len > 2;
		if (strncmp(arg, options[i].name, len) != 0 ||
		    (is_long && arg[len] != '\0' && arg[len] != '='))
			continue;
		*inline_value = arg[len] == '\0' ? NULL : arg + len + is_long;
		return options[i].value;
	}
	return NULL;
}

static const struct cli_option *find_option(const struct cli_option *options, const char *arg,
                                            const char **inline_value)
{
	size_t len = strcspn(arg, "=");
	*inline_value = arg[len] == '=' ? arg + len + 1 : NULL;
	for (const struct cli_option *o = options; o && o->name; o++) {
		if (strlen(o->name) == len && strncmp(o->name, arg, len) == 0)
			return o;
	}
	return NULL;
}

static int take_value(const struct cli *cli, const struct cli_option *option, const char *value)
{
	if (option->list)
		return ck_strv_add(option->list, value) < 0 ? CLI_FAILED : CLI_DONE;
	if (*option->value)
		return cli_usage(cli, "option --%s is given twice", option->name);
	*option->value = value;
	return CLI_DONE;
}

/** One argument that begins with a dash. @return arguments used, or minus the exit code. */
static int take_option(struct cli *cli, int left, char **argv, const struct cli_option *options)
{
	const char *value = NULL;
	const char **general = general_value(cli, argv[0], &value);
	if (general) {
		if (!value && left < 2)
			return -cli_usage(cli, "option %s needs a value", argv[0]);
		*general = value ? value : argv[1];
		return value ? 1 : 2;
	}
	if (strcmp(argv[0], "--json") == 0) {
		cli->json = true;
		return 1;
	}
	const struct cli_option *o =
		strncmp(argv[0], "--", 2) == 0 ? find_option(options, argv[0] + 2, &value) : NULL;
	if (!o)
		return -cli_usage(cli, "'%s' has no option '%s'", cli->command->name, argv[0]);
	if (!o->takes_value) {
		if (value)
			return -cli_usage(cli, "option --%s takes no value", o->name);
		*o->flag = true;
		return 1;
	}
	if (!value && left < 2)
		return -cli_usage(cli, "option --%s needs a value", o->name);
	int code = take_value(cli, o, value ? value : argv[1]);
	return code != CLI_DONE ? -code : value ? 1 : 2;
}

int cli_load_settings(struct cli *cli)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_overrides over = {.imapd_conf = cli->imapd_conf, .state = cli->state};
	int r = ck_settings_load(cli->settings_file, &over, &cli->settings, &err);
	return r < 0 ? cli_fail(&err) : CLI_DONE;
}

int cli_options(struct cli *cli, int argc, char **argv, const struct cli_option *options, int least,
                int most)
{
	int n = 0;
	bool only_operands = false;
	for (int i = 1; i < argc;) {
		if (only_operands || argv[i][0] != '-' || argv[i][1] == '\0') {
			argv[++n] = argv[i++];
		} else if (strcmp(argv[i], "--") == 0) {
			only_operands = true;
			i++;
		} else {
			int used = take_option(cli, argc - i, argv + i, options);
			if (used < 0)
				return used;
			i += used;
		}
	}
	if (n < least)
		return -cli_usage(cli, "'%s' needs %s", cli->command->name,
		                  cli->command->arguments);
	if (most >= 0 && n > most)
		return -cli_usage(cli, "'%s' does not understand '%s'", cli->command->name,
		                  argv[most + 1]);
	int code = cli_load_settings(cli);
	return code == CLI_DONE ? n : -code;
}
