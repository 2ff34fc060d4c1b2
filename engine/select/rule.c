/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/select.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "select/extname.h"
#include "select/pattern.h"

#define DAY_S          86400
#define DAYS_MAX       1000000
#define SIZE_MAX_BYTES INT64_MAX

static const char known_terms[] = "name, below, leaf, special, partition, larger, older";
static const char off_term[] = "off";

/* One term of the text being parsed. */
struct term {
	const char *text; /* "larger:1M" */
	size_t len;
	const char *value; /* "1M" */
	size_t value_len;
};

static CK_PRINTF(4, 5) int wrong(struct ck_err *err, const char *rule, const struct term *term,
                                 const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *text = NULL;
	int n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		return ck_err_nomem(err);
	n = ck_err_set(err, CK_EUSAGE, "rule '%s': '%.*s' %s", rule, (int)term->len, term->text,
	               text);
	free(text);
	return n;
}

/* Up to the next comma that no backslash protects. */
static size_t term_len(const char *text)
{
	size_t i = 0;
	while (text[i] && text[i] != ',')
		i += text[i] == '\\' && pattern_is_special(text[i + 1]) ? 2 : 1;
	return i;
}

/* A number with one letter behind it, whose factor stands at the same place in @factors. */
static bool parse_scaled(const struct term *t, const char *letters, const uint64_t *factors,
                         uint64_t max, uint64_t *ret)
{
	uint64_t n, factor = 1;
	size_t len = t->value_len;
	const char *letter = len ? strchr(letters, t->value[len - 1]) : NULL;
	if (letter && *letter) {
		factor = factors[letter - letters];
		len--;
	}
	if (len == 0 || !number_parse(t->value, len, max / factor, &n))
		return false;
	*ret = n * factor;
	return true;
}

static bool parse_size(const struct term *t, uint64_t *ret)
{
	static const uint64_t factors[] = {1u << 10, 1u << 20, 1u << 30};
	return parse_scaled(t, "KMG", factors, SIZE_MAX_BYTES, ret);
}

/* The unit is required: a bare number would be read as days by one and as seconds by another. */
static bool parse_age(const struct term *t, int64_t *ret)
{
	static const uint64_t factors[] = {1, 7};
	uint64_t days;
	if (t->value_len == 0 || !strchr("dw", t->value[t->value_len - 1]) ||
	    !parse_scaled(t, "dw", factors, DAYS_MAX, &days))
		return false;
	*ret = (int64_t)days;
	return true;
}

/* The member that a term of this name sets, if it holds text. @pattern: keeps its escapes. */
static char **text_member(struct ck_rule *rule, const char *key, size_t len, bool *pattern)
{
	const struct {
		const char *key;
		char **at;
		bool pattern;
	} members[] = {
		{"name", &rule->name, true},
		{"below", &rule->below, true},
		{"leaf", &rule->leaf, false},
		{"special", &rule->special, false},
		{"partition", &rule->partition, false},
	};
	for (size_t i = 0; i < CK_COUNT(members); i++) {
		if (strlen(members[i].key) == len && memcmp(members[i].key, key, len) == 0) {
			*pattern = members[i].pattern;
			return members[i].at;
		}
	}
	return NULL;
}

static int parse_text(struct ck_rule *rule, const struct term *t, char **at, bool pattern,
                      struct ck_err *err)
{
	if (*at)
		return wrong(err, rule->text, t, "stands there twice");
	if (at == &rule->special && t->value[0] != '\\')
		return wrong(err, rule->text, t,
		             "must start with a backslash, as in special:\\Junk");
	*at = pattern ? strndup(t->value, t->value_len) : pattern_unescape(t->value, t->value_len);
	return *at ? 0 : ck_err_nomem(err);
}

static int parse_term(struct ck_rule *rule, struct term *t, struct ck_err *err)
{
	const char *colon = memchr(t->text, ':', t->len);
	if (t->len == strlen(off_term) && memcmp(t->text, off_term, t->len) == 0)
		return wrong(err, rule->text, t, "must stand first, and the rule behind it");
	if (!colon)
		return wrong(err, rule->text, t, "has no ':'; known terms are %s", known_terms);
	size_t key_len = (size_t)(colon - t->text);
	t->value = colon + 1;
	t->value_len = t->len - key_len - 1;
	if (t->value_len == 0)
		return wrong(err, rule->text, t, "says nothing behind the ':'");

	bool pattern = false;
	char **at = text_member(rule, t->text, key_len, &pattern);
	if (at)
		return parse_text(rule, t, at, pattern, err);
	if (key_len == 6 && memcmp(t->text, "larger", 6) == 0) {
		if (rule->larger != UINT64_MAX)
			return wrong(err, rule->text, t, "stands there twice");
		if (!parse_size(t, &rule->larger))
			return wrong(err, rule->text, t, "needs a size like 500, 20K, 1M or 2G");
		return 0;
	}
	if (key_len == 5 && memcmp(t->text, "older", 5) == 0) {
		if (rule->older_days >= 0)
			return wrong(err, rule->text, t, "stands there twice");
		if (!parse_age(t, &rule->older_days))
			return wrong(err, rule->text, t, "needs an age like 7d or 4w");
		return 0;
	}
	return wrong(err, rule->text, t, "is not known; known terms are %s", known_terms);
}

