/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/app.h"
#include "loop/views.h"
#include "words/fmt.h"
#include "words/rules.h"

const char ui_source_config_loss[] = "the list of all mailboxes with owners and access rights\n"
				     "subscriptions and what each user has read\n"
				     "quotas and annotations\n"
				     "sieve scripts and Cyrus's own settings";

static const struct ck_node *node_of(const struct ui_wizard *w, uint32_t node)
{
	return &w->tree->nodes[node];
}

static const struct ck_mailbox *mailbox_of(const struct ui_wizard *w, uint32_t node)
{
	uint32_t mailbox = node_of(w, node)->mailbox;
	return mailbox == CK_NODE_NONE ? NULL : &w->server->server->mailboxes[mailbox];
}

/** The first mailbox at or below the node, which stands close behind it. */
static uint32_t first_mailbox(const struct ui_wizard *w, uint32_t node)
{
	while (node < w->tree->n && node_of(w, node)->mailbox == CK_NODE_NONE)
		node++;
	return node < w->tree->n ? node_of(w, node)->mailbox : CK_NODE_NONE;
}

/** The rule that leaves the whole node out, from 1, if rules and no box do; of several that of the
 * first mailbox; else 0. */
static int rule_of(const struct ui_wizard *w, uint32_t node)
{
	const struct ck_node *n = node_of(w, node);
	uint32_t end = n->first + n->mailboxes;
	if (!w->est_known || ck_runs_count_in(&w->missing.ruled, n->first, end) < n->mailboxes)
		return 0;
	uint32_t mailbox = first_mailbox(w, node);
	return mailbox == CK_NODE_NONE ? 0 : ui_wizard_left_out(w, mailbox, NULL);
}

/** What is missing of the mailboxes at and below it that are taken. */
static struct ui_missing_sum missing_of(const struct ui_wizard *w, uint32_t node)
{
	const struct ck_node *n = node_of(w, node);
	if (!w->est_known)
		return (struct ui_missing_sum){0};
	return ui_missing_in(&w->missing, n->first, n->first + n->mailboxes);
}

uint64_t ui_source_left_out(const struct ui_wizard *w, uint32_t node)
{
	return ck_tree_sum(w->tree, node).messages - ck_boxes_sum(&w->boxes.now, node).messages +
	       missing_of(w, node).messages;
}

/** Does the row stand for one mailbox alone? */
static bool is_leaf(const struct ui_wizard *w, uint32_t node)
{
	return ck_tree_child(w->tree, node) == CK_NODE_NONE;
}

static bool is_user(const struct ui_wizard *w, uint32_t node)
{
	const struct ck_node *n = node_of(w, node);
	return n->parent != CK_NODE_NONE && node_of(w, n->parent)->kind == CK_NODE_USERS;
}

/** The partition that the node lies in, or is. */
static uint32_t partition_of(const struct ui_wizard *w, uint32_t node)
{
	while (node != CK_NODE_NONE && node_of(w, node)->kind != CK_NODE_PARTITION)
		node = node_of(w, node)->parent;
	return node;
}

/** "on default, slow": where the mailboxes of a node lie that is in no partition's branch. */
static void on_partitions(const struct ui_wizard *w, uint32_t node, char *buf, size_t size)
{
	const struct ck_server *s = w->server->server;
	size_t len = 0;
	for (size_t p = 0; p < s->npartitions && len < size; p++) {
		bool here = false;
		for (uint32_t i = node; i < node_of(w, node)->end && !here; i++) {
			const struct ck_mailbox *m = mailbox_of(w, i);
			here = m && m->partition == p;
		}
		int n = here ? snprintf(buf + len, size - len, "%s%s", len ? ", " : "on ",
		                        s->partitions[p].name)
		             : 0;
		len += n > 0 ? (size_t)n : 0;
	}
	if (!len)
		snprintf(buf, size, "on ?");
}

