/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The command line: one function per command, in cli_*.c, and what they share.
 *
 * Answers go to stdout, as a table for people or as one JSON object a line; errors go to stderr as
 * one sentence. Everything that came from outside is made harmless before people see it; JSON
 * carries it as it is.
 */
#ifndef UI_CLI_H
#define UI_CLI_H

#include <stdbool.h>

#include <cyrkeep/err.h>
#include <cyrkeep/event.h>
#include <cyrkeep/settings.h>

#define CLI_NAMES_WIDTH 60 /**< Cells for the names of who is connected. */

/** Exit codes (a contract). */
enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_FINDINGS = 3,
	CLI_DAMAGE = 4,
	CLI_BUSY = 5,
	CLI_CANCELLED = 6,
};

/** What the options before and behind the command said. */
struct cli {
	const char *settings_file;
	const char *imapd_conf;
	const char *state;
	bool json;
	struct ck_settings settings; /**< Loaded before a command runs. */
	const struct cli_command *command;
};

/** One command. */
struct cli_command {
	const char *name;
	const char *arguments; /**< "[PATTERN]" */
	const char *summary;   /**< One line. */
	const char *options;   /**< Help lines of its own options; "" when it has none. */
	const char *details;   /**< A paragraph and an example. */
	/** @argv[0] is the command. @return exit code */
	int (*run)(struct cli *cli, int argc, char **argv);
};

extern const struct cli_command cli_commands[];

/** The command called @name, or NULL. */
const struct cli_command *cli_find(const char *name);

/** Print the help of a command to stdout. */
void cli_help(const struct cli_command *command);

/** An option of a command, found by cli_options(). */
struct cli_option {
	const char *name; /**< Without the dashes. */
	bool takes_value;
	const char **value;   /**< Set to the value; or NULL. */
	bool *flag;           /**< Set to true; or NULL. */
	struct ck_strv *list; /**< Each value is appended; or NULL. */
};

/**
 * Take the options out of argv (this command's, and the general ones), then load the settings;
 * operands are left in order.
 *
 * @options  Ends with a NULL name; NULL for none.
 * @least, @most  Number of operands that make sense; most < 0: any.
 * @return number of operands, moved to argv[1...]; or, after telling what is wrong, minus the exit
 * code.
 */
int cli_options(struct cli *cli, int argc, char **argv, const struct cli_option *options, int least,
                int most);

/** Load them, as -c, -C and --state say; release with ck_settings_fini(). @return exit code; a
 * failure is told. */
int cli_load_settings(struct cli *cli);

/** Tell a failure on stderr. @return the exit code that fits its class. */
int cli_fail(const struct ck_err *err);

/** Tell a usage error on stderr, with the way to the help. @return CLI_USAGE. */
int cli_usage(const struct cli *cli, const char *fmt, ...) CK_PRINTF(2, 3);

/** The exit code of a finished job. @damage: findings mean damage (verify). */
int cli_exit_of(const struct ck_report *report, bool damage);

/** A number of 1 to 4294967295, all of @text. */
bool cli_number(const char *text, uint32_t *ret) CK_MUST_USE;

/** Print a line to stdout, made harmless. */
void cli_line(const char *fmt, ...) CK_PRINTF(1, 2);

/**
 * Watch a job until it ends: progress on a terminal, phase lines elsewhere, JSON lines with --json.
 *
 * @owner  An interrupt from the keyboard cancels the job; else it only leaves it.
 * @return the exit code.
 */
int cli_follow(struct cli *cli, uint32_t job, bool owner, bool damage);

/** Tell on stderr that @n mailboxes, the first of them @first, have an index header that cannot be
 * read: what they hold is not known. @return CLI_FINDINGS. */
int cli_unreadable(size_t n, const char *first);

int cli_check(struct cli *cli, int argc, char **argv);
int cli_mailboxes(struct cli *cli, int argc, char **argv);
int cli_backup(struct cli *cli, int argc, char **argv);
int cli_jobs(struct cli *cli, int argc, char **argv);
int cli_attach(struct cli *cli, int argc, char **argv);
int cli_pause(struct cli *cli, int argc, char **argv);
int cli_resume(struct cli *cli, int argc, char **argv);
int cli_cancel(struct cli *cli, int argc, char **argv);
int cli_archives(struct cli *cli, int argc, char **argv);
int cli_list(struct cli *cli, int argc, char **argv);
int cli_cat(struct cli *cli, int argc, char **argv);
int cli_restore(struct cli *cli, int argc, char **argv);
int cli_verify(struct cli *cli, int argc, char **argv);
int cli_unwind(struct cli *cli, int argc, char **argv);

#endif
