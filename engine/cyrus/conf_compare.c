/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cyrus/conf.h"
#include "cyrus/conf_options.h"
#include "cyrus/differences.h"

#define NO_WEIGHT SIZE_MAX

static const char where_directories_lie[] =
	"Where directories lie. A restore leaves that to Cyrus; whoever puts files back by hand "
	"must follow this server's.";
static const char of_a_database[] =
	"How Cyrus keeps a database. A restore goes through the running server and does not mind; "
	"a database that is put back by hand must be converted (cvt_cyrusdb), or made again from "
	"its text in the archive.";

/* What decides over a restore, by weight. */
static const struct {
	const char *key, *meaning;
} weights[] = {
	{"virtdomains", "Whether a user's name has a domain behind it. Where it is off, mailboxes "
                        "of a domain cannot be made: the rehearsal refuses them."},
	{"defaultdomain", "Users of this domain are named without it: the same user may have "
                          "another name here. Look at the targets in the rehearsal."},
	{"unixhierarchysep", "What separates the levels of a name: '/' for yes, '.' for no. Choose "
                             "mailboxes by their names in the archive, targets by those here; a "
                             "restore translates."},
	{"altnamespace", "Whether users see their folders beside INBOX (yes) or below it (no). An "
                         "administrator's names are the same, and so is a restore; users find "
                         "the mail at another place."},
	{"hashimapspool", where_directories_lie},
	{"fulldirhash", where_directories_lie},
	{"metapartition_files", where_directories_lie},
	{"mboxlist_db", of_a_database},
	{"annotation_db", of_a_database},
	{"seenstate_db", of_a_database},
	{"subscription_db", of_a_database},
	{"quota_db", of_a_database},
	{"conversations_db", of_a_database},
	{"userdeny_db", of_a_database},
};

/* Behind those: families, by how a key begins or ends. */
static const struct {
	const char *begin, *end, *meaning;
} families[] = {
	{"partition-", "",
         "Where mail lies. Mailboxes of a partition that is not here are made on "
         "the default partition."},
	{"defaultpartition", "", "Where mailboxes go whose partition is not here."},
	{"", "_db", of_a_database},
};

const char *conf_compared(size_t i)
{
	return i < CK_COUNT(weights) ? weights[i].key : NULL;
}

int conf_effective(const struct conf *conf, const char *key, struct ck_buf *ret)
{
	static const char *const virt[] = {
		[CONF_VIRT_OFF] = "off", [CONF_VIRT_USERID] = "userid", [CONF_VIRT_ON] = "on"};
	const struct {
		const char *key;
		bool on;
	} switches[] = {
		{"unixhierarchysep", conf->unixhierarchysep},
		{"altnamespace", conf->altnamespace},
		{"hashimapspool", conf->hashimapspool},
		{"fulldirhash", conf->fulldirhash},
	};
	for (size_t i = 0; i < CK_COUNT(switches); i++)
		if (strcmp(switches[i].key, key) == 0)
			return ck_buf_adds(ret, switches[i].on ? "yes" : "no");
	if (strcmp(key, "virtdomains") == 0)
		return ck_buf_adds(ret, virt[conf->virtdomains]);
	const char *value = conf_get(conf, key);
	return ck_buf_adds(ret, value ? value : "default");
}

/* -- what an option is ------------------------------------------------------------------------ */

static bool is_like(const char *key, const char *begin, const char *end)
{
	size_t n = strlen(key), b = strlen(begin), e = strlen(end);
	return n >= b + e && memcmp(key, begin, b) == 0 && memcmp(key + n - e, end, e) == 0;
}

/* The weight of a key in itself, with what it means, or NO_WEIGHT. */
static size_t weigh(const char *key, const char **ret_meaning)
{
	*ret_meaning = "";
	for (size_t i = 0; i < CK_COUNT(weights); i++)
		if (strcmp(weights[i].key, key) == 0) {
			*ret_meaning = weights[i].meaning;
			return i;
		}
	for (size_t i = 0; i < CK_COUNT(families); i++)
		if (is_like(key, families[i].begin, families[i].end)) {
			*ret_meaning = families[i].meaning;
			return CK_COUNT(weights) + i;
		}
	return NO_WEIGHT;
}

