/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be meant by a rule that fits no mailbox. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "select/extname.h"
#include "select/pattern.h"
#include <cyrkeep/select.h>

/* What mailboxes of a role are called where nothing says what they are for. */
static const struct {
	const char *role;
	const char *names[6];
} roles[] = {
	{"\\Junk", {"Junk", "Spam", "Junk E-mail", "Junk Mail", "Bulk Mail"}},
	{"\\Trash", {"Trash", "Deleted Items", "Deleted Messages", "Deleted"}},
	{"\\Sent", {"Sent", "Sent Items", "Sent Messages", "Sent Mail"}},
	{"\\Drafts", {"Drafts", "Draft"}},
	{"\\Archive", {"Archive", "Archives"}},
};

static bool is_ours(const struct ck_mailbox *m)
{
	return !(m->flags & (CK_MBOX_INTERMEDIATE | CK_MBOX_REMOTE));
}

static bool fits_any(const struct ck_server *server, const struct ck_rule *rule)
{
	for (size_t i = 0; i < server->nmailboxes; i++)
		if (is_ours(&server->mailboxes[i]) &&
		    ck_rule_matches_mailbox(rule, server, &server->mailboxes[i]))
			return true;
	return false;
}

/* Takes @value over: "KEY:VALUE" if the rule fits with it, else NULL. */
static char *try_text(const struct ck_server *server, const struct ck_rule *rule, char **at,
                      const char *key, char *value)
{
	char *term = NULL;
	*at = value;
	if (!value || !fits_any(server, rule) || asprintf(&term, "%s:%s", key, value) < 0)
		term = NULL;
	*at = NULL;
	free(value);
	return term;
}

static char *swap_separators(const char *pattern, char sep)
{
	char *text = strdup(pattern);
	for (char *p = text; p && *p; p++)
		if (*p == (sep == '/' ? '.' : '/'))
			*p = sep;
	return text;
}

/* With the other separator; without the "user" in front. */
static char *try_pattern(const struct ck_server *server, const struct ck_rule *rule,
                         const char *key)
{
	struct ck_rule other = *rule; /* borrows */
	char **at = other.name ? &other.name : &other.below, *prefixed = NULL;
	const char *pattern = *at;
	char *term = try_text(server, &other, at, key, swap_separators(pattern, server->separator));
	if (!term && asprintf(&prefixed, "user%c%s", server->separator, pattern) > 0)
		term = try_text(server, &other, at, key, prefixed);
	return term;
}

/* The same name in other letters. */
static char *try_case(const struct ck_server *server, const struct ck_rule *rule, const char *key)
{
	struct ck_rule other = *rule; /* borrows */
	char **at = other.leaf ? &other.leaf : other.name ? &other.name : &other.below;
	CK_FREE char *want = other.leaf ? strdup(*at) : pattern_unescape(*at, strlen(*at));
	for (size_t i = 0; want && i < server->nmailboxes; i++) {
		const struct ck_mailbox *m = &server->mailboxes[i];
		size_t local = extname_local_len(m), end = rule->leaf ? local : strlen(m->name);
		size_t from = rule->leaf ? extname_leaf(m->name, local, server->separator) : 0;
		if (!is_ours(m) || end - from != strlen(want) ||
		    strncasecmp(m->name + from, want, end - from) != 0)
			continue;
		char *term = try_text(server, &other, at, key, strndup(m->name + from, end - from));
		if (term)
			return term;
	}
	return NULL;
}

/* A name that mailboxes of some role have: is the role meant? */
static char *try_role(const struct ck_server *server, const struct ck_rule *rule, const char *name)
{
	for (size_t i = 0; i < CK_COUNT(roles); i++) {
		for (size_t k = 0; k < CK_COUNT(roles[i].names) && roles[i].names[k]; k++) {
			struct ck_rule other = *rule; /* borrows */
			other.name = other.below = other.leaf = NULL;
			char *term = strcasecmp(roles[i].names[k], name) != 0
			                     ? NULL
			                     : try_text(server, &other, &other.special, "special",
			                                strdup(roles[i].role));
			if (term)
				return term;
		}
	}
	return NULL;
}

/* A role that no mailbox has: is one of its usual names there? */
static char *try_names(const struct ck_server *server, const struct ck_rule *rule)
{
	for (size_t i = 0; i < CK_COUNT(roles); i++) {
		if (strcasecmp(roles[i].role, rule->special) != 0)
			continue;
		for (size_t k = 0; k < CK_COUNT(roles[i].names) && roles[i].names[k]; k++) {
			struct ck_rule other = *rule; /* borrows */
			other.special = NULL;
			char *term = try_text(server, &other, &other.leaf, "leaf",
			                      strdup(roles[i].names[k]));
			if (term)
				return term;
		}
	}
	return try_role(server, rule, rule->special + 1);
}

/* "Spam" of user/%/Spam* and of user.*.Spam; owned. */
static char *last_part(const char *pattern, char sep)
{
	CK_FREE char *text = swap_separators(pattern, sep);
	const char *slash = text ? strrchr(text, sep) : NULL;
	const char *part = slash ? slash + 1 : text;
	return part ? strndup(part, strcspn(part, "*%")) : NULL;
}

static char *guess(const struct ck_server *server, const struct ck_rule *rule)
{
	const char *key = rule->leaf ? "leaf" : rule->name ? "name" : "below";
	const char *pattern = rule->name ? rule->name : rule->below;
	CK_FREE char *part = pattern ? last_part(pattern, server->separator) : NULL;
	char *term = NULL;
	if (rule->special)
		return rule->leaf || pattern ? NULL : try_names(server, rule);
	if (pattern && !rule->leaf)
		term = try_pattern(server, rule, key);
	if (!term && (pattern || rule->leaf))
		term = try_case(server, rule, key);
	if (!term && (part || rule->leaf))
		term = try_role(server, rule, rule->leaf ? rule->leaf : part);
	return term;
}

char *ck_rule_guess(const struct ck_server *server, const char *text, bool *ret_fits)
{
	CK_CLEANUP(ck_rule_fini) struct ck_rule rule = {0};
	*ret_fits = false;
	if (ck_rule_parse(text, &rule, NULL) < 0)
		return NULL;
	rule.off = false;
	*ret_fits = fits_any(server, &rule);
	return *ret_fits ? NULL : guess(server, &rule);
}