const char *ck_rule_off(const char *text)
{
	size_t len = strlen(off_term);
	text += strspn(text, " \t");
	return strncmp(text, off_term, len) == 0 && text[len] == ',' ? text + len + 1 : NULL;
}

void ck_rules_drop_off(struct ck_strv *rules)
{
	size_t n = 0;
	for (size_t i = 0; i < rules->n; i++) {
		if (ck_rule_off(rules->items[i]))
			free(rules->items[i]);
		else
			rules->items[n++] = rules->items[i];
	}
	if (n < rules->n)
		rules->items[n] = NULL;
	rules->n = n;
}

int ck_rule_parse(const char *text, struct ck_rule *ret, struct ck_err *err)
{
	const char *behind = ck_rule_off(text);
	CK_CLEANUP(ck_rule_fini)
	struct ck_rule rule = {
		.text = strdup(text), .larger = UINT64_MAX, .older_days = -1, .off = behind};
	if (!rule.text)
		return ck_err_nomem(err);
	for (const char *p = behind ? behind : text;; p++) {
		p += strspn(p, " \t");
		struct term t = {.text = p, .len = term_len(p)};
		if (t.len == 0)
			return ck_err_set(err, CK_EUSAGE, "rule '%s': a term is empty", text);
		int r = parse_term(&rule, &t, err);
		if (r < 0)
			return r;
		p += t.len;
		if (!*p)
			break;
	}
	*ret = rule;
	rule = (struct ck_rule){0};
	return 0;
}

void ck_rule_fini(struct ck_rule *rule)
{
	free(rule->text);
	free(rule->name);
	free(rule->below);
	free(rule->leaf);
	free(rule->special);
	free(rule->partition);
	*rule = (struct ck_rule){.larger = UINT64_MAX, .older_days = -1};
}

bool ck_rule_is_whole(const struct ck_rule *rule)
{
	return rule->larger == UINT64_MAX && rule->older_days < 0;
}

/* Does the pattern take the mailbox or one that it lies below? */
static bool is_below(const char *pattern, const struct ck_mailbox *m, char sep)
{
	size_t full = strlen(m->name), local = extname_local_len(m);
	if (pattern_match(pattern, m->name, full, sep))
		return true;
	for (size_t i = 1; i < local; i++) {
		if (m->name[i] != sep)
			continue;
		if (local == full) {
			if (pattern_match(pattern, m->name, i, sep))
				return true;
			continue;
		}
		/* user/anne/Sent@example.org lies below user/anne@example.org. */
		CK_CLEANUP(ck_buf_fini) struct ck_buf parent = CK_BUF_INIT;
		ck_buf_add(&parent, m->name, i);
		ck_buf_adds(&parent, m->name + local);
		if (pattern_match(pattern, parent.data, parent.len, sep))
			return true;
	}
	return false;
}

static bool has_leaf(const char *leaf, const struct ck_mailbox *m, char sep)
{
	size_t local = extname_local_len(m), at = extname_leaf(m->name, local, sep);
	return strlen(leaf) == local - at && memcmp(leaf, m->name + at, local - at) == 0;
}

/* One of the words of "\Sent \Archive"; RFC 6154 attributes know no case. */
static bool has_special(const char *want, const char *special)
{
	size_t len = strlen(want);
	while (*special) {
		size_t word = strcspn(special, " ");
		if (word == len && strncasecmp(special, want, len) == 0)
			return true;
		special += word;
		special += strspn(special, " ");
	}
	return false;
}

bool ck_rule_matches_mailbox(const struct ck_rule *rule, const struct ck_server *server,
                             const struct ck_mailbox *mailbox)
{
	char sep = server->separator;
	if (rule->off)
		return false;
	if (rule->partition &&
	    (mailbox->partition >= server->npartitions ||
	     strcmp(server->partitions[mailbox->partition].name, rule->partition) != 0))
		return false;
	if (rule->special && !has_special(rule->special, mailbox->special))
		return false;
	if (rule->leaf && !has_leaf(rule->leaf, mailbox, sep))
		return false;
	if (rule->name && !ck_pattern_match(rule->name, mailbox->name, sep))
		return false;
	return !rule->below || is_below(rule->below, mailbox, sep);
}

/* Rounded down, so that a date in the future is younger than any rule. */
static int64_t age_days(int64_t internaldate, int64_t now)
{
	int64_t age;
	if (__builtin_sub_overflow(now, internaldate, &age))
		return internaldate < now ? INT64_MAX : -1;
	return age >= 0 ? age / DAY_S : -1;
}

bool ck_rule_matches_message(const struct ck_rule *rule, uint64_t size, int64_t internaldate,
                             int64_t now)
{
	if (rule->larger != UINT64_MAX && size <= rule->larger)
		return false;
	return rule->older_days < 0 || age_days(internaldate, now) >= rule->older_days;
}
