/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * cyrkeep: the program.
 *
 * Without a command, on a terminal, it is the console (loop/console.c); with one it is
 * the command line (cli.c and cli_*.c); called by itself with "worker N" it is the worker of a job.
 */
#include <fcntl.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cyrkeep/job.h>

#include "cli/cli.h"
#include "loop/console.h"

static void print_usage(FILE *to)
{
	(void)fprintf(to,
	              "cyrkeep " CK_VERSION ": backup and restore for Cyrus IMAP servers\n\n"
	              "usage: cyrkeep [-c FILE] [-C IMAPD_CONF] [--state DIR] [--json] COMMAND\n"
	              "       cyrkeep                     the console\n\n");
	for (const struct cli_command *c = cli_commands; c->name; c++)
		(void)fprintf(to, "  %-10s %s\n", c->name, c->summary);
	(void)fprintf(to, "\n  -c FILE         settings (default " CK_SETTINGS_FILE ")\n"
	                  "  -C IMAPD_CONF   the server's imapd.conf\n"
	                  "  --state DIR     where jobs and the catalogue are kept\n"
	                  "  --json          one JSON object a line on stdout\n"
	                  "  --help          this, or with a command: its help\n"
	                  "  --version\n");
}

enum { OPT_STATE = 256, OPT_JSON, OPT_VERSION };

/** getopt_long() takes abbreviations too: what they mean may change with each new option, and
 * behind a command they are none. */
static bool is_in_full(const struct option *option, const char *word)
{
	size_t len = strlen(option->name);
	return strncmp(word + 2, option->name, len) == 0 &&
	       (word[len + 2] == '\0' || word[len + 2] == '=');
}

/** The options before the command. @return the index of the command, or -1 to exit with *code. */
static int parse_general(struct cli *cli, int argc, char **argv, int *code)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"state", required_argument, NULL, OPT_STATE},
		{"json", no_argument, NULL, OPT_JSON},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, OPT_VERSION},
		{0},
	};
	for (int opt, which = -1; (opt = getopt_long(argc, argv, "+:c:C:h", options, &which)) != -1;
	     which = -1) {
		bool apart = optarg && optarg == argv[optind - 1];
		const char *word = argv[optind - 1 - apart];
		if (which >= 0 && opt != '?' && opt != ':' && !is_in_full(&options[which], word))
			opt = '?';
		switch (opt) {
		case 'c':
			cli->settings_file = optarg;
			break;
		case 'C':
			cli->imapd_conf = optarg;
			break;
		case OPT_STATE:
			cli->state = optarg;
			break;
		case OPT_JSON:
			cli->json = true;
			break;
		case 'h':
			print_usage(stdout);
			*code = CLI_DONE;
			return -1;
		case OPT_VERSION:
			(void)puts("cyrkeep " CK_VERSION);
			*code = CLI_DONE;
			return -1;
		default:
			*code = cli_usage(cli, "%s '%s'",
			                  opt == ':' ? "a value is missing behind"
			                             : "there is no option",
			                  word);
			return -1;
		}
	}
	return optind;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}

static int run_console(struct cli *cli)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		print_usage(stderr);
		return CLI_USAGE;
	}
	int code = cli_load_settings(cli);
	if (code != CLI_DONE)
		return code;
	struct ck_err err = CK_ERR_INIT;
	code = ui_console(&cli->settings, 0, &err) < 0 ? cli_fail(&err) : CLI_DONE;
	ck_settings_fini(&cli->settings);
	return code;
}

/** The hidden command by which a job's worker is this program too. */
static int run_worker(struct cli *cli, const char *number)
{
	uint32_t job;
	if (!cli_number(number, &job))
		return CLI_USAGE;
	int code = cli_load_settings(cli);
	if (code != CLI_DONE)
		return code;
	code = ck_job_worker_main(&cli->settings, job);
	ck_settings_fini(&cli->settings);
	return code;
}

/** Names are UTF-8, whatever cron and scripts leave of the environment; what a character is must be
 * known for that. A terminal shows what its locale says. */
static void speak_utf8(void)
{
	static const char *const locales[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8"};
	if (isatty(STDOUT_FILENO) || strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		return;
	for (size_t i = 0; i < CK_COUNT(locales) && !setlocale(LC_CTYPE, locales[i]); i++)
		;
}

/** What is closed would become the number of the next file that is opened, and be written into. It
 * is not to be written: who prints fails, and says so. */
static void keep_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			_exit(CLI_FAILED);
}

int main(int argc, char **argv)
{
	keep_standard_files();
	(void)setlocale(LC_ALL,
	                ""); /* one that is not known leaves "C": the console can draw in that */
	(void)setlocale(LC_NUMERIC, "C"); /* figures look the same everywhere */
	struct cli cli = {0};
	int code = CLI_DONE;
	int at = parse_general(&cli, argc, argv, &code);
	if (at < 0)
		return code;
	if (at == argc)
		return run_console(&cli);
	if (strcmp(argv[at], "worker") == 0 && at + 2 == argc)
		return run_worker(&cli, argv[at + 1]);

	speak_utf8();
	cli.command = cli_find(argv[at]);
	if (!cli.command)
		return cli_usage(&cli, "there is no command '%s'", argv[at]);
	if (asks_for_help(argc - at, argv + at)) {
		cli_help(cli.command);
		return CLI_DONE;
	}
	code = cli.command->run(&cli, argc - at, argv + at);
	ck_settings_fini(&cli.settings);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fprintf(stderr, "cyrkeep: cannot write to standard output\n");
		return code ? code : CLI_FAILED;
	}
	return code;
}
