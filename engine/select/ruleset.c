/* SPDX-License-Identifier: BSD-2-Clause */
#include "select/ruleset.h"

#include <stdlib.h>
#include <string.h>

#include "select/extname.h"
#include "select/pattern.h"

static bool is_exact(const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '\\' && pattern_is_special(pattern[1]))
			pattern++;
		else if (*pattern == '*' || *pattern == '%')
			return false;
	}
	return true;
}

/* FNV-1a */
static uint64_t hash_on(uint64_t h, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
	return h;
}

static size_t slot_of(const struct ruleset *set, const char *name, size_t len)
{
	uint64_t h = hash_on(0xcbf29ce484222325u, name, len);
	return (size_t)(h ^ h >> 29) & (set->nslots - 1);
}

static int put(struct ruleset *set, uint32_t rule)
{
	const char *pattern =
		set->rules[rule].name ? set->rules[rule].name : set->rules[rule].below;
	if (!pattern || !is_exact(pattern)) {
		set->others[set->nothers++] = rule;
		return 0;
	}
	char *name = set->names[rule] = pattern_unescape(pattern, strlen(pattern));
	if (!name)
		return CK_ENOMEM;
	size_t at = slot_of(set, name, strlen(name));
	while (set->slots[at])
		at = (at + 1) & (set->nslots - 1);
	set->slots[at] = rule + 1;
	return 0;
}

int ruleset_open(const struct ck_strv *texts, struct ruleset *ret, struct ck_err *err)
{
	CK_CLEANUP(ruleset_fini) struct ruleset set = {.nslots = 16, .parent = CK_BUF_INIT};
	while (set.nslots < texts->n * 2)
		set.nslots *= 2;
	set.rules = ck_alloc(texts->n + 1, sizeof *set.rules);
	set.names = ck_alloc(texts->n + 1, sizeof *set.names);
	set.others = ck_alloc(texts->n + 1, sizeof *set.others);
	set.hits = ck_alloc(texts->n + 1, sizeof *set.hits);
	set.slots = ck_alloc(set.nslots, sizeof *set.slots);
	if (!set.rules || !set.names || !set.others || !set.hits || !set.slots)
		return ck_err_nomem(err);
	for (; set.n < texts->n; set.n++) {
		int r = ck_rule_parse(texts->items[set.n], &set.rules[set.n], err);
		if (r < 0)
			return r;
	}
	for (uint32_t i = 0; i < set.n; i++)
		if (put(&set, i) < 0)
			return ck_err_nomem(err);
	*ret = set;
	set = (struct ruleset){.parent = CK_BUF_INIT};
	return 0;
}

void ruleset_fini(struct ruleset *set)
{
	for (size_t i = 0; i < set->n; i++) {
		ck_rule_fini(&set->rules[i]);
		free(set->names[i]);
	}
	free(set->rules);
	free(set->names);
	free(set->slots);
	free(set->others);
	free(set->hits);
	ck_buf_fini(&set->parent);
	*set = (struct ruleset){.parent = CK_BUF_INIT};
}

/* What one mailbox is asked with. */
struct question {
	struct ruleset *set;
	const struct ck_server *server;
	const struct ck_mailbox *mailbox;
	size_t n;
};

static void ask(struct question *q, uint32_t rule)
{
	if (ck_rule_matches_mailbox(&q->set->rules[rule], q->server, q->mailbox))
		q->set->hits[q->n++] = rule;
}

/* Rules that give exactly this name, the mailbox's own or one above it. */
static void ask_named(struct question *q, const char *name, size_t len)
{
	const struct ruleset *set = q->set;
	for (size_t at = slot_of(set, name, len); set->slots[at];
	     at = (at + 1) & (set->nslots - 1)) {
		uint32_t rule = set->slots[at] - 1;
		if (strncmp(set->names[rule], name, len) == 0 && !set->names[rule][len])
			ask(q, rule);
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

size_t ruleset_match(struct ruleset *set, const struct ck_server *server,
                     const struct ck_mailbox *mailbox, const uint32_t **ret)
{
	struct question q = {.set = set, .server = server, .mailbox = mailbox};
	const char *name = mailbox->name;
	*ret = set->hits;
	for (size_t i = 0; i < set->nothers; i++)
		ask(&q, set->others[i]);
	if (set->nothers == set->n)
		return q.n;
	size_t full = strlen(name), local = extname_local_len(mailbox);
	ask_named(&q, name, full);
	for (size_t i = 1; i < local; i++) {
		if (name[i] != server->separator)
			continue;
		if (local == full) {
			ask_named(&q, name, i);
			continue;
		}
		/* user/anne/Sent@example.org lies below user/anne@example.org. */
		ck_buf_reset(&set->parent);
		(void)ck_buf_add(&set->parent, name, i);
		(void)ck_buf_adds(&set->parent, name + local);
		ask_named(&q, set->parent.data, set->parent.len);
	}
	qsort(set->hits, q.n, sizeof *set->hits, by_number);
	return q.n;
}