static bool is_option(const char *key)
{
	const char *meaning;
	return conf_option_find(key) || conf_default(key, CONF_RELEASE_NEWEST) ||
	       strncmp(key, "sasl_", 5) == 0 || weigh(key, &meaning) != NO_WEIGHT;
}

/* "altnamespace" of "imap_altnamespace": what holds for the service where its own is not set. */
static const char *base_of(const char *key)
{
	const char *rest = is_option(key) ? NULL : strchr(key, '_');
	return rest && is_option(rest + 1) ? rest + 1 : NULL;
}

/* -- values, one spelling for each ------------------------------------------------------------ */

static void add_words(const char *words, const char *value, struct ck_buf *ret)
{
	while (*words) {
		size_t n = strcspn(words, " ");
		for (const char *p = value + strspn(value, CONF_BLANKS); *p;) {
			size_t m = strcspn(p, CONF_BLANKS);
			if (m == n && memcmp(p, words, n) == 0) {
				(void)ck_buf_addf(ret, "%s%.*s", ret->len ? " " : "", (int)n, p);
				break;
			}
			p += m + strspn(p + m, CONF_BLANKS);
		}
		words += n + (words[n] == ' ');
	}
}

/* Blanks between words, as continued lines have them, say nothing. */
static void add_squeezed(const char *value, struct ck_buf *ret)
{
	for (const char *p = value + strspn(value, CONF_BLANKS); *p;) {
		size_t n = strcspn(p, CONF_BLANKS);
		(void)ck_buf_addf(ret, "%s%.*s", ret->len ? " " : "", (int)n, p);
		p += n + strspn(p + n, CONF_BLANKS);
	}
}

/* A number without a unit has that of the default: "timeout: 32" is 32m. */
static void add_unit(const char *key, struct ck_buf *ret)
{
	const char *usual = conf_default(key, CONF_RELEASE_NEWEST);
	size_t n = usual ? strspn(usual, "0123456789") : 0;
	if (n && isalpha((unsigned char)usual[n]) && !usual[n + 1] && ret->len &&
	    strspn(ret->data, "0123456789") == ret->len && strcmp(ret->data, "0") != 0)
		(void)ck_buf_addc(ret, usual[n]);
}

static int spell(const struct conf *conf, const char *key, const char *value, struct ck_buf *ret)
{
	static const char configdirectory[] = "{configdirectory}";
	const struct conf_option *option = conf_option_find(key);
	enum conf_kind kind = option ? option->kind : CONF_PATH;
	size_t word = sizeof configdirectory - 1;
	bool on;
	if (kind == CONF_SWITCH && conf_switch_parse(value, &on))
		(void)ck_buf_adds(ret, on ? "yes" : "no");
	else if (kind == CONF_WORD && conf_word(option->words, value))
		(void)ck_buf_adds(ret, conf_word(option->words, value));
	else if (kind == CONF_WORDS)
		add_words(option->words, value, ret);
	else if (strncmp(value, configdirectory, word) == 0) /* of a default */
		(void)ck_buf_addf(ret, "%s%s", conf->configdirectory, value + word);
	else
		add_squeezed(value, ret);
	add_unit(key, ret);
	return ret->failed ? CK_ENOMEM : 0;
}

/* What holds for @key, and where it is set. */
static int read_setting(const struct conf_side *side, const char *key, struct ck_setting *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	const char *base = base_of(key), *option = base ? base : key;
	const struct conf_line *line = conf_find(side->conf, key);
	const struct conf_line *other = base ? conf_find(side->conf, base) : NULL;
	const char *value = line ? line->value : other ? other->value : NULL;
	if (!value)
		value = strcmp(option, "defaultpartition") == 0
		                ? side->conf->defaultpartition
		                : conf_default(option, side->release);
	*ret = (struct ck_setting){.state = line    ? CK_SETTING_SET
	                                    : value ? CK_SETTING_DEFAULT
	                                            : CK_SETTING_ABSENT};
	if (value && spell(side->conf, option, value, &text) < 0)
		return CK_ENOMEM;
	ret->value = ck_buf_take(&text);
	if (line) {
		ret->line = line->line;
		ret->file = strdup(line->file);
	}
	return ret->value && (!line || ret->file) ? 0 : CK_ENOMEM;
}

