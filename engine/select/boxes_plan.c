/* SPDX-License-Identifier: BSD-2-Clause */
/* Boxes to rules and back. */
#include <stdlib.h>
#include <string.h>

#include "select/extname.h"
#include "select/pattern.h"
#include "select/tree.h"

static bool is_selected(const struct ck_strv *patterns, const char *name, char sep)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (ck_pattern_match(patterns->items[i], name, sep))
			return true;
	return patterns->n == 0;
}

struct rules {
	struct ck_rule *items;
	size_t n;
};

static void rules_fini(struct rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		ck_rule_fini(&rules->items[i]);
	free(rules->items);
}

static int parse_rules(const struct ck_strv *texts, struct rules *ret, struct ck_err *err)
{
	ret->items = ck_alloc(texts->n + 1, sizeof(*ret->items));
	if (!ret->items)
		return ck_err_nomem(err);
	for (; ret->n < texts->n; ret->n++) {
		int r = ck_rule_parse(texts->items[ret->n], &ret->items[ret->n], err);
		if (r < 0)
			return r;
	}
	return 0;
}

int ck_tree_from_plan(struct ck_tree *tree, const struct ck_plan *plan, struct ck_err *err)
{
	CK_CLEANUP(rules_fini) struct rules rules = {0};
	const struct ck_server *s = tree->server;
	int r = parse_rules(&plan->exclude, &rules, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < s->nmailboxes; i++) {
		const struct ck_mailbox *m = &s->mailboxes[i];
		bool on = is_selected(&plan->select, m->name, s->separator);
		for (size_t k = 0; on && k < rules.n; k++)
			on = !ck_rule_is_whole(&rules.items[k]) ||
			     !ck_rule_matches_mailbox(&rules.items[k], s, m);
		tree->on[i] = on;
	}
	tree->config_on = !plan->without_config;
	ck_tree_refresh(tree);
	return 0;
}

/* A star alone, or behind the first level, is what this file itself writes for the server and for
 * "users"; else a wildcard says more than boxes can. */
static bool is_box_pattern(const char *pattern, char sep)
{
	size_t plain = 0;
	while (pattern[plain] && pattern[plain] != '*' && pattern[plain] != '%')
		plain += pattern[plain] == '\\' && pattern_is_special(pattern[plain + 1]) ? 2 : 1;
	if (!pattern[plain])
		return true;
	return strcmp(pattern + plain, "*") == 0 &&
	       (plain == 0 || memchr(pattern, sep, plain) == pattern + plain - 1);
}

/* Do boxes say the same as the rule, so that it is written anew from them? */
static bool is_box_rule(const struct ck_rule *rule, char sep)
{
	if (!ck_rule_is_whole(rule) || rule->leaf || rule->special)
		return false;
	return (!rule->name || is_box_pattern(rule->name, sep)) &&
	       (!rule->below || is_box_pattern(rule->below, sep));
}

/* Marks what the rule leaves out in @covered. @return false, nothing marked, when a box that is
 * ticked says otherwise. */
static bool cover(const struct ck_tree *tree, const struct ck_rule *rule, uint8_t *covered)
{
	const struct ck_server *s = tree->server;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < s->nmailboxes; i++) {
			if (!tree_shows(&s->mailboxes[i]) ||
			    !ck_rule_matches_mailbox(rule, s, &s->mailboxes[i]))
				continue;
			if (tree->on[i])
				return false;
			if (pass == 1)
				covered[i] = 1;
		}
	}
	return true;
}

struct writer {
	const struct ck_tree *tree;
	uint8_t *covered; /* Per mailbox: a kept rule leaves it out. */
	uint32_t *owed; /* Per node: unticked mailboxes in the subtree that no kept rule covers. */
	bool one_partition;
	struct ck_strv rules;
};

/* Keep the rules that boxes cannot express and that no box contradicts. */
static int keep_rules(struct writer *w, const struct ck_strv *texts)
{
	for (size_t i = 0; i < texts->n; i++) {
		CK_CLEANUP(ck_rule_fini) struct ck_rule rule = {0};
		int r = ck_rule_parse(texts->items[i], &rule, NULL);
		if (r == CK_ENOMEM)
			return r;
		bool keep = r < 0 || !ck_rule_is_whole(&rule) ||
		            (!is_box_rule(&rule, w->tree->server->separator) &&
		             cover(w->tree, &rule, w->covered));
		if (keep && ck_strv_add(&w->rules, texts->items[i]) < 0)
			return CK_ENOMEM;
	}
	return 0;
}

static int count_todo(struct writer *w)
{
	const struct ck_tree *t = w->tree;
	size_t partitions = 0;
	w->owed = ck_alloc(t->n, sizeof(*w->owed));
	if (!w->owed)
		return CK_ENOMEM;
	for (size_t i = t->n; i-- > 0;) {
		const struct ck_node *n = &t->nodes[i];
		partitions += n->kind == CK_NODE_PARTITION && n->mailboxes > 0;
		if (n->mailbox != CK_NODE_NONE && !t->on[n->mailbox] && !w->covered[n->mailbox])
			w->owed[i]++;
		if (n->parent != CK_NODE_NONE)
			w->owed[n->parent] += w->owed[i];
	}
	w->one_partition = partitions <= 1;
	return 0;
}

static uint32_t ancestor(const struct ck_tree *t, uint32_t node, enum ck_node_kind kind)
{
	while (node != CK_NODE_NONE && t->nodes[node].kind != kind)
		node = t->nodes[node].parent;
	return node;
}