/** "also on slow, news": where else the user has mailboxes; "" where nowhere. In no partition's
 * branch where all are, if that is not one place. */
static void also_on(const struct ui_wizard *w, uint32_t user, char *buf, size_t size)
{
	size_t len = 0;
	uint32_t own = partition_of(w, user);
	buf[0] = '\0';
	if (own == CK_NODE_NONE) {
		if (node_of(w, user)->split)
			on_partitions(w, user, buf, size);
		return;
	}
	for (uint32_t p = ck_tree_child(w->tree, 0); p != CK_NODE_NONE && len < size;
	     p = ck_tree_sibling(w->tree, p)) {
		if (p == own || node_of(w, p)->kind != CK_NODE_PARTITION ||
		    ck_tree_user_on(w->tree, user, p) == CK_NODE_NONE)
			continue;
		int n = snprintf(buf + len, size - len, "%s%s", len ? ", " : "also on ",
		                 node_of(w, p)->label);
		len += n > 0 ? (size_t)n : 0;
	}
}

const char *ui_source_tick(const struct ui_wizard *w, uint32_t node, enum ui_role *ret_role)
{
	const struct ck_mailbox *m = mailbox_of(w, node);
	struct ui_missing_sum missing = missing_of(w, node);
	if (node_of(w, node)->kind == CK_NODE_PART)
		return "";
	switch (ck_boxes_state(&w->boxes.now, node)) {
	case CK_TICK_PART:
		*ret_role = UI_ROLE_TICK_PART;
		return "[~]";
	case CK_TICK_OFF:
		if (rule_of(w, node)) {
			*ret_role = UI_ROLE_TICK_RULE;
			return "[-]";
		}
		*ret_role = UI_ROLE_TICK_OUT;
		return "[ ]";
	case CK_TICK_ON:
		break;
	}
	if (is_leaf(w, node) && m && m->head == CK_HEAD_BAD) {
		*ret_role = UI_ROLE_WARN;
		return "[!]";
	}
	if (missing.messages || missing.unreadable) {
		*ret_role = UI_ROLE_TICK_PART;
		return "[~]";
	}
	*ret_role = UI_ROLE_TICK_IN;
	return "[x]";
}

const char *ui_source_label(const struct ck_tree *tree, uint32_t node, char *buf, size_t size)
{
	const struct ck_node *n = &tree->nodes[node];
	switch (n->kind) {
	case CK_NODE_CONFIG:
		return "configuration and databases";
	case CK_NODE_PARTITION:
		snprintf(buf, size, "partition %s", n->label);
		return buf;
	case CK_NODE_DOMAIN:
		snprintf(buf, size, "%s%s", *n->label ? "domain " : "without a domain", n->label);
		return buf;
	case CK_NODE_USERS:
		return "users";
	case CK_NODE_SHARED:
		return "shared mailboxes";
	case CK_NODE_DELAYED:
		return "deleted, kept by Cyrus";
	default:
		return n->label;
	}
}

const char *ui_source_aside(const struct ui_wizard *w, uint32_t node, char *buf, size_t size)
{
	const struct ck_node *n = node_of(w, node);
	uint32_t below = n->mailboxes - (n->mailbox != CK_NODE_NONE);
	if (n->kind != CK_NODE_MAILBOX || is_user(w, node) || !below)
		return NULL;
	snprintf(buf, size, "%s below", ui_fmt_count(below).s);
	return buf;
}

/** Of a row that is left out whole. */
static void why_out(const struct ui_wizard *w, uint32_t node, char *buf, size_t size)
{
	int rule = rule_of(w, node);
	const char *text = rule ? w->plan.exclude.items[rule - 1] : "";
	bool role = strncmp(text, "special:", 8) == 0 && !strchr(text, ',');
	if (rule)
		snprintf(buf, size, "rule %d  %s%s", rule, role ? "role " : "",
		         role ? text + 8 : text);
	else
		snprintf(buf, size, "left out by you");
}

