/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words/fmt.h"

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

/** The rule that leaves the whole node out, from 1, if a rule and no box does; else 0. */
static int rule_of(const struct ui_wizard *w, uint32_t node)
{
	uint32_t mailbox = first_mailbox(w, node);
	int rule = mailbox == CK_NODE_NONE ? 0 : ui_wizard_left_out(w, mailbox, NULL);
	return rule > 0 && !w->rules[rule - 1].by_hand ? rule : 0;
}

/** What rules of size and age take from a mailbox that is ticked. */
static bool loses_messages(const struct ui_wizard *w, uint32_t node, uint64_t *ret_messages,
                           uint64_t *ret_bytes)
{
	const struct ck_mailbox *m = mailbox_of(w, node);
	const struct ck_estimate_mailbox *taken = NULL;
	if (!m || ui_wizard_left_out(w, node_of(w, node)->mailbox, &taken) || !taken)
		return false;
	*ret_messages = m->messages > taken->messages ? m->messages - taken->messages : 0;
	*ret_bytes = m->bytes > taken->bytes ? m->bytes - taken->bytes : 0;
	return *ret_messages > 0;
}

const char *ui_source_tick(const struct ui_wizard *w, uint32_t node, enum ui_role *ret_role)
{
	const struct ck_mailbox *m = mailbox_of(w, node);
	bool leaf = ck_tree_child(w->tree, node) == CK_NODE_NONE;
	uint64_t messages, bytes;
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
	if (m && m->head == CK_HEAD_BAD) {
		*ret_role = UI_ROLE_WARN;
		return "[!]";
	}
	if (leaf && loses_messages(w, node, &messages, &bytes)) {
		*ret_role = UI_ROLE_TICK_PART;
		return "[~]";
	}
	*ret_role = UI_ROLE_TICK_IN;
	return "[x]";
}

const char *ui_source_label(const struct ui_wizard *w, uint32_t node, char *buf, size_t size)
{
	const struct ck_node *n = node_of(w, node);
	switch (n->kind) {
	case CK_NODE_CONFIG:
		return "configuration and databases";
	case CK_NODE_PARTITION:
		snprintf(buf, size, "partition %s", n->label);
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

const char *ui_source_why(const struct ui_wizard *w, uint32_t node, char *buf, size_t size)
{
	const struct ck_node *n = node_of(w, node);
	const struct ck_mailbox *m = mailbox_of(w, node);
	struct ck_sum all = ck_tree_sum(w->tree, node), in = ck_boxes_sum(&w->boxes.now, node);
	uint64_t messages, bytes;
	int rule;
	buf[0] = '\0';
	switch (ck_boxes_state(&w->boxes.now, node)) {
	case CK_TICK_OFF:
		rule = rule_of(w, node);
		if (rule)
			snprintf(buf, size, "rule %d  %s", rule, w->plan.exclude.items[rule - 1]);
		else
			snprintf(buf, size, "left out by you");
		break;
	case CK_TICK_PART:
		if (all.bytes > in.bytes)
			snprintf(buf, size, "%s left out", ui_fmt_size(all.bytes - in.bytes).s);
		else
			snprintf(buf, size, "%s left out",
			         ui_fmt_things(all.mailboxes - in.mailboxes, "mailbox").s);
		break;
	case CK_TICK_ON:
		if (m && m->head == CK_HEAD_BAD)
			snprintf(buf, size, "index unreadable");
		else if (loses_messages(w, node, &messages, &bytes))
			snprintf(buf, size, "rules take %s, %s", ui_fmt_count(messages).s,
			         ui_fmt_size(bytes).s);
		else if (n->kind == CK_NODE_PARTITION && n->mailboxes == 0)
			snprintf(buf, size, "empty");
		break;
	}
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

void ui_source_explain(const struct ui_wizard *w, uint32_t node, struct ck_buf *ret)
{
	const struct ck_node *n = node_of(w, node);
	char label[160], why[160];
	uint64_t messages, bytes;
	enum ck_tick state = ck_boxes_state(&w->boxes.now, node);
	struct ck_sum all = ck_tree_sum(w->tree, node), in = ck_boxes_sum(&w->boxes.now, node);
	if (n->kind == CK_NODE_CONFIG) {
		(void)ck_buf_addf(ret, "%s\n\n%s\n\n%s\n", n->label,
		                  state == CK_TICK_ON ? "Taken. Without it a restore has not:"
		                                      : "LEFT OUT. A restore will not have:",
		                  ui_source_config_loss);
		return;
	}
	if (n->mailbox != CK_NODE_NONE)
		explain_mailbox(w, node, ret);
	else
		(void)ck_buf_addf(ret, "%s\n", ui_source_label(w, node, label, sizeof label));
	if (n->mailboxes > 1 || n->mailbox == CK_NODE_NONE)
		(void)ck_buf_addf(ret, "%s, %s, %s with all below\n",
		                  ui_fmt_things(all.mailboxes, "mailbox").s,
		                  ui_fmt_things(all.messages, "message").s,
		                  ui_fmt_size(all.bytes).s);
	(void)ck_buf_adds(ret, "\n");
	if (state == CK_TICK_OFF)
		(void)ck_buf_addf(ret,
		                  "%s.\nIt cannot be restored from this backup. Archives made "
		                  "earlier keep what they have.\n",
		                  ui_source_why(w, node, why, sizeof why));
	else if (state == CK_TICK_PART)
		(void)ck_buf_addf(ret, "in   %s of %s, %s\nout  %s\n", ui_fmt_count(in.mailboxes).s,
		                  ui_fmt_things(all.mailboxes, "mailbox").s,
		                  ui_fmt_size(in.bytes).s, ui_fmt_size(all.bytes - in.bytes).s);
	else if (loses_messages(w, node, &messages, &bytes))
		(void)ck_buf_addf(ret,
		                  "Rules of size and age leave out %s of it, %s: not to be "
		                  "restored from this backup.\n",
		                  ui_fmt_things(messages, "message").s, ui_fmt_size(bytes).s);
	else
		(void)ck_buf_adds(ret, "Taken whole.\n");
}