/* -- the comparison --------------------------------------------------------------------------- */

static bool is_untold(const struct conf_side *side, const char *key)
{
	return side->untold && ck_strv_has(side->untold, key);
}

/* Two defaults that differ are told of what decides over a restore only. */
static bool differs(const struct ck_difference *d)
{
	bool absent = d->was.state == CK_SETTING_ABSENT || d->is.state == CK_SETTING_ABSENT;
	bool unset = d->was.state != CK_SETTING_SET && d->is.state != CK_SETTING_SET;
	if (unset && (absent || d->kind != CK_DIFFERENCE_RESTORE))
		return false;
	return absent || strcmp(d->was.value, d->is.value) != 0;
}

static int compare_option(const struct conf_side *was, const struct conf_side *is, const char *key,
                          struct ck_differences *ret)
{
	CK_CLEANUP(difference_fini) struct ck_difference d = {.kind = CK_DIFFERENCE_OPTION};
	const char *base = base_of(key);
	if (weigh(base ? base : key, &d.meaning) != NO_WEIGHT)
		d.kind = CK_DIFFERENCE_RESTORE;
	d.name = strdup(key);
	if (!d.name || read_setting(was, key, &d.was) < 0 || read_setting(is, key, &d.is) < 0)
		return CK_ENOMEM;
	bool one_sets = (d.was.state == CK_SETTING_SET) != (d.is.state == CK_SETTING_SET);
	if (!differs(&d))
		return one_sets ? ck_strv_add(&ret->spelled_out, key) : 0;
	difference_hide(&d.was, key);
	difference_hide(&d.is, key);
	return differences_add(ret, &d);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What is in force on both sides, then what is only there, then what is only here. */
static int side_of(const struct ck_difference *d)
{
	return d->is.state == CK_SETTING_ABSENT ? 1 : d->was.state == CK_SETTING_ABSENT ? 2 : 0;
}

static int by_weight(const void *a, const void *b)
{
	const struct ck_difference *x = a, *y = b;
	const char *meaning, *bx = base_of(x->name), *by = base_of(y->name);
	size_t wx = weigh(bx ? bx : x->name, &meaning), wy = weigh(by ? by : y->name, &meaning);
	if (wx != wy)
		return wx < wy ? -1 : 1;
	int sides = side_of(x) - side_of(y);
	return sides ? sides : strcmp(x->name, y->name);
}

int conf_differences(const struct conf_side *was, const struct conf_side *is,
                     struct ck_differences *ret, struct ck_err *err)
{
	size_t n = 0, first = ret->n;
	CK_FREE const char **keys =
		ck_alloc(was->conf->n + is->conf->n + CK_COUNT(weights), sizeof *keys);
	if (!keys)
		return ck_err_nomem(err);
	for (size_t i = 0; i < was->conf->n; i++)
		keys[n++] = was->conf->lines[i].key;
	for (size_t i = 0; i < is->conf->n; i++)
		keys[n++] = is->conf->lines[i].key;
	for (size_t i = 0; i < CK_COUNT(weights); i++)
		keys[n++] = weights[i].key;
	qsort(keys, n, sizeof *keys, by_text);
	for (size_t i = 0; i < n; i++) {
		if ((i && strcmp(keys[i - 1], keys[i]) == 0) || is_untold(was, keys[i]) ||
		    is_untold(is, keys[i]))
			continue;
		if (compare_option(was, is, keys[i], ret) < 0)
			return ck_err_nomem(err);
	}
	if (ret->n > first)
		qsort(ret->items + first, ret->n - first, sizeof *ret->items, by_weight);
	for (size_t i = first; i < ret->n; i++)
		ret->nrestore += ret->items[i].kind == CK_DIFFERENCE_RESTORE;
	return 0;
}