/** Of one mailbox that is taken. */
static void why_fewer(const struct ui_wizard *w, uint32_t node, char *buf, size_t size)
{
	struct ui_missing_sum missing = missing_of(w, node);
	uint32_t rule = ui_missing_rule(&w->missing, node_of(w, node)->first);
	char which[16];
	if (!missing.messages)
		return;
	snprintf(which, sizeof which, rule ? "rule %u" : "rules", rule);
	snprintf(buf, size, "%s  %s, %s", which, ui_fmt_count(missing.messages).s,
	         ui_fmt_size(missing.bytes).s);
}

/** Of a row that others lie below. */
static void why_part(const struct ui_wizard *w, uint32_t node, char *buf, size_t size)
{
	struct ck_sum all = ck_tree_sum(w->tree, node), in = ck_boxes_sum(&w->boxes.now, node);
	struct ui_missing_sum missing = missing_of(w, node);
	uint64_t out = all.bytes - in.bytes + missing.bytes;
	if (out)
		snprintf(buf, size, "%s left out", ui_fmt_size(out).s);
	else if (all.mailboxes > in.mailboxes)
		snprintf(buf, size, "%s left out",
		         ui_fmt_things(all.mailboxes - in.mailboxes, "mailbox").s);
	else if (missing.unreadable)
		snprintf(buf, size, "%s unreadable", ui_fmt_count(missing.unreadable).s);
}

const char *ui_source_why(const struct ui_wizard *w, uint32_t node, char *buf, size_t size)
{
	const struct ck_node *n = node_of(w, node);
	const struct ck_mailbox *m = mailbox_of(w, node);
	buf[0] = '\0';
	if (ck_boxes_state(&w->boxes.now, node) == CK_TICK_OFF)
		why_out(w, node, buf, size);
	else if (is_leaf(w, node) && m && m->head == CK_HEAD_BAD)
		snprintf(buf, size, "index unreadable");
	else if (is_leaf(w, node))
		why_fewer(w, node, buf, size);
	else
		why_part(w, node, buf, size);
	if (!*buf && is_user(w, node))
		also_on(w, node, buf, size);
	else if (!*buf && n->kind == CK_NODE_PARTITION && n->mailboxes == 0)
		snprintf(buf, size, "empty");
	return buf;
}

static void explain_mailbox(const struct ui_wizard *w, uint32_t node, struct ck_buf *ret)
{
	const struct ck_mailbox *m = mailbox_of(w, node);
	const struct ck_server *s = w->server->server;
	(void)ck_buf_addf(ret, "%s\n", m->name);
	(void)ck_buf_addf(ret, "partition %s",
	                  m->partition < s->npartitions ? s->partitions[m->partition].name : "?");
	if (*m->special)
		(void)ck_buf_addf(ret, ", special use %s", m->special);
	(void)ck_buf_adds(ret, "\n");
	if (m->head == CK_HEAD_OK)
		(void)ck_buf_addf(ret, "%s, %s\n", ui_fmt_things(m->messages, "message").s,
		                  ui_fmt_size(m->bytes).s);
	else
		(void)ck_buf_adds(ret, m->head == CK_HEAD_BAD
		                               ? "Its index cannot be read. The backup takes what "
		                                 "it finds and reports it.\n"
		                               : "It has no index.\n");
	if (m->flags & CK_MBOX_DELAYED)
		(void)ck_buf_adds(ret, "Deleted; Cyrus keeps it for a while.\n");
}

static void explain_user(const struct ui_wizard *w, uint32_t node, struct ck_buf *ret)
{
	char also[160];
	uint32_t p = partition_of(w, node);
	if (p == CK_NODE_NONE) {
		on_partitions(w, node, also, sizeof also);
		(void)ck_buf_addf(ret, "user %s\n%s\n", node_of(w, node)->label, also);
		return;
	}
	also_on(w, node, also, sizeof also);
	(void)ck_buf_addf(ret, "user %s\npartition %s%s%s\n", node_of(w, node)->label,
	                  node_of(w, p)->label, *also ? ", " : "", also);
}

