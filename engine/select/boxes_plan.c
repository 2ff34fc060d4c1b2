/* SPDX-License-Identifier: BSD-2-Clause */
/* Boxes to rules and back. */
#include <stdlib.h>
#include <string.h>

#include "select/extname.h"
#include "select/pattern.h"
#include "select/ruleset.h"
#include "select/tree.h"

static bool is_selected(const struct ck_strv *patterns, const char *name, char sep)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (ck_pattern_match(patterns->items[i], name, sep))
			return true;
	return patterns->n == 0;
}

static bool is_taken(struct ruleset *rules, const struct ck_plan *plan, const struct ck_server *s,
                     const struct ck_mailbox *m)
{
	const uint32_t *hits;
	if (!is_selected(&plan->select, m->name, s->separator))
		return false;
	size_t n = ruleset_match(rules, s, m, &hits);
	for (size_t k = 0; k < n; k++)
		if (ck_rule_is_whole(&rules->rules[hits[k]]))
			return false;
	return true;
}

int ck_boxes_from_plan(struct ck_boxes *boxes, const struct ck_plan *plan, struct ck_err *err)
{
	CK_CLEANUP(ruleset_fini) struct ruleset rules = {.parent = CK_BUF_INIT};
	CK_CLEANUP(ck_runs_fini) struct ck_runs ticked = {0};
	const struct ck_tree *t = boxes->tree;
	const struct ck_server *s = t->server;
	int r = ruleset_open(&plan->exclude, &rules, err);
	for (size_t i = 0; r == 0 && i < t->n; i++) {
		const struct ck_node *n = &t->nodes[i];
		if (n->mailbox != CK_NODE_NONE &&
		    is_taken(&rules, plan, s, &s->mailboxes[n->mailbox]) &&
		    ck_runs_add(&ticked, n->first) < 0)
			r = ck_err_nomem(err);
	}
	if (r == 0 && ck_boxes_replace(boxes, 0, (uint32_t)t->mailboxes, &ticked) < 0)
		r = ck_err_nomem(err);
	if (r == 0)
		boxes->config_on = !plan->without_config;
	return r;
}

struct writer {
	const struct ck_boxes *boxes;
	const struct ck_tree *tree;
	struct ck_runs covered; /* Places that a kept rule leaves out. */
	struct ck_runs owed;    /* Places that are not ticked and that no kept rule leaves out. */
	bool one_group;         /* All mailboxes lie in one partition, or domain. */
	bool domains_unsure; /* The name of a mailbox without a domain could end like one with. */
	struct ck_strv rules;
};

static void find_groups(struct writer *w)
{
	const struct ck_tree *t = w->tree;
	size_t groups = 0;
	for (uint32_t g = ck_tree_child(t, 0); g != CK_NODE_NONE; g = ck_tree_sibling(t, g)) {
		const struct ck_node *n = &t->nodes[g];
		groups += (n->kind == CK_NODE_PARTITION || n->kind == CK_NODE_DOMAIN) &&
		          n->mailboxes > 0;
		for (uint32_t i = g; n->kind == CK_NODE_DOMAIN && !*n->label && i < n->end; i++)
			if (t->nodes[i].mailbox != CK_NODE_NONE &&
			    strchr(t->server->mailboxes[t->nodes[i].mailbox].name, '@'))
				w->domains_unsure = true;
	}
	w->one_group = groups <= 1;
}

/* A star alone, or behind the first level, is what this file itself writes for the server and for
 * "users", of all domains or of one; else a wildcard says more than boxes can. */
static bool is_box_pattern(const struct writer *w, const char *pattern)
{
	char sep = w->tree->server->separator;
	bool by_domain = w->tree->grouping == CK_GROUP_BY_DOMAIN && !w->one_group;
	size_t plain = 0;
	while (pattern[plain] && pattern[plain] != '*' && pattern[plain] != '%')
		plain += pattern[plain] == '\\' && pattern_is_special(pattern[plain + 1]) ? 2 : 1;
	if (!pattern[plain])
		return true;
	const char *end = pattern + plain + 1;
	for (const char *p = end; *p; p++)
		if ((*p == '*' || *p == '%') && p[-1] != '\\')
			return false;
	return pattern[plain] == '*' && *end == (by_domain ? '@' : '\0') &&
	       (plain == 0 || memchr(pattern, sep, plain) == pattern + plain - 1);
}