static bool in_unknown_partition(const struct ck_tree *t, uint32_t node)
{
	uint32_t p = ancestor(t, node, CK_NODE_PARTITION);
	return p != CK_NODE_NONE && strcmp(t->nodes[p].label, TREE_UNKNOWN_PARTITION) == 0;
}

/* The first mailbox of a subtree; every node but those of the frame leads to one. */
static const struct ck_mailbox *first_mailbox(const struct ck_tree *t, uint32_t node)
{
	while (t->nodes[node].mailbox == CK_NODE_NONE)
		node++;
	return &t->server->mailboxes[t->nodes[node].mailbox];
}

/* The full name of a node that stands for a name, escaped; of one without a mailbox, from below. */
static void add_name(const struct ck_tree *t, uint32_t node, struct ck_buf *rule)
{
	const struct ck_mailbox *m = first_mailbox(t, node);
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	if (t->nodes[node].mailbox != CK_NODE_NONE) {
		pattern_escape(m->name, rule);
		return;
	}
	bool shared = ancestor(t, node, CK_NODE_SHARED) != CK_NODE_NONE;
	size_t local = extname_local_len(m), len = 0;
	int levels = t->nodes[node].depth - TREE_DEPTH_FIRST + (shared ? 1 : 2);
	while (len < local && (m->name[len] != t->server->separator || --levels > 0))
		len++;
	ck_buf_add(&name, m->name, len);
	ck_buf_adds(&name, m->name + local);
	pattern_escape(name.data, rule);
	rule->failed |= name.failed;
}

/* The same name may lead to mailboxes of other partitions. */
static void add_partition(const struct writer *w, uint32_t node, struct ck_buf *rule)
{
	uint32_t p = ancestor(w->tree, node, CK_NODE_PARTITION);
	if (p == CK_NODE_NONE || w->one_partition)
		return;
	ck_buf_adds(rule, rule->len ? ",partition:" : "partition:");
	pattern_escape(w->tree->nodes[p].label, rule);
}

/* One rule for a subtree of which nothing is ticked. @return 1, 0 when no one rule says it. */
static int write_subtree(struct writer *w, uint32_t node)
{
	const struct ck_tree *t = w->tree;
	const struct ck_node *n = &t->nodes[node];
	CK_CLEANUP(ck_buf_fini) struct ck_buf rule = CK_BUF_INIT;
	/* Nothing names an unknown partition, and its names may exist in others too. */
	if (n->kind != CK_NODE_ROOT && in_unknown_partition(t, node))
		return 0;
	switch (n->kind) {
	case CK_NODE_ROOT:
		ck_buf_adds(&rule, "name:*");
		break;
	case CK_NODE_PARTITION:
		if (w->one_partition)
			ck_buf_adds(&rule, "name:*");
		break;
	case CK_NODE_USERS:
	case CK_NODE_DELAYED: {
		const char *name = first_mailbox(t, node)->name;
		const char *first = strchr(name, t->server->separator);
		if (!first)
			return 0;
		ck_buf_addf(&rule, "name:%.*s*", (int)(first - name) + 1, name);
		break;
	}
	case CK_NODE_MAILBOX:
		if (n->first_child == CK_NODE_NONE)
			return 0; /* its own name says it */
		ck_buf_adds(&rule, "below:");
		add_name(t, node, &rule);
		break;
	default:
		return 0;
	}
	add_partition(w, node, &rule);
	return ck_strv_addm(&w->rules, ck_buf_take(&rule)) < 0 ? CK_ENOMEM : 1;
}

static int write_own(struct writer *w, uint32_t node)
{
	const struct ck_node *n = &w->tree->nodes[node];
	if (n->mailbox == CK_NODE_NONE || w->tree->on[n->mailbox] || w->covered[n->mailbox])
		return 0;
	CK_CLEANUP(ck_buf_fini) struct ck_buf rule = CK_BUF_INIT;
	ck_buf_adds(&rule, "name:");
	add_name(w->tree, node, &rule);
	return ck_strv_addm(&w->rules, ck_buf_take(&rule));
}

static int write_rules(struct writer *w)
{
	const struct ck_tree *t = w->tree;
	for (uint32_t i = 0; i < t->n;) {
		int r = 0;
		if (w->owed[i] > 0 && t->nodes[i].ticked == 0)
			r = write_subtree(w, i);
		if (r < 0)
			return r;
		if (w->owed[i] == 0 || r == 1) {
			i = tree_end(t, i);
			continue;
		}
		if (write_own(w, i) < 0)
			return CK_ENOMEM;
		i++;
	}
	return 0;
}

static void writer_fini(struct writer *w)
{
	free(w->covered);
	free(w->owed);
	ck_strv_fini(&w->rules);
}

int ck_tree_to_plan(const struct ck_tree *tree, struct ck_plan *plan, struct ck_err *err)
{
	CK_CLEANUP(writer_fini) struct writer w = {.tree = tree};
	CK_CLEANUP(ck_strv_fini) struct ck_strv select = {0};
	w.covered = ck_alloc(tree->server->nmailboxes + 1, sizeof(*w.covered));
	if (!w.covered || keep_rules(&w, &plan->exclude) < 0 || count_todo(&w) < 0 ||
	    write_rules(&w) < 0 || ck_strv_add(&select, "*") < 0)
		return ck_err_nomem(err);
	ck_strv_fini(&plan->select);
	ck_strv_fini(&plan->exclude);
	plan->select = select;
	plan->exclude = w.rules;
	plan->without_config = !tree->config_on;
	select = w.rules = (struct ck_strv){0};
	return 0;
}