void ui_source_explain_rule(const struct ui_wizard *w, uint32_t rule, struct ck_buf *ret)
{
	struct ck_rule parsed;
	if (ck_rule_parse(w->plan.exclude.items[rule - 1], &parsed, NULL) < 0)
		return;
	(void)ck_buf_addf(ret, "Rule %u. ", rule);
	ui_rule_sentence(&parsed, ui_app_now(w->app), ret);
	(void)ck_buf_adds(ret, "\n");
	ck_rule_fini(&parsed);
}

/** What is in, and what is out. */
static void explain_part(struct ck_sum all, struct ck_sum in, struct ui_missing_sum missing,
                         struct ck_buf *ret)
{
	uint64_t messages = in.messages - missing.messages, bytes = in.bytes - missing.bytes;
	(void)ck_buf_addf(ret, "in   %s, %s", ui_fmt_things(messages, "message").s,
	                  ui_fmt_size(bytes).s);
	if (all.mailboxes > 1)
		(void)ck_buf_addf(ret, ", %s of %s", ui_fmt_count(in.mailboxes).s,
		                  ui_fmt_things(all.mailboxes, "mailbox").s);
	(void)ck_buf_addf(ret, "\nout  %s, %s\n",
	                  ui_fmt_things(all.messages - messages, "message").s,
	                  ui_fmt_size(all.bytes - bytes).s);
}

void ui_source_explain(const struct ui_wizard *w, uint32_t node, struct ck_buf *ret)
{
	const struct ck_node *n = node_of(w, node);
	char label[160];
	struct ui_missing_sum missing = missing_of(w, node);
	enum ck_tick state = ck_boxes_state(&w->boxes.now, node);
	struct ck_sum all = ck_tree_sum(w->tree, node), in = ck_boxes_sum(&w->boxes.now, node);
	if (n->kind == CK_NODE_CONFIG) {
		(void)ck_buf_addf(ret, "%s\n\n%s\n\n%s\n", n->label,
		                  state == CK_TICK_ON ? "Taken. Without it a restore has not:"
		                                      : "LEFT OUT. A restore will not have:",
		                  ui_source_config_loss);
		return;
	}
	if (n->kind == CK_NODE_PART) {
		(void)ck_buf_addf(ret, "%s\n\n%s with the whole configuration.\n", n->label,
		                  state == CK_TICK_ON ? "Taken" : "LEFT OUT");
		return;
	}
	if (n->mailbox != CK_NODE_NONE)
		explain_mailbox(w, node, ret);
	else if (is_user(w, node))
		explain_user(w, node, ret);
	else
		(void)ck_buf_addf(ret, "%s\n", ui_source_label(w->tree, node, label, sizeof label));
	if (n->mailboxes > 1 || n->mailbox == CK_NODE_NONE)
		(void)ck_buf_addf(ret, "%s, %s, %s with all below\n",
		                  ui_fmt_things(all.mailboxes, "mailbox").s,
		                  ui_fmt_things(all.messages, "message").s,
		                  ui_fmt_size(all.bytes).s);
	(void)ck_buf_adds(ret, "\n");
	if (state == CK_TICK_OFF && rule_of(w, node))
		ui_source_explain_rule(w, (uint32_t)rule_of(w, node), ret);
	else if (state == CK_TICK_OFF)
		(void)ck_buf_adds(ret, "Left out by you.\n");
	else if (state == CK_TICK_PART || missing.messages)
		explain_part(all, in, missing, ret);
	else
		(void)ck_buf_adds(ret, "Taken whole.\n");
	if (state == CK_TICK_OFF)
		(void)ck_buf_adds(ret, "It cannot be restored from this backup. Archives made "
		                       "earlier keep what they have.\n");
	if (missing.messages)
		(void)ck_buf_addf(ret,
		                  "\nRules of size and age leave out %s, %s. They cannot be "
		                  "restored from this backup.\n",
		                  ui_fmt_things(missing.messages, "message").s,
		                  ui_fmt_size(missing.bytes).s);
	if (missing.messages && is_leaf(w, node) && ui_missing_rule(&w->missing, n->first))
		ui_source_explain_rule(w, ui_missing_rule(&w->missing, n->first), ret);
	if (missing.unreadable && n->mailboxes > 1)
		(void)ck_buf_addf(ret, "\nOf %s the index cannot be read.\n",
		                  ui_fmt_things(missing.unreadable, "mailbox").s);
}