/* Do boxes say the same as the rule, so that it is written anew from them? */
static bool is_box_rule(const struct writer *w, const struct ck_rule *rule)
{
	if (!ck_rule_is_whole(rule) || rule->leaf || rule->special ||
	    (rule->partition && w->tree->grouping != CK_GROUP_BY_PARTITION))
		return false;
	return (!rule->name || is_box_pattern(w, rule->name)) &&
	       (!rule->below || is_box_pattern(w, rule->below));
}

/* Keep a rule in mind, unless it leaves out a mailbox that is ticked. @return 1 if it is kept, 0,
 * CK_ENOMEM. */
static int cover(struct writer *w, const struct ck_rule *rule)
{
	CK_CLEANUP(ck_runs_fini) struct ck_runs caught = {0};
	const struct ck_server *s = w->tree->server;
	struct ck_runs both;
	for (size_t i = 0; i < w->tree->n; i++) {
		const struct ck_node *n = &w->tree->nodes[i];
		if (n->mailbox == CK_NODE_NONE ||
		    !ck_rule_matches_mailbox(rule, s, &s->mailboxes[n->mailbox]))
			continue;
		if (ck_runs_has(&w->boxes->ticked, n->first))
			return 0;
		if (ck_runs_add(&caught, n->first) < 0)
			return CK_ENOMEM;
	}
	if (ck_runs_join(&w->covered, &caught, CK_RUNS_OR, &both) < 0)
		return CK_ENOMEM;
	ck_runs_fini(&w->covered);
	w->covered = both;
	return 1;
}

/* Keep the rules that are off, and those that boxes cannot express and that no box contradicts. */
static int keep_rules(struct writer *w, const struct ck_strv *texts)
{
	for (size_t i = 0; i < texts->n; i++) {
		CK_CLEANUP(ck_rule_fini) struct ck_rule rule = {0};
		int r = ck_rule_parse(texts->items[i], &rule, NULL);
		if (r == CK_ENOMEM)
			return r;
		if (r < 0 || rule.off || !ck_rule_is_whole(&rule))
			r = 1;
		else if (!is_box_rule(w, &rule))
			r = cover(w, &rule);
		if (r < 0 || (r == 1 && ck_strv_add(&w->rules, texts->items[i]) < 0))
			return CK_ENOMEM;
	}
	return 0;
}

static int find_owed(struct writer *w)
{
	const struct ck_tree *t = w->tree;
	CK_CLEANUP(ck_runs_fini) struct ck_runs said = {0};
	uint32_t edges[] = {0, (uint32_t)t->mailboxes};
	const struct ck_runs all = {.edges = edges, .n = t->mailboxes ? 2 : 0};
	if (ck_runs_join(&w->boxes->ticked, &w->covered, CK_RUNS_OR, &said) < 0)
		return CK_ENOMEM;
	return ck_runs_join(&all, &said, CK_RUNS_WITHOUT, &w->owed);
}

