/* SPDX-License-Identifier: BSD-2-Clause */
/** The declared options of imapd.conf whose values have a form: switches, words, paths. */
#ifndef CYRUS_CONF_OPTIONS_H
#define CYRUS_CONF_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <cyrkeep/err.h>

/** What isspace() is in the C locale. */
#define CONF_BLANKS " \t\n\v\f\r"

enum conf_kind {
	CONF_SWITCH, /**< yes or no */
	CONF_WORD,   /**< one of words */
	CONF_WORDS,  /**< any of words, separated by blanks */
	CONF_PATH,   /**< a string in which a leading {configdirectory} is replaced */
};

struct conf_option {
	const char *key;
	enum conf_kind kind;
	const char *words; /**< Separated by one blank; NULL unless the kind has words. */
};

/** The option called @key (lower case), or NULL for one without a form or unknown. */
const struct conf_option *conf_option_find(const char *key);

/** The value of a switch as lib/libconfig.c reads it. @return false for a bad word. */
bool conf_switch_parse(const char *value, bool *ret);

/** Is the word in the list? */
bool conf_words_have(const char *words, const char *word, size_t len);

/** The word that @value means, with "yes", "true", … for "on": borrowed, or NULL. */
const char *conf_word(const char *words, const char *value);

#define CONF_RELEASE_NEWEST 9999

/** The release of a version of Cyrus: 306 for "3.6.1-Debian-3.6.1-4"; of NULL, and of what is none,
 * CONF_RELEASE_NEWEST. */
unsigned conf_release(const char *version);

/** What holds in @release where the option is not set, spelled as a value would be; NULL when it
 * has no default that we know. */
const char *conf_default(const char *key, unsigned release);

/** Has the value the form of its option? @return 0 or CK_EUSAGE. */
int conf_option_check(const char *key, const char *value, struct ck_err *err) CK_MUST_USE;

#endif