void ui_source_mailbox_rule(const struct ck_tree *tree, uint32_t node, bool below,
                            struct ck_buf *ret)
{
	uint32_t mailbox = tree->nodes[node].mailbox;
	const char *special =
		mailbox == CK_NODE_NONE ? "" : tree->server->mailboxes[mailbox].special;
	CK_CLEANUP(ck_buf_fini) struct ck_buf role = CK_BUF_INIT;
	if (*special) {
		(void)ck_buf_add(&role, special, strcspn(special, " "));
		ui_rule_add_text(ret, "special", role.data);
	} else {
		(void)ck_buf_addf(ret, "%s%s:", ret->len ? "," : "", below ? "below" : "name");
		ck_tree_name(tree, node, ret);
	}
}

static void add_domain_rule(const char *domain, struct ck_buf *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf term = CK_BUF_INIT;
	ui_rule_add_text(&term, "name", domain);
	if (!term.failed)
		(void)ck_buf_addf(ret, "name:*@%s", term.data + strlen("name:"));
}

bool ui_source_rule(const struct ui_wizard *w, uint32_t node, struct ck_buf *ret)
{
	const struct ck_node *n = node_of(w, node);
	switch (n->kind) {
	case CK_NODE_PARTITION:
		ui_rule_add_text(ret, "partition", n->label);
		return true;
	case CK_NODE_DOMAIN:
		if (!*n->label)
			return false;
		add_domain_rule(n->label, ret);
		return true;
	case CK_NODE_INBOX:
	case CK_NODE_MAILBOX:
		ui_source_mailbox_rule(w->tree, node, !is_leaf(w, node), ret);
		return true;
	default:
		return false;
	}
}

void ui_source_new_rule(struct ui_view *v, uint32_t node)
{
	struct ui_wizard *w = ui_wizard_of(v);
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (!ui_wizard_may_rule(w)) {
		ui_app_say(v->app, UI_SAY_INFO, "One moment: the boxes are being put into words");
		return;
	}
	bool has = ui_source_rule(w, node, &text);
	(void)ui_app_push(v->app, &ui_view_rule,
	                  &(struct ui_rule_edit){
				  .w = w, .row = UI_LIST_NONE, .text = has ? text.data : NULL});
}

#define GROUPS_OPEN 20 /* so many still let one see what there is */

void ui_source_open_first(const struct ck_tree *tree, struct ui_tree *rows)
{
	const struct ck_tree *t = tree;
	size_t domains = 0;
	for (uint32_t g = ck_tree_child(t, 0); g != CK_NODE_NONE; g = ck_tree_sibling(t, g))
		domains += t->nodes[g].kind == CK_NODE_DOMAIN;
	for (uint32_t i = 1; i < t->n && domains <= GROUPS_OPEN;) {
		unsigned kind = t->nodes[i].kind;
		bool group = kind == CK_NODE_PARTITION || kind == CK_NODE_DOMAIN;
		if (group || kind == CK_NODE_USERS || kind == CK_NODE_SHARED)
			(void)ui_tree_set_open(rows, i, true, false);
		i = group ? i + 1 : t->nodes[i].end;
	}
}