/* Does @set have a mailbox at or below @node? */
static bool has_any(const struct ck_runs *set, const struct ck_node *node)
{
	uint32_t next = ck_runs_next(set, node->first);
	return next != CK_RUNS_NONE && next < node->first + node->mailboxes;
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

void ck_tree_name(const struct ck_tree *t, uint32_t node, struct ck_buf *rule)
{
	/* Of a node without a mailbox it is the front of the name of one below. */
	const struct ck_mailbox *m = first_mailbox(t, node);
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	if (t->nodes[node].mailbox != CK_NODE_NONE) {
		pattern_escape(m->name, rule);
		return;
	}
	bool shared = ancestor(t, node, CK_NODE_SHARED) != CK_NODE_NONE;
	size_t local = extname_local_len(m), len = 0;
	int levels = shared ? 0 : 1;
	for (uint32_t up = node; !tree_is_class(t->nodes[up].kind); up = t->nodes[up].parent)
		levels++;
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
	if (p == CK_NODE_NONE || w->one_group)
		return;
	ck_buf_adds(rule, rule->len ? ",partition:" : "partition:");
	pattern_escape(w->tree->nodes[p].label, rule);
}

/* What all names of the node's domain end with; nothing where there is but one. @return false when
 * names of others end with it as well. */
static bool add_domain(const struct writer *w, uint32_t node, struct ck_buf *rule)
{
	uint32_t d = ancestor(w->tree, node, CK_NODE_DOMAIN);
	if (d == CK_NODE_NONE || w->one_group)
		return true;
	if (!*w->tree->nodes[d].label || w->domains_unsure)
		return false;
	ck_buf_addc(rule, '@');
	pattern_escape(w->tree->nodes[d].label, rule);
	return true;
}

/* Does one name say all there is, of a leaf or of a user who has only his INBOX? What is made below
 * it later is not left out then. */
static bool is_named_whole(const struct ck_tree *t, uint32_t node)
{
	uint32_t last = t->nodes[node].end - 1;
	return last == node || (last == node + 1 && t->nodes[last].kind == CK_NODE_INBOX);
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
		if (w->one_group)
			ck_buf_adds(&rule, "name:*");
		break;
	case CK_NODE_DOMAIN:
		ck_buf_adds(&rule, "name:*");
		if (!add_domain(w, node, &rule))
			return 0;
		break;
	case CK_NODE_USERS:
	case CK_NODE_DELAYED: {
		const char *name = first_mailbox(t, node)->name;
		const char *first = strchr(name, t->server->separator);
		if (!first)
			return 0;
		ck_buf_addf(&rule, "name:%.*s*", (int)(first - name) + 1, name);
		if (!add_domain(w, node, &rule))
			return 0;
		break;
	}
	case CK_NODE_MAILBOX:
		if (is_named_whole(t, node))
			return 0;
		ck_buf_adds(&rule, "below:");
		ck_tree_name(t, node, &rule);
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
	if (n->mailbox == CK_NODE_NONE || !ck_runs_has(&w->owed, n->first))
		return 0;
	CK_CLEANUP(ck_buf_fini) struct ck_buf rule = CK_BUF_INIT;
	ck_buf_adds(&rule, "name:");
	ck_tree_name(w->tree, node, &rule);
	return ck_strv_addm(&w->rules, ck_buf_take(&rule));
}

static int write_rules(struct writer *w)
{
	const struct ck_tree *t = w->tree;
	for (uint32_t i = 0; i < t->n;) {
		const struct ck_node *n = &t->nodes[i];
		bool owed = has_any(&w->owed, n);
		int r = 0;
		if (owed && !has_any(&w->boxes->ticked, n))
			r = write_subtree(w, i);
		if (r < 0)
			return r;
		if (!owed || r == 1) {
			i = n->end;
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
	ck_runs_fini(&w->covered);
	ck_runs_fini(&w->owed);
	ck_strv_fini(&w->rules);
}

int ck_boxes_to_plan(const struct ck_boxes *boxes, struct ck_plan *plan, struct ck_err *err)
{
	CK_CLEANUP(writer_fini) struct writer w = {.boxes = boxes, .tree = boxes->tree};
	CK_CLEANUP(ck_strv_fini) struct ck_strv select = {0};
	find_groups(&w);
	if (keep_rules(&w, &plan->exclude) < 0 || find_owed(&w) < 0 || write_rules(&w) < 0 ||
	    ck_strv_add(&select, "*") < 0)
		return ck_err_nomem(err);
	ck_strv_fini(&plan->select);
	ck_strv_fini(&plan->exclude);
	plan->select = select;
	plan->exclude = w.rules;
	plan->without_config = !boxes->config_on;
	select = w.rules = (struct ck_strv){0};
	return 0;
}
